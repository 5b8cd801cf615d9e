//! Handing what waits over to another device of the same partner, once.
//!
//! The giving device keeps its operations, and may go on sending them, until the taking device says that it has them.
//! An operation that both send is booked once: its id is the same.

use ledger::mutant::skipped;
use ledger::{FanId, FanPoints, Posted, Timestamp};
use rusqlite::{Connection as Db, OptionalExtension, params};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::audit::{self, Entry};
use crate::fans::{self, FanRow};
use crate::journal::{self, Kept};
use crate::{OperationRow, OperationState, StoreError, commit, facts, load, queue, settings, words};

const OUT: i64 = 0;
const IN: i64 = 1;

/// An operation on its way to another device: all that the queue, the books and the platform need to know of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Handed {
    pub row: OperationRow,
    /// The digest of the content, as it was when the operation was decided.
    pub digest: Vec<u8>,
    /// The ledger's canonical bytes of operation and entry.
    pub operation: Vec<u8>,
    pub entry: Vec<u8>,
    pub calls: u32,
    pub bytes: u32,
    /// What it undoes: the taking device has to name it to the platform.
    pub original: Option<Box<Handed>>,
}

/// What became of a handover on the taking device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TakenOver {
    Done {
        operations: u32,
        /// Of them known here before.
        known: u32,
    },
    /// This handover was taken over before.
    Before,
}

/// All that is open, in the order of the device's history. What is out counts as waiting again.
pub(crate) fn outgoing(db: &Db) -> Result<Vec<Handed>, StoreError> {
    let sql = "SELECT seq FROM operation WHERE listed = 1 AND state IN (0, 1, 4) ORDER BY seq";
    let mut statement = db.prepare_cached(sql)?;
    let open = statement.query_map([], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    open.into_iter().map(|seq| handed(db, seq)).collect()
}

fn handed(db: &Db, seq: i64) -> Result<Handed, StoreError> {
    let (digest, calls, bytes, undo_of, operation, entry): (_, _, _, Option<i64>, _, _) = db
        .prepare_cached(
            "SELECT o.digest, o.calls, o.bytes, o.undo_of, j.operation, j.entry
             FROM operation o JOIN journal j ON j.op = o.id WHERE o.seq = ?1",
        )?
        .query_row([seq], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
        })?;
    let original = undo_of.map(|seq| handed(db, seq).map(Box::new)).transpose()?;
    Ok(Handed { row: load::load(db, seq)?, digest, operation, entry, calls, bytes, original })
}

/// Remembers what was handed out, so that it can be marked as moved later.
pub(crate) fn note_out(
    db: &Db,
    id: Uuid,
    digest: &[u8; 32],
    operations: &[Uuid],
    now: Timestamp,
) -> Result<(), StoreError> {
    insert(db, id, OUT, digest, now)?;
    for operation in operations {
        let seq = load::seq_of(db, *operation)?.ok_or(StoreError::UnknownOperation)?;
        db.prepare_cached("INSERT INTO handed (handover, operation) VALUES (?1, ?2)")?
            .execute(params![id.as_bytes(), seq])?;
    }
    let what = format!("handover {id}: {} operations prepared", operations.len());
    audit::append(db, &Entry::Noted { what, at: now })?;
    Ok(())
}

fn insert(db: &Db, id: Uuid, direction: i64, digest: &[u8; 32], now: Timestamp) -> Result<(), StoreError> {
    db.prepare_cached("INSERT INTO handover (id, direction, digest, at) VALUES (?1, ?2, ?3, ?4)")?
        .execute(params![id.as_bytes(), direction, digest, now.0])?;
    Ok(())
}

/// The digest of what was handed out under this name.
pub(crate) fn given(db: &Db, id: Uuid) -> Result<Option<[u8; 32]>, StoreError> {
    Ok(db
        .prepare_cached("SELECT digest FROM handover WHERE id = ?1 AND direction = ?2")?
        .query_row(params![id.as_bytes(), OUT], |row| row.get(0))
        .optional()?)
}

/// Marks as moved what was handed out and is still open here; how many. The same again changes nothing.
pub(crate) fn confirm(db: &Db, id: Uuid, now: Timestamp) -> Result<u32, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT operation FROM handed WHERE handover = ?1 ORDER BY operation")?;
    let all = statement.query_map([id.as_bytes()], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    let (mut moved, name) = (0, id.to_string());
    for seq in all {
        let operation = load::load(db, seq)?.id;
        moved += u32::from(queue::hand_over(db, seq, operation, &name, now)?);
    }
    db.prepare_cached(
        "UPDATE handover SET done_at = ?3 WHERE id = ?1 AND direction = ?2 AND done_at IS NULL",
    )?
    .execute(params![id.as_bytes(), OUT, now.0])?;
    Ok(moved)
}

/// Takes over what another device has handed out, all or nothing.
pub(crate) fn take_over(
    db: &Db,
    id: Uuid,
    digest: &[u8; 32],
    handed: &[Handed],
    now: Timestamp,
) -> Result<TakenOver, StoreError> {
    let before = db
        .prepare_cached("SELECT 1 FROM handover WHERE id = ?1 AND direction = ?2")?
        .exists(params![id.as_bytes(), IN])?;
    if before && !skipped("taken-over-once") {
        return Ok(TakenOver::Before);
    }
    if !before {
        insert(db, id, IN, digest, now)?;
    }
    let floor = facts::steady(db, now)?;
    let mut known = 0;
    for one in handed {
        if let Some(original) = &one.original {
            // It stays with the device that made it; here it is only the name of what is undone.
            insert_operation(db, original, OperationState::Moved, Some(&id.to_string()), now)?;
        }
        let state =
            if one.row.state == OperationState::Held { OperationState::Held } else { OperationState::Queued };
        let reason = one.row.refusal.as_deref().filter(|_| state == OperationState::Held);
        known += u32::from(!insert_operation(db, one, state, reason, now)?);
    }
    let operations = u32::try_from(handed.len()).unwrap_or(u32::MAX);
    let what = format!("handover {id}: {operations} operations taken over, {known} of them known");
    audit::append(db, &Entry::Noted { what, at: now })?;
    // The other device's clock is not this one's.
    settings::set_floor(db, floor)?;
    Ok(TakenOver::Done { operations, known })
}

/// False: the operation is known here already.
fn insert_operation(
    db: &Db,
    handed: &Handed,
    state: OperationState,
    reason: Option<&str>,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let row = &handed.row;
    if let Some(seq) = load::seq_of(db, row.id)? {
        let is_back = state != OperationState::Moved && load::load(db, seq)?.state == OperationState::Moved;
        if is_back {
            queue::take_back(db, seq, row.id, now)?;
        }
        return Ok(is_back);
    }
    if crate::archive::find(db, row.id)?.is_some() {
        return Ok(false);
    }
    let fan = fan_of(db, row)?;
    let seq: i64 = db.prepare_cached(commit::NEXT_SEQ)?.query_row([], |row| row.get(0))?;
    let original = row.undo_of.map(|of| load::seq_of(db, of)).transpose()?.flatten();
    insert_row(db, seq, fan, handed, original, (state, reason, now))?;
    commit::note_raiser(db, seq, row.raised_by.as_ref())?;
    let mut statement = db.prepare_cached(
        "INSERT INTO item (operation, n, title, description, price, currency, rate_label, points)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for item in row.items.iter().filter(|_| original.is_none()) {
        statement.execute(params![
            seq,
            item.number,
            item.title,
            item.description,
            item.price.minor,
            item.price.currency.to_string(),
            item.rate_label,
            item.points.0,
        ])?;
    }
    book(db, seq, fan, handed, state, now)?;
    if let Some(original) = original {
        db.prepare_cached("UPDATE operation SET reversed_by = ?2 WHERE seq = ?1")?
            .execute([original, seq])?;
    }
    let digest = commit::stored_digest(db, seq)?;
    let mut n = audit::append(db, &Entry::Committed { id: row.id, seq, digest, at: row.created_at })?;
    if matches!(state, OperationState::Held | OperationState::Moved) {
        let code = reason.map(str::to_owned);
        n = audit::append(db, &Entry::Settled { id: row.id, state, code, booked: (None, None), at: now })?;
    }
    db.prepare_cached("UPDATE operation SET audit = ?2 WHERE seq = ?1")?.execute([seq, n])?;
    Ok(true)
}

fn fan_of(db: &Db, row: &OperationRow) -> Result<FanRow, StoreError> {
    match (row.user_id, row.fan) {
        (Some(id), fanpass::FanRef::Pseudonym(pseudonym)) => fans::by_names(db, id, Some(pseudonym)),
        (_, fan) => fans::find_or_add(db, fan),
    }
}

fn insert_row(
    db: &Db,
    seq: i64,
    fan: FanRow,
    handed: &Handed,
    original: Option<i64>,
    (state, reason, now): (OperationState, Option<&str>, Timestamp),
) -> Result<(), StoreError> {
    let row = &handed.row;
    let action = row.action.as_ref().filter(|_| original.is_none());
    let (phrase, price) = words::of_row(db, row, original)?;
    let rule = row.rule.and_then(load::rule_name);
    db.prepare_cached(
        "INSERT INTO operation (seq, id, digest, fan, fan_ref, kind, action, title, description, undo_of, fan_points,
           status_points, trust, route, created_at, staff, manager_raised, rule, exposure, calls, bytes, state, tries,
           refusal, settled_at, phrase, price, audit)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22,
           ?23, ?24, ?25, ?26, ?27, 0)",
    )?
    .execute(params![
        seq,
        row.id.as_bytes(),
        handed.digest,
        fan,
        row.fan.to_string(),
        row.kind.to_number(),
        action.map(|action| &action.category),
        action.map(|action| &action.title),
        action.map(|action| &action.description),
        original,
        row.fan_points.0,
        row.status_points.0,
        load::trust_number(row.trust),
        i64::from(row.route == crate::Route::Platform),
        row.created_at.0,
        row.staff,
        row.raised_by.is_some(),
        rule,
        row.exposure.0,
        handed.calls,
        handed.bytes,
        state.to_number(),
        row.tries,
        reason,
        (state == OperationState::Moved).then_some(now.0),
        phrase,
        price,
    ])?;
    Ok(())
}

fn book(
    db: &Db,
    seq: i64,
    fan: FanRow,
    handed: &Handed,
    state: OperationState,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut kept = Kept::from_canonical(&handed.operation, &handed.entry)?;
    let id = kept.operation.id;
    let is_its_own = id.0 == *handed.row.id.as_bytes() && kept.entry.op == id && kept.entry.is_balanced();
    if !is_its_own && !skipped("handover-checked") {
        return Err(StoreError::Unreadable { what: "handover" });
    }
    kept.rename(FanId(fan.cast_unsigned()));
    let parts = u16::try_from(load::load(db, seq)?.items.len().max(1)).unwrap_or(u16::MAX);
    let reversed = if kept.entry.corrects.is_some() { (0..parts).collect() } else { Vec::new() };
    let posted = Posted {
        digest: kept.digest,
        entry: kept.entry,
        reversed_items: reversed,
        limited: Vec::<(_, _, FanPoints)>::new(),
        lots: Vec::new(),
        reservation: None,
    };
    let mut books = crate::books::Books { db, rates_as_of: now };
    ledger::StateMut::post(&mut books, &kept.operation, &posted)?;
    if state == OperationState::Moved {
        // Figures from before its booking do not hold it; all others do.
        let booked = handed.row.server_time.unwrap_or(Timestamp(i64::MIN));
        journal::book(db, handed.row.id, booked, (None, None))?;
    }
    Ok(())
}
