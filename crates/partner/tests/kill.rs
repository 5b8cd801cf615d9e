//! The terminal in a process of its own, under load, killed at random moments again and again.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod common;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{FIRST_FAN, Platform, purchase};
use ledger::conformance::Dice;
use partner::upkeep::{AuditState, ReconcileVerdict};
use partner::view::{CodeSource, Environment, OperationFilter, OperationStateView};
use partner::{Keychain, KeychainFault, Options, Secret, Terminal, system_clock};

const FOLDER: &str = "FANPOINTS_COUNTER_FOLDER";
const PAIRING: &str = "FANPOINTS_COUNTER_PAIRING";

/// Secrets in files, so that the next process finds what this one kept.
struct Files(PathBuf);

impl Keychain for Files {
    fn read(&self, name: &str) -> Result<Option<Secret>, KeychainFault> {
        Ok(std::fs::read(self.0.join(format!("secret {name}"))).ok().map(Secret::new))
    }

    fn write(&self, name: &str, secret: &Secret) -> Result<(), KeychainFault> {
        // Whole or not at all: a keychain survives its users.
        let draft = self.0.join("draft");
        std::fs::write(&draft, secret.expose()).map_err(|error| KeychainFault(error.to_string()))?;
        std::fs::rename(draft, self.0.join(format!("secret {name}")))
            .map_err(|error| KeychainFault(error.to_string()))
    }

    fn remove(&self, name: &str) -> Result<(), KeychainFault> {
        let _gone = std::fs::remove_file(self.0.join(format!("secret {name}")));
        Ok(())
    }
}

fn terminal(folder: &Path, pairing: Option<PathBuf>) -> Terminal {
    Terminal::start(Options {
        data_dir: folder.to_owned(),
        log_dir: folder.join("logs"),
        app_version: "0.0.0".into(),
        started: Instant::now(),
        pairing_file: pairing,
        frames: None,
        keychain: Arc::new(Files(folder.to_owned())),
        announce: Arc::new(|_| {}),
        recent_errors: Arc::new(Vec::new),
        clock: Arc::new(system_clock),
        open_browser: Arc::new(|_| Err("there is none".into())),
    })
}

/// The other process: it gives points without a pause and says so only after the screen would have.
#[tokio::test(flavor = "multi_thread")]
async fn counter_in_a_process_of_its_own() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let terminal = terminal(Path::new(&folder), std::env::var_os(PAIRING).map(PathBuf::from));
    while terminal.status().await.is_ok_and(|status| status.connection.is_none()) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let card = terminal.identify_text(FIRST_FAN, CodeSource::Typed).await.unwrap();
    println!("ready");
    let mut counters = Vec::new();
    for _ in 0..3 {
        let (terminal, fan) = (terminal.clone(), card.fan.clone());
        counters.push(tokio::spawn(async move {
            loop {
                match terminal.give(&fan, purchase(100)).await {
                    Ok(receipt) => {
                        println!("confirmed {}", receipt.operation.id);
                        std::io::stdout().flush().unwrap();
                    }
                    // The hourly limit of a device: nothing more to confirm.
                    Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        }));
    }
    for counter in counters {
        let () = counter.await.unwrap();
    }
}

/// Starts the other process, lets it work for so long, and kills it. What it had confirmed.
fn killed_after(folder: &Path, pairing: &Path, life: Duration) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["counter_in_a_process_of_its_own", "--exact", "--nocapture"])
        .env(FOLDER, folder)
        .env(PAIRING, pairing)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap());
    let (say, hear) = std::sync::mpsc::channel();
    let reader = std::thread::spawn(move || {
        for line in lines.lines().map_while(Result::ok) {
            if say.send(line).is_err() {
                return;
            }
        }
    });
    let mut confirmed = Vec::new();
    let mut end = Instant::now() + Duration::from_secs(60);
    loop {
        match hear.recv_timeout(end.saturating_duration_since(Instant::now())) {
            Ok(line) if line.ends_with("ready") => end = Instant::now() + life,
            Ok(line) => confirmed.extend(line.strip_prefix("confirmed ").map(str::to_owned)),
            Err(_) => break,
        }
    }
    // SIGKILL: nothing is tidied up.
    child.kill().unwrap();
    child.wait().unwrap();
    reader.join().unwrap();
    confirmed.extend(hear.try_iter().filter_map(|line| line.strip_prefix("confirmed ").map(str::to_owned)));
    confirmed
}

#[tokio::test(flavor = "multi_thread")]
async fn fault_killed_again_and_again_under_load_nothing_confirmed_is_lost_or_doubled() {
    let kills = if std::env::var_os("FANPOINTS_FAULTS").is_some() { 100 } else { 8 };
    let seed = std::env::var("FANPOINTS_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_261_120);
    println!("again: FANPOINTS_SEED={seed} cargo test -p partner --test kill");
    let mut dice = Dice::new(seed);
    let platform = Platform::start().await;
    let folder = tempfile::tempdir().unwrap();
    let request = platform.club_shop(Environment::Development);
    let pairing = folder.path().join("pairing.json");
    let text = serde_json::json!({
        "endpoint": request.endpoint, "partner_id": request.partner_id, "client_id": request.client_id,
        "client_secret": request.client_secret, "environment": "development",
    });
    std::fs::write(&pairing, text.to_string()).unwrap();
    let before = platform.balances(FIRST_FAN).await.0;

    let mut confirmed = BTreeSet::new();
    for _ in 0..kills {
        let life = Duration::from_millis(u64::try_from(dice.between(0, 60)).unwrap());
        let (data, pairing) = (folder.path().to_owned(), pairing.clone());
        let said = tokio::task::spawn_blocking(move || killed_after(&data, &pairing, life)).await.unwrap();
        confirmed.extend(said);
    }
    assert!(confirmed.len() > 5, "{} confirmed under {kills} kills tell nothing", confirmed.len());

    let terminal = terminal(folder.path(), None);
    let end = Instant::now() + Duration::from_secs(60);
    while terminal.status().await.unwrap().queue.waiting > 0 {
        assert!(Instant::now() < end, "the queue does not drain");
        let _sent = terminal.send_now().await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut kept = Vec::new();
    let mut after = None;
    loop {
        let filter =
            OperationFilter { states: vec![], kinds: vec![], from: None, to: None, after, limit: 200 };
        let page = terminal.operations(filter).await.unwrap();
        kept.extend(page.rows);
        after = page.next;
        if after.is_none() {
            break;
        }
    }
    for id in &confirmed {
        let row = kept.iter().find(|row| row.id == *id).expect("what was confirmed is there");
        assert_eq!(row.state, OperationStateView::Accepted);
    }
    let given: i64 = kept.iter().map(|row| row.fan_points).sum();
    assert_eq!(platform.balances(FIRST_FAN).await.0, before + given, "each once");
    let now = system_clock().0;
    let sides = terminal.reconcile(now - 3_600_000, now + 3_600_000).await.unwrap();
    assert_eq!(usize::try_from(sides.matched).unwrap(), kept.len());
    assert!(sides.rows.iter().all(|row| row.verdict == ReconcileVerdict::MissingHere), "{sides:?}");
    assert_eq!(terminal.verify_audit().await.unwrap().state, AuditState::Sound);
    println!("{kills} kills, {} confirmed, {} kept", confirmed.len(), kept.len());
}
