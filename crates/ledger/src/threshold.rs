//! Rules such as "at least 1000 Status Points", with three answers.

use serde::{Deserialize, Serialize};

use crate::{Millis, StatusPoints};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum ThresholdRule {
    AtLeast { status_points: StatusPoints },
    /// Member of a tier, named as in `Tier::name`, or of a higher one.
    Tier { name: String },
    All { rules: Vec<ThresholdRule> },
    Any { rules: Vec<ThresholdRule> },
}

/// A tier starts at so many Status Points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    pub name: String,
    pub from: StatusPoints,
}

/// What is known of a fan's standing, and how old it is. `points` None: nothing is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    pub points: Option<StatusPoints>,
    pub age: Millis,
    /// The most Status Points that a fan could have gained since: within that reach a stale no is no answer.
    pub reach: StatusPoints,
    /// Up to this age the figures count as fresh.
    pub fresh_for: Millis,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum ThresholdAnswer {
    Yes { age: Millis },
    /// `missing` Status Points short.
    No { missing: StatusPoints, age: Millis },
    CannotTell { reason: CannotTell, missing: Option<StatusPoints>, age: Millis },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CannotTell {
    NoData,
    StaleData,
    UnknownTier,
}
