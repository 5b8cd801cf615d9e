//! The port to whatever keeps the books: memory here, SQLite on a device, SQLite or PostgreSQL on a server.

use crate::{
    Entry, FanAccount, FanId, FanPoints, OpId, Operation, PartnerId, Posted, Refusal, StatusAccount,
    StatusPoints, Timestamp, mutant::skipped,
};

/// The balances of one fan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FanState {
    /// What the fan has, reserved points included; never below zero.
    pub wallet: FanPoints,
    /// What is set aside by reservations that have not ended and whose end lies after the moment asked about.
    pub reserved: FanPoints,
    /// What the fan owes: the balance of the receivable account with the other sign; never below zero.
    pub receivable: FanPoints,
    /// Status Points; never below zero.
    pub standing: StatusPoints,
}

impl FanState {
    /// What can be spent now.
    #[must_use]
    pub const fn available(&self) -> FanPoints {
        FanPoints(self.wallet.0.saturating_sub(self.reserved.0))
    }

    /// The balances after an entry: its postings added up. Reservations are not postings and stay as they are.
    ///
    /// # Errors
    /// [`Refusal::Overflow`] where a sum does not fit.
    pub fn after(&self, entry: &Entry) -> Result<Self, Refusal> {
        let mut after = *self;
        for posting in &entry.fan_postings {
            match posting.account {
                FanAccount::Wallet(fan) if fan == entry.fan => {
                    after.wallet = after.wallet.checked_add(posting.amount).ok_or(Refusal::Overflow)?;
                }
                FanAccount::Receivable(fan) if fan == entry.fan => {
                    after.receivable =
                        after.receivable.checked_sub(posting.amount).ok_or(Refusal::Overflow)?;
                }
                _ => {}
            }
        }
        for posting in &entry.status_postings {
            if posting.account == StatusAccount::Standing(entry.fan) {
                after.standing = after.standing.checked_add(posting.amount).ok_or(Refusal::Overflow)?;
            }
        }
        Ok(after)
    }
}

/// What became of an operation that the ledger has seen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// [`Operation::digest`] of it.
    pub digest: [u8; 32],
    /// What became of it.
    pub outcome: RecordedOutcome,
}

/// What became of an operation.
#[allow(clippy::large_enum_variant)] // nearly all of them are posted
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RecordedOutcome {
    /// Accepted.
    Posted {
        /// As it was asked.
        operation: Operation,
        /// As it was booked.
        entry: Entry,
        /// Indexes of the items that later reversals have taken back; for an award, of item 0.
        reversed: Vec<u16>,
    },
    /// Refused for too few points: the id is burned.
    Burned,
    /// Burned, and what became of the goods is settled by a [`Resolve`](crate::OperationKind::Resolve).
    Resolved,
}

/// Points earned together; those that expire first are spent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lot {
    /// The operation that earned them. A fan has at most one lot of each.
    pub source: OpId,
    /// What is left of them.
    pub left: FanPoints,
    /// The first moment at which they are due to expire.
    pub expires: Timestamp,
}

/// Reading the books. An implementation answers from one consistent view (a transaction).
pub trait State {
    /// What can go wrong with the books themselves.
    type Error: core::fmt::Debug;

    /// The balances of a fan at a moment; None for a fan that is not registered.
    ///
    /// # Errors
    /// Where the books can not be read.
    fn fan(&self, fan: FanId, now: Timestamp) -> Result<Option<FanState>, Self::Error>;

    /// What became of an operation; None for an id never seen.
    ///
    /// # Errors
    /// Where the books can not be read.
    fn recorded(&self, id: OpId) -> Result<Option<Recorded>, Self::Error>;

    /// Points that were given out with the limited rate of a label (None: the default rate) so far: the sum of
    /// [`Posted::limited`] over all that was posted.
    ///
    /// # Errors
    /// Where the books can not be read.
    fn limited_given(&self, partner: PartnerId, label: Option<&str>) -> Result<FanPoints, Self::Error>;

    /// Lots with something left, in any order. Empty where lots do not expire.
    ///
    /// # Errors
    /// Where the books can not be read.
    fn lots(&self, fan: FanId) -> Result<Vec<Lot>, Self::Error>;

    /// A reservation that was neither redeemed nor released, past its end or not: whose, how many points, and its end.
    ///
    /// # Errors
    /// Where the books can not be read.
    fn reservation(&self, id: OpId) -> Result<Option<(FanId, FanPoints, Timestamp)>, Self::Error>;
}

/// Writing the books.
pub trait StateMut: State {
    /// Appends the entry and applies all that [`Posted`] says. All or nothing.
    ///
    /// For a [`Resolve`](crate::OperationKind::Resolve), the record of the refused operation turns from
    /// [`RecordedOutcome::Burned`] into [`RecordedOutcome::Resolved`] and keeps its digest.
    ///
    /// # Errors
    /// Where the books can not be written, or what is posted does not fit them.
    fn post(&mut self, operation: &Operation, posted: &Posted) -> Result<(), Self::Error>;

    /// Remembers that an id is burned, together with the digest of the operation.
    ///
    /// # Errors
    /// Where the books can not be written, or the id was posted.
    fn burn(&mut self, operation: &Operation, refusal: Refusal) -> Result<(), Self::Error>;
}

/// What can be spent, as the guards see it.
pub(crate) fn spendable(fan: &FanState, own_hold: FanPoints) -> FanPoints {
    if skipped("reserved-counts") {
        return fan.wallet;
    }
    FanPoints(fan.available().0.saturating_add(own_hold.0)).min(fan.wallet)
}
