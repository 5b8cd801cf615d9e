//! After the fact: decisions about refused redemptions, and reports of closed shifts.

use async_graphql::{Context, Enum, Object, Result, SimpleObject};
use ledger::{FanPoints, Outcome, Refusal};

use super::devices::acting_staff;
use crate::api::dates;
use crate::api::fan_points::wire_refusal;
use crate::api::inputs::{self, is_custom_id};
use crate::api::refusals::ExecuteTransactionErrors;
use crate::auth::access::{Caller, bad_argument, coded};
use crate::store::decisions::{self, Decided, DecisionOrder};
use crate::store::shifts::{self, ShiftReport, Taken};
use crate::store::staff;

/// What becomes of a redemption that was refused when the goods were gone.
#[derive(Enum, Copy, Clone, Debug, PartialEq, Eq)]
#[graphql(rename_items = "snake_case")]
pub enum DecisionOutcome {
    /// The fan owes it, and pays with the next points earned.
    CollectLater,
    /// The program bears it.
    Forgive,
    /// The goods came back.
    Void,
}

impl From<DecisionOutcome> for Outcome {
    fn from(outcome: DecisionOutcome) -> Self {
        match outcome {
            DecisionOutcome::CollectLater => Self::CollectLater,
            DecisionOutcome::Forgive => Self::Forgive,
            DecisionOutcome::Void => Self::Void,
        }
    }
}

#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct ReviewDecision {
    purchase_id: String,
    user_id: String,
    outcome: String,
    points: i64,
    note: String,
    decided_date: String,
    decided_by: String,
}

impl From<Decided> for ReviewDecision {
    fn from(decided: Decided) -> Self {
        Self {
            purchase_id: decided.purchase_id,
            user_id: decided.user.to_string(),
            outcome: decided.outcome,
            points: decided.points.0,
            note: decided.note,
            decided_date: dates::text(decided.decided_us),
            decided_by: decided.decided_by,
        }
    }
}

#[derive(SimpleObject)]
pub struct DecideRefusedRedemptionResult {
    errors: Option<ExecuteTransactionErrors>,
    result: Option<ReviewDecision>,
}

#[derive(SimpleObject)]
pub struct GetReviewDecisionsResult {
    result: Vec<ReviewDecision>,
}

/// A shift as a device reported it.
#[derive(SimpleObject)]
#[graphql(rename_fields = "snake_case")]
pub struct StoredShiftReport {
    report_id: String,
    device_id: Option<String>,
    staff_id: String,
    opened_date: String,
    closed_date: String,
    received_date: String,
    /// The report itself: JSON.
    document: String,
}

impl From<ShiftReport> for StoredShiftReport {
    fn from(report: ShiftReport) -> Self {
        Self {
            report_id: report.report_id,
            device_id: report.device_id,
            staff_id: report.staff_id,
            opened_date: dates::text(report.opened_us),
            closed_date: dates::text(report.closed_us),
            received_date: dates::text(report.received_us),
            document: report.document,
        }
    }
}

/// Whether the report is stored now. False: another report has this id.
#[derive(SimpleObject)]
pub struct StoreShiftReportResult {
    result: bool,
}

#[derive(SimpleObject)]
pub struct GetShiftReportsResult {
    result: Vec<StoredShiftReport>,
}

#[derive(Default)]
pub struct ReviewQueries;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl ReviewQueries {
    /// The partner's decisions, newest first.
    async fn get_review_decisions(
        &self,
        context: &Context<'_>,
        earlier_than: Option<String>,
        limit: Option<i32>,
        partner_id: String,
    ) -> Result<GetReviewDecisionsResult> {
        let caller = Caller::of(context)?;
        let no = caller.own_partner(&partner_id)?.no;
        let before = dates::parse_optional(earlier_than.as_deref())?;
        let limit = inputs::limit(limit)?;
        let found = caller.read(move |connection| decisions::list(connection, no, before, limit)).await?;
        Ok(GetReviewDecisionsResult { result: found.into_iter().map(ReviewDecision::from).collect() })
    }

    /// The partner's shift reports, the last received first.
    async fn get_shift_reports(
        &self,
        context: &Context<'_>,
        earlier_than: Option<String>,
        limit: Option<i32>,
        partner_id: String,
    ) -> Result<GetShiftReportsResult> {
        let caller = Caller::of(context)?;
        let no = caller.own_partner(&partner_id)?.no;
        let before = dates::parse_optional(earlier_than.as_deref())?;
        let limit = inputs::limit(limit)?;
        let found = caller.read(move |connection| shifts::list(connection, no, before, limit)).await?;
        Ok(GetShiftReportsResult { result: found.into_iter().map(StoredShiftReport::from).collect() })
    }
}

#[derive(Default)]
pub struct ReviewMutations;

const MOST_NOTE: usize = 1000;
const MOST_REPORT: usize = 256 * 1024;

#[Object(rename_fields = "snake_case", rename_args = "snake_case")]
impl ReviewMutations {
    /// Decides what becomes of a redemption that was confirmed offline and refused later, once. From a device, somebody
    /// with the right `decide` has to be named.
    #[allow(clippy::too_many_arguments, reason = "one argument a fact")]
    async fn decide_refused_redemption(
        &self,
        context: &Context<'_>,
        note: Option<String>,
        outcome: DecisionOutcome,
        partner_id: String,
        points: i64,
        purchase_id: String,
        staff_id: Option<String>,
        user_id: String,
    ) -> Result<DecideRefusedRedemptionResult> {
        let caller = Caller::of(context)?;
        let partner = caller.own_partner(&partner_id)?.no;
        let note = note.unwrap_or_default();
        if note.len() > MOST_NOTE || note.chars().any(|c| c.is_control() && c != '\n') {
            return Err(bad_argument("a note has at most 1,000 bytes and no control characters"));
        }
        if !is_custom_id(&purchase_id) {
            let errors = ExecuteTransactionErrors::of(inputs::INVALID_TRANSACTION_ID);
            return Ok(DecideRefusedRedemptionResult { errors, result: None });
        }
        let decided_by = match acting_staff(caller, staff_id.as_ref())? {
            None => caller.client_id.clone(),
            Some(staff_id) => {
                let id = staff_id.clone();
                let may =
                    caller.read(move |connection| staff::may(connection, partner, &id, "decide")).await?;
                if !may {
                    return Err(coded("nobody of this id may decide here", "NOT_AUTHORIZED"));
                }
                staff_id.clone()
            }
        };
        let order = DecisionOrder {
            partner,
            programs: caller.programs(None)?,
            user: user_id,
            purchase_id,
            points: FanPoints(points.clamp(0, MOST_POINTS)),
            outcome: outcome.into(),
            note,
            decided_by,
        };
        if points > MOST_POINTS {
            let errors = Some(wire_refusal(context, Refusal::InvalidAmount)?);
            return Ok(DecideRefusedRedemptionResult { errors, result: None });
        }
        match caller.write(move |turn| decisions::decide(turn, &order)).await? {
            Ok(decided) => Ok(DecideRefusedRedemptionResult { errors: None, result: Some(decided.into()) }),
            Err(refusal) => {
                let errors = Some(wire_refusal(context, refusal)?);
                Ok(DecideRefusedRedemptionResult { errors, result: None })
            }
        }
    }

    /// Keeps the report of a closed shift. The same report again changes nothing.
    #[allow(clippy::too_many_arguments, reason = "one argument a fact")]
    async fn store_shift_report(
        &self,
        context: &Context<'_>,
        closed: String,
        document: String,
        opened: String,
        partner_id: String,
        report_id: String,
        staff_id: String,
    ) -> Result<StoreShiftReportResult> {
        let caller = Caller::of(context)?;
        let partner = caller.own_partner(&partner_id)?.no;
        if !is_custom_id(&report_id) || !is_custom_id(&staff_id) {
            return Err(bad_argument("an id has 1 to 128 characters, none of them a control character"));
        }
        let object =
            serde_json::from_str::<serde_json::Value>(&document).is_ok_and(|value| value.is_object());
        if document.len() > MOST_REPORT || !object || document.contains("\\u0000") {
            return Err(bad_argument("a report is a JSON object of at most 256 KiB"));
        }
        let (opened_us, closed_us) = (dates::parse(&opened)?, dates::parse(&closed)?);
        if closed_us < opened_us {
            return Err(bad_argument("the shift ends before it starts"));
        }
        let device_id = caller.device().map(|device| device.device_id.clone());
        let report =
            ShiftReport { report_id, device_id, staff_id, opened_us, closed_us, received_us: 0, document };
        let taken = caller.write(move |turn| shifts::store(turn, partner, &report)).await?;
        Ok(StoreShiftReportResult { result: matches!(taken, Taken::Stored | Taken::Known) })
    }
}

/// More than any purchase costs.
const MOST_POINTS: i64 = 100_000_000;
