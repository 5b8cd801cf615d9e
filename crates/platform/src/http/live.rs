//! `GET /graphql` as a WebSocket: subscriptions in the protocol `graphql-transport-ws`. Queries and mutations stay with
//! `POST`, where their limits and the wait for the disk are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_graphql::futures_util::StreamExt as _;
use async_graphql::futures_util::stream::{self, BoxStream};
use async_graphql::http::ALL_WEBSOCKET_PROTOCOLS;
use async_graphql::parser::types::OperationType;
use async_graphql::{Data, Executor, Request, Response as Answer, ServerError};
use async_graphql_axum::{GraphQLProtocol, GraphQLWebSocket};
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::{State, WebSocketUpgrade};
use axum::http::header::{ALLOW, AUTHORIZATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::admission::caller_of;
use super::{Shared, error};
use crate::api::GoodUntil;
use crate::auth::access::{Caller, coded};
use crate::environment::EnvironmentName;

/// A client that says nothing for so long is gone: it sends a `ping` now and then.
const SILENCE: Duration = Duration::from_secs(90);
/// A subscription is a short text.
const MAX_MESSAGE: usize = 64 * 1024;
/// Subscriptions of one connection: a device needs one for each scope.
const MOST_SUBSCRIPTIONS: usize = 10;

/// The open connections, counted by credential: each costs memory and has a share in every change.
pub struct Lines {
    most: usize,
    open: Arc<Mutex<HashMap<String, usize>>>,
}

impl Lines {
    /// At most so many for a credential.
    pub fn new(most: usize) -> Self {
        Self { most, open: Arc::default() }
    }

    /// One more of a credential. None: it has too many.
    fn open(&self, client_id: &str) -> Option<Line> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        let number = open.entry(client_id.to_owned()).or_default();
        if *number >= self.most {
            return None;
        }
        *number += 1;
        drop(open);
        let subscriptions = Arc::new(());
        Some(Line { client_id: client_id.to_owned(), open: Arc::clone(&self.open), subscriptions })
    }
}

/// A connection that counts until it is gone.
struct Line {
    client_id: String,
    open: Arc<Mutex<HashMap<String, usize>>>,
    /// Each of its subscriptions holds it.
    subscriptions: Arc<()>,
}

impl Drop for Line {
    fn drop(&mut self) {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        match open.get_mut(&self.client_id) {
            Some(number) if *number > 1 => *number -= 1,
            _ => drop(open.remove(&self.client_id)),
        }
    }
}

/// Opens a connection. The token is in the header `Authorization`, or in the payload of `connection_init` under that
/// name, in any case: browsers can set no headers.
pub async fn connect(
    State(server): State<Shared>,
    headers: HeaderMap,
    protocol: Result<GraphQLProtocol, StatusCode>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let (Ok(protocol), Ok(upgrade)) = (protocol, upgrade) else {
        let refused =
            error(StatusCode::METHOD_NOT_ALLOWED, "METHOD_NOT_ALLOWED", "send a POST, or open a WebSocket");
        return ([(ALLOW, "POST")], refused).into_response();
    };
    let of_header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).map(str::to_owned);
    upgrade
        .protocols(ALL_WEBSOCKET_PROTOCOLS)
        .max_message_size(MAX_MESSAGE)
        .on_upgrade(move |socket| async move {
            let shared = Arc::clone(&server);
            let signed_in = move |payload: serde_json::Value| async move {
                let token = of_header.or_else(|| token_in(&payload));
                let caller = token.as_deref().and_then(|token| caller_of(&shared, token)).map(Arc::new);
                let (Some(caller), Some(token)) = (caller, token) else {
                    return Err(coded("sign in first", "UNAUTHENTICATED"));
                };
                let Some(line) = shared.lines.open(&caller.client_id) else {
                    shared.metrics.refused("too_many_connections");
                    return Err(coded(
                        "this credential has too many open connections",
                        "TOO_MANY_CONNECTIONS",
                    ));
                };
                let mut data = Data::default();
                data.insert(line);
                data.insert(GoodUntil(end_of(&token)));
                data.insert(caller);
                Ok(data)
            };
            GraphQLWebSocket::new(socket, Subscriptions(server), protocol)
                .on_connection_init(signed_in)
                .keepalive_timeout(SILENCE)
                .serve()
                .await;
        })
        .into_response()
}

fn token_in(payload: &serde_json::Value) -> Option<String> {
    let fields = payload.as_object()?;
    let (_, token) = fields.iter().find(|(name, _)| name.eq_ignore_ascii_case("authorization"))?;
    token.as_str().map(str::to_owned)
}

/// When a token ends that was just found to be good, microseconds since the Unix epoch.
fn end_of(token: &str) -> i64 {
    let claims = token.split('.').nth(1).and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let claims: Option<serde_json::Value> = claims.and_then(|bytes| serde_json::from_slice(&bytes).ok());
    let seconds = claims.and_then(|claims| claims.get("exp").and_then(serde_json::Value::as_i64));
    seconds.unwrap_or(0).saturating_mul(1_000_000)
}

/// Runs subscriptions and nothing else.
#[derive(Clone)]
struct Subscriptions(Shared);

impl Executor for Subscriptions {
    async fn execute(&self, _: Request) -> Answer {
        refusal()
    }

    fn execute_stream(&self, mut request: Request, session: Option<Arc<Data>>) -> BoxStream<'static, Answer> {
        let caller = session.as_ref().and_then(|data| of_session::<Arc<Caller>>(data));
        let line = session.as_ref().and_then(|data| of_session::<Line>(data));
        let held = line.map(|line| Arc::clone(&line.subscriptions)).unwrap_or_default();
        // The line itself holds one, and so does this one.
        if Arc::strong_count(&held) > MOST_SUBSCRIPTIONS + 1 {
            let refused = ServerError::new("this connection has too many subscriptions", None);
            return stream::once(async { Answer::from_errors(vec![refused]) }).boxed();
        }
        if caller.is_none_or(|caller| caller.environment.name == EnvironmentName::Production) {
            request = request.disable_introspection();
        }
        if !subscribes(&mut request) {
            return stream::once(async { refusal() }).boxed();
        }
        let answers = Executor::execute_stream(&self.0.schema, request, session);
        let counted = move |answer| {
            let _held = &held;
            answer
        };
        answers.map(counted).boxed()
    }
}

fn of_session<T: 'static>(data: &Data) -> Option<&T> {
    data.get(&std::any::TypeId::of::<T>())?.downcast_ref()
}

/// Whether every operation of the document is a subscription. One that does not parse is reported by the execution.
fn subscribes(request: &mut Request) -> bool {
    match request.parsed_query() {
        Ok(document) => document.operations.iter().all(|(_, one)| one.node.ty == OperationType::Subscription),
        Err(_) => true,
    }
}

fn refusal() -> Answer {
    Answer::from_errors(vec![ServerError::new("only subscriptions run here; send others by POST", None)])
}
