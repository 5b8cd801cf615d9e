//! What a desktop gives an app and expects of it: a number on the icon, one window, links, the keyboard.

use crate::steps::{FAN, FAN_POINTS, balance_becomes, key_in, open_shop, show_code};
use crate::support::{Code, Keyboard, Monitor, Platform, Shop, Stage, Till, second_start};

const FAN_LABEL: &str = "0084 0711 9295";

#[tokio::test]
async fn what_waits_is_on_the_icon_and_in_the_title() {
    let stage = Stage::new("badge");
    let icon = Monitor::of(&stage, "interface='com.canonical.Unity.LauncherEntry'").await;
    let (mut platform, mut till) = open_shop(&stage).await;
    show_code(&stage, &platform, &till, FAN, Code::Live).await;
    till.has("fan-balance", "value", &FAN_POINTS.to_string()).await;
    platform.stop();
    till.has("strip", "state", "offline").await;
    key_in(&till, "700").await;
    till.press("redeem").await;
    till.has("success", "standing", "waiting").await;
    icon.tells("application://FanPoints Partner.desktop").await;
    icon.tells("int64 1").await;
    Keyboard::at_window(r"^\(1\) FanPoints Partner$").await;
    platform.start_again().await;
    till.press("send-now").await;
    till.has("strip-waiting", "count", "0").await;
    Keyboard::at_window("^FanPoints Partner$").await;
    icon.says_last("int64", "int64 0").await;
    till.close().await;
}

#[tokio::test]
async fn a_link_brings_its_fan_to_the_one_window_that_is_open() {
    let stage = Stage::new("link");
    let platform = Platform::start(&stage).await;
    // With the data folder of everybody's: only then there is one window.
    let mut till = Till::on(&stage).at_home().paired(platform.pairing(Shop::ClubShop)).open().await;
    till.has("strip", "state", "online").await;
    key_in(&till, "2500").await;
    till.press("nav-settings").await;

    second_start(&stage, &["fanpoints-partner://distribute?user_id=008407119295"]).await;
    till.reads("fan-label", FAN_LABEL).await;
    // Somebody who only opens a link has not signed anything: the code is worth no more than a typed one.
    till.has("fan-card", "trust", "unsigned").await;
    till.has("amount", "value", "2500").await;

    second_start(&stage, &["fanpoints-partner://redeem?user_id=008407119295"]).await;
    second_start(&stage, &[]).await;
    till.reads("fan-label", FAN_LABEL).await;
    assert_eq!(Keyboard::windows("FanPoints Partner"), 1);
    till.close().await;
}

#[tokio::test]
async fn a_purchase_needs_no_mouse() {
    let stage = Stage::new("keyboard");
    let (platform, mut till) = open_shop(&stage).await;
    let keyboard = Keyboard::at_window("FanPoints Partner").await;
    keyboard.press("F2");
    keyboard.type_slowly("0084 0711 9295");
    keyboard.press("Return");
    till.reads("fan-label", FAN_LABEL).await;
    keyboard.press("Escape");
    till.gone("fan-card").await;
    keyboard.press("F2");
    keyboard.type_slowly("0084 0711 9295");
    keyboard.press("Return");
    till.find("fan-card").await;
    // Out of the field of the code: from here on digits are an amount.
    keyboard.press("Tab");
    keyboard.type_slowly("25");
    keyboard.press("period");
    keyboard.type_slowly("5");
    till.has("amount", "value", "2550").await;
    till.has("quote-earns", "value", "51").await;
    till.focus("tab-amount").await;
    keyboard.press("ctrl+Return");
    till.has("success", "kind", "redeem").await;
    balance_becomes(&platform, FAN, FAN_POINTS - 2550).await;
    keyboard.press("ctrl+z");
    till.has("success", "kind", "undo").await;
    balance_becomes(&platform, FAN, FAN_POINTS).await;
    // Enter is the next fan, as the button that has the focus says.
    keyboard.press("Return");
    till.gone("success").await;
    till.gone("fan-card").await;

    keyboard.press("question");
    till.find("help").await;
    till.shot("help").await;
    keyboard.press("Escape");
    till.gone("help").await;
    keyboard.press("F6");
    till.find("item-title").await;
    for (number, screen) in
        ["counter", "gate", "queue", "review", "settings", "shift", "figures"].iter().enumerate()
    {
        keyboard.press(&format!("ctrl+{}", number + 1));
        till.find(screen).await;
    }
    till.close().await;
}

#[tokio::test]
async fn the_first_minute_is_guided_and_can_be_skipped() {
    let stage = Stage::new("tour");
    let (platform, mut till) = open_shop(&stage).await;
    till.find("tour").await;
    till.shot("tour").await;
    till.press("tour-fan").await;
    till.reads("fan-label", FAN_LABEL).await;
    till.press("nav-settings").await;
    till.press("nav-counter").await;
    till.find("counter").await;
    till.gone("tour").await;
    till.close().await;

    let pairing = platform.pairing(Shop::ClubShop);
    let mut other = Till::named(&stage, "other").paired(pairing).open().await;
    other.press("tour-skip").await;
    other.gone("tour").await;
    other
        .until("the choice is kept", || async {
            let kept = other.call("choices", serde_json::json!({})).await.ok()?;
            kept.as_str()?.contains("\"toured\":true").then_some(())
        })
        .await;
    // A till is switched off at the wall; what was skipped stays skipped.
    other.kill().await;
    other.open().await;
    other.find("counter").await;
    other.gone("tour").await;
    other.close().await;
}

#[tokio::test]
async fn the_window_comes_back_where_it_was() {
    let stage = Stage::new("window-place");
    let mut till = Till::on(&stage).open().await;
    let (x, y, width, height) = (120, 80, 900, 700);
    till.client().set_window_rect(x, y, width, height).await.expect("the window moves");
    till.until("its place is written down", || async {
        let text = std::fs::read_to_string(till.data_file("window.json")).ok()?;
        let kept: serde_json::Value = serde_json::from_str(&text).ok()?;
        let kept = ["x", "y", "width", "height"].map(|name| kept["main"][name].as_u64());
        (kept == [x, y, width, height].map(|side| Some(side.into()))).then_some(())
    })
    .await;
    // Switched off at the wall, not closed.
    till.kill().await;
    till.open().await;
    let now = till.client().get_window_rect().await.expect("the window has a place");
    assert_eq!(now, (x.into(), y.into(), width.into(), height.into()));
    till.close().await;
}
