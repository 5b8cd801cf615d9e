//! The handle that the rest of the app holds: cheap to clone, shared by threads, every call blocks.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError, RwLock};
use std::time::Duration;

use fanpass::{FanPass, FanRef, LiveProof, PassRefusal, Pseudonym};
use ledger::{FanPoints, Limit, OfflinePolicy, PolicyRule, StatusPoints, Timestamp};
use rusqlite::Connection as Db;
use uuid::Uuid;

use crate::clock::{self, ClockState, ClockWatch, Look};
use crate::decision::{self, Program, Subject};
use crate::intake::{self, Fresh};
use crate::writer::{Health, Writer};
use crate::{
    AuditBreak, AuditHead, Batch, Commit, Connection, Counts, DatabaseKey, Decline, Exposure, Filter, Handed,
    KnownFan, OperationRow, OperationState, Page, PlatformFan, ProgramConfig, Proposal, Proposed, Reach,
    Route, Settlement, StoreError, TakenOver, Totals, archive, audit, commit, facts, fans, handover, load,
    migrate, open, queries, queue, settings,
};

mod review;

/// Readers that are kept for the next who asks.
const READERS_KEPT: usize = 4;

/// What a reader sees.
#[derive(Clone, Copy, PartialEq, Eq)]
enum View {
    OfTheFile,
    /// With changes of its own, that must not be kept.
    OfItsOwn,
}

/// The device's database.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

// The order matters: the writer ends before the lock is let go, and both before the end is told.
struct Inner {
    writer: Writer,
    readers: Mutex<Vec<Db>>,
    program: RwLock<Option<Arc<Program>>>,
    health: Arc<Health>,
    clock: ClockWatch,
    path: PathBuf,
    key: DatabaseKey,
    _lock: open::Lock,
    end: End,
}

/// Told once everything above it in [`Inner`] is gone, the lock included.
#[derive(Default)]
struct End(Arc<(Mutex<bool>, Condvar)>);

impl Drop for End {
    fn drop(&mut self) {
        let (come, bell) = &*self.0;
        *come.lock().unwrap_or_else(PoisonError::into_inner) = true;
        bell.notify_all();
    }
}

/// The end of a store: it comes when the last handle is dropped.
pub struct Closing(Arc<(Mutex<bool>, Condvar)>);

impl Closing {
    /// Waits until the file may be opened by somebody else; false when handles are still held after `patience`.
    #[must_use]
    pub fn wait(self, patience: Duration) -> bool {
        let (come, bell) = &*self.0;
        let come = come.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = bell.wait_timeout_while(come, patience, |come| !*come);
        *waited.unwrap_or_else(PoisonError::into_inner).0
    }
}

/// What an operation would do, for the button that is about to be pressed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// In the fan's favour, each item. Empty where the rules refuse outright.
    pub items: Vec<FanPoints>,
    pub fan_points: FanPoints,
    pub status_points: StatusPoints,
    pub rule: Option<PolicyRule>,
    /// Why it would not be done now.
    pub decline: Option<Decline>,
}

impl Store {
    /// Opens the database, makes it where there is none, and takes up what a crash left.
    ///
    /// # Errors
    /// See [`StoreError`]. After `Damaged` the file is out of the way: opening again starts empty.
    pub fn open(path: &Path, key: &DatabaseKey) -> Result<Self, StoreError> {
        let open::Opened { lock, writer, health } = open::open(path, key)?;
        let store = Self {
            inner: Arc::new(Inner {
                writer,
                readers: Mutex::new(Vec::new()),
                program: RwLock::new(None),
                health,
                clock: ClockWatch::default(),
                path: path.to_path_buf(),
                key: key.clone(),
                _lock: lock,
                end: End::default(),
            }),
        };
        store.take_up_program()?;
        Ok(store)
    }

    pub fn path(&self) -> &Path {
        &self.inner.path
    }

    /// The schema's version.
    ///
    /// # Errors
    /// Where the database can not be read; so for all that follow.
    pub fn schema_version(&self) -> Result<u32, StoreError> {
        self.read(migrate::version)
    }

    /// Tells when the last handle is gone.
    pub fn closing(&self) -> Closing {
        Closing(Arc::clone(&self.inner.end.0))
    }

    /// Grows with every change of anything.
    pub fn version(&self) -> u64 {
        self.inner.health.version()
    }

    /// True once the disk has failed: see [`StoreError::ReadOnly`].
    pub fn is_read_only(&self) -> bool {
        self.inner.health.is_read_only()
    }

    /// Lets the file grow to so many pages and no further, so that it leaves room for others.
    pub fn limit_pages(&self, pages: u32) -> Result<(), StoreError> {
        self.write(move |db| {
            let _now: i64 =
                db.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| row.get(0))?;
            Ok(())
        })
    }

    /// Calls `listener` with the new version after every change, on the writing thread: it must be
    /// quick and must not ask the store for anything.
    pub fn on_change(&self, listener: impl Fn(u64) + Send + Sync + 'static) {
        self.inner.health.listen(Box::new(listener));
    }

    pub(crate) fn write<T, F>(&self, body: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnMut(&Db) -> Result<T, StoreError> + Send + 'static,
    {
        self.inner.writer.write(body)
    }

    /// Runs `body` on one view of the database.
    pub(crate) fn read<T>(&self, body: impl FnOnce(&Db) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let pool = || self.inner.readers.lock().unwrap_or_else(PoisonError::into_inner);
        let kept = pool().pop();
        let db = kept.map_or_else(|| open::reader(&self.inner.path, &self.inner.key), Ok)?;
        let view = self.view(&db)?;
        // A reader that has failed is not used again: SQLite may have ended the transaction by itself, and what
        // ending it once more would say must not hide what happened.
        let answer = body(&db)?;
        if view == View::OfItsOwn {
            return Ok(answer);
        }
        db.execute_batch("COMMIT")?;
        let mut pool = pool();
        if pool.len() < READERS_KEPT {
            pool.push(db);
        }
        Ok(answer)
    }

    /// Begins a view in which all is in its tables that was decided before it was asked for.
    fn view(&self, db: &Db) -> Result<View, StoreError> {
        db.execute_batch("BEGIN")?;
        if intake::is_empty(db)? {
            return Ok(View::OfTheFile);
        }
        db.execute_batch("COMMIT")?;
        if matches!(self.write(intake::is_empty), Ok(true)) {
            db.execute_batch("BEGIN")?;
            return Ok(View::OfTheFile);
        }
        // A disk that takes nothing must not keep anybody from reading: what can not go over in the file does so in
        // the memory of this reader.
        db.execute_batch("PRAGMA query_only = OFF; PRAGMA cache_spill = OFF; BEGIN IMMEDIATE")?;
        intake::show(db)?;
        Ok(View::OfItsOwn)
    }

    pub(crate) fn program(&self) -> Option<Arc<Program>> {
        self.inner.program.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Decisions follow from now on what the database says of program and limits.
    fn take_up_program(&self) -> Result<(), StoreError> {
        // Held while it is read: of two changes at once, the later one must not be overwritten by the earlier.
        let mut program = self.inner.program.write().unwrap_or_else(PoisonError::into_inner);
        *program = self.read(|db| {
            let limits = settings::limits(db)?;
            Ok(settings::config(db)?.map(|config| Arc::new(Program::new(config, &limits))))
        })?;
        Ok(())
    }
}

/// Settings, connection and program.
impl Store {
    pub fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.read(|db| settings::get(db, name))
    }

    /// Keeps a value that is no secret. Names that start with a dot are the store's own.
    pub fn set_setting(&self, name: &str, value: &str) -> Result<(), StoreError> {
        let (name, value) = (name.to_owned(), value.to_owned());
        self.write(move |db| settings::set(db, &name, &value))
    }

    pub fn remove_setting(&self, name: &str) -> Result<(), StoreError> {
        let name = name.to_owned();
        self.write(move |db| settings::remove(db, &name))
    }

    pub fn connection(&self) -> Result<Option<Connection>, StoreError> {
        self.read(settings::connection)
    }

    /// Keeps where the platform is. False, and nothing happens, where it leads to another endpoint,
    /// partner or environment while something still has to be sent.
    pub fn set_connection(&self, connection: &Connection) -> Result<bool, StoreError> {
        let connection = connection.clone();
        let taken = self.write(move |db| settings::set_connection(db, &connection))?;
        self.take_up_program()?;
        Ok(taken)
    }

    /// Signs the device out. False, and nothing happens, while something still has to be sent.
    pub fn forget_connection(&self) -> Result<bool, StoreError> {
        let forgotten = self.write(settings::forget_connection)?;
        self.take_up_program()?;
        Ok(forgotten)
    }

    /// What the program has set, as last fetched.
    pub fn config(&self) -> Option<ProgramConfig> {
        self.program().map(|program| program.config.clone())
    }

    pub fn set_config(&self, config: &ProgramConfig) -> Result<(), StoreError> {
        let kept = config.clone();
        self.write(move |db| settings::set_config(db, &kept))?;
        self.take_up_program()?;
        Ok(())
    }

    /// What the offline policy comes to here: the platform's, with the stricter limits of this device.
    pub fn policy(&self) -> Option<OfflinePolicy> {
        self.program().map(|program| program.policy.clone())
    }

    /// The limits that are stricter on this device than the platform wants them.
    pub fn limits(&self) -> Result<BTreeMap<Limit, i64>, StoreError> {
        self.read(settings::limits)
    }

    /// Sets them; a laxer one changes nothing. In force with the next decision.
    pub fn set_limits(
        &self,
        limits: BTreeMap<Limit, i64>,
        staff: Option<&str>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let staff = staff.map(str::to_owned);
        self.write(move |db| settings::set_limits(db, &limits, staff.as_deref(), now))?;
        self.take_up_program()?;
        Ok(())
    }

    /// The platform has answered this device: its clock and its data count from now.
    pub fn note_sync(&self, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |db| settings::note_sync(db, now))
    }

    pub fn last_sync(&self) -> Result<Option<Timestamp>, StoreError> {
        self.read(facts::last_sync)
    }

    /// Compares the wall clock from now on with one that nobody can set, such as the time since a start.
    pub fn watch_clock(&self, monotonic: impl Fn() -> Duration + Send + Sync + 'static) {
        self.inner.clock.start(Box::new(monotonic));
    }

    /// The wall clock beside what the device has seen.
    pub fn clock(&self, now: Timestamp) -> Result<ClockState, StoreError> {
        self.read(|db| clock::state(db, now))
    }

    /// The device's time: `now`, but never before anything the device has already seen.
    pub fn steady_time(&self, now: Timestamp) -> Result<Timestamp, StoreError> {
        self.read(|db| facts::steady(db, now))
    }
}

/// Fans.
impl Store {
    /// Keeps what a verified pass says, if it is newer than what is known.
    pub fn note_pass(&self, pass: &FanPass) -> Result<(), StoreError> {
        let pass = *pass;
        self.write(move |db| fans::note_pass(db, &pass))
    }

    /// Keeps what the platform says, and that id and pseudonym are one fan.
    pub fn note_platform_fan(&self, fan: &PlatformFan) -> Result<(), StoreError> {
        let fan = *fan;
        self.write(move |db| fans::note_platform_fan(db, &fan))
    }

    /// Where the platform's change feed goes on.
    pub fn feed_cursor(&self) -> Result<Option<String>, StoreError> {
        self.read(|db| settings::get(db, settings::FEED))
    }

    /// Keeps the figures of fans that this device has met, and where the feed goes on, in one step.
    pub fn note_changes(&self, cursor: &str, told: Vec<PlatformFan>) -> Result<(), StoreError> {
        let cursor = cursor.to_owned();
        self.write(move |db| {
            for fan in &told {
                let is_known = fans::find(db, FanRef::Id(fan.user_id))?.is_some()
                    || fan.pseudonym.map_or(Ok(None), |p| fans::find(db, FanRef::Pseudonym(p)))?.is_some();
                if is_known {
                    fans::note_platform_fan(db, fan)?;
                }
            }
            settings::set(db, settings::FEED, &cursor)
        })
    }

    /// The proof that was last accepted of this pseudonym within a day.
    pub fn last_proof(&self, pseudonym: Pseudonym, now: Timestamp) -> Result<Option<LiveProof>, StoreError> {
        self.read(|db| fans::last_proof(db, pseudonym, now))
    }

    /// Judges a verified proof against the last one and remembers it, in one durable step.
    pub fn accept_proof(
        &self,
        pseudonym: Pseudonym,
        shown: LiveProof,
        now: Timestamp,
    ) -> Result<Result<(), PassRefusal>, StoreError> {
        self.write(move |db| fans::accept_proof(db, pseudonym, shown, now))
    }

    /// All that the device knows of a fan; of one it has never met, only the name.
    pub fn fan(&self, fan: FanRef) -> Result<KnownFan, StoreError> {
        self.read(|db| Ok(fans::recognise(db, fan)?.map_or(fans::unknown(fan), |(_, known)| known)))
    }
}

/// Operations.
impl Store {
    /// Decides and keeps an operation. When this returns `Committed` it is durable.
    pub fn commit(&self, proposal: Proposal) -> Result<Commit, StoreError> {
        let program = self.program();
        let look = self.inner.clock.look(proposal.now);
        let committed = self.inner.writer.decide(move |db, fresh| {
            if !matches!(look, Look::Unwatched | Look::Steady) {
                intake::go_over(db, fresh)?;
                clock::note(db, look, proposal.now)?;
            }
            commit::commit(db, fresh, &proposal, program.as_deref())
        });
        if committed.is_err() {
            self.inner.clock.forget();
        }
        committed
    }

    /// What committing would do now. Writes nothing.
    pub fn preview(&self, proposal: &Proposal) -> Result<Preview, StoreError> {
        let nothing = |decline| Preview {
            items: Vec::new(),
            fan_points: FanPoints(0),
            status_points: StatusPoints(0),
            rule: None,
            decline: Some(decline),
        };
        let Some(program) = self.program() else { return Ok(nothing(Decline::NotConfigured)) };
        self.read(|db| {
            let fresh = &mut Fresh::default();
            let subject = Subject::of(db, fresh, proposal)?;
            Ok(match decision::make(db, fresh, proposal, &program, &subject)? {
                Err(decline) => nothing(decline),
                Ok(decided) => Preview {
                    items: decided.posted.entry.item_points.clone(),
                    fan_points: decided.fan_points,
                    status_points: decided.status_points,
                    rule: decided.rule,
                    decline: decided.decline,
                },
            })
        })
    }

    /// Takes an operation back that nobody waits for any more. One that never left this device is
    /// refused with the code `withdrawn`; of any other it is not known whether the platform has it, so
    /// an undo with the id `undo` is queued behind it. A settled one is declined unless it can be undone.
    pub fn withdraw(
        &self,
        id: Uuid,
        undo: Uuid,
        now: Timestamp,
        staff: Option<String>,
    ) -> Result<Commit, StoreError> {
        let program = self.program();
        self.write(move |db| {
            let Some(seq) = load::seq_of(db, id)? else { return Err(StoreError::UnknownOperation) };
            let row = load::load(db, seq)?;
            if row.state == OperationState::Queued && row.tries == 0 {
                queue::withdraw(db, seq, id, now)?;
                return Ok(Commit::Committed(Box::new(load::load(db, seq)?)));
            }
            let proposal = Proposal {
                id: undo,
                fan: row.fan,
                trust: row.trust,
                kind: Proposed::Undo { of: id },
                route: Route::Local,
                now,
                staff: staff.clone(),
                raised_by: None,
            };
            commit::commit(db, &mut Fresh::default(), &proposal, program.as_deref())
        })
    }

    /// Lets a held operation go out again: a person has looked at it.
    pub fn release(&self, id: Uuid, now: Timestamp) -> Result<OperationRow, StoreError> {
        self.write(move |db| queue::release(db, id, now))
    }

    /// Takes what goes out next, marked as sending: no more than `reach` and the program's batch limit.
    pub fn next_batch(&self, reach: &Reach, now: Timestamp) -> Result<Batch, StoreError> {
        Ok(self.exchange(Vec::new(), reach, 1, now)?.pop().unwrap_or_default())
    }

    /// [`Store::settle`] and [`Store::next_batch`] in one durable step. Up to `batches` of them, as long as they are
    /// full: no two have a lane in common, so that they may go out side by side.
    pub fn exchange(
        &self,
        settlements: Vec<(Uuid, Settlement)>,
        reach: &Reach,
        batches: usize,
        now: Timestamp,
    ) -> Result<Vec<Batch>, StoreError> {
        let mut reach = reach.clone();
        if let Some(program) = self.program() {
            let limit = usize::try_from(program.config.batch_limit).unwrap_or(usize::MAX);
            reach.calls = reach.calls.min(limit.max(1));
        }
        self.write(move |db| {
            queue::settle(db, &settlements, now)?;
            let mut taken: Vec<Batch> = Vec::new();
            while taken.len() < batches && taken.last().is_none_or(|last| last.is_full) {
                taken.push(queue::next_batch(db, &reach, now)?);
            }
            Ok(taken)
        })
    }

    /// Puts back into the queue what was out when whoever sent it ended.
    pub fn return_interrupted(&self) -> Result<(), StoreError> {
        self.write(queue::return_all)
    }

    /// Writes what became of operations that were sent, all or none. An answer that comes too late changes nothing.
    pub fn settle(&self, settlements: Vec<(Uuid, Settlement)>, now: Timestamp) -> Result<(), StoreError> {
        self.write(move |db| queue::settle(db, &settlements, now))
    }
}

/// What leaves the daily tables: to another device, or into the archive.
impl Store {
    /// All that is open, for another device. It stays here until [`Store::confirm_handover`].
    pub fn outgoing(&self) -> Result<Vec<Handed>, StoreError> {
        self.read(handover::outgoing)
    }

    /// Remembers that `operations` were handed out under the name `id`, with the digest of what went out.
    pub fn note_handover(
        &self,
        id: Uuid,
        digest: [u8; 32],
        operations: Vec<Uuid>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.write(move |db| handover::note_out(db, id, &digest, &operations, now))
    }

    /// The digest of what was handed out under this name.
    pub fn handover_digest(&self, id: Uuid) -> Result<Option<[u8; 32]>, StoreError> {
        self.read(|db| handover::given(db, id))
    }

    /// Another device has them: what of the handover is still open here is moved now; how many.
    pub fn confirm_handover(&self, id: Uuid, now: Timestamp) -> Result<u32, StoreError> {
        self.write(move |db| handover::confirm(db, id, now))
    }

    /// Takes over what another device of the same partner has handed out, all or nothing, once.
    pub fn take_over(
        &self,
        id: Uuid,
        digest: [u8; 32],
        handed: Vec<Handed>,
        now: Timestamp,
    ) -> Result<TakenOver, StoreError> {
        self.write(move |db| handover::take_over(db, id, &digest, &handed, now))
    }

    /// After so many days an accepted operation goes into the archive; None: never.
    pub fn retention(&self) -> Result<Option<u32>, StoreError> {
        self.read(archive::retention)
    }

    pub fn set_retention(&self, days: Option<u32>) -> Result<(), StoreError> {
        self.write(move |db| archive::set_retention(db, days))
    }

    /// Archives some of what is old enough; how many. To be called until it says zero.
    pub fn archive_old(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.write(move |db| archive::archive_old(db, now))
    }
}

/// Queries.
impl Store {
    pub fn operation(&self, id: Uuid) -> Result<Option<OperationRow>, StoreError> {
        self.read(|db| queries::operation(db, id))
    }

    /// The newest first; the next page goes on after the last row's `seq`.
    pub fn operations(&self, filter: &Filter, page: Page) -> Result<Vec<OperationRow>, StoreError> {
        self.read(|db| queries::operations(db, filter, page))
    }

    /// What can stand in the platform's books of a period: booked in it, or decided in it and not booked; in the
    /// order of the device's history.
    pub fn to_reconcile(&self, from: Timestamp, to: Timestamp) -> Result<Vec<OperationRow>, StoreError> {
        self.read(|db| queries::to_reconcile(db, from, to))
    }

    pub fn counts(&self) -> Result<Counts, StoreError> {
        self.read(queries::counts)
    }

    /// The sums of `from` (included) to `to` (not).
    pub fn totals(&self, from: Timestamp, to: Timestamp) -> Result<Totals, StoreError> {
        self.read(|db| queries::totals(db, from, to))
    }

    pub fn exposure(&self) -> Result<Exposure, StoreError> {
        let program = self.program();
        self.read(|db| queries::exposure(db, program.as_deref()))
    }

    /// The end of the audit chain, to be kept elsewhere.
    pub fn audit_head(&self) -> Result<AuditHead, StoreError> {
        self.read(audit::head)
    }

    /// Writes into the audit chain what happened to the device itself: no secret, nobody's name.
    pub fn note(&self, what: &str, now: Timestamp) -> Result<(), StoreError> {
        let what = what.to_owned();
        self.write(move |db| {
            audit::append(db, &audit::Entry::Noted { what: what.clone(), at: now }).map(|_| ())
        })
    }

    /// Goes over the whole audit chain and compares it with the journal. `kept`: a head that was kept
    /// elsewhere, which the chain must pass through. Takes a while on a large journal.
    pub fn verify_audit(&self, kept: Option<AuditHead>) -> Result<Result<AuditHead, AuditBreak>, StoreError> {
        self.read(|db| audit::verify(db, kept))
    }
}
