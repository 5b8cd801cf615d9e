//! axe-core in the real web view: no violation of WCAG 2.2 AA on any screen, light and dark; and the page on which
//! every part of the app is pictured.

use std::path::Path;

use serde_json::Value;

use crate::steps::{FAN, key_in, open_shop};
use crate::support::{Stage, Till};

const RUN: &str = "
    const done = arguments[arguments.length - 1];
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'];
    const still = document.getAnimations().filter((one) => one.effect?.getComputedTiming().endTime !== Infinity);
    Promise.allSettled(still.map((one) => one.finished)).then(() => window.axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] })).then(
        (result) => done(result.violations.flatMap((rule) => rule.nodes.map((node) => rule.id + ' ' + node.target.join(' ')))),
        (error) => done([String(error)]));";

/// Its text; the packages of the UI are installed before anything is tested.
pub fn axe() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("ui/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(path).expect("axe-core is installed with the UI's packages")
}

pub async fn check(till: &Till, what: &str) {
    let found = till.client().execute_async(RUN, vec![]).await.expect("axe answers");
    assert_eq!(found, Value::Array(Vec::new()), "{what}");
}

#[tokio::test]
async fn no_screen_violates_wcag_in_light_or_dark() {
    let stage = Stage::new("access");
    let (_platform, mut till) = open_shop(&stage).await;
    till.client().execute(&axe(), vec![]).await.expect("axe can be loaded");
    for theme in ["light", "dark"] {
        till.press("nav-settings").await;
        till.press(&format!("theme-{theme}")).await;
        till.has("theme", "value", theme).await;
        till.find("care").await;
        check(&till, &format!("settings, {theme}")).await;

        till.press("nav-counter").await;
        till.type_into("code-input", "0084 0711 9295").await;
        till.press("code-submit").await;
        till.find("fan-card").await;
        // The counter keeps its amount while other screens are looked at.
        if theme == "light" {
            key_in(&till, "2500").await;
        }
        till.press("tab-amount").await;
        till.has("quote-earns", "value", "50").await;
        check(&till, &format!("a fan and an amount, {theme}")).await;
        till.press("split-open").await;
        till.find("split-slider").await;
        check(&till, &format!("a split, {theme}")).await;
        till.press("split-open").await;
        till.press("tab-items").await;
        check(&till, &format!("items, {theme}")).await;
        till.press("tab-status").await;
        till.press("threshold-gold-lounge").await;
        till.find("threshold-answer").await;
        check(&till, &format!("status, {theme}")).await;

        for screen in ["queue", "review", "shift", "figures"] {
            till.press(&format!("nav-{screen}")).await;
            till.find(screen).await;
            check(&till, &format!("{screen}, {theme}")).await;
        }
        till.press("nav-gate").await;
        till.find("gate-plan").await;
        check(&till, &format!("a gate's plan, {theme}")).await;
        if theme == "light" {
            till.press("plan-save").await;
        }
        till.press("gate-open").await;
        till.type_into("gate-code", FAN).await;
        till.press("gate-find").await;
        till.has("verdict", "verdict", "yes").await;
        check(&till, &format!("a verdict, {theme}")).await;
        till.press("gate-close").await;
        till.find("gate-ready").await;
    }
    till.close().await;
}

#[tokio::test]
async fn every_part_of_the_app_is_pictured_on_one_page() {
    let stage = Stage::new("components");
    let (_platform, mut till) = open_shop(&stage).await;
    till.client().execute(&axe(), vec![]).await.expect("axe can be loaded");
    for theme in ["light", "dark"] {
        till.press("nav-settings").await;
        till.press(&format!("theme-{theme}")).await;
        till.has("theme", "value", theme).await;
        let key = "document.body.dispatchEvent(new KeyboardEvent('keydown', \
                   { key: 'F12', ctrlKey: true, bubbles: true, cancelable: true }))";
        till.client().execute(key, vec![]).await.expect("the window takes a key");
        till.find("components").await;
        check(&till, &format!("the parts, {theme}")).await;
        till.shot(&format!("components-{theme}")).await;
    }
    till.close().await;
}
