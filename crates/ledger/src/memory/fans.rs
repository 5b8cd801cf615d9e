//! The fans in memory: one table of dense rows, found in one look, because a program may have millions.

use crate::{FanId, FanPoints, FanState, StatusPoints};

/// One fan, in half a cache line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Row {
    fan: FanId,
    /// [`FREE`] where there is no fan: a wallet is never below zero.
    wallet: FanPoints,
    receivable: FanPoints,
    standing: StatusPoints,
}

const FREE: Row =
    Row { fan: FanId(0), wallet: FanPoints(-1), receivable: FanPoints::ZERO, standing: StatusPoints::ZERO };

impl Row {
    const fn is_free(&self) -> bool {
        self.wallet.0 == FREE.wallet.0
    }

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

/// Open addressing with linear probing, at most 4/5 full. It grows by a quarter: doubling would leave half of the
/// memory unused.
#[derive(Clone, Debug, Default)]
pub(super) struct FanTable {
    rows: Vec<Row>,
    count: usize,
}

impl FanTable {
    pub(super) fn get(&self, fan: FanId) -> Option<&Row> {
        let at = self.place(fan)?;
        self.rows.get(at).filter(|row| !row.is_free())
    }

    pub(super) fn get_mut(&mut self, fan: FanId) -> Option<&mut Row> {
        let at = self.place(fan)?;
        self.rows.get_mut(at).filter(|row| !row.is_free())
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (FanId, &Row)> {
        self.rows.iter().filter(|row| !row.is_free()).map(|row| (row.fan, row))
    }

    /// False where the fan is there already.
    pub(super) fn insert(&mut self, fan: FanId) -> bool {
        if self.get(fan).is_some() {
            return false;
        }
        if self.count >= self.rows.len().saturating_sub(self.rows.len() / 5) {
            let more = (self.rows.len() / 4).max(60);
            let larger = vec![FREE; self.rows.len().saturating_add(more)];
            for row in core::mem::replace(&mut self.rows, larger) {
                if !row.is_free() {
                    self.put(row);
                }
            }
        }
        self.put(Row { fan, wallet: FanPoints::ZERO, ..FREE });
        self.count = self.count.saturating_add(1);
        true
    }

    fn put(&mut self, row: Row) {
        if let Some(at) = self.place(row.fan)
            && let Some(free) = self.rows.get_mut(at)
        {
            *free = row;
        }
    }

    /// Bytes held, those of free rows included.
    pub(super) const fn bytes(&self) -> usize {
        self.rows.capacity().saturating_mul(size_of::<Row>())
    }

    /// Where the fan is, or else the free row where it would be.
    fn place(&self, fan: FanId) -> Option<usize> {
        let first = spread(fan, self.rows.len());
        let (before, from) = self.rows.split_at_checked(first)?;
        let fits = |row: &Row| row.is_free() || row.fan == fan;
        match from.iter().position(fits) {
            Some(steps) => Some(first.saturating_add(steps)),
            None => before.iter().position(fits),
        }
    }
}

/// Spreads ids, which are often consecutive, over so many rows.
#[allow(clippy::cast_possible_truncation)] // below the number of rows
const fn spread(fan: FanId, rows: usize) -> usize {
    let mut mixed = fan.0.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    // The high half of the product: a share of the rows, without a division.
    ((mixed as u128).wrapping_mul(rows as u128) >> 64) as usize
}
