//! The people of a partner and what their roles may do.

use async_graphql::{Context, Enum, Object, Result, SimpleObject};

use crate::api::dates;
use crate::api::inputs::is_custom_id;
use crate::auth::access::{Caller, bad_argument};
use crate::store::staff::{self, Person, PersonChange, StaffRole};

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

#[derive(SimpleObject)]
pub struct GetStaffResult {
    result: Vec<StaffMember>,
    rights: Vec<StaffRight>,
}

/// Whether it was done. False: there is nobody or no right of this name, or for adding, somebody has or had this id.
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
        let (people, rights) = caller
            .read(move |connection| Ok((staff::list(connection, no, true)?, staff::rights(connection, no)?)))
            .await?;
        let right = |(role, action, allowed): (StaffRole, &str, bool)| StaffRight {
            role: role.into(),
            action: action.to_owned(),
            allowed,
        };
        Ok(GetStaffResult {
            result: people.into_iter().map(StaffMember::from).collect(),
            rights: rights.into_iter().map(right).collect(),
        })
    }
}

#[derive(Default)]
pub struct StaffMutations;

const BAD_TEXT: &str = "each text has 1 to 128 characters, none of them a control character";

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
        if [Some(&name), Some(&staff_id), oidc_subject.as_ref()]
            .into_iter()
            .flatten()
            .any(|t| !is_custom_id(t))
        {
            return Err(bad_argument(BAD_TEXT));
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
        let subject = oidc_subject.as_ref().filter(|text| !text.is_empty());
        if [name.as_ref(), subject].into_iter().flatten().any(|text| !is_custom_id(text)) {
            return Err(bad_argument(BAD_TEXT));
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
