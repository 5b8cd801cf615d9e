//! The offline policy of the platform, and the stricter limits of a device.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::Arc;

use common::{FIRST_FAN, Platform, Till, purchase};
use partner::view::{CodeSource, Environment, LimitInput, LimitView, LinkState, OfflineLimits};
use partner::{ErrorCode, MemoryKeychain};

fn input(name: &str, value: i64) -> LimitInput {
    LimitInput { name: name.into(), value }
}

fn of<'a>(limits: &'a OfflineLimits, name: &str) -> &'a LimitView {
    limits.limits.iter().find(|limit| limit.name == name).expect("a limit of this name")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_is_made_stricter_never_laxer_and_reset() {
    let folder = tempfile::tempdir().unwrap();
    let mut platform = Platform::start().await;
    let till = Till::open(folder.path(), Arc::new(MemoryKeychain::default()));
    let terminal = &till.terminal;
    assert_eq!(terminal.offline_limits().await.unwrap_err().code, ErrorCode::NotConnected);
    terminal.connect(platform.club_shop(Environment::Development)).await.unwrap();
    till.until_link(LinkState::Online).await;
    let shipped = terminal.offline_limits().await.unwrap();
    assert!(shipped.signed && shipped.limits.len() == 17);
    assert!(shipped.limits.iter().all(|limit| limit.own.is_none() && limit.effective == limit.platform));

    for (name, value) in [("max_redeem_purchase", 2_001), ("split_window", 599_999), ("max_fan_unsynced", -1)]
    {
        let laxer = terminal.set_offline_limits(vec![input(name, value)], None).await.unwrap_err();
        assert_eq!((laxer.code, laxer.detail.as_deref()), (ErrorCode::LimitLaxer, Some(name)));
    }
    let unknown = terminal.set_offline_limits(vec![input("max_luck", 1)], None).await.unwrap_err();
    assert_eq!(unknown.code, ErrorCode::MissingField);
    let mine = vec![input("max_redeem_purchase", 300), input("max_fan_unsynced", 5_000)];
    let set = terminal.set_offline_limits(mine.clone(), None).await.unwrap();
    assert_eq!(
        (of(&set, "max_redeem_purchase").own, of(&set, "max_redeem_purchase").effective),
        (Some(300), 300)
    );
    assert_eq!(of(&set, "max_fan_unsynced").own, None, "as the platform has it");

    let live = platform.code(FIRST_FAN, "live").await;
    let fan = terminal.identify_text(&live, CodeSource::Typed).await.unwrap().fan;
    platform.stop().await;
    till.until_link(LinkState::Offline).await;
    let refused = terminal.redeem(&fan, purchase(3_01)).await.unwrap_err();
    assert_eq!((refused.code, refused.detail.as_deref()), (ErrorCode::AskManager, Some("purchase_limit")));
    let reset = terminal.set_offline_limits(vec![], None).await.unwrap();
    assert_eq!(of(&reset, "max_redeem_purchase").effective, 2_000);
    terminal.redeem(&fan, purchase(3_01)).await.unwrap();

    // Setting them is a manager's matter where a PIN is set.
    terminal.set_manager_pin(None, "135790".into()).await.unwrap();
    let guarded = terminal.set_offline_limits(mine, None).await.unwrap_err();
    assert_eq!(guarded.code, ErrorCode::PinNeeded);
}
