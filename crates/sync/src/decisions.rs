//! Telling the platform what a person has decided about a refused redemption.

use ledger::Outcome;
use outbox::Untold;
use serde_json::{Value, json};

use crate::answer::{Fault, Reply};
use crate::wire::Request;
use crate::{ClientError, PlatformClient};

const DECIDE: &str = "mutation Decide($partner_id: String!, $purchase_id: String!, $user_id: String!, $points: Int!,
    $outcome: DecisionOutcome!, $note: String, $staff_id: String) {
  decide_refused_redemption(partner_id: $partner_id, purchase_id: $purchase_id, user_id: $user_id, points: $points,
    outcome: $outcome, note: $note, staff_id: $staff_id) {
    errors {
      already_executed_error { __typename } invalid_reward_amount_error { __typename }
      invalid_transaction_id_error { __typename } too_few_available_error { __typename }
      transaction_not_found_error { __typename } unknown_user_error { __typename }
    }
    result { purchase_id }
  }
}";
const FIELD: &str = "decide_refused_redemption";

impl PlatformClient {
    /// Tells what a person has decided about a redemption that was refused when the goods were gone. The inner result:
    /// the name under which the platform does not take it, such as a decision that stands already.
    ///
    /// # Errors
    /// Where the platform could not be asked, or has no such thing.
    pub async fn decide(&self, decision: &Untold) -> Result<Result<(), String>, ClientError> {
        read(&self.ask_once(&request(self.partner_id(), decision)).await?)
    }
}

fn request(partner_id: &str, decision: &Untold) -> Request {
    let outcome = match decision.outcome {
        Outcome::CollectLater => "collect_later",
        Outcome::Forgive => "forgive",
        Outcome::Void => "void",
    };
    let variables = json!({
        "partner_id": partner_id, "purchase_id": decision.operation, "user_id": decision.fan.to_string(),
        "points": decision.points.0, "outcome": outcome, "note": decision.note, "staff_id": decision.staff,
    });
    Request::fixed(DECIDE, "Decide", variables)
}

fn read(reply: &Reply) -> Result<Result<(), String>, ClientError> {
    if reply.lacks(FIELD) {
        return Err(ClientError::Unsupported);
    }
    if reply.errors.iter().any(Fault::is_forbidden) {
        return Err(ClientError::Forbidden);
    }
    let outcome = reply.field(FIELD).ok_or(ClientError::Malformed)?;
    let errors = outcome.get("errors").and_then(Value::as_object);
    let named = errors.into_iter().flatten().find(|(_, error)| !error.is_null());
    match (named, outcome.get("result").filter(|result| !result.is_null())) {
        (Some((name, _)), _) => Ok(Err(name.clone())),
        (None, Some(_)) => Ok(Ok(())),
        (None, None) => Err(ClientError::Malformed),
    }
}
