//! A real server process, asked over HTTP by clients that send batches.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use platform::{EnvironmentName, Ready};
use reqwest::Client;
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::followed::Follower;
use crate::{BATCH, CLIENTS, Draw};

struct Server {
    process: Child,
    ready: Ready,
    took: Duration,
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended = (self.process.kill(), self.process.wait());
    }
}

impl Server {
    fn start(folder: &Path, database: Option<&str>) -> Self {
        let ready_file = folder.join("ready.json");
        // A missing file is as good as one that was removed.
        let _missing = std::fs::remove_file(&ready_file);
        let mut command = Command::new(env!("CARGO_BIN_EXE_fanpoints-platform"));
        command.args(["serve", "--seed-example", "--requests-per-minute", "100000000"]);
        command.arg("--data").arg(folder).arg("--ready-file").arg(&ready_file);
        if let Some(database) = database {
            command.args(["--database", database]);
        }
        command.env("RUST_LOG", "error").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let since = Instant::now();
        let mut process = command.spawn().unwrap();
        loop {
            let ready = std::fs::read(&ready_file).ok().and_then(|text| serde_json::from_slice(&text).ok());
            if let Some(ready) = ready {
                return Self { process, ready, took: since.elapsed() };
            }
            assert!(since.elapsed() < Duration::from_secs(60), "the server does not start");
            assert!(process.try_wait().unwrap().is_none(), "the server ended");
            std::thread::sleep(Duration::from_micros(500));
        }
    }

    /// Ends as a service manager would end it.
    fn stop(mut self) {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").args(["-TERM", &id]).status().unwrap().success());
        self.process.wait().unwrap();
    }

    fn resident_mb(&self) -> u64 {
        let status =
            std::fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap_or_default();
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        line.and_then(|line| line.trim().split(' ').next()?.parse::<u64>().ok()).unwrap_or(0) / 1024
    }

    async fn token(&self, http: &Client) -> String {
        let shop = self.ready.credentials.iter().find(|credential| {
            credential.environment == EnvironmentName::Production
                && credential.partner_id.as_deref() == Some("club-shop")
        });
        let shop = shop.unwrap();
        let request = http
            .post(&self.ready.token_endpoint)
            .basic_auth(&shop.client_id, Some(&shop.client_secret))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials");
        let answer: Value = request.send().await.unwrap().json().await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }
}

const FIELDS: &str = "fragment Outcome on ExecuteFanPointsTransactionResult {
  errors { already_executed_error { _empty } too_few_available_error { _empty } unknown_user_error { _empty } }
  result { date purchase_id purchase_items { purchase_item_id amount } } }";

/// As the app writes its batches: aliased fields whose values are variables.
fn batch(fans: &[String], draw: &mut Draw, name: &str) -> String {
    let (mut declared, mut fields) = (String::new(), String::new());
    let mut variables = serde_json::Map::new();
    for number in 0..BATCH {
        declared.push_str(&format!(
            "$user{number}: String!, $id{number}: String, $items{number}: [PurchaseItemInput!]!, "
        ));
        fields.push_str(&format!(
            "o{number}: give_fan_points_on_purchase(partner_id: \"club-shop\", user_id: $user{number},
               custom_purchase_id: $id{number}, purchase_items: $items{number}) {{ ...Outcome }}\n"
        ));
        let fan = &fans[draw.below(fans.len() as u64) as usize];
        variables.insert(format!("user{number}"), json!(fan));
        variables.insert(format!("id{number}"), json!(format!("{name}-{number}")));
        let item =
            json!([{ "currency": "chf", "price": 25.0, "title": "Scarf", "description": "Red and white" }]);
        variables.insert(format!("items{number}"), item);
    }
    json!({ "query": format!("mutation Batch({declared}) {{ {fields} }} {FIELDS}"), "variables": variables })
        .to_string()
}

/// A load and what came of it.
struct Load {
    http: Client,
    url: String,
    token: String,
    fans: Vec<String>,
    requests: AtomicU64,
}

impl Load {
    async fn request(&self, body: String) -> Duration {
        let since = Instant::now();
        let request = self.http.post(&self.url).header("authorization", &self.token);
        let answer = request.header("content-type", "application/json").body(body).send().await.unwrap();
        let answer = answer.bytes().await.unwrap();
        let took = since.elapsed();
        let answer: Value = serde_json::from_slice(&answer).unwrap();
        assert_eq!(answer.get("errors"), None, "{answer}");
        assert_eq!(answer["data"]["o0"]["result"]["purchase_items"][0]["amount"], 50, "{answer}");
        took
    }

    /// Operations a second and the slowest but 5 % of the answers. With a pause between two requests of a client, as
    /// many are sent as fit, and each is timed from when it was due.
    fn run(
        self: &Arc<Self>,
        runtime: &Runtime,
        clients: usize,
        until: impl Fn(Duration, u64) -> bool + Send + Sync + 'static,
        every: Option<Duration>,
    ) -> (f64, Duration) {
        let (since, until) = (Instant::now(), Arc::new(until));
        let before = self.requests.load(Ordering::Relaxed);
        let clients = (0..clients).map(|client| {
            let (load, until) = (Arc::clone(self), Arc::clone(&until));
            runtime.spawn(async move {
                let mut draw = Draw::new(client as u64 + 7);
                let mut times = Vec::new();
                for round in 0_u32.. {
                    let mut late = Duration::ZERO;
                    if let Some(every) = every {
                        let due = every * round + every * client as u32 / CLIENTS as u32;
                        tokio::time::sleep_until((since + due).into()).await;
                        late = since.elapsed().saturating_sub(due);
                    }
                    let number = load.requests.fetch_add(1, Ordering::Relaxed);
                    if until(since.elapsed(), number - before) {
                        return times;
                    }
                    let body = batch(&load.fans, &mut draw, &number.to_string());
                    times.push(late + load.request(body).await);
                }
                times
            })
        });
        let mut times = Vec::new();
        for client in clients.collect::<Vec<_>>() {
            times.extend(runtime.block_on(client).unwrap());
        }
        let rate = (times.len() * BATCH) as f64 / since.elapsed().as_secs_f64();
        times.sort_unstable();
        (rate, times[times.len() * 95 / 100])
    }
}

/// Prints a table for a server on this engine.
pub fn measure(name: &str, database: Option<String>, folder: &Path, length: Duration, operations: u64) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let folder = folder.join(format!("served-{name}"));
    std::fs::create_dir(&folder).unwrap();
    let server = Server::start(&folder, database.as_deref());
    println!("{:<44}{:>12}{:>12}", format!("a server on {name}, over HTTP"), "a second", "p95 ms");
    let http = Client::new();
    let token = runtime.block_on(server.token(&http));
    let fans = server.ready.fan_pages.iter().filter_map(|page| page.rsplit('/').next().map(str::to_owned));
    let load = Arc::new(Load {
        http,
        url: server.ready.graphql.clone(),
        token,
        fans: fans.collect(),
        requests: AtomicU64::new(0),
    });
    // Beyond the top, more clients only wait longer for each other.
    let mut rates = Vec::new();
    for clients in [CLIENTS / 4, CLIENTS / 2, CLIENTS] {
        let (rate, slowest) = load.run(&runtime, clients, move |passed, _| passed > length, None);
        line(&format!("as many as {clients} clients get answered"), rate, slowest);
        rates.push(rate);
    }
    let top = rates.into_iter().fold(0.0, f64::max);
    let every = Duration::from_secs_f64((CLIENTS * BATCH) as f64 / (top / 2.0));
    // A batch of each client a second, and then half of the top rate, while a device follows.
    for (what, pause) in
        [("one batch a second from each", Duration::from_secs(1)), ("half of the most", every)]
    {
        let (graphql, token) = (load.url.clone(), load.token.clone());
        let ages = runtime.spawn(async move { Follower::open(&graphql, &token).await.ages().await });
        let (rate, slowest) = load.run(&runtime, CLIENTS, move |passed, _| passed > length, Some(pause));
        line(what, rate, slowest);
        let ages = runtime.block_on(ages).unwrap();
        let at = |share: usize| ages[(ages.len() - 1) * share / 100].as_secs_f64() * 1000.0;
        println!("{:<44}{:>12.1}{:>12.1}", "    told to a device: p50, p95 ms", at(50), at(95));
    }
    let done = load.requests.load(Ordering::Relaxed) * BATCH as u64;
    if operations > done {
        let left = (operations - done) / BATCH as u64 + CLIENTS as u64;
        let (rate, slowest) = load.run(&runtime, CLIENTS, move |_, number| number >= left, None);
        line(&format!("until {operations} were booked"), rate, slowest);
    }
    println!("{:<44}{:>12}", "memory after it, MB", server.resident_mb());
    server.stop();
    let server = Server::start(&folder, database.as_deref());
    println!("{:<44}{:>12}\n", "ready again after, ms", server.took.as_millis());
    server.stop();
}

fn line(what: &str, rate: f64, slowest: Duration) {
    println!("{what:<44}{rate:>12.0}{:>12.1}", slowest.as_secs_f64() * 1000.0);
}
