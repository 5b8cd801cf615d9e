//! What survives: a crash, a full disk, a foreign key, a newer version, a second window, damage.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use common::*;
use outbox::{Commit, DatabaseKey, OperationState, Proposal, Store, StoreError};

#[test]
fn what_was_confirmed_is_there_after_a_crash() {
    let device = Device::new();
    let row = device.commit(give(fan(1), 25_00));
    // A copy of the files taken while the database is open is what a power cut leaves.
    let copy = device.folder.path().join("after.db");
    for tail in ["", "-wal"] {
        let from = format!("{}{tail}", device.path.display());
        std::fs::copy(from, format!("{}{tail}", copy.display())).unwrap();
    }
    let after = Store::open(&copy, &key()).unwrap();
    assert_eq!(after.operation(row.id).unwrap(), Some(row));
    assert!(after.verify_audit(None).unwrap().is_ok());
}

#[test]
fn the_end_comes_when_the_last_handle_is_gone_and_not_before() {
    let device = Device::new();
    let Device { store, path, folder: _folder } = device;
    let (clone, closing, early) = (store.clone(), store.closing(), store.closing());
    drop(store);
    assert!(!early.wait(Duration::ZERO), "a handle is still held");
    let holder = std::thread::spawn(move || clone.version());
    assert!(closing.wait(Duration::from_secs(10)));
    Store::open(&path, &key()).unwrap();
    holder.join().unwrap();
}

#[test]
fn a_second_window_is_kept_out_until_the_first_is_gone() {
    let device = Device::new();
    assert_eq!(open_error(&device, &key()), StoreError::InUse);
    let held_elsewhere = device.store.clone();
    let Device { store, path, folder } = device;
    drop(store);
    let device = Device { store: held_elsewhere, path, folder };
    assert_eq!(open_error(&device, &key()), StoreError::InUse, "a clone is the same window");
    device.reopen().commit(give(fan(1), 1_00));
}

#[test]
fn another_key_opens_nothing_and_harms_nothing() {
    let device = Device::new();
    let row = device.commit(give(fan(1), 25_00));
    let Device { store, path, folder } = device;
    drop(store);
    let other = DatabaseKey::generate().unwrap();
    assert!(matches!(Store::open(&path, &other), Err(StoreError::WrongKey)));
    // As on another device, where nothing tells which key is the right one.
    std::fs::remove_file(folder.path().join("device.db.lock")).unwrap();
    assert!(matches!(Store::open(&path, &other), Err(StoreError::WrongKey)));
    assert!(path.exists());
    let store = Store::open(&path, &key()).unwrap();
    assert_eq!(store.operation(row.id).unwrap(), Some(row));
}

#[test]
fn the_files_hold_nothing_readable() {
    let device = Device::new();
    device.commit(Proposal { staff: Some("Noa Readable".into()), ..give(fan(1), 25_00) });
    // Long enough that no cipher writes them by chance.
    let words = ["Scarf", "Readable", "club-shop", "SQLite format", "CREATE TABLE"];
    let mut looked_at = 0;
    for file in std::fs::read_dir(device.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        looked_at += usize::from(!bytes.is_empty());
        for word in words {
            assert!(!bytes.windows(word.len()).any(|window| window == word.as_bytes()), "{word}");
        }
    }
    assert!(looked_at >= 2);
    assert!(!format!("{:?}", key()).contains('7'));
}

#[test]
fn a_database_of_a_newer_app_is_refused_without_harm() {
    let device = Device::new();
    device.commit(give(fan(1), 25_00));
    device.raw().execute_batch("CREATE TABLE of_the_future (n); PRAGMA user_version = 99").unwrap();
    let Device { store, path, folder } = device;
    drop(store);
    let before = std::fs::read(&path).unwrap();
    assert!(matches!(Store::open(&path, &key()), Err(StoreError::Newer { found: 99, .. })));
    assert_eq!(std::fs::read(&path).unwrap(), before);
    drop(folder);
}

#[test]
fn a_damaged_database_is_set_aside_and_never_deleted() {
    for (name, offset) in [("first page", 40), ("a later page", 5 * 4096 + 100)] {
        let device = Device::new();
        device.commit(give(fan(1), 25_00));
        let Device { store, path, folder } = device;
        drop(store);
        let mut bytes = std::fs::read(&path).unwrap();
        for byte in &mut bytes[offset..offset + 64] {
            *byte ^= 0x55;
        }
        std::fs::write(&path, &bytes).unwrap();
        let Err(StoreError::Damaged { set_aside, .. }) = Store::open(&path, &key()) else {
            panic!("{name}: not noticed");
        };
        assert_eq!(std::fs::read(&set_aside).unwrap(), bytes, "{name}");
        let store = Store::open(&path, &key()).unwrap();
        assert_eq!(store.counts().unwrap().open(), 0);
        drop(store);
        // The next one does not overwrite the first.
        std::fs::write(&path, vec![1; 8192]).unwrap();
        let Err(StoreError::Damaged { set_aside: second, .. }) = Store::open(&path, &key()) else {
            panic!("{name}: not noticed");
        };
        assert_ne!(set_aside, second);
        assert!(set_aside.exists() && second.exists());
        drop(folder);
    }
}

#[test]
fn a_full_disk_is_said_and_the_queue_stays_whole() {
    let device = Device::new();
    let mut confirmed = vec![device.commit(give(fan(1), 25_00)).id];
    let pages: i64 = device.raw().query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    device.store.limit_pages(u32::try_from(pages + 20).unwrap()).unwrap();
    let refusal = loop {
        match device.store.commit(give(fan(1), 25_00)) {
            Ok(Commit::Committed(row)) => confirmed.push(row.id),
            Ok(Commit::Declined(decline)) => panic!("{decline:?}"),
            Err(error) => break error,
        }
    };
    assert_eq!(refusal, StoreError::Full);
    assert!(refusal.retry_could_succeed());
    assert!(device.store.verify_audit(None).unwrap().is_ok());
    assert_eq!(device.store.counts().unwrap().queued, u64::try_from(confirmed.len()).unwrap());
    // Room again: it goes on where it was.
    device.store.limit_pages(u32::MAX / 2).unwrap();
    confirmed.push(device.commit(give(fan(2), 25_00)).id);
    let device = device.reopen();
    for id in confirmed {
        assert_eq!(device.store.operation(id).unwrap().unwrap().state, OperationState::Queued);
    }
}

#[test]
fn a_full_disk_under_many_writers_confirms_exactly_what_is_there() {
    let device = Device::new();
    let pages: i64 = device.raw().query_row("PRAGMA page_count", [], |row| row.get(0)).unwrap();
    device.store.limit_pages(u32::try_from(pages + 30).unwrap()).unwrap();
    let confirmed = Arc::new(AtomicU64::new(0));
    std::thread::scope(|scope| {
        for n in 0..8 {
            let (store, confirmed) = (device.store.clone(), Arc::clone(&confirmed));
            scope.spawn(move || {
                for _ in 0..100 {
                    match store.commit(give(fan(n), 1_00)) {
                        Ok(Commit::Committed(_)) => _ = confirmed.fetch_add(1, Ordering::Relaxed),
                        Ok(Commit::Declined(_)) => {}
                        Err(error) => assert_eq!(error, StoreError::Full),
                    }
                }
            });
        }
    });
    let confirmed = confirmed.load(Ordering::Relaxed);
    assert!(confirmed > 0 && confirmed < 800);
    let device = device.reopen();
    assert_eq!(device.store.counts().unwrap().queued, confirmed);
    assert!(device.store.verify_audit(None).unwrap().is_ok());
}

#[test]
fn many_writers_share_commits_and_lose_nothing() {
    let device = Device::new();
    let mut config = config();
    config.offline_policy.max_grants_per_hour = 1000;
    device.store.set_config(&config).unwrap();
    std::thread::scope(|scope| {
        for n in 0..16 {
            let store = device.store.clone();
            scope.spawn(move || {
                for _ in 0..20 {
                    assert!(matches!(store.commit(give(fan(n), 1_00)), Ok(Commit::Committed(_))));
                }
            });
        }
    });
    let device = device.reopen();
    assert_eq!(device.store.counts().unwrap().queued, 320);
    let newest =
        device.store.operations(&outbox::Filter::default(), outbox::Page { after: None, limit: 1 }).unwrap();
    assert_eq!(newest[0].seq, 320);
    assert_eq!(device.store.verify_audit(None).unwrap().unwrap().entries, 320);
}

#[test]
fn sixteen_tills_redeem_one_wallet_and_exactly_the_affordable_number_succeeds() {
    let device = Device::new();
    let mut config = config();
    (config.offline_policy.fan_refuse_from, config.offline_policy.max_fan_share_percent) = (1000, 100);
    config.offline_policy.max_redeem_purchase = ledger::FanPoints(100_000);
    device.store.set_config(&config).unwrap();
    device.store.note_pass(&pass(1, 1050, NOON)).unwrap();
    let done = Arc::new(AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..16 {
            let (store, done) = (device.store.clone(), Arc::clone(&done));
            scope.spawn(move || {
                if matches!(store.commit(redeem(masked(1), 1_00)), Ok(Commit::Committed(_))) {
                    done.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(done.load(Ordering::Relaxed), 10);
    assert_eq!(device.store.fan(masked(1)).unwrap().available, ledger::FanPoints(50));
}

#[test]
fn one_id_from_many_threads_is_one_operation() {
    let device = Device::new();
    let asked = give(fan(1), 25_00);
    let rows: Vec<_> = std::thread::scope(|scope| {
        let spawn = |_| scope.spawn(|| device.store.commit(asked.clone()).unwrap());
        let threads: Vec<_> = (0..16).map(spawn).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(rows.windows(2).all(|pair| pair[0] == pair[1]));
    assert_eq!(device.store.counts().unwrap().queued, 1);
}

#[test]
fn what_was_decided_last_is_in_the_export_of_a_damaged_database() {
    let device = Device::new();
    let row = device.commit(give(fan(1), 25_00));
    let Device { store, path, folder } = device;
    drop(store);
    // A page of the table `proof`, that no operation needs.
    let db = rusqlite::Connection::open(&path).unwrap();
    let hex: String = key().expose().iter().map(|byte| format!("{byte:02x}")).collect();
    db.execute_batch(&format!("PRAGMA key = \"x'{hex}'\"")).unwrap();
    let root: usize = db
        .query_row("SELECT rootpage FROM sqlite_master WHERE name = 'proof_seen_at'", [], |row| row.get(0))
        .unwrap();
    drop(db);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[(root - 1) * 4096 + 100] ^= 0x55;
    std::fs::write(&path, bytes).unwrap();
    let Err(StoreError::Damaged { export, operations, .. }) = Store::open(&path, &key()) else {
        panic!("not noticed");
    };
    assert_eq!(operations, 1);
    assert!(std::fs::read_to_string(export.unwrap()).unwrap().contains(&row.id.to_string()));
    drop(folder);
}
