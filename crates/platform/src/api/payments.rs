//! Payment sessions: a partner's shop sends the fan to a page of this server, where the fan confirms with a live pass.

use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use ledger::{FanPoints, Refusal};

use super::PublicUrl;
use super::dates;
use super::fan_points::{ExecuteFanPointsTransactionResult, answer};
use super::inputs::{self, Currency, PurchaseItemPriceInput, is_custom_id};
use super::refusals::CreateFanPointsPaymentSessionErrors;
use super::types::float;
use crate::auth::access::{Caller, bad_argument, outside};
use crate::store::now_us;
use crate::store::payments::{self, Session, SessionStatus};
use crate::store::purchases::Purchase;
use crate::webhooks::{Purpose, check_url};

#[derive(SimpleObject)]
pub struct CreateFanPointsPaymentSessionResult {
    errors: Option<CreateFanPointsPaymentSessionErrors>,
    result: Option<FanPointsPaymentSession>,
}

#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
pub enum FanPointsPaymentSessionStatus {
    Active,
    Completed,
    Expired,
}

#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct FanPointsPaymentSession {
    amount: i64,
    callback_url: Option<String>,
    cancel_url: String,
    currency: Currency,
    custom_purchase_id: Option<String>,
    display_price: bool,
    expiry_date: String,
    partner_id: String,
    price: f64,
    project_id: String,
    result: Option<ExecuteFanPointsTransactionResult>,
    session_id: String,
    session_url: String,
    status: FanPointsPaymentSessionStatus,
    success_url: String,
}

#[derive(Default)]
pub struct PaymentMutations;

/// How long a fan has to decide, in microseconds: fifteen minutes.
const LIFETIME_US: i64 = 900 * 1_000_000;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl PaymentMutations {
    /// Asks a fan for a payment on a page of this server. The purchase is booked when the fan confirms; the callback tells.
    #[allow(clippy::too_many_arguments, reason = "the arguments of the public API")]
    async fn create_fan_points_payment_session(
        &self,
        context: &Context<'_>,
        callback_url: Option<String>,
        cancel_url: String,
        currency: Currency,
        custom_purchase_id: Option<String>,
        display_price: bool,
        partner_id: String,
        price: f64,
        project_id: String,
        success_url: String,
    ) -> Result<CreateFanPointsPaymentSessionResult> {
        let caller = Caller::of(context)?;
        let partner = caller.own_partner(&partner_id)?;
        let programs = caller.programs(Some(&project_id))?;
        let environment = caller.environment.name;
        let pages = [Some((&cancel_url, Purpose::Page)), Some((&success_url, Purpose::Page))];
        let callback = callback_url.as_ref().map(|url| (url, Purpose::Call));
        for (url, purpose) in pages.into_iter().chain([callback]).flatten() {
            check_url(url, purpose, environment).map_err(|reason| bad_argument(&reason))?;
        }
        if custom_purchase_id.as_deref().is_some_and(|id| !is_custom_id(id)) {
            return Ok(refused(inputs::INVALID_TRANSACTION_ID));
        }
        let partnership =
            programs.first().and_then(|program| caller.catalogue.partnership(partner.no, *program));
        let Some(partnership) = partnership.filter(|one| one.rules.modules.fan_points) else {
            return Ok(refused("not_configured_error"));
        };
        let item = PurchaseItemPriceInput { currency, price, rate_label: None };
        let quoted = inputs::price_item(&item)
            .and_then(|item| Ok((item.price, partnership.rules.quote_price(std::slice::from_ref(&item))?)))
            .and_then(|(price, points)| Ok((price, FanPoints::sum(points)?)));
        let Ok((exact, points)) = quoted.and_then(|(price, points)| {
            if points > FanPoints::ZERO { Ok((price, points)) } else { Err(Refusal::InvalidAmount) }
        }) else {
            return Ok(refused("invalid_reward_amount_error"));
        };
        let created_us = now_us();
        let session = Session {
            session_id: uuid::Uuid::new_v4().to_string(),
            partner: partner.no,
            program: partnership.program.no,
            purchase_id: custom_purchase_id.clone().unwrap_or_else(|| uuid::Uuid::now_v7().to_string()),
            custom_purchase_id,
            price: exact.to_decimal(),
            currency: exact.currency,
            points,
            display_price,
            callback_url,
            cancel_url,
            success_url,
            created_us,
            expires_us: created_us.saturating_add(LIFETIME_US),
            status: SessionStatus::Active,
        };
        let stored = session.clone();
        if !caller.write(move |turn| payments::open(turn, &stored)).await? {
            return Ok(refused(inputs::INVALID_TRANSACTION_ID));
        }
        let result = Some(FanPointsPaymentSession::new(context, session, None)?);
        Ok(CreateFanPointsPaymentSessionResult { errors: None, result })
    }
}

fn refused(name: &str) -> CreateFanPointsPaymentSessionResult {
    CreateFanPointsPaymentSessionResult {
        errors: CreateFanPointsPaymentSessionErrors::of(name),
        result: None,
    }
}

impl FanPointsPaymentSession {
    /// `purchase`: what the fan paid with it.
    pub fn new(context: &Context<'_>, session: Session, purchase: Option<Purchase>) -> Result<Self> {
        let caller = Caller::of(context)?;
        let partner = caller.catalogue.partners.get(&session.partner).ok_or_else(outside)?;
        let program = caller.catalogue.programs.get(&session.program).ok_or_else(outside)?;
        let url = &context.data::<PublicUrl>()?.0;
        let status = match session.status {
            SessionStatus::Active if session.is_open(now_us()) => FanPointsPaymentSessionStatus::Active,
            SessionStatus::Completed => FanPointsPaymentSessionStatus::Completed,
            SessionStatus::Active | SessionStatus::Declined | SessionStatus::Expired => {
                FanPointsPaymentSessionStatus::Expired
            }
        };
        let result = match (status, purchase) {
            (FanPointsPaymentSessionStatus::Active, _) => None,
            (_, Some(purchase)) => Some(answer(context, &partner.partner_id, Ok(purchase))?),
            (_, None) => Some(answer(context, &partner.partner_id, Err(Refusal::ReservationExpired))?),
        };
        Ok(Self {
            amount: session.points.0,
            callback_url: session.callback_url,
            cancel_url: session.cancel_url,
            currency: session.currency.into(),
            custom_purchase_id: session.custom_purchase_id,
            display_price: session.display_price,
            expiry_date: dates::text(session.expires_us),
            partner_id: partner.partner_id.clone(),
            price: float(session.price),
            project_id: program.project_id.clone(),
            result,
            session_url: format!("{url}/pay/{}/{}", caller.environment.name, session.session_id),
            session_id: session.session_id,
            status,
            success_url: session.success_url,
        })
    }
}
