//! Vouchers, discount codes and bought products.

use crate::club::{Club, FAN, KIOSK, NEW_FAN, SHOP};
use serde_json::{Value, json};

const VOUCHER: &str = "currency num_fan_points partner_id price reward_id voucher_id";

#[tokio::test]
async fn a_voucher_gives_its_points_once() {
    let club = Club::open().await;
    let (shop, kiosk, program) = (club.partner(SHOP).await, club.partner(KIOSK).await, club.program().await);
    let possible = format!(
        "{{ a: get_possible_partner_fan_points_vouchers(partner_id: \"club-shop\") {{ result {{ {VOUCHER} }} }} }}"
    );
    let offers = shop.data(&possible, json!({})).await["a"]["result"].take();
    assert_eq!(offers.as_array().unwrap().len(), 4);
    assert_eq!(
        offers[1],
        json!({ "currency": "chf", "num_fan_points": 100, "partner_id": SHOP, "price": 1.0,
                "reward_id": "voucher-100", "voucher_id": null })
    );
    let generate = format!(
        "mutation($reward: String!, $amount: Int!) {{ a: generate_partner_fan_points_voucher(partner_id: \"club-shop\",
            reward_id: $reward, amount: $amount) {{ errors {{ invalid_reward_amount_error {{ _empty }}
            unknown_voucher_error {{ _empty }} }} result {{ {VOUCHER} }} }} }}"
    );
    let made =
        shop.data(&generate, json!({ "reward": "voucher-100", "amount": 3 })).await["a"]["result"].take();
    assert_eq!((&made["num_fan_points"], &made["price"]), (&json!(300), &json!(3.0)));
    let voucher = made["voucher_id"].as_str().unwrap().to_owned();
    for (reward, amount, refusal) in [
        ("voucher-100", 0, "invalid_reward_amount_error"),
        ("voucher-100", -1, "invalid_reward_amount_error"),
        ("voucher-100", 100_000, "invalid_reward_amount_error"),
        ("voucher-7", 1, "unknown_voucher_error"),
    ] {
        let answer = shop.data(&generate, json!({ "reward": reward, "amount": amount })).await["a"].take();
        assert_eq!(answer["errors"][refusal], json!({ "_empty": null }), "{answer}");
        assert_eq!(answer["result"], Value::Null);
    }

    let redeem = "mutation($user: String!, $voucher: String!) { a: redeem_fan_points_voucher(user_id: $user,
        voucher_id: $voucher) { errors { unknown_user_error { _empty } unknown_voucher_error { _empty } } } }";
    let empty = json!({ "_empty": null });
    let unknown = kiosk.data(redeem, json!({ "user": NEW_FAN, "voucher": voucher })).await;
    assert_eq!(unknown["a"]["errors"]["unknown_voucher_error"], empty, "another partner's");
    let nobody = program.data(redeem, json!({ "user": "nobody", "voucher": voucher })).await;
    assert_eq!(nobody["a"]["errors"]["unknown_user_error"], empty);
    let done = program.data(redeem, json!({ "user": NEW_FAN, "voucher": voucher })).await;
    assert_eq!(done["a"]["errors"], Value::Null);
    assert_eq!(shop.balances(NEW_FAN).await, (300, 0));
    for user in [NEW_FAN, FAN] {
        let again = program.data(redeem, json!({ "user": user, "voucher": voucher })).await;
        assert_eq!(again["a"]["errors"]["unknown_voucher_error"], empty);
    }
    assert_eq!(shop.balances(NEW_FAN).await, (300, 0));
    // It is one of the partner's transactions, and can be undone like any.
    let undone = shop.undo(NEW_FAN, &voucher, "1").await;
    assert_eq!(undone.amounts(), [-300]);
    assert_eq!(shop.balances(NEW_FAN).await, (0, 0));
}

#[tokio::test]
async fn sixteen_devices_redeem_a_voucher_once() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    let generate = "mutation { a: generate_partner_fan_points_voucher(partner_id: \"club-shop\",
        reward_id: \"voucher-500\", amount: 1) { result { voucher_id } } }";
    let made = shop.data(generate, json!({})).await["a"]["result"].take();
    let redeem = "mutation($voucher: String!) { a: redeem_fan_points_voucher(user_id: \"071203344512\",
        voucher_id: $voucher) { errors { unknown_voucher_error { _empty } } } }";
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let (shop, voucher) = (shop.clone(), made["voucher_id"].clone());
        tries.spawn(async move {
            shop.data(redeem, json!({ "voucher": voucher })).await["a"]["errors"].is_null()
        });
    }
    let done = tries.join_all().await.into_iter().filter(|done| *done).count();
    assert_eq!(done, 1);
    assert_eq!(shop.balances(NEW_FAN).await, (500, 0));
}

#[tokio::test]
async fn a_discount_code_is_its_fan_s_and_good_once() {
    let club = Club::open().await;
    let (shop, kiosk) = (club.partner(SHOP).await, club.partner(KIOSK).await);
    let issue = "mutation($code: String!, $label: String) { a: issue_discount_code(partner_id: \"club-shop\",
        user_id: \"008407119295\", discount_code: $code, rate_label: $label) { errors { unknown_user_error { _empty }
        invalid_rate_label_error { _empty } } result { discount_code used user_id rate_label } } }";
    let made =
        shop.data(issue, json!({ "code": "SPRING", "label": "merchandise" })).await["a"]["result"].take();
    assert_eq!(
        made,
        json!({ "discount_code": "SPRING", "used": false, "user_id": FAN, "rate_label": "merchandise" })
    );
    assert_eq!(shop.error_code(issue, json!({ "code": "SPRING" })).await, "BAD_ARGUMENT", "there is one");
    let wrong = shop.data(issue, json!({ "code": "X", "label": "nothing" })).await;
    assert_eq!(wrong["a"]["errors"]["invalid_rate_label_error"], json!({ "_empty": null }));

    let read = "query($partner: String!, $code: String!) { a: get_discount_code(partner_id: $partner,
        discount_code: $code) { errors { unknown_discount_code_error { _empty } }
        result { discount_code partner_id rate_label used user_id } } }";
    let unknown = json!({ "errors": { "unknown_discount_code_error": { "_empty": null } }, "result": null });
    let told = shop.data(read, json!({ "partner": SHOP, "code": "SPRING" })).await;
    assert_eq!((&told["a"]["result"]["used"], &told["a"]["errors"]), (&json!(false), &Value::Null));
    assert_eq!(kiosk.data(read, json!({ "partner": KIOSK, "code": "SPRING" })).await["a"], unknown);
    assert_eq!(shop.data(read, json!({ "partner": SHOP, "code": "spring" })).await["a"], unknown);

    let spend = "mutation($user: String!, $code: String!) { a: use_discount_code(partner_id: \"club-shop\",
        user_id: $user, discount_code: $code) { errors { unknown_discount_code_error { _empty } } } }";
    let refused = json!({ "unknown_discount_code_error": { "_empty": null } });
    for (user, code) in [(NEW_FAN, "SPRING"), ("nobody", "SPRING"), (FAN, "OTHER")] {
        assert_eq!(shop.data(spend, json!({ "user": user, "code": code })).await["a"]["errors"], refused);
    }
    assert_eq!(shop.data(spend, json!({ "user": FAN, "code": "SPRING" })).await["a"]["errors"], Value::Null);
    assert_eq!(shop.data(spend, json!({ "user": FAN, "code": "SPRING" })).await["a"]["errors"], refused);
    let told = shop.data(read, json!({ "partner": SHOP, "code": "SPRING" })).await;
    assert_eq!(told["a"]["result"]["used"], true);
}

#[tokio::test]
async fn bought_products_are_listed_and_handed_over() {
    let club = Club::open().await;
    let (shop, kiosk) = (club.partner(SHOP).await, club.partner(KIOSK).await);
    let sell = "mutation($group: String!, $pieces: Int!) { a: register_bought_product(partner_id: \"club-shop\",
        user_id: \"008407119295\", group_id: $group, pieces: $pieces, reward_id: \"scarf\", title: \"Scarf\",
        description: \"Red and white\", product_category: memorabilia) { errors { unknown_user_error { _empty } }
        result { group_id nr group_size } } }";
    let sold = shop.data(sell, json!({ "group": "order-1", "pieces": 2 })).await["a"]["result"].take();
    assert_eq!(
        sold,
        json!([{ "group_id": "order-1", "nr": 1, "group_size": 2 },
                            { "group_id": "order-1", "nr": 2, "group_size": 2 }])
    );
    assert_eq!(shop.error_code(sell, json!({ "group": "order-1", "pieces": 1 })).await, "BAD_ARGUMENT");
    let list = "query($partner: String!, $status: DeliveryStatus, $limit: Int, $before: String) {
        a: get_bought_products_at_partner(partner_id: $partner, delivery_status: $status, limit: $limit,
            earlier_than: $before) { errors { unknown_user_error { _empty } } result {
            group_id nr group_size owner_id old_owner_id claimed_date transaction_date only_reserved has_been_undone
            details { transaction_type } reward { __typename ... on Product { title delivery_status product_category
            partner_id delivery_date } } } } }";
    let all = shop.data(list, json!({ "partner": SHOP })).await["a"]["result"].take();
    assert_eq!(all.as_array().unwrap().len(), 2);
    assert_eq!(all[0]["nr"], 2, "newest first");
    assert_eq!(all[0]["details"]["transaction_type"], "shop_purchase");
    assert_eq!(all[0]["reward"]["__typename"], "Product");
    assert_eq!(all[0]["reward"]["product_category"], "memorabilia");
    assert_eq!(all[0]["owner_id"], FAN);
    let page = shop.data(list, json!({ "partner": SHOP, "before": all[0]["transaction_date"] })).await;
    assert_eq!(page["a"]["result"][0]["nr"], 1);
    assert_eq!(kiosk.data(list, json!({ "partner": KIOSK })).await["a"]["result"], json!([]));

    let deliver =
        "mutation($partner: String!, $nr: Int!) { a: mark_product_as_delivered(partner_id: $partner,
        group_id: \"order-1\", nr: $nr) { errors { unknown_product_error { _empty } } } }";
    let unknown = json!({ "unknown_product_error": { "_empty": null } });
    assert_eq!(kiosk.data(deliver, json!({ "partner": KIOSK, "nr": 1 })).await["a"]["errors"], unknown);
    assert_eq!(shop.data(deliver, json!({ "partner": SHOP, "nr": 3 })).await["a"]["errors"], unknown);
    for _ in 0..2 {
        assert_eq!(shop.data(deliver, json!({ "partner": SHOP, "nr": 1 })).await["a"]["errors"], Value::Null);
    }
    for (status, nr) in [("delivered", 1), ("not_delivered", 2)] {
        let told = shop.data(list, json!({ "partner": SHOP, "status": status })).await["a"]["result"].take();
        assert_eq!(told.as_array().unwrap().len(), 1);
        assert_eq!((&told[0]["nr"], &told[0]["reward"]["delivery_status"]), (&json!(nr), &json!(status)));
    }
}

const LOOK_UP: &str = "query($partner: String!, $kind: GoodsKind!, $id: String!, $nr: Int) {
    a: look_up_goods(partner_id: $partner, kind: $kind, id: $id, nr: $nr) {
        result { state fan_points rate_label title group_size user_id used_date valid_until } } }";

#[tokio::test]
async fn a_till_is_told_how_what_it_was_shown_stands() {
    let club = Club::open().await;
    let (shop, kiosk) = (club.partner(SHOP).await, club.partner(KIOSK).await);
    let look = async |who: &crate::club::Seat, partner: &str, kind: &str, id: &str| {
        let asked = json!({ "partner": partner, "kind": kind, "id": id, "nr": 1 });
        who.data(LOOK_UP, asked).await["a"]["result"].take()
    };
    let make = "mutation { a: generate_partner_fan_points_voucher(partner_id: \"club-shop\",
        reward_id: \"voucher-100\", amount: 2) { result { voucher_id } } }";
    let voucher = shop.data(make, json!({})).await["a"]["result"]["voucher_id"].as_str().unwrap().to_owned();
    let open = look(&shop, SHOP, "voucher", &voucher).await;
    assert_eq!((&open["state"], &open["fan_points"]), (&json!("open"), &json!(200)));
    let foreign = look(&kiosk, KIOSK, "voucher", &voucher).await;
    assert_eq!((&foreign["state"], &foreign["fan_points"]), (&json!("foreign"), &Value::Null));
    assert_eq!(look(&shop, SHOP, "voucher", "none").await["state"], "unknown");
    let redeem = "mutation($voucher: String!) { a: redeem_fan_points_voucher(user_id: \"008407119295\",
        voucher_id: $voucher) { errors { unknown_voucher_error { _empty } } } }";
    shop.data(redeem, json!({ "voucher": voucher })).await;
    let used = look(&shop, SHOP, "voucher", &voucher).await;
    assert_eq!((&used["state"], &used["user_id"]), (&json!("used"), &json!(FAN)));
    assert!(used["used_date"].is_string());

    let issue = "mutation($code: String!, $until: String) { a: issue_discount_code(partner_id: \"club-shop\",
        user_id: \"008407119295\", discount_code: $code, rate_label: \"merchandise\", valid_until: $until) {
        result { used } } }";
    shop.data(issue, json!({ "code": "GOOD", "until": "2100-01-01T00:00:00Z" })).await;
    shop.data(issue, json!({ "code": "OLD", "until": "2020-01-01T00:00:00Z" })).await;
    let good = look(&shop, SHOP, "discount_code", "GOOD").await;
    assert_eq!((&good["state"], &good["rate_label"]), (&json!("open"), &json!("merchandise")));
    assert_eq!(look(&shop, SHOP, "discount_code", "OLD").await["state"], "expired");
    assert_eq!(look(&kiosk, KIOSK, "discount_code", "GOOD").await["state"], "foreign");
    let spend = "mutation { a: use_discount_code(partner_id: \"club-shop\", user_id: \"008407119295\",
        discount_code: \"OLD\") { errors { unknown_discount_code_error { _empty } } } }";
    assert!(shop.data(spend, json!({})).await["a"]["errors"].is_object(), "an expired code is not used");
}

#[tokio::test]
async fn of_sixteen_tills_one_hands_a_product_over() {
    let club = Club::open().await;
    let (shop, kiosk) = (club.partner(SHOP).await, club.partner(KIOSK).await);
    let sell = "mutation { a: register_bought_product(partner_id: \"club-shop\", user_id: \"008407119295\",
        group_id: \"g-16\", pieces: 2, reward_id: \"scarf\", title: \"Scarf\", description: \"\",
        product_category: product) { result { nr } } }";
    shop.data(sell, json!({})).await;
    let over = "mutation($partner: String!, $group: String!) { a: hand_over_product(partner_id: $partner,
        group_id: $group, nr: 1) { errors { already_executed_error { _empty } unknown_product_error { _empty } } } }";
    let mut tries = tokio::task::JoinSet::new();
    for _ in 0..16 {
        let shop = shop.clone();
        tries.spawn(async move {
            shop.data(over, json!({ "partner": SHOP, "group": "g-16" })).await["a"]["errors"].take()
        });
    }
    let answers = tries.join_all().await;
    assert_eq!(answers.iter().filter(|errors| errors.is_null()).count(), 1);
    assert_eq!(answers.iter().filter(|errors| errors["already_executed_error"].is_object()).count(), 15);
    for (who, partner, group) in [(&shop, SHOP, "g-17"), (&kiosk, KIOSK, "g-16")] {
        let answer = who.data(over, json!({ "partner": partner, "group": group })).await["a"].take();
        assert!(answer["errors"]["unknown_product_error"].is_object(), "{answer}");
    }
    let told = async |nr: i64| {
        let asked = json!({ "partner": SHOP, "kind": "product", "id": "g-16", "nr": nr });
        shop.data(LOOK_UP, asked).await["a"]["result"].take()
    };
    let (first, second) = (told(1).await, told(2).await);
    assert_eq!((&first["state"], &second["state"]), (&json!("used"), &json!("open")));
    assert_eq!((&second["title"], &second["group_size"]), (&json!("Scarf"), &json!(2)));
}
