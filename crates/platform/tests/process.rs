//! The server as the process that an operator starts, configures and stops.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStderr, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};

use platform::{Config, EnvironmentName, Ready, start};
use reqwest::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

const FAN: &str = "008407119295";
const SHOP: &str = "club-shop";

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fanpoints-platform"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("FANPOINTS_")) {
        command.env_remove(name);
    }
    command.env_remove("RUST_LOG");
    command
}

/// The server, once it answers, with its log.
struct Server {
    child: Child,
    /// What it logs is read all the time, so that it never waits for us.
    log: Receiver<Value>,
    seen: Vec<Value>,
    ready: Ready,
}

impl Server {
    fn start(dir: &Path, change: impl FnOnce(&mut Command)) -> Self {
        let ready_file = dir.join("ready.json");
        let mut command = program();
        command
            .arg("--data")
            .arg(dir.join("data"))
            .arg("--ready-file")
            .arg(&ready_file)
            .arg("--seed-example");
        change(&mut command);
        let mut child = command.stderr(Stdio::piped()).spawn().unwrap();
        let log = follow(child.stderr.take().unwrap());
        let mut seen = Vec::new();
        let ready = loop {
            let event = log.recv().unwrap_or_else(|_| panic!("the server ended: {seen:?}"));
            let answers = event["message"] == "answering";
            seen.push(event);
            if answers {
                break serde_json::from_slice(&std::fs::read(&ready_file).unwrap()).unwrap();
            }
        };
        Self { child, log, seen, ready }
    }

    fn credential(&self) -> (String, String) {
        let fits = |one: &&platform::ExampleCredential| {
            one.environment == EnvironmentName::Development && one.partner_id.as_deref() == Some(SHOP)
        };
        let found = self.ready.credentials.iter().find(fits).unwrap();
        (found.client_id.clone(), found.client_secret.clone())
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").arg(format!("-{name}")).arg(self.child.id().to_string()).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end; its whole log and whether it ended well.
    fn ended(mut self) -> (Vec<Value>, bool) {
        self.seen.extend(self.log.iter());
        let status = self.child.wait().unwrap();
        (std::mem::take(&mut self.seen), status.success())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Where a test fails; after an orderly end there is nothing to kill.
        let _ended = self.child.kill();
        let _status = self.child.wait();
    }
}

/// The log's lines, each an object of JSON, until it ends.
fn follow(log: ChildStderr) -> Receiver<Value> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        for line in BufReader::new(log).lines() {
            let line = line.unwrap();
            let event = serde_json::from_str(&line).unwrap_or_else(|_| json!({ "message": line }));
            if sender.send(event).is_err() {
                break;
            }
        }
    });
    receiver
}

async fn token(http: &Client, ready: &Ready, (id, secret): &(String, String)) -> String {
    let request = http.post(&ready.token_endpoint).basic_auth(id, Some(secret));
    let answer = request.body("grant_type=client_credentials").send().await.unwrap();
    let body: Value = answer.json().await.unwrap();
    body["access_token"].as_str().unwrap().to_owned()
}

fn purchase(id: &str) -> Value {
    let query = format!(
        "mutation {{ give_fan_points_on_purchase(partner_id: \"{SHOP}\", user_id: \"{FAN}\",
            custom_purchase_id: \"{id}\",
            purchase_items: [{{ currency: chf, price: 5, title: \"t\", description: \"d\" }}])
            {{ result {{ purchase_id }} }} }}"
    );
    json!({ "query": query })
}

/// Gives points until the server is gone. The ids of those that were answered with success.
async fn give_until_gone(
    http: Client,
    url: String,
    token: String,
    name: usize,
    served: UnboundedSender<usize>,
) -> Vec<String> {
    let mut done = Vec::new();
    for number in 0_u32.. {
        let id = format!("{name}-{number}");
        let request = http.post(&url).header("authorization", &token).json(&purchase(&id));
        let Ok(answer) = request.send().await else { break };
        let status = answer.status();
        let Ok(body) = answer.json::<Value>().await else { break };
        assert!(status.is_success(), "{status}: {body}");
        assert_eq!(
            body["data"]["give_fan_points_on_purchase"]["result"]["purchase_id"],
            id.as_str(),
            "{body}"
        );
        done.push(id);
        let _only_the_first_is_waited_for = served.send(name);
    }
    done
}

async fn booked(dir: &Path) -> BTreeSet<String> {
    let running = start(Config { seed_example: true, ..Config::new(dir) }).await.unwrap();
    let credential = running.credential(EnvironmentName::Development, Some(SHOP)).unwrap();
    let credential = (credential.client_id.clone(), credential.client_secret.clone());
    let http = Client::new();
    let token = token(&http, running.ready(), &credential).await;
    let mut ids = BTreeSet::new();
    let mut bound = "2999-01-01T00:00:00Z".to_owned();
    loop {
        let query = format!(
            "{{ list: get_partner_fan_points_transactions(partner_id: \"{SHOP}\", user_id: \"{FAN}\", limit: 100,
                earlier_than: \"{bound}\") {{ result {{ date purchase_id }} }} }}"
        );
        let request = http.post(&running.ready().graphql).header("authorization", &token);
        let answer = request.json(&json!({ "query": query })).send().await.unwrap();
        let body: Value = answer.json().await.unwrap();
        let page = body["data"]["list"]["result"].as_array().unwrap_or_else(|| panic!("{body}")).clone();
        let Some(last) = page.last() else { break };
        bound = last["date"].as_str().unwrap().to_owned();
        ids.extend(page.iter().map(|row| row["purchase_id"].as_str().unwrap().to_owned()));
    }
    running.stop().await;
    ids
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_under_load_answers_all_that_was_begun_and_begins_nothing_else() {
    const CALLERS: usize = 8;
    let dir = TempDir::new().unwrap();
    let server = Server::start(dir.path(), |command| {
        command.args(["--requests-per-minute", "1000000"]);
    });
    let http = Client::new();
    let signed_in = token(&http, &server.ready, &server.credential()).await;
    let url = server.ready.graphql.clone();
    let (sender, mut served) = unbounded_channel();
    let callers: Vec<_> = (0..CALLERS)
        .map(|name| {
            let (http, url, token, sender) = (Client::new(), url.clone(), signed_in.clone(), sender.clone());
            tokio::spawn(give_until_gone(http, url, token, name, sender))
        })
        .collect();
    // In the middle of it: each has been answered, and goes on.
    let mut waiting: BTreeSet<usize> = (0..CALLERS).collect();
    while !waiting.is_empty() {
        waiting.remove(&served.recv().await.expect("the callers ended"));
    }
    server.signal("TERM");
    let (log, well) = tokio::task::spawn_blocking(move || server.ended()).await.unwrap();
    assert!(well, "{log:?}");
    assert_eq!(log.last().unwrap()["message"], "stopped");

    let mut answered = BTreeSet::new();
    for caller in callers {
        answered.extend(caller.await.unwrap());
    }
    let booked: BTreeSet<String> =
        booked(&dir.path().join("data")).await.into_iter().filter(|id| id.contains('-')).collect();
    let lost: Vec<_> = answered.difference(&booked).collect();
    let unanswered: Vec<_> = booked.difference(&answered).filter(|id| id.len() < 20).collect();
    assert!(lost.is_empty() && unanswered.is_empty(), "lost {lost:?}, booked unanswered {unanswered:?}");
}

fn settings_of(server: Server) -> Vec<String> {
    let starting = server.seen.iter().find(|event| event["message"] == "starting").unwrap();
    let settings = starting["settings"].as_str().unwrap().lines().map(str::to_owned).collect();
    #[cfg(unix)]
    {
        server.signal("TERM");
        assert!(server.ended().1);
    }
    settings
}

#[test]
fn a_flag_beats_the_environment_beats_the_file_beats_the_default() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("server.toml");
    let text = "[server]\nrequests-per-minute = 11\ntoken-seconds = 12\nkey-days = 13\n
                cors-origins = [\"https://a.example\"]\n";
    std::fs::write(&file, text).unwrap();
    let server = Server::start(dir.path(), |command| {
        command
            .arg("--config")
            .arg(&file)
            .env("FANPOINTS_TOKEN_SECONDS", "22")
            .env("FANPOINTS_KEY_DAYS", "23");
        command.args(["--key-days", "33"]);
    });
    let settings = settings_of(server);
    for line in [
        "requests-per-minute = 11",
        "token-seconds = 22 s",
        "key-days = 33 d",
        "cors-origins = https://a.example",
        "idle-seconds = 75 s",
        "seed-example = true",
    ] {
        assert!(settings.iter().any(|said| said == line), "{line} in {settings:?}");
    }
}

fn ends_with(code: i32, output: &Output, says: &str) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{said}");
    assert!(said.contains(says), "{said}");
}

#[test]
fn what_is_not_understood_is_said_and_ends_with_two() {
    let dir = TempDir::new().unwrap();
    let file = dir.path().join("server.toml");
    let run = |words: &[&str]| program().args(words).output().unwrap();
    ends_with(2, &run(&[]), "--data");
    ends_with(2, &run(&["--nonsense"]), "--nonsense");
    ends_with(2, &run(&["nonsense"]), "nonsense");
    let data = dir.path().to_str().unwrap();
    ends_with(2, &run(&["--data", data, "--tls-key", "key.pem"]), "--tls-certificate");
    ends_with(2, &run(&["--data", data, "--token-seconds", "100000"]), "86400");
    ends_with(2, &run(&["--data", data, "--cors-origins", "*"]), "origin");
    ends_with(2, &run(&["--data", data, "--key-lead-seconds", "60"]), "120");
    for name in ["token-seconds", "request-seconds", "body-seconds", "event-days", "request-bytes"] {
        ends_with(2, &run(&["--data", data, &format!("--{name}"), "0"]), name);
    }
    for (text, says) in [
        ("[server]\nrequest-per-minute = 1", "request-per-minute"),
        ("[server]\nrequests-per-minute = \"many\"", "requests-per-minute"),
        ("[serve]\n", "serve"),
        ("no toml", "server.toml"),
    ] {
        std::fs::write(&file, text).unwrap();
        let output = run(&["--data", data, "--config", file.to_str().unwrap()]);
        ends_with(2, &output, says);
    }
    ends_with(2, &run(&["--data", data, "--config", "/nowhere/at.all"]), "/nowhere/at.all");
    let help = run(&["--help"]);
    assert!(help.status.success() && String::from_utf8_lossy(&help.stdout).contains("FANPOINTS_LISTEN"));
    let schema = run(&["schema"]);
    assert!(String::from_utf8_lossy(&schema.stdout).contains("type Query"));
}

#[test]
fn an_address_that_is_taken_ends_with_one() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let dir = TempDir::new().unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = program().arg("serve").arg("--data").arg(dir.path()).args(["--listen", &address]).output();
    ends_with(1, &output.unwrap(), &address);
}

/// The log names each request as its answer does, and holds no secret and no token.
#[cfg(unix)]
#[tokio::test]
async fn the_log_carries_the_names_of_requests_and_no_secrets() {
    let dir = TempDir::new().unwrap();
    let server = Server::start(dir.path(), |command| {
        command.env("RUST_LOG", "debug,h2=info,hyper=info");
    });
    let credential = server.credential();
    let http = Client::new();
    let signed_in = token(&http, &server.ready, &credential).await;
    let request = http.post(&server.ready.graphql).header("authorization", &signed_in);
    let request = request.header("x-request-id", "till-7.41").json(&purchase("order-1"));
    assert_eq!(request.send().await.unwrap().headers()["x-request-id"], "till-7.41");
    server.signal("TERM");
    let (log, _) = tokio::task::spawn_blocking(move || server.ended()).await.unwrap();
    let named: Vec<_> = log.iter().filter(|event| event["span"]["request_id"] == "till-7.41").collect();
    assert!(named.iter().any(|event| event["message"] == "answered" && event["status"] == 200), "{log:?}");
    let text = serde_json::to_string(&log).unwrap();
    for secret in [&credential.1, &signed_in] {
        assert!(!text.contains(secret.as_str()), "{text}");
    }
}

/// Memory of the process in kilobytes.
#[cfg(target_os = "linux")]
fn memory(server: &Server) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", server.child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.trim().strip_suffix(" kB").unwrap().parse().unwrap()
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn guesses_of_any_length_are_not_kept() {
    let dir = TempDir::new().unwrap();
    let server = Server::start(dir.path(), |_| {});
    let http = Client::new();
    let before = memory(&server);
    for number in 0..100 {
        let client = format!("{number}{}", "x".repeat(1_900_000));
        let body = format!("grant_type=client_credentials&client_secret=a&client_id={client}");
        let answer = http.post(&server.ready.token_endpoint).body(body).send().await.unwrap();
        assert!(answer.status().is_client_error());
    }
    let grown = memory(&server).saturating_sub(before) / 1024;
    assert!(grown < 95, "190 MB of client ids left {grown} MB behind");
}

const MAIL: &str = "jane.doe@example.org";
const MEMBER: &str = "member-77-jane";
const WORDS: &str = "For Jane with love";

/// One environment's books in balance: all of both books' accounts together come to nothing.
fn in_balance(path: &Path) -> (i64, i64) {
    let books = rusqlite::Connection::open(path).unwrap();
    let sum = |sql: &str| books.query_row(sql, [], |row| row.get::<_, i64>(0)).unwrap();
    let house = |book: &str| {
        sum(&format!("SELECT coalesce(sum(amount), 0) FROM house_balance WHERE book = '{book}'"))
    };
    let fans = sum("SELECT sum(wallet - receivable) FROM fan");
    let standing = sum("SELECT sum(standing) FROM fan");
    (fans + house("fan_points"), standing + house("status_points"))
}

fn run(dir: &Path, words: &[&str]) -> Output {
    program().args(words).arg("--data").arg(dir).output().unwrap()
}

fn told(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

async fn ask(http: &Client, url: &str, token: &str, query: &str) -> Value {
    let request = http.post(url).header("authorization", token).json(&json!({ "query": query }));
    let body: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(body.get("errors"), None, "{body}");
    body["data"].clone()
}

/// A fan of whom something is known in many tables.
async fn make_a_life(dir: &Path) {
    let running = start(Config { seed_example: true, ..Config::new(dir) }).await.unwrap();
    let http = Client::new();
    let url = running.ready().graphql.clone();
    let credential = |partner: Option<&str>| {
        let found = running.credential(EnvironmentName::Development, partner).unwrap();
        (found.client_id.clone(), found.client_secret.clone())
    };
    let owner = token(&http, running.ready(), &credential(None)).await;
    let add = format!(
        "mutation {{ add_user(project_id: \"fc-example\", user_id: \"{MEMBER}\", mail_address: \"{MAIL}\")
            {{ errors {{ user_already_exists_error {{ _empty }} }} }} }}"
    );
    ask(&http, &url, &owner, &add).await;
    let shop = token(&http, running.ready(), &credential(Some(SHOP))).await;
    let live = format!(
        "mutation {{ a: give_fan_points_on_purchase(partner_id: \"{SHOP}\", user_id: \"{MEMBER}\",
            custom_purchase_id: \"order-77\",
            purchase_items: [{{ currency: chf, price: 50, title: \"Scarf\", description: \"{WORDS}\" }}])
            {{ result {{ purchase_id }} }}
          b: distribute_status_points(partner_id: \"{SHOP}\", user_id: \"{MEMBER}\", action_category: \"quiz\",
            title: \"{WORDS}\", description: \"{WORDS}\") {{ result {{ amount }} }} }}"
    );
    ask(&http, &url, &shop, &live).await;
    let time = jiff::Timestamp::now().to_string();
    let event = json!({ "events": [{ "client_event_id": "e-77", "user_id": MEMBER, "action": "match_visit",
                                     "description": WORDS, "time": time }] });
    let request =
        http.post(format!("{}/events", running.endpoint())).header("authorization", &shop).json(&event);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["results"][0]["status"], "accepted", "{answer}");
    running.stop().await;
}

/// Which of these texts stand anywhere in the files of a folder.
fn found_in(dir: &Path, texts: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for file in std::fs::read_dir(dir).unwrap() {
        let path = file.unwrap().path();
        let bytes = std::fs::read(&path).unwrap();
        for text in texts {
            if bytes.windows(text.len()).any(|window| window == text.as_bytes()) {
                found.push(format!("{text} in {}", path.display()));
            }
        }
    }
    found
}

#[tokio::test]
async fn a_fan_is_told_everything_and_then_erased_from_every_byte() {
    let dir = TempDir::new().unwrap();
    let path = dir.path();
    make_a_life(path).await;
    let of_fan = |command: &'static str| {
        let user = [command, "--environment", "development", "--project", "fc-example", "--user", MEMBER];
        user.to_vec()
    };
    let told = told(&run(path, &of_fan("export-user")));
    let records = &told["records"];
    assert_eq!((&told["fan_points"], &told["status_points"]), (&json!(100), &json!(60)));
    assert_eq!(records["fan"][0]["mail_address"], MAIL);
    assert_eq!(records["purchase_item"][0]["description"], WORDS);
    assert_eq!(records["event"][0]["description"], WORDS);
    for table in ["award", "event_count", "operation", "purchase"] {
        assert!(records[table].is_array(), "{table} in {told}");
    }
    let personal = [MAIL, MEMBER, WORDS, told["user_id"].as_str().unwrap()];
    let [mail, member, words, id] = personal;
    assert!(!found_in(path, &[mail]).is_empty() && !found_in(path, &[member]).is_empty());
    assert!(!found_in(path, &[words]).is_empty());
    assert_eq!(in_balance(&path.join("development.sqlite3")), (0, 0));

    ends_with(2, &run(path, &of_fan("erase-user")), "--yes");
    let mut erase = of_fan("erase-user");
    erase.push("--yes");
    // Beside a server that runs.
    let beside = start(Config::new(path)).await.unwrap();
    let erased = run(path, &erase);
    assert!(erased.status.success(), "{}", String::from_utf8_lossy(&erased.stderr));
    beside.stop().await;
    assert_eq!(found_in(path, &[mail, member, words, id]), Vec::<String>::new());
    assert_eq!(in_balance(&path.join("development.sqlite3")), (0, 0));
    ends_with(1, &run(path, &erase), "no such user");
    ends_with(1, &run(path, &of_fan("export-user")), "no such user");

    // The points stay in the books, and the log says what was done.
    let books = rusqlite::Connection::open(path.join("development.sqlite3")).unwrap();
    let left: (i64, i64) = books
        .query_row("SELECT wallet, standing FROM fan ORDER BY no DESC LIMIT 1", [], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .unwrap();
    assert_eq!(left, (100, 60));
    let log = run(path, &["audit", "--environment", "development"]);
    let log: Value = serde_json::from_slice(&log.stdout).unwrap();
    let actions: Vec<_> = log.as_array().unwrap().iter().map(|row| row["action"].as_str().unwrap()).collect();
    assert_eq!(actions, ["erase-user", "export-user", "add_user"]);
}

#[tokio::test]
async fn a_credential_and_a_key_are_made_by_command() {
    let dir = TempDir::new().unwrap();
    let path = dir.path();
    let within = ["--environment", "development"];
    let made = |words: &[&str]| run(path, &[words, within.as_slice()].concat());
    ends_with(1, &made(&["rotate-keys"]), "no data");
    assert_eq!(told(&run(path, &["seed"]))["credentials"].as_array().unwrap().len(), 6);
    ends_with(2, &made(&["token", "--name", "till"]), "--partner");
    ends_with(1, &made(&["token", "--name", "till", "--partner", "nobody"]), "no partner nobody");
    let till = told(&made(&["token", "--name", "till", "--partner", SHOP, "--days", "30"]));
    let keys = told(&made(&["rotate-keys"]));
    assert_eq!(keys["made"], true);

    let running = start(Config::new(path)).await.unwrap();
    let text = |name: &str| till[name].as_str().unwrap().to_owned();
    let (id, secret) = (text("client_id"), text("client_secret"));
    let signed_in = token(&Client::new(), running.ready(), &(id, secret.clone())).await;
    ask(&Client::new(), &running.ready().graphql, &signed_in, "{ ping }").await;
    running.stop().await;
    assert_eq!(found_in(path, &[&secret]), Vec::<String>::new());
}
