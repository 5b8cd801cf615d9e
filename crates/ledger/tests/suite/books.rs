//! What giving, taking and awarding does to the books, and what the same id does the second time.

use std::sync::{Arc, Barrier, Mutex};
use std::thread;

use ledger::{
    Decision, Entry, FanAccount, FanId, FanPoints, FanPosting, Item, MAX_ITEMS, MAX_PRICE_MINOR, MemoryFault,
    MemoryLedger, Module, Money, OpId, Operation, OperationKind, Refusal, State, StateMut, StatusAccount,
    StatusPoints, StatusPosting, Tender, Timestamp, decide, execute,
};

use crate::common::{FAN, SHOP, Till, award, distribute, item, op, redeem, rules};

#[test]
fn a_purchase_earns_and_the_partner_funds_it() {
    let mut till = Till::open(rules());
    let posted = till.accept(1, distribute(&[2500, 1225]));
    assert_eq!(posted.entry.item_points, [FanPoints(50), FanPoints(25)]);
    assert_eq!(till.wallet(), 75);
    assert_eq!(till.books.balance(FanAccount::Funding(SHOP)), -75);
    assert_eq!(posted.entry.at, till.now);
    till.check_books();
}

#[test]
fn a_redemption_is_settled_with_the_partner() {
    let mut till = Till::open(rules());
    till.accept(1, distribute(&[500_000]));
    let posted = till.accept(2, redeem(&[7000, 1]));
    assert_eq!(posted.entry.item_points, [FanPoints(-7000), FanPoints(-1)]);
    assert_eq!(till.wallet(), 2999);
    assert_eq!(till.books.balance(FanAccount::Settlement(SHOP)), 7001);
    till.check_books();
}

#[test]
fn an_award_moves_status_points_alone() {
    let mut till = Till::open(rules());
    let posted = till.accept(1, award("match_visit"));
    assert!(posted.entry.fan_postings.is_empty());
    assert_eq!(till.fan().standing, StatusPoints(50));
    assert_eq!(till.books.status_balance(StatusAccount::Issuer), -50);
    assert_eq!(till.wallet(), 0);
    till.check_books();
    assert_eq!(till.refuse(2, award("no such action")), Refusal::UnknownAction);
    till.rules.actions.insert("broken".to_owned(), StatusPoints(-1));
    assert_eq!(till.refuse(3, award("broken")), Refusal::InvalidAmount);
}

#[test]
fn the_balance_is_spendable_to_the_last_point_and_no_further() {
    for (price, enough) in [(4999, true), (5000, true), (5001, false)] {
        let mut till = Till::open(rules());
        till.accept(1, distribute(&[250_000]));
        match till.ask(&op(2, redeem(&[price]))) {
            Decision::Post(_) => assert!(enough, "{price}"),
            Decision::Refuse(Refusal::TooFewPoints) => assert!(!enough, "{price}"),
            other => panic!("{other:?}"),
        }
        assert_eq!(till.wallet(), if enough { 5000 - price } else { 5000 });
    }
}

#[test]
fn split_tender_takes_the_points_and_no_more() {
    let mut till = Till::open(rules());
    till.accept(1, distribute(&[250_000]));
    let split = |points| OperationKind::Redeem {
        items: vec![item(1000), item(500), item(1)],
        tender: Tender::Points(FanPoints(points)),
        reservation: None,
    };
    assert_eq!(till.refuse(2, split(0)), Refusal::InvalidAmount);
    assert_eq!(till.refuse(3, split(1502)), Refusal::InvalidAmount);
    let posted = till.accept(4, split(1));
    assert_eq!(posted.entry.item_points, [FanPoints(-1), FanPoints(0), FanPoints(0)]);
    let posted = till.accept(5, split(100));
    assert_eq!(posted.entry.item_points, [FanPoints(-67), FanPoints(-33), FanPoints(0)]);
    till.accept(6, split(1501));
    assert_eq!(till.wallet(), 5000 - 1602);
    till.check_books();
}

#[test]
fn the_same_operation_is_done_once_and_answers_the_same() {
    let mut till = Till::open(rules());
    let first = till.accept(1, distribute(&[2500])).entry;
    till.now = Timestamp(9_999);
    for at in 0..5 {
        let again = Operation { at: Timestamp(at), ..op(1, distribute(&[2500])) };
        assert_eq!(till.ask(&again), Decision::AlreadyDone(first.clone()));
    }
    assert_eq!(till.done_before(1, distribute(&[2500])), first);
    assert_eq!(till.wallet(), 50);
    assert_eq!(till.books.journal().count(), 1);
}

#[test]
fn the_same_id_with_other_content_is_a_conflict_without_effect() {
    let mut till = Till::open(rules());
    till.accept(1, distribute(&[2500]));
    assert_eq!(till.refuse(1, distribute(&[2501])), Refusal::IdConflict);
    assert_eq!(till.refuse(1, distribute(&[2500, 1])), Refusal::IdConflict);
    assert_eq!(till.refuse(1, award("quiz")), Refusal::IdConflict);
    let other_fan = Operation { fan: FanId(8), ..op(1, distribute(&[2500])) };
    assert_eq!(till.ask(&other_fan), Decision::Refuse(Refusal::IdConflict));
    assert_eq!((till.wallet(), till.fan().standing), (50, StatusPoints(0)));
}

#[test]
fn an_id_refused_for_too_few_points_stays_refused_after_a_top_up() {
    let mut till = Till::open(rules());
    assert_eq!(till.refuse(1, redeem(&[100])), Refusal::TooFewPoints);
    till.accept(2, distribute(&[1_000_000]));
    assert_eq!(till.refuse(1, redeem(&[100])), Refusal::IdBurned);
    assert_eq!(till.refuse(1, redeem(&[99])), Refusal::IdConflict);
    assert_eq!(till.wallet(), 20_000);
    till.accept(3, redeem(&[100]));
    assert!(!Refusal::TooFewPoints.retry_could_succeed() && !Refusal::IdBurned.retry_could_succeed());
}

#[test]
fn other_refusals_leave_the_id_free() {
    let mut till = Till::open(rules());
    assert_eq!(till.refuse(1, award("quizz")), Refusal::UnknownAction);
    till.accept(1, award("quiz"));
}

#[test]
fn deciding_changes_nothing() {
    let mut till = Till::open(rules());
    till.accept(1, distribute(&[2500]));
    let before = format!("{:?}", till.books);
    for kind in [redeem(&[10]), redeem(&[51]), distribute(&[5]), award("quiz")] {
        decide(&op(2, kind), &till.rules, &till.books, till.now).unwrap();
    }
    assert_eq!(before, format!("{:?}", till.books));
}

#[test]
fn a_module_that_is_off_refuses_by_name() {
    let mut till = Till::open(rules());
    till.accept(1, distribute(&[2500]));
    till.accept(2, award("quiz"));
    till.rules.modules.fan_points = false;
    assert_eq!(till.refuse(3, distribute(&[2500])), Refusal::FanPointsModuleOff);
    assert_eq!(till.refuse(3, redeem(&[10])), Refusal::FanPointsModuleOff);
    assert_eq!(till.refuse(3, crate::common::undo(1)), Refusal::FanPointsModuleOff);
    assert_eq!(till.refuse(3, OperationKind::Expire), Refusal::FanPointsModuleOff);
    till.accept(4, award("match_visit"));
    till.accept(5, crate::common::undo(2));
    till.rules.modules.fan_points = true;
    till.rules.modules.status_points = false;
    assert_eq!(till.refuse(6, award("quiz")), Refusal::StatusPointsModuleOff);
    assert_eq!(till.refuse(6, crate::common::undo(4)), Refusal::StatusPointsModuleOff);
    till.accept(7, redeem(&[10]));
    till.rules.modules.user = false;
    till.accept(8, redeem(&[10]));
    assert_eq!(redeem(&[1]).module(), Some(Module::FanPoints));
    assert_eq!(award("quiz").module(), Some(Module::StatusPoints));
}

#[test]
fn strangers_are_refused() {
    let mut till = Till::open(rules());
    let nobody = Operation { fan: FanId(8), ..op(1, distribute(&[100])) };
    assert_eq!(till.ask(&nobody), Decision::Refuse(Refusal::UnknownFan));
    let nowhere = Operation { partner: ledger::PartnerId(3), ..op(1, redeem(&[100])) };
    assert_eq!(till.ask(&nowhere), Decision::Refuse(Refusal::UnknownPartner));
}

#[test]
fn every_limit_of_a_purchase_holds_at_its_edge() {
    let many = |count: usize| OperationKind::Distribute { items: vec![item(100); count] };
    let mut till = Till::open(rules());
    assert_eq!(till.refuse(1, many(0)), Refusal::NoItems);
    till.accept(2, many(1));
    till.accept(3, many(MAX_ITEMS - 1));
    till.accept(4, many(MAX_ITEMS));
    assert_eq!(till.refuse(5, many(MAX_ITEMS + 1)), Refusal::TooManyItems);
    assert_eq!(till.refuse(6, distribute(&[0])), Refusal::InvalidAmount);
    assert_eq!(till.refuse(7, distribute(&[-1])), Refusal::InvalidAmount);
    assert_eq!(till.refuse(8, distribute(&[i64::MIN])), Refusal::InvalidAmount);
    till.accept(9, distribute(&[1]));
    till.accept(10, distribute(&[MAX_PRICE_MINOR - 1]));
    till.accept(11, distribute(&[MAX_PRICE_MINOR]));
    assert_eq!(till.refuse(12, distribute(&[MAX_PRICE_MINOR + 1])), Refusal::InvalidAmount);
    assert_eq!(till.refuse(13, redeem(&[MAX_PRICE_MINOR + 1])), Refusal::InvalidAmount);
    assert_eq!(till.refuse(14, redeem(&[])), Refusal::NoItems);
    let item = Item { price: Money::new(1, ledger::Currency::Eur), rate_label: None };
    let euros = OperationKind::Distribute { items: vec![item.clone()] };
    assert_eq!(till.refuse(15, euros), Refusal::UnsupportedCurrency);
    let item = Item { price: Money::new(1, ledger::Currency::Chf), rate_label: Some("x".to_owned()) };
    assert_eq!(till.refuse(16, OperationKind::Distribute { items: vec![item] }), Refusal::UnknownRateLabel);
}

#[test]
fn sixteen_tills_redeem_one_balance_and_exactly_the_affordable_number_succeed() {
    let mut books = MemoryLedger::new();
    books.register_fan(FAN);
    let rules = Arc::new(rules());
    execute(&op(0, distribute(&[250_000])), &rules, &mut books, Timestamp(0)).unwrap();
    let (books, barrier) = (Arc::new(Mutex::new(books)), Arc::new(Barrier::new(16)));
    let tills: Vec<_> = (1..=16)
        .map(|till: u8| {
            let (books, barrier, rules) = (Arc::clone(&books), Arc::clone(&barrier), Arc::clone(&rules));
            thread::spawn(move || {
                barrier.wait();
                let purchase = op(till, redeem(&[700]));
                let decision = execute(&purchase, &rules, &mut *books.lock().unwrap(), Timestamp(1)).unwrap();
                matches!(decision, Decision::Post(_))
            })
        })
        .collect();
    let accepted =
        tills.into_iter().filter(|_| true).map(|till| till.join().unwrap()).filter(|done| *done).count();
    assert_eq!(accepted, 7); // of 5000 points, 700 each
    let books = books.lock().unwrap();
    assert_eq!(books.fan(FAN, Timestamp(1)).unwrap().unwrap().wallet, FanPoints(100));
}

#[test]
fn a_wallet_that_is_full_refuses_more() {
    let mut till = Till::open(rules());
    let fill = |points| OperationKind::Adjust {
        amount: ledger::Adjustment::FanPoints(FanPoints(points)),
        reason: "edge".to_owned(),
    };
    till.accept(1, fill(i64::MAX - 1));
    assert_eq!(till.refuse(2, fill(2)), Refusal::Overflow);
    till.accept(3, fill(1));
    assert_eq!(till.refuse(4, distribute(&[2500])), Refusal::Overflow);
    assert_eq!(till.refuse(5, fill(i64::MIN)), Refusal::Overflow);
    assert_eq!(till.wallet(), i64::MAX);
    till.check_books();
}

/// What a store must refuse even if whoever calls it is wrong.
#[test]
fn memory_refuses_entries_that_do_not_fit_the_books() {
    let mut till = Till::open(rules());
    till.accept(1, distribute(&[2500]));
    let operation = op(2, redeem(&[10]));
    let Decision::Post(good) = decide(&operation, &till.rules, &till.books, till.now).unwrap() else {
        panic!()
    };
    let mut refuse = |change: &dyn Fn(&mut Entry), fault: MemoryFault| {
        let mut posted = good.clone();
        change(&mut posted.entry);
        assert_eq!(till.books.post(&operation, &posted), Err(fault));
        assert_eq!(till.wallet(), 50);
    };
    let wallet = |fan, amount| FanPosting { account: FanAccount::Wallet(fan), amount: FanPoints(amount) };
    let id = OpId([2; 16]);
    refuse(&|entry| entry.fan_postings[0].amount = FanPoints(-9), MemoryFault::Unbalanced(id));
    refuse(&|entry| entry.fan = FanId(9), MemoryFault::UnknownFan(FanId(9)));
    refuse(&|entry| entry.op = OpId([1; 16]), MemoryFault::AlreadyRecorded(OpId([1; 16])));
    refuse(
        &|entry| entry.fan_postings = vec![wallet(FAN, -51), wallet(FAN, 0), wallet(FanId(9), 51)],
        MemoryFault::OtherFan(id),
    );
    refuse(
        &|entry| {
            entry.fan_postings[0].amount = FanPoints(-51);
            entry.fan_postings[1].amount = FanPoints(51);
        },
        MemoryFault::BelowZero(FAN),
    );
    refuse(
        &|entry| {
            let standing = StatusAccount::Standing(FAN);
            entry.status_postings = vec![
                StatusPosting { account: standing, amount: StatusPoints(-1) },
                StatusPosting { account: StatusAccount::Issuer, amount: StatusPoints(1) },
            ];
        },
        MemoryFault::BelowZero(FAN),
    );
    assert_eq!(
        till.books.burn(&op(1, redeem(&[1])), Refusal::TooFewPoints),
        Err(MemoryFault::AlreadyRecorded(OpId([1; 16])))
    );
    till.books.post(&operation, &good).unwrap();
    assert_eq!(till.books.post(&operation, &good), Err(MemoryFault::AlreadyRecorded(id)));
}

#[test]
fn a_million_fans_take_under_64_bytes_each() {
    let mut books = MemoryLedger::new();
    let mut worst = 0;
    for number in 0..1_000_000_u64 {
        assert!(books.register_fan(FanId(number.wrapping_mul(0x9e37_79b9_7f4a_7c15))));
        if number > 10_000 {
            worst = worst.max(books.fan_table_bytes() as u64 * 10 / (number + 1));
        }
    }
    assert!(worst < 640, "{worst} tenths of a byte");
    assert!(!books.register_fan(FanId(0)));
    assert_eq!(books.fans(Timestamp(0)).count(), 1_000_000);
    assert!(books.fan(FanId(1), Timestamp(0)).unwrap().is_none());
}
