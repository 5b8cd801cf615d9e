//! The additions for the partner app: devices, staff, reservations, decisions, shifts, passes.

use crate::club::{Club, FAN, KIOSK, NEW_FAN, Outcome, REFUSALS, SHOP, Seat, item};
use crate::place;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, Signer as _, SigningKey, VerifyingKey};
use platform::EnvironmentName;
use reqwest::StatusCode;
use serde_json::{Value, json};

const PAIRING: &str =
    "mutation($role: AppRole!) { a: create_device_pairing(partner_id: \"club-shop\", name: \"Till 2\",
    store: \"North\", role: $role) { result { qr_text token pairing_url expiry_date } } }";

async fn invitation(seat: &Seat, role: &str) -> Value {
    seat.data(PAIRING, json!({ "role": role })).await["a"]["result"].take()
}

async fn pair(club: &Club, token: &str, key: &SigningKey) -> (StatusCode, Value) {
    let proof = key.sign(&[b"FanPoints pairing 1\0".as_slice(), token.as_bytes()].concat());
    let body = json!({
        "token": token, "public_key": STANDARD.encode(key.verifying_key().as_bytes()),
        "proof": STANDARD.encode(proof.to_bytes()), "name": "Till 2b",
    });
    let response = club.http.post(club.url("/pair")).json(&body).send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

async fn paired(club: &Club, seat: &Seat, role: &str) -> (Seat, Value) {
    let invited = invitation(seat, role).await;
    let key = SigningKey::from_bytes(&[7; 32]);
    let (status, device) = pair(club, invited["token"].as_str().unwrap(), &key).await;
    assert_eq!(status, StatusCode::OK, "{device}");
    let (client, secret) = (device["client_id"].as_str().unwrap(), device["client_secret"].as_str().unwrap());
    let (_, body) = club.ask_token(client, secret).await;
    (club.seat_of(body["access_token"].as_str().unwrap()), device)
}

const DEVICES: &str =
    "{ a: get_devices(partner_id: \"club-shop\") { result { device_id name store terminal_id role
    public_key state last_seen_date version waiting oldest_waiting_date clock_offset_ms } } }";

#[tokio::test]
async fn a_device_is_paired_once_heard_of_and_revoked() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    let invited = invitation(&shop, "staff").await;
    let token = invited["token"].as_str().unwrap();
    assert!(
        invited["qr_text"].as_str().unwrap().starts_with("fanpoints-partner://pair?server=http%3A%2F%2F")
    );
    let key = SigningKey::from_bytes(&[9; 32]);
    assert_eq!(pair(&club, "development.nonsense", &key).await.0, StatusCode::FORBIDDEN);
    let elsewhere = token.replace("development", "production");
    assert_eq!(pair(&club, &elsewhere, &key).await.0, StatusCode::FORBIDDEN);
    let forged = json!({ "token": token, "public_key": STANDARD.encode(key.verifying_key().as_bytes()),
        "proof": STANDARD.encode([1_u8; 64]) });
    let response = club.http.post(club.url("/pair")).json(&forged).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::BAD_REQUEST);
    let (status, device) = pair(&club, token, &key).await;
    assert_eq!(status, StatusCode::OK, "{device}");
    assert_eq!((&device["partner_id"], &device["project_id"]), (&json!(SHOP), &json!("fc-example")));
    assert_eq!(device["environment"], "development");
    assert_eq!(pair(&club, token, &key).await.0, StatusCode::FORBIDDEN, "a token works once");
    let changes = club.running.admin_changes(EnvironmentName::Development, 1).await.unwrap();
    let detail = json!({ "device_id": device["device_id"], "role": device["role"] });
    assert_eq!((changes[0].action.as_str(), &json!(changes[0].actor)), ("pair", &device["client_id"]));
    assert_eq!(serde_json::from_str::<Value>(&changes[0].detail).unwrap(), detail);

    let (client, secret) = (device["client_id"].as_str().unwrap(), device["client_secret"].as_str().unwrap());
    let (_, body) = club.ask_token(client, secret).await;
    let till = club.seat_of(body["access_token"].as_str().unwrap());
    till.give(FAN, "p-1", json!([item(5.0)])).await.done();
    let beat = "mutation($time: String!) { a: device_heartbeat(partner_id: \"club-shop\", version: \"0.1.0\", waiting: 17,
        oldest_waiting: \"2024-02-17 10:00:00\", device_time: $time) { server_time clock_offset_ms } }";
    let ahead = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(100);
    let heard = till.data(beat, json!({ "time": ahead.to_string() })).await["a"].take();
    let offset = heard["clock_offset_ms"].as_i64().unwrap();
    assert!((90_000..=100_100).contains(&offset), "{offset}");
    assert_eq!(shop.error_code(beat, json!({ "time": "2024-02-17" })).await, "NOT_AUTHORIZED", "no device");

    let listed = shop.data(DEVICES, json!({})).await["a"]["result"].take();
    let one = &listed[0];
    assert_eq!(
        (&one["name"], &one["store"], &one["role"]),
        (&json!("Till 2b"), &json!("North"), &json!("staff"))
    );
    assert_eq!((&one["waiting"], &one["version"]), (&json!(17), &json!("0.1.0")));
    assert_eq!(one["oldest_waiting_date"], "2024-02-17 10:00:00.000000");
    assert_eq!(one["state"], "in_use");
    let tokens = "{ a: get_partner_tokens(partner_id: \"club-shop\") { result { client_id } } }";
    assert!(!shop.data(tokens, json!({})).await.to_string().contains(client));

    // A till in staff's hands administers nothing.
    for query in [
        DEVICES,
        tokens,
        "mutation { create_partner_token(partner_id: \"club-shop\", name: \"x\", expires_in_days: 1) { result { token } } }",
        "mutation { delete_fan_points_rate(partner_id: \"club-shop\", rate_label: \"ticket\") { _empty } }",
        "mutation { deactivate_module(scope_id: \"club-shop\", module_id: \"fan_points\") { errors { invalid_module_id_error { _empty } } } }",
        "mutation { add_staff_member(partner_id: \"club-shop\", staff_id: \"x\", name: \"x\", role: manager) { result } }",
        "mutation { revoke_device(partner_id: \"club-shop\", device_id: \"x\") { result } }",
        "mutation { link_terminal_to_partner(partner_id: \"club-shop\", terminal_id: \"x\") { _empty } }",
    ] {
        assert_eq!(till.error_code(query, json!({})).await, "NOT_AUTHORIZED", "{query}");
    }
    let (manager, _) = paired(&club, &shop, "manager").await;
    assert_eq!(manager.data(DEVICES, json!({})).await["a"]["result"].as_array().unwrap().len(), 2);

    let revoke =
        "mutation($id: String!) { a: revoke_device(partner_id: \"club-shop\", device_id: $id) { result } }";
    let gone = json!({ "id": device["device_id"] });
    assert_eq!(manager.data(revoke, gone.clone()).await["a"]["result"], true);
    assert_eq!(manager.data(revoke, gone).await["a"]["result"], false);
    assert_eq!(till.post(&json!({ "query": "{ ping }" })).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(club.ask_token(client, secret).await.0, StatusCode::UNAUTHORIZED);
    let listed = shop.data(DEVICES, json!({})).await["a"]["result"].take();
    assert_eq!((&listed[0]["state"], &listed[1]["state"]), (&json!("in_use"), &json!("revoked")));
}

#[tokio::test]
async fn an_invitation_of_ten_minutes_ago_pairs_nobody() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    let invited = invitation(&shop, "staff").await;
    let (dir, database) = (club.dir.path().to_owned(), club.database.clone());
    let club = club
        .reopen_after(move || {
            let sql =
                "UPDATE pairing SET created_us = created_us - 600000000, expires_us = expires_us - 600000000";
            place::change(&dir, database.as_ref(), EnvironmentName::Development, sql);
        })
        .await;
    let key = SigningKey::from_bytes(&[7; 32]);
    let (status, answer) = pair(&club, invited["token"].as_str().unwrap(), &key).await;
    assert_eq!((status, &answer["error"]), (StatusCode::FORBIDDEN, &json!("unknown_token")));
    let shop = club.partner(SHOP).await;
    assert_eq!(shop.data(DEVICES, json!({})).await["a"]["result"], json!([]));
}

#[tokio::test]
async fn staff_have_roles_and_roles_have_rights() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    let add = "mutation($id: String!, $role: AppRole!, $subject: String) { a: add_staff_member(partner_id: \"club-shop\",
        staff_id: $id, name: \"Noa\", role: $role, oidc_subject: $subject) { result } }";
    let done = |answer: &Value| answer["a"]["result"].as_bool().unwrap();
    assert!(done(&shop.data(add, json!({ "id": "noa", "role": "staff", "subject": "auth0|1" })).await));
    assert!(done(&shop.data(add, json!({ "id": "kim", "role": "manager" })).await));
    assert!(!done(&shop.data(add, json!({ "id": "noa", "role": "staff" })).await));
    assert_eq!(shop.error_code(add, json!({ "id": "", "role": "staff" })).await, "BAD_ARGUMENT");
    let list =
        "{ a: get_staff(partner_id: \"club-shop\") { result { staff_id name role oidc_subject removed_date }
        rights { role action allowed } } }";
    let told = shop.data(list, json!({})).await["a"].take();
    assert_eq!(
        told["result"][1],
        json!({ "staff_id": "noa", "name": "Noa", "role": "staff",
        "oidc_subject": "auth0|1", "removed_date": null })
    );
    assert_eq!(told["rights"].as_array().unwrap().len(), 48);
    let allowed = |told: &Value, role: &str, action: &str| {
        let mut rights = told["rights"].as_array().unwrap().iter();
        rights.find(|right| right["role"] == role && right["action"] == action).unwrap()["allowed"] == true
    };
    assert!(allowed(&told, "staff", "give") && !allowed(&told, "staff", "decide"));
    let set = "mutation($role: AppRole!, $action: String!, $allowed: Boolean!) { a: set_staff_right(
        partner_id: \"club-shop\", role: $role, action: $action, allowed: $allowed) { result } }";
    assert!(done(&shop.data(set, json!({ "role": "staff", "action": "redeem", "allowed": false })).await));
    assert!(!done(&shop.data(set, json!({ "role": "staff", "action": "fly", "allowed": true })).await));
    assert!(!done(&shop.data(set, json!({ "role": "manager", "action": "staff", "allowed": false })).await));
    assert!(!allowed(&shop.data(list, json!({})).await["a"], "staff", "redeem"));
    let change =
        "mutation { a: change_staff_member(partner_id: \"club-shop\", staff_id: \"noa\", role: supervisor,
        oidc_subject: \"\") { result } }";
    assert!(done(&shop.data(change, json!({})).await));
    let remove = "mutation($id: String!) { a: remove_staff_member(partner_id: \"club-shop\", staff_id: $id) { result } }";
    assert!(done(&shop.data(remove, json!({ "id": "kim" })).await));
    assert!(!done(&shop.data(remove, json!({ "id": "kim" })).await));
    let told = shop.data(list, json!({})).await["a"]["result"].take();
    assert!(told[0]["removed_date"].is_string() && told[1]["removed_date"].is_null());
    assert_eq!((&told[1]["role"], &told[1]["oidc_subject"]), (&json!("supervisor"), &Value::Null));
    let users = "{ a: get_partner_users(partner_id: \"club-shop\") { result { entity_id role } } }";
    assert_eq!(
        shop.data(users, json!({})).await["a"]["result"],
        json!([{ "entity_id": "club-shop", "role": "owner" }, { "entity_id": "noa", "role": "content_manager" }])
    );
    let kiosk = club.partner(KIOSK).await;
    let other = list.replace("club-shop", KIOSK);
    assert_eq!(kiosk.data(&other, json!({})).await["a"]["result"], json!([]));
}

const PROVIDER: &str = "mutation($issuer: String!, $client: String!, $scopes: [String!]!, $back: String) {
    a: set_staff_provider(partner_id: \"club-shop\", issuer: $issuer, client_id: $client, scopes: $scopes,
        redirect_uri: $back, ask_consent: true) { result } }";
const LINK: &str = "mutation($id: String!, $issuer: String!, $subject: String!) {
    a: link_staff_member(partner_id: \"club-shop\", staff_id: $id, issuer: $issuer, oidc_subject: $subject) { result } }";
const STAFF: &str = "{ a: get_staff(partner_id: \"club-shop\") { result { staff_id oidc_subject }
    provider { issuer client_id scopes redirect_uri ask_consent } } }";

fn provider(issuer: &str) -> Value {
    json!({ "issuer": issuer, "client": "app", "scopes": ["offline_access"], "back": "http://localhost:8417/callback" })
}

#[tokio::test]
async fn a_partner_has_a_sign_in_provider_and_people_are_linked_to_it_once() {
    const ISSUER: &str = "https://login.example.org/tenant";
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    let add = "mutation { a: add_staff_member(partner_id: \"club-shop\", staff_id: \"noa\", name: \"Noa\", role: staff)
        { result } b: add_staff_member(partner_id: \"club-shop\", staff_id: \"kim\", name: \"Kim\", role: manager) { result } }";
    shop.data(add, json!({})).await;
    let done = |answer: Value| answer["a"]["result"].as_bool().unwrap();
    let link =
        |id: &str, issuer: &str, subject: &str| json!({ "id": id, "issuer": issuer, "subject": subject });
    assert!(!done(shop.data(LINK, link("noa", ISSUER, "s-1")).await), "there is no provider");
    assert_eq!(shop.data(STAFF, json!({})).await["a"]["provider"], Value::Null);

    for bad in [
        json!({ "issuer": "http://login.example.org", "client": "app", "scopes": [] }),
        json!({ "issuer": "https://login.example.org/?a=b", "client": "app", "scopes": [] }),
        json!({ "issuer": "https://me:secret@login.example.org", "client": "app", "scopes": [] }),
        json!({ "issuer": ISSUER, "client": "", "scopes": [] }),
        json!({ "issuer": ISSUER, "client": "app", "scopes": ["two words"] }),
        json!({ "issuer": ISSUER, "client": "app", "scopes": vec!["x"; 11] }),
        json!({ "issuer": ISSUER, "client": "app", "scopes": [], "back": "https://example.org/" }),
        json!({ "issuer": ISSUER, "client": "app", "scopes": [], "back": "http://localhost.example.org/" }),
        json!({ "issuer": ISSUER, "client": "app", "scopes": [], "back": "http://localhost:0/" }),
    ] {
        assert_eq!(shop.error_code(PROVIDER, bad.clone()).await, "BAD_ARGUMENT", "{bad}");
    }
    assert!(done(shop.data(PROVIDER, provider(ISSUER)).await));
    let told = shop.data(STAFF, json!({})).await["a"]["provider"].take();
    assert_eq!(
        told,
        json!({ "issuer": ISSUER, "client_id": "app", "scopes": ["offline_access"],
                "redirect_uri": "http://localhost:8417/callback", "ask_consent": true })
    );

    // A till in staff's hands links staff, and nobody above them.
    let (till, _) = paired(&club, &shop, "staff").await;
    assert_eq!(till.error_code(PROVIDER, provider(ISSUER)).await, "NOT_AUTHORIZED");
    assert!(!done(till.data(LINK, link("kim", ISSUER, "s-1")).await), "a manager");
    assert!(!done(till.data(LINK, link("noa", "https://other.example.org", "s-1")).await), "another issuer");
    assert!(!done(till.data(LINK, link("nobody", ISSUER, "s-1")).await));
    assert_eq!(till.error_code(LINK, link("noa", ISSUER, "")).await, "BAD_ARGUMENT");
    assert!(done(till.data(LINK, link("noa", ISSUER, "s-1")).await));
    assert!(done(till.data(LINK, link("noa", ISSUER, "s-1")).await), "the same again is done");
    assert!(!done(till.data(LINK, link("noa", ISSUER, "s-2")).await), "somebody else there already");
    assert!(!done(shop.data(LINK, link("kim", ISSUER, "s-1")).await), "Noa is that");
    let by_hand = "mutation { a: change_staff_member(partner_id: \"club-shop\", staff_id: \"kim\", oidc_subject: \"s-1\")
        { result } }";
    assert!(!done(shop.data(by_hand, json!({})).await), "nor by hand");
    assert!(done(shop.data(LINK, link("kim", ISSUER, "s-2")).await));

    // Another client of the same provider knows the same people; another issuer does not.
    let subjects = async || shop.data(STAFF, json!({})).await["a"]["result"].take();
    let renamed = json!({ "issuer": ISSUER, "client": "app-2", "scopes": [] });
    assert!(done(shop.data(PROVIDER, renamed).await));
    let linked =
        json!([{ "staff_id": "kim", "oidc_subject": "s-2" }, { "staff_id": "noa", "oidc_subject": "s-1" }]);
    assert_eq!(subjects().await, linked);
    assert!(done(shop.data(PROVIDER, provider("https://other.example.org")).await));
    let nobody =
        json!([{ "staff_id": "kim", "oidc_subject": null }, { "staff_id": "noa", "oidc_subject": null }]);
    assert_eq!(subjects().await, nobody);
    let remove = "mutation { a: remove_staff_provider(partner_id: \"club-shop\") { result } }";
    assert!(done(shop.data(remove, json!({})).await) && !done(shop.data(remove, json!({})).await));
    assert_eq!(shop.data(STAFF, json!({})).await["a"]["provider"], Value::Null);
}

#[tokio::test]
async fn reserved_points_are_nobody_else_s() {
    let club = Club::open().await;
    let (shop, kiosk) = (club.partner(SHOP).await, club.partner(KIOSK).await);
    let reserve = format!(
        "mutation($id: String!, $points: Int!, $seconds: Int!) {{ a: reserve_fan_points(partner_id: \"club-shop\",
            user_id: \"{FAN}\", custom_reservation_id: $id, points: $points, seconds: $seconds)
            {{ {REFUSALS} result {{ reservation_id user_id points expiry_date ended }} }} }}"
    );
    let hold = async |id: &str, points: i64, seconds: i64| {
        let variables = json!({ "id": id, "points": points, "seconds": seconds });
        Outcome::new(shop.data(&reserve, variables).await["a"].take())
    };
    assert_eq!(hold("r-1", 3000, 600).await.done()["points"], 3000);
    hold("r-1", 3000, 600).await.refused("already_executed_error");
    hold("r-2", 1000, 600).await.refused("too_few_available_error");
    hold("r-3", 0, 600).await.refused("invalid_reward_amount_error");
    hold("r-4", 1, 0).await.refused("session_expired_error");
    hold("", 1, 60).await.refused("invalid_transaction_id_error");
    let pay = "pay_purchase_with_fan_points";
    kiosk.purchase(pay, KIOSK, FAN, "k-1", json!([item(10.0)])).await.refused("too_few_available_error");
    kiosk.purchase(pay, KIOSK, FAN, "k-2", json!([item(4.0)])).await.done();

    let redeem = format!(
        "mutation($id: String!, $purchase: String!, $items: [PurchaseItemInput!]!) {{
            a: pay_purchase_with_reserved_fan_points(partner_id: \"club-shop\", user_id: \"{FAN}\",
            reservation_id: $id, custom_purchase_id: $purchase, purchase_items: $items)
            {{ {REFUSALS} result {{ purchase_items {{ amount }} }} }} }}"
    );
    let spend = async |id: &str, purchase: &str, price: f64| {
        let variables = json!({ "id": id, "purchase": purchase, "items": [item(price)] });
        Outcome::new(shop.data(&redeem, variables).await["a"].take())
    };
    spend("r-404", "p-0", 1.0).await.refused("unknown_session_error");
    assert_eq!(spend("r-1", "p-1", 25.0).await.amounts(), [-2500]);
    spend("r-1", "p-2", 1.0).await.refused("unknown_session_error");
    assert_eq!(shop.balances(FAN).await.0, 3465 - 400 - 2500);

    assert_eq!(hold("r-5", 500, 600).await.done()["ended"], Value::Null);
    let release = format!(
        "mutation($id: String!) {{ a: release_fan_points_reservation(partner_id: \"club-shop\", user_id: \"{FAN}\",
            reservation_id: $id) {{ {REFUSALS} result {{ reservation_id ended }} }} }}"
    );
    let free = async |id: &str| Outcome::new(shop.data(&release, json!({ "id": id })).await["a"].take());
    assert_eq!(free("r-5").await.done()["ended"], "released");
    free("r-5").await.refused("already_executed_error");
    free("r-404").await.refused("unknown_session_error");
    shop.pay(FAN, "p-3", json!([item(5.0)])).await.done();
}

#[tokio::test]
async fn a_refused_redemption_is_decided_once_by_somebody_who_may() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    let decide = format!(
        "mutation($id: String!, $outcome: DecisionOutcome!, $points: Int!, $staff: String, $user: String!) {{
            a: decide_refused_redemption(partner_id: \"club-shop\", user_id: $user, purchase_id: $id,
            outcome: $outcome, points: $points, note: \"goods gone\", staff_id: $staff)
            {{ {REFUSALS} result {{ purchase_id outcome points note decided_by user_id }} }} }}"
    );
    let ask = |id: &str, outcome: &str, points: i64| json!({ "id": id, "outcome": outcome, "points": points, "user": NEW_FAN });
    let settle = async |variables: Value| Outcome::new(shop.data(&decide, variables).await["a"].take());
    shop.pay(NEW_FAN, "off-1", json!([item(3.0)])).await.refused("too_few_available_error");
    assert_eq!(settle(ask("off-1", "collect_later", 300)).await.done()["outcome"], "collect_later");
    settle(ask("off-1", "collect_later", 300)).await.refused("already_executed_error");
    settle(ask("off-1", "forgive", 300)).await.refused("already_executed_error");
    // The debt is paid with the next points: 5.00 at 2 % are 10, all of them owed.
    assert_eq!(shop.give(NEW_FAN, "p-1", json!([item(5.0)])).await.amounts(), [10]);
    assert_eq!(shop.balances(NEW_FAN).await, (0, 0));
    // Refused for another reason: the id is used up all the same.
    assert_eq!(settle(ask("off-2", "void", 100)).await.done()["points"], 100);
    shop.pay(NEW_FAN, "off-2", json!([item(1.0)])).await.refused("too_few_available_error");
    settle(ask("p-1", "forgive", 10)).await.refused("invalid_transaction_id_error");
    settle(ask("off-3", "forgive", 0)).await.refused("invalid_reward_amount_error");
    settle(ask("off-3", "forgive", i64::from(i32::MAX))).await.refused("invalid_reward_amount_error");
    settle(ask("", "forgive", 1)).await.refused("invalid_transaction_id_error");
    let nobody = json!({ "id": "off-4", "outcome": "void", "points": 1, "user": "nobody" });
    settle(nobody).await.refused("unknown_user_error");

    let (till, _) = paired(&club, &shop, "staff").await;
    let with = |staff: Value| json!({ "id": "off-5", "outcome": "forgive", "points": 5, "user": NEW_FAN, "staff": staff });
    assert_eq!(till.error_code(&decide, with(Value::Null)).await, "STAFF_REQUIRED");
    let add = "mutation { a: add_staff_member(partner_id: \"club-shop\", staff_id: \"noa\", name: \"Noa\", role: staff)
        { result } b: add_staff_member(partner_id: \"club-shop\", staff_id: \"kim\", name: \"Kim\", role: manager)
        { result } }";
    shop.data(add, json!({})).await;
    for stranger in ["noa", "nobody"] {
        assert_eq!(till.error_code(&decide, with(json!(stranger))).await, "NOT_AUTHORIZED");
    }
    let decided = Outcome::new(till.data(&decide, with(json!("kim"))).await["a"].take()).done();
    assert_eq!((&decided["decided_by"], &decided["note"]), (&json!("kim"), &json!("goods gone")));
    let list =
        "{ a: get_review_decisions(partner_id: \"club-shop\", limit: 2) { result { purchase_id outcome } } }";
    assert_eq!(
        shop.data(list, json!({})).await["a"]["result"],
        json!([{ "purchase_id": "off-5", "outcome": "forgive" }, { "purchase_id": "off-2", "outcome": "void" }])
    );
}

#[tokio::test]
async fn shift_reports_are_kept_as_they_were_made() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    let store = "mutation($id: String!, $document: String!, $closed: String!) { a: store_shift_report(
        partner_id: \"club-shop\", report_id: $id, staff_id: \"noa\", opened: \"2024-02-17 08:00:00\", closed: $closed,
        document: $document) { result } }";
    let ask =
        |id: &str, document: &str| json!({ "id": id, "document": document, "closed": "2024-02-17 18:00:00" });
    let document = "{\"given\":50,\"merkle\":\"ab\"}";
    for _ in 0..2 {
        assert_eq!(shop.data(store, ask("s-1", document)).await["a"]["result"], true);
    }
    assert_eq!(shop.data(store, ask("s-1", "{\"given\":51}")).await["a"]["result"], false);
    for bad in ["", "[]", "no json", "7", "{\"a\":\"\\u0000\"}"] {
        assert_eq!(shop.error_code(store, ask("s-2", bad)).await, "BAD_ARGUMENT", "{bad}");
    }
    let early = json!({ "id": "s-2", "document": document, "closed": "2024-02-17 07:00:00" });
    assert_eq!(shop.error_code(store, early).await, "BAD_ARGUMENT");
    let list =
        "{ a: get_shift_reports(partner_id: \"club-shop\") { result { report_id document staff_id device_id
        opened_date closed_date } } }";
    assert_eq!(
        shop.data(list, json!({})).await["a"]["result"],
        json!([{ "report_id": "s-1", "document": document, "staff_id": "noa", "device_id": null,
                 "opened_date": "2024-02-17 08:00:00.000000", "closed_date": "2024-02-17 18:00:00.000000" }])
    );
}

#[tokio::test]
async fn passes_are_issued_read_and_revoked() {
    let club = Club::open().await;
    let (shop, program) = (club.partner(SHOP).await, club.program().await);
    let issue = "mutation($user: String!) { a: issue_card_pass(project_id: \"fc-example\", user_id: $user)
        { errors { unknown_user_error { _empty } } result { pass expiry_date } } }";
    let card = program.data(issue, json!({ "user": FAN })).await["a"]["result"]["pass"].take();
    let nobody = program.data(issue, json!({ "user": "nobody" })).await["a"].take();
    assert_eq!(nobody["errors"]["unknown_user_error"], json!({ "_empty": null }));
    let read =
        "query($code: String!) { a: get_fan_by_pass(partner_id: \"club-shop\", code: $code) { pass_refusal
        errors { unknown_user_error { _empty } } result { user_id fan_points status_points } } }";
    let fan = json!({ "user_id": FAN, "fan_points": 3465, "status_points": 1240 });
    for code in [card.clone(), json!("0084 0711 9295"), json!("{\"version\":1,\"user_id\":\"008407119295\"}")]
    {
        assert_eq!(shop.data(read, json!({ "code": code })).await["a"]["result"], fan, "{code}");
    }
    let damaged = card.as_str().unwrap().replacen("FP1:0", "FP1:1", 1);
    let refused = shop.data(read, json!({ "code": format!("{}A", &damaged[..damaged.len() - 1]) })).await;
    assert!(refused["a"]["pass_refusal"].is_string() && refused["a"]["result"].is_null(), "{refused}");
    assert_eq!(shop.data(read, json!({ "code": "hello" })).await["a"]["pass_refusal"], "not_ours");

    let device = SigningKey::from_bytes(&[3; 32]);
    let live =
        "mutation($key: String!) { a: issue_live_pass(project_id: \"fc-example\", user_id: \"008407119295\",
        device_public_key: $key) { result { pass } } }";
    let key = STANDARD.encode(device.verifying_key().as_bytes());
    let granted = program.data(live, json!({ "key": key })).await["a"]["result"]["pass"].take();
    let grant = fanpass::Grant::from_bytes(&STANDARD.decode(granted.as_str().unwrap()).unwrap()).unwrap();
    let now = u32::try_from(jiff::Timestamp::now().as_second()).unwrap();
    let proof = fanpass::LiveProof { time: now, counter: 1 };
    let shown = fanpass::device_proof(&device, &grant, proof).unwrap();
    assert_eq!(shop.data(read, json!({ "code": shown })).await["a"]["result"], fan);
    assert_eq!(program.error_code(live, json!({ "key": "AAAA" })).await, "BAD_ARGUMENT");

    let keys =
        "query($scope: String!, $type: ScopeType!) { a: get_pass_keys(scope_id: $scope, scope_type: $type)
        { result { project_id root_key signed_list } } }";
    let of_shop = shop.data(keys, json!({ "scope": SHOP, "type": "partner" })).await["a"]["result"].take();
    let root: [u8; 32] =
        STANDARD.decode(of_shop[0]["root_key"].as_str().unwrap()).unwrap().try_into().unwrap();
    let list = STANDARD.decode(of_shop[0]["signed_list"].as_str().unwrap()).unwrap();
    assert!(fanpass::SignedKeyList::verify(&list, &root).unwrap().revocations.is_empty());
    let config = "{ a: partner_app_config(partner_id: \"club-shop\") { result { offline_policy
        signed_offline_policy { document signature } } } }";
    let told = shop.data(config, json!({})).await["a"]["result"].take();
    let document = told["signed_offline_policy"]["document"].as_str().unwrap();
    let signature = STANDARD.decode(told["signed_offline_policy"]["signature"].as_str().unwrap()).unwrap();
    let signed = [b"FanPoints offline policy 1\0".as_slice(), document.as_bytes()].concat();
    let root_key = VerifyingKey::from_bytes(&root).unwrap();
    root_key.verify_strict(&signed, &Signature::from_slice(&signature).unwrap()).unwrap();
    let policy: Value = serde_json::from_str(told["offline_policy"].as_str().unwrap()).unwrap();
    assert_eq!(serde_json::from_str::<Value>(document).unwrap()["policy"], policy);

    let revoke = "mutation { a: revoke_fan_passes(project_id: \"fc-example\", user_id: \"008407119295\")
        { errors { unknown_user_error { _empty } } } }";
    program.data(revoke, json!({})).await;
    assert_eq!(shop.data(read, json!({ "code": card })).await["a"]["pass_refusal"], "revoked");
    let of_program =
        program.data(keys, json!({ "scope": "fc-example", "type": "project" })).await["a"]["result"].take();
    let list = STANDARD.decode(of_program[0]["signed_list"].as_str().unwrap()).unwrap();
    assert_eq!(fanpass::SignedKeyList::verify(&list, &root).unwrap().revocations.len(), 1);
}
