//! Bad input for every argument of every operation, made from the schema: a clear refusal, no 500, nothing written.

use crate::club::{Club, FAN, SHOP, Seat, item};
use crate::operations::{Operation, operations};
use async_graphql::parser::types::{BaseType, Type};
use platform::Config;
use reqwest::StatusCode;
use serde_json::{Map, Value, json};

fn base_name(kind: &Type) -> &str {
    match &kind.base {
        BaseType::List(inner) => base_name(inner),
        BaseType::Named(name) => name.as_str(),
    }
}

/// A value that fits, for the arguments that are not spoiled.
fn fitting(name: &str, kind: &Type) -> Value {
    let one = match base_name(kind) {
        "Int" => json!(1),
        "Float" => json!(1.0),
        "Boolean" => json!(true),
        "Currency" => json!("chf"),
        "ScopeType" | "PartyType" => json!("partner"),
        "QrCodeVersion" => json!("json_v1"),
        "ProductCategory" => json!("product"),
        "AppRole" => json!("staff"),
        "DecisionOutcome" => json!("void"),
        "GoodsKind" => json!("voucher"),
        "FanPointsRateType" => json!("relative"),
        "DeliveryStatus" => json!("delivered"),
        "FanPointsTransactionsFilter" => json!({ "title": { "contains": "a" } }),
        "PurchaseItemInput" => item(1.0),
        "PurchaseItemPriceInput" => json!({ "currency": "chf", "price": 1.0 }),
        "String" => json!(match name {
            "partner_id" => SHOP,
            "project_id" => "fc-example",
            "scope_id" | "party_id" => SHOP,
            "user_id" | "old_user_id" | "last_returned_user_id" => FAN,
            "cancel_url" | "success_url" => "https://shop.example.org/",
            "callback_url" => "https://shop.example.org/hook",
            "document" => "{}",
            "after" => "0000000000000001",
            _ if name.contains("date") || name.contains("earlier") || name.contains("later") => "2024-02-17",
            "opened" | "closed" | "device_time" | "oldest_waiting" => "2024-02-17",
            _ => "made-up",
        }),
        other => panic!("no value for {other}"),
    };
    if matches!(kind.base, BaseType::List(_)) { json!([one]) } else { one }
}

/// Values that spoil an argument.
fn spoiled(kind: &Type) -> Vec<Value> {
    let numbers = [json!(-1), json!(0), json!(9_007_199_254_740_993_i64), json!("1"), json!([1]), json!({})];
    if matches!(kind.base, BaseType::List(_)) {
        let mut values = vec![json!([]), json!([null]), json!("x"), json!([[]]), json!({})];
        for price in [json!(-1), json!(0), json!(1e308), json!(0.001), json!("1"), json!(null), json!(1e-308)]
        {
            values.push(json!([{ "currency": "chf", "price": price, "title": "a", "description": "b" }]));
        }
        values.push(json!([{ "currency": "gold", "price": 1, "title": "a", "description": "b" }]));
        values.push(
            json!([{ "currency": "chf", "price": 1, "title": "a", "description": "b", "rate_label": "?" }]),
        );
        values.push(json!([{ "currency": "chf", "price": 1, "title": "a", "description": "b",
                             "custom_purchase_item_id": "a\u{7}" }]));
        return values;
    }
    match base_name(kind) {
        "Int" => [numbers.as_slice(), &[json!(1.5), json!(i64::MIN), json!(1e300)]].concat(),
        "Float" => {
            [numbers.as_slice(), &[json!(1e308), json!(-1e308), json!(1e-308), json!(0.123_456_789)]].concat()
        }
        "Boolean" => vec![json!("true"), json!(1), json!([])],
        "String" => vec![
            json!(""),
            json!(" "),
            json!("a\u{7}b"),
            json!("\u{0}"),
            json!("\u{1}1"),
            json!("x".repeat(5000)),
            json!("'; DROP TABLE fan; --"),
            json!("\u{202e}\u{1f600}\u{fffd}"),
            json!("2024-02-30"),
            json!("yesterday"),
            json!("+999999-01-01"),
            json!(7),
            json!([]),
            json!({}),
        ],
        _ => vec![json!("nonsense"), json!(7), json!([]), json!("")],
    }
}

impl Operation {
    fn request(&self, spoilt: &str, value: &Value) -> Value {
        let (mut declared, mut passed, mut variables) = (Vec::new(), Vec::new(), Map::new());
        for argument in &self.field.arguments {
            let name = argument.node.name.node.as_str();
            let kind = &argument.node.ty.node;
            if name != spoilt && kind.nullable {
                continue;
            }
            declared.push(format!("${name}: {kind}"));
            passed.push(format!("{name}: ${name}"));
            let value = if name == spoilt { value.clone() } else { fitting(name, kind) };
            variables.insert(name.to_owned(), value);
        }
        let selection = if self.field.ty.node.to_string() == "String!" { "" } else { "{ __typename }" };
        let query = format!(
            "{}({}) {{ a: {}({}) {selection} }}",
            self.kind,
            declared.join(", "),
            self.field.name.node,
            passed.join(", ")
        );
        json!({ "query": query, "variables": variables })
    }
}

async fn unlimited() -> Club {
    Club::open_with(|config| Config { requests_per_minute: 1_000_000, ..config }).await
}

async fn newest(seat: &Seat) -> Value {
    let query = "{ a: changes(scope_id: \"club-shop\", scope_type: partner) { cursor } }";
    seat.data(query, json!({})).await["a"]["cursor"].take()
}

#[tokio::test]
async fn every_argument_of_every_operation_may_be_wrong() {
    let club = unlimited().await;
    let (shop, program) = (club.partner(SHOP).await, club.program().await);
    let mut calls = 0;
    for operation in operations() {
        let name = operation.field.name.node.to_string();
        let of_program =
            operation.field.arguments.iter().all(|argument| argument.node.name.node != "partner_id");
        let seat = if of_program && name != "ping" { &program } else { &shop };
        for argument in &operation.field.arguments {
            let argument_name = argument.node.name.node.as_str();
            let (before, mut all_refused) = (newest(&shop).await, true);
            for value in spoiled(&argument.node.ty.node) {
                let request = operation.request(argument_name, &value);
                let (status, body) = seat.post(&request).await;
                let shown = format!(
                    "{name}({argument_name}: {})",
                    value.to_string().chars().take(80).collect::<String>()
                );
                assert!(
                    status == StatusCode::OK || status == StatusCode::BAD_REQUEST,
                    "{shown}: {status} {body}"
                );
                let code = &body["errors"][0]["extensions"]["code"];
                assert!(code != "INTERNAL" && code != "NOT_COMMITTED", "{shown}: {body}");
                all_refused &= body["data"].is_null();
                if body["data"].is_null() {
                    assert!(body["errors"][0]["message"].is_string(), "{shown}: {body}");
                }
                calls += 1;
            }
            if all_refused {
                assert_eq!(newest(&shop).await, before, "{name}({argument_name})");
            }
        }
    }
    println!("{calls} calls");
    assert!(calls > 1000, "{calls}");
    assert_eq!(shop.post(&json!({ "query": "{ ping }" })).await.0, StatusCode::OK);
}

#[tokio::test]
async fn ten_thousand_items_are_too_many_and_no_body_breaks_the_server() {
    let club = unlimited().await;
    let shop = club.partner(SHOP).await;
    let items: Vec<Value> = (0..10_000).map(|_| item(0.01)).collect();
    for operation in ["give_fan_points_on_purchase", "pay_purchase_with_fan_points"] {
        let outcome = shop.purchase(operation, SHOP, FAN, operation, json!(items)).await;
        outcome.refused("invalid_reward_amount_error");
    }
    assert_eq!(shop.balances(FAN).await.0, 3465);
    let start = newest(&shop).await;
    let deep = format!("{{ a: {}ping{} }}", "a { ".repeat(5000), " }".repeat(5000));
    let wide: String = (0..5000).map(|n| format!("a{n}: ping ")).collect();
    for body in [
        String::new(),
        "{".to_owned(),
        "null".to_owned(),
        "[]".to_owned(),
        "7".to_owned(),
        "{\"query\": 7}".to_owned(),
        "{\"query\": \"{\"}".to_owned(),
        "{\"query\": \"mutation { \"}".to_owned(),
        "\u{0}".to_owned(),
        json!({ "query": deep }).to_string(),
        json!({ "query": format!("{{ {wide} }}") }).to_string(),
        json!({ "query": "fragment F on Query { ...F } { ...F }" }).to_string(),
        json!({ "query": "query($a: [[[Int]]]) { ping }", "variables": { "a": "x" } }).to_string(),
        "[".repeat(100_000),
    ] {
        let shown: String = body.chars().take(60).collect();
        let (status, answer) = shop.post_text(body).await;
        assert!(status == StatusCode::OK || status == StatusCode::BAD_REQUEST, "{shown}: {status} {answer}");
        assert!(answer["errors"][0]["message"].is_string(), "{shown}: {answer}");
    }
    assert_eq!(newest(&shop).await, start);
}

#[tokio::test]
async fn a_text_with_a_control_character_is_refused_alone_and_alike_on_every_database() {
    let club = unlimited().await;
    let (shop, program) = (club.partner(SHOP).await, club.program().await);
    let batch = "mutation($bad: String!) {
        first: give_fan_points_on_purchase(partner_id: \"club-shop\", user_id: \"008407119295\", custom_purchase_id: \"p-1\",
            purchase_items: [{ currency: chf, price: 5, title: \"two\\nlines\", description: \"a\\tb\" }])
            { errors { unknown_user_error { _empty } } result { purchase_items { title description } } }
        title: give_fan_points_on_purchase(partner_id: \"club-shop\", user_id: \"008407119295\", custom_purchase_id: \"p-2\",
            purchase_items: [{ currency: chf, price: 5, title: $bad, description: \"a\" }]) { result { date } }
        award: distribute_status_points(partner_id: \"club-shop\", user_id: \"008407119295\", custom_action_id: \"a-1\",
            action_category: \"quiz\", title: \"a\", description: $bad) { result { date } }
        user: give_fan_points_on_purchase(partner_id: \"club-shop\", user_id: $bad, custom_purchase_id: \"p-3\",
            purchase_items: [{ currency: chf, price: 5, title: \"a\", description: \"a\" }])
            { errors { unknown_user_error { _empty } } }
        last: give_fan_points_on_purchase(partner_id: \"club-shop\", user_id: \"008407119295\", custom_purchase_id: \"p-4\",
            purchase_items: [{ currency: chf, price: 5, title: \"a\", description: \"a\" }]) { result { date } } }";
    // An id that only looks like the one with a NUL in it, once that is written otherwise.
    let add = "mutation { add_user(project_id: \"fc-example\", user_id: \"a\u{fffd}\", mail_address: \"a@example.org\")
        { result { user_id } } }";
    program.data(add, json!({})).await;
    let body = shop.ask(batch, json!({ "bad": "a\u{0}" })).await;
    let data = &body["data"];
    let item = &data["first"]["result"]["purchase_items"][0];
    assert_eq!((&item["title"], &item["description"]), (&json!("two\nlines"), &json!("a\tb")), "{body}");
    for refused in ["title", "award"] {
        assert_eq!(data[refused]["result"], Value::Null, "{body}");
    }
    let told: Vec<_> = body["errors"].as_array().unwrap().iter().map(|error| &error["path"][0]).collect();
    assert_eq!(told, ["title", "award"], "{body}");
    assert_eq!(body["errors"][0]["extensions"]["code"], "BAD_ARGUMENT");
    assert!(data["user"]["errors"]["unknown_user_error"].is_object(), "{body}");
    assert!(data["last"]["result"]["date"].is_string(), "{body}");
    assert_eq!(shop.balances(FAN).await, (3465 + 20, 1240));
}
