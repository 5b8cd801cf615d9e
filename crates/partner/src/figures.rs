//! Figures that people look at: sums over hours and days, the busiest rate labels, the gate by the minute.

use ledger::Timestamp;
use outbox::{RateSums, Stretch};

use crate::view::{Figures, FiguresRequest, PassageFigures, RateFigures, StretchFigures, Totals};
use crate::{AppError, ErrorCode, Terminal};

/// Two months by the hour.
const MOST_BOUNDS: usize = 1500;

impl Terminal {
    /// Sums from each bound to the next, by the time of decision on this device.
    ///
    /// # Errors
    /// For bounds that do not rise or are too many, and when the database can not be read.
    pub async fn figures(&self, request: FiguresRequest) -> Result<Figures, AppError> {
        let bounds: Vec<Timestamp> = request.bounds.into_iter().map(Timestamp).collect();
        let (Some(&from), Some(&to)) = (bounds.first(), bounds.last()) else {
            return Err(AppError::new(ErrorCode::MissingField).detail("bounds"));
        };
        if bounds.len() > MOST_BOUNDS || !bounds.is_sorted_by(|one, next| one < next) {
            return Err(AppError::new(ErrorCode::MissingField).detail("bounds"));
        }
        let starts = bounds.clone();
        let (stretches, mut rates, passages) = self
            .store(move |store| {
                Ok((store.stretches(&bounds)?, store.rate_sums(from, to)?, store.passages(from, to)?))
            })
            .await?;
        let moved = |rate: &RateSums| rate.given.0.saturating_add(rate.redeemed.0);
        rates.sort_by_key(|rate| std::cmp::Reverse(moved(rate)));
        Ok(Figures {
            stretches: starts.iter().zip(&stretches).map(|(from, one)| stretch_figures(*from, one)).collect(),
            rates: rates.iter().map(rate_figures).collect(),
            passages: passages
                .into_iter()
                .map(|one| PassageFigures {
                    at: one.at.0,
                    passed: one.passed,
                    refused: one.refused,
                    unknown: one.unknown,
                })
                .collect(),
        })
    }
}

fn number(count: u64) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

fn stretch_figures(from: Timestamp, stretch: &Stretch) -> StretchFigures {
    let wait = |ms: u64| i64::try_from(ms).unwrap_or(i64::MAX);
    StretchFigures {
        from: from.0,
        totals: totals_view(&stretch.totals),
        booked: number(stretch.booked),
        mean_wait: stretch.waited_ms.checked_div(stretch.booked).map(wait),
        longest_wait: (stretch.booked > 0).then(|| wait(stretch.longest_ms)),
    }
}

pub(crate) fn totals_view(totals: &outbox::Totals) -> Totals {
    Totals {
        given: totals.given.0,
        redeemed: totals.redeemed.0,
        status_awarded: totals.status.0,
        given_count: number(totals.gives),
        redeemed_count: number(totals.redemptions),
        awarded_count: number(totals.awards),
        undone_count: number(totals.undos),
        refused_count: number(totals.refused),
        waiting_count: number(totals.waiting),
    }
}

pub(crate) fn rate_figures(rate: &RateSums) -> RateFigures {
    RateFigures {
        label: rate.label.clone(),
        items: number(rate.items),
        price_minor: rate.price_minor,
        given: rate.given.0,
        redeemed: rate.redeemed.0,
        undone: rate.undone.0,
    }
}
