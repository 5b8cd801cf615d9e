//! The fans in memory: dense rows, and an index of four bytes a slot, because a program may have millions.

use crate::{FanId, FanPoints, FanState, StatusPoints};

const EMPTY: u32 = u32::MAX;

/// One fan. 40 bytes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    fan: FanId,
    wallet: FanPoints,
    receivable: FanPoints,
    standing: StatusPoints,
    /// Reservations that were neither redeemed nor released.
    pub(super) holds: u32,
}

impl Row {
    /// The balances, reservations aside.
    pub(super) const fn balances(&self) -> FanState {
        FanState {
            wallet: self.wallet,
            reserved: FanPoints::ZERO,
            receivable: self.receivable,
            standing: self.standing,
        }
    }

    pub(super) const fn set(&mut self, balances: &FanState) {
        self.wallet = balances.wallet;
        self.receivable = balances.receivable;
        self.standing = balances.standing;
    }
}

/// Rows by fan.
#[derive(Clone, Debug, Default)]
pub(super) struct FanTable {
    rows: Vec<Row>,
    /// Open addressing with linear probing; the length is a power of two, at most 7/8 full.
    index: Vec<u32>,
}

impl FanTable {
    pub(super) fn get(&self, fan: FanId) -> Option<&Row> {
        let at = self.slot(fan).ok()?;
        self.rows.get(usize::try_from(at).ok()?)
    }

    pub(super) fn get_mut(&mut self, fan: FanId) -> Option<&mut Row> {
        let at = self.slot(fan).ok()?;
        self.rows.get_mut(usize::try_from(at).ok()?)
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (FanId, &Row)> {
        self.rows.iter().map(|row| (row.fan, row))
    }

    /// False where the fan is there already, or the table is full: 4,294,967,295 fans.
    pub(super) fn insert(&mut self, fan: FanId) -> bool {
        let Ok(number) = u32::try_from(self.rows.len()) else {
            return false;
        };
        if number == EMPTY || self.slot(fan).is_ok() {
            return false;
        }
        if self.rows.len() >= self.index.len().saturating_sub(self.index.len() / 8) {
            self.grow();
        }
        if self.rows.len() == self.rows.capacity() {
            // An eighth at a time: doubling would leave half of the memory unused.
            self.rows.reserve_exact((self.rows.len() / 8).max(64));
        }
        self.rows.push(Row {
            fan,
            wallet: FanPoints::ZERO,
            receivable: FanPoints::ZERO,
            standing: StatusPoints::ZERO,
            holds: 0,
        });
        if let Err(Some(free)) = self.slot(fan)
            && let Some(slot) = self.index.get_mut(free)
        {
            *slot = number;
        }
        true
    }

    /// Bytes held: rows and index, unused capacity included.
    pub(super) const fn bytes(&self) -> usize {
        let rows = self.rows.capacity().saturating_mul(size_of::<Row>());
        rows.saturating_add(self.index.capacity().saturating_mul(size_of::<u32>()))
    }

    /// The row number of a fan, or the slot where it would be noted.
    fn slot(&self, fan: FanId) -> Result<u32, Option<usize>> {
        let mask = self.index.len().wrapping_sub(1);
        let mut at = spread(fan) & mask;
        for _ in 0..self.index.len() {
            let number = *self.index.get(at).ok_or(None)?;
            if number == EMPTY {
                return Err(Some(at));
            }
            let row = usize::try_from(number).ok().and_then(|number| self.rows.get(number));
            if row.is_some_and(|row| row.fan == fan) {
                return Ok(number);
            }
            at = at.wrapping_add(1) & mask;
        }
        Err(None)
    }

    fn grow(&mut self) {
        let slots = self.index.len().saturating_mul(2).max(64);
        self.index = vec![EMPTY; slots];
        let mask = slots.wrapping_sub(1);
        for (number, row) in (0_u32..).zip(&self.rows) {
            let mut at = spread(row.fan) & mask;
            while let Some(slot) = self.index.get_mut(at) {
                if *slot == EMPTY {
                    *slot = number;
                    break;
                }
                at = at.wrapping_add(1) & mask;
            }
        }
    }
}

/// Spreads ids that are often consecutive over the whole index (a multiplication by the golden ratio, high bits kept).
#[allow(clippy::cast_possible_truncation)] // a slot number, masked by whoever asks
const fn spread(fan: FanId) -> usize {
    let product = fan.0.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (product >> 29) as usize ^ product as usize
}
