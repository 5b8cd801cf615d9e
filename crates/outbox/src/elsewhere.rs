//! What the partner's other devices did, as the platform lists it; and differences that a person has settled.

use fanpass::FanPointsId;
use ledger::Timestamp;
use rusqlite::{Connection as Db, OptionalExtension, params};
use uuid::Uuid;

use crate::words::Words;
use crate::{OperationKind, StoreError, load};

/// A transaction of the partner, as the platform lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foreign {
    pub id: String,
    pub kind: OperationKind,
    /// What an undo undoes; the same as `kind` otherwise.
    pub of: OperationKind,
    pub user_id: Option<FanPointsId>,
    pub at: Timestamp,
    pub fan_points: i64,
    pub status_points: i64,
    /// In minor units.
    pub price: Option<i64>,
    /// Title and rate label of each item.
    pub lines: Vec<(String, Option<String>)>,
    /// Where it was done, where the platform tells it.
    pub origin: Option<Origin>,
}

/// A device of the partner, by the names that people gave it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    pub device: String,
    pub store: String,
}

/// A difference that a person has settled.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    pub id: String,
    pub is_undo: bool,
    pub verdict: String,
}

/// Keeps those that this device did not make; how many are new.
pub(crate) fn note(db: &Db, told: &[Foreign]) -> Result<usize, StoreError> {
    let mut added = 0;
    for one in told {
        if is_own(db, one)? {
            continue;
        }
        let lines = one.lines.iter().map(|(title, label)| (title.as_str(), "", label.as_deref()));
        let phrase = Words::of_lines(lines).row(db)?;
        // The same again tells of the same; the sum of an undo may have grown by an item.
        added += db
            .prepare_cached(
                "INSERT INTO elsewhere (place, id, kind, of_kind, user_id, at, fan_points, status_points, price, phrase,
                   device, store)
                 VALUES ((SELECT coalesce(min(place), 0) - 1 FROM elsewhere), ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)
                 ON CONFLICT (id, kind) DO UPDATE SET fan_points = excluded.fan_points,
                   status_points = excluded.status_points, device = excluded.device, store = excluded.store
                 WHERE fan_points <> excluded.fan_points OR status_points <> excluded.status_points
                   OR device IS NOT excluded.device OR store IS NOT excluded.store",
            )?
            .execute(params![
                one.id,
                one.kind.to_number(),
                one.of.to_number(),
                one.user_id.map(|id| id.to_string()),
                one.at.0,
                one.fan_points,
                one.status_points,
                one.price,
                phrase,
                one.origin.as_ref().map(|origin| &origin.device),
                one.origin.as_ref().map(|origin| &origin.store),
            ])?;
    }
    Ok(added)
}

/// Operations of this device have ids of its own; an undo is known by what it undoes.
fn is_own(db: &Db, told: &Foreign) -> Result<bool, StoreError> {
    let Ok(id) = Uuid::try_parse(&told.id) else { return Ok(false) };
    if told.kind != OperationKind::Undo {
        return Ok(load::seq_of(db, id)?.is_some() || archived(db, id)?);
    }
    if let Some(seq) = load::seq_of(db, id)? {
        return Ok(db
            .prepare_cached("SELECT 1 FROM operation WHERE undo_of = ?1 AND state <> 3")?
            .exists([seq])?);
    }
    Ok(db
        .prepare_cached(
            "SELECT 1 FROM archive a JOIN archive u ON u.fan = a.fan AND u.kind = 3
             WHERE a.id = ?1 AND u.body ->> '$.undo_of' = ?2",
        )?
        .exists(params![id.as_bytes(), id.to_string()])?)
}

/// Every device and store that something was done with elsewhere.
pub(crate) fn origins(db: &Db) -> Result<Vec<Origin>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT DISTINCT device, store FROM elsewhere WHERE device IS NOT NULL AND store IS NOT NULL ORDER BY store, device",
    )?;
    let found = statement.query_map([], |row| Ok(Origin { device: row.get(0)?, store: row.get(1)? }))?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn archived(db: &Db, id: Uuid) -> Result<bool, StoreError> {
    Ok(db.prepare_cached("SELECT 1 FROM archive WHERE id = ?1")?.exists([id.as_bytes()])?)
}

/// A person has settled these differences.
pub(crate) fn settle(
    db: &Db,
    differences: &[Difference],
    (note, staff): (&str, Option<&str>),
    now: Timestamp,
) -> Result<(), StoreError> {
    for one in differences {
        db.prepare_cached(
            "INSERT INTO difference (id, is_undo, verdict, note, staff, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
             ON CONFLICT (id, is_undo) DO UPDATE SET verdict = excluded.verdict, note = excluded.note,
               staff = excluded.staff, at = excluded.at",
        )?
        .execute(params![one.id, one.is_undo, one.verdict, note, staff, now.0])?;
    }
    Ok(())
}

/// The verdict that a person has settled for this transaction.
pub(crate) fn settled(db: &Db, id: &str, is_undo: bool) -> Result<Option<String>, StoreError> {
    Ok(db
        .prepare_cached("SELECT verdict FROM difference WHERE id = ?1 AND is_undo = ?2")?
        .query_row(params![id, is_undo], |row| row.get(0))
        .optional()?)
}
