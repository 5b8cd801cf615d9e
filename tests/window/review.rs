//! What a manager looks back at: a refusal into the inbox and out of it, and an export that is read again.

use std::path::Path;

use crate::steps::{FAN, FAN_POINTS, balance_becomes, key_in, open_shop, show_code};
use crate::support::{Code, Shop, Stage, Till, eventually};

/// What a second till redeems without a network, of points that are spent meanwhile.
const OFFLINE: i64 = 1_700;
const ONLINE: i64 = 3_000;

#[tokio::test]
async fn a_double_redemption_goes_through_the_inbox_and_the_export_adds_up() {
    let stage = Stage::new("review");
    let (mut platform, mut first) = open_shop(&stage).await;
    let pairing = platform.pairing(Shop::ClubShop);
    let mut second = Till::named(&stage, "second").paired(pairing).open().await;
    second.has("strip", "state", "online").await;
    show_code(&stage, &platform, &second, FAN, Code::Live).await;
    second.has("fan-balance", "value", &FAN_POINTS.to_string()).await;
    first.close().await;
    platform.stop();
    second.has("strip", "state", "offline").await;
    key_in(&second, &OFFLINE.to_string()).await;
    second.press("redeem").await;
    second.has("success", "standing", "waiting").await;
    second.close().await;

    platform.start_again().await;
    first.open().await;
    first.has("strip", "state", "online").await;
    show_code(&stage, &platform, &first, FAN, Code::Live).await;
    key_in(&first, &ONLINE.to_string()).await;
    first.press("redeem").await;
    first.has("success", "standing", "booked").await;
    balance_becomes(&platform, FAN, FAN_POINTS - ONLINE).await;

    second.open().await;
    second.has("nav-cases", "count", "1").await;
    second.press("nav-review").await;
    second.find("review").await;
    second.press("review-tab-inbox").await;
    second.has("case", "cost", &OFFLINE.to_string()).await;
    second.has("case", "code", "tooFewPoints").await;
    second.shot("inbox").await;
    second.press("case-void").await;
    second.type_into("decide-note", "goods came back").await;
    second.press("decide-go").await;
    second.find("inbox-empty").await;
    second.gone("nav-cases").await;
    decided(&platform, "void").await;
    assert_eq!(platform.balance(FAN).await, FAN_POINTS - ONLINE, "what was void costs the fan nothing");

    second.press("review-tab-list").await;
    // The first till's redemption is listed beside the own one, as the platform tells it.
    second.has("review-rows", "count", "2").await;
    second.press("operation-row").await;
    second.find("review-request-id").await;
    second.shot("list").await;
    let rows = exported(&mut second, "csv").await;
    let sum: i64 = rows.iter().map(|row| row.parse::<i64>().unwrap()).sum();
    assert_eq!((rows.len(), sum), (2, -OFFLINE - ONLINE));
    second.close().await;
    first.close().await;
}

#[tokio::test]
async fn differences_to_the_platforms_books_are_settled_one_by_one_and_in_bulk() {
    let stage = Stage::new("reconcile");
    let (platform, mut first) = open_shop(&stage).await;
    show_code(&stage, &platform, &first, FAN, Code::Live).await;
    for amount in ["2500", "5000", "7500"] {
        key_in(&first, amount).await;
        first.press("give").await;
        first.has("success", "standing", "booked").await;
        first.press("same-fan").await;
    }
    first.close().await;

    let mut second = Till::named(&stage, "second").paired(platform.pairing(Shop::ClubShop)).open().await;
    second.has("strip", "state", "online").await;
    second.press("nav-review").await;
    second.press("review-tab-reconcile").await;
    second.press("reconcile-go").await;
    second.has("reconcile-group-missing", "count", "3").await;
    second.has("reconcile-row", "verdict", "missingHere").await;
    second.shot("missing").await;
    second.press("reconcile-pick").await;
    settle(&second, "the other till's").await;
    second.has("reconcile-group-missing", "count", "2").await;
    second.press("reconcile-pick-all").await;
    settle(&second, "so are these").await;
    second.has("reconcile-group-settled", "count", "3").await;
    second.has("reconcile-row", "settled", "true").await;
    second.shot("settled").await;
    second.close().await;
}

async fn settle(till: &Till, note: &str) {
    till.press("reconcile-settle").await;
    till.type_into("settle-note", note).await;
    till.press("settle-go").await;
    till.gone("settle").await;
}

/// The points of every row of a file that was exported.
async fn exported(till: &mut Till, form: &str) -> Vec<String> {
    till.press("review-export").await;
    till.press(&format!("export-{form}")).await;
    let done = till.find("export-done").await;
    let path = done.attr("data-path").await.unwrap().expect("the path of the file");
    till.shot("export").await;
    till.press("export-close").await;
    let text = std::fs::read_to_string(Path::new(&path)).expect("the file is there");
    let mut lines = text.trim_start_matches('\u{feff}').lines();
    let columns: Vec<&str> = lines.next().expect("the names of the columns").split(',').collect();
    let at = columns.iter().position(|name| *name == "fan_points").expect("a column of points");
    lines.map(|line| line.split(',').nth(at).unwrap_or_default().to_owned()).collect()
}

/// Waits until the platform knows what was decided.
async fn decided(platform: &crate::support::Platform, outcome: &str) {
    let query = "query($partner: String!) {
        get_review_decisions(partner_id: $partner) { result { outcome points } } }";
    eventually("the platform hears of the decision", || async {
        let variables = serde_json::json!({ "partner": Shop::ClubShop.id() });
        let answer = platform.ask(Some(Shop::ClubShop.id()), query, variables).await;
        let known = answer.pointer("/get_review_decisions/result/0")?.clone();
        (known["outcome"] == outcome && known["points"] == OFFLINE).then_some(())
    })
    .await;
}
