//! What the platform refused or what is held stays a case until a person has dealt with it; how they did is kept, and
//! who bears a refused redemption is told to the platform.

use fanpass::FanRef;
use ledger::{FanPoints, Outcome, Refusal, Timestamp};
use rusqlite::{Connection as Db, OptionalExtension, params};
use uuid::Uuid;

use crate::audit::{self, Entry};
use crate::decision::Program;
use crate::{Decline, OperationKind, OperationRow, OperationState, Place, StoreError, load, queue, resolve};

/// How a person deals with a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Way {
    /// The fan pays with the next points.
    Collect,
    /// The partner bears it.
    Forgive,
    /// The goods came back.
    Void,
    /// Another operation was made in its stead.
    Retry(Uuid),
    /// Nothing moves; the note says why.
    Note,
}

impl Way {
    fn number(self) -> i64 {
        match self {
            Self::Collect => 0,
            Self::Forgive => 1,
            Self::Void => 2,
            Self::Retry(_) => 3,
            Self::Note => 4,
        }
    }

    /// Who bears the redemption, where that is the question.
    fn outcome(self) -> Option<Outcome> {
        match self {
            Self::Collect => Some(Outcome::CollectLater),
            Self::Forgive => Some(Outcome::Forgive),
            Self::Void => Some(Outcome::Void),
            Self::Retry(_) | Self::Note => None,
        }
    }
}

/// How a case was dealt with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handling {
    pub way: Way,
    pub points: FanPoints,
    pub note: String,
    pub staff: Option<String>,
    pub at: Timestamp,
    /// When the platform heard of it; None: not yet. What concerns this device alone counts as told.
    pub told_at: Option<Timestamp>,
}

/// A decision that the platform does not know yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Untold {
    pub operation: Uuid,
    pub fan: FanRef,
    pub outcome: Outcome,
    pub points: FanPoints,
    pub note: String,
    pub staff: Option<String>,
}

/// How many cases wait for a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CaseCounts {
    pub open: u64,
    /// Made before the time that was asked for.
    pub overdue: u64,
    pub oldest: Option<Timestamp>,
}

// The condition is that of the index `operation_case`, word for word.
const OPEN: &str = "state IN (3, 4) AND handled_at IS NULL AND refusal <> 'withdrawn'";

/// The cases after `after`, the oldest first.
pub(crate) fn list(db: &Db, after: Option<Place>, limit: u32) -> Result<Vec<OperationRow>, StoreError> {
    let after = after.unwrap_or(Place { at: Timestamp(i64::MIN), number: i64::MIN });
    let sql = format!(
        "SELECT seq FROM operation INDEXED BY operation_case
         WHERE {OPEN} AND (created_at, seq) > (?1, ?2) ORDER BY created_at, seq LIMIT ?3"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let found = statement.query_map([after.at.0, after.number, i64::from(limit)], |row| row.get(0))?;
    found.map(|seq| load::load(db, seq?)).collect()
}

pub(crate) fn counts(db: &Db, overdue: Timestamp) -> Result<CaseCounts, StoreError> {
    let sql = format!(
        "SELECT count(*), count(*) FILTER (WHERE created_at < ?1), min(created_at)
         FROM operation INDEXED BY operation_case WHERE {OPEN}"
    );
    Ok(db.prepare_cached(&sql)?.query_row([overdue.0], |row| {
        let number = |n: i64| u64::try_from(n).unwrap_or(0);
        Ok(CaseCounts {
            open: number(row.get(0)?),
            overdue: number(row.get(1)?),
            oldest: row.get::<_, Option<i64>>(2)?.map(Timestamp),
        })
    })?)
}

/// Deals with a case, once; the same again is done already. Whatever is held never goes out again.
pub(crate) fn handle(
    db: &Db,
    id: Uuid,
    (way, note, staff): (Way, &str, Option<&str>),
    entry: Uuid,
    now: Timestamp,
    program: Option<&Program>,
) -> Result<Result<(), Decline>, StoreError> {
    let seq = load::seq_of(db, id)?.ok_or(StoreError::UnknownOperation)?;
    let row = load::load(db, seq)?;
    if !matches!(row.state, OperationState::Refused | OperationState::Held) {
        return Ok(Err(Decline::Rules(Refusal::NotReversible)));
    }
    let known = find(db, seq)?;
    if known.as_ref().is_some_and(|known| known.way.number() != way.number()) {
        return Ok(Err(Decline::Rules(Refusal::AlreadyReversed)));
    }
    if way.outcome().is_some() && program.is_none() {
        return Ok(Err(Decline::NotConfigured));
    }
    if row.state == OperationState::Held {
        queue::give_up(db, seq, &row, now)?;
    }
    if let Some(outcome) = way.outcome()
        && let Err(decline) = resolve::resolve(db, id, entry, outcome, now, program)?
    {
        return Ok(Err(decline));
    }
    if known.is_some() {
        return Ok(Ok(()));
    }
    let points = if row.kind == OperationKind::Redeem { row.fan_points.0.saturating_neg() } else { 0 };
    let again = if let Way::Retry(again) = way { Some(again) } else { None };
    // What moves no points is this device's own business.
    let told_at = way.outcome().is_none().then_some(now.0);
    db.prepare_cached(
        "REPLACE INTO handling (operation, way, points, note, staff, at, again, told_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        seq,
        way.number(),
        points,
        note,
        staff,
        now.0,
        again.as_ref().map(Uuid::as_bytes),
        told_at
    ])?;
    db.prepare_cached("UPDATE operation SET handled_at = ?2 WHERE seq = ?1")?.execute([seq, now.0])?;
    if way.outcome().is_none() {
        let what = if again.is_some() { "made again" } else { "noted" };
        audit::append(db, &Entry::Noted { what: format!("case of {id}: {what}"), at: now })?;
    }
    Ok(Ok(()))
}

/// How the case of an operation was dealt with.
pub(crate) fn of(db: &Db, id: Uuid) -> Result<Option<Handling>, StoreError> {
    load::seq_of(db, id)?.map_or(Ok(None), |seq| find(db, seq))
}

/// None, too, for one that was released since.
fn find(db: &Db, seq: i64) -> Result<Option<Handling>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT h.way, h.points, h.note, h.staff, h.at, h.again, h.told_at FROM handling h
         JOIN operation o ON o.seq = h.operation AND o.handled_at IS NOT NULL WHERE h.operation = ?1",
    )?;
    let mut rows = statement.query([seq])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let again = row.get::<_, Option<Vec<u8>>>(5)?.map(load::id).transpose()?;
    let way = match (row.get::<_, i64>(0)?, again) {
        (0, _) => Way::Collect,
        (1, _) => Way::Forgive,
        (2, _) => Way::Void,
        (3, Some(again)) => Way::Retry(again),
        (4, _) => Way::Note,
        _ => return Err(StoreError::Unreadable { what: "handling" }),
    };
    Ok(Some(Handling {
        way,
        points: FanPoints(row.get(1)?),
        note: row.get(2)?,
        staff: row.get(3)?,
        at: Timestamp(row.get(4)?),
        told_at: row.get::<_, Option<i64>>(6)?.map(Timestamp),
    }))
}

/// Decisions that the platform does not know yet, the oldest first.
pub(crate) fn untold(db: &Db, limit: u32) -> Result<Vec<Untold>, StoreError> {
    let mut statement = db
        .prepare_cached("SELECT operation FROM handling WHERE told_at IS NULL ORDER BY operation LIMIT ?1")?;
    let found = statement.query_map([limit], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    let mut untold = Vec::with_capacity(found.len());
    for seq in found {
        let row = load::load(db, seq)?;
        let Some(handling) = find(db, seq)? else { continue };
        let Some(outcome) = handling.way.outcome() else { continue };
        untold.push(Untold {
            operation: row.id,
            fan: row.wire_fan(),
            outcome,
            points: handling.points,
            note: handling.note,
            staff: handling.staff,
        });
    }
    Ok(untold)
}

/// The platform knows the decision, or will never take it.
pub(crate) fn told(db: &Db, id: Uuid, now: Timestamp) -> Result<(), StoreError> {
    let Some(seq) = load::seq_of(db, id)? else { return Ok(()) };
    db.prepare_cached("UPDATE handling SET told_at = ?2 WHERE operation = ?1 AND told_at IS NULL")?
        .execute([seq, now.0])?;
    Ok(())
}

/// Where the audit chain tells of an operation, and the hash there.
pub(crate) fn audit_link(db: &Db, id: Uuid) -> Result<Option<(u64, [u8; 32])>, StoreError> {
    let found: Option<(i64, [u8; 32])> = db
        .prepare_cached(
            "SELECT n, hash FROM audit WHERE n = coalesce((SELECT audit FROM operation WHERE id = ?1),
               (SELECT audit FROM archive WHERE id = ?1))",
        )?
        .query_row([id.as_bytes()], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    Ok(found.map(|(n, hash)| (u64::try_from(n).unwrap_or(0), hash)))
}
