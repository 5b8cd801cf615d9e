//! Fan Points: balances, rates, prices, giving, taking, undoing.

use async_graphql::{Context, Error, Object, Result, SimpleObject};
use ledger::Refusal;

use super::inputs::{self, Currency, ItemsRefused, PurchaseItemInput, PurchaseItemPriceInput, is_custom_id};
use super::refusals::{
    EstimateGivenOutFanPointsResultErrors, ExecuteTransactionErrors, GetFanPointsBalanceErrors,
    GetPriceInFanPointsErrors, InvalidRateLabelError, InvalidRewardAmountError, UnknownUserError,
};
use super::types::{FanPointsBalance, FanPointsRate, FanPointsTransaction, Partner, monetary_value};
use crate::auth::access::{Caller, bad_argument, coded};
use crate::metrics::Metrics;
use crate::store::books::limited_given;
use crate::store::catalogue::ledger_label;
use crate::store::fans;
use crate::store::purchases::{self, Purchase, PurchaseKind, PurchaseOrder, UndoOrder};

#[derive(SimpleObject)]
pub struct GetFanPointsBalanceResult {
    errors: Option<GetFanPointsBalanceErrors>,
    result: Option<FanPointsBalance>,
}

#[derive(SimpleObject)]
pub struct GetFanPointsRatesResult {
    result: Option<Vec<FanPointsRate>>,
}

#[derive(SimpleObject)]
pub struct GetPriceInFanPointsResult {
    errors: Option<GetPriceInFanPointsErrors>,
    result: Option<i64>,
}

#[derive(SimpleObject)]
pub struct EstimateGivenOutFanPointsResult {
    errors: Option<EstimateGivenOutFanPointsResultErrors>,
    result: Option<i64>,
}

#[derive(SimpleObject)]
pub struct ExecuteFanPointsTransactionResult {
    errors: Option<ExecuteTransactionErrors>,
    result: Option<FanPointsTransaction>,
}

#[derive(Default)]
pub struct FanPointsQueries;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl FanPointsQueries {
    /// What a user can spend, for the program and for its partners.
    async fn get_fan_points_balance(
        &self,
        context: &Context<'_>,
        project_id: String,
        user_id: String,
    ) -> Result<GetFanPointsBalanceResult> {
        let caller = Caller::of(context)?;
        let program = caller.joined_program(&project_id)?;
        let (no, currency) = (program.no, program.currency);
        let fan = caller.read(move |connection| fans::find(connection, &[no], &user_id)).await?;
        let balance = fan.map(|fan| FanPointsBalance {
            currency: currency.into(),
            fan_points: fan.wallet.0,
            monetary_value: monetary_value(fan.wallet, currency),
        });
        let unknown = GetFanPointsBalanceErrors { unknown_user_error: Some(UnknownUserError::default()) };
        Ok(GetFanPointsBalanceResult { errors: balance.is_none().then_some(unknown), result: balance })
    }

    /// The partner's commission rates.
    async fn get_fan_points_rates(
        &self,
        context: &Context<'_>,
        partner_id: String,
    ) -> Result<GetFanPointsRatesResult> {
        let caller = Caller::of(context)?;
        Ok(GetFanPointsRatesResult { result: Some(rates(caller, &partner_id).await?) })
    }

    /// What a price costs in Fan Points.
    async fn get_price_in_fan_points(
        &self,
        context: &Context<'_>,
        currency: Currency,
        partner_id: String,
        price: f64,
    ) -> Result<GetPriceInFanPointsResult> {
        let caller = Caller::of(context)?;
        let partner = caller.own_partner(&partner_id)?;
        let rules = &caller.first_partnership(partner)?.rules;
        let item = PurchaseItemPriceInput { currency, price, rate_label: None };
        let points = inputs::price_item(&item).and_then(|item| rules.quote_price(&[item]));
        let invalid = GetPriceInFanPointsErrors {
            invalid_reward_amount_error: Some(InvalidRewardAmountError::default()),
        };
        Ok(match points {
            Ok(points) => GetPriceInFanPointsResult {
                errors: None,
                result: Some(points.iter().map(|points| points.0).sum()),
            },
            Err(_) => GetPriceInFanPointsResult { errors: Some(invalid), result: None },
        })
    }

    /// The points that a purchase would earn.
    async fn estimate_given_out_fan_points_on_purchase(
        &self,
        context: &Context<'_>,
        partner_id: String,
        purchase_items: Vec<PurchaseItemPriceInput>,
    ) -> Result<EstimateGivenOutFanPointsResult> {
        let caller = Caller::of(context)?;
        let partner = caller.own_partner(&partner_id)?;
        let partnership = caller.first_partnership(partner)?.clone();
        let no = partner.no;
        let items: Result<Vec<_>, Refusal> = purchase_items.iter().map(inputs::price_item).collect();
        let points = match items {
            Err(refusal) => Err(refusal),
            Ok(items) => {
                let labels: Vec<_> = partner.rates.iter().map(|rate| rate.label.clone()).collect();
                let given = caller
                    .read(move |connection| {
                        let given = |label: String| {
                            let label = ledger_label(Some(&label)).map(str::to_owned);
                            limited_given(connection, no, label.as_deref()).map(|points| (label, points))
                        };
                        labels.into_iter().map(given).collect::<Result<Vec<_>, _>>()
                    })
                    .await?;
                let so_far = |label: Option<&str>| {
                    let known = given.iter().find(|(known, _)| known.as_deref() == label);
                    known.map(|(_, points)| *points).unwrap_or_default()
                };
                partnership.rules.quote_earn(no, &items, so_far)
            }
        };
        match points {
            Ok(points) => {
                let sum = points.iter().map(|points| points.0).sum();
                Ok(EstimateGivenOutFanPointsResult { errors: None, result: Some(sum) })
            }
            Err(Refusal::UnknownRateLabel) => {
                let label = InvalidRateLabelError::default();
                let errors = EstimateGivenOutFanPointsResultErrors { invalid_rate_label_error: Some(label) };
                Ok(EstimateGivenOutFanPointsResult { errors: Some(errors), result: None })
            }
            // The estimate has no object for any other refusal.
            Err(refusal) => {
                beside(context, named(refusal));
                let errors = Some(EstimateGivenOutFanPointsResultErrors::default());
                Ok(EstimateGivenOutFanPointsResult { errors, result: None })
            }
        }
    }
}

/// The rates of the caller's partner with what is left of limited ones.
pub async fn rates(caller: &Caller, partner_id: &str) -> Result<Vec<FanPointsRate>> {
    let partner = caller.own_partner(partner_id)?.clone();
    caller
        .read(move |connection| {
            let rate = |labelled: &crate::store::catalogue::LabelledRate| {
                let label = ledger_label(Some(&labelled.label));
                let given = limited_given(connection, partner.no, label)?;
                Ok(FanPointsRate::new(&partner.partner_id, labelled, given))
            };
            partner.rates.iter().map(rate).collect()
        })
        .await
}

#[derive(Default)]
pub struct FanPointsMutations;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl FanPointsMutations {
    /// Gives points for a purchase.
    async fn give_fan_points_on_purchase(
        &self,
        context: &Context<'_>,
        custom_purchase_id: Option<String>,
        partner_id: String,
        project_id: Option<String>,
        purchase_items: Vec<PurchaseItemInput>,
        user_id: String,
    ) -> Result<ExecuteFanPointsTransactionResult> {
        let order = Order {
            custom_purchase_id,
            partner_id,
            project_id,
            purchase_items,
            user_id,
            reservation_id: None,
        };
        let result = order.execute(context, PurchaseKind::Give).await?;
        Ok(counted(context, "give", result))
    }

    /// Takes points as the payment of a purchase.
    async fn pay_purchase_with_fan_points(
        &self,
        context: &Context<'_>,
        custom_purchase_id: Option<String>,
        partner_id: String,
        project_id: Option<String>,
        purchase_items: Vec<PurchaseItemInput>,
        user_id: String,
    ) -> Result<ExecuteFanPointsTransactionResult> {
        let order = Order {
            custom_purchase_id,
            partner_id,
            project_id,
            purchase_items,
            user_id,
            reservation_id: None,
        };
        let result = order.execute(context, PurchaseKind::Pay).await?;
        Ok(counted(context, "pay", result))
    }

    /// Undoes one item of a purchase.
    async fn undo_fan_points_transaction(
        &self,
        context: &Context<'_>,
        partner_id: String,
        project_id: Option<String>,
        purchase_id: String,
        purchase_item_id: String,
        user_id: String,
    ) -> Result<ExecuteFanPointsTransactionResult> {
        let caller = Caller::of(context)?;
        let partner = caller.own_partner(&partner_id)?;
        let order = UndoOrder {
            partner: partner.no,
            programs: caller.programs(project_id.as_deref())?,
            user: user_id,
            purchase_id,
            item_id: purchase_item_id,
        };
        let outcome = caller.book(Vec::new(), move |turn| purchases::undo(turn, &order)).await?;
        Ok(counted(context, "undo", answer(context, &partner_id, outcome)?))
    }
}

/// The arguments that giving and paying share.
pub struct Order {
    pub custom_purchase_id: Option<String>,
    pub partner_id: String,
    pub project_id: Option<String>,
    pub purchase_items: Vec<PurchaseItemInput>,
    pub user_id: String,
    /// Points that were set aside for it.
    pub reservation_id: Option<String>,
}

impl Order {
    pub async fn execute(
        self,
        context: &Context<'_>,
        kind: PurchaseKind,
    ) -> Result<ExecuteFanPointsTransactionResult> {
        let caller = Caller::of(context)?;
        let partner = caller.own_partner(&self.partner_id)?;
        let programs = caller.programs(self.project_id.as_deref())?;
        let purchase_id = match self.custom_purchase_id {
            Some(id) if !is_custom_id(&id) => return refused(inputs::INVALID_TRANSACTION_ID),
            Some(id) => id,
            None => uuid::Uuid::now_v7().to_string(),
        };
        let items = match inputs::order_items(self.purchase_items) {
            Ok(items) => items,
            Err(ItemsRefused::Text) => {
                let errors = Some(bad_text(context));
                return Ok(ExecuteFanPointsTransactionResult { errors, result: None });
            }
            Err(ItemsRefused::Wire(name)) => return refused(name),
            Err(ItemsRefused::Ledger(refusal)) => return answer(context, &self.partner_id, Err(refusal)),
        };
        let order = PurchaseOrder {
            partner: partner.no,
            programs,
            user: self.user_id,
            kind,
            purchase_id,
            items,
            reservation: self.reservation_id,
        };
        let ahead = purchases::book_ahead(partner.no, &order.programs, &order.user, &order.purchase_id);
        let outcome = caller.book(ahead, move |turn| purchases::book(turn, &order)).await?;
        answer(context, &self.partner_id, outcome)
    }
}

/// What became of an operation on points.
pub fn answer(
    context: &Context<'_>,
    partner_id: &str,
    outcome: Result<Purchase, Refusal>,
) -> Result<ExecuteFanPointsTransactionResult> {
    match outcome {
        Ok(purchase) => {
            let partner = Partner::from(Caller::of(context)?.own_partner(partner_id)?.as_ref()).into();
            let transaction = FanPointsTransaction::new(purchase, &partner, true);
            Ok(ExecuteFanPointsTransactionResult { errors: None, result: Some(transaction) })
        }
        Err(refusal) => {
            let errors = Some(wire_refusal(context, refusal)?);
            Ok(ExecuteFanPointsTransactionResult { errors, result: None })
        }
    }
}

/// The refusals of an operation on points. Where the API has no name for one, none is set, and the request also
/// carries a GraphQL error with the refusal's code at this field: the other operations of a batch go on.
pub fn wire_refusal(context: &Context<'_>, refusal: Refusal) -> Result<ExecuteTransactionErrors> {
    match refusal.api_error() {
        Some(name) => ExecuteTransactionErrors::of(name).ok_or_else(|| named(refusal)),
        None => Ok(unnamed(context, named(refusal))),
    }
}

/// The refusal of a title or a description, beside which the others of a batch go on.
pub fn bad_text(context: &Context<'_>) -> ExecuteTransactionErrors {
    unnamed(context, bad_argument("a text holds a control character"))
}

fn unnamed(context: &Context<'_>, error: Error) -> ExecuteTransactionErrors {
    beside(context, error);
    ExecuteTransactionErrors::default()
}

/// Adds an error at this field that takes nothing away from the data.
fn beside(context: &Context<'_>, error: Error) {
    context.add_error(context.set_error_path(error.into_server_error(context.item.pos)));
}

fn refused(name: &str) -> Result<ExecuteFanPointsTransactionResult> {
    let errors = ExecuteTransactionErrors::of(name).ok_or_else(|| coded("refused", name))?;
    Ok(ExecuteFanPointsTransactionResult { errors: Some(errors), result: None })
}

/// A refusal that the API has no object for, as a GraphQL error with the refusal's code.
pub fn named(refusal: Refusal) -> Error {
    coded("the program's rules refuse this", refusal.code())
}

fn counted(
    context: &Context<'_>,
    operation: &'static str,
    result: ExecuteFanPointsTransactionResult,
) -> ExecuteFanPointsTransactionResult {
    if let Some(metrics) = context.data_opt::<std::sync::Arc<Metrics>>() {
        metrics.operation(operation, if result.result.is_some() { "done" } else { "refused" });
    }
    result
}
