//! Users by every name they have, registering, and the directory of programs and partners.

use crate::club::{Club, FAN, KIOSK, NEW_FAN, SHOP, item};
use serde_json::{Value, json};

#[tokio::test]
async fn a_fan_is_known_by_id_by_pseudonym_and_by_the_program_s_own_id() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    let query = "query($user: String!) {
        exists: does_user_exist(partner_id: \"club-shop\", user_id: $user) { result }
        fan: get_fan(partner_id: \"club-shop\", user_id: $user) { errors { unknown_user_error { _empty } }
            result { user_id pseudonym fan_points monetary_value currency status_points as_of } } }";
    let data = shop.data(query, json!({ "user": FAN })).await;
    let pseudonym = data["fan"]["result"]["pseudonym"].as_str().unwrap().to_owned();
    for name in [FAN, "0084 0711 9295", "0084-0711-9295", &pseudonym, "member-0001"] {
        let data = shop.data(query, json!({ "user": name })).await;
        assert_eq!(data["exists"]["result"], true, "{name}");
        let fan = &data["fan"]["result"];
        assert_eq!((&fan["user_id"], &fan["fan_points"]), (&json!(FAN), &json!(3465)), "{name}");
        assert_eq!((&fan["monetary_value"], &fan["status_points"]), (&json!(34.65), &json!(1240)));
        assert_eq!(fan["currency"], "chf");
    }
    let given = shop.give(&pseudonym, "p-1", json!([item(5.0)])).await.done();
    assert_eq!(given["user_id"], FAN);
    let taken = shop.pay("member-0001", "p-2", json!([item(0.1)])).await.done();
    assert_eq!(taken["user_id"], FAN);
    shop.undo("member-0001", "p-1", "1").await.done();
    for name in ["008407119294", "p0000000000000000", "", "member-9999"] {
        let data = shop.data(query, json!({ "user": name })).await;
        assert_eq!(data["exists"]["result"], false, "{name}");
        assert_eq!(data["fan"]["result"], Value::Null, "{name}");
    }
}

#[tokio::test]
async fn the_program_registers_and_lists_its_users() {
    let club = Club::open().await;
    let program = club.program().await;
    let query = "mutation($user: String!, $mail: String!) {
        added: add_user(project_id: \"fc-example\", user_id: $user, mail_address: $mail) {
            errors { invalid_mail_address_error { _empty } invalid_user_id_error { reason }
                     user_already_exists_error { _empty } }
            result { user_id external_user_id mail_address name addresses { city } } } }";
    let add = |user: &'static str, mail: &'static str| {
        let program = &program;
        async move { program.data(query, json!({ "user": user, "mail": mail })).await["added"].take() }
    };
    let added = add("member-4711", "new@example.org").await;
    assert_eq!(added["errors"], Value::Null);
    let id = added["result"]["user_id"].as_str().unwrap().to_owned();
    assert!(id.parse::<fanpass::FanPointsId>().is_ok() && id.len() == 12, "{id}");
    assert_eq!(added["result"]["external_user_id"], "member-4711");

    let again = add("member-4711", "other@example.org").await;
    assert_eq!(again["errors"]["user_already_exists_error"], json!({ "_empty": null }));
    let wrong = add("008407119295", "no mail").await;
    assert_eq!(wrong["errors"]["invalid_mail_address_error"], json!({ "_empty": null }));
    assert!(wrong["errors"]["invalid_user_id_error"]["reason"].is_string());
    assert_eq!((&again["result"], &wrong["result"]), (&Value::Null, &Value::Null));

    let query = "query($after: String) { list: get_users(project_id: \"fc-example\", limit: 5,
        last_returned_user_id: $after) { result { user_id external_user_id } } }";
    let mut seen = Vec::new();
    let mut after = Value::Null;
    loop {
        let page = program.data(query, json!({ "after": after })).await["list"]["result"].take();
        let page = page.as_array().unwrap().clone();
        let Some(last) = page.last() else { break };
        after = last["user_id"].clone();
        seen.extend(page.iter().map(|user| user["external_user_id"].as_str().unwrap().to_owned()));
    }
    let mut expected = vec!["member-4711".to_owned()];
    expected.extend((1..=12).rev().map(|number| format!("member-{number:04}")));
    assert_eq!(seen, expected);

    let query = "query($user: String!) { one: get_user_by_id(project_id: \"fc-example\", user_id: $user)
        { errors { unknown_user_error { _empty } } result { mail_address } } }";
    let known = program.data(query, json!({ "user": id })).await;
    assert_eq!(known["one"], json!({ "errors": null, "result": { "mail_address": "new@example.org" } }));
    let unknown = program.data(query, json!({ "user": "nobody" })).await;
    assert_eq!(
        unknown["one"],
        json!({ "errors": { "unknown_user_error": { "_empty": null } }, "result": null })
    );

    // The new user can be given points at once.
    let shop = club.partner(SHOP).await;
    assert_eq!(shop.give("member-4711", "p-1", json!([item(10.0)])).await.amounts(), [20]);
}

#[tokio::test]
async fn codes_are_the_texts_that_a_phone_shows() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    let query = "query($user: String!) {
        json: get_user_qr_code(user_id: $user, version: json_v1) { result errors { unknown_user_error { _empty } } }
        link: get_user_qr_code(user_id: $user, version: deep_link_distribute) { result } }";
    let data = shop.data(query, json!({ "user": "member-0001" })).await;
    assert_eq!(data["json"]["result"], "{\"version\":1,\"user_id\":\"008407119295\"}");
    assert_eq!(data["link"]["result"], "https://fanpoints.app/distribute?user_id=008407119295");
    let unknown = shop.data(query, json!({ "user": "nobody" })).await;
    assert_eq!(
        unknown["json"],
        json!({ "result": null, "errors": { "unknown_user_error": { "_empty": null } } })
    );
}

#[tokio::test]
async fn programs_partners_partnerships_and_modules_are_told() {
    let club = Club::open().await;
    let (shop, program) = (club.partner(SHOP).await, club.program().await);
    let query =
        "{ partner: get_partner(partner_id: \"club-shop\") { result { name partner_id primary_currency
            branding { logo_color_url } stores { name } website creator_id description } }
        project: get_project(project_id: \"fc-example\") { result { name project_id primary_currency } }
        modules: get_modules(scope_id: \"fc-example\", scope_type: project)
            { result { module_id active can_be_deactivated } } }";
    for seat in [&shop, &program] {
        let data = seat.data(query, json!({})).await;
        assert_eq!(data["partner"]["result"]["name"], "Club Shop");
        assert_eq!(data["project"]["result"]["name"], "FC Example Loyalty Program");
        let modules = data["modules"]["result"].as_array().unwrap();
        assert_eq!(modules.len(), 3);
        assert!(modules.iter().all(|module| module["active"] == true));
    }
    let query =
        "query($id: String!, $type: PartyType!) { list: get_partnerships(party_id: $id, party_type: $type)
        { result { partnership_id partner { partner_id } project { project_id } modules { module_id name }
          proposed_modules { proposal_id } } } }";
    let of_shop = shop.data(query, json!({ "id": SHOP, "type": "partner" })).await;
    assert_eq!(of_shop["list"]["result"].as_array().unwrap().len(), 1);
    assert_eq!(of_shop["list"]["result"][0]["project"]["project_id"], "fc-example");
    let of_program = program.data(query, json!({ "id": "fc-example", "type": "project" })).await;
    let partners = of_program["list"]["result"].as_array().unwrap();
    let ids: Vec<_> = partners.iter().map(|one| one["partner"]["partner_id"].as_str().unwrap()).collect();
    assert_eq!(ids, [SHOP, KIOSK]);
    let modules =
        "{ m: get_modules(scope_id: \"club-shop\", scope_type: partner) { result { module_id active } } }";
    assert_eq!(shop.data(modules, json!({})).await["m"]["result"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_partner_sees_balances_but_no_personal_data() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    assert_eq!(shop.balances(NEW_FAN).await, (0, 0));
    for query in [
        "{ get_user_by_id(project_id: \"fc-example\", user_id: \"008407119295\") { result { mail_address } } }",
        "{ get_users(project_id: \"fc-example\") { result { mail_address } } }",
        "mutation { add_user(project_id: \"fc-example\", user_id: \"x\", mail_address: \"a@b.ch\") { result { name } } }",
    ] {
        assert_eq!(shop.error_code(query, json!({})).await, "NOT_AUTHORIZED", "{query}");
    }
}
