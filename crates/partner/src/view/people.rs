//! People and devices, as the screens show them.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::PinView;
use crate::rights::{Acting, Right, Role};

/// Who is at work on this device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SessionView {
    /// False: nobody has to sign in here.
    pub knows_people: bool,
    pub person: Option<Acting>,
    /// After a minute without input: the person's PIN is asked for.
    pub locked: bool,
    /// What may be done here now. A locked device shows what the person may once it is unlocked.
    pub rights: Vec<Right>,
    /// Where people may sign in beside their PINs: the provider's host. None: nowhere.
    pub provider: Option<String>,
}

/// Somebody who may sign in here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PersonView {
    pub staff_id: String,
    pub name: String,
    pub role: Role,
    /// Their PIN on this device.
    pub pin: PinView,
    /// Whether they can vouch for another person's first PIN.
    pub vouches: bool,
    /// The partner's sign-in provider knows who they are.
    pub linked: bool,
}

/// An OpenID Connect provider where the partner's people may sign in. All of it is public.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ProviderView {
    pub issuer: String,
    /// The app there: a native, public client.
    pub client_id: String,
    /// Beside `openid`.
    pub scopes: Vec<String>,
    /// Where the browser comes back to, as registered there. None: `http://127.0.0.1/callback`, at any port.
    pub redirect_uri: Option<String>,
    /// People are asked for consent at each sign-in: some providers give no refresh token without.
    pub ask_consent: bool,
}

/// What a provider says of itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ProviderFacts {
    /// As the provider writes it.
    pub issuer: String,
    /// It says that it gives refresh tokens for the scope `offline_access`.
    pub offline_access: bool,
}

/// What the browser shows when a person is through, in the language of the screens.
#[derive(Clone, Debug, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ProviderPage {
    /// A language tag such as `de`.
    pub language: String,
    pub title: String,
    pub done: String,
    pub failed: String,
}

#[derive(Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct NewPerson {
    pub name: String,
    pub role: Role,
    pub oidc_subject: Option<String>,
    /// Of the partner's first person, who is at work at once.
    pub first_pin: Option<String>,
}

/// What is to change of somebody; null stays as it is.
#[derive(Clone, Debug, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PersonChange {
    pub name: Option<String>,
    pub role: Option<Role>,
    /// An empty text takes it away.
    pub oidc_subject: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RoleRights {
    pub role: Role,
    pub rights: Vec<Right>,
}

/// What this device is to the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct OwnDevice {
    pub device_id: String,
    pub name: String,
    pub store: String,
    pub terminal_id: Option<String>,
    /// The highest role of people who may work on it.
    pub role: Role,
}

/// One of the partner's devices, with what the platform last heard of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DeviceView {
    pub device_id: String,
    pub name: String,
    pub store: String,
    pub terminal_id: Option<String>,
    pub role: Role,
    pub revoked: bool,
    pub last_seen: Option<i64>,
    pub version: Option<String>,
    /// Operations that waited to be sent.
    pub waiting: Option<i64>,
    pub oldest_waiting: Option<i64>,
    /// The device's clock less the platform's.
    pub clock_offset_ms: Option<i64>,
    /// This very device.
    pub here: bool,
}

#[derive(Clone, Debug, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct InviteRequest {
    pub name: String,
    pub store: String,
    pub terminal_id: Option<String>,
    /// The highest role of people who may work on it.
    pub role: Role,
}

/// The code to show another device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DeviceInvitationView {
    pub text: String,
    pub svg: String,
    pub expires_at: i64,
}
