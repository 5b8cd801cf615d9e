//! The platform's change feed: what moved elsewhere, in the order in which it happened.

use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};

use fanpass::FanPointsId;
use ledger::{FanPoints, StatusPoints};
use outbox::PlatformFan;
use reqwest::Url;
use serde_json::{Value, json};

use crate::answer::Reply;
use crate::wire::Request;
use crate::{Changes, ClientError, values};

/// Changes in one answer.
const AT_ONCE: u32 = 200;

/// Kinds of changes after which what is known of the program, its people and this device is out of date.
const SETTINGS: [&str; 4] = ["configuration", "pass_keys", "staff", "device"];

const CHANGES: &str = "query Changes($partner_id: String!, $after: String, $first: Int) {
  changes(scope_id: $partner_id, scope_type: partner, after: $after, first: $first) {
    cursor more
    result { kind balance { user_id pseudonym fan_points status_points as_of deleted engagement_consent } }
  }
}";

pub(crate) fn request(partner_id: &str, after: Option<&str>) -> Request {
    let variables = json!({ "partner_id": partner_id, "after": after, "first": AT_ONCE });
    Request::fixed(CHANGES, "Changes", variables)
}

pub(crate) fn read(reply: &Reply) -> Result<Changes, ClientError> {
    if reply.lacks("changes") {
        return Err(ClientError::Unsupported);
    }
    let feed = reply.field("changes").ok_or_else(|| {
        let forbidden = reply.errors.iter().any(crate::answer::Fault::is_forbidden);
        if forbidden { ClientError::Forbidden } else { ClientError::Malformed }
    })?;
    let list = feed.get("result").and_then(Value::as_array).ok_or(ClientError::Malformed)?;
    let kind = |change: &Value| change.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    Ok(Changes {
        cursor: feed.get("cursor").and_then(Value::as_str).ok_or(ClientError::Malformed)?.to_owned(),
        more: feed.get("more").and_then(Value::as_bool).unwrap_or(false),
        // A kind that this version does not know moves figures all the same.
        fans: list.iter().filter_map(|change| balance(change.get("balance")?)).collect(),
        settings: list.iter().any(|change| SETTINGS.contains(&kind(change).as_str())),
    })
}

fn balance(told: &Value) -> Option<PlatformFan> {
    if told.get("deleted").and_then(Value::as_bool) == Some(true) {
        return None;
    }
    let user_id: FanPointsId = told.get("user_id")?.as_str()?.parse().ok()?;
    Some(PlatformFan {
        user_id,
        pseudonym: told.get("pseudonym").and_then(Value::as_str).and_then(|text| text.parse().ok()),
        fan_points: FanPoints(told.get("fan_points")?.as_i64()?),
        status_points: StatusPoints(told.get("status_points")?.as_i64()?),
        as_of: values::time(told.get("as_of")?)?,
        consent: told.get("engagement_consent").and_then(Value::as_bool),
    })
}

/// The own address of the way to the platform. Connecting a datagram socket chooses the way and sends nothing.
pub(crate) fn route(url: &Url) -> Option<IpAddr> {
    // A name would have to be looked up; any address beyond the own network tells as much (RFC 5737).
    let far = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1));
    let host: IpAddr =
        url.host_str().and_then(|host| host.trim_matches(['[', ']']).parse().ok()).unwrap_or(far);
    let any = if host.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" };
    let socket = UdpSocket::bind(any).ok()?;
    socket.connect(SocketAddr::new(host, url.port_or_known_default().unwrap_or(443))).ok()?;
    Some(socket.local_addr().ok()?.ip())
}
