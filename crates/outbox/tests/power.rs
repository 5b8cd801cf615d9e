//! The power goes: whatever of the unsynced writes reached the disk, in whatever order, torn or not,
//! all that a person was told is done is there afterwards. And a disk that fails is believed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
mod disk;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use common::*;
use disk::{Event, Failing};
use outbox::{Commit, OperationState, Store, StoreError};
use uuid::Uuid;

/// A disk writes no less than this at once.
const SECTOR: usize = 512;

/// SplitMix64: small, seeded, the same everywhere.
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }
}

/// What a disk holds for sure of one file, and what is on the way to it.
#[derive(Clone, Default)]
struct Image {
    synced: Vec<u8>,
    on_the_way: Vec<Event>,
}

fn apply(bytes: &mut Vec<u8>, event: &Event) {
    match event {
        Event::Write { offset, bytes: new, .. } => put(bytes, *offset, new),
        Event::Truncate { size, .. } => bytes.resize(*size, 0),
        Event::Sync { .. } | Event::Confirmed(_) => {}
    }
}

fn put(bytes: &mut Vec<u8>, offset: usize, new: &[u8]) {
    if bytes.len() < offset + new.len() {
        bytes.resize(offset + new.len(), 0);
    }
    bytes[offset..offset + new.len()].copy_from_slice(new);
}

impl Image {
    fn note(&mut self, event: &Event) {
        if let Event::Sync { .. } = event {
            for event in std::mem::take(&mut self.on_the_way) {
                apply(&mut self.synced, &event);
            }
        } else {
            self.on_the_way.push(event.clone());
        }
    }

    /// The file after the power went: each write that was on the way is there, not there, or torn.
    fn after_the_cut(&self, dice: &mut Dice) -> Vec<u8> {
        let mut bytes = self.synced.clone();
        let mut arrived: Vec<&Event> = self.on_the_way.iter().filter(|_| dice.below(3) > 0).collect();
        if dice.below(4) == 0 && arrived.len() > 1 {
            let index = usize::try_from(dice.below(u64::try_from(arrived.len() - 1).unwrap())).unwrap();
            arrived.swap(index, index + 1);
        }
        for event in arrived {
            match event {
                Event::Write { offset, bytes: new, .. } if dice.below(3) == 0 => {
                    for (n, sector) in new.chunks(SECTOR).enumerate().filter(|_| dice.below(2) == 0) {
                        put(&mut bytes, offset + n * SECTOR, sector);
                    }
                }
                whole => apply(&mut bytes, whole),
            }
        }
        bytes
    }
}

/// A shift with everything that writes: returns what the disk saw of it, and where it began.
fn shift(folder: &Path) -> (BTreeMap<PathBuf, Vec<u8>>, Vec<Event>) {
    disk::install();
    let path = folder.join("device.db");
    let device =
        Device { store: Store::open(&path, &key()).unwrap(), path, folder: tempfile::tempdir().unwrap() };
    assert!(device.store.set_connection(&connection()).unwrap());
    device.store.set_config(&config()).unwrap();
    device.store.note_sync(NOON).unwrap();
    // What is there now is on the disk for sure: the shift begins.
    let mut began = BTreeMap::new();
    for name in ["device.db", "device.db-wal"] {
        began.insert(folder.join(name), std::fs::read(folder.join(name)).unwrap());
    }
    disk::watch(folder);
    let tell = |row: outbox::OperationRow| {
        disk::confirm(folder, row.id);
        row
    };
    for n in 0..12 {
        device.store.note_pass(&pass(n, 3000, NOON)).unwrap();
        let row = tell(device.commit(give(masked(n), 25_00)));
        if n % 3 == 0 {
            tell(device.commit(undo(&row)));
        }
        tell(device.commit(redeem(masked(n), 5_00)));
        if n % 4 == 3 {
            device.settle_next(&accepted(later(0)), later(0));
            device.raw().execute_batch("PRAGMA synchronous = FULL; PRAGMA wal_checkpoint(PASSIVE)").unwrap();
        }
    }
    (began, disk::diary(folder))
}

/// Cuts the power before event `at`, and opens what is left.
fn cut(began: &BTreeMap<PathBuf, Vec<u8>>, diary: &[Event], at: usize, seed: u64) -> Vec<Uuid> {
    let mut files: HashMap<PathBuf, Image> = began
        .iter()
        .map(|(path, bytes)| (path.clone(), Image { synced: bytes.clone(), on_the_way: Vec::new() }))
        .collect();
    let mut confirmed = Vec::new();
    for event in &diary[..at] {
        match event {
            Event::Write { file, .. } | Event::Truncate { file, .. } | Event::Sync { file } => {
                files.entry(file.clone()).or_default().note(event);
            }
            Event::Confirmed(id) => confirmed.push(*id),
        }
    }
    let mut dice = Dice(seed);
    let folder = tempfile::tempdir().unwrap();
    for (path, image) in &files {
        std::fs::write(folder.path().join(path.file_name().unwrap()), image.after_the_cut(&mut dice))
            .unwrap();
    }
    let store = Store::open(&folder.path().join("device.db"), &key())
        .unwrap_or_else(|error| panic!("cut {at}, seed {seed}: {error}"));
    for id in &confirmed {
        let row =
            store.operation(*id).unwrap().unwrap_or_else(|| panic!("cut {at}, seed {seed}: {id} is gone"));
        assert_ne!(row.state, OperationState::Sending, "cut {at}, seed {seed}");
    }
    let audit = store.verify_audit(None).unwrap();
    assert!(audit.is_ok(), "cut {at}, seed {seed}: {audit:?}");
    confirmed
}

#[test]
fn fault_all_that_was_confirmed_survives_a_power_cut_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let (began, diary) = shift(folder.path());
    let cuts: u64 = if std::env::var_os("FANPOINTS_FAULTS").is_some() { 10_000 } else { 300 };
    let length = u64::try_from(diary.len()).unwrap();
    assert!(length > 200, "{length} events");
    for n in 0..cuts {
        let at = usize::try_from(1 + n * (length - 1) / cuts).unwrap();
        cut(&began, &diary, at, n);
    }
    let all = cut(&began, &diary, diary.len(), 0);
    assert_eq!(all.len(), 12 * 2 + 4);
}

#[test]
fn the_test_notices_a_disk_that_lies() {
    let folder = tempfile::tempdir().unwrap();
    let (began, diary) = shift(folder.path());
    // As if nothing was ever synced: the promise can not be kept, and that must show.
    let lying: Vec<Event> = diary.into_iter().filter(|event| !matches!(event, Event::Sync { .. })).collect();
    let broken = (0..20).any(|seed| {
        let (began, lying) = (began.clone(), lying.clone());
        std::panic::catch_unwind(move || cut(&began, &lying, lying.len(), seed)).is_err()
    });
    assert!(broken);
}

#[test]
fn after_a_failed_sync_nothing_is_confirmed_any_more() {
    disk::install();
    let device = Device::new();
    let folder = device.folder.path().to_path_buf();
    disk::watch(&folder);
    let before = device.commit(give(fan(1), 1_00)).id;
    disk::fail(&folder, Failing { sync: true, ..Failing::default() });
    let asked = give(fan(2), 1_00);
    assert!(matches!(device.store.commit(asked.clone()), Err(StoreError::Io { .. })));
    assert!(device.store.is_read_only());
    disk::fail(&folder, Failing::default());
    assert_eq!(
        device.store.commit(give(fan(3), 1_00)),
        Err(StoreError::ReadOnly),
        "a disk that failed is not believed again"
    );
    assert_eq!(
        device.store.operation(before).unwrap().unwrap().state,
        OperationState::Queued,
        "reading goes on"
    );
    // Started again: what was confirmed is there, and asking the same again is one operation at the most.
    let device = device.reopen();
    assert!(device.store.operation(before).unwrap().is_some());
    assert!(matches!(device.store.commit(asked), Ok(Commit::Committed(_))));
    assert_eq!(device.store.counts().unwrap().queued, 2);
    assert!(device.store.verify_audit(None).unwrap().is_ok());
}

#[test]
fn a_write_that_fails_confirms_nothing() {
    disk::install();
    let device = Device::new();
    let folder = device.folder.path().to_path_buf();
    disk::watch(&folder);
    let before = device.commit(give(fan(1), 1_00)).id;
    disk::fail(&folder, Failing { write: true, ..Failing::default() });
    assert!(matches!(device.store.commit(give(fan(2), 1_00)), Err(StoreError::Io { .. })));
    disk::fail(&folder, Failing::default());
    let device = device.reopen();
    assert!(device.store.operation(before).unwrap().is_some());
    assert_eq!(device.store.counts().unwrap().queued, 1);
    assert!(device.store.verify_audit(None).unwrap().is_ok());
}

/// A device on the watched disk, opened anew: nothing that was read before is at hand.
fn on_disk() -> (Device, PathBuf) {
    disk::install();
    let device = Device::new();
    let folder = device.folder.path().to_path_buf();
    disk::watch(&folder);
    (device, folder)
}

#[test]
fn reads_that_fail_are_said_and_change_nothing() {
    let (device, folder) = on_disk();
    let kept = device.commit(give(fan(1), 1_00)).id;
    let device = device.reopen();
    disk::fail(&folder, Failing { read: true, ..Failing::default() });
    let failed = device.store.operation(kept);
    assert!(matches!(failed, Err(StoreError::Io { .. } | StoreError::Corrupt)), "{failed:?}");
    // The writer may have all that it needs at hand; what it says is true either way.
    let confirmed = u64::from(matches!(device.store.commit(give(fan(2), 1_00)), Ok(Commit::Committed(_))));
    disk::fail(&folder, Failing::default());
    let device = device.reopen();
    assert_eq!(device.store.operation(kept).unwrap().unwrap().state, OperationState::Queued);
    assert_eq!(device.store.counts().unwrap().queued, 1 + confirmed);
    assert!(device.store.verify_audit(None).unwrap().is_ok());
}

#[test]
fn a_disk_without_room_confirms_nothing_and_goes_on_when_there_is_room() {
    let (device, folder) = on_disk();
    let kept = device.commit(give(fan(1), 1_00)).id;
    disk::fail(&folder, Failing { full: true, ..Failing::default() });
    for _ in 0..3 {
        assert_eq!(device.store.commit(give(fan(2), 1_00)), Err(StoreError::Full));
    }
    assert!(!device.store.is_read_only());
    disk::fail(&folder, Failing::default());
    device.commit(give(fan(3), 1_00));
    let device = device.reopen();
    assert_eq!(device.store.counts().unwrap().queued, 2);
    assert!(device.store.operation(kept).unwrap().is_some());
}
