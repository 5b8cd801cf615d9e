//! The two kinds of points and money, all integers. A sum that does not fit is an error, never a wrap.

use serde::{Deserialize, Serialize};

/// Fan Points: 100 of them are worth 1.00 in the program's currency.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FanPoints(pub i64);

/// Status Points: they have no monetary value and never become Fan Points.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct StatusPoints(pub i64);

/// A currency of the FanPoints API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Currency {
    Chf,
    Eur,
    Usd,
    /// Prices given in Fan Points themselves.
    Fp,
}

/// An amount in minor units: hundredths of `chf`, `eur`, `usd`; whole points of `fp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Money {
    pub minor: i64,
    pub currency: Currency,
}
