//! A gate, prepared by a manager and run by staff: online, offline, and as a kiosk.

use fantoccini::Locator;

use crate::steps::{FAN, open_shop, told};
use crate::support::{Code, Platform, Stage, Till, eventually, frames};

/// 120 Status Points.
const LOW_FAN: &str = "391258460617";
/// 505 Status Points.
const SILVER_FAN: &str = "308077152951";

async fn check(till: &Till, code: &str) {
    till.type_into("gate-code", code).await;
    till.press("gate-find").await;
}

async fn replace(till: &Till, testid: &str, text: &str) {
    let field = till.find(testid).await;
    field.clear().await.expect("the field can be cleared");
    field.send_keys(text).await.expect("the field takes keys");
}

#[tokio::test]
async fn a_gate_judges_fan_after_fan_online_and_offline() {
    let stage = Stage::new("gate");
    let (mut platform, mut till) = open_shop(&stage).await;
    till.press("nav-gate").await;
    till.shot("plan").await;
    till.press("plan-rule-atLeast").await;
    replace(&till, "plan-points", "0").await;
    till.press("plan-save").await;
    told(&till, "invalidAmount").await;
    replace(&till, "plan-points", "600").await;
    till.press("plan-save").await;
    till.press("gate-open").await;
    till.find("gate-idle").await;
    till.shot("open").await;

    check(&till, FAN).await;
    till.has("verdict", "verdict", "yes").await;
    till.shot("yes").await;
    check(&till, LOW_FAN).await;
    till.has("verdict", "verdict", "no").await;
    till.has("verdict-missing", "value", "480").await;
    till.shot("no").await;
    till.press("override").await;
    till.press("override-admit").await;
    told(&till, "reasonMissing").await;
    till.press("override.guest").await;
    till.press("override-admit").await;
    till.has("gate-passed", "value", "2").await;
    till.has("gate-refused", "value", "0").await;

    // Nothing but the strip changes without a network; a fan of whom nothing is known can not be judged.
    platform.stop();
    till.has("strip", "state", "offline").await;
    check(&till, SILVER_FAN).await;
    till.has("verdict", "verdict", "cannotTell").await;
    till.shot("cannot-tell").await;
    till.press("decide-refuse").await;
    till.has("gate-refused", "value", "1").await;
    till.has("verdict", "by", "person").await;
    assert_eq!(till.all("gate-mark").await.len(), 3);

    // The counts are there after a kill.
    till.kill().await;
    till.open().await;
    till.press("nav-gate").await;
    till.has("gate-passed", "value", "2").await;
    till.press("gate-close").await;
    till.find("gate-ready").await;
    till.close().await;
}

#[tokio::test]
async fn a_camera_at_the_gate_counts_a_code_that_is_held_once() {
    let stage = Stage::new("gate-camera");
    let platform = Platform::start(&stage).await;
    let folder = frames(stage.path("frames"), &platform.code_picture(FAN, Code::Card).await);
    let pairing = platform.pairing(crate::support::Shop::ClubShop);
    let mut till = Till::on(&stage).paired(pairing).camera(folder).open().await;
    till.has("strip", "state", "online").await;
    till.press("nav-gate").await;
    till.press("plan-save").await;
    till.press("gate-open").await;
    till.has("verdict", "verdict", "yes").await;
    till.shot("camera").await;
    // The verdict makes room by itself while the code is still held.
    till.gone("verdict").await;
    till.has("gate-passed", "value", "1").await;
    till.close().await;
}

#[tokio::test]
async fn a_kiosk_is_left_by_the_managers_pin_alone() {
    let stage = Stage::new("kiosk");
    let (_platform, mut till) = open_shop(&stage).await;
    till.press("nav-gate").await;
    let kiosk = till.find("plan-kiosk").await;
    kiosk.click().await.expect("the switch can be pressed");
    till.press("plan-save").await;
    till.type_into("pin-input", "135790").await;
    till.type_into("pin-again", "135790").await;
    till.press("pin-submit").await;
    till.press("gate-open").await;
    till.has("gate", "locked", "true").await;
    till.gone("nav-counter").await;
    till.shot("kiosk").await;

    till.press("gate-close").await;
    till.type_into("pin-input", "111222").await;
    till.press("pin-submit").await;
    told(&till, "pinWrong").await;
    till.press("pin-close").await;

    // Ending the app by force does not help.
    till.kill().await;
    till.open().await;
    till.has("gate", "locked", "true").await;
    eventually("no way to another screen", || async {
        let css = "[data-testid=\"nav-counter\"]";
        till.client().find_all(Locator::Css(css)).await.ok()?.is_empty().then_some(())
    })
    .await;
    till.press("gate-close").await;
    till.type_into("pin-input", "135790").await;
    till.press("pin-submit").await;
    till.find("nav-counter").await;
    till.close().await;
}
