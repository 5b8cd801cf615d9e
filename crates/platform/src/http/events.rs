//! `POST /events`: what fans did, told in batches; and `GET /leaderboard`: what became of it. A fan is named by an
//! opaque id, and a text that looks like a person's address or number is refused.

use std::sync::Arc;
use std::time::Duration;

use axum::Extension;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use jiff::Timestamp;
use ledger::PartnerId;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use sha2::{Digest as _, Sha256};

use super::body::Json;
use super::{Shared, error, json};
use crate::auth::access::Caller;
use crate::store::catalogue::Owner;
use crate::store::events::{self, NewEvent, Recorded};
use crate::store::{ProgramNo, now_us};

/// Events of one request.
const MOST: usize = 500;
const LONGEST_ID: usize = 64;
const LONGEST_DESCRIPTION: usize = 200;
const MOST_METADATA: usize = 16;
/// A client's clock may be ahead by so much.
const AHEAD_US: i64 = 5 * 60 * 1_000_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Batch {
    /// None: the partner's first program.
    project_id: Option<String>,
    events: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    client_event_id: String,
    user_id: String,
    action: String,
    #[serde(default)]
    description: String,
    object_id: Option<String>,
    #[serde(default)]
    metadata: Map<String, Value>,
    time: String,
}

/// Judges each event on its own, and keeps and rewards the good ones.
pub async fn record(
    State(server): State<Shared>,
    Extension(caller): Extension<Arc<Caller>>,
    Json(body): Json,
) -> Response {
    let batch: Batch = match serde_json::from_slice(&body) {
        Ok(batch) => batch,
        Err(_) => {
            let message = "the body is no batch of events in JSON";
            return error(StatusCode::BAD_REQUEST, "BAD_REQUEST", message);
        }
    };
    if batch.events.len() > MOST {
        return error(StatusCode::BAD_REQUEST, "TOO_MANY_EVENTS", "at most 500 events in one request");
    }
    let Some((program, partner)) = reached(&caller, batch.project_id.as_deref()) else {
        return error(StatusCode::FORBIDDEN, "NOT_AUTHORIZED", "this credential does not reach that program");
    };
    let now = now_us();
    let judged: Vec<_> = batch.events.iter().map(|event| judge(event, now, server.event_retention)).collect();
    caller.announce(judged.iter().filter(|event| event.is_ok()).count(), Vec::new());
    let mut results = Vec::with_capacity(judged.len());
    for (event, told) in judged.into_iter().zip(&batch.events) {
        let mut result = match event {
            Ok(event) => {
                match caller.write(move |turn| events::record(turn, program, partner, &event)).await {
                    Ok(recorded) => tell(recorded),
                    Err(_) => json!({ "status": "failed", "reason": "try again" }),
                }
            }
            Err(reason) => json!({ "status": "refused", "reason": reason }),
        };
        let id = told.get("client_event_id").and_then(Value::as_str).filter(|id| is_id(id));
        if let (Some(result), Some(id)) = (result.as_object_mut(), id) {
            result.insert("client_event_id".to_owned(), id.into());
        }
        results.push(result);
    }
    if let Err(failure) = caller.settle().await {
        tracing::error!(error = %failure, "events were not committed");
        return error(StatusCode::SERVICE_UNAVAILABLE, "NOT_COMMITTED", "nothing was changed; try again");
    }
    json(StatusCode::OK, &json!({ "results": results }))
}

/// The program that the events are for, and the partner who tells them.
fn reached(caller: &Caller, project_id: Option<&str>) -> Option<(ProgramNo, Option<PartnerId>)> {
    let program = *caller.programs(project_id).ok()?.first()?;
    match caller.owner {
        Owner::Partner(partner) => Some((program, Some(partner))),
        Owner::Program(_) => Some((program, None)),
    }
}

fn tell(recorded: Recorded) -> Value {
    match recorded {
        Recorded::New(reward) => json!({
            "status": "accepted",
            "status_points": reward.status_points.0,
            "badges": reward.badges,
            "level": reward.level,
        }),
        Recorded::Duplicate => json!({ "status": "duplicate" }),
        Recorded::Conflict => json!({ "status": "refused", "reason": "client_event_id_conflict" }),
        Recorded::UnknownUser => json!({ "status": "refused", "reason": "unknown_user" }),
    }
}

fn judge(told: &Value, now_us: i64, retention: Duration) -> Result<NewEvent, &'static str> {
    let event: Told = serde_json::from_value(told.clone()).map_err(|_| "malformed")?;
    if !is_id(&event.client_event_id) {
        return Err("invalid_client_event_id");
    }
    if !is_id(&event.user_id) {
        return Err("invalid_user_id");
    }
    if !is_id(&event.action) {
        return Err("invalid_action");
    }
    if event.object_id.as_deref().is_some_and(|id| !is_id(id)) {
        return Err("invalid_object_id");
    }
    if event.description.chars().count() > LONGEST_DESCRIPTION || !is_clean(&event.description) {
        return Err("invalid_description");
    }
    if !is_metadata(&event.metadata) {
        return Err("invalid_metadata");
    }
    let time: Timestamp = event.time.parse().map_err(|_| "invalid_time")?;
    let occurred_us = time.as_microsecond();
    let oldest = now_us.saturating_sub(i64::try_from(retention.as_micros()).unwrap_or(i64::MAX));
    if !(oldest..=now_us.saturating_add(AHEAD_US)).contains(&occurred_us) {
        return Err("invalid_time");
    }
    Ok(NewEvent {
        digest: Sha256::digest(told.to_string().as_bytes()).into(),
        client_event_id: event.client_event_id,
        user: event.user_id,
        action: event.action,
        description: event.description,
        object_id: event.object_id,
        metadata: Value::Object(event.metadata).to_string(),
        occurred_us,
        received_us: now_us,
    })
}

/// An opaque id: no address, no sentence.
fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte);
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(plain)
}

/// No control characters, and nothing that looks like a mail address or a telephone number.
fn is_clean(text: &str) -> bool {
    let telephone = text.split('+').skip(1).any(|rest| {
        let number = rest.chars().take_while(|c| c.is_ascii_digit() || " -()/.".contains(*c));
        number.filter(char::is_ascii_digit).count() >= 7
    });
    !telephone && !text.contains('@') && !text.chars().any(char::is_control)
}

fn is_metadata(metadata: &Map<String, Value>) -> bool {
    let good = |(key, value): (&String, &Value)| {
        is_id(key)
            && match value {
                Value::Null | Value::Bool(_) | Value::Number(_) => true,
                Value::String(text) => text.chars().count() <= LONGEST_DESCRIPTION && is_clean(text),
                Value::Array(_) | Value::Object(_) => false,
            }
    };
    metadata.len() <= MOST_METADATA && metadata.iter().all(good)
}

#[derive(Deserialize)]
pub struct Board {
    project_id: Option<String>,
    limit: Option<u32>,
}

/// The fans with the most Status Points, by pseudonym.
pub async fn leaderboard(
    Extension(caller): Extension<Arc<Caller>>,
    board: Result<Query<Board>, QueryRejection>,
) -> Response {
    let Ok(Query(board)) = board else {
        return error(StatusCode::BAD_REQUEST, "BAD_REQUEST", "limit is a number, project_id a text");
    };
    let Some((program, _)) = reached(&caller, board.project_id.as_deref()) else {
        return error(StatusCode::FORBIDDEN, "NOT_AUTHORIZED", "this credential does not reach that program");
    };
    let limit = board.limit.unwrap_or(10).clamp(1, 100);
    let read = caller.read(move |connection| events::leaderboard(connection, program, limit)).await;
    let Ok(places) = read else {
        return error(
            StatusCode::SERVICE_UNAVAILABLE,
            "INTERNAL",
            "the server could not do this now; try again",
        );
    };
    let known = caller.catalogue.programs.get(&program);
    let rows: Vec<Value> = (1..)
        .zip(places)
        .map(|(rank, place): (u32, events::Place)| {
            json!({
                "rank": rank,
                "user": place.pseudonym.to_string(),
                "status_points": place.standing.0,
                "badges": place.badges,
                "level": known.and_then(|program| events::level(program, place.standing)),
            })
        })
        .collect();
    json(StatusCode::OK, &json!({ "leaderboard": rows }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_like_a_person_s_address_or_number_is_refused() {
        for good in ["North stand, row 4", "2 for 1", "1+1=2", "0084 0711 9295", "score 3:2"] {
            assert!(is_clean(good), "{good}");
        }
        for bad in ["fan@example.org", "call +41 79 123 45 67", "+41791234567", "a\u{0}b", "two\nlines"] {
            assert!(!is_clean(bad), "{bad}");
        }
        for bad in ["", "fan@example.org", "Jane Doe", "+41791234567", "a/b", &"x".repeat(65)] {
            assert!(!is_id(bad), "{bad}");
        }
    }
}
