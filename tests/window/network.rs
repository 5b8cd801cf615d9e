//! A network that does what bad networks do, between the built app and the built platform.

use ledger::conformance::Dice;

use crate::steps::{FAN, FAN_POINTS, balance_becomes, key_in, show_code};
use crate::support::{Blow, Code, Platform, Proxy, Shop, Stage, Till, eventually};

#[tokio::test]
async fn whatever_befalls_a_request_there_is_one_effect() {
    let seed = std::env::var("FANPOINTS_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(7);
    println!("again: FANPOINTS_SEED={seed} cargo xtask test --window --only befalls");
    let mut dice = Dice::new(seed);
    let stage = Stage::new("network");
    let platform = Platform::start(&stage).await;
    let proxy = Proxy::start(platform.address()).await;
    let mut till = Till::on(&stage).paired(platform.pairing(Shop::ClubShop).through(&proxy)).open().await;
    till.has("strip", "state", "online").await;
    show_code(&stage, &platform, &till, FAN, Code::Live).await;
    till.has("fan-balance", "value", &FAN_POINTS.to_string()).await;

    let mut blows = Blow::ALL.to_vec();
    for n in (1..blows.len()).rev() {
        blows.swap(n, usize::try_from(dice.below(n as u64 + 1)).unwrap());
    }
    let (mut sold, mut balance) = (Vec::new(), FAN_POINTS);
    for (n, blow) in (1_i64..).zip(&blows) {
        proxy.strike(*blow);
        // Another amount each time, so that nobody asks whether the same was meant twice.
        let (button, minor) = if n % 3 == 0 { ("redeem", n * 10) } else { ("give", n * 1_000) };
        let points = if button == "redeem" { -minor } else { minor / 50 };
        key_in(&till, &minor.to_string()).await;
        till.press(button).await;
        till.find("success").await;
        sold.push((till.data("success", "operation").await.expect("a success names its operation"), points));
        balance += points;
        eventually(&format!("{blow:?} strikes"), || async {
            (proxy.struck() == blows[..sold.len()]).then_some(())
        })
        .await;
        // What is sent by hand waits for nothing but the platform's own word.
        eventually(&format!("{blow:?} is over"), || async {
            let status = till.call("send_now", serde_json::json!({})).await.ok()?;
            (status["queue"]["waiting"] == 0).then_some(())
        })
        .await;
        balance_becomes(&platform, FAN, balance).await;
        till.press("same-fan").await;
    }
    assert_eq!(proxy.struck().len(), Blow::ALL.len(), "each kind was played");
    sold.reverse();
    assert_eq!(
        platform.transactions(Shop::ClubShop, FAN).await,
        sold,
        "each once, in the order of the counter"
    );
    till.has("strip-waiting", "count", "0").await;
    till.close().await;
}
