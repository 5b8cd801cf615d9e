//! Where the servers of these tests keep their data: a new database of this process's cluster.

use std::path::Path;

use platform::{DatabaseUrl, EnvironmentName};

use crate::cluster::cluster;

/// The address of a new database.
pub fn database() -> Option<DatabaseUrl> {
    Some(DatabaseUrl(cluster().database()))
}

fn name(url: Option<&DatabaseUrl>) -> &str {
    url.unwrap().0.rsplit('/').next().unwrap()
}

/// A number that a stopped server left behind.
pub fn number(_: &Path, url: Option<&DatabaseUrl>, environment: EnvironmentName, sql: &str) -> i64 {
    cluster().run_sql(name(url), &format!("SET search_path = {environment}; {sql}")).parse().unwrap()
}

/// Changes what a stopped server left behind.
pub fn change(_: &Path, url: Option<&DatabaseUrl>, environment: EnvironmentName, sql: &str) {
    cluster().run_sql(name(url), &format!("SET search_path = {environment}; {sql}"));
}

/// All that a stopped server left behind.
pub fn everything(_: &Path, url: Option<&DatabaseUrl>, environment: EnvironmentName) -> Vec<u8> {
    cluster().dump(name(url), &environment.to_string()).into_bytes()
}
