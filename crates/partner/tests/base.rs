//! A till with a server that has the public interface alone: the real platform, behind a gateway that refuses all that
//! this project added to it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

#[path = "../../../tests/support/proxy.rs"]
#[allow(dead_code)] // Others play the rest.
mod proxy;

use std::sync::Arc;

use common::{FIRST_FAN, Platform, Till, eventually, purchase};
use partner::upkeep::{AuditState, ReconcileVerdict};
use partner::view::{BalanceSource, CodeSource, Environment, LinkState, OperationStateView, ReceiptStanding};
use partner::{ErrorCode, MemoryKeychain};
use proxy::{Fault, Proxy};

/// The queries and mutations that the public interface has not.
const ADDITIONS: &[&str] = &[
    "add_staff_member",
    "badges",
    "change_staff_member",
    "changes",
    "create_device_pairing",
    "decide_refused_redemption",
    "device_heartbeat",
    "get_devices",
    "get_fan",
    "get_fan_by_pass",
    "get_pass_keys",
    "get_review_decisions",
    "get_shift_reports",
    "get_staff",
    "hand_over_product",
    "look_up_goods",
    "partner_app_config",
    "remove_staff_member",
    "revoke_device",
    "set_staff_right",
    "store_shift_report",
];

#[tokio::test(flavor = "multi_thread")]
async fn a_till_sells_drains_and_compares_with_the_public_interface_alone() {
    let platform = Platform::start().await;
    let mut request = platform.club_shop(Environment::Development);
    let proxy = Proxy::start(request.endpoint.trim_start_matches("http://").parse().unwrap()).await;
    proxy.lack(ADDITIONS);
    request.endpoint = proxy.instead_of(&request.endpoint);
    let folder = tempfile::tempdir().unwrap();
    let till = Till::open(folder.path(), Arc::new(MemoryKeychain::default()));
    till.terminal.connect(request).await.unwrap();
    till.until_link(LinkState::Online).await;
    let connection = till.terminal.status().await.unwrap().connection.unwrap();
    assert!(connection.actions.is_empty() && connection.threshold_rules.is_empty());
    assert!(connection.rates.len() > 1, "the rates are public");

    let before = platform.balances(FIRST_FAN).await;
    let card = till.terminal.identify_text(FIRST_FAN, CodeSource::Typed).await.unwrap();
    let balance = card.balance.expect("the balances are public");
    assert_eq!((balance.fan_points, balance.source), (before.0, BalanceSource::Platform));
    let given = till.terminal.give(&card.fan, purchase(2_500)).await.unwrap();
    till.until(&given.operation.id, OperationStateView::Accepted).await;
    let redeemed = till.terminal.redeem(&card.fan, purchase(300)).await.unwrap();
    assert_eq!(redeemed.standing, ReceiptStanding::Booked, "nothing is signed here: the platform decides");
    let undone = till.terminal.undo(&given.operation.id).await.unwrap();
    till.until(&undone.operation.id, OperationStateView::Accepted).await;

    proxy.set(Fault::Cut);
    till.until_link(LinkState::Offline).await;
    let waits = till.terminal.give(&card.fan, purchase(1_000)).await.unwrap();
    assert_eq!(waits.standing, ReceiptStanding::Waiting);
    let refused = till.terminal.redeem(&card.fan, purchase(200)).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::OnlineOnly);
    proxy.set(Fault::None);
    till.terminal.send_now().await.unwrap();
    till.until(&waits.operation.id, OperationStateView::Accepted).await;

    let expected = (before.0 - 300 + 20, before.1);
    assert_eq!(platform.balances(FIRST_FAN).await, expected);
    // A balance without a time of its own may miss what is booked while it is asked for, until it is asked for again.
    eventually("the balance is the platform's", || async {
        let card = till.terminal.identify_text(FIRST_FAN, CodeSource::Typed).await.unwrap();
        card.balance.unwrap().fan_points == expected.0
    })
    .await;
    let now = partner::system_clock().0;
    let sides = till.terminal.reconcile(now - 3_600_000, now + 3_600_000).await.unwrap();
    assert_eq!(sides.matched, 4, "{sides:?}");
    assert!(sides.rows.iter().all(|row| row.verdict == ReconcileVerdict::MissingHere), "{sides:?}");
    assert_eq!(till.terminal.verify_audit().await.unwrap().state, AuditState::Sound);
    // The additions were asked for, and what came instead was lived with.
    let missed = proxy.missed();
    assert!(
        ["partner_app_config", "get_fan", "changes"].iter().all(|field| missed.contains(field)),
        "{missed:?}"
    );
}
