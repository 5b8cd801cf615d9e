//! The people of a partner and what their roles may do.

use async_graphql::{Context, Enum, Object, Result, SimpleObject};

use crate::api::dates;
use crate::api::inputs::is_custom_id;
use crate::auth::access::{Caller, bad_argument};
use crate::store::Turn;
use crate::store::staff::{self, Person, PersonChange, StaffRole};
use crate::store::staff_provider::{self, StaffProvider as Provider};
use crate::webhooks::{Purpose, check_url};

/// What somebody is. Each may do what the one before may, unless the partner says otherwise.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
pub enum AppRole {
    Staff,
    Supervisor,
    Manager,
}

impl From<StaffRole> for AppRole {
    fn from(role: StaffRole) -> Self {
        match role {
            StaffRole::Staff => Self::Staff,
            StaffRole::Supervisor => Self::Supervisor,
            StaffRole::Manager => Self::Manager,
        }
    }
}

impl From<AppRole> for StaffRole {
    fn from(role: AppRole) -> Self {
        match role {
            AppRole::Staff => Self::Staff,
            AppRole::Supervisor => Self::Supervisor,
            AppRole::Manager => Self::Manager,
        }
    }
}

/// One of the people. PINs stay on the devices.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct StaffMember {
    staff_id: String,
    name: String,
    role: AppRole,
    /// Who they are for the partner's OpenID Connect provider.
    oidc_subject: Option<String>,
    changed_date: String,
    /// Set for somebody who may not sign in any more.
    removed_date: Option<String>,
}

impl From<Person> for StaffMember {
    fn from(person: Person) -> Self {
        Self {
            staff_id: person.staff_id,
            name: person.name,
            role: person.role.into(),
            oidc_subject: person.oidc_subject,
            changed_date: dates::text(person.changed_us),
            removed_date: person.removed_us.map(dates::text),
        }
    }
}

/// Whether a role may do something.
#[derive(SimpleObject)]
pub struct StaffRight {
    role: AppRole,
    action: String,
    allowed: bool,
}

/// The OpenID Connect provider where people may sign in beside their PINs.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct StaffProvider {
    issuer: String,
    /// The app there: a native, public client.
    client_id: String,
    /// Beside `openid`.
    scopes: Vec<String>,
    /// Where the browser comes back to, on the device itself; without a port, any.
    redirect_uri: Option<String>,
    /// It gives a refresh token only if the person is asked for consent (OpenID Connect Core, section 11).
    ask_consent: bool,
}

impl From<Provider> for StaffProvider {
    fn from(provider: Provider) -> Self {
        let Provider { issuer, client_id, scopes, redirect_uri, ask_consent } = provider;
        Self { issuer, client_id, scopes, redirect_uri, ask_consent }
    }
}

#[derive(SimpleObject)]
pub struct GetStaffResult {
    result: Vec<StaffMember>,
    rights: Vec<StaffRight>,
    provider: Option<StaffProvider>,
}

/// Whether it was done. False: there is nobody, no right or no provider of this name; for adding, somebody has or had
/// this id; for a subject, somebody else is it.
#[derive(SimpleObject)]
pub struct StaffChangeResult {
    result: bool,
}

#[derive(Default)]
pub struct StaffQueries;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl StaffQueries {
    /// The partner's people by name, those who left included, and every role's rights: what a device needs to let people
    /// sign in without a network.
    async fn get_staff(&self, context: &Context<'_>, partner_id: String) -> Result<GetStaffResult> {
        let caller = Caller::of(context)?;
        let no = caller.own_partner(&partner_id)?.no;
        let (people, rights, provider) = caller
            .read(move |connection| {
                let people = staff::list(connection, no, true)?;
                Ok((people, staff::rights(connection, no)?, staff_provider::find(connection, no)?))
            })
            .await?;
        let right = |(role, action, allowed): (StaffRole, &str, bool)| StaffRight {
            role: role.into(),
            action: action.to_owned(),
            allowed,
        };
        Ok(GetStaffResult {
            result: people.into_iter().map(StaffMember::from).collect(),
            rights: rights.into_iter().map(right).collect(),
            provider: provider.map(StaffProvider::from),
        })
    }
}

#[derive(Default)]
pub struct StaffMutations;

const BAD_TEXT: &str = "each text has 1 to 128 characters, none of them a control character";
const BAD_SUBJECT: &str = "a subject has 1 to 255 characters of ASCII, none of them a control character";
const BAD_SCOPES: &str = "up to 10 scopes, each of 1 to 64 characters of ASCII without spaces and quotes";
const BAD_WAY_BACK: &str = "the way back is http:// to localhost, 127.0.0.1 or [::1], without a query";
const MOST_SCOPES: usize = 10;

/// OpenID Connect Core, section 2.
fn is_subject(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.bytes().all(|byte| (b' '..=b'~').contains(&byte))
}

/// RFC 6749, section 3.3.
fn is_scope(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_graphic() && !b"\"\\".contains(&byte);
    (1..=64).contains(&text.len()) && text.bytes().all(fits)
}

/// A port of the device itself (RFC 8252, section 7.3).
fn is_way_back(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("http://") else { return false };
    let authority = rest.split('/').next().unwrap_or_default();
    let (host, port) = match authority.strip_prefix("[::1]") {
        Some(rest) => ("[::1]", rest.strip_prefix(':')),
        None => authority.split_once(':').map_or((authority, None), |(host, port)| (host, Some(port))),
    };
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|port| port > 0));
    let at_home = matches!(host, "localhost" | "127.0.0.1" | "[::1]");
    at_home
        && is_port
        && text.len() <= 200
        && !text.contains(['?', '#'])
        && text.bytes().all(|b| b.is_ascii_graphic())
}

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl StaffMutations {
    /// Adds somebody.
    async fn add_staff_member(
        &self,
        context: &Context<'_>,
        name: String,
        oidc_subject: Option<String>,
        partner_id: String,
        role: AppRole,
        staff_id: String,
    ) -> Result<StaffChangeResult> {
        let caller = Caller::of(context)?;
        let no = caller.administered_partner(&partner_id)?.no;
        if [&name, &staff_id].into_iter().any(|text| !is_custom_id(text)) {
            return Err(bad_argument(BAD_TEXT));
        }
        if oidc_subject.as_ref().is_some_and(|subject| !is_subject(subject)) {
            return Err(bad_argument(BAD_SUBJECT));
        }
        let person =
            Person { staff_id, name, role: role.into(), oidc_subject, changed_us: 0, removed_us: None };
        let result = caller.write(move |turn| staff::add(turn, no, &person)).await?;
        Ok(StaffChangeResult { result })
    }

    /// Changes somebody; what is not given stays. An empty `oidc_subject` takes it away.
    async fn change_staff_member(
        &self,
        context: &Context<'_>,
        name: Option<String>,
        oidc_subject: Option<String>,
        partner_id: String,
        role: Option<AppRole>,
        staff_id: String,
    ) -> Result<StaffChangeResult> {
        let caller = Caller::of(context)?;
        let no = caller.administered_partner(&partner_id)?.no;
        if name.as_ref().is_some_and(|name| !is_custom_id(name)) {
            return Err(bad_argument(BAD_TEXT));
        }
        if oidc_subject.as_ref().is_some_and(|subject| !subject.is_empty() && !is_subject(subject)) {
            return Err(bad_argument(BAD_SUBJECT));
        }
        let change = PersonChange { name, role: role.map(StaffRole::from), oidc_subject };
        let result = caller.write(move |turn| staff::change(turn, no, &staff_id, &change)).await?;
        Ok(StaffChangeResult { result })
    }

    /// Removes somebody: they can sign in nowhere any more once the devices have heard of it.
    async fn remove_staff_member(
        &self,
        context: &Context<'_>,
        partner_id: String,
        staff_id: String,
    ) -> Result<StaffChangeResult> {
        let caller = Caller::of(context)?;
        let no = caller.administered_partner(&partner_id)?.no;
        let result = caller.write(move |turn| staff::remove(turn, no, &staff_id)).await?;
        Ok(StaffChangeResult { result })
    }

    /// Notes who somebody is for the partner's OpenID Connect provider, for whoever is nobody there yet. Any device of the
    /// partner may, for people up to the role that it was paired for: it has seen their sign-in, and who vouched for it.
    async fn link_staff_member(
        &self,
        context: &Context<'_>,
        issuer: String,
        oidc_subject: String,
        partner_id: String,
        staff_id: String,
    ) -> Result<StaffChangeResult> {
        let caller = Caller::of(context)?;
        let no = caller.own_partner(&partner_id)?.no;
        if !is_subject(&oidc_subject) {
            return Err(bad_argument(BAD_SUBJECT));
        }
        let highest = caller.device().map_or(StaffRole::Manager, |device| device.role);
        let link = move |turn: &mut Turn<'_>| {
            staff_provider::link(turn, no, &staff_id, &issuer, &oidc_subject, highest)
        };
        Ok(StaffChangeResult { result: caller.write(link).await? })
    }

    /// Sets the OpenID Connect provider where people may sign in beside their PINs. Another issuer than before unlinks
    /// everybody: a subject means somebody at its issuer alone.
    #[allow(clippy::too_many_arguments, reason = "one argument a fact")]
    async fn set_staff_provider(
        &self,
        context: &Context<'_>,
        ask_consent: bool,
        client_id: String,
        issuer: String,
        partner_id: String,
        redirect_uri: Option<String>,
        scopes: Vec<String>,
    ) -> Result<StaffChangeResult> {
        let caller = Caller::of(context)?;
        let no = caller.administered_partner(&partner_id)?.no;
        check_url(&issuer, Purpose::Page, caller.environment.name).map_err(|reason| bad_argument(&reason))?;
        if issuer.contains(['?', '#']) || issuer.trim() != issuer {
            return Err(bad_argument("an issuer is an address without a query"));
        }
        if !is_custom_id(&client_id) {
            return Err(bad_argument(BAD_TEXT));
        }
        if scopes.len() > MOST_SCOPES || !scopes.iter().all(|scope| is_scope(scope)) {
            return Err(bad_argument(BAD_SCOPES));
        }
        if redirect_uri.as_ref().is_some_and(|address| !is_way_back(address)) {
            return Err(bad_argument(BAD_WAY_BACK));
        }
        let provider = Provider { issuer, client_id, scopes, redirect_uri, ask_consent };
        caller.write(move |turn| staff_provider::set(turn, no, &provider)).await?;
        Ok(StaffChangeResult { result: true })
    }

    /// Takes the provider away: everybody is unlinked, and their PINs stay.
    async fn remove_staff_provider(
        &self,
        context: &Context<'_>,
        partner_id: String,
    ) -> Result<StaffChangeResult> {
        let caller = Caller::of(context)?;
        let no = caller.administered_partner(&partner_id)?.no;
        let result = caller.write(move |turn| staff_provider::remove(turn, no)).await?;
        Ok(StaffChangeResult { result })
    }

    /// Gives a role a right or takes it away. Managers always keep the right to change rights.
    async fn set_staff_right(
        &self,
        context: &Context<'_>,
        action: String,
        allowed: bool,
        partner_id: String,
        role: AppRole,
    ) -> Result<StaffChangeResult> {
        let caller = Caller::of(context)?;
        let no = caller.administered_partner(&partner_id)?.no;
        let role = StaffRole::from(role);
        let result = caller.write(move |turn| staff::set_right(turn, no, role, &action, allowed)).await?;
        Ok(StaffChangeResult { result })
    }
}
