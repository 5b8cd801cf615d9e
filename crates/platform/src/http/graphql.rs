//! `POST /graphql`: signing in, limits, execution, and the wait until what was changed is on disk.

use std::sync::Arc;
use std::time::Instant;

use async_graphql::parser::types::{ExecutableDocument, OperationType, Selection};
use axum::extract::{FromRequest as _, Request, State};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::body::Json;
use super::request::RequestId;
use super::{Server, Shared, error};
use crate::auth::access::Caller;
use crate::auth::throttle::Allowance;
use crate::environment::EnvironmentName;
use crate::store::now_us;

/// Fields that one operation may select at its top: the size of a batch and some room.
const MAX_TOP_FIELDS: usize = 120;

/// Runs one GraphQL request.
pub async fn execute(State(server): State<Shared>, request: Request) -> Response {
    let Some(caller) = sign_in(&server, &request).map(Arc::new) else {
        server.metrics.refused("unauthenticated");
        return error(StatusCode::UNAUTHORIZED, "UNAUTHENTICATED", "sign in first");
    };
    let allowance = server.requests.take(&caller.client_id, Instant::now());
    if !allowance.allowed {
        server.metrics.refused("throttled");
        let response = error(StatusCode::TOO_MANY_REQUESTS, "THROTTLED", "too many requests");
        return with_allowance(response, allowance);
    }
    let response = match Json::from_request(request, &server).await {
        Ok(body) => run(&server, caller, &body.0).await,
        Err(refusal) => refusal,
    };
    with_allowance(response, allowance)
}

async fn run(server: &Shared, caller: Arc<Caller>, body: &[u8]) -> Response {
    let Some(mut request) = read(body) else {
        return error(StatusCode::BAD_REQUEST, "BAD_REQUEST", "the body is not a GraphQL request in JSON");
    };
    if caller.environment.name == EnvironmentName::Production {
        request = request.disable_introspection();
    }
    // A document that does not parse is reported by the execution, with its position.
    if let Ok(document) = request.parsed_query() {
        let shape = Shape::of(document);
        if shape.top_fields > MAX_TOP_FIELDS {
            return error(StatusCode::BAD_REQUEST, "TOO_COMPLEX", "too many operations in one request");
        }
        caller.announce(shape.mutations);
    }
    let response = server.schema.execute(request.data(Arc::clone(&caller))).await;
    if let Err(failure) = caller.settle().await {
        tracing::error!(error = %failure, "changes were not committed");
        return error(StatusCode::SERVICE_UNAVAILABLE, "NOT_COMMITTED", "nothing was changed; try again");
    }
    match serde_json::to_vec(&response) {
        Ok(bytes) => ([(CONTENT_TYPE, HeaderValue::from_static("application/json"))], bytes).into_response(),
        Err(failure) => {
            tracing::error!(error = %failure, "an answer could not be written");
            error(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", "the answer could not be written")
        }
    }
}

/// The request in a body. Some clients, Python's among them, write `NaN` and `Infinity`, which JSON does not have:
/// they are read as a number that is no price, so that the caller gets the refusal that fits.
fn read(body: &[u8]) -> Option<async_graphql::Request> {
    serde_json::from_slice(body).ok().or_else(|| serde_json::from_slice(&without_nan(body)?).ok())
}

/// The body with each of these words outside of texts replaced; None where there is none.
fn without_nan(body: &[u8]) -> Option<Vec<u8>> {
    const WORDS: [&[u8]; 2] = [b"Infinity", b"NaN"];
    const NO_PRICE: &[u8] = b"1e308";
    let mut clean = Vec::with_capacity(body.len());
    let mut rest = body;
    let (mut in_text, mut escaped, mut replaced) = (false, false, false);
    while let Some((byte, after)) = rest.split_first() {
        let word = WORDS.iter().find(|word| !in_text && rest.starts_with(word));
        if let Some(word) = word {
            clean.extend_from_slice(NO_PRICE);
            rest = rest.get(word.len()..)?;
            replaced = true;
            continue;
        }
        in_text ^= *byte == b'"' && !escaped;
        escaped = in_text && *byte == b'\\' && !escaped;
        clean.push(*byte);
        rest = after;
    }
    replaced.then_some(clean)
}

/// The caller behind the token: its credential must still exist and not have expired.
pub(super) fn sign_in(server: &Server, request: &Request) -> Option<Caller> {
    let caller = caller_of(server, request.headers().get(AUTHORIZATION)?.to_str().ok()?)?;
    let name = request.extensions().get::<RequestId>().map(ToString::to_string).unwrap_or_default();
    Some(caller.in_request(name))
}

/// As [`sign_in`], from the text of an `Authorization` header.
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

struct Shape {
    /// The most fields at the top of any operation.
    top_fields: usize,
    /// The mutations among them, of all operations together.
    mutations: usize,
}

impl Shape {
    fn of(document: &ExecutableDocument) -> Self {
        let mut shape = Self { top_fields: 0, mutations: 0 };
        for (_, operation) in document.operations.iter() {
            let items = &operation.node.selection_set.node.items;
            shape.top_fields = shape.top_fields.max(items.len());
            if operation.node.ty == OperationType::Mutation {
                let fields = items.iter().filter(|item| matches!(item.node, Selection::Field(_)));
                shape.mutations += fields.count();
            }
        }
        shape
    }
}

/// Tells the caller how much is left (draft-ietf-httpapi-ratelimit-headers).
pub(super) fn with_allowance(mut response: Response, allowance: Allowance) -> Response {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_are_no_json_are_replaced_outside_of_texts_only() {
        let clean = |body: &str| without_nan(body.as_bytes()).map(|bytes| String::from_utf8(bytes).unwrap());
        assert_eq!(clean(r#"{"a":NaN,"b":-Infinity}"#).unwrap(), r#"{"a":1e308,"b":-1e308}"#);
        assert_eq!(clean(r#"{"a":"NaN \" NaN \\","b":NaN}"#).unwrap(), r#"{"a":"NaN \" NaN \\","b":1e308}"#);
        assert_eq!(clean(r#"{"a":"Infinity"}"#), None);
    }
}
