//! The one thread that writes. Waiting changes share a transaction, so that they share its fsync.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, SyncSender, TryRecvError, channel, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use ledger::mutant::skipped;
use rusqlite::Connection as Db;

use crate::StoreError;
use crate::intake::{self, Fresh};

/// Changes that share one transaction, at the most.
const GROUP: usize = 128;
/// How long a group waits, at the most, for those that came with the last one: they have just been answered and are
/// likely to come again. It is short beside the fsync that they then share; whoever writes alone waits for nobody.
const LINGER: Duration = Duration::from_micros(100);

type Listener = Box<dyn Fn(u64) + Send + Sync>;

/// What writer and readers both see of the state of the store.
#[derive(Default)]
pub(crate) struct Health {
    /// The disk failed to make something durable: nothing is written any more.
    read_only: AtomicBool,
    /// Grows with every change.
    version: AtomicU64,
    listeners: Mutex<Vec<Listener>>,
}

impl Health {
    pub(crate) fn version(&self) -> u64 {
        self.version.load(Ordering::Acquire)
    }

    pub(crate) fn is_read_only(&self) -> bool {
        self.read_only.load(Ordering::Acquire)
    }

    pub(crate) fn listen(&self, listener: Listener) {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(listener);
    }

    fn announce(&self) {
        let version = self.version.fetch_add(1, Ordering::AcqRel) + 1;
        for listener in self.listeners.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            listener(version);
        }
    }
}

/// A change: it may be run again when the transaction it was part of did not hold.
trait Change: Send {
    /// Whether it has to find all that was decided in its tables.
    fn wants_tables(&self) -> bool;
    fn run(&mut self, db: &Db, fresh: &mut Fresh) -> Result<(), StoreError>;
    fn finish(self: Box<Self>, outcome: Result<(), StoreError>);
}

struct Typed<T, F> {
    wants_tables: bool,
    body: F,
    value: Option<T>,
    reply: SyncSender<Result<T, StoreError>>,
}

impl<T: Send, F: FnMut(&Db, &mut Fresh) -> Result<T, StoreError> + Send> Change for Typed<T, F> {
    fn wants_tables(&self) -> bool {
        self.wants_tables
    }

    fn run(&mut self, db: &Db, fresh: &mut Fresh) -> Result<(), StoreError> {
        self.value = None;
        self.value = Some((self.body)(db, fresh)?);
        Ok(())
    }

    fn finish(self: Box<Self>, outcome: Result<(), StoreError>) {
        let Self { value, reply, .. } = *self;
        let answer = outcome.and_then(|()| value.ok_or(StoreError::Closed));
        // Whoever asked may have gone; the change stands all the same.
        let _gone = reply.send(answer);
    }
}

/// The way to the thread. Dropping it closes the database once all that was asked for is done.
pub(crate) struct Writer {
    changes: Option<Sender<Box<dyn Change>>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(crate) fn start(db: Db, health: Arc<Health>) -> Result<Self, StoreError> {
        let (changes, waiting) = channel();
        let thread = std::thread::Builder::new()
            .name("outbox-writer".into())
            .spawn(move || serve(&db, &waiting, &health))
            .map_err(|_| StoreError::Io { what: "starting the writer" })?;
        Ok(Self { changes: Some(changes), thread: Some(thread) })
    }

    /// Runs `body` in a transaction, on a database in which all that was decided is in its tables, and returns once it
    /// is durable. `body` may run more than once; only the last run counts.
    pub(crate) fn write<T, F>(&self, mut body: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&Db) -> Result<T, StoreError> + Send + 'static,
    {
        self.run(true, move |db, _| body(db))
    }

    /// The same for the next operation, which is decided beside what is still in the [`intake`].
    pub(crate) fn decide<T, F>(&self, body: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&Db, &mut Fresh) -> Result<T, StoreError> + Send + 'static,
    {
        self.run(false, body)
    }

    fn run<T, F>(&self, wants_tables: bool, body: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&Db, &mut Fresh) -> Result<T, StoreError> + Send + 'static,
    {
        let (reply, answer) = sync_channel(1);
        let changes = self.changes.as_ref().ok_or(StoreError::Closed)?;
        let change = Typed { wants_tables, body, value: None, reply };
        changes.send(Box::new(change)).map_err(|_| StoreError::Closed)?;
        answer.recv().map_err(|_| StoreError::Closed)?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.changes.take());
        if let Some(thread) = self.thread.take() {
            // A listener may hold the last handle and drop it on the writer's own thread.
            if thread.thread().id() != std::thread::current().id() {
                let _stopped = thread.join();
            }
        }
    }
}

fn serve(db: &Db, waiting: &Receiver<Box<dyn Change>>, health: &Health) {
    let (mut fresh, mut expected) = (Fresh::default(), 0);
    loop {
        let soon = if expected == 1 { soon(waiting) } else { None };
        let Some(first) = soon.or_else(|| waiting.recv().ok()) else { return };
        let group = gather(first, waiting, expected);
        expected = group.len();
        commit(db, &mut fresh, group, health);
    }
}

/// What comes sooner than this thread would fall asleep and be woken: whoever writes alone has no other to wait with.
fn soon(waiting: &Receiver<Box<dyn Change>>) -> Option<Box<dyn Change>> {
    let begun = Instant::now();
    while begun.elapsed() < LINGER {
        if let Ok(change) = waiting.try_recv() {
            return Some(change);
        }
        std::thread::yield_now();
    }
    None
}

/// What waits, and for a moment what is expected.
fn gather(
    first: Box<dyn Change>,
    waiting: &Receiver<Box<dyn Change>>,
    expected: usize,
) -> Vec<Box<dyn Change>> {
    let (mut group, begun) = (vec![first], Instant::now());
    while group.len() < GROUP {
        let next = match waiting.try_recv() {
            Err(TryRecvError::Empty) if group.len() < expected => {
                waiting.recv_timeout(LINGER.saturating_sub(begun.elapsed())).ok()
            }
            next => next.ok(),
        };
        match next {
            Some(next) => group.push(next),
            None => break,
        }
    }
    group
}

fn commit(db: &Db, fresh: &mut Fresh, mut group: Vec<Box<dyn Change>>, health: &Health) {
    if health.is_read_only() {
        return refuse(group, &StoreError::ReadOnly);
    }
    match attempt(db, fresh, &mut group) {
        Ok((outcomes, changed)) => {
            // Whoever is answered can rely on the version having moved.
            if changed {
                health.announce();
            }
            for (change, outcome) in group.into_iter().zip(outcomes) {
                change.finish(outcome);
            }
        }
        Err(failure) if failure.is_final => {
            health.read_only.store(true, Ordering::Release);
            tracing::error!(
                code = failure.error.code(),
                "nothing more is written until the app is started again"
            );
            refuse(group, &failure.error);
        }
        Err(failure) if group.len() == 1 => refuse(group, &failure.error),
        // One change may have spoilt it for the others (a full disk takes a small one still).
        Err(_) => {
            for change in group {
                commit(db, fresh, vec![change], health);
            }
        }
    }
}

fn refuse(group: Vec<Box<dyn Change>>, error: &StoreError) {
    for change in group {
        change.finish(Err(error.clone()));
    }
}

/// The whole transaction failed.
struct Failure {
    error: StoreError,
    /// It is not known what reached the disk: no further write may build on it.
    is_final: bool,
}

impl Failure {
    fn before_commit(error: StoreError) -> Self {
        let is_final = matches!(error, StoreError::Corrupt | StoreError::ReadOnly);
        Self { error, is_final }
    }

    fn at_commit(error: StoreError) -> Self {
        // A full disk or a foreign key leaves the file as it was; anything else may have left half of it.
        let is_final = !matches!(error, StoreError::Full | StoreError::InUse | StoreError::Unexpected { .. });
        Self { error, is_final }
    }
}

/// What became of each change.
type Outcomes = Vec<Result<(), StoreError>>;

/// Runs all in one transaction. True: something is different now.
fn attempt(db: &Db, fresh: &mut Fresh, group: &mut [Box<dyn Change>]) -> Result<(Outcomes, bool), Failure> {
    match isolating(db, fresh, group, true) {
        // The change itself may need no room: what can not go over waits until there is some.
        Err(Failure { error: StoreError::Full, .. }) if group.iter().any(|change| change.wants_tables()) => {
            let all = what_fits_goes_over(db, fresh)?;
            let (mut outcomes, changed) = isolating(db, fresh, group, false)?;
            for outcome in outcomes.iter_mut().filter(|_| !all) {
                // What could not go over is not found in the tables.
                if matches!(outcome, Err(StoreError::UnknownOperation)) {
                    *outcome = Err(StoreError::Full);
                }
            }
            Ok((outcomes, changed))
        }
        outcome => outcome,
    }
}

fn isolating(
    db: &Db,
    fresh: &mut Fresh,
    group: &mut [Box<dyn Change>],
    go_over: bool,
) -> Result<(Outcomes, bool), Failure> {
    // Keeping changes apart costs a copy of every page that one of them touches; hardly ever does one fail.
    match together(db, fresh, group, Manner { go_over, apart: false })? {
        Ran::All(outcomes, changed) => Ok((outcomes, changed)),
        Ran::UpTo(error) if group.len() == 1 => Ok((vec![Err(error)], false)),
        Ran::UpTo(_) => match together(db, fresh, group, Manner { go_over, apart: true })? {
            Ran::All(outcomes, changed) => Ok((outcomes, changed)),
            Ran::UpTo(error) => Err(Failure::before_commit(error)),
        },
    }
}

/// Lets one after the other go over, as many as the disk takes. True: all have.
fn what_fits_goes_over(db: &Db, fresh: &mut Fresh) -> Result<bool, Failure> {
    fresh.forget();
    loop {
        run(db, "BEGIN IMMEDIATE").map_err(Failure::before_commit)?;
        let gone = intake::one_goes_over(db);
        if !matches!(gone, Ok(true)) {
            roll_back(db);
            return Ok(gone.is_ok());
        }
        if let Err(error) = run(db, "COMMIT") {
            roll_back(db);
            return if error == StoreError::Full { Ok(false) } else { Err(Failure::at_commit(error)) };
        }
    }
}

/// How a group is run.
#[derive(Clone, Copy)]
struct Manner {
    /// Who wants everything in its tables gets it.
    go_over: bool,
    /// A change that fails is undone alone.
    apart: bool,
}

enum Ran {
    /// All of it is durable.
    All(Outcomes, bool),
    /// One change has failed, and nothing was kept.
    UpTo(StoreError),
}

fn together(
    db: &Db,
    fresh: &mut Fresh,
    group: &mut [Box<dyn Change>],
    manner: Manner,
) -> Result<Ran, Failure> {
    run(db, "BEGIN IMMEDIATE").map_err(Failure::before_commit)?;
    let before = db.total_changes();
    let (outcomes, gone_over) = match run_all(db, fresh, group, manner) {
        Ok(Ok(ran)) => ran,
        Ok(Err(error)) => {
            fresh.forget();
            roll_back(db);
            return Ok(Ran::UpTo(error));
        }
        Err(failure) => {
            fresh.forget();
            roll_back(db);
            return Err(failure);
        }
    };
    let changed = db.total_changes() - before > gone_over;
    if let Err(error) = run(db, "COMMIT")
        && !skipped("success-after-commit")
    {
        fresh.forget();
        roll_back(db);
        return Err(Failure::at_commit(error));
    }
    Ok(Ran::All(outcomes, changed))
}

/// The outcomes, and how many rows were changed by nothing but going over. The inner error: a change has failed that
/// was not kept apart.
fn run_all(
    db: &Db,
    fresh: &mut Fresh,
    group: &mut [Box<dyn Change>],
    Manner { go_over, apart }: Manner,
) -> Result<Result<(Outcomes, u64), StoreError>, Failure> {
    let (mut outcomes, mut gone_over) = (Vec::with_capacity(group.len()), 0);
    if !go_over {
        // What can not go over stays where it is; but nobody else may get the row that a fan is going to have.
        intake::admit(db, i64::MAX).map_err(Failure::before_commit)?;
    }
    for change in group {
        if go_over && change.wants_tables() {
            let before = db.total_changes();
            intake::go_over(db, fresh).map_err(Failure::before_commit)?;
            gone_over += db.total_changes() - before;
        }
        if apart {
            run(db, "SAVEPOINT one").map_err(Failure::before_commit)?;
        }
        let outcome = change.run(db, fresh);
        if change.wants_tables() || outcome.is_err() {
            fresh.forget();
        }
        if let Err(error) = &outcome {
            // SQLite gives up the whole transaction by itself after some failures.
            if db.is_autocommit()
                || matches!(error, StoreError::Full | StoreError::Io { .. } | StoreError::Corrupt)
            {
                return Err(Failure::before_commit(error.clone()));
            }
            if !apart {
                return Ok(Err(error.clone()));
            }
            run(db, "ROLLBACK TO one").map_err(Failure::before_commit)?;
        }
        if apart {
            run(db, "RELEASE one").map_err(Failure::before_commit)?;
        }
        outcomes.push(outcome);
    }
    Ok(Ok((outcomes, gone_over)))
}

fn run(db: &Db, sql: &str) -> Result<(), StoreError> {
    db.prepare_cached(sql)?.execute([])?;
    Ok(())
}

fn roll_back(db: &Db) {
    if !db.is_autocommit()
        && let Err(error) = db.execute_batch("ROLLBACK")
    {
        tracing::error!(%error, "a transaction could not be rolled back");
    }
}
