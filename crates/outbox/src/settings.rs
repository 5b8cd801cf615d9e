//! Names and values, none of them secret.

use std::collections::BTreeMap;

use ledger::{Limit, Timestamp};
use rusqlite::{Connection as Db, OptionalExtension};

use crate::audit::{self, Entry};
use crate::{Connection, ProgramConfig, StoreError};

/// The device's own names start with a dot, so that no caller's name meets them.
pub(crate) const CLOCK_FLOOR: &str = ".clock_floor";
pub(crate) const FEED: &str = ".feed_cursor";
pub(crate) const CLOCK_JUMP: &str = ".clock_jump";
pub(crate) const RETENTION: &str = ".retention_days";
pub(crate) const SYNCED_AT: &str = ".synced_at";
const LIMITS: &str = ".limits";
const CONNECTION: &str = ".connection";
const CONFIG: &str = ".config";

pub(crate) fn get(db: &Db, name: &str) -> Result<Option<String>, StoreError> {
    Ok(db
        .prepare_cached("SELECT value FROM setting WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?)
}

pub(crate) fn set(db: &Db, name: &str, value: &str) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO setting (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2",
    )?
    .execute([name, value])?;
    Ok(())
}

pub(crate) fn remove(db: &Db, name: &str) -> Result<(), StoreError> {
    db.prepare_cached("DELETE FROM setting WHERE name = ?1")?.execute([name])?;
    Ok(())
}

pub(crate) fn number(db: &Db, name: &str) -> Result<Option<i64>, StoreError> {
    get(db, name)?
        .map(|text| text.parse().map_err(|_| StoreError::Unreadable { what: "setting" }))
        .transpose()
}

/// The platform has answered: the clock is believed again, and the policy's age starts anew.
pub(crate) fn note_sync(db: &Db, now: Timestamp) -> Result<(), StoreError> {
    set(db, SYNCED_AT, &now.0.to_string())?;
    remove(db, CLOCK_JUMP)?;
    set(db, CLOCK_FLOOR, &now.0.to_string())
}

/// Something was decided at `now`; nothing after it may be dated before.
pub(crate) fn raise_floor(db: &Db, now: Timestamp) -> Result<(), StoreError> {
    set(db, CLOCK_FLOOR, &now.0.to_string())
}

pub(crate) fn connection(db: &Db) -> Result<Option<Connection>, StoreError> {
    read_json(get(db, CONNECTION)?, "connection")
}

/// Takes a connection. False, and nothing happens, where it leads to other books while something
/// still has to be sent: what was confirmed for one program must not reach another.
pub(crate) fn set_connection(db: &Db, new: &Connection) -> Result<bool, StoreError> {
    if let Some(old) = connection(db)? {
        let same_books = old.partner_id == new.partner_id
            && old.environment == new.environment
            && old.endpoint == new.endpoint;
        if !same_books && !forget_connection(db)? {
            return Ok(false);
        }
    }
    set(db, CONNECTION, &to_json(new)?)?;
    Ok(true)
}

pub(crate) fn config(db: &Db) -> Result<Option<ProgramConfig>, StoreError> {
    read_json(get(db, CONFIG)?, "configuration")
}

pub(crate) fn set_config(db: &Db, config: &ProgramConfig) -> Result<(), StoreError> {
    set(db, CONFIG, &to_json(config)?)
}

/// The limits that are stricter on this device than the platform wants them.
pub(crate) fn limits(db: &Db) -> Result<BTreeMap<Limit, i64>, StoreError> {
    Ok(read_json(get(db, LIMITS)?, "limits")?.unwrap_or_default())
}

/// Sets them, and writes down who did.
pub(crate) fn set_limits(
    db: &Db,
    limits: &BTreeMap<Limit, i64>,
    staff: Option<&str>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let text = to_json(limits)?;
    set(db, LIMITS, &text)?;
    let what = format!("the limits of this device were set by {}: {text}", staff.unwrap_or("nobody by name"));
    audit::append(db, &Entry::Noted { what, at: now })?;
    Ok(())
}

/// Forgets the program. False, and nothing happens, while something still has to be sent.
pub(crate) fn forget_connection(db: &Db) -> Result<bool, StoreError> {
    let open: i64 = db
        .prepare_cached("SELECT count(*) FROM operation WHERE state IN (0, 1, 4)")?
        .query_row([], |row| row.get(0))?;
    if open > 0 {
        return Ok(false);
    }
    for name in [CONNECTION, CONFIG, LIMITS, SYNCED_AT, FEED] {
        remove(db, name)?;
    }
    // What is known of fans belongs to the program that said it.
    db.execute_batch(
        "UPDATE fan SET fan_points = NULL, status_points = NULL, source = NULL, as_of = NULL, allowance = NULL;
         DELETE FROM proof",
    )?;
    Ok(true)
}

fn to_json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Unreadable { what: "setting" })
}

fn read_json<T: serde::de::DeserializeOwned>(
    text: Option<String>,
    what: &'static str,
) -> Result<Option<T>, StoreError> {
    text.map(|text| serde_json::from_str(&text).map_err(|_| StoreError::Unreadable { what })).transpose()
}
