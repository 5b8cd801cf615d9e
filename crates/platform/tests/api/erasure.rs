//! A fan of whom something is known everywhere is erased by the operator's command: no column of any table holds it
//! afterwards, and the books keep their sums.

use std::process::Command;

use crate::club::{Club, SHOP, item};
use crate::place;
use fanpass::Pseudonym;
use platform::EnvironmentName::Development;
use serde_json::{Value, json};

const MEMBER: &str = "member-vreni-4711";
const MAIL: &str = "vreni.muster@example.org";
/// What people may write about a fan, in a place each.
const WORDS: [&str; 7] =
    ["words-title", "words-text", "words-award", "words-why", "words-note", "words-event", "words-object"];
const CODE: &str = "BIRTHDAY-VRENI";

/// Lets the fan do all that leaves a trace with a name or a word in it; answers the ids by which the fan is known.
async fn make_a_life(club: &Club) -> (String, Pseudonym) {
    let (program, shop) = (club.program().await, club.partner(SHOP).await);
    let [title, text, award, why, note, event, object] = WORDS;
    let add =
        "mutation($user: String!, $mail: String!) { a: add_user(project_id: \"fc-example\", user_id: $user,
        mail_address: $mail) { result { user_id } } }";
    let added = program.data(add, json!({ "user": "member-maiden", "mail": "maiden@example.org" })).await;
    let id = added["a"]["result"]["user_id"].as_str().unwrap().to_owned();
    let change = "mutation($user: String!, $mail: String!) {
        a: change_user_id(project_id: \"fc-example\", old_user_id: \"member-maiden\", new_user_id: $user)
            { errors { unknown_user_error { _empty } } }
        b: change_user_mail_address(project_id: \"fc-example\", user_id: $user, new_mail_address: $mail)
            { errors { unknown_user_error { _empty } } }
        c: set_engagement_consent(project_id: \"fc-example\", user_id: $user, consent: true)
            { errors { unknown_user_error { _empty } } } }";
    program.data(change, json!({ "user": MEMBER, "mail": MAIL })).await;
    let live = "mutation($user: String!, $items: [PurchaseItemInput!]!, $award: String!, $why: String!,
            $note: String!, $code: String!) {
        a: give_fan_points_on_purchase(partner_id: \"club-shop\", user_id: $user, custom_purchase_id: \"p-1\",
            purchase_items: $items) { result { date } }
        b: distribute_status_points(partner_id: \"club-shop\", user_id: $user, action_category: \"quiz\",
            title: $award, description: $why) { result { date } }
        c: issue_discount_code(partner_id: \"club-shop\", user_id: $user, discount_code: $code) { result { used } }
        d: decide_refused_redemption(partner_id: \"club-shop\", user_id: $user, purchase_id: \"off-1\",
            outcome: forgive, points: 5, note: $note) { result { note } }
        e: register_bought_product(partner_id: \"club-shop\", user_id: $user, group_id: \"sale-1\", pieces: 1,
            reward_id: \"ball\", title: \"Ball\", description: \"Signed\", product_category: product)
            { errors { unknown_user_error { _empty } } }
        f: reserve_fan_points(partner_id: \"club-shop\", user_id: $user, points: 1, custom_reservation_id: \"r-1\",
            seconds: 600)
            { result { points } } }";
    let bought = json!([{ "currency": "chf", "price": 50.0, "title": title, "description": text }]);
    let told =
        json!({ "user": MEMBER, "items": bought, "award": award, "why": why, "note": note, "code": CODE });
    shop.data(live, told).await;
    let event = json!({ "events": [{ "client_event_id": "e-1", "user_id": MEMBER, "action": "match_visit",
                                     "description": event, "object_id": object, "metadata": { "row": event },
                                     "time": jiff::Timestamp::now().to_string() }] });
    let request = club.http.post(club.url("/events")).header("authorization", &shop.token).json(&event);
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["results"][0]["status"], "accepted", "{answer}");
    let known = "query($user: String!) { a: get_fan(partner_id: \"club-shop\", user_id: $user)
        { result { pseudonym } } }";
    let known = shop.data(known, json!({ "user": MEMBER })).await;
    (id, known["a"]["result"]["pseudonym"].as_str().unwrap().parse().unwrap())
}

/// Runs a command of the operator's on the club's data.
fn operate(club: &Club, words: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fanpoints-platform"));
    command.args(words).args(["--environment", "development", "--data"]).arg(club.dir.path().join("data"));
    if let Some(database) = &club.database {
        command.args(["--database", &database.0]);
    }
    let done = command.output().unwrap();
    assert!(done.status.success(), "{words:?}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

#[tokio::test]
async fn no_column_of_any_table_holds_an_erased_fan() {
    let club = Club::open().await;
    let (id, pseudonym) = make_a_life(&club).await;
    let printed = id.trim_start_matches('0');
    let personal = [&[MEMBER, MAIL, CODE, printed], WORDS.as_slice()].concat();
    let found = || {
        let stored = place::everything(club.dir.path(), club.database.as_ref(), Development);
        let holds = |text: &str| stored.windows(text.len()).any(|window| window == text.as_bytes());
        personal.iter().copied().filter(|text| holds(text)).collect::<Vec<_>>()
    };
    assert_eq!(found(), personal, "so that it can be missed");
    let of_fan = ["--project", "fc-example", "--user", MEMBER];
    let exported = operate(&club, &[&["export-user"], of_fan.as_slice()].concat());
    for text in personal.iter().filter(|text| **text != printed).chain([&id.as_str()]) {
        assert!(exported.contains(text), "the fan is told of {text}");
    }

    operate(&club, &[&["erase-user", "--yes"], of_fan.as_slice()].concat());
    assert_eq!(found(), [""; 0]);
    assert!(operate(&club, &["verify"]).contains("\"holds\": true"));
    // Copies of passes are still known to be of no use, by a random number that leads to nobody any more.
    let count = |sql: &str| place::number(club.dir.path(), club.database.as_ref(), Development, sql);
    let number = pseudonym.0.cast_signed();
    assert_eq!(count(&format!("SELECT count(*) FROM pass_revocation WHERE pseudonym = {number}")), 1);
    for table in ["fan", "live_proof"] {
        assert_eq!(count(&format!("SELECT count(*) FROM {table} WHERE pseudonym = {number}")), 0, "{table}");
    }
    let shop = club.partner(SHOP).await;
    for name in [MEMBER, id.as_str(), &pseudonym.to_string()] {
        shop.give(name, "p-2", json!([item(5.0)])).await.refused("unknown_user_error");
    }
}
