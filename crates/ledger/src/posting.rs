//! Double entry: postings that sum to zero in each book. A posting across the books can not be written.

use serde::{Deserialize, Serialize};

use crate::{FanId, FanPoints, OpId, PartnerId, StatusPoints, Timestamp};

/// Accounts of the Fan Points book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FanAccount {
    /// What a fan can spend; never below zero.
    Wallet(FanId),
    /// What a fan owes after points that were spent were taken back.
    Receivable(FanId),
    /// Points a partner gave out.
    Funding(PartnerId),
    /// Points a partner took as payment.
    Settlement(PartnerId),
    Issuer,
    OfflineLoss,
    Expired,
}

/// Accounts of the Status Points book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StatusAccount {
    Standing(FanId),
    Issuer,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FanPosting {
    pub account: FanAccount,
    pub amount: FanPoints,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusPosting {
    pub account: StatusAccount,
    pub amount: StatusPoints,
}

/// The journal entry of one accepted operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    pub op: OpId,
    pub fan: FanId,
    pub partner: PartnerId,
    pub at: Timestamp,
    /// The entry that this one corrects.
    pub corrects: Option<OpId>,
    pub fan_postings: Vec<FanPosting>,
    pub status_postings: Vec<StatusPosting>,
    /// What each item moved in the fan's favour: positive earned, negative spent.
    pub item_points: Vec<FanPoints>,
}
