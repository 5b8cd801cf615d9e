//! The one thread that changes an environment's database. What waits is committed together: each piece of
//! work has its own savepoint, and one flush to disk confirms the whole group.

use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError, RwLock};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rusqlite::{Connection, OptionalExtension as _};
use tokio::sync::oneshot;

use super::{Catalogue, StoreError, now_us};

/// Most pieces of work in one commit.
const GROUP: usize = 512;
/// How long a group stays open for the next piece of a request that announced more.
const LINGER: Duration = Duration::from_millis(2);
/// ... and all its waiting together, so that nobody else's answer is held up for long.
const LINGER_IN_ALL: Duration = Duration::from_millis(25);

/// Whether the same request is about to write again: the commit waits for it a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum More {
    No,
    Coming,
}

/// Tells when a provisional answer is on disk.
#[must_use = "an answer counts only once it is durable"]
pub struct Durable(oneshot::Receiver<Result<(), StoreError>>);

impl Durable {
    /// Waits for the commit. An error means that nothing was changed.
    pub async fn wait(self) -> Result<(), StoreError> {
        self.0.await.unwrap_or(Err(StoreError::Stopped))
    }
}

/// The configuration that everybody reads.
pub(super) struct Published(RwLock<Arc<Catalogue>>);

impl Published {
    pub(super) fn new(catalogue: Catalogue) -> Self {
        Self(RwLock::new(Arc::new(catalogue)))
    }

    pub(super) fn get(&self) -> Arc<Catalogue> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn set(&self, catalogue: Arc<Catalogue>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = catalogue;
    }
}

/// What a piece of work sees while it is its turn.
pub struct Turn<'t> {
    pub connection: &'t Connection,
    /// The configuration including changes earlier in the same group.
    pub catalogue: &'t Arc<Catalogue>,
    last_date: &'t mut i64,
    reload: &'t mut bool,
}

impl Turn<'_> {
    /// The booking date of the next entry: now, but always after the entry before.
    pub fn next_date(&mut self) -> i64 {
        *self.last_date = now_us().max(self.last_date.saturating_add(1));
        *self.last_date
    }

    /// Says that the configuration was changed.
    pub fn configuration_changed(&mut self) {
        *self.reload = true;
    }
}

type Work = Box<dyn FnOnce(&mut Turn<'_>) -> bool + Send>;

struct Job {
    /// Answers the caller; false asks for everything it did to be rolled back.
    work: Work,
    durable: oneshot::Sender<Result<(), StoreError>>,
    more: More,
}

pub(super) struct Writer {
    jobs: Mutex<Option<Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Writer {
    pub(super) fn start(connection: Connection, published: Arc<Published>) -> Result<Self, StoreError> {
        let last_date: Option<i64> = connection
            .query_row("SELECT max(date_us) FROM operation", [], |row| row.get(0))
            .optional()?
            .flatten();
        let (sender, receiver) = mpsc::channel();
        let desk =
            Desk { connection, catalogue: published.get(), published, last_date: last_date.unwrap_or(0) };
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || desk.serve(&receiver))
            .map_err(|error| StoreError::Corrupt(format!("no writer thread: {error}")))?;
        Ok(Self { jobs: Mutex::new(Some(sender)), thread: Mutex::new(Some(thread)) })
    }

    pub(super) async fn write<T, F>(&self, more: More, work: F) -> Result<(T, Durable), StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&mut Turn<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (answer_sender, answer) = oneshot::channel();
        let (durable, ticket) = oneshot::channel();
        let work: Work = Box::new(move |turn| {
            let result = work(turn);
            let keep = result.is_ok();
            // A caller that went away changes nothing: what was accepted is still booked.
            let _gone = answer_sender.send(result);
            keep
        });
        self.submit(Job { work, durable, more })?;
        let answer = answer.await.map_err(|_| StoreError::Stopped)??;
        Ok((answer, Durable(ticket)))
    }

    fn submit(&self, job: Job) -> Result<(), StoreError> {
        let jobs = self.jobs.lock().unwrap_or_else(PoisonError::into_inner);
        let sender = jobs.as_ref().ok_or(StoreError::Stopped)?;
        sender.send(job).map_err(|_| StoreError::Stopped)
    }

    /// Takes no more work, finishes what is queued, closes the database.
    pub(super) fn stop(&self) {
        drop(self.jobs.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread
            && thread.join().is_err()
        {
            tracing::error!("the store's writer ended abnormally");
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Desk {
    connection: Connection,
    published: Arc<Published>,
    /// Includes changes of the open group.
    catalogue: Arc<Catalogue>,
    last_date: i64,
}

impl Desk {
    fn serve(mut self, jobs: &Receiver<Job>) {
        while let Ok(first) = jobs.recv() {
            self.group(first, jobs);
        }
        if let Err(error) = self.connection.pragma_update(None, "wal_checkpoint", "TRUNCATE") {
            tracing::warn!(%error, "the write-ahead log was not folded in at the end");
        }
    }

    fn group(&mut self, first: Job, jobs: &Receiver<Job>) {
        let mut tickets = Vec::new();
        let opened = self.connection.execute_batch("BEGIN IMMEDIATE").map_err(StoreError::from);
        if let Err(error) = opened {
            tracing::error!(%error, "no transaction could be opened");
            let _gone = first.durable.send(Err(error));
            return;
        }
        let mut waited = Duration::ZERO;
        let mut next = Some(first);
        let mut failed = None;
        while let Some(job) = next.take() {
            let more = job.more;
            let outcome = self.run(job.work);
            tickets.push(job.durable);
            if let Err(error) = outcome {
                failed = Some(error);
                break;
            }
            if tickets.len() < GROUP {
                next = following(jobs, more, &mut waited);
            }
        }
        let outcome = match failed {
            Some(error) => Err(error),
            None => self.connection.execute_batch("COMMIT").map_err(StoreError::from),
        };
        self.settle(outcome, tickets);
    }

    /// One piece of work in its savepoint. An error means that the whole group is lost.
    fn run(&mut self, work: Work) -> Result<(), StoreError> {
        self.connection.execute_batch("SAVEPOINT work")?;
        let mut reload = false;
        let mut turn = Turn {
            connection: &self.connection,
            catalogue: &self.catalogue,
            last_date: &mut self.last_date,
            reload: &mut reload,
        };
        let keep = work(&mut turn);
        if self.connection.is_autocommit() {
            return Err(StoreError::NotCommitted("the transaction was rolled back".to_owned()));
        }
        if !keep {
            self.connection.execute_batch("ROLLBACK TO work")?;
        }
        self.connection.execute_batch("RELEASE work")?;
        if reload && keep {
            self.catalogue = Arc::new(Catalogue::load(&self.connection)?);
        }
        Ok(())
    }

    fn settle(
        &mut self,
        outcome: Result<(), StoreError>,
        tickets: Vec<oneshot::Sender<Result<(), StoreError>>>,
    ) {
        match outcome {
            Ok(()) => {
                self.published.set(Arc::clone(&self.catalogue));
                for ticket in tickets {
                    let _gone = ticket.send(Ok(()));
                }
            }
            Err(error) => {
                tracing::error!(%error, lost = tickets.len(), "a group of changes was not committed");
                if !self.connection.is_autocommit()
                    && let Err(error) = self.connection.execute_batch("ROLLBACK")
                {
                    tracing::error!(%error, "the rollback failed");
                }
                self.catalogue = self.published.get();
                for ticket in tickets {
                    let _gone = ticket.send(Err(StoreError::NotCommitted(error.to_string())));
                }
            }
        }
    }
}

/// The next piece of work for the open group, if one is there or about to come.
fn following(jobs: &Receiver<Job>, more: More, waited: &mut Duration) -> Option<Job> {
    match jobs.try_recv() {
        Ok(job) => Some(job),
        Err(TryRecvError::Disconnected) => None,
        Err(TryRecvError::Empty) if more == More::No || *waited >= LINGER_IN_ALL => None,
        Err(TryRecvError::Empty) => {
            let since = Instant::now();
            let job = jobs.recv_timeout(LINGER);
            *waited = waited.saturating_add(since.elapsed());
            job.ok()
        }
    }
}
