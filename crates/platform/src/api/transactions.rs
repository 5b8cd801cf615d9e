//! Reading Fan Points transactions, newest first.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_graphql::{Context, Object, Result, SimpleObject};
use ledger::PartnerId;

use super::dates;
use super::inputs::{self, FanPointsTransactionsFilter, contains};
use super::refusals::{
    GetFanPointsTransactionErrors, GetFanPointsTransactionsErrors, TransactionNotFoundError, UnknownUserError,
};
use super::types::{FanPointsTransaction, Partner, TransactionDevice};
use crate::auth::access::Caller;
use crate::store::catalogue::Owner;
use crate::store::origins::{self, Origin};
use crate::store::purchases::{PURCHASE_IDS, Purchase, by_op, op_id};
use crate::store::reading::{self, Selection};
use crate::store::{ProgramNo, fans};

#[derive(SimpleObject)]
pub struct GetFanPointsTransactionResult {
    errors: Option<GetFanPointsTransactionErrors>,
    result: Option<FanPointsTransaction>,
}

#[derive(SimpleObject)]
pub struct GetFanPointsTransactionsResult {
    errors: Option<GetFanPointsTransactionsErrors>,
    result: Option<Vec<FanPointsTransaction>>,
}

#[derive(Default)]
pub struct TransactionQueries;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl TransactionQueries {
    /// One purchase by its id.
    async fn get_fan_points_transaction(
        &self,
        context: &Context<'_>,
        partner_id: String,
        project_id: Option<String>,
        purchase_id: String,
        user_id: String,
    ) -> Result<GetFanPointsTransactionResult> {
        let caller = Caller::of(context)?;
        let partner = caller.own_partner(&partner_id)?.no;
        let programs = caller.programs(project_id.as_deref())?;
        let found = caller
            .read(move |connection| {
                let Some(fan) = fans::find(connection, &programs, &user_id)? else {
                    return Ok(None);
                };
                let purchase = by_op(connection, op_id(partner, PURCHASE_IDS, &purchase_id))?;
                Ok(Some(purchase.filter(|purchase| purchase.user == fan.id)))
            })
            .await?;
        let mut errors = GetFanPointsTransactionErrors::default();
        let purchase = match found {
            None => {
                errors.unknown_user_error = Some(UnknownUserError::default());
                None
            }
            Some(None) => {
                errors.transaction_not_found_error = Some(TransactionNotFoundError::default());
                None
            }
            Some(Some(purchase)) => Some(purchase),
        };
        let errors = purchase.is_none().then_some(errors);
        Ok(GetFanPointsTransactionResult {
            errors,
            result: purchase.and_then(|one| told(caller, vec![one], &BTreeMap::new()).pop()),
        })
    }

    /// A user's transactions. A partner sees its own.
    async fn get_fan_points_transactions(
        &self,
        context: &Context<'_>,
        earlier_than: Option<String>,
        later_than: Option<String>,
        limit: Option<i32>,
        project_id: Option<String>,
        user_id: String,
    ) -> Result<GetFanPointsTransactionsResult> {
        let caller = Caller::of(context)?;
        let programs = caller.programs(project_id.as_deref())?;
        let partner = match caller.owner {
            Owner::Partner(partner) => Some(partner),
            Owner::Program(_) => None,
        };
        let selection = Selection {
            partner,
            earlier_than: dates::parse_optional(earlier_than.as_deref())?,
            later_than: dates::parse_optional(later_than.as_deref())?,
            limit: inputs::limit(limit)?,
            ..Selection::default()
        };
        list(caller, selection, programs, Some(user_id)).await
    }

    /// The partner's transactions, of one user or of all. `earlier_than` is what older clients call
    /// `earlier_than_date`; where both are given, both hold.
    #[allow(clippy::too_many_arguments, reason = "the arguments of the public API")]
    async fn get_partner_fan_points_transactions(
        &self,
        context: &Context<'_>,
        earlier_than: Option<String>,
        earlier_than_date: Option<String>,
        later_than_date: Option<String>,
        limit: Option<i32>,
        partner_id: String,
        project_id: Option<String>,
        transactions_filter: Option<FanPointsTransactionsFilter>,
        user_id: Option<String>,
    ) -> Result<GetFanPointsTransactionsResult> {
        let caller = Caller::of(context)?;
        let partner = caller.own_partner(&partner_id)?.no;
        let programs = caller.programs(project_id.as_deref())?;
        let bounds = [
            dates::parse_optional(earlier_than.as_deref())?,
            dates::parse_optional(earlier_than_date.as_deref())?,
        ];
        let filter = transactions_filter.unwrap_or(FanPointsTransactionsFilter {
            combined_user_id_title: None,
            title: None,
            user_id: None,
        });
        let selection = Selection {
            partner: Some(partner),
            earlier_than: bounds.into_iter().flatten().min(),
            later_than: dates::parse_optional(later_than_date.as_deref())?,
            title: contains(filter.title),
            user: contains(filter.user_id),
            user_or_title: contains(filter.combined_user_id_title),
            limit: inputs::limit(limit)?,
            ..Selection::default()
        };
        list(caller, selection, programs, user_id).await
    }
}

async fn list(
    caller: &Caller,
    selection: Selection,
    programs: Vec<ProgramNo>,
    user_id: Option<String>,
) -> Result<GetFanPointsTransactionsResult> {
    let page = caller
        .read(move |connection| {
            let fan = match user_id {
                None => None,
                Some(user) => match fans::find(connection, &programs, &user)? {
                    Some(fan) => Some(fan.no),
                    None => return Ok(None),
                },
            };
            let selection = Selection { fan, programs: Some(programs), ..selection };
            let page = reading::purchases(connection, &selection)?;
            let devices = match selection.partner {
                Some(partner) => origins::of(connection, partner, page.iter().map(|one| one.date_us))?,
                None => BTreeMap::new(),
            };
            Ok(Some((page, devices)))
        })
        .await?;
    Ok(match page {
        Some((page, devices)) => {
            let result = Some(told(caller, page, &devices));
            GetFanPointsTransactionsResult { errors: None, result }
        }
        None => GetFanPointsTransactionsResult {
            errors: Some(GetFanPointsTransactionsErrors {
                unknown_user_error: Some(UnknownUserError::default()),
            }),
            result: None,
        },
    })
}

/// Purchases as the API tells them; each partner is written out once.
fn told(
    caller: &Caller,
    purchases: Vec<Purchase>,
    devices: &BTreeMap<i64, Origin>,
) -> Vec<FanPointsTransaction> {
    let mut partners: BTreeMap<PartnerId, Arc<Partner>> = BTreeMap::new();
    let tell = |purchase: Purchase| {
        let no = purchase.partner;
        if let std::collections::btree_map::Entry::Vacant(e) = partners.entry(no) {
            e.insert(Arc::new(Partner::from(caller.catalogue.partners.get(&no)?.as_ref())));
        }
        let own = caller.owner == Owner::Partner(no);
        let device = devices.get(&purchase.date_us).map(TransactionDevice::from);
        Some(FanPointsTransaction::new(purchase, partners.get(&no)?, own).done_by(device))
    };
    purchases.into_iter().filter_map(tell).collect()
}
