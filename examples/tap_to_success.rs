//! How long staff waits, in the real window of the release build and without a network: from the tap on "Give" until
//! the success is drawn. Run by `cargo xtask bench`.

#![allow(clippy::print_stdout, clippy::expect_used)] // It measures and tells.

#[path = "../tests/support/mod.rs"]
mod support;

use support::{Code, Platform, Shop, Stage, Till};

const FAN: &str = "008407119295";
const TAPS: usize = 60;

/// Taps, and answers when the success is in the page, and when its first frame begins: milliseconds by the window's
/// own clock. The second depends on how the display draws; without a graphics card that is slow.
const TAP: &str = "
    const done = arguments[arguments.length - 1];
    const shown = () => document.querySelector('[data-testid=success]');
    const button = document.querySelector('[data-testid=give]');
    let start = 0;
    const watch = new MutationObserver(() => {
        if (!shown()) return;
        watch.disconnect();
        const inPage = performance.now() - start;
        requestAnimationFrame(() => done([inPage, performance.now() - start]));
    });
    watch.observe(document.body, { childList: true, subtree: true });
    start = performance.now();
    button.click();
";

#[tokio::main]
async fn main() {
    let stage = Stage::new("tap-to-success");
    let mut platform = Platform::start(&stage).await;
    let mut till = Till::on(&stage).paired(platform.pairing(Shop::ClubShop)).open().await;
    till.has("strip", "state", "online").await;
    let picture = stage.file("code.png", &platform.code_picture(FAN, Code::Card).await);
    till.choose_file("picture-input", &picture).await;
    till.find("fan-card").await;
    platform.stop();
    till.has("strip", "state", "offline").await;
    let (mut in_page, mut drawn) = (Vec::with_capacity(TAPS), Vec::with_capacity(TAPS));
    for tap in 0..TAPS {
        // Another amount each time: the same one within a minute would be asked for first.
        let amount = (500 + tap).to_string();
        for key in amount.chars() {
            till.press(&format!("key-{key}")).await;
        }
        till.has("quote-costs", "value", &amount).await;
        let taken = till.client().execute_async(TAP, vec![]).await.expect("the success is shown");
        let time = |index: usize| taken.get(index).and_then(serde_json::Value::as_f64).expect("a time");
        in_page.push(time(0));
        drawn.push(time(1));
        till.press("same-fan").await;
    }
    till.close().await;
    in_page.sort_by(f64::total_cmp);
    drawn.sort_by(f64::total_cmp);
    let at = |times: &[f64], share: usize| times.get((TAPS - 1) * share / 100).copied().unwrap_or_default();
    println!("\noffline, tap to success, ms   in the page  drawn");
    println!("────────────────────────────  ───────────  ─────");
    for (name, share) in [("median", 50), ("p95", 95), ("slowest", 100)] {
        println!("{name:<28}  {:>11.1}  {:>5.1}", at(&in_page, share), at(&drawn, share));
    }
}
