//! How fast a backlog reaches a real platform on loopback, beside one request for each operation, one after the other,
//! in the same run.
//!
//! `cargo bench -p sync`. `FANPOINTS_BENCH_BACKLOG` sets the size.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
#![allow(clippy::cast_precision_loss)]

use std::sync::Arc;
use std::time::{Duration, Instant};

use fanpass::{FanPointsId, FanRef};
use ledger::{Currency, Money, Timestamp, Trust};
use outbox::{Commit, Connection, DatabaseKey, Environment, Proposal, Proposed, PurchaseItem, Route, Store};
use serde_json::{Value, json};
use sync::{ClientSecret, Drain, Options, PlatformClient, Timeouts};
use uuid::Uuid;

const FANS: usize = 400;
/// Operations lie so far apart that the hourly limit is never near.
const APART_MS: i64 = 13_000;

#[tokio::main]
async fn main() {
    let wanted = std::env::var("FANPOINTS_BENCH_BACKLOG").ok().and_then(|text| text.parse().ok());
    let size: usize = wanted.unwrap_or(10_000);
    println!("{:<46}{:>12}{:>12}", "", "operations", "a second");
    let one = drained(size / 20, Options { careful_after: 0, ..Options::default() }).await;
    println!("{:<46}{:>12}{one:>12.0}", "one request for each operation", size / 20);
    let many = drained(size, Options::default()).await;
    println!("{:<46}{size:>12}{many:>12.0}", "batches of 50");
    println!("\nbatches / one by one     {:>8.1}   (at least 10; and 2,000 a second)", many / one);
}

/// Operations a second.
async fn drained(size: usize, options: Options) -> f64 {
    let data = tempfile::tempdir().unwrap();
    let mut config = platform::Config::new(data.path());
    config.seed_example = true;
    let platform = platform::start(config).await.unwrap();
    let credential_of = |partner: Option<&str>| {
        let mut known = platform.credentials().iter();
        let is_wanted = |c: &&platform::ExampleCredential| {
            c.environment.to_string() == "development" && c.partner_id.as_deref() == partner
        };
        known.find(is_wanted).unwrap().clone()
    };
    let credential = credential_of(Some("club-shop"));
    let endpoint = format!("http://{}", platform.address());
    let fans = enrol(&endpoint, &credential_of(None)).await;
    let connection = Connection {
        token_endpoint: format!("{endpoint}/oauth2/token"),
        endpoint,
        partner_id: "club-shop".into(),
        client_id: credential.client_id.clone(),
        environment: Environment::Development,
    };
    let secret = ClientSecret::new(credential.client_secret.clone());
    let client = PlatformClient::new(&connection, &secret, Timeouts::default()).unwrap();
    let store = Store::open(&data.path().join("device.db"), &DatabaseKey::from_bytes([7; 32])).unwrap();
    assert!(store.set_connection(&connection).unwrap());
    let now = Timestamp(jiff::Timestamp::now().as_millisecond());
    let begun = now.0 - i64::try_from(size).unwrap() * APART_MS;
    let mut program = client.fetch_config(now).await.unwrap();
    program.offline_policy.sync_stop_grant_after = ledger::Millis(i64::MAX);
    // Eight threads do not commit in the order of their clocks: the hour's limit reaches back for that.
    program.offline_policy.max_grants_per_hour = u32::MAX;
    store.set_config(&program).unwrap();
    store.note_sync(Timestamp(begun)).unwrap();
    let filling = store.clone();
    tokio::task::spawn_blocking(move || fill(&filling, &fans, size, begun)).await.unwrap();

    let clock = Instant::now();
    let drain = Drain::start(store.clone(), Arc::new(client), options);
    loop {
        let counts = store.counts().unwrap();
        if counts.waiting() == 0 {
            assert_eq!(counts.accepted, u64::try_from(size).unwrap());
            break;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let rate = size as f64 / clock.elapsed().as_secs_f64();
    drain.stop().await;
    platform.stop().await;
    rate
}

/// Registers fans with the program.
async fn enrol(endpoint: &str, program: &platform::ExampleCredential) -> Vec<FanPointsId> {
    let http = reqwest::Client::new();
    let ask = http
        .post(format!("{endpoint}/oauth2/token"))
        .basic_auth(&program.client_id, Some(&program.client_secret))
        .header("content-type", "application/x-www-form-urlencoded")
        .body("grant_type=client_credentials");
    let token: Value = ask.send().await.unwrap().json().await.unwrap();
    let mut fans = Vec::with_capacity(FANS);
    for first in (0..FANS).step_by(50) {
        let user = |n| {
            format!(
                "u{n}: add_user(mail_address: \"fan@example.org\", project_id: \"{}\", user_id: \"bench-{n}\") {{ result {{ user_id }} }}",
                program.project_id
            )
        };
        let users: Vec<String> = (first..first + 50).map(user).collect();
        let query = json!({ "query": format!("mutation {{ {} }}", users.join(" ")) });
        let post = http
            .post(format!("{endpoint}/graphql"))
            .bearer_auth(token["access_token"].as_str().unwrap())
            .json(&query);
        let answer: Value = post.send().await.unwrap().json().await.unwrap();
        let made = answer["data"].as_object().unwrap_or_else(|| panic!("{answer}")).values();
        fans.extend(
            made.map(|user| user["result"]["user_id"].as_str().unwrap().parse::<FanPointsId>().unwrap()),
        );
    }
    fans
}

fn fill(store: &Store, fans: &[FanPointsId], size: usize, begun: i64) {
    std::thread::scope(|scope| {
        for part in 0..8 {
            let store = store.clone();
            scope.spawn(move || {
                for n in (part..size).step_by(8) {
                    let item = PurchaseItem {
                        title: "Scarf".into(),
                        description: String::new(),
                        price: Money::new(25_00, Currency::Chf),
                        rate_label: None,
                    };
                    let proposal = Proposal {
                        id: Uuid::now_v7(),
                        fan: FanRef::Id(fans[n * 7919 % fans.len()]),
                        trust: Trust::Live,
                        kind: Proposed::Give { items: vec![item] },
                        route: Route::Local,
                        now: Timestamp(begun + i64::try_from(n).unwrap() * APART_MS),
                        staff: None,
                        raised_by: None,
                    };
                    let committed = store.commit(proposal).unwrap();
                    assert!(matches!(committed, Commit::Committed(_)), "{committed:?}");
                }
            });
        }
    });
}
