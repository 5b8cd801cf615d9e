//! Giving, taking and undoing Fan Points over the wire, with every refusal.

use crate::club::{Club, FAN, NEW_FAN, SHOP, item};
use serde_json::{Value, json};

#[tokio::test]
async fn a_purchase_earns_by_the_rates_of_its_items() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    let mut shirt = item(80.0);
    shirt["rate_label"] = json!("merchandise");
    shirt["custom_purchase_item_id"] = json!("shirt");
    let outcome = shop.give(FAN, "p-1", json!([item(25.0), shirt])).await;
    assert_eq!(outcome.amounts(), [50, 400]);
    let done = outcome.done();
    assert_eq!(done["transaction_type"], "distributed_on_purchase");
    assert_eq!((&done["purchase_id"], &done["user_id"]), (&json!("p-1"), &json!(FAN)));
    let first = &done["purchase_items"][0];
    assert_eq!(first["purchase_item_id"], "1");
    assert_eq!((&first["price"], &first["rate_label"]), (&json!(25.0), &Value::Null));
    assert_eq!(
        (&first["fan_points_rate"], &first["fan_points_rate_type"]),
        (&json!(0.02), &json!("relative"))
    );
    assert_eq!((&first["can_be_undone"], &first["has_been_undone"]), (&json!(true), &json!(false)));
    assert_eq!(
        first["partner"],
        json!({ "name": "Club Shop", "partner_id": SHOP, "primary_currency": "chf" })
    );
    assert_eq!(done["purchase_items"][1]["purchase_item_id"], "shirt");
    assert_eq!(shop.balances(FAN).await, (3465 + 450, 1240));
    assert_date(done["date"].as_str().unwrap());
}

fn assert_date(text: &str) {
    let shape: String = text.chars().map(|char| if char.is_ascii_digit() { '0' } else { char }).collect();
    assert_eq!(shape, "0000-00-00 00:00:00.000000");
}

#[tokio::test]
async fn a_payment_costs_a_hundred_points_a_franc() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    let outcome = shop.pay(FAN, "p-1", json!([item(20.0), item(10.5)])).await;
    assert_eq!(outcome.amounts(), [-2000, -1050]);
    assert_eq!(outcome.done()["transaction_type"], "purchased_with_fanpoints");
    assert_eq!(shop.balances(FAN).await.0, 415);
    shop.pay(FAN, "p-2", json!([item(4.16)])).await.refused("too_few_available_error");
    assert_eq!(shop.balances(FAN).await.0, 415);
}

#[tokio::test]
async fn the_same_id_has_one_effect_whatever_comes_with_it() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    shop.give(FAN, "p-1", json!([item(25.0)])).await.done();
    shop.give(FAN, "p-1", json!([item(25.0)])).await.refused("already_executed_error");
    shop.give(FAN, "p-1", json!([item(99.0)])).await.refused("already_executed_error");
    shop.give(NEW_FAN, "p-1", json!([item(25.0)])).await.refused("already_executed_error");
    shop.pay(FAN, "p-1", json!([item(1.0)])).await.refused("already_executed_error");
    assert_eq!(shop.balances(FAN).await.0, 3515);
    // Another partner's ids are its own.
    let kiosk = club.partner(crate::club::KIOSK).await;
    let outcome = kiosk
        .purchase("give_fan_points_on_purchase", crate::club::KIOSK, FAN, "p-1", json!([item(10.0)]))
        .await;
    assert_eq!(outcome.amounts(), [30]);
    // An undo uses up no id of a purchase.
    shop.undo(FAN, "p-1", "1").await.done();
    shop.give(FAN, "p-1", json!([item(25.0)])).await.refused("already_executed_error");
}

#[tokio::test]
async fn an_id_refused_for_too_few_points_stays_refused_after_a_top_up() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    shop.pay(NEW_FAN, "p-1", json!([item(1.0)])).await.refused("too_few_available_error");
    shop.give(NEW_FAN, "p-2", json!([item(1000.0)])).await.done();
    shop.pay(NEW_FAN, "p-1", json!([item(1.0)])).await.refused("too_few_available_error");
    // Nothing was executed under this id, whatever is asked for under it now.
    shop.pay(NEW_FAN, "p-1", json!([item(0.5)])).await.refused("too_few_available_error");
    shop.give(NEW_FAN, "p-1", json!([item(1.0)])).await.refused("too_few_available_error");
    assert_eq!(shop.pay(NEW_FAN, "p-3", json!([item(1.0)])).await.amounts(), [-100]);
}

#[tokio::test]
async fn each_item_is_undone_once_by_a_new_transaction() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    shop.pay(FAN, "p-1", json!([item(1.0), item(2.0)])).await.done();
    let undo = shop.undo(FAN, "p-1", "2").await;
    assert_eq!(undo.amounts(), [200]);
    let undo = undo.done();
    assert_eq!(undo["transaction_type"], "undo_purchased_with_fanpoints");
    assert_eq!(undo["purchase_items"][0]["can_be_undone"], false);
    shop.undo(FAN, "p-1", "2").await.refused("already_executed_error");
    assert_eq!(shop.balances(FAN).await.0, 3365);

    let query = "{ get_fan_points_transaction(partner_id: \"club-shop\", user_id: \"008407119295\", purchase_id: \"p-1\")
        { result { purchase_items { purchase_item_id can_be_undone has_been_undone } } } }";
    let items = &shop.data(query, json!({})).await["get_fan_points_transaction"]["result"]["purchase_items"];
    let expected = json!([
        { "purchase_item_id": "1", "can_be_undone": true, "has_been_undone": false },
        { "purchase_item_id": "2", "can_be_undone": false, "has_been_undone": true },
    ]);
    assert_eq!(*items, expected);

    shop.undo(FAN, "p-1", "3").await.refused("transaction_not_found_error");
    shop.undo(FAN, "p-9", "1").await.refused("transaction_not_found_error");
    shop.undo(NEW_FAN, "p-1", "1").await.refused("transaction_not_found_error");
    shop.undo("nobody", "p-1", "1").await.refused("unknown_user_error");
}

#[tokio::test]
async fn undoing_points_already_spent_never_leaves_less_than_none() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    shop.give(NEW_FAN, "p-1", json!([item(50.0)])).await.done();
    shop.pay(NEW_FAN, "p-2", json!([item(0.8)])).await.done();
    shop.undo(NEW_FAN, "p-1", "1").await.done();
    assert_eq!(shop.balances(NEW_FAN).await.0, 0);
    // 80 points are owed; the next ones earned pay them first.
    shop.give(NEW_FAN, "p-3", json!([item(50.0)])).await.done();
    assert_eq!(shop.balances(NEW_FAN).await.0, 20);
}

#[tokio::test]
async fn what_is_no_price_is_refused_and_nothing_is_written() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    let before = shop.balances(FAN).await;
    for price in [0.0, -1.0, -0.01, 0.001, 0.30000000000000004, 1e18, 1e300, f64::MAX, 1e-300] {
        shop.give(FAN, "p", json!([item(price)])).await.refused("invalid_reward_amount_error");
        shop.pay(FAN, "p", json!([item(1.0), item(price)])).await.refused("invalid_reward_amount_error");
        let query =
            "query($price: Float!) { get_price_in_fan_points(partner_id: \"club-shop\", currency: chf,
            price: $price) { result errors { invalid_reward_amount_error { _empty } } } }";
        let answer = shop.data(query, json!({ "price": price })).await;
        let expected =
            json!({ "result": null, "errors": { "invalid_reward_amount_error": { "_empty": null } } });
        assert_eq!(answer["get_price_in_fan_points"], expected, "{price}");
    }
    shop.give(FAN, "p", json!([])).await.refused("invalid_reward_amount_error");
    let many: Vec<Value> = (0..10_000).map(|_| item(1.0)).collect();
    shop.give(FAN, "p", json!(many)).await.refused("invalid_reward_amount_error");
    let mut half_a_point = item(1.5);
    half_a_point["currency"] = json!("fp");
    shop.pay(FAN, "p", json!([half_a_point])).await.refused("invalid_reward_amount_error");
    assert_eq!(shop.balances(FAN).await, before);
    // The id is still free.
    shop.give(FAN, "p", json!([item(1.0)])).await.done();
}

#[tokio::test]
async fn numbers_that_json_does_not_know_are_no_prices_either() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    for number in ["NaN", "Infinity", "-Infinity"] {
        let body = format!(
            "{{\"query\":\"mutation($p: Float!) {{ give_fan_points_on_purchase(partner_id: \\\"club-shop\\\", \
             user_id: \\\"{FAN}\\\", purchase_items: [{{ currency: chf, price: $p, title: \\\"NaN\\\", \
             description: \\\"d\\\" }}]) {{ result {{ date }} errors {{ invalid_reward_amount_error {{ _empty }} }} }} \
             }}\",\"variables\":{{\"p\":{number}}}}}"
        );
        let (status, answer) = shop.post_text(body).await;
        assert_eq!(status, 200, "{answer}");
        let refused = &answer["data"]["give_fan_points_on_purchase"]["errors"]["invalid_reward_amount_error"];
        assert_eq!(*refused, json!({ "_empty": null }), "{answer}");
    }
    assert_eq!(shop.post_text("{\"query\": NaN".to_owned()).await.0, 400);
}

#[tokio::test]
async fn ids_and_labels_are_checked() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    for id in ["", " p", "p\u{0}", "p\n", &"x".repeat(129)] {
        shop.give(FAN, id, json!([item(1.0)])).await.refused("invalid_transaction_id_error");
    }
    let twin = |id: &str| {
        let mut item = item(1.0);
        item["custom_purchase_item_id"] = json!(id);
        item
    };
    shop.give(FAN, "p", json!([twin("a"), twin("a")])).await.refused("non_unique_purchase_item_ids_error");
    shop.give(FAN, "p", json!([twin("\u{7f}")])).await.refused("invalid_transaction_id_error");
    let mut labelled = item(1.0);
    labelled["rate_label"] = json!("beer");
    shop.give(FAN, "p", json!([labelled])).await.refused("invalid_rate_label_error");
    shop.give("nobody", "p", json!([item(1.0)])).await.refused("unknown_user_error");
    shop.give("008407119294", "p", json!([item(1.0)])).await.refused("unknown_user_error");
    assert_eq!(shop.balances(FAN).await.0, 3465);
}

#[tokio::test]
async fn aliased_mutations_run_in_order_each_with_its_own_result() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    let operation = |alias: &str, name: &str, id: &str, price: &str| {
        format!(
            "{alias}: {name}(partner_id: \"club-shop\", user_id: \"{NEW_FAN}\", custom_purchase_id: \"{id}\",
             purchase_items: [{{ currency: chf, price: {price}, title: \"t\", description: \"d\" }}])
             {{ {} {} }}",
            crate::club::REFUSALS,
            crate::club::TRANSACTION
        )
    };
    let batch = [
        operation("a", "give_fan_points_on_purchase", "1", "100.0"),
        operation("b", "pay_purchase_with_fan_points", "2", "1.5"),
        operation("c", "pay_purchase_with_fan_points", "3", "1"),
        operation("d", "give_fan_points_on_purchase", "1", "100.0"),
        operation("e", "pay_purchase_with_fan_points", "4", "0.5"),
    ];
    let mut data = shop.data(&format!("mutation {{ {} }}", batch.join("\n")), json!({})).await;
    let mut outcome = |alias: &str| crate::club::Outcome::new(data[alias].take());
    assert_eq!(outcome("a").amounts(), [200]);
    assert_eq!(outcome("b").amounts(), [-150]);
    outcome("c").refused("too_few_available_error");
    outcome("d").refused("already_executed_error");
    assert_eq!(outcome("e").amounts(), [-50]);
    assert_eq!(shop.balances(NEW_FAN).await.0, 0);
}

#[tokio::test]
async fn estimates_prices_and_rates_agree_with_what_is_booked() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    let query = "query($items: [PurchaseItemPriceInput!]!) {
        rates: get_fan_points_rates(partner_id: \"club-shop\") { result { rate_label fan_points_rate
            fan_points_rate_type currency partner_id limited_fan_points_rate } }
        price: get_price_in_fan_points(partner_id: \"club-shop\", currency: chf, price: 70) { result }
        good: estimate_given_out_fan_points_on_purchase(partner_id: \"club-shop\", purchase_items: $items)
            { result errors { invalid_rate_label_error { _empty } } }
        bad: estimate_given_out_fan_points_on_purchase(partner_id: \"club-shop\",
            purchase_items: [{ currency: chf, price: 1, rate_label: \"beer\" }])
            { result errors { invalid_rate_label_error { _empty } } } }";
    let items = json!([
        { "currency": "chf", "price": 25.0 },
        { "currency": "chf", "price": 80.0, "rate_label": "merchandise" },
        { "currency": "chf", "price": 10.25, "rate_label": "default" },
    ]);
    let data = shop.data(query, json!({ "items": items })).await;
    let rates: Vec<(&str, f64)> = data["rates"]["result"]
        .as_array()
        .unwrap()
        .iter()
        .map(|rate| (rate["rate_label"].as_str().unwrap(), rate["fan_points_rate"].as_f64().unwrap()))
        .collect();
    assert_eq!(rates, [("default", 0.02), ("merchandise", 0.05), ("ticket", 0.01)]);
    assert_eq!(data["price"]["result"], 7000);
    assert_eq!(data["good"], json!({ "result": 50 + 400 + 21, "errors": null }));
    let refused = json!({ "result": null, "errors": { "invalid_rate_label_error": { "_empty": null } } });
    assert_eq!(data["bad"], refused);
    // What has no refusal of its own is said beside the answer.
    for (items, code) in [
        (json!([{ "currency": "chf", "price": -1.0 }]), "invalid_amount"),
        (json!([{ "currency": "eur", "price": 1.0 }]), "unsupported_currency"),
        (json!([]), "no_items"),
    ] {
        let body = shop.ask(query, json!({ "items": items })).await;
        assert_eq!(
            body["data"]["good"],
            json!({ "result": null, "errors": { "invalid_rate_label_error": null } })
        );
        assert_eq!(body["data"]["price"]["result"], 7000);
        let error = &body["errors"][0];
        assert_eq!((&error["path"], &error["extensions"]["code"]), (&json!(["good"]), &json!(code)));
    }
}

#[tokio::test]
async fn sixteen_redemptions_at_once_never_overdraw() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    let racing: Vec<_> = (0..16)
        .map(|number| {
            let shop = shop.clone();
            tokio::spawn(async move { shop.pay(FAN, &format!("race-{number}"), json!([item(5.0)])).await })
        })
        .collect();
    let mut accepted = 0;
    for outcome in racing {
        let outcome = outcome.await.unwrap();
        if outcome.result.is_null() {
            outcome.refused("too_few_available_error");
        } else {
            accepted += 1;
        }
    }
    assert_eq!(accepted, 3465 / 500);
    assert_eq!(shop.balances(FAN).await.0, 3465 % 500);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn the_same_id_from_sixteen_clients_is_booked_once() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    let (before, _) = shop.balances(FAN).await;
    let clients = (0..16).map(|_| {
        let shop = shop.clone();
        tokio::spawn(async move { shop.give(FAN, "p-1", json!([item(10.0)])).await.refusals })
    });
    let mut done = 0;
    for client in clients.collect::<Vec<_>>() {
        let refusals = client.await.unwrap();
        if refusals.is_empty() {
            done += 1;
        } else {
            assert_eq!(refusals, ["already_executed_error"]);
        }
    }
    assert_eq!(done, 1);
    assert_eq!(shop.balances(FAN).await.0, before + 20);
}
