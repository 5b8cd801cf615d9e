//! What the device is connected to, and what the program has set: kept so that it works offline.

use core::fmt;
use core::str::FromStr;
use std::collections::BTreeMap;

use ledger::{
    Currency, Modules, OfflinePolicy, PartnerId, PartnerRules, Rules, StatusPoints, ThresholdRule, Tier,
    Timestamp,
};
use serde::{Deserialize, Serialize};

/// The two sides of a program, which never mix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Environment {
    Development,
    Production,
}

impl fmt::Display for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Development => "development",
            Self::Production => "production",
        })
    }
}

impl FromStr for Environment {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            "development" => Ok(Self::Development),
            "production" => Ok(Self::Production),
            _ => Err(()),
        }
    }
}

/// Where the platform is and who this device is there. The client secret is not part of it: it
/// lives in the keychain.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Connection {
    /// Base address of the platform; `/graphql` is under it.
    pub endpoint: String,
    pub token_endpoint: String,
    pub partner_id: String,
    pub client_id: String,
    pub environment: Environment,
}

/// An action that earns Status Points.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppAction {
    pub category: String,
    pub title: String,
    pub status_points: StatusPoints,
}

/// A rule that a gate or a counter can check.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AppThreshold {
    pub id: String,
    pub title: String,
    pub rule: ThresholdRule,
}

/// What the program has set, as last fetched from the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProgramConfig {
    pub project_id: String,
    /// The number that signed passes carry. None: the server does not issue passes.
    pub project_number: Option<u32>,
    pub project_name: String,
    pub environment: Environment,
    pub partner_id: String,
    pub partner_name: String,
    pub currency: Currency,
    pub modules: Modules,
    pub rates: PartnerRules,
    pub actions: Vec<AppAction>,
    pub thresholds: Vec<AppThreshold>,
    pub tiers: Vec<Tier>,
    pub offline_policy: OfflinePolicy,
    /// Signs the list of pass keys. None: no signed pass can be checked.
    pub pass_root_key: Option<[u8; 32]>,
    /// The signed list as it came; its signature is checked by whoever reads it.
    pub pass_key_list: Vec<u8>,
    /// Operations in one request, at the most.
    pub batch_limit: u32,
    pub fetched_at: Timestamp,
    /// False: the server knows the base API only, and the defaults stand for the rest.
    pub complete: bool,
}

impl ProgramConfig {
    /// The number that this device's own partner has in its ledger.
    pub const PARTNER: PartnerId = PartnerId(1);

    /// The rules as the ledger wants them.
    pub fn rules(&self) -> Rules {
        Rules {
            currency: self.currency,
            modules: self.modules,
            partners: BTreeMap::from([(Self::PARTNER, self.rates.clone())]),
            actions: self.actions.iter().map(|a| (a.category.clone(), a.status_points)).collect(),
            conversions: BTreeMap::new(),
            lot_lifetime: None,
        }
    }
}
