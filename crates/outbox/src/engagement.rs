//! What fans do at this device, to be told to their program: queued for those who agree, dropped when they do so no
//! more. No points depend on it here; what an event earns is the program's matter.

use fanpass::FanRef;
use ledger::Timestamp;
use rusqlite::{Connection as Db, params};
use uuid::Uuid;

use crate::fans::{self, FanRow};
use crate::{Store, StoreError};

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engagement {
    Scan,
    GatePassage,
    Redemption,
}

impl Engagement {
    const ALL: [Self; 3] = [Self::Scan, Self::GatePassage, Self::Redemption];

    /// As the program's action rules call it.
    pub fn action(self) -> &'static str {
        match self {
            Self::Scan => "scan",
            Self::GatePassage => "gate_passage",
            Self::Redemption => "redemption",
        }
    }
}

/// An event that waits to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngagementEvent {
    /// Tells it from every other one: told twice, it counts once.
    pub id: Uuid,
    pub fan: FanRef,
    pub engagement: Engagement,
    /// What it was about: a gate's rule, an operation. Opaque.
    pub object: Option<String>,
    pub at: Timestamp,
}

/// Older ones are of no use to anybody; the platform forgets its own later.
const KEPT_MS: i64 = 30 * 86_400_000;

impl Store {
    /// Queues an event where the fan is known to agree. False: nothing was queued.
    pub fn note_engagement(
        &self,
        fan: FanRef,
        engagement: Engagement,
        object: Option<String>,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let id = Uuid::now_v7();
        self.write(move |db| {
            let Some(row) = fans::find(db, fan)? else { return Ok(false) };
            db.prepare_cached("DELETE FROM engagement WHERE at < ?1")?.execute([at.0 - KEPT_MS])?;
            let queued = db
                .prepare_cached(
                    "INSERT INTO engagement (id, fan, action, object, at)
                     SELECT ?1, fan, ?3, ?4, ?5 FROM fan WHERE fan = ?2 AND consent = 1",
                )?
                .execute(params![id.as_bytes(), row, engagement.action(), object, at.0])?;
            Ok(queued > 0)
        })
    }

    /// The oldest events that wait, at most `limit`.
    pub fn engagement(&self, limit: u32) -> Result<Vec<EngagementEvent>, StoreError> {
        self.read(|db| {
            let mut statement = db.prepare_cached(
                "SELECT e.id, coalesce(f.user_id, f.pseudonym), e.action, e.object, e.at
                 FROM engagement e JOIN fan f USING (fan) ORDER BY e.n LIMIT ?1",
            )?;
            let mut rows = statement.query([limit])?;
            let mut events = Vec::new();
            while let Some(row) = rows.next()? {
                let (fan, action): (String, String) = (row.get(1)?, row.get(2)?);
                let known = Engagement::ALL.into_iter().find(|one| one.action() == action);
                events.push(EngagementEvent {
                    id: Uuid::from_bytes(row.get(0)?),
                    fan: fan.parse().map_err(|_| StoreError::Unreadable { what: "fan" })?,
                    engagement: known.ok_or(StoreError::Unreadable { what: "engagement" })?,
                    object: row.get(3)?,
                    at: Timestamp(row.get(4)?),
                });
            }
            Ok(events)
        })
    }

    /// How many events wait.
    pub fn engagement_waiting(&self) -> Result<u64, StoreError> {
        let count = "SELECT count(*) FROM engagement";
        self.read(|db| Ok(db.prepare_cached(count)?.query_row([], |row| row.get(0))?))
    }

    /// Forgets events for which the platform has answered.
    pub fn told_engagement(&self, ids: Vec<Uuid>) -> Result<(), StoreError> {
        self.write(move |db| {
            let mut gone = db.prepare_cached("DELETE FROM engagement WHERE id = ?1")?;
            ids.iter().try_for_each(|id| gone.execute([id.as_bytes()]).map(drop))?;
            Ok(())
        })
    }
}

/// Keeps whether a fan agrees. Who does so no more is not told of, whatever waited.
pub(crate) fn note_consent(db: &Db, fan: FanRow, consent: bool) -> Result<(), StoreError> {
    let changed = db
        .prepare_cached("UPDATE fan SET consent = ?2 WHERE fan = ?1 AND consent <> ?2")?
        .execute(params![fan, consent])?;
    if changed > 0 && !consent {
        db.prepare_cached("DELETE FROM engagement WHERE fan = ?1")?.execute([fan])?;
    }
    Ok(())
}

/// The events of a fan who turns out to be another one.
pub(crate) fn merge(db: &Db, keep: FanRow, drop: FanRow) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE engagement SET fan = ?1 WHERE fan = ?2")?.execute([keep, drop])?;
    db.prepare_cached(
        "UPDATE fan SET consent = max(consent, (SELECT consent FROM fan WHERE fan = ?2)) WHERE fan = ?1",
    )?
    .execute([keep, drop])?;
    Ok(())
}
