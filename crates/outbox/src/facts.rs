//! What the offline policy has to know, read in the transaction that decides.

use ledger::{FanPoints, Millis, OfflineFacts, OfflinePolicy, Timestamp, Trust};
use rusqlite::{Connection as Db, OptionalExtension, params};

use crate::{KnownFan, StoreError, clock, settings};

const HOUR_MS: i64 = 60 * 60 * 1000;
/// Redemptions that the platform could still refuse: confirmed by this device, goods handed out.
const AT_RISK: &str = "state IN (0, 1, 4) AND kind = 1 AND route = 0 AND reversed_by IS NULL";

/// The device's time: never before anything it has already seen. A clock that was set back must not
/// make an old balance young.
pub(crate) fn steady(db: &Db, now: Timestamp) -> Result<Timestamp, StoreError> {
    Ok(Timestamp(settings::number(db, settings::CLOCK_FLOOR)?.map_or(now.0, |floor| floor.max(now.0))))
}

pub(crate) fn offline_facts(
    db: &Db,
    fan: i64,
    known: &KnownFan,
    trust: Trust,
    policy: &OfflinePolicy,
    now: Timestamp,
) -> Result<OfflineFacts, StoreError> {
    let age = |since: Timestamp| Millis(now.0.saturating_sub(since.0).max(0));
    let (fan_unsynced_redemptions, fan_unsynced_points) = fan_at_risk(db, fan, i64::MIN)?;
    let jumped = clock::jumped(db)?;
    let split_from = now.0.saturating_sub(policy.split_window.0).saturating_sub(jumped);
    let (_, fan_recent_points) = fan_at_risk(db, fan, split_from)?;
    let (device_unsynced_redemptions, device_unsynced_points) = device_at_risk(db)?;
    Ok(OfflineFacts {
        trust,
        signed_balance: known.confirmed.map(|c| c.fan_points),
        balance_age: known.confirmed.map_or(Millis(0), |c| age(c.as_of)),
        pass_allowance: known.confirmed.and_then(|c| c.allowance),
        last_sync_age: last_sync(db)?.map(age),
        fan_unsynced_redemptions,
        fan_unsynced_points,
        fan_recent_points,
        device_unsynced_redemptions,
        device_unsynced_points,
        device_grants_last_hour: grants_since(db, now.0.saturating_sub(HOUR_MS).saturating_sub(jumped))?,
        manager_raised: false,
    })
}

pub(crate) fn last_sync(db: &Db) -> Result<Option<Timestamp>, StoreError> {
    Ok(settings::number(db, settings::SYNCED_AT)?.map(Timestamp))
}

fn fan_at_risk(db: &Db, fan: i64, from: i64) -> Result<(u32, FanPoints), StoreError> {
    let sql = format!(
        "SELECT count(*), -coalesce(sum(fan_points), 0) FROM operation WHERE fan = ?1 AND {AT_RISK} AND created_at > ?2"
    );
    let row = db.prepare_cached(&sql)?.query_row(params![fan, from], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok((row.0, FanPoints(row.1)))
}

/// Redemptions at risk on the whole device, and their points.
pub(crate) fn device_at_risk(db: &Db) -> Result<(u32, FanPoints), StoreError> {
    let sql = format!("SELECT count(*), -coalesce(sum(fan_points), 0) FROM operation WHERE {AT_RISK}");
    let row = db.prepare_cached(&sql)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok((row.0, FanPoints(row.1)))
}

/// Gives and awards that were decided here since `from`. One that lies in the future counts: the
/// clock was set back since.
fn grants_since(db: &Db, from: i64) -> Result<u32, StoreError> {
    Ok(db
        .prepare_cached(
            "SELECT count(*) FROM operation WHERE created_at > ?1 AND kind IN (0, 2) AND route = 0",
        )?
        .query_row([from], |row| row.get(0))
        .optional()?
        .unwrap_or(0))
}
