//! `POST /graphql`: limits of a request, execution, and the wait until what was changed is on disk.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};

use super::body::Json;
use super::{Shared, error};
use crate::api::foresight;
use crate::api::shape::Shape;
use crate::auth::access::Caller;
use crate::environment::EnvironmentName;

/// Runs one GraphQL request.
pub async fn execute(
    State(server): State<Shared>,
    Extension(caller): Extension<Arc<Caller>>,
    Json(body): Json,
) -> Response {
    let Some(mut request) = read(&body) else {
        return error(StatusCode::BAD_REQUEST, "BAD_REQUEST", "the body is not a GraphQL request in JSON");
    };
    if caller.environment.name == EnvironmentName::Production {
        request = request.disable_introspection();
    }
    let variables = std::mem::take(&mut request.variables);
    // A document that does not parse is reported by the execution, with its position.
    if let Ok(document) = request.parsed_query() {
        let Some(shape) = Shape::of(document) else {
            return error(
                StatusCode::BAD_REQUEST,
                "TOO_COMPLEX",
                "too many operations or fields in one request",
            );
        };
        caller.announce(shape.mutations, foresight::of(&caller, document, &variables));
    }
    request.variables = variables;
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
