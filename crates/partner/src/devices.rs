//! The partner's devices: pairing by a code that works once, the list, the sign of life, and the end of a device.

use std::time::Duration;

use ed25519_dalek::Signer as _;
use serde::{Deserialize, Serialize};
use sync::{
    ClientError, DeviceInvitation, Heartbeat, Link, PairedDevice, PairingRefusal, PairingRequest,
    PlatformClient, Timeouts, pairing_message,
};
use tokio::time::Instant;
use zeroize::Zeroizing;

use crate::connect::open_operations;
use crate::quick::qr_svg;
use crate::rights::{Right, Role};
use crate::terminal::Line;
use crate::view::{
    ConnectRequest, DeviceInvitationView, DeviceView, Environment, InviteRequest, OwnDevice, Status,
};
use crate::{AppError, ErrorCode, Terminal};

const OWN: &str = "device";
const REFUSED: &str = "sign-in refused";
/// How often a device says that it is there.
const BEAT: Duration = Duration::from_secs(60);
/// After one that the platform did not hear.
const BEAT_AGAIN: Duration = Duration::from_secs(3);
const PAIRING: &str = "fanpoints-partner://pair?";
const LONGEST_PAIRING: usize = 1000;

/// What this device is to the platform. None of it is secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Own {
    device_id: String,
    name: String,
    store: String,
    terminal_id: Option<String>,
    role: Role,
}

/// What an invitation says.
struct Invitation {
    server: String,
    token: Zeroizing<String>,
}

impl Terminal {
    /// Connects this device by the code that a manager's device shows. The device makes its own key.
    ///
    /// # Errors
    /// `NotOurCode` for a text that is no invitation, `PairingRefused` for one that was used or is older than ten
    /// minutes, `QueueNotEmpty` while something waits, and as [`Terminal::connect`].
    pub async fn pair(&self, text: &str) -> Result<Status, AppError> {
        self.require(Right::Devices).await?;
        let invitation = read_invitation(text)?;
        // The invitation is used up by asking: what would stand in the way is looked at before.
        if self.store(|store| Ok(store.connection()?.is_some() && open_operations(store)?)).await? {
            return Err(ErrorCode::QueueNotEmpty.into());
        }
        let key = self.signing_key().await?;
        let request = PairingRequest {
            server: invitation.server.clone(),
            proof: key.sign(&pairing_message(&invitation.token)).to_bytes(),
            public_key: key.verifying_key().to_bytes(),
            token: invitation.token,
        };
        let paired = sync::pair(&request, Timeouts::default()).await?;
        let own = Own {
            device_id: paired.device_id,
            name: paired.name,
            store: paired.store,
            terminal_id: paired.terminal_id,
            role: role(&paired.role),
        };
        let environment = match paired.environment {
            outbox::Environment::Development => Environment::Development,
            outbox::Environment::Production => Environment::Production,
        };
        self.connect_by(ConnectRequest {
            endpoint: invitation.server,
            token_endpoint: None,
            partner_id: paired.partner_id,
            client_id: paired.client_id,
            client_secret: paired.client_secret.expose().to_owned(),
            environment,
        })
        .await?;
        self.keep_own(Some(own)).await?;
        self.note_device("the device was paired").await?;
        self.status().await
    }

    /// The partner's devices, revoked ones last.
    ///
    /// # Errors
    /// As [`Terminal::require`]; `NoAccess` on a device that was not paired as a manager's.
    pub async fn devices(&self) -> Result<Vec<DeviceView>, AppError> {
        self.require(Right::Devices).await?;
        let own = self.own_device().await?.map(|own| own.device_id);
        let devices = self.client().await?.devices().await?;
        Ok(devices.into_iter().map(|device| device_view(device, own.as_deref())).collect())
    }

    /// Invites one device: a code to show it, good once and for ten minutes.
    ///
    /// # Errors
    /// As [`Terminal::devices`], and for an empty name or store.
    pub async fn invite_device(&self, request: InviteRequest) -> Result<DeviceInvitationView, AppError> {
        self.require(Right::Devices).await?;
        let text = |text: &str, name: &str| match text.trim() {
            "" => Err(AppError::new(ErrorCode::MissingField).detail(name)),
            text => Ok(text.to_owned()),
        };
        let device = DeviceInvitation {
            name: text(&request.name, "name")?,
            store: text(&request.store, "store")?,
            terminal_id: request.terminal_id.filter(|id| !id.trim().is_empty()),
            role: request.role.name(),
        };
        let invited = self.client().await?.invite_device(&device).await?;
        self.note_device("a device was invited").await?;
        let svg = qr_svg(&invited.text)?;
        Ok(DeviceInvitationView { text: invited.text, svg, expires_at: invited.expires_at.0 })
    }

    /// Ends a device's access. Its queue stays on it, and it spends nothing more.
    ///
    /// # Errors
    /// As [`Terminal::devices`].
    pub async fn revoke_device(&self, device_id: &str) -> Result<Vec<DeviceView>, AppError> {
        self.require(Right::Devices).await?;
        if !self.client().await?.revoke_device(device_id).await? {
            return Err(ErrorCode::UnknownDevice.into());
        }
        self.note_device(&format!("the device {device_id:?} was revoked")).await?;
        self.devices().await
    }

    /// What this device is to the platform. None: it was connected by hand.
    pub(crate) async fn own_device(&self) -> Result<Option<OwnDevice>, AppError> {
        let text = self.store(|store| store.setting(OWN)).await?;
        let own: Option<Own> = text.and_then(|text| serde_json::from_str(&text).ok());
        Ok(own.map(|own| OwnDevice {
            device_id: own.device_id,
            name: own.name,
            store: own.store,
            terminal_id: own.terminal_id,
            role: own.role,
        }))
    }

    /// Notes what this device is; None: no paired one.
    pub(crate) async fn forget_own_device(&self) -> Result<(), AppError> {
        self.keep_own(None).await
    }

    async fn keep_own(&self, own: Option<Own>) -> Result<(), AppError> {
        self.cap_roles(own.as_ref().map(|own| own.role)).await?;
        let text = own.map(|own| serde_json::to_string(&own)).transpose().map_err(|_| ErrorCode::Internal)?;
        self.store(move |store| match &text {
            Some(text) => store.set_setting(OWN, text),
            None => store.remove_setting(OWN),
        })
        .await
    }

    /// Whether the platform has taken this device's access away, as last heard.
    ///
    /// # Errors
    /// `DeviceRevoked` then: nothing is spent, and the queue stays.
    pub(crate) async fn require_access(&self) -> Result<(), AppError> {
        match self.store(|store| store.setting(REFUSED)).await? {
            Some(_) => Err(ErrorCode::DeviceRevoked.into()),
            None => Ok(()),
        }
    }

    /// Notes across restarts what the platform says to this device's credential.
    pub(crate) async fn note_access(&self, link: &Link) -> Result<(), AppError> {
        let refused = match link {
            Link::Online { .. } => false,
            Link::SignInRefused { .. } => true,
            Link::Starting | Link::Offline { .. } => return Ok(()),
        };
        let known = self.store(|store| store.setting(REFUSED)).await?.is_some();
        if refused == known {
            return Ok(());
        }
        let now = self.now();
        self.store(move |store| {
            if !refused {
                return store.remove_setting(REFUSED);
            }
            store.set_setting(REFUSED, &now.0.to_string())?;
            store.note("the platform refused this device", now)
        })
        .await
    }

    /// In the background, as long as the line is there: tells the platform how this device is.
    pub(crate) async fn beat(self, line: Line) {
        let mut states = line.drain.state();
        let client = line.client.clone();
        drop(line);
        let mut due = Instant::now();
        loop {
            let online = matches!(states.borrow_and_update().link, Link::Online { .. });
            if online && Instant::now() >= due {
                let told = self.tell_life(&client).await;
                if let Err(error) = &told {
                    tracing::debug!(code = ?error.code, "the platform was not told of this device");
                }
                // A device that is just being paired learns who it is a moment after its line is there.
                due = Instant::now() + if matches!(told, Ok(true)) { BEAT } else { BEAT_AGAIN };
            }
            let rest = due.saturating_duration_since(Instant::now());
            let rest = if online { rest.max(Duration::from_millis(100)) } else { BEAT };
            if let Ok(Err(_)) = tokio::time::timeout(rest, states.changed()).await {
                return;
            }
        }
    }

    /// False: this device is none that the platform knows by name.
    async fn tell_life(&self, client: &PlatformClient) -> Result<bool, AppError> {
        if self.own_device().await?.is_none() {
            return Ok(false);
        }
        let counts = self.store(outbox::Store::counts).await?;
        let beat = Heartbeat {
            version: self.0.options.app_version.clone(),
            waiting: counts.waiting(),
            oldest_waiting: counts.oldest_waiting,
            device_time: self.now(),
        };
        match client.heartbeat(&beat).await {
            // A server that knows nothing of devices.
            Err(ClientError::Unsupported) => Ok(true),
            told => told.map(|_| true).map_err(AppError::from),
        }
    }
}

impl From<PairingRefusal> for AppError {
    fn from(refusal: PairingRefusal) -> Self {
        match refusal {
            PairingRefusal::Token => ErrorCode::PairingRefused.into(),
            PairingRefusal::Client(error) => error.into(),
        }
    }
}

/// Whether a scanned text invites a device.
pub(crate) fn is_invitation(text: &str) -> bool {
    text.starts_with(PAIRING)
}

fn read_invitation(text: &str) -> Result<Invitation, AppError> {
    let text = text.trim();
    if text.len() > LONGEST_PAIRING {
        return Err(ErrorCode::CodeTooLong.into());
    }
    let query = text.strip_prefix(PAIRING).ok_or(ErrorCode::NotOurCode)?;
    let value = |name: &str| {
        query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('=')).map(decoded)
    };
    let (Some(Some(server)), Some(Some(token))) = (value("server"), value("token")) else {
        return Err(ErrorCode::CodeDamaged.into());
    };
    Ok(Invitation { server, token: Zeroizing::new(token) })
}

/// A value of an address (RFC 3986). None: a broken escape, or no text.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, others)) = rest.split_first() {
        if *first != b'%' {
            bytes.push(*first);
            rest = others;
            continue;
        }
        let digits = std::str::from_utf8(others.get(..2)?).ok()?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = others.get(2..)?;
    }
    String::from_utf8(bytes).ok()
}

/// A role that this version does not know may do the least.
fn role(name: &str) -> Role {
    Role::ALL.into_iter().find(|role| role.name() == name).unwrap_or(Role::Staff)
}

fn device_view(device: PairedDevice, own: Option<&str>) -> DeviceView {
    DeviceView {
        here: own == Some(device.device_id.as_str()),
        role: role(&device.role),
        device_id: device.device_id,
        name: device.name,
        store: device.store,
        terminal_id: device.terminal_id,
        revoked: device.revoked,
        last_seen: device.last_seen.map(|at| at.0),
        version: device.version,
        waiting: device.waiting,
        oldest_waiting: device.oldest_waiting.map(|at| at.0),
        clock_offset_ms: device.clock_offset_ms,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn an_invitation_is_read_and_nothing_else_is_one() {
        let text =
            "fanpoints-partner://pair?server=https%3A%2F%2Fapi.example.org%3A8443&token=development.abc";
        let read = read_invitation(text).unwrap();
        assert_eq!(
            (read.server.as_str(), read.token.as_str()),
            ("https://api.example.org:8443", "development.abc")
        );
        let code = |text: &str| read_invitation(text).err().unwrap().code;
        assert_eq!(code("fanpoints-partner://distribute?user_id=1"), ErrorCode::NotOurCode);
        assert_eq!(code("https://example.org/?server=x&token=y"), ErrorCode::NotOurCode);
        for damaged in ["server=https%3&token=a", "server=https%3A%2F%2Fa", "token=a", "server=%FF&token=a"] {
            assert_eq!(code(&format!("{PAIRING}{damaged}")), ErrorCode::CodeDamaged, "{damaged}");
        }
        assert_eq!(code(&format!("{PAIRING}{}", "x".repeat(1001))), ErrorCode::CodeTooLong);
    }
}
