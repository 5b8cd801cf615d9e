//! A purchase that is paid partly with points, and the buttons that a manager defines.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::Arc;

use common::{FIRST_FAN, Platform, Till, purchase};
use partner::view::{
    Environment, ItemInput, LinkState, OperationKindView, OperationStateView, QuickButton, ReceiptStanding,
};
use partner::{ErrorCode, MemoryKeychain};

async fn connected(platform: &Platform, folder: &std::path::Path) -> Till {
    let till = Till::open(folder, Arc::new(MemoryKeychain::default()));
    till.terminal.connect(platform.club_shop(Environment::Development)).await.unwrap();
    till.until_link(LinkState::Online).await;
    till
}

#[tokio::test(flavor = "multi_thread")]
async fn points_pay_a_part_and_the_rest_earns() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let card = till.show_picture(&platform.picture(FIRST_FAN, "live").await).await.unwrap();
    let items = vec![
        ItemInput { title: "Scarf".into(), price_minor: 1500, rate_label: None },
        ItemInput { title: "Cap".into(), price_minor: 500, rate_label: None },
    ];
    let quote = till.terminal.quote_split(&items, 1000).await.unwrap();
    assert_eq!((quote.points, quote.rest_minor, quote.earns), (1000, 1000, 20));
    let receipt = till.terminal.pay(&card.fan, items, 1000).await.unwrap();
    assert_eq!((receipt.standing, receipt.operation.fan_points), (ReceiptStanding::Booked, -1000));
    let gift = receipt.also.unwrap();
    assert_eq!((gift.fan_points, gift.price_minor), (20, Some(1000)));
    till.until(&gift.id, OperationStateView::Accepted).await;
    assert_eq!(platform.balances(FIRST_FAN).await.0, 3465 - 1000 + 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_split_is_all_or_none_at_its_ends_and_refused_beyond() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let card = till.show_picture(&platform.picture(FIRST_FAN, "live").await).await.unwrap();
    for wrong in [-1, 2001] {
        let error = till.terminal.pay(&card.fan, purchase(2000), wrong).await.unwrap_err();
        assert_eq!(error.code, ErrorCode::InvalidAmount, "{wrong}");
    }
    assert!(till.all().await.is_empty());
    let all = till.terminal.pay(&card.fan, purchase(2000), 2000).await.unwrap();
    assert_eq!((all.operation.fan_points, all.also), (-2000, None));
    let none = till.terminal.pay(&card.fan, purchase(2000), 0).await.unwrap();
    assert_eq!((none.operation.fan_points, none.also), (40, None));
    // More than the fan has: here or by the platform it is refused, and nothing is given for the rest.
    match till.terminal.pay(&card.fan, purchase(900_000), 800_000).await {
        Ok(refused) => assert_eq!((refused.standing, refused.also), (ReceiptStanding::Refused, None)),
        Err(error) => assert_eq!(error.code, ErrorCode::TooFewPoints),
    }
    let rows = till.all().await;
    let gifts = rows.iter().filter(|row| row.kind == OperationKindView::Give);
    assert_eq!(gifts.count(), 1, "the one before");
}

#[tokio::test(flavor = "multi_thread")]
async fn quick_buttons_are_kept_and_belong_to_the_manager() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let scarf =
        QuickButton { title: "Scarf".into(), price_minor: 2500, rate_label: Some("merchandise".into()) };
    till.terminal.set_quick_buttons(vec![scarf.clone()], None).await.unwrap();
    till.terminal.set_manager_pin(None, "135790".into()).await.unwrap();
    let error = till.terminal.set_quick_buttons(Vec::new(), None).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::PinNeeded);
    assert_eq!(till.terminal.quick_buttons().await.unwrap(), [scarf]);
    till.terminal.set_quick_buttons(Vec::new(), Some("135790".into())).await.unwrap();
    assert!(till.terminal.quick_buttons().await.unwrap().is_empty());
}
