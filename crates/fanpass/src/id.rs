//! The FanPoints id: twelve digits, the last a check digit that catches typing errors.

use core::fmt;
use core::str::FromStr;

use serde::{Deserialize, Serialize};

/// A FanPoints id, always with a correct check digit. Written as twelve digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FanPointsId(u64);

/// Why twelve digits are not a FanPoints id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum BadId {
    #[error("a FanPoints id holds digits only")]
    NotDigits,
    #[error("a FanPoints id has 12 digits, not {0}")]
    WrongLength(usize),
    #[error("the check digit does not match: a digit was mistyped")]
    BadCheckDigit,
}

const DIGITS: usize = 12;
const BEYOND: u64 = 1_000_000_000_000;

impl FanPointsId {
    /// The id with this number, whose last digit is its check digit.
    ///
    /// # Errors
    /// `WrongLength` above twelve digits, `BadCheckDigit`.
    pub fn new(number: u64) -> Result<Self, BadId> {
        if number >= BEYOND {
            return Err(BadId::WrongLength(number.to_string().len()));
        }
        if !weighted_sum(number).is_multiple_of(10) {
            return Err(BadId::BadCheckDigit);
        }
        Ok(Self(number))
    }

    /// The id whose first eleven digits are these. None above eleven digits.
    pub fn from_first_eleven(digits: u64) -> Option<Self> {
        let number = digits.checked_mul(10).filter(|n| *n < BEYOND)?;
        Some(Self(number + (10 - weighted_sum(number) % 10) % 10))
    }

    /// The twelve digits as a number, leading zeros lost.
    pub fn number(self) -> u64 {
        self.0
    }

    /// As printed on cards: `0084 0711 9295`.
    pub fn grouped(self) -> String {
        let number = self.0;
        format!("{:04} {:04} {:04}", number / 100_000_000, number / 10_000 % 10_000, number % 10_000)
    }
}

/// UPC-A: three times the 1st, 3rd, 5th ... digit plus the others. The 12th digit from the left is the 1st from the
/// right, so counting from the right the weights are 1, 3, 1, 3 ...
fn weighted_sum(mut number: u64) -> u64 {
    let mut sum = 0;
    let mut weight = 1;
    while number > 0 {
        sum += number % 10 * weight;
        number /= 10;
        weight = 4 - weight;
    }
    sum
}

impl FromStr for FanPointsId {
    type Err = BadId;

    /// Spaces and hyphens between the digits are tolerated, as people type and print them.
    fn from_str(text: &str) -> Result<Self, BadId> {
        let mut number = 0u64;
        let mut count = 0usize;
        for char in text.chars() {
            if matches!(char, ' ' | '-' | '\u{a0}' | '\u{202f}' | '\u{2009}') {
                continue;
            }
            let digit = char.to_digit(10).ok_or(BadId::NotDigits)?;
            count += 1;
            // Beyond twelve digits only their count still matters.
            number = number.saturating_mul(10).saturating_add(u64::from(digit));
        }
        if count != DIGITS {
            return Err(BadId::WrongLength(count));
        }
        Self::new(number)
    }
}

impl fmt::Display for FanPointsId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:012}", self.0)
    }
}

impl fmt::Debug for FanPointsId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FanPointsId({self})")
    }
}

impl TryFrom<String> for FanPointsId {
    type Error = BadId;

    fn try_from(text: String) -> Result<Self, BadId> {
        text.parse()
    }
}

impl From<FanPointsId> for String {
    fn from(id: FanPointsId) -> Self {
        id.to_string()
    }
}
