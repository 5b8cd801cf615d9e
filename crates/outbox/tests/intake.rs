//! What was just decided goes over into the tables later; nobody who reads notices.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use common::*;
use ledger::{FanPoints, OfflinePolicy, Timestamp};
use outbox::{
    Commit, Filter, OperationKind, OperationState, Page, ProgramConfig, Proposal, Reach, Route, Store, Wanted,
};
use proptest::prelude::*;

const ALL: Page = Page { after: None, limit: 2000 };
const DAY: i64 = 24 * HOUR;

/// Gives to so many fans, one a minute.
fn decide(device: &Device, from: i64, to: i64) {
    for n in from..to {
        let asked = give(fan(n.unsigned_abs()), 25_00);
        device.commit(Proposal { now: later(n * MINUTE), ..asked });
    }
}

/// All that can be asked of them says that there are so many, all waiting.
fn all_are_there(store: &Store, many: usize) {
    let count = u64::try_from(many).unwrap();
    let counts = store.counts().unwrap();
    assert_eq!((counts.queued, counts.archived, counts.oldest_waiting), (count, 0, Some(later(0))));
    let queued = Filter { states: vec![OperationState::Queued], ..Filter::default() };
    for filter in [Filter::default(), queued] {
        assert_eq!(store.operations(&filter, ALL).unwrap().len(), many);
    }
    let filters = [
        Wanted::default(),
        Wanted { kinds: vec![OperationKind::Give], ..Wanted::default() },
        Wanted { states: vec![OperationState::Queued], ..Wanted::default() },
        Wanted { staff: Some("Noa".into()), ..Wanted::default() },
        Wanted { least: Some(50), ..Wanted::default() },
        Wanted { text: Some("scarf".into()), ..Wanted::default() },
        Wanted { from: Some(later(0)), to: Some(later(DAY)), ..Wanted::default() },
    ];
    for wanted in filters {
        let rows = store.review(&wanted, None, 0, 2000).unwrap();
        let numbers: Vec<_> = rows.iter().map(|row| row.place.number).collect();
        assert_eq!(numbers, (1..=i64::try_from(many).unwrap()).rev().collect::<Vec<_>>(), "{wanted:?}");
        assert_eq!(store.review_count(&wanted).unwrap(), count, "{wanted:?}");
    }
    let ends = [later(0), later(DAY)];
    let totals = store.totals(ends[0], ends[1]).unwrap();
    assert_eq!((totals.operations, totals.waiting), (count, count));
    assert_eq!(totals.given, FanPoints(50 * i64::try_from(many).unwrap()));
    assert_eq!(store.stretches(&ends).unwrap()[0].totals, totals);
    assert_eq!(store.rate_sums(ends[0], ends[1]).unwrap()[0].items, count);
    assert_eq!(store.deeds(ends[0], ends[1], 2000).unwrap().len(), many);
    assert_eq!(store.to_reconcile(ends[0], ends[1]).unwrap().len(), many);
    assert_eq!(store.outgoing().unwrap().len(), many);
}

/// How many operations of the file are in the intake.
fn taken_in(device: &Device) -> i64 {
    let db = rusqlite::Connection::open(&device.path).unwrap();
    let hex: String = key().expose().iter().map(|byte| format!("{byte:02x}")).collect();
    db.execute_batch(&format!("PRAGMA key = \"x'{hex}'\"")).unwrap();
    db.query_row("SELECT count(*) FROM intake", [], |row| row.get(0)).unwrap()
}

#[test]
fn whoever_reads_finds_what_was_decided_before() {
    let device = Device::new();
    let mut before = 0;
    for many in [1, 2, 63, 200, 1024, 1025] {
        decide(&device, before, many);
        before = many;
        assert!(taken_in(&device) > 0, "deciding takes in");
        all_are_there(&device.store, usize::try_from(many).unwrap());
        assert_eq!(taken_in(&device), 0, "reading lets it go over");
    }
    assert!(device.store.verify_audit(None).unwrap().is_ok());
}

#[test]
fn what_has_not_gone_over_stays_short() {
    let device = Device::new();
    decide(&device, 0, 1100);
    assert_eq!(taken_in(&device), 1100 - 1024);
}

#[test]
fn a_crash_before_it_goes_over_loses_nothing() {
    let device = Device::new();
    decide(&device, 0, 20);
    assert_eq!(taken_in(&device), 20);
    // What a crash leaves: the file and its log as they are.
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("device.db");
    for tail in ["", "-wal"] {
        let from = format!("{}{tail}", device.path.display());
        std::fs::copy(from, format!("{}{tail}", path.display())).unwrap();
    }
    all_are_there(&Store::open(&path, &key()).unwrap(), 20);
}

#[test]
fn a_fan_is_met_once() {
    let device = Device::new();
    let gave = |device: &Device, n, at| {
        let minor = i64::try_from(n).unwrap() * 25_00;
        device.commit(Proposal { now: later(at * MINUTE), ..give(fan(n), minor) });
    };
    gave(&device, 1, 0);
    gave(&device, 2, 1);
    // What fails takes back what it let go over, and what was known of it.
    device.store.release(uuid::Uuid::now_v7(), later(0)).unwrap_err();
    gave(&device, 2, 3);
    gave(&device, 1, 10);
    // The clock was set back: this one goes straight into its tables, of a fan who was not met before either.
    gave(&device, 3, 0);
    gave(&device, 3, 11);
    let device = device.reopen();
    gave(&device, 4, 12);
    gave(&device, 1, 13);
    for (n, points) in [(1, 3 * 50), (2, 2 * 100), (3, 2 * 150), (4, 200), (5, 0)] {
        assert_eq!(device.store.fan(fan(n)).unwrap().pending.fan_points, FanPoints(points), "fan {n}");
    }
}

#[test]
fn nobody_gets_the_row_of_a_fan_who_waits_for_room() {
    let device = Device::new();
    device.store.limit_pages(1).unwrap();
    let (mut decided, mut stranger) = (0, 9_000);
    while taken_in(&device) == 0 {
        decided = decide_until_full(&device, decided);
        // There may be no room for a stranger; there must be none in the row of somebody else.
        stranger += 1;
        let noted = device.store.note_pass(&pass(stranger, 70, NOON));
        assert!(matches!(noted, Ok(()) | Err(outbox::StoreError::Full)), "{noted:?}");
    }
    device.store.limit_pages(u32::MAX / 2).unwrap();
    device.store.note_pass(&pass(stranger, 70, NOON)).unwrap();
    for n in 0..decided {
        let known = device.store.fan(fan(n.unsigned_abs())).unwrap();
        assert_eq!((known.pending.operations, known.confirmed), (1, None), "fan {n}");
    }
    let known = device.store.fan(masked(stranger)).unwrap();
    assert_eq!((known.pending.operations, known.available), (0, FanPoints(70)));
}

#[test]
fn a_full_disk_keeps_nobody_from_reading() {
    let device = Device::new();
    decide(&device, 0, 20);
    device.store.limit_pages(1).unwrap();
    decide_until_full(&device, 20);
    let kept = usize::try_from(device.store.counts().unwrap().queued).unwrap();
    assert!(kept >= 20);
    all_are_there(&device.store, kept);
    // What needs no room is still written, and the queue goes out.
    device.store.set_setting("language", "rm").unwrap();
    assert!(!device.store.next_batch(&Reach::default(), later(0)).unwrap().operations.is_empty());
    device.store.return_interrupted().unwrap();
    let device = device.reopen();
    all_are_there(&device.store, kept);
    device.store.limit_pages(u32::MAX / 2).unwrap();
    all_are_there(&device.store, kept);
    assert_eq!(taken_in(&device), 0);
}

/// The first that could not be decided.
fn decide_until_full(device: &Device, from: i64) -> i64 {
    let full = (from..5_000).find(|n| {
        let asked = Proposal { now: later(n * MINUTE), ..give(fan(n.unsigned_abs()), 25_00) };
        device.store.commit(asked).is_err()
    });
    full.expect("the disk never was full")
}

#[test]
fn the_queue_goes_out_and_can_be_undone_all_the_same() {
    let device = Device::new();
    let row = device.commit(give(fan(1), 25_00));
    device.commit(give(fan(2), 10_00));
    let undone = device.commit(undo(&row));
    assert_eq!(undone.undo_of, Some(row.id));
    assert_eq!(device.store.next_batch(&Reach::default(), later(0)).unwrap().operations.len(), 2);
}

#[test]
fn going_over_is_no_change_that_anybody_is_told_of() {
    let device = Device::new();
    let told = Arc::new(AtomicU64::new(0));
    let heard = Arc::clone(&told);
    device.store.on_change(move |_| {
        heard.fetch_add(1, Ordering::Relaxed);
    });
    decide(&device, 0, 3);
    let version = device.store.version();
    assert_eq!(device.store.counts().unwrap().queued, 3);
    assert_eq!(taken_in(&device), 0);
    assert_eq!((told.load(Ordering::Relaxed), device.store.version()), (3, version));
}

#[test]
fn the_time_that_was_seen_last_is_that_of_the_newest_operation() {
    let device = Device::new();
    let steady = |device: &Device| device.store.steady_time(Timestamp(0)).unwrap();
    device.commit(Proposal { now: later(HOUR), ..give(fan(1), 25_00) });
    assert_eq!(steady(&device), later(HOUR));
    // A clock that goes back does not take it along, over a restart either.
    device.commit(Proposal { now: later(5 * MINUTE), ..give(fan(2), 25_00) });
    let device = device.reopen();
    assert_eq!(steady(&device), later(HOUR));
    device.commit(Proposal { now: later(2 * HOUR), ..give(fan(3), 25_00) });
    assert_eq!(steady(&device), later(2 * HOUR));
    // Only the platform's word does.
    device.store.note_sync(later(10 * MINUTE)).unwrap();
    assert_eq!(steady(&device), later(10 * MINUTE));
    // And the archive takes the newest operation, not its time.
    device.commit(Proposal { now: later(3 * HOUR), ..give(fan(4), 25_00) });
    device.settle_next(&accepted(later(3 * HOUR)), later(3 * HOUR));
    device.store.set_retention(Some(1)).unwrap();
    assert!(device.store.archive_old(later(5 * DAY)).unwrap() > 0);
    assert_eq!(steady(&device), later(3 * HOUR));
}

#[test]
fn on_a_full_disk_an_operation_is_withdrawn_or_waits_for_room() {
    let device = Device::new();
    device.store.limit_pages(1).unwrap();
    let mut decided = Vec::new();
    for n in 0..5_000 {
        let asked = Proposal { now: later(n * MINUTE), ..give(fan(n.unsigned_abs()), 25_00) };
        let Ok(Commit::Committed(row)) = device.store.commit(asked) else { break };
        decided.push(row.id);
    }
    assert!((1..5_000).contains(&decided.len()), "the disk never was full");
    let withdraw = |id| device.store.withdraw(id, uuid::Uuid::now_v7(), later(0), None);
    let waits: Vec<_> = decided
        .into_iter()
        .rev()
        .filter(|id| match withdraw(*id) {
            Ok(Commit::Committed(row)) => row.refusal.as_deref() != Some("withdrawn"),
            Err(outbox::StoreError::Full) => true,
            other => panic!("{other:?}"),
        })
        .collect();
    device.store.limit_pages(u32::MAX / 2).unwrap();
    for id in waits {
        assert!(matches!(withdraw(id), Ok(Commit::Committed(_))));
    }
    assert_eq!(device.store.counts().unwrap().queued, 0);
    assert!(device.store.verify_audit(None).unwrap().is_ok());
}

/// What a person does next, and how many minutes after the last.
#[derive(Clone, Debug)]
enum Deed {
    Give {
        fan: u64,
        minor: i64,
    },
    /// Decided here, or by the platform.
    Redeem {
        fan: u64,
        minor: i64,
        route: Route,
    },
    Award {
        fan: u64,
    },
    Undo {
        nth: usize,
    },
    /// The same once more, as after an answer that was lost.
    Again {
        nth: usize,
    },
    /// The platform was reached.
    Sync,
}

fn deeds() -> impl Strategy<Value = Vec<(Deed, i64)>> {
    let minor = prop_oneof![Just(100_i64), Just(5_00), Just(9_00)];
    let deed = prop_oneof![
        4 => (0..3_u64, minor.clone()).prop_map(|(fan, minor)| Deed::Give { fan, minor }),
        6 => (0..3_u64, minor, prop_oneof![Just(Route::Local), Just(Route::Platform)])
            .prop_map(|(fan, minor, route)| Deed::Redeem { fan, minor, route }),
        2 => (0..3_u64).prop_map(|fan| Deed::Award { fan }),
        1 => (0..40_usize).prop_map(|nth| Deed::Undo { nth }),
        1 => (0..40_usize).prop_map(|nth| Deed::Again { nth }),
        1 => Just(Deed::Sync),
    ];
    prop::collection::vec((deed, 0..12_i64), 1..60)
}

/// Limits that a few deeds reach.
fn narrow() -> ProgramConfig {
    let offline_policy = OfflinePolicy {
        max_grants_per_hour: 4,
        max_device_redemptions: 6,
        max_redeem_purchase: FanPoints(1_500),
        max_fan_unsynced: FanPoints(2_500),
        max_fan_share_percent: 100,
        ..OfflinePolicy::default()
    };
    ProgramConfig { offline_policy, ..config() }
}

fn club() -> Device {
    let device = Device::new();
    device.store.set_config(&narrow()).unwrap();
    // The first fan's points are spent before a limit is reached.
    for (n, points) in [(0, 1_000), (1, 2_000), (2, 4_000)] {
        device.store.note_pass(&pass(n, points, NOON)).unwrap();
    }
    device
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]
    #[test]
    fn every_decision_is_that_of_a_device_whose_tables_are_whole(deeds in deeds()) {
        let (device, whole) = (club(), club());
        let mut proposals: Vec<Proposal> = Vec::new();
        let mut now = 0;
        for (deed, minutes) in deeds {
            now += minutes * MINUTE;
            let nth = |nth: usize| proposals.get(nth % proposals.len().max(1)).cloned();
            let asked = match deed {
                Deed::Give { fan, minor } => Some(give(masked(fan), minor)),
                Deed::Redeem { fan, minor, route } => Some(Proposal { route, ..redeem(masked(fan), minor) }),
                Deed::Award { fan } => Some(award(masked(fan))),
                Deed::Undo { nth: n } => nth(n).map(|of| proposal(of.fan, outbox::Proposed::Undo { of: of.id }, NOON)),
                Deed::Again { nth: n } => nth(n),
                Deed::Sync => {
                    for device in [&device, &whole] {
                        device.store.note_sync(later(now)).unwrap();
                    }
                    None
                }
            };
            let Some(asked) = asked else { continue };
            let asked = Proposal { now: later(now), ..asked };
            // Whoever counts lets everything go over.
            whole.store.counts().unwrap();
            let [here, there] = [&device, &whole].map(|device| device.store.commit(asked.clone()).unwrap());
            prop_assert_eq!(&here, &there, "{:?}", asked);
            if matches!(here, Commit::Committed(_)) {
                proposals.push(asked);
            }
        }
        let rows = |device: &Device| device.store.operations(&Filter::default(), ALL).unwrap();
        prop_assert_eq!(rows(&device), rows(&whole));
        for n in 0..3 {
            prop_assert_eq!(device.store.fan(masked(n)).unwrap(), whole.store.fan(masked(n)).unwrap());
        }
        let heads = [&device, &whole].map(|device| device.store.verify_audit(None).unwrap().unwrap());
        prop_assert_eq!(&heads[0], &heads[1]);
    }
}
