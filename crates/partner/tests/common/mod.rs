//! A terminal and a real platform, both in this process, talking over loopback.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, dead_code)]

#[path = "../../../../tests/oidc/rig.rs"]
pub mod rig;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use base64::Engine as _;
use ledger::Timestamp;
use partner::rights::Role;
use partner::view::{
    ConnectRequest, Environment, FanCard, ItemInput, LinkState, NewPerson, OperationFilter,
    OperationStateView, OperationView,
};
use partner::{AppError, ErrorCode, MemoryKeychain, News, Options, Terminal, system_clock};
use tempfile::TempDir;

pub const FIRST_FAN: &str = "008407119295";

fn copy_files(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(|entry| entry.unwrap().path()) {
        let place = to.join(entry.file_name().unwrap());
        if entry.is_dir() {
            copy_files(&entry, &place);
        } else {
            std::fs::copy(&entry, place).unwrap();
        }
    }
}

/// A platform with the example program; its address stays the same when it is stopped and started again.
pub struct Platform {
    data: TempDir,
    listen: std::net::SocketAddr,
    running: Option<platform::Running>,
}

impl Platform {
    pub async fn start() -> Self {
        let data = tempfile::tempdir().unwrap();
        let mut config = platform::Config::new(data.path());
        config.seed_example = true;
        let running = platform::start(config).await.expect("the platform starts");
        let listen = running.address();
        Self { data, listen, running: Some(running) }
    }

    fn running(&self) -> &platform::Running {
        self.running.as_ref().expect("the platform runs")
    }

    pub async fn stop(&mut self) {
        self.running.take().expect("the platform runs").stop().await;
    }

    pub async fn start_again(&mut self) {
        let mut config = platform::Config::new(self.data.path());
        config.listen = self.listen;
        config.seed_example = true;
        self.running = Some(platform::start(config).await.expect("the platform starts again"));
    }

    /// A copy of all that it keeps, while it is stopped.
    pub fn copy(&self) -> TempDir {
        let copy = tempfile::tempdir().unwrap();
        copy_files(self.data.path(), copy.path());
        copy
    }

    /// Puts a copy back in place of what it keeps now, while it is stopped.
    pub fn put_back(&self, copy: &TempDir) {
        std::fs::remove_dir_all(self.data.path()).unwrap();
        copy_files(copy.path(), self.data.path());
    }

    /// Revokes the passes of a fan, as the program does when a phone was lost.
    pub async fn revoke_passes(&self, fan: &str) {
        let query = "mutation($p: String!, $f: String!) {
            a: revoke_fan_passes(project_id: $p, user_id: $f) { errors { unknown_user_error { _empty } } }
        }";
        self.as_program(query, serde_json::json!({ "f": fan })).await;
    }

    /// Notes whether a fan agrees that partners tell what they do.
    pub async fn set_consent(&self, fan: &str, consent: bool) {
        let query = "mutation($p: String!, $f: String!, $c: Boolean!) {
            a: set_engagement_consent(project_id: $p, user_id: $f, consent: $c) {
                errors { unknown_user_error { _empty } }
            }
        }";
        self.as_program(query, serde_json::json!({ "f": fan, "c": consent })).await;
    }

    /// Runs a mutation `a` with the program's own credential; `$p` is the program.
    async fn as_program(&self, query: &str, mut variables: serde_json::Value) {
        let own = self.running().credentials().iter().find(|credential| {
            credential.partner_id.is_none() && credential.environment.to_string() == "development"
        });
        let own = own.expect("the program has a credential").clone();
        let token = self.token(&own.client_id, &own.client_secret).await;
        variables["p"] = own.project_id.into();
        let answer: serde_json::Value = reqwest::Client::new()
            .post(format!("http://{}/graphql", self.listen))
            .header("authorization", token)
            .json(&serde_json::json!({ "query": query, "variables": variables }))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert!(answer["data"]["a"].is_object() && answer["errors"].is_null(), "{answer}");
    }

    /// The engagement events that the platform holds of a fan, by action. Only while it is stopped.
    pub async fn events(&self, fan: &str) -> Vec<String> {
        let config = platform::Config::new(self.data.path());
        let environment = platform::EnvironmentName::Development;
        let desk = platform::operator::Desk::open(&config, environment).await.unwrap();
        let known = desk.export_user("fc-example", fan).await.unwrap();
        desk.close();
        let told = known["records"]["event"].as_array().cloned().unwrap_or_default();
        told.iter().map(|event| event["action"].as_str().unwrap().to_owned()).collect()
    }

    async fn token(&self, client_id: &str, client_secret: &str) -> String {
        let token: serde_json::Value = reqwest::Client::new()
            .post(format!("http://{}/oauth2/token", self.listen))
            .basic_auth(client_id, Some(client_secret))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials&scope=resource-server/api")
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        token["access_token"].as_str().unwrap().to_owned()
    }

    /// What a member of staff types to connect the club shop.
    pub fn club_shop(&self, environment: Environment) -> ConnectRequest {
        let name = match environment {
            Environment::Development => "development",
            Environment::Production => "production",
        };
        let credential = self
            .running()
            .credentials()
            .iter()
            .find(|c| c.environment.to_string() == name && c.partner_id.as_deref() == Some("club-shop"))
            .expect("the club shop has a credential")
            .clone();
        ConnectRequest {
            endpoint: format!("http://{}", self.listen),
            token_endpoint: None,
            partner_id: "club-shop".into(),
            client_id: credential.client_id.clone(),
            client_secret: credential.client_secret.clone(),
            environment,
        }
    }

    /// What the fan's phone shows: `live`, `card`, `json_v1`, `deep_link` or `id`, as a picture.
    pub async fn picture(&self, fan: &str, code: &str) -> Vec<u8> {
        let url = format!("http://{}/fan/{fan}/qr/{code}.png", self.listen);
        let answer = reqwest::get(url).await.unwrap();
        assert!(answer.status().is_success(), "{}", answer.status());
        answer.bytes().await.unwrap().to_vec()
    }

    /// The text of a code of a fan.
    pub async fn code(&self, fan: &str, code: &str) -> String {
        let url = format!("http://{}/fan/{fan}/codes.json", self.listen);
        let codes: serde_json::Value = reqwest::get(url).await.unwrap().json().await.unwrap();
        codes[code].as_str().unwrap_or_else(|| panic!("no {code} in {codes}")).to_owned()
    }

    /// Asks as the club shop, and gives `data`.
    pub async fn ask(&self, query: &str) -> serde_json::Value {
        let request = self.club_shop(Environment::Development);
        let token = self.token(&request.client_id, &request.client_secret).await;
        let answer: serde_json::Value = reqwest::Client::new()
            .post(format!("http://{}/graphql", self.listen))
            .header("authorization", token)
            .json(&serde_json::json!({ "query": query }))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert!(answer["errors"].is_null(), "{answer}");
        answer["data"].clone()
    }

    /// The reports of shifts that the platform keeps of the club shop.
    pub async fn shift_reports(&self) -> Vec<serde_json::Value> {
        let query = r#"query {
            get_shift_reports(partner_id: "club-shop") { result { report_id staff_id document } }
        }"#;
        let data = self.ask(query).await;
        data["get_shift_reports"]["result"].as_array().expect("a list").clone()
    }

    /// Tells the platform that a fan did something just now.
    pub async fn tell_event(&self, id: &str, fan: &str, action: &str) {
        let config = "{ partner_app_config(partner_id: \"club-shop\") { result { server_time } } }";
        let config = self.ask(config).await;
        let time = config["partner_app_config"]["result"]["server_time"].as_str().unwrap().replace(' ', "T");
        let request = self.club_shop(Environment::Development);
        let token = self.token(&request.client_id, &request.client_secret).await;
        let event = serde_json::json!({
            "client_event_id": id, "user_id": fan, "action": action, "description": "", "time": format!("{time}Z"),
        });
        let answer: serde_json::Value = reqwest::Client::new()
            .post(format!("http://{}/events", self.listen))
            .header("authorization", token)
            .json(&serde_json::json!({ "events": [event] }))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!(answer["results"][0]["status"], "accepted", "{answer}");
    }

    /// The balances as the platform books them, asked with the partner's own credential.
    pub async fn balances(&self, fan: &str) -> (i64, i64) {
        let query = format!(
            "{{ get_fan(partner_id: \"club-shop\", user_id: \"{fan}\") {{ result {{ fan_points status_points }} }} }}"
        );
        let data = self.ask(&query).await;
        let fan = &data["get_fan"]["result"];
        (fan["fan_points"].as_i64().expect("points"), fan["status_points"].as_i64().expect("points"))
    }

    /// Waits until the platform knows of a decision about a refused redemption.
    pub async fn until_decided(&self, purchase: &str, outcome: &str) {
        let request = self.club_shop(Environment::Development);
        let token = self.token(&request.client_id, &request.client_secret).await;
        let query = r#"{ get_review_decisions(partner_id: "club-shop") { result { purchase_id outcome } } }"#;
        let begun = Instant::now();
        loop {
            let answer: serde_json::Value = reqwest::Client::new()
                .post(format!("http://{}/graphql", self.listen))
                .header("authorization", &token)
                .json(&serde_json::json!({ "query": query }))
                .send()
                .await
                .unwrap()
                .json()
                .await
                .unwrap();
            let known = answer["data"]["get_review_decisions"]["result"].as_array().unwrap();
            if known.iter().any(|one| one["purchase_id"] == purchase && one["outcome"] == outcome) {
                return;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "no decision about {purchase}: {answer}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// A terminal with its folder, a keychain in memory, and everything that it has told.
pub struct Till {
    pub terminal: Terminal,
    pub keychain: Arc<MemoryKeychain>,
    pub told: Arc<Mutex<Vec<News>>>,
    /// Added to the system's clock, in milliseconds.
    pub ahead: Arc<AtomicI64>,
    /// What the person in front of the browser does; without this file there is no browser.
    pub habits: PathBuf,
}

impl Till {
    pub fn open(folder: &Path, keychain: Arc<MemoryKeychain>) -> Self {
        Self::open_with(folder, keychain, None)
    }

    pub fn open_with(
        folder: &Path,
        keychain: Arc<MemoryKeychain>,
        frames: Option<partner::FrameFolder>,
    ) -> Self {
        let told = Arc::new(Mutex::new(Vec::new()));
        let ahead = Arc::new(AtomicI64::new(0));
        let (ear, clock) = (told.clone(), ahead.clone());
        let habits = folder.join("habits.json");
        let browser = habits.clone();
        let terminal = Terminal::start(Options {
            data_dir: folder.to_owned(),
            log_dir: folder.join("logs"),
            app_version: "0.0.0".into(),
            started: Instant::now(),
            pairing_file: None,
            frames,
            keychain: keychain.clone(),
            announce: Arc::new(move |news| ear.lock().unwrap().push(news)),
            recent_errors: Arc::new(Vec::new),
            clock: Arc::new(move || Timestamp(system_clock().0 + clock.load(Ordering::Relaxed))),
            open_browser: Arc::new(move |address| match browser.exists() {
                true => rig::open(&browser, address),
                false => Err("there is none".into()),
            }),
        });
        Self { terminal, keychain, told, ahead, habits }
    }

    pub async fn show_picture(&self, picture: &[u8]) -> Result<FanCard, AppError> {
        self.terminal.identify_picture(&base64::engine::general_purpose::STANDARD.encode(picture)).await
    }

    /// Waits until the export has ended.
    pub async fn until_exported(&self) -> partner::view::ExportView {
        let begun = Instant::now();
        loop {
            let view = self.terminal.export_state().expect("an export was begun");
            if view.state != partner::view::ExportState::Running {
                return view;
            }
            assert!(begun.elapsed() < Duration::from_secs(20), "{view:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// The operation with this id.
    pub async fn operation(&self, id: &str) -> OperationView {
        let all = self.all().await;
        all.into_iter().find(|operation| operation.id == id).expect("the operation is there")
    }

    pub async fn all(&self) -> Vec<OperationView> {
        self.terminal.operations(everything()).await.unwrap().rows
    }

    /// Waits until the operation is in this state.
    pub async fn until(&self, id: &str, state: OperationStateView) -> OperationView {
        let deadline = Instant::now() + Duration::from_secs(30);
        loop {
            let operation = self.operation(id).await;
            if operation.state == state {
                return operation;
            }
            assert!(Instant::now() < deadline, "still {operation:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until something like this was told.
    pub async fn until_told(&self, wanted: impl Fn(&News) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(40);
        while !self.told.lock().unwrap().iter().any(&wanted) {
            assert!(Instant::now() < deadline, "never told");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until so many engagement events wait.
    pub async fn until_events(&self, wanted: impl Fn(u64) -> bool) {
        let deadline = Instant::now() + Duration::from_secs(40);
        while !wanted(self.terminal.diagnostics().await.unwrap().events_waiting) {
            assert!(Instant::now() < deadline, "never so many events");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Waits until the line is in this state.
    pub async fn until_link(&self, state: LinkState) {
        let deadline = Instant::now() + Duration::from_secs(40);
        while self.terminal.status().await.unwrap().link.state != state {
            assert!(Instant::now() < deadline, "never {state:?}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// One item of this price, in hundredths.
pub fn purchase(minor: i64) -> Vec<ItemInput> {
    vec![ItemInput { title: String::new(), price_minor: minor, rate_label: None }]
}

/// Closes a till: its line stops and its database is let go of.
pub async fn close(till: Till) {
    till.terminal.close().await;
}

/// The newest operations of any kind.
pub fn everything() -> OperationFilter {
    OperationFilter { states: vec![], kinds: vec![], from: None, to: None, after: None, limit: 200 }
}

/// A till of the club shop that is online.
pub async fn connected(platform: &Platform, folder: &Path) -> Till {
    let till = Till::open(folder, Arc::new(MemoryKeychain::default()));
    till.terminal.connect(platform.club_shop(Environment::Development)).await.unwrap();
    till.until_link(LinkState::Online).await;
    till
}

/// Somebody to be added.
pub fn somebody(name: &str, role: Role, first_pin: Option<&str>) -> NewPerson {
    NewPerson { name: name.into(), role, oidc_subject: None, first_pin: first_pin.map(str::to_owned) }
}

/// Why it was refused.
pub fn code<T: std::fmt::Debug>(answer: Result<T, AppError>) -> ErrorCode {
    answer.unwrap_err().code
}

/// Waits until it is so.
pub async fn eventually<F: Future<Output = bool>>(what: &str, look: impl Fn() -> F) {
    let deadline = Instant::now() + Duration::from_secs(40);
    while !look().await {
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
