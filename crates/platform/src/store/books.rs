//! The ledger's port to SQLite: one writer's view of the books of one program.

use ledger::{
    Entry, FanAccount, FanId, FanPoints, FanState, Lot, OpId, Operation, OperationKind, PartnerId, Posted,
    Recorded, RecordedOutcome, Refusal, ReservationChange, State, StateMut, StatusAccount, StatusPoints,
    Timestamp,
};
use rusqlite::{Connection, OptionalExtension as _, params};

use super::{ProgramNo, StoreError};

/// The books within one turn of the writer.
pub struct Books<'t> {
    connection: &'t Connection,
    program: ProgramNo,
    /// The booking date of what is posted next, unique in this database.
    date_us: i64,
}

impl<'t> Books<'t> {
    pub fn new(connection: &'t Connection, program: ProgramNo, date_us: i64) -> Self {
        Self { connection, program, date_us }
    }

    fn reversed(&self, id: OpId) -> Result<Vec<u16>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT item FROM reversed_item WHERE op = ?1 ORDER BY no")?;
        let items = statement.query_map([id.0], |row| row.get(0))?;
        Ok(items.collect::<Result<_, _>>()?)
    }

    fn append(&self, operation: &Operation, posted: &Posted) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "INSERT INTO operation (date_us, op, digest, corrects, operation, entry) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                self.date_us,
                operation.id.0,
                posted.digest,
                posted.entry.corrects.map(|id| id.0),
                serde_json::to_string(operation)?,
                serde_json::to_string(&posted.entry)?,
            ])?;
        if let Some(corrects) = posted.entry.corrects {
            let mut statement =
                self.connection.prepare_cached("INSERT INTO reversed_item (op, item) VALUES (?1, ?2)")?;
            for item in &posted.reversed_items {
                statement.execute(params![corrects.0, item])?;
            }
        }
        Ok(())
    }

    fn apply_postings(&self, entry: &Entry) -> Result<(), StoreError> {
        let before = self
            .fan(entry.fan, entry.at)?
            .ok_or_else(|| StoreError::Corrupt(format!("a posting to no fan ({})", entry.fan.0)))?;
        let after = before.after(entry).map_err(|refusal| {
            StoreError::Corrupt(format!("an entry that does not apply ({})", refusal.code()))
        })?;
        self.connection
            .prepare_cached("UPDATE fan SET wallet = ?2, receivable = ?3, standing = ?4 WHERE no = ?1")?
            .execute(params![
                entry.fan.0.cast_signed(),
                after.wallet.0,
                after.receivable.0,
                after.standing.0
            ])?;
        for posting in &entry.fan_postings {
            let amount = posting.amount.0;
            match posting.account {
                FanAccount::Wallet(_) | FanAccount::Receivable(_) => {}
                FanAccount::Funding(partner) => {
                    self.add_to_house("fan_points", "funding", partner.0, amount)?;
                }
                FanAccount::Settlement(partner) => {
                    self.add_to_house("fan_points", "settlement", partner.0, amount)?;
                }
                FanAccount::Issuer => self.add_to_house("fan_points", "issuer", 0, amount)?,
                FanAccount::OfflineLoss => self.add_to_house("fan_points", "offline_loss", 0, amount)?,
                FanAccount::Expired => self.add_to_house("fan_points", "expired", 0, amount)?,
            }
        }
        for posting in &entry.status_postings {
            match posting.account {
                StatusAccount::Standing(_) => {}
                StatusAccount::Issuer => self.add_to_house("status_points", "issuer", 0, posting.amount.0)?,
            }
        }
        Ok(())
    }

    fn add_to_house(&self, book: &str, account: &str, owner: u32, amount: i64) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "INSERT INTO house_account (program_no, book, account, owner, amount) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (program_no, book, account, owner) DO UPDATE SET amount = amount + excluded.amount",
            )?
            .execute(params![self.program.0, book, account, owner, amount])?;
        Ok(())
    }

    fn apply_lots(&self, fan: FanId, lots: &[Lot]) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO lot (fan_no, source, points_left, expires_ms) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (fan_no, source) DO UPDATE
             SET points_left = excluded.points_left, expires_ms = excluded.expires_ms",
        )?;
        for lot in lots {
            statement.execute(params![fan.0.cast_signed(), lot.source.0, lot.left.0, lot.expires.0])?;
        }
        Ok(())
    }

    fn apply_limited(&self, limited: &[(PartnerId, Option<String>, FanPoints)]) -> Result<(), StoreError> {
        let mut statement = self.connection.prepare_cached(
            "INSERT INTO limited_given (partner_no, rate_label, points) VALUES (?1, ?2, ?3)
             ON CONFLICT (partner_no, rate_label) DO UPDATE SET points = points + excluded.points",
        )?;
        for (partner, label, points) in limited {
            statement.execute(params![partner.0, label.as_deref().unwrap_or(""), points.0])?;
        }
        Ok(())
    }

    fn apply_reservation(&self, fan: FanId, change: ReservationChange) -> Result<(), StoreError> {
        match change {
            ReservationChange::Made { id, points, until } => self
                .connection
                .prepare_cached(
                    "INSERT INTO reservation (op, fan_no, points, until_ms) VALUES (?1, ?2, ?3, ?4)",
                )?
                .execute(params![id.0, fan.0.cast_signed(), points.0, until.0])?,
            ReservationChange::Ended { id, .. } => {
                self.connection.prepare_cached("DELETE FROM reservation WHERE op = ?1")?.execute([id.0])?
            }
        };
        Ok(())
    }
}

/// Points that a partner gave out with the limited rate of a label so far.
pub fn limited_given(
    connection: &Connection,
    partner: PartnerId,
    label: Option<&str>,
) -> Result<FanPoints, StoreError> {
    let points: Option<i64> = connection
        .prepare_cached("SELECT points FROM limited_given WHERE partner_no = ?1 AND rate_label = ?2")?
        .query_row(params![partner.0, label.unwrap_or("")], |row| row.get(0))
        .optional()?;
    Ok(FanPoints(points.unwrap_or(0)))
}

impl State for Books<'_> {
    type Error = StoreError;

    fn fan(&self, fan: FanId, now: Timestamp) -> Result<Option<FanState>, StoreError> {
        let state = self
            .connection
            .prepare_cached(
                "SELECT wallet,
                        (SELECT coalesce(sum(points), 0) FROM reservation WHERE fan_no = fan.no AND until_ms > ?3),
                        receivable, standing
                 FROM fan WHERE no = ?1 AND program_no = ?2",
            )?
            .query_row(params![fan.0.cast_signed(), self.program.0, now.0], |row| {
                Ok(FanState {
                    wallet: FanPoints(row.get(0)?),
                    reserved: FanPoints(row.get(1)?),
                    receivable: FanPoints(row.get(2)?),
                    standing: StatusPoints(row.get(3)?),
                })
            })
            .optional()?;
        Ok(state)
    }

    fn recorded(&self, id: OpId) -> Result<Option<Recorded>, StoreError> {
        let posted: Option<([u8; 32], String, String)> = self
            .connection
            .prepare_cached("SELECT digest, operation, entry FROM operation WHERE op = ?1")?
            .query_row([id.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?;
        if let Some((digest, operation, entry)) = posted {
            let outcome = RecordedOutcome::Posted {
                operation: serde_json::from_str(&operation)?,
                entry: serde_json::from_str(&entry)?,
                reversed: self.reversed(id)?,
            };
            return Ok(Some(Recorded { digest, outcome }));
        }
        let burned = self
            .connection
            .prepare_cached("SELECT digest, resolved FROM burned WHERE op = ?1")?
            .query_row([id.0], |row| {
                let resolved: bool = row.get(1)?;
                let outcome = if resolved { RecordedOutcome::Resolved } else { RecordedOutcome::Burned };
                Ok(Recorded { digest: row.get(0)?, outcome })
            })
            .optional()?;
        Ok(burned)
    }

    fn limited_given(&self, partner: PartnerId, label: Option<&str>) -> Result<FanPoints, StoreError> {
        limited_given(self.connection, partner, label)
    }

    fn lots(&self, fan: FanId) -> Result<Vec<Lot>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT source, points_left, expires_ms FROM lot
             WHERE fan_no = ?1 AND points_left > 0 ORDER BY expires_ms, source",
        )?;
        let lots = statement.query_map([fan.0.cast_signed()], |row| {
            Ok(Lot {
                source: OpId(row.get(0)?),
                left: FanPoints(row.get(1)?),
                expires: Timestamp(row.get(2)?),
            })
        })?;
        Ok(lots.collect::<Result<_, _>>()?)
    }

    fn reservation(&self, id: OpId) -> Result<Option<(FanId, FanPoints, Timestamp)>, StoreError> {
        let found = self
            .connection
            .prepare_cached("SELECT fan_no, points, until_ms FROM reservation WHERE op = ?1")?
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
        self.append(operation, posted)?;
        self.apply_postings(&posted.entry)?;
        self.apply_lots(operation.fan, &posted.lots)?;
        self.apply_limited(&posted.limited)?;
        if let OperationKind::Resolve { refused, .. } = &operation.kind {
            self.connection
                .prepare_cached("UPDATE burned SET resolved = 1 WHERE op = ?1")?
                .execute([refused.0])?;
        }
        match posted.reservation {
            Some(change) => self.apply_reservation(operation.fan, change),
            None => Ok(()),
        }
    }

    fn burn(&mut self, operation: &Operation, refusal: Refusal) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "INSERT INTO burned (op, digest, refusal, date_us) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (op) DO NOTHING",
            )?
            .execute(params![operation.id.0, operation.digest(), refusal.code(), self.date_us])?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use ledger::conformance::{Workload, check};
    use rusqlite::params;

    use super::*;
    use crate::store::{connect, migrate};

    /// Books that book each entry a microsecond after the one before, as the writer does.
    struct Sequence {
        connection: Connection,
        date_us: i64,
    }

    const PROGRAM: ProgramNo = ProgramNo(1);

    impl Sequence {
        fn new(dir: &tempfile::TempDir, fans: &[FanId]) -> Self {
            let mut connection = connect(&dir.path().join("books.sqlite3")).unwrap();
            migrate(&mut connection).unwrap();
            // Not a word about durability here: the flush after each entry would be all that this test does.
            connection.pragma_update(None, "synchronous", "OFF").unwrap();
            connection
                .execute(
                    "INSERT INTO program VALUES (1, 'p', 'p', '', '', '', 'chf', 1, 1, 1, NULL, '{}', 50)",
                    [],
                )
                .unwrap();
            for fan in fans {
                let no = fan.0.cast_signed();
                connection
                    .execute(
                        "INSERT INTO fan (no, program_no, fan_points_id, pseudonym, external_user_id, mail_address,
                                          created_us)
                         VALUES (?1, 1, ?1, ?1, ?2, '', 0)",
                        params![no, no.to_string()],
                    )
                    .unwrap();
            }
            Self { connection, date_us: 0 }
        }

        fn books(&self) -> Books<'_> {
            Books::new(&self.connection, PROGRAM, self.date_us)
        }
    }

    impl State for Sequence {
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

    impl StateMut for Sequence {
        fn post(&mut self, operation: &Operation, posted: &Posted) -> Result<(), StoreError> {
            self.date_us += 1;
            self.books().post(operation, posted)
        }

        fn burn(&mut self, operation: &Operation, refusal: Refusal) -> Result<(), StoreError> {
            self.date_us += 1;
            self.books().burn(operation, refusal)
        }
    }

    #[test]
    fn sqlite_answers_as_memory_does() {
        for seed in 1..=6 {
            let dir = tempfile::TempDir::new().unwrap();
            let report = check(seed, 1500, |fans| Sequence::new(&dir, fans)).unwrap_or_else(|difference| {
                panic!("{difference}");
            });
            assert!(report.posted > 300, "seed {seed}: {report:?}");
        }
    }

    #[test]
    fn a_posting_to_a_fan_of_another_program_is_refused() {
        let dir = tempfile::TempDir::new().unwrap();
        let workload = Workload::new(1);
        let books = Sequence::new(&dir, workload.fans());
        let fan = workload.fans()[0];
        let now = Timestamp(0);
        assert!(Books::new(&books.connection, ProgramNo(1), 1).fan(fan, now).unwrap().is_some());
        assert!(Books::new(&books.connection, ProgramNo(2), 1).fan(fan, now).unwrap().is_none());
    }
}
