//! Whether the server lives, whether it can work, and what it has done.

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use super::{Shared, json};
use crate::metrics::MEDIA_TYPE;
use crate::store::house;
use crate::store::sql::params;

/// The process answers.
pub async fn alive() -> Response {
    json(StatusCode::OK, &json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION") }))
}

/// Both environments can be read and written.
pub async fn ready(State(server): State<Shared>) -> Response {
    for environment in &server.environments {
        let read = environment
            .store
            .read(|connection| connection.query_row("SELECT 1", params![], |row| row.get(0)));
        let read: Result<i64, _> = read.await;
        let written = environment.store.commit(|_| Ok(())).await;
        if let Err(error) = read.map(|_| ()).and(written) {
            tracing::error!(environment = %environment.name, %error, "not ready");
            return json(StatusCode::SERVICE_UNAVAILABLE, &json!({ "status": "unavailable" }));
        }
    }
    json(StatusCode::OK, &json!({ "status": "ready" }))
}

/// Counters for Prometheus.
pub async fn metrics(State(server): State<Shared>) -> Response {
    for environment in &server.environments {
        let name = environment.name;
        server.metrics.storage(name, environment.store.load());
        match environment.store.read(house::totals).await {
            Ok(totals) => {
                let catalogue = environment.store.catalogue();
                for total in &totals {
                    if let Some(program) = catalogue.programs.get(&total.program) {
                        server.metrics.balance(name, &program.project_id, total);
                    }
                }
            }
            // The other figures are worth having all the more.
            Err(error) => tracing::warn!(environment = %name, %error, "the books could not be summed up"),
        }
    }
    let text = server.metrics.render(server.started.elapsed());
    ([(CONTENT_TYPE, MEDIA_TYPE)], text).into_response()
}
