//! The offline policy: every limit at its edge, and what it can cost at the most.

use std::collections::BTreeMap;

use ledger::conformance::Dice;
use ledger::{
    Currency, FanPoints, Limit, Millis, Money, OfflineFacts, OfflinePolicy, OfflineRequest, OfflineVerdict,
    PolicyRule, Trust,
};
use proptest::prelude::*;

const HOUR: i64 = 3_600_000;

fn facts() -> OfflineFacts {
    OfflineFacts {
        trust: Trust::Live,
        signed_balance: Some(FanPoints(100_000)),
        balance_age: Millis(0),
        pass_allowance: None,
        last_sync_age: Some(Millis(0)),
        fan_unsynced_redemptions: 0,
        fan_unsynced_points: FanPoints(0),
        fan_recent_points: FanPoints(0),
        device_unsynced_redemptions: 0,
        device_unsynced_points: FanPoints(0),
        device_grants_last_hour: 0,
        manager_raised: false,
    }
}

fn redeem(points: i64, facts: &OfflineFacts) -> OfflineVerdict {
    OfflinePolicy::default().decide(
        OfflineRequest::Redeem { points: FanPoints(points) },
        facts,
        Currency::Chf,
    )
}

fn grant(price: Option<Money>, facts: &OfflineFacts) -> OfflineVerdict {
    OfflinePolicy::default().decide(OfflineRequest::Grant { price }, facts, Currency::Chf)
}

fn at_risk(exposure: i64, rule: PolicyRule) -> OfflineVerdict {
    OfflineVerdict::ApproveProvisionally { exposure: FanPoints(exposure), rule }
}

fn within(points: i64) -> OfflineVerdict {
    at_risk(points, PolicyRule::WithinLimits)
}

const fn ask(rule: PolicyRule) -> OfflineVerdict {
    OfflineVerdict::AskManager { rule }
}

const fn refuse(rule: PolicyRule) -> OfflineVerdict {
    OfflineVerdict::Refuse { rule }
}

#[test]
fn the_defaults_are_the_documented_ones() {
    let json = serde_json::to_value(OfflinePolicy::default()).unwrap();
    let documented = serde_json::json!({
        "max_purchase_minor": 500_000, "max_grants_per_hour": 300,
        "max_redeem_purchase": 2_000, "split_window": 10 * 60_000,
        "fan_try_online_from": 2, "fan_refuse_from": 4,
        "max_fan_unsynced": 5_000, "max_fan_share_percent": 50,
        "max_device_redemptions": 200, "max_device_unsynced": 200_000, "warn_share_percent": 50,
        "pass_full_until": 4 * HOUR, "pass_half_until": 24 * HOUR,
        "sync_warn_after": 4 * HOUR, "sync_stop_redeem_after": 24 * HOUR, "sync_stop_grant_after": 72 * HOUR,
        "max_card_redeem": 500,
    });
    assert_eq!(json, documented);
    let shipped: OfflinePolicy = serde_json::from_str(r#"{"max_redeem_purchase":1000}"#).unwrap();
    assert_eq!(shipped, OfflinePolicy { max_redeem_purchase: FanPoints(1000), ..OfflinePolicy::default() });
}

#[test]
fn one_redemption() {
    assert_eq!(redeem(1_999, &facts()), within(1_999));
    assert_eq!(redeem(2_000, &facts()), within(2_000));
    assert_eq!(redeem(2_001, &facts()), ask(PolicyRule::PurchaseLimit));
    let raised = OfflineFacts { manager_raised: true, ..facts() };
    assert_eq!(redeem(2_001, &raised), at_risk(2_001, PolicyRule::PurchaseLimit));
    assert_eq!(redeem(2_000, &raised), within(2_000));
    for nothing in [0, -1, i64::MIN] {
        assert_eq!(redeem(nothing, &raised), refuse(PolicyRule::PurchaseLimit));
    }
    assert_eq!(redeem(i64::MAX, &raised), refuse(PolicyRule::TooFewPoints));
}

#[test]
fn split_purchases_are_added_up() {
    for (recent, verdict) in [
        (1_299, within(700)),
        (1_300, within(700)),
        (1_301, ask(PolicyRule::SplitPurchases)),
        (i64::MAX, ask(PolicyRule::SplitPurchases)),
    ] {
        assert_eq!(redeem(700, &OfflineFacts { fan_recent_points: FanPoints(recent), ..facts() }), verdict);
    }
}

#[test]
fn the_second_is_asked_to_try_online_and_the_fourth_refused() {
    let nth = |before| redeem(10, &OfflineFacts { fan_unsynced_redemptions: before, ..facts() });
    assert_eq!(nth(0), within(10));
    assert_eq!(nth(1), at_risk(10, PolicyRule::FanCount));
    assert_eq!(nth(2), at_risk(10, PolicyRule::FanCount));
    assert_eq!(nth(3), refuse(PolicyRule::FanCount));
    assert_eq!(nth(u32::MAX), refuse(PolicyRule::FanCount));
    // No manager changes that.
    let raised = OfflineFacts { fan_unsynced_redemptions: 3, manager_raised: true, ..facts() };
    assert_eq!(redeem(10, &raised), refuse(PolicyRule::FanCount));
}

#[test]
fn one_fan_since_the_last_sync() {
    let after =
        |spent, points| redeem(points, &OfflineFacts { fan_unsynced_points: FanPoints(spent), ..facts() });
    assert_eq!(after(3_999, 1_000), within(1_000));
    assert_eq!(after(4_000, 1_000), within(1_000));
    assert_eq!(after(4_001, 1_000), ask(PolicyRule::FanUnsynced));
}

#[test]
fn half_of_the_balance_and_never_more_than_all_of_it() {
    let with = |balance, spent, points| {
        let (signed_balance, fan_unsynced_points) = (Some(FanPoints(balance)), FanPoints(spent));
        redeem(points, &OfflineFacts { signed_balance, fan_unsynced_points, ..facts() })
    };
    assert_eq!(with(1_000, 0, 499), within(499));
    assert_eq!(with(1_000, 0, 500), within(500));
    assert_eq!(with(1_000, 0, 501), ask(PolicyRule::FanShare));
    assert_eq!(with(1_001, 0, 501), ask(PolicyRule::FanShare));
    assert_eq!(with(1_000, 400, 100), within(100));
    assert_eq!(with(1_000, 400, 101), ask(PolicyRule::FanShare));
    assert_eq!(with(1_000, 0, 1_000), ask(PolicyRule::FanShare));
    assert_eq!(with(1_000, 0, 1_001), refuse(PolicyRule::TooFewPoints));
    assert_eq!(with(1_000, 900, 101), refuse(PolicyRule::TooFewPoints));
    assert_eq!(with(0, 0, 1), refuse(PolicyRule::TooFewPoints));
}

#[test]
fn points_earned_here_are_not_redeemable_before_a_sync() {
    // Only the signed balance counts, whatever the device has given out since.
    let earned = OfflineFacts { signed_balance: Some(FanPoints(0)), device_grants_last_hour: 5, ..facts() };
    assert_eq!(redeem(1, &earned), refuse(PolicyRule::TooFewPoints));
    let unknown = OfflineFacts { signed_balance: None, ..facts() };
    assert_eq!(redeem(1, &unknown), refuse(PolicyRule::NoSignedBalance));
}

#[test]
fn one_device() {
    let count = |before| redeem(10, &OfflineFacts { device_unsynced_redemptions: before, ..facts() });
    assert_eq!(count(198), within(10));
    assert_eq!(count(199), within(10));
    assert_eq!(count(200), ask(PolicyRule::DeviceCount));
    let points = |before| redeem(10, &OfflineFacts { device_unsynced_points: FanPoints(before), ..facts() });
    assert_eq!(points(199_989), within(10));
    assert_eq!(points(199_990), within(10));
    assert_eq!(points(199_991), ask(PolicyRule::DeviceUnsynced));
    assert_eq!(points(i64::MAX), ask(PolicyRule::DeviceUnsynced));
}

#[test]
fn the_age_of_the_balance() {
    let aged = |age, points| redeem(points, &OfflineFacts { balance_age: Millis(age), ..facts() });
    assert_eq!(aged(4 * HOUR - 1, 2_000), within(2_000));
    assert_eq!(aged(4 * HOUR, 2_000), within(2_000));
    assert_eq!(aged(4 * HOUR + 1, 2_000), ask(PolicyRule::BalanceHalved));
    assert_eq!(aged(4 * HOUR + 1, 2_001), ask(PolicyRule::PurchaseLimit));
    assert_eq!(aged(4 * HOUR + 1, 1_001), ask(PolicyRule::BalanceHalved));
    assert_eq!(aged(4 * HOUR + 1, 1_000), at_risk(1_000, PolicyRule::BalanceHalved));
    assert_eq!(aged(24 * HOUR - 1, 1_000), at_risk(1_000, PolicyRule::BalanceHalved));
    assert_eq!(aged(24 * HOUR, 1_000), at_risk(1_000, PolicyRule::BalanceHalved));
    assert_eq!(aged(24 * HOUR + 1, 1), refuse(PolicyRule::BalanceTooOld));
    assert_eq!(aged(-1, 1), refuse(PolicyRule::BalanceTooOld));
    let halved = |points, change: &dyn Fn(&mut OfflineFacts)| {
        let mut facts = OfflineFacts { balance_age: Millis(5 * HOUR), ..facts() };
        change(&mut facts);
        redeem(points, &facts)
    };
    assert_eq!(
        halved(500, &|facts| facts.fan_unsynced_points = FanPoints(2_001)),
        ask(PolicyRule::BalanceHalved)
    );
    assert_eq!(
        halved(251, &|facts| facts.signed_balance = Some(FanPoints(1_000))),
        ask(PolicyRule::BalanceHalved)
    );
    assert_eq!(halved(251, &|facts| facts.trust = Trust::Card), ask(PolicyRule::BalanceHalved));
}

#[test]
fn the_age_of_the_last_sync() {
    let aged = |age: Option<i64>| {
        let facts = OfflineFacts { last_sync_age: age.map(Millis), ..facts() };
        (redeem(1, &facts), grant(None, &facts))
    };
    let (give, stop) = (OfflineVerdict::Approve, refuse(PolicyRule::SyncTooOldToRedeem));
    assert_eq!(aged(Some(24 * HOUR - 1)), (within(1), give));
    assert_eq!(aged(Some(24 * HOUR)), (stop, give));
    assert_eq!(aged(Some(24 * HOUR + 1)), (stop, give));
    assert_eq!(aged(Some(72 * HOUR - 1)), (stop, give));
    assert_eq!(aged(Some(72 * HOUR)), (stop, refuse(PolicyRule::SyncTooOldToGrant)));
    assert_eq!(aged(Some(72 * HOUR + 1)), (stop, refuse(PolicyRule::SyncTooOldToGrant)));
    assert_eq!(aged(Some(-1)), (stop, refuse(PolicyRule::SyncTooOldToGrant)));
    assert_eq!(aged(None), (refuse(PolicyRule::NeverSynced), refuse(PolicyRule::NeverSynced)));
    let policy = OfflinePolicy::default();
    for (age, warns) in [(4 * HOUR - 1, false), (4 * HOUR, true), (4 * HOUR + 1, true), (-1, true)] {
        assert_eq!(policy.sync_warns(Some(Millis(age))), warns);
    }
    assert!(policy.sync_warns(None));
}

#[test]
fn codes_that_can_not_be_trusted() {
    let with = |trust, points| redeem(points, &OfflineFacts { trust, ..facts() });
    assert_eq!(with(Trust::Unsigned, 1), refuse(PolicyRule::UnsignedCode));
    assert_eq!(with(Trust::Card, 499), within(499));
    assert_eq!(with(Trust::Card, 500), within(500));
    assert_eq!(with(Trust::Card, 501), ask(PolicyRule::CardLimit));
    let copied = OfflineFacts { trust: Trust::Card, fan_unsynced_points: FanPoints(400), ..facts() };
    assert_eq!(redeem(101, &copied), ask(PolicyRule::CardLimit));
    let earns = OfflineFacts { trust: Trust::Unsigned, ..facts() };
    assert_eq!(grant(None, &earns), OfflineVerdict::Approve);
}

#[test]
fn the_allowance_in_the_pass() {
    let allowed = |points| redeem(points, &OfflineFacts { pass_allowance: Some(FanPoints(300)), ..facts() });
    assert_eq!(allowed(299), within(299));
    assert_eq!(allowed(300), within(300));
    assert_eq!(allowed(301), ask(PolicyRule::PassAllowance));
    let none = OfflineFacts { pass_allowance: Some(FanPoints(0)), ..facts() };
    assert_eq!(redeem(1, &none), ask(PolicyRule::PassAllowance));
}

#[test]
fn giving() {
    let chf = |minor| Some(Money::new(minor, Currency::Chf));
    assert_eq!(grant(chf(499_999), &facts()), OfflineVerdict::Approve);
    assert_eq!(grant(chf(500_000), &facts()), OfflineVerdict::Approve);
    assert_eq!(grant(chf(500_001), &facts()), ask(PolicyRule::PurchaseValue));
    assert_eq!(grant(Some(Money::new(500_001, Currency::Fp)), &facts()), ask(PolicyRule::PurchaseValue));
    assert_eq!(grant(Some(Money::new(1, Currency::Eur)), &facts()), ask(PolicyRule::PurchaseValue));
    let hour = |before| grant(None, &OfflineFacts { device_grants_last_hour: before, ..facts() });
    assert_eq!(hour(298), OfflineVerdict::Approve);
    assert_eq!(hour(299), OfflineVerdict::Approve);
    assert_eq!(hour(300), ask(PolicyRule::GrantsPerHour));
    let raised = OfflineFacts { device_grants_last_hour: 300, manager_raised: true, ..facts() };
    assert_eq!(grant(chf(900_000), &raised), OfflineVerdict::Approve);
    let reverse = OfflinePolicy::default().decide(OfflineRequest::Reverse, &facts(), Currency::Chf);
    assert_eq!(reverse, OfflineVerdict::Approve);
}

#[test]
fn what_a_device_and_a_fan_can_cost() {
    let policy = OfflinePolicy::default();
    assert_eq!(policy.device_exposure_cap(), FanPoints(200_000));
    let few = OfflinePolicy { max_device_redemptions: 7, ..policy.clone() };
    assert_eq!(few.device_exposure_cap(), FanPoints(14_000));
    assert_eq!(policy.fan_worst_case(1, FanPoints(100_000)), FanPoints(5_000));
    assert_eq!(policy.fan_worst_case(3, FanPoints(3_000)), FanPoints(4_500));
    assert_eq!(policy.fan_worst_case(0, FanPoints(3_000)), FanPoints(0));
    assert_eq!(policy.fan_worst_case(5, FanPoints(-3)), FanPoints(0));
    let once = OfflinePolicy { fan_refuse_from: 2, ..policy.clone() };
    assert_eq!(once.fan_worst_case(2, FanPoints(100_000)), FanPoints(4_000));
    for (unsynced, warns) in [(99_999, false), (100_000, true), (100_001, true)] {
        assert_eq!(policy.device_warns(FanPoints(unsynced)), warns);
    }
}

#[test]
fn the_stricter_of_two_is_stricter_than_both() {
    let open = OfflinePolicy {
        max_redeem_purchase: FanPoints(9_000),
        fan_refuse_from: 9,
        ..OfflinePolicy::default()
    };
    let tight = OfflinePolicy { max_device_redemptions: 3, split_window: Millis(HOUR), ..open.clone() };
    let both = open.stricter(&OfflinePolicy::default()).stricter(&tight);
    assert_eq!(both.max_redeem_purchase, FanPoints(2_000));
    assert_eq!((both.fan_refuse_from, both.max_device_redemptions), (4, 3));
    assert_eq!(both.split_window, Millis(HOUR));
    assert_eq!(both.stricter(&both), both);
}

#[test]
fn every_field_of_the_policy_is_a_limit() {
    let fields = serde_json::to_value(OfflinePolicy::default()).unwrap();
    let limits: Vec<_> = Limit::ALL.map(|limit| serde_json::to_value(limit).unwrap()).into();
    assert_eq!(fields.as_object().unwrap().len(), Limit::ALL.len());
    for limit in limits {
        assert!(fields.get(limit.as_str().unwrap()).is_some(), "{limit}");
    }
}

#[test]
fn a_limit_of_somebody_elses_is_taken_where_it_is_stricter() {
    let policy = OfflinePolicy::default();
    let set = |limit, value| policy.tightened(&BTreeMap::from([(limit, value)])).limit(limit);
    for limit in Limit::ALL {
        let stands = policy.limit(limit);
        let (tighter, looser) = if limit == Limit::SplitWindow { (1, -1) } else { (-1, 1) };
        assert_eq!(set(limit, stands + tighter), stands + tighter, "{limit:?}");
        assert_eq!(set(limit, stands + looser), stands, "{limit:?}");
        assert_eq!(set(limit, stands), stands, "{limit:?}");
    }
    assert_eq!(set(Limit::MaxRedeemPurchase, -5), 0, "nothing is redeemed below zero");
    let halved = policy.tightened(&BTreeMap::from([(Limit::MaxFanUnsynced, 100)]));
    assert_eq!(halved, OfflinePolicy { max_fan_unsynced: FanPoints(100), ..policy });
}

/// A device as the policy sees it: what it has approved since its last sync.
#[derive(Default)]
struct Device {
    /// Fan, time, points.
    approved: Vec<(usize, i64, i64)>,
    raised: i64,
}

impl Device {
    fn facts(&self, policy: &OfflinePolicy, fan: usize, balance: i64, now: i64) -> OfflineFacts {
        let of_fan = || self.approved.iter().filter(|(who, ..)| *who == fan);
        let recent = of_fan().filter(|(_, at, _)| now - at < policy.split_window.0);
        let points = |sum: i64| FanPoints(sum);
        OfflineFacts {
            signed_balance: Some(FanPoints(balance)),
            fan_unsynced_redemptions: u32::try_from(of_fan().count()).unwrap(),
            fan_unsynced_points: points(of_fan().map(|(.., points)| points).sum()),
            fan_recent_points: points(recent.map(|(.., points)| points).sum()),
            device_unsynced_redemptions: u32::try_from(self.approved.len()).unwrap(),
            device_unsynced_points: points(self.approved.iter().map(|(.., points)| points).sum()),
            ..facts()
        }
    }
}

fn hardness(verdict: OfflineVerdict) -> u8 {
    match verdict {
        OfflineVerdict::Approve | OfflineVerdict::ApproveProvisionally { .. } => 0,
        OfflineVerdict::AskManager { .. } => 1,
        OfflineVerdict::Refuse { .. } => 2,
    }
}

/// A policy with limits around the documented ones, or none at all.
fn any_policy() -> impl Strategy<Value = OfflinePolicy> {
    proptest::collection::vec(prop_oneof![0_i64..12, 0_i64..3_000, 0_i64..100 * HOUR], Limit::ALL.len())
        .prop_map(|values| {
            let open = OfflinePolicy {
                max_purchase_minor: i64::MAX,
                max_grants_per_hour: u32::MAX,
                max_redeem_purchase: FanPoints(i64::MAX),
                split_window: Millis(0),
                fan_try_online_from: u32::MAX,
                fan_refuse_from: u32::MAX,
                max_fan_unsynced: FanPoints(i64::MAX),
                max_fan_share_percent: u8::MAX,
                max_device_redemptions: u32::MAX,
                max_device_unsynced: FanPoints(i64::MAX),
                warn_share_percent: u8::MAX,
                pass_full_until: Millis(i64::MAX),
                pass_half_until: Millis(i64::MAX),
                sync_warn_after: Millis(i64::MAX),
                sync_stop_redeem_after: Millis(i64::MAX),
                sync_stop_grant_after: Millis(i64::MAX),
                max_card_redeem: FanPoints(i64::MAX),
            };
            open.tightened(&Limit::ALL.into_iter().zip(values).collect())
        })
}

proptest! {
    /// Whatever a device sets for itself, no limit is laxer than the platform's, and no answer softer.
    #[test]
    fn a_device_is_never_laxer_than_the_platform(
        platform in any_policy(), mine in proptest::collection::btree_map(0..Limit::ALL.len(), any::<i64>(), 0..8),
        points in 1_i64..6_000, spent in 0_i64..6_000, age in 0_i64..80 * HOUR, synced in 0_i64..80 * HOUR,
        before in 0_u32..8, card in any::<bool>(),
    ) {
        let mine: BTreeMap<Limit, i64> = mine.into_iter().map(|(n, value)| (Limit::ALL[n], value)).collect();
        let effective = platform.tightened(&mine);
        for limit in Limit::ALL {
            let (has, may) = (effective.limit(limit), platform.limit(limit));
            prop_assert_eq!(limit.stricter(has, may), has, "{:?}: {} where the platform says {}", limit, has, may);
        }
        let facts = OfflineFacts {
            trust: if card { Trust::Card } else { Trust::Live },
            balance_age: Millis(age),
            last_sync_age: Some(Millis(synced)),
            fan_unsynced_points: FanPoints(spent),
            fan_recent_points: FanPoints(spent),
            fan_unsynced_redemptions: before,
            device_grants_last_hour: before,
            signed_balance: Some(FanPoints(9_000)),
            ..facts()
        };
        let price = Some(Money { minor: points, currency: Currency::Chf });
        for request in [OfflineRequest::Redeem { points: FanPoints(points) }, OfflineRequest::Grant { price }] {
            let answer = |policy: &OfflinePolicy| hardness(policy.decide(request, &facts, Currency::Chf));
            prop_assert!(answer(&effective) >= answer(&platform));
        }
    }
}

proptest! {
    #![proptest_config(crate::common::cases(96))]

    /// Fans walk from device to device and redeem what they can: neither a device nor a fan costs more than the
    /// functions of the policy say. What a manager raised is counted apart, and the balance bounds even that.
    #[test]
    fn no_sequence_costs_more_than_the_documented_bound(
        seed in any::<u64>(),
        k in 1_usize..5,
        purchase in 1_i64..3_000, unsynced in 1_i64..8_000, share in 0_u8..=100,
        refuse_from in 0_u32..6, device_count in 0_u32..12, device_points in 0_i64..20_000,
        balances in prop::collection::vec(0_i64..20_000, 1..4),
        raising in any::<bool>(),
    ) {
        let policy = OfflinePolicy {
            max_redeem_purchase: FanPoints(purchase), max_fan_unsynced: FanPoints(unsynced),
            max_fan_share_percent: share, fan_refuse_from: refuse_from,
            max_device_redemptions: device_count, max_device_unsynced: FanPoints(device_points),
            ..OfflinePolicy::default()
        };
        let mut dice = Dice::new(seed);
        let mut devices: Vec<Device> = (0..k).map(|_| Device::default()).collect();
        let mut now = 0;
        for _ in 0..120 {
            now += dice.between(0, 400_000);
            let fan = usize::try_from(dice.below(balances.len() as u64)).unwrap();
            let device = usize::try_from(dice.below(k as u64)).unwrap();
            let age = dice.between(0, 25 * HOUR);
            let trust = if dice.one_in(3) { Trust::Card } else { Trust::Live };
            let manager_raised = raising && dice.one_in(4);
            // Greedy: as much as could pass, or a little around it.
            let points = [purchase, unsynced, purchase / 2, dice.between(1, 3_000)][usize::try_from(dice.below(4)).unwrap()];
            let known = devices[device].facts(&policy, fan, balances[fan], now);
            let facts = OfflineFacts { balance_age: Millis(age), trust, manager_raised, ..known };
            let request = OfflineRequest::Redeem { points: FanPoints(points) };
            if let OfflineVerdict::ApproveProvisionally { exposure, .. } = policy.decide(request, &facts, Currency::Chf) {
                prop_assert_eq!(exposure, FanPoints(points));
                devices[device].approved.push((fan, now, points));
                let alone = OfflineFacts { manager_raised: false, ..facts };
                let alone = policy.decide(request, &alone, Currency::Chf);
                if !matches!(alone, OfflineVerdict::ApproveProvisionally { .. }) {
                    devices[device].raised += points;
                }
            }
        }
        let k = u32::try_from(k).unwrap();
        for device in &devices {
            let total: i64 = device.approved.iter().map(|(.., points)| points).sum();
            prop_assert!(total - device.raised <= policy.device_exposure_cap().0);
        }
        for (fan, balance) in balances.iter().enumerate() {
            let of_fan = |device: &Device| -> i64 {
                device.approved.iter().filter(|(who, ..)| *who == fan).map(|(.., points)| points).sum()
            };
            let total: i64 = devices.iter().map(of_fan).sum();
            let raised: i64 = devices.iter().map(|device| device.raised).sum();
            prop_assert!(total <= policy.fan_worst_case(k, FanPoints(*balance)).0 + raised);
            prop_assert!(total <= i64::from(k) * balance);
        }
    }

    /// Fewer points, a fresher balance, a better code: never a harder answer.
    #[test]
    fn a_smaller_risk_never_gets_a_harder_answer(
        points in 1_i64..6_000, less in 0_i64..6_000, spent in 0_i64..6_000, recent in 0_i64..3_000,
        age in 0_i64..30 * HOUR, younger in 0_i64..30 * HOUR, card in any::<bool>(), before in 0_u32..5,
    ) {
        let facts = OfflineFacts {
            trust: if card { Trust::Card } else { Trust::Live },
            balance_age: Millis(age),
            fan_unsynced_points: FanPoints(spent),
            fan_recent_points: FanPoints(recent),
            fan_unsynced_redemptions: before,
            signed_balance: Some(FanPoints(9_000)),
            ..facts()
        };
        let answer = hardness(redeem(points, &facts));
        prop_assert!(hardness(redeem(points.min(less).max(1), &facts)) <= answer);
        let younger = OfflineFacts { balance_age: Millis(age.min(younger)), ..facts.clone() };
        prop_assert!(hardness(redeem(points, &younger)) <= answer);
        let live = OfflineFacts { trust: Trust::Live, ..facts.clone() };
        prop_assert!(hardness(redeem(points, &live)) <= answer);
        let raised = OfflineFacts { manager_raised: true, ..facts };
        prop_assert!(hardness(redeem(points, &raised)) <= answer);
    }
}
