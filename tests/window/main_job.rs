//! A purchase at the counter, from a code to the platform's books, and back.

use crate::steps::{FAN, FAN_POINTS, balance_becomes, key_in, open_shop, row, show_code};
use crate::support::{Code, Shop, Stage};

#[tokio::test]
async fn a_code_is_opened_and_a_purchase_gives_the_points_that_the_platform_books() {
    let stage = Stage::new("main-job");
    let (platform, mut till) = open_shop(&stage).await;
    till.has("environment", "environment", "development").await;

    show_code(&stage, &platform, &till, FAN, Code::Live).await;
    till.reads("fan-label", "0084 0711 9295").await;
    till.has("fan-balance", "value", &FAN_POINTS.to_string()).await;
    till.has("fan-card", "trust", "live").await;
    key_in(&till, "2500").await;
    till.has("quote-earns", "value", "50").await;
    till.has("quote-costs", "value", "2500").await;
    till.shot("counter").await;
    till.press("give").await;
    till.has("success", "standing", "booked").await;
    till.shot("given").await;
    balance_becomes(&platform, FAN, FAN_POINTS + 50).await;

    till.press("undo").await;
    till.has("success", "kind", "undo").await;
    balance_becomes(&platform, FAN, FAN_POINTS).await;
    assert_eq!(platform.transactions(Shop::ClubShop, FAN).await.len(), 2, "the gift and its undo");
    till.close().await;
}

#[tokio::test]
async fn points_are_redeemed_status_is_awarded_and_a_threshold_is_checked() {
    let stage = Stage::new("redeem-award-check");
    let (platform, mut till) = open_shop(&stage).await;
    show_code(&stage, &platform, &till, FAN, Code::Live).await;
    key_in(&till, "1000").await;
    till.press("redeem").await;
    till.has("success", "standing", "booked").await;
    balance_becomes(&platform, FAN, FAN_POINTS - 1000).await;
    till.press("same-fan").await;

    till.press("tab-status").await;
    till.press("threshold-gold-lounge").await;
    till.has("threshold-answer", "answer", "yes").await;
    till.press("award-action-match_visit").await;
    till.press("award").await;
    till.has("success", "standing", "booked").await;
    assert_eq!(platform.status_points(FAN).await, 1240 + 50);

    till.press("nav-review").await;
    row(&till, "redeem", "accepted").await;
    row(&till, "award", "accepted").await;
    till.has("review-total-redeemed", "value", "1000").await;
    till.has("review-total-status", "value", "50").await;
    till.shot("review").await;
    till.press("review-filter-award").await;
    till.gone_rows("redeem").await;
    till.close().await;
}

#[tokio::test]
async fn a_device_is_connected_by_hand() {
    let stage = Stage::new("connect");
    let platform = crate::support::Platform::start(&stage).await;
    let mut till = crate::support::Till::on(&stage).open().await;
    let account = platform.pairing(Shop::ClubShop);
    till.type_into("connect-endpoint", &account.endpoint).await;
    till.type_into("connect-partner", &account.partner_id).await;
    till.type_into("connect-client", &account.client_id).await;
    till.type_into("connect-secret", "not the secret").await;
    till.press("connect-environment-development").await;
    till.press("connect-submit").await;
    crate::steps::told(&till, "signInRefused").await;
    till.shot("wrong-secret").await;
    let secret = till.find("connect-secret").await;
    secret.clear().await.expect("the field can be cleared");
    till.type_into("connect-secret", &account.client_secret).await;
    till.press("connect-submit").await;
    till.has("strip", "state", "online").await;
    let log = till.log();
    assert!(!log.contains(&account.client_secret), "the secret is in the log");
    assert!(!log.is_empty());
    till.close().await;
}
