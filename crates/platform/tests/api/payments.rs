//! Payment sessions: opened by a shop, decided by the fan on the hosted page, told by a signed call.

use crate::club::{Club, FAN, KIOSK, NEW_FAN, SHOP, Seat, item};
use crate::place;
use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use platform::EnvironmentName;
use reqwest::{Response, StatusCode};
use serde_json::{Value, json};
use tokio::sync::mpsc::{self, UnboundedReceiver};

const CREATE: &str = "mutation($price: Float!, $id: String, $callback: String, $success: String!, $currency: Currency!) {
    a: create_fan_points_payment_session(partner_id: \"club-shop\", project_id: \"fc-example\", price: $price, currency: $currency,
        custom_purchase_id: $id, display_price: true, callback_url: $callback, success_url: $success,
        cancel_url: \"https://shop.example.org/back\")
    { errors { invalid_reward_amount_error { _empty } invalid_transaction_id_error { _empty } not_configured_error { _empty } }
      result { session_id session_url amount status expiry_date price currency partner_id project_id custom_purchase_id
               display_price success_url cancel_url callback_url result { result { date } } } } }";

fn asked(price: f64, id: Option<&str>, callback: Option<&str>) -> Value {
    json!({ "price": price, "id": id, "callback": callback, "success": "https://shop.example.org/thanks", "currency": "chf" })
}

async fn open(seat: &Seat, price: f64, id: Option<&str>, callback: Option<&str>) -> Value {
    let answer = seat.data(CREATE, asked(price, id, callback)).await["a"].take();
    assert_eq!(answer["errors"], Value::Null, "{answer}");
    answer["result"].clone()
}

/// How a session stands: its refusal, or its status, its purchase and the refusal of that.
async fn stands(seat: &Seat, partner: &str, session: &Value) -> Value {
    let query = "query($partner: String!, $session: String!) {
        a: get_fan_points_payment_session(partner_id: $partner, session_id: $session) {
            errors { unknown_session_error { _empty } }
            result { session_id status result { result { purchase_id purchase_items { amount } }
                     errors { session_expired_error { _empty } } } } } }";
    let variables = json!({ "partner": partner, "session": session["session_id"] });
    seat.data(query, variables).await["a"].take()
}

/// A fan's browser, which follows no redirect by itself.
struct Browser {
    http: reqwest::Client,
    cookie: String,
    token: String,
    url: String,
}

impl Browser {
    async fn open(session: &Value) -> (Self, String) {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let url = session["session_url"].as_str().unwrap().to_owned();
        let response = http.get(&url).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::OK);
        let policy = response.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(
            policy.contains("form-action 'self' https://shop.example.org")
                && policy.contains("frame-ancestors 'none'")
        );
        let cookie = response.headers()["set-cookie"].to_str().unwrap().to_owned();
        assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Strict"), "{cookie}");
        let page = response.text().await.unwrap();
        let (_, rest) = page.split_once("name=\"token\" value=\"").unwrap();
        let token = rest.split('"').next().unwrap().to_owned();
        (Self { http, cookie: cookie.split(';').next().unwrap().to_owned(), token, url }, page)
    }

    async fn send(&self, cookie: &str, token: &str, action: &str, pass: &str) -> Response {
        let body: String = [("token", token), ("action", action), ("pass", pass)]
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .join("&");
        let request = self.http.post(&self.url).header("cookie", cookie);
        request.header("content-type", "application/x-www-form-urlencoded").body(body).send().await.unwrap()
    }

    async fn decide(&self, action: &str, pass: &str) -> Response {
        self.send(&self.cookie, &self.token, action, pass).await
    }
}

fn encoded(text: &str) -> String {
    text.bytes().map(|byte| format!("%{byte:02X}")).collect()
}

async fn code(club: &Club, fan: &str, kind: &str) -> String {
    let codes: Value = club
        .http
        .get(club.url(&format!("/fan/{fan}/codes.json")))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    codes[kind].as_str().unwrap().to_owned()
}

/// A partner's server that notes what it is called with, and answers as it is told.
async fn listener(answers: Vec<StatusCode>) -> (String, UnboundedReceiver<(HeaderMap, String)>) {
    let (sender, calls) = mpsc::unbounded_channel();
    let answers = std::sync::Arc::new(std::sync::Mutex::new(answers));
    let app = axum::Router::new().route(
        "/hook",
        axum::routing::post(move |headers: HeaderMap, body: String| async move {
            sender.send((headers, body)).unwrap();
            answers.lock().unwrap().pop().unwrap_or(StatusCode::OK)
        }),
    );
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", socket.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(socket, app).await });
    (url, calls)
}

#[tokio::test]
async fn a_fan_pays_on_the_page_and_the_shop_is_told() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    let (hook, mut calls) = listener(vec![StatusCode::INTERNAL_SERVER_ERROR]).await;
    let session = open(&shop, 12.5, Some("order-7"), Some(&hook)).await;
    assert_eq!((&session["amount"], &session["status"]), (&json!(1250), &json!("active")));
    assert_eq!((&session["project_id"], &session["result"]), (&json!("fc-example"), &Value::Null));
    let (browser, page) = Browser::open(&session).await;
    assert!(page.contains("Club Shop") && page.contains("1250") && page.contains("CHF 12.50"), "{page}");
    let id = session["session_id"].clone();
    let waiting = json!({ "session_id": id, "status": "active", "result": null });
    assert_eq!(stands(&shop, SHOP, &session).await, json!({ "errors": null, "result": waiting }));

    // What can be copied does not pay, and nothing else is taken for a pass.
    for (kind, says) in [("card", "A card can not pay"), ("id", "not the code"), ("json_v1", "not the code")]
    {
        let response = browser.decide("confirm", &code(&club, FAN, kind).await).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert!(response.text().await.unwrap().contains(says), "{kind}");
    }
    let poor = browser.decide("confirm", &code(&club, NEW_FAN, "live").await).await;
    assert!(poor.text().await.unwrap().contains("too few points"));
    // A page elsewhere can neither confirm nor decline: it has no cookie, and no token that fits.
    let live = code(&club, FAN, "live").await;
    let foreign = format!("fanpoints_pay={}", "A".repeat(43));
    for (cookie, token) in [("", browser.token.as_str()), (&foreign, &browser.token), (&browser.cookie, "x")]
    {
        for action in ["confirm", "decline"] {
            let response = browser.send(cookie, token, action, &live).await;
            assert_eq!(response.status(), StatusCode::FORBIDDEN);
        }
    }
    assert_eq!(shop.balances(FAN).await.0, 3465);
    let paid = browser.decide("confirm", &live).await;
    assert_eq!(paid.status(), StatusCode::SEE_OTHER);
    assert_eq!(paid.headers()["location"], "https://shop.example.org/thanks");
    assert_eq!(shop.balances(FAN).await.0, 3465 - 1250);
    let purchase = json!({ "purchase_id": "order-7", "purchase_items": [{ "amount": -1250 }] });
    let paid =
        json!({ "session_id": id, "status": "completed", "result": { "result": purchase, "errors": null } });
    assert_eq!(stands(&shop, SHOP, &session).await["result"], paid);
    let unknown = json!({ "errors": { "unknown_session_error": { "_empty": null } }, "result": null });
    assert_eq!(stands(&club.partner(KIOSK).await, KIOSK, &session).await, unknown);
    assert_eq!(stands(&shop, SHOP, &json!({ "session_id": "none" })).await, unknown);
    let again = browser.decide("confirm", &code(&club, FAN, "live").await).await;
    assert!(again.text().await.unwrap().contains("This payment is done"));
    assert_eq!(shop.balances(FAN).await.0, 3465 - 1250);

    // The first call was answered with 500, so it comes again.
    let (headers, body) = calls.recv().await.unwrap();
    let (second, same) =
        tokio::time::timeout(std::time::Duration::from_secs(30), calls.recv()).await.unwrap().unwrap();
    assert_eq!((&body, &headers["fanpoints-delivery"]), (&same, &second["fanpoints-delivery"]));
    let told: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&told["status"], &told["purchase_id"]), (&json!("completed"), &json!("order-7")));
    assert_eq!((&told["amount"], &told["session_id"]), (&json!(1250), &session["session_id"]));
    let key = "{ a: get_webhook_key(partner_id: \"club-shop\") { result } }";
    let key = shop.data(key, json!({})).await["a"]["result"].take();
    let key: [u8; 32] = STANDARD.decode(key.as_str().unwrap()).unwrap().try_into().unwrap();
    let at = second["fanpoints-timestamp"].to_str().unwrap();
    let signature = second["fanpoints-signature"].to_str().unwrap().strip_prefix("ed25519=").unwrap();
    let signature = Signature::from_slice(&STANDARD.decode(signature).unwrap()).unwrap();
    let message = format!("FanPoints webhook 1\n{at}.{body}");
    VerifyingKey::from_bytes(&key).unwrap().verify_strict(message.as_bytes(), &signature).unwrap();
}

#[tokio::test]
async fn a_live_code_pays_once() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    let (first, second) = (open(&shop, 1.0, None, None).await, open(&shop, 1.0, None, None).await);
    let live = code(&club, FAN, "live").await;
    let (browser, _) = Browser::open(&first).await;
    assert_eq!(browser.decide("confirm", &live).await.status(), StatusCode::SEE_OTHER);
    let (browser, _) = Browser::open(&second).await;
    assert!(browser.decide("confirm", &live).await.text().await.unwrap().contains("used before"));
    assert_eq!(shop.balances(FAN).await.0, 3365);
}

#[tokio::test]
async fn a_fan_declines_and_a_call_survives_a_restart() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    // Nobody listens there yet.
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    drop(socket);
    let session = open(&shop, 5.0, None, Some(&format!("http://{address}/hook"))).await;
    let (browser, _) = Browser::open(&session).await;
    let declined = browser.decide("decline", "").await;
    assert_eq!(declined.headers()["location"], "https://shop.example.org/back");
    assert_eq!(shop.balances(FAN).await.0, 3465);
    let club = club.reopen().await;
    let (sender, mut calls) = mpsc::unbounded_channel();
    let app = axum::Router::new()
        .route("/hook", axum::routing::post(move |body: String| async move { sender.send(body).unwrap() }));
    let socket = tokio::net::TcpListener::bind(address).await.unwrap();
    tokio::spawn(async move { axum::serve(socket, app).await });
    let body = tokio::time::timeout(std::time::Duration::from_secs(60), calls.recv()).await.unwrap().unwrap();
    assert_eq!(serde_json::from_str::<Value>(&body).unwrap()["status"], "declined");
    drop(club);
}

#[tokio::test]
async fn what_is_no_payment_is_refused_by_name() {
    let club = Club::open().await;
    let (shop, program) = (club.partner(SHOP).await, club.program().await);
    shop.give(FAN, "used", json!([item(1.0)])).await.done();
    open(&shop, 1.0, Some("waiting"), None).await;
    for (price, id, refusal) in [
        (0.0, None, "invalid_reward_amount_error"),
        (-1.0, None, "invalid_reward_amount_error"),
        (0.001, None, "invalid_reward_amount_error"),
        (1e300, None, "invalid_reward_amount_error"),
        (1.0, Some(""), "invalid_transaction_id_error"),
        (1.0, Some("a\u{7}"), "invalid_transaction_id_error"),
        (1.0, Some("used"), "invalid_transaction_id_error"),
        (1.0, Some("waiting"), "invalid_transaction_id_error"),
    ] {
        let answer = shop.data(CREATE, asked(price, id, None)).await["a"].take();
        assert_eq!(answer["errors"][refusal], json!({ "_empty": null }), "{price} {id:?} {answer}");
        assert_eq!(answer["result"], Value::Null);
    }
    for url in ["", "javascript:alert(1)", "http://shop.example.org", "https://u:p@shop.example.org"] {
        let mut variables = asked(1.0, None, None);
        variables["success"] = json!(url);
        assert_eq!(shop.error_code(CREATE, variables).await, "BAD_ARGUMENT", "{url}");
    }
    for inside in ["https://10.0.0.1/x", "http://169.254.169.254/", "https://[::ffff:192.168.1.1]/"] {
        assert_eq!(shop.error_code(CREATE, asked(1.0, None, Some(inside))).await, "BAD_ARGUMENT", "{inside}");
    }
    let production = club.seat(EnvironmentName::Production, Some(SHOP)).await;
    let here = asked(1.0, None, Some("http://127.0.0.1:9/hook"));
    assert_eq!(production.error_code(CREATE, here).await, "BAD_ARGUMENT");
    let off = "mutation { deactivate_module(module_id: \"fan_points\", scope_id: \"fc-example\")
        { errors { invalid_module_id_error { _empty } } } }";
    program.data(off, json!({})).await;
    let answer = shop.data(CREATE, asked(1.0, None, None)).await["a"].take();
    assert_eq!(answer["errors"]["not_configured_error"], json!({ "_empty": null }));
    let kiosk = club.partner(KIOSK).await;
    assert_eq!(kiosk.error_code(CREATE, asked(1.0, None, None)).await, "NOT_AUTHORIZED");
    for path in [
        "/pay/development/x",
        "/pay/elsewhere/00000000-0000-4000-8000-000000000000",
        "/pay/development/00000000-0000-4000-8000-000000000000",
    ] {
        assert_eq!(club.http.get(club.url(path)).send().await.unwrap().status(), StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn a_session_that_nobody_decides_expires_and_the_shop_is_told_once() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    let (hook, mut calls) = listener(Vec::new()).await;
    let session = open(&shop, 5.0, Some("order-8"), Some(&hook)).await;
    let late = open(&shop, 5.0, Some("order-9"), Some(&hook)).await;
    let (dir, database) = (club.dir.path().to_owned(), club.database.clone());
    let club = club
        .reopen_after(move || {
            // Its fifteen minutes are over; those of the other one have been for two days.
            for (order, seconds) in [("order-8", 900), ("order-9", 900 + 2 * 86_400)] {
                let sql = format!(
                    "UPDATE payment_session SET expires_us = expires_us - {seconds}000000
                     WHERE purchase_id = '{order}'"
                );
                place::change(&dir, database.as_ref(), EnvironmentName::Development, &sql);
            }
        })
        .await;
    let (_, body) =
        tokio::time::timeout(std::time::Duration::from_secs(60), calls.recv()).await.unwrap().unwrap();
    let told: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&told["status"], &told["purchase_id"]), (&json!("expired"), &json!("order-8")));
    assert_eq!(told["session_id"], session["session_id"]);
    for session in [&session, &late] {
        let page = club.http.get(club.url(&path_of(session))).send().await.unwrap();
        assert!(page.text().await.unwrap().contains("This payment has expired"));
    }
    // Its id is free again, and nothing was paid.
    let shop = club.partner(SHOP).await;
    open(&shop, 5.0, Some("order-8"), None).await;
    assert_eq!(shop.balances(FAN).await.0, 3465);
    let over = stands(&shop, SHOP, &session).await["result"].take();
    assert_eq!(over["status"], "expired");
    let refusal = json!({ "session_expired_error": { "_empty": null } });
    assert_eq!(over["result"], json!({ "result": null, "errors": refusal }));
    let (dir, database) = (club.dir.path().to_owned(), club.database.clone());
    club.running.stop().await;
    let count = |sql| place::number(&dir, database.as_ref(), EnvironmentName::Development, sql);
    assert_eq!(count("SELECT count(*) FROM webhook"), 1);
    assert_eq!(count("SELECT count(*) FROM payment_session WHERE status = 'expired'"), 2);
}

/// The address of a session's page on a server that was started again elsewhere.
fn path_of(session: &Value) -> String {
    let url = session["session_url"].as_str().unwrap();
    url[url.find("/pay/").unwrap()..].to_owned()
}
