//! The two environments of the platform. Each has a database of its own; no call sees both.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use tokio::sync::Notify;

use crate::feed::Feed;
use crate::store::{Database, PostgresDatabase, Store, StoreError};

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EnvironmentName {
    Development,
    Production,
}

impl EnvironmentName {
    pub const ALL: [Self; 2] = [Self::Development, Self::Production];

    pub const fn name(self) -> &'static str {
        match self {
            Self::Development => "development",
            Self::Production => "production",
        }
    }
}

impl fmt::Display for EnvironmentName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for EnvironmentName {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|environment| environment.name() == text).ok_or(())
    }
}

/// An environment and its storage.
pub struct Environment {
    pub name: EnvironmentName,
    pub store: Store,
    pub feed: Feed,
    /// Wakes whoever calls partners, when there is a call to make.
    pub calls: Notify,
}

impl Environment {
    /// Opens `<data_dir>/<name>.sqlite3`, or with a URL the schema `<name>` of that PostgreSQL database.
    pub fn open(data_dir: &Path, url: Option<&str>, name: EnvironmentName) -> Result<Self, StoreError> {
        let store = Store::open(&Self::database(data_dir, url, name)?)?;
        Ok(Self { name, store, feed: Feed::default(), calls: Notify::new() })
    }

    /// Where an environment is stored.
    pub fn database(
        data_dir: &Path,
        url: Option<&str>,
        name: EnvironmentName,
    ) -> Result<Database, StoreError> {
        Ok(match url {
            None => Database::Sqlite(data_dir.join(format!("{name}.sqlite3"))),
            Some(url) => Database::Postgres(PostgresDatabase::new(url, name.name())?),
        })
    }
}
