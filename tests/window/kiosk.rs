//! A gate as a kiosk: nothing but a manager's PIN leads out of it, online and offline, and whatever a desktop offers.

use crate::gate::check;
use crate::steps::{FAN, open_shop, told};
use crate::support::{Desktop, Keyboard, Stage, Till};

const PIN: &str = "135790";

/// A manager prepares a gate that nobody leaves, and opens it.
async fn open_kiosk(till: &Till) {
    till.press("nav-gate").await;
    let kiosk = till.find("plan-kiosk").await;
    kiosk.click().await.expect("the switch can be pressed");
    till.press("plan-save").await;
    till.type_into("pin-input", PIN).await;
    till.type_into("pin-again", PIN).await;
    till.press("pin-submit").await;
    till.press("gate-open").await;
    till.has("gate", "locked", "true").await;
}

async fn leave_with(till: &Till, pin: &str) {
    till.press("gate-close").await;
    till.type_into("pin-input", pin).await;
    till.press("pin-submit").await;
}

/// Neither a wrong PIN nor a key leads to another screen, and the window does not close.
async fn no_way_out(till: &Till) {
    till.gone("nav-counter").await;
    leave_with(till, "111222").await;
    told(till, "pinWrong").await;
    till.press("pin-close").await;
    till.gone("pin").await;
    let keyboard = Keyboard::at_window("FanPoints Partner").await;
    for chord in ["ctrl+1", "ctrl+5", "Escape", "ctrl+w", "alt+F4"] {
        keyboard.press(chord);
    }
    keyboard.ask_to_close();
    // What was asked for before is answered before.
    till.call("status", serde_json::json!({})).await.expect("the app answers");
    till.has("gate", "locked", "true").await;
    assert!(!till.shows("nav-counter").await);
}

#[tokio::test]
async fn a_kiosk_is_left_by_the_managers_pin_alone_online_and_offline() {
    let stage = Stage::new("kiosk");
    let (mut platform, mut till) = open_shop(&stage).await;
    open_kiosk(&till).await;
    till.gone("nav-counter").await;
    till.shot("kiosk").await;

    check(&till, FAN).await;
    till.has("verdict", "verdict", "yes").await;
    no_way_out(&till).await;
    leave_with(&till, PIN).await;
    till.find("nav-counter").await;

    // The same without a network.
    platform.stop();
    till.has("strip", "state", "offline").await;
    till.press("gate-open").await;
    till.has("gate", "locked", "true").await;
    no_way_out(&till).await;
    check(&till, FAN).await;
    till.has("verdict", "verdict", "yes").await;
    till.shot("kiosk-offline").await;

    // Ending the app by force does not help.
    till.kill().await;
    till.open().await;
    till.has("gate", "locked", "true").await;
    no_way_out(&till).await;
    till.has("gate-passed", "value", "1").await;
    leave_with(&till, PIN).await;
    till.find("nav-counter").await;
    till.close().await;
}

#[tokio::test]
async fn a_kiosk_holds_the_screen_whatever_the_desktop_asks() {
    let stage = Stage::new("kiosk-desktop");
    let desktop = Desktop::start(&stage).await;
    let (_platform, mut till) = open_shop(&stage).await;
    let keyboard = Keyboard::at_window("FanPoints Partner").await;
    let window = keyboard.window();
    assert!(!desktop.shows_only(window), "an ordinary window leaves room for others");

    open_kiosk(&till).await;
    let holds = async |what: &str| {
        till.until(&format!("the screen is the kiosk's: {what}"), || async {
            let over_all = desktop.is(window, "FULLSCREEN") && desktop.is(window, "ABOVE");
            (over_all && desktop.shows_only(window) && desktop.in_use() == Some(window)).then_some(())
        })
        .await;
    };
    holds("opened").await;
    keyboard.press("alt+F4");
    desktop.close(window);
    holds("asked to close").await;
    desktop.minimize(window);
    holds("asked to make itself small").await;
    desktop.clear();
    holds("asked to clear the desktop").await;
    let other = desktop.current().map_or(1, |current| current + 1);
    desktop.go_to(other);
    till.until("another desktop", || async { (desktop.current() == Some(other)).then_some(()) }).await;
    holds("on another desktop").await;
    check(&till, FAN).await;
    till.has("verdict", "verdict", "yes").await;

    // Nobody touches anything for longer than the display waits, and it stays bright; after the kiosk it does not.
    desktop.dims_soon();
    till.until("a while without a touch", || async { (desktop.dark().1 > 2000).then_some(()) }).await;
    assert!(!desktop.dark().0, "the screen went dark");
    leave_with(&till, PIN).await;
    till.find("nav-counter").await;
    till.until("a display that rests", || async { desktop.dark().0.then_some(()) }).await;
    till.until("an ordinary window again", || async {
        (!desktop.is(window, "FULLSCREEN") && !desktop.shows_only(window)).then_some(())
    })
    .await;
    till.close().await;
}
