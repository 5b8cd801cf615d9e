//! Status Points: awards by action, their undo, their lists.

use crate::club::{Club, FAN, NEW_FAN, SHOP};
use serde_json::{Value, json};

#[tokio::test]
async fn an_action_awards_what_the_program_sets_once() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    let award = shop.award(NEW_FAN, "a-1", "match_visit").await.done();
    let expected = json!({
        "action_category": "match_visit", "action_id": "a-1", "amount": 50, "date": award["date"],
        "description": "North stand", "partner_id": SHOP, "title": "Visit", "user_id": NEW_FAN,
    });
    assert_eq!(award, expected);
    shop.award(NEW_FAN, "a-1", "match_visit").await.refused("already_executed_error");
    shop.award(NEW_FAN, "a-1", "season_ticket").await.refused("already_executed_error");
    assert_eq!(shop.balances(NEW_FAN).await, (0, 50));
    shop.award(NEW_FAN, "a-2", "sleeping").await.refused("invalid_action_category_error");
    shop.award("nobody", "a-2", "quiz").await.refused("unknown_user_error");
    shop.award(NEW_FAN, "", "quiz").await.refused("invalid_transaction_id_error");
    // A purchase may have the id of an action.
    shop.give(NEW_FAN, "a-1", json!([crate::club::item(5.0)])).await.done();
}

#[tokio::test]
async fn an_award_is_taken_back_once() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    shop.award(FAN, "a-1", "season_ticket").await.done();
    assert_eq!(shop.balances(FAN).await.1, 1740);
    let undo = shop.undo_award(FAN, "a-1").await.done();
    assert_eq!((&undo["amount"], &undo["action_id"]), (&json!(-500), &json!("a-1")));
    shop.undo_award(FAN, "a-1").await.refused("already_executed_error");
    shop.undo_award(FAN, "a-9").await.refused("transaction_not_found_error");
    shop.undo_award(NEW_FAN, "a-1").await.refused("transaction_not_found_error");
    shop.undo_award("nobody", "a-1").await.refused("unknown_user_error");
    assert_eq!(shop.balances(FAN).await.1, 1240);

    let query = "{ list: get_partner_status_points_transactions(partner_id: \"club-shop\", limit: 5)
        { result { amount date } } }";
    let data = shop.data(query, json!({})).await;
    let amounts: Vec<&Value> =
        data["list"]["result"].as_array().unwrap().iter().map(|one| &one["amount"]).collect();
    assert_eq!(amounts, [&json!(-500), &json!(500)]);
    let query =
        "query($date: String) { list: get_partner_status_points_transactions(partner_id: \"club-shop\",
        earlier_than: $date) { result { amount } } }";
    let page = shop.data(query, json!({ "date": data["list"]["result"][0]["date"] })).await;
    assert_eq!(page["list"]["result"], json!([{ "amount": 500 }]));
}

#[tokio::test]
async fn the_worth_of_an_action_is_told() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    let query = "query($category: String!) { worth: get_status_points_for_action(partner_id: \"club-shop\",
        action_category: $category) { result errors { invalid_action_category_error { _empty } } } }";
    let known = shop.data(query, json!({ "category": "quiz" })).await;
    assert_eq!(known["worth"], json!({ "result": 10, "errors": null }));
    let unknown = shop.data(query, json!({ "category": "sleeping" })).await;
    let expected =
        json!({ "result": null, "errors": { "invalid_action_category_error": { "_empty": null } } });
    assert_eq!(unknown["worth"], expected);
}
