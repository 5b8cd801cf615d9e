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

#[cfg(test)]
mod tests {
    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::TempDir::new().unwrap();
        let store = Store::open(&dir.path().join("test.sqlite3")).unwrap();
        (dir, store)
    }

    fn note(turn: &Turn<'_>, kid: &str, bytes: usize) -> Result<(), StoreError> {
        turn.connection.execute("INSERT INTO token_key VALUES (?1, zeroblob(?2), 0)", (kid, bytes))?;
        Ok(())
    }

    async fn kids(store: &Store) -> Vec<String> {
        let read = store.read(|connection| {
            let mut statement = connection.prepare("SELECT kid FROM token_key ORDER BY kid")?;
            let kids = statement.query_map([], |row| row.get(0))?;
            Ok(kids.collect::<Result<_, _>>()?)
        });
        read.await.unwrap()
    }

    #[tokio::test]
    async fn work_that_fails_leaves_the_rest_of_its_group_alone() {
        let (_dir, store) = store();
        let (_, first) = store.write(More::Coming, |turn| note(turn, "a", 1)).await.unwrap();
        let failed = store.write(More::Coming, |turn| {
            note(turn, "b", 1)?;
            Err::<(), _>(StoreError::Stopped)
        });
        assert!(failed.await.is_err());
        let (_, last) = store.write(More::No, |turn| note(turn, "c", 1)).await.unwrap();
        first.wait().await.unwrap();
        last.wait().await.unwrap();
        assert_eq!(kids(&store).await, ["a", "c"]);
    }

    #[tokio::test]
    async fn a_full_disk_confirms_nothing_and_is_survived() {
        let (_dir, store) = store();
        let limit = |pages: i64| {
            store.commit(move |turn| {
                Ok(turn
                    .connection
                    .query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| row.get::<_, i64>(0))?)
            })
        };
        limit(1).await.unwrap();
        let full = store.commit(|turn| note(turn, "large", 1_000_000)).await;
        assert!(full.is_err());
        assert_eq!(kids(&store).await, Vec::<String>::new());
        limit(100_000).await.unwrap();
        store.commit(|turn| note(turn, "large", 1_000_000)).await.unwrap();
        assert_eq!(kids(&store).await, ["large"]);
    }

    #[tokio::test]
    async fn booking_dates_rise_even_when_the_clock_does_not() {
        let (_dir, store) = store();
        let dates =
            store.commit(|turn| Ok((0..1000).map(|_| turn.next_date()).collect::<Vec<_>>())).await.unwrap();
        assert!(dates.is_sorted_by(|a, b| a < b));
    }

    #[test]
    fn a_database_of_a_newer_version_is_left_alone() {
        let dir = tempfile::TempDir::new().unwrap();
        let path = dir.path().join("test.sqlite3");
        connect(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        assert!(matches!(Store::open(&path), Err(StoreError::Newer { found: 99, .. })));
    }
}
