//! The small seam between what the program stores and the engine that stores it. A statement is written once, with
//! numbered parameters, and means the same to SQLite and to PostgreSQL; [`dialect`] knows the differences.

mod ahead;
pub(super) mod dialect;
mod dump;
mod postgres;
mod rows;
mod secure;
mod sqlite;
mod value;

use std::cell::{Cell, RefCell};
use std::path::PathBuf;
use std::time::Duration;

pub use ahead::{About, Ahead};
pub use postgres::PostgresDatabase;
pub use rows::{Kind, Rows};
pub use value::{Bind, FromValue, Owned, Value, params};

use super::StoreError;
use ahead::Answers;
use rows::Unsent;

/// Rows of one table that are worth a statement while more are about to come.
const SENT_TOGETHER: usize = 32;

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
            unsent: RefCell::default(),
            answers: RefCell::default(),
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
    /// Rows for a server that go together.
    unsent: RefCell<Unsent>,
    /// What a server was asked ahead.
    answers: RefCell<Answers>,
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
        if sql.starts_with("SELECT") {
            if let Some(rows) = self.answers.borrow_mut().take(sql, values) {
                return rows.iter().map(|row| read(&Row::Postgres(row))).collect();
            }
            self.send_rows()?;
        } else {
            refuse_nul(values)?;
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
        refuse_nul(values)?;
        let before = self.changes.get();
        self.before_change()?;
        match &self.engine {
            Engine::Sqlite(connection) => {
                let changed = connection.prepare_cached(sql)?.execute(rusqlite::params_from_iter(values))?;
                if changed == 0 {
                    self.changes.set(before);
                }
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
        refuse_nul(values)?;
        let before = self.changes.get();
        self.before_change()?;
        let changed = match &self.engine {
            Engine::Sqlite(connection) => {
                let changed = connection.prepare_cached(sql)?.execute(rusqlite::params_from_iter(values))?;
                u64::try_from(changed).unwrap_or(u64::MAX)
            }
            Engine::Postgres(session) => session.execute(sql, values)?,
        };
        if changed == 0 {
            self.changes.set(before);
        }
        Ok(changed)
    }

    /// Writes one row of those that many pieces of work write. On PostgreSQL it is sent with the rows of others.
    ///
    /// # Errors
    /// As [`Self::execute`].
    pub fn write_row(&self, rows: &'static Rows, values: &[Value<'_>]) -> Result<(), StoreError> {
        if !self.is_shared() {
            return self.execute(rows.one(), values);
        }
        refuse_nul(values)?;
        self.changes.set(self.changes.get().wrapping_add(1));
        if let Some(subject) = rows.subject(values) {
            self.answers.borrow_mut().end(&subject);
        }
        self.unsent.borrow_mut().push(rows, values);
        Ok(())
    }

    /// Asks what work that is about to run will want to know, in one round trip, as far as it is not known.
    /// A file is read as fast when asked.
    pub(super) fn read_ahead(&self, questions: &[&Ahead]) -> Result<(), StoreError> {
        let Engine::Postgres(session) = &self.engine else {
            return Ok(());
        };
        let unknown: Vec<&Ahead> = {
            let known = self.answers.borrow();
            questions.iter().copied().filter(|question| !known.has(question)).collect()
        };
        if unknown.is_empty() {
            return Ok(());
        }
        self.send_rows()?;
        let answers = session.query_all(&unknown)?;
        let mut known = self.answers.borrow_mut();
        for (question, rows) in answers {
            known.keep(question, rows);
        }
        Ok(())
    }

    /// Sends the rows that wait once there are some, without waiting for an answer: the server writes them while the
    /// next work runs here. To be called between two pieces of work.
    pub(super) fn send_early(&self) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Postgres(session) if self.unsent.borrow().most() >= SENT_TOGETHER => {
                self.send_rows()?;
                session.flush()
            }
            Engine::Postgres(_) | Engine::Sqlite(_) => Ok(()),
        }
    }

    /// Sends the rows that wait, each piece of work's after its own savepoint.
    fn send_rows(&self) -> Result<(), StoreError> {
        let Engine::Postgres(session) = &self.engine else {
            return Ok(());
        };
        let earlier = self.unsent.borrow_mut().take(false);
        for (rows, arrays) in earlier {
            session.send_rows(rows.many(), arrays)?;
        }
        let own = self.unsent.borrow_mut().take(true);
        if !own.is_empty() {
            self.make_savepoint()?;
        }
        for (rows, arrays) in own {
            session.send_rows(rows.many(), arrays)?;
        }
        Ok(())
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
        self.begin_anew();
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
                self.savepoint.set(Savepoint::None);
                self.send_rows()?;
                session.send_words("COMMIT")?;
                session.settle()?;
            }
        }
        self.open.set(false);
        Ok(())
    }

    /// Undoes the transaction, if one is open. What an error left behind is gone after it.
    pub(super) fn rollback(&self) -> Result<(), StoreError> {
        self.begin_anew();
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
            Engine::Postgres(session) => {
                self.send_rows()?;
                session.settle()
            }
        }
    }

    /// Nothing waits and nothing is known.
    fn begin_anew(&self) {
        self.savepoint.set(Savepoint::None);
        self.unsent.borrow_mut().clear();
        self.answers.borrow_mut().clear();
    }

    /// From here on, changes can be undone without the rest of the transaction.
    pub(super) fn mark(&self) {
        self.unsent.borrow_mut().mark();
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
        self.unsent.borrow_mut().undo();
        // They may tell of what is undone.
        self.answers.borrow_mut().clear();
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

    /// Statements that changed something, so far: who compares two of these numbers knows whether any came between. One
    /// that was only sent, and not answered yet, counts as one that did.
    pub fn changes(&self) -> u64 {
        self.changes.get()
    }

    /// What a statement changes is not known to be about anything in particular.
    fn before_change(&self) -> Result<(), StoreError> {
        self.changes.set(self.changes.get().wrapping_add(1));
        self.answers.borrow_mut().clear();
        self.send_rows()?;
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

/// PostgreSQL keeps no text with this character, so no engine is given one to keep.
fn refuse_nul(values: &[Value<'_>]) -> Result<(), StoreError> {
    let holds_nul = |value: &Value<'_>| matches!(value, Value::Text(text) if text.contains('\0'));
    if values.iter().any(holds_nul) { Err(StoreError::Nul) } else { Ok(()) }
}
