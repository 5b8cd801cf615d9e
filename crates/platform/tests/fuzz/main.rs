//! Any request that the schema allows, and any that it does not, for as long as one likes: no server error, no panic,
//! and nothing written by what was refused.
//!
//! `FANPOINTS_FUZZ_SECONDS` sets for how long; without it, for some hundred requests. `FANPOINTS_SEED` replays one run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod broken;
mod dice;
mod schema;

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::{Duration, Instant};

use dice::Dice;
use platform::{Config, EnvironmentName, HashCost, Running, start};
use reqwest::{Client, StatusCode};
use schema::Generator;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Requests of an ordinary run.
const CASES: u64 = 300;

struct Field {
    running: Running,
    http: Client,
    /// Of a partner, of the program, and of the same in production.
    tokens: Vec<String>,
    /// Watches the development database from outside.
    watch: Vec<rusqlite::Connection>,
    _dir: TempDir,
}

impl Field {
    async fn open() -> Self {
        let dir = TempDir::new().unwrap();
        let config = Config {
            seed_example: true,
            hash_cost: HashCost { memory_kib: 64, passes: 1, lanes: 1 },
            requests_per_minute: u32::MAX,
            ..Config::new(dir.path())
        };
        let running = start(config).await.unwrap();
        let http = Client::new();
        let mut tokens = Vec::new();
        for environment in [EnvironmentName::Development, EnvironmentName::Production] {
            for partner in [Some("club-shop"), None] {
                let credential = running.credential(environment, partner).unwrap();
                let request = http.post(running.token_endpoint());
                let request = request.basic_auth(&credential.client_id, Some(&credential.client_secret));
                let answer = request.body("grant_type=client_credentials").send().await.unwrap();
                let body: Value = answer.json().await.unwrap();
                tokens.push(body["access_token"].as_str().unwrap().to_owned());
            }
        }
        let file = |name: EnvironmentName| {
            rusqlite::Connection::open(dir.path().join(format!("{name}.sqlite3"))).unwrap()
        };
        let watch = EnvironmentName::ALL.into_iter().map(file).collect();
        Self { running, http, tokens, watch, _dir: dir }
    }

    /// Changes whenever somebody commits a change.
    fn versions(&self) -> Vec<i64> {
        let version = |database: &rusqlite::Connection| {
            database.query_row("PRAGMA data_version", [], |row| row.get(0)).unwrap()
        };
        self.watch.iter().map(version).collect()
    }

    /// What both databases hold, table by table.
    fn contents(&self) -> Vec<BTreeMap<String, u64>> {
        self.watch.iter().map(contents).collect()
    }

    async fn post(&self, token: &str, body: &Value) -> (StatusCode, Value) {
        let request = self.http.post(&self.running.ready().graphql).header("authorization", token);
        let answer = request.json(body).send().await.unwrap();
        let status = answer.status();
        let text = answer.text().await.unwrap();
        (status, serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status}: no JSON: {text}")))
    }

    async fn panics(&self) -> u64 {
        let figures = self.http.get(format!("{}/metrics", self.running.endpoint())).send().await.unwrap();
        let text = figures.text().await.unwrap();
        let line = text.lines().find(|line| line.starts_with("fanpoints_panics_total ")).unwrap();
        line.rsplit(' ').next().unwrap().parse().unwrap()
    }
}

/// What a refusal writes too: whose turn it was.
const OF_REFUSALS: &[&str] = &["writing_turn"];
/// Only ever appended to, so that counting them is enough.
const JOURNAL: &[&str] = &["operation", "purchase", "award", "event", "admin_change", "change"];
/// Folded into each other from time to time; what they come to together is what counts.
const HOUSE: &[&str] = &["house_account", "house_posting"];
const HOUSE_BALANCE: &str = "SELECT * FROM house_balance ORDER BY 1, 2, 3, 4";

fn contents(database: &rusqlite::Connection) -> BTreeMap<String, u64> {
    let sql = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'";
    let mut tables = database.prepare(sql).unwrap();
    let names: Vec<String> = tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
    let left_out = [OF_REFUSALS, HOUSE].concat();
    let told = names.into_iter().filter(|name| !left_out.contains(&name.as_str()));
    let tables = told.map(|name| {
        let mark = if JOURNAL.contains(&name.as_str()) {
            let count = format!("SELECT count(*) FROM {name}");
            database.query_row(&count, [], |row| row.get::<_, i64>(0)).unwrap().cast_unsigned()
        } else {
            content(database, &format!("SELECT * FROM {name}"))
        };
        (name, mark)
    });
    tables.chain([("house_balance".to_owned(), content(database, HOUSE_BALANCE))]).collect()
}

/// An id that is refused for good is kept, and who burned one while administering is, too.
fn same_but_for_burned_ids(before: &[BTreeMap<String, u64>], after: &[BTreeMap<String, u64>]) -> bool {
    before.iter().zip(after).all(|(before, after)| {
        let burned = before["burned"] != after["burned"];
        before.iter().all(|(table, mark)| {
            after[table] == *mark || burned && (table == "burned" || table == "admin_change")
        })
    })
}

fn content(database: &rusqlite::Connection, question: &str) -> u64 {
    let mut statement = database.prepare(question).unwrap();
    let columns = statement.column_count();
    let mut hasher = DefaultHasher::new();
    let mut rows = statement.query([]).unwrap();
    while let Some(row) = rows.next().unwrap() {
        for column in 0..columns {
            format!("{:?}", row.get_ref(column).unwrap()).hash(&mut hasher);
        }
    }
    hasher.finish()
}

/// Until the time is over, or so many.
struct Round {
    end: Option<Instant>,
    done: u64,
}

impl Round {
    fn new() -> Self {
        let seconds = std::env::var("FANPOINTS_FUZZ_SECONDS").ok().map(|text| text.parse().unwrap());
        Self { end: seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds)), done: 0 }
    }

    fn goes_on(&mut self) -> bool {
        let more = self.end.map_or(self.done < CASES, |end| Instant::now() < end);
        self.done += u64::from(more);
        more
    }
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum End {
    Answered,
    Refused,
    Mixed,
    Invalid,
}

fn end_of(body: &Value) -> End {
    let Some(data) = body["data"].as_object() else { return End::Invalid };
    let refused = |answer: &&Value| answer.is_null() || answer.get("errors").is_some_and(|e| !e.is_null());
    match data.values().filter(refused).count() {
        0 => End::Answered,
        all if all == data.len() => End::Refused,
        _ => End::Mixed,
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fuzz_schema() {
    let field = Field::open().await;
    let generator = Generator::new(&platform::sdl());
    let mut dice = Dice::from_environment();
    let mut round = Round::new();
    let mut ends: BTreeMap<End, u64> = BTreeMap::new();
    let mut used: BTreeMap<String, u64> = BTreeMap::new();
    let mut contents = field.contents();
    while round.goes_on() {
        let (body, fields) = generator.request(&mut dice);
        let token = &field.tokens[*dice.one_of(&[0, 0, 0, 1, 1, 2, 3])];
        let before = field.versions();
        let (status, answer) = field.post(token, &body).await;
        assert!(!status.is_server_error(), "{status} {answer}\n{body}");
        assert!(!answer.to_string().contains("\"INTERNAL\""), "{answer}\n{body}");
        assert!(answer["data"].is_object() || answer["errors"].is_array(), "{answer}\n{body}");
        let end = end_of(&answer);
        *ends.entry(end).or_default() += 1;
        for name in fields {
            *used.entry(name).or_default() += 1;
        }
        if field.versions() != before {
            let after = field.contents();
            let refused = matches!(end, End::Refused | End::Invalid);
            assert!(
                !refused || same_but_for_burned_ids(&contents, &after),
                "something was written by what was refused: {answer}\n{body}\n{contents:?}\n{after:?}"
            );
            contents = after;
        }
    }
    assert_eq!(field.panics().await, 0);
    let missed: Vec<_> = generator.top_fields().filter(|name| !used.contains_key(*name)).collect();
    assert!(round.done < 2000 || missed.is_empty(), "never asked: {missed:?}");
    println!("{} requests over {} operations: {ends:?}", round.done, used.len());
    field.running.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fuzz_broken_requests() {
    let field = Field::open().await;
    let mut dice = Dice::from_environment();
    let mut round = Round::new();
    let mut statuses: BTreeMap<u16, u64> = BTreeMap::new();
    let before = field.versions();
    while round.goes_on() {
        let broken = broken::request(&mut dice);
        let url = format!("{}{}", field.running.endpoint(), broken.path);
        let mut request = field.http.post(url).header("authorization", dice.one_of(&field.tokens));
        if let Some(media) = broken.media {
            request = request.header("content-type", media);
        }
        let what = broken.what;
        // The server may close before it has read a body that is too large.
        let Ok(answer) = request.body(broken.body).send().await else { continue };
        let status = answer.status();
        assert!(!status.is_server_error(), "{what}: {status} {}", answer.text().await.unwrap());
        *statuses.entry(status.as_u16()).or_default() += 1;
    }
    assert_eq!(field.versions(), before, "nothing was written");
    assert_eq!(field.panics().await, 0);
    let (status, answer) = field.post(&field.tokens[0], &json!({ "query": "{ ping }" })).await;
    assert_eq!((status, &answer["data"]["ping"]), (StatusCode::OK, &json!("pong")), "{answer}");
    println!("{} broken requests: {statuses:?}", round.done);
    field.running.stop().await;
}
