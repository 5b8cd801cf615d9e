//! The real OpenID Connect provider of the tests, and the browser that a person would use with it. Used by the tests of
//! several crates; the programs are beside this file.

#![allow(dead_code)] // Each user of this module plays only some of the parts.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// `tests/oidc`, from the crate that includes this file.
fn folder() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = here.ancestors().map(|folder| folder.join("tests/oidc")).find(|folder| folder.is_dir());
    found.expect("the provider's folder is in the project")
}

/// A provider that knows everybody by any name. Each start is another one: with its own address, keys and grants.
pub struct Provider {
    child: Child,
    _said: BufReader<ChildStdout>,
    pub issuer: String,
    pub client_id: String,
}

impl Provider {
    pub fn start() -> Self {
        let folder = folder();
        assert!(
            folder.join("node_modules").is_dir(),
            "the provider's packages are missing: `cargo xtask test` installs them"
        );
        let mut child = Command::new("node")
            .arg(folder.join("provider.mjs"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("node starts");
        let mut said = BufReader::new(child.stdout.take().expect("its words are piped"));
        let ready = loop {
            let mut line = String::new();
            assert!(said.read_line(&mut line).expect("it can be heard") > 0, "the provider did not start");
            if let Ok(ready) = serde_json::from_str::<Value>(&line) {
                break ready;
            }
        };
        let text = |name: &str| ready[name].as_str().expect("it says who it is").to_owned();
        Self { issuer: text("issuer"), client_id: text("clientId"), child, _said: said }
    }

    /// The next ID token is spoilt with this: claims in place of its own, `remove`, `key` (`foreign` or `none`).
    pub async fn spoil(&self, how: Value) {
        self.tell("spoil", &how).await;
    }

    /// Ends everything that the provider has granted for this account: its owner was let go.
    pub async fn end(&self, account: &str) {
        self.tell("end", &json!({ "account": account })).await;
    }

    /// How many refresh tokens were spent.
    pub async fn renewals(&self) -> u64 {
        self.tell("renewals", &json!({})).await["renewals"].as_u64().expect("a number")
    }

    /// How many grants the app has given back.
    pub async fn revoked(&self) -> u64 {
        self.tell("revoked", &json!({})).await["revoked"].as_u64().expect("a number")
    }

    async fn tell(&self, what: &str, body: &Value) -> Value {
        let answer =
            reqwest::Client::new().post(format!("{}/test/{what}", self.issuer)).json(body).send().await;
        let answer = answer.expect("the provider answers");
        assert!(answer.status().is_success(), "{what}: {}", answer.status());
        answer.json().await.expect("the provider answers with JSON")
    }

    pub fn stop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What the person in front of the browser does, such as `{ "account": "noa" }`.
pub fn habits(file: &Path, habits: &Value) {
    std::fs::write(file, habits.to_string()).expect("the habits can be written");
}

/// The program and the words that open an address, which comes last.
pub fn browser(habits: &Path) -> [String; 3] {
    ["node".into(), folder().join("browser.mjs").display().to_string(), habits.display().to_string()]
}

/// Opens an address, as the system would.
pub fn open(habits: &Path, address: &str) -> Result<(), String> {
    let [program, script, habits] = browser(habits);
    let started = Command::new(program).args([&script, &habits, address]).stdin(Stdio::null()).spawn();
    started.map(drop).map_err(|error| error.to_string())
}
