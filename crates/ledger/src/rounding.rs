//! The one rounding rule, half up, over exact integers of any size that can occur.

use rust_decimal::Decimal;

use crate::mutant::skipped;

/// 640 bits: the largest product of a price, a rate, a conversion and a share has under 400.
const LIMBS: usize = 10;

/// A non-negative number with decimals: `mantissa / 10^scale`.
#[derive(Clone, Copy)]
pub(crate) struct Factor {
    pub(crate) mantissa: u128,
    scale: u32,
}

impl Factor {
    pub(crate) const ONE: Self = Self { mantissa: 1, scale: 0 };

    /// None for a negative number.
    pub(crate) fn of(decimal: Decimal) -> Option<Self> {
        let mantissa = u128::try_from(decimal.mantissa()).ok()?;
        Some(Self { mantissa, scale: decimal.scale() })
    }
}

/// `amount × a × b × share`, rounded half up to a whole number. `share` is a fraction (parts, whole).
/// None where the result does not fit, or the whole is zero.
pub(crate) fn scaled(amount: u64, a: Factor, b: Factor, share: (u64, u64)) -> Option<i64> {
    let scale = a.scale.checked_add(b.scale)?;
    let small = || {
        let product = u128::from(amount)
            .checked_mul(a.mantissa)?
            .checked_mul(b.mantissa)?
            .checked_mul(u128::from(share.0))?;
        let divisor = 10_u128.checked_pow(scale)?.checked_mul(u128::from(share.1))?;
        half_up(product, divisor)
    };
    let rounded = match small() {
        Some(rounded) => rounded,
        None => wide(amount, a.mantissa, b.mantissa, scale, share)?,
    };
    i64::try_from(rounded).ok()
}

/// None where the way there does not fit; the result may still.
fn half_up(product: u128, divisor: u128) -> Option<u128> {
    let half = if skipped("round-half-up") { 0 } else { divisor };
    let doubled = product.checked_mul(2)?.checked_add(half)?;
    let divisor = divisor.checked_mul(2)?;
    // Most amounts are small, and a division of 64 bits is several times as fast as one of 128.
    match (u64::try_from(doubled), u64::try_from(divisor)) {
        (Ok(doubled), Ok(divisor)) => doubled.checked_div(divisor).map(u128::from),
        _ => doubled.checked_div(divisor),
    }
}

/// The same on long numbers: `(2 × product + divisor) / (2 × divisor)`.
fn wide(amount: u64, a: u128, b: u128, scale: u32, share: (u64, u64)) -> Option<u128> {
    let mut doubled =
        Long::of(2).times(u128::from(amount))?.times(a)?.times(b)?.times(u128::from(share.0))?;
    let divisors = [
        ten_to(scale.min(18))?,
        ten_to(scale.saturating_sub(18).min(18))?,
        ten_to(scale.saturating_sub(36).min(18))?,
        ten_to(scale.saturating_sub(54))?,
        share.1,
    ];
    let mut half = Long::of(1);
    for divisor in divisors {
        half = half.times(u128::from(divisor))?;
    }
    if !skipped("round-half-up") {
        doubled = doubled.plus(&half)?;
    }
    // Floors of successive divisions are the floor of the whole division.
    for divisor in divisors {
        doubled = doubled.over(divisor)?;
    }
    doubled.over(2)?.to_u128()
}

fn ten_to(power: u32) -> Option<u64> {
    10_u64.checked_pow(power)
}

/// A long natural number, lowest limb first.
struct Long([u64; LIMBS]);

impl Long {
    fn of(n: u64) -> Self {
        let mut limbs = [0; LIMBS];
        if let Some(lowest) = limbs.first_mut() {
            *lowest = n;
        }
        Self(limbs)
    }

    fn times(&self, factor: u128) -> Option<Self> {
        let low = self.times_limb(low_half(factor))?;
        let high = self.times_limb(low_half(factor >> 64))?;
        low.plus(&high.shifted()?)
    }

    fn times_limb(&self, factor: u64) -> Option<Self> {
        let mut carry = 0_u128;
        let mut limbs = [0; LIMBS];
        for (to, from) in limbs.iter_mut().zip(self.0) {
            carry = u128::from(from).checked_mul(u128::from(factor))?.checked_add(carry)?;
            *to = low_half(carry);
            carry >>= 64;
        }
        (carry == 0).then_some(Self(limbs))
    }

    /// One limb up.
    fn shifted(&self) -> Option<Self> {
        let mut limbs = self.0;
        limbs.rotate_right(1);
        (limbs.first() == Some(&0)).then_some(Self(limbs))
    }

    fn plus(&self, other: &Self) -> Option<Self> {
        let mut carry = 0_u128;
        let mut limbs = [0; LIMBS];
        for ((to, a), b) in limbs.iter_mut().zip(self.0).zip(other.0) {
            carry = carry.checked_add(u128::from(a))?.checked_add(u128::from(b))?;
            *to = low_half(carry);
            carry >>= 64;
        }
        (carry == 0).then_some(Self(limbs))
    }

    fn over(&self, divisor: u64) -> Option<Self> {
        let mut rest = 0_u128;
        let mut limbs = [0; LIMBS];
        for (to, from) in limbs.iter_mut().zip(self.0).rev() {
            let part = (rest << 64) | u128::from(from);
            *to = low_half(part.checked_div(u128::from(divisor))?);
            rest = part.checked_rem(u128::from(divisor))?;
        }
        Some(Self(limbs))
    }

    fn to_u128(&self) -> Option<u128> {
        let (low, high) = self.0.split_at_checked(2)?;
        if high.iter().any(|limb| *limb != 0) {
            return None;
        }
        let [a, b] = low else { return None };
        Some(u128::from(*a) | (u128::from(*b) << 64))
    }
}

#[allow(clippy::cast_possible_truncation)] // the low half is what is wanted
const fn low_half(n: u128) -> u64 {
    n as u64
}
