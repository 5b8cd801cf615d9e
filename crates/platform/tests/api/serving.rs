//! How requests are carried: certificates, slow callers, other origins, names in the log, and where figures are told.

use std::path::Path;
use std::time::Duration;

use crate::club::{Club, SHOP, config};
use platform::{Config, EnvironmentName, TlsFiles, start};
use reqwest::header::HeaderMap;
use reqwest::{Certificate, Client, Method, StatusCode};
use serde_json::json;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A fresh certificate for this machine in `dir`; what a client has to trust.
fn certify(dir: &Path) -> (TlsFiles, Certificate) {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let files = TlsFiles { certificate: dir.join("chain.pem"), key: dir.join("key.pem") };
    std::fs::write(&files.certificate, made.cert.pem()).unwrap();
    std::fs::write(&files.key, made.signing_key.serialize_pem()).unwrap();
    (files, Certificate::from_pem(made.cert.pem().as_bytes()).unwrap())
}

fn trusting(certificate: Certificate) -> Client {
    Client::builder().tls_certs_only([certificate]).build().unwrap()
}

#[tokio::test]
async fn a_certificate_makes_it_tls_and_a_new_one_is_taken_without_a_stop() {
    let keys = TempDir::new().unwrap();
    let (files, first) = certify(keys.path());
    let mut club = Club::open_with(|config| Config { tls: Some(files), ..config }).await;
    assert!(club.running.endpoint().starts_with("https://127.0.0.1:"));
    let stranger = Client::new().get(club.url("/healthz")).send().await;
    assert!(stranger.unwrap_err().is_connect(), "a certificate that nobody trusts");
    let plain = club.running.endpoint().replace("https", "http");
    assert!(Client::new().get(plain).send().await.is_err(), "TLS alone");

    club.http = trusting(first);
    let shop = club.partner(SHOP).await;
    shop.data("{ ping }", json!({})).await;

    let (_, second) = certify(keys.path());
    club.running.renew_certificate().unwrap();
    let renewed = trusting(second).get(club.url("/healthz")).send().await.unwrap();
    assert_eq!(renewed.status(), StatusCode::OK);
    std::fs::write(keys.path().join("key.pem"), "no key").unwrap();
    club.running.renew_certificate().unwrap_err();
    // What was there goes on serving.
    shop.data("{ ping }", json!({})).await;
    club.running.stop().await;
}

#[tokio::test]
async fn a_certificate_without_its_key_does_not_start() {
    let keys = TempDir::new().unwrap();
    let (files, _) = certify(keys.path());
    let other = TempDir::new().unwrap();
    let (strange, _) = certify(other.path());
    let dir = TempDir::new().unwrap();
    let mixed = TlsFiles { key: strange.key, ..files };
    assert!(start(Config { tls: Some(mixed), ..config(dir.path()) }).await.is_err());
}

/// Everything that comes back until the server closes.
async fn converse(club: &Club, said: &str) -> String {
    let mut stream = TcpStream::connect(club.running.address()).await.unwrap();
    stream.write_all(said.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn who_is_too_slow_is_not_waited_for() {
    let soon = Duration::from_millis(50);
    let club = Club::open_with(|config| Config { idle_timeout: soon, body_timeout: soon, ..config }).await;
    let head = converse(&club, "POST /graphql HTTP/1.1\r\nhost: x\r\n").await;
    assert!(!head.contains("200 OK"), "{head}");
    let body = "POST /oauth2/token HTTP/1.1\r\nhost: x\r\ncontent-length: 100\r\n\r\ngrant";
    let answer = converse(&club, body).await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    // Between two requests, too.
    let answer = converse(&club, "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n").await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test]
async fn a_request_has_its_time_and_then_an_answer() {
    let soon = Duration::from_millis(50);
    let club = Club::open_with(|config| Config { request_timeout: soon, ..config }).await;
    // What is promised never comes, so that the answer can not come before its time.
    let unfinished =
        "POST /oauth2/token HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: 100\r\n\r\ngrant";
    let answer = converse(&club, unfinished).await;
    assert!(answer.starts_with("HTTP/1.1 503 ") && answer.contains("\"TIMEOUT\""), "{answer}");
}

#[tokio::test]
async fn what_is_no_http_is_refused_and_the_server_goes_on() {
    let club = Club::open().await;
    let long = format!("GET /healthz HTTP/1.1\r\nhost: x\r\nx-long: {}\r\n\r\n", "a".repeat(100_000));
    let many: String = (0..200).map(|number| format!("x-{number}: a\r\n")).collect();
    let many = format!("GET /healthz HTTP/1.1\r\nhost: x\r\n{many}\r\n");
    for said in ["\0\u{1}\u{2}\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", &many, &long] {
        let mut stream = TcpStream::connect(club.running.address()).await.unwrap();
        // The server may close before it has read all of it.
        let _partly = stream.write_all(said.as_bytes()).await;
        let mut answer = Vec::new();
        let _reset = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer}");
    }
    assert_eq!(club.http.get(club.url("/healthz")).send().await.unwrap().status(), StatusCode::OK);
}

#[tokio::test]
async fn a_body_that_is_no_json_by_its_own_word_is_not_read() {
    let club = Club::open().await;
    let shop = club.partner(SHOP).await;
    for (media, status) in [
        ("application/json", StatusCode::OK),
        ("application/json; charset=utf-8", StatusCode::OK),
        ("text/plain", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("application/x-www-form-urlencoded", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("multipart/form-data; boundary=x", StatusCode::UNSUPPORTED_MEDIA_TYPE),
        ("", StatusCode::UNSUPPORTED_MEDIA_TYPE),
    ] {
        let request = club.http.post(club.url("/graphql")).header("authorization", &shop.token);
        let request = request.header("content-type", media).body(r#"{"query":"{ ping }"}"#);
        assert_eq!(request.send().await.unwrap().status(), status, "{media}");
    }
    let nowhere = club.http.get(club.url("/nowhere")).send().await.unwrap();
    assert_eq!(nowhere.status(), StatusCode::NOT_FOUND);
    let method = club.http.get(club.url("/graphql")).send().await.unwrap();
    assert_eq!(method.status(), StatusCode::METHOD_NOT_ALLOWED);
}

async fn from_origin(club: &Club, method: Method, origin: &str) -> HeaderMap {
    let request = club.http.request(method, club.url("/graphql")).header("origin", origin);
    let request = request
        .header("access-control-request-method", "POST")
        .header("access-control-request-headers", "authorization");
    request.send().await.unwrap().headers().clone()
}

#[tokio::test]
async fn pages_of_other_origins_get_nothing_unless_they_are_named() {
    const OURS: &str = "https://dashboard.example.org";
    const ALLOWED: &str = "access-control-allow-origin";
    let closed = Club::open().await;
    for method in [Method::OPTIONS, Method::POST] {
        let headers = from_origin(&closed, method, OURS).await;
        assert!(headers.keys().all(|name| !name.as_str().starts_with("access-control-")), "{headers:?}");
    }
    let club = Club::open_with(|config| Config { cors_origins: vec![OURS.to_owned()], ..config }).await;
    for method in [Method::OPTIONS, Method::POST] {
        let headers = from_origin(&club, method.clone(), OURS).await;
        assert_eq!(headers[ALLOWED], OURS);
        assert!(!headers.contains_key("access-control-allow-credentials"));
        for stranger in ["https://dashboard.example.org.evil.example", "http://dashboard.example.org", "null"]
        {
            let headers = from_origin(&club, method.clone(), stranger).await;
            assert!(!headers.contains_key(ALLOWED), "{stranger}");
        }
    }
    let dir = TempDir::new().unwrap();
    for wrong in ["*", "dashboard.example.org", "https://*.example.org", "https://"] {
        let config = Config { cors_origins: vec![wrong.to_owned()], ..config(dir.path()) };
        assert!(start(config).await.is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn every_answer_carries_the_name_of_its_request() {
    let club = Club::open().await;
    let named = |headers: &HeaderMap| headers["x-request-id"].to_str().unwrap().to_owned();
    let ask = |id: &'static str| club.http.get(club.url("/healthz")).header("x-request-id", id).send();
    assert_eq!(named(ask("till-7.41").await.unwrap().headers()), "till-7.41");
    assert_ne!(named(ask("no name").await.unwrap().headers()), "no name");
    let refused = club.http.post(club.url("/graphql")).send().await.unwrap();
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    let first = named(refused.headers());
    let second = named(club.http.get(club.url("/nowhere")).send().await.unwrap().headers());
    assert!(first != second && !first.is_empty());
}

#[tokio::test]
async fn figures_can_have_an_address_of_their_own() {
    let loopback = ([127, 0, 0, 1], 0).into();
    let club = Club::open_with(|config| Config { metrics_listen: Some(loopback), ..config }).await;
    let hidden = club.http.get(club.url("/metrics")).send().await.unwrap();
    assert_eq!(hidden.status(), StatusCode::NOT_FOUND);
    let address = club.running.metrics_address().unwrap();
    let figures = club.http.get(format!("http://{address}/metrics")).send().await.unwrap();
    assert!(figures.headers()["content-type"].to_str().unwrap().starts_with("application/openmetrics-text"));
    assert!(figures.text().await.unwrap().ends_with("# EOF\n"));
    let graphql = club.http.post(format!("http://{address}/graphql")).send().await.unwrap();
    assert_eq!(graphql.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn what_is_in_production_does_not_describe_itself() {
    let club = Club::open().await;
    let query = "{ __schema { queryType { name } } }";
    let development = club.partner(SHOP).await.ask(query, json!({})).await;
    assert_eq!(development["data"]["__schema"]["queryType"]["name"], "Query");
    let production = club.seat(EnvironmentName::Production, Some(SHOP)).await.ask(query, json!({})).await;
    assert!(!production.to_string().contains("queryType\":{"), "{production}");
}
