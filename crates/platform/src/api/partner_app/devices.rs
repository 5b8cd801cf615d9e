//! The devices of a partner: inviting, listing, revoking, and what a device tells of itself.

use async_graphql::{Context, Enum, Object, Result, SimpleObject};

use super::staff::AppRole;
use crate::api::dates;
use crate::api::inputs::is_custom_id;
use crate::api::{PublicUrl, inputs};
use crate::auth::access::{Caller, bad_argument, coded, internal, outside};
use crate::auth::secrets::fresh_secret;
use crate::store::devices::{self, Heartbeat, Invitation, KnownDevice};
use crate::store::now_us;

/// An invitation for one device, good once and for ten minutes.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct DevicePairing {
    /// To be shown as a QR code: `fanpoints-partner://pair?...`, with the address of the server and the token.
    qr_text: String,
    token: String,
    /// Where the device sends its `POST`.
    pairing_url: String,
    expiry_date: String,
}

#[derive(SimpleObject)]
pub struct CreateDevicePairingResult {
    result: Option<DevicePairing>,
}

#[derive(SimpleObject)]
pub struct GetDevicesResult {
    result: Vec<PairedDevice>,
}

#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
pub enum DeviceState {
    InUse,
    Revoked,
}

/// A device with what was last heard of it.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct PairedDevice {
    device_id: String,
    name: String,
    store: String,
    terminal_id: Option<String>,
    role: AppRole,
    /// Ed25519, hexadecimal: made by the device itself.
    public_key: String,
    state: DeviceState,
    paired_date: String,
    revoked_date: Option<String>,
    last_seen_date: Option<String>,
    version: Option<String>,
    /// Operations that waited to be sent.
    waiting: Option<i64>,
    oldest_waiting_date: Option<String>,
    /// The device's clock less the server's.
    clock_offset_ms: Option<i64>,
}

impl From<KnownDevice> for PairedDevice {
    fn from(device: KnownDevice) -> Self {
        Self {
            state: if device.revoked_us.is_some() { DeviceState::Revoked } else { DeviceState::InUse },
            device_id: device.device_id,
            name: device.name,
            store: device.store,
            terminal_id: device.terminal_id,
            role: device.role.into(),
            public_key: device.public_key,
            paired_date: dates::text(device.paired_us),
            revoked_date: device.revoked_us.map(dates::text),
            last_seen_date: device.last_seen_us.map(dates::text),
            version: device.version,
            waiting: device.waiting,
            oldest_waiting_date: device.oldest_waiting_us.map(dates::text),
            clock_offset_ms: device.clock_offset_ms,
        }
    }
}

#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct DeviceHeartbeatResult {
    server_time: String,
    clock_offset_ms: i64,
}

#[derive(SimpleObject)]
pub struct RevokeDeviceResult {
    /// False: the partner has no such device in use.
    result: bool,
}

#[derive(Default)]
pub struct DeviceQueries;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl DeviceQueries {
    /// The partner's devices, revoked ones last.
    async fn get_devices(&self, context: &Context<'_>, partner_id: String) -> Result<GetDevicesResult> {
        let caller = Caller::of(context)?;
        let no = caller.administered_partner(&partner_id)?.no;
        let found = caller.read(move |connection| devices::list(connection, no)).await?;
        Ok(GetDevicesResult { result: found.into_iter().map(PairedDevice::from).collect() })
    }
}

#[derive(Default)]
pub struct DeviceMutations;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl DeviceMutations {
    /// Invites one device. `role` is the highest role of people who may work on it.
    async fn create_device_pairing(
        &self,
        context: &Context<'_>,
        name: String,
        partner_id: String,
        role: AppRole,
        store: String,
        terminal_id: Option<String>,
    ) -> Result<CreateDevicePairingResult> {
        let caller = Caller::of(context)?;
        let partner = caller.administered_partner(&partner_id)?.no;
        for text in [Some(&name), Some(&store), terminal_id.as_ref()].into_iter().flatten() {
            if !is_custom_id(text) {
                return Err(bad_argument(
                    "each text has 1 to 128 characters, none of them a control character",
                ));
            }
        }
        let environment = caller.environment.name;
        let secret = fresh_secret().map_err(|error| internal(&error))?;
        let token = format!("{environment}.{}", *secret);
        let invitation = Invitation { partner, name, store, terminal_id, role: role.into() };
        let (hidden, now) = (token.clone(), now_us());
        let expires = caller.write(move |turn| devices::invite(turn, &invitation, &hidden, now)).await?;
        let url = &context.data::<PublicUrl>()?.0;
        let qr_text = format!("fanpoints-partner://pair?server={}&token={token}", percent_encoded(url));
        let pairing = DevicePairing {
            qr_text,
            token,
            pairing_url: format!("{url}/pair"),
            expiry_date: dates::text(expires),
        };
        Ok(CreateDevicePairingResult { result: Some(pairing) })
    }

    /// Ends a device's access at once. What waits in its queue stays there.
    async fn revoke_device(
        &self,
        context: &Context<'_>,
        device_id: String,
        partner_id: String,
    ) -> Result<RevokeDeviceResult> {
        let caller = Caller::of(context)?;
        let no = caller.administered_partner(&partner_id)?.no;
        let now = now_us();
        let result = caller.write(move |turn| devices::revoke(turn, no, &device_id, now)).await?;
        Ok(RevokeDeviceResult { result })
    }

    /// A device's sign of life. Only with the credential of a paired device.
    async fn device_heartbeat(
        &self,
        context: &Context<'_>,
        device_time: String,
        oldest_waiting: Option<String>,
        partner_id: String,
        version: String,
        waiting: i64,
    ) -> Result<DeviceHeartbeatResult> {
        let caller = Caller::of(context)?;
        caller.own_partner(&partner_id)?;
        let device = caller.device().ok_or_else(outside)?.device_id.clone();
        if !is_custom_id(&version) || !(0..=inputs::MOST_COUNTED).contains(&waiting) {
            return Err(bad_argument("a version is a short text, and what waits is counted from 0"));
        }
        let now = now_us();
        let clock_offset_ms = (dates::parse(&device_time)?.saturating_sub(now)) / 1000;
        let heartbeat = Heartbeat {
            version,
            waiting,
            oldest_waiting_us: dates::parse_optional(oldest_waiting.as_deref())?,
            clock_offset_ms,
        };
        caller.write(move |turn| devices::heard(turn, &device, &heartbeat, now)).await?;
        Ok(DeviceHeartbeatResult { server_time: dates::text(now), clock_offset_ms })
    }
}

/// A text as a value in an address (RFC 3986).
fn percent_encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

/// A device in the name of which somebody acts has to say who it is.
pub fn acting_staff<'s>(caller: &Caller, staff_id: Option<&'s String>) -> Result<Option<&'s String>> {
    match (caller.device(), staff_id) {
        (Some(_), None) => Err(coded("on a device, say who does it: staff_id", "STAFF_REQUIRED")),
        (_, staff_id) => Ok(staff_id),
    }
}
