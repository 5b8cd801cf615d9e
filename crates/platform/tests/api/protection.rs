//! Bad and greedy requests get a clear answer and change nothing; the server's own pages.

use crate::club::{Club, FAN, SHOP, item};
use crate::place;
use platform::EnvironmentName;
use reqwest::StatusCode;
use serde_json::json;

#[tokio::test]
async fn what_is_no_request_is_refused_without_a_server_error() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    for body in
        ["", "{", "null", "[]", "{\"query\": 5}", "{\"variables\": {}}", "\u{0}", "{\"query\":\"{ping}\"} x"]
    {
        let (status, answer) = shop.post_text(body.to_owned()).await;
        assert!(status.is_client_error() || status == StatusCode::OK, "{body}: {status}");
        assert!(answer["errors"].is_array(), "{body}: {answer}");
    }
    for query in [
        "{",
        "{ nothing }",
        "mutation { give_fan_points_on_purchase }",
        "{ get_price_in_fan_points(partner_id: 5, currency: gold, price: \"x\") { result } }",
        "query($x: Float!) { get_price_in_fan_points(partner_id: \"club-shop\", currency: chf, price: $x) { result } }",
    ] {
        let body = shop.ask(query, json!({})).await;
        assert!(body["errors"].is_array() && body["data"].is_null(), "{query}: {body}");
    }
    assert_eq!(shop.balances(FAN).await.0, 3465);
}

#[tokio::test]
async fn greedy_requests_are_turned_away() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    let aliases: Vec<String> = (0..200).map(|number| format!("a{number}: ping")).collect();
    let (status, body) = shop.post(&json!({ "query": format!("{{ {} }}", aliases.join(" ")) })).await;
    assert_eq!(
        (status, &body["errors"][0]["extensions"]["code"]),
        (StatusCode::BAD_REQUEST, &json!("TOO_COMPLEX"))
    );
    // Written out, these are 4,194,304 fields.
    let doubling =
        |level: u32| format!("fragment F{level} on Query {{ ...F{next} ...F{next} }}", next = level + 1);
    let doubled: String = (0..22).map(doubling).collect();
    let several = aliases.join(" ");
    for query in [
        format!("{{ ...F0 }} {doubled} fragment F22 on Query {{ ping }}"),
        format!("{{ ... on Query {{ {several} }} }}"),
        format!("{{ ...F }} fragment F on Query {{ {several} }}"),
    ] {
        let (status, body) = shop.post(&json!({ "query": query })).await;
        assert_eq!(
            (status, &body["errors"][0]["extensions"]["code"]),
            (StatusCode::BAD_REQUEST, &json!("TOO_COMPLEX"))
        );
    }
    let deep = format!("{{ __schema {{ types {{ {} name {} }} }} }}", "ofType { ".repeat(40), "}".repeat(40));
    let (_, body) = shop.post(&json!({ "query": deep })).await;
    assert!(body["errors"].is_array(), "{body}");
    let huge = json!({ "query": "{ ping }", "variables": { "x": "y".repeat(3 * 1024 * 1024) } });
    let request = club.http.post(club.url("/graphql")).header("authorization", &shop.token);
    let answer = request.body(huge.to_string()).send().await;
    // The server may close the connection while the rest is still being sent.
    assert!(answer.is_err() || answer.unwrap().status() == StatusCode::PAYLOAD_TOO_LARGE);
    // A full batch of fifty operations that asks for everything is welcome.
    let operations: Vec<String> = (0..50)
        .map(|number| {
            format!(
                "m{number}: give_fan_points_on_purchase(partner_id: \"club-shop\", user_id: \"{FAN}\",
                 purchase_items: [{{ currency: chf, price: 5, title: \"t\", description: \"d\" }}])
                 {{ {} {} }}",
                crate::club::REFUSALS,
                crate::club::TRANSACTION
            )
        })
        .collect();
    shop.data(&format!("mutation {{ {} }}", operations.join(" ")), json!({})).await;
    assert_eq!(shop.balances(FAN).await.0, 3465 + 50 * 10);
}

#[tokio::test]
async fn health_and_metrics_are_told_without_signing_in() {
    let club = Club::open().await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(club.http.get(club.url(path)).send().await.unwrap().status(), StatusCode::OK, "{path}");
    }
    let shop = club.partner(SHOP).await;
    shop.give(FAN, "p-1", json!([item(5.0)])).await.done();
    shop.give(FAN, "p-1", json!([item(5.0)])).await.refused("already_executed_error");
    let text = club.http.get(club.url("/metrics")).send().await.unwrap().text().await.unwrap();
    for line in [
        "fanpoints_operations_total{operation=\"give\",outcome=\"done\"} 1",
        "fanpoints_operations_total{operation=\"give\",outcome=\"refused\"} 1",
        "fanpoints_sign_ins_total{worked=\"true\"} 1",
        "fanpoints_requests_total{route=\"/graphql\",status=\"200\"} 2",
        "fanpoints_operation_duration_seconds_count{operation=\"give_fan_points_on_purchase\"} 2",
        "fanpoints_writer_queue{environment=\"development\"} 0",
        "fanpoints_readers{environment=\"production\"} 4",
        "fanpoints_ledger_balance{environment=\"development\",program=\"fc-example\",book=\"fan_points\",account=\"funding\"} -10",
    ] {
        assert!(text.contains(line), "{line} in\n{text}");
    }
    assert!(!text.contains(FAN));
}

#[tokio::test]
async fn the_app_s_configuration_says_all_that_a_device_needs() {
    let club = Club::open().await;
    let query =
        "{ c: partner_app_config(partner_id: \"stadium-kiosk\") { result { project_id project_name partner_id
        partner_name primary_currency modules { module_id active } rates { rate_label fan_points_rate }
        actions { action_category title status_points } threshold_rules { rule_id title rule }
        tiers { name from_status_points } offline_policy batch_limit server_time } } }";
    let config = club.partner(crate::club::KIOSK).await.data(query, json!({})).await["c"]["result"].take();
    assert_eq!(config["partner_name"], "Stadium Kiosk");
    assert_eq!(config["rates"], json!([{ "rate_label": "default", "fan_points_rate": 0.03 }]));
    assert_eq!(config["batch_limit"], 50);
    let actions: Vec<_> =
        config["actions"].as_array().unwrap().iter().map(|one| &one["status_points"]).collect();
    assert_eq!(actions, [&json!(50), &json!(10), &json!(500)]);
    let tiers: Vec<_> =
        config["tiers"].as_array().unwrap().iter().map(|one| &one["from_status_points"]).collect();
    assert_eq!(tiers, [&json!(0), &json!(500), &json!(1000), &json!(5000)]);
    let rule: ledger::ThresholdRule =
        serde_json::from_str(config["threshold_rules"][0]["rule"].as_str().unwrap()).unwrap();
    assert_eq!(rule, ledger::ThresholdRule::AtLeast { status_points: ledger::StatusPoints(1000) });
    let policy: ledger::OfflinePolicy =
        serde_json::from_str(config["offline_policy"].as_str().unwrap()).unwrap();
    assert_eq!(policy, ledger::OfflinePolicy::default());
    assert!(config["server_time"].is_string());
}

#[tokio::test]
async fn a_module_that_is_off_refuses_by_name_and_holds_up_nothing_else() {
    let club = Club::open().await;
    let (dir, database) = (club.dir.path().to_owned(), club.database.clone());
    let club = club
        .reopen_after(|| {
            let sql = "UPDATE partnership SET fan_points_module = 0";
            place::change(&dir, database.as_ref(), EnvironmentName::Development, sql);
        })
        .await;
    let shop = club.partner(SHOP).await;
    let give = "give_fan_points_on_purchase(partner_id: \"club-shop\", user_id: \"008407119295\",
        purchase_items: [{ currency: chf, price: 5, title: \"t\", description: \"d\" }])
        { result { date } errors { invalid_reward_amount_error { _empty } } }";
    let award = "distribute_status_points(partner_id: \"club-shop\", user_id: \"008407119295\",
        action_category: \"quiz\", title: \"t\", description: \"d\") { result { amount } }";
    let body = shop.ask(&format!("mutation {{ a: {award} b: {give} c: {award} }}"), json!({})).await;
    assert_eq!(body["data"]["a"]["result"]["amount"], 10, "{body}");
    assert_eq!(body["data"]["c"]["result"]["amount"], 10, "{body}");
    assert_eq!(body["data"]["b"]["result"], json!(null));
    let error = &body["errors"][0];
    assert_eq!(
        (&error["path"], &error["extensions"]["code"]),
        (&json!(["b"]), &json!("fan_points_module_off"))
    );
    assert_eq!(shop.balances(FAN).await, (3465, 1260));
}
