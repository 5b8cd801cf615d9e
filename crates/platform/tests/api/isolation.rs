//! A credential reaches its own partner or program and its own environment. The calls are made from the schema, so
//! that a new operation can not be forgotten.

use crate::club::{Club, FAN, KIOSK, SHOP, Seat, item};
use crate::operations::{Operation, operations};
use async_graphql::parser::types::{BaseType, Type};
use platform::EnvironmentName;
use serde_json::json;

/// Reads of a program that a partnership opens to partners.
const OPEN_TO_PARTNERS: &[&str] =
    &["get_fan_points_balance", "get_status_points_balance", "get_project", "get_modules"];
/// Reads of a partner that a partnership opens to the program.
const OPEN_TO_PROGRAMS: &[&str] = &["get_partner", "get_partner_terminals"];
/// Operations that name no partner and no program: they see the caller's own programs alone.
const WITHOUT_SCOPE: &[&str] = &["ping", "get_user_qr_code", "register_terminal"];

impl Operation {
    fn name(&self) -> &str {
        self.field.name.node.as_str()
    }

    fn has(&self, argument: &str) -> bool {
        self.field.arguments.iter().any(|one| one.node.name.node == argument)
    }

    /// The call with these values, all other required arguments being made up.
    fn call(&self, given: &[(&str, &str)]) -> String {
        let arguments: Vec<String> = self
            .field
            .arguments
            .iter()
            .filter_map(|argument| {
                let name = argument.node.name.node.as_str();
                let value =
                    given.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned());
                let made_up =
                    || (!argument.node.ty.node.nullable).then(|| made_up(name, &argument.node.ty.node));
                value.or_else(made_up).map(|value| format!("{name}: {value}"))
            })
            .collect();
        let arguments =
            if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
        let selection = if self.field.ty.node.to_string() == "String!" { "" } else { "{ __typename }" };
        format!("{} {{ {}{arguments} {selection} }}", self.kind, self.name())
    }
}

fn made_up(name: &str, kind: &Type) -> String {
    match &kind.base {
        BaseType::List(_) => "[]".to_owned(),
        BaseType::Named(named) => match named.as_str() {
            "Int" => "1".to_owned(),
            "Float" => "1.0".to_owned(),
            "Boolean" => "true".to_owned(),
            "Currency" => "chf".to_owned(),
            "ScopeType" | "PartyType" => "partner".to_owned(),
            "QrCodeVersion" => "json_v1".to_owned(),
            "ProductCategory" => "product".to_owned(),
            "AppRole" => "staff".to_owned(),
            "DecisionOutcome" => "void".to_owned(),
            "GoodsKind" => "voucher".to_owned(),
            "String" if name.contains("user_id") => format!("\"{FAN}\""),
            "String" if name.contains("date") => "\"2024-02-17\"".to_owned(),
            "String" => "\"made-up\"".to_owned(),
            other => panic!("no made-up value for {other}"),
        },
    }
}

async fn assert_outside(seat: &Seat, query: &str) {
    assert_eq!(seat.error_code(query, json!({})).await, "NOT_AUTHORIZED", "{query}");
}

#[tokio::test]
async fn no_operation_reaches_another_partner_or_program() {
    let club = Club::open().await;
    let (shop, kiosk, program) = (club.partner(SHOP).await, club.partner(KIOSK).await, club.program().await);
    for operation in operations() {
        let name = operation.name();
        let mut tested = false;
        if operation.has("partner_id") {
            tested = true;
            for partner in ["\"club-shop\"", "\"nobody\""] {
                assert_outside(&kiosk, &operation.call(&[("partner_id", partner)])).await;
            }
            if !OPEN_TO_PROGRAMS.contains(&name) {
                assert_outside(&program, &operation.call(&[("partner_id", "\"club-shop\"")])).await;
            }
        }
        if operation.has("project_id") {
            tested = true;
            let own = [("partner_id", "\"club-shop\""), ("project_id", "\"other\"")];
            assert_outside(&shop, &operation.call(&own)).await;
            assert_outside(&program, &operation.call(&own)).await;
            if !operation.has("partner_id")
                && !OPEN_TO_PARTNERS.contains(&name)
                && name != "get_fan_points_transactions"
                && name != "get_status_points_transactions"
                && name != "redeem_fan_points_voucher"
            {
                assert_outside(&shop, &operation.call(&[("project_id", "\"fc-example\"")])).await;
            }
        }
        for (id, kind) in [("party_id", "party_type"), ("scope_id", "scope_type")] {
            if operation.has(id) {
                tested = true;
                assert_outside(&kiosk, &operation.call(&[(id, "\"club-shop\""), (kind, "partner")])).await;
                assert_outside(&shop, &operation.call(&[(id, "\"other\""), (kind, "project")])).await;
                assert_outside(&program, &operation.call(&[(id, "\"club-shop\""), (kind, "partner")])).await;
                if operation.kind == "mutation" {
                    assert_outside(&shop, &operation.call(&[(id, "\"fc-example\""), (kind, "project")]))
                        .await;
                }
            }
        }
        assert!(tested || WITHOUT_SCOPE.contains(&name), "{name} is not tested");
    }
}

#[tokio::test]
async fn the_environments_share_nothing() {
    let club = Club::open().await;
    let development = club.partner(SHOP).await;
    let production = club.seat(EnvironmentName::Production, Some(SHOP)).await;
    development.give(FAN, "p-1", json!([item(25.0)])).await.done();
    assert_eq!(development.balances(FAN).await.0, 3515);
    assert_eq!(production.balances(FAN).await.0, 3465);
    // The same id is free there.
    assert_eq!(production.give(FAN, "p-1", json!([item(50.0)])).await.amounts(), [100]);
    let query =
        "{ fan: get_fan(partner_id: \"club-shop\", user_id: \"008407119295\") { result { pseudonym } }
        config: partner_app_config(partner_id: \"club-shop\") { result { environment pass_root_key } } }";
    let (here, there) = (development.data(query, json!({})).await, production.data(query, json!({})).await);
    assert_eq!(here["config"]["result"]["environment"], "development");
    assert_eq!(there["config"]["result"]["environment"], "production");
    assert_ne!(here["fan"], there["fan"]);
    assert_ne!(here["config"]["result"]["pass_root_key"], there["config"]["result"]["pass_root_key"]);
}

#[tokio::test]
async fn introspection_is_for_development() {
    let club = Club::open().await;
    let query = "{ __schema { queryType { name } } }";
    let open = club.partner(SHOP).await.data(query, json!({})).await;
    assert_eq!(open["__schema"]["queryType"]["name"], "Query");
    let closed = club.seat(EnvironmentName::Production, Some(SHOP)).await.ask(query, json!({})).await;
    assert!(closed["data"]["__schema"].is_null(), "{closed}");
}
