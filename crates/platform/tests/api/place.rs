//! Where the servers of these tests keep their data: a file of their own.

use std::path::Path;

use platform::{DatabaseUrl, EnvironmentName};

/// The address of a new database: none, a server then makes its files.
pub fn database() -> Option<DatabaseUrl> {
    None
}

/// A number that a stopped server left behind.
pub fn number(dir: &Path, _: Option<&DatabaseUrl>, environment: EnvironmentName, sql: &str) -> i64 {
    let books = rusqlite::Connection::open(dir.join(format!("data/{environment}.sqlite3"))).unwrap();
    books.query_row(sql, [], |row| row.get(0)).unwrap()
}

/// Changes what a stopped server left behind.
pub fn change(dir: &Path, _: Option<&DatabaseUrl>, environment: EnvironmentName, sql: &str) {
    let books = rusqlite::Connection::open(dir.join(format!("data/{environment}.sqlite3"))).unwrap();
    books.execute(sql, []).unwrap();
}

/// All that a stopped server left behind.
pub fn everything(dir: &Path, _: Option<&DatabaseUrl>, environment: EnvironmentName) -> Vec<u8> {
    std::fs::read(dir.join(format!("data/{environment}.sqlite3"))).unwrap()
}
