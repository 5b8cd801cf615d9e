//! Who may come in: the caller behind the token, and how many requests that credential has left.

use std::sync::Arc;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;

use super::request::RequestId;
use super::{Server, Shared, error};
use crate::auth::access::Caller;
use crate::auth::throttle::Allowance;
use crate::store::now_us;

/// Lets a request through with its caller as an extension, and tells in the answer what is left of the allowance.
pub(super) async fn admit(State(server): State<Shared>, mut request: Request, next: Next) -> Response {
    let Some(caller) = sign_in(&server, &request) else {
        server.metrics.refused("unauthenticated");
        return error(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", "sign in first");
    };
    let allowance = server.requests.take(&caller.client_id, Instant::now());
    if !allowance.allowed {
        server.metrics.refused("throttled");
        let response = error(StatusCode::TOO_MANY_REQUESTS, "THROTTLED", "too many requests");
        return with_allowance(response, allowance);
    }
    request.extensions_mut().insert(Arc::new(caller));
    with_allowance(next.run(request).await, allowance)
}

/// The caller behind the token: its credential must still exist and not have expired.
fn sign_in(server: &Server, request: &Request) -> Option<Caller> {
    let caller = caller_of(server, request.headers().get(AUTHORIZATION)?.to_str().ok()?)?;
    let name = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
    Some(caller.in_request(name))
}

/// The caller that an `Authorization` header names.
pub(super) fn caller_of(server: &Server, header: &str) -> Option<Caller> {
    let header = header.trim();
    let token = match header.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        Some(_) => return None,
        None => header,
    };
    let (name, client_id) = server.tokens.verify(token)?;
    let environment = server.environment(name)?;
    let catalogue = environment.store.catalogue();
    let owner = catalogue.credentials.get(&client_id).filter(|known| known.expires_us > now_us())?.owner;
    Some(Caller::new(Arc::clone(environment), catalogue, owner, client_id))
}

/// Tells the caller how much is left (draft-ietf-httpapi-ratelimit-headers).
fn with_allowance(mut response: Response, allowance: Allowance) -> Response {
    let headers = response.headers_mut();
    let numbers = [
        ("ratelimit-limit", u64::from(allowance.limit)),
        ("ratelimit-remaining", u64::from(allowance.remaining)),
        ("ratelimit-reset", allowance.reset_secs),
    ];
    for (name, number) in numbers {
        headers.insert(HeaderName::from_static(name), HeaderValue::from(number));
    }
    // The newer drafts of the same standard fold the three into one, and name the policy.
    let folded = format!("\"credential\";r={};t={}", allowance.remaining, allowance.reset_secs);
    let policy = format!("\"credential\";q={};w=60", allowance.limit);
    for (name, text) in [("ratelimit", folded), ("ratelimit-policy", policy)] {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
    if !allowance.allowed {
        headers.insert(RETRY_AFTER, HeaderValue::from(allowance.reset_secs));
    }
    response
}
