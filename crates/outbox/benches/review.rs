//! How fast the review opens, filters and exports with a million operations.
//!
//! `cargo bench -p outbox --bench review`. `FANPOINTS_BENCH_OPERATIONS` sets how many, `FANPOINTS_BENCH_FOLDER` the disk.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
#![allow(clippy::cast_precision_loss)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::path::{Path, PathBuf};
use std::time::Instant;

use common::{NOON, config, connection, fan, key};
use ledger::Timestamp;
use outbox::{Devices, Form, OperationKind, OperationState, Store, Wanted};

const FANS: u64 = 20_000;
const STAFF: u64 = 12;
const PHRASES: u64 = 300;
const PAGE: u32 = 100;
/// Milliseconds between two operations.
const APART: i64 = 4_000;

fn main() {
    let root = std::env::var_os("FANPOINTS_BENCH_FOLDER").map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(root).unwrap();
    let wanted = std::env::var("FANPOINTS_BENCH_OPERATIONS").ok().and_then(|text| text.parse().ok());
    let size: u64 = wanted.unwrap_or(1_000_000);
    let path = folder.path().join("review.db");
    fill(&path, size);
    filters(&path, size);
    exports(&path, size);
}

/// A tenth awards, a third redemptions; one in a thousand refused, one in two thousand still to be sent; one person is
/// rare and one phrase is; a tenth of what is listed was done by other devices.
fn fill(path: &Path, size: u64) {
    let store = Store::open(path, &key()).unwrap();
    assert!(store.set_connection(&connection()).unwrap());
    store.set_config(&config()).unwrap();
    drop(store);
    let db = rusqlite::Connection::open(path).unwrap();
    let hex: String = key().expose().iter().map(|byte| format!("{byte:02x}")).collect();
    db.execute_batch(&format!("PRAGMA key = \"x'{hex}'\"; PRAGMA synchronous = OFF; BEGIN")).unwrap();
    for n in 0..FANS {
        let named = rusqlite::params![n + 1, fan(n).to_string()];
        db.execute("INSERT INTO fan (fan, user_id) VALUES (?1, ?2)", named).unwrap();
    }
    for n in 1..=PHRASES {
        let label = if n % 3 == 0 {
            "\nmerchandise\n"
        } else if n == 7 {
            "\nrarity\n"
        } else {
            ""
        };
        let said = rusqlite::params![n, format!("Article {n}"), label, "red and white"];
        db.execute("INSERT INTO phrase (phrase, title, labels, rest) VALUES (?1, ?2, ?3, ?4)", said).unwrap();
    }
    let noon = NOON.0;
    db.execute_batch(&format!(
        "INSERT INTO operation (seq, id, digest, fan, fan_ref, kind, action, fan_points, status_points, trust, route,
             created_at, staff, manager_raised, exposure, calls, bytes, state, refusal, server_time, settled_at, audit,
             phrase, price)
           WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {size})
           SELECT i, randomblob(16), zeroblob(32), 1 + i * 7919 % {FANS},
             (SELECT user_id FROM fan WHERE fan = 1 + i * 7919 % {FANS}),
             CASE WHEN i % 10 = 0 THEN 2 WHEN i % 3 = 0 THEN 1 ELSE 0 END,
             CASE WHEN i % 10 = 0 THEN 'match_visit' END,
             CASE WHEN i % 10 = 0 THEN 0 WHEN i % 3 = 0 THEN -(i % 1900) WHEN i % 99991 = 0 THEN 90000 ELSE i % 450 END,
             CASE WHEN i % 10 = 0 THEN 50 ELSE 0 END, 2, 0, {noon} + i * {APART},
             CASE WHEN i % 49999 = 0 THEN 'Rare' ELSE 'Person ' || (i / 50 % {STAFF}) END, 0, 0, 1, 900,
             CASE WHEN i % 1000 = 1 THEN 3 WHEN i % 2000 = 2 THEN 0 ELSE 2 END,
             CASE WHEN i % 1000 = 1 THEN 'too_few_points' END,
             CASE WHEN i % 1000 = 1 OR i % 2000 = 2 THEN NULL ELSE {noon} + i * {APART} END,
             CASE WHEN i % 2000 = 2 THEN NULL ELSE {noon} + i * {APART} END, i,
             CASE WHEN i % 7 = 0 AND i % 49999 <> 0 THEN 7 + (i % 7 > 0) + 1 ELSE 1 + i * 31 % {PHRASES} END, i % 9000 FROM n;
         INSERT INTO elsewhere (place, id, kind, of_kind, user_id, at, fan_points, status_points, price, phrase)
           WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {size} / 10)
           SELECT -i, lower(hex(randomblob(16))), 0, 0, (SELECT user_id FROM fan WHERE fan = 1 + i % {FANS}),
             {noon} + i * {APART} * 10, i % 450, 0, i % 9000, 1 + i % {PHRASES} FROM n;
         COMMIT"
    ))
    .unwrap();
}

fn filters(path: &Path, size: u64) {
    let begun = Instant::now();
    let store = Store::open(path, &key()).unwrap();
    println!("\nreview of {size} operations here and {} elsewhere", size / 10);
    println!("{:<52}{:>12.1}", "opening the store, ms", millis(begun));
    let end = NOON.0 + i64::try_from(size).unwrap() * APART;
    let begun = Instant::now();
    let rows = store.review(&Wanted::default(), None, 0, PAGE).unwrap().len();
    let (counts, cases) = (store.counts().unwrap(), store.case_counts(Timestamp(end)).unwrap());
    let day = store.totals(Timestamp(end - 86_400_000), Timestamp(end)).unwrap();
    let opened = millis(begun);
    assert!(rows == PAGE as usize && counts.accepted > 0 && cases.open > 0 && day.operations > 0);
    println!("{:<52}{opened:>12.1}   (under 150)", "opening the review: page, counts, a day's sums, ms");
    let all = Wanted::default;
    let wanted: [(&str, Wanted); 20] = [
        ("nothing", all()),
        ("a day long ago", Wanted { from: Some(NOON), to: Some(Timestamp(NOON.0 + 86_400_000)), ..all() }),
        ("one kind", Wanted { kinds: vec![OperationKind::Award], ..all() }),
        ("two kinds", Wanted { kinds: vec![OperationKind::Award, OperationKind::Redeem], ..all() }),
        ("a kind that never was", Wanted { kinds: vec![OperationKind::Undo], ..all() }),
        ("refused", Wanted { states: vec![OperationState::Refused], ..all() }),
        ("a person", Wanted { staff: Some("Person 3".into()), ..all() }),
        ("a rare person", Wanted { staff: Some("Rare".into()), ..all() }),
        ("a fan", Wanted { fan: Some(fan(42)), ..all() }),
        ("other devices", Wanted { devices: Devices::Others, ..all() }),
        ("points from 100 to 200", Wanted { least: Some(100), most: Some(200), ..all() }),
        ("points above 50,000", Wanted { least: Some(50_000), ..all() }),
        ("a rate label", Wanted { rate_label: Some("merchandise".into()), ..all() }),
        ("a rare rate label", Wanted { rate_label: Some("rarity".into()), ..all() }),
        ("a search for a word", Wanted { text: Some("article 28".into()), ..all() }),
        ("a search in vain", Wanted { text: Some("no such thing".into()), ..all() }),
        (
            "a kind and points that it never has",
            Wanted { kinds: vec![OperationKind::Award], least: Some(1_000), ..all() },
        ),
        (
            "a kind that never was and a state",
            Wanted { kinds: vec![OperationKind::Undo], states: vec![OperationState::Accepted], ..all() },
        ),
        (
            "a kind and a label that it never has",
            Wanted { kinds: vec![OperationKind::Undo], rate_label: Some("merchandise".into()), ..all() },
        ),
        (
            "a person, a kind, a label and points at once",
            Wanted {
                staff: Some("Person 3".into()),
                kinds: vec![OperationKind::Redeem],
                rate_label: Some("merchandise".into()),
                least: Some(1_000),
                ..all()
            },
        ),
    ];
    println!(
        "{:<52}{:>12}{:>12}{:>12}{:>12}",
        "filtered by (under 100)", "first ms", "again ms", "count ms", "rows"
    );
    for (name, wanted) in &wanted {
        let page = || {
            let begun = Instant::now();
            let _rows = store.review(wanted, None, 0, PAGE).unwrap();
            millis(begun)
        };
        let (first, again) = (page(), page());
        let begun = Instant::now();
        let rows = store.review_count(wanted).unwrap();
        println!("{name:<52}{first:>12.1}{again:>12.1}{:>12.1}{rows:>12}", millis(begun));
    }
    let begun = Instant::now();
    let leap = store.review(&all(), None, 90_000, PAGE).unwrap().len();
    assert_eq!(leap, PAGE as usize);
    println!("{:<52}{:>12.1}", "a leap to row 90,000, ms", millis(begun));
}

fn exports(path: &Path, size: u64) {
    let store = Store::open(path, &key()).unwrap();
    for (name, form) in [("CSV", Form::Csv), ("JSON Lines", Form::JsonLines)] {
        let file = std::fs::File::create(path.with_extension(name)).unwrap();
        let begun = Instant::now();
        let rows = store.export(&Wanted::default(), form, file, |_| true).unwrap();
        let rate = rows as f64 / begun.elapsed().as_secs_f64();
        assert_eq!(rows, size + size / 10);
        println!("{:<52}{rate:>12.0}   (at least 100,000)", format!("export as {name}, rows a second"));
    }
}

fn millis(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1000.0
}
