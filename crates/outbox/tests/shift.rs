//! Shifts: their sums are the journal's, their root is the chain's, and nothing falls between two of them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::*;
use ledger::{FanPoints, StatusPoints, Timestamp};
use outbox::{
    Closer, Counted, Delivery, PassageCount, Proposal, Proposed, PurchaseItem, ShiftRefusal, ShiftReport,
    Taker,
};
use uuid::Uuid;

fn taker(name: &str) -> Taker {
    Taker { staff: Some(name.to_lowercase()), name: name.into() }
}

fn counted(number: i64) -> Vec<Counted> {
    vec![Counted { title: "Vouchers".into(), number }]
}

fn closer(counted: Vec<Counted>) -> Closer {
    let names = [("noa", "Noa"), ("kim", "Kim"), ("lou", "Lou")].map(|(id, name)| (id.into(), name.into()));
    Closer { by: taker("Noa"), device: "till-2".into(), counted, names: names.into() }
}

fn opened(device: &Device) {
    device.store.open_shift(Uuid::now_v7(), taker("Noa"), counted(40), NOON).unwrap().unwrap();
}

fn close(device: &Device, now: Timestamp) -> ShiftReport {
    let closer = closer(counted(38));
    device.store.close_shift(closer, now).unwrap().unwrap()
}

fn by(staff: &str, proposal: Proposal) -> Proposal {
    Proposal { staff: Some(staff.into()), ..proposal }
}

fn labelled(minor: i64) -> PurchaseItem {
    PurchaseItem { rate_label: Some("merchandise".into()), ..item(minor) }
}

/// A device whose fan has points, before any shift.
fn shop() -> Device {
    let device = Device::new();
    device.store.note_platform_fan(&platform_fan(1, 5_000, NOON)).unwrap();
    device.store.note_pass(&pass(1, 5_000, NOON)).unwrap();
    device
}

#[test]
fn a_report_sums_what_happened_in_the_shift_and_nothing_else() {
    let device = shop();
    device.commit(give(fan(1), 9_999));
    device.settle_next(&accepted(later(MINUTE)), later(MINUTE));
    opened(&device);
    let given = device.commit(by("noa", give(fan(1), 2_500)));
    let kind = Proposed::Give { items: vec![labelled(1_000), item(500)] };
    device.commit(by("kim", proposal(fan(1), kind, later(MINUTE))));
    device.commit(by("kim", redeem(fan(1), 700)));
    device.commit(by("noa", award(fan(1))));
    device.commit(by("noa", undo(&given)));
    while !device.settle_next(&accepted(later(2 * MINUTE)), later(2 * MINUTE)).is_empty() {}
    device.commit(by("noa", give(fan(2), 100)));
    device.settle_next(&refused(), later(3 * MINUTE));
    device.commit(by("noa", redeem(masked(1), 300)));

    let report = close(&device, later(HOUR));
    let totals = report.sums.totals;
    assert_eq!((totals.given, totals.gives), (FanPoints(50 + 50 + 10), 2));
    assert_eq!((totals.redeemed, totals.redemptions), (FanPoints(1_000), 2));
    assert_eq!((totals.status, totals.awards), (StatusPoints(50), 1));
    assert_eq!((totals.undone, totals.undos, totals.refused), (FanPoints(-50), 1, 1));
    assert_eq!((report.sums.waiting.operations, report.sums.waiting.redeems), (1, FanPoints(300)));
    assert_eq!(report.sums.exposure, FanPoints(300));
    let of = |staff: &str| report.sums.people.iter().find(|one| one.staff.as_deref() == Some(staff)).unwrap();
    assert_eq!((of("kim").totals.given, of("kim").totals.redeemed), (FanPoints(60), FanPoints(700)));
    assert_eq!(report.names.keys().collect::<Vec<_>>(), ["kim", "noa"], "nobody who did nothing is named");
    assert_eq!((of("noa").totals.given, of("noa").totals.refused), (FanPoints(50), 1));
    let rate = |label: Option<&str>| {
        report.sums.rates.iter().find(|one| one.label.as_deref() == label).cloned().unwrap()
    };
    assert_eq!(
        (rate(Some("merchandise")).given, rate(Some("merchandise")).price_minor),
        (FanPoints(50), 1_000)
    );
    assert_eq!((rate(None).given, rate(None).undone), (FanPoints(60), FanPoints(-50)));
    assert_eq!(rate(None).redeemed, FanPoints(1_000));

    // What is decided afterwards belongs to the next shift, even if the clock says otherwise.
    opened(&device);
    device.commit(by("noa", Proposal { now: later(-HOUR), ..give(fan(1), 1_000) }));
    assert_eq!(close(&device, later(2 * HOUR)).sums.totals.given, FanPoints(20));
}

#[test]
fn what_was_archived_meanwhile_is_summed_all_the_same() {
    let device = shop();
    opened(&device);
    let kind = Proposed::Give { items: vec![labelled(1_000)] };
    let given = device.commit(by("kim", proposal(fan(1), kind, later(MINUTE))));
    device.commit(by("noa", undo(&given)));
    while !device.settle_next(&accepted(later(2 * MINUTE)), later(2 * MINUTE)).is_empty() {}
    let before = device.store.shift().unwrap().unwrap().sums;
    device.store.set_retention(Some(1)).unwrap();
    assert_eq!(device.store.archive_old(later(48 * HOUR)).unwrap(), 2);
    assert_eq!(device.store.shift().unwrap().unwrap().sums, before);
    assert_eq!(before.rates.len(), 1);
    assert_eq!((before.rates[0].given, before.rates[0].undone), (FanPoints(50), FanPoints(-50)));
    let bounds = [NOON, later(HOUR), later(2 * HOUR)];
    let stretches = device.store.stretches(&bounds).unwrap();
    assert_eq!((stretches[0].totals, stretches[0].booked), (before.totals, 2));
    assert_eq!(stretches[1].totals.operations, 0);
}

#[test]
fn the_root_is_that_of_the_chain_and_an_edited_entry_breaks_it() {
    let device = shop();
    opened(&device);
    device.commit(give(fan(1), 2_500));
    let report = close(&device, later(HOUR));
    let raw = device.raw();
    let bodies: Vec<Vec<u8>> = raw
        .prepare("SELECT body FROM audit WHERE n BETWEEN ?1 AND ?2 ORDER BY n")
        .unwrap()
        .query_map([report.audit.first, report.audit.last].map(|n| i64::try_from(n).unwrap()), |row| {
            row.get(0)
        })
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let root = ledger::audit::merkle_root(&bodies);
    assert_eq!(report.audit.code, root.short_code());
    assert_eq!(bodies.len(), 2, "the opening and the gift");
    assert!(device.store.root_holds(&report).unwrap());
    assert!(device.store.verify_audit(None).unwrap().is_ok());
    drop(raw);
    device
        .raw()
        .execute("UPDATE audit SET body = x'0102' WHERE n = ?1", [report.audit.last.cast_signed()])
        .unwrap();
    assert!(!device.store.root_holds(&report).unwrap());
}

#[test]
fn one_shift_at_a_time_goes_from_hand_to_hand() {
    let device = Device::new();
    let close_now = || {
        let closer = closer(vec![]);
        device.store.close_shift(closer, NOON).unwrap()
    };
    assert_eq!(close_now(), Err(ShiftRefusal::NoneOpen));
    assert_eq!(
        device.store.hand_over_shift(taker("Kim"), vec![], NOON).unwrap(),
        Err(ShiftRefusal::NoneOpen)
    );
    opened(&device);
    let again = device.store.open_shift(Uuid::now_v7(), taker("Kim"), vec![], NOON).unwrap();
    assert_eq!(again, Err(ShiftRefusal::AlreadyOpen));
    let same = device.store.hand_over_shift(taker("Noa"), vec![], NOON).unwrap();
    assert_eq!(same, Err(ShiftRefusal::SamePerson));
    device.store.hand_over_shift(taker("Kim"), counted(39), later(HOUR)).unwrap().unwrap();

    let device = device.reopen();
    let names: Vec<_> = device.store.shift().unwrap().unwrap().watches.into_iter().map(|w| w.name).collect();
    assert_eq!(names, ["Noa", "Kim"], "a new start finds the shift as it was");
    let report = close(&device, later(2 * HOUR));
    assert_eq!(report.watches[1].counted, counted(39));
    assert_eq!((report.watches[0].counted.clone(), report.counted.clone()), (counted(40), counted(38)));
    assert!(device.store.shift().unwrap().is_none());
    assert_eq!(device.store.closed_shifts(None, 10).unwrap()[0].report, report);
}

#[test]
fn a_report_is_owed_to_the_platform_whose_shift_it_was_until_it_has_it() {
    let device = Device::new();
    assert!(device.store.owed_report().unwrap().is_none());
    opened(&device);
    let first = close(&device, later(HOUR));
    opened(&device);
    let second = close(&device, later(2 * HOUR));
    assert_eq!(device.store.owed_report().unwrap().unwrap().report, first, "the oldest first");
    device.store.note_delivery(first.id, Delivery::Delivered).unwrap();
    assert_eq!(device.store.owed_report().unwrap().unwrap().report, second);
    let other = outbox::Connection { partner_id: "kiosk".into(), ..connection() };
    assert!(device.store.set_connection(&other).unwrap());
    assert!(device.store.owed_report().unwrap().is_none(), "another partner gets none of it");
    assert!(device.store.set_connection(&connection()).unwrap());
    device.store.note_delivery(second.id, Delivery::Refused).unwrap();
    assert!(device.store.owed_report().unwrap().is_none());
    let kept = device.store.closed_shift(second.id).unwrap().unwrap();
    assert_eq!(kept.delivery, Delivery::Refused);
}

#[test]
fn passages_are_counted_by_the_minute() {
    let device = Device::new();
    let passage = |at, admitted, by| PassageCount { at, admitted, by };
    let keep = |counts: &[PassageCount]| device.store.keep_passages("gate run", "{}", counts).unwrap();
    keep(&[passage(NOON, Some(true), 1)]);
    keep(&[passage(later(10), Some(true), 1), passage(later(20), None, 1)]);
    keep(&[passage(later(20), None, -1), passage(later(20), Some(false), 1)]);
    keep(&[passage(later(MINUTE), Some(false), 1)]);
    let minutes = device.store.passages(NOON, later(HOUR)).unwrap();
    let counts: Vec<_> = minutes.iter().map(|one| (one.passed, one.refused, one.unknown)).collect();
    assert_eq!(counts, [(2, 1, 0), (0, 1, 0)]);
    assert_eq!(device.store.setting("gate run").unwrap().as_deref(), Some("{}"));
}
