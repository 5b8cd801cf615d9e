//! What was answered is there after a restart, and the books balance.

use crate::club::{Club, FAN, NEW_FAN, SHOP, item};
use crate::place;
use platform::{EnvironmentName, Ready};
use serde_json::json;

#[tokio::test]
async fn a_restart_keeps_books_credentials_and_the_ready_file() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    shop.give(FAN, "p-1", json!([item(25.0)])).await.done();
    shop.pay(NEW_FAN, "p-2", json!([item(25.0)])).await.refused("too_few_available_error");
    shop.award(FAN, "a-1", "quiz").await.done();
    let credential = club.credential(EnvironmentName::Development, Some(SHOP));
    let token = shop.token.clone();

    let club = club.reopen().await;
    assert_eq!(club.credential(EnvironmentName::Development, Some(SHOP)), credential);
    // A token from before still works: its key was kept.
    let shop = club.seat_of(&token);
    assert_eq!(shop.balances(FAN).await, (3515, 1250));
    shop.give(FAN, "p-1", json!([item(25.0)])).await.refused("already_executed_error");
    shop.give(NEW_FAN, "p-3", json!([item(2000.0)])).await.done();
    shop.pay(NEW_FAN, "p-2", json!([item(25.0)])).await.refused("too_few_available_error");
    shop.undo(FAN, "p-1", "1").await.done();
    assert_eq!(club.partner(SHOP).await.balances(FAN).await, (3465, 1250));

    let ready = std::fs::read(club.dir.path().join("ready.json")).unwrap();
    let ready: Ready = serde_json::from_slice(&ready).unwrap();
    assert_eq!(ready.endpoint, club.running.endpoint());
    assert_eq!((ready.fan_pages.len(), ready.credentials.len()), (12, 6));
    #[cfg(unix)]
    for file in ["ready.json", "data/example-credentials.json"] {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(club.dir.path().join(file)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{file}");
    }
    club.running.stop().await;
    let stored = place::everything(club.dir.path(), club.database.as_ref(), EnvironmentName::Development);
    let holds = |text: &str| stored.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds(&credential.client_id));
    assert!(!holds(&credential.client_secret));
}

#[tokio::test]
async fn money_is_neither_made_nor_lost() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    shop.give(FAN, "p-1", json!([item(25.0), item(4.99)])).await.done();
    shop.pay(FAN, "p-2", json!([item(30.0)])).await.done();
    shop.undo(FAN, "p-1", "1").await.done();
    shop.give(NEW_FAN, "p-3", json!([item(50.0)])).await.done();
    shop.pay(NEW_FAN, "p-4", json!([item(1.0)])).await.done();
    shop.undo(NEW_FAN, "p-3", "1").await.done();
    shop.award(FAN, "a-1", "match_visit").await.done();
    club.running.stop().await;

    let database = club.database.as_ref();
    let sum = |sql: &str| place::number(club.dir.path(), database, EnvironmentName::Development, sql);
    let house = |book: &str| {
        sum(&format!("SELECT coalesce(sum(amount), 0) FROM house_balance WHERE book = '{book}'"))
    };
    assert_eq!(sum("SELECT sum(wallet - receivable) FROM fan") + house("fan_points"), 0);
    assert_eq!(sum("SELECT sum(standing) FROM fan") + house("status_points"), 0);
    assert_eq!(sum("SELECT receivable FROM fan WHERE external_user_id = 'member-0002'"), 100);
}
