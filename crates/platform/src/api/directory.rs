//! Programs, partners, partnerships, modules.

use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use ledger::Modules;

use super::refusals::ToggleModuleErrors;
use super::types::{Partner, Project};
use crate::auth::access::{Caller, outside};
use crate::store::Partnership as StoredPartnership;
use crate::store::catalogue::Owner;
use crate::store::settings::{self, Switch};
use crate::store::staff::{self, StaffRole};

#[derive(SimpleObject)]
pub struct GetPartnerResult {
    result: Partner,
}

#[derive(SimpleObject)]
pub struct GetProjectResult {
    result: Project,
}

#[derive(SimpleObject)]
pub struct GetPartnershipsResult {
    result: Vec<Partnership>,
}

#[derive(SimpleObject)]
pub struct GetModulesResult {
    result: Option<Vec<Module>>,
}

#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(rename_items = "lowercase")]
pub enum PartyType {
    Partner,
    Project,
}

#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(rename_items = "lowercase")]
pub enum ScopeType {
    Partner,
    Project,
}

#[derive(SimpleObject, Clone, Debug)]
#[graphql(rename_fields = "snake_case")]
pub struct Module {
    active: bool,
    can_be_deactivated: bool,
    module_id: String,
}

#[derive(SimpleObject, Clone, Debug)]
#[graphql(rename_fields = "snake_case")]
pub struct PartnershipModule {
    description: String,
    module_id: String,
    name: String,
}

#[derive(SimpleObject, Clone, Debug)]
#[graphql(rename_fields = "snake_case")]
pub struct ProposedPartnershipModule {
    module_id: PartnershipModule,
    proposal_id: String,
}

#[derive(SimpleObject, Clone, Debug)]
#[graphql(rename_fields = "snake_case")]
pub struct Partnership {
    modules: Vec<PartnershipModule>,
    partner: Partner,
    partnership_id: String,
    project: Project,
    proposed_modules: Vec<ProposedPartnershipModule>,
}

impl Partnership {
    fn new(stored: &StoredPartnership) -> Self {
        let active = described(stored.rules.modules).into_iter().filter(|(_, on)| *on);
        Self {
            modules: active.map(|(module, _)| module).collect(),
            partner: stored.partner.as_ref().into(),
            partnership_id: stored.partnership_id.clone(),
            project: stored.program.as_ref().into(),
            proposed_modules: Vec::new(),
        }
    }
}

#[derive(SimpleObject)]
pub struct ToggleModuleResult {
    errors: Option<ToggleModuleErrors>,
}

#[derive(SimpleObject)]
pub struct GetBackendUsersResult {
    result: Option<Vec<RoleAttachment>>,
}

/// Somebody with rights at a partner.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct RoleAttachment {
    entity_id: String,
    entity_name: String,
    role: Role,
}

#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
pub enum Role {
    Admin,
    ContentManager,
    Owner,
    Unauthorized,
    User,
}

/// The three modules with their words, and whether each is on.
fn described(modules: Modules) -> [(PartnershipModule, bool); 3] {
    let module = |module_id: &str, name: &str, description: &str| PartnershipModule {
        description: description.to_owned(),
        module_id: module_id.to_owned(),
        name: name.to_owned(),
    };
    [
        (module("user", "User Module", "The program adds, changes and deletes users."), modules.user),
        (
            module("fan_points", "Fan Points Module", "Partners give Fan Points and take them as payment."),
            modules.fan_points,
        ),
        (
            module(
                "status_points",
                "Status Points Module",
                "Partners award Status Points and ask for thresholds.",
            ),
            modules.status_points,
        ),
    ]
}

/// The modules as `get_modules` tells them. Fans are what a program consists of: their module stays on.
pub fn modules(modules: Modules) -> Vec<Module> {
    let tell = |(module, active): (PartnershipModule, bool)| Module {
        active,
        can_be_deactivated: module.module_id != "user",
        module_id: module.module_id,
    };
    described(modules).into_iter().map(tell).collect()
}

#[derive(Default)]
pub struct DirectoryQueries;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl DirectoryQueries {
    /// The caller's partner, or one that the caller's program works with.
    async fn get_partner(
        &self,
        context: &Context<'_>,
        partner_id: String,
        project_id: Option<String>,
    ) -> Result<GetPartnerResult> {
        let caller = Caller::of(context)?;
        let partner = caller.joined_partner(&partner_id)?;
        caller.programs(project_id.as_deref())?;
        Ok(GetPartnerResult { result: partner.as_ref().into() })
    }

    /// The caller's program, or one that the caller's partner works with.
    async fn get_project(&self, context: &Context<'_>, project_id: String) -> Result<GetProjectResult> {
        let program = Caller::of(context)?.joined_program(&project_id)?;
        Ok(GetProjectResult { result: program.as_ref().into() })
    }

    /// The caller's partnerships.
    async fn get_partnerships(
        &self,
        context: &Context<'_>,
        party_id: String,
        party_type: PartyType,
    ) -> Result<GetPartnershipsResult> {
        let caller = Caller::of(context)?;
        let owner = match party_type {
            PartyType::Partner => Owner::Partner(caller.own_partner(&party_id)?.no),
            PartyType::Project => Owner::Program(caller.own_program(&party_id)?.no),
        };
        let mine = caller.catalogue.partnerships.iter().filter(|partnership| match owner {
            Owner::Partner(no) => partnership.partner.no == no,
            Owner::Program(no) => partnership.program.no == no,
        });
        Ok(GetPartnershipsResult { result: mine.map(|partnership| Partnership::new(partnership)).collect() })
    }

    /// The modules of the caller's program or partner. A partner's module is on where any of its programs has it on.
    async fn get_modules(
        &self,
        context: &Context<'_>,
        scope_id: String,
        scope_type: ScopeType,
    ) -> Result<GetModulesResult> {
        let caller = Caller::of(context)?;
        let active = match scope_type {
            ScopeType::Project => caller.joined_program(&scope_id)?.modules,
            ScopeType::Partner => {
                let partner = caller.own_partner(&scope_id)?;
                let each =
                    caller.catalogue.partnerships_of(partner.no).map(|partnership| partnership.rules.modules);
                each.reduce(|all, one| Modules {
                    user: all.user || one.user,
                    fan_points: all.fan_points || one.fan_points,
                    status_points: all.status_points || one.status_points,
                })
                .ok_or_else(outside)?
            }
        };
        Ok(GetModulesResult { result: Some(modules(active)) })
    }

    /// Who has rights at the partner: its owner, and its staff.
    async fn get_partner_users(
        &self,
        context: &Context<'_>,
        partner_id: String,
    ) -> Result<GetBackendUsersResult> {
        let caller = Caller::of(context)?;
        let partner = caller.own_partner(&partner_id)?;
        let no = partner.no;
        let people = caller.read(move |connection| staff::list(connection, no, false)).await?;
        let owner = RoleAttachment {
            entity_id: partner.creator_id.clone(),
            entity_name: partner.name.clone(),
            role: Role::Owner,
        };
        let others = people.into_iter().map(|person| RoleAttachment {
            role: match person.role {
                StaffRole::Manager => Role::Admin,
                StaffRole::Supervisor => Role::ContentManager,
                StaffRole::Staff => Role::User,
            },
            entity_id: person.staff_id,
            entity_name: person.name,
        });
        Ok(GetBackendUsersResult { result: Some(std::iter::once(owner).chain(others).collect()) })
    }
}

#[derive(Default)]
pub struct DirectoryMutations;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl DirectoryMutations {
    /// Switches a module of the caller's program on, or the caller's use of it as a partner.
    async fn activate_module(
        &self,
        context: &Context<'_>,
        module_id: String,
        scope_id: String,
        scope_type: ScopeType,
    ) -> Result<ToggleModuleResult> {
        let caller = Caller::of(context)?;
        let owner = match scope_type {
            ScopeType::Partner => Owner::Partner(caller.administered_partner(&scope_id)?.no),
            ScopeType::Project => Owner::Program(caller.own_program(&scope_id)?.no),
        };
        toggle(caller, owner, &module_id, true).await
    }

    /// Switches a module of the caller's program off, or the caller's use of it as a partner.
    async fn deactivate_module(
        &self,
        context: &Context<'_>,
        module_id: String,
        scope_id: String,
    ) -> Result<ToggleModuleResult> {
        let caller = Caller::of(context)?;
        let owner = match caller.owner {
            Owner::Partner(_) => Owner::Partner(caller.administered_partner(&scope_id)?.no),
            Owner::Program(_) => Owner::Program(caller.own_program(&scope_id)?.no),
        };
        toggle(caller, owner, &module_id, false).await
    }
}

async fn toggle(caller: &Caller, owner: Owner, module_id: &str, active: bool) -> Result<ToggleModuleResult> {
    let refused = |name| Ok(ToggleModuleResult { errors: ToggleModuleErrors::of(name) });
    let module = match module_id {
        "fan_points" => Switch::FanPoints,
        "status_points" => Switch::StatusPoints,
        "user" if active => return Ok(ToggleModuleResult { errors: None }),
        "user" => return refused("module_cannot_be_deactivated_error"),
        _ => return refused("invalid_module_id_error"),
    };
    caller.write(move |turn| settings::switch_module(turn, owner, module, active)).await?;
    Ok(ToggleModuleResult { errors: None })
}
