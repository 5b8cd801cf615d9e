//! Additions to the public API, for the partner app and for those who own a program. Nothing here changes a field of
//! the public API, and the app keeps working against a server that lacks them.

mod consent;
mod devices;
mod feed;
mod goods;
mod holds;
mod passes;
mod payments;
mod program_rules;
mod program_tokens;
mod review;
mod staff;

use async_graphql::{Context, Enum, MergedObject, MergedSubscription, Object, Result, SimpleObject};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
pub use feed::GoodUntil;

use super::dates;
use super::directory::{Module, modules};
use super::fan_points::rates;
use super::inputs::Currency;
use super::refusals::{GetUserErrors, UnknownUserError};
use super::types::{FanPointsRate, monetary_value};
use crate::auth::access::{Caller, coded, internal, outside};
use crate::environment::EnvironmentName;
use crate::store::catalogue::Program;
use crate::store::keys::{PassKeys, unix_seconds};
use crate::store::{StoreError, events, fans, now_us, webhooks};

#[derive(SimpleObject)]
pub struct PartnerAppConfigResult {
    result: Option<PartnerAppConfig>,
}

#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(rename_items = "lowercase")]
pub enum AppEnvironment {
    Development,
    Production,
}

impl From<EnvironmentName> for AppEnvironment {
    fn from(name: EnvironmentName) -> Self {
        match name {
            EnvironmentName::Development => Self::Development,
            EnvironmentName::Production => Self::Production,
        }
    }
}

/// Something that a fan gets Status Points for.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct AppAction {
    action_category: String,
    title: String,
    status_points: i64,
}

/// A rule such as "at least 1000 Status Points".
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct AppThresholdRule {
    rule_id: String,
    title: String,
    /// JSON of the ledger's rule.
    rule: String,
}

/// A tier and the Status Points where it starts.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct AppTier {
    name: String,
    from_status_points: i64,
}

/// A document and the root key's signature over `FanPoints offline policy 1`, a zero byte, and the document.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct SignedDocument {
    /// JSON with `program` (its number), `issued_at` (Unix seconds) and `policy`.
    document: String,
    /// Ed25519, base64.
    signature: String,
}

/// All that a device needs to know to work, with and without a network.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct PartnerAppConfig {
    project_id: String,
    /// The program's number in signed passes.
    project_number: u32,
    project_name: String,
    environment: AppEnvironment,
    partner_id: String,
    partner_name: String,
    primary_currency: Currency,
    modules: Vec<Module>,
    rates: Vec<FanPointsRate>,
    actions: Vec<AppAction>,
    threshold_rules: Vec<AppThresholdRule>,
    tiers: Vec<AppTier>,
    /// JSON of the ledger's offline policy.
    offline_policy: String,
    /// The same, signed by the pass root key.
    signed_offline_policy: SignedDocument,
    /// The key that signs the list of pass keys: Ed25519, base64.
    pass_root_key: String,
    /// The signed list of pass keys, base64.
    pass_key_list: String,
    /// Operations in one request.
    batch_limit: u32,
    server_time: String,
}

#[derive(SimpleObject)]
pub struct GetWebhookKeyResult {
    result: String,
}

#[derive(SimpleObject)]
pub struct GetFanResult {
    errors: Option<GetUserErrors>,
    result: Option<Fan>,
}

/// A fan as a partner may see them: no name, no mail address.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct Fan {
    user_id: String,
    pseudonym: String,
    fan_points: i64,
    monetary_value: f64,
    currency: Currency,
    status_points: i64,
    /// The titles of the badges that the fan has earned, the newest first.
    badges: Vec<String>,
    /// The time of these figures.
    as_of: String,
    /// Whether partners may tell of what the fan does as engagement events.
    engagement_consent: bool,
}

#[derive(Default)]
pub struct PartnerAppQueries;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl PartnerAppQueries {
    /// The configuration of the partner app for the partner's program; for the first one where there are several.
    async fn partner_app_config(
        &self,
        context: &Context<'_>,
        partner_id: String,
    ) -> Result<PartnerAppConfigResult> {
        let caller = Caller::of(context)?;
        let partner = caller.own_partner(&partner_id)?;
        let partnership = caller.first_partnership(partner)?;
        let program = &partnership.program;
        let PassTrust { root_key, key_list, policy } = pass_trust(caller, program).await?;
        let config = PartnerAppConfig {
            project_id: program.project_id.clone(),
            project_number: program.no.0,
            project_name: program.name.clone(),
            environment: caller.environment.name.into(),
            partner_id: partner.partner_id.clone(),
            partner_name: partner.name.clone(),
            primary_currency: program.currency.into(),
            modules: modules(partnership.rules.modules),
            rates: rates(caller, &partner_id).await?,
            actions: actions(program),
            threshold_rules: threshold_rules(program)?,
            tiers: tiers(program),
            offline_policy: json(&program.offline_policy)?,
            signed_offline_policy: policy,
            pass_root_key: root_key,
            pass_key_list: key_list,
            batch_limit: program.batch_limit,
            server_time: dates::text(now_us()),
        };
        Ok(PartnerAppConfigResult { result: Some(config) })
    }

    /// The key that signs this environment's calls to partners: Ed25519, base64. What is signed is
    /// `FanPoints webhook 1`, a line feed, the header `fanpoints-timestamp`, a full stop, and the body.
    async fn get_webhook_key(
        &self,
        context: &Context<'_>,
        partner_id: String,
    ) -> Result<GetWebhookKeyResult> {
        let caller = Caller::of(context)?;
        caller.own_partner(&partner_id)?;
        let (fresh, now) = (webhooks::fresh_seed().map_err(|error| internal(&error))?, now_us());
        let seed = caller.write(move |turn| webhooks::signing_key(turn, &fresh, now)).await?;
        let public = fanpass::SigningKey::from_bytes(&seed).verifying_key();
        Ok(GetWebhookKeyResult { result: STANDARD.encode(public.as_bytes()) })
    }

    /// A fan with balances, by FanPoints id, pseudonym or the program's own id.
    async fn get_fan(
        &self,
        context: &Context<'_>,
        partner_id: String,
        user_id: String,
    ) -> Result<GetFanResult> {
        let caller = Caller::of(context)?;
        caller.own_partner(&partner_id)?;
        let programs = caller.programs(None)?;
        let found = caller
            .read(move |connection| {
                let Some(fan) = fans::find(connection, &programs, &user_id)? else { return Ok(None) };
                let badges = events::badges(connection, &fan)?;
                Ok(Some((fan, badges, now_us())))
            })
            .await?;
        let Some((fan, badges, as_of)) = found else {
            let errors = GetUserErrors { unknown_user_error: Some(UnknownUserError::default()) };
            return Ok(GetFanResult { errors: Some(errors), result: None });
        };
        let fan = Fan { as_of: dates::text(as_of), ..tell_fan(caller, &fan, badges)? };
        Ok(GetFanResult { errors: None, result: Some(fan) })
    }
}

/// A fan with the figures of now.
fn tell_fan(caller: &Caller, fan: &fans::Fan, badges: Vec<String>) -> Result<Fan> {
    let program = caller.catalogue.programs.get(&fan.program).ok_or_else(outside)?;
    Ok(Fan {
        user_id: fan.id.to_string(),
        pseudonym: fan.pseudonym.to_string(),
        fan_points: fan.wallet.0,
        monetary_value: monetary_value(fan.wallet, program.currency),
        currency: program.currency.into(),
        status_points: fan.standing.0,
        badges,
        as_of: dates::text(now_us()),
        engagement_consent: fan.consent,
    })
}

/// What a device can verify without the platform.
struct PassTrust {
    root_key: String,
    key_list: String,
    policy: SignedDocument,
}

async fn pass_trust(caller: &Caller, program: &Program) -> Result<PassTrust> {
    let no = program.no;
    let now = unix_seconds();
    let keys = caller.read(move |connection| PassKeys::load(connection, no)).await?;
    let keys = keys.ok_or_else(|| coded("the program signs no passes", "NO_PASS_KEYS"))?;
    let list = keys.signed_list(now).map_err(|error| internal(&error))?;
    let document = json(&serde_json::json!({
        "program": no.0, "issued_at": now, "policy": program.offline_policy,
    }))?;
    let signature = STANDARD.encode(keys.sign_policy(&document));
    Ok(PassTrust {
        root_key: STANDARD.encode(keys.root_key()),
        key_list: STANDARD.encode(list),
        policy: SignedDocument { document, signature },
    })
}

fn actions(program: &Program) -> Vec<AppAction> {
    let tell = |action: &crate::store::catalogue::Action| AppAction {
        action_category: action.category.clone(),
        title: action.title.clone(),
        status_points: action.status_points.0,
    };
    program.actions.iter().map(tell).collect()
}

fn threshold_rules(program: &Program) -> Result<Vec<AppThresholdRule>> {
    let tell = |named: &crate::store::catalogue::NamedRule| {
        let rule = json(&named.rule)?;
        Ok(AppThresholdRule { rule_id: named.rule_id.clone(), title: named.title.clone(), rule })
    };
    program.threshold_rules.iter().map(tell).collect()
}

fn tiers(program: &Program) -> Vec<AppTier> {
    let tell = |tier: &ledger::Tier| AppTier { name: tier.name.clone(), from_status_points: tier.from.0 };
    program.tiers.iter().map(tell).collect()
}

fn json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| internal(&StoreError::from(error)))
}

/// The mutations of all additions.
#[derive(MergedObject, Default)]
pub struct PartnerAppMutations(
    goods::GoodsAdditions,
    devices::DeviceMutations,
    staff::StaffMutations,
    holds::HoldMutations,
    review::ReviewMutations,
    passes::PassMutations,
    consent::ConsentMutations,
    program_rules::ProgramRuleMutations,
    program_tokens::ProgramTokenMutations,
);

/// The queries of all additions.
#[derive(MergedObject, Default)]
pub struct PartnerAppAdditions(
    PartnerAppQueries,
    feed::FeedQueries,
    goods::GoodsLookUps,
    devices::DeviceQueries,
    staff::StaffQueries,
    review::ReviewQueries,
    passes::PassQueries,
    payments::PaymentQueries,
    program_rules::ProgramRuleQueries,
    program_tokens::ProgramTokenQueries,
);

/// What can be followed in real time.
#[derive(MergedSubscription, Default)]
pub struct Subscription(feed::FeedSubscription);
