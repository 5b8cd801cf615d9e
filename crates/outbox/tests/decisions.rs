//! What the device decides, with the ledger and the offline policy, and what it then knows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::BTreeMap;

use common::*;
use ledger::{FanPoints, Limit, PolicyRule, Refusal, StatusPoints, Timestamp, Trust};
use outbox::{Commit, Decline, OperationKind, OperationState, Proposal, Proposed, Raiser, Route, Source};
use uuid::Uuid;

#[test]
fn a_purchase_gives_points_by_its_rate() {
    let device = Device::new();
    let mut proposal = give(fan(1), 25_00);
    let Proposed::Give { items } = &mut proposal.kind else { unreachable!() };
    let mut shirt = item(80_00);
    shirt.rate_label = Some("merchandise".into());
    items.push(shirt);
    let preview = device.store.preview(&proposal).unwrap();
    let row = device.commit(proposal);
    assert_eq!(preview.items, [FanPoints(50), FanPoints(400)]);
    assert_eq!((preview.fan_points, preview.decline), (FanPoints(450), None));
    assert_eq!(row.items.iter().map(|i| i.points).collect::<Vec<_>>(), preview.items);
    assert_eq!((row.fan_points, row.state, row.seq), (FanPoints(450), OperationState::Queued, 1));
    assert_eq!((row.staff.as_deref(), row.tries, row.exposure), (Some("Noa"), 0, FanPoints(0)));
}

#[test]
fn the_same_id_and_content_is_one_operation() {
    let device = Device::new();
    let proposal = give(fan(1), 25_00);
    let first = device.commit(proposal.clone());
    let again = device.commit(Proposal { now: later(9 * MINUTE), ..proposal.clone() });
    assert_eq!(first, again);
    let other = Proposal { kind: Proposed::Give { items: vec![item(26_00)] }, ..proposal };
    assert_eq!(device.decline(other), Decline::Rules(Refusal::IdConflict));
    assert_eq!(device.store.counts().unwrap().queued, 1);
}

#[test]
fn what_is_answered_is_what_is_kept() {
    let device = Device::new();
    device.store.note_pass(&pass(1, 5000, NOON)).unwrap();
    device.store.note_platform_fan(&platform_fan(2, 100, NOON)).unwrap();
    let Proposed::Give { mut items } = give(fan(3), 25_00).kind else { unreachable!() };
    items.push(item(80_00));
    items[1].rate_label = Some("merchandise".into());
    let asked = [
        proposal(fan(3), Proposed::Give { items }, later(MINUTE)),
        give(masked(2), 25_00),
        give(masked(7), 25_00),
        redeem(masked(1), 15_00),
        Proposal { route: Route::Platform, staff: None, ..redeem(fan(2), 9_00) },
        award(fan(4)),
    ];
    for proposal in asked {
        let row = device.commit(proposal);
        assert_eq!(device.store.operation(row.id).unwrap().as_ref(), Some(&row));
        let undone = device.commit(undo(&row));
        assert_eq!(device.store.operation(undone.id).unwrap().as_ref(), Some(&undone));
    }
    assert!(device.store.verify_audit(None).unwrap().is_ok());
}

#[test]
fn nothing_is_decided_without_a_program() {
    let device = Device::blank();
    assert_eq!(device.decline(give(fan(1), 25_00)), Decline::NotConfigured);
}

#[test]
fn the_rules_refuse_with_their_reason() {
    let device = Device::new();
    let mut unknown_label = item(10_00);
    unknown_label.rate_label = Some("beer".into());
    let cases = [
        (Proposed::Give { items: Vec::new() }, Refusal::NoItems),
        (Proposed::Give { items: vec![item(0)] }, Refusal::InvalidAmount),
        (Proposed::Give { items: vec![unknown_label] }, Refusal::UnknownRateLabel),
        (
            Proposed::Award { action: "nap".into(), title: String::new(), description: String::new() },
            Refusal::UnknownAction,
        ),
        (Proposed::Undo { of: Uuid::now_v7() }, Refusal::UnknownOperation),
    ];
    for (kind, refusal) in cases {
        let asked = proposal(fan(1), kind, later(0));
        assert_eq!(device.decline(asked), Decline::Rules(refusal));
    }
    assert_eq!(device.store.counts().unwrap().open(), 0);
}

#[test]
fn a_redemption_takes_from_what_the_pass_says() {
    let device = Device::new();
    device.store.note_pass(&pass(1, 3465, NOON)).unwrap();
    let row = device.commit(redeem(masked(1), 15_00));
    assert_eq!((row.fan_points, row.exposure), (FanPoints(-1500), FanPoints(1500)));
    let known = device.store.fan(masked(1)).unwrap();
    assert_eq!(known.confirmed.unwrap().fan_points, FanPoints(3465));
    assert_eq!(known.confirmed.unwrap().source, Source::Live);
    assert_eq!((known.pending.fan_points, known.pending.operations), (FanPoints(-1500), 1));
    assert_eq!(known.available, FanPoints(1965));
    let exposure = device.store.exposure().unwrap();
    assert_eq!((exposure.points, exposure.redemptions, exposure.warn), (FanPoints(1500), 1, false));
}

#[test]
fn more_than_the_wallet_holds_is_refused_and_previewed_so() {
    let device = Device::new();
    device.store.note_pass(&pass(1, 900, NOON)).unwrap();
    let asked = redeem(masked(1), 9_01);
    let preview = device.store.preview(&asked).unwrap();
    assert_eq!(preview.fan_points, FanPoints(-901));
    assert_eq!(preview.decline, Some(Decline::Rules(Refusal::TooFewPoints)));
    assert_eq!(device.decline(asked), Decline::Rules(Refusal::TooFewPoints));
}

#[test]
fn points_earned_here_are_redeemable_once_the_platform_has_them() {
    let device = Device::new();
    device.store.note_pass(&pass(1, 1000, NOON)).unwrap();
    device.commit(give(masked(1), 400_000));
    assert_eq!(device.store.fan(masked(1)).unwrap().available, FanPoints(1000));
    device.settle_next(&accepted(later(2 * MINUTE)), later(2 * MINUTE));
    let known = device.store.fan(masked(1)).unwrap();
    assert_eq!(known.available, FanPoints(9000));
    assert_eq!(known.pending.operations, 0);
    assert_eq!(known.confirmed.unwrap().fan_points, FanPoints(9000));
}

#[test]
fn a_newer_statement_replaces_what_was_added_up_and_an_older_one_does_not() {
    let device = Device::new();
    device.store.note_pass(&pass(1, 1000, NOON)).unwrap();
    device.commit(redeem(masked(1), 3_00));
    device.settle_next(&accepted(later(2 * MINUTE)), later(2 * MINUTE));
    let points = || device.store.fan(masked(1)).unwrap().confirmed.unwrap().fan_points;
    assert_eq!(points(), FanPoints(700));
    device.store.note_pass(&pass(1, 5000, later(-HOUR))).unwrap();
    assert_eq!(points(), FanPoints(700), "an old pass brings no points back");
    device.store.note_pass(&pass(1, 1000, later(MINUTE))).unwrap();
    assert_eq!(points(), FanPoints(700), "issued before the redemption was booked");
    device.store.note_platform_fan(&platform_fan(1, 700, later(3 * MINUTE))).unwrap();
    assert_eq!(points(), FanPoints(700));
    device.store.note_platform_fan(&platform_fan(1, 250, later(4 * MINUTE))).unwrap();
    assert_eq!(points(), FanPoints(250));
}

#[test]
fn an_award_and_its_undo() {
    let device = Device::new();
    let row = device.commit(award(fan(1)));
    assert_eq!((row.kind, row.status_points), (OperationKind::Award, StatusPoints(50)));
    assert_eq!(row.action.as_ref().unwrap().category, "match_visit");
    let back = device.commit(undo(&row));
    assert_eq!(
        (back.status_points, back.undo_of, back.undo_kind),
        (StatusPoints(-50), Some(row.id), Some(row.kind))
    );
    assert_eq!(back.action, row.action);
    assert_eq!(device.store.operation(row.id).unwrap().unwrap().reversed_by, Some(back.id));
}

#[test]
fn an_undo_cancels_out_and_happens_once() {
    let device = Device::new();
    device.store.note_pass(&pass(1, 3000, NOON)).unwrap();
    let row = device.commit(redeem(masked(1), 15_00));
    let back = device.commit(undo(&row));
    assert_eq!((back.fan_points, back.items[0].points), (FanPoints(1500), FanPoints(1500)));
    let known = device.store.fan(masked(1)).unwrap();
    assert_eq!((known.available, known.pending.fan_points), (FanPoints(3000), FanPoints(0)));
    assert_eq!(device.store.exposure().unwrap().points, FanPoints(0), "the goods came back");
    assert_eq!(device.decline(undo(&row)), Decline::Rules(Refusal::AlreadyReversed));
    assert_eq!(device.decline(undo(&back)), Decline::Rules(Refusal::NotReversible));
}

#[test]
fn a_refused_undo_leaves_the_original_to_be_undone_again() {
    let device = Device::new();
    let row = device.commit(give(fan(1), 25_00));
    device.settle_next(&accepted(later(0)), later(0));
    device.commit(undo(&row));
    device.settle_next(&refused(), later(0));
    assert!(!device.store.operation(row.id).unwrap().unwrap().is_reversed());
    device.commit(undo(&row));
}

#[test]
fn a_refused_operation_can_not_be_undone() {
    let device = Device::new();
    let row = device.commit(give(fan(1), 25_00));
    device.settle_next(&refused(), later(0));
    assert_eq!(device.decline(undo(&row)), Decline::Rules(Refusal::UnknownOperation));
    assert_eq!(device.store.fan(fan(1)).unwrap().pending.fan_points, FanPoints(0));
}

#[test]
fn an_undo_belongs_to_the_fan_of_the_original_whatever_was_shown() {
    let device = Device::new();
    let row = device.commit(give(fan(1), 25_00));
    let back = device.commit(Proposal { fan: masked(9), ..undo(&row) });
    assert_eq!(back.fan, fan(1));
}

#[test]
fn the_platform_decides_where_somebody_waits_for_it() {
    let device = Device::new();
    let mut asked = redeem(fan(1), 500_000);
    asked.trust = Trust::Unsigned;
    assert_eq!(device.decline(asked.clone()), Decline::Policy(PolicyRule::UnsignedCode));
    asked.route = Route::Platform;
    let row = device.commit(asked);
    assert!(row.awaits_platform);
    assert_eq!((row.exposure, device.store.exposure().unwrap().points), (FanPoints(0), FanPoints(0)));
    let settled = device.settle_next(&refused(), later(0)).remove(0);
    assert!(!settled.awaits_platform);
}

#[test]
fn what_never_left_is_withdrawn_and_what_may_have_is_undone() {
    let device = Device::new();
    let waiting = |fan| Proposal { route: Route::Platform, ..redeem(fan, 10_00) };
    let unsent = device.commit(waiting(fan(1)));
    let Commit::Committed(row) = device.store.withdraw(unsent.id, Uuid::now_v7(), later(0), None).unwrap()
    else {
        panic!("declined");
    };
    assert_eq!(
        (row.id, row.state, row.refusal.as_deref()),
        (unsent.id, OperationState::Refused, Some("withdrawn"))
    );

    let sent = device.commit(waiting(fan(2)));
    device.settle_next(&retry(), later(0));
    let undo = Uuid::now_v7();
    let Commit::Committed(row) = device.store.withdraw(sent.id, undo, later(0), None).unwrap() else {
        panic!("declined");
    };
    assert_eq!((row.id, row.undo_of, row.state), (undo, Some(sent.id), OperationState::Queued));
    assert_eq!(device.store.operation(sent.id).unwrap().unwrap().state, OperationState::Queued);
    assert!(device.store.verify_audit(None).unwrap().is_ok());
}

#[test]
fn two_names_of_a_fan_become_one_lane_and_one_balance() {
    let device = Device::new();
    device.store.note_pass(&pass(1, 3000, NOON)).unwrap();
    let by_id = device.commit(give(fan(1), 25_00));
    let by_pass = device.commit(redeem(masked(1), 10_00));
    device.store.note_platform_fan(&platform_fan(1, 2800, later(MINUTE))).unwrap();
    let (one, two) = (device.store.fan(fan(1)).unwrap(), device.store.fan(masked(1)).unwrap());
    assert_eq!(one, two);
    assert_eq!((one.pending.fan_points, one.pending.operations), (FanPoints(-950), 2));
    assert_eq!(one.available, FanPoints(1800));
    let batch = device.store.next_batch(&outbox::Reach::default(), later(0)).unwrap();
    assert_eq!(
        batch.operations.iter().map(|row| row.id).collect::<Vec<_>>(),
        [by_id.id],
        "one lane, in order"
    );
    let waiting = device.store.operation(by_pass.id).unwrap().unwrap();
    assert_eq!(waiting.fan, masked(1));
    assert_eq!(waiting.wire_fan(), fan(1));
    assert!(device.store.verify_audit(None).unwrap().is_ok(), "a merge is no tampering");
}

/// Commits redemptions of one franc by fans with plenty until one is declined: how many, and why.
fn redeem_until_declined(device: &Device, next: impl Fn(u64) -> Proposal) -> (u64, Decline) {
    for n in 0.. {
        match device.store.commit(next(n)).unwrap() {
            Commit::Committed(_) => {}
            Commit::Declined(decline) => return (n, decline),
        }
    }
    unreachable!()
}

#[test]
fn the_fourth_offline_redemption_of_a_fan_is_refused_after_a_restart_too() {
    let mut device = Device::new();
    device.store.note_pass(&pass(1, 50_000, NOON)).unwrap();
    let next =
        |n: u64| Proposal { now: later(i64::try_from(n).unwrap() * 20 * MINUTE), ..redeem(masked(1), 1_00) };
    for n in 0..3 {
        device.commit(next(n));
        device = device.reopen();
    }
    assert_eq!(device.decline(next(3)), Decline::Policy(PolicyRule::FanCount));
    // A sync of what waits makes room again.
    while !device.settle_next(&accepted(later(HOUR)), later(HOUR)).is_empty() {}
    device.commit(next(3));
}

#[test]
fn split_purchases_are_added_up_and_a_manager_can_raise_the_limit_once() {
    let device = Device::new();
    device.store.note_pass(&pass(1, 50_000, NOON)).unwrap();
    device.commit(redeem(masked(1), 15_00));
    assert_eq!(device.decline(redeem(masked(1), 5_01)), Decline::AskManager(PolicyRule::SplitPurchases));
    let by = Some(Raiser::Person("kim".into()));
    let raised = device.commit(Proposal { raised_by: by.clone(), ..redeem(masked(1), 5_01) });
    assert_eq!((raised.rule, &raised.raised_by), (Some(PolicyRule::SplitPurchases), &by));
    assert_eq!(device.store.operation(raised.id).unwrap().unwrap().raised_by, by);
    let apart = Proposal { now: later(12 * MINUTE), ..redeem(masked(1), 15_00) };
    device.commit(apart);
}

/// What the audit chain says about the device and about what was raised.
fn notes(device: &Device) -> String {
    let db = device.raw();
    let mut statement = db.prepare("SELECT body FROM audit").unwrap();
    let bodies = statement.query_map([], |row| row.get::<_, Vec<u8>>(0)).unwrap();
    bodies.map(|body| String::from_utf8_lossy(&body.unwrap()).into_owned()).collect()
}

#[test]
fn the_journal_says_who_raised_which_limit_and_only_where_one_spoke() {
    let mut device = Device::new();
    device.store.note_pass(&pass(1, 50_000, NOON)).unwrap();
    let by_pin = |proposal| Proposal { raised_by: Some(Raiser::ManagersPin), ..proposal };
    let small = device.commit(by_pin(redeem(masked(1), 1_00)));
    assert_eq!(small.raised_by, None, "nothing had to be raised");
    let large = device.commit(by_pin(give(fan(2), 600_000)));
    assert_eq!(large.raised_by, Some(Raiser::ManagersPin));
    let kims = Proposal { raised_by: Some(Raiser::Person("kim".into())), ..give(fan(2), 700_000) };
    let kims = device.commit(kims);
    let told = notes(&device);
    assert!(told.contains(&format!("{}: the manager's PIN raised purchase_value once", large.id)), "{told}");
    assert!(told.contains(&format!("{}: \"kim\" raised purchase_value once", kims.id)), "{told}");
    assert!(!told.contains(&format!("{}: ", small.id)));
    assert!(device.store.verify_audit(None).unwrap().is_ok());
    device.raw().execute("UPDATE operation SET raised_by = 'noa' WHERE raised_by = 'kim'", []).unwrap();
    device = device.reopen();
    assert!(device.store.verify_audit(None).unwrap().is_err(), "who raised it was changed");
}

#[test]
fn nobody_raises_what_is_refused_outright() {
    let device = Device::new();
    let raised = |proposal| Proposal { raised_by: Some(Raiser::ManagersPin), ..proposal };
    let unsigned = Proposal { trust: Trust::Unsigned, ..redeem(fan(1), 1_00) };
    let unsigned = device.decline(raised(unsigned));
    assert_eq!(unsigned, Decline::Policy(PolicyRule::UnsignedCode));
    device.store.note_pass(&pass(1, 900, NOON)).unwrap();
    let below_zero = device.decline(raised(redeem(masked(1), 9_01)));
    assert_eq!(below_zero, Decline::Rules(Refusal::TooFewPoints));
    device.store.note_pass(&pass(3, 900, later(-2 * HOUR))).unwrap();
    let aged = device.decline(raised(Proposal { now: later(23 * HOUR), ..redeem(masked(3), 1_00) }));
    assert_eq!(aged, Decline::Policy(PolicyRule::BalanceTooOld));
}

#[test]
fn the_limits_of_a_device_are_in_force_at_once_and_go_with_the_program() {
    let mut device = Device::new();
    device.store.note_pass(&pass(1, 50_000, NOON)).unwrap();
    let tight = BTreeMap::from([(Limit::MaxRedeemPurchase, 300), (Limit::MaxFanUnsynced, i64::MAX)]);
    device.store.set_limits(tight.clone(), Some("kim"), NOON).unwrap();
    assert_eq!(device.decline(redeem(masked(1), 3_01)), Decline::AskManager(PolicyRule::PurchaseLimit));
    device = device.reopen();
    assert_eq!(device.store.limits().unwrap(), tight);
    assert_eq!(device.decline(redeem(masked(1), 3_01)), Decline::AskManager(PolicyRule::PurchaseLimit));
    let policy = device.store.policy().unwrap();
    assert_eq!((policy.max_redeem_purchase, policy.max_fan_unsynced), (FanPoints(300), FanPoints(5_000)));
    // The platform's next word does not loosen it.
    device.store.set_config(&config()).unwrap();
    assert_eq!(device.decline(redeem(masked(1), 3_01)), Decline::AskManager(PolicyRule::PurchaseLimit));
    device.commit(redeem(masked(1), 3_00));
    assert!(notes(&device).contains("the limits of this device were set by kim"));
    device.store.set_limits(BTreeMap::new(), None, later(MINUTE)).unwrap();
    device.commit(Proposal { now: later(HOUR), ..redeem(masked(1), 15_00) });
    device.store.set_limits(tight, None, later(HOUR)).unwrap();
    while !device.settle_next(&accepted(later(HOUR)), later(HOUR)).is_empty() {}
    assert!(device.store.forget_connection().unwrap());
    assert!(device.store.limits().unwrap().is_empty(), "another program has other limits");
}

#[test]
fn one_device_has_a_cap_that_survives_a_restart() {
    let mut device = Device::new();
    let mut config = config();
    config.offline_policy.max_device_redemptions = 10;
    device.store.set_config(&config).unwrap();
    for n in 0..20 {
        device.store.note_pass(&pass(n, 5000, NOON)).unwrap();
    }
    for n in 0..5 {
        device.commit(redeem(masked(n), 1_00));
    }
    device = device.reopen();
    let (more, decline) = redeem_until_declined(&device, |n| redeem(masked(5 + n), 1_00));
    assert_eq!((more, decline), (5, Decline::AskManager(PolicyRule::DeviceCount)));
    assert!(device.store.exposure().unwrap().warn);
}

#[test]
fn grants_an_hour_are_counted_whatever_the_clock_does() {
    let device = Device::new();
    let mut config = config();
    config.offline_policy.max_grants_per_hour = 3;
    device.store.set_config(&config).unwrap();
    let at = |now: Timestamp| Proposal { now, ..give(fan(1), 1_00) };
    for n in 0..3 {
        device.commit(at(later(n * MINUTE)));
    }
    let limit = Decline::AskManager(PolicyRule::GrantsPerHour);
    assert_eq!(device.decline(at(later(59 * MINUTE))), limit);
    assert_eq!(device.decline(at(later(-24 * HOUR))), limit, "a clock set back by a day");
    device.commit(at(later(63 * MINUTE)));
}

#[test]
fn a_clock_that_is_set_back_makes_nothing_young() {
    let device = Device::new();
    device.store.note_pass(&pass(1, 50_000, NOON)).unwrap();
    let at = |now: Timestamp| Proposal { now, ..redeem(masked(1), 1_00) };
    device.commit(Proposal { now: later(25 * HOUR), ..give(fan(2), 1_00) });
    let too_old = Decline::Policy(PolicyRule::SyncTooOldToRedeem);
    assert_eq!(device.decline(at(later(25 * HOUR))), too_old);
    assert_eq!(device.decline(at(later(MINUTE))), too_old);
    let row = device.commit(Proposal { now: later(MINUTE), ..give(fan(2), 2_00) });
    assert_eq!(row.seq, 2, "the order is that of the numbers");
    assert!(device.store.verify_audit(None).unwrap().is_ok());
    // The platform's answer sets the clock right.
    device.store.note_sync(later(MINUTE)).unwrap();
    device.commit(at(later(2 * MINUTE)));
}

#[test]
fn ages_of_pass_and_sync_at_their_edges() {
    let device = Device::new();
    let at = |n: u64, now: Timestamp| Proposal { now, ..redeem(masked(n), 18_00) };
    device.store.note_pass(&pass(1, 50_000, NOON)).unwrap();
    device.store.note_pass(&pass(2, 50_000, NOON)).unwrap();
    device.store.note_pass(&pass(3, 50_000, later(-20 * HOUR))).unwrap();
    device.commit(at(1, later(4 * HOUR)));
    assert!(matches!(device.decline(at(2, later(4 * HOUR + 1))), Decline::AskManager(_)), "half the limits");
    assert_eq!(device.decline(at(3, later(4 * HOUR + 1001))), Decline::Policy(PolicyRule::BalanceTooOld));
    for n in [4, 5] {
        device.store.note_pass(&pass(n, 50_000, later(23 * HOUR))).unwrap();
    }
    device.commit(at(4, later(24 * HOUR - 1)));
    assert_eq!(device.decline(at(5, later(24 * HOUR))), Decline::Policy(PolicyRule::SyncTooOldToRedeem));
    device.commit(Proposal { now: later(72 * HOUR - 1), ..give(fan(6), 1_00) });
    assert_eq!(
        device.decline(Proposal { now: later(72 * HOUR), ..give(fan(6), 1_00) }),
        Decline::Policy(PolicyRule::SyncTooOldToGrant)
    );
}

#[test]
fn a_proof_is_taken_once_in_a_day_after_a_restart_too() {
    let device = Device::new();
    let proof = |time, counter| fanpass::LiveProof { time, counter };
    let shown = proof(1_790_000_000, 100);
    assert_eq!(device.store.accept_proof(pseudonym(1), shown, NOON).unwrap(), Ok(()));
    let device = device.reopen();
    let again = |shown, now| device.store.accept_proof(pseudonym(1), shown, now).unwrap();
    assert_eq!(again(shown, later(MINUTE)), Err(fanpass::PassRefusal::Replayed));
    assert_eq!(again(proof(1_790_000_015, 99), later(MINUTE)), Err(fanpass::PassRefusal::Copied));
    assert_eq!(device.store.last_proof(pseudonym(1), later(23 * HOUR)).unwrap(), Some(shown));
    assert_eq!(device.store.last_proof(pseudonym(1), later(25 * HOUR)).unwrap(), None);
    assert_eq!(again(proof(1_790_000_015, 101), later(MINUTE)), Ok(()));
    assert_eq!(device.store.accept_proof(pseudonym(2), shown, NOON).unwrap(), Ok(()), "another fan");
}

#[test]
fn a_device_with_something_to_send_can_not_be_led_elsewhere() {
    let device = Device::new();
    let row = device.commit(give(fan(1), 25_00));
    let mut elsewhere = connection();
    elsewhere.partner_id = "stadium-kiosk".into();
    assert!(!device.store.set_connection(&elsewhere).unwrap());
    assert!(!device.store.forget_connection().unwrap());
    assert_eq!(device.store.connection().unwrap(), Some(connection()));
    let mut new_secret = connection();
    new_secret.client_id = "till-2b".into();
    assert!(device.store.set_connection(&new_secret).unwrap(), "the same books under another credential");
    device.settle_next(&accepted(later(0)), later(0));
    device.store.note_pass(&pass(1, 5000, NOON)).unwrap();
    assert!(device.store.set_connection(&elsewhere).unwrap());
    assert_eq!(device.store.config(), None);
    assert_eq!(device.store.fan(masked(1)).unwrap().confirmed, None, "another program's figures are gone");
    assert_eq!(device.store.operation(row.id).unwrap().unwrap().state, OperationState::Accepted);
}

#[test]
fn the_limited_rate_is_used_up_by_what_waits_here() {
    let device = Device::new();
    let mut config = config();
    config.rates.default_rate.limited =
        Some(ledger::LimitedRate { rate: ledger::Rate::percent(10), points: FanPoints(120) });
    device.store.set_config(&config).unwrap();
    let points: Vec<i64> = (0..3).map(|n| device.commit(give(fan(n), 10_00)).fan_points.0).collect();
    assert_eq!(points[0], 100);
    assert!(points[1] < 100 && points[1] > 20, "the rest of it within one purchase: {points:?}");
    assert_eq!(points[2], 20);
    // Booked after the rates were fetched: still used up. A later fetch says what is left.
    while !device.settle_next(&accepted(later(MINUTE)), later(MINUTE)).is_empty() {}
    assert_eq!(device.commit(give(fan(4), 10_00)).fan_points, FanPoints(20));
    config.fetched_at = later(5 * MINUTE);
    device.store.set_config(&config).unwrap();
    assert_eq!(device.commit(give(fan(5), 1_00)).fan_points, FanPoints(10));
}
