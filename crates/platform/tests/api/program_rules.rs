//! What a program's owner sets: what an action is worth, badges, tiers and threshold rules.

use crate::club::{Club, NEW_FAN, SHOP, Seat};
use serde_json::{Value, json};

const RULES: &str = "{ a: get_program_rules(project_id: \"fc-example\") { result {
    actions { action_category title status_points } badges { badge_id title action number }
    tiers { name from_status_points } threshold_rules { rule_id title rule } } } }";

async fn rules(program: &Seat) -> Value {
    program.data(RULES, json!({})).await["a"]["result"].take()
}

/// Calls a mutation of the program's with these arguments; the answer is whether anything was changed.
async fn call(program: &Seat, name: &str, arguments: &str) -> Value {
    let query = format!("mutation {{ a: {name}(project_id: \"fc-example\", {arguments}) {{ result }} }}");
    program.data(&query, json!({})).await["a"]["result"].take()
}

async fn refused(program: &Seat, name: &str, arguments: &str) {
    let query = format!("mutation {{ a: {name}(project_id: \"fc-example\", {arguments}) {{ result }} }}");
    assert_eq!(program.error_code(&query, json!({})).await, "BAD_ARGUMENT", "{name}({arguments})");
}

/// Tells an engagement event, and answers what it earned.
async fn earn(club: &Club, seat: &Seat, id: &str, user: &str, action: &str) -> Value {
    let event = json!({ "client_event_id": id, "user_id": user, "action": action, "description": "",
                        "metadata": {}, "time": jiff::Timestamp::now().to_string() });
    let request = club.http.post(club.url("/events")).header("authorization", &seat.token);
    let answer = request.json(&json!({ "events": [event] })).send().await.unwrap();
    let mut body: Value = answer.json().await.unwrap();
    assert_eq!(body["results"][0]["status"], "accepted", "{body}");
    body["results"][0].take()
}

#[tokio::test]
async fn an_action_is_worth_what_the_program_says_until_it_ends() {
    let club = Club::open().await;
    let (program, shop) = (club.program().await, club.partner(SHOP).await);
    let set = "action_category: \"volunteering\", title: \"Volunteering\", status_points: 70";
    assert_eq!(call(&program, "set_program_action", set).await, true);
    shop.award(NEW_FAN, "a-1", "volunteering").await.done();
    let more = set.replace("70", "80");
    assert_eq!(call(&program, "set_program_action", &more).await, true);
    shop.award(NEW_FAN, "a-2", "volunteering").await.done();
    assert_eq!(shop.balances(NEW_FAN).await, (0, 150));
    // The partners' devices are told, and read it in their configuration.
    let config = "{ a: partner_app_config(partner_id: \"club-shop\") { result { actions { action_category
        status_points } } } }";
    let told = shop.data(config, json!({})).await["a"]["result"]["actions"].take();
    let expected = json!({ "action_category": "volunteering", "status_points": 80 });
    assert!(told.as_array().unwrap().contains(&expected), "{told}");
    let end = "action_category: \"volunteering\"";
    assert_eq!(call(&program, "delete_program_action", end).await, true);
    assert_eq!(call(&program, "delete_program_action", end).await, false, "there is none any more");
    shop.award(NEW_FAN, "a-3", "volunteering").await.refused("invalid_action_category_error");
    // What was earned can still be taken back.
    shop.undo_award(NEW_FAN, "a-1").await.done();
    assert_eq!(shop.balances(NEW_FAN).await, (0, 80));
    for bad in [
        "action_category: \"\", title: \"a\", status_points: 1",
        "action_category: \"a\\u0007\", title: \"a\", status_points: 1",
        "action_category: \"a\", title: \"a\\u0000b\", status_points: 1",
        "action_category: \"a\", title: \"a\", status_points: -1",
        "action_category: \"a\", title: \"a\", status_points: 1000000001",
    ] {
        refused(&program, "set_program_action", bad).await;
    }
}

#[tokio::test]
async fn a_badge_that_ends_stays_with_those_who_have_it() {
    let club = Club::open().await;
    let (program, shop) = (club.program().await, club.partner(SHOP).await);
    let badge = "badge_id: \"early-bird\", title: \"Early bird\", action: \"gate_passage\", number: 2";
    assert_eq!(call(&program, "set_program_badge", badge).await, true);
    assert_eq!(earn(&club, &program, "e-1", NEW_FAN, "gate_passage").await["badges"], json!([]));
    assert_eq!(earn(&club, &program, "e-2", NEW_FAN, "gate_passage").await["badges"], json!(["Early bird"]));
    let rule =
        json!({ "badge_id": "early-bird", "title": "Early bird", "action": "gate_passage", "number": 2 });
    assert!(rules(&program).await["badges"].as_array().unwrap().contains(&rule));

    assert_eq!(call(&program, "delete_program_badge", "badge_id: \"early-bird\"").await, true);
    assert_eq!(call(&program, "delete_program_badge", "badge_id: \"early-bird\"").await, false);
    assert!(!rules(&program).await["badges"].to_string().contains("early-bird"));
    for id in ["e-3", "e-4"] {
        assert_eq!(earn(&club, &program, id, "member-0001", "gate_passage").await["badges"], json!([]));
    }
    let fan = format!(
        "{{ a: get_fan(partner_id: \"club-shop\", user_id: \"{NEW_FAN}\") {{ result {{ badges }} }} }}"
    );
    assert_eq!(shop.data(&fan, json!({})).await["a"]["result"]["badges"], json!(["Early bird"]));
    // Set again, it is earned again: by who did it often enough already with the next time.
    assert_eq!(call(&program, "set_program_badge", badge).await, true);
    let third = earn(&club, &program, "e-5", "member-0001", "gate_passage").await;
    assert_eq!(third["badges"], json!(["Early bird"]));
    refused(&program, "set_program_badge", "badge_id: \"a\", title: \"a\", action: \"a\", number: 0").await;
}

#[tokio::test]
async fn tiers_and_threshold_rules_follow_the_program() {
    let club = Club::open().await;
    let (program, shop) = (club.program().await, club.partner(SHOP).await);
    let head = "{ a: changes(scope_id: \"club-shop\", scope_type: partner) { cursor } }";
    let head = shop.data(head, json!({})).await["a"]["cursor"].take();
    assert_eq!(call(&program, "set_program_tier", "name: \"Legend\", from_status_points: 60").await, true);
    assert_eq!(earn(&club, &program, "e-1", NEW_FAN, "match_visit").await["level"], "Bronze");
    assert_eq!(earn(&club, &program, "e-2", NEW_FAN, "quiz").await["level"], "Legend");
    assert_eq!(call(&program, "delete_program_tier", "name: \"Legend\"").await, true);
    assert_eq!(call(&program, "delete_program_tier", "name: \"Legend\"").await, false);
    assert_eq!(earn(&club, &program, "e-3", NEW_FAN, "quiz").await["level"], "Bronze");

    let rule = |rule: &str| format!("rule_id: \"box\", title: \"The box\", rule: {}", json!(rule));
    let gold =
        r#"{"rule":"any","rules":[{"rule":"tier","name":"Gold"},{"rule":"at_least","status_points":700}]}"#;
    assert_eq!(call(&program, "set_threshold_rule", &rule(gold)).await, true);
    let kept = rules(&program).await["threshold_rules"].take();
    let kept = kept.as_array().unwrap().iter().find(|rule| rule["rule_id"] == "box").unwrap().clone();
    assert_eq!(serde_json::from_str::<Value>(kept["rule"].as_str().unwrap()).unwrap()["rule"], "any");
    for bad in [
        "",
        "{}",
        r#"{"rule":"tier","name":"Legend"}"#,
        r#"{"rule":"at_least","status_points":-1}"#,
        r#"{"rule":"at_least","status_points":1.5}"#,
        r#"{"rule":"all","rules":[{"rule":"tier","name":"nowhere"}]}"#,
        &"[".repeat(4000),
        &format!(
            "{{\"rule\":\"any\",\"rules\":[{}]}}",
            vec!["{\"rule\":\"any\",\"rules\":[]}"; 200].join(",")
        ),
    ] {
        refused(&program, "set_threshold_rule", &rule(bad)).await;
    }
    assert_eq!(call(&program, "delete_threshold_rule", "rule_id: \"box\"").await, true);
    assert_eq!(call(&program, "delete_threshold_rule", "rule_id: \"box\"").await, false);

    let after =
        "query($after: String) { a: changes(scope_id: \"club-shop\", scope_type: partner, after: $after)
        { result { kind subject } } }";
    let changes = shop.data(after, json!({ "after": head })).await["a"]["result"].take();
    let configured: Vec<_> = changes
        .as_array()
        .unwrap()
        .iter()
        .filter(|change| change["kind"] == "configuration")
        .map(|change| change["subject"].as_str().unwrap())
        .collect();
    assert_eq!(configured, ["Legend", "Legend", "box", "box"]);
}
