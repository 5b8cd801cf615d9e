//! The network goes, the app is killed, everything comes back: what the screen confirmed is booked once.

use crate::steps::{FAN, FAN_POINTS, balance_becomes, key_in, open_shop, row, show_code, show_picture};
use crate::support::{Code, Shop, Stage};

#[tokio::test]
async fn a_redemption_confirmed_offline_survives_a_kill_and_is_booked_once() {
    let stage = Stage::new("offline-kill");
    let (mut platform, mut till) = open_shop(&stage).await;
    show_code(&stage, &platform, &till, FAN, Code::Live).await;
    till.has("fan-balance", "value", &FAN_POINTS.to_string()).await;

    platform.stop();
    till.has("strip", "state", "offline").await;
    key_in(&till, "700").await;
    till.press("redeem").await;
    till.has("success", "standing", "waiting").await;
    till.has("strip-waiting", "count", "1").await;
    till.shot("confirmed-offline").await;
    till.kill().await;

    till.open().await;
    till.has("strip-waiting", "count", "1").await;
    till.press("nav-queue").await;
    let waiting = row(&till, "redeem", "waiting").await;
    till.shot("still-there").await;

    platform.start_again().await;
    till.press("queue-send-now").await;
    till.has("strip-waiting", "count", "0").await;
    till.press("queue-tab-accepted").await;
    assert_eq!(row(&till, "redeem", "accepted").await, waiting);
    balance_becomes(&platform, FAN, FAN_POINTS - 700).await;
    assert_eq!(platform.transactions(Shop::ClubShop, FAN).await, [(waiting.clone(), -700)]);

    till.press("nav-review").await;
    assert_eq!(row(&till, "redeem", "accepted").await, waiting);
    assert_eq!(till.all("operation-row").await.len(), 1, "the review lists it once");
    till.has("review-total-redeemed", "value", "700").await;

    till.press("nav-counter").await;
    show_code(&stage, &platform, &till, FAN, Code::Card).await;
    till.has("fan-balance", "value", &(FAN_POINTS - 700).to_string()).await;
    till.close().await;
}

#[tokio::test]
async fn everything_that_a_counter_does_goes_on_without_a_network() {
    let stage = Stage::new("offline-counter");
    let (mut platform, mut till) = open_shop(&stage).await;
    show_code(&stage, &platform, &till, FAN, Code::Live).await;
    till.has("fan-balance", "value", &FAN_POINTS.to_string()).await;
    platform.stop();
    till.has("strip", "state", "offline").await;

    till.press("tab-items").await;
    till.type_into("item-title", "Scarf").await;
    till.type_into("item-price", "2500").await;
    till.has("quote-earns", "value", "50").await;
    till.press("give").await;
    till.has("success", "standing", "waiting").await;
    till.press("same-fan").await;
    key_in(&till, "2000").await;
    till.press("split-open").await;
    till.has("split-earns", "value", "20").await;
    till.press("pay-split").await;
    till.has("success", "standing", "waiting").await;
    till.has("success-also", "points", "20").await;
    till.press("undo").await;
    till.has("success", "kind", "undo").await;
    till.has("success", "standing", "waiting").await;
    till.press("same-fan").await;
    till.press("tab-status").await;
    till.press("threshold-gold-lounge").await;
    till.has("threshold-answer", "answer", "yes").await;
    till.press("award-action-match_visit").await;
    till.press("award").await;
    till.has("success", "standing", "waiting").await;
    till.shot("waiting").await;
    till.press("receipt-open").await;
    till.find("receipt-code").await;
    till.press("receipt-close").await;
    till.has("strip-waiting", "count", "6").await;

    platform.start_again().await;
    till.press("send-now").await;
    till.has("strip-waiting", "count", "0").await;
    balance_becomes(&platform, FAN, FAN_POINTS + 50).await;
    assert_eq!(platform.status_points(FAN).await, 1240 + 50);
    assert_eq!(platform.transactions(Shop::ClubShop, FAN).await.len(), 5);
    till.close().await;
}

#[tokio::test]
async fn the_counter_is_ready_by_itself_and_the_same_again_is_asked_for_without_a_network() {
    let stage = Stage::new("ready");
    let (mut platform, mut till) = open_shop(&stage).await;
    let card = stage.file("card.png", &platform.code_picture(FAN, Code::Card).await);
    till.press("nav-settings").await;
    till.press("ready-after-3").await;
    till.press("nav-counter").await;
    let give = async |again: bool| {
        show_picture(&till, &card).await;
        till.find("fan-balance").await;
        key_in(&till, "1000").await;
        till.press("give").await;
        if again {
            till.find("repeat").await;
            assert!(!till.shows("success").await);
            till.press("repeat-no").await;
            till.gone("repeat").await;
            till.press("give").await;
            till.press("repeat-yes").await;
        }
        till.has("success", "standing", if again { "waiting" } else { "booked" }).await;
        // Nobody touches it, and the next fan finds nothing of this one.
        till.gone("success").await;
        till.gone("fan-card").await;
        till.has("amount", "value", "0").await;
    };
    give(false).await;
    platform.stop();
    till.has("strip", "state", "offline").await;
    give(true).await;
    till.has("strip-waiting", "count", "1").await;
    till.shot("ready").await;
    // What was done can still be taken back.
    till.press("operation-undo").await;
    till.has("success", "kind", "undo").await;

    platform.start_again().await;
    till.press("send-now").await;
    till.has("strip-waiting", "count", "0").await;
    balance_becomes(&platform, FAN, FAN_POINTS + 20).await;
    assert_eq!(platform.transactions(Shop::ClubShop, FAN).await.len(), 3);
    till.close().await;
}

#[tokio::test]
async fn a_code_that_anybody_can_make_says_what_it_is_not_good_for() {
    let stage = Stage::new("unsigned");
    let (mut platform, mut till) = open_shop(&stage).await;
    till.type_into("code-input", "0084 0711 9295").await;
    till.press("code-submit").await;
    till.has("fan-card", "trust", "unsigned").await;
    till.find("fan-balance").await;
    assert!(!till.shows("fan-limit").await, "online it is good for all");
    platform.stop();
    till.has("strip", "state", "offline").await;
    till.find("fan-limit").await;
    till.press("fan-trust").await;
    till.find("fan-trust-meaning").await;
    till.shot("explained").await;
    key_in(&till, "2500").await;
    till.press("redeem").await;
    crate::steps::told(&till, "onlineOnly").await;
    till.shot("refused").await;
    // Fan and amount are still there: giving takes no proof.
    till.press("give").await;
    till.has("success", "standing", "waiting").await;
    till.close().await;
}
