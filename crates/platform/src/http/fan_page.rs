//! The phone of an example fan: a page with the fan's codes, for pointing a camera at. Other fans have no page.

use axum::extract::{Path, Query, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use fanpass::FanPointsId;
use ledger::{FanPoints, OfflinePolicy};
use serde::Deserialize;
use serde_json::json;

use super::{Shared, json};
use crate::codes::{CodeError, Codes, LIVE_SECONDS, qr_png};
use crate::environment::{Environment, EnvironmentName};
use crate::store::fans::{self, Fan};
use crate::store::keys::{PassKeys, example_device};
use crate::store::{Program, StoreError, now_us};

const PAGE: &str = include_str!("fan_page.html");
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src 'self'; \
                      connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Development, unless the address says otherwise.
#[derive(Deserialize)]
pub struct Which {
    environment: Option<String>,
}

struct Shown {
    environment: EnvironmentName,
    program: String,
    currency: String,
    fan: Fan,
    codes: Codes,
}

enum Missing {
    Fan,
    Storage(StoreError),
    Codes(CodeError),
}

impl From<StoreError> for Missing {
    fn from(error: StoreError) -> Self {
        Self::Storage(error)
    }
}

/// `/fan/<id>`
pub async fn page(
    State(server): State<Shared>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
) -> Response {
    match show(&server, &id, &which).await {
        Ok(shown) => html(&shown),
        Err(missing) => absent(missing),
    }
}

/// `/fan/<id>/codes.json`
pub async fn codes(
    State(server): State<Shared>,
    Path(id): Path<String>,
    Query(which): Query<Which>,
) -> Response {
    match show(&server, &id, &which).await {
        Ok(shown) => ([(CACHE_CONTROL, "no-store")], axum::Json(shown.codes)).into_response(),
        Err(missing) => absent(missing),
    }
}

/// `/fan/<id>/qr/<code>.png`
pub async fn picture(
    State(server): State<Shared>,
    Path((id, file)): Path<(String, String)>,
    Query(which): Query<Which>,
) -> Response {
    let shown = match show(&server, &id, &which).await {
        Ok(shown) => shown,
        Err(missing) => return absent(missing),
    };
    let codes = shown.codes;
    let text = match file.as_str() {
        "live.png" => codes.live,
        "card.png" => codes.card,
        "json_v1.png" => codes.json_v1,
        "deep_link.png" => codes.deep_link,
        "id.png" => codes.id,
        _ => return absent(Missing::Fan),
    };
    match tokio::task::spawn_blocking(move || qr_png(&text)).await {
        Ok(Ok(bytes)) => ([(CONTENT_TYPE, "image/png"), (CACHE_CONTROL, "no-store")], bytes).into_response(),
        Ok(Err(error)) => absent(Missing::Codes(error)),
        Err(_) => absent(Missing::Storage(StoreError::Stopped)),
    }
}

async fn show(server: &Shared, id: &str, which: &Which) -> Result<Shown, Missing> {
    let id: FanPointsId = id.parse().map_err(|_| Missing::Fan)?;
    let wanted = which.environment.as_deref().unwrap_or(EnvironmentName::Development.name());
    let name: EnvironmentName = wanted.parse().map_err(|()| Missing::Fan)?;
    let environment = server.environment(name).ok_or(Missing::Fan)?;
    for program in environment.store.catalogue().programs.values() {
        if let Some(shown) = show_in(environment, program, id).await? {
            return Ok(shown);
        }
    }
    Err(Missing::Fan)
}

async fn show_in(
    environment: &Environment,
    program: &Program,
    id: FanPointsId,
) -> Result<Option<Shown>, Missing> {
    let no = program.no;
    let known = environment
        .store
        .read(move |connection| {
            let Some(fan) = fans::find(connection, &[no], &id.to_string())? else {
                return Ok(None);
            };
            let device = example_device(connection, fan.no)?;
            let keys = PassKeys::load(connection, no)?;
            Ok(device.zip(keys).map(|(device, keys)| (fan, device, keys)))
        })
        .await?;
    let Some((fan, device, keys)) = known else {
        return Ok(None);
    };
    let allowance = offline_allowance(&program.offline_policy, fan.wallet);
    let codes = Codes::make(&fan, &keys, &device, allowance, now_us() / 1000).map_err(Missing::Codes)?;
    Ok(Some(Shown {
        environment: environment.name,
        program: program.name.clone(),
        currency: program.currency.to_string().to_uppercase(),
        fan,
        codes,
    }))
}

/// What the pass promises for offline use: the policy's cap for one fan, and its share of the balance.
fn offline_allowance(policy: &OfflinePolicy, wallet: FanPoints) -> FanPoints {
    let share = wallet.0.saturating_mul(i64::from(policy.max_fan_share_percent)) / 100;
    FanPoints(share.min(policy.max_fan_unsynced.0).max(0))
}

fn html(shown: &Shown) -> Response {
    let fan = &shown.fan;
    let value = format!("{} {}.{:02}", shown.currency, fan.wallet.0 / 100, fan.wallet.0 % 100);
    let fields = [
        ("{{program}}", escape(&shown.program)),
        ("{{environment}}", shown.environment.to_string()),
        ("{{user_id}}", fan.id.to_string()),
        ("{{grouped}}", fan.id.grouped()),
        ("{{fan_points}}", grouped(fan.wallet.0)),
        ("{{value}}", value),
        ("{{status_points}}", grouped(fan.standing.0)),
        ("{{live_seconds}}", LIVE_SECONDS.to_string()),
    ];
    let page = fields.iter().fold(PAGE.to_owned(), |page, (mark, text)| page.replace(mark, text));
    let headers = [
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY)),
        (REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
        (X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    (headers, page).into_response()
}

fn absent(missing: Missing) -> Response {
    match missing {
        Missing::Fan => json(StatusCode::NOT_FOUND, &json!({ "error": "no example fan has this page" })),
        Missing::Storage(error) => {
            tracing::error!(%error, "a fan page failed");
            json(StatusCode::SERVICE_UNAVAILABLE, &json!({ "error": "try again" }))
        }
        Missing::Codes(error) => {
            tracing::error!(%error, "a fan's codes could not be made");
            json(StatusCode::SERVICE_UNAVAILABLE, &json!({ "error": "try again" }))
        }
    }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// `1,240`
fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut text = if number < 0 { "-".to_owned() } else { String::new() };
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_grouped_by_thousands() {
        for (number, text) in [(0, "0"), (940, "940"), (1240, "1,240"), (-1_000_000, "-1,000,000")] {
            assert_eq!(grouped(number), text);
        }
    }

    #[test]
    fn the_page_names_nothing_outside_itself() {
        assert!(!PAGE.contains("http://") && !PAGE.contains("https://"));
    }
}
