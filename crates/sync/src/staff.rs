//! The partner's people and what their roles may do, out of the platform's answers.

use serde_json::{Value, json};

use crate::answer::{Fault, Reply};
use crate::wire::Request;
use crate::{ClientError, OidcProvider};

/// One of the partner's people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffMember {
    pub staff_id: String,
    pub name: String,
    /// The platform's word: "staff", "supervisor" or "manager".
    pub role: String,
    /// Who they are for the partner's OpenID Connect provider.
    pub oidc_subject: Option<String>,
    /// May not sign in any more.
    pub removed: bool,
}

/// Whether a role may do something, in the platform's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffRight {
    pub role: String,
    pub action: String,
    pub allowed: bool,
}

/// Everybody, and every right of every role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StaffList {
    pub people: Vec<StaffMember>,
    pub rights: Vec<StaffRight>,
    /// Where people may sign in beside their PINs.
    pub provider: Option<OidcProvider>,
}

const STAFF: &str = "query Staff($partner_id: String!) {
  get_staff(partner_id: $partner_id) {
    result { staff_id name role oidc_subject removed_date }
    rights { role action allowed }
    provider { issuer client_id scopes redirect_uri ask_consent }
  }
}";

pub(crate) fn request(partner_id: &str) -> Request {
    Request::fixed(STAFF, "Staff", json!({ "partner_id": partner_id }))
}

pub(crate) fn read(reply: &Reply) -> Result<StaffList, ClientError> {
    if reply.lacks("get_staff") {
        return Err(ClientError::Unsupported);
    }
    let told = reply.field("get_staff").ok_or_else(|| failure(reply))?;
    // Half a list must not look like a whole one: somebody's removal could be in the other half.
    let list = || {
        let rows = |name: &str| told.get(name).and_then(Value::as_array);
        Some(StaffList {
            people: rows("result")?.iter().map(member).collect::<Option<_>>()?,
            rights: rows("rights")?.iter().map(right).collect::<Option<_>>()?,
            provider: match told.get("provider")? {
                Value::Null => None,
                provider => Some(serde_json::from_value(provider.clone()).ok()?),
            },
        })
    };
    list().ok_or(ClientError::Malformed)
}

/// A change of the partner's people, in the platform's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum StaffChange {
    Add {
        staff_id: String,
        name: String,
        role: &'static str,
        oidc_subject: Option<String>,
    },
    /// None: it stays. An empty `oidc_subject` takes it away.
    Alter {
        staff_id: String,
        name: Option<String>,
        role: Option<&'static str>,
        oidc_subject: Option<String>,
    },
    Remove {
        staff_id: String,
    },
    /// Somebody who is nobody at the provider yet is this subject there.
    Link {
        staff_id: String,
        issuer: String,
        subject: String,
    },
    /// Another issuer than before unlinks everybody.
    SetProvider(OidcProvider),
    RemoveProvider,
    SetRight {
        role: &'static str,
        action: &'static str,
        allowed: bool,
    },
}

impl StaffChange {
    /// The field of the answer.
    pub(crate) const fn field(&self) -> &'static str {
        match self {
            Self::Add { .. } => "add_staff_member",
            Self::Alter { .. } => "change_staff_member",
            Self::Remove { .. } => "remove_staff_member",
            Self::Link { .. } => "link_staff_member",
            Self::SetProvider(_) => "set_staff_provider",
            Self::RemoveProvider => "remove_staff_provider",
            Self::SetRight { .. } => "set_staff_right",
        }
    }

    pub(crate) fn request(&self, partner_id: &str) -> Request {
        match self {
            Self::Add { staff_id, name, role, oidc_subject } => Request::fixed(
                "mutation AddStaff($partner_id: String!, $staff_id: String!, $name: String!, $role: AppRole!, $subject: String) {
  add_staff_member(partner_id: $partner_id, staff_id: $staff_id, name: $name, role: $role, oidc_subject: $subject) { result }
}",
                "AddStaff",
                json!({ "partner_id": partner_id, "staff_id": staff_id, "name": name, "role": role,
                        "subject": oidc_subject }),
            ),
            Self::Alter { staff_id, name, role, oidc_subject } => Request::fixed(
                "mutation ChangeStaff($partner_id: String!, $staff_id: String!, $name: String, $role: AppRole, $subject: String) {
  change_staff_member(partner_id: $partner_id, staff_id: $staff_id, name: $name, role: $role, oidc_subject: $subject) { result }
}",
                "ChangeStaff",
                json!({ "partner_id": partner_id, "staff_id": staff_id, "name": name, "role": role,
                        "subject": oidc_subject }),
            ),
            Self::Remove { staff_id } => Request::fixed(
                "mutation RemoveStaff($partner_id: String!, $staff_id: String!) {
  remove_staff_member(partner_id: $partner_id, staff_id: $staff_id) { result }
}",
                "RemoveStaff",
                json!({ "partner_id": partner_id, "staff_id": staff_id }),
            ),
            Self::Link { staff_id, issuer, subject } => Request::fixed(
                "mutation Link($partner_id: String!, $staff_id: String!, $issuer: String!, $subject: String!) {
  link_staff_member(partner_id: $partner_id, staff_id: $staff_id, issuer: $issuer, oidc_subject: $subject) { result }
}",
                "Link",
                json!({ "partner_id": partner_id, "staff_id": staff_id, "issuer": issuer, "subject": subject }),
            ),
            Self::SetProvider(provider) => Request::fixed(
                "mutation SetProvider($partner_id: String!, $issuer: String!, $client_id: String!, $scopes: [String!]!, $redirect_uri: String, $consent: Boolean!) {
  set_staff_provider(partner_id: $partner_id, issuer: $issuer, client_id: $client_id, scopes: $scopes, redirect_uri: $redirect_uri, ask_consent: $consent) { result }
}",
                "SetProvider",
                json!({ "partner_id": partner_id, "issuer": provider.issuer, "client_id": provider.client_id,
                        "scopes": provider.scopes, "redirect_uri": provider.redirect_uri, "consent": provider.ask_consent }),
            ),
            Self::RemoveProvider => Request::fixed(
                "mutation RemoveProvider($partner_id: String!) {
  remove_staff_provider(partner_id: $partner_id) { result }
}",
                "RemoveProvider",
                json!({ "partner_id": partner_id }),
            ),
            Self::SetRight { role, action, allowed } => Request::fixed(
                "mutation SetRight($partner_id: String!, $role: AppRole!, $action: String!, $allowed: Boolean!) {
  set_staff_right(partner_id: $partner_id, role: $role, action: $action, allowed: $allowed) { result }
}",
                "SetRight",
                json!({ "partner_id": partner_id, "role": role, "action": action, "allowed": allowed }),
            ),
        }
    }
}

/// What an answer without the field that was asked for means.
pub(crate) fn failure(reply: &Reply) -> ClientError {
    if reply.errors.iter().any(Fault::is_forbidden) {
        ClientError::Forbidden
    } else if reply.errors.is_empty() {
        ClientError::Malformed
    } else {
        ClientError::Rejected
    }
}

fn member(told: &Value) -> Option<StaffMember> {
    let text = |name: &str| told.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(StaffMember {
        staff_id: text("staff_id")?,
        name: text("name")?,
        role: text("role")?,
        oidc_subject: text("oidc_subject"),
        removed: text("removed_date").is_some(),
    })
}

fn right(told: &Value) -> Option<StaffRight> {
    let text = |name: &str| told.get(name).and_then(Value::as_str).map(str::to_owned);
    Some(StaffRight {
        role: text("role")?,
        action: text("action")?,
        allowed: told.get("allowed")?.as_bool()?,
    })
}
