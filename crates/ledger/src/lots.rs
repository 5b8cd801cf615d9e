//! Lots of one fan while one operation is decided: first in, first out, and what was taken of which.

use crate::{FanPoints, Lot, LotShare, OpId, Refusal, Timestamp, mutant::skipped};

/// The lots as they are, and which of them change.
pub(crate) struct LotBook {
    lots: Vec<(Lot, bool)>,
}

impl LotBook {
    /// Orders them by what expires first; lots of one moment by their id, so that every device picks the same one.
    pub(crate) fn new(lots: Vec<Lot>) -> Self {
        let mut lots: Vec<(Lot, bool)> = lots.into_iter().map(|lot| (lot, false)).collect();
        if skipped("lots-first-in-first-out") {
            lots.sort_unstable_by_key(|(lot, _)| core::cmp::Reverse((lot.expires, lot.source)));
        } else {
            lots.sort_unstable_by_key(|(lot, _)| (lot.expires, lot.source));
        }
        Self { lots }
    }

    /// Takes up to so many points, from the lot of `first` before the others. Points without a lot come last, so
    /// less may be taken than asked for.
    pub(crate) fn take(&mut self, points: FanPoints, first: Option<OpId>) -> Vec<LotShare> {
        let mut taken = Vec::new();
        let mut wanted = points;
        if let Some(first) = first {
            self.take_where(&mut wanted, &mut taken, |lot| lot.source == first);
        }
        self.take_where(&mut wanted, &mut taken, |_| true);
        taken
    }

    /// Takes what is due at a moment, up to so many points.
    pub(crate) fn take_due(&mut self, points: FanPoints, due: Timestamp) -> Vec<LotShare> {
        let mut taken = Vec::new();
        let mut wanted = points;
        self.take_where(&mut wanted, &mut taken, |lot| lot.expires <= due || skipped("expire-only-due"));
        taken
    }

    fn take_where(&mut self, wanted: &mut FanPoints, taken: &mut Vec<LotShare>, fits: impl Fn(&Lot) -> bool) {
        for (lot, changed) in &mut self.lots {
            let points = FanPoints(lot.left.0.min(wanted.0));
            if points <= FanPoints::ZERO || !fits(lot) {
                continue;
            }
            lot.left = FanPoints(lot.left.0.saturating_sub(points.0));
            *wanted = FanPoints(wanted.0.saturating_sub(points.0));
            *changed = true;
            taken.push(LotShare { source: lot.source, points, expires: lot.expires });
        }
    }

    /// Puts a share back into its lot, spent or not.
    pub(crate) fn restore(&mut self, share: LotShare) -> Result<(), Refusal> {
        if let Some((lot, changed)) = self.lots.iter_mut().find(|(lot, _)| lot.source == share.source) {
            lot.left = lot.left.checked_add(share.points).ok_or(Refusal::Overflow)?;
            *changed = true;
            return Ok(());
        }
        self.add(Lot { source: share.source, left: share.points, expires: share.expires });
        Ok(())
    }

    /// A lot that was not there.
    pub(crate) fn add(&mut self, lot: Lot) {
        self.lots.push((lot, true));
    }

    /// The lots that changed, as they stand now.
    pub(crate) fn changed(self) -> Vec<Lot> {
        let changed = self.lots.into_iter().filter(|(_, changed)| *changed);
        changed.map(|(lot, _)| lot).collect()
    }
}

/// The part of an entry's shares that lies between two counts of points, the first share starting at 0.
pub(crate) fn between(shares: &[LotShare], from: i64, to: i64) -> Vec<LotShare> {
    let mut start = 0_i64;
    let mut part = Vec::new();
    for share in shares {
        let end = start.saturating_add(share.points.0);
        let points = end.min(to).saturating_sub(start.max(from));
        if points > 0 {
            part.push(LotShare { points: FanPoints(points), ..*share });
        }
        start = end;
    }
    part
}

/// The same shares without their first so many points.
pub(crate) fn without_first(shares: &[LotShare], points: i64) -> Vec<LotShare> {
    between(shares, points, i64::MAX)
}
