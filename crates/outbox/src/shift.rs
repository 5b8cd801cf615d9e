//! Shifts: from a count to a report whose sums are those of the journal and whose root is that of the audit chain.
//!
//! A shift is a span of the device's own numbers, not of the clock's: what was decided in it, is in it. Closing sums,
//! hashes and writes in one transaction, so that no operation falls between two shifts.

use std::collections::BTreeMap;

use ledger::audit::merkle_root;
use ledger::{FanPoints, Timestamp};
use rusqlite::{Connection as Db, OptionalExtension, Row, params};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::decision::Program;
use crate::sums::{self, PersonSums, RateSums, Span};
use crate::{Connection, Store, StoreError, Totals, audit, commit, facts, load, queries, settings};

/// A thing that was counted: vouchers in the drawer, scarves on the shelf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    pub title: String,
    pub number: i64,
}

/// Who takes a shift over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taker {
    /// As operations carry it; None where the device knows no people.
    pub staff: Option<String>,
    pub name: String,
}

/// Somebody had the shift from `at` on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Watch {
    pub staff: Option<String>,
    pub name: String,
    pub at: Timestamp,
    /// What there was at that moment.
    pub counted: Vec<Counted>,
}

/// A shift that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenShift {
    pub id: Uuid,
    pub opened_at: Timestamp,
    /// The last one has it now.
    pub watches: Vec<Watch>,
    pub sums: ShiftSums,
}

/// What a shift comes to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ShiftSums {
    pub totals: Totals,
    pub people: Vec<PersonSums>,
    pub rates: Vec<RateSums>,
    pub waiting: Waiting,
    /// What the platform could still refuse of all that this device has confirmed, in points, and the cap.
    pub exposure: FanPoints,
    pub exposure_cap: FanPoints,
}

/// What of a shift the platform has not decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Waiting {
    /// Still to be sent or answered.
    pub operations: u64,
    /// For a person to look at.
    pub held: u64,
    /// Points that these would give, and take.
    pub gives: FanPoints,
    pub redeems: FanPoints,
}

/// The part of the audit chain that a shift is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShiftAudit {
    /// Numbers of entries, both included.
    pub first: u64,
    pub last: u64,
    /// The Merkle root over their bytes, in hexadecimal, and its short code.
    pub root: String,
    pub code: String,
}

/// The report of a closed shift: what is printed, exported, and kept by the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShiftReport {
    /// Of this form of report.
    pub version: u32,
    pub id: Uuid,
    pub partner_id: String,
    pub environment: String,
    pub device: String,
    pub currency: String,
    pub opened_at: Timestamp,
    pub closed_at: Timestamp,
    pub watches: Vec<Watch>,
    pub closed_by: String,
    pub closed_by_staff: Option<String>,
    /// How the people of the sums are called, by what operations carry.
    #[serde(default)]
    pub names: BTreeMap<String, String>,
    /// What there was at the end.
    pub counted: Vec<Counted>,
    pub sums: ShiftSums,
    pub audit: ShiftAudit,
}

/// How far a report has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    Owed,
    Delivered,
    /// The platform does not take it.
    Refused,
}

impl Delivery {
    const ALL: [(i64, Self); 3] = [(0, Self::Owed), (1, Self::Delivered), (2, Self::Refused)];

    fn from_number(number: i64) -> Result<Self, StoreError> {
        let known = Self::ALL.into_iter().find(|(n, _)| *n == number);
        known.map(|(_, delivery)| delivery).ok_or(StoreError::Unreadable { what: "delivery" })
    }

    fn to_number(self) -> i64 {
        Self::ALL.into_iter().find(|(_, one)| *one == self).map_or(0, |(n, _)| n)
    }
}

/// A closed shift.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClosedShift {
    /// Rises from shift to shift.
    pub number: i64,
    pub report: ShiftReport,
    pub delivery: Delivery,
}

/// Why a shift can not be opened, handed over or closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ShiftRefusal {
    /// The device belongs to no partner.
    NotConnected,
    AlreadyOpen,
    NoneOpen,
    /// The one who has it takes it over.
    SamePerson,
}

const VERSION: u32 = 1;

fn account(connection: &Connection) -> String {
    format!("{} {} {}", connection.endpoint, connection.environment, connection.partner_id)
}

fn next_audit(db: &Db) -> Result<i64, StoreError> {
    Ok(i64::try_from(audit::head(db)?.entries).unwrap_or(i64::MAX).saturating_add(1))
}

/// What the table says of the open shift.
struct Begun {
    n: i64,
    id: Uuid,
    opened_at: Timestamp,
    first_seq: i64,
    first_audit: i64,
}

fn begun(db: &Db) -> Result<Option<Begun>, StoreError> {
    let row = db
        .prepare_cached(
            "SELECT n, id, opened_at, first_seq, first_audit FROM shift INDEXED BY shift_open
             WHERE closed_at IS NULL",
        )?
        .query_row([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?)))
        .optional()?;
    row.map(|(n, id, opened_at, first_seq, first_audit)| {
        Ok(Begun { n, id: load::id(id)?, opened_at: Timestamp(opened_at), first_seq, first_audit })
    })
    .transpose()
}

fn watches(db: &Db, shift: i64) -> Result<Vec<Watch>, StoreError> {
    let mut statement =
        db.prepare_cached("SELECT staff, name, at, counted FROM shift_watch WHERE shift = ?1 ORDER BY n")?;
    let mut rows = statement.query([shift])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(Watch {
            staff: row.get(0)?,
            name: row.get(1)?,
            at: Timestamp(row.get(2)?),
            counted: from_json(&row.get::<_, String>(3)?)?,
        });
    }
    Ok(found)
}

fn add_watch(
    db: &Db,
    shift: i64,
    taker: &Taker,
    counted: &[Counted],
    at: Timestamp,
) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO shift_watch (shift, n, staff, name, at, counted)
         SELECT ?1, count(*), ?2, ?3, ?4, ?5 FROM shift_watch WHERE shift = ?1",
    )?
    .execute(params![shift, taker.staff, taker.name, at.0, to_json(&counted)?])?;
    Ok(())
}

fn open(
    db: &Db,
    id: Uuid,
    taker: &Taker,
    counted: &[Counted],
    now: Timestamp,
) -> Result<Result<(), ShiftRefusal>, StoreError> {
    let Some(connection) = settings::connection(db)? else { return Ok(Err(ShiftRefusal::NotConnected)) };
    if begun(db)?.is_some() {
        return Ok(Err(ShiftRefusal::AlreadyOpen));
    }
    let at = facts::steady(db, now)?;
    let first_seq: i64 = db.prepare_cached(commit::NEXT_SEQ)?.query_row([], |row| row.get(0))?;
    let first_audit = next_audit(db)?;
    audit::append(db, &audit::Entry::Noted { what: format!("shift {id} was opened"), at })?;
    db.prepare_cached(
        "INSERT INTO shift (id, account, opened_at, first_seq, first_audit) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute(params![id.as_bytes().as_slice(), account(&connection), at.0, first_seq, first_audit])?;
    add_watch(db, db.last_insert_rowid(), taker, counted, at)?;
    Ok(Ok(()))
}

fn hand_over(
    db: &Db,
    taker: &Taker,
    counted: &[Counted],
    now: Timestamp,
) -> Result<Result<(), ShiftRefusal>, StoreError> {
    let Some(begun) = begun(db)? else { return Ok(Err(ShiftRefusal::NoneOpen)) };
    let is_same = |last: &Watch| match (&last.staff, &taker.staff) {
        (Some(had), Some(takes)) => had == takes,
        _ => last.name == taker.name,
    };
    if watches(db, begun.n)?.last().is_some_and(is_same) {
        return Ok(Err(ShiftRefusal::SamePerson));
    }
    let at = facts::steady(db, now)?;
    audit::append(db, &audit::Entry::Noted { what: format!("shift {} was handed over", begun.id), at })?;
    add_watch(db, begun.n, taker, counted, at)?;
    Ok(Ok(()))
}

/// What the shift comes to now.
fn sums(db: &Db, first_seq: i64, program: Option<&Program>) -> Result<ShiftSums, StoreError> {
    let span = Span::Numbers { from: first_seq, to: i64::MAX };
    let people = sums::people(db, span)?;
    let mut totals = Totals::default();
    for person in &people {
        totals.join(&person.totals);
    }
    let exposure = queries::exposure(db, program)?;
    Ok(ShiftSums {
        totals,
        people,
        rates: sums::rates(db, span)?,
        waiting: waiting(db, first_seq)?,
        exposure: exposure.points,
        exposure_cap: exposure.cap,
    })
}

fn waiting(db: &Db, first_seq: i64) -> Result<Waiting, StoreError> {
    let row = db
        .prepare_cached(
            "SELECT coalesce(sum(state <> 4), 0), coalesce(sum(state = 4), 0),
           coalesce(sum(max(fan_points, 0)), 0), coalesce(sum(max(-fan_points, 0)), 0)
         FROM operation WHERE listed = 1 AND seq >= ?1 AND state IN (0, 1, 4)",
        )?
        .query_row([first_seq], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)))?;
    Ok(Waiting {
        operations: queries::count(row.0),
        held: queries::count(row.1),
        gives: FanPoints(row.2),
        redeems: FanPoints(row.3),
    })
}

/// The root over the entries from `first` to `last`, both included; None where some are not there.
fn root(db: &Db, first: i64, last: i64) -> Result<Option<ledger::audit::MerkleRoot>, StoreError> {
    let mut statement = db.prepare_cached("SELECT body FROM audit WHERE n >= ?1 AND n <= ?2 ORDER BY n")?;
    let bodies =
        statement.query_map([first, last], |row| row.get(0))?.collect::<Result<Vec<Vec<u8>>, _>>()?;
    let all = i64::try_from(bodies.len()).is_ok_and(|found| found == last.saturating_sub(first) + 1);
    Ok(all.then(|| merkle_root(bodies)))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Who closes, where, and what is left.
#[derive(Clone, Debug)]
pub struct Closer {
    pub by: Taker,
    pub device: String,
    pub counted: Vec<Counted>,
    /// How people are called, by what operations carry.
    pub names: BTreeMap<String, String>,
}

fn close(
    db: &Db,
    closer: &Closer,
    now: Timestamp,
    program: Option<&Program>,
) -> Result<Result<ShiftReport, ShiftRefusal>, StoreError> {
    let Some(begun) = begun(db)? else { return Ok(Err(ShiftRefusal::NoneOpen)) };
    let connection = settings::connection(db)?;
    let (Some(connection), Some(program)) = (connection, program) else {
        return Ok(Err(ShiftRefusal::NotConnected));
    };
    let last = next_audit(db)?.saturating_sub(1);
    let root = root(db, begun.first_audit, last)?.ok_or(StoreError::Unreadable { what: "audit chain" })?;
    let at = facts::steady(db, now)?;
    let sums = sums(db, begun.first_seq, Some(program))?;
    let in_sums = |staff: &String| sums.people.iter().any(|one| one.staff.as_ref() == Some(staff));
    let report = ShiftReport {
        version: VERSION,
        id: begun.id,
        partner_id: connection.partner_id.clone(),
        environment: connection.environment.to_string(),
        device: closer.device.clone(),
        currency: program.config.currency.to_string(),
        opened_at: begun.opened_at,
        closed_at: at,
        watches: watches(db, begun.n)?,
        closed_by: closer.by.name.clone(),
        closed_by_staff: closer.by.staff.clone(),
        names: closer.names.clone().into_iter().filter(|(staff, _)| in_sums(staff)).collect(),
        counted: closer.counted.clone(),
        sums,
        audit: ShiftAudit {
            first: queries::count(begun.first_audit),
            last: queries::count(last),
            root: hex(&root.0),
            code: root.short_code(),
        },
    };
    let what = format!("shift {} was closed, Merkle root {}", report.id, report.audit.root);
    audit::append(db, &audit::Entry::Noted { what, at })?;
    db.prepare_cached("UPDATE shift SET closed_at = ?2, report = ?3 WHERE n = ?1")?.execute(params![
        begun.n,
        at.0,
        to_json(&report)?
    ])?;
    Ok(Ok(report))
}

const CLOSED: &str = "SELECT n, report, delivery FROM shift WHERE closed_at IS NOT NULL";

fn read(row: &Row<'_>) -> Result<ClosedShift, StoreError> {
    Ok(ClosedShift {
        number: row.get(0)?,
        report: from_json(&row.get::<_, String>(1)?)?,
        delivery: Delivery::from_number(row.get(2)?)?,
    })
}

fn closed(db: &Db, before: i64, limit: u32) -> Result<Vec<ClosedShift>, StoreError> {
    let mut statement = db.prepare_cached(&format!("{CLOSED} AND n < ?1 ORDER BY n DESC LIMIT ?2"))?;
    let mut rows = statement.query(params![before, limit])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(read(row)?);
    }
    Ok(found)
}

fn find(db: &Db, id: Uuid) -> Result<Option<ClosedShift>, StoreError> {
    let mut statement = db.prepare_cached(&format!("{CLOSED} AND id = ?1"))?;
    let mut rows = statement.query([id.as_bytes().as_slice()])?;
    rows.next()?.map(read).transpose()
}

fn owed(db: &Db) -> Result<Option<ClosedShift>, StoreError> {
    let Some(connection) = settings::connection(db)? else { return Ok(None) };
    let mut statement =
        db.prepare_cached(&format!("{CLOSED} AND delivery = 0 AND account = ?1 ORDER BY n LIMIT 1"))?;
    let mut rows = statement.query([account(&connection)])?;
    rows.next()?.map(read).transpose()
}

fn holds(db: &Db, report: &ShiftReport) -> Result<bool, StoreError> {
    let n = |number: u64| i64::try_from(number).unwrap_or(i64::MAX);
    let root = root(db, n(report.audit.first), n(report.audit.last))?;
    Ok(root.is_some_and(|root| hex(&root.0) == report.audit.root))
}

fn to_json<T: Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|_| StoreError::Unreadable { what: "shift" })
}

fn from_json<T: DeserializeOwned>(text: &str) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| StoreError::Unreadable { what: "shift" })
}

/// Shifts. Each fails where the database can not be read or written.
impl Store {
    /// Opens a shift under a new id.
    ///
    /// # Errors
    /// See [`StoreError`]; nothing has changed then. So for all that follow.
    pub fn open_shift(
        &self,
        id: Uuid,
        taker: Taker,
        counted: Vec<Counted>,
        now: Timestamp,
    ) -> Result<Result<(), ShiftRefusal>, StoreError> {
        self.write(move |db| open(db, id, &taker, &counted, now))
    }

    /// Somebody else has the shift from now on.
    pub fn hand_over_shift(
        &self,
        taker: Taker,
        counted: Vec<Counted>,
        now: Timestamp,
    ) -> Result<Result<(), ShiftRefusal>, StoreError> {
        self.write(move |db| hand_over(db, &taker, &counted, now))
    }

    /// The shift that is under way, with its sums as of now.
    pub fn shift(&self) -> Result<Option<OpenShift>, StoreError> {
        let program = self.program();
        self.read(|db| {
            let Some(begun) = begun(db)? else { return Ok(None) };
            Ok(Some(OpenShift {
                id: begun.id,
                opened_at: begun.opened_at,
                watches: watches(db, begun.n)?,
                sums: sums(db, begun.first_seq, program.as_deref())?,
            }))
        })
    }

    /// Closes the shift: sums, Merkle root and report, in one step.
    pub fn close_shift(
        &self,
        closer: Closer,
        now: Timestamp,
    ) -> Result<Result<ShiftReport, ShiftRefusal>, StoreError> {
        let program = self.program();
        self.write(move |db| close(db, &closer, now, program.as_deref()))
    }

    /// Closed shifts, the last one first; of those before the shift `before`, where it is given.
    pub fn closed_shifts(&self, before: Option<i64>, limit: u32) -> Result<Vec<ClosedShift>, StoreError> {
        self.read(|db| closed(db, before.unwrap_or(i64::MAX), limit))
    }

    pub fn closed_shift(&self, id: Uuid) -> Result<Option<ClosedShift>, StoreError> {
        self.read(|db| find(db, id))
    }

    /// The oldest report that the platform of the present connection still has to get.
    pub fn owed_report(&self) -> Result<Option<ClosedShift>, StoreError> {
        self.read(owed)
    }

    pub fn note_delivery(&self, id: Uuid, delivery: Delivery) -> Result<(), StoreError> {
        self.write(move |db| {
            db.prepare_cached("UPDATE shift SET delivery = ?2 WHERE id = ?1 AND closed_at IS NOT NULL")?
                .execute(params![id.as_bytes().as_slice(), delivery.to_number()])?;
            Ok(())
        })
    }

    /// Whether the audit chain still is what the report's root was made of.
    pub fn root_holds(&self, report: &ShiftReport) -> Result<bool, StoreError> {
        self.read(|db| holds(db, report))
    }
}
