//! `POST /oauth2/token`: client credentials for an access token (RFC 6749, section 4.4).

use std::time::Instant;

use axum::extract::{Extension, State};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use zeroize::Zeroizing;

use super::body::Whole;
use super::{Origin, Shared, json};
use crate::auth::secrets::SecretError;
use crate::auth::sign_ins::Attempt;
use crate::auth::tokens::SCOPE;
use crate::environment::EnvironmentName;
use crate::store::now_us;

/// Checks id and secret and answers with a token.
pub async fn issue(
    State(server): State<Shared>,
    Extension(from): Extension<Origin>,
    headers: HeaderMap,
    body: Whole,
) -> Response {
    let form = Form::read(&body.0);
    if form.value("grant_type").as_deref() != Some("client_credentials") {
        return refuse(StatusCode::BAD_REQUEST, "unsupported_grant_type");
    }
    if form.value("scope").is_some_and(|scope| !scope.split(' ').any(|part| part == SCOPE)) {
        return refuse(StatusCode::BAD_REQUEST, "invalid_scope");
    }
    let Some((client_id, secret)) = presented(&headers, &form) else {
        return refuse(StatusCode::UNAUTHORIZED, "invalid_client");
    };
    match check(&server, &client_id, secret, from).await {
        Ok(Checked::Right(environment)) => answer(&server, environment, &client_id),
        Ok(Checked::Wrong) => {
            server.metrics.sign_in(false);
            refuse(StatusCode::UNAUTHORIZED, "invalid_client")
        }
        Ok(Checked::Wait(seconds)) => {
            server.metrics.refused("wrong_secrets");
            slow_down(seconds)
        }
        Err(error) => {
            tracing::error!(%error, "a secret could not be checked");
            refuse(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
        }
    }
}

enum Checked {
    Right(EnvironmentName),
    Wrong,
    /// Not looked at: too many were wrong. Seconds until the next one is.
    Wait(u64),
}

async fn check(
    server: &Shared,
    client_id: &str,
    secret: Zeroizing<String>,
    from: Origin,
) -> Result<Checked, SecretError> {
    let found = server.environments.iter().find_map(|environment| {
        let catalogue = environment.store.catalogue();
        let credential = catalogue.credentials.get(client_id).filter(|known| known.expires_us > now_us());
        credential.map(|known| (environment.name, known.secret_hash.clone()))
    });
    let (environment, hash) = found.unzip();
    match server.sign_ins.attempt(client_id, hash.as_deref(), &secret, from, Instant::now()) {
        Attempt::Known => return Ok(environment.map_or(Checked::Wrong, Checked::Right)),
        Attempt::Wait(seconds) => return Ok(Checked::Wait(seconds)),
        Attempt::Unknown => {}
    }
    let right = server.secrets.verify(secret.clone(), hash.clone()).await?;
    let Some((environment, hash)) = environment.zip(hash).filter(|_| right) else {
        return Ok(Checked::Wrong);
    };
    server.sign_ins.right(client_id, &hash, &secret, from, Instant::now());
    Ok(Checked::Right(environment))
}

fn answer(server: &Shared, environment: EnvironmentName, client_id: &str) -> Response {
    match server.tokens.issue(environment, client_id) {
        Ok((token, expires_in)) => {
            server.metrics.sign_in(true);
            let body = json!({ "access_token": token, "expires_in": expires_in, "token_type": "Bearer" });
            private(json(StatusCode::OK, &body))
        }
        Err(error) => {
            tracing::error!(%error, "no token could be issued");
            refuse(StatusCode::SERVICE_UNAVAILABLE, "temporarily_unavailable")
        }
    }
}

/// The public keys with which others can verify tokens.
pub async fn key_set(State(server): State<Shared>) -> Response {
    let mut response = json(StatusCode::OK, &server.tokens.key_set());
    // Shorter than a new key is published before it signs, so that nobody meets a token of a key not yet known.
    let kept = format!("public, max-age={}", server.tokens.lead().as_secs() / 2);
    if let Ok(value) = HeaderValue::try_from(kept) {
        response.headers_mut().insert(CACHE_CONTROL, value);
    }
    response
}

/// Client id and secret from the Basic header, or from the form where there is no header.
fn presented(headers: &HeaderMap, form: &Form) -> Option<(String, Zeroizing<String>)> {
    let Some(header) = headers.get(AUTHORIZATION) else {
        return Some((form.value("client_id")?, Zeroizing::new(form.value("client_secret")?)));
    };
    let (scheme, encoded) = header.to_str().ok()?.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = Zeroizing::new(STANDARD.decode(encoded.trim()).ok()?);
    let (client_id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((client_id.to_owned(), Zeroizing::new(secret.to_owned())))
}

fn refuse(status: StatusCode, error: &str) -> Response {
    let mut response = private(json(status, &json!({ "error": error })));
    if status == StatusCode::UNAUTHORIZED {
        response
            .headers_mut()
            .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic realm=\"fanpoints\""));
    }
    response
}

fn slow_down(seconds: u64) -> Response {
    let mut response = refuse(StatusCode::TOO_MANY_REQUESTS, "slow_down");
    response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    response
}

fn private(mut response: Response) -> Response {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.into_response()
}

/// An `application/x-www-form-urlencoded` body.
struct Form(Vec<(String, String)>);

impl Form {
    fn read(body: &[u8]) -> Self {
        let pairs = body.split(|byte| *byte == b'&').filter_map(|pair| {
            let mut parts = pair.splitn(2, |byte| *byte == b'=');
            let name = decode(parts.next()?)?;
            let value = decode(parts.next().unwrap_or_default())?;
            Some((name, value))
        });
        Self(pairs.collect())
    }

    fn value(&self, name: &str) -> Option<String> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone())
    }
}

/// Percent-decoding; None where it is not UTF-8.
fn decode(text: &[u8]) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let high = char::from(rest.next()?).to_digit(16)?;
                let low = char::from(rest.next()?).to_digit(16)?;
                u8::try_from(high * 16 + low).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_decoded() {
        let form =
            Form::read(b"grant_type=client_credentials&scope=resource-server%2Fapi&note=a+b&empty=&bad=%zz");
        assert_eq!(form.value("scope").as_deref(), Some("resource-server/api"));
        assert_eq!(form.value("note").as_deref(), Some("a b"));
        assert_eq!(form.value("empty").as_deref(), Some(""));
        assert_eq!(form.value("bad"), None);
    }
}
