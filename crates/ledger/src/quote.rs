//! What a purchase earns and what it costs in points, item by item.

use rust_decimal::Decimal;

use crate::{
    Currency, FanPoints, Item, Money, PartnerId, PartnerRules, Rate, RateRule, Refusal, Rules, Tender,
    mutant::{guard, skipped},
    rounding::{Factor, scaled},
};

/// The most items that one purchase may have.
pub const MAX_ITEMS: usize = 1_000;

/// The highest price of one item, in minor units: 1,000,000,000.00, or as many points times 100.
pub const MAX_PRICE_MINOR: i64 = 100_000_000_000;

/// What a purchase earns, and how much of it came from limited rates.
pub(crate) struct Earned {
    pub(crate) points: Vec<FanPoints>,
    pub(crate) limited: Vec<(Option<String>, FanPoints)>,
}

/// How much of a limited rate is used up: before this purchase, and by it.
struct Used<'a> {
    label: Option<&'a str>,
    before: FanPoints,
    now: FanPoints,
}

impl Rules {
    /// What each item of a purchase would earn: price × rate × 100 points, rounded half up once per item.
    ///
    /// A limited rate applies while it lasts. The item in which it ends gets what is left of it, and the lasting
    /// rate for the share of its price that the rest did not cover. `limited_given` answers how many points were
    /// given out with the limited rate of a label so far.
    ///
    /// # Errors
    /// A [`Refusal`] where a partner, an amount, a currency or a label is not as it must be.
    ///
    /// ```
    /// # use ledger::*;
    /// let rules = Rules::new(Currency::Chf).with_partner(PartnerId(1), RateRule::flat(Rate::percent(2)));
    /// let items = [Item { price: Money::new(12_25, Currency::Chf), rate_label: None }];
    /// let points = rules.quote_earn(PartnerId(1), &items, |_| FanPoints::ZERO);
    /// assert_eq!(points, Ok(vec![FanPoints(25)])); // 24.5, half up
    /// ```
    pub fn quote_earn(
        &self,
        partner: PartnerId,
        items: &[Item],
        limited_given: impl Fn(Option<&str>) -> FanPoints,
    ) -> Result<Vec<FanPoints>, Refusal> {
        let partner = self.partners.get(&partner).ok_or(Refusal::UnknownPartner)?;
        let earned = self.earn(partner, items, |label| Ok::<_, Refusal>(limited_given(label)))?;
        Ok(earned.points)
    }

    /// What each item of a purchase costs in points: its price in the program's currency × 100, rounded half up;
    /// prices in `fp` one to one.
    ///
    /// # Errors
    /// A [`Refusal`] where an amount or a currency is not as it must be.
    ///
    /// ```
    /// # use ledger::*;
    /// let rules = Rules::new(Currency::Chf);
    /// let items = [Item { price: Money::new(70_00, Currency::Chf), rate_label: None }];
    /// assert_eq!(rules.quote_price(&items), Ok(vec![FanPoints(7000)]));
    /// ```
    pub fn quote_price(&self, items: &[Item]) -> Result<Vec<FanPoints>, Refusal> {
        self.check_items(items)?;
        items.iter().map(|item| self.price_in_points(item.price)).collect()
    }

    /// The value of an amount in points, which are minor units of the program's currency.
    ///
    /// # Errors
    /// [`Refusal::InvalidAmount`], [`Refusal::UnsupportedCurrency`], [`Refusal::Overflow`].
    pub fn price_in_points(&self, price: Money) -> Result<FanPoints, Refusal> {
        let minor = positive(price)?;
        let conversion = self.conversion(price.currency)?;
        scaled(minor, conversion, Factor::ONE, (1, 1)).map(FanPoints).ok_or(Refusal::Overflow)
    }

    pub(crate) fn earn<E: From<Refusal>>(
        &self,
        partner: &PartnerRules,
        items: &[Item],
        limited_given: impl Fn(Option<&str>) -> Result<FanPoints, E>,
    ) -> Result<Earned, E> {
        self.check_items(items)?;
        for item in items {
            partner.rate(item.rate_label.as_deref()).ok_or(Refusal::UnknownRateLabel)?;
        }
        let mut used: Vec<Used<'_>> = Vec::new();
        let mut points = Vec::with_capacity(items.len());
        for item in items {
            let label = item.rate_label.as_deref();
            let rule = partner.rate(label).ok_or(Refusal::UnknownRateLabel)?;
            if rule.limited.is_none() {
                points.push(self.rated(rule.rate, item.price, (1, 1))?);
                continue;
            }
            if !used.iter().any(|used| used.label == label) {
                let before = limited_given(label)?;
                let now = FanPoints::ZERO;
                used.push(Used { label, before, now });
            }
            if let Some(used) = used.iter_mut().find(|used| used.label == label) {
                points.push(self.limited_item(rule, item.price, used)?);
            }
        }
        let limited = used
            .into_iter()
            .filter(|used| used.now > FanPoints::ZERO)
            .map(|used| (used.label.map(str::to_owned), used.now))
            .collect();
        Ok(Earned { points, limited })
    }

    /// One item whose label has a limited rate.
    fn limited_item(&self, rule: &RateRule, price: Money, used: &mut Used<'_>) -> Result<FanPoints, Refusal> {
        let Some(limited) = rule.limited else {
            return self.rated(rule.rate, price, (1, 1));
        };
        let left = limited
            .points
            .checked_sub(used.before)
            .and_then(|left| left.checked_sub(used.now))
            .ok_or(Refusal::Overflow)?;
        if left <= FanPoints::ZERO && !skipped("limited-rate-ends") {
            return self.rated(rule.rate, price, (1, 1));
        }
        let full = self.rated(limited.rate, price, (1, 1))?;
        if full <= left || skipped("limited-rate-ends") {
            used.now = used.now.checked_add(full).ok_or(Refusal::Overflow)?;
            return Ok(full);
        }
        used.now = used.now.checked_add(left).ok_or(Refusal::Overflow)?;
        let uncovered = full.checked_sub(left).ok_or(Refusal::Overflow)?;
        let share = (magnitude(uncovered)?, magnitude(full)?);
        let rest = self.rated(rule.rate, price, share)?;
        left.checked_add(rest).ok_or(Refusal::Overflow)
    }

    /// A share (parts, whole) of what one rate gives for one price.
    fn rated(&self, rate: Rate, price: Money, share: (u64, u64)) -> Result<FanPoints, Refusal> {
        let points = match rate {
            Rate::Relative(rate) => {
                let rate = Factor::of(rate).ok_or(Refusal::InvalidAmount)?;
                scaled(positive(price)?, rate, self.conversion(price.currency)?, share)
            }
            Rate::Absolute(points) => scaled(magnitude(points)?, Factor::ONE, Factor::ONE, share),
        };
        points.map(FanPoints).ok_or(Refusal::Overflow)
    }

    /// Value of one minor unit in minor units of the program's currency.
    fn conversion(&self, currency: Currency) -> Result<Factor, Refusal> {
        if currency == self.currency {
            return Ok(Factor::ONE);
        }
        if currency == Currency::Fp {
            return Ok(Factor::ONE);
        }
        let conversion = self.conversions.get(&currency).copied();
        conversion
            .filter(|value| *value > Decimal::ZERO)
            .and_then(Factor::of)
            .ok_or(Refusal::UnsupportedCurrency)
    }

    /// The rungs that every purchase climbs, each over all items before the next.
    fn check_items(&self, items: &[Item]) -> Result<(), Refusal> {
        guard!("no-items", items.is_empty(), Refusal::NoItems);
        guard!("too-many-items", items.len() > MAX_ITEMS, Refusal::TooManyItems);
        for item in items {
            positive(item.price)?;
        }
        for item in items {
            self.conversion(item.price.currency)?;
        }
        Ok(())
    }
}

/// How many points each item pays: all of its price, or its part of the points by largest remainder.
///
/// Each part is at most the item's own price, and the parts add up to the points exactly. Where remainders are equal
/// the earlier item pays.
///
/// # Errors
/// [`Refusal::InvalidAmount`] where the points are not above zero or above the whole price.
///
/// ```
/// # use ledger::{FanPoints, Tender, allocate};
/// let prices = [FanPoints(100), FanPoints(100), FanPoints(100)];
/// let parts = allocate(Tender::Points(FanPoints(100)), &prices);
/// assert_eq!(parts, Ok(vec![FanPoints(34), FanPoints(33), FanPoints(33)]));
/// ```
pub fn allocate(tender: Tender, prices: &[FanPoints]) -> Result<Vec<FanPoints>, Refusal> {
    split(tender, prices.to_vec())
}

/// [`allocate`], which gives the prices back where all of them are paid.
pub(crate) fn split(tender: Tender, prices: Vec<FanPoints>) -> Result<Vec<FanPoints>, Refusal> {
    let whole = FanPoints::sum(prices.iter().copied())?;
    let points = match tender {
        Tender::Whole => whole,
        Tender::Points(points) => points,
    };
    guard!("tender-above-zero", points <= FanPoints::ZERO, Refusal::InvalidAmount);
    guard!("tender-within-price", points > whole, Refusal::InvalidAmount);
    if points == whole {
        return Ok(prices);
    }
    largest_remainder(points, whole, &prices)
}

fn largest_remainder(
    points: FanPoints,
    whole: FanPoints,
    prices: &[FanPoints],
) -> Result<Vec<FanPoints>, Refusal> {
    let mut parts = Vec::with_capacity(prices.len());
    let mut remainders = Vec::with_capacity(prices.len());
    let mut missing = points;
    for (index, price) in prices.iter().enumerate() {
        let product = i128::from(price.0).checked_mul(i128::from(points.0));
        let part = product.and_then(|product| product.checked_div(i128::from(whole.0)));
        let rest = product.and_then(|product| product.checked_rem(i128::from(whole.0)));
        let (Some(part), Some(rest)) = (part, rest) else {
            return Err(Refusal::Overflow);
        };
        let part = FanPoints(i64::try_from(part).map_err(|_| Refusal::Overflow)?);
        missing = missing.checked_sub(part).ok_or(Refusal::Overflow)?;
        parts.push(part);
        remainders.push((core::cmp::Reverse(rest), index));
    }
    if skipped("largest-remainder") {
        return Ok(parts);
    }
    remainders.sort_unstable();
    let extra = usize::try_from(missing.0).map_err(|_| Refusal::Overflow)?;
    for (_, index) in remainders.into_iter().take(extra) {
        if let Some(part) = parts.get_mut(index) {
            *part = part.checked_add(FanPoints(1)).ok_or(Refusal::Overflow)?;
        }
    }
    debug_assert_eq!(FanPoints::sum(parts.iter().copied()), Ok(points));
    Ok(parts)
}

/// The minor units of a price that is one.
fn positive(price: Money) -> Result<u64, Refusal> {
    guard!("price-positive", price.minor <= 0, Refusal::InvalidAmount);
    guard!("price-maximum", price.minor > MAX_PRICE_MINOR, Refusal::InvalidAmount);
    u64::try_from(price.minor).map_err(|_| Refusal::InvalidAmount)
}

fn magnitude(points: FanPoints) -> Result<u64, Refusal> {
    u64::try_from(points.0).map_err(|_| Refusal::InvalidAmount)
}
