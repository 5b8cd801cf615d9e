//! The limits of the offline policy as the screens show and set them.

use serde::{Deserialize, Serialize};
use specta::Type;

/// What a limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum LimitUnit {
    Points,
    /// Minor units of the program's currency.
    Money,
    /// Milliseconds.
    Time,
    Percent,
    Count,
}

/// One limit. Which one `name` says, in the words of the policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LimitView {
    pub name: String,
    pub unit: LimitUnit,
    /// The larger value is the stricter one.
    pub grows: bool,
    pub platform: i64,
    /// What was set for this device; None: nothing.
    pub own: Option<i64>,
    /// What is in force: the stricter of the two.
    pub effective: i64,
}

/// The whole policy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct OfflineLimits {
    pub limits: Vec<LimitView>,
    /// The platform signed it; false: it ships none, and the defaults stand for it.
    pub signed: bool,
    pub fetched_at: i64,
}

/// A limit for this device.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LimitInput {
    pub name: String,
    pub value: i64,
}
