//! What can go wrong at a counter: each thing says what it is, and nothing is lost or doubled.

use crate::steps::{FAN, FAN_POINTS, balance_becomes, key_in, open_shop, row, show_code, show_picture, told};
use crate::support::{Code, Platform, Shop, SmallDisk, Stage, Till, foreign_code, qr, torn};

#[tokio::test]
async fn codes_and_redemptions_that_are_refused_say_why() {
    let stage = Stage::new("refusals");
    let (platform, mut till) = open_shop(&stage).await;

    let whole = platform.code_picture(FAN, Code::Live).await;
    show_picture(&till, &stage.file("torn.png", &torn(&whole))).await;
    told(&till, "noCodeFound").await;
    till.shot("torn").await;
    show_picture(&till, &stage.file("foreign.png", &foreign_code())).await;
    told(&till, "notOurCode").await;
    till.shot("other-program").await;

    show_code(&stage, &platform, &till, FAN, Code::Live).await;
    till.has("fan-balance", "value", &FAN_POINTS.to_string()).await;
    key_in(&till, "900000").await;
    till.press("redeem").await;
    told(&till, "tooFewPoints").await;
    till.shot("too-few-points").await;
    assert_eq!(platform.balance(FAN).await, FAN_POINTS);
    assert!(platform.transactions(Shop::ClubShop, FAN).await.is_empty());

    till.press("nav-queue").await;
    till.find("queue-empty").await;
    till.close().await;
}

#[tokio::test]
async fn a_code_of_another_program_is_named_as_such() {
    let stage = Stage::new("other-program");
    let (platform, mut till) = open_shop(&stage).await;
    // A whole platform of its own signs with keys of its own.
    let stranger = Platform::start(&Stage::existing("stranger", stage.path("stranger"))).await;
    let pass = stranger.code_picture(FAN, Code::Card).await;
    show_picture(&till, &stage.file("stranger.png", &pass)).await;
    told(&till, "passForged").await;
    let other = pass_of_program(4_242);
    show_picture(&till, &stage.file("other.png", &qr(&other))).await;
    told(&till, "passOtherProgram").await;
    till.shot("other-program").await;
    assert!(platform.transactions(Shop::ClubShop, FAN).await.is_empty());
    till.close().await;
}

/// A card pass as another program would issue it.
fn pass_of_program(program: u32) -> String {
    let key = fanpass::SigningKey::from_bytes(&[7; 32]);
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("a clock after 1970");
    let now = u32::try_from(now.as_secs()).expect("a clock before 2106");
    let content = fanpass::PassContent {
        program,
        pseudonym: fanpass::Pseudonym(1),
        issued_at: now,
        valid_until: now + 3600,
        fan_points: 100,
        status_points: 100,
        offline_allowance: ledger::FanPoints(100),
    };
    fanpass::issue_card(&key, 1, &content).expect("a pass can be issued")
}

#[tokio::test]
async fn a_full_disk_confirms_nothing_and_keeps_what_was_there() {
    let stage = Stage::new("full-disk");
    let disk = SmallDisk::mount(stage.path("disk"), 24);
    let mut platform = Platform::start(&stage).await;
    let pairing = platform.pairing(Shop::ClubShop);
    let mut till = Till::on(&stage).data(disk.path("till")).paired(pairing).open().await;
    till.has("strip", "state", "online").await;
    show_code(&stage, &platform, &till, FAN, Code::Live).await;
    platform.stop();
    till.has("strip", "state", "offline").await;
    key_in(&till, "500").await;
    till.press("redeem").await;
    till.has("success", "standing", "waiting").await;
    till.press("same-fan").await;

    disk.fill();
    key_in(&till, "600").await;
    till.press("redeem").await;
    told(&till, "storageFull").await;
    till.shot("full-disk").await;
    till.has("strip-waiting", "count", "1").await;

    disk.empty();
    till.press("redeem").await;
    till.has("success", "standing", "waiting").await;
    till.has("strip-waiting", "count", "2").await;
    platform.start_again().await;
    till.press("send-now").await;
    balance_becomes(&platform, FAN, FAN_POINTS - 1100).await;
    till.press("nav-queue").await;
    till.press("queue-tab-accepted").await;
    row(&till, "redeem", "accepted").await;
    assert_eq!(till.all("operation-row").await.len(), 2);
    till.close().await;
}

#[tokio::test]
async fn a_second_window_does_not_write_to_the_same_database() {
    let stage = Stage::new("second-window");
    let (_platform, mut till) = open_shop(&stage).await;
    let mut second = Till::named(&stage, "second").data(stage.path("till").join("data")).open().await;
    told(&second, "storageInUse").await;
    second.shot("second-window").await;
    second.close().await;
    till.has("strip", "state", "online").await;
    till.close().await;
}

#[tokio::test]
async fn a_fan_who_is_gone_meanwhile_gets_and_loses_nothing() {
    let stage = Stage::new("erased");
    let (mut platform, mut till) = open_shop(&stage).await;
    show_code(&stage, &platform, &till, FAN, Code::Live).await;
    till.has("fan-balance", "value", &FAN_POINTS.to_string()).await;
    platform.stop();
    till.has("strip", "state", "offline").await;
    platform.erase(FAN);
    key_in(&till, "2500").await;
    till.press("give").await;
    till.has("success", "standing", "waiting").await;
    till.press("same-fan").await;

    platform.start_again().await;
    till.press("send-now").await;
    till.has("strip-waiting", "count", "0").await;
    till.press("nav-queue").await;
    till.press("queue-tab-refused").await;
    row(&till, "give", "refused").await;
    till.shot("refused").await;
    // Online, the counter says so at once.
    till.press("nav-counter").await;
    key_in(&till, "1000").await;
    till.press("give").await;
    till.has("success", "standing", "refused").await;
    told(&till, "unknownFan").await;
    till.shot("erased").await;
    till.press("next-fan").await;
    till.gone("fan-card").await;
    till.close().await;
}

#[tokio::test]
async fn a_rate_that_is_gone_meanwhile_is_said_and_another_one_serves() {
    let stage = Stage::new("rate-gone");
    let (platform, mut till) = open_shop(&stage).await;
    show_code(&stage, &platform, &till, FAN, Code::Live).await;
    till.has("fan-balance", "value", &FAN_POINTS.to_string()).await;
    key_in(&till, "2000").await;
    till.press("rate-label-merchandise").await;
    till.has("quote-earns", "value", "100").await;
    let gone = "mutation($partner: String!) {
        delete_fan_points_rate(partner_id: $partner, rate_label: \"merchandise\") { _empty } }";
    platform
        .ask(Some(Shop::ClubShop.id()), gone, serde_json::json!({ "partner": Shop::ClubShop.id() }))
        .await;
    till.press("give").await;
    till.has("success", "standing", "refused").await;
    told(&till, "unknownRateLabel").await;
    till.shot("rate-gone").await;
    assert!(platform.transactions(Shop::ClubShop, FAN).await.is_empty());
    till.close().await;
}
