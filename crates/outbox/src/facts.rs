//! What the offline policy has to know, read in the transaction that decides.

use ledger::mutant::skipped;
use ledger::{FanPoints, Millis, OfflineFacts, OfflinePolicy, Timestamp, Trust};
use rusqlite::{Connection as Db, params};

use crate::intake::Fresh;
use crate::{KnownFan, StoreError, books, clock, settings};

const HOUR_MS: i64 = 60 * 60 * 1000;
/// Redemptions that the platform could still refuse: confirmed by this device, goods handed out.
const AT_RISK: &str = "state IN (0, 1, 4) AND kind = 1 AND route = 0 AND reversed_by IS NULL";

/// The device's time: never before anything it has already seen. A clock that was set back must not
/// make an old balance young.
pub(crate) fn steady(db: &Db, now: Timestamp) -> Result<Timestamp, StoreError> {
    Ok(not_before(settings::floor(db)?, now))
}

fn not_before(floor: Option<Timestamp>, now: Timestamp) -> Timestamp {
    if skipped("clock-never-back") { now } else { floor.map_or(now, |floor| floor.max(now)) }
}

/// What the tables say of the whole device: read once for many decisions.
#[derive(Default)]
pub(crate) struct Tables {
    device: Option<Device>,
    grants: Option<Grants>,
}

#[derive(Clone, Copy)]
pub(crate) struct Device {
    floor: Option<Timestamp>,
    last_sync: Option<Timestamp>,
    slack: i64,
    /// At risk.
    redemptions: u32,
    points: FanPoints,
    /// Some fan owes something or has set something aside.
    pub holds_back: bool,
    /// Some id is refused for good.
    pub has_burned: bool,
}

/// When something was given or awarded, in order; nothing is missing of what is later than `from`.
struct Grants {
    from: i64,
    at: Vec<i64>,
}

impl Tables {
    pub(crate) fn device(&mut self, db: &Db) -> Result<Device, StoreError> {
        if let Some(known) = self.device {
            return Ok(known);
        }
        let (redemptions, points) = device_at_risk(db)?;
        let device = Device {
            floor: settings::floor(db)?,
            last_sync: last_sync(db)?,
            slack: clock::slack(db)?,
            redemptions,
            points,
            holds_back: books::is_anything_held_back(db)?,
            has_burned: books::is_anything_burned(db)?,
        };
        self.device = Some(device);
        Ok(device)
    }

    /// The device has seen this time.
    pub(crate) fn has_seen(&mut self, time: Timestamp) {
        if let Some(device) = &mut self.device {
            device.floor = device.floor.max(Some(time));
        }
    }

    /// Gives and awards that were decided here since `from`. One that lies in the future counts: the
    /// clock was set back since.
    fn grants_since(&mut self, db: &Db, from: i64) -> Result<u32, StoreError> {
        let grants = match self.grants.take() {
            Some(known) if known.from <= from => known,
            _ => Grants { from, at: grants_since(db, from)? },
        };
        let since = grants.at.len().saturating_sub(grants.at.partition_point(|at| *at <= from));
        self.grants = Some(grants);
        Ok(u32::try_from(since).unwrap_or(u32::MAX))
    }
}

/// The device's time for the next decision.
pub(crate) fn steady_for(db: &Db, fresh: &mut Fresh, now: Timestamp) -> Result<Timestamp, StoreError> {
    let floor = fresh.tables().device(db)?.floor;
    Ok(not_before(floor.max(fresh.newest()), now))
}

pub(crate) fn offline_facts(
    db: &Db,
    fresh: &mut Fresh,
    (fan, known): (i64, &KnownFan),
    trust: Trust,
    policy: &OfflinePolicy,
    now: Timestamp,
) -> Result<OfflineFacts, StoreError> {
    let age = |since: Timestamp| Millis(now.0.saturating_sub(since.0).max(0));
    let device = fresh.tables().device(db)?;
    let split_from = now.0.saturating_sub(policy.split_window.0).saturating_sub(device.slack);
    let hour_from = now.0.saturating_sub(HOUR_MS).saturating_sub(device.slack);
    let of_fan = match device.redemptions {
        0 => (0, FanPoints(0), FanPoints(0)),
        _ => fan_at_risk(db, fan, split_from)?,
    };
    let (fresh_of_fan, fresh_points_of_fan) = fresh.at_risk(Some(fan), i64::MIN);
    let (fresh_of_device, fresh_points_of_device) = fresh.at_risk(None, i64::MIN);
    let (_, fresh_recent) = fresh.at_risk(Some(fan), split_from);
    let grants = fresh.tables().grants_since(db, hour_from)?.saturating_add(fresh.grants_since(hour_from));
    let sum = |points: FanPoints, more: i64| FanPoints(points.0.saturating_add(more));
    Ok(OfflineFacts {
        trust,
        signed_balance: known.confirmed.map(|c| c.fan_points),
        balance_age: known.confirmed.map_or(Millis(0), |c| age(c.as_of)),
        pass_allowance: known.confirmed.and_then(|c| c.allowance),
        last_sync_age: device.last_sync.map(age),
        fan_unsynced_redemptions: of_fan.0.saturating_add(fresh_of_fan),
        fan_unsynced_points: sum(of_fan.1, fresh_points_of_fan),
        fan_recent_points: sum(of_fan.2, fresh_recent),
        device_unsynced_redemptions: device.redemptions.saturating_add(fresh_of_device),
        device_unsynced_points: sum(device.points, fresh_points_of_device),
        device_grants_last_hour: grants,
        manager_raised: false,
    })
}

pub(crate) fn last_sync(db: &Db) -> Result<Option<Timestamp>, StoreError> {
    Ok(settings::number(db, settings::SYNCED_AT)?.map(Timestamp))
}

/// Redemptions of a fan at risk, their points, and the points of those since `recent`.
fn fan_at_risk(db: &Db, fan: i64, recent: i64) -> Result<(u32, FanPoints, FanPoints), StoreError> {
    let sql = format!(
        "SELECT count(*), -coalesce(sum(fan_points), 0),
           -coalesce(sum(fan_points) FILTER (WHERE created_at > ?2), 0)
         FROM operation WHERE fan = ?1 AND {AT_RISK}"
    );
    let row = db
        .prepare_cached(&sql)?
        .query_row(params![fan, recent], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok((row.0, FanPoints(row.1), FanPoints(row.2)))
}

/// Redemptions at risk on the whole device, and their points.
pub(crate) fn device_at_risk(db: &Db) -> Result<(u32, FanPoints), StoreError> {
    let sql = format!("SELECT count(*), -coalesce(sum(fan_points), 0) FROM operation WHERE {AT_RISK}");
    let row = db.prepare_cached(&sql)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok((row.0, FanPoints(row.1)))
}

/// When gives and awards were decided here since `from`, in order.
fn grants_since(db: &Db, from: i64) -> Result<Vec<i64>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT created_at FROM operation INDEXED BY operation_grants
         WHERE created_at > ?1 AND kind IN (0, 2) AND route = 0 ORDER BY created_at",
    )?;
    let at = statement.query_map([from], |row| row.get(0))?;
    Ok(at.collect::<Result<_, _>>()?)
}
