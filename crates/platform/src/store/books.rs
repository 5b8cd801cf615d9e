//! The ledger's port to the database: one writer's view of the books of one program.

use super::fans::Fan;
use super::house::{House, HouseAccount};
use super::sql::{About, Ahead, Kind, Owned, Rows, params};
use super::{Connection, ProgramNo, Row, StoreError, Turn};
use ledger::{
    Entry, FanAccount, FanId, FanPoints, FanState, Lot, OpId, Operation, OperationKind, PartnerId, Posted,
    Recorded, RecordedOutcome, Refusal, ReservationChange, State, StateMut, StatusAccount, StatusPoints,
    Timestamp,
};

/// The books within one turn of the writer.
pub struct Books<'t> {
    connection: &'t Connection,
    house: &'t House,
    program: ProgramNo,
    /// The booking date of what is posted next, unique in this database.
    date_us: i64,
    /// What was just read of the fan, until something is posted.
    known: Option<&'t Fan>,
}

static OPERATION: Rows = Rows::insert(
    "operation",
    &[
        ("date_us", Kind::Integer),
        ("op", Kind::Bytes),
        ("digest", Kind::Bytes),
        ("corrects", Kind::Bytes),
        ("operation", Kind::Text),
        ("entry", Kind::Text),
    ],
    Some(1),
);

static BALANCES: Rows = Rows::update(
    "fan",
    &[
        ("no", Kind::Integer),
        ("wallet", Kind::Integer),
        ("receivable", Kind::Integer),
        ("standing", Kind::Integer),
    ],
);

/// What became of an operation: posted, burned, or neither.
const RECORDED: &str = "SELECT o.digest, o.operation, o.entry, b.digest, b.resolved
    FROM (SELECT 1 AS one) AS always
    LEFT JOIN operation o ON o.op = ?1 LEFT JOIN burned b ON b.op = ?1";

/// What the books are asked first about an operation.
pub fn recorded_ahead(id: OpId) -> Ahead {
    let id = Owned::Bytes(id.0.to_vec());
    Ahead { sql: RECORDED.to_owned(), values: vec![id.clone()], about: About::Value(id) }
}

impl<'t> Books<'t> {
    pub fn new(turn: &Turn<'t>, program: ProgramNo, date_us: i64) -> Self {
        Self { connection: turn.connection, house: turn.house, program, date_us, known: None }
    }

    /// Does not read again what was just read of the fan.
    #[must_use]
    pub fn knowing(self, fan: &'t Fan) -> Self {
        Self { known: Some(fan), ..self }
    }

    fn reversed(&self, id: OpId) -> Result<Vec<u16>, StoreError> {
        let sql = "SELECT item FROM reversed_item WHERE op = ?1 ORDER BY no";
        self.connection.query(sql, params![id.0], |row| row.get(0))
    }

    fn append(&self, operation: &Operation, posted: &Posted) -> Result<(), StoreError> {
        self.connection.write_row(
            &OPERATION,
            params![
                self.date_us,
                operation.id.0,
                posted.digest,
                posted.entry.corrects.map(|id| id.0),
                serde_json::to_string(operation)?,
                serde_json::to_string(&posted.entry)?,
            ],
        )?;
        if let Some(corrects) = posted.entry.corrects {
            for item in &posted.reversed_items {
                let sql = "INSERT INTO reversed_item (op, item) VALUES (?1, ?2)";
                self.connection.execute(sql, params![corrects.0, item])?;
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
        self.connection.write_row(
            &BALANCES,
            params![entry.fan.0.cast_signed(), after.wallet.0, after.receivable.0, after.standing.0],
        )?;
        for posting in &entry.fan_postings {
            let account = match posting.account {
                FanAccount::Wallet(_) | FanAccount::Receivable(_) => continue,
                FanAccount::Funding(partner) => HouseAccount::Funding(partner),
                FanAccount::Settlement(partner) => HouseAccount::Settlement(partner),
                FanAccount::Issuer => HouseAccount::Issuer,
                FanAccount::OfflineLoss => HouseAccount::OfflineLoss,
                FanAccount::Expired => HouseAccount::Expired,
            };
            self.house.add(self.program, account, posting.amount.0);
        }
        for posting in &entry.status_postings {
            match posting.account {
                StatusAccount::Standing(_) => {}
                StatusAccount::Issuer => {
                    self.house.add(self.program, HouseAccount::StatusIssuer, posting.amount.0);
                }
            }
        }
        Ok(())
    }

    fn apply_lots(&self, fan: FanId, lots: &[Lot]) -> Result<(), StoreError> {
        for lot in lots {
            self.connection.execute(
                "INSERT INTO lot (fan_no, source, points_left, expires_ms) VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (fan_no, source) DO UPDATE
                 SET points_left = excluded.points_left, expires_ms = excluded.expires_ms",
                params![fan.0.cast_signed(), lot.source.0, lot.left.0, lot.expires.0],
            )?;
        }
        Ok(())
    }

    fn apply_limited(&self, limited: &[(PartnerId, Option<String>, FanPoints)]) -> Result<(), StoreError> {
        for (partner, label, points) in limited {
            self.connection.execute(
                "INSERT INTO limited_given (partner_no, rate_label, points) VALUES (?1, ?2, ?3)
                 ON CONFLICT (partner_no, rate_label) DO UPDATE SET points = limited_given.points + excluded.points",
                params![partner.0, label.as_deref().unwrap_or(""), points.0],
            )?;
        }
        Ok(())
    }

    fn apply_reservation(&self, fan: FanId, change: ReservationChange) -> Result<(), StoreError> {
        match change {
            ReservationChange::Made { id, points, until } => self.connection.execute(
                "INSERT INTO reservation (op, fan_no, points, until_ms) VALUES (?1, ?2, ?3, ?4)",
                params![id.0, fan.0.cast_signed(), points.0, until.0],
            ),
            ReservationChange::Ended { id, .. } => {
                self.connection.execute("DELETE FROM reservation WHERE op = ?1", params![id.0])
            }
        }
    }
}

/// Points that a partner gave out with the limited rate of a label so far.
pub fn limited_given(
    connection: &Connection,
    partner: PartnerId,
    label: Option<&str>,
) -> Result<FanPoints, StoreError> {
    let points: Option<i64> = connection.query_opt(
        "SELECT points FROM limited_given WHERE partner_no = ?1 AND rate_label = ?2",
        params![partner.0, label.unwrap_or("")],
        |row| row.get(0),
    )?;
    Ok(FanPoints(points.unwrap_or(0)))
}

impl State for Books<'_> {
    type Error = StoreError;

    fn fan(&self, fan: FanId, now: Timestamp) -> Result<Option<FanState>, StoreError> {
        if let Some(known) = self.known.filter(|known| known.no == fan && known.program == self.program)
            && known.held_until.is_none_or(|end| end <= now.0)
        {
            let (wallet, reserved) = (known.wallet, FanPoints(0));
            let (receivable, standing) = (known.receivable, known.standing);
            return Ok(Some(FanState { wallet, reserved, receivable, standing }));
        }
        self.connection.query_opt(
            "SELECT wallet,
                    (SELECT coalesce(sum(points), 0) FROM reservation WHERE fan_no = fan.no AND until_ms > ?3),
                    receivable, standing
             FROM fan WHERE no = ?1 AND program_no = ?2",
            params![fan.0.cast_signed(), self.program.0, now.0],
            |row| {
                Ok(FanState {
                    wallet: FanPoints(row.get(0)?),
                    reserved: FanPoints(row.get(1)?),
                    receivable: FanPoints(row.get(2)?),
                    standing: StatusPoints(row.get(3)?),
                })
            },
        )
    }

    fn recorded(&self, id: OpId) -> Result<Option<Recorded>, StoreError> {
        type Found = (Option<([u8; 32], String, String)>, Option<([u8; 32], bool)>);
        let read = |row: &Row<'_>| -> Result<Found, StoreError> {
            let posted = match row.get::<Option<[u8; 32]>>(0)? {
                Some(digest) => Some((digest, row.get(1)?, row.get(2)?)),
                None => None,
            };
            let burned = match row.get::<Option<[u8; 32]>>(3)? {
                Some(digest) => Some((digest, row.get(4)?)),
                None => None,
            };
            Ok((posted, burned))
        };
        let (posted, burned) = self.connection.query_row(RECORDED, params![id.0], read)?;
        if let Some((digest, operation, entry)) = posted {
            let outcome = RecordedOutcome::Posted {
                operation: serde_json::from_str(&operation)?,
                entry: serde_json::from_str(&entry)?,
                reversed: self.reversed(id)?,
            };
            return Ok(Some(Recorded { digest, outcome }));
        }
        Ok(burned.map(|(digest, resolved)| {
            let outcome = if resolved { RecordedOutcome::Resolved } else { RecordedOutcome::Burned };
            Recorded { digest, outcome }
        }))
    }

    fn limited_given(&self, partner: PartnerId, label: Option<&str>) -> Result<FanPoints, StoreError> {
        limited_given(self.connection, partner, label)
    }

    fn lots(&self, fan: FanId) -> Result<Vec<Lot>, StoreError> {
        self.connection.query(
            "SELECT source, points_left, expires_ms FROM lot
             WHERE fan_no = ?1 AND points_left > 0 ORDER BY expires_ms, source",
            params![fan.0.cast_signed()],
            |row| {
                let (left, expires) = (FanPoints(row.get(1)?), Timestamp(row.get(2)?));
                Ok(Lot { source: OpId(row.get(0)?), left, expires })
            },
        )
    }

    fn reservation(&self, id: OpId) -> Result<Option<(FanId, FanPoints, Timestamp)>, StoreError> {
        self.connection.query_opt(
            "SELECT fan_no, points, until_ms FROM reservation WHERE op = ?1",
            params![id.0],
            |row| {
                let fan: i64 = row.get(0)?;
                Ok((FanId(fan.cast_unsigned()), FanPoints(row.get(1)?), Timestamp(row.get(2)?)))
            },
        )
    }
}

impl StateMut for Books<'_> {
    fn post(&mut self, operation: &Operation, posted: &Posted) -> Result<(), StoreError> {
        self.append(operation, posted)?;
        self.apply_postings(&posted.entry)?;
        self.known = None;
        self.apply_lots(operation.fan, &posted.lots)?;
        self.apply_limited(&posted.limited)?;
        if let OperationKind::Resolve { refused, .. } = &operation.kind {
            let sql = "UPDATE burned SET resolved = 1 WHERE op = ?1";
            if self.connection.execute_counted(sql, params![refused.0])? != 1 {
                return Err(StoreError::Corrupt("what was resolved is not there".to_owned()));
            }
        }
        match posted.reservation {
            Some(change) => self.apply_reservation(operation.fan, change),
            None => Ok(()),
        }
    }

    fn burn(&mut self, operation: &Operation, refusal: Refusal) -> Result<(), StoreError> {
        self.connection.execute(
            "INSERT INTO burned (op, digest, refusal, date_us) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (op) DO NOTHING",
            params![operation.id.0, operation.digest(), refusal.code(), self.date_us],
        )
    }
}

#[cfg(test)]
mod tests {
    use ledger::conformance::{Workload, check};

    use super::*;
    use crate::store::schema;
    use crate::store::testing::{ENGINES, Engine, Place};

    /// Books that book each entry a microsecond after the one before, as the writer does.
    struct Sequence {
        connection: Connection,
        house: House,
        date_us: i64,
        _place: Place,
    }

    const PROGRAM: ProgramNo = ProgramNo(1);

    impl Sequence {
        fn new(engine: Engine, fans: &[FanId]) -> Self {
            let place = engine.place();
            let connection = place.database().connect().unwrap();
            schema::migrate(&connection, place.database()).unwrap();
            if let Some(file) = connection.sqlite() {
                // Not a word about durability here: the flush after each entry would be all that this test does.
                file.pragma_update(None, "synchronous", "OFF").unwrap();
            }
            connection.begin_write().unwrap();
            let sql = "INSERT INTO program VALUES (1, 'p', 'p', '', '', '', 'chf', 1, 1, 1, NULL, '{}', 50)";
            connection.execute(sql, params![]).unwrap();
            for fan in fans {
                let no = fan.0.cast_signed();
                let sql = "INSERT INTO fan (no, program_no, fan_points_id, pseudonym, external_user_id, mail_address,
                                            created_us)
                           VALUES (?1, 1, ?1, ?1, ?2, '', 0)";
                connection.execute(sql, params![no, no.to_string()]).unwrap();
            }
            Self { connection, house: House::default(), date_us: 0, _place: place }
        }

        fn books(&self, program: ProgramNo) -> Books<'_> {
            let (connection, house, date_us) = (&self.connection, &self.house, self.date_us);
            Books { connection, house, program, date_us, known: None }
        }
    }

    impl State for Sequence {
        type Error = StoreError;

        fn fan(&self, fan: FanId, now: Timestamp) -> Result<Option<FanState>, StoreError> {
            self.books(PROGRAM).fan(fan, now)
        }

        fn recorded(&self, id: OpId) -> Result<Option<Recorded>, StoreError> {
            self.books(PROGRAM).recorded(id)
        }

        fn limited_given(&self, partner: PartnerId, label: Option<&str>) -> Result<FanPoints, StoreError> {
            self.books(PROGRAM).limited_given(partner, label)
        }

        fn lots(&self, fan: FanId) -> Result<Vec<Lot>, StoreError> {
            self.books(PROGRAM).lots(fan)
        }

        fn reservation(&self, id: OpId) -> Result<Option<(FanId, FanPoints, Timestamp)>, StoreError> {
            self.books(PROGRAM).reservation(id)
        }
    }

    impl StateMut for Sequence {
        fn post(&mut self, operation: &Operation, posted: &Posted) -> Result<(), StoreError> {
            self.date_us += 1;
            self.books(PROGRAM).post(operation, posted)
        }

        fn burn(&mut self, operation: &Operation, refusal: Refusal) -> Result<(), StoreError> {
            self.date_us += 1;
            self.books(PROGRAM).burn(operation, refusal)
        }
    }

    fn answers_as_memory_does(engine: Engine, seeds: std::ops::RangeInclusive<u64>) {
        for seed in seeds {
            let report = check(seed, 1500, |fans| Sequence::new(engine, fans)).unwrap_or_else(|difference| {
                panic!("{engine:?}: {difference}");
            });
            assert!(report.posted > 300, "seed {seed}: {report:?}");
        }
    }

    #[test]
    fn sqlite_answers_as_memory_does() {
        answers_as_memory_does(Engine::Sqlite, 1..=6);
    }

    #[test]
    fn postgres_answers_as_memory_does() {
        answers_as_memory_does(Engine::Postgres, 1..=1);
    }

    #[test]
    fn a_posting_to_a_fan_of_another_program_is_refused() {
        for engine in ENGINES {
            let workload = Workload::new(1);
            let sequence = Sequence::new(engine, workload.fans());
            let fan = workload.fans()[0];
            let now = Timestamp(0);
            assert!(sequence.books(ProgramNo(1)).fan(fan, now).unwrap().is_some());
            assert!(sequence.books(ProgramNo(2)).fan(fan, now).unwrap().is_none());
        }
    }
}
