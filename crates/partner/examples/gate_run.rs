//! How long a scanned code takes to the fan's card and to the gate's verdict, without a network, and whether memory
//! stays flat over an evening. The first argument is the number of passages a minute; 0, or none, is as fast as it
//! goes. Run by `cargo xtask bench gate`.

#![allow(clippy::print_stdout, clippy::expect_used)] // It measures and tells.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use fanpass::FanPointsId;
use ledger::Timestamp;
use partner::view::{
    CodeSource, ConnectRequest, Environment, GatePlan, GateRule, LinkState, SoundSet, UnsureRule,
};
use partner::{MemoryKeychain, Options, Terminal, system_clock};

const PASSAGES: u64 = 600;
const CARDS: usize = 200;
/// The first eleven digits of the first of many ids.
const FIRST: u64 = 40_000_000_000;
/// Fans of the example program.
const KNOWN: [&str; 3] = ["008407119295", "391258460617", "308077152951"];

#[tokio::main]
async fn main() {
    let a_minute: u32 = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(0);
    let folder = tempfile::tempdir().expect("a folder");
    let mut config = platform::Config::new(folder.path().join("platform"));
    config.seed_example = true;
    let server = platform::start(config).await.expect("the platform starts");
    let ahead = Arc::new(AtomicI64::new(0));
    let clock = ahead.clone();
    let terminal = Terminal::start(Options {
        data_dir: folder.path().join("till"),
        log_dir: folder.path().join("logs"),
        app_version: "0.0.0".into(),
        started: Instant::now(),
        pairing_file: None,
        frames: None,
        keychain: Arc::new(MemoryKeychain::default()),
        announce: Arc::new(|_| {}),
        recent_errors: Arc::new(Vec::new),
        clock: Arc::new(move || Timestamp(system_clock().0 + clock.load(Ordering::Relaxed))),
        open_browser: Arc::new(|_| Err("there is none".into())),
    });
    terminal.connect(club_shop(&server)).await.expect("the till connects");
    // What the till has met is known to it when the network is gone.
    for id in KNOWN {
        terminal.identify_text(id, CodeSource::Camera).await.expect("a fan of the example");
    }
    server.stop().await;
    while terminal.status().await.expect("a status").link.state == LinkState::Online {
        terminal.send_now().await.expect("the till is connected");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    cards(&terminal).await;
    gate(&terminal, &ahead, a_minute).await;
    terminal.close().await;
}

fn club_shop(server: &platform::Running) -> ConnectRequest {
    let known = server.credentials().iter().find(|known| {
        known.environment.to_string() == "development" && known.partner_id.as_deref() == Some("club-shop")
    });
    let known = known.expect("the club shop has a credential");
    ConnectRequest {
        endpoint: format!("http://{}", server.address()),
        token_endpoint: None,
        partner_id: "club-shop".into(),
        client_id: known.client_id.clone(),
        client_secret: known.client_secret.clone(),
        environment: Environment::Development,
    }
}

async fn cards(terminal: &Terminal) {
    let mut times = Vec::with_capacity(CARDS);
    for id in KNOWN.iter().cycle().take(CARDS) {
        let start = Instant::now();
        terminal.identify_text(id, CodeSource::Camera).await.expect("a fan");
        times.push(start.elapsed());
    }
    tell("scanned code to the fan's card", times);
}

async fn gate(terminal: &Terminal, ahead: &AtomicI64, a_minute: u32) {
    let plan = GatePlan {
        title: "North gate".into(),
        rule: GateRule::AtLeast { status_points: 1000 },
        unsure: UnsureRule::Admit,
        award: None,
        sounds: SoundSet::Silent,
        kiosk: false,
    };
    terminal.prepare_gate(plan, None).await.expect("a plan");
    terminal.open_gate().await.expect("an open gate");
    let (mut times, mut memory) = (Vec::new(), Vec::new());
    let begun = Instant::now();
    let mut due = begun;
    for number in 0..PASSAGES {
        let id = FanPointsId::from_first_eleven(FIRST + number).expect("an id");
        let start = Instant::now();
        let passage = terminal.gate_text(&id.to_string(), CodeSource::Camera).await.expect("a verdict");
        times.push(start.elapsed());
        assert!(passage.is_some(), "every fan is another one");
        if number % (PASSAGES / 10) == 0 {
            memory.push(resident_kib());
        }
        if a_minute == 0 {
            ahead.fetch_add(1000, Ordering::Relaxed);
        } else {
            due += Duration::from_secs(60) / a_minute;
            tokio::time::sleep(due.saturating_duration_since(Instant::now())).await;
        }
    }
    memory.push(resident_kib());
    tell("scanned code to the gate's verdict", times);
    let run = terminal.gate().await.expect("the gate").run.expect("it is open");
    assert_eq!(u64::from(run.passed), PASSAGES);
    let line: Vec<String> =
        memory.iter().flatten().map(|kib| format!("{}.{}", kib / 1024, kib % 1024 * 10 / 1024)).collect();
    println!(
        "{PASSAGES} passages in {:.0} s; resident MB: {}",
        begun.elapsed().as_secs_f64(),
        line.join(" ")
    );
}

fn tell(what: &str, mut times: Vec<Duration>) {
    times.sort();
    let at = |share: usize| {
        let time = times.get((times.len().saturating_sub(1)) * share / 100).copied().unwrap_or_default();
        time.as_secs_f64() * 1000.0
    };
    println!("{what:<36} median {:>6.2} ms  p95 {:>6.2} ms  slowest {:>6.2} ms", at(50), at(95), at(100));
}

/// None where the system does not tell.
fn resident_kib() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.split_whitespace().next()?.parse().ok()
}
