//! A running platform with its example program, and a client for it.

use std::path::Path;

use platform::{Config, DatabaseUrl, EnvironmentName, ExampleCredential, HashCost, Running, start};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::place;

pub const SHOP: &str = "club-shop";
pub const KIOSK: &str = "stadium-kiosk";
pub const FAN: &str = "008407119295";
/// 0 Fan Points, 0 Status Points.
pub const NEW_FAN: &str = "071203344512";

pub struct Club {
    pub running: Running,
    pub http: Client,
    pub dir: TempDir,
    /// None: its data is in the folder.
    pub database: Option<DatabaseUrl>,
}

/// Somebody signed in.
#[derive(Clone)]
pub struct Seat {
    http: Client,
    url: String,
    pub token: String,
}

impl Club {
    pub async fn open() -> Self {
        Self::open_with(|config| config).await
    }

    /// With other settings than usual.
    pub async fn open_with(change: impl FnOnce(Config) -> Config) -> Self {
        let dir = TempDir::new().unwrap();
        let database = place::database();
        let config = Config { database: database.clone(), ..config(dir.path()) };
        let running = start(change(config)).await.unwrap();
        Self { running, http: Client::new(), dir, database }
    }

    /// Stops the server and starts it on the same data.
    pub async fn reopen(self) -> Self {
        self.reopen_after(|| {}).await
    }

    /// As [`Self::reopen`], with something done while it is stopped.
    pub async fn reopen_after(self, meanwhile: impl FnOnce()) -> Self {
        self.reopen_with(|config| {
            meanwhile();
            config
        })
        .await
    }

    /// As [`Self::reopen`], with other settings than usual.
    pub async fn reopen_with(self, change: impl FnOnce(Config) -> Config) -> Self {
        self.running.stop().await;
        let config = Config { database: self.database.clone(), ..config(self.dir.path()) };
        let running = start(change(config)).await.unwrap();
        Self { running, ..self }
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.running.endpoint())
    }

    pub fn credential(&self, environment: EnvironmentName, partner: Option<&str>) -> ExampleCredential {
        self.running.credential(environment, partner).unwrap().clone()
    }

    /// The development environment's partner.
    pub async fn partner(&self, partner: &str) -> Seat {
        self.seat(EnvironmentName::Development, Some(partner)).await
    }

    /// The development environment's program.
    pub async fn program(&self) -> Seat {
        self.seat(EnvironmentName::Development, None).await
    }

    pub async fn seat(&self, environment: EnvironmentName, partner: Option<&str>) -> Seat {
        let credential = self.credential(environment, partner);
        let (status, body) = self.ask_token(&credential.client_id, &credential.client_secret).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        self.seat_of(body["access_token"].as_str().unwrap())
    }

    pub fn seat_of(&self, token: &str) -> Seat {
        Seat { http: self.http.clone(), url: self.url("/graphql"), token: token.to_owned() }
    }

    pub async fn ask_token(&self, client_id: &str, secret: &str) -> (StatusCode, Value) {
        let request = self
            .http
            .post(self.running.token_endpoint())
            .basic_auth(client_id, Some(secret))
            .header("content-type", "application/x-www-form-urlencoded")
            .body("grant_type=client_credentials&scope=resource-server%2Fapi");
        let response = request.send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }
}

/// Cheap hashes: each test makes credentials, few are about them.
pub fn config(dir: &Path) -> Config {
    let hash_cost = HashCost { memory_kib: 64, passes: 1, lanes: 1 };
    Config {
        hash_cost,
        seed_example: true,
        ready_file: Some(dir.join("ready.json")),
        ..Config::new(dir.join("data"))
    }
}

impl Seat {
    /// The whole answer of a request that the server understood.
    pub async fn ask(&self, query: &str, variables: Value) -> Value {
        let (status, body) = self.post(&json!({ "query": query, "variables": variables })).await;
        assert_eq!(status, StatusCode::OK, "{body}");
        body
    }

    /// The data of a request without GraphQL errors.
    pub async fn data(&self, query: &str, variables: Value) -> Value {
        let mut body = self.ask(query, variables).await;
        assert_eq!(body.get("errors"), None, "{body}");
        body["data"].take()
    }

    /// The code of the GraphQL error that a request without data ends with.
    pub async fn error_code(&self, query: &str, variables: Value) -> String {
        let body = self.ask(query, variables).await;
        assert_eq!(body["data"], Value::Null, "{body}");
        body["errors"][0]["extensions"]["code"].as_str().unwrap_or_else(|| panic!("{body}")).to_owned()
    }

    pub async fn post(&self, body: &Value) -> (StatusCode, Value) {
        self.post_text(body.to_string()).await
    }

    pub async fn post_text(&self, body: String) -> (StatusCode, Value) {
        let request = self.http.post(&self.url).header("authorization", &self.token);
        let response = request.header("content-type", "application/json").body(body).send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    pub async fn purchase(
        &self,
        operation: &str,
        partner: &str,
        user: &str,
        id: &str,
        items: Value,
    ) -> Outcome {
        let query = format!(
            "mutation($partner: String!, $user: String!, $id: String, $items: [PurchaseItemInput!]!) {{
                answer: {operation}(partner_id: $partner, user_id: $user, custom_purchase_id: $id,
                                    purchase_items: $items) {{ {REFUSALS} {TRANSACTION} }} }}"
        );
        let variables = json!({ "partner": partner, "user": user, "id": id, "items": items });
        Outcome::new(self.data(&query, variables).await["answer"].take())
    }

    pub async fn give(&self, user: &str, id: &str, items: Value) -> Outcome {
        self.purchase("give_fan_points_on_purchase", SHOP, user, id, items).await
    }

    pub async fn pay(&self, user: &str, id: &str, items: Value) -> Outcome {
        self.purchase("pay_purchase_with_fan_points", SHOP, user, id, items).await
    }

    pub async fn undo(&self, user: &str, purchase: &str, item: &str) -> Outcome {
        let query = format!(
            "mutation($user: String!, $purchase: String!, $item: String!) {{
                answer: undo_fan_points_transaction(partner_id: \"{SHOP}\", user_id: $user, purchase_id: $purchase,
                                                    purchase_item_id: $item) {{ {REFUSALS} {TRANSACTION} }} }}"
        );
        let variables = json!({ "user": user, "purchase": purchase, "item": item });
        Outcome::new(self.data(&query, variables).await["answer"].take())
    }

    pub async fn award(&self, user: &str, id: &str, category: &str) -> Outcome {
        let query = format!(
            "mutation($user: String!, $id: String, $category: String!) {{
                answer: distribute_status_points(partner_id: \"{SHOP}\", user_id: $user, custom_action_id: $id,
                    action_category: $category, title: \"Visit\", description: \"North stand\")
                {{ {REFUSALS} {AWARD} }} }}"
        );
        let variables = json!({ "user": user, "id": id, "category": category });
        Outcome::new(self.data(&query, variables).await["answer"].take())
    }

    pub async fn undo_award(&self, user: &str, id: &str) -> Outcome {
        let query = format!(
            "mutation($user: String!, $id: String!) {{
                answer: undo_status_points_transaction(partner_id: \"{SHOP}\", user_id: $user, action_id: $id)
                {{ {REFUSALS} {AWARD} }} }}"
        );
        Outcome::new(self.data(&query, json!({ "user": user, "id": id })).await["answer"].take())
    }

    /// Fan Points and Status Points of a fan.
    pub async fn balances(&self, user: &str) -> (i64, i64) {
        let query = "query($user: String!) {
            points: get_fan_points_balance(project_id: \"fc-example\", user_id: $user) { result { fan_points } }
            status: get_status_points_balance(project_id: \"fc-example\", user_id: $user) { result } }";
        let data = self.data(query, json!({ "user": user })).await;
        let points = data["points"]["result"]["fan_points"].as_i64().unwrap();
        (points, data["status"]["result"].as_i64().unwrap())
    }
}

pub const TRANSACTION: &str = "result { date purchase_id user_id transaction_type purchase_items {
    amount can_be_undone currency date description fan_points_rate fan_points_rate_type has_been_settled
    has_been_undone partner { name partner_id primary_currency } partner_id price purchase_item_id rate_label title } }";

pub const AWARD: &str =
    "result { action_category action_id amount date description partner_id title user_id }";

pub const REFUSALS: &str = "errors {
    already_executed_error { _empty } invalid_action_category_error { _empty } invalid_rate_label_error { _empty }
    invalid_reward_amount_error { _empty } invalid_transaction_id_error { _empty }
    non_unique_purchase_item_ids_error { _empty } session_expired_error { _empty }
    too_few_available_error { _empty } transaction_not_found_error { _empty } unknown_session_error { _empty }
    unknown_user_error { _empty } }";

/// The answer of an operation on points: a result, or exactly the refusals that apply.
#[derive(Debug)]
pub struct Outcome {
    pub result: Value,
    pub refusals: Vec<String>,
}

impl Outcome {
    pub fn new(answer: Value) -> Self {
        let refusals = match answer["errors"].as_object() {
            None => Vec::new(),
            Some(errors) => {
                let named = errors.iter().filter(|(_, error)| !error.is_null());
                named
                    .map(|(name, error)| {
                        assert_eq!(*error, json!({ "_empty": null }));
                        name.clone()
                    })
                    .collect()
            }
        };
        Self { result: answer["result"].clone(), refusals }
    }

    pub fn done(self) -> Value {
        assert!(self.refusals.is_empty() && !self.result.is_null(), "{self:?}");
        self.result
    }

    #[track_caller]
    pub fn refused(&self, name: &str) {
        assert_eq!((self.refusals.as_slice(), &self.result), ([name.to_owned()].as_slice(), &Value::Null));
    }

    /// What each item moved.
    pub fn amounts(&self) -> Vec<i64> {
        let items = self.result["purchase_items"].as_array().unwrap_or_else(|| panic!("{self:?}"));
        items.iter().map(|item| item["amount"].as_i64().unwrap()).collect()
    }
}

/// One line of a purchase in francs.
pub fn item(price: f64) -> Value {
    json!({ "currency": "chf", "price": price, "title": "Scarf", "description": "Red and white" })
}
