//! What a program has set: modules, rates, actions, conversions. Data, passed in.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::{Currency, FanPoints, Millis, PartnerId, StatusPoints};

/// The rules of one program and environment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rules {
    /// The program's own currency: 100 Fan Points are worth 1.00 of it.
    pub currency: Currency,
    pub modules: Modules,
    pub partners: BTreeMap<PartnerId, PartnerRules>,
    /// Status Points by action category.
    pub actions: BTreeMap<String, StatusPoints>,
    /// Value of 1 unit of a foreign currency in the program's currency. `fp` needs none.
    pub conversions: BTreeMap<Currency, Decimal>,
    /// Fan Points expire so long after they were earned; None: never.
    pub lot_lifetime: Option<Millis>,
}

/// The program's modules (FanPoints API, `get_modules`), and what the partnership allows of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Modules {
    pub user: bool,
    pub fan_points: bool,
    pub status_points: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnerRules {
    pub default_rate: RateRule,
    /// By rate label.
    pub rates: BTreeMap<String, RateRule>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateRule {
    pub rate: Rate,
    pub limited: Option<LimitedRate>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rate {
    /// A share of the price: 0.02 gives 50 points for 25.00.
    Relative(Decimal),
    /// A fixed number of points for each item, whatever its price.
    Absolute(FanPoints),
}

/// A rate that applies until `points` were given out with it; it may end within one purchase.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitedRate {
    pub rate: Rate,
    pub points: FanPoints,
}
