//! What the platform books in a second, beside one transaction per operation on the same database in one run; then
//! what a server answers over HTTP, how soon, how soon a device hears of it, in how much memory, and how soon it is
//! ready again.
//!
//! `cargo bench -p platform`. One busy partner gives points for purchases of one item, to fans at random; every
//! commit is flushed to the disk. `FANPOINTS_BENCH_SECONDS` is the length of each part; `FANPOINTS_BENCH_OPERATIONS`
//! is what the SQLite server has booked when its memory and its start are measured.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing
)]
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

#[path = "../../tests/cluster/mod.rs"]
#[allow(dead_code)] // the tests read clusters in more ways
mod cluster;
mod followed;
mod naive;
mod served;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use fanpass::FanPointsId;
use ledger::{Currency, FanPoints, Money, OfflinePolicy, PartnerId, Rate, RateRule};
use platform::store::fans::{self, NewFan};
use platform::store::purchases::{self, OrderItem, PurchaseKind, PurchaseOrder};
use platform::store::seeding::{NewPartner, NewProgram, insert_partner, insert_program};
use platform::store::{Database, More, PostgresDatabase, ProgramNo, Store, Turn};
use tokio::runtime::Runtime;

use cluster::{Cluster, Disk};

pub const FANS: u64 = 2000;
pub const CLIENTS: usize = 16;
pub const BATCH: usize = 50;

fn main() {
    let seconds = Duration::from_secs(setting("FANPOINTS_BENCH_SECONDS", 8));
    let operations = setting("FANPOINTS_BENCH_OPERATIONS", 1_000_000);
    let cluster = Cluster::start(Disk::Flushed);
    let folder = tempfile::TempDir::new().unwrap();
    println!("{:<44}{:>12}{:>12}{:>10}", "booked a second, one busy partner", "naive", "grouped", "ratio");
    for name in ["SQLite", "PostgreSQL"] {
        let database = |part: &str| match name {
            "SQLite" => Database::Sqlite(folder.path().join(format!("{part}.sqlite3"))),
            _ => Database::Postgres(PostgresDatabase::new(&cluster.database(), "production").unwrap()),
        };
        let one_by_one = naive::rate(&database("naive"), seconds);
        let grouped = grouped(&database("grouped"), seconds);
        println!("{name:<44}{one_by_one:>12.0}{grouped:>12.0}{:>9.1}x", grouped / one_by_one);
    }
    println!();
    served::measure("SQLite", None, folder.path(), seconds, operations);
    served::measure("PostgreSQL", Some(cluster.database()), folder.path(), seconds, 0);
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The numbers of fans, in no order that a database could like.
pub struct Draw(u64);

impl Draw {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

/// A store with a program, one partner and its fans.
fn club(runtime: &Runtime, database: &Database) -> (Store, ProgramNo, PartnerId, Vec<FanPointsId>) {
    let store = Store::open(database).unwrap();
    let (program, partner) = runtime
        .block_on(store.commit(|turn| {
            let program = insert_program(turn, &program())?;
            let rates = vec![("default".to_owned(), RateRule::flat(Rate::percent(2)))];
            let partner = NewPartner {
                partner_id: "shop".to_owned(),
                name: String::new(),
                description: String::new(),
                website: String::new(),
                rates,
            };
            Ok((program, insert_partner(turn, program, Currency::Chf, &partner)?))
        }))
        .unwrap();
    let ids = runtime.block_on(store.commit(move |turn| {
        let fan = |number: u64| {
            let id = FanPointsId::from_first_eleven(number * 7919 + 1).unwrap();
            let external_user_id = format!("fan-{number}");
            let new = NewFan { program, external_user_id, mail_address: String::new(), id: Some(id) };
            fans::register(turn.connection, &new).map(|fan| fan.map(|fan| fan.id))
        };
        (0..FANS).map(fan).collect::<Result<Vec<_>, _>>()
    }));
    (store, program, partner, ids.unwrap().into_iter().flatten().collect())
}

fn program() -> NewProgram {
    NewProgram {
        project_id: "club".to_owned(),
        name: String::new(),
        description: String::new(),
        website: String::new(),
        creator_id: String::new(),
        currency: Currency::Chf,
        offline_policy: OfflinePolicy::default(),
        batch_limit: 50,
        actions: Vec::new(),
        tiers: Vec::new(),
        threshold_rules: Vec::new(),
    }
}

pub fn order(program: ProgramNo, partner: PartnerId, fan: FanPointsId, id: String) -> PurchaseOrder {
    let item = OrderItem {
        item_id: "1".to_owned(),
        title: "Scarf".to_owned(),
        description: "Red and white".to_owned(),
        price: Money { minor: 2500, currency: Currency::Chf },
        rate_label: None,
    };
    let items = vec![item];
    PurchaseOrder {
        partner,
        programs: vec![program],
        user: fan.to_string(),
        kind: PurchaseKind::Give,
        purchase_id: id,
        items,
        reservation: None,
    }
}

/// Operations a second through the store, from clients that send batches one after the other.
fn grouped(database: &Database, length: Duration) -> f64 {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let (store, program, partner, ids) = club(&runtime, database);
    let (store, ids, booked) = (Arc::new(store), Arc::new(ids), Arc::new(AtomicU64::new(0)));
    let since = Instant::now();
    let clients = (0..CLIENTS).map(|client| {
        let (store, ids, booked) = (Arc::clone(&store), Arc::clone(&ids), Arc::clone(&booked));
        runtime.spawn(async move {
            let mut draw = Draw::new(client as u64 + 1);
            for round in 0_u32.. {
                if since.elapsed() > length {
                    return;
                }
                let mut durables = Vec::with_capacity(BATCH);
                for number in 0..BATCH {
                    let fan = ids[draw.below(ids.len() as u64) as usize];
                    let order = order(program, partner, fan, format!("{client}-{round}-{number}"));
                    let more = if number + 1 < BATCH { More::Coming } else { More::No };
                    let ahead =
                        purchases::book_ahead(partner, &order.programs, &order.user, &order.purchase_id);
                    let work = move |turn: &mut Turn<'_>| purchases::book(turn, &order);
                    let (booked, durable) = store.write_asking(more, ahead, work).await.unwrap();
                    assert_eq!(booked.unwrap().items[0].amount, FanPoints(50));
                    durables.push(durable);
                }
                for durable in durables {
                    durable.wait().await.unwrap();
                }
                booked.fetch_add(BATCH as u64, Ordering::Relaxed);
            }
        })
    });
    let clients: Vec<_> = clients.collect();
    for client in clients {
        runtime.block_on(client).unwrap();
    }
    booked.load(Ordering::Relaxed) as f64 / since.elapsed().as_secs_f64()
}
