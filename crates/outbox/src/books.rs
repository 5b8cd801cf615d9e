//! The device's books: the ledger's port to the device's database.

use ledger::{
    FanId, FanPoints, FanState, Lot, OpId, Operation, OperationKind, PartnerId, Posted, Recorded,
    RecordedOutcome, Refusal, ReservationChange, State, StateMut, StatusPoints, Timestamp,
};
use rusqlite::{Connection as Db, OptionalExtension, params};

use crate::fans::{self, FanRow};
use crate::{StoreError, journal};

/// One view of the books: a transaction.
pub(crate) struct Books<'a> {
    pub db: &'a Db,
    /// When the program's rates were fetched: what was booked before is in what they say is left.
    pub rates_as_of: Timestamp,
}

impl Books<'_> {
    fn reversed(&self, id: OpId) -> Result<Vec<u16>, StoreError> {
        let mut statement =
            self.db.prepare_cached("SELECT item FROM reversed_item WHERE op = ?1 ORDER BY n")?;
        let items = statement.query_map([id.0], |row| row.get(0))?;
        Ok(items.collect::<Result<_, _>>()?)
    }

    fn reserved(&self, fan: FanRow, now: Timestamp) -> Result<FanPoints, StoreError> {
        let points = self
            .db
            .prepare_cached("SELECT coalesce(sum(points), 0) FROM reservation WHERE fan = ?1 AND until > ?2")?
            .query_row([fan, now.0], |row| row.get(0))?;
        Ok(FanPoints(points))
    }

    /// What a fan has set aside, and what the fan owes.
    pub(crate) fn held_back(&self, fan: FanId, now: Timestamp) -> Result<(FanPoints, FanPoints), StoreError> {
        let Some(row) = row_of(fan) else { return Ok((FanPoints(0), FanPoints(0))) };
        let owed = journal::owed(self.db, row)?.max(0);
        Ok((self.reserved(row, now)?, FanPoints(owed)))
    }

    /// The entry of an id, unless it is void.
    pub(crate) fn posted(&self, id: OpId) -> Result<Option<Recorded>, StoreError> {
        let Some(journal::Kept { digest, operation, entry }) = journal::standing(self.db, id)? else {
            return Ok(None);
        };
        let reversed = self.reversed(id)?;
        let outcome = RecordedOutcome::Posted { operation, entry, reversed };
        Ok(Some(Recorded { digest, outcome }))
    }

    /// What is known of an id that was refused for good.
    pub(crate) fn burned(&self, id: OpId) -> Result<Option<Recorded>, StoreError> {
        let burned = self.db.prepare_cached("SELECT digest, resolved FROM burned WHERE op = ?1")?.query_row(
            [id.0],
            |row| {
                let resolved: bool = row.get(1)?;
                let outcome = if resolved { RecordedOutcome::Resolved } else { RecordedOutcome::Burned };
                Ok(Recorded { digest: row.get(0)?, outcome })
            },
        );
        Ok(burned.optional()?)
    }

    fn note_reversed(&self, of: OpId, by: OpId, items: &[u16]) -> Result<(), StoreError> {
        let mut statement =
            self.db.prepare_cached("INSERT INTO reversed_item (op, item, by) VALUES (?1, ?2, ?3)")?;
        for item in items {
            statement.execute(params![of.0, item, by.0])?;
        }
        Ok(())
    }

    fn note_lots(&self, fan: FanRow, lots: &[Lot]) -> Result<(), StoreError> {
        let mut statement = self.db.prepare_cached(
            "INSERT INTO lot (fan, source, left, expires) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (fan, source) DO UPDATE SET left = excluded.left, expires = excluded.expires",
        )?;
        for lot in lots {
            statement.execute(params![fan, lot.source.0, lot.left.0, lot.expires.0])?;
        }
        Ok(())
    }

    fn note_limited(&self, posted: &Posted) -> Result<(), StoreError> {
        let mut statement = self.db.prepare_cached(
            "INSERT INTO limited_given (partner, label, op, points) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT DO UPDATE SET points = points + excluded.points",
        )?;
        for (partner, label, points) in &posted.limited {
            let label = label.as_deref().unwrap_or_default();
            statement.execute(params![partner.0, label, posted.entry.op.0, points.0])?;
        }
        Ok(())
    }

    fn note_reservation(&self, fan: FanRow, change: ReservationChange) -> Result<(), StoreError> {
        match change {
            ReservationChange::Made { id, points, until } => self
                .db
                .prepare_cached("INSERT INTO reservation (op, fan, points, until) VALUES (?1, ?2, ?3, ?4)")?
                .execute(params![id.0, fan, points.0, until.0])?,
            ReservationChange::Ended { id, .. } => {
                self.db.prepare_cached("DELETE FROM reservation WHERE op = ?1")?.execute([id.0])?
            }
        };
        Ok(())
    }
}

/// The row of a fan, if the number can be one.
fn row_of(fan: FanId) -> Option<FanRow> {
    FanRow::try_from(fan.0).ok()
}

/// Whether any fan owes something or has set something aside.
pub(crate) fn is_anything_held_back(db: &Db) -> Result<bool, StoreError> {
    Ok(db
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM reservation)
               OR EXISTS (SELECT 1 FROM journal WHERE debt <> 0 AND state <> 2)",
        )?
        .query_row([], |row| row.get(0))?)
}

/// Whether any id is refused for good.
pub(crate) fn is_anything_burned(db: &Db) -> Result<bool, StoreError> {
    Ok(db.prepare_cached("SELECT 1 FROM burned")?.exists([])?)
}

impl State for Books<'_> {
    type Error = StoreError;

    /// What the platform vouched for, with what was done here and is not in it.
    fn fan(&self, fan: FanId, now: Timestamp) -> Result<Option<FanState>, StoreError> {
        let Some((row, confirmed)) = row_of(fan).map_or(Ok(None), |row| fans::standing(self.db, row))? else {
            return Ok(None);
        };
        let (wallet, standing) = journal::unsettled(self.db, row)?;
        let (base, base_standing) = confirmed.map_or((0, 0), |c| (c.fan_points.0, c.status_points.0));
        let (reserved, receivable) = self.held_back(fan, now)?;
        // The platform may be asked for more than the device knows of; a balance is never below zero.
        Ok(Some(FanState {
            wallet: FanPoints(base.saturating_add(wallet).max(0)),
            reserved,
            receivable,
            standing: StatusPoints(base_standing.saturating_add(standing).max(0)),
        }))
    }

    fn recorded(&self, id: OpId) -> Result<Option<Recorded>, StoreError> {
        match self.posted(id)? {
            None => self.burned(id),
            posted => Ok(posted),
        }
    }

    fn limited_given(&self, partner: PartnerId, label: Option<&str>) -> Result<FanPoints, StoreError> {
        let sum = self
            .db
            .prepare_cached(
                "SELECT coalesce(sum(l.points), 0) FROM limited_given l JOIN journal j ON j.op = l.op
                 WHERE l.partner = ?1 AND l.label = ?2
                   AND (j.state = 0 OR (j.state = 1 AND j.booked_at > ?3))",
            )?
            .query_row(params![partner.0, label.unwrap_or_default(), self.rates_as_of.0], |row| row.get(0))?;
        Ok(FanPoints(sum))
    }

    fn lots(&self, fan: FanId) -> Result<Vec<Lot>, StoreError> {
        let Some(row) = row_of(fan) else { return Ok(Vec::new()) };
        let mut statement = self.db.prepare_cached(
            "SELECT source, left, expires FROM lot WHERE fan = ?1 AND left > 0 ORDER BY expires, source",
        )?;
        let lots = statement.query_map([row], |row| {
            let (source, left, expires) = (row.get(0)?, row.get(1)?, row.get(2)?);
            Ok(Lot { source: OpId(source), left: FanPoints(left), expires: Timestamp(expires) })
        })?;
        Ok(lots.collect::<Result<_, _>>()?)
    }

    fn reservation(&self, id: OpId) -> Result<Option<(FanId, FanPoints, Timestamp)>, StoreError> {
        let found = self
            .db
            .prepare_cached("SELECT fan, points, until FROM reservation WHERE op = ?1")?
            .query_row([id.0], |row| {
                let fan: i64 = row.get(0)?;
                Ok((FanId(fan.cast_unsigned()), FanPoints(row.get(1)?), Timestamp(row.get(2)?)))
            })
            .optional()?;
        Ok(found)
    }
}

impl StateMut for Books<'_> {
    fn post(&mut self, operation: &Operation, posted: &Posted) -> Result<(), StoreError> {
        debug_assert!(posted.entry.is_balanced());
        let fan = row_of(operation.fan).ok_or(StoreError::Unreadable { what: "fan" })?;
        journal::append(self.db, fan, operation, posted)?;
        self.note_lots(fan, &posted.lots)?;
        self.note_limited(posted)?;
        match (&operation.kind, posted.entry.corrects) {
            (OperationKind::Resolve { refused, .. }, _) => {
                self.db
                    .prepare_cached("UPDATE burned SET resolved = 1 WHERE op = ?1")?
                    .execute([refused.0])?;
            }
            (_, Some(of)) => self.note_reversed(of, operation.id, &posted.reversed_items)?,
            (_, None) => {}
        }
        posted.reservation.map_or(Ok(()), |change| self.note_reservation(fan, change))
    }

    fn burn(&mut self, operation: &Operation, refusal: Refusal) -> Result<(), StoreError> {
        burn(self.db, operation, refusal.code())
    }
}

/// Remembers that an id is refused for good, and why.
pub(crate) fn burn(db: &Db, operation: &Operation, code: &str) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO burned (op, digest, refusal) VALUES (?1, ?2, ?3) ON CONFLICT (op) DO NOTHING",
    )?
    .execute(params![operation.id.0, operation.digest(), code])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use ledger::conformance::check;

    use super::*;
    use crate::migrate;

    /// The books of a device that has never heard from a platform.
    struct Device(Db);

    impl Device {
        fn new(known: &[FanId]) -> Self {
            let mut db = Db::open_in_memory().unwrap();
            db.execute_batch("PRAGMA foreign_keys = ON").unwrap();
            migrate::migrate(&mut db).unwrap();
            for fan in known {
                let row = fan.0.cast_signed();
                db.execute("INSERT INTO fan (fan, user_id) VALUES (?1, ?2)", params![row, row.to_string()])
                    .unwrap();
            }
            Self(db)
        }

        fn books(&self) -> Books<'_> {
            Books { db: &self.0, rates_as_of: Timestamp(i64::MIN) }
        }
    }

    impl State for Device {
        type Error = StoreError;

        fn fan(&self, fan: FanId, now: Timestamp) -> Result<Option<FanState>, StoreError> {
            self.books().fan(fan, now)
        }

        fn recorded(&self, id: OpId) -> Result<Option<Recorded>, StoreError> {
            self.books().recorded(id)
        }

        fn limited_given(&self, partner: PartnerId, label: Option<&str>) -> Result<FanPoints, StoreError> {
            self.books().limited_given(partner, label)
        }

        fn lots(&self, fan: FanId) -> Result<Vec<Lot>, StoreError> {
            self.books().lots(fan)
        }

        fn reservation(&self, id: OpId) -> Result<Option<(FanId, FanPoints, Timestamp)>, StoreError> {
            self.books().reservation(id)
        }
    }

    impl StateMut for Device {
        fn post(&mut self, operation: &Operation, posted: &Posted) -> Result<(), StoreError> {
            self.books().post(operation, posted)
        }

        fn burn(&mut self, operation: &Operation, refusal: Refusal) -> Result<(), StoreError> {
            self.books().burn(operation, refusal)
        }
    }

    #[test]
    fn the_device_answers_as_memory_does() {
        for seed in 1..=6 {
            let report = check(seed, 1500, Device::new).unwrap_or_else(|difference| panic!("{difference}"));
            assert!(report.posted > 300, "seed {seed}: {report:?}");
        }
    }
}
