//! The strip says what is true, in each language, while the line is cut, comes back, and a backlog drains.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::json;

use crate::steps::{FAN, FAN_POINTS, balance_becomes, key_in, show_code};
use crate::support::{Code, Fault, Platform, Proxy, Shop, Stage, Till, eventually};

/// More than one batch.
const BACKLOG: i64 = 60;
const POINTS_EACH: i64 = 2;
const REDEEMED: i64 = 100;
/// By default 200,000 points, however many devices.
const CAP: &str = "200000";
/// Long enough to look at.
const SLOW: Duration = Duration::from_millis(1500);

#[tokio::test]
async fn the_strip_is_true_in_every_language_while_a_backlog_drains() {
    let stage = Stage::new("strip");
    let platform = Platform::start(&stage).await;
    let proxy = Proxy::start(platform.address()).await;
    let mut till = Till::on(&stage).paired(platform.pairing(Shop::ClubShop).through(&proxy)).open().await;
    till.has("strip", "state", "online").await;
    let mut said: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut balance = FAN_POINTS;
    // Another amount each time: the same within a minute is asked for first.
    for (language, amount) in [("en", 5000), ("de", 5100), ("fr", 5200), ("it", 5300)] {
        till.press("nav-settings").await;
        till.press(&format!("language-{language}")).await;
        till.has("language", "value", language).await;
        till.press("nav-counter").await;
        show_code(&stage, &platform, &till, FAN, Code::Card).await;
        till.find("fan-card").await;
        let mut hear = |what, words: String| said.entry(what).or_default().insert(words);
        till.has("strip-waiting", "count", "0").await;
        hear("online", till.text("strip-state").await);
        hear("all sent", till.text("strip-waiting").await);

        let contact = till.number("strip-last-success", "at").await;
        proxy.set(Fault::Cut);
        till.has("strip", "state", "offline").await;
        assert!(till.number("strip-state", "since").await >= contact, "offline since after the last word");
        let before = till.number("strip-last-success", "at").await;
        redeem(&till).await;
        let oldest = till.number("strip-oldest", "since").await;
        give_many(&till).await;
        till.has("strip-waiting", "count", &(BACKLOG + 1).to_string()).await;
        till.has("strip-risk", "points", &REDEEMED.to_string()).await;
        till.has("strip-risk", "cap", CAP).await;
        assert_eq!(till.number("strip-oldest", "since").await, oldest, "the oldest stays the oldest");
        assert_eq!(till.number("strip-last-success", "at").await, before, "nobody has answered since");
        for (what, testid) in [
            ("offline", "strip-state"),
            ("waiting", "strip-waiting"),
            ("oldest", "strip-oldest"),
            ("at risk", "strip-risk"),
            ("last contact", "strip-last-success"),
        ] {
            hear(what, without_digits(&till.text(testid).await));
        }
        till.shot(&format!("{language}-offline")).await;
        figures_push_no_button_away(&till).await;

        proxy.set(Fault::Delay(SLOW));
        till.press("send-now").await;
        till.has("strip-progress", "total", &(BACKLOG + 1).to_string()).await;
        hear("progress", without_digits(&till.text("strip-progress").await));
        till.shot(&format!("{language}-progress")).await;
        // Selling goes on meanwhile.
        key_in(&till, &amount.to_string()).await;
        till.has("quote-earns", "value", &(amount / 50).to_string()).await;
        till.press("give").await;
        till.has("success", "kind", "give").await;
        eventually("progress is made", || async {
            (till.number("strip-progress", "done").await > 0).then_some(())
        })
        .await;
        proxy.set(Fault::None);
        till.has("strip-waiting", "count", "0").await;
        till.gone("strip-progress").await;
        till.gone("strip-oldest").await;
        till.gone("strip-risk").await;
        assert!(till.number("strip-last-success", "at").await > before);
        balance += BACKLOG * POINTS_EACH + amount / 50 - REDEEMED;
        balance_becomes(&platform, FAN, balance).await;
        till.press("same-fan").await;
    }
    for (what, words) in &said {
        // "Online" and "offline" are said alike in some.
        let least = if what.ends_with("line") { 2 } else { 4 };
        assert!(words.len() >= least, "{what} is said alike: {words:?}");
    }
    till.close().await;
}

fn without_digits(text: &str) -> String {
    text.chars().filter(|character| !character.is_ascii_digit()).collect()
}

/// A finger on its way to a button still meets it when the figures come, also where the fan has too few points.
async fn figures_push_no_button_away(till: &Till) {
    let place = async |testid| till.find(testid).await.rectangle().await.expect("it has a place");
    let below_amount = async || place("give").await.1 - place("amount").await.1;
    let before = below_amount().await;
    key_in(till, "19900").await;
    till.has("quote-costs", "value", "19900").await;
    till.find("quote-short").await;
    let (after, height) = (below_amount().await, place("give").await.3);
    assert!((after - before).abs() < height / 2.0, "the button was {before} below the amount and is {after}");
    for _ in 0..5 {
        till.press("key-back").await;
    }
}

async fn redeem(till: &Till) {
    key_in(till, &REDEEMED.to_string()).await;
    till.press("redeem").await;
    till.has("success", "standing", "waiting").await;
    till.press("same-fan").await;
}

/// A busy hour, in a moment.
async fn give_many(till: &Till) {
    let shown = till
        .call("identify_text", json!({ "text": FAN, "source": "typed" }))
        .await
        .expect("the fan is known");
    let items = json!([{ "title": "Scarf", "priceMinor": 100, "rateLabel": null }]);
    for _ in 0..BACKLOG {
        let given = till.call("give", json!({ "fan": shown["card"]["fan"], "items": items })).await;
        assert_eq!(given.expect("giving never waits")["standing"], "waiting");
    }
}
