//! One request over HTTP, and what its failures are called here.

use std::error::Error;
use std::time::{Duration, Instant};

use openidconnect::{HttpRequest, HttpResponse};
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Response, StatusCode, Url};
use serde_json::Value;
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::values::wall_clock;
use crate::{ClientError, OfflineKind, parse_retry_after};

/// By this name a request is found in both logs.
const REQUEST_ID: &str = "x-request-id";

/// More than any answer to this device holds.
const LONGEST_ANSWER: usize = 8 * 1024 * 1024;

/// How long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timeouts {
    /// For a connection.
    pub connect: Duration,
    /// For the whole of an answer.
    pub request: Duration,
    /// For the answer to a light question.
    pub light: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            request: Duration::from_secs(20),
            light: Duration::from_secs(5),
        }
    }
}

pub(crate) fn client(timeouts: &Timeouts) -> Result<Client, ClientError> {
    Client::builder()
        .connect_timeout(timeouts.connect)
        .timeout(timeouts.request)
        // An answer from elsewhere is none, and a secret must not follow a redirection.
        .redirect(reqwest::redirect::Policy::none())
        .user_agent(concat!("fanpoints-partner/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(|error| {
            tracing::error!(%error, "the HTTP client could not be made");
            ClientError::Offline(OfflineKind::Certificate)
        })
}

/// An address that secrets may be sent to: encrypted, or on this very machine, or, where `open` is
/// said, anywhere.
pub(crate) fn address(text: &str, open: bool) -> Result<Url, ClientError> {
    let url = Url::parse(text.trim()).map_err(|_| ClientError::BadAddress)?;
    let host = url.host_str().ok_or(ClientError::BadAddress)?;
    let at_home = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    match url.scheme() {
        "https" => Ok(url),
        "http" if at_home || open => Ok(url),
        _ => Err(ClientError::BadAddress),
    }
}

/// An answer that came: its status, and the body where it is JSON.
pub(crate) struct Answered {
    pub status: StatusCode,
    pub body: Option<Value>,
    pub retry_after: Option<Duration>,
}

impl Answered {
    /// The failure that a status other than success stands for.
    pub(crate) fn failure(&self) -> ClientError {
        match self.status {
            StatusCode::UNAUTHORIZED => ClientError::SignInRefused,
            StatusCode::FORBIDDEN => ClientError::Forbidden,
            StatusCode::TOO_MANY_REQUESTS => ClientError::RateLimited { retry_after: self.retry_after },
            StatusCode::SERVICE_UNAVAILABLE if self.retry_after.is_some() => {
                ClientError::RateLimited { retry_after: self.retry_after }
            }
            StatusCode::BAD_REQUEST | StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNPROCESSABLE_ENTITY => {
                ClientError::Rejected
            }
            status => ClientError::Server(status.as_u16()),
        }
    }
}

pub(crate) async fn post_json(
    client: &Client,
    url: &Url,
    token: &HeaderValue,
    body: &Value,
    timeout: Duration,
) -> Result<Answered, ClientError> {
    let request = client.post(url.clone()).header(AUTHORIZATION, token.clone()).json(body);
    send(request.timeout(timeout)).await
}

/// Without a sign-in: for what proves itself.
pub(crate) async fn post_open(
    client: &Client,
    url: &Url,
    body: &Value,
    timeout: Duration,
) -> Result<Answered, ClientError> {
    send(client.post(url.clone()).json(body).timeout(timeout)).await
}

pub(crate) async fn post_form(
    client: &Client,
    url: &Url,
    basic: HeaderValue,
    body: &'static str,
    timeout: Duration,
) -> Result<Answered, ClientError> {
    let request = client
        .post(url.clone())
        .header(AUTHORIZATION, basic)
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(body);
    send(request.timeout(timeout)).await
}

/// A request that a library has put together, with the same care as our own.
pub(crate) async fn exchange(client: &Client, request: HttpRequest) -> Result<HttpResponse, ClientError> {
    address(&request.uri().to_string(), false)?;
    let request = reqwest::Request::try_from(request).map_err(|_| ClientError::BadAddress)?;
    let response = client.execute(request).await.map_err(|error| failure(&error))?;
    let mut exchanged = HttpResponse::new(Vec::new());
    *exchanged.status_mut() = response.status();
    exchanged.headers_mut().clone_from(response.headers());
    exchanged.body_mut().clone_from(&*read(response).await?);
    tracing::info!(status = exchanged.status().as_u16(), "the provider answered");
    Ok(exchanged)
}

/// Names the request, in the platform's log and in this one.
async fn send(request: RequestBuilder) -> Result<Answered, ClientError> {
    let request_id = Uuid::now_v7();
    let started = Instant::now();
    let answered = converse(request.header(REQUEST_ID, request_id.to_string())).await;
    let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    match &answered {
        Ok(answered) => tracing::info!(%request_id, status = answered.status.as_u16(), millis, "answered"),
        Err(error) => tracing::info!(%request_id, code = error.code(), millis, "not answered"),
    }
    answered
}

async fn converse(request: RequestBuilder) -> Result<Answered, ClientError> {
    let response = request.send().await.map_err(|error| failure(&error))?;
    let status = response.status();
    let header = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
    let retry_after = header.and_then(|value| parse_retry_after(value, wall_clock()));
    let bytes = read(response).await?;
    Ok(Answered { status, body: serde_json::from_slice(&bytes).ok(), retry_after })
}

/// The whole body. Answers can hold a token, so what is read is wiped.
async fn read(mut response: Response) -> Result<Zeroizing<Vec<u8>>, ClientError> {
    let mut bytes = Zeroizing::new(Vec::new());
    while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error))? {
        if bytes.len() + chunk.len() > LONGEST_ANSWER {
            return Err(ClientError::Malformed);
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

/// What a failure of the HTTP client means. Its text may hold the address but no header or body.
fn failure(error: &reqwest::Error) -> ClientError {
    if error.is_timeout() {
        return if error.is_connect() {
            ClientError::Offline(OfflineKind::Unreachable)
        } else {
            ClientError::TimedOut
        };
    }
    if speaks_of_certificates(error) {
        return ClientError::Offline(OfflineKind::Certificate);
    }
    if error.is_connect() {
        return ClientError::Offline(OfflineKind::Unreachable);
    }
    if error.is_builder() {
        return ClientError::BadAddress;
    }
    ClientError::Offline(OfflineKind::ConnectionLost)
}

fn speaks_of_certificates(error: &reqwest::Error) -> bool {
    let mut source = error.source();
    while let Some(cause) = source {
        if cause.to_string().to_lowercase().contains("certificate") {
            return true;
        }
        source = cause.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_go_out_encrypted_or_stay_at_home() {
        for good in
            ["https://api.example.com", "http://127.0.0.1:8080/", "http://localhost:1", "http://[::1]:9"]
        {
            assert!(address(good, false).is_ok(), "{good}");
        }
        for bad in ["http://api.example.com", "ftp://api.example.com", "api.example.com", "", "https://"] {
            assert!(address(bad, false).is_err(), "{bad}");
        }
        assert!(address("http://192.168.1.20:8080", true).is_ok());
    }
}
