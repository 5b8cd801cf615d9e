//! Accepted operations that are old enough leave the daily tables. Nothing that waits, is held, was refused or was
//! moved ever does, and nothing is lost: lists and sums find archived operations where they always were.

use fanpass::FanRef;
use ledger::Timestamp;
use ledger::mutant::skipped;
use rusqlite::types::Value;
use rusqlite::{Connection as Db, OptionalExtension, params, params_from_iter};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::audit::{self, Entry};
use crate::{Filter, OperationRow, OperationState, Page, StoreError, fans, load, queries, settings};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
/// So many at once: the counter must not wait for the archive.
const AT_ONCE: i64 = 200;

/// After so many days an accepted operation is archived; None: never.
pub(crate) fn retention(db: &Db) -> Result<Option<u32>, StoreError> {
    Ok(settings::number(db, settings::RETENTION)?.and_then(|days| u32::try_from(days).ok()))
}

pub(crate) fn set_retention(db: &Db, days: Option<u32>) -> Result<(), StoreError> {
    match days {
        Some(days) => settings::set(db, settings::RETENTION, &days.to_string()),
        None => settings::remove(db, settings::RETENTION),
    }
}

/// Archives some of what is old enough; how many. Zero: nothing is left to do.
///
/// An operation and its undo go together: neither is archived while the other still has to stay.
pub(crate) fn archive_old(db: &Db, now: Timestamp) -> Result<usize, StoreError> {
    let Some(days) = retention(db)? else { return Ok(0) };
    let days = if skipped("archive-old-only") { 0 } else { days };
    let before = now.0.saturating_sub(i64::from(days).saturating_mul(DAY_MS));
    let mut statement = db.prepare_cached(
        "SELECT o.seq FROM operation o INDEXED BY operation_state
         WHERE o.listed = 1 AND o.state = ?3 AND o.settled_at < ?1 AND o.undo_of IS NULL
           AND NOT EXISTS (SELECT 1 FROM operation u WHERE u.undo_of = o.seq
             AND NOT (u.state = 2 AND u.settled_at < ?1))
           AND NOT EXISTS (SELECT 1 FROM handed h WHERE h.operation = o.seq)
         ORDER BY o.seq LIMIT ?2",
    )?;
    // What still waits has no time at which it was settled; what was refused has.
    let done =
        if skipped("archive-accepted-only") { OperationState::Refused } else { OperationState::Accepted };
    let found = statement
        .query_map([before, AT_ONCE, done.to_number()], |row| row.get(0))?
        .collect::<Result<Vec<i64>, _>>()?;
    if let Some(floor) = settings::floor(db)?.filter(|_| !found.is_empty()) {
        // The newest operation may be among them.
        settings::keep_floor(db, floor)?;
    }
    let mut archived = 0;
    for seq in found {
        let undos = db
            .prepare_cached("SELECT seq FROM operation WHERE undo_of = ?1 ORDER BY seq")?
            .query_map([seq], |row| row.get(0))?
            .collect::<Result<Vec<i64>, _>>()?;
        let all: Vec<i64> = std::iter::once(seq).chain(undos).collect();
        for seq in &all {
            copy(db, *seq, now)?;
        }
        db.prepare_cached("UPDATE operation SET reversed_by = NULL WHERE seq = ?1")?.execute([seq])?;
        for seq in all.into_iter().rev() {
            db.prepare_cached("DELETE FROM item WHERE operation = ?1")?.execute([seq])?;
            db.prepare_cached("UPDATE tally SET count = count - 1 WHERE state = 2")?.execute([])?;
            db.prepare_cached("DELETE FROM operation WHERE seq = ?1")?.execute([seq])?;
            archived += 1;
        }
    }
    Ok(archived)
}

fn copy(db: &Db, seq: i64, now: Timestamp) -> Result<(), StoreError> {
    let row = OperationRow { archived: true, ..load::load(db, seq)? };
    debug_assert_eq!(row.state, OperationState::Accepted);
    let body = serde_json::to_string(&row).map_err(|_| StoreError::Unreadable { what: "operation" })?;
    let digest = Sha256::digest(body.as_bytes()).into();
    let n = audit::append(db, &Entry::Archived { id: row.id, digest, at: now })?;
    db.prepare_cached(
        "INSERT INTO archive (seq, id, fan, kind, created_at, fan_points, status_points, body, audit, staff, phrase)
         SELECT ?1, id, fan, kind, created_at, coalesce(booked_fan_points, fan_points),
           coalesce(booked_status_points, status_points), ?2, ?3, staff, phrase FROM operation WHERE seq = ?1",
    )?
    .execute(params![seq, body, n])?;
    Ok(())
}

pub(crate) fn count(db: &Db) -> Result<u64, StoreError> {
    // The numbers of the history have no gaps: what is not in the one table is in the other.
    let (all, kept): (Option<i64>, i64) = db
        .prepare_cached(
            "SELECT (SELECT max(max_seq) FROM (SELECT max(seq) AS max_seq FROM operation
               UNION ALL SELECT max(seq) FROM archive)), (SELECT sum(count) FROM tally)",
        )?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(u64::try_from(all.unwrap_or(0).saturating_sub(kept)).unwrap_or(0))
}

pub(crate) fn find(db: &Db, id: Uuid) -> Result<Option<OperationRow>, StoreError> {
    let body: Option<String> = db
        .prepare_cached("SELECT body FROM archive WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| row.get(0))
        .optional()?;
    body.map(|body| read(&body)).transpose()
}

/// By its number in the device's history.
pub(crate) fn by_seq(db: &Db, seq: i64) -> Result<Option<OperationRow>, StoreError> {
    let body: Option<String> = db
        .prepare_cached("SELECT body FROM archive WHERE seq = ?1")?
        .query_row([seq], |row| row.get(0))
        .optional()?;
    body.map(|body| read(&body)).transpose()
}

/// The hash of what is archived under an id.
pub(crate) fn digest(db: &Db, id: &[u8]) -> Result<Option<[u8; 32]>, StoreError> {
    let body: Option<String> = db
        .prepare_cached("SELECT body FROM archive WHERE id = ?1")?
        .query_row([id], |row| row.get(0))
        .optional()?;
    Ok(body.map(|body| Sha256::digest(body.as_bytes()).into()))
}

fn read(body: &str) -> Result<OperationRow, StoreError> {
    serde_json::from_str(body).map_err(|_| StoreError::Unreadable { what: "archived operation" })
}

/// Puts the archived operations of a page where their number has them.
pub(crate) fn add_to(
    db: &Db,
    filter: &Filter,
    page: Page,
    found: &mut Vec<OperationRow>,
) -> Result<(), StoreError> {
    let wants_accepted = filter.states.is_empty() || filter.states.contains(&OperationState::Accepted);
    if !wants_accepted || !db.prepare_cached("SELECT 1 FROM archive LIMIT 1")?.exists([])? {
        return Ok(());
    }
    let (condition, values) = conditions(db, filter, page)?;
    let sql = format!("SELECT body FROM archive WHERE {condition} ORDER BY seq DESC LIMIT {}", page.limit);
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    while let Some(row) = rows.next()? {
        found.push(read(row.get_ref(0)?.as_str().map_err(|_| StoreError::Unreadable { what: "archive" })?)?);
    }
    found.sort_unstable_by_key(|row| std::cmp::Reverse(row.seq));
    found.truncate(usize::try_from(page.limit).unwrap_or(usize::MAX));
    Ok(())
}

fn conditions(db: &Db, filter: &Filter, page: Page) -> Result<(String, Vec<Value>), StoreError> {
    let (mut parts, mut values) = (vec!["1".to_owned()], Vec::new());
    let mut add = |text: &str, value: Value| {
        values.push(value);
        parts.push(text.replace('?', &format!("?{}", values.len())));
    };
    if let Some(after) = page.after {
        add("seq < ?", Value::Integer(i64::try_from(after).unwrap_or(i64::MAX)));
    }
    if let Some(fan) = filter.fan {
        add("fan = ?", Value::Integer(row_of(db, fan)?));
    }
    if let Some(from) = filter.from {
        add("created_at >= ?", Value::Integer(from.0));
    }
    if let Some(to) = filter.to {
        add("created_at < ?", Value::Integer(to.0));
    }
    if let Some(text) = filter.text.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        add("body LIKE ? ESCAPE '\\'", Value::Text(queries::like(text)));
    }
    if !filter.kinds.is_empty() {
        let list: Vec<_> = filter.kinds.iter().map(|kind| kind.to_number().to_string()).collect();
        parts.push(format!("kind IN ({})", list.join(", ")));
    }
    Ok((parts.join(" AND "), values))
}

/// A fan never met has no operations.
fn row_of(db: &Db, fan: FanRef) -> Result<i64, StoreError> {
    Ok(fans::find(db, fan)?.unwrap_or(-1))
}
