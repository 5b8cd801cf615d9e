//! Identifiers. The ledger gives them no meaning: the host maps its own names to them.

use core::fmt;

use serde::{Deserialize, Serialize};

/// A fan within one program and environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct FanId(pub u64);

/// A partner (a shop, a kiosk) within one program and environment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PartnerId(pub u32);

/// An operation. Made by whoever starts it, before anything else happens, and kept for ever.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct OpId(pub [u8; 16]);

impl fmt::Debug for OpId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for OpId {
    /// 32 lowercase hex digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

/// Milliseconds since the Unix epoch, passed in: the ledger owns no clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The moment so much later; None where it does not fit.
    #[must_use]
    pub const fn checked_add(self, span: Millis) -> Option<Self> {
        match self.0.checked_add(span.0) {
            Some(millis) => Some(Self(millis)),
            None => None,
        }
    }
}

/// A span of time in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Millis(pub i64);

impl Millis {
    /// So many minutes.
    #[must_use]
    pub const fn minutes(n: u16) -> Self {
        Self((n as i64).saturating_mul(60_000))
    }

    /// So many hours.
    #[must_use]
    pub const fn hours(n: u16) -> Self {
        Self((n as i64).saturating_mul(3_600_000))
    }
}
