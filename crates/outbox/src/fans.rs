//! What the device knows of a fan: names, the newest confirmed balance, and what is not settled yet.

use fanpass::{FanPass, FanPointsId, FanRef, LiveProof, PROOF_MEMORY_SECS, PassKind, PassRefusal, Pseudonym};
use ledger::mutant::skipped;
use ledger::{FanPoints, StatusPoints, Timestamp};
use rusqlite::{Connection as Db, OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use crate::{StoreError, engagement, journal};

/// Where a confirmed balance comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    Card,
    Live,
    Platform,
}

/// Balances that the platform has vouched for, signed or said over its own connection, with what it
/// has accepted since.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmed {
    pub fan_points: FanPoints,
    pub status_points: StatusPoints,
    pub source: Source,
    /// The platform's time of the balances.
    pub as_of: Timestamp,
    /// What a pass allows to redeem offline.
    pub allowance: Option<FanPoints>,
}

/// What waits here and will move the balances once the platform accepts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    pub fan_points: FanPoints,
    pub status_points: StatusPoints,
    pub operations: u32,
}

/// All that the device knows of a fan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownFan {
    pub user_id: Option<FanPointsId>,
    pub pseudonym: Option<Pseudonym>,
    pub confirmed: Option<Confirmed>,
    pub pending: Pending,
    /// What can be redeemed: confirmed, less what was taken here since; never below zero. Points
    /// earned here count once the platform has accepted them.
    pub available: FanPoints,
}

/// A fan as the platform answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlatformFan {
    pub user_id: FanPointsId,
    pub pseudonym: Option<Pseudonym>,
    pub fan_points: FanPoints,
    pub status_points: StatusPoints,
    pub as_of: Timestamp,
    /// Whether the fan agrees that partners tell what they do; None: the platform did not say.
    pub consent: Option<bool>,
}

/// The fan's row number: the ledger's fan id on this device.
pub(crate) type FanRow = i64;

/// The row of a fan, if the device has met it.
pub(crate) fn find(db: &Db, fan: FanRef) -> Result<Option<FanRow>, StoreError> {
    let sql = match fan {
        FanRef::Id(_) => "SELECT fan FROM fan WHERE user_id = ?1",
        FanRef::Pseudonym(_) => "SELECT fan FROM fan WHERE pseudonym = ?1",
    };
    Ok(db.prepare_cached(sql)?.query_row([fan.to_string()], |row| row.get(0)).optional()?)
}

/// The row of a fan, made where there is none.
pub(crate) fn find_or_add(db: &Db, fan: FanRef) -> Result<FanRow, StoreError> {
    match find(db, fan)? {
        Some(row) => Ok(row),
        None => add(db, next_row(db)?, fan),
    }
}

/// The row that the next new fan gets.
pub(crate) fn next_row(db: &Db) -> Result<FanRow, StoreError> {
    Ok(db.prepare_cached("SELECT coalesce(max(fan), 0) + 1 FROM fan")?.query_row([], |row| row.get(0))?)
}

/// Adds a fan that was not met before, in [`next_row`].
pub(crate) fn add(db: &Db, row: FanRow, fan: FanRef) -> Result<FanRow, StoreError> {
    let sql = match fan {
        FanRef::Id(_) => "INSERT INTO fan (fan, user_id) VALUES (?1, ?2)",
        FanRef::Pseudonym(_) => "INSERT INTO fan (fan, pseudonym) VALUES (?1, ?2)",
    };
    db.prepare_cached(sql)?.execute(params![row, fan.to_string()])?;
    Ok(row)
}

pub(crate) fn note_pass(db: &Db, pass: &FanPass) -> Result<(), StoreError> {
    let row = find_or_add(db, FanRef::Pseudonym(pass.pseudonym))?;
    let confirmed = Confirmed {
        fan_points: FanPoints(i64::from(pass.fan_points)),
        status_points: StatusPoints(i64::from(pass.status_points)),
        source: match pass.kind {
            PassKind::Card => Source::Card,
            PassKind::Live => Source::Live,
        },
        as_of: Timestamp(i64::from(pass.issued_at) * 1000),
        allowance: Some(pass.offline_allowance),
    };
    note_confirmed(db, row, &confirmed)
}

pub(crate) fn note_platform_fan(db: &Db, fan: &PlatformFan) -> Result<(), StoreError> {
    let row = by_names(db, fan.user_id, fan.pseudonym)?;
    let confirmed = Confirmed {
        fan_points: fan.fan_points,
        status_points: fan.status_points,
        source: Source::Platform,
        as_of: fan.as_of,
        allowance: None,
    };
    if let Some(consent) = fan.consent {
        engagement::note_consent(db, row, consent)?;
    }
    note_confirmed(db, row, &confirmed)
}

/// The row of a fan with these two names, made one where they were two.
pub(crate) fn by_names(db: &Db, id: FanPointsId, pseudonym: Option<Pseudonym>) -> Result<FanRow, StoreError> {
    let row = find_or_add(db, FanRef::Id(id))?;
    let Some(pseudonym) = pseudonym else { return Ok(row) };
    match find(db, FanRef::Pseudonym(pseudonym))? {
        Some(other) if other != row => merge(db, row, other),
        Some(_) => Ok(row),
        None => {
            db.prepare_cached("UPDATE fan SET pseudonym = ?2 WHERE fan = ?1")?
                .execute(params![row, pseudonym.to_string()])?;
            Ok(row)
        }
    }
}

/// Two names turn out to be one fan: one lane, one projection. The older row stays.
fn merge(db: &Db, one: FanRow, two: FanRow) -> Result<FanRow, StoreError> {
    let (keep, drop) = (one.min(two), one.max(two));
    db.prepare_cached("UPDATE operation SET fan = ?1 WHERE fan = ?2")?.execute([keep, drop])?;
    db.prepare_cached("UPDATE intake SET fan = ?1 WHERE fan = ?2")?.execute([keep, drop])?;
    db.prepare_cached("UPDATE archive SET fan = ?1 WHERE fan = ?2")?.execute([keep, drop])?;
    journal::merge(db, keep, drop)?;
    engagement::merge(db, keep, drop)?;
    let gone = Record::of_row(db, drop)?.ok_or(StoreError::Unreadable { what: "fan" })?;
    db.prepare_cached("DELETE FROM fan WHERE fan = ?1")?.execute([drop])?;
    db.prepare_cached(
        "UPDATE fan SET user_id = coalesce(user_id, ?2), pseudonym = coalesce(pseudonym, ?3) WHERE fan = ?1",
    )?
    .execute(params![keep, gone.user_id, gone.pseudonym])?;
    if let Some(confirmed) = gone.confirmed {
        note_confirmed(db, keep, &confirmed)?;
    }
    Ok(keep)
}

/// The newest statement wins. A pass that is older than what is known changes nothing, so a copied
/// card can not bring an old balance back.
fn note_confirmed(db: &Db, row: FanRow, confirmed: &Confirmed) -> Result<(), StoreError> {
    db.prepare_cached(
        "UPDATE fan SET fan_points = ?2, status_points = ?3, source = ?4, as_of = ?5,
           allowance = coalesce(?6, allowance)
         WHERE fan = ?1 AND (as_of IS NULL OR as_of <= ?5)",
    )?
    .execute(params![
        row,
        confirmed.fan_points.0,
        confirmed.status_points.0,
        source_number(confirmed.source),
        confirmed.as_of.0,
        confirmed.allowance.map(|points| points.0),
    ])?;
    Ok(())
}

fn source_number(source: Source) -> i64 {
    match source {
        Source::Card => 0,
        Source::Live => 1,
        Source::Platform => 2,
    }
}

/// A row of the table, as it stands.
struct Record {
    row: FanRow,
    user_id: Option<String>,
    pseudonym: Option<String>,
    confirmed: Option<Confirmed>,
}

impl Record {
    fn of_row(db: &Db, row: FanRow) -> Result<Option<Self>, StoreError> {
        let mut statement = db.prepare_cached(
            "SELECT fan, user_id, pseudonym, fan_points, status_points, source, as_of, allowance
             FROM fan WHERE fan = ?1",
        )?;
        Ok(statement.query_row([row], Self::read).optional()?)
    }

    fn of_name(db: &Db, fan: FanRef) -> Result<Option<Self>, StoreError> {
        let sql = match fan {
            FanRef::Id(_) => {
                "SELECT fan, user_id, pseudonym, fan_points, status_points, source, as_of, allowance
                 FROM fan WHERE user_id = ?1"
            }
            FanRef::Pseudonym(_) => {
                "SELECT fan, user_id, pseudonym, fan_points, status_points, source, as_of, allowance
                 FROM fan WHERE pseudonym = ?1"
            }
        };
        Ok(db.prepare_cached(sql)?.query_row([fan.to_string()], Self::read).optional()?)
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let as_of: Option<i64> = row.get(6)?;
        let confirmed = match as_of {
            None => None,
            Some(as_of) => Some(Confirmed {
                fan_points: FanPoints(row.get(3)?),
                status_points: StatusPoints(row.get(4)?),
                source: match row.get::<_, i64>(5)? {
                    0 => Source::Card,
                    1 => Source::Live,
                    _ => Source::Platform,
                },
                as_of: Timestamp(as_of),
                allowance: row.get::<_, Option<i64>>(7)?.map(FanPoints),
            }),
        };
        Ok(Self { row: row.get(0)?, user_id: row.get(1)?, pseudonym: row.get(2)?, confirmed })
    }

    /// With what has happened since, out of the same view of the database.
    fn known(self, db: &Db) -> Result<KnownFan, StoreError> {
        let confirmed = self.confirmed.map(|c| brought_forward(db, self.row, c)).transpose()?;
        let (pending, taken) = pending(db, self.row)?;
        let base = confirmed.map_or(0, |c| c.fan_points.0);
        Ok(KnownFan {
            user_id: self.user_id.and_then(|text| text.parse().ok()),
            pseudonym: self.pseudonym.and_then(|text| text.parse().ok()),
            confirmed,
            pending,
            available: FanPoints(base.saturating_add(taken).max(0)),
        })
    }
}

/// A confirmed balance and what the platform has booked since make the confirmed balance of now.
fn brought_forward(db: &Db, row: FanRow, confirmed: Confirmed) -> Result<Confirmed, StoreError> {
    let (fan, standing) = journal::booked_since(db, row, confirmed.source, confirmed.as_of)?;
    Ok(Confirmed {
        fan_points: FanPoints(confirmed.fan_points.0.saturating_add(fan)),
        status_points: StatusPoints(confirmed.status_points.0.saturating_add(standing)),
        ..confirmed
    })
}

/// The row and the confirmed balances of now; None for a row that is none.
pub(crate) fn standing(db: &Db, row: FanRow) -> Result<Option<(FanRow, Option<Confirmed>)>, StoreError> {
    let Some(record) = Record::of_row(db, row)? else { return Ok(None) };
    Ok(Some((row, record.confirmed.map(|c| brought_forward(db, row, c)).transpose()?)))
}

/// What is known of the fan in `row`.
pub(crate) fn known(db: &Db, row: FanRow) -> Result<KnownFan, StoreError> {
    Record::of_row(db, row)?.ok_or(StoreError::Unreadable { what: "fan" })?.known(db)
}

/// The row of a fan and what is known of it, if the device has met it.
pub(crate) fn recognise(db: &Db, fan: FanRef) -> Result<Option<(FanRow, KnownFan)>, StoreError> {
    Record::of_name(db, fan)?.map(|record| Ok((record.row, record.known(db)?))).transpose()
}

/// What waits, and the part of it that lessens what can be redeemed. An operation and its undo that
/// both wait cancel out; apart from that, what adds points counts only once it is accepted.
fn pending(db: &Db, row: FanRow) -> Result<(Pending, i64), StoreError> {
    let (pending, taken, undos): (_, _, i64) = db
        .prepare_cached(
            "SELECT coalesce(sum(fan_points), 0), coalesce(sum(status_points), 0), count(*),
               coalesce(sum(min(fan_points, 0)), 0), count(undo_of) FROM operation
             WHERE fan = ?1 AND state IN (0, 1, 4)",
        )?
        .query_row([row], |row| {
            let (fan_points, status_points) = (FanPoints(row.get(0)?), StatusPoints(row.get(1)?));
            Ok((Pending { fan_points, status_points, operations: row.get(2)? }, row.get(3)?, row.get(4)?))
        })?;
    Ok((pending, if undos == 0 { taken } else { taken_with_undos(db, row)? }))
}

fn taken_with_undos(db: &Db, row: FanRow) -> Result<i64, StoreError> {
    Ok(db
        .prepare_cached(
            "SELECT coalesce(sum(min(points, 0)), 0) FROM (
               SELECT sum(fan_points) AS points FROM operation
               WHERE fan = ?1 AND state IN (0, 1, 4) GROUP BY coalesce(undo_of, seq))",
        )?
        .query_row([row], |row| row.get(0))?)
}

pub(crate) fn unknown(fan: FanRef) -> KnownFan {
    let (user_id, pseudonym) = match fan {
        FanRef::Id(id) => (Some(id), None),
        FanRef::Pseudonym(pseudonym) => (None, Some(pseudonym)),
    };
    KnownFan { user_id, pseudonym, confirmed: None, pending: Pending::default(), available: FanPoints(0) }
}

/// The last proof that was accepted of this pseudonym within the last day.
pub(crate) fn last_proof(
    db: &Db,
    pseudonym: Pseudonym,
    now: Timestamp,
) -> Result<Option<LiveProof>, StoreError> {
    let since = now.0.saturating_sub(i64::from(PROOF_MEMORY_SECS) * 1000);
    Ok(db
        .prepare_cached("SELECT time, counter FROM proof WHERE pseudonym = ?1 AND seen_at >= ?2")?
        .query_row(params![pseudonym.to_string(), since], |row| {
            Ok(LiveProof { time: row.get(0)?, counter: row.get(1)? })
        })
        .optional()?)
}

/// Judges a proof against the last one and remembers it, in one step, so that two screens can not
/// both take it.
pub(crate) fn accept_proof(
    db: &Db,
    pseudonym: Pseudonym,
    shown: LiveProof,
    now: Timestamp,
) -> Result<Result<(), PassRefusal>, StoreError> {
    if let Err(refusal) = fanpass::judge_proof(last_proof(db, pseudonym, now)?, shown) {
        return Ok(Err(refusal));
    }
    if skipped("proof-remembered") {
        return Ok(Ok(()));
    }
    db.prepare_cached(
        "INSERT INTO proof (pseudonym, time, counter, seen_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (pseudonym) DO UPDATE SET time = ?2, counter = ?3, seen_at = ?4",
    )?
    .execute(params![pseudonym.to_string(), shown.time, shown.counter, now.0])?;
    let forget = now.0.saturating_sub(i64::from(PROOF_MEMORY_SECS) * 1000);
    db.prepare_cached("DELETE FROM proof WHERE seen_at < ?1")?.execute([forget])?;
    Ok(Ok(()))
}
