//! What is spoken over HTTP: tokens, GraphQL, the example fans' pages, health and metrics.

pub mod fan_page;
pub mod graphql;
pub mod health;
pub mod token;

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};

use crate::api::Schema;
use crate::auth::secrets::Secrets;
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
    pub wrong_secrets: Throttle<String>,
    pub metrics: Arc<Metrics>,
    pub request_timeout: Duration,
    pub started: Instant,
}

pub type Shared = Arc<Server>;

/// Wrong secrets that one client id may present in a minute.
pub const WRONG_SECRETS_A_MINUTE: u32 = 10;

impl Server {
    pub fn environment(&self, name: EnvironmentName) -> Option<&Arc<Environment>> {
        self.environments.iter().find(|environment| environment.name == name)
    }
}

/// All routes of the server.
pub fn router(server: Shared, config: &Config) -> Router {
    Router::new()
        .route("/graphql", post(graphql::execute))
        .route("/oauth2/token", post(token::issue))
        .route("/.well-known/jwks.json", get(token::key_set))
        .route("/fan/{id}", get(fan_page::page))
        .route("/fan/{id}/codes.json", get(fan_page::codes))
        .route("/fan/{id}/qr/{file}", get(fan_page::picture))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready))
        .route("/metrics", get(health::metrics))
        .layer(DefaultBodyLimit::max(config.max_request_bytes))
        .with_state(server)
}

/// An answer with a JSON body.
pub fn json(status: StatusCode, body: &serde_json::Value) -> Response {
    (status, axum::Json(body)).into_response()
}
