//! Telling the program what fans have done: the request for its events, and what its answer settles.

use outbox::EngagementEvent;
use reqwest::Url;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::ClientError;

/// Events in one request: fewer than the platform takes.
pub(crate) const AT_ONCE: u32 = 200;

/// Where events are told: beside the GraphQL interface.
pub(crate) fn url(graphql: &Url) -> Url {
    let mut url = graphql.clone();
    let path = graphql.path().strip_suffix("graphql").unwrap_or("/").to_owned();
    url.set_path(&format!("{path}events"));
    url
}

pub(crate) fn body(project_id: Option<&str>, events: &[EngagementEvent]) -> Value {
    let told = |event: &EngagementEvent| {
        json!({
            "client_event_id": event.id.to_string(),
            "user_id": event.fan.to_string(),
            "action": event.engagement.action(),
            "object_id": event.object,
            "time": crate::values::instant(event.at),
        })
    };
    json!({ "project_id": project_id, "events": events.iter().map(told).collect::<Vec<_>>() })
}

/// The events that are settled: taken now, taken before, or never to be taken.
pub(crate) fn read(answer: &Value) -> Result<Vec<Uuid>, ClientError> {
    let results = answer.get("results").and_then(Value::as_array).ok_or(ClientError::Malformed)?;
    let text = |result: &Value, name: &str| result.get(name).and_then(Value::as_str).map(str::to_owned);
    let settled = results.iter().filter_map(|result| {
        let id: Uuid = text(result, "client_event_id")?.parse().ok()?;
        match text(result, "status")?.as_str() {
            "accepted" | "duplicate" => Some(id),
            "refused" => {
                tracing::warn!(%id, reason = text(result, "reason"), "the platform does not take an event");
                Some(id)
            }
            _ => None,
        }
    });
    Ok(settled.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_told_beside_the_graphql_interface() {
        let at = |text: &str| url(&Url::parse(text).unwrap()).to_string();
        assert_eq!(at("https://api.example.com/graphql"), "https://api.example.com/events");
        assert_eq!(at("http://127.0.0.1:8080/v2/graphql"), "http://127.0.0.1:8080/v2/events");
    }

    #[test]
    fn only_what_the_platform_failed_at_is_told_again() {
        let id = |n: u128| Uuid::from_u128(n);
        let result = |n: u128, status: &str| json!({ "client_event_id": id(n), "status": status });
        let all = [result(1, "accepted"), result(2, "duplicate"), result(3, "refused"), result(4, "failed")];
        assert_eq!(read(&json!({ "results": all })), Ok(vec![id(1), id(2), id(3)]));
        assert_eq!(read(&json!({})), Err(ClientError::Malformed));
    }
}
