//! Signing in at the partner's OpenID Connect provider, through the use cases against a real platform, a real provider
//! and a browser.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;
use std::sync::atomic::Ordering;

use common::rig::{self, Provider};
use common::{Platform, Till, code, connected, eventually, somebody};
use partner::rights::Role;
use partner::view::{LinkState, PersonChange, ProviderPage, ProviderView, Status};
use partner::{AppError, Approval, ErrorCode, Keychain as _};
use serde_json::json;

const KIMS: &str = "271828";
const NOAS: &str = "314159";
const LATER: i64 = 16 * 60_000;

struct Shop {
    platform: Platform,
    provider: Provider,
    till: Till,
    folder: tempfile::TempDir,
    kim: String,
    noa: String,
}

impl Shop {
    /// Kim, a manager, at work at a till; Noa of the staff; and a provider.
    async fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (platform, provider) = (Platform::start().await, Provider::start());
        let till = connected(&platform, folder.path()).await;
        till.terminal.add_person(somebody("Kim", Role::Manager, Some(KIMS)), None).await.unwrap();
        till.terminal.add_person(somebody("Noa", Role::Staff, None), None).await.unwrap();
        let people = till.terminal.people().await.unwrap();
        let (kim, noa) = (people[0].staff_id.clone(), people[1].staff_id.clone());
        let set = till.terminal.set_sign_in_provider(Some(settings(&provider))).await.unwrap().unwrap();
        assert_eq!(set.issuer, provider.issuer);
        Self { platform, provider, till, folder, kim, noa }
    }

    /// Another till of the shop, connected by hand.
    async fn second(&self, folder: &Path) -> Till {
        connected(&self.platform, folder).await
    }

    fn by_kim(&self) -> Approval {
        Approval::Person { staff_id: self.kim.clone(), pin: KIMS.into() }
    }

    async fn link_noa(&self) -> Status {
        assert!(at_provider(&self.till, "noa").await.unwrap().is_none(), "nobody is linked yet");
        let first = Some(NOAS.to_owned());
        self.till.terminal.link_provider_sign_in(&self.noa, self.by_kim(), first).await.unwrap()
    }

    /// The refresh token of a person in a till's keychain.
    fn token(&self, till: &Till, folder: &Path, staff_id: &str) -> Option<Vec<u8>> {
        let device = std::fs::read_to_string(folder.join("device-id")).unwrap();
        let secret = till.keychain.read(&format!("refresh-token {device} {staff_id}")).unwrap();
        secret.map(|secret| secret.expose().to_vec())
    }
}

fn settings(provider: &Provider) -> ProviderView {
    ProviderView {
        issuer: provider.issuer.clone(),
        client_id: provider.client_id.clone(),
        scopes: vec!["offline_access".into()],
        redirect_uri: None,
        ask_consent: true,
    }
}

fn page() -> ProviderPage {
    let text = str::to_owned;
    ProviderPage { language: text("en"), title: text("App"), done: text("Done."), failed: text("Failed.") }
}

async fn at_provider(till: &Till, account: &str) -> Result<Option<Status>, AppError> {
    rig::habits(&till.habits, &json!({ "account": account }));
    till.terminal.sign_in_with_provider(page()).await
}

fn name(status: &Status) -> Option<&str> {
    status.session.person.as_ref().map(|person| person.name.as_str())
}

async fn at_work(till: &Till) -> Option<String> {
    name(&till.terminal.status().await.unwrap()).map(str::to_owned)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_is_linked_once_with_a_voucher_and_found_on_every_device() {
    let shop = Shop::open().await;
    let terminal = &shop.till.terminal;
    assert_eq!(
        terminal.status().await.unwrap().session.provider.as_deref(),
        Some(&shop.provider.issuer[7..])
    );
    let nothing = terminal.link_provider_sign_in(&shop.noa, shop.by_kim(), None).await;
    assert_eq!(code(nothing), ErrorCode::ProviderUnknown, "nobody has signed in there");

    assert!(at_provider(&shop.till, "noa").await.unwrap().is_none());
    for (approval, refused) in [
        (Approval::Person { staff_id: shop.kim.clone(), pin: NOAS.into() }, ErrorCode::PinWrong),
        (Approval::Person { staff_id: shop.noa.clone(), pin: NOAS.into() }, ErrorCode::PinNotSet),
        (Approval::Connected, ErrorCode::NotAllowed),
        (Approval::Secret { secret: "guess".into() }, ErrorCode::SignInRefused),
    ] {
        let linked = terminal.link_provider_sign_in(&shop.noa, approval, None).await;
        assert_eq!(code(linked), refused);
    }
    let status = terminal.link_provider_sign_in(&shop.noa, shop.by_kim(), Some(NOAS.into())).await.unwrap();
    assert_eq!(name(&status), Some("Noa"));
    assert_eq!(code(terminal.sign_in_provider().await), ErrorCode::NotAllowed, "a manager's matter");

    // Kim proves it with their own PIN. Nobody takes over a person or a sign-in that is linked.
    assert!(at_provider(&shop.till, "kim").await.unwrap().is_none());
    let taken = terminal.link_provider_sign_in(&shop.noa, shop.by_kim(), None).await;
    assert_eq!(code(taken), ErrorCode::SignInTaken);
    let status = terminal.link_provider_sign_in(&shop.kim, shop.by_kim(), None).await.unwrap();
    assert_eq!(name(&status), Some("Kim"));
    assert_eq!(name(&terminal.sign_in(&shop.noa, NOAS.into()).await.unwrap()), Some("Noa"), "the quick way");

    let other = tempfile::tempdir().unwrap();
    let second = shop.second(other.path()).await;
    let status = at_provider(&second, "noa").await.unwrap().expect("known on every device");
    assert_eq!(name(&status), Some("Noa"));
    assert!(shop.token(&second, other.path(), &shop.noa).is_some());
    let bundle = serde_json::to_string(&second.terminal.diagnostics().await.unwrap()).unwrap();
    let token = String::from_utf8(shop.token(&second, other.path(), &shop.noa).unwrap()).unwrap();
    assert!(!bundle.contains(&token));

    // A manager unlinks: the token goes from every device, and the sign-in is nobody's.
    terminal.sign_in(&shop.kim, KIMS.into()).await.unwrap();
    let unlink = PersonChange { name: None, role: None, oidc_subject: Some(String::new()) };
    let people = terminal.change_person(&shop.noa, unlink).await.unwrap();
    assert!(people.iter().all(|person| person.linked == (person.name == "Kim")));
    eventually("the token is gone here", || async {
        shop.token(&shop.till, shop.folder.path(), &shop.noa).is_none()
    })
    .await;
    eventually("and there", || async { shop.token(&second, other.path(), &shop.noa).is_none() }).await;
    eventually("the provider knows it of both", || async { shop.provider.revoked().await == 2 }).await;
    assert!(at_provider(&second, "noa").await.unwrap().is_none());

    // Another provider would call others so: everybody is unlinked.
    let another = Provider::start();
    terminal.set_sign_in_provider(Some(settings(&another))).await.unwrap();
    assert!(terminal.people().await.unwrap().iter().all(|person| !person.linked));
    eventually("no token stays", || async {
        shop.token(&shop.till, shop.folder.path(), &shop.kim).is_none()
    })
    .await;
    eventually("the provider before is told", || async { shop.provider.revoked().await == 3 }).await;
    assert_eq!(another.revoked().await, 0, "no token goes where it did not come from");
    assert_eq!(terminal.set_sign_in_provider(None).await.unwrap(), None);
    assert_eq!(code(at_provider(&shop.till, "kim").await), ErrorCode::ProviderSettings);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_provider_is_asked_again_and_whom_it_lets_go_signs_in_there_first() {
    let shop = Shop::open().await;
    shop.link_noa().await;
    let held = || shop.token(&shop.till, shop.folder.path(), &shop.noa);
    let first = held().expect("it is in the keychain");
    let terminal = shop.till.terminal.clone();
    terminal.sign_in(&shop.noa, NOAS.into()).await.unwrap();
    assert_eq!((shop.provider.renewals().await, held()), (0, Some(first.clone())), "not at every switch");

    shop.till.ahead.fetch_add(LATER, Ordering::Relaxed);
    terminal.sign_in(&shop.noa, NOAS.into()).await.unwrap();
    eventually("another token is kept", || async { held().is_some_and(|now| now != first) }).await;
    assert_eq!(shop.provider.renewals().await, 1);
    assert_eq!(at_work(&shop.till).await.as_deref(), Some("Noa"));

    shop.provider.end("noa").await;
    shop.till.ahead.fetch_add(LATER, Ordering::Relaxed);
    terminal.sign_in(&shop.noa, NOAS.into()).await.expect("nothing was heard yet");
    eventually("Noa is signed out", || async { at_work(&shop.till).await.is_none() }).await;
    assert_eq!(held(), None);
    assert_eq!(code(terminal.sign_in(&shop.noa, NOAS.into()).await), ErrorCode::ProviderAgain);
    let vouched = terminal.start_person(&shop.noa, NOAS.into(), shop.by_kim()).await;
    assert_eq!(code(vouched), ErrorCode::ProviderAgain, "nobody vouches it away");
    drop(terminal);
    let Shop { platform: _platform, provider: _provider, till, folder, noa, .. } = shop;
    let keychain = till.keychain.clone();
    common::close(till).await;
    let till = Till::open(folder.path(), keychain);
    let again = till.terminal.sign_in(&noa, NOAS.into()).await;
    assert_eq!(code(again), ErrorCode::ProviderAgain, "over a restart");
    let status = at_provider(&till, "noa").await.unwrap().expect("known");
    assert_eq!(name(&status), Some("Noa"));
    till.terminal.sign_in(&noa, NOAS.into()).await.expect("and the PIN is the quick way again");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_network_what_was_last_heard_goes_on_and_who_was_removed_is_out() {
    let mut shop = Shop::open().await;
    shop.link_noa().await;
    let other = tempfile::tempdir().unwrap();
    let office = shop.second(other.path()).await;
    office.terminal.start_person(&shop.kim, KIMS.into(), Approval::Connected).await.unwrap();

    shop.provider.stop();
    shop.till.ahead.fetch_add(LATER, Ordering::Relaxed);
    let terminal = shop.till.terminal.clone();
    terminal.sign_in(&shop.noa, NOAS.into()).await.expect("the provider is not needed for a PIN");
    assert_eq!(code(at_provider(&shop.till, "noa").await), ErrorCode::ProviderUnreachable);
    shop.platform.stop().await;
    shop.till.until_link(LinkState::Offline).await;
    terminal.sign_out().await.unwrap();
    terminal.sign_in(&shop.noa, NOAS.into()).await.expect("nor is the platform");
    assert!(shop.token(&shop.till, shop.folder.path(), &shop.noa).is_some(), "nothing was said against Noa");

    shop.platform.start_again().await;
    office.until_link(LinkState::Online).await;
    office.terminal.remove_person(&shop.noa).await.unwrap();
    eventually("Noa is signed out", || async { at_work(&shop.till).await.is_none() }).await;
    assert_eq!(code(terminal.sign_in(&shop.noa, NOAS.into()).await), ErrorCode::PersonGone);
    eventually("the token is gone", || async {
        shop.token(&shop.till, shop.folder.path(), &shop.noa).is_none()
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_can_be_cancelled_and_a_newer_one_takes_its_place() {
    let shop = Shop::open().await;
    let terminal = shop.till.terminal.clone();
    assert_eq!(code(terminal.sign_in_with_provider(page()).await), ErrorCode::BrowserFailed, "there is none");
    rig::habits(&shop.till.habits, &json!({ "account": "noa", "leave": true }));
    let waiting = tokio::spawn({
        let terminal = terminal.clone();
        async move { terminal.sign_in_with_provider(page()).await }
    });
    let left = shop.till.habits.with_extension("json.seen");
    eventually("the person looks at the provider's page", || async { left.exists() }).await;
    terminal.cancel_provider_sign_in();
    assert_eq!(code(waiting.await.unwrap()), ErrorCode::ProviderCancelled);

    std::fs::remove_file(&left).unwrap();
    let older = tokio::spawn(async move { terminal.sign_in_with_provider(page()).await });
    eventually("the page is open again", || async { left.exists() }).await;
    assert!(at_provider(&shop.till, "noa").await.unwrap().is_none());
    assert_eq!(code(older.await.unwrap()), ErrorCode::ProviderCancelled);
    let denied = json!({ "account": "noa", "deny": true });
    rig::habits(&shop.till.habits, &denied);
    assert_eq!(code(shop.till.terminal.sign_in_with_provider(page()).await), ErrorCode::ProviderCancelled);
}
