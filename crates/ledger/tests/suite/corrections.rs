//! Undoing, adjusting, and settling what was refused after the goods were gone.

use ledger::{
    Adjustment, Decision, FanAccount, FanId, FanPoints, MAX_REASON_BYTES, OpId, Operation, OperationKind,
    Outcome, RecordedOutcome, Refusal, State, StatusPoints,
};
use proptest::prelude::*;

use crate::common::{FAN, KIOSK, SHOP, Till, award, distribute, op, redeem, rules, undo, undo_item};

fn adjust(points: i64) -> OperationKind {
    OperationKind::Adjust {
        amount: Adjustment::FanPoints(FanPoints(points)),
        reason: "counted wrong".to_owned(),
    }
}

fn adjust_status(points: i64) -> OperationKind {
    OperationKind::Adjust {
        amount: Adjustment::StatusPoints(StatusPoints(points)),
        reason: "asked for".to_owned(),
    }
}

fn resolve(refused: u8, points: i64, outcome: Outcome) -> OperationKind {
    OperationKind::Resolve { refused: OpId([refused; 16]), points: FanPoints(points), outcome }
}

#[test]
fn undoing_twice_is_one_undo() {
    let mut till = Till::open(rules());
    till.accept(1, distribute(&[2500, 5000]));
    let posted = till.accept(2, undo(1));
    assert_eq!(posted.reversed_items, [0, 1]);
    assert_eq!(posted.entry.corrects, Some(OpId([1; 16])));
    assert_eq!(posted.entry.item_points, [FanPoints(-50), FanPoints(-100)]);
    assert_eq!(till.refuse(3, undo(1)), Refusal::AlreadyReversed);
    assert_eq!(till.refuse(4, undo_item(1, 0)), Refusal::AlreadyReversed);
    till.done_before(2, undo(1));
    assert_eq!((till.wallet(), till.owed()), (0, FanPoints(0)));
    till.check_books();
}

#[test]
fn undos_of_items_add_up_to_the_whole() {
    let mut till = Till::open(rules());
    till.accept(1, distribute(&[2500, 5000, 7500]));
    till.accept(2, undo_item(1, 1));
    assert_eq!(till.wallet(), 200);
    assert_eq!(till.refuse(3, undo_item(1, 1)), Refusal::AlreadyReversed);
    assert_eq!(till.refuse(4, undo_item(1, 3)), Refusal::UnknownOperation);
    let rest = till.accept(5, undo(1));
    assert_eq!(rest.reversed_items, [0, 2]);
    assert_eq!((till.wallet(), till.owed()), (0, FanPoints(0)));
    assert_eq!(till.refuse(6, undo_item(1, 2)), Refusal::AlreadyReversed);
    assert_eq!(till.refuse(7, undo(1)), Refusal::AlreadyReversed);
    till.check_books();
}

#[test]
fn undoing_a_redemption_gives_the_points_back() {
    let mut till = Till::open(rules());
    till.accept(1, distribute(&[500_000]));
    till.accept(2, redeem(&[3000, 2000]));
    till.accept(3, undo_item(2, 1));
    assert_eq!(till.wallet(), 7000);
    till.accept(4, undo(2));
    assert_eq!(till.wallet(), 10_000);
    assert_eq!(till.books.balance(FanAccount::Settlement(SHOP)), 0);
    till.check_books();
}

#[test]
fn undoing_an_earn_that_was_spent_is_owed_and_paid_from_the_next_points() {
    let mut till = Till::open(rules());
    till.accept(1, distribute(&[5000]));
    till.accept(2, redeem(&[70]));
    till.accept(3, undo(1));
    assert_eq!((till.wallet(), till.owed()), (0, FanPoints(70)));
    assert_eq!(till.books.balance(FanAccount::Funding(SHOP)), 0);
    let posted = till.accept(4, distribute(&[2500]));
    assert_eq!(posted.entry.item_points, [FanPoints(50)]);
    assert_eq!((till.wallet(), till.owed()), (0, FanPoints(20)));
    till.accept(5, distribute(&[2500]));
    assert_eq!((till.wallet(), till.owed()), (30, FanPoints(0)));
    till.check_books();
}

#[test]
fn a_refund_pays_what_is_owed_first() {
    let mut till = Till::open(rules());
    till.accept(1, distribute(&[5000]));
    till.accept(2, redeem(&[100]));
    till.accept(3, undo(1));
    assert_eq!(till.owed(), FanPoints(100));
    till.accept(4, undo(2));
    assert_eq!((till.wallet(), till.owed()), (0, FanPoints(0)));
    till.check_books();
}

#[test]
fn points_that_are_reserved_are_not_taken_back() {
    let mut till = Till::open(rules());
    till.accept(1, distribute(&[5000]));
    let until = ledger::Timestamp(till.now.0 + 10);
    till.accept(2, OperationKind::Reserve { points: FanPoints(60), until });
    till.accept(3, undo(1));
    assert_eq!((till.wallet(), till.owed()), (60, FanPoints(60)));
}

#[test]
fn undoing_an_award_takes_what_there_is() {
    let mut till = Till::open(rules());
    till.accept(1, award("match_visit"));
    till.accept(2, award("quiz"));
    assert_eq!(till.refuse(3, undo_item(1, 1)), Refusal::UnknownOperation);
    till.accept(4, undo_item(1, 0));
    assert_eq!(till.fan().standing, StatusPoints(10));
    assert_eq!(till.refuse(5, undo(1)), Refusal::AlreadyReversed);
    till.accept(6, adjust_status(-4));
    till.accept(7, undo(2));
    assert_eq!(till.fan().standing, StatusPoints(0));
    till.check_books();
}

#[test]
fn only_the_partner_and_for_the_fan_of_the_original() {
    let mut till = Till::open(rules());
    till.books.register_fan(FanId(8));
    till.accept(1, distribute(&[5000]));
    let elsewhere = Operation { partner: KIOSK, ..op(2, undo(1)) };
    assert_eq!(till.ask(&elsewhere), Decision::Refuse(Refusal::UnknownOperation));
    let other = Operation { fan: FanId(8), ..op(3, undo(1)) };
    assert_eq!(till.ask(&other), Decision::Refuse(Refusal::UnknownOperation));
    assert_eq!(till.refuse(4, undo(99)), Refusal::UnknownOperation);
    assert_eq!(till.wallet(), 100);
}

#[test]
fn what_is_no_purchase_and_no_award_can_not_be_undone() {
    let mut till = Till::open(rules());
    till.accept(1, distribute(&[5000]));
    till.accept(2, undo(1));
    till.accept(3, adjust(5));
    till.accept(4, OperationKind::Expire);
    for of in 2..=4 {
        assert_eq!(till.refuse(9, undo(of)), Refusal::NotReversible);
    }
}

#[test]
fn a_correction_needs_a_reason_and_an_amount() {
    let mut till = Till::open(rules());
    let with = |points, reason: &str| OperationKind::Adjust {
        amount: Adjustment::FanPoints(FanPoints(points)),
        reason: reason.to_owned(),
    };
    assert_eq!(till.refuse(1, with(5, "")), Refusal::MissingReason);
    assert_eq!(till.refuse(1, with(5, " \n\u{a0}")), Refusal::MissingReason);
    assert_eq!(till.refuse(1, with(5, &"x".repeat(MAX_REASON_BYTES + 1))), Refusal::MissingReason);
    assert_eq!(till.refuse(1, with(0, "why")), Refusal::InvalidAmount);
    assert_eq!(till.refuse(1, adjust_status(0)), Refusal::InvalidAmount);
    till.accept(1, with(5, &"x".repeat(MAX_REASON_BYTES)));
    till.accept(2, with(6, &"x".repeat(MAX_REASON_BYTES - 1)));
    assert_eq!(till.wallet(), 11);
    assert_eq!(till.books.balance(FanAccount::Issuer), -11);
    assert_eq!(till.refuse(3, adjust(-12)), Refusal::TooFewPoints);
    till.accept(4, adjust(-11));
    assert_eq!(till.refuse(5, adjust_status(-1)), Refusal::TooFewPoints);
    till.accept(6, adjust_status(2));
    till.accept(7, adjust_status(-2));
    till.check_books();
}

#[test]
fn the_three_outcomes_of_a_redemption_that_was_refused_too_late() {
    let mut till = Till::open(rules());
    for id in 1..=3 {
        assert_eq!(till.refuse(id, redeem(&[300])), Refusal::TooFewPoints);
    }
    till.accept(11, resolve(1, 300, Outcome::CollectLater));
    assert_eq!(till.owed(), FanPoints(300));
    assert_eq!(till.books.balance(FanAccount::Settlement(SHOP)), 300);

    till.accept(12, resolve(2, 200, Outcome::Forgive));
    assert_eq!(till.books.balance(FanAccount::OfflineLoss), -200);
    assert_eq!(till.books.balance(FanAccount::Settlement(SHOP)), 500);

    let documented = till.accept(13, resolve(3, 300, Outcome::Void)).entry;
    assert!(documented.fan_postings.is_empty());
    assert_eq!(documented.corrects, Some(OpId([3; 16])));
    assert_eq!(till.owed(), FanPoints(300));

    // Collected from the next points.
    till.accept(14, distribute(&[10_000]));
    assert_eq!((till.wallet(), till.owed()), (0, FanPoints(100)));
    till.check_books();
}

#[test]
fn a_refused_redemption_is_settled_once_and_stays_refused() {
    let mut till = Till::open(rules());
    assert_eq!(till.refuse(1, redeem(&[300])), Refusal::TooFewPoints);
    assert_eq!(till.refuse(2, resolve(1, 0, Outcome::Void)), Refusal::InvalidAmount);
    assert_eq!(till.refuse(2, resolve(1, -1, Outcome::Forgive)), Refusal::InvalidAmount);
    till.accept(2, resolve(1, 300, Outcome::Forgive));
    assert_eq!(till.refuse(3, resolve(1, 300, Outcome::CollectLater)), Refusal::AlreadyReversed);
    assert_eq!(till.owed(), FanPoints(0));
    let record = till.books.recorded(OpId([1; 16])).unwrap().unwrap();
    assert_eq!(record.outcome, RecordedOutcome::Resolved);
    assert_eq!(record.digest, op(1, redeem(&[300])).digest());
    till.accept(4, distribute(&[1_000_000]));
    assert_eq!(till.refuse(1, redeem(&[300])), Refusal::IdBurned);
    assert_eq!(till.refuse(5, resolve(77, 300, Outcome::Void)), Refusal::UnknownOperation);
    assert_eq!(till.refuse(6, resolve(4, 300, Outcome::Void)), Refusal::NotReversible);
}

proptest! {
    #![proptest_config(crate::common::cases(64))]

    /// Whatever is bought, spent and undone in whatever order: when all is undone, nothing is left of it.
    #[test]
    fn undoing_everything_leaves_nothing(
        prices in prop::collection::vec(prop::collection::vec(1_i64..50_000, 1..4), 1..8),
        spend in prop::collection::vec(1_i64..900, 1..6),
        lifetime in prop::option::of(1_i64..1_000),
        order in any::<prop::sample::Index>(),
    ) {
        let mut till = Till::open(rules());
        till.rules.lot_lifetime = lifetime.map(ledger::Millis);
        let mut done = Vec::new();
        for (id, prices) in (1..).zip(&prices) {
            till.now.0 += 1;
            till.accept(id, distribute(prices));
            done.push(id);
        }
        for (id, price) in (50..).zip(&spend) {
            if matches!(till.ask(&op(id, redeem(&[*price, 1]))), Decision::Post(_)) {
                done.push(id);
            }
        }
        let at = order.index(done.len());
        done.rotate_left(at);
        for (id, of) in (100..).zip(done) {
            let posted = till.accept(id, undo(of));
            prop_assert!(posted.entry.is_balanced());
            let lots: i64 = till.books.lots(FAN).unwrap().iter().map(|lot| lot.left.0).sum();
            prop_assert!(lots <= till.wallet());
        }
        prop_assert_eq!((till.wallet(), till.owed()), (0, FanPoints(0)));
        prop_assert_eq!(till.books.balance(FanAccount::Funding(SHOP)), 0);
        prop_assert_eq!(till.books.balance(FanAccount::Settlement(SHOP)), 0);
        till.check_books();
    }
}
