//! A real platform with the example program, and questions about what it booked.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::child::Program;
use super::proxy::Proxy;
use super::stage::{Stage, program};
use super::wait::eventually;

/// The example's partners.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shop {
    ClubShop,
    StadiumKiosk,
}

impl Shop {
    pub fn id(self) -> &'static str {
        match self {
            Self::ClubShop => "club-shop",
            Self::StadiumKiosk => "stadium-kiosk",
        }
    }
}

/// What a fan's page shows as QR.
#[derive(Clone, Copy, Debug)]
pub enum Code {
    Live,
    Card,
    JsonV1,
    DeepLink,
    Id,
}

impl Code {
    pub fn name(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Card => "card",
            Self::JsonV1 => "json_v1",
            Self::DeepLink => "deep_link",
            Self::Id => "id",
        }
    }
}

/// What connects an app with a platform: the file that `--pair` takes.
#[derive(Clone, Serialize)]
pub struct Pairing {
    pub endpoint: String,
    pub token_endpoint: String,
    pub partner_id: String,
    pub client_id: String,
    pub client_secret: String,
    pub environment: String,
}

impl Pairing {
    /// The same platform, reached through a network that may fail.
    #[must_use]
    pub fn through(mut self, proxy: &Proxy) -> Self {
        self.endpoint = proxy.instead_of(&self.endpoint);
        self.token_endpoint = proxy.instead_of(&self.token_endpoint);
        self
    }

    #[must_use]
    pub fn with_secret(mut self, secret: &str) -> Self {
        secret.clone_into(&mut self.client_secret);
        self
    }

    pub fn write(&self, path: &Path) {
        let text = serde_json::to_string_pretty(self).expect("a pairing is JSON");
        std::fs::write(path, text).expect("a pairing file can be written");
    }
}

#[derive(Deserialize)]
struct Ready {
    endpoint: String,
    graphql: String,
    token_endpoint: String,
    credentials: Vec<Credential>,
}

#[derive(Clone, Deserialize)]
struct Credential {
    environment: String,
    /// None: the program's own.
    partner_id: Option<String>,
    client_id: String,
    client_secret: String,
}

pub struct Platform {
    /// None: somebody else runs it.
    running: Option<Program>,
    folder: PathBuf,
    log: PathBuf,
    ready: Ready,
    web: reqwest::Client,
}

const ENVIRONMENT: &str = "development";
const PROGRAM: &str = "fc-example";

impl Platform {
    /// Starts one on a free port with the example program in it.
    pub async fn start(stage: &Stage) -> Self {
        let folder = stage.path("platform");
        let log = stage.path("platform.log");
        let (running, ready) = launch(&folder, &log, "127.0.0.1:0").await;
        Self { running: Some(running), folder, log, ready, web: reqwest::Client::new() }
    }

    /// One that somebody else runs, known by its ready file.
    pub fn known_by(ready_file: &Path) -> Self {
        let ready = read_ready(ready_file).expect("a ready file");
        Self {
            running: None,
            folder: PathBuf::new(),
            log: PathBuf::new(),
            ready,
            web: reqwest::Client::new(),
        }
    }

    /// Ends it in good order.
    pub fn stop(&mut self) {
        self.running.as_mut().expect("this test runs the platform").stop();
        self.running = None;
    }

    /// Pulls its plug.
    pub fn kill(&mut self) {
        self.running.as_mut().expect("this test runs the platform").kill();
        self.running = None;
    }

    /// Brings it back: the same port, the same data.
    pub async fn start_again(&mut self) {
        assert!(self.running.is_none(), "the platform still runs");
        let address = self.address().to_string();
        let (running, ready) = launch(&self.folder, &self.log, &address).await;
        assert_eq!(ready.endpoint, self.ready.endpoint, "the platform moved");
        self.running = Some(running);
        self.ready = ready;
    }

    /// Takes a fan out of the books for ever, while it stands still.
    pub fn erase(&self, fan: &str) {
        assert!(self.running.is_none(), "the platform still runs");
        let mut erase = Command::new(program("fanpoints-platform"));
        erase.args([
            "erase-user",
            "--environment",
            ENVIRONMENT,
            "--project",
            PROGRAM,
            "--user",
            fan,
            "--yes",
        ]);
        let done = erase.arg("--data").arg(&self.folder).output().expect("the platform's program runs");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    pub fn address(&self) -> SocketAddr {
        let url = reqwest::Url::parse(&self.ready.endpoint).expect("an endpoint is a URL");
        let addresses = url.socket_addrs(|| None).expect("an endpoint has an address");
        *addresses.first().expect("an endpoint has an address")
    }

    /// What a till of this shop is connected with.
    pub fn pairing(&self, shop: Shop) -> Pairing {
        let credential = self.credential(Some(shop.id()));
        Pairing {
            endpoint: self.ready.endpoint.clone(),
            token_endpoint: self.ready.token_endpoint.clone(),
            partner_id: shop.id().to_owned(),
            client_id: credential.client_id,
            client_secret: credential.client_secret,
            environment: ENVIRONMENT.to_owned(),
        }
    }

    fn credential(&self, partner: Option<&str>) -> Credential {
        let fits = |one: &&Credential| one.environment == ENVIRONMENT && one.partner_id.as_deref() == partner;
        self.ready
            .credentials
            .iter()
            .find(fits)
            .cloned()
            .unwrap_or_else(|| panic!("no credential of {partner:?}"))
    }

    /// The picture of a fan's code as the fan's page shows it.
    pub async fn code_picture(&self, fan: &str, code: Code) -> Vec<u8> {
        let page = format!("http://{}/fan/{fan}/qr/{}.png", self.address(), code.name());
        let answer = self.web.get(&page).send().await.expect("the fan's page answers");
        assert!(answer.status().is_success(), "{page}: {}", answer.status());
        answer.bytes().await.expect("the picture arrives").to_vec()
    }

    /// What a fan's code says, as a handheld scanner reads it.
    pub async fn code_text(&self, fan: &str, code: Code) -> String {
        let page = format!("http://{}/fan/{fan}/codes.json", self.address());
        let answer = self.web.get(&page).send().await.expect("the fan's page answers");
        let codes: Value = answer.json().await.expect("the codes are JSON");
        codes[code.name()].as_str().unwrap_or_else(|| panic!("no {} in {codes}", code.name())).to_owned()
    }

    /// A fan's Fan Points as the program's owner sees them.
    pub async fn balance(&self, fan: &str) -> i64 {
        let query = "query($project: String!, $user: String!) {
            get_fan_points_balance(project_id: $project, user_id: $user) { result { fan_points } } }";
        let answer = self.ask(None, query, json!({ "project": PROGRAM, "user": fan })).await;
        number(&answer, "/get_fan_points_balance/result/fan_points")
    }

    pub async fn status_points(&self, fan: &str) -> i64 {
        let query = "query($project: String!, $user: String!) {
            get_status_points_balance(project_id: $project, user_id: $user) { result } }";
        let answer = self.ask(None, query, json!({ "project": PROGRAM, "user": fan })).await;
        number(&answer, "/get_status_points_balance/result")
    }

    /// The Fan Points transactions that a shop has with a fan, newest first: purchase id and amount.
    pub async fn transactions(&self, shop: Shop, fan: &str) -> Vec<(String, i64)> {
        const QUERY: &str = "query($partner: String!, $user: String!, $before: String) {
            get_partner_fan_points_transactions(partner_id: $partner, user_id: $user, earlier_than_date: $before) {
                result { date purchase_id purchase_items { amount } } } }";
        let row = |row: &Value| {
            let items = row["purchase_items"].as_array().cloned().unwrap_or_default();
            let amount = items.iter().filter_map(|item| item["amount"].as_i64()).sum();
            (row["purchase_id"].as_str().unwrap_or_default().to_owned(), amount)
        };
        let (mut all, mut before) = (Vec::new(), Value::Null);
        loop {
            let asked = json!({ "partner": shop.id(), "user": fan, "before": before });
            let answer = self.ask(Some(shop.id()), QUERY, asked).await;
            let page =
                answer.pointer("/get_partner_fan_points_transactions/result").and_then(Value::as_array);
            let page = page.unwrap_or_else(|| panic!("no transactions in {answer}"));
            all.extend(page.iter().map(row));
            match page.last() {
                Some(last) => before = last["date"].clone(),
                None => return all,
            }
        }
    }

    /// Asks as a partner, or as the program's owner, and gives `data`.
    pub async fn ask(&self, partner: Option<&str>, query: &str, variables: Value) -> Value {
        let credential = self.credential(partner);
        let signed_in: Value = self
            .web
            .post(&self.ready.token_endpoint)
            .basic_auth(&credential.client_id, Some(&credential.client_secret))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials&scope=resource-server/api")
            .send()
            .await
            .expect("the token endpoint answers")
            .json()
            .await
            .expect("the token endpoint answers with JSON");
        let token = signed_in["access_token"].as_str().unwrap_or_else(|| panic!("no token in {signed_in}"));
        let answer: Value = self
            .web
            .post(&self.ready.graphql)
            .header("authorization", token)
            .json(&json!({ "query": query, "variables": variables }))
            .send()
            .await
            .expect("the platform answers")
            .json()
            .await
            .expect("the platform answers with JSON");
        assert!(answer["errors"].is_null(), "{answer}");
        answer["data"].clone()
    }
}

fn number(answer: &Value, pointer: &str) -> i64 {
    answer.pointer(pointer).and_then(Value::as_i64).unwrap_or_else(|| panic!("no {pointer} in {answer}"))
}

async fn launch(folder: &Path, log: &Path, listen: &str) -> (Program, Ready) {
    let ready_file = folder.with_extension("json");
    // The last start's file would speak of a platform that is gone.
    let _ = std::fs::remove_file(&ready_file);
    let args: [&std::ffi::OsStr; 8] = [
        "serve".as_ref(),
        "--listen".as_ref(),
        listen.as_ref(),
        "--seed-example".as_ref(),
        "--data".as_ref(),
        folder.as_ref(),
        "--ready-file".as_ref(),
        ready_file.as_ref(),
    ];
    let mut running = Program::start(&program("fanpoints-platform"), args, log.to_path_buf());
    let ready = eventually("the platform is ready", || {
        running.must_live();
        std::future::ready(read_ready(&ready_file))
    })
    .await;
    (running, ready)
}

fn read_ready(path: &Path) -> Option<Ready> {
    let text = std::fs::read_to_string(path).ok()?;
    Some(serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display())))
}
