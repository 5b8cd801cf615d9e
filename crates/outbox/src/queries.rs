//! What people ask of the journal: lists, counts, totals, what is at risk.

use std::collections::BTreeSet;

use fanpass::FanRef;
use ledger::{FanPoints, StatusPoints, Timestamp};
use rusqlite::types::Value;
use rusqlite::{Connection as Db, params_from_iter};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::decision::Program;
use crate::{OperationKind, OperationRow, OperationState, StoreError, archive, facts, fans, load};

/// Which operations. Empty lists and None let everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub states: Vec<OperationState>,
    pub kinds: Vec<OperationKind>,
    pub fan: Option<FanRef>,
    /// Decided here at or after.
    pub from: Option<Timestamp>,
    /// Decided here before.
    pub to: Option<Timestamp>,
    /// In a title, a description, an action, a rate label, a person, the fan's name or the id.
    pub text: Option<String>,
}

/// Where to go on. The newest come first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// `seq` of the last row of the page before.
    pub after: Option<u64>,
    pub limit: u32,
}

/// How many operations stand where.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub queued: u64,
    pub sending: u64,
    pub accepted: u64,
    pub refused: u64,
    pub held: u64,
    /// Taken over by another device.
    pub moved: u64,
    /// Accepted long ago and out of the way; not among `accepted`.
    pub archived: u64,
    /// When the oldest that is still to be sent was decided.
    pub oldest_waiting: Option<Timestamp>,
}

impl Counts {
    /// Still to be sent or answered.
    pub fn waiting(&self) -> u64 {
        self.queued + self.sending
    }

    /// Not decided by the platform yet.
    pub fn open(&self) -> u64 {
        self.waiting() + self.held
    }
}

/// The sums of a period, by the time of decision on this device. Refused operations count as refused
/// and nowhere else; one that was undone counts both where it was done and as undone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Totals {
    pub operations: u64,
    /// Points given and how often.
    pub given: FanPoints,
    pub gives: u64,
    /// Points taken (as a positive number) and how often.
    pub redeemed: FanPoints,
    pub redemptions: u64,
    pub status: StatusPoints,
    pub awards: u64,
    /// What undoing moved back, in the fan's favour.
    pub undone: FanPoints,
    pub undone_status: StatusPoints,
    pub undos: u64,
    pub refused: u64,
    /// Open: queued, sending or held.
    pub waiting: u64,
}

impl Totals {
    /// Counts operations of one kind and state, with their points as booked, or as computed here.
    pub(crate) fn add(
        &mut self,
        kind: OperationKind,
        state: OperationState,
        (count, fan, status): (u64, i64, i64),
    ) {
        match state {
            // The other device counts it.
            OperationState::Moved => return,
            OperationState::Refused => {
                self.operations += count;
                self.refused += count;
                return;
            }
            OperationState::Queued
            | OperationState::Sending
            | OperationState::Accepted
            | OperationState::Held => {}
        }
        self.operations += count;
        if state.is_open() {
            self.waiting += count;
        }
        self.add_standing(kind, count, fan, status);
    }

    /// Adds the sums of others.
    pub(crate) fn join(&mut self, other: &Self) {
        self.operations += other.operations;
        self.given = FanPoints(self.given.0.saturating_add(other.given.0));
        self.gives += other.gives;
        self.redeemed = FanPoints(self.redeemed.0.saturating_add(other.redeemed.0));
        self.redemptions += other.redemptions;
        self.status = StatusPoints(self.status.0.saturating_add(other.status.0));
        self.awards += other.awards;
        self.undone = FanPoints(self.undone.0.saturating_add(other.undone.0));
        self.undone_status = StatusPoints(self.undone_status.0.saturating_add(other.undone_status.0));
        self.undos += other.undos;
        self.refused += other.refused;
        self.waiting += other.waiting;
    }

    fn add_standing(&mut self, kind: OperationKind, count: u64, fan: i64, status: i64) {
        match kind {
            OperationKind::Give => {
                self.gives += count;
                self.given = FanPoints(self.given.0.saturating_add(fan));
            }
            OperationKind::Redeem => {
                self.redemptions += count;
                self.redeemed = FanPoints(self.redeemed.0.saturating_sub(fan));
            }
            OperationKind::Award => {
                self.awards += count;
                self.status = StatusPoints(self.status.0.saturating_add(status));
            }
            OperationKind::Undo => {
                self.undos += count;
                self.undone = FanPoints(self.undone.0.saturating_add(fan));
                self.undone_status = StatusPoints(self.undone_status.0.saturating_add(status));
            }
        }
    }
}

/// What the platform could still refuse although the goods are gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Exposure {
    pub points: FanPoints,
    pub redemptions: u32,
    /// The device's cap; zero where no program is configured.
    pub cap: FanPoints,
    pub max_redemptions: u32,
    /// It is time to warn.
    pub warn: bool,
}

pub(crate) fn operation(db: &Db, id: Uuid) -> Result<Option<OperationRow>, StoreError> {
    match load::seq_of(db, id)? {
        Some(seq) => load::load(db, seq).map(Some),
        None => archive::find(db, id),
    }
}

pub(crate) fn operations(db: &Db, filter: &Filter, page: Page) -> Result<Vec<OperationRow>, StoreError> {
    let mut values = Vec::new();
    let mut conditions = vec!["o.listed = 1".to_owned()];
    let mut condition = |text: &str, value: Value| {
        values.push(value);
        conditions.push(text.replace('?', &format!("?{}", values.len())));
    };
    if let Some(after) = page.after {
        condition("o.seq < ?", Value::Integer(i64::try_from(after).unwrap_or(i64::MAX)));
    }
    if let Some(fan) = filter.fan {
        // A fan never met has no operations.
        condition("o.fan = ?", Value::Integer(fans::find(db, fan)?.unwrap_or(-1)));
    }
    if let Some(from) = filter.from {
        condition("o.created_at >= ?", Value::Integer(from.0));
    }
    if let Some(to) = filter.to {
        condition("o.created_at < ?", Value::Integer(to.0));
    }
    if let Some(text) = filter.text.as_deref().filter(|text| !text.trim().is_empty()) {
        condition(TEXT, Value::Text(like(text.trim())));
    }
    conditions.extend(one_of("o.kind", filter.kinds.iter().map(|k| k.to_number())));
    let select = format!("{} WHERE {}", load::SELECT, conditions.join(" AND "));
    // Each state by itself comes in the order of the list, so that a page ends as soon as it is full.
    let states: BTreeSet<i64> = filter.states.iter().map(|state| state.to_number()).collect();
    let parts: Vec<_> = states.iter().map(|state| format!("{select} AND o.state = {state}")).collect();
    let all = if parts.is_empty() { select } else { parts.join(" UNION ALL ") };
    // By the first column, `seq`.
    let sql = format!("{all} ORDER BY 1 DESC LIMIT {}", page.limit);
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(params_from_iter(values))?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        found.push(load::read(db, row)?);
    }
    archive::add_to(db, filter, page, &mut found)?;
    Ok(found)
}

/// An operation that was booked so much later than it was decided is looked for in vain in the archive.
const LONGEST_WAY_MS: i64 = 90 * 24 * 60 * 60 * 1000;

pub(crate) fn to_reconcile(db: &Db, from: Timestamp, to: Timestamp) -> Result<Vec<OperationRow>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT seq FROM operation WHERE state = 2 AND server_time >= ?1 AND server_time < ?2
         UNION SELECT seq FROM operation WHERE listed = 1 AND state <> 2 AND created_at >= ?1 AND created_at < ?2
         ORDER BY seq",
    )?;
    let found = statement.query_map([from.0, to.0], |row| row.get(0))?.collect::<Result<Vec<i64>, _>>()?;
    let mut rows = found.into_iter().map(|seq| load::load(db, seq)).collect::<Result<Vec<_>, _>>()?;
    let early = Timestamp(from.0.saturating_sub(LONGEST_WAY_MS));
    let filter = Filter { from: Some(early), to: Some(to), ..Filter::default() };
    archive::add_to(db, &filter, Page { after: None, limit: u32::MAX }, &mut rows)?;
    rows.retain(|row| !row.archived || row.server_time.is_some_and(|at| at >= from && at < to));
    rows.sort_unstable_by_key(|row| row.seq);
    Ok(rows)
}

const TEXT: &str =
    "(o.fan_ref LIKE ? ESCAPE '\\' OR f.user_id LIKE ? ESCAPE '\\' OR o.action LIKE ? ESCAPE '\\'
  OR o.title LIKE ? ESCAPE '\\' OR o.description LIKE ? ESCAPE '\\' OR o.staff LIKE ? ESCAPE '\\'
  OR lower(hex(o.id)) LIKE replace(?, '-', '') ESCAPE '\\'
  OR EXISTS (SELECT 1 FROM item i WHERE i.operation = o.seq AND (i.title LIKE ? ESCAPE '\\'
    OR i.description LIKE ? ESCAPE '\\' OR i.rate_label LIKE ? ESCAPE '\\')))";

pub(crate) fn like(text: &str) -> String {
    let mut pattern = String::from("%");
    for char in text.chars() {
        if matches!(char, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(char);
    }
    pattern.push('%');
    pattern
}

fn one_of(column: &str, numbers: impl Iterator<Item = i64>) -> Option<String> {
    let list: Vec<String> = numbers.map(|n| n.to_string()).collect();
    (!list.is_empty()).then(|| format!("{column} IN ({})", list.join(", ")))
}

pub(crate) fn counts(db: &Db) -> Result<Counts, StoreError> {
    let mut statement = db.prepare_cached("SELECT state, count FROM tally")?;
    let mut rows = statement.query([])?;
    let mut counts = Counts::default();
    while let Some(row) = rows.next()? {
        let (state, count): (i64, u64) = (row.get(0)?, count(row.get(1)?));
        match OperationState::from_number(state).ok_or(StoreError::Unreadable { what: "state" })? {
            OperationState::Queued => counts.queued = count,
            OperationState::Sending => counts.sending = count,
            OperationState::Accepted => counts.accepted = count,
            OperationState::Refused => counts.refused = count,
            OperationState::Held => counts.held = count,
            OperationState::Moved => counts.moved = count,
        }
    }
    counts.archived = archive::count(db)?;
    // The order of the numbers is the order of the history, whatever the clock did.
    let sql = "SELECT created_at FROM operation WHERE seq = (SELECT min(first) FROM (
           SELECT min(seq) AS first FROM operation INDEXED BY operation_state WHERE listed = 1 AND state = 0
           UNION ALL SELECT min(seq) FROM operation INDEXED BY operation_state WHERE listed = 1 AND state = 1))";
    let oldest: Option<i64> = db.prepare_cached(sql)?.query_map([], |row| row.get(0))?.next().transpose()?;
    counts.oldest_waiting = oldest.map(Timestamp);
    Ok(counts)
}

/// SQLite counts with a sign, but never below zero.
pub(crate) fn count(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}

pub(crate) fn totals(db: &Db, from: Timestamp, to: Timestamp) -> Result<Totals, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT kind, state, count(*), sum(coalesce(booked_fan_points, fan_points)),
           sum(coalesce(booked_status_points, status_points))
         FROM operation WHERE listed = 1 AND created_at >= ?1 AND created_at < ?2 GROUP BY kind, state",
    )?;
    let mut rows = statement.query([from.0, to.0])?;
    let mut totals = Totals::default();
    while let Some(row) = rows.next()? {
        let sums = (count(row.get(2)?), row.get(3)?, row.get(4)?);
        totals.add(load::kind(row.get(0)?)?, load::state(row.get(1)?)?, sums);
    }
    let mut statement = db.prepare_cached(
        "SELECT kind, count(*), sum(fan_points), sum(status_points) FROM archive
         WHERE created_at >= ?1 AND created_at < ?2 GROUP BY kind",
    )?;
    let mut rows = statement.query([from.0, to.0])?;
    while let Some(row) = rows.next()? {
        let sums = (count(row.get(1)?), row.get(2)?, row.get(3)?);
        totals.add(load::kind(row.get(0)?)?, OperationState::Accepted, sums);
    }
    Ok(totals)
}

pub(crate) fn exposure(db: &Db, program: Option<&Program>) -> Result<Exposure, StoreError> {
    let (redemptions, points) = facts::device_at_risk(db)?;
    let Some(program) = program else {
        return Ok(Exposure { points, redemptions, ..Exposure::default() });
    };
    let policy = &program.policy;
    let share = |cap: i64| cap.saturating_mul(i64::from(policy.warn_share_percent)) / 100;
    Ok(Exposure {
        points,
        redemptions,
        cap: policy.max_device_unsynced,
        max_redemptions: policy.max_device_redemptions,
        warn: points.0 >= share(policy.max_device_unsynced.0)
            || i64::from(redemptions) >= share(i64::from(policy.max_device_redemptions)),
    })
}
