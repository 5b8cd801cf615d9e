//! Where the servers of these tests keep their data: a file of their own.

use std::path::Path;

use platform::{DatabaseUrl, EnvironmentName};
use rusqlite::types::ValueRef;

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

/// All that a server left behind, every column of every table.
pub fn everything(dir: &Path, _: Option<&DatabaseUrl>, environment: EnvironmentName) -> Vec<u8> {
    let books = rusqlite::Connection::open(dir.join(format!("data/{environment}.sqlite3"))).unwrap();
    let tables = "SELECT name FROM sqlite_schema WHERE type = 'table'";
    let mut tables = books.prepare(tables).unwrap();
    let names: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let mut told = Vec::new();
    for name in names {
        let mut all = books.prepare(&format!("SELECT * FROM {name}")).unwrap();
        let columns = all.column_count();
        let mut rows = all.query([]).unwrap();
        while let Some(row) = rows.next().unwrap() {
            for column in 0..columns {
                match row.get_ref(column).unwrap() {
                    ValueRef::Text(bytes) | ValueRef::Blob(bytes) => told.extend_from_slice(bytes),
                    other => told.extend_from_slice(format!("{other:?}").as_bytes()),
                }
                told.push(b'\t');
            }
        }
    }
    told
}
