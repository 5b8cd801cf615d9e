//! Token keys change without anybody being signed out.

use std::time::Duration;

use crate::club::{Club, SHOP, Seat};
use crate::place;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use platform::{Config, EnvironmentName};
use serde_json::{Value, json};

fn kid(seat: &Seat) -> String {
    let head = URL_SAFE_NO_PAD.decode(seat.token.split('.').next().unwrap()).unwrap();
    serde_json::from_slice::<Value>(&head).unwrap()["kid"].as_str().unwrap().to_owned()
}

async fn published(club: &Club) -> Vec<String> {
    let keys: Value =
        club.http.get(club.url("/.well-known/jwks.json")).send().await.unwrap().json().await.unwrap();
    let kids = keys["keys"].as_array().unwrap().iter();
    kids.map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn a_new_key_is_published_first_and_tokens_of_the_old_one_stay_good() {
    let hour = Duration::from_secs(3600);
    let club = Club::open_with(|config| Config { key_lead: hour, ..config }).await;
    let before = club.partner(SHOP).await;
    let production = club.seat(EnvironmentName::Production, Some(SHOP)).await;
    assert_ne!(kid(&before), kid(&production), "each environment has its own");
    assert_eq!(published(&club).await.len(), 2);

    club.running.rotate_keys().await.unwrap();
    let keys = published(&club).await;
    assert_eq!(keys.len(), 4);
    assert!(keys.contains(&kid(&before)));
    let meanwhile = club.partner(SHOP).await;
    assert_eq!(kid(&meanwhile), kid(&before), "the new key does not sign before it is known");
    club.running.rotate_keys().await.unwrap();
    assert_eq!(published(&club).await.len(), 4, "one that waits is new enough");

    // The same keys as they are once the lead is over.
    let club = club.reopen_with(|config| Config { key_lead: Duration::ZERO, ..config }).await;
    let after = club.partner(SHOP).await;
    assert_ne!(kid(&after), kid(&before));
    assert!(keys.contains(&kid(&after)), "it was published");
    for token in [&before.token, &meanwhile.token, &after.token] {
        club.seat_of(token).data("{ ping }", json!({})).await;
    }
    // Made later by another process, known after the next look.
    club.running.rotate_keys().await.unwrap();
    let newest = club.partner(SHOP).await;
    assert_ne!(kid(&newest), kid(&after));
    for token in [&before.token, &after.token, &newest.token] {
        club.seat_of(token).data("{ ping }", json!({})).await;
    }
}

#[tokio::test]
async fn a_key_of_which_no_token_is_good_is_forgotten() {
    let club = Club::open_with(|config| Config { key_lead: Duration::ZERO, ..config }).await;
    let before = club.partner(SHOP).await;
    club.running.rotate_keys().await.unwrap();
    let (dir, database) = (club.dir.path().to_owned(), club.database.clone());
    let club = club
        .reopen_with(|config| {
            // As if all of it had been two days ago.
            let sql = "UPDATE token_key SET created_us = created_us - 172800000000";
            place::change(&dir, database.as_ref(), EnvironmentName::Development, sql);
            Config { key_lead: Duration::ZERO, ..config }
        })
        .await;
    assert!(!published(&club).await.contains(&kid(&before)));
    let (status, _) = club.seat_of(&before.token).post(&json!({ "query": "{ ping }" })).await;
    assert_eq!(status, reqwest::StatusCode::UNAUTHORIZED);
    club.partner(SHOP).await.data("{ ping }", json!({})).await;
}
