//! What a device may decide alone while it has no network, and what that can cost at the most.

use serde::{Deserialize, Serialize};

use crate::{FanPoints, Millis, Money};

/// Limits as data; the platform signs and ships the real ones. `Default` holds the documented defaults.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfflinePolicy {
    /// Distribute and award: the largest purchase, in minor units of the program's currency.
    pub max_purchase_minor: i64,
    /// Distribute and award: operations an hour on one device.
    pub max_grants_per_hour: u32,
    /// One redemption; purchases of one fan within `split_window` are added up.
    pub max_redeem_purchase: FanPoints,
    pub split_window: Millis,
    /// Redemptions of one fan since the last sync: from this number on the device should try online first.
    pub fan_try_online_from: u32,
    /// ... and from this number on it refuses.
    pub fan_refuse_from: u32,
    /// One fan, all unsynced redemptions together.
    pub max_fan_unsynced: FanPoints,
    /// ... and at most this share of the pass's balance, in percent.
    pub max_fan_share_percent: u8,
    /// One device, unsynced.
    pub max_device_redemptions: u32,
    pub max_device_unsynced: FanPoints,
    /// A warning is due at this share of the device's cap, in percent.
    pub warn_share_percent: u8,
    /// Age of the pass's balance: up to here full limits, then half, then none.
    pub pass_full_until: Millis,
    pub pass_half_until: Millis,
    /// Age of the last successful sync.
    pub sync_warn_after: Millis,
    pub sync_stop_redeem_after: Millis,
    pub sync_stop_grant_after: Millis,
    /// Card passes can be copied: the most that one may redeem offline.
    pub max_card_redeem: FanPoints,
}

/// How far the code that the fan showed can be trusted, lowest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// A plain id, `json_v1`, a deep link: may earn; may redeem online only.
    Unsigned,
    /// Signed by the platform; can be copied.
    Card,
    /// Signed by the platform, and just now by the fan's device.
    Live,
}

/// What the device knows when it decides, read from its database in the deciding transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfflineFacts {
    pub trust: Trust,
    /// The newest signed balance, and its age. None: no signed balance is known.
    pub signed_balance: Option<FanPoints>,
    pub balance_age: Millis,
    /// The offline allowance written in the pass, if there is one.
    pub pass_allowance: Option<FanPoints>,
    pub last_sync_age: Option<Millis>,
    pub fan_unsynced_redemptions: u32,
    pub fan_unsynced_points: FanPoints,
    /// Redeemed by this fan within the split window.
    pub fan_recent_points: FanPoints,
    pub device_unsynced_redemptions: u32,
    pub device_unsynced_points: FanPoints,
    pub device_grants_last_hour: u32,
    /// A manager raised the limit that speaks, once.
    pub manager_raised: bool,
}

/// What is to be decided offline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfflineRequest {
    Grant { price: Option<Money> },
    Redeem { points: FanPoints },
    /// Undoing an operation that has not been sent or was accepted.
    Reverse,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum OfflineVerdict {
    Approve,
    /// Approved, but the platform could still refuse: so much is at risk.
    ApproveProvisionally { exposure: FanPoints, rule: PolicyRule },
    AskManager { rule: PolicyRule },
    Refuse { rule: PolicyRule },
}

/// The rule that spoke. The order is the precedence.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyRule {
    NeverSynced,
    SyncTooOldToRedeem,
    SyncTooOldToGrant,
    UnsignedCode,
    NoSignedBalance,
    BalanceTooOld,
    BalanceHalved,
    TooFewPoints,
    CardLimit,
    PassAllowance,
    PurchaseLimit,
    SplitPurchases,
    FanCount,
    FanUnsynced,
    FanShare,
    DeviceCount,
    DeviceUnsynced,
    PurchaseValue,
    GrantsPerHour,
    WithinLimits,
}
