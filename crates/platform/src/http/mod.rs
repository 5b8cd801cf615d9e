//! What is spoken over HTTP: tokens, GraphQL, the example fans' pages, health and metrics.

mod admission;
mod body;
mod events;
pub mod fan_page;
pub mod graphql;
pub mod health;
mod listen;
pub mod live;
pub mod pair;
pub mod pay;
mod request;
pub mod token;

pub use listen::{Listening, TlsError, listen};
pub use request::Origin;

use std::any::Any;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::DefaultBodyLimit;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Router, middleware};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::api::Schema;
use crate::auth::secrets::Secrets;
use crate::auth::sign_ins::SignIns;
use crate::auth::throttle::Throttle;
use crate::auth::tokens::Tokens;
use crate::config::Config;
use crate::environment::{Environment, EnvironmentName};
use crate::metrics::Metrics;

/// Everything that a request may need.
pub struct Server {
    pub environments: Vec<Arc<Environment>>,
    pub schema: Schema,
    pub secrets: Secrets,
    pub tokens: Tokens,
    pub requests: Throttle<String>,
    /// Open WebSockets.
    pub lines: live::Lines,
    pub sign_ins: SignIns,
    /// Guesses by people who are not signed in, by where they come from.
    pub strangers: Throttle<Origin>,
    pub metrics: Arc<Metrics>,
    pub limits: Limits,
    /// Events are kept for so long, and none that is older is taken.
    pub event_retention: Duration,
    pub started: Instant,
}

/// How much of the server one request may take.
pub struct Limits {
    /// From the head to the answer.
    pub request_time: Duration,
    /// For the body to arrive.
    pub body_time: Duration,
    /// Proxies whose word about their peers is taken.
    pub trusted_proxies: Vec<IpAddr>,
}

pub type Shared = Arc<Server>;

/// Wrong tokens and passes that one address may present in a minute.
pub const STRANGERS_A_MINUTE: u32 = 20;

impl Server {
    pub fn environment(&self, name: EnvironmentName) -> Option<&Arc<Environment>> {
        self.environments.iter().find(|environment| environment.name == name)
    }
}

/// All routes of the server. `figures` adds those that are nobody's business on a public address.
pub fn router(server: &Shared, config: &Config, figures: bool) -> Router {
    let admitted = middleware::from_fn_with_state(Arc::clone(server), admission::admit);
    let mut routes = Router::new()
        .route("/events", post(events::record))
        .route("/leaderboard", get(events::leaderboard))
        .route_layer(admitted.clone())
        // A WebSocket may sign in later than by its headers.
        .route("/graphql", post(graphql::execute).route_layer(admitted).get(live::connect))
        .route("/oauth2/token", post(token::issue))
        .route("/pair", post(pair::pair))
        .route("/pay/{environment}/{session}", get(pay::page).post(pay::decide))
        .route("/.well-known/jwks.json", get(token::key_set))
        .route("/fan/{id}", get(fan_page::page))
        .route("/fan/{id}/codes.json", get(fan_page::codes))
        .route("/fan/{id}/qr/{file}", get(fan_page::picture))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready));
    if figures {
        routes = routes.route("/metrics", get(health::metrics));
    }
    accompanied(routes, server, config)
}

/// The routes of the address that only the operator reaches.
pub fn figures(server: &Shared, config: &Config) -> Router {
    let routes = Router::new()
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics));
    accompanied(routes, server, config)
}

fn accompanied(routes: Router<Shared>, server: &Shared, config: &Config) -> Router {
    let metrics = Arc::clone(&server.metrics);
    let routes = routes
        .fallback(|| async { error(StatusCode::NOT_FOUND, "NOT_FOUND", "there is nothing here") })
        .layer(DefaultBodyLimit::max(config.max_request_bytes))
        .layer(CatchPanicLayer::custom(move |_: Box<dyn Any + Send>| {
            metrics.panicked();
            error(StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL", "the server could not do this")
        }))
        .layer(middleware::from_fn_with_state(Arc::clone(server), request::accompany));
    cross_origin(routes, config).with_state(Arc::clone(server))
}

/// Pages of other origins get nothing, unless the operator has named their origin.
fn cross_origin(routes: Router<Shared>, config: &Config) -> Router<Shared> {
    let origins: Vec<HeaderValue> =
        config.cors_origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect();
    if origins.is_empty() {
        return routes;
    }
    let told = ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"].map(HeaderName::from_static);
    routes.layer(
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins))
            .allow_methods([Method::GET, Method::POST])
            .allow_headers([AUTHORIZATION, CONTENT_TYPE, request::REQUEST_ID])
            .expose_headers(told.into_iter().chain([RETRY_AFTER, request::REQUEST_ID]).collect::<Vec<_>>())
            .max_age(Duration::from_secs(600)),
    )
}

/// An answer with a JSON body.
pub fn json(status: StatusCode, body: &serde_json::Value) -> Response {
    (status, axum::Json(body)).into_response()
}

/// An error of a whole request, in GraphQL's form.
pub fn error(status: StatusCode, code: &str, message: &str) -> Response {
    json(status, &serde_json::json!({ "errors": [{ "message": message, "extensions": { "code": code } }] }))
}
