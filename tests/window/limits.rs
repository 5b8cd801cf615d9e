//! The offline limits of a device: made stricter in the settings, and raised once with the manager's PIN.

use crate::steps::{FAN, FAN_POINTS, balance_becomes, key_in, open_shop, show_code, told};
use crate::support::{Code, Stage, Till};

const PIN: &str = "135790";

async fn answer_pin(till: &Till, pin: &str) {
    till.type_into("pin-input", pin).await;
    till.press("pin-submit").await;
}

#[tokio::test]
async fn a_limit_is_made_stricter_and_a_manager_raises_it_once() {
    let stage = Stage::new("limits");
    let (mut platform, mut till) = open_shop(&stage).await;
    till.press("nav-gate").await;
    till.press("pin-change").await;
    till.type_into("pin-again", PIN).await;
    answer_pin(&till, PIN).await;
    till.gone("pin-form").await;

    till.press("nav-settings").await;
    till.press("limits-open").await;
    till.type_into("limit-max_redeem_purchase", "2001").await;
    till.find("limit-fault").await;
    till.shot("laxer").await;
    till.find("limit-max_redeem_purchase").await.clear().await.expect("the field can be cleared");
    till.type_into("limit-max_redeem_purchase", "500").await;
    till.press("limits-save").await;
    answer_pin(&till, PIN).await;
    till.find("limits-set").await;
    till.shot("stricter").await;
    till.press("limits-close").await;

    till.press("nav-counter").await;
    show_code(&stage, &platform, &till, FAN, Code::Live).await;
    till.has("fan-balance", "value", &FAN_POINTS.to_string()).await;
    platform.stop();
    till.has("strip", "state", "offline").await;
    key_in(&till, "700").await;
    till.press("redeem").await;
    told(&till, "askManager").await;
    till.has("above", "rule", "purchase_limit").await;
    till.shot("ask-manager").await;
    till.press("ask-manager").await;
    answer_pin(&till, "111222").await;
    told(&till, "pinWrong").await;
    answer_pin(&till, PIN).await;
    till.has("success", "standing", "waiting").await;
    till.shot("raised").await;

    platform.start_again().await;
    till.press("send-now").await;
    balance_becomes(&platform, FAN, FAN_POINTS - 700).await;
    till.press("nav-review").await;
    till.press("operation-row").await;
    till.find("detail-raised").await;
    till.shot("detail").await;
    till.close().await;
}
