//! The port to whatever keeps the books: memory here, SQLite on a device, SQLite or PostgreSQL on a server.

use crate::{Entry, FanId, FanPoints, OpId, Operation, PartnerId, Refusal, StatusPoints, Timestamp};

/// The balances of one fan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FanState {
    pub wallet: FanPoints,
    pub reserved: FanPoints,
    pub receivable: FanPoints,
    pub standing: StatusPoints,
}

/// What became of an operation that the ledger has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// SHA-256 of the canonical bytes of the operation.
    pub digest: [u8; 32],
    pub outcome: RecordedOutcome,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordedOutcome {
    Posted {
        operation: Operation,
        entry: Entry,
        /// What later reversals have taken back of each item (index) or, for an award, of item 0.
        reversed: Vec<u16>,
    },
    /// Refused for too few points: the id is burned.
    Burned,
}

/// Points earned together; the oldest are spent and expire first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lot {
    pub source: OpId,
    pub left: FanPoints,
    pub expires: Timestamp,
}

/// Reading the books. An implementation answers from one consistent view (a transaction).
pub trait State {
    type Error: core::fmt::Debug;
    fn fan(&self, fan: FanId) -> Result<Option<FanState>, Self::Error>;
    fn recorded(&self, id: OpId) -> Result<Option<Recorded>, Self::Error>;
    /// Points that were given out with the limited rate of a label so far.
    fn limited_given(&self, partner: PartnerId, label: Option<&str>) -> Result<FanPoints, Self::Error>;
    /// Lots with something left, oldest first. Empty where lots do not expire.
    fn lots(&self, fan: FanId) -> Result<Vec<Lot>, Self::Error>;
    /// An unreleased reservation: points and end.
    fn reservation(&self, id: OpId) -> Result<Option<(FanId, FanPoints, Timestamp)>, Self::Error>;
}

/// Writing the books.
pub trait StateMut: State {
    /// Appends the entry and applies it. All or nothing.
    fn post(&mut self, operation: &Operation, posted: &crate::Posted) -> Result<(), Self::Error>;
    /// Remembers that an id is burned.
    fn burn(&mut self, operation: &Operation, refusal: Refusal) -> Result<(), Self::Error>;
}
