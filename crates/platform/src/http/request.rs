//! What every request goes through, whatever it asks: a name in the log, a limit of time, and a figure in the metrics.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::time::Instant;

use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;
use uuid::Uuid;

use super::{Shared, error};

/// Carries a request's name in both directions, so that the caller's log and this one can be laid side by side.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// Longer names are replaced: they go into every line of the log.
const LONGEST_ID: usize = 64;

/// A request's name: the caller's where it is a sensible one, else a new UUID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    fn of(headers: &HeaderMap) -> Self {
        let given = headers.get(REQUEST_ID).and_then(|value| value.to_str().ok());
        let sensible = |id: &&str| {
            (1..=LONGEST_ID).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
        };
        Self(given.filter(sensible).map_or_else(|| Uuid::now_v7().to_string(), str::to_owned))
    }
}

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a request comes from: the peer, or whom a trusted proxy names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Origin(pub IpAddr);

/// The nearest address that is no proxy of ours: what lies behind it can be made up by anybody.
fn origin(peer: IpAddr, headers: &HeaderMap, proxies: &[IpAddr]) -> Origin {
    if !proxies.contains(&peer) {
        return Origin(peer);
    }
    let named = headers.get_all(FORWARDED_FOR).iter().rev().filter_map(|value| value.to_str().ok());
    let hops = named.flat_map(|line| line.rsplit(',')).map(|hop| hop.trim().parse::<IpAddr>());
    for hop in hops {
        match hop {
            Ok(address) if !proxies.contains(&address) => return Origin(address),
            Ok(_) => {}
            Err(_) => break,
        }
    }
    Origin(peer)
}

/// Names the request, runs it within its time, logs and counts it.
pub async fn accompany(
    State(server): State<Shared>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    mut request: Request,
    next: Next,
) -> Response {
    let started = Instant::now();
    let id = RequestId::of(request.headers());
    let route = request.extensions().get::<MatchedPath>().map_or("other", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", request_id = %id, method = %request.method(), route);
    let origin = origin(peer.ip(), request.headers(), &server.limits.trusted_proxies);
    request.extensions_mut().insert(origin);
    request.extensions_mut().insert(id.clone());
    async move {
        let limit = server.limits.request_time;
        let mut response = match tokio::time::timeout(limit, next.run(request)).await {
            Ok(response) => response,
            Err(_) => error(StatusCode::SERVICE_UNAVAILABLE, "TIMEOUT", "the request took too long"),
        };
        let took = started.elapsed();
        let status = response.status().as_u16();
        server.metrics.answered(&route, status, took);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        if route == "/graphql" || status >= 400 {
            tracing::info!(status, micros, "answered");
        } else {
            tracing::debug!(status, micros, "answered");
        }
        if let Ok(value) = HeaderValue::from_str(&id.0) {
            response.headers_mut().insert(REQUEST_ID, value);
        }
        response
    }
    .instrument(span)
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(name: HeaderName, values: &[&str]) -> HeaderMap {
        values.iter().map(|value| (name.clone(), HeaderValue::from_str(value).unwrap())).collect()
    }

    #[test]
    fn a_sensible_name_is_kept_and_any_other_replaced() {
        let id = |value: &str| RequestId::of(&headers(REQUEST_ID, &[value])).0;
        assert_eq!(id("018f-till_2.a"), "018f-till_2.a");
        for bad in ["", "two words", "\"quoted\"", &"x".repeat(65)] {
            assert!(Uuid::parse_str(&id(bad)).is_ok(), "{bad}");
        }
        assert!(Uuid::parse_str(&RequestId::of(&HeaderMap::new()).0).is_ok());
    }

    #[test]
    fn only_trusted_proxies_are_believed_and_only_about_their_own_peer() {
        let address = |text: &str| text.parse::<IpAddr>().unwrap();
        let proxies = [address("10.0.0.1"), address("10.0.0.2")];
        let seen = |peer: &str, lines: &[&str]| {
            origin(address(peer), &headers(FORWARDED_FOR, lines), &proxies).0.to_string()
        };
        assert_eq!(seen("192.0.2.7", &["203.0.113.9"]), "192.0.2.7");
        assert_eq!(seen("10.0.0.1", &["203.0.113.9"]), "203.0.113.9");
        assert_eq!(seen("10.0.0.1", &["198.51.100.1, 203.0.113.9, 10.0.0.2"]), "203.0.113.9");
        assert_eq!(seen("10.0.0.1", &["198.51.100.1", "203.0.113.9"]), "203.0.113.9");
        assert_eq!(seen("10.0.0.1", &["nonsense"]), "10.0.0.1");
        assert_eq!(seen("10.0.0.1", &[]), "10.0.0.1");
    }
}
