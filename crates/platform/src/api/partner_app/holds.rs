//! Reservations: points set aside for a fan who is about to pay.

use async_graphql::{Context, Object, Result, SimpleObject};
use ledger::FanPoints;

use crate::api::dates;
use crate::api::fan_points::{ExecuteFanPointsTransactionResult, Order, wire_refusal};
use crate::api::inputs::{self, PurchaseItemInput, is_custom_id};
use crate::api::refusals::ExecuteTransactionErrors;
use crate::auth::access::Caller;
use crate::store::holds::{self, Hold, HoldOrder};
use crate::store::purchases::PurchaseKind;

#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct FanPointsReservation {
    reservation_id: String,
    user_id: String,
    points: i64,
    /// The points are free again from here on.
    expiry_date: String,
    /// `released` or `redeemed`; nothing while it holds.
    ended: Option<String>,
}

impl From<Hold> for FanPointsReservation {
    fn from(hold: Hold) -> Self {
        Self {
            reservation_id: hold.reservation_id,
            user_id: hold.user.to_string(),
            points: hold.points.0,
            expiry_date: dates::text(hold.until_us),
            ended: hold.ended,
        }
    }
}

#[derive(SimpleObject)]
pub struct FanPointsReservationResult {
    errors: Option<ExecuteTransactionErrors>,
    result: Option<FanPointsReservation>,
}

#[derive(Default)]
pub struct HoldMutations;

const MOST_SECONDS: i64 = 7 * 86_400;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl HoldMutations {
    /// Sets points aside for so many seconds, a week at most: nobody else can spend them.
    #[allow(clippy::too_many_arguments, reason = "one argument a fact")]
    async fn reserve_fan_points(
        &self,
        context: &Context<'_>,
        custom_reservation_id: Option<String>,
        partner_id: String,
        points: i64,
        project_id: Option<String>,
        seconds: i64,
        user_id: String,
    ) -> Result<FanPointsReservationResult> {
        let caller = Caller::of(context)?;
        let partner = caller.own_partner(&partner_id)?.no;
        let programs = caller.programs(project_id.as_deref())?;
        let reservation_id = match custom_reservation_id {
            Some(id) if !is_custom_id(&id) => return refused(inputs::INVALID_TRANSACTION_ID),
            Some(id) => id,
            None => uuid::Uuid::now_v7().to_string(),
        };
        if !(1..=MOST_SECONDS).contains(&seconds) {
            return refused("session_expired_error");
        }
        let points = FanPoints(points);
        let lasts_us = seconds * 1_000_000;
        let order = HoldOrder { partner, programs, user: user_id, reservation_id, points, lasts_us };
        let outcome = caller.write(move |turn| holds::reserve(turn, &order)).await?;
        answer(context, outcome)
    }

    /// Sets reserved points free.
    async fn release_fan_points_reservation(
        &self,
        context: &Context<'_>,
        partner_id: String,
        reservation_id: String,
        user_id: String,
    ) -> Result<FanPointsReservationResult> {
        let caller = Caller::of(context)?;
        let partner = caller.own_partner(&partner_id)?.no;
        let programs = caller.programs(None)?;
        let outcome = caller
            .write(move |turn| holds::release(turn, partner, &programs, &user_id, &reservation_id))
            .await?;
        answer(context, outcome)
    }

    /// Pays a purchase out of reserved points; what is left of them is free again.
    #[allow(clippy::too_many_arguments, reason = "those of a payment, and the reservation")]
    async fn pay_purchase_with_reserved_fan_points(
        &self,
        context: &Context<'_>,
        custom_purchase_id: Option<String>,
        partner_id: String,
        project_id: Option<String>,
        purchase_items: Vec<PurchaseItemInput>,
        reservation_id: String,
        user_id: String,
    ) -> Result<ExecuteFanPointsTransactionResult> {
        let order = Order {
            custom_purchase_id,
            partner_id,
            project_id,
            purchase_items,
            user_id,
            reservation_id: Some(reservation_id),
        };
        order.execute(context, PurchaseKind::Pay).await
    }
}

fn answer(
    context: &Context<'_>,
    outcome: std::result::Result<Hold, ledger::Refusal>,
) -> Result<FanPointsReservationResult> {
    match outcome {
        Ok(hold) => Ok(FanPointsReservationResult { errors: None, result: Some(hold.into()) }),
        Err(refusal) => {
            let errors = Some(wire_refusal(context, refusal)?);
            Ok(FanPointsReservationResult { errors, result: None })
        }
    }
}

fn refused(name: &str) -> Result<FanPointsReservationResult> {
    Ok(FanPointsReservationResult { errors: ExecuteTransactionErrors::of(name), result: None })
}
