//! Which of a partner's paired devices booked an operation.

use std::collections::BTreeMap;

use ledger::PartnerId;

use super::purchases::Purchase;
use super::reading::Award;
use super::sql::{Kind, Rows, params};
use super::{Connection, StoreError, Turn};

/// A device as its partner knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Origin {
    pub device_id: String,
    pub name: String,
    pub store: String,
}

static ORIGIN: Rows = Rows::insert("origin", &[("date_us", Kind::Integer), ("device_id", Kind::Text)], None);

/// What stands in the books under a date of its own.
pub trait Booked {
    fn date_us(&self) -> i64;
}

impl Booked for Purchase {
    fn date_us(&self) -> i64 {
        self.date_us
    }
}

impl Booked for Award {
    fn date_us(&self) -> i64 {
        self.date_us
    }
}

/// Notes the device behind what was booked at this date.
pub fn note(turn: &Turn<'_>, date_us: i64, device_id: &str) -> Result<(), StoreError> {
    turn.connection.write_row(&ORIGIN, params![date_us, device_id])
}

/// The devices behind a partner's operations, by their dates.
pub fn of(
    connection: &Connection,
    partner: PartnerId,
    dates: impl Iterator<Item = i64> + Clone,
) -> Result<BTreeMap<i64, Origin>, StoreError> {
    let (Some(first), Some(last)) = (dates.clone().min(), dates.max()) else { return Ok(BTreeMap::new()) };
    let found = connection.query(
        "SELECT o.date_us, d.device_id, d.name, d.store FROM origin o JOIN device d ON d.device_id = o.device_id
         WHERE o.date_us >= ?1 AND o.date_us <= ?2 AND d.partner_no = ?3",
        params![first, last, partner.0],
        |row| {
            let origin = Origin { device_id: row.get(1)?, name: row.get(2)?, store: row.get(3)? };
            Ok((row.get(0)?, origin))
        },
    )?;
    Ok(found.into_iter().collect())
}
