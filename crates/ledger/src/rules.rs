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
    /// What the program has switched on.
    pub modules: Modules,
    /// Who may operate, and what purchases earn there.
    pub partners: BTreeMap<PartnerId, PartnerRules>,
    /// Status Points by action category; none is below zero.
    pub actions: BTreeMap<String, StatusPoints>,
    /// Value of 1 unit of a foreign currency in the program's currency. `fp` needs none.
    pub conversions: BTreeMap<Currency, Decimal>,
    /// Fan Points expire so long after they were earned; None: never.
    pub lot_lifetime: Option<Millis>,
}

impl Rules {
    /// A program with every module on and nothing else set.
    #[must_use]
    pub const fn new(currency: Currency) -> Self {
        Self {
            currency,
            modules: Modules { user: true, fan_points: true, status_points: true },
            partners: BTreeMap::new(),
            actions: BTreeMap::new(),
            conversions: BTreeMap::new(),
            lot_lifetime: None,
        }
    }

    /// The same with one more partner and its default rate.
    #[must_use]
    pub fn with_partner(mut self, partner: PartnerId, default_rate: RateRule) -> Self {
        let rates = BTreeMap::new();
        self.partners.insert(partner, PartnerRules { default_rate, rates });
        self
    }
}

/// The program's modules (FanPoints API, `get_modules`), and what the partnership allows of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Modules {
    /// Fans can be registered and looked up. No operation on points needs it.
    pub user: bool,
    /// Everything that moves or holds Fan Points.
    pub fan_points: bool,
    /// Everything that moves Status Points.
    pub status_points: bool,
}

/// One of the modules that operations need.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Module {
    /// Fan Points.
    FanPoints,
    /// Status Points.
    StatusPoints,
}

/// What purchases earn at one partner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartnerRules {
    /// For items without a label.
    pub default_rate: RateRule,
    /// By rate label.
    pub rates: BTreeMap<String, RateRule>,
}

impl PartnerRules {
    /// The rule of a label, or the default rate for none. An unknown label has no rule.
    #[must_use]
    pub fn rate(&self, label: Option<&str>) -> Option<&RateRule> {
        match label {
            None => Some(&self.default_rate),
            Some(label) => self.rates.get(label),
        }
    }
}

/// A rate, and the better or worse one that applies before it for a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateRule {
    /// The lasting rate.
    pub rate: Rate,
    /// What applies first, until it is used up.
    pub limited: Option<LimitedRate>,
}

impl RateRule {
    /// A rate without a limited variant.
    #[must_use]
    pub const fn flat(rate: Rate) -> Self {
        Self { rate, limited: None }
    }
}

/// How many points an item earns. Neither kind may be below zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rate {
    /// A share of the price: 0.02 gives 50 points for 25.00.
    Relative(Decimal),
    /// A fixed number of points for each item, whatever its price.
    Absolute(FanPoints),
}

impl Rate {
    /// So many hundredths of the price.
    #[must_use]
    pub fn percent(n: u32) -> Self {
        Self::Relative(Decimal::new(i64::from(n), 2))
    }
}

/// A rate that applies until `points` were given out with it; it may end within one purchase, and within one item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LimitedRate {
    /// What applies while it lasts.
    pub rate: Rate,
    /// How many points it gives out in all, over every fan of the partner.
    pub points: FanPoints,
}
