//! A database as version 1 of the schema left it, brought to the version of today.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::*;
use ledger::FanPoints;
use outbox::{Decline, Filter, OperationState, Page, Store, Wanted};

/// Written by the app as it was then: seven operations, of them two accepted (one with other points than the device
/// computed), one refused, one held, one undone, one fan whose two names were learned later.
const VERSION_1: &[u8] = include_bytes!("fixtures/version-1.db");

fn old() -> Device {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("device.db");
    std::fs::write(&path, VERSION_1).unwrap();
    Device { store: Store::open(&path, &key()).unwrap(), path, folder }
}

#[test]
fn what_version_1_kept_reads_the_same() {
    let device = old();
    assert!(device.store.schema_version().unwrap() > 1);
    let head = device.store.verify_audit(None).unwrap().expect("the chain of version 1 still holds");
    assert_eq!(head.entries, 11);
    let known = |n| device.store.fan(masked(n)).unwrap();
    let points = |n| known(n).confirmed.unwrap().fan_points;
    assert_eq!((points(1), known(1).available), (FanPoints(1249), FanPoints(1249)));
    assert_eq!((points(2), known(2).available), (FanPoints(550), FanPoints(550)));
    assert_eq!((points(4), known(4).pending.fan_points), (FanPoints(1000), FanPoints(20)));
}

#[test]
fn lists_and_sums_know_what_version_1_kept() {
    let device = old();
    let counts = device.store.counts().unwrap();
    assert_eq!((counts.accepted, counts.refused, counts.held, counts.waiting()), (2, 1, 1, 3));
    let numbers = |wanted: &Wanted| -> Vec<i64> {
        let rows = device.store.review(wanted, None, 0, 10).unwrap();
        rows.iter().map(|row| row.place.number).collect()
    };
    assert_eq!(numbers(&Wanted::default()).len(), 7);
    let held = Wanted { states: vec![OperationState::Held], ..Wanted::default() };
    assert_eq!(numbers(&held).len(), 1);
    // What is decided from now on stands in the same lists.
    device.commit(give(fan(9), 25_00));
    assert_eq!(numbers(&Wanted::default()).len(), 8);
    assert_eq!(device.store.counts().unwrap().waiting(), 4);
    assert!(device.store.verify_audit(None).unwrap().is_ok());
}

#[test]
fn the_books_of_version_1_go_on() {
    let device = old();
    let rows = device.store.operations(&Filter::default(), Page { after: None, limit: 10 }).unwrap();
    let of = |seq: u64| rows.iter().find(|row| row.seq == seq).unwrap();
    let again = |seq| device.decline(undo(of(seq)));
    assert_eq!(again(2), Decline::Rules(ledger::Refusal::AlreadyReversed), "an undo of it waits");
    assert_eq!(again(4), Decline::Rules(ledger::Refusal::UnknownOperation), "the platform refused it");
    assert_eq!(device.commit(undo(of(1))).fan_points, FanPoints(-130), "two names, one fan");
    assert!(device.store.verify_audit(None).unwrap().is_ok());
}
