//! A request's body: read whole, within its size and its time, and only if it says that it is what is wanted.

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::{Shared, error};

/// The bytes of a body, of whatever type.
pub struct Whole(pub Bytes);

/// The bytes of a body that calls itself JSON, or nothing at all.
pub struct Json(pub Bytes);

impl FromRequest<Shared> for Whole {
    type Rejection = Response;

    async fn from_request(request: Request, server: &Shared) -> Result<Self, Response> {
        match tokio::time::timeout(server.limits.body_time, Bytes::from_request(request, server)).await {
            Ok(Ok(bytes)) => Ok(Self(bytes)),
            Ok(Err(failure)) if failure.status() == StatusCode::PAYLOAD_TOO_LARGE => {
                server.metrics.refused("too_large");
                Err(error(StatusCode::PAYLOAD_TOO_LARGE, "TOO_LARGE", "the request is too large"))
            }
            Ok(Err(_)) => Err(error(StatusCode::BAD_REQUEST, "BAD_REQUEST", "the body broke off")),
            Err(_) => {
                server.metrics.refused("slow_body");
                Err(error(StatusCode::REQUEST_TIMEOUT, "TIMEOUT", "the body came too slowly"))
            }
        }
    }
}

impl FromRequest<Shared> for Json {
    type Rejection = Response;

    async fn from_request(request: Request, server: &Shared) -> Result<Self, Response> {
        if !may_be_json(request.headers()) {
            server.metrics.refused("media_type");
            let message = "the body has to be application/json";
            return Err(error(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UNSUPPORTED_MEDIA_TYPE", message));
        }
        Whole::from_request(request, server).await.map(|body| Self(body.0))
    }
}

fn may_be_json(headers: &HeaderMap) -> bool {
    let Some(value) = headers.get(CONTENT_TYPE) else {
        return true;
    };
    let media = value.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
    media.eq_ignore_ascii_case("application/json")
}
