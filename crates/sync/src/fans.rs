//! A fan as the platform answers.

use fanpass::FanPointsId;
use ledger::{FanPoints, StatusPoints, Timestamp};
use outbox::PlatformFan;
use serde_json::Value;

use crate::answer::Reply;
use crate::{ClientError, values};

/// What the platform says of a fan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FanAnswer {
    Known(PlatformFan),
    /// The fan is one of the program's; the balances are not for this partner to see.
    Exists,
    /// The program has no such fan.
    Unknown,
    /// The server can not say: it does not know pseudonyms.
    NotOffered,
}

/// The answer under one alias.
pub(crate) fn read_one(reply: &Reply, alias: &str) -> Result<FanAnswer, ClientError> {
    let Some(outcome) = reply.field(alias) else { return Err(failure(reply)) };
    if is_unknown(outcome) {
        return Ok(FanAnswer::Unknown);
    }
    let fan = outcome.get("result").and_then(read_fan).ok_or(ClientError::Malformed)?;
    Ok(FanAnswer::Known(fan))
}

/// The titles of the badges under one alias.
pub(crate) fn read_badges(reply: &Reply, alias: &str) -> Option<Vec<String>> {
    let badges = reply.field(alias)?.get("result")?.get("badges")?.as_array()?;
    Some(badges.iter().filter_map(Value::as_str).map(str::to_owned).collect())
}

fn failure(reply: &Reply) -> ClientError {
    if reply.errors.iter().any(crate::answer::Fault::is_forbidden) {
        ClientError::Forbidden
    } else {
        ClientError::Malformed
    }
}

fn is_unknown(outcome: &Value) -> bool {
    outcome.get("errors").and_then(|e| e.get("unknown_user_error")).is_some_and(|e| !e.is_null())
}

fn read_fan(fan: &Value) -> Option<PlatformFan> {
    Some(PlatformFan {
        user_id: fan.get("user_id")?.as_str()?.parse().ok()?,
        pseudonym: fan.get("pseudonym").and_then(Value::as_str).and_then(|text| text.parse().ok()),
        fan_points: FanPoints(fan.get("fan_points")?.as_i64()?),
        status_points: StatusPoints(fan.get("status_points")?.as_i64()?),
        as_of: values::time(fan.get("as_of")?)?,
        consent: fan.get("engagement_consent").and_then(Value::as_bool),
    })
}

/// The two balances of the base API, where they are for this partner to see. They tell no time: it is
/// that of the answer.
pub(crate) fn read_balances(reply: &Reply, id: FanPointsId, now: Timestamp) -> Option<FanAnswer> {
    let fan_points = reply.field("get_fan_points_balance")?;
    let status_points = reply.field("get_status_points_balance")?;
    if is_unknown(fan_points) || is_unknown(status_points) {
        return Some(FanAnswer::Unknown);
    }
    Some(FanAnswer::Known(PlatformFan {
        user_id: id,
        pseudonym: None,
        fan_points: FanPoints(fan_points.get("result")?.get("fan_points")?.as_i64()?),
        status_points: StatusPoints(status_points.get("result")?.as_i64()?),
        as_of: now,
        consent: None,
    }))
}

pub(crate) fn read_existence(reply: &Reply) -> Result<FanAnswer, ClientError> {
    let outcome = reply.field("does_user_exist").ok_or_else(|| failure(reply))?;
    match outcome.get("result").and_then(Value::as_bool) {
        Some(true) => Ok(FanAnswer::Exists),
        Some(false) => Ok(FanAnswer::Unknown),
        None => Err(ClientError::Malformed),
    }
}
