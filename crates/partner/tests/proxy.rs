//! A real terminal and a real platform with a proxy between them that does what bad networks do.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]

mod common;

#[path = "../../../tests/support/proxy.rs"]
#[allow(dead_code)] // The window tests play the rest.
mod proxy;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{FIRST_FAN, Platform, Till, purchase};
use ledger::conformance::Dice;
use partner::MemoryKeychain;
use partner::upkeep::ReconcileVerdict;
use partner::view::{CodeSource, Environment, LinkState, OperationStateView};
use proxy::{Blow, Proxy};

#[tokio::test(flavor = "multi_thread")]
async fn fault_proxy_between_terminal_and_platform_loses_and_doubles_nothing() {
    let rounds = if std::env::var_os("FANPOINTS_FAULTS").is_some() { 12 } else { 2 };
    let seed = std::env::var("FANPOINTS_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(42);
    println!("again: FANPOINTS_SEED={seed} cargo test -p partner --test proxy");
    let mut dice = Dice::new(seed);
    let platform = Platform::start().await;
    let folder = tempfile::tempdir().unwrap();
    let mut request = platform.club_shop(Environment::Development);
    let real: SocketAddr = request.endpoint.trim_start_matches("http://").parse().unwrap();
    let proxy = Proxy::start(real).await;
    request.endpoint = proxy.instead_of(&request.endpoint);
    let till = Till::open(folder.path(), Arc::new(MemoryKeychain::default()));
    till.terminal.connect(request).await.unwrap();
    till.until_link(LinkState::Online).await;
    let before = platform.balances(FIRST_FAN).await;
    let card = till.terminal.identify_text(FIRST_FAN, CodeSource::Typed).await.unwrap();

    let mut ids = Vec::new();
    let mut dealt = Vec::new();
    for _ in 0..rounds {
        let mut blows = Blow::ALL.to_vec();
        // In another order each time.
        for n in (1..blows.len()).rev() {
            blows.swap(n, usize::try_from(dice.below(n as u64 + 1)).unwrap());
        }
        for blow in blows {
            proxy.strike(blow);
            dealt.push(blow);
            let given = till.terminal.give(&card.fan, purchase(dice.between(1, 20) * 100)).await.unwrap();
            ids.push(given.operation.id);
            if dice.one_in(3) {
                ids.push(till.terminal.award(&card.fan, "match_visit").await.unwrap().operation.id);
            }
            let end = Instant::now() + Duration::from_secs(20);
            while proxy.struck() != dealt {
                assert!(Instant::now() < end, "{blow:?} never happened");
                let _sent = till.terminal.send_now().await;
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
        }
    }
    let end = Instant::now() + Duration::from_secs(60);
    while till.terminal.status().await.unwrap().queue.waiting > 0 {
        assert!(Instant::now() < end, "{:?}", till.terminal.status().await);
        let _sent = till.terminal.send_now().await;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let rows = till.all().await;
    for id in &ids {
        let row = rows.iter().find(|row| row.id == *id).unwrap();
        assert_eq!(row.state, OperationStateView::Accepted, "{row:?}");
    }
    let given: i64 = rows.iter().map(|row| row.fan_points).sum();
    let awarded: i64 = rows.iter().map(|row| row.status_points).sum();
    assert_eq!(platform.balances(FIRST_FAN).await, (before.0 + given, before.1 + awarded), "each once");
    let now = partner::system_clock().0;
    let sides = till.terminal.reconcile(now - 3_600_000, now + 3_600_000).await.unwrap();
    assert_eq!(usize::try_from(sides.matched).unwrap(), rows.len());
    assert!(sides.rows.iter().all(|row| row.verdict == ReconcileVerdict::MissingHere), "{sides:?}");
}
