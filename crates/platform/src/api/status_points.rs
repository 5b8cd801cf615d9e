//! Status Points: balances, awards, undoing.

use std::collections::BTreeMap;

use async_graphql::{Context, Object, Result, SimpleObject};
use ledger::Refusal;

use super::dates;
use super::fan_points::wire_refusal;
use super::inputs::{self, is_custom_id};
use super::refusals::{
    ExecuteTransactionErrors, GetNumStatusPointsForActionErrors, GetStatusPointsErrors,
    GetStatusPointsTransactionsErrors, InvalidActionCategoryError, UnknownUserError,
};
use super::types::{StatusPointsTransaction, TransactionDevice};
use crate::auth::access::{Caller, coded};
use crate::metrics::Metrics;
use crate::store::awards::{self, AwardOrder, UndoAwardOrder};
use crate::store::catalogue::Owner;
use crate::store::origins::{self, Origin};
use crate::store::reading::{self, Award, Selection};
use crate::store::fans;

#[derive(SimpleObject)]
pub struct GetStatusPointsBalanceResult {
    errors: Option<GetStatusPointsErrors>,
    result: Option<i64>,
}

#[derive(SimpleObject)]
pub struct GetNumStatusPointsForActionResult {
    errors: Option<GetNumStatusPointsForActionErrors>,
    result: Option<i64>,
}

#[derive(SimpleObject)]
pub struct GetStatusPointsTransactionsResult {
    errors: Option<GetStatusPointsTransactionsErrors>,
    result: Option<Vec<StatusPointsTransaction>>,
}

#[derive(SimpleObject)]
pub struct ExecuteStatusPointsTransactionResult {
    errors: Option<ExecuteTransactionErrors>,
    result: Option<StatusPointsTransaction>,
}

#[derive(Default)]
pub struct StatusPointsQueries;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl StatusPointsQueries {
    /// A user's Status Points, for the program and for its partners.
    async fn get_status_points_balance(
        &self,
        context: &Context<'_>,
        project_id: String,
        user_id: String,
    ) -> Result<GetStatusPointsBalanceResult> {
        let caller = Caller::of(context)?;
        let program = caller.joined_program(&project_id)?.no;
        let fan = caller.read(move |connection| fans::find(connection, &[program], &user_id)).await?;
        let unknown = GetStatusPointsErrors { unknown_user_error: Some(UnknownUserError::default()) };
        Ok(GetStatusPointsBalanceResult {
            errors: fan.is_none().then_some(unknown),
            result: fan.map(|fan| fan.standing.0),
        })
    }

    /// The Status Points that an action is worth.
    async fn get_status_points_for_action(
        &self,
        context: &Context<'_>,
        action_category: String,
        partner_id: String,
    ) -> Result<GetNumStatusPointsForActionResult> {
        let caller = Caller::of(context)?;
        let partner = caller.own_partner(&partner_id)?;
        let points = caller
            .catalogue
            .partnerships_of(partner.no)
            .find_map(|partnership| partnership.rules.actions.get(&action_category))
            .map(|points| points.0);
        let category = InvalidActionCategoryError::default();
        let invalid = GetNumStatusPointsForActionErrors { invalid_action_category_error: Some(category) };
        Ok(GetNumStatusPointsForActionResult { errors: points.is_none().then_some(invalid), result: points })
    }

    /// A user's Status Points transactions. A partner sees its own.
    async fn get_status_points_transactions(
        &self,
        context: &Context<'_>,
        earlier_than: Option<String>,
        limit: Option<i32>,
        project_id: Option<String>,
        user_id: String,
    ) -> Result<GetStatusPointsTransactionsResult> {
        let caller = Caller::of(context)?;
        let programs = caller.programs(project_id.as_deref())?;
        let partner = match caller.owner {
            Owner::Partner(partner) => Some(partner),
            Owner::Program(_) => None,
        };
        let selection = Selection {
            partner,
            earlier_than: dates::parse_optional(earlier_than.as_deref())?,
            limit: inputs::limit(limit)?,
            ..Selection::default()
        };
        let page = caller
            .read(move |connection| {
                let Some(fan) = fans::find(connection, &programs, &user_id)? else {
                    return Ok(None);
                };
                let selection = Selection { fan: Some(fan.no), programs: Some(programs), ..selection };
                reading::awards(connection, &selection).map(Some)
            })
            .await?;
        let unknown =
            GetStatusPointsTransactionsErrors { unknown_user_error: Some(UnknownUserError::default()) };
        Ok(GetStatusPointsTransactionsResult {
            errors: page.is_none().then_some(unknown),
            result: page.map(|page| told(caller, page, &BTreeMap::new())),
        })
    }

    /// The partner's Status Points transactions.
    async fn get_partner_status_points_transactions(
        &self,
        context: &Context<'_>,
        earlier_than: Option<String>,
        limit: Option<i32>,
        partner_id: String,
    ) -> Result<GetStatusPointsTransactionsResult> {
        let caller = Caller::of(context)?;
        let partner = caller.own_partner(&partner_id)?.no;
        let selection = Selection {
            partner: Some(partner),
            earlier_than: dates::parse_optional(earlier_than.as_deref())?,
            limit: inputs::limit(limit)?,
            ..Selection::default()
        };
        let (page, devices) = caller
            .read(move |connection| {
                let page = reading::awards(connection, &selection)?;
                let devices = origins::of(connection, partner, page.iter().map(|one| one.date_us))?;
                Ok((page, devices))
            })
            .await?;
        Ok(GetStatusPointsTransactionsResult { errors: None, result: Some(told(caller, page, &devices)) })
    }
}

#[derive(Default)]
pub struct StatusPointsMutations;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl StatusPointsMutations {
    /// Awards the Status Points that the program sets for an action.
    #[allow(clippy::too_many_arguments, reason = "the arguments of the public API")]
    async fn distribute_status_points(
        &self,
        context: &Context<'_>,
        action_category: String,
        custom_action_id: Option<String>,
        description: String,
        partner_id: String,
        project_id: Option<String>,
        title: String,
        user_id: String,
    ) -> Result<ExecuteStatusPointsTransactionResult> {
        let caller = Caller::of(context)?;
        let partner = caller.own_partner(&partner_id)?.no;
        let programs = caller.programs(project_id.as_deref())?;
        let action_id = match custom_action_id {
            Some(id) if !is_custom_id(&id) => return refused(inputs::INVALID_TRANSACTION_ID),
            Some(id) => id,
            None => uuid::Uuid::now_v7().to_string(),
        };
        let order =
            AwardOrder { partner, programs, user: user_id, action_id, action_category, title, description };
        let outcome = caller.book(Vec::new(), move |turn| awards::book(turn, &order)).await?;
        Ok(counted(context, "award", answer(context, outcome)?))
    }

    /// Takes an award back.
    async fn undo_status_points_transaction(
        &self,
        context: &Context<'_>,
        action_id: String,
        partner_id: String,
        project_id: Option<String>,
        user_id: String,
    ) -> Result<ExecuteStatusPointsTransactionResult> {
        let caller = Caller::of(context)?;
        let partner = caller.own_partner(&partner_id)?.no;
        let programs = caller.programs(project_id.as_deref())?;
        let order = UndoAwardOrder { partner, programs, user: user_id, action_id };
        let outcome = caller.book(Vec::new(), move |turn| awards::undo(turn, &order)).await?;
        Ok(counted(context, "undo_award", answer(context, outcome)?))
    }
}

fn answer(
    context: &Context<'_>,
    outcome: Result<Award, Refusal>,
) -> Result<ExecuteStatusPointsTransactionResult> {
    Ok(match outcome {
        Ok(award) => {
            let result = told(Caller::of(context)?, vec![award], &BTreeMap::new()).pop();
            ExecuteStatusPointsTransactionResult { errors: None, result }
        }
        Err(refusal) => {
            let errors = Some(wire_refusal(context, refusal)?);
            ExecuteStatusPointsTransactionResult { errors, result: None }
        }
    })
}

fn refused(name: &str) -> Result<ExecuteStatusPointsTransactionResult> {
    let errors = ExecuteTransactionErrors::of(name).ok_or_else(|| coded("refused", name))?;
    Ok(ExecuteStatusPointsTransactionResult { errors: Some(errors), result: None })
}

fn told(
    caller: &Caller,
    awards: Vec<Award>,
    devices: &BTreeMap<i64, Origin>,
) -> Vec<StatusPointsTransaction> {
    let tell = |award: Award| {
        let partner = caller.catalogue.partners.get(&award.partner)?;
        let device = devices.get(&award.date_us).map(TransactionDevice::from);
        Some(StatusPointsTransaction::new(award, &partner.partner_id).done_by(device))
    };
    awards.into_iter().filter_map(tell).collect()
}

fn counted(
    context: &Context<'_>,
    operation: &'static str,
    result: ExecuteStatusPointsTransactionResult,
) -> ExecuteStatusPointsTransactionResult {
    if let Some(metrics) = context.data_opt::<std::sync::Arc<Metrics>>() {
        metrics.operation(operation, if result.result.is_some() { "done" } else { "refused" });
    }
    result
}
