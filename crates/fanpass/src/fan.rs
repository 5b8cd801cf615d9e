//! How a fan is called on a device: by FanPoints id or by the pseudonym of a signed pass.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::{BadId, FanPointsId};

/// Random and stable per fan and program: a signed pass names the fan without saying who it is.
/// Written as `p` and sixteen hexadecimal digits; the platform takes it wherever it takes a user id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Pseudonym(pub u64);

/// The fan's key on a device: lanes, projections and queue rows hang on its text form.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum FanRef {
    Id(FanPointsId),
    Pseudonym(Pseudonym),
}

/// Why a text names no fan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum BadFanRef {
    #[error("a pseudonym is `p` and 16 lower-case hexadecimal digits")]
    BadPseudonym,
    #[error(transparent)]
    BadId(#[from] BadId),
}

impl FromStr for Pseudonym {
    type Err = BadFanRef;

    fn from_str(text: &str) -> Result<Self, BadFanRef> {
        let digits = text.strip_prefix('p').ok_or(BadFanRef::BadPseudonym)?;
        // Stricter than from_str_radix, which takes a sign and upper case: one fan has one text form.
        let plain = digits.len() == 16 && digits.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !plain {
            return Err(BadFanRef::BadPseudonym);
        }
        u64::from_str_radix(digits, 16).map(Self).map_err(|_| BadFanRef::BadPseudonym)
    }
}

impl FromStr for FanRef {
    type Err = BadFanRef;

    fn from_str(text: &str) -> Result<Self, BadFanRef> {
        if text.starts_with('p') {
            return text.parse().map(Self::Pseudonym);
        }
        Ok(Self::Id(text.parse()?))
    }
}

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "p{:016x}", self.0)
    }
}

impl fmt::Debug for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pseudonym({self})")
    }
}

impl fmt::Display for FanRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id(id) => id.fmt(f),
            Self::Pseudonym(pseudonym) => pseudonym.fmt(f),
        }
    }
}

impl From<FanPointsId> for FanRef {
    fn from(id: FanPointsId) -> Self {
        Self::Id(id)
    }
}

impl From<Pseudonym> for FanRef {
    fn from(pseudonym: Pseudonym) -> Self {
        Self::Pseudonym(pseudonym)
    }
}

impl TryFrom<String> for Pseudonym {
    type Error = BadFanRef;

    fn try_from(text: String) -> Result<Self, BadFanRef> {
        text.parse()
    }
}

impl From<Pseudonym> for String {
    fn from(pseudonym: Pseudonym) -> Self {
        pseudonym.to_string()
    }
}

impl TryFrom<String> for FanRef {
    type Error = BadFanRef;

    fn try_from(text: String) -> Result<Self, BadFanRef> {
        text.parse()
    }
}

impl From<FanRef> for String {
    fn from(fan: FanRef) -> Self {
        fan.to_string()
    }
}
