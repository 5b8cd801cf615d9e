//! The platform accepts, its answer is lost: after the retry there is one transaction.

use crate::steps::{FAN, FAN_POINTS, key_in, row, show_code};
use crate::support::{Code, Fault, Platform, Proxy, Shop, Stage, Till, eventually};

#[tokio::test]
async fn an_answer_that_is_lost_books_nothing_twice() {
    let stage = Stage::new("lost-answer");
    let platform = Platform::start(&stage).await;
    let proxy = Proxy::start(platform.address()).await;
    let pairing = platform.pairing(Shop::ClubShop).through(&proxy);
    let mut till = Till::on(&stage).paired(pairing).open().await;
    till.has("strip", "state", "online").await;
    show_code(&stage, &platform, &till, FAN, Code::Live).await;
    key_in(&till, "2500").await;

    proxy.set(Fault::LoseAnswerTo("give_fan_points_on_purchase".into()));
    till.press("give").await;
    till.find("success").await;
    eventually("the answer is lost", || async { (proxy.answers_lost() == 1).then_some(()) }).await;
    assert_eq!(platform.transactions(Shop::ClubShop, FAN).await.len(), 1, "the platform has accepted it");

    till.press("nav-queue").await;
    till.press("queue-tab-accepted").await;
    let id = row(&till, "give", "accepted").await;
    assert_eq!(platform.transactions(Shop::ClubShop, FAN).await, [(id, 50)]);
    assert_eq!(platform.balance(FAN).await, FAN_POINTS + 50);
    till.has("strip-waiting", "count", "0").await;
    till.close().await;
}
