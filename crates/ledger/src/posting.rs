//! Double entry: postings that sum to zero in each book. A posting across the books can not be written.

use serde::{Deserialize, Serialize};

use crate::{FanId, FanPoints, OpId, PartnerId, StatusPoints, Timestamp};

/// Accounts of the Fan Points book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FanAccount {
    /// What a fan can spend; never below zero.
    Wallet(FanId),
    /// What a fan owes after points that were spent were taken back: zero or below.
    Receivable(FanId),
    /// Points a partner gave out.
    Funding(PartnerId),
    /// Points a partner took as payment.
    Settlement(PartnerId),
    /// The program itself, against which a manager's corrections are booked.
    Issuer,
    /// Redemptions confirmed offline that nobody pays.
    OfflineLoss,
    /// Points that were not spent in time.
    Expired,
}

/// Accounts of the Status Points book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusAccount {
    /// What a fan has gained; never below zero.
    Standing(FanId),
    /// The program, which gives them.
    Issuer,
}

/// One change of one account of the Fan Points book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FanPosting {
    /// Which account.
    pub account: FanAccount,
    /// By how much; not zero.
    pub amount: FanPoints,
}

/// One change of one account of the Status Points book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusPosting {
    /// Which account.
    pub account: StatusAccount,
    /// By how much; not zero.
    pub amount: StatusPoints,
}

/// The journal entry of one accepted operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The operation.
    pub op: OpId,
    /// Whose points moved.
    pub fan: FanId,
    /// Where.
    pub partner: PartnerId,
    /// The booking time: the present as it was passed in when the operation was decided.
    pub at: Timestamp,
    /// The operation that this one corrects: undone, or resolved.
    pub corrects: Option<OpId>,
    /// They sum to zero. None for what moves nothing, such as a reservation.
    pub fan_postings: Vec<FanPosting>,
    /// They sum to zero.
    pub status_postings: Vec<StatusPosting>,
    /// What each item moved in the fan's favour: positive earned, negative spent. A reversal has one for each item
    /// that it takes back, in their order.
    pub item_points: Vec<FanPoints>,
    /// What was taken from which lots, in that order, so that an undo can give it back.
    #[serde(default)]
    pub lots_taken: Vec<LotShare>,
}

impl Entry {
    /// Whether the postings of each book sum to zero.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        let fan = self
            .fan_postings
            .iter()
            .try_fold(0_i128, |sum, posting| sum.checked_add(i128::from(posting.amount.0)));
        let status = self
            .status_postings
            .iter()
            .try_fold(0_i128, |sum, posting| sum.checked_add(i128::from(posting.amount.0)));
        fan == Some(0) && status == Some(0)
    }
}

/// A part of a lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LotShare {
    /// The operation that earned the lot.
    pub source: OpId,
    /// How much of it; above zero.
    pub points: FanPoints,
    /// When the lot is due.
    pub expires: Timestamp,
}
