//! How soon a subscription tells of a change: from its booking date, which this machine's clock gave it, to the message.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// One device that follows its partner's changes.
pub struct Follower(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Follower {
    pub async fn open(graphql: &str, token: &str) -> Self {
        let mut request = graphql.replacen("http", "ws", 1).into_client_request().unwrap();
        request.headers_mut().insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
        let (socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
        let mut follower = Self(socket);
        follower.say(&json!({ "type": "connection_init", "payload": { "Authorization": token } })).await;
        assert_eq!(follower.hear().await["type"], "connection_ack");
        let query = "subscription { changes(scope_id: \"club-shop\", scope_type: partner) { date } }";
        follower.say(&json!({ "id": "1", "type": "subscribe", "payload": { "query": query } })).await;
        follower
    }

    async fn say(&mut self, message: &Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    async fn hear(&mut self) -> Value {
        loop {
            if let Message::Text(text) = self.0.next().await.unwrap().unwrap() {
                return serde_json::from_str(&text).unwrap();
            }
        }
    }

    /// How long each change took that comes until there is none for a second.
    pub async fn ages(mut self) -> Vec<Duration> {
        let mut ages = Vec::new();
        while let Ok(message) = tokio::time::timeout(Duration::from_secs(1), self.hear()).await {
            let now = Timestamp::now();
            let date = message["payload"]["data"]["changes"]["date"].as_str().unwrap();
            let date: DateTime = date.parse().unwrap();
            let booked = date.to_zoned(TimeZone::UTC).unwrap().timestamp();
            ages.push(Duration::try_from(now.duration_since(booked)).unwrap_or_default());
        }
        ages.sort_unstable();
        ages
    }
}
