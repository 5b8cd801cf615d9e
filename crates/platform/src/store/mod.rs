//! The durable storage of one environment. Nothing outside this module speaks SQL, and nothing in it but
//! [`sql`] knows which engine it speaks to.

pub mod awards;
pub mod books;
pub mod catalogue;
pub mod credentials;
pub mod fans;
mod house;
pub mod keys;
mod publish;
pub mod purchases;
mod readers;
pub mod reading;
mod schema;

pub mod seeding;
pub mod sql;
#[cfg(test)]
mod testing;
mod turn;
mod writer;

use std::sync::Arc;

use tokio::sync::watch;

pub use catalogue::{Catalogue, Partner, Partnership, Program, ProgramNo};
pub use sql::{Connection, Database, PostgresDatabase, Row};
pub use turn::{Durable, More, Turn};

use publish::{Listener, Published};
use readers::Readers;
use writer::Writer;

/// Why the storage could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("the database refused: {0}")]
    Sqlite(#[from] rusqlite::Error),
    #[error("the database refused: {0}")]
    Postgres(String),
    #[error("this is no address of a database: {0}")]
    Address(String),
    #[error("the database can not be reached: {0}")]
    Unreachable(String),
    #[error("the database took too long: {0}")]
    TimedOut(String),
    #[error("two changes met: {0}")]
    Conflict(String),
    #[error("a stored document can not be read: {0}")]
    Document(#[from] serde_json::Error),
    #[error("the database holds what it never should: {0}")]
    Corrupt(String),
    #[error("the database was written by a newer version (schema {found}, this one knows {known})")]
    Newer { found: i64, known: i64 },
    #[error("the change was not committed: {0}")]
    NotCommitted(String),
    #[error("the database was lost in the middle of a commit: {0}; asking again with the same ids is safe")]
    Unknown(String),
    #[error("the storage has stopped")]
    Stopped,
    #[error("the system gave no random bytes: {0}")]
    Random(#[from] getrandom::Error),
}

impl StoreError {
    /// Whether the same may work in a moment, on another connection or without the other change.
    fn may_pass(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Conflict(_))
    }

    /// What everybody in a group is told that shared this error.
    fn again(&self) -> Self {
        match self {
            Self::Unknown(text) => Self::Unknown(text.clone()),
            Self::Unreachable(text) => Self::Unreachable(text.clone()),
            Self::TimedOut(text) => Self::TimedOut(text.clone()),
            other => Self::NotCommitted(other.to_string()),
        }
    }
}

/// One environment's database: one writer, several readers, and the configuration in memory.
pub struct Store {
    writer: Writer,
    readers: Readers,
    listener: Listener,
    published: Arc<Published>,
}

const READERS: usize = 4;

impl Store {
    /// Opens or creates the database and brings it to the current schema. To be called where waiting is allowed.
    ///
    /// # Errors
    /// Where the database can not be reached, is of a newer version, or holds what it never should.
    pub fn open(database: &Database) -> Result<Self, StoreError> {
        let connection = database.connect()?;
        schema::migrate(&connection, database)?;
        let published = Arc::new(Published::load(&connection)?);
        let readers = Readers::open(database, READERS)?;
        let listener = Listener::start(database, &published)?;
        let writer = Writer::start(connection, database.clone(), Arc::clone(&published))?;
        Ok(Self { writer, readers, listener, published })
    }

    /// The configuration as it was last committed.
    pub fn catalogue(&self) -> Arc<Catalogue> {
        self.published.get()
    }

    /// The date of the last commit, by whichever process; wakes who waits for the next one.
    #[allow(dead_code)] // the change feed waits on it
    pub fn last_commit(&self) -> watch::Receiver<i64> {
        self.published.last_commit()
    }

    /// Reads from one consistent view.
    ///
    /// # Errors
    /// Those of `work`, and those of a database that is not there.
    pub async fn read<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        self.readers.read(work).await
    }

    /// Runs `work` in its turn. The answer is provisional until `Durable` says that it is on disk.
    ///
    /// `work` may be run several times, when the database asks for it or was lost for a moment: only its last run
    /// counts, and only when it answers as the first one did.
    ///
    /// # Errors
    /// Those of `work`, which then changed nothing, and those of a database that is not there.
    pub async fn write<T, F>(&self, more: More, work: F) -> Result<(T, Durable), StoreError>
    where
        T: Clone + PartialEq + Send + 'static,
        F: Fn(&mut Turn<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer.write(more, work).await
    }

    /// Runs `work` and waits until it is on disk.
    ///
    /// # Errors
    /// As [`Self::write`] and [`Durable::wait`].
    pub async fn commit<T, F>(&self, work: F) -> Result<T, StoreError>
    where
        T: Clone + PartialEq + Send + 'static,
        F: Fn(&mut Turn<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer, durable) = self.write(More::No, work).await?;
        durable.wait().await?;
        Ok(answer)
    }

    /// Finishes what was accepted, and closes the database.
    pub fn close(&self) {
        self.listener.stop();
        self.readers.close();
        self.writer.stop();
    }
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
    use super::sql::params;
    use super::*;

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::TempDir::new().unwrap();
        let store = Store::open(&Database::Sqlite(dir.path().join("test.sqlite3"))).unwrap();
        (dir, store)
    }

    fn note(turn: &Turn<'_>, kid: &str, bytes: usize) -> Result<(), StoreError> {
        let sql = "INSERT INTO token_key (kid, seed, created_us) VALUES (?1, ?2, 0)";
        turn.connection.execute(sql, params![kid, vec![0_u8; bytes]])
    }

    async fn kids(store: &Store) -> Vec<String> {
        let read = store.read(|connection| {
            connection.query("SELECT kid FROM token_key ORDER BY kid", params![], |row| row.get(0))
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
                let sql = format!("PRAGMA max_page_count = {pages}");
                turn.connection.query_row(&sql, params![], |row| row.get::<i64>(0))
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
        let database = Database::Sqlite(path);
        database.connect().unwrap().script("PRAGMA user_version = 99").unwrap();
        assert!(matches!(Store::open(&database), Err(StoreError::Newer { found: 99, .. })));
    }
}
