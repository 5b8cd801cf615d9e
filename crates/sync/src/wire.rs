//! The requests, word for word. A snapshot test shows each as it goes out.

use fanpass::FanRef;
use outbox::{OperationKind, OperationRow};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::values;

/// A GraphQL request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Request {
    pub query: String,
    pub variables: Map<String, Value>,
    pub operation_name: &'static str,
}

impl Request {
    pub(crate) fn body(&self) -> Value {
        json!({ "query": self.query, "variables": self.variables, "operationName": self.operation_name })
    }

    /// A query that is always the same.
    pub(crate) fn fixed(query: &str, operation_name: &'static str, variables: Value) -> Self {
        let variables = match variables {
            Value::Object(map) => map,
            _ => Map::new(),
        };
        Self { query: query.to_owned(), variables, operation_name }
    }
}

pub(crate) const PING: &str = "query Ping { ping }";

pub(crate) const CONFIG: &str = "query Config($partner_id: String!) {
  partner_app_config(partner_id: $partner_id) {
    result {
      project_id project_number project_name environment partner_id partner_name primary_currency
      modules { module_id active }
      rates {
        currency rate_label fan_points_rate fan_points_rate_type limited_fan_points_rate
        num_fan_points_left_with_limited_rate
      }
      actions { action_category title status_points }
      threshold_rules { rule_id title rule }
      tiers { name from_status_points }
      signed_offline_policy { document signature } pass_root_key pass_key_list batch_limit server_time
    }
  }
}";

pub(crate) const BASE_CONFIG: &str = "query BaseConfig($partner_id: String!) {
  get_partner(partner_id: $partner_id) { result { partner_id name primary_currency } }
  get_partnerships(party_id: $partner_id, party_type: partner) {
    result { modules { module_id } project { project_id name primary_currency } }
  }
  get_fan_points_rates(partner_id: $partner_id) {
    result {
      currency rate_label fan_points_rate fan_points_rate_type limited_fan_points_rate
      num_fan_points_left_with_limited_rate
    }
  }
}";

pub(crate) const MODULES: &str = "query Modules($project_id: String!) {
  get_modules(scope_id: $project_id, scope_type: project) { result { module_id active } }
}";

pub(crate) const BALANCES: &str = "query Balances($project_id: String!, $user_id: String!) {
  get_fan_points_balance(project_id: $project_id, user_id: $user_id) {
    errors { unknown_user_error { _empty } }
    result { fan_points currency }
  }
  get_status_points_balance(project_id: $project_id, user_id: $user_id) {
    errors { unknown_user_error { _empty } }
    result
  }
}";

pub(crate) const FAN_EXISTS: &str = "query FanExists($partner_id: String!, $user_id: String!) {
  does_user_exist(partner_id: $partner_id, user_id: $user_id) { result }
}";

pub(crate) const STORE_SHIFT: &str =
    "mutation StoreShift($partner_id: String!, $report_id: String!, $staff_id: String!,
  $opened: String!, $closed: String!, $document: String!) {
  store_shift_report(partner_id: $partner_id, report_id: $report_id, staff_id: $staff_id, opened: $opened,
    closed: $closed, document: $document) { result }
}";

const FAN_FIELDS: &str = "fragment FanFields on GetFanResult {
  errors { unknown_user_error { _empty } }
  result { user_id pseudonym fan_points status_points as_of engagement_consent }
}";

const REFUSALS: &str = "fragment Refusals on ExecuteTransactionErrors {
  already_executed_error { _empty }
  invalid_action_category_error { _empty }
  invalid_rate_label_error { _empty }
  invalid_reward_amount_error { _empty }
  invalid_transaction_id_error { _empty }
  non_unique_purchase_item_ids_error { _empty }
  session_expired_error { _empty }
  too_few_available_error { _empty }
  transaction_not_found_error { _empty }
  unknown_session_error { _empty }
  unknown_user_error { _empty }
}";

const FAN_OUTCOME: &str = "fragment FanOutcome on ExecuteFanPointsTransactionResult {
  errors { ...Refusals }
  result { date purchase_id purchase_items { purchase_item_id amount } }
}";

const STATUS_OUTCOME: &str = "fragment StatusOutcome on ExecuteStatusPointsTransactionResult {
  errors { ...Refusals }
  result { date action_id amount }
}";

const PURCHASE: &str = "fragment Purchase on GetFanPointsTransactionResult {
  errors { transaction_not_found_error { _empty } unknown_user_error { _empty } }
  result {
    date purchase_id transaction_type user_id
    purchase_items { purchase_item_id amount price currency has_been_undone }
  }
}";

const AWARDS: &str = "fragment Awards on GetStatusPointsTransactionsResult {
  errors { unknown_user_error { _empty } }
  result { date action_id action_category amount user_id }
}";

const UNDOS: &str = "fragment Undos on GetFanPointsTransactionsResult {
  result { date purchase_id transaction_type }
}";

/// The newest transactions of a fan that are looked through for an undo.
const UNDOS_LOOKED_THROUGH: u32 = 50;

/// The awards of a fan that are looked through for one.
pub(crate) const AWARDS_LOOKED_THROUGH: u32 = 200;

/// Puts a document together out of its fields, which declare the variables they use.
struct Document {
    kind: &'static str,
    name: &'static str,
    declared: Vec<String>,
    fields: Vec<String>,
    variables: Map<String, Value>,
}

impl Document {
    fn new(kind: &'static str, name: &'static str) -> Self {
        Self { kind, name, declared: Vec::new(), fields: Vec::new(), variables: Map::new() }
    }

    fn declare(&mut self, name: &str, kind: &str, value: impl Into<Value>) {
        self.declared.push(format!("${name}: {kind}"));
        self.variables.insert(name.to_owned(), value.into());
    }

    fn finish(self, fragments: &[&str]) -> Request {
        let mut query = format!("{} {}({}) {{", self.kind, self.name, self.declared.join(", "));
        for field in &self.fields {
            query.push_str("\n  ");
            query.push_str(field);
        }
        query.push_str("\n}");
        for fragment in fragments {
            query.push('\n');
            query.push_str(fragment);
        }
        Request { query, variables: self.variables, operation_name: self.name }
    }
}

/// One call of a batch: which operation it belongs to and under which alias it is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub id: Uuid,
    pub alias: String,
}

/// The mutations for some operations, in their order.
pub(crate) fn batch(
    partner_id: &str,
    project_id: Option<&str>,
    operations: &[OperationRow],
) -> (Request, Vec<Call>) {
    let mut document = Document::new("mutation", "Batch");
    document.declare("partner_id", "String!", partner_id);
    document.declare("project_id", "String", project_id);
    let mut calls = Vec::new();
    for (n, operation) in operations.iter().enumerate() {
        let prefix = format!("o{n}");
        document.declare(&format!("{prefix}_user"), "String!", operation.wire_fan().to_string());
        document.declare(&format!("{prefix}_id"), "String!", operation.wire_id().to_string());
        for alias in add_calls(&mut document, &prefix, operation) {
            calls.push(Call { id: operation.id, alias });
        }
    }
    let has = |status: bool| operations.iter().any(|o| (o.wire_kind() == OperationKind::Award) == status);
    let mut fragments = vec![REFUSALS];
    fragments.extend(has(false).then_some(FAN_OUTCOME));
    fragments.extend(has(true).then_some(STATUS_OUTCOME));
    (document.finish(&fragments), calls)
}

const SCOPE: &str = "partner_id: $partner_id, project_id: $project_id";

fn add_calls(document: &mut Document, prefix: &str, operation: &OperationRow) -> Vec<String> {
    let user = format!("user_id: ${prefix}_user");
    let is_undo = operation.kind == OperationKind::Undo;
    match operation.wire_kind() {
        OperationKind::Award if is_undo => {
            document.fields.push(format!(
                "{prefix}: undo_status_points_transaction({SCOPE}, {user}, action_id: ${prefix}_id) {{ ...StatusOutcome }}"
            ));
            vec![prefix.to_owned()]
        }
        OperationKind::Award => {
            let action = operation.action.as_ref();
            let text = |part: Option<&String>| part.cloned().unwrap_or_default();
            document.declare(&format!("{prefix}_action"), "String!", text(action.map(|a| &a.category)));
            document.declare(&format!("{prefix}_title"), "String!", text(action.map(|a| &a.title)));
            document.declare(&format!("{prefix}_text"), "String!", text(action.map(|a| &a.description)));
            document.fields.push(format!(
                "{prefix}: distribute_status_points({SCOPE}, {user}, custom_action_id: ${prefix}_id, \
                 action_category: ${prefix}_action, title: ${prefix}_title, description: ${prefix}_text) \
                 {{ ...StatusOutcome }}"
            ));
            vec![prefix.to_owned()]
        }
        OperationKind::Give | OperationKind::Redeem | OperationKind::Undo if is_undo => {
            let add = |item: &outbox::ItemRow| {
                let alias = format!("{prefix}_{}", item.number);
                document.fields.push(format!(
                    "{alias}: undo_fan_points_transaction({SCOPE}, {user}, purchase_id: ${prefix}_id, \
                     purchase_item_id: \"{}\") {{ ...FanOutcome }}",
                    item.number
                ));
                alias
            };
            operation.items.iter().map(add).collect()
        }
        kind @ (OperationKind::Give | OperationKind::Redeem | OperationKind::Undo) => {
            let mutation = if kind == OperationKind::Redeem {
                "pay_purchase_with_fan_points"
            } else {
                "give_fan_points_on_purchase"
            };
            document.declare(&format!("{prefix}_items"), "[PurchaseItemInput!]!", items(operation));
            document.fields.push(format!(
                "{prefix}: {mutation}({SCOPE}, {user}, custom_purchase_id: ${prefix}_id, \
                 purchase_items: ${prefix}_items) {{ ...FanOutcome }}"
            ));
            vec![prefix.to_owned()]
        }
    }
}

fn items(operation: &OperationRow) -> Value {
    let item = |item: &outbox::ItemRow| {
        json!({
            "custom_purchase_item_id": item.number.to_string(),
            "title": item.title,
            "description": item.description,
            "price": values::price(item.price),
            "currency": item.price.currency.code(),
            "rate_label": item.rate_label,
        })
    };
    Value::Array(operation.items.iter().map(item).collect())
}

/// Reads back what the platform has under the ids of some operations.
pub(crate) fn read_back(
    partner_id: &str,
    project_id: Option<&str>,
    operations: &[OperationRow],
) -> (Request, Vec<Call>) {
    let mut document = Document::new("query", "ReadBack");
    let is_award = |o: &OperationRow| o.wire_kind() == OperationKind::Award;
    if operations.iter().any(|o| !is_award(o)) {
        document.declare("partner_id", "String!", partner_id);
    }
    document.declare("project_id", "String", project_id);
    let mut calls = Vec::new();
    for (n, operation) in operations.iter().enumerate() {
        let alias = format!("o{n}");
        document.declare(&format!("{alias}_user"), "String!", operation.wire_fan().to_string());
        if is_award(operation) {
            document.fields.push(format!(
                "{alias}: get_status_points_transactions(project_id: $project_id, user_id: ${alias}_user, \
                 limit: {AWARDS_LOOKED_THROUGH}) {{ ...Awards }}"
            ));
        } else {
            document.declare(&format!("{alias}_id"), "String!", operation.wire_id().to_string());
            document.fields.push(format!(
                "{alias}: get_fan_points_transaction({SCOPE}, user_id: ${alias}_user, purchase_id: ${alias}_id) \
                 {{ ...Purchase }}"
            ));
            if operation.kind == OperationKind::Undo {
                // The original's own answer does not tell when it was undone.
                document.fields.push(format!(
                    "{alias}_undo: get_partner_fan_points_transactions({SCOPE}, user_id: ${alias}_user, \
                     limit: {UNDOS_LOOKED_THROUGH}) {{ ...Undos }}"
                ));
            }
        }
        calls.push(Call { id: operation.id, alias });
    }
    let mut fragments = Vec::new();
    fragments.extend(operations.iter().any(|o| !is_award(o)).then_some(PURCHASE));
    let undoes = |o: &OperationRow| !is_award(o) && o.kind == OperationKind::Undo;
    fragments.extend(operations.iter().any(undoes).then_some(UNDOS));
    fragments.extend(operations.iter().any(is_award).then_some(AWARDS));
    (document.finish(&fragments), calls)
}

/// Asks for some fans at once.
pub(crate) fn fans(partner_id: &str, fans: &[FanRef]) -> Request {
    let mut document = Document::new("query", "Fans");
    document.declare("partner_id", "String!", partner_id);
    for (n, fan) in fans.iter().enumerate() {
        document.declare(&format!("f{n}_user"), "String!", fan.to_string());
        document
            .fields
            .push(format!("f{n}: get_fan(partner_id: $partner_id, user_id: $f{n}_user) {{ ...FanFields }}"));
    }
    document.finish(&[FAN_FIELDS])
}

/// Asks for a fan with what the card shows beside the figures.
pub(crate) fn fan_with_badges(partner_id: &str, fan: FanRef) -> Request {
    let mut document = Document::new("query", "FanWithBadges");
    document.declare("partner_id", "String!", partner_id);
    document.declare("f0_user", "String!", fan.to_string());
    document.fields.push(
        "f0: get_fan(partner_id: $partner_id, user_id: $f0_user) { ...FanFields result { badges } }"
            .to_owned(),
    );
    document.finish(&[FAN_FIELDS])
}
