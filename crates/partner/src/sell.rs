//! Give, redeem, award, undo, and the threshold check.

use std::time::Duration;

use fanpass::FanRef;
use ledger::{
    FanPoints, Item, Millis, Money, Refusal, Standing, StatusPoints, ThresholdAnswer, Timestamp, Trust,
};
use outbox::{
    Commit, Decline, Engagement, KnownFan, OperationKind, OperationRow, OperationState, ProgramConfig,
    Proposal, Proposed, PurchaseItem, Raiser, Route, Source,
};
use uuid::Uuid;

use crate::connect::age;
use crate::review::operation_view;
use crate::rights::Right;
use crate::status::threshold_rule_view;
use crate::terminal::Line;
use crate::view::{ItemInput, Quote, Receipt, ReceiptStanding, ThresholdAnswerView, ThresholdView};
use crate::{AppError, ErrorCode, Terminal};

/// How long a person waits for the platform's word on a redemption.
const PATIENCE: Duration = Duration::from_secs(3);
/// Figures of the platform younger than this settle "too few points" here.
const FRESH: i64 = 60 * 1000;
/// Figures count as fresh for a threshold so long.
const THRESHOLD_FRESH: Millis = Millis(10 * 60 * 1000);
/// So long what was done can be undone in place: half a minute, and time to read and to tap.
const IN_PLACE: i64 = 45 * 1000;
const HOUR: i64 = 60 * 60 * 1000;

impl Terminal {
    /// What a purchase would earn and cost.
    ///
    /// # Errors
    /// For an item that can not be bought: no positive amount, an unknown rate label, too many items.
    pub async fn quote(&self, items: &[ItemInput]) -> Result<Quote, AppError> {
        self.require(Right::Identify).await?;
        let config = self.config().await?;
        let items = ledger_items(items, &config);
        let rules = config.rules();
        let earns = rules.quote_earn(ProgramConfig::PARTNER, &items, |_| FanPoints(0))?;
        let costs = rules.quote_price(&items)?;
        let sum = |points: &[FanPoints]| {
            points.iter().try_fold(0_i64, |sum, points| sum.checked_add(points.0)).ok_or(Refusal::Overflow)
        };
        let total = items.iter().try_fold(0_i64, |sum, item| sum.checked_add(item.price.minor));
        Ok(Quote { total_minor: total.ok_or(Refusal::Overflow)?, earns: sum(&earns)?, costs: sum(&costs)? })
    }

    /// Gives Fan Points for a purchase: kept on this device, then sent.
    ///
    /// # Errors
    /// Every refusal of the rule book and of the offline policy; nothing is stored then.
    pub async fn give(&self, fan: &str, items: Vec<ItemInput>) -> Result<Receipt, AppError> {
        self.give_by(fan, items, None).await
    }

    /// The same, above a limit that somebody raises for it.
    pub(crate) async fn give_by(
        &self,
        fan: &str,
        items: Vec<ItemInput>,
        raised_by: Option<Raiser>,
    ) -> Result<Receipt, AppError> {
        self.require(Right::Give).await?;
        let (fan, trust) = self.present(fan)?;
        let config = self.config().await?;
        let kind = Proposed::Give { items: purchase_items(items, &config) };
        let row = self.keep(fan, trust, kind, Route::Local, raised_by).await??;
        self.hurry().await;
        self.receipt(row, ReceiptStanding::Waiting, trust).await
    }

    /// Awards the Status Points of an action.
    ///
    /// # Errors
    /// As [`Terminal::give`].
    pub async fn award(&self, fan: &str, action: &str) -> Result<Receipt, AppError> {
        self.award_by(fan, action, None).await
    }

    /// The same, above a limit that somebody raises for it.
    pub(crate) async fn award_by(
        &self,
        fan: &str,
        action: &str,
        raised_by: Option<Raiser>,
    ) -> Result<Receipt, AppError> {
        self.require(Right::Award).await?;
        let (fan, trust) = self.present(fan)?;
        let config = self.config().await?;
        let known = config.actions.iter().find(|known| known.category == action);
        let title = known.ok_or(ErrorCode::UnknownAction)?.title.clone();
        let kind = Proposed::Award { action: action.to_owned(), description: title.clone(), title };
        let row = self.keep(fan, trust, kind, Route::Local, raised_by).await??;
        self.hurry().await;
        self.receipt(row, ReceiptStanding::Waiting, trust).await
    }

    /// Takes Fan Points as payment. While the platform is there it decides; when it stays silent, the offline
    /// policy has to cover the redemption, else the goods wait.
    ///
    /// # Errors
    /// Every refusal of the rule book and of the offline policy; nothing is stored then.
    pub async fn redeem(&self, fan: &str, items: Vec<ItemInput>) -> Result<Receipt, AppError> {
        self.redeem_by(fan, items, None).await
    }

    /// The same, above a limit that somebody raises for it.
    pub(crate) async fn redeem_by(
        &self,
        fan: &str,
        items: Vec<ItemInput>,
        raised_by: Option<Raiser>,
    ) -> Result<Receipt, AppError> {
        self.require(Right::Redeem).await?;
        self.require_access().await?;
        let (fan, trust) = self.present(fan)?;
        let config = self.config().await?;
        let costs = self.quote(&items).await?.costs;
        let known = self.store(move |store| store.fan(fan)).await?;
        let online = self.opened().await?.line.filter(Line::is_online);
        let kind = Proposed::Redeem { items: purchase_items(items, &config) };
        if is_surely_short(&known, costs, self.now()) {
            return Err(short(costs, &known));
        }
        match (self.keep(fan, trust, kind.clone(), Route::Local, raised_by).await?, online) {
            (Ok(row), Some(line)) => self.await_word(row, &line, ReceiptStanding::Waiting, trust).await,
            (Ok(row), None) => self.receipt(row, ReceiptStanding::Waiting, trust).await,
            (Err(decline), Some(line)) if may_ask_platform(&decline) => {
                let row = self.keep(fan, trust, kind, Route::Platform, None).await??;
                self.await_word(row, &line, ReceiptStanding::Unconfirmed, trust).await
            }
            (Err(Decline::Rules(Refusal::TooFewPoints)), None) => Err(short(costs, &known)),
            (Err(decline), _) => Err(decline.into()),
        }
    }

    /// Undoes an operation of this device, all of it. A redemption that nobody has confirmed yet is withdrawn.
    ///
    /// # Errors
    /// When there is no such operation, or it is undone already or was refused.
    pub async fn undo(&self, operation: &str) -> Result<Receipt, AppError> {
        self.undo_as(operation, None).await
    }

    /// The same. What is not one's own, and what was done longer ago than the moment in which it can be undone in
    /// place, takes the right to it or the manager's PIN.
    ///
    /// # Errors
    /// As [`Terminal::undo`]; for a missing or wrong PIN as [`Terminal::prepare_gate`].
    pub async fn undo_as(&self, operation: &str, pin: Option<String>) -> Result<Receipt, AppError> {
        self.require(Right::UndoOwn).await?;
        let original = self.kept(operation).await?;
        if original.staff != self.acting_id() || age(self.now(), original.created_at) >= IN_PLACE {
            self.as_manager(Right::UndoAny, pin).await?;
        }
        self.undo_row(original).await
    }

    /// An operation of this device by its id.
    pub(crate) async fn kept(&self, operation: &str) -> Result<OperationRow, AppError> {
        let id = Uuid::try_parse(operation).map_err(|_| ErrorCode::UnknownOperation)?;
        Ok(self.store(move |store| store.operation(id)).await?.ok_or(ErrorCode::UnknownOperation)?)
    }

    /// Undoes it; whoever calls this has asked who may.
    pub(crate) async fn undo_row(&self, original: OperationRow) -> Result<Receipt, AppError> {
        let (of, trust, by) = (original.id, original.trust, self.acting_id());
        let row = if original.awaits_platform && original.state.is_open() {
            let (undo, now) = (Uuid::now_v7(), self.now());
            match self.store(move |store| store.withdraw(of, undo, now, by)).await? {
                Commit::Committed(row) => *row,
                Commit::Declined(decline) => return Err(decline.into()),
            }
        } else {
            self.keep(original.fan, trust, Proposed::Undo { of }, Route::Local, None).await??
        };
        match self.opened().await?.line.filter(Line::is_online) {
            Some(line) => self.await_word(row, &line, ReceiptStanding::Waiting, trust).await,
            None => self.receipt(row, ReceiptStanding::Waiting, trust).await,
        }
    }

    /// Checks a rule such as "at least 1000 Status Points" for a fan who is present.
    ///
    /// # Errors
    /// When the rule or the fan is not known here.
    pub async fn check_threshold(&self, fan: &str, rule: &str) -> Result<ThresholdView, AppError> {
        self.require(Right::Identify).await?;
        let config = self.config().await?;
        let threshold =
            config.thresholds.iter().find(|known| known.id == rule).ok_or(ErrorCode::UnknownRule)?;
        self.fan_card(fan).await?;
        let (fan, _) = self.present(fan)?;
        let known = self.store(move |store| store.fan(fan)).await?;
        let standing = standing(&known, &config, self.now());
        let (answer, missing) = match threshold.rule.evaluate(&config.tiers, &standing) {
            ThresholdAnswer::Yes { .. } => (ThresholdAnswerView::Yes, None),
            ThresholdAnswer::No { missing, .. } => (ThresholdAnswerView::No, Some(missing)),
            ThresholdAnswer::CannotTell { missing, .. } => (ThresholdAnswerView::CannotTell, missing),
        };
        Ok(ThresholdView {
            rule: threshold_rule_view(threshold),
            answer,
            status_points: standing.points.map(|points| points.0),
            missing: missing.map(|points| points.0),
            age: standing.age.0,
        })
    }

    /// Decides and keeps an operation under an id that is made first. The inner result is the device's decision.
    pub(crate) async fn keep(
        &self,
        fan: FanRef,
        trust: Trust,
        kind: Proposed,
        route: Route,
        raised_by: Option<Raiser>,
    ) -> Result<Result<OperationRow, Decline>, AppError> {
        let proposal = Proposal {
            id: Uuid::now_v7(),
            fan,
            trust,
            kind,
            route,
            now: self.now(),
            staff: self.acting_id(),
            raised_by,
        };
        let commit = self.store(move |store| store.commit(proposal)).await?;
        Ok(match commit {
            Commit::Committed(row) => {
                self.0.fans.used();
                self.0.watched.add(&row);
                if row.kind == OperationKind::Redeem {
                    self.engaged(row.wire_fan(), Engagement::Redemption, Some(row.id.to_string()));
                }
                tracing::info!(operation = %row.id, kind = ?row.kind, ?route, "kept");
                Ok(*row)
            }
            Commit::Declined(decline) => {
                tracing::info!(?decline, ?route, "declined");
                Err(decline)
            }
        })
    }

    /// Lets the line send at once what was just kept.
    pub(crate) async fn hurry(&self) {
        if let Ok(opened) = self.opened().await
            && let Some(line) = opened.line.filter(Line::is_online)
        {
            line.drain.send_now();
        }
    }

    /// Waits a little for the platform's word; `otherwise` is how things stand without it.
    async fn await_word(
        &self,
        row: OperationRow,
        line: &Line,
        otherwise: ReceiptStanding,
        trust: Trust,
    ) -> Result<Receipt, AppError> {
        let row = line.drain.deliver(row.id, PATIENCE).await?;
        let standing = match row.state {
            OperationState::Accepted => ReceiptStanding::Booked,
            OperationState::Refused => ReceiptStanding::Refused,
            OperationState::Held | OperationState::Moved => ReceiptStanding::Unconfirmed,
            OperationState::Queued | OperationState::Sending => otherwise,
        };
        self.receipt(row, standing, trust).await
    }

    async fn receipt(
        &self,
        row: OperationRow,
        standing: ReceiptStanding,
        trust: Trust,
    ) -> Result<Receipt, AppError> {
        let config = self.config().await?;
        let card = self.card(row.fan, trust, &config).await?;
        Ok(Receipt { standing, operation: operation_view(&row), also: None, also_failed: None, card })
    }
}

fn ledger_items(items: &[ItemInput], config: &ProgramConfig) -> Vec<Item> {
    let price = |minor| Money { minor, currency: config.currency };
    items
        .iter()
        .map(|item| Item { price: price(item.price_minor), rate_label: item.rate_label.clone() })
        .collect()
}

fn purchase_items(items: Vec<ItemInput>, config: &ProgramConfig) -> Vec<PurchaseItem> {
    items
        .into_iter()
        .map(|item| {
            // What the fan reads in the history: where it was bought, unless staff named the thing.
            let title = match item.title.trim() {
                "" => config.partner_name.clone(),
                title => title.to_owned(),
            };
            (title, item)
        })
        .map(|(title, item)| PurchaseItem {
            description: title.clone(),
            title,
            price: Money { minor: item.price_minor, currency: config.currency },
            rate_label: item.rate_label,
        })
        .collect()
}

/// The platform said so a moment ago and nothing is under way: asking again would only burn an id.
fn is_surely_short(known: &KnownFan, costs: i64, now: Timestamp) -> bool {
    known.confirmed.is_some_and(|confirmed| {
        confirmed.source == Source::Platform
            && age(now, confirmed.as_of) < FRESH
            && known.pending.operations == 0
            && confirmed.fan_points.0 < costs
    })
}

fn short(costs: i64, known: &KnownFan) -> AppError {
    AppError::new(ErrorCode::TooFewPoints).points(Some(costs), Some(known.available.0))
}

/// Whether the platform may allow what this device must not: limits and knowledge, not malformed requests.
fn may_ask_platform(decline: &Decline) -> bool {
    match decline {
        Decline::Rules(refusal) => *refusal == Refusal::TooFewPoints,
        Decline::Policy(_) | Decline::AskManager(_) => true,
        Decline::NotConfigured => false,
    }
}

/// What is known of a fan's standing. The reach is one award of the largest kind for each hour of age begun.
pub(crate) fn standing(known: &KnownFan, config: &ProgramConfig, now: Timestamp) -> Standing {
    let age = known.confirmed.map_or(0, |confirmed| age(now, confirmed.as_of));
    let largest = config.actions.iter().map(|action| action.status_points.0).max().unwrap_or(0);
    let hours = age.saturating_add(HOUR - 1) / HOUR;
    let waiting = known.pending.status_points.0;
    Standing {
        points: known.confirmed.map(|c| StatusPoints(c.status_points.0.saturating_add(waiting))),
        age: Millis(age),
        reach: StatusPoints(largest.saturating_mul(hours)),
        fresh_for: THRESHOLD_FRESH,
    }
}
