//! The access token: fetched with client id and secret, kept, renewed before it ends.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use reqwest::header::HeaderValue;
use reqwest::{Client, Url};
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::client::ClientSecret;
use crate::{ClientError, http};

const FORM: &str = "grant_type=client_credentials&scope=resource-server%2Fapi";
/// A token is renewed so long before it ends.
const EARLY: Duration = Duration::from_secs(60);
/// A token without a believable end is used so long.
const SHORT: Duration = Duration::from_secs(5 * 60);

/// A token as it goes into a header.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
struct Token {
    text: String,
    #[zeroize(skip)]
    renew_at: Instant,
}

/// Fetches and keeps the token. One request at a time asks for a new one; the others wait for it.
pub(crate) struct TokenSource {
    client: Client,
    url: Url,
    basic: HeaderValue,
    timeout: Duration,
    current: Mutex<Option<Token>>,
}

impl TokenSource {
    pub(crate) fn new(
        client: Client,
        url: Url,
        client_id: &str,
        secret: &ClientSecret,
        timeout: Duration,
    ) -> Result<Self, ClientError> {
        let pair = Zeroizing::new(format!("{client_id}:{}", secret.expose()));
        let encoded = Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())));
        Ok(Self { client, url, basic: header(&encoded)?, timeout, current: Mutex::new(None) })
    }

    /// The token for the next request.
    pub(crate) async fn get(&self) -> Result<HeaderValue, ClientError> {
        let mut current = self.current.lock().await;
        if let Some(token) = current.as_ref().filter(|token| Instant::now() < token.renew_at) {
            return header(&token.text);
        }
        let token = self.fetch().await?;
        header(&current.insert(token).text)
    }

    /// A token other than `refused`, which the platform would not take any more.
    pub(crate) async fn renew(&self, refused: &HeaderValue) -> Result<HeaderValue, ClientError> {
        let mut current = self.current.lock().await;
        if let Some(token) = current.as_ref() {
            let known = header(&token.text)?;
            if known != *refused {
                return Ok(known);
            }
        }
        *current = None;
        let token = self.fetch().await?;
        header(&current.insert(token).text)
    }

    async fn fetch(&self) -> Result<Token, ClientError> {
        let asked = Instant::now();
        let answered =
            http::post_form(&self.client, &self.url, self.basic.clone(), FORM, self.timeout).await?;
        if !answered.status.is_success() {
            // Whatever a token endpoint calls it: with these credentials there is no token.
            let failure = answered.failure();
            return Err(match failure {
                ClientError::RateLimited { .. } => failure,
                _ if answered.status.is_client_error() => ClientError::SignInRefused,
                _ => failure,
            });
        }
        let body = answered.body.ok_or(ClientError::Malformed)?;
        let text = body.get("access_token").and_then(Value::as_str).ok_or(ClientError::Malformed)?;
        let lasts = lifetime(&body, text);
        tracing::debug!(seconds = lasts.as_secs(), "signed in");
        // A token that lasts hardly longer than the margin still serves for half of its life.
        let renew_at = asked + lasts.saturating_sub(EARLY).max(lasts / 2);
        Ok(Token { text: text.to_owned(), renew_at })
    }
}

/// How long a token lasts: by its own words, in which the device's clock plays no part, or by the
/// answer's, whichever ends first.
fn lifetime(body: &Value, token: &str) -> Duration {
    let told = body.get("expires_in").and_then(Value::as_u64).map(Duration::from_secs);
    let claims = claims(token);
    let claim = |name: &str| claims.as_ref()?.get(name)?.as_u64();
    let own =
        claim("exp").zip(claim("iat")).and_then(|(exp, iat)| exp.checked_sub(iat)).map(Duration::from_secs);
    match (told, own) {
        (Some(told), Some(own)) => told.min(own),
        (Some(one), None) | (None, Some(one)) => one,
        (None, None) => SHORT,
    }
}

fn claims(token: &str) -> Option<Value> {
    let payload = token.split('.').nth(1)?;
    serde_json::from_slice(&Zeroizing::new(URL_SAFE_NO_PAD.decode(payload.trim_end_matches('=')).ok()?)).ok()
}

fn header(text: &str) -> Result<HeaderValue, ClientError> {
    let mut value = HeaderValue::from_str(text).map_err(|_| ClientError::SignInRefused)?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn jwt(claims: &Value) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    #[test]
    fn the_earlier_end_counts() {
        let token = jwt(&json!({ "iat": 1000, "exp": 1600 }));
        assert_eq!(lifetime(&json!({ "expires_in": 3600 }), &token), Duration::from_secs(600));
        assert_eq!(lifetime(&json!({ "expires_in": 60 }), &token), Duration::from_secs(60));
        assert_eq!(lifetime(&json!({}), &token), Duration::from_secs(600));
        assert_eq!(lifetime(&json!({ "expires_in": 3600 }), "opaque"), Duration::from_secs(3600));
        assert_eq!(lifetime(&json!({}), "a.b.c"), SHORT);
        assert_eq!(lifetime(&json!({}), &jwt(&json!({ "iat": 9, "exp": 3 }))), SHORT);
    }
}
