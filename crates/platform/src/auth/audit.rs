//! Who changed what: every mutation that is not everyday business at a counter leaves a row in the log, in the commit
//! of its change. That it is so for a mutation that somebody adds later needs nobody's attention.

use std::sync::{Arc, Mutex, PoisonError};

use async_graphql::extensions::{
    Extension, ExtensionContext, ExtensionFactory, NextPrepareRequest, NextResolve, ResolveInfo,
};
use async_graphql::parser::types::Field;
use async_graphql::{Request, ServerResult, Value, Variables};
use ledger::FanId;
use serde_json::Map;

use super::access::Caller;
use crate::store::admin::{self, AdminChange};
use crate::store::{ProgramNo, StoreError, Turn, fans, now_us};

/// What staff and fans do all day: the books and the journal tell of it, the log of administration does not.
pub const EVERYDAY: &[&str] = &[
    "give_fan_points_on_purchase",
    "pay_purchase_with_fan_points",
    "undo_fan_points_transaction",
    "distribute_status_points",
    "undo_status_points_transaction",
    "redeem_fan_points_voucher",
    "use_discount_code",
    "mark_product_as_delivered",
    "hand_over_product",
    "create_fan_points_payment_session",
    "reserve_fan_points",
    "release_fan_points_reservation",
    "pay_purchase_with_reserved_fan_points",
    "device_heartbeat",
    "store_shift_report",
];

/// Longer texts are somebody's words, not an id.
const LONGEST_ID: usize = 64;
/// An argument whose name holds one of these may be personal or secret.
const KEPT_BACK: &[&str] =
    &["user", "mail", "name", "secret", "pin", "password", "code", "note", "reason", "subject"];

tokio::task_local! {
    static PRESENT: Arc<Asked>;
}

/// A mutation while it is resolved.
struct Asked {
    action: String,
    detail: String,
    /// The fan that it is about, as the caller calls it.
    user: Option<String>,
}

/// An administrative change about to be made.
pub struct Act {
    asked: Arc<Asked>,
    programs: Vec<ProgramNo>,
    actor: String,
    request_id: String,
    date_us: i64,
}

/// The administrative change that the caller is making right now, if it is one.
pub fn present(caller: &Caller) -> Option<Act> {
    let asked = PRESENT.try_with(Arc::clone).ok()?;
    Some(Act {
        asked,
        programs: caller.programs(None).unwrap_or_default(),
        actor: caller.client_id.clone(),
        request_id: caller.request_id.clone(),
        date_us: now_us(),
    })
}

impl Act {
    /// Does the work, and tells of it if it changed anything.
    pub fn witness<T>(
        &self,
        turn: &mut Turn<'_>,
        work: &impl Fn(&mut Turn<'_>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        // Before, for one that is deleted; after, for one that is new.
        let before = self.fan(turn)?;
        let changes = turn.connection.changes();
        let answer = work(turn)?;
        if turn.connection.changes() != changes {
            let fan = match before {
                Some(fan) => Some(fan),
                None => self.fan(turn)?,
            };
            let change = AdminChange {
                date_us: self.date_us,
                actor: self.actor.clone(),
                action: self.asked.action.clone(),
                fan,
                detail: self.asked.detail.clone(),
                request_id: self.request_id.clone(),
            };
            admin::insert(turn.connection, &change)?;
        }
        Ok(answer)
    }

    fn fan(&self, turn: &Turn<'_>) -> Result<Option<FanId>, StoreError> {
        let Some(user) = &self.asked.user else {
            return Ok(None);
        };
        Ok(fans::find(turn.connection, &self.programs, user)?.map(|fan| fan.no))
    }
}

/// Notes what each mutation asks for while it is resolved.
pub struct Audit;

impl ExtensionFactory for Audit {
    fn create(&self) -> Arc<dyn Extension> {
        Arc::new(Watch(Mutex::default()))
    }
}

struct Watch(Mutex<Variables>);

#[async_graphql::async_trait::async_trait]
impl Extension for Watch {
    async fn prepare_request(
        &self,
        context: &ExtensionContext<'_>,
        request: Request,
        next: NextPrepareRequest<'_>,
    ) -> ServerResult<Request> {
        let request = next.run(context, request).await?;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = request.variables.clone();
        Ok(request)
    }

    async fn resolve(
        &self,
        context: &ExtensionContext<'_>,
        info: ResolveInfo<'_>,
        next: NextResolve<'_>,
    ) -> ServerResult<Option<Value>> {
        let at_the_top = info.path_node.parent.is_none() && info.parent_type == "Mutation";
        if !at_the_top || EVERYDAY.contains(&info.name) {
            return next.run(context, info).await;
        }
        let asked = {
            let variables = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::new(Asked::read(info.field, &variables))
        };
        PRESENT.scope(asked, next.run(context, info)).await
    }
}

impl Asked {
    fn read(field: &Field, variables: &Variables) -> Self {
        let mut detail = Map::new();
        let mut user = None;
        for (name, value) in &field.arguments {
            let given = value.node.clone().into_const_with(|variable| {
                Ok::<_, std::convert::Infallible>(variables.get(&variable).cloned().unwrap_or_default())
            });
            let Ok(value) = given;
            let name = name.node.as_str();
            match value {
                Value::String(text) if matches!(name, "user_id" | "old_user_id") => user = Some(text),
                value if may_be_told(name, &value) => {
                    detail.insert(name.to_owned(), value.into_json().unwrap_or_default());
                }
                _ => {}
            }
        }
        let detail = serde_json::Value::Object(detail).to_string();
        Self { action: field.name.node.to_string(), detail, user }
    }
}

fn may_be_told(name: &str, value: &Value) -> bool {
    if KEPT_BACK.iter().any(|part| name.contains(part)) {
        return false;
    }
    match value {
        Value::Null | Value::Number(_) | Value::Boolean(_) | Value::Enum(_) => true,
        Value::String(text) => is_id(text),
        Value::Binary(_) | Value::List(_) | Value::Object(_) => false,
    }
}

fn is_id(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.:".contains(&byte);
    (1..=LONGEST_ID).contains(&text.len()) && text.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;
    use async_graphql::parser::types::Selection;

    #[test]
    fn ids_and_figures_are_told_and_people_and_secrets_are_not() {
        let query = r#"mutation($rate: Float) { set(project_id: "fc-example", rate: $rate, kind: absolute,
            user_id: "member-1", new_user_id: "member-2", mail_address: "fan@example.org", title: "Jane Doe",
            client_secret: "s3cret", items: [1]) }"#;
        let document = parse_query(query).unwrap();
        let (_, operation) = document.operations.iter().next().unwrap();
        let Selection::Field(field) = &operation.node.selection_set.node.items[0].node else { panic!() };
        let variables = Variables::from_json(serde_json::json!({ "rate": 0.05 }));
        let asked = Asked::read(&field.node, &variables);
        let detail: serde_json::Value = serde_json::from_str(&asked.detail).unwrap();
        let told = serde_json::json!({ "project_id": "fc-example", "rate": 0.05, "kind": "absolute" });
        assert_eq!((asked.action.as_str(), asked.user.as_deref(), detail), ("set", Some("member-1"), told));
    }
}
