//! What administrators change leaves a trace, and what the counter does all day leaves none.

use crate::club::{Club, FAN, SHOP, item};
use crate::place;
use platform::EnvironmentName;
use serde_json::json;

const ADD: &str = "mutation($user: String!, $mail: String!) {
    add_user(project_id: \"fc-example\", user_id: $user, mail_address: $mail) { result { user_id } } }";

#[tokio::test]
async fn a_change_is_kept_with_who_and_when_and_without_personal_data() {
    let club = Club::open().await;
    let program = club.program().await;
    let fan = json!({ "user": "member-4711", "mail": "jane.doe@example.org" });
    let before = club.running.admin_changes(EnvironmentName::Development, 10).await.unwrap();
    assert_eq!(before, []);
    let request = club.http.post(club.url("/graphql")).header("authorization", &program.token);
    let request = request.header("x-request-id", "desk-1").json(&json!({ "query": ADD, "variables": fan }));
    assert!(request.send().await.unwrap().text().await.unwrap().contains("user_id"));
    // Refused: there is one already. Nothing was changed.
    program.ask(ADD, fan).await;
    let shop = club.partner(SHOP).await;
    shop.give(FAN, "p-1", json!([item(5.0)])).await.done();
    shop.award(FAN, "a-1", "quiz").await.done();

    let changes = club.running.admin_changes(EnvironmentName::Development, 10).await.unwrap();
    let [change] = changes.as_slice() else { panic!("{changes:?}") };
    let credential = club.credential(EnvironmentName::Development, None);
    assert_eq!(
        (change.actor.as_str(), change.action.as_str(), change.request_id.as_str(), change.detail.as_str()),
        (credential.client_id.as_str(), "add_user", "desk-1", "{\"project_id\":\"fc-example\"}")
    );
    assert!(change.fan.is_some() && change.date_us > 1_700_000_000_000_000);
    let (dir, database) = (club.dir.path().to_owned(), club.database.clone());
    club.running.stop().await;
    let sql = "SELECT count(*) FROM admin_change WHERE detail LIKE '%jane%' OR detail LIKE '%4711%'";
    assert_eq!(place::number(&dir, database.as_ref(), EnvironmentName::Development, sql), 0);
}
