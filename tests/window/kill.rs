//! The app is ended by force while it sells, again and again: what its screen confirmed is booked once.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use ledger::conformance::Dice;
use serde_json::{Value, json};

use crate::steps::{FAN, FAN_POINTS, balance_becomes, key_in};
use crate::support::{Code, Fault, Platform, Proxy, Shop, Stage, Till, eventually};

const KILLS: u64 = 12;
const KILLS_IN_FULL: u64 = 100;
const SEED: u64 = 20_261_129;

/// Longer than it takes to sell something, shorter than a start.
const LONGEST_LIFE_MS: i64 = 1_200;
/// A device gives so often in an hour by default, all lives together. The rest of a life redeems.
const GIVES_AN_HOUR: u64 = 300;

/// Three hands at one till that sell without a pause, and note what the screen is told is done.
const SELL: &str = "
    const [code, gives, done] = arguments;
    const invoke = window.__TAURI_INTERNALS__.invoke;
    const till = (window.till = { confirmed: [], declined: {} });
    const items = (priceMinor) => [{ title: 'Scarf', priceMinor, rateLabel: null }];
    const sell = async (fan, hand) => {
        for (let n = 0; ; n += 1) {
            try {
                const receipt = hand < gives && n === 0
                    ? await invoke('give', { fan, items: items(100) })
                    : await invoke('redeem', { fan, items: items(1) });
                till.confirmed.push(receipt.operation.id);
                if (hand === 2 && n % 3 === 0) {
                    till.confirmed.push((await invoke('undo', { operation: receipt.operation.id, pin: null })).operation.id);
                }
            } catch (error) {
                till.declined[error?.code ?? String(error)] = (till.declined[error?.code ?? String(error)] ?? 0) + 1;
                await new Promise((again) => setTimeout(again, 20));
            }
        }
    };
    invoke('identify_text', { text: code, source: 'typed' }).then((shown) => {
        for (const hand of [0, 1, 2]) void sell(shown.card.fan, hand);
        done(true);
    }, (error) => done(String(error?.code ?? error)));";

/// What was confirmed since it was last asked.
const CONFIRMED: &str = "return window.till.confirmed.splice(0)";

#[tokio::test]
async fn fault_the_app_killed_again_and_again_loses_and_doubles_nothing() {
    let is_full = std::env::var_os("FANPOINTS_FAULTS").is_some();
    let kills = if is_full { KILLS_IN_FULL } else { KILLS };
    let seed = std::env::var("FANPOINTS_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(SEED);
    let word = if is_full { "--faults" } else { "--window" };
    println!("again: FANPOINTS_SEED={seed} cargo xtask test {word} --only killed");
    let mut dice = Dice::new(seed);
    let stage = Stage::new("killed");
    let platform = Platform::start(&stage).await;
    let proxy = Proxy::start(platform.address()).await;
    let pairing = platform.pairing(Shop::ClubShop).through(&proxy);
    let mut till = Till::on(&stage).paired(pairing).open().await;
    till.has("strip", "state", "online").await;

    let mut confirmed = BTreeSet::new();
    for kill in 0..kills {
        // Some end while the window is still opening.
        if dice.one_in(8) {
            till.kill().await;
        } else {
            let life = Duration::from_millis(dice.between(0, LONGEST_LIFE_MS).unsigned_abs());
            let gives = GIVES_AN_HOUR / kills;
            // Another amount each time, so that nobody asks whether the same was meant twice.
            let by_hand = (kill % 10 == 3).then(|| format!("1{kill:03}"));
            confirmed.extend(live_and_die(&mut till, &platform, life, gives.min(3), by_hand).await);
        }
        proxy.set(match dice.below(4) {
            0 => Fault::Cut,
            1 => Fault::Delay(Duration::from_millis(80)),
            2 => Fault::LoseAnswerTo("mutation Batch".into()),
            _ => Fault::None,
        });
        till.open().await;
    }
    proxy.set(Fault::None);
    println!("{kills} kills, {} confirmed on the screen", confirmed.len());
    assert!(confirmed.len() > usize::try_from(kills).unwrap(), "so little selling tells nothing");
    drained(&till).await;
    agree(&till, &platform, &confirmed).await;
    till.close().await;
}

/// Sells for as long as this life lasts. What was confirmed in it.
async fn live_and_die(
    till: &mut Till,
    platform: &Platform,
    life: Duration,
    gives: u64,
    by_hand: Option<String>,
) -> Vec<String> {
    let mut confirmed = Vec::new();
    till.find("strip").await;
    if let Some(amount) = by_hand {
        confirmed.push(sold_by_hand(till, &amount).await);
    }
    let code = platform.code_text(FAN, Code::Card).await;
    let started = till.client().execute_async(SELL, vec![code.into(), gives.into()]).await;
    assert_eq!(started.expect("the page sells"), Value::Bool(true));
    let end = Instant::now() + life;
    loop {
        let told = till.client().execute(CONFIRMED, vec![]).await.expect("the page tells");
        confirmed
            .extend(told.as_array().into_iter().flatten().filter_map(|id| id.as_str().map(str::to_owned)));
        if Instant::now() >= end {
            break;
        }
    }
    till.kill().await;
    confirmed
}

/// A person types the fan's id and presses the buttons.
async fn sold_by_hand(till: &Till, amount: &str) -> String {
    till.type_into("code-input", FAN).await;
    till.press("code-submit").await;
    till.find("fan-card").await;
    key_in(till, amount).await;
    till.press("give").await;
    till.find("success").await;
    till.data("success", "operation").await.expect("a success names its operation")
}

/// Waits until nothing waits any more.
async fn drained(till: &Till) {
    till.has("strip", "state", "online").await;
    eventually("everything is sent", || async {
        let status = till.call("send_now", json!({})).await.ok()?;
        (status["queue"]["waiting"] == 0).then_some(())
    })
    .await;
}

/// The device's journal, the platform's books and what the screen said are one story.
async fn agree(till: &Till, platform: &Platform, confirmed: &BTreeSet<String>) {
    let kept = operations(till).await;
    for id in confirmed {
        let row = kept
            .iter()
            .find(|row| row["id"] == *id)
            .unwrap_or_else(|| panic!("{id} was confirmed and is gone"));
        let state = row["state"].as_str().unwrap_or_default();
        assert!(["accepted", "refused", "held"].contains(&state), "{row}");
    }
    let booked = platform.transactions(Shop::ClubShop, FAN).await;
    let distinct: BTreeSet<_> = booked.iter().collect();
    assert_eq!(distinct.len(), booked.len(), "something is booked twice: {booked:?}");
    let accepted: Vec<_> = kept.iter().filter(|row| row["state"] == "accepted").collect();
    assert_eq!(
        booked.len(),
        accepted.len(),
        "the platform has what the device calls accepted, and nothing else"
    );
    let moved = |rows: &[&Value]| -> i64 { rows.iter().filter_map(|row| row["fanPoints"].as_i64()).sum() };
    assert_eq!(booked.iter().map(|(_, points)| points).sum::<i64>(), moved(&accepted));
    balance_becomes(platform, FAN, FAN_POINTS + moved(&accepted)).await;
    let hour = 3_600_000;
    let now = i64::try_from(std::time::UNIX_EPOCH.elapsed().unwrap().as_millis()).unwrap();
    let sides = till.call("reconcile", json!({ "from": now - hour, "to": now + hour })).await.unwrap();
    assert_eq!(sides["matched"], accepted.len(), "{sides}");
    let audit = till.call("verify_audit", json!({})).await.unwrap();
    assert_eq!(audit["state"], "sound", "{audit}");
    let refused = kept.len() - accepted.len();
    println!("{} kept, of them {refused} refused or held; the platform has {}", kept.len(), booked.len());
}

/// All that the device has ever decided.
async fn operations(till: &Till) -> Vec<Value> {
    let (mut rows, mut after) = (Vec::new(), Value::Null);
    loop {
        let filter =
            json!({ "states": [], "kinds": [], "from": null, "to": null, "after": after, "limit": 200 });
        let mut page = till.call("operations", json!({ "filter": filter })).await.expect("the list answers");
        rows.append(page["rows"].as_array_mut().expect("a page has rows"));
        after = page["next"].take();
        if after.is_null() {
            return rows;
        }
    }
}
