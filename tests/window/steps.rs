//! The steps that most stories share, in the words of the counter.

use std::path::Path;

use crate::support::{Code, Platform, Shop, Stage, Till, eventually};

pub const FAN: &str = "008407119295";
pub const FAN_POINTS: i64 = 3465;

/// A platform, and a till of the club shop that is online.
pub async fn open_shop(stage: &Stage) -> (Platform, Till) {
    let platform = Platform::start(stage).await;
    let till = Till::on(stage).paired(platform.pairing(Shop::ClubShop)).open().await;
    till.has("strip", "state", "online").await;
    (platform, till)
}

/// Opens a picture of a code of the fan.
pub async fn show_code(stage: &Stage, platform: &Platform, till: &Till, fan: &str, code: Code) {
    let picture = stage.file("code.png", &platform.code_picture(fan, code).await);
    show_picture(till, &picture).await;
}

pub async fn show_picture(till: &Till, picture: &Path) {
    till.choose_file("picture-input", picture).await;
}

/// Presses the keypad: "2500" is 25.00.
pub async fn key_in(till: &Till, amount: &str) {
    till.press("tab-amount").await;
    for key in amount.chars() {
        till.press(&format!("key-{key}")).await;
    }
    let minor: i64 = amount.parse().unwrap();
    till.has("amount", "value", &minor.to_string()).await;
}

/// Waits until an operation of this kind and state is on the screen, and answers its id.
pub async fn row(till: &Till, kind: &str, state: &str) -> String {
    till.until(&format!("a row \"{kind}\" that is {state}"), || async {
        for row in till.all("operation-row").await {
            let is = |value: Option<String>, wanted: &str| value.as_deref() == Some(wanted);
            if is(row.attr("data-kind").await.ok()?, kind) && is(row.attr("data-state").await.ok()?, state) {
                return row.attr("data-id").await.ok()?;
            }
        }
        None
    })
    .await
}

/// Waits until the platform has booked this balance.
pub async fn balance_becomes(platform: &Platform, fan: &str, points: i64) {
    eventually(&format!("the platform books {points} points"), || async {
        (platform.balance(fan).await == points).then_some(())
    })
    .await;
}

/// Waits for an error with this code on the screen.
pub async fn told(till: &Till, code: &str) {
    till.has_code(code).await;
}
