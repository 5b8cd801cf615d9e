//! A database of either engine for a test.

use tempfile::TempDir;

use super::sql::{Database, PostgresDatabase};

#[path = "../../tests/cluster/mod.rs"]
#[allow(dead_code)] // the tests over HTTP use the rest
mod cluster;

pub(super) use cluster::cluster;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Engine {
    Sqlite,
    Postgres,
}

pub(super) const ENGINES: [Engine; 2] = [Engine::Sqlite, Engine::Postgres];

/// A new, empty database; a file goes with it.
pub(super) struct Place {
    database: Database,
    _folder: Option<TempDir>,
}

impl Engine {
    pub(super) fn place(self) -> Place {
        match self {
            Self::Sqlite => {
                let folder = TempDir::new().unwrap();
                let database = Database::Sqlite(folder.path().join("test.sqlite3"));
                Place { database, _folder: Some(folder) }
            }
            Self::Postgres => {
                let database = PostgresDatabase::new(&cluster().database(), "production").unwrap();
                Place { database: Database::Postgres(database), _folder: None }
            }
        }
    }
}

impl Place {
    pub(super) fn database(&self) -> &Database {
        &self.database
    }
}
