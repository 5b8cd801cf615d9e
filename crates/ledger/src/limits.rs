//! The limits of the offline policy one by one, for whoever shows or tightens them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{FanPoints, Millis, OfflinePolicy};

/// One limit of [`OfflinePolicy`], named as its field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs, reason = "each is documented at the field of its name")]
pub enum Limit {
    MaxPurchaseMinor,
    MaxGrantsPerHour,
    MaxRedeemPurchase,
    SplitWindow,
    FanTryOnlineFrom,
    FanRefuseFrom,
    MaxFanUnsynced,
    MaxFanSharePercent,
    MaxDeviceRedemptions,
    MaxDeviceUnsynced,
    WarnSharePercent,
    PassFullUntil,
    PassHalfUntil,
    SyncWarnAfter,
    SyncStopRedeemAfter,
    SyncStopGrantAfter,
    MaxCardRedeem,
}

impl Limit {
    /// All there are, in the order of the policy's fields.
    pub const ALL: [Self; 17] = [
        Self::MaxPurchaseMinor,
        Self::MaxGrantsPerHour,
        Self::MaxRedeemPurchase,
        Self::SplitWindow,
        Self::FanTryOnlineFrom,
        Self::FanRefuseFrom,
        Self::MaxFanUnsynced,
        Self::MaxFanSharePercent,
        Self::MaxDeviceRedemptions,
        Self::MaxDeviceUnsynced,
        Self::WarnSharePercent,
        Self::PassFullUntil,
        Self::PassHalfUntil,
        Self::SyncWarnAfter,
        Self::SyncStopRedeemAfter,
        Self::SyncStopGrantAfter,
        Self::MaxCardRedeem,
    ];

    /// The stricter of two values: the smaller one, but for the window in which purchases are added up.
    #[must_use]
    pub fn stricter(self, one: i64, other: i64) -> i64 {
        if self == Self::SplitWindow { one.max(other) } else { one.min(other) }
    }
}

impl OfflinePolicy {
    /// The value of a limit: points, minor units, milliseconds, percent or a number, as its field has it.
    #[must_use]
    pub fn limit(&self, limit: Limit) -> i64 {
        match limit {
            Limit::MaxPurchaseMinor => self.max_purchase_minor,
            Limit::MaxGrantsPerHour => self.max_grants_per_hour.into(),
            Limit::MaxRedeemPurchase => self.max_redeem_purchase.0,
            Limit::SplitWindow => self.split_window.0,
            Limit::FanTryOnlineFrom => self.fan_try_online_from.into(),
            Limit::FanRefuseFrom => self.fan_refuse_from.into(),
            Limit::MaxFanUnsynced => self.max_fan_unsynced.0,
            Limit::MaxFanSharePercent => self.max_fan_share_percent.into(),
            Limit::MaxDeviceRedemptions => self.max_device_redemptions.into(),
            Limit::MaxDeviceUnsynced => self.max_device_unsynced.0,
            Limit::WarnSharePercent => self.warn_share_percent.into(),
            Limit::PassFullUntil => self.pass_full_until.0,
            Limit::PassHalfUntil => self.pass_half_until.0,
            Limit::SyncWarnAfter => self.sync_warn_after.0,
            Limit::SyncStopRedeemAfter => self.sync_stop_redeem_after.0,
            Limit::SyncStopGrantAfter => self.sync_stop_grant_after.0,
            Limit::MaxCardRedeem => self.max_card_redeem.0,
        }
    }

    /// Of each limit the stricter one of two policies.
    #[must_use]
    pub fn stricter(&self, other: &Self) -> Self {
        self.tightened(&Limit::ALL.into_iter().map(|limit| (limit, other.limit(limit))).collect())
    }

    /// The policy with some limits of somebody else's, each taken where it is stricter. Below zero counts as zero.
    #[must_use]
    pub fn tightened(&self, limits: &BTreeMap<Limit, i64>) -> Self {
        let mut policy = self.clone();
        for (limit, value) in limits {
            let strictest = limit.stricter(self.limit(*limit), (*value).max(0));
            policy.set_limit(*limit, strictest);
        }
        policy
    }

    fn set_limit(&mut self, limit: Limit, value: i64) {
        let number = u32::try_from(value.max(0)).unwrap_or(u32::MAX);
        let percent = u8::try_from(value.max(0)).unwrap_or(u8::MAX);
        match limit {
            Limit::MaxPurchaseMinor => self.max_purchase_minor = value,
            Limit::MaxGrantsPerHour => self.max_grants_per_hour = number,
            Limit::MaxRedeemPurchase => self.max_redeem_purchase = FanPoints(value),
            Limit::SplitWindow => self.split_window = Millis(value),
            Limit::FanTryOnlineFrom => self.fan_try_online_from = number,
            Limit::FanRefuseFrom => self.fan_refuse_from = number,
            Limit::MaxFanUnsynced => self.max_fan_unsynced = FanPoints(value),
            Limit::MaxFanSharePercent => self.max_fan_share_percent = percent,
            Limit::MaxDeviceRedemptions => self.max_device_redemptions = number,
            Limit::MaxDeviceUnsynced => self.max_device_unsynced = FanPoints(value),
            Limit::WarnSharePercent => self.warn_share_percent = percent,
            Limit::PassFullUntil => self.pass_full_until = Millis(value),
            Limit::PassHalfUntil => self.pass_half_until = Millis(value),
            Limit::SyncWarnAfter => self.sync_warn_after = Millis(value),
            Limit::SyncStopRedeemAfter => self.sync_stop_redeem_after = Millis(value),
            Limit::SyncStopGrantAfter => self.sync_stop_grant_after = Millis(value),
            Limit::MaxCardRedeem => self.max_card_redeem = FanPoints(value),
        }
    }
}
