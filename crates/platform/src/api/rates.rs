//! Setting and deleting a partner's commission rates.

use async_graphql::{Context, Object, Result, SimpleObject};
use ledger::{FanPoints, LimitedRate, Rate, RateRule};
use rust_decimal::Decimal;

use super::inputs::{Currency, is_custom_id};
use super::refusals::SetFanPointsRateErrors;
use super::types::FanPointsRateType;
use crate::auth::access::{Caller, bad_argument};
use crate::store::catalogue::DEFAULT_LABEL;
use crate::store::settings::{self, NewRate};

#[derive(SimpleObject)]
pub struct SetFanPointsRateResult {
    errors: Option<SetFanPointsRateErrors>,
}

#[derive(SimpleObject, Default)]
pub struct DeleteFanPointsRateResult {
    #[graphql(name = "_empty")]
    empty: Option<String>,
}

#[derive(Default)]
pub struct RateMutations;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl RateMutations {
    /// Sets a rate of the partner; the label `default` is the one for items without a label. A limited variant needs both
    /// its rate and the number of points that are still to be given out with it; with none it is used up.
    #[allow(clippy::too_many_arguments, reason = "the arguments of the public API")]
    async fn set_fan_points_rate(
        &self,
        context: &Context<'_>,
        currency: Currency,
        fan_points_rate: f64,
        fan_points_rate_type: Option<FanPointsRateType>,
        limited_fan_points_rate: Option<f64>,
        num_fan_points_left_with_limited_rate: Option<i64>,
        partner_id: String,
        rate_label: String,
    ) -> Result<SetFanPointsRateResult> {
        let caller = Caller::of(context)?;
        let partner = caller.administered_partner(&partner_id)?.no;
        if !is_custom_id(&rate_label) {
            return Ok(refused("invalid_rate_label_error"));
        }
        let kind = fan_points_rate_type.unwrap_or(FanPointsRateType::Relative);
        let limited = limited(kind, limited_fan_points_rate, num_fan_points_left_with_limited_rate);
        let (Some(rate), Ok(limited)) = (rate(kind, fan_points_rate), limited) else {
            return Ok(refused("invalid_rate_error"));
        };
        let rule = RateRule { rate, limited };
        let new = NewRate { partner, label: rate_label, currency: currency.into(), rule };
        caller.write(move |turn| settings::set_rate(turn, &new)).await?;
        Ok(SetFanPointsRateResult { errors: None })
    }

    /// Deletes a rate. The default rate stays; a rate that is not there is no mistake.
    async fn delete_fan_points_rate(
        &self,
        context: &Context<'_>,
        partner_id: String,
        rate_label: String,
    ) -> Result<DeleteFanPointsRateResult> {
        let caller = Caller::of(context)?;
        let partner = caller.administered_partner(&partner_id)?.no;
        if rate_label == DEFAULT_LABEL {
            return Err(bad_argument("the default rate can be set, not deleted"));
        }
        caller.write(move |turn| settings::delete_rate(turn, partner, &rate_label)).await?;
        Ok(DeleteFanPointsRateResult::default())
    }
}

fn refused(name: &str) -> SetFanPointsRateResult {
    SetFanPointsRateResult { errors: SetFanPointsRateErrors::of(name) }
}

/// A hundred times the price, and a million points an item: beyond that somebody mistook a unit.
const MOST_RELATIVE: u32 = 100;
const MOST_ABSOLUTE: u32 = 1_000_000;
const DECIMALS: u32 = 6;

/// The rate of a number; None where it is none.
fn rate(kind: FanPointsRateType, number: f64) -> Option<Rate> {
    let exact = number.is_finite().then(|| number.to_string())?;
    let number = Decimal::from_str_exact(&exact).ok()?.normalize();
    if number.is_sign_negative() && !number.is_zero() {
        return None;
    }
    match kind {
        FanPointsRateType::Relative => {
            let fits = number <= Decimal::from(MOST_RELATIVE) && number.scale() <= DECIMALS;
            fits.then_some(Rate::Relative(number))
        }
        FanPointsRateType::Absolute => {
            let fits = number <= Decimal::from(MOST_ABSOLUTE) && number.is_integer();
            let points = fits.then(|| i64::try_from(number).ok()).flatten()?;
            Some(Rate::Absolute(FanPoints(points)))
        }
    }
}

/// The limited variant of two arguments that belong together. An error: they are none.
fn limited(
    kind: FanPointsRateType,
    number: Option<f64>,
    left: Option<i64>,
) -> std::result::Result<Option<LimitedRate>, ()> {
    match (number, left) {
        (None, None) => Ok(None),
        (Some(number), Some(left)) if left >= 0 => {
            let rate = rate(kind, number).ok_or(())?;
            Ok(Some(LimitedRate { rate, points: FanPoints(left) }))
        }
        (_, _) => Err(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use FanPointsRateType::{Absolute, Relative};

    #[test]
    fn what_is_no_rate_is_refused() {
        for number in [-0.01, 100.01, 0.000_000_1, f64::NAN, f64::INFINITY, 1e300] {
            assert_eq!(rate(Relative, number), None, "{number}");
        }
        for number in [-1.0, 0.5, 1_000_001.0, f64::NAN, 1e300] {
            assert_eq!(rate(Absolute, number), None, "{number}");
        }
        assert_eq!(rate(Relative, 0.02), Some(Rate::percent(2)));
        assert_eq!(rate(Relative, -0.0), Some(Rate::Relative(Decimal::ZERO)));
        assert_eq!(rate(Absolute, 5.0), Some(Rate::Absolute(FanPoints(5))));
    }

    #[test]
    fn a_limited_variant_is_whole_or_none() {
        assert_eq!(limited(Relative, None, None), Ok(None));
        for left in [0, 500] {
            assert!(limited(Relative, Some(0.1), Some(left)).unwrap().is_some());
        }
        for (number, left) in
            [(Some(0.1), None), (None, Some(5)), (Some(0.1), Some(-1)), (Some(-1.0), Some(5))]
        {
            assert_eq!(limited(Relative, number, left), Err(()));
        }
    }
}
