//! A partner's daily figures.

use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use rust_decimal::Decimal;

use super::dates;
use super::types::float;
use crate::auth::access::{Caller, bad_argument};
use crate::store::statistics::{self, DAY_US, Day};

#[derive(SimpleObject)]
pub struct GetDailyPartnerStatisticsResult {
    result: PartnerStatistics,
}

/// Two values for each day of the range, one of the day and one up to its end.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct PartnerStatistics {
    num_fan_points_given_out: Vec<Aggregate>,
    num_fan_points_spent: Vec<Aggregate>,
}

#[derive(SimpleObject)]
pub struct Aggregate {
    date: String,
    metric: String,
    period: Period,
    value: f64,
}

#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
pub enum Period {
    Day,
    DayCumulative,
}

#[derive(Default)]
pub struct StatisticsQueries;

/// About ten years.
const MOST_DAYS: i64 = 3660;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl StatisticsQueries {
    /// Points given out and spent, for every day from `start_date` to `end_date`, both included: what is undone counts
    /// against the day of the undo. Days are those of UTC; cumulative values count from the partner's first booking.
    async fn get_daily_partner_statistics(
        &self,
        context: &Context<'_>,
        end_date: String,
        partner_id: String,
        start_date: String,
    ) -> Result<GetDailyPartnerStatisticsResult> {
        let caller = Caller::of(context)?;
        let partner = caller.own_partner(&partner_id)?.no;
        let first = dates::parse(&start_date)?.div_euclid(DAY_US);
        let last = dates::parse(&end_date)?.div_euclid(DAY_US);
        if last < first {
            return Err(bad_argument("the range ends before it starts"));
        }
        if last - first >= MOST_DAYS {
            return Err(bad_argument("the range is longer than ten years"));
        }
        let days = caller.read(move |connection| statistics::daily(connection, partner, first, last)).await?;
        let given_out = series(&days, "num_fan_points_given_out", |turnover| turnover.given_out);
        let spent = series(&days, "num_fan_points_spent", |turnover| turnover.spent);
        let result = PartnerStatistics { num_fan_points_given_out: given_out, num_fan_points_spent: spent };
        Ok(GetDailyPartnerStatisticsResult { result })
    }
}

fn series(days: &[Day], metric: &str, figure: impl Fn(statistics::Turnover) -> i64) -> Vec<Aggregate> {
    let tell = |day: &Day| {
        [(Period::Day, day.on_it), (Period::DayCumulative, day.until_its_end)].map(|(period, turnover)| {
            Aggregate {
                date: dates::text(day.day.saturating_mul(DAY_US)),
                metric: metric.to_owned(),
                period,
                value: float(Decimal::from(figure(turnover))),
            }
        })
    };
    days.iter().flat_map(tell).collect()
}
