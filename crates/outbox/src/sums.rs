//! Sums of a span of the history: by person, by rate label, and over time.

use std::collections::BTreeMap;

use ledger::{FanPoints, Timestamp};
use rusqlite::Connection as Db;
use serde::{Deserialize, Serialize};

use crate::queries::count;
use crate::{OperationKind, OperationState, Store, StoreError, Totals, load};

/// A part of the history: `from` belongs to it, `to` does not.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Span {
    /// By the numbers of the operations: what happened here, whatever the clock did.
    Numbers { from: i64, to: i64 },
    /// By the time of decision.
    Times { from: i64, to: i64 },
}

impl Span {
    const fn column(self) -> &'static str {
        match self {
            Self::Numbers { .. } => "seq",
            Self::Times { .. } => "created_at",
        }
    }

    const fn ends(self) -> [i64; 2] {
        match self {
            Self::Numbers { from, to } | Self::Times { from, to } => [from, to],
        }
    }
}

/// What one person did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PersonSums {
    /// As the operations carry it; None: nobody was named.
    pub staff: Option<String>,
    pub totals: Totals,
}

/// What went over one rate label. Refused operations are not in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RateSums {
    /// None: the default rate.
    pub label: Option<String>,
    /// Items given or redeemed for.
    pub items: u64,
    /// Their price, in minor units.
    pub price_minor: i64,
    pub given: FanPoints,
    pub redeemed: FanPoints,
    /// What undoing moved back, in the fan's favour.
    pub undone: FanPoints,
}

/// Sums of a stretch of time, and how fast the platform answered.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stretch {
    pub totals: Totals,
    /// Decided here in this stretch and booked by the platform.
    pub booked: u64,
    /// From decision to booking, in milliseconds: the sum of all, and the longest.
    pub waited_ms: u64,
    pub longest_ms: u64,
}

/// How many passed a gate in one minute, and how that ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PassageMinute {
    /// Its beginning.
    pub at: Timestamp,
    pub passed: u32,
    pub refused: u32,
    pub unknown: u32,
}

/// How a passage counts in its minute: plus one, or minus one where a person decided otherwise later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassageCount {
    pub at: Timestamp,
    /// None: nobody can tell.
    pub admitted: Option<bool>,
    pub by: i32,
}

const MINUTE_MS: i64 = 60_000;

/// By person, in the order of their names.
pub(crate) fn people(db: &Db, span: Span) -> Result<Vec<PersonSums>, StoreError> {
    let column = span.column();
    let sql = format!(
        "SELECT staff, kind, state, count(*), sum(coalesce(booked_fan_points, fan_points)),
           sum(coalesce(booked_status_points, status_points))
         FROM operation WHERE listed = 1 AND {column} >= ?1 AND {column} < ?2 GROUP BY staff, kind, state
         UNION ALL SELECT json_extract(body, '$.staff'), kind, 2, count(*), sum(fan_points), sum(status_points)
         FROM archive WHERE {column} >= ?1 AND {column} < ?2 GROUP BY 1, kind"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(span.ends())?;
    let mut people: BTreeMap<Option<String>, Totals> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let sums = (count(row.get(3)?), row.get(4)?, row.get(5)?);
        let totals = people.entry(row.get(0)?).or_default();
        totals.add(load::kind(row.get(1)?)?, load::state(row.get(2)?)?, sums);
    }
    Ok(people.into_iter().map(|(staff, totals)| PersonSums { staff, totals }).collect())
}

/// By rate label, in the order of their names.
pub(crate) fn rates(db: &Db, span: Span) -> Result<Vec<RateSums>, StoreError> {
    let column = span.column();
    // An undo has no items of its own: those of the original count, turned round.
    let sql = format!(
        "SELECT i.rate_label, o.kind, count(*), sum(i.price),
           sum(CASE o.kind WHEN 3 THEN -coalesce(i.booked, i.points) ELSE coalesce(i.booked, i.points) END)
         FROM operation o JOIN item i ON i.operation = coalesce(o.undo_of, o.seq)
         WHERE o.listed = 1 AND o.{column} >= ?1 AND o.{column} < ?2 AND o.state NOT IN (3, 5) GROUP BY 1, 2
         UNION ALL SELECT json_extract(i.value, '$.rate_label'), a.kind, count(*),
           sum(json_extract(i.value, '$.price.minor')),
           sum(coalesce(json_extract(i.value, '$.booked'), json_extract(i.value, '$.points')))
         FROM archive a, json_each(a.body, '$.items') i
         WHERE a.{column} >= ?1 AND a.{column} < ?2 GROUP BY 1, 2"
    );
    let mut statement = db.prepare_cached(&sql)?;
    let mut rows = statement.query(span.ends())?;
    let mut rates: BTreeMap<Option<String>, RateSums> = BTreeMap::new();
    while let Some(row) = rows.next()? {
        let label: Option<String> = row.get(0)?;
        let (items, price, points): (u64, i64, i64) = (count(row.get(2)?), row.get(3)?, row.get(4)?);
        let rate = rates.entry(label.clone()).or_insert_with(|| RateSums { label, ..RateSums::default() });
        match load::kind(row.get(1)?)? {
            OperationKind::Give => rate.given = FanPoints(rate.given.0.saturating_add(points)),
            OperationKind::Redeem => rate.redeemed = FanPoints(rate.redeemed.0.saturating_sub(points)),
            OperationKind::Undo => {
                rate.undone = FanPoints(rate.undone.0.saturating_add(points));
                continue;
            }
            OperationKind::Award => continue,
        }
        rate.items += items;
        rate.price_minor = rate.price_minor.saturating_add(price);
    }
    Ok(rates.into_values().collect())
}

/// One stretch from each bound to the next; so there is one less of them than of the bounds, which rise.
fn stretches(db: &Db, bounds: &[Timestamp]) -> Result<Vec<Stretch>, StoreError> {
    let (Some(first), Some(last)) = (bounds.first(), bounds.last()) else { return Ok(Vec::new()) };
    let mut found = vec![Stretch::default(); bounds.len().saturating_sub(1)];
    let mut statement = db.prepare_cached(
        "SELECT created_at, kind, state, coalesce(booked_fan_points, fan_points),
           coalesce(booked_status_points, status_points), settled_at
         FROM operation WHERE listed = 1 AND created_at >= ?1 AND created_at < ?2
         UNION ALL SELECT created_at, kind, 2, fan_points, status_points, json_extract(body, '$.settled_at')
         FROM archive WHERE created_at >= ?1 AND created_at < ?2",
    )?;
    let mut rows = statement.query([first.0, last.0])?;
    while let Some(row) = rows.next()? {
        let at: i64 = row.get(0)?;
        let place = bounds.partition_point(|bound| bound.0 <= at).checked_sub(1);
        let Some(stretch) = place.and_then(|place| found.get_mut(place)) else { continue };
        let state = load::state(row.get(2)?)?;
        stretch.totals.add(load::kind(row.get(1)?)?, state, (1, row.get(3)?, row.get(4)?));
        if let (OperationState::Accepted, Some(settled)) = (state, row.get::<_, Option<i64>>(5)?) {
            // A clock that was set back in between makes no negative wait.
            let waited = count(settled.saturating_sub(at));
            stretch.booked += 1;
            stretch.waited_ms = stretch.waited_ms.saturating_add(waited);
            stretch.longest_ms = stretch.longest_ms.max(waited);
        }
    }
    Ok(found)
}

fn passages(db: &Db, from: Timestamp, to: Timestamp) -> Result<Vec<PassageMinute>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT minute, passed, refused, unknown FROM passage_minute WHERE minute >= ?1 AND minute < ?2
         ORDER BY minute",
    )?;
    let minute = |at: i64| at.div_euclid(MINUTE_MS);
    let found = statement.query_map([minute(from.0), minute(to.0.saturating_add(MINUTE_MS - 1))], |row| {
        Ok(PassageMinute {
            at: Timestamp(row.get::<_, i64>(0)?.saturating_mul(MINUTE_MS)),
            passed: row.get(1)?,
            refused: row.get(2)?,
            unknown: row.get(3)?,
        })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

fn count_passage(db: &Db, passage: PassageCount) -> Result<(), StoreError> {
    let column = match passage.admitted {
        Some(true) => "passed",
        Some(false) => "refused",
        None => "unknown",
    };
    let sql = format!(
        "INSERT INTO passage_minute (minute, {column}) VALUES (?1, max(0, ?2))
         ON CONFLICT (minute) DO UPDATE SET {column} = max(0, {column} + ?2)"
    );
    db.prepare_cached(&sql)?.execute([passage.at.0.div_euclid(MINUTE_MS), i64::from(passage.by)])?;
    Ok(())
}

/// Figures over time.
impl Store {
    /// Sums from each bound to the next, by the time of decision. The bounds rise; one stretch less than bounds.
    ///
    /// # Errors
    /// Where the database can not be read.
    pub fn stretches(&self, bounds: &[Timestamp]) -> Result<Vec<Stretch>, StoreError> {
        self.read(|db| stretches(db, bounds))
    }

    /// What went over each rate label from `from` (included) to `to` (not).
    ///
    /// # Errors
    /// Where the database can not be read.
    pub fn rate_sums(&self, from: Timestamp, to: Timestamp) -> Result<Vec<RateSums>, StoreError> {
        self.read(|db| rates(db, Span::Times { from: from.0, to: to.0 }))
    }

    /// The minutes from `from` to `to` in which somebody stood at the gate.
    ///
    /// # Errors
    /// Where the database can not be read.
    pub fn passages(&self, from: Timestamp, to: Timestamp) -> Result<Vec<PassageMinute>, StoreError> {
        self.read(|db| passages(db, from, to))
    }

    /// Keeps a setting and counts passages, in one step.
    ///
    /// # Errors
    /// Where the database does not take it; nothing was kept then.
    pub fn keep_passages(&self, name: &str, value: &str, counts: &[PassageCount]) -> Result<(), StoreError> {
        let (name, value, counts) = (name.to_owned(), value.to_owned(), counts.to_vec());
        self.write(move |db| {
            for one in &counts {
                count_passage(db, *one)?;
            }
            crate::settings::set(db, &name, &value)
        })
    }
}
