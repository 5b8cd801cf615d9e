//! `decide(operation, rules, state, now)`: a flat ladder of guards, then the postings.

use crate::{Entry, FanPoints, Lot, OpId, Operation, PartnerId, Refusal, Rules, State, Timestamp};

/// What the ledger says to an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Post(Posted),
    /// The same operation was posted before: the same receipt, no new effect.
    AlreadyDone(Entry),
    Refuse(Refusal),
}

/// An accepted operation and every change to the books that goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    pub entry: Entry,
    pub digest: [u8; 32],
    /// Items (by index) of `entry.corrects` that are reversed now.
    pub reversed_items: Vec<u16>,
    /// Points given at the limited rate of a label.
    pub limited: Vec<(PartnerId, Option<String>, FanPoints)>,
    /// Lots as they stand afterwards, those that changed only.
    pub lots: Vec<Lot>,
    /// A reservation made (id, points, end) or ended.
    pub reservation: Option<ReservationChange>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReservationChange {
    Made { id: OpId, points: FanPoints, until: Timestamp },
    Ended { id: OpId, points: FanPoints },
}

/// Decides without changing anything.
pub fn decide<S: State>(
    _operation: &Operation,
    _rules: &Rules,
    _state: &S,
    _now: Timestamp,
) -> Result<Decision, S::Error> {
    unimplemented!()
}
