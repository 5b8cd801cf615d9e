//! The durable storage of one environment. Nothing outside this module speaks SQL.

pub mod awards;
pub mod books;
pub mod catalogue;
pub mod credentials;
pub mod fans;
pub mod keys;
pub mod purchases;
mod readers;
pub mod reading;
pub mod seeding;
mod writer;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use rusqlite::Connection;

pub use catalogue::{Catalogue, Partner, Partnership, Program, ProgramNo};
pub use writer::{Durable, More, Turn};

use readers::Readers;
use writer::{Published, Writer};

/// Why the storage could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database refused: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("a stored document can not be read: {0}")]
    Document(#[from] serde_json::Error),
    #[error("the database holds what it never should: {0}")]
    Corrupt(String),
    #[error("the database was written by a newer version (schema {found}, this one knows {known})")]
    Newer { found: i64, known: i64 },
    #[error("the change was not committed: {0}")]
    NotCommitted(String),
    #[error("the storage has stopped")]
    Stopped,
    #[error("the system gave no random bytes: {0}")]
    Random(#[from] getrandom::Error),
}

/// One environment's database: one writer, several readers, and the configuration in memory.
pub struct Store {
    writer: Writer,
    readers: Readers,
    published: Arc<Published>,
}

const MIGRATIONS: [&str; 1] = [include_str!("../../migrations/0001_books.sql")];
const READERS: usize = 4;

impl Store {
    /// Opens or creates the database and brings it to the current schema.
    pub fn open(path: &Path) -> Result<Self, StoreError> {
        let mut connection = connect(path)?;
        migrate(&mut connection)?;
        let published = Arc::new(Published::new(Catalogue::load(&connection)?));
        let readers = Readers::open(path, READERS)?;
        let writer = Writer::start(connection, Arc::clone(&published))?;
        Ok(Self { writer, readers, published })
    }

    /// The configuration as it was last committed.
    pub fn catalogue(&self) -> Arc<Catalogue> {
        self.published.get()
    }

    /// Reads from one consistent view.
    pub async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.readers.read(work).await
    }

    /// Runs `work` in its turn. The answer is provisional until `Durable` says that it is on disk.
    pub async fn write<T, F>(&self, more: More, work: F) -> Result<(T, Durable), StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Turn<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer.write(more, work).await
    }

    /// Runs `work` and waits until it is on disk.
    pub async fn commit<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Turn<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, durable) = self.write(More::No, work).await?;
        durable.wait().await?;
        Ok(answer)
    }

    /// Finishes what was accepted, and closes the database.
    pub fn close(&self) {
        self.readers.close();
        self.writer.stop();
    }
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "checkpoint_fullfsync", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    connection.set_prepared_statement_cache_capacity(96);
    Ok(connection)
}

/// Each migration is one transaction with the version it reaches, so a cut one leaves no trace.
fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let found: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    for (version, sql) in (1_i64..).zip(MIGRATIONS) {
        if version > found {
            let change = connection.transaction()?;
            change.execute_batch(sql)?;
            change.pragma_update(None, "user_version", version)?;
            change.commit()?;
        }
    }
    Ok(())
}

/// The present, in microseconds since the Unix epoch.
pub fn now_us() -> i64 {
    jiff::Timestamp::now().as_microsecond()
}

/// Random bytes for keys, ids and salts.
pub fn random<const N: usize>() -> Result<[u8; N], StoreError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes)?;
    Ok(bytes)
}
