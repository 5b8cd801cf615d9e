//! What a device may decide alone while it has no network, and what that can cost at the most.

use serde::{Deserialize, Serialize};

use crate::{
    Currency, FanPoints, Millis, Money,
    mutant::{guard, skipped},
};

/// Limits as data; the platform signs and ships the real ones. `Default` holds the documented defaults, which also
/// stand for fields that are missing in what was shipped.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct OfflinePolicy {
    /// Distribute and award: the largest purchase, in minor units of the program's currency. 5,000.00.
    pub max_purchase_minor: i64,
    /// Distribute and award: operations an hour on one device. 300.
    pub max_grants_per_hour: u32,
    /// One redemption; purchases of one fan within `split_window` are added up. 2,000.
    pub max_redeem_purchase: FanPoints,
    /// 10 minutes.
    pub split_window: Millis,
    /// Redemptions of one fan since the last sync: from this number on the device should try online first. The 2nd.
    pub fan_try_online_from: u32,
    /// ... and from this number on it refuses. The 4th.
    pub fan_refuse_from: u32,
    /// One fan, all unsynced redemptions together. 5,000.
    pub max_fan_unsynced: FanPoints,
    /// ... and at most this share of the pass's balance, in percent. 50.
    pub max_fan_share_percent: u8,
    /// One device, unsynced: redemptions. 200.
    pub max_device_redemptions: u32,
    /// One device, unsynced: points. 200,000.
    pub max_device_unsynced: FanPoints,
    /// A warning is due at this share of the device's cap, in percent. 50.
    pub warn_share_percent: u8,
    /// Age of the pass's balance: up to here full limits. 4 hours.
    pub pass_full_until: Millis,
    /// ... up to here half of every limit in points, then none. 24 hours.
    pub pass_half_until: Millis,
    /// Age of the last successful sync: from here on a warning. 4 hours.
    pub sync_warn_after: Millis,
    /// ... from here on no redemption. 24 hours.
    pub sync_stop_redeem_after: Millis,
    /// ... from here on no distribution and no award. 72 hours.
    pub sync_stop_grant_after: Millis,
    /// Card passes can be copied: the most that one may redeem until the next sync. 500.
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
    /// How far the code can be trusted.
    pub trust: Trust,
    /// The newest signed balance. None: no signed balance is known. Points earned on this device since then are not
    /// in it, so that they can not be redeemed before a sync.
    pub signed_balance: Option<FanPoints>,
    /// How old it is. Below zero (a clock that was set back) it counts as too old.
    pub balance_age: Millis,
    /// The offline allowance written in the pass, if there is one.
    pub pass_allowance: Option<FanPoints>,
    /// Age of the last successful sync; None: never synced.
    pub last_sync_age: Option<Millis>,
    /// Redemptions of this fan on this device that the platform has not answered.
    pub fan_unsynced_redemptions: u32,
    /// Their points.
    pub fan_unsynced_points: FanPoints,
    /// Redeemed by this fan within the split window.
    pub fan_recent_points: FanPoints,
    /// Redemptions of all fans on this device that the platform has not answered.
    pub device_unsynced_redemptions: u32,
    /// Their points.
    pub device_unsynced_points: FanPoints,
    /// Distributions and awards on this device within the last hour.
    pub device_grants_last_hour: u32,
    /// A manager has raised, for this one operation, the limits above which a manager is asked.
    pub manager_raised: bool,
}

/// What is to be decided offline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OfflineRequest {
    /// A distribution or an award.
    Grant {
        /// The whole purchase, in the program's currency or in points. None for an award.
        price: Option<Money>,
    },
    /// A redemption.
    Redeem {
        /// What it costs the fan.
        points: FanPoints,
    },
    /// Undoing an operation that has not been sent or was accepted.
    Reverse,
}

/// The answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "verdict", rename_all = "snake_case")]
pub enum OfflineVerdict {
    /// Nothing is at risk.
    Approve,
    /// Approved, but the platform could still refuse: so much is at risk.
    ApproveProvisionally {
        /// What this operation adds to the exposure.
        exposure: FanPoints,
        /// `WithinLimits`; or `FanCount` where the device should try online first, `BalanceHalved` where the balance
        /// is old; or the limit that a manager raised.
        rule: PolicyRule,
    },
    /// Above a limit that a manager can raise for once.
    AskManager {
        /// The limit.
        rule: PolicyRule,
    },
    /// Not offline.
    Refuse {
        /// Why.
        rule: PolicyRule,
    },
}

/// The rule that spoke. The order is the precedence; what nobody can raise speaks before what a manager can.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyRule {
    /// Refuses: the device has no rules to go by.
    NeverSynced,
    /// Refuses.
    SyncTooOldToRedeem,
    /// Refuses.
    SyncTooOldToGrant,
    /// Refuses: such a code may redeem online only.
    UnsignedCode,
    /// Refuses.
    NoSignedBalance,
    /// Refuses.
    BalanceTooOld,
    /// Asks: only because the balance is old; with a fresh one it would be within the limits.
    BalanceHalved,
    /// Refuses: the signed balance, less what was redeemed here since, does not hold as much.
    TooFewPoints,
    /// Asks.
    CardLimit,
    /// Asks: above what the platform wrote into the pass.
    PassAllowance,
    /// Asks.
    PurchaseLimit,
    /// Asks: above the limit of one purchase together with those just before it.
    SplitPurchases,
    /// Refuses from the last number on; before it, a hint to try online first.
    FanCount,
    /// Asks.
    FanUnsynced,
    /// Asks.
    FanShare,
    /// Asks.
    DeviceCount,
    /// Asks.
    DeviceUnsynced,
    /// Asks: above the limit, or in a currency that can not be compared with it.
    PurchaseValue,
    /// Asks.
    GrantsPerHour,
    /// Nothing speaks against it.
    WithinLimits,
}

impl Default for OfflinePolicy {
    fn default() -> Self {
        Self {
            max_purchase_minor: 500_000,
            max_grants_per_hour: 300,
            max_redeem_purchase: FanPoints(2_000),
            split_window: Millis::minutes(10),
            fan_try_online_from: 2,
            fan_refuse_from: 4,
            max_fan_unsynced: FanPoints(5_000),
            max_fan_share_percent: 50,
            max_device_redemptions: 200,
            max_device_unsynced: FanPoints(200_000),
            warn_share_percent: 50,
            pass_full_until: Millis::hours(4),
            pass_half_until: Millis::hours(24),
            sync_warn_after: Millis::hours(4),
            sync_stop_redeem_after: Millis::hours(24),
            sync_stop_grant_after: Millis::hours(72),
            max_card_redeem: FanPoints(500),
        }
    }
}

impl OfflinePolicy {
    /// What the device may do by itself.
    ///
    /// "Up to" includes the limit; a sync that is exactly as old as allowed stops what it stops.
    ///
    /// ```
    /// # use ledger::*;
    /// let facts = OfflineFacts {
    ///     trust: Trust::Live,
    ///     signed_balance: Some(FanPoints(3465)),
    ///     balance_age: Millis::minutes(5),
    ///     pass_allowance: None,
    ///     last_sync_age: Some(Millis::hours(1)),
    ///     fan_unsynced_redemptions: 0,
    ///     fan_unsynced_points: FanPoints(0),
    ///     fan_recent_points: FanPoints(0),
    ///     device_unsynced_redemptions: 0,
    ///     device_unsynced_points: FanPoints(0),
    ///     device_grants_last_hour: 0,
    ///     manager_raised: false,
    /// };
    /// let policy = OfflinePolicy::default();
    /// let verdict = policy.decide(OfflineRequest::Redeem { points: FanPoints(450) }, &facts, Currency::Chf);
    /// assert_eq!(
    ///     verdict,
    ///     OfflineVerdict::ApproveProvisionally { exposure: FanPoints(450), rule: PolicyRule::WithinLimits }
    /// );
    /// let verdict = policy.decide(OfflineRequest::Redeem { points: FanPoints(2001) }, &facts, Currency::Chf);
    /// assert_eq!(verdict, OfflineVerdict::AskManager { rule: PolicyRule::PurchaseLimit });
    /// ```
    #[must_use]
    pub fn decide(
        &self,
        request: OfflineRequest,
        facts: &OfflineFacts,
        currency: Currency,
    ) -> OfflineVerdict {
        match request {
            OfflineRequest::Grant { price } => self.grant(price, facts, currency),
            OfflineRequest::Redeem { points } => self.redeem(points, facts),
            OfflineRequest::Reverse => OfflineVerdict::Approve,
        }
    }

    /// The most that one device can have at stake without a manager: all of its redemptions that were not synced.
    /// What a manager raises comes on top, operation by operation.
    #[must_use]
    pub fn device_exposure_cap(&self) -> FanPoints {
        let by_count =
            i64::from(self.max_device_redemptions).saturating_mul(self.max_redeem_purchase.0.max(0));
        FanPoints(by_count.min(self.max_device_unsynced.0).max(0))
    }

    /// The most that one fan can have redeemed on `k` devices that know nothing of each other, without a manager,
    /// where `balance` is the highest signed balance the fan can show. All of it is lost if the balance was spent
    /// elsewhere meanwhile. The largest number there is where it does not fit.
    #[must_use]
    pub fn fan_worst_case(&self, k: u32, balance: FanPoints) -> FanPoints {
        let times = i64::from(self.fan_refuse_from.saturating_sub(1));
        let on_one = times
            .saturating_mul(self.max_redeem_purchase.0)
            .min(self.max_fan_unsynced.0)
            .min(self.share_of(balance).0)
            .min(balance.0)
            .min(self.device_exposure_cap().0)
            .max(0);
        FanPoints(on_one.saturating_mul(i64::from(k)))
    }

    /// Whether a device with so much at stake should warn.
    #[must_use]
    pub fn device_warns(&self, unsynced: FanPoints) -> bool {
        let cap =
            i128::from(self.device_exposure_cap().0).saturating_mul(i128::from(self.warn_share_percent));
        i128::from(unsynced.0).saturating_mul(100) >= cap
    }

    /// Whether a device should warn that it has not synced for so long (None: never).
    #[must_use]
    pub fn sync_warns(&self, age: Option<Millis>) -> bool {
        age.is_none_or(|age| age < Millis(0) || age >= self.sync_warn_after)
    }

    fn grant(&self, price: Option<Money>, facts: &OfflineFacts, currency: Currency) -> OfflineVerdict {
        if facts.last_sync_age.is_none() && !skipped("policy-never-synced") {
            return OfflineVerdict::Refuse { rule: PolicyRule::NeverSynced };
        }
        let too_old = |age: Millis| age < Millis(0) || age >= self.sync_stop_grant_after;
        if facts.last_sync_age.is_some_and(too_old) && !skipped("policy-sync-to-grant") {
            return OfflineVerdict::Refuse { rule: PolicyRule::SyncTooOldToGrant };
        }
        match self.grant_limits(price, facts, currency) {
            Err(rule) if !facts.manager_raised => OfflineVerdict::AskManager { rule },
            Ok(()) | Err(_) => OfflineVerdict::Approve,
        }
    }

    fn grant_limits(
        &self,
        price: Option<Money>,
        facts: &OfflineFacts,
        currency: Currency,
    ) -> Result<(), PolicyRule> {
        if let Some(price) = price {
            let comparable = price.currency == currency || price.currency == Currency::Fp;
            let above = !comparable || price.minor > self.max_purchase_minor;
            guard!("policy-purchase-value", above, PolicyRule::PurchaseValue);
        }
        let full = facts.device_grants_last_hour >= self.max_grants_per_hour;
        guard!("policy-grants-per-hour", full, PolicyRule::GrantsPerHour);
        Ok(())
    }

    fn redeem(&self, points: FanPoints, facts: &OfflineFacts) -> OfflineVerdict {
        if let Err(rule) = self.redeem_stops(points, facts) {
            return OfflineVerdict::Refuse { rule };
        }
        let halved = facts.balance_age > self.pass_full_until && !skipped("policy-halved");
        let rule = match self.redeem_limits(points, facts, halved) {
            Err(rule) if facts.manager_raised => rule,
            Err(_) if halved && self.redeem_limits(points, facts, false).is_ok() => {
                return OfflineVerdict::AskManager { rule: PolicyRule::BalanceHalved };
            }
            Err(rule) => return OfflineVerdict::AskManager { rule },
            Ok(()) if self.number_of(facts) >= self.fan_try_online_from => PolicyRule::FanCount,
            Ok(()) if halved => PolicyRule::BalanceHalved,
            Ok(()) => PolicyRule::WithinLimits,
        };
        OfflineVerdict::ApproveProvisionally { exposure: points, rule }
    }

    /// What nobody can raise.
    fn redeem_stops(&self, points: FanPoints, facts: &OfflineFacts) -> Result<(), PolicyRule> {
        guard!("policy-never-synced", facts.last_sync_age.is_none(), PolicyRule::NeverSynced);
        let sync_too_old = |age: Millis| age < Millis(0) || age >= self.sync_stop_redeem_after;
        let sync_stops = facts.last_sync_age.is_some_and(sync_too_old);
        guard!("policy-sync-to-redeem", sync_stops, PolicyRule::SyncTooOldToRedeem);
        guard!("policy-unsigned", facts.trust == Trust::Unsigned, PolicyRule::UnsignedCode);
        let balance = facts.signed_balance.ok_or(PolicyRule::NoSignedBalance)?;
        let balance_stops = facts.balance_age < Millis(0) || facts.balance_age > self.pass_half_until;
        guard!("policy-balance-age", balance_stops, PolicyRule::BalanceTooOld);
        guard!("policy-balance", plus(facts.fan_unsynced_points, points) > balance, PolicyRule::TooFewPoints);
        guard!("policy-points-positive", points <= FanPoints::ZERO, PolicyRule::PurchaseLimit);
        let refused = self.number_of(facts) >= self.fan_refuse_from;
        guard!("policy-fan-count", refused, PolicyRule::FanCount);
        Ok(())
    }

    /// What a manager can raise.
    fn redeem_limits(&self, points: FanPoints, facts: &OfflineFacts, halved: bool) -> Result<(), PolicyRule> {
        let of = |limit: FanPoints| {
            if halved { FanPoints(limit.0.checked_div(2).unwrap_or_default()) } else { limit }
        };
        let fan = plus(facts.fan_unsynced_points, points);
        let card = facts.trust == Trust::Card && fan > of(self.max_card_redeem);
        guard!("policy-card", card, PolicyRule::CardLimit);
        let allowance = facts.pass_allowance.is_some_and(|allowance| fan > of(allowance));
        guard!("policy-allowance", allowance, PolicyRule::PassAllowance);
        guard!("policy-purchase", points > of(self.max_redeem_purchase), PolicyRule::PurchaseLimit);
        let split = plus(facts.fan_recent_points, points) > of(self.max_redeem_purchase);
        guard!("policy-split", split, PolicyRule::SplitPurchases);
        guard!("policy-fan-unsynced", fan > of(self.max_fan_unsynced), PolicyRule::FanUnsynced);
        let share = self.share_of(facts.signed_balance.unwrap_or_default());
        guard!("policy-fan-share", fan > of(share), PolicyRule::FanShare);
        let count = facts.device_unsynced_redemptions >= self.max_device_redemptions;
        guard!("policy-device-count", count, PolicyRule::DeviceCount);
        let device = plus(facts.device_unsynced_points, points);
        guard!("policy-device-unsynced", device > self.max_device_unsynced, PolicyRule::DeviceUnsynced);
        Ok(())
    }

    /// Which redemption of this fan it would be since the last sync, from 1.
    const fn number_of(&self, facts: &OfflineFacts) -> u32 {
        facts.fan_unsynced_redemptions.saturating_add(1)
    }

    fn share_of(&self, balance: FanPoints) -> FanPoints {
        let parts = i128::from(balance.0).saturating_mul(i128::from(self.max_fan_share_percent));
        let share = parts.checked_div(100).unwrap_or_default();
        FanPoints(i64::try_from(share).unwrap_or(i64::MAX))
    }
}

/// A sum that stays above every limit where it does not fit. Nothing is owed to a device for points below zero.
fn plus(known: FanPoints, more: FanPoints) -> FanPoints {
    FanPoints(known.0.max(0).saturating_add(more.0))
}
