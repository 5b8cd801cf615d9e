//! The network goes, the app is killed, everything comes back: what the screen confirmed is booked once.

use crate::steps::{FAN, FAN_POINTS, balance_becomes, key_in, open_shop, row, show_code};
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
