//! What the device's store does in a second, beside raw SQLite with the same cipher and pragmas in the same run, and
//! how the queue opens with a million operations.
//!
//! `cargo bench -p outbox`. `FANPOINTS_BENCH_OPERATIONS` sets the size of the queue, `FANPOINTS_BENCH_FOLDER` the disk;
//! `FANPOINTS_BENCH_QUEUE_ALONE` leaves the commits out.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]
#![allow(clippy::cast_possible_wrap)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use common::{NOON, config, connection, fan, give, key};
use ledger::Timestamp;
use outbox::{Commit, Filter, OperationState, Page, Proposal, Store};
use uuid::Uuid;

const COMMITS: usize = 1_500;
const WRITERS: usize = 16;
const ROUNDS: usize = 3;
const FANS: u64 = 5_000;

fn main() {
    let root = std::env::var_os("FANPOINTS_BENCH_FOLDER").map_or_else(std::env::temp_dir, PathBuf::from);
    let folder = tempfile::tempdir_in(root).unwrap();
    println!("{:<46}{:>12}{:>12}{:>12}", "", "a second", "p50 ms", "p99 ms");
    let (mut raws, mut singles, mut groups) = (Vec::new(), Vec::new(), Vec::new());
    let queue_alone = std::env::var_os("FANPOINTS_BENCH_QUEUE_ALONE").is_some();
    if queue_alone {
        return queue(&folder.path().join("queue.db"));
    }
    for round in 0..ROUNDS {
        // In turns, so that a busy moment of the machine meets all of them.
        raws.push(raw(&folder.path().join(format!("raw-{round}.db"))));
        singles.push(single(&folder.path().join(format!("single-{round}.db"))));
        groups.push(grouped(&folder.path().join(format!("group-{round}.db"))));
    }
    let (raw, single, group) = (median(raws), median(singles), median(groups));
    raw.print("raw SQLite, one row a transaction");
    single.print("Store::commit, one after the other");
    group.print("Store::commit, 16 writers");
    println!("\nsingle / raw             {:>8.2}   (at least 0.70)", single.rate / raw.rate);
    println!("16 writers / single      {:>8.2}   (at least 5)", group.rate / single.rate);
    println!("p99 of commit / raw p99  {:>8.2}   (at most 5)", single.p99 / raw.p99);
    queue(&folder.path().join("queue.db"));
}

#[derive(Clone, Copy)]
struct Figures {
    rate: f64,
    p50: f64,
    p99: f64,
}

impl Figures {
    fn of(mut each: Vec<Duration>, whole: Duration) -> Self {
        let rate = each.len() as f64 / whole.as_secs_f64();
        each.sort_unstable();
        let at = |share: f64| each[((each.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
        Self { rate, p50: at(0.5), p99: at(0.99) }
    }

    fn print(&self, name: &str) {
        println!("{name:<46}{:>12.0}{:>12.3}{:>12.3}", self.rate, self.p50, self.p99);
    }
}

fn median(mut of: Vec<Figures>) -> Figures {
    of.sort_by(|a, b| a.rate.total_cmp(&b.rate));
    of[of.len() / 2]
}

fn timed(times: usize, mut what: impl FnMut(usize)) -> Figures {
    let begun = Instant::now();
    let each = (0..times)
        .map(|n| {
            let begun = Instant::now();
            what(n);
            begun.elapsed()
        })
        .collect();
    Figures::of(each, begun.elapsed())
}

fn keyed(path: &std::path::Path) -> rusqlite::Connection {
    let db = rusqlite::Connection::open(path).unwrap();
    let hex: String = key().expose().iter().map(|byte| format!("{byte:02x}")).collect();
    db.execute_batch(&format!("PRAGMA key = \"x'{hex}'\"")).unwrap();
    db
}

fn raw(path: &std::path::Path) -> Figures {
    let db = keyed(path);
    db.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON; PRAGMA foreign_keys = ON; PRAGMA secure_delete = ON;
         CREATE TABLE operation (seq INTEGER PRIMARY KEY, id BLOB, body TEXT) STRICT",
    )
    .unwrap();
    timed(COMMITS, |n| {
        db.prepare_cached("INSERT INTO operation (id, body) VALUES (?1, ?2)")
            .unwrap()
            .execute(rusqlite::params![Uuid::now_v7().as_bytes(), format!("operation {n}")])
            .unwrap();
    })
}

fn store(path: &std::path::Path) -> Store {
    let store = Store::open(path, &key()).unwrap();
    assert!(store.set_connection(&connection()).unwrap());
    let mut config = config();
    config.offline_policy.sync_stop_grant_after = ledger::Millis(i64::MAX);
    config.offline_policy.max_grants_per_hour = u32::MAX;
    store.set_config(&config).unwrap();
    store.note_sync(now()).unwrap();
    store
}

/// The wall clock, as in the app.
fn now() -> Timestamp {
    Timestamp(std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap().as_millis() as i64)
}

fn next(n: usize) -> Proposal {
    Proposal { now: now(), ..give(fan((n % 500) as u64), 25_00) }
}

fn commit(store: &Store, n: usize) {
    assert!(matches!(store.commit(next(n)), Ok(Commit::Committed(_))));
}

fn single(path: &std::path::Path) -> Figures {
    let store = store(path);
    timed(COMMITS, |n| commit(&store, n))
}

fn grouped(path: &std::path::Path) -> Figures {
    let store = store(path);
    let begun = Instant::now();
    let each = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let store = store.clone();
                scope.spawn(move || {
                    let one = |n| {
                        let begun = Instant::now();
                        commit(&store, writer * COMMITS + n);
                        begun.elapsed()
                    };
                    (0..COMMITS / 3).map(one).collect::<Vec<_>>()
                })
            })
            .collect();
        writers.into_iter().flat_map(|writer| writer.join().unwrap()).collect::<Vec<_>>()
    });
    Figures::of(each, begun.elapsed())
}

/// Kilobytes that this process holds, where the system tells it.
fn resident() -> u64 {
    let told = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = told.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse().ok()).unwrap_or(0)
}

/// A tenth of the operations waits, the rest was accepted.
fn queue(path: &std::path::Path) {
    let wanted = std::env::var("FANPOINTS_BENCH_OPERATIONS").ok().and_then(|text| text.parse().ok());
    let size: u64 = wanted.unwrap_or(1_000_000);
    drop(store(path));
    let db = keyed(path);
    db.execute_batch("PRAGMA synchronous = OFF; BEGIN").unwrap();
    for n in 0..FANS {
        db.execute(
            "INSERT INTO fan (fan, user_id) VALUES (?1, ?2)",
            rusqlite::params![n + 1, fan(n).to_string()],
        )
        .unwrap();
    }
    db.execute_batch(&format!(
        "
         INSERT INTO operation (seq, id, digest, fan, fan_ref, kind, fan_points, status_points, trust, route, created_at,
             manager_raised, exposure, calls, bytes, state, server_time, settled_at, audit)
           WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {size})
           SELECT i, randomblob(16), zeroblob(32), 1 + i % {FANS}, (SELECT user_id FROM fan WHERE fan = 1 + i % {FANS}), 0, 50, 0, 2, 0,
             {noon} + i * 10, 0, 0, 1, 900, CASE WHEN i % 10 = 0 THEN 0 ELSE 2 END,
             CASE WHEN i % 10 = 0 THEN NULL ELSE {noon} + i * 10 END,
             CASE WHEN i % 10 = 0 THEN NULL ELSE {noon} + i * 10 END, i FROM n;
         COMMIT",
        noon = NOON.0
    ))
    .unwrap();
    drop(db);
    let begun = Instant::now();
    let store = Store::open(path, &key()).unwrap();
    let opened = begun.elapsed();
    let before = resident();
    println!("\nqueue of {size} operations, {} to send", size / 10);
    println!("{:<46}{:>12.1}", "opening the store, ms", opened.as_secs_f64() * 1000.0);
    let waiting =
        Filter { states: vec![OperationState::Queued, OperationState::Sending], ..Filter::default() };
    let page = |after, limit| Page { after, limit };
    #[allow(clippy::type_complexity)]
    let measures: [(&str, Box<dyn Fn() -> usize>); 5] = [
        (
            "counts and the first page of what waits",
            Box::new(|| {
                let counts = store.counts().unwrap();
                assert_eq!(counts.queued, size / 10);
                store.operations(&waiting, page(None, 50)).unwrap().len()
            }),
        ),
        (
            "a page from the middle",
            Box::new(|| store.operations(&waiting, page(Some(size / 2), 50)).unwrap().len()),
        ),
        (
            "the first page of all",
            Box::new(|| store.operations(&Filter::default(), page(None, 50)).unwrap().len()),
        ),
        (
            "a fan's operations",
            Box::new(|| {
                store
                    .operations(&Filter { fan: Some(fan(42)), ..Filter::default() }, page(None, 50))
                    .unwrap()
                    .len()
                    .max(1)
            }),
        ),
        (
            "the next batch to be sent",
            Box::new(|| {
                let rows = store.next_batch(&outbox::Reach::default(), NOON).unwrap().operations.len();
                store.return_interrupted().unwrap();
                rows
            }),
        ),
    ];
    println!("{:<46}{:>12}{:>12}", "", "first ms", "again ms");
    for (name, ask) in &measures {
        let once = || {
            let begun = Instant::now();
            assert!(ask() > 0, "{name}");
            begun.elapsed().as_secs_f64() * 1000.0
        };
        let first = once();
        println!("{name:<46}{first:>12.1}{:>12.1}", once());
    }
    let grown = resident().saturating_sub(before) as f64 / 1000.0;
    println!("{:<46}{grown:>12.1}   (under 20)", "memory grown by, MB");
}
