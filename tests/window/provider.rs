//! Signing in with an organisation's account: a real OpenID Connect provider, a browser of its own, a real keyring.

use serde_json::{Value, json};

use crate::access;
use crate::people::{KIMS, choose_person, first_manager};
use crate::steps::told;
use crate::support::rig::{self, Provider};
use crate::support::{Platform, Shop, Stage, Till};

const NOAS: &str = "314159";

async fn set_provider(till: &Till, provider: &Provider) {
    till.type_into("provider-issuer", "http://login.example.org").await;
    till.type_into("provider-client", &provider.client_id).await;
    till.press("provider-consent").await;
    till.press("provider-test").await;
    told(till, "providerSettings").await;
    till.find("provider-issuer").await.clear().await.expect("the field can be emptied");
    till.type_into("provider-issuer", &format!("{}/", provider.issuer)).await;
    till.press("provider-test").await;
    assert!(till.text("provider-found").await.contains(&provider.issuer));
    till.press("provider-save").await;
    till.find("provider-saved").await;
    assert_eq!(till.value("provider-issuer").await, provider.issuer, "as the provider writes it");
}

/// Removes somebody as the partner's own program would.
async fn remove(platform: &Platform, name: &str) {
    let shop = Shop::ClubShop.id();
    let list = "query($p: String!) { get_staff(partner_id: $p) { result { staff_id name oidc_subject } } }";
    let told = platform.ask(Some(shop), list, json!({ "p": shop })).await;
    let people = told["get_staff"]["result"].as_array().expect("a list");
    let person = people.iter().find(|one| one["name"] == name).expect("somebody of this name");
    assert_eq!(person["oidc_subject"], "noa-at-work", "the link is the platform's");
    let end =
        "mutation($p: String!, $s: String!) { remove_staff_member(partner_id: $p, staff_id: $s) { result } }";
    let done = platform.ask(Some(shop), end, json!({ "p": shop, "s": person["staff_id"] })).await;
    assert_eq!(done["remove_staff_member"]["result"], Value::Bool(true));
}

async fn theme(till: &Till, theme: &str) {
    till.press("nav-settings").await;
    till.press(&format!("theme-{theme}")).await;
    till.has("theme", "value", theme).await;
}

#[tokio::test]
async fn a_person_signs_in_with_the_organisations_account_until_they_are_removed() {
    let stage = Stage::new("provider");
    let habits = stage.path("habits.json");
    rig::habits(&habits, &json!({ "account": "noa-at-work", "leave": true }));
    let mut provider = Provider::start();
    let platform = Platform::start(&stage).await;
    let mut till = Till::on(&stage)
        .paired(platform.pairing(Shop::ClubShop))
        .browser(rig::browser(&habits).join(" "))
        .open()
        .await;
    till.has("strip", "state", "online").await;
    first_manager(&till).await;
    till.type_into("person-name", "Noa").await;
    till.press("person-add").await;
    set_provider(&till, &provider).await;
    till.shot("settings").await;
    till.press("people-close").await;
    theme(&till, "dark").await;
    access::load_axe(&till).await;

    // The person looks at the page in the browser and comes back without it.
    till.press("person-at-work").await;
    till.press("sign-in-provider").await;
    till.has("provider-waits", "waiting", "true").await;
    access::check(&till, "waiting, dark").await;
    till.shot("waiting").await;
    till.press("provider-cancel").await;
    till.find("sign-in-pin").await;
    rig::habits(&habits, &json!({ "account": "noa-at-work", "deny": true }));
    till.press("sign-in-provider").await;
    told(&till, "providerCancelled").await;
    access::check(&till, "an error, dark").await;
    till.shot("cancelled").await;
    provider.spoil(json!({ "key": "foreign" })).await;
    rig::habits(&habits, &json!({ "account": "noa-at-work" }));
    till.press("error-retry").await;
    told(&till, "providerUntrusted").await;
    till.press("provider-cancel").await;

    // The first time somebody confirms who it is; from then on the account is enough.
    till.press("sign-in-provider").await;
    till.find("link-people").await;
    access::check(&till, "who are you, dark").await;
    till.shot("who").await;
    choose(&till, "Noa").await;
    till.type_into("link-pin", NOAS).await;
    till.type_into("link-proof", "999999").await;
    till.press("link-submit").await;
    told(&till, "pinWrong").await;
    till.type_into("link-proof", KIMS).await;
    till.shot("link").await;
    access::check(&till, "linking, dark").await;
    till.press("link-submit").await;
    till.has("person-at-work", "name", "Noa").await;
    theme(&till, "light").await;
    till.press("person-at-work").await;
    till.press("sign-in-provider").await;
    till.has("person-at-work", "name", "Noa").await;

    // Without the provider the PIN goes on, over a restart, too.
    provider.stop();
    till.close().await;
    till.open().await;
    till.press("sign-in-provider").await;
    told(&till, "providerUnreachable").await;
    access::load_axe(&till).await;
    access::check(&till, "unreachable, light").await;
    till.shot("unreachable").await;
    till.press("provider-cancel").await;
    choose_person(&till, "Noa").await;
    till.type_into("sign-in-pin", NOAS).await;
    till.press("sign-in-submit").await;
    till.has("person-at-work", "name", "Noa").await;

    remove(&platform, "Noa").await;
    till.find("sign-in").await;
    till.until("Noa is not offered any more", || async {
        let names = till.text("sign-in-people").await;
        (!names.contains("Noa") && names.contains("Kim")).then_some(())
    })
    .await;
    till.shot("removed").await;
    let log = till.log();
    for secret in ["eyJ", "refresh_token", "code=", "noa-at-work", "code_verifier"] {
        assert!(!log.contains(secret), "{secret:?} is in the log");
    }
    till.close().await;
}

async fn choose(till: &Till, name: &str) {
    let css = format!("[data-testid='link-person'][data-name='{name}']");
    till.find("link-people").await;
    let found = till.client().wait().for_element(fantoccini::Locator::Css(&css)).await;
    found.expect("the person is listed").click().await.expect("the person can be chosen");
}
