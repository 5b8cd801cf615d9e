//! What is to be sent, in which order, and what became of it.
//!
//! A lane is a fan. Within a lane the order of the device's own history holds:
//! - While something of a lane is out or held, nothing else of it goes out.
//! - A batch takes one redemption or undo of a lane, and then nothing behind it; or a run of gives and
//!   awards. Those commute: should one of a run come back to be sent again while the next was accepted,
//!   the books end the same. A redemption or an undo depends on all that stands before it.

use std::collections::HashSet;

use ledger::mutant::skipped;
use ledger::{FanPoints, StatusPoints, Timestamp};
use rusqlite::{Connection as Db, OptionalExtension, params};
use uuid::Uuid;

use crate::audit::{self, Entry};
use crate::machine::{self, Event};
use crate::{
    IllegalTransition, OperationKind, OperationRow, OperationState, StoreError, books, fans, journal, load,
};

/// A next try further ahead than this can only be the work of a clock that was set back.
const FURTHEST_TRY_MS: i64 = 2 * 60 * 60 * 1000;

/// How much may go out at once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reach {
    /// Calls (an undo takes one per item), at the most; the first operation goes out whatever it takes.
    pub calls: usize,
    /// Estimated bytes of the request, at the most.
    pub bytes: usize,
    /// The lanes of these operations come first: somebody stands there.
    pub urgent: Vec<Uuid>,
    /// Nobody waits for their next try: a person asked to send now.
    pub ignore_next_try: bool,
}

impl Default for Reach {
    fn default() -> Self {
        Self { calls: 50, bytes: 128 * 1024, urgent: Vec::new(), ignore_next_try: false }
    }
}

/// What goes out now, marked as sending, in the order in which it has to stand in the request.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    pub operations: Vec<OperationRow>,
    /// It reached its limit: more may be due.
    pub is_full: bool,
    /// Nothing is due now, but this is when something will be.
    pub next_due: Option<Timestamp>,
}

/// What the platform has booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Booked {
    pub server_time: Timestamp,
    /// Per item, in the fan's favour. Empty: as the device computed.
    pub items: Vec<FanPoints>,
    pub status_points: Option<StatusPoints>,
    /// The platform's own name for it.
    pub reference: Option<String>,
}

/// What became of an operation that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Settlement {
    Accepted(Booked),
    /// For good, with the code that says why.
    Refused {
        code: String,
    },
    /// A person has to look.
    Held {
        code: String,
    },
    /// No usable answer; it goes out again, not before `not_before`.
    Retry {
        error: String,
        not_before: Option<Timestamp>,
    },
    /// It was not sent after all: it goes back as it was.
    Unsent,
}

impl Settlement {
    fn event(&self) -> Event {
        match self {
            Self::Accepted(_) => Event::Accept,
            Self::Refused { .. } => Event::Refuse,
            Self::Held { .. } => Event::Hold,
            Self::Retry { .. } | Self::Unsent => Event::Return,
        }
    }
}

/// A row of the queue, as much of it as choosing takes.
struct Waiting {
    seq: i64,
    fan: fans::FanRow,
    kind: OperationKind,
    next_try: Option<i64>,
    calls: u32,
    bytes: u32,
}

/// Chooses what goes out while it walks along the queue.
struct Chooser<'a> {
    reach: &'a Reach,
    now: Timestamp,
    /// Lanes of which nothing (more) goes out now.
    closed: HashSet<fans::FanRow>,
    /// Lanes with a run of gives and awards in this batch.
    running: HashSet<fans::FanRow>,
    hurried: HashSet<fans::FanRow>,
    chosen: Vec<i64>,
    calls: usize,
    bytes: usize,
    next_due: Option<i64>,
}

impl Chooser<'_> {
    /// False: the batch is full.
    fn consider(&mut self, waiting: &Waiting) -> bool {
        if self.closed.contains(&waiting.fan) && !skipped("lane-closed") {
            return true;
        }
        let grant = matches!(waiting.kind, OperationKind::Give | OperationKind::Award);
        if let Some(due) = self.not_due(waiting) {
            self.closed.insert(waiting.fan);
            self.next_due = Some(self.next_due.map_or(due, |known| known.min(due)));
            return true;
        }
        if !grant && self.running.contains(&waiting.fan) && !skipped("lane-in-order") {
            self.closed.insert(waiting.fan);
            return true;
        }
        let size = |n: u32| usize::try_from(n).unwrap_or(usize::MAX);
        let calls = self.calls.saturating_add(size(waiting.calls));
        let bytes = self.bytes.saturating_add(size(waiting.bytes));
        if !self.chosen.is_empty() && (calls > self.reach.calls || bytes > self.reach.bytes) {
            return false;
        }
        (self.calls, self.bytes) = (calls, bytes);
        self.chosen.push(waiting.seq);
        if grant {
            self.running.insert(waiting.fan);
        } else {
            self.closed.insert(waiting.fan);
        }
        true
    }

    fn not_due(&self, waiting: &Waiting) -> Option<i64> {
        let due = waiting.next_try?;
        let later = due > self.now.0 && due - self.now.0 <= FURTHEST_TRY_MS;
        (later && !self.reach.ignore_next_try && !skipped("next-try-awaited")).then_some(due)
    }
}

/// Takes the next operations out of the queue and marks them as sending.
///
/// `OR FAIL`, here and where they are accepted: who fails is undone whole by the writer, so that SQLite need not keep a
/// copy of every page for each statement alone.
pub(crate) fn next_batch(db: &Db, reach: &Reach, now: Timestamp) -> Result<Batch, StoreError> {
    let mut chooser = Chooser {
        reach,
        now,
        closed: blocked_lanes(db)?,
        running: HashSet::new(),
        hurried: urgent_lanes(db, &reach.urgent)?,
        chosen: Vec::new(),
        calls: 0,
        bytes: 0,
        next_due: None,
    };
    let hurried: Vec<_> = chooser.hurried.iter().copied().collect();
    let mut has_room = true;
    for lane in hurried {
        has_room = has_room && walk(db, &mut chooser, Some(lane))?;
        // Its place is taken; the walk along the whole queue must not take it again.
        chooser.closed.insert(lane);
    }
    has_room = has_room && walk(db, &mut chooser, None)?;
    let Chooser { mut chosen, next_due, .. } = chooser;
    chosen.sort_unstable();
    let mut operations = Vec::with_capacity(chosen.len());
    // The walk has seen nothing but what is queued.
    let to = machine::step(OperationState::Queued, Event::Send)?;
    for seq in chosen {
        db.prepare_cached(
            "UPDATE OR FAIL operation SET state = ?2, tries = tries + 1, next_try = NULL WHERE seq = ?1",
        )?
        .execute([seq, to.to_number()])?;
        operations.push(load::load(db, seq)?);
    }
    Ok(Batch { operations, is_full: !has_room, next_due: next_due.map(Timestamp) })
}

fn walk(db: &Db, chooser: &mut Chooser<'_>, lane: Option<fans::FanRow>) -> Result<bool, StoreError> {
    let sql = match lane {
        None => {
            "SELECT seq, fan, kind, next_try, calls, bytes FROM operation INDEXED BY operation_queue
             WHERE listed = 1 AND state = 0 AND ?1 IS NULL ORDER BY seq"
        }
        Some(_) => {
            "SELECT seq, fan, kind, next_try, calls, bytes FROM operation INDEXED BY operation_fan
             WHERE fan = ?1 AND state = 0 ORDER BY seq"
        }
    };
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query([lane])?;
    while let Some(row) = rows.next()? {
        let waiting = Waiting {
            seq: row.get(0)?,
            fan: row.get(1)?,
            kind: load::kind(row.get(2)?)?,
            next_try: row.get(3)?,
            calls: row.get(4)?,
            bytes: row.get(5)?,
        };
        if !chooser.consider(&waiting) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Lanes with something out or held.
fn blocked_lanes(db: &Db) -> Result<HashSet<fans::FanRow>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT fan FROM operation INDEXED BY operation_state WHERE listed = 1 AND state = 1
         UNION SELECT fan FROM operation INDEXED BY operation_state WHERE listed = 1 AND state = 4",
    )?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

fn urgent_lanes(db: &Db, urgent: &[Uuid]) -> Result<HashSet<fans::FanRow>, StoreError> {
    let mut statement = db.prepare_cached("SELECT fan FROM operation WHERE id = ?1 AND state = 0")?;
    let mut lanes = HashSet::new();
    for id in urgent {
        lanes.extend(statement.query_row([id.as_bytes().as_slice()], |row| row.get::<_, i64>(0)).optional()?);
    }
    Ok(lanes)
}

/// Where an event leads an operation as it stands: nothing writes a state without having asked the machine. The caller
/// writes it, in one statement with what belongs to it.
fn step(db: &Db, seq: i64, event: Event) -> Result<OperationState, StoreError> {
    let number: i64 = db
        .prepare_cached("SELECT state FROM operation WHERE seq = ?1")?
        .query_row([seq], |row| row.get(0))?;
    let from = OperationState::from_number(number).ok_or(StoreError::Unreadable { what: "state" })?;
    Ok(machine::step(from, event)?)
}

/// Writes what became of operations that were sent, all or none. An answer that comes too late to
/// change anything is passed over.
pub(crate) fn settle(db: &Db, settlements: &[(Uuid, Settlement)], now: Timestamp) -> Result<(), StoreError> {
    let mut audit = audit::End::default();
    for (id, settlement) in settlements {
        match settle_one(db, &mut audit, *id, settlement, now) {
            Ok(()) => {}
            Err(StoreError::Illegal(IllegalTransition { from, event })) => {
                tracing::warn!(operation = %id, ?from, ?event, "an answer came too late and changes nothing");
            }
            Err(other) => return Err(other),
        }
    }
    Ok(())
}

fn settle_one(
    db: &Db,
    audit: &mut audit::End,
    id: Uuid,
    settlement: &Settlement,
    now: Timestamp,
) -> Result<(), StoreError> {
    let found = db
        .prepare_cached("SELECT seq, state FROM operation WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let (seq, from) = found.ok_or(StoreError::UnknownOperation)?;
    let to = machine::step(load::state(from)?, settlement.event())?;
    match settlement {
        Settlement::Accepted(booked) => accept(db, audit, (seq, id), booked, now),
        Settlement::Refused { code } | Settlement::Held { code } => {
            refuse_or_hold(db, audit, (seq, id), to, code, now)
        }
        Settlement::Retry { error, not_before } => {
            db.prepare_cached(
                "UPDATE operation SET state = ?4, last_error = ?2, next_try = ?3 WHERE seq = ?1",
            )?
            .execute(params![seq, error, not_before.map(|t| t.0), to.to_number()])?;
            Ok(())
        }
        Settlement::Unsent => {
            db.prepare_cached("UPDATE operation SET state = ?2, tries = tries - 1 WHERE seq = ?1")?
                .execute([seq, to.to_number()])?;
            Ok(())
        }
    }
}

fn accept(
    db: &Db,
    audit: &mut audit::End,
    (seq, id): (i64, Uuid),
    booked: &Booked,
    now: Timestamp,
) -> Result<(), StoreError> {
    let sum = booked.items.iter().fold(0_i64, |sum, points| sum.saturating_add(points.0));
    let fan_points = (!booked.items.is_empty()).then_some(sum);
    let status_points = booked.status_points.map(|points| points.0);
    let n = audit.append(
        db,
        &Entry::Settled {
            id,
            state: OperationState::Accepted,
            code: None,
            booked: (fan_points, status_points),
            at: booked.server_time,
        },
    )?;
    db.prepare_cached(
        "UPDATE OR FAIL operation SET state = 2, settled_at = ?2, server_time = ?3, reference = ?4, booked_fan_points = ?5,
           booked_status_points = ?6, last_error = NULL, next_try = NULL, audit = ?7 WHERE seq = ?1",
    )?
    .execute(params![
        seq,
        now.0,
        booked.server_time.0,
        booked.reference,
        fan_points,
        status_points,
        n,
    ])?;
    journal::book(db, id, booked.server_time, (fan_points, status_points))?;
    for (index, points) in (1_i64..).zip(&booked.items) {
        db.prepare_cached("UPDATE item SET booked = ?3 WHERE operation = ?1 AND n = ?2")?
            .execute([seq, index, points.0])?;
    }
    Ok(())
}

fn refuse_or_hold(
    db: &Db,
    audit: &mut audit::End,
    (seq, id): (i64, Uuid),
    to: OperationState,
    code: &str,
    now: Timestamp,
) -> Result<(), StoreError> {
    let n = audit.append(
        db,
        &Entry::Settled { id, state: to, code: Some(code.into()), booked: (None, None), at: now },
    )?;
    let settled = to.is_terminal().then_some(now.0);
    db.prepare_cached(
        "UPDATE operation SET state = ?2, refusal = ?3, settled_at = ?4, next_try = NULL, audit = ?5 WHERE seq = ?1",
    )?
    .execute(params![seq, to.to_number(), code, settled, n])?;
    if to == OperationState::Refused && !skipped("refusal-voids") {
        if let Some(operation) = journal::void(db, id)? {
            books::burn(db, &operation, code)?;
        }
        // A refused undo has undone nothing: the original can be undone again.
        db.prepare_cached(
            "UPDATE operation SET reversed_by = NULL
             WHERE seq = (SELECT undo_of FROM operation WHERE seq = ?1) AND reversed_by = ?1",
        )?
        .execute([seq])?;
    }
    Ok(())
}

/// Refuses an operation that never left this device.
pub(crate) fn withdraw(db: &Db, seq: i64, id: Uuid, now: Timestamp) -> Result<(), StoreError> {
    let to = step(db, seq, Event::Withdraw)?;
    refuse_or_hold(db, &mut audit::End::default(), (seq, id), to, "withdrawn", now)
}

/// Ends a held operation, for the reason that it was held for: its points are free again and its lane goes on.
pub(crate) fn give_up(db: &Db, seq: i64, row: &OperationRow, now: Timestamp) -> Result<(), StoreError> {
    let to = step(db, seq, Event::GiveUp)?;
    let code = row.refusal.as_deref().unwrap_or("held");
    refuse_or_hold(db, &mut audit::End::default(), (seq, row.id), to, code, now)
}

/// Another device has taken the operation over, with the handover of this name. True: it is that device's now;
/// false: it was settled here meanwhile.
pub(crate) fn hand_over(
    db: &Db,
    seq: i64,
    id: Uuid,
    handover: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let to = match step(db, seq, Event::Move) {
        Ok(to) => to,
        Err(StoreError::Illegal(_)) => return Ok(false),
        Err(other) => return Err(other),
    };
    refuse_or_hold(db, &mut audit::End::default(), (seq, id), to, handover, now)?;
    // It counts until the platform tells of figures that are newer.
    journal::book(db, id, now, (None, None))?;
    Ok(true)
}

/// An operation that was moved comes back: it is this device's to deliver again.
pub(crate) fn take_back(db: &Db, seq: i64, id: Uuid, now: Timestamp) -> Result<(), StoreError> {
    let to = step(db, seq, Event::TakeBack)?;
    let n = audit::append(db, &Entry::Settled { id, state: to, code: None, booked: (None, None), at: now })?;
    db.prepare_cached(
        "UPDATE operation SET state = ?3, refusal = NULL, settled_at = NULL, audit = ?2 WHERE seq = ?1",
    )?
    .execute([seq, n, to.to_number()])?;
    journal::unbook(db, id)
}

/// Lets a held operation go out again.
pub(crate) fn release(db: &Db, id: Uuid, now: Timestamp) -> Result<OperationRow, StoreError> {
    let seq = load::seq_of(db, id)?.ok_or(StoreError::UnknownOperation)?;
    let to = step(db, seq, Event::Release)?;
    let n = audit::append(db, &Entry::Settled { id, state: to, code: None, booked: (None, None), at: now })?;
    db.prepare_cached(
        "UPDATE operation SET state = ?3, refusal = NULL, next_try = NULL, handled_at = NULL, audit = ?2 WHERE seq = ?1",
    )?
    .execute([seq, n, to.to_number()])?;
    load::load(db, seq)
}

/// What was out when the app ended goes back into the queue: whether it arrived is found out by
/// sending it again under the same id.
pub(crate) fn return_all(db: &Db) -> Result<(), StoreError> {
    if skipped("crash-returns") {
        return Ok(());
    }
    let mut statement =
        db.prepare_cached("SELECT seq FROM operation WHERE listed = 1 AND state = 1 ORDER BY seq")?;
    let sending = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    for seq in sending {
        let to = step(db, seq, Event::Return)?;
        db.prepare_cached("UPDATE operation SET state = ?2, last_error = 'interrupted' WHERE seq = ?1")?
            .execute([seq, to.to_number()])?;
    }
    Ok(())
}
