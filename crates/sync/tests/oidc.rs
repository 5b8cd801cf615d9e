//! Signing in at a real OpenID Connect provider, over a real loopback redirect, with whatever can be wrong in between.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../../../tests/oidc/rig.rs"]
mod rig;

use std::path::PathBuf;
use std::time::Duration;

use rig::Provider;
use serde_json::{Value, json};
use sync::{ClosingPage, OidcError, OidcProvider, OidcSignIn, RefreshToken, Timeouts, discover, renew};

struct Desk {
    provider: Provider,
    folder: tempfile::TempDir,
}

impl Desk {
    fn open() -> Self {
        Self { provider: Provider::start(), folder: tempfile::tempdir().unwrap() }
    }

    fn settings(&self) -> OidcProvider {
        OidcProvider {
            issuer: self.provider.issuer.clone(),
            client_id: self.provider.client_id.clone(),
            scopes: vec!["offline_access".into()],
            redirect_uri: None,
            ask_consent: true,
        }
    }

    fn habits(&self) -> PathBuf {
        self.folder.path().join("habits.json")
    }

    async fn sign_in(&self, habits: Value) -> Result<OidcSignIn, OidcError> {
        self.sign_in_at(&self.settings(), habits).await
    }

    async fn sign_in_at(&self, at: &OidcProvider, habits: Value) -> Result<OidcSignIn, OidcError> {
        rig::habits(&self.habits(), &habits);
        let file = self.habits();
        sync::sign_in(at, &page(), Timeouts::default(), |address| async move {
            rig::open(&file, &address).is_ok()
        })
        .await
    }

    async fn renewed(&self, held: &RefreshToken) -> Result<RefreshToken, OidcError> {
        let next = renew(&self.settings(), held, "noa", Timeouts::default()).await?;
        Ok(next.expect("this provider rotates"))
    }
}

fn page() -> ClosingPage {
    ClosingPage {
        language: "en".into(),
        title: "FanPoints Partner".into(),
        done: "You can close this page.".into(),
        failed: "Go back to the app.".into(),
    }
}

fn noa() -> Value {
    json!({ "account": "noa" })
}

/// What the browser showed at the end.
async fn seen(desk: &Desk) -> Value {
    let file = desk.folder.path().join("habits.json.seen");
    loop {
        if let Some(seen) = std::fs::read(&file).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()) {
            return seen;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_person_signs_in_and_the_browser_is_told_how_it_ended() {
    let desk = Desk::open();
    let facts = discover(&desk.settings(), Timeouts::default()).await.unwrap();
    assert_eq!((facts.issuer.as_str(), facts.offline_access), (desk.provider.issuer.as_str(), true));
    let typed = OidcProvider { issuer: format!("{}/", desk.provider.issuer), ..desk.settings() };
    let found = discover(&typed, Timeouts::default()).await.unwrap();
    assert_eq!(found.issuer, desk.provider.issuer, "whatever the last slash was");

    let signed_in = desk.sign_in(noa()).await.unwrap();
    assert_eq!(signed_in.subject, "noa");
    let seen = seen(&desk).await;
    assert!(seen["text"].as_str().unwrap().contains("You can close this page."), "{seen}");
    let asked = reqwest::Url::parse(seen["opened"].as_str().unwrap()).unwrap();
    let value = |name: &str| asked.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    assert_eq!((value("code_challenge_method"), value("response_type")), ("S256".into(), "code".into()));
    assert_eq!((value("prompt"), value("max_age")), ("login consent".into(), "0".into()));
    assert!(value("redirect_uri").starts_with("http://127.0.0.1:"));
    let back = reqwest::Url::parse(&value("redirect_uri")).unwrap();
    assert!(reqwest::get(back).await.is_err(), "nothing listens any more");
}

#[tokio::test]
async fn an_answer_that_is_not_the_providers_to_this_request_is_not_trusted() {
    let desk = Desk::open();
    for (how, part) in [
        (json!({ "nonce": "another" }), "nonce"),
        (json!({ "remove": ["nonce"] }), "nonce"),
        (json!({ "iss": "https://login.example.org" }), "iss"),
        (json!({ "aud": "another-app" }), "aud"),
        (json!({ "aud": [desk.provider.client_id, "another-app"] }), "aud"),
        (json!({ "exp": 1_700_000_000 }), "exp"),
        (json!({ "auth_time": 1_700_000_000 }), "auth_time"),
        (json!({ "sub": "" }), "sub"),
        (json!({ "key": "foreign" }), "signature"),
        (json!({ "key": "none" }), "signature"),
    ] {
        desk.provider.spoil(how.clone()).await;
        assert_eq!(desk.sign_in(noa()).await.unwrap_err(), OidcError::Untrusted(part), "{how}");
        let seen = seen(&desk).await;
        assert!(seen["text"].as_str().unwrap().contains("Go back to the app."), "{seen}");
        std::fs::remove_file(desk.folder.path().join("habits.json.seen")).unwrap();
    }
    let nonce = json!({ "account": "noa", "replace": { "nonce": "n" } });
    assert_eq!(desk.sign_in(nonce).await.unwrap_err(), OidcError::Untrusted("nonce"));
    desk.sign_in(noa()).await.expect("and then it goes on");
}

#[tokio::test]
async fn what_does_not_belong_to_this_request_changes_nothing() {
    let desk = Desk::open();
    rig::habits(&desk.habits(), &json!({ "account": "noa", "replace": { "state": "another" } }));
    let (file, seen_at) = (desk.habits(), desk.folder.path().join("habits.json.seen"));
    let told = sync::sign_in(&desk.settings(), &page(), Timeouts::default(), |address| async move {
        tokio::spawn(async move {
            rig::open(&file, &address).unwrap();
            while !seen_at.exists() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            // Somebody has swapped the state, and the listener goes on waiting for the right one.
            rig::habits(&file, &noa());
            rig::open(&file, &address).unwrap();
        });
        true
    })
    .await;
    assert_eq!(told.unwrap().subject, "noa");
}

#[tokio::test]
async fn each_way_to_fail_has_its_name() {
    let mut desk = Desk::open();
    let denied = json!({ "account": "noa", "deny": true });
    assert_eq!(desk.sign_in(denied).await.unwrap_err(), OidcError::Denied);
    let closed = sync::sign_in(&desk.settings(), &page(), Timeouts::default(), |_| async { false }).await;
    assert_eq!(closed.unwrap_err(), OidcError::Browser);
    let wrong = OidcProvider { issuer: format!("{}/elsewhere", desk.provider.issuer), ..desk.settings() };
    assert_eq!(desk.sign_in_at(&wrong, noa()).await.unwrap_err(), OidcError::Untrusted("issuer"));
    let open = OidcProvider { issuer: "http://login.example.org".into(), ..desk.settings() };
    assert_eq!(desk.sign_in_at(&open, noa()).await.unwrap_err(), OidcError::Settings("issuer"));
    let away = OidcProvider { redirect_uri: Some("https://example.org/".into()), ..desk.settings() };
    assert_eq!(desk.sign_in_at(&away, noa()).await.unwrap_err(), OidcError::Settings("redirect_uri"));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let redirect_uri = Some(format!("http://{}/callback", taken.local_addr().unwrap()));
    let busy = OidcProvider { redirect_uri, ..desk.settings() };
    assert_eq!(desk.sign_in_at(&busy, noa()).await.unwrap_err(), OidcError::Listener);
    desk.provider.stop();
    assert!(matches!(desk.sign_in(noa()).await.unwrap_err(), OidcError::Unreachable(_)));
}

#[tokio::test]
async fn a_refresh_token_works_once_and_a_grant_ends() {
    let mut desk = Desk::open();
    let first = desk.sign_in(noa()).await.unwrap().refresh_token.unwrap();
    let second = desk.renewed(&first).await.unwrap();
    let third = desk.renewed(&second).await.unwrap();
    assert!(first.expose() != second.expose() && second.expose() != third.expose());
    // Whoever spends an old one is a thief or the owner: the provider lets nobody go on.
    assert_eq!(desk.renewed(&first).await.unwrap_err(), OidcError::Ended);
    assert_eq!(desk.renewed(&third).await.unwrap_err(), OidcError::Ended);

    let held = desk.sign_in(noa()).await.unwrap().refresh_token.unwrap();
    desk.provider.spoil(json!({ "sub": "kim" })).await;
    assert_eq!(desk.renewed(&held).await.unwrap_err(), OidcError::Untrusted("sub"));
    let held = desk.sign_in(noa()).await.unwrap().refresh_token.unwrap();
    desk.provider.end("noa").await;
    assert_eq!(desk.renewed(&held).await.unwrap_err(), OidcError::Ended);

    let unasked = OidcProvider { ask_consent: false, ..desk.settings() };
    let without = OidcProvider { scopes: Vec::new(), ..desk.settings() };
    for settings in [unasked, without] {
        assert!(desk.sign_in_at(&settings, noa()).await.unwrap().refresh_token.is_none());
    }
    let held = desk.sign_in(noa()).await.unwrap().refresh_token.unwrap();
    desk.provider.stop();
    assert!(matches!(desk.renewed(&held).await.unwrap_err(), OidcError::Unreachable(_)));
}
