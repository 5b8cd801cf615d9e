//! The small seam between what the program stores and the engine that stores it. A statement is written once, with
//! numbered parameters, and means the same to SQLite and to PostgreSQL; [`dialect`] knows the differences.

pub(super) mod dialect;
mod dump;
mod postgres;
mod sqlite;
mod value;

use std::cell::Cell;
use std::path::PathBuf;
use std::time::Duration;

pub use postgres::PostgresDatabase;
pub use value::{Bind, FromValue, Owned, Value, params};

use super::StoreError;

/// Where an environment is stored.
#[derive(Clone, Debug)]
pub enum Database {
    /// A file, for one server process.
    Sqlite(PathBuf),
    /// A server, for any number of them.
    Postgres(PostgresDatabase),
}

impl Database {
    pub fn connect(&self) -> Result<Connection, StoreError> {
        let engine = match self {
            Self::Sqlite(path) => Engine::Sqlite(sqlite::connect(path)?),
            Self::Postgres(database) => Engine::Postgres(postgres::Session::connect(database)?),
        };
        Ok(Connection {
            engine,
            savepoint: Cell::new(Savepoint::None),
            open: Cell::new(false),
            changes: Cell::new(0),
        })
    }
}

enum Engine {
    Sqlite(rusqlite::Connection),
    Postgres(postgres::Session),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Savepoint {
    None,
    /// Made before the first change.
    Wanted,
    Made,
}

/// A connection within a transaction, as store functions see it.
pub struct Connection {
    engine: Engine,
    savepoint: Cell<Savepoint>,
    open: Cell<bool>,
    /// Statements so far that change something.
    changes: Cell<u64>,
}

/// A row of an answer.
pub enum Row<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Postgres(&'r tokio_postgres::Row),
}

impl Row<'_> {
    /// The value of a column, from 0.
    ///
    /// # Errors
    /// [`StoreError::Corrupt`] where it holds something else.
    pub fn get<T: FromValue>(&self, column: usize) -> Result<T, StoreError> {
        value::read(self.value(column)?, column)
    }

    fn value(&self, column: usize) -> Result<Value<'_>, StoreError> {
        match self {
            Self::Sqlite(row) => sqlite::value(row, column),
            Self::Postgres(row) => row.try_get(column).map_err(StoreError::from),
        }
    }
}

impl Connection {
    /// All rows, read one by one.
    ///
    /// # Errors
    /// Those of the engine, those of `read`, and those of changes that were made before and are answered only now.
    pub fn query<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        mut read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        if !sql.starts_with("SELECT") {
            self.before_change()?;
        }
        match &self.engine {
            Engine::Sqlite(connection) => {
                let mut statement = connection.prepare_cached(sql)?;
                let mut rows = statement.query(rusqlite::params_from_iter(values))?;
                let mut found = Vec::new();
                while let Some(row) = rows.next()? {
                    found.push(read(&Row::Sqlite(row))?);
                }
                Ok(found)
            }
            Engine::Postgres(session) => {
                session.query(sql, values)?.iter().map(|row| read(&Row::Postgres(row))).collect()
            }
        }
    }

    /// The first row, if there is one.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub fn query_opt<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        Ok(self.query(sql, values, read)?.into_iter().next())
    }

    /// The row of a question that always has one.
    ///
    /// # Errors
    /// As [`Self::query`], and [`StoreError::Corrupt`] where there is none.
    pub fn query_row<T>(
        &self,
        sql: &str,
        values: &[Value<'_>],
        read: impl FnMut(&Row<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let found = self.query_opt(sql, values, read)?;
        found.ok_or_else(|| StoreError::Corrupt(format!("no row where there is always one: {sql}")))
    }

    /// Changes something. On PostgreSQL it is only sent: an error shows at the next read or at the commit, and the
    /// work does not count then.
    ///
    /// # Errors
    /// Those of the engine.
    pub fn execute(&self, sql: &str, values: &[Value<'_>]) -> Result<(), StoreError> {
        self.before_change()?;
        match &self.engine {
            Engine::Sqlite(connection) => {
                connection.prepare_cached(sql)?.execute(rusqlite::params_from_iter(values))?;
                Ok(())
            }
            Engine::Postgres(session) => session.send(sql, values),
        }
    }

    /// Changes something and waits for the number of rows that it changed.
    ///
    /// # Errors
    /// As [`Self::query`].
    pub fn execute_counted(&self, sql: &str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        self.before_change()?;
        match &self.engine {
            Engine::Sqlite(connection) => {
                let changed = connection.prepare_cached(sql)?.execute(rusqlite::params_from_iter(values))?;
                Ok(u64::try_from(changed).unwrap_or(u64::MAX))
            }
            Engine::Postgres(session) => session.execute(sql, values),
        }
    }

    /// Several statements without parameters.
    pub(super) fn script(&self, sql: &str) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(connection) => Ok(connection.execute_batch(sql)?),
            Engine::Postgres(session) => session.script(sql),
        }
    }

    /// Whether several processes may be connected.
    pub fn is_shared(&self) -> bool {
        matches!(self.engine, Engine::Postgres(_))
    }

    /// The engine itself, for what only a file has.
    pub(super) fn sqlite(&self) -> Option<&rusqlite::Connection> {
        match &self.engine {
            Engine::Sqlite(connection) => Some(connection),
            Engine::Postgres(_) => None,
        }
    }

    pub(super) fn begin_read(&self) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(connection) => connection.execute_batch("BEGIN")?,
            Engine::Postgres(session) => {
                session.send_words("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")?;
                session.settle()?;
            }
        }
        self.open.set(true);
        Ok(())
    }

    pub fn begin_write(&self) -> Result<(), StoreError> {
        self.savepoint.set(Savepoint::None);
        match &self.engine {
            Engine::Sqlite(connection) => connection.execute_batch("BEGIN IMMEDIATE")?,
            Engine::Postgres(session) => session.send_words("BEGIN ISOLATION LEVEL READ COMMITTED")?,
        }
        self.open.set(true);
        Ok(())
    }

    /// Waits until everything is on disk.
    pub fn commit(&self) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(connection) => connection.execute_batch("COMMIT")?,
            Engine::Postgres(session) => {
                session.send_words("COMMIT")?;
                session.settle()?;
            }
        }
        self.open.set(false);
        Ok(())
    }

    /// Undoes the transaction, if one is open. What an error left behind is gone after it.
    pub(super) fn rollback(&self) -> Result<(), StoreError> {
        self.savepoint.set(Savepoint::None);
        let open = self.open.replace(false);
        match &self.engine {
            Engine::Sqlite(connection) if connection.is_autocommit() => Ok(()),
            Engine::Sqlite(connection) => Ok(connection.execute_batch("ROLLBACK")?),
            Engine::Postgres(session) => {
                // What was sent and failed is why there is a rollback, or does not matter any more.
                let _known = session.settle();
                if open { session.script("ROLLBACK") } else { Ok(()) }
            }
        }
    }

    /// For a new start after an error.
    pub(super) fn forget_statements(&self) {
        if let Engine::Postgres(session) = &self.engine {
            session.forget();
        }
    }

    /// Waits for the answers to all changes so far.
    pub(super) fn settle(&self) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(_) => Ok(()),
            Engine::Postgres(session) => session.settle(),
        }
    }

    /// From here on, changes can be undone without the rest of the transaction.
    pub(super) fn mark(&self) {
        self.savepoint.set(Savepoint::Wanted);
    }

    /// As [`Self::mark`], also after an error of a question that changes nothing.
    pub(super) fn mark_at_once(&self) -> Result<(), StoreError> {
        self.mark();
        self.make_savepoint()
    }

    /// Keeps what was changed since the mark.
    pub(super) fn keep(&self) -> Result<(), StoreError> {
        match self.savepoint.replace(Savepoint::None) {
            Savepoint::Made => self.words("RELEASE SAVEPOINT work"),
            Savepoint::None | Savepoint::Wanted => Ok(()),
        }
    }

    /// Undoes what was changed since the mark. An error means that the whole transaction is lost.
    pub(super) fn undo(&self) -> Result<(), StoreError> {
        match self.savepoint.replace(Savepoint::None) {
            Savepoint::Made => {
                self.words("ROLLBACK TO SAVEPOINT work")?;
                self.words("RELEASE SAVEPOINT work")
            }
            Savepoint::None | Savepoint::Wanted => Ok(()),
        }
    }

    /// Whether the engine ended the transaction by itself, or the connection is gone.
    pub(super) fn has_lost_its_transaction(&self) -> bool {
        match &self.engine {
            Engine::Sqlite(connection) => connection.is_autocommit(),
            Engine::Postgres(session) => session.is_lost(),
        }
    }

    pub(super) fn is_lost(&self) -> bool {
        match &self.engine {
            Engine::Sqlite(_) => false,
            Engine::Postgres(session) => session.is_lost(),
        }
    }

    /// The next word from another process, if one comes within this time. Only a server tells any.
    pub(super) fn word(&self, patience: Duration) -> Result<Option<String>, StoreError> {
        match &self.engine {
            Engine::Sqlite(_) => Ok(None),
            Engine::Postgres(session) => session.word(patience),
        }
    }

    /// Statements that change something, so far: who compares two of these numbers knows whether any came between.
    pub fn changes(&self) -> u64 {
        self.changes.get()
    }

    fn before_change(&self) -> Result<(), StoreError> {
        self.changes.set(self.changes.get().wrapping_add(1));
        self.make_savepoint()
    }

    fn make_savepoint(&self) -> Result<(), StoreError> {
        if self.savepoint.get() == Savepoint::Wanted {
            self.savepoint.set(Savepoint::Made);
            self.words("SAVEPOINT work")?;
        }
        Ok(())
    }

    fn words(&self, sql: &'static str) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(connection) => {
                connection.prepare_cached(sql)?.execute([])?;
                Ok(())
            }
            Engine::Postgres(session) => session.send_words(sql),
        }
    }
}
