//! Two server processes on one PostgreSQL database serve the same program; one is killed in mid-flight.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../cluster/mod.rs"]
#[allow(dead_code)] // others read clusters in more ways
mod cluster;

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use platform::{EnvironmentName, Ready};
use serde_json::{Value, json};
use tempfile::TempDir;

use cluster::cluster;

/// Example fans with much to spend, by their place in the list of fan pages.
const FANS: [usize; 2] = [8, 10];
const CLIENTS: usize = 8;
const ROUNDS: usize = 16;
/// Purchases in a request.
const BATCH: usize = 5;
/// One is killed after so many requests.
const KILLED_AT: usize = CLIENTS * ROUNDS / 3;

struct Server {
    process: Process,
    ready: Ready,
}

struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ended = (self.0.kill(), self.0.wait());
    }
}

impl Server {
    fn start(name: &str, dir: &Path, database: &str) -> Self {
        let ready_file = dir.join(format!("{name}.json"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_fanpoints-platform"));
        command.args(["serve", "--seed-example", "--requests-per-minute", "1000000", "--database", database]);
        command.arg("--data").arg(dir.join("data")).arg("--ready-file").arg(&ready_file);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let process = Process(command.spawn().unwrap());
        let since = Instant::now();
        loop {
            let ready = std::fs::read(&ready_file).ok().and_then(|text| serde_json::from_slice(&text).ok());
            if let Some(ready) = ready {
                return Self { process, ready };
            }
            assert!(since.elapsed() < Duration::from_secs(60), "{name} does not start");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    async fn token(&self, http: &reqwest::Client) -> String {
        let shop = self.ready.credentials.iter().find(|credential| {
            credential.environment == EnvironmentName::Development
                && credential.partner_id.as_deref() == Some("club-shop")
        });
        let shop = shop.unwrap();
        let request = http
            .post(&self.ready.token_endpoint)
            .basic_auth(&shop.client_id, Some(&shop.client_secret))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials");
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        answer["access_token"].as_str().unwrap_or_else(|| panic!("{answer}")).to_owned()
    }
}

/// Gives for all but the last purchase, which takes.
fn batch(fan: &str, client: usize, round: usize) -> String {
    let purchases = (0..BATCH).map(|number| {
        let operation = if number + 1 < BATCH {
            "give_fan_points_on_purchase"
        } else {
            "pay_purchase_with_fan_points"
        };
        format!(
            "p{number}: {operation}(partner_id: \"club-shop\", user_id: \"{fan}\",
               custom_purchase_id: \"{client}-{round}-{number}\",
               purchase_items: [{{ currency: chf, price: 0.5, title: \"Tea\", description: \"Hot\" }}])
               {{ result {{ date }} errors {{ already_executed_error {{ _empty }} too_few_available_error {{ _empty }} }} }}"
        )
    });
    format!("mutation {{ {} }}", purchases.collect::<Vec<_>>().join(" "))
}

/// What is known of each purchase after this answer: true when it is booked.
fn booked(answer: &Value) -> Option<usize> {
    if answer.get("errors").is_some() {
        return None;
    }
    let purchases = answer["data"].as_object()?;
    let done = |purchase: &&Value| {
        let before = !purchase["errors"]["already_executed_error"].is_null();
        assert!(before || !purchase["result"].is_null(), "{purchase}");
        true
    };
    Some(purchases.values().filter(done).count())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_server_killed_in_mid_flight_loses_and_doubles_nothing() {
    let dir = TempDir::new().unwrap();
    let database = cluster().database();
    let one = Server::start("one", dir.path(), &database);
    let other = Server::start("other", dir.path(), &database);
    let http = reqwest::Client::new();
    // One signs in; its token is good at the other.
    let token = one.token(&http).await;
    let fan = |place: usize| one.ready.fan_pages[place].rsplit('/').next().unwrap().to_owned();
    let fans = Arc::new(FANS.map(fan));
    let urls = Arc::new([one.ready.graphql.clone(), other.ready.graphql.clone()]);
    let (finished, failed) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let clients = (0..CLIENTS).map(|client| {
        let (http, token, urls, fans) = (http.clone(), token.clone(), Arc::clone(&urls), Arc::clone(&fans));
        let (finished, failed) = (Arc::clone(&finished), Arc::clone(&failed));
        tokio::spawn(async move {
            for round in 0..ROUNDS {
                let body = json!({ "query": batch(&fans[(client + round) % fans.len()], client, round) })
                    .to_string();
                // Every other one begins at each server and goes on at the other.
                for attempt in 0.. {
                    assert!(attempt < 200, "client {client}, round {round}");
                    let request = http.post(&urls[(client + attempt) % 2]).header("authorization", &token);
                    let sent = request.header("content-type", "application/json").body(body.clone());
                    let answer = match sent.timeout(Duration::from_secs(30)).send().await {
                        Ok(answer) => answer.json::<Value>().await.ok(),
                        Err(_) => None,
                    };
                    match answer.as_ref().and_then(booked) {
                        Some(count) => {
                            assert_eq!(count, BATCH);
                            break;
                        }
                        None => failed.fetch_add(1, Ordering::Relaxed),
                    };
                }
                finished.fetch_add(1, Ordering::Relaxed);
            }
        })
    });
    let clients: Vec<_> = clients.collect();
    while finished.load(Ordering::Relaxed) < KILLED_AT {
        assert!(!clients.iter().any(tokio::task::JoinHandle::is_finished), "a client gave up");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    // SIGKILL: no chance to finish anything.
    let mut one = one;
    one.process.0.kill().unwrap();
    for client in clients {
        client.await.unwrap();
    }
    assert!(failed.load(Ordering::Relaxed) > 0, "somebody was cut off");
    drop(other);
    check_books(&database);
}

fn check_books(database: &str) {
    let name = database.rsplit('/').next().unwrap();
    let number = |sql: &str| {
        cluster().run_sql(name, &format!("SET search_path = development; {sql}")).parse::<i64>().unwrap()
    };
    let all = i64::try_from(CLIENTS * ROUNDS * BATCH).unwrap();
    assert_eq!(number("SELECT count(*) FROM purchase"), all);
    assert_eq!(number("SELECT count(DISTINCT purchase_id) FROM purchase"), all);
    assert_eq!(number("SELECT count(*) FROM purchase_item"), all);
    // A give earns 1 point (2 % of 50), a payment takes 50.
    let payments = all / i64::try_from(BATCH).unwrap();
    let opening = number(
        "SELECT sum(CAST(entry::json->'fan_postings'->0->>'amount' AS BIGINT)) FROM operation
        WHERE operation LIKE '%opening balance%'",
    )
    .abs();
    assert_eq!(
        number("SELECT sum(wallet - receivable) FROM fan"),
        opening + (all - payments) - 50 * payments
    );
    let house = |book: &str| number(&format!("SELECT sum(amount) FROM house_balance WHERE book = '{book}'"));
    assert_eq!(number("SELECT sum(wallet - receivable) FROM fan") + house("fan_points"), 0);
    assert_eq!(number("SELECT sum(standing) FROM fan") + house("status_points"), 0);
    // In the order in which the rows were written, whoever wrote them.
    let rising =
        "SELECT count(*) FROM (SELECT date_us, lag(date_us) OVER (ORDER BY xmin::text::bigint, date_us)
        AS before FROM operation) AS rows WHERE date_us <= before";
    assert_eq!(number(rising), 0);
}
