//! A handheld scanner types a code while an amount is being typed.

use crate::steps::{FAN, key_in, open_shop};
use crate::support::{Keyboard, Stage};

#[tokio::test]
async fn a_handheld_scanner_identifies_the_fan_without_spoiling_the_amount() {
    let stage = Stage::new("handheld");
    let (_platform, mut till) = open_shop(&stage).await;
    key_in(&till, "2500").await;
    till.focus("amount").await;
    let keyboard = Keyboard::at_window("FanPoints Partner").await;
    keyboard.scan(FAN);
    assert_eq!(till.text("fan-label").await, "0084 0711 9295");
    till.has("amount", "value", "2500").await;
    till.shot("scanned").await;

    // A person's typing goes where it belongs.
    till.focus("amount").await;
    keyboard.type_slowly("7");
    till.has("amount", "value", "25007").await;
    till.close().await;
}
