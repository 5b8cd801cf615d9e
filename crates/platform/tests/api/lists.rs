//! Reading transactions back: newest first, page by page, by date, by user, by text.

use crate::club::{Club, FAN, KIOSK, NEW_FAN, SHOP, Seat, item};
use serde_json::{Value, json};

const LIST: &str = "query($limit: Int, $date: String, $old: String, $later: String, $user: String,
                          $filter: FanPointsTransactionsFilter) {
    list: get_partner_fan_points_transactions(partner_id: \"club-shop\", limit: $limit, earlier_than_date: $date,
        earlier_than: $old, later_than_date: $later, user_id: $user, transactions_filter: $filter)
    { result { purchase_id date user_id } errors { unknown_user_error { _empty } } } }";

async fn ids(shop: &Seat, variables: Value) -> Vec<String> {
    page(shop, variables).await.into_iter().map(|(id, _)| id).collect()
}

async fn page(shop: &Seat, variables: Value) -> Vec<(String, String)> {
    let data = shop.data(LIST, variables).await;
    let list = data["list"]["result"].as_array().unwrap_or_else(|| panic!("{data}"));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    list.iter().map(|one| (text(&one["purchase_id"]), text(&one["date"]))).collect()
}

#[tokio::test]
async fn pages_have_no_gaps_and_no_repeats_by_either_name_of_the_bound() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    // One request, so that they are booked as close together as can be.
    let operations: Vec<String> = (0..25)
        .map(|number| {
            format!(
                "m{number}: give_fan_points_on_purchase(partner_id: \"club-shop\", user_id: \"{FAN}\",
                 custom_purchase_id: \"p-{number}\", purchase_items: [{{ currency: chf, price: 5, title: \"t\",
                 description: \"d\" }}]) {{ result {{ purchase_id }} }}"
            )
        })
        .collect();
    shop.data(&format!("mutation {{ {} }}", operations.join(" ")), json!({})).await;
    let expected: Vec<String> = (0..25).rev().map(|number| format!("p-{number}")).collect();
    assert_eq!(ids(&shop, json!({})).await, expected);
    for bound in ["date", "old"] {
        let mut seen = Vec::new();
        let mut earlier_than = Value::Null;
        loop {
            let page = page(&shop, json!({ "limit": 7, bound: earlier_than })).await;
            let Some((_, last)) = page.last() else { break };
            // As an older client writes it: with a T, and as the server does: with a space.
            earlier_than = json!(if bound == "old" { last.replace(' ', "T") } else { last.clone() });
            assert!(page.len() <= 7);
            seen.extend(page.into_iter().map(|(id, _)| id));
        }
        assert_eq!(seen, expected);
    }
    let all = page(&shop, json!({})).await;
    let later = ids(&shop, json!({ "later": all[20].1 })).await;
    assert_eq!(later, expected[..20]);
    assert_eq!(ids(&shop, json!({ "limit": 0 })).await, Vec::<String>::new());
}

#[tokio::test]
async fn lists_are_narrowed_to_a_user_and_a_text() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    let titled = |title: &str| {
        let mut item = item(1.0);
        item["title"] = json!(title);
        json!([item])
    };
    shop.give(FAN, "p-1", titled("Season scarf")).await.done();
    shop.give(NEW_FAN, "p-2", titled("Mug")).await.done();
    assert_eq!(ids(&shop, json!({ "user": FAN })).await, ["p-1"]);
    assert_eq!(ids(&shop, json!({ "user": "member-0002" })).await, ["p-2"]);
    assert_eq!(ids(&shop, json!({ "filter": { "title": { "contains": "SCARF" } } })).await, ["p-1"]);
    assert_eq!(ids(&shop, json!({ "filter": { "user_id": { "contains": "3344" } } })).await, ["p-2"]);
    let either = json!({ "filter": { "combined_user_id_title": { "contains": "0002" } } });
    assert_eq!(ids(&shop, either).await, ["p-2"]);
    let either = json!({ "filter": { "combined_user_id_title": { "contains": "scarf" } } });
    assert_eq!(ids(&shop, either).await, ["p-1"]);
    assert_eq!(ids(&shop, json!({ "filter": { "title": { "contains": "%" } } })).await, Vec::<String>::new());

    let unknown = shop.data(LIST, json!({ "user": "nobody" })).await;
    let expected = json!({ "result": null, "errors": { "unknown_user_error": { "_empty": null } } });
    assert_eq!(unknown["list"], expected);
}

#[tokio::test]
async fn a_user_s_list_holds_the_partner_s_own_and_for_the_program_all() {
    let club = Club::open().await;
    let (shop, kiosk, program) = (club.partner(SHOP).await, club.partner(KIOSK).await, club.program().await);
    shop.give(FAN, "s-1", json!([item(5.0)])).await.done();
    shop.award(FAN, "a-1", "quiz").await.done();
    kiosk.purchase("give_fan_points_on_purchase", KIOSK, FAN, "k-1", json!([item(5.0)])).await.done();
    let query = "{ points: get_fan_points_transactions(user_id: \"008407119295\")
            { result { purchase_id purchase_items { can_be_undone } } }
        status: get_status_points_transactions(user_id: \"008407119295\") { result { action_id } } }";
    let seen = |data: &Value| {
        let list = data["points"]["result"].as_array().unwrap().clone();
        let ids: Vec<_> = list.iter().map(|one| one["purchase_id"].as_str().unwrap().to_owned()).collect();
        (ids, data["status"]["result"].as_array().unwrap().len())
    };
    assert_eq!(seen(&shop.data(query, json!({})).await), (vec!["s-1".to_owned()], 1));
    assert_eq!(seen(&kiosk.data(query, json!({})).await), (vec!["k-1".to_owned()], 0));
    let all = program.data(query, json!({})).await;
    assert_eq!(seen(&all), (vec!["k-1".to_owned(), "s-1".to_owned()], 1));
    assert_eq!(
        all["points"]["result"][0]["purchase_items"][0]["can_be_undone"], false,
        "only the partner undoes"
    );
}

#[tokio::test]
async fn dates_and_limits_that_are_none_are_refused_clearly() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    for variables in [
        json!({ "date": "yesterday" }),
        json!({ "old": "2024-02-30 10:00:00" }),
        json!({ "later": "" }),
        json!({ "limit": -1 }),
    ] {
        assert_eq!(shop.error_code(LIST, variables).await, "BAD_ARGUMENT");
    }
}
