//! Vouchers, discount codes and products through the use cases, against the real platform.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::path::Path;
use std::sync::Arc;

use common::{FIRST_FAN, Platform, Till, purchase};
use partner::view::{CodeSource, Environment, GoodsRef, GoodsState, GoodsView, LinkState, Shown};
use partner::{ErrorCode, MemoryKeychain};

const OTHER_FAN: &str = "071203344512";

async fn connected(platform: &Platform, folder: &Path) -> Till {
    let till = Till::open(folder, Arc::new(MemoryKeychain::default()));
    till.terminal.connect(platform.club_shop(Environment::Development)).await.unwrap();
    till.until_link(LinkState::Online).await;
    till
}

async fn scan(till: &Till, text: &str) -> GoodsView {
    match till.terminal.show_text(text, CodeSource::Camera).await.unwrap() {
        Shown::Goods { goods } => goods,
        Shown::Fan { card } => panic!("a fan: {card:?}"),
    }
}

async fn meet(till: &Till, fan: &str) -> String {
    till.terminal.identify_text(fan, CodeSource::Typed).await.unwrap().fan
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voucher_is_made_scanned_and_redeemed_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let offers = till.terminal.voucher_offers().await.unwrap();
    assert_eq!(offers.iter().map(|offer| offer.points).collect::<Vec<_>>(), [1, 100, 500, 1000]);
    let made = till.terminal.make_voucher(offers[1].reward_id.clone(), 3).await.unwrap();
    assert_eq!((made.points, made.value_minor), (300, 300));
    assert!(made.svg.contains("<svg"));
    let none = till.terminal.make_voucher("no such offer".into(), 1).await.unwrap_err();
    assert_eq!(none.code, ErrorCode::InvalidAmount);

    let shown = scan(&till, &fanpass::encode_voucher(&made.voucher_id)).await;
    assert_eq!((shown.state, shown.fan_points), (GoodsState::Open, Some(300)));
    let nobody = till.terminal.use_goods(shown.goods.clone(), None).await.unwrap_err();
    assert_eq!(nobody.code, ErrorCode::FanNotIdentified);

    let fan = meet(&till, FIRST_FAN).await;
    // Offline nothing happens, and the voucher stays good.
    platform.stop().await;
    till.until_link(LinkState::Offline).await;
    assert_eq!(scan(&till, &made.voucher_id).await.state, GoodsState::Offline);
    let offline = till.terminal.use_goods(shown.goods.clone(), Some(fan.clone())).await.unwrap_err();
    assert_eq!((offline.code, offline.retry), (ErrorCode::GoodsOffline, true));
    platform.start_again().await;
    till.terminal.send_now().await.unwrap();
    till.until_link(LinkState::Online).await;

    let before = platform.balances(FIRST_FAN).await.0;
    let done = till.terminal.use_goods(shown.goods.clone(), Some(fan.clone())).await.unwrap();
    assert!(done.done);
    assert_eq!(done.card.unwrap().balance.unwrap().fan_points, before + 300);
    assert_eq!(platform.balances(FIRST_FAN).await.0, before + 300);
    let again = till.terminal.use_goods(shown.goods, Some(fan)).await.unwrap();
    assert!(!again.done);
    assert_eq!(again.goods.state, GoodsState::Used);
    assert_eq!(again.goods.fan_label.as_deref(), Some("0084 0711 9295"));
    assert_eq!(platform.balances(FIRST_FAN).await.0, before + 300);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_discount_code_gives_its_fan_its_rate_once() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let issue = |code: &'static str, more: &'static str| {
        format!(
            "mutation {{ a: issue_discount_code(partner_id: \"club-shop\", user_id: \"{FIRST_FAN}\",
                discount_code: \"{code}\"{more}) {{ errors {{ unknown_user_error {{ _empty }} }} }} }}"
        )
    };
    platform.ask(&issue("SPRING", ", rate_label: \"merchandise\"")).await;
    platform.ask(&issue("OLD", ", valid_until: \"2020-01-01\"")).await;

    let shown = scan(&till, &fanpass::encode_discount("SPRING")).await;
    assert_eq!((shown.state, shown.rate_label.as_deref()), (GoodsState::Open, Some("merchandise")));
    assert!(shown.rate_known);
    assert_eq!(scan(&till, &fanpass::encode_discount("OLD")).await.state, GoodsState::Expired);
    assert_eq!(scan(&till, &fanpass::encode_discount("NONE")).await.state, GoodsState::Unknown);
    // Typed as it is printed; what is no code at all stays none.
    match till.terminal.show_text("SPRING", CodeSource::Typed).await.unwrap() {
        Shown::Goods { goods } => assert_eq!(goods.goods, shown.goods),
        Shown::Fan { card } => panic!("a fan: {card:?}"),
    }
    let other = till.terminal.show_text("SUMMER", CodeSource::Typed).await.unwrap_err();
    assert_eq!(other.code, ErrorCode::NotOurCode);

    let stranger = meet(&till, OTHER_FAN).await;
    let refused =
        till.terminal.give_discounted(&stranger, purchase(2000), "SPRING".into()).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::GoodsOtherFan);
    let fan = meet(&till, FIRST_FAN).await;
    let nothing = till.terminal.give_discounted(&fan, purchase(0), "SPRING".into()).await.unwrap_err();
    assert_eq!(nothing.code, ErrorCode::InvalidAmount, "and the code is not used up");
    let plain = till.terminal.quote(&purchase(2000)).await.unwrap().earns;
    let receipt = till.terminal.give_discounted(&fan, purchase(2000), "SPRING".into()).await.unwrap();
    assert_eq!((plain, receipt.operation.fan_points), (40, 100));
    let again = till.terminal.give_discounted(&fan, purchase(2000), "SPRING".into()).await.unwrap_err();
    assert_eq!(again.code, ErrorCode::GoodsNotOpen);
    let expired = till.terminal.give_discounted(&fan, purchase(2000), "OLD".into()).await.unwrap_err();
    assert_eq!(expired.code, ErrorCode::GoodsNotOpen);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_is_handed_over_once_whichever_till_shows_it() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let platform = Platform::start().await;
    let (till, other) = (connected(&platform, here.path()).await, connected(&platform, there.path()).await);
    let sell = format!(
        "mutation {{ a: register_bought_product(partner_id: \"club-shop\", user_id: \"{FIRST_FAN}\",
            group_id: \"order 7\", pieces: 2, reward_id: \"shirt\", title: \"Home shirt\", description: \"Size M\",
            product_category: product) {{ result {{ nr }} }} }}"
    );
    platform.ask(&sell).await;
    let shown = scan(&till, &fanpass::encode_product("order 7", 2)).await;
    assert_eq!((shown.state, shown.title.as_deref()), (GoodsState::Open, Some("Home shirt")));
    assert_eq!((shown.pieces, shown.fan_label.as_deref()), (Some(2), Some("0084 0711 9295")));
    let (mine, theirs) = tokio::join!(
        till.terminal.use_goods(shown.goods.clone(), None),
        other.terminal.use_goods(shown.goods.clone(), None)
    );
    let (mine, theirs) = (mine.unwrap(), theirs.unwrap());
    assert!(mine.done != theirs.done, "one of two hands it over");
    assert_eq!(scan(&till, &fanpass::encode_product("order 7", 2)).await.state, GoodsState::Used);
    assert_eq!(scan(&till, &fanpass::encode_product("order 7", 1)).await.state, GoodsState::Open);
    let unknown = GoodsRef { nr: 3, ..shown.goods };
    let nothing = till.terminal.use_goods(unknown, None).await.unwrap();
    assert_eq!((nothing.done, nothing.goods.state), (false, GoodsState::Unknown));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_shows_the_badges_that_a_fan_has_earned() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let new = till.terminal.identify_text(OTHER_FAN, CodeSource::Typed).await.unwrap();
    assert_eq!(new.badges, Vec::<String>::new());
    for number in 1..=3 {
        platform.tell_event(&format!("quiz-{number}"), FIRST_FAN, "quiz").await;
    }
    let card = till.terminal.identify_text(FIRST_FAN, CodeSource::Typed).await.unwrap();
    assert_eq!((card.badges, card.tier.as_deref()), (vec!["Quizzer".to_owned()], Some("Gold")));
}
