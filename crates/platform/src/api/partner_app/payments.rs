//! How a payment session stands: for a shop without a callback, or one that missed the call.

use async_graphql::{Context, Object, Result, SimpleObject};

use super::super::payments::FanPointsPaymentSession;
use super::super::refusals::GetFanPointsPaymentSessionErrors;
use crate::auth::access::Caller;
use crate::store::payments::{self, SessionStatus};
use crate::store::purchases::{PURCHASE_IDS, by_op, op_id};

#[derive(SimpleObject)]
pub struct GetFanPointsPaymentSessionResult {
    errors: Option<GetFanPointsPaymentSessionErrors>,
    result: Option<FanPointsPaymentSession>,
}

#[derive(Default)]
pub struct PaymentQueries;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl PaymentQueries {
    /// A payment session of the partner. Its `result` is the purchase once the fan has paid, and `session_expired_error`
    /// once nobody can pay any more.
    async fn get_fan_points_payment_session(
        &self,
        context: &Context<'_>,
        partner_id: String,
        session_id: String,
    ) -> Result<GetFanPointsPaymentSessionResult> {
        let caller = Caller::of(context)?;
        let partner = caller.own_partner(&partner_id)?.no;
        let found = caller
            .read(move |connection| {
                let session = payments::find(connection, &session_id)?;
                let Some(session) = session.filter(|session| session.partner == partner) else {
                    return Ok(None);
                };
                let purchase = match session.status {
                    SessionStatus::Completed => {
                        by_op(connection, op_id(partner, PURCHASE_IDS, &session.purchase_id))?
                    }
                    SessionStatus::Active | SessionStatus::Declined | SessionStatus::Expired => None,
                };
                Ok(Some((session, purchase)))
            })
            .await?;
        let Some((session, purchase)) = found else {
            let errors = GetFanPointsPaymentSessionErrors::of("unknown_session_error");
            return Ok(GetFanPointsPaymentSessionResult { errors, result: None });
        };
        let result = Some(FanPointsPaymentSession::new(context, session, purchase)?);
        Ok(GetFanPointsPaymentSessionResult { errors: None, result })
    }
}
