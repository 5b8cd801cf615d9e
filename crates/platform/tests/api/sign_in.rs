//! Tokens: who gets one, and what it opens.

use crate::club::{Club, SHOP};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use platform::{Config, EnvironmentName, HashCost};
use reqwest::StatusCode;
use serde_json::{Value, json};

fn part(token: &str, at: usize) -> Value {
    let part = token.split('.').nth(at).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

#[tokio::test]
async fn the_right_secret_gets_a_token_that_tells_its_end() {
    let club = Club::open_with(|config| Config { hash_cost: HashCost::default(), ..config }).await;
    let credential = club.credential(EnvironmentName::Development, Some(SHOP));
    let (status, body) = club.ask_token(&credential.client_id, &credential.client_secret).await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!((body["expires_in"].as_u64(), body["token_type"].as_str()), (Some(3600), Some("Bearer")));
    let token = body["access_token"].as_str().unwrap();
    let claims = part(token, 1);
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 3600);
    assert_eq!(claims["sub"], json!(credential.client_id));

    let header = part(token, 0);
    assert_eq!(header["alg"], "EdDSA");
    let keys: Value =
        club.http.get(club.url("/.well-known/jwks.json")).send().await.unwrap().json().await.unwrap();
    let key = keys["keys"].as_array().unwrap().iter().find(|key| key["kid"] == header["kid"]).unwrap();
    let point = URL_SAFE_NO_PAD.decode(key["x"].as_str().unwrap()).unwrap();
    let public = ed25519_dalek::VerifyingKey::from_bytes(&point.try_into().unwrap()).unwrap();
    let (signed, signature) = token.rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    public.verify_strict(signed.as_bytes(), &signature.as_slice().try_into().unwrap()).unwrap();
}

#[tokio::test]
async fn bare_and_bearer_tokens_are_taken_and_others_are_not() {
    let club = Club::open().await;
    let seat = club.partner(SHOP).await;
    let mut claims = part(&seat.token, 1);
    claims["exp"] = json!(claims["exp"].as_u64().unwrap() + 1);
    let forged: Vec<&str> = seat.token.split('.').collect();
    let forged = format!("{}.{}.{}", forged[0], URL_SAFE_NO_PAD.encode(claims.to_string()), forged[2]);
    for (token, expected) in [
        (seat.token.clone(), StatusCode::OK),
        (format!("Bearer {}", seat.token), StatusCode::OK),
        (format!("bearer {}", seat.token), StatusCode::OK),
        (format!("Basic {}", seat.token), StatusCode::UNAUTHORIZED),
        (forged, StatusCode::UNAUTHORIZED),
        ("nonsense".to_owned(), StatusCode::UNAUTHORIZED),
        (String::new(), StatusCode::UNAUTHORIZED),
    ] {
        let (status, _) = club.seat_of(&token).post(&json!({ "query": "{ ping }" })).await;
        assert_eq!(status, expected, "{token}");
    }
    let nobody = club.http.post(club.url("/graphql")).body("{\"query\":\"{ ping }\"}").send().await.unwrap();
    assert_eq!(nobody.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_wrong_secret_gets_no_token_and_too_many_are_braked() {
    let club = Club::open().await;
    let credential = club.credential(EnvironmentName::Development, Some(SHOP));
    let (status, body) = club.ask_token("nobody", &credential.client_secret).await;
    assert_eq!((status, &body), (StatusCode::UNAUTHORIZED, &json!({ "error": "invalid_client" })));
    for _ in 0..10 {
        let (status, body) = club.ask_token(&credential.client_id, "wrong").await;
        assert_eq!((status, body), (StatusCode::UNAUTHORIZED, json!({ "error": "invalid_client" })));
    }
    let (status, body) = club.ask_token(&credential.client_id, "wrong").await;
    assert_eq!((status, body.get("access_token")), (StatusCode::TOO_MANY_REQUESTS, None));
    // Not seen before, the right secret has to wait as well: otherwise guessing would only look refused.
    let (status, _) = club.ask_token(&credential.client_id, &credential.client_secret).await;
    assert_eq!(status, StatusCode::TOO_MANY_REQUESTS);
    // Others are not held up by it.
    club.program().await;
}

#[tokio::test]
async fn guessing_does_not_lock_out_who_knows_the_secret() {
    let club = Club::open().await;
    let credential = club.credential(EnvironmentName::Development, Some(SHOP));
    club.partner(SHOP).await;
    while club.ask_token(&credential.client_id, "wrong").await.0 != StatusCode::TOO_MANY_REQUESTS {}
    club.partner(SHOP).await.data("{ ping }", json!({})).await;
    let request =
        club.http.post(club.running.token_endpoint()).basic_auth(&credential.client_id, Some("wrong"));
    let braked = request.body("grant_type=client_credentials").send().await.unwrap();
    let wait: u64 = braked.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=7).contains(&wait), "{wait}");
}

#[tokio::test]
async fn what_is_no_token_request_is_refused() {
    let club = Club::open().await;
    let credential = club.credential(EnvironmentName::Development, Some(SHOP));
    for (body, error) in [
        ("", "unsupported_grant_type"),
        ("grant_type=password", "unsupported_grant_type"),
        ("grant_type=client_credentials&scope=everything", "invalid_scope"),
    ] {
        let request = club.http.post(club.running.token_endpoint());
        let request = request.basic_auth(&credential.client_id, Some(&credential.client_secret)).body(body);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), StatusCode::BAD_REQUEST);
        assert_eq!(response.json::<Value>().await.unwrap(), json!({ "error": error }));
    }
}

#[tokio::test]
async fn a_token_ends_and_requests_beyond_the_limit_wait() {
    let ended = Club::open_with(|config| Config {
        token_lifetime: std::time::Duration::ZERO,
        requests_per_minute: 2,
        ..config
    })
    .await;
    let seat = ended.partner(SHOP).await;
    let (status, _) = seat.post(&json!({ "query": "{ ping }" })).await;
    assert_eq!(status, StatusCode::UNAUTHORIZED, "a token of no duration is no token");

    let club = ended.reopen_with(|config| Config { requests_per_minute: 2, ..config }).await;
    let seat = club.partner(SHOP).await;
    for expected in [StatusCode::OK, StatusCode::OK, StatusCode::TOO_MANY_REQUESTS] {
        let request = club.http.post(club.url("/graphql")).header("authorization", &seat.token);
        let response = request.body("{\"query\":\"{ ping }\"}").send().await.unwrap();
        assert_eq!(response.status(), expected);
        assert_eq!(response.headers()["ratelimit-limit"], "2");
        assert_eq!(response.headers()["ratelimit-policy"], "\"credential\";q=2;w=60");
        let left: u32 = response.headers()["ratelimit-remaining"].to_str().unwrap().parse().unwrap();
        assert!(
            left < 2 && response.headers()["ratelimit"].to_str().unwrap().contains(&format!(";r={left};"))
        );
        assert_eq!(response.headers().contains_key("retry-after"), expected == StatusCode::TOO_MANY_REQUESTS);
    }
}
