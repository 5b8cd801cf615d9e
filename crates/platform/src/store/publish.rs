//! What a process knows between its turns: the configuration as it was last committed, and the date of the last
//! commit. Processes that share a database tell each other; whoever missed it looks once a second.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::watch;

use super::sql::{Connection, Database, params};
use super::{Catalogue, StoreError};

/// The configuration that everybody reads.
pub(super) struct Published {
    state: RwLock<(i64, Arc<Catalogue>)>,
    last_commit: watch::Sender<i64>,
}

impl Published {
    /// Reads what is committed.
    pub(super) fn load(connection: &Connection) -> Result<Self, StoreError> {
        let (version, last) = committed(connection)?;
        let state = RwLock::new((version, Arc::new(Catalogue::load(connection)?)));
        Ok(Self { state, last_commit: watch::Sender::new(last) })
    }

    pub(super) fn get(&self) -> Arc<Catalogue> {
        self.get_with_version().1
    }

    pub(super) fn get_with_version(&self) -> (i64, Arc<Catalogue>) {
        let state = self.state.read().unwrap_or_else(PoisonError::into_inner);
        (state.0, Arc::clone(&state.1))
    }

    /// Tells of a commit. A configuration that is older than the published one is left out.
    pub(super) fn set(&self, version: i64, catalogue: Arc<Catalogue>, last_date: i64) {
        let mut state = self.state.write().unwrap_or_else(PoisonError::into_inner);
        if version > state.0 {
            *state = (version, catalogue);
        }
        drop(state);
        self.committed(last_date);
    }

    pub(super) fn last_commit(&self) -> watch::Receiver<i64> {
        self.last_commit.subscribe()
    }

    fn committed(&self, date: i64) {
        self.last_commit.send_if_modified(|last| {
            let later = date > *last;
            *last = date.max(*last);
            later
        });
    }
}

/// Version of the configuration, and date of the last entry.
fn committed(connection: &Connection) -> Result<(i64, i64), StoreError> {
    connection.query_row("SELECT configuration, last_us FROM writing_turn WHERE one = 1", params![], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })
}

/// Tells the other processes, once the group is committed.
pub(super) fn announce(connection: &Connection, version: i64, last_date: i64) -> Result<(), StoreError> {
    connection.execute(
        "SELECT pg_notify('fanpoints_' || current_schema(), ?1)",
        params![format!("{version} {last_date}")],
    )
}

/// How long a missed word goes unnoticed.
const LOOK: Duration = Duration::from_secs(1);
/// How soon the listener notices that the store was closed.
const NAP: Duration = Duration::from_millis(200);

/// Hears what other processes commit. Nothing to hear of a file.
pub(super) struct Listener(Arc<AtomicBool>);

impl Listener {
    pub(super) fn start(database: &Database, published: &Arc<Published>) -> Result<Self, StoreError> {
        let stopped = Arc::new(AtomicBool::new(false));
        if let Database::Postgres(server) = database {
            let channel = format!("LISTEN fanpoints_{}", server.schema());
            let (database, published, stop) = (database.clone(), Arc::clone(published), Arc::clone(&stopped));
            std::thread::Builder::new()
                .name("store-listener".to_owned())
                .spawn(move || {
                    while !stop.load(Ordering::Relaxed) {
                        if let Err(error) = listen(&database, &channel, &published, &stop) {
                            tracing::warn!(%error, "other processes are not heard for a moment");
                            std::thread::sleep(NAP);
                        }
                    }
                })
                .map_err(|error| StoreError::Corrupt(format!("no listener thread: {error}")))?;
        }
        Ok(Self(stopped))
    }

    pub(super) fn stop(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.stop();
    }
}

fn listen(
    database: &Database,
    channel: &str,
    published: &Published,
    stop: &AtomicBool,
) -> Result<(), StoreError> {
    let connection = database.connect()?;
    if let Err(error) = connection.script(channel) {
        tracing::warn!(%error, "this database tells nothing by itself; it is asked once a second");
    }
    let mut unheard = LOOK;
    while !stop.load(Ordering::Relaxed) {
        if unheard >= LOOK {
            look(&connection, published)?;
            unheard = Duration::ZERO;
        }
        match connection.word(NAP)? {
            None => unheard = unheard.saturating_add(NAP),
            Some(word) => {
                unheard = Duration::ZERO;
                hear(&connection, published, &word)?;
            }
        }
    }
    Ok(())
}

/// A word of [`announce`].
fn hear(connection: &Connection, published: &Published, word: &str) -> Result<(), StoreError> {
    let mut numbers = word.split(' ').map(str::parse::<i64>);
    match (numbers.next(), numbers.next()) {
        (Some(Ok(version)), Some(Ok(date))) if version == published.get_with_version().0 => {
            published.committed(date);
            Ok(())
        }
        _ => look(connection, published),
    }
}

/// Reads what is committed, in one view.
fn look(connection: &Connection, published: &Published) -> Result<(), StoreError> {
    connection.begin_read()?;
    let (version, last) = committed(connection)?;
    if version > published.get_with_version().0 {
        published.set(version, Arc::new(Catalogue::load(connection)?), last);
    } else {
        published.committed(last);
    }
    connection.rollback()
}
