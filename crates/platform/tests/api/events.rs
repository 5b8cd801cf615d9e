//! Engagement events: each judged on its own, rewarded once, forgotten in time.

use std::sync::LazyLock;

use crate::club::{Club, FAN, KIOSK, NEW_FAN, SHOP, Seat};
use crate::place;
use platform::{Config, EnvironmentName};
use reqwest::StatusCode;
use serde_json::{Value, json};

fn event(id: &str, action: &str) -> Value {
    json!({ "client_event_id": id, "user_id": NEW_FAN, "action": action, "description": "North stand",
            "object_id": "gate-7", "metadata": { "row": 4, "home": true }, "time": now() })
}

/// Of one moment for all of a test's run, so that the same event told again is the same.
fn now() -> String {
    static NOW: LazyLock<String> = LazyLock::new(|| jiff::Timestamp::now().to_string());
    NOW.clone()
}

async fn tell(club: &Club, seat: &Seat, events: Value) -> (StatusCode, Value) {
    let request = club.http.post(club.url("/events")).header("authorization", &seat.token);
    let response = request.json(&json!({ "events": events })).send().await.unwrap();
    (response.status(), response.json().await.unwrap())
}

async fn results(club: &Club, seat: &Seat, events: Value) -> Vec<Value> {
    let (status, body) = tell(club, seat, events).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    body["results"].as_array().unwrap().clone()
}

#[tokio::test]
async fn an_event_earns_once_what_the_program_s_rules_say() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    let [first, second] = [event("e-1", "match_visit"), event("e-2", "queue_joined")];
    let told = results(&club, &shop, json!([first, second, first])).await;
    assert_eq!(told[0]["status"], "accepted", "{told:?}");
    assert_eq!((&told[0]["status_points"], &told[0]["level"]), (&json!(50), &json!("Bronze")));
    assert_eq!((&told[1]["status"], &told[1]["status_points"]), (&json!("accepted"), &json!(0)));
    assert_eq!(told[2], json!({ "client_event_id": "e-1", "status": "duplicate" }));
    let again = results(&club, &shop, json!([first])).await;
    assert_eq!(again[0]["status"], "duplicate");
    let mut other = first.clone();
    other["object_id"] = json!("gate-8");
    let conflict = results(&club, &shop, json!([other])).await;
    assert_eq!(conflict[0]["reason"], "client_event_id_conflict");
    assert_eq!(shop.balances(NEW_FAN).await, (0, 50));
    // An award like any other: it stands in the books, and its partner can take it back.
    shop.undo_award(NEW_FAN, "event:e-1").await.done();
    assert_eq!(shop.balances(NEW_FAN).await, (0, 0));
}

#[tokio::test]
async fn bad_events_are_refused_by_name_and_the_others_are_kept() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    let mut events = vec![event("good", "quiz")];
    let mut reasons = vec![Value::Null];
    for (field, value, reason) in [
        ("client_event_id", json!("two words"), "invalid_client_event_id"),
        ("client_event_id", json!(7), "malformed"),
        ("user_id", json!("fan@example.org"), "invalid_user_id"),
        ("user_id", json!("nobody"), "unknown_user"),
        ("action", json!(""), "invalid_action"),
        ("object_id", json!("+41 79 123 45 67"), "invalid_object_id"),
        ("description", json!("write to jane@example.org"), "invalid_description"),
        ("description", json!("x".repeat(201)), "invalid_description"),
        ("metadata", json!({ "mail": "jane@example.org" }), "invalid_metadata"),
        ("metadata", json!({ "nested": { "a": 1 } }), "invalid_metadata"),
        ("metadata", json!([1]), "malformed"),
        ("time", json!("yesterday"), "invalid_time"),
        ("time", json!("2999-01-01T00:00:00Z"), "invalid_time"),
        ("time", json!("2001-01-01T00:00:00Z"), "invalid_time"),
        ("time", Value::Null, "malformed"),
        ("colour", json!("red"), "malformed"),
    ] {
        let mut bad = event(&format!("bad-{}", events.len()), "quiz");
        bad[field] = value;
        events.push(bad);
        reasons.push(json!(reason));
    }
    events.push(json!("no event"));
    reasons.push(json!("malformed"));
    let told = results(&club, &shop, json!(events)).await;
    let found: Vec<_> = told.iter().map(|result| result["reason"].clone()).collect();
    assert_eq!(found, reasons);
    assert_eq!(shop.balances(NEW_FAN).await, (0, 10), "one quiz");
}

#[tokio::test]
async fn what_is_no_batch_changes_nothing() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    let many: Vec<_> = (0..501).map(|number| event(&format!("e-{number}"), "quiz")).collect();
    let (status, body) = tell(&club, &shop, json!(many)).await;
    let code = &body["errors"][0]["extensions"]["code"];
    assert_eq!((status, code), (StatusCode::BAD_REQUEST, &json!("TOO_MANY_EVENTS")));
    let url = club.url("/events");
    for body in ["", "[]", "{}", "{\"events\":{}}", "{\"events\":[],\"more\":1}"] {
        let request = club.http.post(&url).header("authorization", &shop.token).body(body);
        assert_eq!(request.send().await.unwrap().status(), StatusCode::BAD_REQUEST, "{body}");
    }
    let nobody = club.http.post(&url).body("{\"events\":[]}").send().await.unwrap();
    assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);
    let foreign = json!({ "project_id": "other", "events": [event("e-1", "quiz")] });
    let request = club.http.post(&url).header("authorization", &shop.token).json(&foreign);
    assert_eq!(request.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    assert_eq!(shop.balances(NEW_FAN).await, (0, 0));
    let full: Vec<_> = (0..500).map(|number| event(&format!("e-{number}"), "quiz")).collect();
    let told = results(&club, &shop, json!(full)).await;
    assert!(told.len() == 500 && told.iter().all(|result| result["status"] == "accepted"));
    assert_eq!(shop.balances(NEW_FAN).await, (0, 5000));
}

#[tokio::test]
async fn counting_gives_badges_and_points_a_place_on_the_board() {
    let club = Club::open().await;
    let program = club.program().await;
    let mut badges = Vec::new();
    for number in 0..5 {
        let told = results(&club, &program, json!([event(&format!("q-{number}"), "quiz")])).await;
        badges.push(told[0]["badges"].clone());
    }
    let none = json!([]);
    assert_eq!(badges, [none.clone(), none.clone(), json!(["Quizzer"]), none.clone(), none]);
    let kiosk = club.partner(KIOSK).await;
    let request = club.http.get(club.url("/leaderboard?limit=many")).header("authorization", &kiosk.token);
    let refused = request.send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let refused: Value = refused.json().await.unwrap();
    assert_eq!(refused["errors"][0]["extensions"]["code"], "BAD_REQUEST");
    let request = club.http.get(club.url("/leaderboard?limit=100")).header("authorization", &kiosk.token);
    let board: Value = request.send().await.unwrap().json().await.unwrap();
    let rows = board["leaderboard"].as_array().unwrap();
    assert_eq!((&rows[0]["status_points"], &rows[0]["level"]), (&json!(5210), &json!("Platinum")));
    let points: Vec<_> = rows.iter().map(|row| row["status_points"].as_i64().unwrap()).collect();
    assert!(points.is_sorted_by(|a, b| a >= b) && rows.len() == 12, "{board}");
    let quizzer = rows.iter().find(|row| row["status_points"] == 50).unwrap();
    assert_eq!((&quizzer["badges"], &quizzer["level"]), (&json!(1), &json!("Bronze")));
    assert!(rows.iter().all(|row| row["user"].as_str().unwrap().starts_with('p')));
    assert!(!board.to_string().contains(FAN) && !board.to_string().contains("member-"));
}

#[tokio::test]
async fn old_events_are_forgotten_and_what_they_earned_is_not() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    results(&club, &shop, json!([event("e-1", "quiz")])).await;
    let (dir, database) = (club.dir.path().to_owned(), club.database.clone());
    let club = club
        .reopen_with(|config| {
            let sql = "UPDATE event SET received_us = received_us - 864000000000";
            place::change(&dir, database.as_ref(), EnvironmentName::Development, sql);
            Config { event_retention: std::time::Duration::from_secs(9 * 86_400), ..config }
        })
        .await;
    assert_eq!(club.running.forget_events().await.unwrap(), 1);
    assert_eq!(club.running.forget_events().await.unwrap(), 0);
    let shop = club.partner(SHOP).await;
    assert_eq!(shop.balances(NEW_FAN).await, (0, 10));
    // Told once more it still earns nothing: the books remember.
    let told = results(&club, &shop, json!([event("e-1", "quiz")])).await;
    assert_eq!(told[0]["status"], "duplicate");
    assert_eq!(shop.balances(NEW_FAN).await, (0, 10));
}
