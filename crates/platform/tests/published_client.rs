//! The client that is published for Python runs all of its calls against this server, unmodified.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use platform::{Config, EnvironmentName, HashCost, start};
use serde_json::{Value, json};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/published_client");

#[tokio::test]
async fn the_published_client_s_calls_all_work_and_its_refusals_come() {
    let dir = tempfile::TempDir::new().unwrap();
    let config = Config {
        seed_example: true,
        hash_cost: HashCost { memory_kib: 64, passes: 1, lanes: 1 },
        ..Config::new(dir.path())
    };
    let running = start(config).await.unwrap();
    let credential = running.credential(EnvironmentName::Development, Some("club-shop")).unwrap();
    let told = json!({
        "graphql": running.ready().graphql,
        "token_endpoint": running.token_endpoint(),
        "partner_id": credential.partner_id,
        "client_id": credential.client_id,
        "client_secret": credential.client_secret,
    });
    let said = tokio::task::spawn_blocking(move || run(&python(), &told)).await.unwrap();
    let said: Value = serde_json::from_str(said.trim()).unwrap();
    assert!(said["calls"].as_u64().unwrap() >= 16 && said["made"].as_u64().unwrap() >= 40, "{said}");
    running.stop().await;
}

/// The interpreter of a virtual environment with the client in it, made where it is missing or of another version.
fn python() -> PathBuf {
    let requirements = Path::new(FOLDER).join("requirements.txt");
    let wanted = std::fs::read_to_string(&requirements).unwrap();
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("published-client");
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let stamp = folder.join("installed.txt");
    if std::fs::read_to_string(&stamp).is_ok_and(|installed| installed == wanted) {
        return python;
    }
    let base = if cfg!(windows) { "python" } else { "python3" };
    succeed(Command::new(base).args(["-m", "venv", "--clear"]).arg(&folder));
    let pip =
        ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--no-deps", "-r"];
    succeed(Command::new(&python).args(pip).arg(&requirements));
    std::fs::write(stamp, wanted).unwrap();
    python
}

fn run(python: &Path, told: &Value) -> String {
    let mut child = Command::new(python)
        .arg(Path::new(FOLDER).join("calls.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(told.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn succeed(command: &mut Command) {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}{}", String::from_utf8_lossy(&output.stdout));
}
