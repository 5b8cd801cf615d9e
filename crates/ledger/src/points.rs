//! The two kinds of points and money, all integers. A sum that does not fit is an error, never a wrap.

use core::{fmt, str::FromStr};

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

use crate::Refusal;

macro_rules! points {
    ($name:ident, $doc:literal) => {
        #[doc = $doc]
        #[derive(
            Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl $name {
            /// None at all.
            pub const ZERO: Self = Self(0);

            /// The sum; None where it does not fit.
            #[must_use]
            pub const fn checked_add(self, other: Self) -> Option<Self> {
                match self.0.checked_add(other.0) {
                    Some(points) => Some(Self(points)),
                    None => None,
                }
            }

            /// The difference; None where it does not fit.
            #[must_use]
            pub const fn checked_sub(self, other: Self) -> Option<Self> {
                match self.0.checked_sub(other.0) {
                    Some(points) => Some(Self(points)),
                    None => None,
                }
            }

            /// The same amount with the other sign; None for the one value that has no opposite.
            #[must_use]
            pub const fn checked_neg(self) -> Option<Self> {
                match self.0.checked_neg() {
                    Some(points) => Some(Self(points)),
                    None => None,
                }
            }

            /// The sum of all.
            ///
            /// # Errors
            /// [`Refusal::Overflow`] where it does not fit.
            pub fn sum(parts: impl IntoIterator<Item = Self>) -> Result<Self, Refusal> {
                let mut total = Self::ZERO;
                for part in parts {
                    total = total.checked_add(part).ok_or(Refusal::Overflow)?;
                }
                Ok(total)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }
    };
}

points!(FanPoints, "Fan Points: 100 of them are worth 1.00 in the program's currency.");
points!(
    StatusPoints,
    "Status Points: they have no monetary value and never become Fan Points.\n\n\
     ```compile_fail\n\
     let spendable: ledger::FanPoints = ledger::StatusPoints(10);\n\
     ```"
);

impl FanPoints {
    /// What they are worth: one point is one minor unit of the program's currency.
    ///
    /// ```
    /// # use ledger::{Currency, FanPoints};
    /// assert_eq!(FanPoints(3465).value(Currency::Chf).to_string(), "34.65 chf");
    /// ```
    #[must_use]
    pub const fn value(self, program: Currency) -> Money {
        Money::new(self.0, program)
    }
}

/// A currency of the FanPoints API.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Currency {
    /// Swiss francs.
    Chf,
    /// Euros.
    Eur,
    /// US dollars.
    Usd,
    /// Prices given in Fan Points themselves.
    Fp,
}

impl Currency {
    /// All of them, in the order of their canonical numbers.
    pub const ALL: [Self; 4] = [Self::Chf, Self::Eur, Self::Usd, Self::Fp];

    /// The name on the wire.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Chf => "chf",
            Self::Eur => "eur",
            Self::Usd => "usd",
            Self::Fp => "fp",
        }
    }

    /// Digits after the decimal point.
    #[must_use]
    pub const fn decimals(self) -> u32 {
        match self {
            Self::Chf | Self::Eur | Self::Usd => 2,
            Self::Fp => 0,
        }
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl FromStr for Currency {
    type Err = Refusal;

    /// # Errors
    /// [`Refusal::UnsupportedCurrency`] for any other name; capitals are another name.
    fn from_str(text: &str) -> Result<Self, Refusal> {
        Self::ALL.into_iter().find(|currency| currency.code() == text).ok_or(Refusal::UnsupportedCurrency)
    }
}

/// An amount in minor units: hundredths of `chf`, `eur`, `usd`; whole points of `fp`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Minor units.
    pub minor: i64,
    /// What they are units of.
    pub currency: Currency,
}

impl Money {
    /// So many minor units.
    #[must_use]
    pub const fn new(minor: i64, currency: Currency) -> Self {
        Self { minor, currency }
    }

    /// The amount in whole units: 2500 minor units of `chf` are 25.00.
    #[must_use]
    pub fn to_decimal(self) -> Decimal {
        Decimal::new(self.minor, self.currency.decimals())
    }

    /// The amount of a decimal, exactly.
    ///
    /// # Errors
    /// [`Refusal::InvalidAmount`] where it has more decimals than the currency, zeros at the end aside;
    /// [`Refusal::Overflow`] where it does not fit.
    ///
    /// ```
    /// # use ledger::{Currency, Money, Refusal};
    /// # use rust_decimal::Decimal;
    /// assert_eq!(Money::from_decimal(Decimal::new(25, 0), Currency::Chf), Ok(Money::new(2500, Currency::Chf)));
    /// assert_eq!(Money::from_decimal(Decimal::new(25, 3), Currency::Chf), Err(Refusal::InvalidAmount));
    /// ```
    pub fn from_decimal(amount: Decimal, currency: Currency) -> Result<Self, Refusal> {
        let amount = amount.normalize();
        let missing = currency.decimals().checked_sub(amount.scale()).ok_or(Refusal::InvalidAmount)?;
        let minor = 10_i128
            .checked_pow(missing)
            .and_then(|factor| amount.mantissa().checked_mul(factor))
            .and_then(|minor| i64::try_from(minor).ok())
            .ok_or(Refusal::Overflow)?;
        Ok(Self { minor, currency })
    }
}

impl fmt::Display for Money {
    /// "25.00 chf".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to_decimal(), self.currency)
    }
}
