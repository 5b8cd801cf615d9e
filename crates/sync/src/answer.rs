//! What the platform's answers mean for each operation: data and errors may come together.

use std::collections::HashMap;

use ledger::{FanPoints, Refusal, StatusPoints};
use outbox::{Booked, OperationRow};
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::wire::Call;
use crate::{Answer, values};

/// A GraphQL answer, taken apart.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Reply {
    pub data: Option<Map<String, Value>>,
    pub errors: Vec<Fault>,
}

/// A GraphQL error: it says that the server could not do something, not that the program refuses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    /// The field at the top that it is about. None: the whole request.
    pub alias: Option<String>,
    pub code: Option<String>,
    pub message: String,
}

impl Reply {
    /// None where the text is no GraphQL answer at all.
    pub(crate) fn read(body: &Value) -> Option<Self> {
        let body = body.as_object()?;
        let data = body.get("data").and_then(Value::as_object).cloned();
        let errors: Vec<Fault> =
            body.get("errors").and_then(Value::as_array).into_iter().flatten().map(Fault::read).collect();
        (data.is_some() || !errors.is_empty()).then_some(Self { data, errors })
    }

    pub(crate) fn field(&self, name: &str) -> Option<&Value> {
        self.data.as_ref()?.get(name).filter(|value| !value.is_null())
    }

    /// The server does not know a field: it has the base API only.
    pub(crate) fn lacks(&self, field: &str) -> bool {
        self.data.is_none()
            && self.errors.iter().any(|fault| fault.alias.is_none() && fault.message.contains(field))
    }

    fn fault_of(&self, alias: &str) -> Option<&Fault> {
        self.errors.iter().find(|fault| fault.alias.as_deref() == Some(alias))
    }
}

impl Fault {
    fn read(error: &Value) -> Self {
        let text = |value: Option<&Value>| value.and_then(Value::as_str).map(str::to_owned);
        Self {
            alias: text(error.get("path").and_then(|path| path.get(0))),
            code: text(error.get("extensions").and_then(|e| e.get("code"))),
            message: text(error.get("message")).unwrap_or_default(),
        }
    }

    /// A short name for logs and for the operation that it befell.
    pub(crate) fn name(&self) -> String {
        self.code.as_deref().map_or_else(|| "graphql_error".into(), str::to_lowercase)
    }

    pub(crate) fn is_forbidden(&self) -> bool {
        let code = self.code.as_deref().unwrap_or_default().to_uppercase();
        matches!(code.as_str(), "NOT_AUTHORIZED" | "UNAUTHORIZED" | "FORBIDDEN")
    }
}

/// What each operation of a batch was answered.
pub(crate) fn read_batch(reply: &Reply, calls: &[Call], operations: &[OperationRow]) -> Vec<(Uuid, Answer)> {
    let mut parts: HashMap<Uuid, Vec<Answer>> = HashMap::new();
    for call in calls {
        parts.entry(call.id).or_default().push(read_call(reply, &call.alias));
    }
    let whole = |operation: &OperationRow| {
        let answer = join(parts.remove(&operation.id).unwrap_or_default());
        (operation.id, answer)
    };
    operations.iter().map(whole).collect()
}

fn read_call(reply: &Reply, alias: &str) -> Answer {
    if let Some(fault) = reply.fault_of(alias) {
        return of_fault(fault);
    }
    let Some(outcome) = reply.field(alias) else {
        // The fault of another call can take the data of all with it.
        return Answer::Lost;
    };
    if let Some(result) = outcome.get("result").filter(|result| !result.is_null()) {
        return booked(result)
            .map_or_else(|| Answer::Failed { error: "answer_malformed".into() }, Answer::Done);
    }
    let Some(errors) = outcome.get("errors").and_then(Value::as_object) else {
        return Answer::Failed { error: "answer_malformed".into() };
    };
    match errors.iter().find(|(_, error)| !error.is_null()) {
        None => Answer::Unknown { code: "unnamed_refusal".into() },
        Some((name, _)) if name == "already_executed_error" => Answer::AlreadyExecuted,
        Some((name, _)) => refusal(name),
    }
}

fn refusal(name: &str) -> Answer {
    Refusal::from_api_error(name).map_or_else(
        || Answer::Unknown { code: name.into() },
        |refusal| Answer::Refused { code: refusal.code().into() },
    )
}

/// Some refusals have no name in the API and come as errors with their code.
fn of_fault(fault: &Fault) -> Answer {
    let name = fault.name();
    match Refusal::from_code(&name) {
        Some(refusal) => Answer::Refused { code: refusal.code().into() },
        None => Answer::Failed { error: name },
    }
}

fn booked(result: &Value) -> Option<Booked> {
    let server_time = values::time(result.get("date")?)?;
    let reference = |name: &str| result.get(name).and_then(Value::as_str).map(str::to_owned);
    if let Some(items) = result.get("purchase_items").and_then(Value::as_array) {
        let items =
            items.iter().map(|item| item.get("amount")?.as_i64().map(FanPoints)).collect::<Option<_>>()?;
        return Some(Booked { server_time, items, status_points: None, reference: reference("purchase_id") });
    }
    let points = StatusPoints(result.get("amount")?.as_i64()?);
    Some(Booked {
        server_time,
        items: Vec::new(),
        status_points: Some(points),
        reference: reference("action_id"),
    })
}

/// One answer for an operation that took several calls: it is done only when all of it is done.
pub(crate) fn join(parts: Vec<Answer>) -> Answer {
    let mut parts = parts.into_iter();
    let Some(mut joined) = parts.next() else { return Answer::Lost };
    for part in parts {
        joined = join_two(joined, part);
    }
    joined
}

fn join_two(one: Answer, two: Answer) -> Answer {
    match (one, two) {
        (Answer::Failed { error }, _) | (_, Answer::Failed { error }) => Answer::Failed { error },
        (Answer::Lost, _) | (_, Answer::Lost) => Answer::Lost,
        (Answer::Unknown { code }, _) | (_, Answer::Unknown { code }) => Answer::Unknown { code },
        (Answer::Refused { code: one }, Answer::Refused { code: two }) if one == two => {
            Answer::Refused { code: one }
        }
        (Answer::Refused { .. }, _) | (_, Answer::Refused { .. }) => {
            Answer::Unknown { code: "partly_done".into() }
        }
        (Answer::AlreadyExecuted, _) | (_, Answer::AlreadyExecuted) => Answer::AlreadyExecuted,
        (Answer::Done(one), Answer::Done(two)) => Answer::Done(Booked {
            server_time: one.server_time.max(two.server_time),
            items: one.items.into_iter().chain(two.items).collect(),
            status_points: one.status_points.or(two.status_points),
            reference: one.reference.or(two.reference),
        }),
    }
}
