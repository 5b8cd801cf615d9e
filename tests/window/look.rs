//! Every screen at the three sizes, light and dark, in every language: pictured, and nothing runs over its edge.

use crate::steps::{FAN, FAN_POINTS, key_in, open_shop, show_code};
use crate::support::{Code, Stage, Till, eventually};

const SIZES: [(u32, u32, &str); 3] = [(390, 844, "phone"), (820, 1180, "tablet"), (1440, 900, "desktop")];

#[tokio::test]
async fn every_screen_fits_every_size_in_every_language_and_theme() {
    let stage = Stage::new("look");
    let (platform, mut till) = open_shop(&stage).await;
    show_code(&stage, &platform, &till, FAN, Code::Live).await;
    till.has("fan-balance", "value", &FAN_POINTS.to_string()).await;
    key_in(&till, "2500").await;
    till.press("give").await;
    till.has("success", "standing", "booked").await;
    till.press("same-fan").await;
    key_in(&till, "1250").await;

    for (language, theme) in [("en", "light"), ("de", "dark"), ("fr", "light"), ("it", "dark")] {
        till.press("nav-settings").await;
        till.press(&format!("language-{language}")).await;
        till.press(&format!("theme-{theme}")).await;
        till.has("language", "value", language).await;
        till.has("theme", "value", theme).await;
        for (width, height, size) in SIZES {
            resize(&till, width, height).await;
            for screen in ["counter", "gate", "queue", "review", "shift", "figures", "settings"] {
                go(&till, screen, size).await;
                till.find(screen).await;
                till.shot(&format!("{screen}-{size}-{language}-{theme}")).await;
                fits(&till, &format!("{screen} {size} {language}")).await;
                if screen == "counter" {
                    assert!(in_reach(&till, "give").await, "the button to give is hidden: {size} {language}");
                }
            }
        }
    }
    till.close().await;
}

#[tokio::test]
async fn twice_as_large_loses_no_word() {
    let stage = Stage::new("large");
    let (_platform, mut till) = open_shop(&stage).await;
    resize(&till, 1440, 900).await;
    till.press("nav-settings").await;
    till.press("language-de").await;
    till.has("language", "value", "de").await;
    till.press("text-size-200").await;
    inner_width_becomes(&till, 720).await;
    for screen in ["counter", "gate", "queue", "review", "settings"] {
        tap(&till, &format!("nav-{screen}")).await;
        till.find(screen).await;
        till.shot(&format!("{screen}-twice-as-large")).await;
        fits(&till, &format!("{screen} twice as large")).await;
    }
    tap(&till, "text-size-100").await;
    inner_width_becomes(&till, 1440).await;
    till.close().await;
}

#[tokio::test]
async fn whoever_asks_the_desktop_for_less_motion_sees_none() {
    let stage = Stage::new("still");
    let mut till = Till::on(&stage).open().await;
    assert!(!moving(&till).await.is_empty(), "nothing moves anyway");
    till.close().await;
    let settings = stage.path("till/XDG_CONFIG_HOME/gtk-3.0");
    std::fs::create_dir_all(&settings).expect("a folder can be made");
    std::fs::write(settings.join("settings.ini"), "[Settings]\ngtk-enable-animations=false\n")
        .expect("a file can be written");
    till.open().await;
    assert_eq!(moving(&till).await, Vec::<String>::new());
    till.close().await;
}

/// What takes time to change, or moves.
async fn moving(till: &Till) -> Vec<String> {
    till.find("connect").await;
    let script = "
        return [...document.querySelectorAll('body *')].filter((e) => {
            const look = getComputedStyle(e);
            return Number.parseFloat(look.transitionDuration) > 0 || look.animationName !== 'none';
        }).map((e) => e.tagName + '.' + e.className)";
    let found = till.client().execute(script, vec![]).await.expect("the window answers");
    serde_json::from_value(found).expect("a list of names")
}

/// Presses by script: the driver aims beside what is drawn larger.
async fn tap(till: &Till, testid: &str) {
    let script = "document.querySelector(`[data-testid=${arguments[0]}]`).click()";
    till.client().execute(script, vec![testid.into()]).await.expect("the window takes a script");
}

/// Nothing sticks out, and no word is cut off.
async fn fits(till: &Till, what: &str) {
    assert_eq!(wider_than_window(till).await, Vec::<String>::new(), "{what}: sticks out");
    assert_eq!(cut_off(till).await, Vec::<String>::new(), "{what}: is cut off");
}

/// Opens a screen as it is done on this size: a phone's bar has no room for all.
async fn go(till: &Till, screen: &str, size: &str) {
    if size == "phone" && ["shift", "figures"].contains(&screen) {
        till.press("nav-review").await;
        till.press(&format!("family-{screen}")).await;
    } else {
        till.press(&format!("nav-{screen}")).await;
    }
}

async fn resize(till: &Till, width: u32, height: u32) {
    till.client().set_window_size(width, height).await.expect("the window can be resized");
    inner_width_becomes(till, width).await;
}

async fn inner_width_becomes(till: &Till, width: u32) {
    eventually(&format!("a window {width} wide"), || async {
        let inner = till.client().execute("return window.innerWidth", vec![]).await.ok()?;
        inner.as_u64().is_some_and(|inner| inner.abs_diff(u64::from(width)) <= 40).then_some(())
    })
    .await;
}

/// Whether its middle can be pressed without scrolling.
async fn in_reach(till: &Till, testid: &str) -> bool {
    let script = "
        const e = document.querySelector(`[data-testid=${arguments[0]}]`), r = e.getBoundingClientRect();
        return e.contains(document.elementFromPoint((r.left + r.right) / 2, (r.top + r.bottom) / 2))";
    let found = till.client().execute(script, vec![testid.into()]).await.expect("the window answers");
    found.as_bool().expect("yes or no")
}

/// What sticks out of the window sideways.
async fn wider_than_window(till: &Till) -> Vec<String> {
    let script = "
        const wide = document.documentElement.clientWidth + 1;
        return [...document.querySelectorAll('body *')]
            .filter((e) => e.getClientRects().length && e.getBoundingClientRect().right > wide)
            .filter((e) => !e.closest('.visually-hidden') && !e.closest('[data-scrolls]'))
            .map((e) => e.tagName + '.' + e.className)";
    let found = till.client().execute(script, vec![]).await.expect("the window answers");
    serde_json::from_value(found).expect("a list of names")
}

/// Words that are wider than the place they have, where nothing shows that there is more.
async fn cut_off(till: &Till) -> Vec<String> {
    let script = "
        const wordy = 'button, .button, .chip, dt, dd, p, h1, h2, h3, legend, .label, .hint';
        return [...document.querySelectorAll(wordy)]
            .filter((e) => e.getClientRects().length && !e.closest('.visually-hidden') && !e.closest('[data-scrolls]'))
            .filter((e) => !e.querySelector('.visually-hidden') && e.scrollWidth > e.clientWidth + 2)
            .filter((e) => getComputedStyle(e).display !== 'inline' && getComputedStyle(e).textOverflow !== 'ellipsis')
            .map((e) => e.tagName + '.' + e.className + ': ' + e.textContent.slice(0, 40))";
    let found = till.client().execute(script, vec![]).await.expect("the window answers");
    serde_json::from_value(found).expect("a list of words")
}
