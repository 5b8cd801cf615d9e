//! A gate, prepared by a manager and run by staff: online, offline, and as a kiosk.

use crate::steps::{FAN, open_shop, row, told};
use crate::support::{Code, Platform, Stage, Till, audit_entries, eventually, frames};

/// 120 Status Points.
const LOW_FAN: &str = "391258460617";
/// 505 Status Points.
const SILVER_FAN: &str = "308077152951";
/// 1700 and 2150 Status Points.
const GOLD_FANS: [&str; 2] = ["334600815338", "263341709821"];

pub async fn check(till: &Till, code: &str) {
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

/// Prepares the gate again: what to do with whom nobody can tell.
async fn prepare_unsure(till: &Till, choice: &str) {
    till.press("gate-close").await;
    till.press("gate-edit").await;
    till.press(&format!("plan-unsure-{choice}")).await;
    till.press("plan-save").await;
    till.press("gate-open").await;
    till.find("gate-idle").await;
}

#[tokio::test]
async fn a_gate_by_tier_awards_who_comes_in_and_the_chain_tells_who_was_let_in_and_why() {
    let stage = Stage::new("gate-tier");
    let (mut platform, mut till) = open_shop(&stage).await;
    till.press("nav-gate").await;
    till.press("plan-rule-tier").await;
    till.choose("plan-tier", "Gold").await;
    till.choose("plan-award", "match_visit").await;
    till.press("plan-unsure-admit").await;
    till.shot("plan").await;
    till.press("plan-save").await;
    till.press("gate-open").await;

    check(&till, FAN).await;
    till.has("verdict", "verdict", "yes").await;
    till.has("verdict-awarded", "value", "50").await;
    till.shot("awarded").await;
    check(&till, SILVER_FAN).await;
    till.has("verdict", "verdict", "no").await;
    till.has("verdict-missing", "value", "495").await;
    till.press("override").await;
    till.type_into("override-reason", "captain's guest").await;
    till.press("override-admit").await;
    till.has("verdict", "by", "person").await;
    till.has("verdict-awarded", "value", "50").await;
    status_becomes(&platform, SILVER_FAN, 505 + 50).await;
    // A mistake: whoever is turned away after all keeps no award.
    till.press("override").await;
    till.press("override.mistake").await;
    till.press("override-refuse").await;
    till.has("verdict", "verdict", "no").await;
    status_becomes(&platform, SILVER_FAN, 505).await;
    status_becomes(&platform, FAN, 1240 + 50).await;

    // Offline nothing is known of the next ones: the plan decides, and what is awarded waits.
    platform.stop();
    till.has("strip", "state", "offline").await;
    check(&till, GOLD_FANS[0]).await;
    till.has("verdict", "answer", "cannotTell").await;
    till.has("verdict", "verdict", "yes").await;
    till.has("verdict", "by", "plan").await;
    till.has("verdict-awarded", "value", "50").await;
    till.shot("plan-admits").await;
    prepare_unsure(&till, "refuse").await;
    check(&till, GOLD_FANS[1]).await;
    till.has("verdict", "answer", "cannotTell").await;
    till.has("verdict", "verdict", "no").await;
    till.has("verdict", "by", "plan").await;
    till.shot("plan-refuses").await;
    platform.start_again().await;
    till.press("gate-close").await;
    till.press("nav-queue").await;
    till.press("queue-send-now").await;
    status_becomes(&platform, GOLD_FANS[0], 1700 + 50).await;
    till.press("queue-tab-accepted").await;
    row(&till, "undo", "accepted").await;
    assert_eq!(platform.status_points(GOLD_FANS[1]).await, 2150);
    till.close().await;

    let chain = audit_entries(&till.data_file(""));
    let told = |words: [&str; 3]| chain.iter().any(|entry| words.iter().all(|word| entry.contains(word)));
    assert!(told([SILVER_FAN, "let in by a person, answer No", "captain's guest"]), "{chain:#?}");
    assert!(told([SILVER_FAN, "turned away by a person, answer No", "mistake"]), "{chain:#?}");
}

async fn status_becomes(platform: &Platform, fan: &str, points: i64) {
    eventually(&format!("the platform books {points} Status Points"), || async {
        (platform.status_points(fan).await == points).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_camera_at_the_gate_counts_a_code_that_is_held_once_online_and_offline() {
    let stage = Stage::new("gate-camera");
    let mut platform = Platform::start(&stage).await;
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

    // Without a network what is known of the fan tells enough.
    till.press("gate-close").await;
    platform.stop();
    till.has("strip", "state", "offline").await;
    till.press("gate-open").await;
    till.has("verdict", "verdict", "yes").await;
    till.has("verdict", "by", "rule").await;
    till.shot("camera-offline").await;
    till.gone("verdict").await;
    till.has("gate-passed", "value", "1").await;
    till.has("gate-unknown", "value", "0").await;
    till.close().await;
}
