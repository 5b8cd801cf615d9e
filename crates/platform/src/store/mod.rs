//! The durable storage of one environment. Nothing outside this module speaks SQL, and nothing in it but
//! [`sql`] knows which engine it speaks to.

pub mod admin;
pub mod awards;
pub mod backup;
pub mod books;
pub mod catalogue;
pub mod changes;
pub mod credentials;
pub mod decisions;
pub mod devices;
pub mod events;
pub mod fans;
pub mod goods;
pub mod holds;
pub mod house;
pub mod keys;
pub mod origins;
pub mod payments;
pub mod personal;
pub mod program_rules;
mod publish;
pub mod purchases;
mod readers;
pub mod reading;
mod schema;
pub mod seeding;
pub mod settings;
pub mod shifts;
pub mod sql;
pub mod staff;
pub mod staff_provider;
pub mod statistics;
pub mod terminals;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod turn;
pub mod users;
pub mod verify;
pub mod webhooks;
mod writer;

use std::sync::Arc;

use tokio::sync::watch;

pub use catalogue::{Catalogue, Partner, Partnership, Program, ProgramNo};
pub use sql::{Ahead, Connection, Database, PostgresDatabase, Row};
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
    /// A file can not be used.
    #[error("{0}")]
    File(String),
    #[error("the database can not be reached: {0}")]
    Unreachable(String),
    #[error("the database took too long: {0}")]
    TimedOut(String),
    #[error("two changes met: {0}")]
    Conflict(String),
    #[error("a text holds the character NUL, which not every database can keep")]
    Nul,
    #[error("a stored document can not be read: {0}")]
    Document(#[from] serde_json::Error),
    #[error("the database holds what it never should: {0}")]
    Corrupt(String),
    #[error("the database was written by a newer version (schema {found}, this one knows {known})")]
    Newer { found: i64, known: i64 },
    #[error(
        "the database is of an older version (schema {found}): a server of this version brings it up to date"
    )]
    Older { found: i64 },
    #[error("{0} holds data already")]
    NotEmpty(String),
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

/// How busy a store is at a moment.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// Changes that wait for the writer or are in their turn.
    pub waiting: usize,
    /// Connections that somebody reads with.
    pub reading: usize,
    /// ... of so many.
    pub readers: usize,
}

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

    /// How busy it is.
    pub fn load(&self) -> Load {
        let free = self.readers.free();
        Load { waiting: self.writer.waiting(), reading: READERS.saturating_sub(free), readers: READERS }
    }

    /// Leaves nothing of what was deleted in the files. It takes as long as copying them.
    ///
    /// # Errors
    /// Where somebody is in the way, or the database refuses.
    pub fn sweep(database: &Database) -> Result<(), StoreError> {
        database.connect()?.sweep()
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
        self.writer.write(more, Vec::new(), work).await
    }

    /// As [`Self::write`], for work of which is known what it will ask: a server is asked for many at once.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub async fn write_asking<T, F>(
        &self,
        more: More,
        ahead: Vec<Ahead>,
        work: F,
    ) -> Result<(T, Durable), StoreError>
    where
        T: Clone + PartialEq + Send + 'static,
        F: Fn(&mut Turn<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        self.writer.write(more, ahead, work).await
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
