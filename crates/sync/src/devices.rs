//! The partner's devices: their list, an invitation for another one, its answer, and a device's sign of life.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::Timestamp;
use outbox::Environment;
use reqwest::Url;
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::client::ClientSecret;
use crate::wire::Request;
use crate::{ClientError, Timeouts, http, values};

/// A device with what the platform last heard of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PairedDevice {
    pub device_id: String,
    pub name: String,
    pub store: String,
    pub terminal_id: Option<String>,
    /// The highest role of people who may work on it, in the platform's words.
    pub role: String,
    pub revoked: bool,
    pub paired_at: Option<Timestamp>,
    pub last_seen: Option<Timestamp>,
    pub version: Option<String>,
    /// Operations that waited to be sent.
    pub waiting: Option<i64>,
    pub oldest_waiting: Option<Timestamp>,
    /// The device's clock less the platform's, in milliseconds.
    pub clock_offset_ms: Option<i64>,
}

/// What an invited device is to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceInvitation {
    pub name: String,
    pub store: String,
    pub terminal_id: Option<String>,
    pub role: &'static str,
}

/// An invitation for one device, good once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invited {
    /// To be shown as a QR code. It holds the one-time token.
    pub text: String,
    pub expires_at: Timestamp,
}

/// What a device tells of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heartbeat {
    pub version: String,
    pub waiting: u64,
    pub oldest_waiting: Option<Timestamp>,
    pub device_time: Timestamp,
}

/// A device's answer to its invitation.
#[derive(Clone)]
pub struct PairingRequest {
    /// Base address of the platform that invites.
    pub server: String,
    pub token: Zeroizing<String>,
    /// Ed25519, made by the device.
    pub public_key: [u8; 32],
    /// The device's signature over [`pairing_message`].
    pub proof: [u8; 64],
}

/// What the platform gives a device that it has taken in.
#[derive(Clone)]
pub struct Paired {
    pub device_id: String,
    pub client_id: String,
    pub client_secret: ClientSecret,
    pub name: String,
    pub store: String,
    pub terminal_id: Option<String>,
    pub role: String,
    pub partner_id: String,
    pub environment: Environment,
}

/// Why a device was not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PairingRefusal {
    /// The token is unknown, was used, or is older than ten minutes.
    #[error("the invitation is not good (any more)")]
    Token,
    #[error(transparent)]
    Client(#[from] ClientError),
}

/// What a device signs to show that it holds its key.
pub fn pairing_message(token: &str) -> Vec<u8> {
    [b"FanPoints pairing 1\0", token.as_bytes()].concat()
}

/// Answers an invitation.
///
/// # Errors
/// [`PairingRefusal::Token`] where the invitation is not good, any other where it could not be found out.
pub async fn pair(request: &PairingRequest, timeouts: Timeouts) -> Result<Paired, PairingRefusal> {
    let client = http::client(&timeouts)?;
    let url = address(&request.server)?;
    let body = json!({
        "token": *request.token,
        "public_key": STANDARD.encode(request.public_key),
        "proof": STANDARD.encode(request.proof),
    });
    let answered = http::post_open(&client, &url, &body, timeouts.request).await?;
    let error = answered.body.as_ref().and_then(|body| body.get("error")).and_then(Value::as_str);
    if error == Some("unknown_token") {
        return Err(PairingRefusal::Token);
    }
    if !answered.status.is_success() {
        return Err(answered.failure().into());
    }
    answered.body.and_then(read_paired).ok_or(PairingRefusal::Client(ClientError::Malformed))
}

/// The secret in the answer goes over an encrypted line or stays on this machine.
fn address(server: &str) -> Result<Url, ClientError> {
    let mut url = http::address(server, false)?;
    let path = format!("{}/pair", url.path().trim_end_matches('/'));
    url.set_path(&path);
    Ok(url)
}

#[derive(Deserialize)]
struct PairedBody {
    device_id: String,
    client_id: String,
    client_secret: String,
    name: String,
    store: String,
    terminal_id: Option<String>,
    role: String,
    partner_id: String,
    environment: Environment,
}

fn read_paired(body: Value) -> Option<Paired> {
    let body: PairedBody = serde_json::from_value(body).ok()?;
    Some(Paired {
        device_id: body.device_id,
        client_id: body.client_id,
        client_secret: ClientSecret::new(body.client_secret),
        name: body.name,
        store: body.store,
        terminal_id: body.terminal_id,
        role: body.role,
        partner_id: body.partner_id,
        environment: body.environment,
    })
}

pub(crate) fn list(partner_id: &str) -> Request {
    const QUERY: &str = "query Devices($partner_id: String!) {
  get_devices(partner_id: $partner_id) {
    result {
      device_id name store terminal_id role state paired_date last_seen_date version waiting
      oldest_waiting_date clock_offset_ms
    }
  }
}";
    Request::fixed(QUERY, "Devices", json!({ "partner_id": partner_id }))
}

pub(crate) fn read_list(field: &Value) -> Option<Vec<PairedDevice>> {
    field.get("result")?.as_array()?.iter().map(device).collect()
}

fn device(told: &Value) -> Option<PairedDevice> {
    let text = |name: &str| told.get(name).and_then(Value::as_str).map(str::to_owned);
    let time = |name: &str| told.get(name).and_then(values::time);
    let number = |name: &str| told.get(name).and_then(Value::as_i64);
    Some(PairedDevice {
        device_id: text("device_id")?,
        name: text("name")?,
        store: text("store")?,
        terminal_id: text("terminal_id"),
        role: text("role")?,
        revoked: text("state")? == "revoked",
        paired_at: time("paired_date"),
        last_seen: time("last_seen_date"),
        version: text("version"),
        waiting: number("waiting"),
        oldest_waiting: time("oldest_waiting_date"),
        clock_offset_ms: number("clock_offset_ms"),
    })
}

pub(crate) fn invite(partner_id: &str, device: &DeviceInvitation) -> Request {
    const MUTATION: &str = "mutation Invite($partner_id: String!, $name: String!, $store: String!, $terminal_id: String, $role: AppRole!) {
  create_device_pairing(partner_id: $partner_id, name: $name, store: $store, terminal_id: $terminal_id, role: $role) {
    result { qr_text expiry_date }
  }
}";
    let variables = json!({
        "partner_id": partner_id, "name": device.name, "store": device.store,
        "terminal_id": device.terminal_id, "role": device.role,
    });
    Request::fixed(MUTATION, "Invite", variables)
}

pub(crate) fn read_invited(field: &Value) -> Option<Invited> {
    let told = field.get("result")?;
    Some(Invited {
        text: told.get("qr_text")?.as_str()?.to_owned(),
        expires_at: values::time(told.get("expiry_date")?)?,
    })
}

pub(crate) fn revoke(partner_id: &str, device_id: &str) -> Request {
    const MUTATION: &str = "mutation Revoke($partner_id: String!, $device_id: String!) {
  revoke_device(partner_id: $partner_id, device_id: $device_id) { result }
}";
    Request::fixed(MUTATION, "Revoke", json!({ "partner_id": partner_id, "device_id": device_id }))
}

pub(crate) fn heartbeat(partner_id: &str, beat: &Heartbeat) -> Request {
    const MUTATION: &str = "mutation Heartbeat($partner_id: String!, $version: String!, $waiting: Int!, $oldest: String, $time: String!) {
  device_heartbeat(partner_id: $partner_id, version: $version, waiting: $waiting, oldest_waiting: $oldest, device_time: $time) {
    clock_offset_ms
  }
}";
    let variables = json!({
        "partner_id": partner_id, "version": beat.version, "waiting": beat.waiting,
        "oldest": beat.oldest_waiting.map(values::date), "time": values::date(beat.device_time),
    });
    Request::fixed(MUTATION, "Heartbeat", variables)
}
