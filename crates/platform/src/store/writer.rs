//! The one thread of this process that changes an environment's database. What waits is committed together: one flush
//! to disk confirms the whole group.
//!
//! A group is first run quickly: answers go out before the changes behind them are confirmed, and they count only
//! once the group is on disk. When the database objects (a statement fails, a serialization failure, a lost
//! connection), or a piece of work fails after it changed something in a file, the group is undone and run again with
//! the same dates, each piece of work in its savepoint. What then answers as before is kept; what does not is refused
//! as not committed. So nothing is half done, one bad piece takes no other with it, and a caller never keeps an answer
//! that does not hold.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, Receiver, Sender, TryRecvError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::house::{self, House};
use super::publish::Published;
use super::sql::{Ahead, Connection, Database, params};
use super::turn::{Durable, Job, More, Ran, Seat, Turn};
use super::{Catalogue, StoreError, now_us, random};

/// Most pieces of work in one commit.
const GROUP: usize = 256;
/// Most of them that are taken from the queue at once.
const WAVE: usize = 64;
/// How long a group stays open for the next piece of a request that announced more.
const LINGER: Duration = Duration::from_millis(2);
/// ... and all its waiting together, so that nobody else's answer is held up for long.
const LINGER_IN_ALL: Duration = Duration::from_millis(25);
/// How long a request that has all its answers may be held up by the work of others in its group.
const HELD_UP: Duration = Duration::from_millis(5);
/// How often a group is run again before it is given up.
const ATTEMPTS: u32 = 12;
/// How long a lost database is waited for.
const PATIENCE: Duration = Duration::from_secs(8);
/// A process that committed nothing for so long asks after no commit: thirty days.
const FORGOTTEN_US: i64 = 30 * 86_400 * 1_000_000;
/// House accounts are folded after so many groups.
const FOLD: i64 = 1024;

pub(super) struct Writer {
    jobs: Mutex<Option<Sender<Job>>>,
    thread: Mutex<Option<JoinHandle<()>>>,
    /// Pieces of work whose first answer is not there yet.
    waiting: AtomicUsize,
}

impl Writer {
    pub(super) fn start(
        connection: Connection,
        database: Database,
        published: Arc<Published>,
    ) -> Result<Self, StoreError> {
        let (sender, receiver) = mpsc::channel();
        let (version, catalogue) = published.get_with_version();
        let desk = Desk {
            connection,
            database,
            published,
            catalogue,
            version,
            last_date: 0,
            house: House::default(),
            name: random()?,
            group_no: 0,
            committing: false,
            waiting: VecDeque::new(),
        };
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || desk.serve(&receiver))
            .map_err(|error| StoreError::Corrupt(format!("no writer thread: {error}")))?;
        Ok(Self {
            jobs: Mutex::new(Some(sender)),
            thread: Mutex::new(Some(thread)),
            waiting: AtomicUsize::new(0),
        })
    }

    pub(super) async fn write<T, F>(
        &self,
        more: More,
        ahead: Vec<Ahead>,
        work: F,
    ) -> Result<(T, Durable), StoreError>
    where
        T: Clone + PartialEq + Send + 'static,
        F: Fn(&mut Turn<'_>) -> Result<T, StoreError> + Send + 'static,
    {
        let (job, answer, durable) = Job::new(more, ahead, work);
        let _waiting = Waiting::begin(&self.waiting);
        self.submit(job)?;
        let answer = answer.await.map_err(|_| StoreError::Stopped)??;
        Ok((answer, durable))
    }

    /// Pieces of work that wait for their turn or are in it.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Relaxed)
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

/// Counts a caller for as long as it waits, also when it goes away.
struct Waiting<'w>(&'w AtomicUsize);

impl<'w> Waiting<'w> {
    fn begin(number: &'w AtomicUsize) -> Self {
        number.fetch_add(1, Ordering::Relaxed);
        Self(number)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.stop();
    }
}

struct Desk {
    connection: Connection,
    database: Database,
    published: Arc<Published>,
    /// Includes changes of the open group.
    catalogue: Arc<Catalogue>,
    /// How often the configuration was changed, including the open group.
    version: i64,
    last_date: i64,
    house: House,
    /// This process among those that share the database.
    name: [u8; 16],
    group_no: i64,
    /// A commit was sent and not answered.
    committing: bool,
    /// Taken from the queue to be run next.
    waiting: VecDeque<Job>,
}

impl Desk {
    fn serve(mut self, jobs: &Receiver<Job>) {
        while let Some(first) = self.waiting.pop_front().or_else(|| jobs.recv().ok()) {
            self.group(first, jobs);
        }
        if let Some(file) = self.connection.sqlite()
            && let Err(error) = file.pragma_update(None, "wal_checkpoint", "TRUNCATE")
        {
            tracing::warn!(%error, "the write-ahead log was not folded in at the end");
        }
    }

    fn group(&mut self, first: Job, jobs: &Receiver<Job>) {
        let mut group = Vec::new();
        let outcome = match self.quickly(first, jobs, &mut group) {
            Ok(()) => Ok(()),
            Err(error) => self.carefully(error, &mut group),
        };
        match outcome {
            Ok(()) => {
                self.published.set(self.version, Arc::clone(&self.catalogue), self.last_date);
                group.into_iter().filter(|job| !job.is_refused()).for_each(Job::confirm);
            }
            Err(error) => {
                tracing::error!(%error, lost = group.len(), "a group of changes was not committed");
                for mut job in group.into_iter().filter(|job| !job.is_refused()) {
                    job.refuse(error.again());
                }
            }
        }
    }

    /// Runs what is waiting, answers at once, commits.
    fn quickly(&mut self, first: Job, jobs: &Receiver<Job>, group: &mut Vec<Job>) -> Result<(), StoreError> {
        self.waiting.push_front(first);
        let opened = self.open().and_then(|()| self.wave(jobs));
        let (mut waited, mut finished) = (Duration::ZERO, None);
        let mut next = self.waiting.pop_front();
        if opened.is_err() {
            group.extend(next.take());
        }
        opened?;
        while let Some(mut job) = next.take() {
            let more = job.more;
            let outcome = self.run(&mut job, false);
            group.push(job);
            outcome?;
            self.connection.send_early()?;
            if more == More::No {
                finished.get_or_insert_with(Instant::now);
            }
            let is_due = finished.is_some_and(|since| since.elapsed() > HELD_UP);
            if group.len() < GROUP && !is_due {
                next = self.following(jobs, more, &mut waited)?;
            }
        }
        self.close()
    }

    /// The next piece of work for the open group, if one is there or about to come.
    fn following(
        &mut self,
        jobs: &Receiver<Job>,
        more: More,
        waited: &mut Duration,
    ) -> Result<Option<Job>, StoreError> {
        if self.waiting.is_empty() {
            self.waiting.extend(following(jobs, more, waited));
            if !self.waiting.is_empty() {
                self.wave(jobs)?;
            }
        }
        Ok(self.waiting.pop_front())
    }

    /// Takes what else is in the queue, and asks the database all that this work is going to ask.
    fn wave(&mut self, jobs: &Receiver<Job>) -> Result<(), StoreError> {
        if !self.connection.is_shared() {
            return Ok(());
        }
        while self.waiting.len() < WAVE
            && let Ok(job) = jobs.try_recv()
        {
            self.waiting.push_back(job);
        }
        // They stay with their work, which the next group may have to run: answers end with a group.
        let questions: Vec<_> = self.waiting.iter().flat_map(|job| &job.ahead).collect();
        if questions.is_empty() { Ok(()) } else { self.connection.read_ahead(&questions) }
    }

    /// Runs the group again until the database takes it.
    fn carefully(&mut self, mut error: StoreError, group: &mut [Job]) -> Result<(), StoreError> {
        let since = Instant::now();
        for attempt in 1..=ATTEMPTS {
            tracing::warn!(%error, attempt, jobs = group.len(), "a group is run again");
            if self.recover(since)? == Recovered::Committed {
                return Ok(());
            }
            let left = waiting(group);
            error = match self.again(group) {
                Ok(()) => return Ok(()),
                Err(error) => error,
            };
            // Without the piece that was to blame, the others may pass.
            if waiting(group) < left {
                continue;
            }
            if !error.may_pass() || since.elapsed() > PATIENCE {
                break;
            }
            std::thread::sleep(pause(attempt));
        }
        if let Recovered::Committed = self.recover(since)? {
            return Ok(());
        }
        Err(error)
    }

    fn again(&mut self, group: &mut [Job]) -> Result<(), StoreError> {
        self.open()?;
        for job in group.iter_mut().filter(|job| !job.is_refused()) {
            self.run(job, true)?;
        }
        self.close()
    }

    /// One piece of work, to be undone without the rest. An error means that the whole group has to be run again.
    fn run(&mut self, job: &mut Job, confirm: bool) -> Result<(), StoreError> {
        let mark = self.house.mark();
        let changes = self.connection.changes();
        let mut reload = false;
        // In a file, a savepoint for each piece of work would copy every page that it changes.
        let marked = confirm || self.connection.is_shared();
        if confirm {
            self.connection.mark_at_once()?;
        } else if marked {
            self.connection.mark();
        }
        let ran = job.run(&mut Seat {
            connection: &self.connection,
            catalogue: &self.catalogue,
            house: &self.house,
            last_date: &mut self.last_date,
            reload: &mut reload,
        });
        let ran = match ran {
            Ran::Kept if confirm => self.connection.settle().map_or_else(Ran::Failed, |()| Ran::Kept),
            ran => ran,
        };
        let error = match ran {
            Ran::Kept => {
                self.connection.keep()?;
                if reload {
                    self.version = self.version.saturating_add(1);
                    self.catalogue = Arc::new(Catalogue::load(&self.connection)?);
                }
                job.answer();
                return Ok(());
            }
            Ran::Differs => StoreError::NotCommitted("the books have changed meanwhile".to_owned()),
            Ran::Failed(error) => error,
        };
        // Who sent the failed statement is not known before everybody runs for himself.
        let unclear = matches!(error, StoreError::Postgres(_)) && !confirm;
        let mixed = !marked && self.connection.changes() != changes;
        if unclear || mixed || error.may_pass() || self.connection.has_lost_its_transaction() {
            if confirm && !error.may_pass() {
                job.refuse(StoreError::NotCommitted(error.to_string()));
            }
            return Err(error);
        }
        self.house.undo(mark);
        self.connection.undo()?;
        job.refuse(error);
        Ok(())
    }

    /// Begins a transaction and waits for its turn among the processes that share the database.
    fn open(&mut self) -> Result<(), StoreError> {
        self.committing = false;
        self.connection.begin_write()?;
        let shared = self.connection.is_shared();
        let sql = if shared {
            "SELECT last_us, configuration FROM writing_turn WHERE one = 1 FOR UPDATE"
        } else {
            "SELECT last_us, configuration FROM writing_turn WHERE one = 1"
        };
        let (last, version): (i64, i64) =
            self.connection.query_row(sql, params![], |row| Ok((row.get(0)?, row.get(1)?)))?;
        self.last_date = last;
        if version != self.version {
            self.catalogue = Arc::new(Catalogue::load(&self.connection)?);
            self.version = version;
        }
        Ok(())
    }

    fn close(&mut self) -> Result<(), StoreError> {
        let connection = &self.connection;
        self.house.write(connection)?;
        self.group_no = self.group_no.saturating_add(1);
        if self.group_no % FOLD == 0 {
            house::fold(connection)?;
            // What processes of long ago committed last is asked no more.
            let sql = "DELETE FROM committed_group WHERE date_us < ?1";
            connection.execute(sql, params![now_us().saturating_sub(FORGOTTEN_US)])?;
        }
        connection.execute(
            "UPDATE writing_turn SET last_us = ?1, configuration = ?2 WHERE one = 1",
            params![self.last_date, self.version],
        )?;
        if connection.is_shared() {
            connection.execute(
                "INSERT INTO committed_group (writer, group_no, date_us) VALUES (?1, ?2, ?3)
                 ON CONFLICT (writer) DO UPDATE SET group_no = excluded.group_no, date_us = excluded.date_us",
                params![self.name, self.group_no, now_us()],
            )?;
            super::publish::announce(connection, self.version, self.last_date)?;
        }
        self.committing = true;
        connection.commit()?;
        self.committing = false;
        Ok(())
    }

    /// Undoes what is left of the group, on a new connection where the old one is gone.
    fn recover(&mut self, since: Instant) -> Result<Recovered, StoreError> {
        self.house.undo(0);
        (self.version, self.catalogue) = self.published.get_with_version();
        let unknown = std::mem::take(&mut self.committing) && self.connection.is_shared();
        if !self.connection.is_lost() && self.connection.rollback().is_ok() {
            self.connection.forget_statements();
            return if unknown { self.look_up() } else { Ok(Recovered::Undone) };
        }
        let outcome =
            self.reconnect(since).and_then(|()| if unknown { self.look_up() } else { Ok(Recovered::Undone) });
        outcome.map_err(|error| if unknown { StoreError::Unknown(error.to_string()) } else { error })
    }

    fn reconnect(&mut self, since: Instant) -> Result<(), StoreError> {
        let mut attempt = 0;
        loop {
            attempt += 1;
            match self.database.connect() {
                Ok(connection) => {
                    self.connection = connection;
                    return Ok(());
                }
                Err(error) if since.elapsed() > PATIENCE => return Err(error),
                Err(error) => tracing::warn!(%error, attempt, "the database is not there"),
            }
            std::thread::sleep(pause(attempt));
        }
    }

    /// Whether a commit arrived whose answer was lost. Waiting for the turn waits for the end of the old transaction.
    fn look_up(&mut self) -> Result<Recovered, StoreError> {
        self.open()?;
        let found: Option<i64> = self.connection.query_opt(
            "SELECT group_no FROM committed_group WHERE writer = ?1",
            params![self.name],
            |row| row.get(0),
        )?;
        self.connection.rollback()?;
        Ok(if found == Some(self.group_no) { Recovered::Committed } else { Recovered::Undone })
    }
}

fn waiting(group: &[Job]) -> usize {
    group.iter().filter(|job| !job.is_refused()).count()
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Recovered {
    Undone,
    /// The group is on disk after all.
    Committed,
}

/// Longer each time, up to half a second.
fn pause(attempt: u32) -> Duration {
    Duration::from_millis(5_u64.saturating_mul(1 << attempt.min(7)).min(500))
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
