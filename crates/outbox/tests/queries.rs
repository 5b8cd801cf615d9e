//! What people ask of the journal.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::*;
use ledger::{FanPoints, StatusPoints};
use outbox::{Filter, OperationKind, OperationState, Page, Totals};

const ALL: Page = Page { after: None, limit: 1000 };

fn seqs(device: &Device, filter: &Filter) -> Vec<u64> {
    device.store.operations(filter, ALL).unwrap().iter().map(|row| row.seq).collect()
}

fn day() -> Device {
    let device = Device::new();
    device.store.note_pass(&pass(1, 5000, NOON)).unwrap();
    let first = device.commit(give(fan(2), 25_00));
    device.settle_next(&accepted(later(MINUTE)), later(MINUTE));
    device.commit(redeem(masked(1), 5_00));
    device.settle_next(&refused(), later(MINUTE));
    device.commit(award(fan(2)));
    device.commit(outbox::Proposal { staff: Some("Kim 100%".into()), ..redeem(masked(1), 7_00) });
    device.commit(undo(&first));
    device
}

#[test]
fn lists_are_filtered() {
    let device = day();
    let of = |change: &dyn Fn(&mut Filter)| {
        let mut filter = Filter::default();
        change(&mut filter);
        seqs(&device, &filter)
    };
    assert_eq!(of(&|_| {}), [5, 4, 3, 2, 1]);
    assert_eq!(of(&|f| f.kinds = vec![OperationKind::Redeem, OperationKind::Undo]), [5, 4, 2]);
    assert_eq!(of(&|f| f.states = vec![OperationState::Refused]), [2]);
    assert_eq!(of(&|f| f.states = vec![OperationState::Queued, OperationState::Accepted]), [5, 4, 3, 1]);
    assert_eq!(of(&|f| f.fan = Some(masked(1))), [4, 2]);
    assert_eq!(of(&|f| f.fan = Some(fan(77))), [] as [u64; 0]);
    assert_eq!(of(&|f| f.from = Some(later(2 * MINUTE))), [5]);
    assert_eq!(of(&|f| f.to = Some(later(2 * MINUTE))), [4, 3, 2, 1]);
    let text = |text: &str| of(&|f| f.text = Some(text.into()));
    assert_eq!(text("  "), [5, 4, 3, 2, 1]);
    assert_eq!(text("visit"), [3]);
    assert_eq!(text("scarf"), [4, 2, 1]);
    assert_eq!(text("kim 100%"), [4], "a per cent sign is itself");
    assert_eq!(text("m%1"), [] as [u64; 0]);
    assert_eq!(text(&fan(2).to_string()), [5, 3, 1]);
    let id = device.store.operations(&Filter::default(), ALL).unwrap()[1].id;
    assert_eq!(text(&id.to_string()), [4]);
}

#[test]
fn pages_follow_each_other_without_gap_or_overlap() {
    let device = Device::new();
    for n in 0..23 {
        device.commit(give(fan(n), 1_00));
    }
    let (mut after, mut seen) = (None, Vec::new());
    loop {
        let page = device.store.operations(&Filter::default(), Page { after, limit: 5 }).unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.seq);
        seen.extend(page.iter().map(|row| row.seq));
        device.commit(give(fan(99), 1_00));
    }
    assert_eq!(seen, (1..=23).rev().collect::<Vec<_>>());
}

#[test]
fn totals_and_counts_add_up() {
    let device = day();
    let totals = device.store.totals(NOON, later(HOUR)).unwrap();
    assert_eq!(
        totals,
        Totals {
            operations: 5,
            given: FanPoints(50),
            gives: 1,
            redeemed: FanPoints(700),
            redemptions: 1,
            status: StatusPoints(50),
            awards: 1,
            undone: FanPoints(-50),
            undone_status: StatusPoints(0),
            undos: 1,
            refused: 1,
            waiting: 3,
        }
    );
    assert_eq!(device.store.totals(NOON, later(0)).unwrap(), Totals::default());
    let counts = device.store.counts().unwrap();
    assert_eq!((counts.waiting(), counts.open(), counts.accepted, counts.refused), (3, 3, 1, 1));
    assert_eq!(counts.oldest_waiting, Some(later(MINUTE)));
    let waiting =
        device.store.operations(&Filter { states: vec![OperationState::Queued], ..Filter::default() }, ALL);
    assert_eq!(waiting.unwrap().len(), 3);
}

#[test]
fn what_the_platform_booked_counts_in_the_totals() {
    let device = Device::new();
    device.commit(give(fan(1), 25_00));
    let booked = outbox::Booked {
        server_time: later(0),
        items: vec![FanPoints(125)],
        status_points: None,
        reference: Some("purchase".into()),
    };
    let row = device.settle_next(&outbox::Settlement::Accepted(booked), later(0)).remove(0);
    assert_eq!((row.fan_points, row.booked_fan_points), (FanPoints(50), Some(FanPoints(125))));
    assert_eq!((row.items[0].booked, row.reference.as_deref()), (Some(FanPoints(125)), Some("purchase")));
    assert_eq!(device.store.totals(NOON, later(HOUR)).unwrap().given, FanPoints(125));
}

#[test]
fn settings_stay() {
    let device = Device::new();
    assert_eq!(device.store.setting("language").unwrap(), None);
    device.store.set_setting("language", "de").unwrap();
    device.store.set_setting("language", "fr").unwrap();
    let device = device.reopen();
    assert_eq!(device.store.setting("language").unwrap().as_deref(), Some("fr"));
    device.store.remove_setting("language").unwrap();
    assert_eq!(device.store.setting("language").unwrap(), None);
    assert_eq!(device.store.config(), Some(config()));
    assert_eq!(device.store.connection().unwrap(), Some(connection()));
    assert_eq!(device.store.last_sync().unwrap(), Some(NOON));
}

#[test]
fn listeners_hear_of_every_change() {
    let device = Device::new();
    let (told, heard) = std::sync::mpsc::channel();
    device.store.on_change(move |version| told.send(version).unwrap());
    device.commit(give(fan(1), 1_00));
    device.store.note_sync(later(0)).unwrap();
    let versions: Vec<u64> = [heard.recv().unwrap(), heard.recv().unwrap()].into();
    assert!(versions[0] < versions[1]);
    assert_eq!(device.store.version(), versions[1]);
}
