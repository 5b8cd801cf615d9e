//! `POST /pair`: a device turns the one-time token of its invitation into a credential of its own. It proves that it
//! holds the key that it sends, so that nobody else's key can be put in its place.

use axum::Json;
use axum::extract::{Extension, State};
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signature, VerifyingKey};
use serde::Deserialize;
use serde_json::json;
use std::time::Instant;

use super::body::Json as Bytes;
use super::request::RequestId;
use super::{Origin, Shared, json as answer};
use crate::api::is_custom_id;
use crate::auth::secrets::{fresh_client_id, fresh_secret};
use crate::environment::{Environment, EnvironmentName};
use crate::store::admin::{self, AdminChange};
use crate::store::catalogue::{Credential, Owner};
use crate::store::devices::{self, Invitation, NewDevice};
use crate::store::{StoreError, Turn, now_us};

/// What a device sends.
#[derive(Deserialize)]
pub struct Pairing {
    token: String,
    /// Ed25519, base64.
    public_key: String,
    /// The device's signature over `FanPoints pairing 1`, a zero byte, and the token; base64.
    proof: String,
    /// In place of those of the invitation.
    name: Option<String>,
    store: Option<String>,
    terminal_id: Option<String>,
}

/// A device's credential lasts as long as its device, ten years, unless it is revoked.
const LIFETIME_US: i64 = 3650 * 86_400 * 1_000_000;

/// Pairs a device.
pub async fn pair(
    State(server): State<Shared>,
    Extension(origin): Extension<Origin>,
    Extension(request): Extension<RequestId>,
    body: Bytes,
) -> Response {
    let Ok(pairing) = serde_json::from_slice(&body.0) else {
        return refused(StatusCode::BAD_REQUEST, "bad_request");
    };
    if !server.strangers.take(&origin, Instant::now()).allowed {
        return refused(StatusCode::TOO_MANY_REQUESTS, "throttled");
    }
    let admitted = admit(&server, pairing, &request).await;
    if !matches!(admitted, Err(Refused::Token)) {
        server.strangers.give_back(&origin, Instant::now());
    }
    match admitted {
        Ok(paired) => paired,
        Err(Refused::Token) => refused(StatusCode::FORBIDDEN, "unknown_token"),
        Err(Refused::Key) => refused(StatusCode::BAD_REQUEST, "bad_key"),
        Err(Refused::Text) => refused(StatusCode::BAD_REQUEST, "bad_text"),
        Err(Refused::Failed(error)) => {
            tracing::error!(%error, "a device was not paired");
            refused(StatusCode::SERVICE_UNAVAILABLE, "try_again")
        }
    }
}

enum Refused {
    /// Unknown, used, or older than ten minutes.
    Token,
    Key,
    Text,
    Failed(String),
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.to_string())
    }
}

async fn admit(server: &Shared, pairing: Pairing, request: &RequestId) -> Result<Response, Refused> {
    let key = proven_key(&pairing).ok_or(Refused::Key)?;
    for text in [&pairing.name, &pairing.store, &pairing.terminal_id].into_iter().flatten() {
        if !is_custom_id(text) {
            return Err(Refused::Text);
        }
    }
    let environment = environment_of(server, &pairing.token).ok_or(Refused::Token)?;
    let (token, now) = (pairing.token.clone(), now_us());
    let found =
        environment.store.read(move |connection| devices::invitation(connection, &token, now)).await?;
    let invited = found.ok_or(Refused::Token)?;
    let partner = invited.partner;
    let invitation = Invitation {
        name: pairing.name.unwrap_or(invited.name),
        store: pairing.store.unwrap_or(invited.store),
        terminal_id: pairing.terminal_id.or(invited.terminal_id),
        ..invited
    };
    let secret = fresh_secret()?;
    let hash =
        server.secrets.hash(secret.clone()).await.map_err(|error| Refused::Failed(error.to_string()))?;
    let credential = Credential {
        client_id: fresh_client_id()?,
        owner: Owner::Partner(partner),
        name: invitation.name.clone(),
        secret_hash: hash,
        created_us: now,
        expires_us: now.saturating_add(LIFETIME_US),
    };
    let public_key = key.as_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let device = NewDevice { device_id: uuid::Uuid::new_v4().to_string(), public_key, invitation };
    let answer_fields = (device.device_id.clone(), credential.client_id.clone(), device.invitation.clone());
    let token = pairing.token;
    let act = AdminChange {
        date_us: now,
        actor: credential.client_id.clone(),
        action: "pair".to_owned(),
        fan: None,
        detail: json!({ "device_id": device.device_id, "role": device.invitation.role.name() }).to_string(),
        request_id: request.to_string(),
    };
    let work = move |turn: &mut Turn<'_>| {
        let paired = devices::pair(turn, &token, &device, &credential)?;
        if paired {
            admin::insert(turn.connection, &act)?;
        }
        Ok(paired)
    };
    let paired = environment.store.commit(work).await?;
    if !paired {
        return Err(Refused::Token);
    }
    let (device_id, client_id, invitation) = answer_fields;
    let catalogue = environment.store.catalogue();
    let partner_id = catalogue.partners.get(&partner).map(|partner| partner.partner_id.clone());
    let project_id = catalogue.partnerships_of(partner).next().map(|one| one.program.project_id.clone());
    let document = json!({
        "device_id": device_id, "client_id": client_id, "client_secret": *secret,
        "name": invitation.name, "store": invitation.store, "terminal_id": invitation.terminal_id,
        "role": invitation.role.name(),
        "partner_id": partner_id, "project_id": project_id, "environment": environment.name.name(),
    });
    Ok(([(CACHE_CONTROL, "no-store")], Json(document)).into_response())
}

fn proven_key(pairing: &Pairing) -> Option<VerifyingKey> {
    const LABEL: &[u8] = b"FanPoints pairing 1\0";
    let bytes: [u8; 32] = STANDARD.decode(&pairing.public_key).ok()?.try_into().ok()?;
    let key = VerifyingKey::from_bytes(&bytes).ok().filter(|key| !key.is_weak())?;
    let proof: [u8; 64] = STANDARD.decode(&pairing.proof).ok()?.try_into().ok()?;
    let message = [LABEL, pairing.token.as_bytes()].concat();
    key.verify_strict(&message, &Signature::from_bytes(&proof)).ok().map(|()| key)
}

/// A token says to which environment it belongs.
fn environment_of<'s>(server: &'s Shared, token: &str) -> Option<&'s Environment> {
    let name: EnvironmentName = token.split_once('.')?.0.parse().ok()?;
    server.environment(name).map(AsRef::as_ref)
}

fn refused(status: StatusCode, error: &str) -> Response {
    answer(status, &json!({ "error": error }))
}
