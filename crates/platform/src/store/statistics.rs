//! What a partner gave and took, day by day.

use std::collections::BTreeMap;

use super::purchases::TransactionType;
use super::sql::params;
use super::{Connection, StoreError};
use ledger::PartnerId;

/// Points of one day, or up to its end. An undo counts, with the opposite sign, on the day on which it was booked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Turnover {
    pub given_out: i64,
    pub spent: i64,
}

/// One day of a series.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Day {
    /// Days since the Unix epoch, UTC.
    pub day: i64,
    pub on_it: Turnover,
    /// Since the partner's first booking.
    pub until_its_end: Turnover,
}

/// Microseconds of a day.
pub const DAY_US: i64 = 86_400_000_000;

/// The days from `first` to `last`, both included, without a gap.
pub fn daily(
    connection: &Connection,
    partner: PartnerId,
    first: i64,
    last: i64,
) -> Result<Vec<Day>, StoreError> {
    let sums: Vec<(String, i64, i64)> = connection.query(
        "SELECT p.transaction_type, p.date_us / ?3, CAST(sum(i.amount) AS BIGINT)
         FROM purchase p JOIN purchase_item i ON i.date_us = p.date_us
         WHERE p.partner_no = ?1 AND p.date_us < ?2
         GROUP BY 1, 2",
        params![partner.0, last.saturating_add(1).saturating_mul(DAY_US), DAY_US],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    let mut turnover: BTreeMap<i64, Turnover> = BTreeMap::new();
    for (kind, day, amount) in sums {
        let of_day = turnover.entry(day).or_default();
        match TransactionType::from_name(&kind)? {
            TransactionType::Distributed | TransactionType::UndoDistributed => of_day.given_out += amount,
            TransactionType::Purchased | TransactionType::UndoPurchased => of_day.spent -= amount,
        }
    }
    let mut sum = Turnover::default();
    for before in turnover.range(..first).map(|(_, turnover)| turnover) {
        sum = sum.plus(*before);
    }
    let mut days = Vec::new();
    for day in first..=last {
        let on_it = turnover.get(&day).copied().unwrap_or_default();
        sum = sum.plus(on_it);
        days.push(Day { day, on_it, until_its_end: sum });
    }
    Ok(days)
}

impl Turnover {
    fn plus(self, other: Self) -> Self {
        Self { given_out: self.given_out + other.given_out, spent: self.spent + other.spent }
    }
}
