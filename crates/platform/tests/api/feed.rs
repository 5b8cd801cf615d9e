//! The change feed by page and over a WebSocket.

use std::time::{Duration, Instant};

use crate::club::{Club, FAN, KIOSK, NEW_FAN, SHOP, Seat, item};
use crate::place;
use futures_util::{SinkExt as _, StreamExt as _};
use platform::{Config, EnvironmentName};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;

const CHANGES: &str = "query($scope: String!, $type: ScopeType!, $after: String, $first: Int) {
    a: changes(scope_id: $scope, scope_type: $type, after: $after, first: $first) { cursor more result {
        cursor kind date project_id partner_id subject detail amount
        balance { user_id pseudonym fan_points status_points as_of deleted } } } }";

async fn page(seat: &Seat, scope: &str, after: Option<&str>, first: i64) -> Value {
    let kind = if scope == "fc-example" { "project" } else { "partner" };
    let variables = json!({ "scope": scope, "type": kind, "after": after, "first": first });
    seat.data(CHANGES, variables).await["a"].take()
}

async fn head(seat: &Seat, scope: &str) -> String {
    page(seat, scope, None, 10).await["cursor"].as_str().unwrap().to_owned()
}

/// Kind and subject of everything since a cursor, read page by page.
async fn all(seat: &Seat, scope: &str, after: &str, first: i64) -> Vec<(String, String)> {
    let mut cursor = after.to_owned();
    let mut seen = Vec::new();
    loop {
        let page = page(seat, scope, Some(&cursor), first).await;
        for change in page["result"].as_array().unwrap() {
            assert!(change["cursor"].as_str().unwrap() > cursor.as_str());
            cursor = change["cursor"].as_str().unwrap().to_owned();
            seen.push((
                change["kind"].as_str().unwrap().to_owned(),
                change["subject"].as_str().unwrap_or_default().to_owned(),
            ));
        }
        cursor = page["cursor"].as_str().unwrap().to_owned();
        if page["more"] == false {
            return seen;
        }
    }
}

fn pair(kind: &str, subject: &str) -> (String, String) {
    (kind.to_owned(), subject.to_owned())
}

#[tokio::test]
async fn changes_come_once_in_order_and_each_to_whom_they_concern() {
    let club = Club::open().await;
    let (shop, kiosk, program) = (club.partner(SHOP).await, club.partner(KIOSK).await, club.program().await);
    let start = head(&shop, SHOP).await;
    assert_eq!(page(&shop, SHOP, None, 10).await["result"], json!([]));
    shop.give(FAN, "p-1", json!([item(25.0)])).await.done();
    kiosk.purchase("give_fan_points_on_purchase", KIOSK, FAN, "k-1", json!([item(10.0)])).await.done();
    shop.award(FAN, "a-1", "match_visit").await.done();
    shop.pay(NEW_FAN, "p-2", json!([item(25.0)])).await.refused("too_few_available_error");
    shop.data(
        "mutation { set_fan_points_rate(partner_id: \"club-shop\", currency: chf, rate_label: \"x\",
         fan_points_rate: 0.1) { errors { invalid_rate_error { _empty } } } }",
        json!({}),
    )
    .await;
    let known = "{ get_fan(partner_id: \"club-shop\", user_id: \"071203344512\") { result { pseudonym } } }";
    let known = shop.data(known, json!({})).await;
    // Who is erased is no more called by the id on the card.
    let pseudonym = known["get_fan"]["result"]["pseudonym"].as_str().unwrap();
    program
        .data(
            "mutation { revoke_fan_passes(project_id: \"fc-example\", user_id: \"008407119295\")
             { errors { unknown_user_error { _empty } } }
             delete_user(project_id: \"fc-example\", user_id: \"071203344512\")
             { errors { unknown_user_error { _empty } } } }",
            json!({}),
        )
        .await;
    let ends = [pair("pass_keys", "pass_keys"), pair("pass_keys", "pass_keys"), pair("fan", pseudonym)];
    let of_shop = [
        &[
            pair("operation", "p-1"),
            pair("balance", ""),
            pair("operation", "a-1"),
            pair("configuration", "x"),
        ],
        ends.as_slice(),
    ]
    .concat();
    let of_kiosk =
        [&[pair("balance", ""), pair("operation", "k-1"), pair("balance", "")], ends.as_slice()].concat();
    let of_program =
        [&[pair("operation", "p-1"), pair("operation", "k-1"), pair("operation", "a-1")], ends.as_slice()]
            .concat();
    for first in [1, 2, 1000] {
        assert_eq!(all(&shop, SHOP, &start, first).await, of_shop, "{first} at a time");
    }
    assert_eq!(all(&kiosk, KIOSK, &start, 2).await, of_kiosk);
    assert_eq!(all(&program, "fc-example", &start, 2).await, of_program);

    let page = page(&shop, SHOP, Some(&start), 10).await;
    let (own, other) = (&page["result"][0], &page["result"][1]);
    assert_eq!((&own["amount"], &own["detail"]), (&json!(50), &json!("distributed_on_purchase")));
    assert_eq!((&own["partner_id"], &own["project_id"]), (&json!(SHOP), &json!("fc-example")));
    for field in ["amount", "detail", "partner_id", "subject"] {
        assert_eq!(other[field], Value::Null, "what another partner did stays there");
    }
    let figures = (&other["balance"]["fan_points"], &other["balance"]["status_points"]);
    assert_eq!(figures, (&json!(3465 + 50 + 30), &json!(1290)));
    assert_eq!(page["result"][6]["balance"]["deleted"], true);
    for cursor in ["", "0", "zzzzzzzzzzzzzzzz", "+000000000000001", "00000000000000001"] {
        let asked = json!({ "scope": SHOP, "type": "partner", "after": cursor });
        assert_eq!(shop.error_code(CHANGES, asked).await, "BAD_ARGUMENT", "{cursor}");
    }
}

/// One client of the WebSocket.
struct Line(tokio_tungstenite::WebSocketStream<tokio_tungstenite::MaybeTlsStream<tokio::net::TcpStream>>);

impl Line {
    async fn open(club: &Club) -> Self {
        let url = club.url("/graphql").replacen("http", "ws", 1);
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
        Self(tokio_tungstenite::connect_async(request).await.unwrap().0)
    }

    async fn signed_in(club: &Club, token: &str) -> Self {
        let mut line = Self::open(club).await;
        line.say(json!({ "type": "connection_init", "payload": { "Authorization": token } })).await;
        assert_eq!(line.hear().await.unwrap()["type"], "connection_ack");
        line
    }

    async fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    async fn subscribe(&mut self, partner: &str, after: Option<&str>) {
        self.subscribe_as("1", partner, after).await;
    }

    async fn subscribe_as(&mut self, id: &str, partner: &str, after: Option<&str>) {
        let query = "subscription($p: String!, $after: String) {
            changes(scope_id: $p, scope_type: partner, after: $after) { cursor kind subject balance { fan_points } } }";
        let variables = json!({ "p": partner, "after": after });
        let payload = json!({ "query": query, "variables": variables });
        self.say(json!({ "id": id, "type": "subscribe", "payload": payload })).await;
    }

    /// The next message; None when the server closed.
    async fn hear(&mut self) -> Option<Value> {
        loop {
            let message = tokio::time::timeout(Duration::from_secs(20), self.0.next()).await.unwrap();
            match message {
                Some(Ok(Message::Text(text))) => return Some(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return None,
                Some(Ok(_)) => {}
            }
        }
    }

    /// What it was closed with, after whatever was said before.
    async fn closed(&mut self) -> (u16, Vec<Value>) {
        let mut heard = Vec::new();
        loop {
            let message = tokio::time::timeout(Duration::from_secs(20), self.0.next()).await.unwrap();
            match message.unwrap().unwrap() {
                Message::Text(text) => heard.push(serde_json::from_str(&text).unwrap()),
                Message::Close(frame) => return (frame.unwrap().code.into(), heard),
                _ => {}
            }
        }
    }

    async fn change(&mut self) -> Value {
        let mut message = self.hear().await.unwrap();
        assert_eq!(message["type"], "next", "{message}");
        message["payload"]["data"]["changes"].take()
    }
}

#[tokio::test]
async fn a_follower_hears_of_each_change_without_gap_or_repetition() {
    let club = Club::open().await;
    let (shop, kiosk) = (club.partner(SHOP).await, club.partner(KIOSK).await);
    let start = head(&shop, SHOP).await;
    shop.give(FAN, "before-1", json!([item(1.0)])).await.done();
    let mut line = Line::signed_in(&club, &shop.token).await;
    line.subscribe(SHOP, Some(&start)).await;
    assert_eq!(line.change().await["subject"], "before-1");
    let mut other = Line::signed_in(&club, &format!("Bearer {}", kiosk.token)).await;
    other.subscribe(KIOSK, Some(&head(&kiosk, KIOSK).await)).await;
    let mut waits = Vec::new();
    for number in 0..40 {
        let id = format!("live-{number}");
        shop.give(FAN, &id, json!([item(1.0)])).await.done();
        let since = Instant::now();
        let change = line.change().await;
        waits.push(since.elapsed());
        assert_eq!((change["kind"].as_str(), change["subject"].as_str()), (Some("operation"), Some(&*id)));
        let change = other.change().await;
        assert_eq!((change["kind"].as_str(), &change["subject"]), (Some("balance"), &Value::Null));
        assert_eq!(change["balance"]["fan_points"], 3465 + 2 * (number + 2));
    }
    waits.sort();
    println!(
        "from answer to change: median {:?}, slowest {:?}",
        waits[waits.len() / 2],
        waits[waits.len() - 1]
    );
}

#[tokio::test]
async fn a_follower_ends_with_its_credential_and_with_the_server() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    let create =
        "mutation { a: create_partner_token(partner_id: \"club-shop\", name: \"x\", expires_in_days: 1)
        { result { client_id token } } }";
    let made = shop.data(create, json!({})).await["a"]["result"].take();
    let client = made["client_id"].as_str().unwrap();
    let (_, body) = club.ask_token(client, made["token"].as_str().unwrap()).await;
    let mut line = Line::signed_in(&club, body["access_token"].as_str().unwrap()).await;
    line.subscribe(SHOP, None).await;
    let mut staying = Line::signed_in(&club, &shop.token).await;
    staying.subscribe(SHOP, None).await;
    let delete =
        "mutation($client: String!) { delete_partner_token(partner_id: \"club-shop\", client_id: $client)
        { _empty } }";
    shop.data(delete, json!({ "client": client })).await;
    let mut last = Value::Null;
    while let Some(message) = line.hear().await.filter(|message| message["type"] != "complete") {
        last = message;
    }
    assert_eq!(last["payload"]["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{last}");
    // "complete" would tell a client that there is nothing more to come: it would not come back.
    club.running.stop().await;
    let (code, heard) = staying.closed().await;
    assert_eq!(code, 1001);
    assert!(heard.iter().all(|message| message["type"] == "next"), "{heard:?}");
}

#[tokio::test]
async fn a_connection_is_closed_by_a_code_that_says_why() {
    let patience = Duration::from_millis(300);
    let club =
        Club::open_with(|config| Config { body_timeout: patience, live_connections: 1, ..config }).await;
    let shop = club.partner(SHOP).await;
    let init = |token: &str| json!({ "type": "connection_init", "payload": { "Authorization": token } });
    let mut waiting = Line::signed_in(&club, &shop.token).await;
    for (message, expected) in [
        (init("nonsense"), 4403),
        (json!({ "type": "connection_init" }), 4403),
        (init(&shop.token), 4403),
        (json!({ "id": "1", "type": "subscribe", "payload": { "query": "subscription { x }" } }), 4401),
        (json!({ "type": "x".repeat(200) }), 4400),
    ] {
        let mut line = Line::open(&club).await;
        line.say(message.clone()).await;
        assert_eq!(line.closed().await, (expected, Vec::new()), "{message}");
    }
    assert_eq!(Line::open(&club).await.closed().await, (4408, Vec::new()));
    // One that was let in stays, however long it says nothing.
    waiting.subscribe(SHOP, None).await;
    waiting.say(init(&shop.token)).await;
    assert_eq!(waiting.closed().await.0, 4429);
}

#[tokio::test]
async fn a_connection_needs_a_token_its_own_scope_and_only_subscribes() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    let mut stranger = Line::open(&club).await;
    stranger.say(json!({ "type": "connection_init", "payload": { "Authorization": "nonsense" } })).await;
    assert_eq!(stranger.hear().await, None);
    let mut silent = Line::open(&club).await;
    silent.subscribe(SHOP, None).await;
    assert_eq!(silent.hear().await, None);

    let mut line = Line::signed_in(&club, &shop.token).await;
    line.subscribe(KIOSK, None).await;
    let refused = line.hear().await.unwrap().to_string();
    assert!(refused.contains("NOT_AUTHORIZED"), "{refused}");
    let mut line = Line::signed_in(&club, &shop.token).await;
    let query = "mutation { give_fan_points_on_purchase(partner_id: \"club-shop\", user_id: \"008407119295\",
        purchase_items: [{ currency: chf, price: 5, title: \"a\", description: \"b\" }]) { result { date } } }";
    line.say(json!({ "id": "1", "type": "subscribe", "payload": { "query": query } })).await;
    let refused = line.hear().await.unwrap();
    assert!(refused.to_string().contains("only subscriptions"), "{refused}");
    assert_eq!(shop.balances(FAN).await.0, 3465);
    // The other environment's credential follows the other environment.
    let production = club.seat(EnvironmentName::Production, Some(SHOP)).await;
    let mut there = Line::signed_in(&club, &production.token).await;
    there.subscribe(SHOP, Some(&head(&production, SHOP).await)).await;
    shop.give(FAN, "here", json!([item(1.0)])).await.done();
    production.give(FAN, "there", json!([item(1.0)])).await.done();
    assert_eq!(there.change().await["subject"], "there");
}

#[tokio::test]
async fn a_credential_has_so_many_connections_and_each_so_many_subscriptions() {
    let club = Club::open_with(|config| Config { live_connections: 2, ..config }).await;
    let (shop, kiosk) = (club.partner(SHOP).await, club.partner(KIOSK).await);
    let first = Line::signed_in(&club, &shop.token).await;
    let mut second = Line::signed_in(&club, &shop.token).await;
    let init = json!({ "type": "connection_init", "payload": { "Authorization": shop.token } });
    let mut third = Line::open(&club).await;
    third.say(init.clone()).await;
    assert_eq!(third.hear().await, None, "closed");
    Line::signed_in(&club, &kiosk.token).await;

    let head = head(&shop, SHOP).await;
    for number in 1..=11 {
        second.subscribe_as(&number.to_string(), SHOP, Some(&head)).await;
    }
    let refused = second.hear().await.unwrap();
    assert_eq!(refused["id"], "11");
    assert!(refused.to_string().contains("too many subscriptions"), "{refused}");
    assert_eq!(second.hear().await.unwrap(), json!({ "id": "11", "type": "complete" }));
    shop.give(FAN, "p-1", json!([item(1.0)])).await.done();
    for _ in 1..=10 {
        assert_eq!(second.change().await["subject"], "p-1");
    }

    // Who goes makes room, as soon as the server has noticed.
    drop(first);
    let room = async {
        loop {
            let mut next = Line::open(&club).await;
            next.say(init.clone()).await;
            if next.hear().await.is_some() {
                return;
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), room).await.unwrap();
}

#[tokio::test]
async fn a_follower_waits_while_the_database_can_not_be_read() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    let start = head(&shop, SHOP).await;
    shop.give(FAN, "p-1", json!([item(1.0)])).await.done();
    let mut line = Line::signed_in(&club, &shop.token).await;
    let change = |sql: &str| {
        place::change(club.dir.path(), club.database.as_ref(), EnvironmentName::Development, sql);
    };
    change("ALTER TABLE change RENAME TO gone");
    line.subscribe(SHOP, Some(&start)).await;
    // It is not told again and again what it can do nothing about.
    for _ in 0..3 {
        line.say(json!({ "type": "ping" })).await;
        assert_eq!(line.hear().await.unwrap()["type"], "pong");
    }
    change("ALTER TABLE gone RENAME TO change");
    assert_eq!(line.change().await["subject"], "p-1");
}
