//! The power goes: whatever of the unsynced writes reached the disk, in whatever order, torn or not,
//! all that a person was told is done is there afterwards. And a disk that fails is believed.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
mod disk;

use std::collections::BTreeMap;
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

    /// The file after the process alone was killed: the system still has all that was written.
    fn after_a_kill(&self) -> Vec<u8> {
        let mut bytes = self.synced.clone();
        self.on_the_way.iter().for_each(|event| apply(&mut bytes, event));
        bytes
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
    let began = as_they_are(folder);
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

/// What is on the disk before event `at`, and who was told that they are done.
fn before(
    began: &BTreeMap<PathBuf, Vec<u8>>,
    diary: &[Event],
    at: usize,
) -> (BTreeMap<PathBuf, Image>, Vec<Uuid>) {
    let mut files: BTreeMap<PathBuf, Image> = began
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
    (files, confirmed)
}

/// A folder with what is left of the files.
fn left(files: &BTreeMap<PathBuf, Image>, mut after: impl FnMut(&Image) -> Vec<u8>) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, image) in files {
        std::fs::write(folder.path().join(path.file_name().unwrap()), after(image)).unwrap();
    }
    folder
}

fn reopened(folder: &Path, what: &str) -> Store {
    let store =
        Store::open(&folder.join("device.db"), &key()).unwrap_or_else(|error| panic!("{what}: {error}"));
    let audit = store.verify_audit(None).unwrap();
    assert!(audit.is_ok(), "{what}: {audit:?}");
    store
}

/// Cuts the power before event `at`, and opens what is left.
fn cut(began: &BTreeMap<PathBuf, Vec<u8>>, diary: &[Event], at: usize, seed: u64) -> Vec<Uuid> {
    let (files, confirmed) = before(began, diary, at);
    let mut dice = Dice(seed);
    let folder = left(&files, |image| image.after_the_cut(&mut dice));
    let what = format!("cut {at}, seed {seed}");
    let store = reopened(folder.path(), &what);
    for id in &confirmed {
        let row = store.operation(*id).unwrap().unwrap_or_else(|| panic!("{what}: {id} is gone"));
        assert_ne!(row.state, OperationState::Sending, "{what}");
    }
    confirmed
}

#[test]
fn fault_all_that_was_confirmed_survives_a_power_cut_at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let (began, diary) = shift(folder.path());
    let cuts: u64 = if std::env::var_os("FANPOINTS_FAULTS").is_some() { 10_000 } else { 300 };
    let length = u64::try_from(diary.len()).unwrap();
    assert!(length > 200, "{length} events");
    // On two threads: what takes time is opening databases.
    std::thread::scope(|scope| {
        for half in 0..2 {
            let (began, diary) = (&began, &diary);
            scope.spawn(move || {
                for n in (half..cuts).step_by(2) {
                    let at = usize::try_from(1 + n * (length - 1) / cuts).unwrap();
                    cut(began, diary, at, n);
                }
            });
        }
    });
    let all = cut(&began, &diary, diary.len(), 0);
    assert_eq!(all.len(), 12 * 2 + 4);
}

/// Files as they are now, for sure.
fn as_they_are(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let names = ["device.db", "device.db-wal"].map(|name| folder.join(name));
    names.into_iter().filter_map(|path| Some((path.clone(), std::fs::read(path).ok()?))).collect()
}

#[test]
fn a_kill_between_any_two_steps_of_a_commit_leaves_all_of_it_or_nothing() {
    disk::install();
    let device = Device::new();
    let folder = device.folder.path().to_path_buf();
    device.store.note_pass(&pass(1, 3000, NOON)).unwrap();
    let earlier = device.commit(give(masked(1), 25_00));
    let began = as_they_are(&folder);
    disk::watch(&folder);
    let row = device.commit(redeem(masked(1), 5_00));
    // Reading lets it go over from the intake into its tables.
    assert_eq!(device.store.counts().unwrap().queued, 2);
    let diary = disk::diary(&folder);
    assert!(diary.len() > 5, "{} steps", diary.len());
    let mut there = 0;
    for at in 0..=diary.len() {
        let (files, _) = before(&began, &diary, at);
        let folder = left(&files, Image::after_a_kill);
        let store = reopened(folder.path(), &format!("killed before step {at}"));
        assert_eq!(store.operation(earlier.id).unwrap().as_ref(), Some(&earlier));
        let found = store.operation(row.id).unwrap();
        assert!(found.is_none() || found.as_ref() == Some(&row), "half of it before step {at}: {found:?}");
        let pending = if found.is_some() { -500 } else { 0 };
        assert_eq!(store.fan(masked(1)).unwrap().pending.fan_points.0, 50 + pending, "step {at}");
        there += usize::from(found.is_some());
    }
    assert!((1..diary.len()).contains(&there), "there after {there} of {} steps", diary.len());
}

#[test]
fn fault_a_migration_that_is_cut_at_any_step_is_done_by_the_next_start() {
    disk::install();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("device.db");
    std::fs::write(&path, include_bytes!("fixtures/version-1.db")).unwrap();
    let began = as_they_are(folder.path());
    disk::watch(folder.path());
    let store = Store::open(&path, &key()).unwrap();
    let diary = disk::diary(folder.path());
    let state = |store: &Store| {
        let all =
            store.operations(&outbox::Filter::default(), outbox::Page { after: None, limit: 100 }).unwrap();
        (store.schema_version().unwrap(), store.counts().unwrap(), all)
    };
    let expected = state(&store);
    assert!(diary.len() > 20, "{} steps", diary.len());
    // Each cut is migrated anew: in the ordinary run only so many.
    let every = if std::env::var_os("FANPOINTS_FAULTS").is_some() { 1 } else { diary.len().div_ceil(40) };
    for at in (0..=diary.len()).step_by(every) {
        let (files, _) = before(&began, &diary, at);
        let mut dice = Dice(u64::try_from(at).unwrap());
        for folder in
            [left(&files, Image::after_a_kill), left(&files, |image| image.after_the_cut(&mut dice))]
        {
            assert_eq!(state(&reopened(folder.path(), &format!("cut before step {at}"))), expected);
        }
    }
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
