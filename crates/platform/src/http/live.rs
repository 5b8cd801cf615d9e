//! `GET /graphql` as a WebSocket: subscriptions in the protocol `graphql-transport-ws`. Queries and mutations stay with
//! `POST`, where their limits and the wait for the disk are.

use std::collections::HashMap;
use std::future;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use async_graphql::futures_util::stream::{self, BoxStream};
use async_graphql::futures_util::{SinkExt as _, StreamExt as _};
use async_graphql::http::ALL_WEBSOCKET_PROTOCOLS;
use async_graphql::parser::types::OperationType;
use async_graphql::{Data, Executor, Request, Response as Answer, ServerError};
use async_graphql_axum::{GraphQLProtocol, GraphQLWebSocket};
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{CloseFrame, Message, WebSocket};
use axum::extract::{State, WebSocketUpgrade};
use axum::http::header::{ALLOW, AUTHORIZATION};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::sync::{oneshot, watch};

use super::admission::caller_of;
use super::{Shared, error};
use crate::api::GoodUntil;
use crate::api::shape::Shape;
use crate::auth::access::{Caller, coded};
use crate::environment::EnvironmentName;

/// A client that says nothing for so long is gone: it sends a `ping` now and then.
const SILENCE: Duration = Duration::from_secs(90);
/// A subscription is a short text.
const MAX_MESSAGE: usize = 64 * 1024;
/// Subscriptions of one connection: a device needs one for each scope.
const MOST_SUBSCRIPTIONS: usize = 10;

/// How a connection is closed: a code that clients of the protocol know, and why.
type Closing = (u16, &'static str);

/// RFC 6455: whoever hears it opens another connection, as to the next process, and goes on from the last cursor.
const GOING_AWAY: Closing = (1001, "the server stops");
const NOT_UNDERSTOOD: Closing = (4400, "this is no message of the protocol");
const NOT_SIGNED_IN: Closing = (4401, "sign in first");
const FORBIDDEN: Closing = (4403, "this token is not good");
const TOO_MANY: Closing = (4403, "this credential has too many open connections");
const TOO_LATE: Closing = (4408, "no connection_init in time");

/// The open connections, counted by credential: each costs memory and has a share in every change.
pub struct Lines {
    most: usize,
    open: Arc<Mutex<HashMap<String, usize>>>,
    /// Each connection holds a receiver until it is closed.
    stopping: watch::Sender<bool>,
}

impl Lines {
    /// At most so many for a credential.
    pub fn new(most: usize) -> Self {
        Self { most, open: Arc::default(), stopping: watch::Sender::new(false) }
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

    /// Tells all that the server stops, and waits until they are closed, at most for `grace`.
    pub async fn stop(&self, grace: Duration) {
        self.stopping.send_replace(true);
        if tokio::time::timeout(grace, self.stopping.closed()).await.is_err() {
            tracing::warn!("some connections did not take notice of the end");
        }
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
        .on_upgrade(move |socket| converse(server, socket, protocol, of_header))
        .into_response()
}

/// Serves a connection until it is closed, by either side or because the server stops.
async fn converse(server: Shared, socket: WebSocket, protocol: GraphQLProtocol, of_header: Option<String>) {
    // The server waits for its end.
    let open = server.lines.stopping.subscribe();
    let mut stopping = open.clone();
    let closing = Arc::new(OnceLock::new());
    let (signed_in, is_signed_in) = oneshot::channel();
    let (shared, refused) = (Arc::clone(&server), Arc::clone(&closing));
    let sign_in = move |payload: serde_json::Value| async move {
        let token = of_header.or_else(|| token_in(&payload));
        let data = admit(&shared, token.as_deref()).map_err(|why| {
            refused.get_or_init(|| why);
            coded(why.1, "FORBIDDEN")
        });
        // Whoever is not let in is about to be sent away.
        let _waits_no_more = signed_in.send(());
        data
    };
    let (patience, ended) = (server.limits.body_time, Arc::clone(&closing));
    let end = async move {
        let late = async {
            if tokio::time::timeout(patience, is_signed_in).await.is_ok() {
                future::pending::<()>().await;
            }
        };
        let why = tokio::select! {
            () = late => TOO_LATE,
            _ = stopping.wait_for(|stopping| *stopping) => GOING_AWAY,
        };
        ended.get_or_init(|| why);
    };
    let (mut sink, stream) = socket.split();
    let said = Arc::clone(&closing);
    let outgoing = (&mut sink)
        .with(move |message| future::ready(Ok::<_, axum::Error>(in_protocol(message, said.get()))));
    let incoming = stream.take_until(end);
    GraphQLWebSocket::new_with_pair(outgoing, incoming, Subscriptions(server), protocol)
        .on_connection_init(sign_in)
        .keepalive_timeout(SILENCE)
        .serve()
        .await;
    if let Some(why) = closing.get() {
        // Where the other side is gone, or was told before, this fails and nothing is lost.
        let _gone = sink.send(close(*why)).await;
    }
    drop(open);
}

/// What the connection of whoever presents this token may use.
fn admit(server: &Shared, token: Option<&str>) -> Result<Data, Closing> {
    let caller = token.and_then(|token| caller_of(server, token)).map(Arc::new);
    let (Some(caller), Some(token)) = (caller, token) else {
        server.metrics.refused("unauthenticated");
        return Err(FORBIDDEN);
    };
    let Some(line) = server.lines.open(&caller.client_id) else {
        server.metrics.refused("too_many_connections");
        return Err(TOO_MANY);
    };
    let mut data = Data::default();
    data.insert(line);
    data.insert(GoodUntil(end_of(token)));
    data.insert(caller);
    Ok(data)
}

/// A message as the protocol has it: the library closes with codes of WebSockets that tell a client nothing.
fn in_protocol(message: Message, why: Option<&Closing>) -> Message {
    match (message, why) {
        (Message::Close(_), Some(why)) => close(*why),
        (Message::Close(Some(frame)), None) if frame.code == 1002 => close(NOT_UNDERSTOOD),
        (Message::Close(Some(frame)), None) if frame.code == 1011 => close(NOT_SIGNED_IN),
        (message, _) => message,
    }
}

fn close((code, reason): Closing) -> Message {
    Message::Close(Some(CloseFrame { code, reason: reason.into() }))
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

/// Whether every operation of the document is a subscription, and not too large a one. One that does not parse is reported
/// by the execution.
fn subscribes(request: &mut Request) -> bool {
    match request.parsed_query() {
        Ok(document) => {
            let mut operations = document.operations.iter();
            operations.all(|(_, one)| one.node.ty == OperationType::Subscription)
                && Shape::of(document).is_some()
        }
        Err(_) => true,
    }
}

fn refusal() -> Answer {
    let why = "only subscriptions of a sensible size run here; send others by POST";
    Answer::from_errors(vec![ServerError::new(why, None)])
}
