//! Rules such as "at least 1000 Status Points", with three answers.

use serde::{Deserialize, Serialize};

use crate::{Millis, StatusPoints, mutant::skipped};

/// A rule as data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case")]
pub enum ThresholdRule {
    /// So many Status Points or more.
    AtLeast {
        /// How many.
        status_points: StatusPoints,
    },
    /// Member of a tier, named as in `Tier::name`, or of a higher one.
    Tier {
        /// The tier.
        name: String,
    },
    /// Every one of them. Of none: yes.
    All {
        /// The parts.
        rules: Vec<ThresholdRule>,
    },
    /// One of them. Of none: no.
    Any {
        /// The parts.
        rules: Vec<ThresholdRule>,
    },
}

/// A tier starts at so many Status Points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tier {
    /// What rules call it.
    pub name: String,
    /// The first number of Status Points within it.
    pub from: StatusPoints,
}

impl Tier {
    /// The highest tier of a standing; None below the lowest.
    #[must_use]
    pub fn of(tiers: &[Self], points: StatusPoints) -> Option<&Self> {
        tiers.iter().filter(|tier| tier.from <= points).max_by_key(|tier| tier.from)
    }
}

/// What is known of a fan's standing, and how old it is. `points` None: nothing is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// The last known figure.
    pub points: Option<StatusPoints>,
    /// How old it is. Below zero (a clock that was set back) it counts as old.
    pub age: Millis,
    /// The most Status Points that a fan could have gained since: within that reach a stale no is no answer.
    pub reach: StatusPoints,
    /// Up to this age the figures count as fresh.
    pub fresh_for: Millis,
}

/// The answer for the person at the door.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case")]
pub enum ThresholdAnswer {
    /// Let in. Status Points only grow unless an award is undone, so that an old yes stays one.
    Yes {
        /// Of the figure.
        age: Millis,
    },
    /// Not let in.
    No {
        /// So many Status Points short.
        missing: StatusPoints,
        /// Of the figure.
        age: Millis,
    },
    /// A person decides.
    CannotTell {
        /// Why.
        reason: CannotTell,
        /// So many Status Points short by the last known figure.
        missing: Option<StatusPoints>,
        /// Of the figure.
        age: Millis,
    },
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CannotTell {
    /// Nothing is known of the fan.
    NoData,
    /// Too few by a figure so old that the fan may have gained the rest since.
    StaleData,
    /// The rule names a tier that the program has not.
    UnknownTier,
}

impl ThresholdRule {
    /// Evaluates the rule against what is known.
    ///
    /// In a combination, a definite part that settles it wins over parts that can not tell; of several, "no" of
    /// `All` reports the most that is missing, "no" of `Any` the least.
    ///
    /// ```
    /// # use ledger::*;
    /// let gold = ThresholdRule::AtLeast { status_points: StatusPoints(1000) };
    /// let known = Standing {
    ///     points: Some(StatusPoints(940)),
    ///     age: Millis::hours(3),
    ///     reach: StatusPoints(100),
    ///     fresh_for: Millis::minutes(15),
    /// };
    /// let answer = gold.evaluate(&[], &known);
    /// assert!(matches!(answer, ThresholdAnswer::CannotTell { reason: CannotTell::StaleData, .. }));
    /// ```
    #[must_use]
    pub fn evaluate(&self, tiers: &[Tier], standing: &Standing) -> ThresholdAnswer {
        match self {
            Self::AtLeast { status_points } => at_least(*status_points, standing),
            Self::Tier { name } => match tiers.iter().find(|tier| tier.name == *name) {
                Some(tier) => at_least(tier.from, standing),
                None => ThresholdAnswer::CannotTell {
                    reason: CannotTell::UnknownTier,
                    missing: None,
                    age: standing.age,
                },
            },
            Self::All { rules } => {
                let answers = rules.iter().map(|rule| rule.evaluate(tiers, standing));
                let yes = ThresholdAnswer::Yes { age: standing.age };
                answers
                    .fold(yes, |worst, answer| if weight(&answer) > weight(&worst) { answer } else { worst })
            }
            Self::Any { rules } => {
                let answers = rules.iter().map(|rule| rule.evaluate(tiers, standing));
                let best = answers
                    .reduce(|best, answer| if weight(&answer) < weight(&best) { answer } else { best });
                best.unwrap_or(ThresholdAnswer::No { missing: StatusPoints::ZERO, age: standing.age })
            }
        }
    }
}

/// From yes to no, the nearer before the further.
const fn weight(answer: &ThresholdAnswer) -> (u8, i64) {
    match answer {
        ThresholdAnswer::Yes { .. } => (0, 0),
        ThresholdAnswer::CannotTell { missing: Some(missing), .. } => (1, missing.0),
        ThresholdAnswer::CannotTell { missing: None, .. } => (1, i64::MAX),
        ThresholdAnswer::No { missing, .. } => (2, missing.0),
    }
}

fn at_least(wanted: StatusPoints, standing: &Standing) -> ThresholdAnswer {
    let age = standing.age;
    let Some(points) = standing.points else {
        return ThresholdAnswer::CannotTell { reason: CannotTell::NoData, missing: None, age };
    };
    if points >= wanted {
        return ThresholdAnswer::Yes { age };
    }
    let missing = StatusPoints(wanted.0.saturating_sub(points.0));
    let fresh = age >= Millis(0) && age <= standing.fresh_for;
    if fresh || missing > standing.reach || skipped("threshold-stale-no") {
        return ThresholdAnswer::No { missing, age };
    }
    ThresholdAnswer::CannotTell { reason: CannotTell::StaleData, missing: Some(missing), age }
}
