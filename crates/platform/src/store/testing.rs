//! A database of either engine for a test.

use std::path::PathBuf;

use tempfile::TempDir;

use super::Store;
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
    name: Option<String>,
    _folder: Option<TempDir>,
}

impl Engine {
    pub(super) fn place(self) -> Place {
        match self {
            Self::Sqlite => {
                let folder = TempDir::new().unwrap();
                let database = Database::Sqlite(folder.path().join("test.sqlite3"));
                Place { database, name: None, _folder: Some(folder) }
            }
            Self::Postgres => {
                let url = cluster().database();
                let name = url.rsplit('/').next().map(str::to_owned);
                let database = PostgresDatabase::new(&url, "production").unwrap();
                Place { database: Database::Postgres(database), name, _folder: None }
            }
        }
    }
}

impl Place {
    pub(super) fn database(&self) -> &Database {
        &self.database
    }

    pub(super) fn store(&self) -> Store {
        // A server opens its store where waiting is allowed, too.
        std::thread::scope(|scope| scope.spawn(|| Store::open(&self.database)).join()).unwrap().unwrap()
    }

    /// Runs a statement beside the store, on a server only.
    pub(super) fn aside(&self, sql: &str) -> String {
        let name = self.name.as_deref().unwrap();
        cluster().run_sql(name, &format!("SET search_path = production; {sql}"))
    }

    /// Where the server listens, and its databases' owner and name in a URL.
    pub(super) fn socket(&self) -> (PathBuf, &str) {
        (cluster().socket(), self.name.as_deref().unwrap())
    }
}
