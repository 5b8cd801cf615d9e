//! The client against a server that answers what a test tells it to.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, Response, StatusCode};
use axum::routing::post;
use common::*;
use ledger::{FanPoints, StatusPoints, Timestamp};
use outbox::{OperationRow, Proposed};
use serde_json::{Value, json};
use sync::{
    Answer, ClientError, ClientSecret, FanAnswer, OfflineKind, Platform, PlatformClient, ReadBack, Timeouts,
};
use uuid::Uuid;

/// One answer of the server.
#[derive(Clone)]
struct Canned {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

fn says(body: Value) -> Canned {
    Canned { status: 200, headers: Vec::new(), body: body.to_string() }
}

fn fails(status: u16) -> Canned {
    Canned { status, headers: Vec::new(), body: String::new() }
}

#[derive(Default)]
struct Script {
    answers: VecDeque<Canned>,
    requests: Vec<Value>,
    tokens_seen: Vec<String>,
    names_seen: Vec<String>,
    issued: u32,
    basic: Vec<String>,
    refuse_sign_in: bool,
    silent: bool,
}

type Shared = Arc<Mutex<Script>>;

struct Server {
    script: Shared,
    endpoint: String,
}

async fn token(State(script): State<Shared>, headers: HeaderMap) -> Response<Body> {
    let mut script = script.lock().unwrap();
    script.basic.push(headers["authorization"].to_str().unwrap().to_owned());
    if script.refuse_sign_in {
        return respond(&Canned {
            status: 401,
            headers: Vec::new(),
            body: r#"{"error":"invalid_client"}"#.into(),
        });
    }
    script.issued += 1;
    let body = json!({ "access_token": format!("token-{}", script.issued), "expires_in": 3600, "token_type": "Bearer" });
    respond(&says(body))
}

async fn graphql(State(script): State<Shared>, headers: HeaderMap, body: Bytes) -> Response<Body> {
    let canned = {
        let mut script = script.lock().unwrap();
        script.tokens_seen.push(headers["authorization"].to_str().unwrap().to_owned());
        script.names_seen.push(headers["x-request-id"].to_str().unwrap().to_owned());
        script.requests.push(serde_json::from_slice(&body).unwrap());
        if script.silent { None } else { Some(script.answers.pop_front().unwrap_or_else(|| fails(500))) }
    };
    match canned {
        Some(canned) => respond(&canned),
        None => std::future::pending().await,
    }
}

fn respond(canned: &Canned) -> Response<Body> {
    let mut response = Response::builder().status(StatusCode::from_u16(canned.status).unwrap());
    for (name, value) in &canned.headers {
        response = response.header(*name, value);
    }
    response.body(Body::from(canned.body.clone())).unwrap()
}

impl Server {
    async fn start(answers: impl IntoIterator<Item = Canned>) -> Self {
        let script: Shared = Arc::default();
        script.lock().unwrap().answers.extend(answers);
        let app = axum::Router::new()
            .route("/oauth2/token", post(token))
            .route("/graphql", post(graphql))
            .with_state(Arc::clone(&script));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
        Self { script, endpoint }
    }

    fn client(&self) -> PlatformClient {
        let timeouts = Timeouts { request: Duration::from_millis(400), ..Timeouts::default() };
        let client = PlatformClient::new(&connection(&self.endpoint), &secret(), timeouts).unwrap();
        client.set_project("fc-example".into());
        client
    }

    fn request(&self, n: usize) -> Value {
        self.script.lock().unwrap().requests[n].clone()
    }
}

fn secret() -> ClientSecret {
    ClientSecret::new("s3cr3t".into())
}

/// Rows with ids that are always the same, so that requests can be compared word for word.
fn rows() -> Vec<OperationRow> {
    let device = Device::new();
    let mut scarf = item(25_00);
    scarf.rate_label = Some("merchandise".into());
    let give = device.commit(fan(1), Proposed::Give { items: vec![item(19_90), item(5)] });
    let rows = vec![
        give.clone(),
        device.award(2),
        device.undo(&give),
        device.propose(outbox::Proposal {
            id: Uuid::now_v7(),
            fan: "p00000000000000ab".parse().unwrap(),
            trust: ledger::Trust::Unsigned,
            kind: Proposed::Redeem { items: vec![item(10_00)] },
            route: outbox::Route::Platform,
            now: NOON,
            staff: None,
            raised_by: None,
        }),
    ];
    let award = device.row(rows[1].id);
    let mut rows = rows;
    rows.push(device.undo(&award));
    let fixed: Vec<(Uuid, Uuid)> = rows
        .iter()
        .zip(1_u128..)
        .map(|(row, n)| (row.id, Uuid::from_u128(0x0199_0000_0000_7000_8000 << 48 | n)))
        .collect();
    let of = |id: Uuid| fixed.iter().find(|(old, _)| *old == id).unwrap().1;
    for row in &mut rows {
        row.id = of(row.id);
        row.undo_of = row.undo_of.map(of);
    }
    rows
}

fn empty() -> Value {
    json!({ "_empty": null })
}

fn booked(amounts: &[i64]) -> Value {
    let items: Vec<Value> = amounts
        .iter()
        .enumerate()
        .map(|(n, a)| json!({ "purchase_item_id": (n + 1).to_string(), "amount": a }))
        .collect();
    json!({ "errors": null, "result": {
        "date": "2026-09-21 14:13:21.500000", "purchase_id": "p", "purchase_items": items } })
}

#[tokio::test]
async fn every_request_has_a_name_of_its_own() {
    let pong = || says(json!({ "data": { "ping": "pong" } }));
    let server = Server::start([pong(), pong()]).await;
    let client = server.client();
    client.ping().await.unwrap();
    client.ping().await.unwrap();
    let names = server.script.lock().unwrap().names_seen.clone();
    assert!(names.len() == 2 && names[0] != names[1]);
    assert!(names.iter().all(|name| Uuid::parse_str(name).is_ok()), "{names:?}");
}

#[tokio::test]
async fn requests_go_out_word_for_word() {
    let server = Server::start([says(json!({ "data": {} })), says(json!({ "data": {} }))]).await;
    let client = server.client();
    client.submit(&rows()).await.unwrap();
    client.read_back(&rows()).await.unwrap();
    insta::assert_json_snapshot!("batch", server.request(0));
    insta::assert_json_snapshot!("read_back", server.request(1));
    let script = server.script.lock().unwrap();
    assert_eq!(script.tokens_seen, ["token-1", "token-1"], "the bare token, fetched once");
    assert_eq!(script.basic, ["Basic dGlsbC0yOnMzY3IzdA=="]);
}

#[tokio::test]
async fn mixed_answers_belong_to_their_operations() {
    let refusal =
        |name: &str| json!({ "errors": { name: empty(), "unknown_session_error": null }, "result": null });
    let data = json!({
        "o0": booked(&[40, 0]),
        "o1": refusal("too_few_available_error"),
        "o2_1": booked(&[-40]),
        "o2_2": refusal("already_executed_error"),
        "o3": refusal("error_of_the_future"),
        "o4": { "errors": null, "result": { "date": "2026-09-21 14:13:21", "action_id": "a", "amount": -50 } },
    });
    let server = Server::start([says(json!({ "data": data }))]).await;
    let rows = rows();
    let answers = server.client().submit(&rows).await.unwrap();
    assert_eq!(
        answers.iter().map(|(id, _)| *id).collect::<Vec<_>>(),
        rows.iter().map(|r| r.id).collect::<Vec<_>>()
    );
    let answers: Vec<Answer> = answers.into_iter().map(|(_, answer)| answer).collect();
    let Answer::Done(first) = &answers[0] else { panic!("{:?}", answers[0]) };
    assert_eq!(first.items, [FanPoints(40), FanPoints(0)]);
    assert_eq!(first.server_time, Timestamp(1_790_000_001_500));
    assert_eq!(answers[1], Answer::Refused { code: "too_few_points".into() });
    assert_eq!(answers[2], Answer::AlreadyExecuted, "an undo is done when all of its items are");
    assert_eq!(answers[3], Answer::Unknown { code: "error_of_the_future".into() });
    let Answer::Done(last) = &answers[4] else { panic!("{:?}", answers[4]) };
    assert_eq!(last.status_points, Some(StatusPoints(-50)));
}

#[tokio::test]
async fn data_and_errors_come_together() {
    let body = json!({
        "data": { "o0": booked(&[40, 0]), "o1": null, "o2_1": booked(&[-40]), "o2_2": { "errors": null, "result": null },
                  "o3": { "errors": {}, "result": null }, "o4": { "result": { "amount": "fifty" } } },
        "errors": [ { "message": "storage", "path": ["o1"], "extensions": { "code": "INTERNAL" } } ],
    });
    let server = Server::start([says(body)]).await;
    let answers: Vec<Answer> =
        server.client().submit(&rows()).await.unwrap().into_iter().map(|(_, a)| a).collect();
    assert!(matches!(answers[0], Answer::Done(_)));
    assert_eq!(answers[1], Answer::Failed { error: "internal".into() });
    assert_eq!(answers[2], Answer::Failed { error: "answer_malformed".into() });
    assert_eq!(answers[3], Answer::Unknown { code: "unnamed_refusal".into() });
    assert_eq!(answers[4], Answer::Failed { error: "answer_malformed".into() });
}

#[tokio::test]
async fn one_fault_that_takes_all_data_names_its_operation() {
    let module_off =
        json!({ "message": "off", "path": ["o1"], "extensions": { "code": "status_points_module_off" } });
    let server = Server::start([says(json!({ "data": null, "errors": [module_off] }))]).await;
    let answers: Vec<Answer> =
        server.client().submit(&rows()).await.unwrap().into_iter().map(|(_, a)| a).collect();
    assert_eq!(answers[0], Answer::Lost);
    assert_eq!(answers[1], Answer::Refused { code: "status_points_module_off".into() });
    assert_eq!(answers[2..], [Answer::Lost, Answer::Lost, Answer::Lost]);
}

#[tokio::test]
async fn whole_failures_have_their_names() {
    let retry_after = |status| Canned { headers: vec![("retry-after", "7".into())], ..fails(status) };
    let rejected = json!({ "errors": [{ "message": "Unknown argument" }] });
    let forbidden =
        json!({ "data": null, "errors": [{ "message": "no", "extensions": { "code": "NOT_AUTHORIZED" } }] });
    let seven = Some(Duration::from_secs(7));
    let cases = [
        (fails(500), ClientError::Server(500)),
        (fails(404), ClientError::Server(404)),
        (fails(403), ClientError::Forbidden),
        (fails(413), ClientError::Rejected),
        (fails(400), ClientError::Rejected),
        (retry_after(429), ClientError::RateLimited { retry_after: seven }),
        (fails(429), ClientError::RateLimited { retry_after: None }),
        (retry_after(503), ClientError::RateLimited { retry_after: seven }),
        (Canned { body: "<html>".into(), ..fails(200) }, ClientError::Malformed),
        (Canned { body: "[]".into(), ..fails(200) }, ClientError::Malformed),
        (Canned { body: "{}".into(), ..fails(200) }, ClientError::Malformed),
        (says(json!({ "data": null })), ClientError::Malformed),
        (says(rejected), ClientError::Rejected),
        (says(forbidden), ClientError::Forbidden),
    ];
    let server = Server::start(cases.iter().map(|(canned, _)| canned.clone())).await;
    let client = server.client();
    for (canned, error) in cases {
        assert_eq!(client.submit(&rows()).await, Err(error), "{} {}", canned.status, canned.body);
    }
}

#[tokio::test]
async fn a_token_that_ended_is_renewed_once_and_nothing_is_lost() {
    let ok = says(json!({ "data": { "ping": "pong" } }));
    let server = Server::start([ok.clone(), fails(401), ok.clone(), fails(401), fails(401)]).await;
    let client = server.client();
    client.ping().await.unwrap();
    client.ping().await.unwrap();
    assert_eq!(server.script.lock().unwrap().tokens_seen, ["token-1", "token-1", "token-2"]);
    assert_eq!(client.ping().await, Err(ClientError::SignInRefused), "one renewal, not a loop");
    assert_eq!(server.script.lock().unwrap().issued, 3);
}

#[tokio::test]
async fn a_wrong_secret_is_said_and_shown_nowhere() {
    let server = Server::start([]).await;
    server.script.lock().unwrap().refuse_sign_in = true;
    let client = server.client();
    assert_eq!(client.sign_in().await, Err(ClientError::SignInRefused));
    assert_eq!(client.ping().await, Err(ClientError::SignInRefused));
    assert_eq!(server.script.lock().unwrap().requests.len(), 0);
    let shown = format!("{client:?} {:?} {}", secret(), ClientError::SignInRefused);
    assert!(!shown.contains("s3cr3t") && !shown.contains("dGls"));
}

#[tokio::test]
async fn silence_ends_and_absence_is_told_apart() {
    let server = Server::start([]).await;
    server.script.lock().unwrap().silent = true;
    assert_eq!(server.client().submit(&rows()).await, Err(ClientError::TimedOut));
    let gone = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let client = PlatformClient::new(&connection(&endpoint), &secret(), Timeouts::default()).unwrap();
    let error = client.ping().await.unwrap_err();
    assert_eq!(error, ClientError::Offline(OfflineKind::Unreachable));
    assert!(error.is_offline() && error.should_retry());
}

#[tokio::test]
async fn secrets_do_not_travel_in_the_open() {
    let mut connection = connection("http://platform.example");
    connection.environment = outbox::Environment::Production;
    let made = PlatformClient::new(&connection, &secret(), Timeouts::default());
    assert_eq!(made.err(), Some(ClientError::BadAddress));
}

fn purchase(kind: &str, items: Value) -> Value {
    json!({ "errors": null, "result": { "date": "2026-09-21 14:13:21.500000", "purchase_id": "p",
        "transaction_type": kind, "user_id": fan(1).to_string(), "purchase_items": items } })
}

fn line(n: u32, amount: i64, price: f64, undone: bool) -> Value {
    json!({ "purchase_item_id": n.to_string(), "amount": amount, "price": price, "currency": "chf",
        "has_been_undone": undone })
}

/// What reading the first of the rows (a purchase of 19.90 and 0.05) or its undo back gives.
async fn read_back(index: usize, answer: Value) -> ReadBack {
    let server = Server::start([says(json!({ "data": { "o0": answer } }))]).await;
    let row = rows().remove(index);
    server.client().read_back(&[row]).await.unwrap().remove(0).1
}

#[tokio::test]
async fn what_is_there_already_is_compared() {
    let same = json!([line(1, 40, 19.9, false), line(2, 0, 0.05, false)]);
    let ReadBack::Same(found) = read_back(0, purchase("distributed_on_purchase", same.clone())).await else {
        panic!("not recognised")
    };
    assert_eq!(
        (found.items, found.server_time),
        (vec![FanPoints(40), FanPoints(0)], Timestamp(1_790_000_001_500))
    );
    let other_rate = json!([line(1, 100, 19.9, false), line(2, 0, 0.05, false)]);
    assert!(matches!(read_back(0, purchase("distributed_on_purchase", other_rate)).await, ReadBack::Same(_)));

    let mut other_fan = purchase("distributed_on_purchase", same.clone());
    other_fan["result"]["user_id"] = json!(fan(9).to_string());
    let different = [
        other_fan,
        purchase("purchased_with_fanpoints", same.clone()),
        purchase("distributed_on_purchase", json!([line(1, 40, 19.9, false)])),
        purchase("distributed_on_purchase", json!([line(1, 40, 19.91, false), line(2, 0, 0.05, false)])),
        purchase("distributed_on_purchase", json!([line(1, 40, 19.9, false), line(3, 0, 0.05, false)])),
        purchase("distributed_on_purchase", json!([line(1, -40, 19.9, false), line(2, 0, 0.05, false)])),
    ];
    for answer in different {
        assert_eq!(read_back(0, answer.clone()).await, ReadBack::Different, "{answer}");
    }
    let nobody = json!({ "errors": { "transaction_not_found_error": empty() }, "result": null });
    assert_eq!(read_back(0, nobody).await, ReadBack::Missing);
    for broken in
        [json!({}), json!({ "errors": null, "result": null }), json!({ "errors": null, "result": {} })]
    {
        assert!(matches!(read_back(0, broken).await, ReadBack::Failed { .. }));
    }
}

#[tokio::test]
async fn an_undo_is_there_when_every_item_says_so() {
    let items = |second| json!([line(1, 40, 19.9, true), line(2, 0, 0.05, second)]);
    let undone = read_back(2, purchase("distributed_on_purchase", items(true))).await;
    let ReadBack::Same(found) = undone else { panic!("{undone:?}") };
    assert_eq!(found.items, [FanPoints(-40), FanPoints(0)]);
    let half = read_back(2, purchase("distributed_on_purchase", items(false))).await;
    assert_eq!(half, ReadBack::Failed { error: "not_undone".into() });
}

#[tokio::test]
async fn an_award_is_found_among_the_fans_others() {
    let id = rows()[1].id.to_string();
    let entry = |id: &str, amount: i64, category: &str| {
        json!({ "date": "2026-09-21 14:13:21", "action_id": id, "action_category": category, "amount": amount,
            "user_id": fan(2).to_string() })
    };
    let list = |entries: Vec<Value>| json!({ "errors": null, "result": entries });
    let both =
        list(vec![entry("x", 10, "quiz"), entry(&id, -50, "match_visit"), entry(&id, 50, "match_visit")]);
    let ReadBack::Same(found) = read_back(1, both.clone()).await else { panic!("not found") };
    assert_eq!(found.status_points, Some(StatusPoints(50)));
    let ReadBack::Same(found) = read_back(4, both).await else { panic!("not found") };
    assert_eq!(found.status_points, Some(StatusPoints(-50)));
    assert_eq!(read_back(1, list(vec![entry("x", 50, "match_visit")])).await, ReadBack::Missing);
    assert_eq!(read_back(1, list(vec![entry(&id, 50, "quiz")])).await, ReadBack::Different);
    assert_eq!(
        read_back(4, list(vec![entry(&id, 50, "match_visit")])).await,
        ReadBack::Missing,
        "not undone"
    );
}

#[tokio::test]
async fn an_undo_of_a_long_purchase_goes_out_in_parts() {
    let device = Device::new();
    let purchase = device.commit(fan(1), Proposed::Give { items: (1..=120).map(item).collect() });
    let undo = device.undo(&purchase);
    let part = |from: usize, to: usize| {
        let fields: serde_json::Map<String, Value> =
            (from..=to).map(|n| (format!("o0_{n}"), booked(&[0]))).collect();
        says(json!({ "data": fields }))
    };
    let server = Server::start([part(1, 50), part(51, 100), part(101, 120)]).await;
    let answers = server.client().submit(std::slice::from_ref(&undo)).await.unwrap();
    let Answer::Done(done) = &answers[0].1 else { panic!("{answers:?}") };
    assert_eq!((answers.len(), done.items.len()), (1, 120));
}

#[tokio::test]
async fn a_server_with_the_base_api_alone_is_worked_with() {
    let lacks = |field: &str| {
        says(
            json!({ "data": null, "errors": [{ "message": format!("Unknown field \"{field}\" on type \"Query\".") }] }),
        )
    };
    let base = json!({ "data": {
        "get_partner": { "result": { "partner_id": "club-shop", "name": "Club Shop", "primary_currency": "chf" } },
        "get_partnerships": { "result": [{ "modules": [], "project": { "project_id": "fc", "name": "FC", "primary_currency": "chf" } }] },
        "get_fan_points_rates": { "result": [
            { "currency": "chf", "rate_label": "default", "fan_points_rate": 0.02, "fan_points_rate_type": "relative",
              "limited_fan_points_rate": 0.1, "num_fan_points_left_with_limited_rate": 500 },
            { "currency": "chf", "rate_label": "ticket", "fan_points_rate": 30.0, "fan_points_rate_type": "absolute",
              "limited_fan_points_rate": null, "num_fan_points_left_with_limited_rate": null } ] } } });
    let modules = json!({ "data": { "get_modules": { "result": [
        { "module_id": "user", "active": true }, { "module_id": "fan_points", "active": true },
        { "module_id": "status_points", "active": false }] } } });
    let balances = json!({ "data": {
        "get_fan_points_balance": { "errors": null, "result": { "fan_points": 3465, "currency": "chf" } },
        "get_status_points_balance": { "errors": null, "result": 1240 } } });
    let refused = json!({ "data": null, "errors": [{ "message": "no", "path": ["get_fan_points_balance"], "extensions": { "code": "NOT_AUTHORIZED" } }] });
    let exists = json!({ "data": { "does_user_exist": { "result": true } } });
    let server = Server::start([
        lacks("partner_app_config"),
        says(base),
        says(modules),
        lacks("get_fan"),
        says(balances),
        lacks("get_fan"),
        says(refused),
        says(exists),
        lacks("get_fan"),
        lacks("get_fan"),
    ])
    .await;
    let client = server.client();
    let config = client.fetch_config(NOON).await.unwrap();
    assert_eq!((config.project_id.as_str(), config.project_number, config.complete), ("fc", None, false));
    assert!(config.modules.fan_points && !config.modules.status_points);
    assert_eq!(config.rates.default_rate.limited.unwrap().points, FanPoints(500));
    assert_eq!(config.rates.rates["ticket"].rate, ledger::Rate::Absolute(FanPoints(30)));
    let FanAnswer::Known(known) = client.fan(fan(1)).await.unwrap() else { panic!("not known") };
    assert_eq!(
        (known.fan_points, known.status_points, known.pseudonym),
        (FanPoints(3465), StatusPoints(1240), None)
    );
    assert_eq!(client.fan(fan(1)).await, Ok(FanAnswer::Exists));
    let masked = "p00000000000000ab".parse().unwrap();
    assert_eq!(client.fan(masked).await, Ok(FanAnswer::NotOffered));
    assert_eq!(client.fans(&[fan(1)]).await, Err(ClientError::Unsupported));
}
