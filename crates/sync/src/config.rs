//! The program's configuration out of the platform's answers.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ledger::{
    Currency, FanPoints, LimitedRate, Modules, OfflinePolicy, PartnerRules, Rate, RateRule, StatusPoints,
    Tier, Timestamp,
};
use outbox::{AppAction, AppThreshold, Environment, ProgramConfig};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::Deserialize;
use serde_json::Value;

use crate::answer::{Fault, Reply};
use crate::{ClientError, values};

const DEFAULT_LABEL: &str = "default";
/// What a new partner gives without having set anything: 2 %.
const DEFAULT_RATE: Decimal = Decimal::from_parts(2, 0, 0, false, 2);
const BATCH_LIMIT: u32 = 50;

/// The addition of the partner app.
pub(crate) fn read(reply: &Reply, now: Timestamp) -> Result<ProgramConfig, ClientError> {
    let Some(outcome) = reply.field("partner_app_config") else { return Err(failure(reply)) };
    let config = outcome.get("result").filter(|value| !value.is_null()).ok_or(ClientError::Forbidden)?;
    read_app(config, now).ok_or(ClientError::Malformed)
}

fn failure(reply: &Reply) -> ClientError {
    if reply.errors.iter().any(Fault::is_forbidden) { ClientError::Forbidden } else { ClientError::Malformed }
}

fn read_app(config: &Value, now: Timestamp) -> Option<ProgramConfig> {
    let text = |name: &str| Some(config.get(name)?.as_str()?.to_owned());
    let root: [u8; 32] = STANDARD.decode(text("pass_root_key")?).ok()?.try_into().ok()?;
    let number = u32::try_from(config.get("project_number")?.as_u64()?).ok()?;
    Some(ProgramConfig {
        project_id: text("project_id")?,
        project_number: Some(number),
        project_name: text("project_name")?,
        environment: text("environment")?.parse().ok()?,
        partner_id: text("partner_id")?,
        partner_name: text("partner_name")?,
        currency: text("primary_currency")?.parse().ok()?,
        modules: modules(config.get("modules")?)?,
        rates: rates(config.get("rates")?)?,
        actions: list(config, "actions", |action| {
            Some(AppAction {
                category: action.get("action_category")?.as_str()?.to_owned(),
                title: action.get("title")?.as_str()?.to_owned(),
                status_points: StatusPoints(action.get("status_points")?.as_i64()?),
            })
        })?,
        thresholds: list(config, "threshold_rules", |rule| {
            Some(AppThreshold {
                id: rule.get("rule_id")?.as_str()?.to_owned(),
                title: rule.get("title")?.as_str()?.to_owned(),
                rule: serde_json::from_str(rule.get("rule")?.as_str()?).ok()?,
            })
        })?,
        tiers: list(config, "tiers", |tier| {
            Some(Tier {
                name: tier.get("name")?.as_str()?.to_owned(),
                from: StatusPoints(tier.get("from_status_points")?.as_i64()?),
            })
        })?,
        offline_policy: signed_policy(config.get("signed_offline_policy")?, &root, number)?,
        pass_root_key: Some(root),
        pass_key_list: STANDARD.decode(text("pass_key_list")?).ok()?,
        batch_limit: u32::try_from(config.get("batch_limit")?.as_u64()?).ok()?.max(1),
        fetched_at: config.get("server_time").and_then(values::time).unwrap_or(now),
        complete: true,
    })
}

/// What a policy is signed in.
#[derive(Deserialize)]
struct PolicyDocument {
    program: u32,
    policy: OfflinePolicy,
}

/// None: the root key did not sign it, or for another program.
fn signed_policy(signed: &Value, root: &[u8; 32], program: u32) -> Option<OfflinePolicy> {
    let document = signed.get("document")?.as_str()?;
    let signature = STANDARD.decode(signed.get("signature")?.as_str()?).ok()?;
    if !fanpass::is_policy_signed(document, &signature, root) {
        return None;
    }
    let read: PolicyDocument = serde_json::from_str(document).ok()?;
    (read.program == program).then_some(read.policy)
}

fn list<T>(config: &Value, name: &str, read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    config.get(name)?.as_array()?.iter().map(read).collect()
}

fn modules(list: &Value) -> Option<Modules> {
    let list = list.as_array()?;
    let active = |id: &str| {
        list.iter().any(|module| {
            module.get("module_id").and_then(Value::as_str) == Some(id)
                && module.get("active").and_then(Value::as_bool) == Some(true)
        })
    };
    Some(Modules {
        user: active("user"),
        fan_points: active("fan_points"),
        status_points: active("status_points"),
    })
}

fn rates(list: &Value) -> Option<PartnerRules> {
    let mut rates = BTreeMap::new();
    for rate in list.as_array()? {
        rates.insert(rate.get("rate_label")?.as_str()?.to_owned(), rate_rule(rate)?);
    }
    // The default rate also answers to its name.
    let default_rate = rates
        .get(DEFAULT_LABEL)
        .copied()
        .unwrap_or(RateRule { rate: Rate::Relative(DEFAULT_RATE), limited: None });
    Some(PartnerRules { default_rate, rates })
}

fn rate_rule(rate: &Value) -> Option<RateRule> {
    let kind = rate.get("fan_points_rate_type")?.as_str()?;
    let of = |value: &Value| {
        let number = values::decimal(value)?;
        match kind {
            "relative" => Some(Rate::Relative(number)),
            "absolute" => number.is_integer().then(|| number.to_i64())?.map(|n| Rate::Absolute(FanPoints(n))),
            _ => None,
        }
    };
    let limited = rate.get("limited_fan_points_rate").filter(|value| !value.is_null());
    let left = rate.get("num_fan_points_left_with_limited_rate").and_then(Value::as_i64);
    let limited = match (limited, left) {
        (Some(limited), Some(left)) => Some(LimitedRate { rate: of(limited)?, points: FanPoints(left) }),
        _ => None,
    };
    Some(RateRule { rate: of(rate.get("fan_points_rate")?)?, limited })
}

/// The program that a server with the base API names: the partner's first partnership.
pub(crate) fn base_project(reply: &Reply) -> Result<String, ClientError> {
    let id = partnership(reply).and_then(|p| p.get("project")?.get("project_id")?.as_str());
    id.map(str::to_owned).ok_or_else(|| failure(reply))
}

fn partnership(reply: &Reply) -> Option<&Value> {
    reply.field("get_partnerships")?.get("result")?.get(0)
}

/// The base API: rates and modules are there, the rest takes the defaults.
pub(crate) fn read_base(
    reply: &Reply,
    modules_reply: &Reply,
    partner_id: &str,
    environment: Environment,
    now: Timestamp,
) -> Result<ProgramConfig, ClientError> {
    let read = || {
        let partner = reply.field("get_partner")?.get("result")?;
        let project = partnership(reply)?.get("project")?;
        let text = |value: &Value, name: &str| Some(value.get(name)?.as_str()?.to_owned());
        let currency: Currency = project.get("primary_currency")?.as_str()?.parse().ok()?;
        let told = modules_reply.field("get_modules").and_then(|outcome| modules(outcome.get("result")?));
        Some(ProgramConfig {
            project_id: text(project, "project_id")?,
            project_number: None,
            project_name: text(project, "name")?,
            environment,
            partner_id: partner_id.to_owned(),
            partner_name: text(partner, "name")?,
            currency,
            // A partner that may not see the modules is told by the first refusal.
            modules: told.unwrap_or(Modules { user: true, fan_points: true, status_points: true }),
            rates: rates(reply.field("get_fan_points_rates")?.get("result")?)?,
            actions: Vec::new(),
            thresholds: Vec::new(),
            tiers: Vec::new(),
            offline_policy: OfflinePolicy::default(),
            pass_root_key: None,
            pass_key_list: Vec::new(),
            batch_limit: BATCH_LIMIT,
            fetched_at: now,
            complete: false,
        })
    };
    read().ok_or_else(|| failure(reply))
}

#[cfg(test)]
mod tests {
    use ledger::FanPoints;
    use serde_json::json;

    use super::*;

    #[test]
    fn a_policy_counts_as_its_root_key_signed_it_for_its_program() {
        let key = fanpass::SigningKey::from_bytes(&[7; 32]);
        let root = key.verifying_key().to_bytes();
        let policy = OfflinePolicy { max_redeem_purchase: FanPoints(900), ..OfflinePolicy::default() };
        let document = json!({ "program": 4, "issued_at": 1, "policy": policy }).to_string();
        let signed = |document: &str, signature: [u8; 64]| json!({ "document": document, "signature": STANDARD.encode(signature) });
        let signature = fanpass::sign_policy(&document, &key);
        assert_eq!(signed_policy(&signed(&document, signature), &root, 4), Some(policy));
        assert_eq!(signed_policy(&signed(&document, signature), &root, 5), None, "another program");
        let laxer = document.replace("900", "901");
        assert_ne!(laxer, document);
        assert_eq!(signed_policy(&signed(&laxer, signature), &root, 4), None, "edited");
        let other = fanpass::sign_policy(&document, &fanpass::SigningKey::from_bytes(&[8; 32]));
        assert_eq!(signed_policy(&signed(&document, other), &root, 4), None, "another key");
        assert_eq!(signed_policy(&json!({ "document": document, "signature": "AAAA" }), &root, 4), None);
    }
}
