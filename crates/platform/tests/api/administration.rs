//! What partners and programs set for themselves: users, rates, modules, credentials, terminals, daily figures.

use crate::club::{Club, FAN, KIOSK, NEW_FAN, SHOP, item};
use reqwest::StatusCode;
use serde_json::{Value, json};

/// The names of the refusals in an answer.
fn refusals(answer: &Value) -> Vec<&str> {
    let errors = answer["errors"].as_object();
    errors
        .into_iter()
        .flatten()
        .filter(|(_, error)| !error.is_null())
        .map(|(name, _)| name.as_str())
        .collect()
}

#[tokio::test]
async fn a_program_changes_and_deletes_its_users() {
    let club = Club::open().await;
    let (program, shop) = (club.program().await, club.partner(SHOP).await);
    let rename = "mutation($old: String!, $new: String!) { a: change_user_id(project_id: \"fc-example\",
        old_user_id: $old, new_user_id: $new) { errors { invalid_user_id_error { reason }
        unknown_user_error { _empty } user_already_exists_error { _empty } } } }";
    let change = |old: &'static str, new: &'static str| {
        let program = &program;
        async move { program.data(rename, json!({ "old": old, "new": new })).await["a"].take() }
    };
    assert_eq!(refusals(&change("member-0001", "member-9000").await), [""; 0]);
    assert_eq!(refusals(&change("member-0001", "x").await), ["unknown_user_error"]);
    assert_eq!(refusals(&change("member-9000", "member-0002").await), ["user_already_exists_error"]);
    assert_eq!(refusals(&change("member-9000", "008407119295").await), ["invalid_user_id_error"]);
    assert_eq!(refusals(&change(FAN, "member-9000").await), [""; 0], "its own id is no other's");
    assert_eq!(shop.give("member-9000", "p-1", json!([item(5.0)])).await.done()["user_id"], FAN);

    let mail =
        "mutation($user: String!, $mail: String!) { a: change_user_mail_address(project_id: \"fc-example\",
        user_id: $user, new_mail_address: $mail) { errors { invalid_mail_address_error { _empty }
        unknown_user_error { _empty } } } }";
    for (user, address, expected) in [
        (FAN, "new@example.org", vec![]),
        (FAN, "no mail", vec!["invalid_mail_address_error"]),
        ("nobody", "new@example.org", vec!["unknown_user_error"]),
    ] {
        let answer = program.data(mail, json!({ "user": user, "mail": address })).await;
        assert_eq!(refusals(&answer["a"]), expected);
    }
    let read = "query($user: String!) { a: get_user_by_id(project_id: \"fc-example\", user_id: $user)
        { errors { unknown_user_error { _empty } } result { mail_address external_user_id } } }";
    let user = program.data(read, json!({ "user": FAN })).await;
    assert_eq!(
        user["a"]["result"],
        json!({ "mail_address": "new@example.org", "external_user_id": "member-9000" })
    );

    let delete = "mutation($user: String!) { a: delete_user(project_id: \"fc-example\", user_id: $user)
        { errors { unknown_user_error { _empty } } } }";
    assert_eq!(refusals(&program.data(delete, json!({ "user": FAN })).await["a"]), [""; 0]);
    for name in [FAN, "member-9000", "\u{1}1"] {
        assert_eq!(
            refusals(&program.data(read, json!({ "user": name })).await["a"]),
            ["unknown_user_error"],
            "{name:?}"
        );
    }
    assert_eq!(refusals(&program.data(delete, json!({ "user": FAN })).await["a"]), ["unknown_user_error"]);
    shop.give(FAN, "p-2", json!([item(5.0)])).await.refused("unknown_user_error");
    let list = "{ a: get_users(project_id: \"fc-example\") { result { user_id } } }";
    assert_eq!(program.data(list, json!({})).await["a"]["result"].as_array().unwrap().len(), 11);
    // The program's own id is free again, for another person with empty pockets.
    let add = "mutation { a: add_user(project_id: \"fc-example\", user_id: \"member-9000\", mail_address: \"o@example.org\")
        { result { user_id } } }";
    let again = program.data(add, json!({})).await["a"]["result"]["user_id"].take();
    assert_ne!(again, FAN);
    assert_eq!(shop.balances("member-9000").await, (0, 0));
}

const SET_RATE: &str = "mutation($label: String!, $rate: Float!, $type: FanPointsRateType, $limited: Float, $left: Int) {
    a: set_fan_points_rate(partner_id: \"club-shop\", currency: chf, rate_label: $label, fan_points_rate: $rate,
        fan_points_rate_type: $type, limited_fan_points_rate: $limited, num_fan_points_left_with_limited_rate: $left)
    { errors { invalid_rate_error { _empty } invalid_rate_label_error { _empty } } } }";

#[tokio::test]
async fn rates_are_set_and_deleted_with_their_limited_variants() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    let set = async |variables: Value| {
        let answer = shop.data(SET_RATE, variables).await;
        refusals(&answer["a"]).iter().map(|name| (*name).to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(set(json!({ "label": "scarf", "rate": 0.1, "limited": 0.5, "left": 300 })).await, [""; 0]);
    let labelled = |label: &str, price: f64| {
        let mut item = item(price);
        item["rate_label"] = json!(label);
        json!([item])
    };
    // 50 % until 300 points are given out, 10 % from there on.
    assert_eq!(shop.give(FAN, "p-1", labelled("scarf", 4.0)).await.amounts(), [200]);
    assert_eq!(shop.give(FAN, "p-2", labelled("scarf", 4.0)).await.amounts(), [120]);
    let rates = "{ a: get_fan_points_rates(partner_id: \"club-shop\") { result { rate_label fan_points_rate
        fan_points_rate_type limited_fan_points_rate num_fan_points_given_out_with_limited_rate
        num_fan_points_left_with_limited_rate } } }";
    let of = async |label: &str| {
        let all = shop.data(rates, json!({})).await["a"]["result"].take();
        all.as_array().unwrap().iter().find(|rate| rate["rate_label"] == label).cloned()
    };
    let scarf = of("scarf").await.unwrap();
    assert_eq!(scarf["num_fan_points_left_with_limited_rate"], 0);
    assert_eq!(scarf["num_fan_points_given_out_with_limited_rate"], 300);
    // Set again, so many are left as were asked for.
    assert_eq!(set(json!({ "label": "scarf", "rate": 0.1, "limited": 0.5, "left": 40 })).await, [""; 0]);
    assert_eq!(of("scarf").await.unwrap()["num_fan_points_left_with_limited_rate"], 40);
    // What the server tells of a limited rate that is used up can be given back to it.
    assert_eq!(set(json!({ "label": "scarf", "rate": 0.2, "limited": 0.5, "left": 0 })).await, [""; 0]);
    assert_eq!(of("scarf").await.unwrap()["num_fan_points_left_with_limited_rate"], 0);
    assert_eq!(shop.give(FAN, "p-6", labelled("scarf", 4.0)).await.amounts(), [80]);
    assert_eq!(set(json!({ "label": "fresh", "rate": 0.2, "limited": 0.5, "left": 0 })).await, [""; 0]);
    assert_eq!(shop.give(FAN, "p-7", labelled("fresh", 4.0)).await.amounts(), [80]);

    assert_eq!(set(json!({ "label": "flat", "rate": 7.0, "type": "absolute" })).await, [""; 0]);
    assert_eq!(shop.give(FAN, "p-3", labelled("flat", 99.0)).await.amounts(), [7]);
    assert_eq!(set(json!({ "label": "default", "rate": 0.03 })).await, [""; 0]);
    assert_eq!(shop.give(FAN, "p-4", json!([item(10.0)])).await.amounts(), [30]);

    for (variables, refusal) in [
        (json!({ "label": "a", "rate": -0.1 }), "invalid_rate_error"),
        (json!({ "label": "a", "rate": 1e300 }), "invalid_rate_error"),
        (json!({ "label": "a", "rate": 0.5, "type": "absolute" }), "invalid_rate_error"),
        (json!({ "label": "a", "rate": 0.1, "limited": 0.2 }), "invalid_rate_error"),
        (json!({ "label": "a", "rate": 0.1, "left": 20 }), "invalid_rate_error"),
        (json!({ "label": "a", "rate": 0.1, "limited": 0.2, "left": -1 }), "invalid_rate_error"),
        (json!({ "label": "", "rate": 0.1 }), "invalid_rate_label_error"),
        (json!({ "label": "a\u{7}", "rate": 0.1 }), "invalid_rate_label_error"),
    ] {
        assert_eq!(set(variables.clone()).await, [refusal], "{variables}");
    }
    assert_eq!(of("a").await, None);

    let delete =
        "mutation($label: String!) { a: delete_fan_points_rate(partner_id: \"club-shop\", rate_label: $label)
        { _empty } }";
    shop.data(delete, json!({ "label": "scarf" })).await;
    shop.data(delete, json!({ "label": "scarf" })).await;
    assert_eq!(of("scarf").await, None);
    shop.give(FAN, "p-5", labelled("scarf", 4.0)).await.refused("invalid_rate_label_error");
    assert_eq!(shop.error_code(delete, json!({ "label": "default" })).await, "BAD_ARGUMENT");
}

#[tokio::test]
async fn modules_are_switched_by_program_and_partner() {
    let club = Club::open().await;
    let (program, shop, kiosk) = (club.program().await, club.partner(SHOP).await, club.partner(KIOSK).await);
    let off = "mutation($module: String!, $scope: String!) { a: deactivate_module(module_id: $module, scope_id: $scope)
        { errors { invalid_module_id_error { _empty } module_cannot_be_deactivated_error { _empty } } } }";
    let on = "mutation($module: String!, $scope: String!, $type: ScopeType!) { a: activate_module(module_id: $module,
        scope_id: $scope, scope_type: $type) { errors { invalid_module_id_error { _empty }
        module_cannot_be_deactivated_error { _empty } } } }";
    let fan_points = json!({ "module": "fan_points", "scope": "fc-example", "type": "project" });
    assert_eq!(refusals(&program.data(off, fan_points.clone()).await["a"]), [""; 0]);
    let body = shop
        .ask(
            "mutation { a: give_fan_points_on_purchase(partner_id: \"club-shop\", user_id: \"008407119295\",
             purchase_items: [{ currency: chf, price: 5, title: \"a\", description: \"b\" }]) { result { purchase_id } } }",
            json!({}),
        )
        .await;
    assert_eq!(body["errors"][0]["extensions"]["code"], "fan_points_module_off");
    assert_eq!(body["data"]["a"]["result"], Value::Null);
    assert_eq!(refusals(&program.data(on, fan_points).await["a"]), [""; 0]);

    let mine = json!({ "module": "fan_points", "scope": KIOSK, "type": "partner" });
    kiosk.data(off, mine.clone()).await;
    shop.give(FAN, "p-1", json!([item(5.0)])).await.done();
    let modules = "{ a: get_modules(scope_id: \"stadium-kiosk\", scope_type: partner) { result { module_id active } } }";
    let told = kiosk.data(modules, json!({})).await["a"]["result"].take();
    let active = told.as_array().unwrap().iter().find(|module| module["module_id"] == "fan_points").unwrap();
    assert_eq!(active["active"], false);
    kiosk.data(on, mine).await;

    let user = json!({ "module": "user", "scope": "fc-example", "type": "project" });
    assert_eq!(refusals(&program.data(off, user.clone()).await["a"]), ["module_cannot_be_deactivated_error"]);
    assert_eq!(refusals(&program.data(on, user).await["a"]), [""; 0]);
    let unknown = json!({ "module": "lottery", "scope": "fc-example", "type": "project" });
    assert_eq!(refusals(&program.data(off, unknown.clone()).await["a"]), ["invalid_module_id_error"]);
    assert_eq!(refusals(&program.data(on, unknown).await["a"]), ["invalid_module_id_error"]);
}

#[tokio::test]
async fn credentials_are_made_shown_once_and_deleted() {
    let club = Club::open().await;
    let (shop, program) = (club.partner(SHOP).await, club.program().await);
    let create = "mutation($name: String!, $days: Int!) { a: create_partner_token(partner_id: \"club-shop\", name: $name,
        expires_in_days: $days) { errors { invalid_expiration_time_error { reason } }
        result { client_id creation_date expiration_date name token } } }";
    let made = shop.data(create, json!({ "name": "Till 3", "days": 30 })).await["a"]["result"].take();
    let (client, secret) = (made["client_id"].as_str().unwrap(), made["token"].as_str().unwrap());
    assert_eq!(made["name"], "Till 3");
    assert_eq!(club.ask_token(client, "wrong").await.0, StatusCode::UNAUTHORIZED);
    let (status, body) = club.ask_token(client, secret).await;
    assert_eq!(status, StatusCode::OK);
    let new = club.seat_of(body["access_token"].as_str().unwrap());
    new.give(FAN, "p-1", json!([item(5.0)])).await.done();

    let list = "{ a: get_partner_tokens(partner_id: \"club-shop\") { result { client_id name creation_date
        expiration_date } } }";
    let listed = shop.data(list, json!({})).await["a"]["result"].take();
    let names: Vec<_> = listed.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["example", "Till 3"]);
    assert!(!listed.to_string().contains(secret));

    for days in [0, -1, 3651, i64::from(i32::MAX)] {
        let answer = shop.data(create, json!({ "name": "x", "days": days })).await;
        assert!(answer["a"]["errors"]["invalid_expiration_time_error"]["reason"].is_string(), "{days}");
        assert_eq!(answer["a"]["result"], Value::Null);
    }
    assert_eq!(shop.error_code(create, json!({ "name": "", "days": 1 })).await, "BAD_ARGUMENT");

    let delete =
        "mutation($client: String!) { a: delete_partner_token(partner_id: \"club-shop\", client_id: $client)
        { _empty } }";
    // Another owner's credential is not reached, and its name is not confirmed.
    let other = club.credential(platform::EnvironmentName::Development, Some(KIOSK)).client_id;
    shop.data(delete, json!({ "client": other })).await;
    club.partner(KIOSK).await;
    shop.data(delete, json!({ "client": client })).await;
    let (status, _) = new.post(&json!({ "query": "{ ping }" })).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "the access token ends with its credential");
    assert_eq!(club.ask_token(client, secret).await.0, StatusCode::UNAUTHORIZED);

    let create =
        "mutation { a: create_project_token(project_id: \"fc-example\", name: \"site\", expires_in_days: 1)
        { result { client_id token } } }";
    let made = program.data(create, json!({})).await["a"]["result"].take();
    let (client, secret) = (made["client_id"].as_str().unwrap(), made["token"].as_str().unwrap());
    let (status, body) = club.ask_token(client, secret).await;
    assert_eq!(status, StatusCode::OK);
    let new = club.seat_of(body["access_token"].as_str().unwrap());
    let list = "{ a: get_project_tokens(project_id: \"fc-example\") { result { client_id name } } }";
    let listed = new.data(list, json!({})).await["a"]["result"].take();
    let names: Vec<_> = listed.as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["example", "site"]);
    let delete =
        "mutation($client: String!) { a: delete_project_token(project_id: \"fc-example\", client_id: $client)
        { _empty } }";
    // A partner's credential is none of the program's.
    let partners = club.credential(platform::EnvironmentName::Development, Some(SHOP)).client_id;
    program.data(delete, json!({ "client": partners })).await;
    club.partner(SHOP).await;
    program.data(delete, json!({ "client": client })).await;
    let (status, _) = new.post(&json!({ "query": "{ ping }" })).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED);
    assert_eq!(club.ask_token(client, secret).await.0, StatusCode::UNAUTHORIZED);
    club.program().await;
}

#[tokio::test]
async fn terminals_are_registered_linked_and_listed() {
    let club = Club::open().await;
    let (program, shop, kiosk) = (club.program().await, club.partner(SHOP).await, club.partner(KIOSK).await);
    let register = "mutation($id: String!, $date: String) { a: register_terminal(terminal_id: $id,
        merchant_country: \"CH\", merchant_location: \"Bern\", merchant_name: \"Shop\", transaction_date: $date)
        { result } }";
    let link = "mutation($partner: String!, $id: String!) { a: link_terminal_to_partner(partner_id: $partner,
        terminal_id: $id) { _empty } }";
    let list =
        "{ a: get_partner_terminals { result { partner { partner_id } terminal { terminal_id merchant_name
        merchant_country merchant_location last_transaction_date } } } }";
    let registered = program.data(register, json!({ "id": "t-1", "date": "2024-02-17T10:00:00" })).await;
    assert_eq!(registered["a"]["result"], "t-1");
    assert_eq!(shop.data(list, json!({})).await["a"]["result"], json!([]));
    shop.data(link, json!({ "partner": SHOP, "id": "t-1" })).await;
    for seat in [&shop, &program] {
        let told = seat.data(list, json!({})).await["a"]["result"].take();
        assert_eq!(told[0]["partner"]["partner_id"], SHOP);
        assert_eq!(told[0]["terminal"]["last_transaction_date"], "2024-02-17 10:00:00.000000");
    }
    assert_eq!(kiosk.data(list, json!({})).await["a"]["result"], json!([]));
    // Registered again without a date, the last one stays.
    program.data(register, json!({ "id": "t-1" })).await;
    let told = shop.data(list, json!({})).await;
    assert_eq!(told["a"]["result"][0]["terminal"]["last_transaction_date"], "2024-02-17 10:00:00.000000");
    // Somebody's terminal is nobody else's, whether it is linked or unknown.
    for id in ["t-1", "t-404"] {
        assert_eq!(kiosk.error_code(link, json!({ "partner": KIOSK, "id": id })).await, "NOT_AUTHORIZED");
    }
    kiosk.data(register, json!({ "id": "own" })).await;
    assert_eq!(shop.error_code(link, json!({ "partner": SHOP, "id": "own" })).await, "NOT_AUTHORIZED");
    let unlink = "mutation { a: unlink_terminal_from_partner(partner_id: \"club-shop\", terminal_id: \"t-1\") { _empty } }";
    shop.data(unlink, json!({})).await;
    assert_eq!(shop.data(list, json!({})).await["a"]["result"], json!([]));
    kiosk.data(link, json!({ "partner": KIOSK, "id": "t-1" })).await;
    assert_eq!(
        program.error_code(register, json!({ "id": "t-9", "date": "yesterday" })).await,
        "BAD_ARGUMENT"
    );
}

#[tokio::test]
async fn daily_figures_have_no_gaps() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    shop.give(FAN, "p-1", json!([item(25.0), item(10.0)])).await.done();
    shop.undo(FAN, "p-1", "2").await.done();
    shop.pay(FAN, "p-2", json!([item(3.0)])).await.done();
    club.partner(KIOSK)
        .await
        .purchase("give_fan_points_on_purchase", KIOSK, FAN, "k", json!([item(9.0)]))
        .await
        .done();
    let query =
        "query($start: String!, $end: String!) { a: get_daily_partner_statistics(partner_id: \"club-shop\",
        start_date: $start, end_date: $end) { result { num_fan_points_given_out { date metric period value }
        num_fan_points_spent { date metric period value } } } }";
    let today = jiff::Timestamp::now().strftime("%Y-%m-%d").to_string();
    let ask = json!({ "start": "2024-02-27", "end": &today });
    let told = shop.data(query, ask).await["a"]["result"].take();
    for (metric, total) in [("num_fan_points_given_out", 50.0), ("num_fan_points_spent", 300.0)] {
        let series = told[metric].as_array().unwrap();
        let mut day: jiff::civil::Date = "2024-02-27".parse().unwrap();
        for pair in series.chunks(2) {
            let date = json!(format!("{day} 00:00:00.000000"));
            for (aggregate, period) in pair.iter().zip(["day", "day_cumulative"]) {
                assert_eq!((&aggregate["date"], &aggregate["period"]), (&date, &json!(period)));
                assert_eq!(aggregate["metric"], metric);
                let expected = if day.to_string() == today { total } else { 0.0 };
                assert_eq!(aggregate["value"], expected, "{aggregate}");
            }
            day = day.tomorrow().unwrap();
        }
        assert_eq!(day.yesterday().unwrap().to_string(), today);
    }
    let tomorrow = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(24);
    let ask = json!({ "start": tomorrow.strftime("%Y-%m-%d").to_string(),
                      "end": tomorrow.strftime("%Y-%m-%d").to_string() });
    let told = shop.data(query, ask).await["a"]["result"].take();
    let figures: Vec<_> =
        told["num_fan_points_given_out"].as_array().unwrap().iter().map(|a| &a["value"]).collect();
    assert_eq!(figures, [&json!(0.0), &json!(50.0)], "what is cumulative goes on from the days before");
    for (start, end) in
        [("2024-03-01", "2024-02-01"), ("no date", "2024-02-01"), ("1900-01-01", "2024-01-01")]
    {
        assert_eq!(shop.error_code(query, json!({ "start": start, "end": end })).await, "BAD_ARGUMENT");
    }
    assert_eq!(shop.balances(NEW_FAN).await, (0, 0));
}

#[tokio::test]
async fn a_partner_s_users_start_with_its_owner() {
    let club = Club::open().await;
    let query =
        "{ a: get_partner_users(partner_id: \"club-shop\") { result { entity_id entity_name role } } }";
    let told = club.partner(SHOP).await.data(query, json!({})).await;
    assert_eq!(
        told["a"]["result"],
        json!([{ "entity_id": "club-shop", "entity_name": "Club Shop", "role": "owner" }])
    );
}
