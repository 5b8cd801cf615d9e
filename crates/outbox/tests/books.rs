//! The device's books through the counter: what a refusal undoes, and who bears it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::*;
use ledger::{FanPoints, Refusal};
use outbox::{Decline, OperationRow, Way};
use uuid::Uuid;

/// A redemption of 5.00 that was confirmed here and refused later.
fn refused_redemption(device: &Device) -> OperationRow {
    device.store.note_pass(&pass(1, 5000, NOON)).unwrap();
    device.commit(redeem(masked(1), 5_00));
    device.settle_next(&refused(), later(2 * MINUTE)).remove(0)
}

#[test]
fn what_was_refused_counts_no_more_and_can_not_be_undone() {
    let device = Device::new();
    let row = refused_redemption(&device);
    assert_eq!(device.store.fan(masked(1)).unwrap().available, FanPoints(5000));
    assert_eq!(device.decline(undo(&row)), Decline::Rules(Refusal::UnknownOperation));
    assert!(device.store.verify_audit(None).unwrap().is_ok());
}

#[test]
fn a_refused_redemption_is_resolved_once() {
    for way in [Way::Collect, Way::Forgive, Way::Void] {
        let device = Device::new();
        let row = refused_redemption(&device);
        let id = Uuid::now_v7();
        let resolve = |id| device.store.handle_case(row.id, way, "", None, id, later(3 * MINUTE)).unwrap();
        assert_eq!(resolve(id), Ok(()), "{way:?}");
        assert_eq!(resolve(id), Ok(()), "the same again is done already");
        let again = resolve(Uuid::now_v7());
        assert_eq!(again, Err(Decline::Rules(Refusal::AlreadyReversed)), "{way:?}");
        assert!(device.store.verify_audit(None).unwrap().is_ok());
    }
}

#[test]
fn what_is_collected_later_comes_off_the_next_points() {
    let device = Device::new();
    let row = refused_redemption(&device);
    let done =
        device.store.handle_case(row.id, Way::Collect, "", None, Uuid::now_v7(), later(3 * MINUTE)).unwrap();
    assert_eq!(done, Ok(()));
    let owed = || {
        let sum = "SELECT coalesce(sum(debt), 0) FROM journal WHERE state <> 2";
        device.raw().query_row(sum, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    assert_eq!(owed(), 500);
    assert_eq!(device.commit(give(masked(1), 10_000)).fan_points, FanPoints(200));
    assert_eq!(owed(), 300);
}

#[test]
fn only_a_refused_redemption_can_be_resolved() {
    let device = Device::new();
    let row = device.commit(give(fan(1), 5_00));
    let answer =
        device.store.handle_case(row.id, Way::Forgive, "", None, Uuid::now_v7(), later(MINUTE)).unwrap();
    assert_eq!(answer, Err(Decline::Rules(Refusal::NotReversible)));
}

#[test]
fn a_booking_in_the_second_of_a_pass_never_makes_more_points_of_it() {
    // NOON is a whole second: the pass may have been issued before or after what was booked half a second later.
    for (minor, kind, expected) in [(25_00, "give", 1000), (4_50, "redeem", 550)] {
        let device = Device::new();
        device.store.note_pass(&pass(1, 1000, NOON)).unwrap();
        device.commit(if kind == "give" { give(masked(1), minor) } else { redeem(masked(1), minor) });
        device.settle_next(&accepted(later(500)), later(MINUTE));
        let known = device.store.fan(masked(1)).unwrap();
        assert_eq!(known.confirmed.unwrap().fan_points, FanPoints(expected), "{kind}");
        device.commit(give(masked(1), 25_00));
        device.settle_next(&accepted(later(1000)), later(MINUTE));
        let known = device.store.fan(masked(1)).unwrap();
        assert_eq!(known.confirmed.unwrap().fan_points, FanPoints(expected + 50), "surely after the pass");
    }
}
