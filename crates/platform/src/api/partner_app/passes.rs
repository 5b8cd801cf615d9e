//! Fan passes: issued for the program's own app, read for partners, revoked; and the keys that verify them.

use async_graphql::{Context, Error, Object, Result, SimpleObject};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fanpass::{Code, CodeRefusal, PassContent, TrustedKeys, VerifyingKey};
use ledger::FanPoints;

use super::{Fan, tell_fan};
use crate::api::dates;
use crate::api::directory::ScopeType;
use crate::api::refusals::{GetUserErrors, UnknownUserError};
use crate::auth::access::{Caller, bad_argument, coded, internal, outside};
use crate::store::catalogue::Program;
use crate::store::events;
use crate::store::fans::{self, Fan as KnownFan};
use crate::store::keys::{PassKeys, revoke_passes, unix_seconds};
use crate::store::{ProgramNo, StoreError, now_us};

/// A signed pass of a fan.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct IssuedPass {
    /// A card: the text of its code. A live pass: the platform's part, base64, to which the fan's device adds its proof
    /// at each showing.
    pass: String,
    expiry_date: String,
}

#[derive(SimpleObject)]
pub struct IssuePassResult {
    errors: Option<GetUserErrors>,
    result: Option<IssuedPass>,
}

#[derive(SimpleObject)]
pub struct RevokePassesResult {
    errors: Option<GetUserErrors>,
}

/// What verifies passes without the platform.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct PassKeyList {
    project_id: String,
    /// Ed25519, base64.
    root_key: String,
    /// Keys and revocations, signed by the root key, base64.
    signed_list: String,
}

#[derive(SimpleObject)]
pub struct GetPassKeysResult {
    result: Vec<PassKeyList>,
}

#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct GetFanByPassResult {
    errors: Option<GetUserErrors>,
    /// Why the code was not accepted, by the name of the reason.
    pass_refusal: Option<String>,
    result: Option<Fan>,
}

const CARD_SECONDS: u32 = 30 * 86_400;
const LIVE_SECONDS: u32 = 86_400;

#[derive(Default)]
pub struct PassQueries;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl PassQueries {
    /// The pass keys of the caller's program, or of every program that the caller's partner works with.
    async fn get_pass_keys(
        &self,
        context: &Context<'_>,
        scope_id: String,
        scope_type: ScopeType,
    ) -> Result<GetPassKeysResult> {
        let caller = Caller::of(context)?;
        let programs = match scope_type {
            ScopeType::Partner => {
                caller.own_partner(&scope_id)?;
                caller.programs(None)?
            }
            ScopeType::Project => vec![caller.own_program(&scope_id)?.no],
        };
        let mut result = Vec::new();
        for no in programs {
            let program = caller.catalogue.programs.get(&no).ok_or_else(outside)?;
            if let Some(keys) = caller.read(move |connection| PassKeys::load(connection, no)).await? {
                let list = keys.signed_list(unix_seconds()).map_err(|error| internal(&error))?;
                result.push(PassKeyList {
                    project_id: program.project_id.clone(),
                    root_key: STANDARD.encode(keys.root_key()),
                    signed_list: STANDARD.encode(list),
                });
            }
        }
        Ok(GetPassKeysResult { result })
    }

    /// The fan behind a code of any kind. A signed pass is verified; its replay is the devices' business.
    async fn get_fan_by_pass(
        &self,
        context: &Context<'_>,
        code: String,
        partner_id: String,
    ) -> Result<GetFanByPassResult> {
        let caller = Caller::of(context)?;
        caller.own_partner(&partner_id)?;
        let refused = |reason: String| {
            Ok(GetFanByPassResult { errors: None, pass_refusal: Some(reason), result: None })
        };
        let (programs, user) = match fanpass::parse(&code) {
            Err(refusal) => return refused(reason(&refusal)),
            Ok(Code::JsonV1(id) | Code::DeepLink(id) | Code::Id(id)) => {
                (caller.programs(None)?, id.to_string())
            }
            // A voucher or the like names no fan.
            Ok(Code::Goods(_)) => return refused(reason(&CodeRefusal::NotOurs)),
            Ok(Code::Pass(pass)) => {
                let program = ProgramNo(pass.program());
                if !caller.programs(None)?.contains(&program) {
                    return refused("other_program".to_owned());
                }
                let keys = keys_of(caller, program).await?;
                let now = unix_seconds();
                let list = keys.signed_list(now).map_err(|error| internal(&error))?;
                let verified = TrustedKeys::from_signed(&list, &keys.root_key(), now)
                    .and_then(|keys| pass.verify(&keys, program.0, now));
                match verified {
                    Ok(pass) => (vec![program], pass.pseudonym.to_string()),
                    Err(refusal) => return refused(reason(&refusal)),
                }
            }
        };
        let fan = caller
            .read(move |connection| {
                let Some(fan) = fans::find(connection, &programs, &user)? else { return Ok(None) };
                let badges = events::badges(connection, &fan)?;
                Ok(Some((fan, badges)))
            })
            .await?;
        let result = fan.map(|(fan, badges)| tell_fan(caller, &fan, badges)).transpose()?;
        let errors = if result.is_none() { unknown_user() } else { None };
        Ok(GetFanByPassResult { errors, pass_refusal: None, result })
    }
}

#[derive(Default)]
pub struct PassMutations;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl PassMutations {
    /// A card pass with the balances of now, for the program's own app or its printer.
    async fn issue_card_pass(
        &self,
        context: &Context<'_>,
        project_id: String,
        user_id: String,
    ) -> Result<IssuePassResult> {
        let caller = Caller::of(context)?;
        let program = caller.own_program(&project_id)?;
        let Some((fan, keys)) = fan_and_keys(caller, program.no, user_id).await? else {
            return Ok(IssuePassResult { errors: unknown_user(), result: None });
        };
        let content = content(program, &fan, CARD_SECONDS);
        let key = keys.current(content.issued_at).ok_or_else(no_keys)?;
        let pass = fanpass::issue_card(&key.key, key.id, &content).map_err(not_issued)?;
        Ok(IssuePassResult { errors: None, result: Some(issued(pass, &content)) })
    }

    /// The platform's part of a live pass for the fan's device with this key (Ed25519, base64).
    async fn issue_live_pass(
        &self,
        context: &Context<'_>,
        device_public_key: String,
        project_id: String,
        user_id: String,
    ) -> Result<IssuePassResult> {
        let caller = Caller::of(context)?;
        let program = caller.own_program(&project_id)?;
        let bytes: Option<[u8; 32]> =
            STANDARD.decode(&device_public_key).ok().and_then(|bytes| bytes.try_into().ok());
        let device = bytes.and_then(|bytes| VerifyingKey::from_bytes(&bytes).ok());
        let device = device.filter(|key| !key.is_weak());
        let device = device.ok_or_else(|| bad_argument("this is no Ed25519 key in base64"))?;
        let Some((fan, keys)) = fan_and_keys(caller, program.no, user_id).await? else {
            return Ok(IssuePassResult { errors: unknown_user(), result: None });
        };
        let content = content(program, &fan, LIVE_SECONDS);
        let key = keys.current(content.issued_at).ok_or_else(no_keys)?;
        let grant = fanpass::issue_live(&key.key, key.id, &content, &device).map_err(not_issued)?;
        let pass = STANDARD.encode(grant.to_bytes());
        Ok(IssuePassResult { errors: None, result: Some(issued(pass, &content)) })
    }

    /// Revokes every pass that a fan has, because a phone was lost or a card given back.
    async fn revoke_fan_passes(
        &self,
        context: &Context<'_>,
        project_id: String,
        user_id: String,
    ) -> Result<RevokePassesResult> {
        let caller = Caller::of(context)?;
        let program = caller.own_program(&project_id)?.no;
        let now = unix_seconds();
        let known = caller
            .write(move |turn| {
                let fan = fans::find(turn.connection, &[program], &user_id)?;
                if let Some(fan) = &fan {
                    revoke_passes(turn, fan, now)?;
                }
                Ok(fan.is_some())
            })
            .await?;
        Ok(RevokePassesResult { errors: if known { None } else { unknown_user() } })
    }
}

fn unknown_user() -> Option<GetUserErrors> {
    Some(GetUserErrors { unknown_user_error: Some(UnknownUserError::default()) })
}

/// The name of a refusal, without its particulars.
fn reason(refusal: &impl serde::Serialize) -> String {
    match serde_json::to_value(refusal) {
        Ok(serde_json::Value::String(name)) => name,
        Ok(serde_json::Value::Object(named)) => named.keys().next().cloned().unwrap_or_default(),
        _ => "refused".to_owned(),
    }
}

fn no_keys() -> Error {
    coded("the program signs no passes", "NO_PASS_KEYS")
}

fn not_issued(error: fanpass::IssueError) -> Error {
    internal(&StoreError::Corrupt(format!("a pass was not issued: {error}")))
}

async fn keys_of(caller: &Caller, program: ProgramNo) -> Result<PassKeys> {
    let keys = caller.read(move |connection| PassKeys::load(connection, program)).await?;
    keys.ok_or_else(no_keys)
}

async fn fan_and_keys(
    caller: &Caller,
    program: ProgramNo,
    user_id: String,
) -> Result<Option<(KnownFan, PassKeys)>> {
    let fan = caller.read(move |connection| fans::find(connection, &[program], &user_id)).await?;
    match fan {
        Some(fan) => Ok(Some((fan, keys_of(caller, program).await?))),
        None => Ok(None),
    }
}

fn content(program: &Program, fan: &KnownFan, lasts: u32) -> PassContent {
    let now = u32::try_from(now_us() / 1_000_000).unwrap_or(u32::MAX);
    let policy = &program.offline_policy;
    let share = fan.wallet.0.saturating_mul(i64::from(policy.max_fan_share_percent)) / 100;
    PassContent {
        program: program.no.0,
        pseudonym: fan.pseudonym,
        issued_at: now,
        valid_until: now.saturating_add(lasts),
        fan_points: u32::try_from(fan.wallet.0).unwrap_or(u32::MAX),
        status_points: u32::try_from(fan.standing.0.max(0)).unwrap_or(u32::MAX),
        offline_allowance: FanPoints(share.min(policy.max_fan_unsynced.0).max(0)),
    }
}

fn issued(pass: String, content: &PassContent) -> IssuedPass {
    IssuedPass { pass, expiry_date: dates::text(i64::from(content.valid_until).saturating_mul(1_000_000)) }
}
