//! Everything that a day's work leaves on the disk, with the log at its most talkative, holds no secret, token, PIN or
//! pass.

use std::fs;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::json;

use crate::steps::{FAN, key_in, show_code};
use crate::support::{Code, Fault, Platform, Proxy, Shop, Stage, Till, device_id, secret};

const PIN: &str = "860195734";
const PERSONS_PIN: &str = "739164285";
const PASSPHRASE: &str = "horses eat green batteries";

#[tokio::test]
async fn no_file_holds_a_secret_a_token_a_pin_or_a_pass() {
    let stage = Stage::new("secrets");
    let platform = Platform::start(&stage).await;
    let proxy = Proxy::start(platform.address()).await;
    let pairing = platform.pairing(Shop::ClubShop).through(&proxy);
    let mut till = Till::on(&stage).verbose().paired(pairing.clone()).open().await;
    till.has("strip", "state", "online").await;
    let live = platform.code_text(FAN, Code::Live).await;
    let card = platform.code_text(FAN, Code::Card).await;
    a_day(&stage, &platform, &proxy, &till, &live, &card).await;

    // What the app was started with is the pairing file's to hold; the app does not keep it.
    let pairing_file = stage.path("till").join("pairing.json");
    fs::remove_file(&pairing_file).expect("the pairing file is there");
    let signed_in = STANDARD.encode(format!("{}:{}", pairing.client_id, pairing.client_secret));
    let mut secrets = vec![
        ("the client secret", pairing.client_secret.into_bytes()),
        ("the client's sign-in", signed_in.into_bytes()),
        ("the manager's PIN", PIN.into()),
        ("a person's PIN", PERSONS_PIN.into()),
        ("a passphrase", PASSPHRASE.into()),
        ("a live pass", live.into_bytes()),
        ("a card pass", card.into_bytes()),
    ];
    let device = device_id(&till.data_file(""));
    for name in ["database-key", "signing-key", "sealing-key"] {
        secrets.push(("a key of the keychain", secret(&format!("{name} {device}"))));
    }
    let tokens = proxy.tokens();
    assert!(!tokens.is_empty(), "the app has signed in");
    secrets.extend(tokens.into_iter().map(|token| ("a token", token.into_bytes())));
    assert!(till.log().lines().any(|line| line.contains(" TRACE ")), "the log is not at its most talkative");

    // Still open, and after it was closed.
    let found = searched(&stage, &secrets);
    assert!(found.is_empty(), "{found:#?}");
    till.close().await;
    let found = searched(&stage, &secrets);
    assert!(found.is_empty(), "{found:#?}");
    let leak = stage.file("leak.txt", format!("Basic {}", STANDARD.encode(&secrets[0].1)).as_bytes());
    assert_eq!(
        searched(&stage, &secrets),
        [format!("the client secret in {}", leak.display())],
        "the search finds one"
    );
}

/// The main job, what a manager does, and every file that a person can ask for.
async fn a_day(stage: &Stage, platform: &Platform, proxy: &Proxy, till: &Till, live: &str, card: &str) {
    show_code(stage, platform, till, FAN, Code::Live).await;
    till.find("fan-card").await;
    for (button, amount) in [("give", "2500"), ("redeem", "700")] {
        key_in(till, amount).await;
        till.press(button).await;
        till.find("success").await;
        till.press("same-fan").await;
    }
    for text in [card, live] {
        // A live pass that was shown before is refused, and that is written down.
        let _shown = till.call("identify_text", json!({ "text": text, "source": "handheld" })).await;
    }
    let asked = async |command: &str, arguments| {
        till.call(command, arguments).await.unwrap_or_else(|code| panic!("{command}: {code}"))
    };
    asked("set_manager_pin", json!({ "pin": PIN, "old": null })).await;
    assert_eq!(
        till.call("set_retention", json!({ "days": 30, "pin": "123123" })).await.unwrap_err(),
        "pinWrong"
    );
    asked("set_retention", json!({ "days": 30, "pin": PIN })).await;
    proxy.set(Fault::Cut);
    let items = json!([{ "title": "Scarf", "priceMinor": 1_000, "rateLabel": null }]);
    let shown = asked("identify_text", json!({ "text": FAN, "source": "typed" })).await;
    asked("give", json!({ "fan": shown["card"]["fan"], "items": items })).await;
    let recipient = json!({ "kind": "passphrase", "passphrase": PASSPHRASE });
    asked("evacuate", json!({ "request": { "recipient": recipient, "asCodes": true }, "pin": PIN })).await;
    proxy.set(Fault::None);

    let person = json!({ "name": "Kim", "role": "manager", "oidcSubject": null, "firstPin": PERSONS_PIN });
    asked("add_person", json!({ "person": person, "pin": PIN })).await;
    asked("save_diagnostics", json!({})).await;
    till.press("nav-review").await;
    for form in ["csv", "jsonLines"] {
        till.press("review-export").await;
        till.press(&format!("export-{form}")).await;
        till.find("export-done").await;
        till.press("export-close").await;
    }
}

/// Which secret is in which file, in any form in which bytes are written down.
fn searched(stage: &Stage, secrets: &[(&str, Vec<u8>)]) -> Vec<String> {
    let mut found = Vec::new();
    let files = files(&stage.path("till")).into_iter().chain([stage.path("leak.txt")]);
    for file in files.filter(|file| file.is_file()) {
        let bytes = fs::read(&file).expect("a file can be read");
        for (what, secret) in secrets {
            if forms(secret).iter().any(|form| holds(&bytes, form)) {
                found.push(format!("{what} in {}", file.display()));
            }
        }
    }
    found
}

fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let hex: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![secret.to_vec(), hex.to_uppercase().into_bytes(), hex.into_bytes()];
    for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
        forms.push(engine.encode(secret).into_bytes());
    }
    forms
}

fn holds(bytes: &[u8], word: &[u8]) -> bool {
    bytes.windows(word.len()).any(|window| window == word)
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}
