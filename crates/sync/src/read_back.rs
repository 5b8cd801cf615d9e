//! Is what the platform has under an operation's id this very operation?

use ledger::mutant::skipped;
use ledger::{FanPoints, StatusPoints, Timestamp};
use outbox::{Booked, OperationKind, OperationRow};
use serde_json::Value;
use uuid::Uuid;

use crate::answer::Reply;
use crate::wire::Call;
use crate::{ReadBack, values};

/// What stands under the id of each operation.
pub(crate) fn read(reply: &Reply, calls: &[Call], operations: &[OperationRow]) -> Vec<(Uuid, ReadBack)> {
    let one = |(call, operation): (&Call, &OperationRow)| {
        let found = match reply.field(&call.alias) {
            None => failed(reply, &call.alias),
            Some(outcome) => match operation.wire_kind() {
                OperationKind::Award => award(operation, outcome),
                OperationKind::Give | OperationKind::Redeem | OperationKind::Undo => {
                    let undone_at = undone_at(operation, reply.field(&format!("{}_undo", call.alias)));
                    purchase(operation, outcome, undone_at)
                }
            },
        };
        (operation.id, found)
    };
    calls.iter().zip(operations).map(one).collect()
}

fn failed(reply: &Reply, alias: &str) -> ReadBack {
    let fault =
        reply.errors.iter().find(|f| f.alias.as_deref() == Some(alias)).or_else(|| reply.errors.first());
    ReadBack::Failed { error: fault.map_or_else(|| "answer_malformed".into(), crate::answer::Fault::name) }
}

/// No purchase of this id of this fan: somebody else's, if the platform says that it exists.
fn missing(outcome: &Value) -> ReadBack {
    let named =
        outcome.get("errors").and_then(Value::as_object).is_some_and(|e| e.values().any(|v| !v.is_null()));
    if named { ReadBack::Missing } else { ReadBack::Failed { error: "answer_malformed".into() } }
}

/// When the platform has undone the last item, as its list tells.
fn undone_at(operation: &OperationRow, listed: Option<&Value>) -> Option<Timestamp> {
    let id = operation.wire_id().to_string();
    let is_undo = |one: &&Value| {
        let kind = one.get("transaction_type").and_then(Value::as_str).unwrap_or_default();
        kind.starts_with("undo_") && one.get("purchase_id").and_then(Value::as_str) == Some(id.as_str())
    };
    let list = listed?.get("result")?.as_array()?;
    list.iter().filter(is_undo).filter_map(|one| values::time(one.get("date")?)).max()
}

fn purchase(operation: &OperationRow, outcome: &Value, undone_at: Option<Timestamp>) -> ReadBack {
    let Some(found) = outcome.get("result").filter(|result| !result.is_null()) else {
        return missing(outcome);
    };
    let Some(items) = found.get("purchase_items").and_then(Value::as_array) else {
        return ReadBack::Failed { error: "answer_malformed".into() };
    };
    let Some(server_time) = found.get("date").and_then(values::time) else {
        return ReadBack::Failed { error: "answer_malformed".into() };
    };
    let same = is_fan(operation, found.get("user_id"))
        && is_kind(operation.wire_kind(), found.get("transaction_type"))
        && items.len() == operation.items.len()
        && items.iter().all(|item| is_item(operation, item));
    if !same && !skipped("read-back-compared") {
        return ReadBack::Different;
    }
    let undone = |item: &Value| item.get("has_been_undone").and_then(Value::as_bool) == Some(true);
    if operation.kind == OperationKind::Undo && !items.iter().all(undone) {
        return ReadBack::Failed { error: "not_undone".into() };
    }
    let points = |item: &Value| item.get("amount").and_then(Value::as_i64);
    let turned = |n: i64| if operation.kind == OperationKind::Undo { n.saturating_neg() } else { n };
    let Some(items) =
        items.iter().map(|item| points(item).map(|n| FanPoints(turned(n)))).collect::<Option<Vec<_>>>()
    else {
        return ReadBack::Failed { error: "answer_malformed".into() };
    };
    let reference = found.get("purchase_id").and_then(Value::as_str).map(str::to_owned);
    let server_time = undone_at.unwrap_or(server_time);
    ReadBack::Same(Booked { server_time, items, status_points: None, reference })
}

/// The platform tells the FanPoints id; where the device knows the pseudonym alone, the question
/// itself was for this fan.
fn is_fan(operation: &OperationRow, user_id: Option<&Value>) -> bool {
    match (operation.user_id, user_id.and_then(Value::as_str)) {
        (Some(known), Some(told)) => told.parse() == Ok(known),
        (None, Some(_)) => true,
        (_, None) => false,
    }
}

fn is_kind(kind: OperationKind, told: Option<&Value>) -> bool {
    let told = told.and_then(Value::as_str).unwrap_or_default();
    match kind {
        OperationKind::Give => told == "distributed_on_purchase",
        OperationKind::Redeem => told == "purchased_with_fanpoints",
        OperationKind::Award | OperationKind::Undo => false,
    }
}

/// The same price decides. The points may differ where a rate was changed in between: what the
/// platform has booked counts then.
fn is_item(operation: &OperationRow, told: &Value) -> bool {
    let number = told.get("purchase_item_id").and_then(Value::as_str).and_then(|id| id.parse().ok());
    let Some(ours) = operation.items.iter().find(|item| Some(item.number) == number) else { return false };
    let price =
        told.get("price").zip(told.get("currency")).and_then(|(price, cur)| values::money(price, cur));
    let points = told.get("amount").and_then(Value::as_i64);
    let redeemed = operation.wire_kind() == OperationKind::Redeem;
    let as_priced = points.is_some_and(|n| if redeemed { n == -ours.points.0.abs() } else { n >= 0 });
    price == Some(ours.price) && as_priced
}

fn award(operation: &OperationRow, outcome: &Value) -> ReadBack {
    let Some(list) = outcome.get("result").and_then(Value::as_array) else { return missing(outcome) };
    let id = operation.wire_id().to_string();
    let amount = |entry: &Value| entry.get("amount").and_then(Value::as_i64).unwrap_or(0);
    let of_this = |entry: &&Value| entry.get("action_id").and_then(Value::as_str) == Some(id.as_str());
    let is_undo = operation.kind == OperationKind::Undo;
    let Some(found) = list.iter().filter(of_this).find(|entry| (amount(entry) < 0) == is_undo) else {
        return ReadBack::Missing;
    };
    let category = found.get("action_category").and_then(Value::as_str);
    let same = category == operation.action.as_ref().map(|a| a.category.as_str())
        && is_fan(operation, found.get("user_id"));
    if !same {
        return ReadBack::Different;
    }
    let Some(server_time) = found.get("date").and_then(values::time) else {
        return ReadBack::Failed { error: "answer_malformed".into() };
    };
    ReadBack::Same(Booked {
        server_time,
        items: Vec::new(),
        status_points: Some(StatusPoints(amount(found))),
        reference: Some(id),
    })
}
