//! The real client of the platform.

use core::fmt;
use std::net::IpAddr;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use fanpass::FanRef;
use ledger::Timestamp;
use outbox::{
    Connection, EngagementEvent, Environment, OperationRow, PlatformFan, ProgramConfig, ShiftReport,
};
use reqwest::{Client, Url};
use uuid::Uuid;
use zeroize::Zeroizing;

pub use crate::http::Timeouts;

use crate::answer::{self, Reply};
use crate::http::Answered;
use crate::token::TokenSource;
use crate::wire::{self, Request};
use crate::{
    Answer, Changes, ClientError, Listed, Platform, ReadBack, config, engagement, fans, feed, http,
    read_back, reconcile, values,
};

/// Calls in one request: what a server without a word about it is sent at the most.
const CALLS: usize = 50;
/// Who closed a shift on a device that knows no people.
const NOBODY: &str = "unnamed";

/// The client secret; wiped when dropped, never printed.
#[derive(Clone)]
pub struct ClientSecret(Zeroizing<String>);

impl ClientSecret {
    pub fn new(secret: String) -> Self {
        Self(Zeroizing::new(secret))
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ClientSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ClientSecret(..)")
    }
}

/// The platform over HTTP.
pub struct PlatformClient {
    http: Client,
    url: Url,
    tokens: TokenSource,
    timeouts: Timeouts,
    environment: Environment,
    partner_id: String,
    /// Known once a configuration was fetched or taken from the store.
    project_id: RwLock<Option<String>>,
}

impl fmt::Debug for PlatformClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlatformClient").field("url", &self.url.as_str()).finish_non_exhaustive()
    }
}

impl PlatformClient {
    /// A client for one connection. Asks nothing yet.
    ///
    /// # Errors
    /// [`ClientError::BadAddress`] where an address is none, or would send the secret unencrypted over
    /// a network in production.
    pub fn new(
        connection: &Connection,
        secret: &ClientSecret,
        timeouts: Timeouts,
    ) -> Result<Self, ClientError> {
        let open = connection.environment == Environment::Development;
        let mut url = http::address(&connection.endpoint, open)?;
        let path = url.path().trim_end_matches('/').to_owned();
        if !path.ends_with("/graphql") {
            url.set_path(&format!("{path}/graphql"));
        }
        let token_url = http::address(&connection.token_endpoint, open)?;
        let client = http::client(&timeouts)?;
        let tokens =
            TokenSource::new(client.clone(), token_url, &connection.client_id, secret, timeouts.request)?;
        Ok(Self {
            http: client,
            url,
            tokens,
            timeouts,
            environment: connection.environment,
            partner_id: connection.partner_id.clone(),
            project_id: RwLock::new(None),
        })
    }

    /// Tells the program, where it is known from before.
    pub fn set_project(&self, project_id: String) {
        *self.project_id.write().unwrap_or_else(PoisonError::into_inner) = Some(project_id);
    }

    fn project(&self) -> Option<String> {
        self.project_id.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Is the secret right?
    ///
    /// # Errors
    /// [`ClientError::SignInRefused`] where it is not; any other where it could not be found out.
    pub async fn sign_in(&self) -> Result<(), ClientError> {
        self.tokens.get().await.map(|_| ())
    }

    /// Fetches what the program has set. From a server with the base API alone it comes without
    /// passes, actions and thresholds, and with the default offline policy.
    ///
    /// # Errors
    /// Where the platform could not be asked, or does not answer for this partner.
    pub async fn fetch_config(&self, now: Timestamp) -> Result<ProgramConfig, ClientError> {
        let variables = serde_json::json!({ "partner_id": self.partner_id });
        let reply = self
            .ask(&Request::fixed(wire::CONFIG, "Config", variables.clone()), self.timeouts.request)
            .await?;
        let fetched = if reply.lacks("partner_app_config") {
            let base = Request::fixed(wire::BASE_CONFIG, "BaseConfig", variables);
            let base = self.ask(&base, self.timeouts.request).await?;
            let project = config::base_project(&base)?;
            let modules =
                Request::fixed(wire::MODULES, "Modules", serde_json::json!({ "project_id": project }));
            let modules = self.ask(&modules, self.timeouts.request).await?;
            config::read_base(&base, &modules, &self.partner_id, self.environment, now)?
        } else {
            config::read(&reply, now)?
        };
        self.set_project(fetched.project_id.clone());
        Ok(fetched)
    }

    /// What the platform knows of a fan, and the titles of the fan's badges where the server has any.
    ///
    /// # Errors
    /// Where the platform could not be asked.
    pub async fn fan_with_badges(
        &self,
        fan: FanRef,
    ) -> Result<(fans::FanAnswer, Option<Vec<String>>), ClientError> {
        let reply = self.ask_light(&wire::fan_with_badges(&self.partner_id, fan)).await?;
        if reply.lacks("badges") || reply.lacks("get_fan") {
            return Ok((self.fan(fan).await?, None));
        }
        Ok((fans::read_one(&reply, "f0")?, fans::read_badges(&reply, "f0")))
    }

    /// What the platform knows of a fan.
    ///
    /// # Errors
    /// Where the platform could not be asked.
    pub async fn fan(&self, fan: FanRef) -> Result<fans::FanAnswer, ClientError> {
        let reply = self.ask(&wire::fans(&self.partner_id, &[fan]), self.timeouts.light).await?;
        if !reply.lacks("get_fan") {
            return fans::read_one(&reply, "f0");
        }
        let FanRef::Id(id) = fan else { return Ok(fans::FanAnswer::NotOffered) };
        if let Some(project_id) = self.project() {
            let variables = serde_json::json!({ "project_id": project_id, "user_id": id });
            let reply =
                self.ask(&Request::fixed(wire::BALANCES, "Balances", variables), self.timeouts.light).await?;
            if let Some(answer) = fans::read_balances(&reply, id, values::wall_clock()) {
                return Ok(answer);
            }
        }
        // The balances are not for this partner to see; whether the fan exists is.
        let variables = serde_json::json!({ "partner_id": self.partner_id, "user_id": id });
        let reply =
            self.ask(&Request::fixed(wire::FAN_EXISTS, "FanExists", variables), self.timeouts.light).await?;
        fans::read_existence(&reply)
    }

    /// The partner's transactions of a period (`to` excluded), newest first, of all its devices.
    ///
    /// # Errors
    /// Where the platform could not be asked, or does not show them to this partner.
    pub async fn transactions(&self, from: Timestamp, to: Timestamp) -> Result<Listed, ClientError> {
        let (mut transactions, mut complete) = (Vec::new(), true);
        // Asked for until a server with the base API alone says that it knows of no devices.
        let mut with_device = true;
        let after = values::date(Timestamp(from.0.saturating_sub(1)));
        let project = self.project();
        for field in ["get_partner_fan_points_transactions", "get_partner_status_points_transactions"] {
            let mut before = values::date(to);
            let mut pages = 0;
            loop {
                let request = if field == "get_partner_fan_points_transactions" {
                    let project = project.as_deref();
                    reconcile::purchases_request(&self.partner_id, project, &before, &after, with_device)
                } else {
                    reconcile::awards_request(&self.partner_id, &before, with_device)
                };
                let reply = self.ask_whole(&request, self.timeouts.request).await?;
                if with_device && reply.lacks("device") {
                    with_device = false;
                    continue;
                }
                let page = reconcile::read_page(&reply, field)?;
                let passed = page.transactions.last().is_some_and(|last| last.at < from);
                transactions.extend(page.transactions.into_iter().filter(|t| t.at >= from && t.at < to));
                pages += 1;
                match page.oldest {
                    Some(oldest) if !page.is_last && !passed && pages < reconcile::MOST_PAGES => {
                        before = oldest;
                    }
                    Some(_) if !page.is_last && !passed => {
                        complete = false;
                        break;
                    }
                    _ => break,
                }
            }
        }
        Ok(Listed { transactions: reconcile::join_undos(transactions), complete })
    }

    /// Gives the platform the report of a closed shift. False: it has another one of this id.
    ///
    /// # Errors
    /// [`ClientError::Unsupported`] from a server with the base API; where the platform could not be asked or does not
    /// take the report.
    pub async fn store_shift_report(&self, report: &ShiftReport) -> Result<bool, ClientError> {
        let document = serde_json::to_string(report).map_err(|_| ClientError::Malformed)?;
        let variables = serde_json::json!({
            "partner_id": self.partner_id,
            "report_id": report.id.to_string(),
            "staff_id": report.closed_by_staff.as_deref().unwrap_or(NOBODY),
            "opened": values::date(report.opened_at),
            "closed": values::date(report.closed_at),
            "document": document,
        });
        let request = Request::fixed(wire::STORE_SHIFT, "StoreShift", variables);
        let reply = self.ask(&request, self.timeouts.request).await?;
        if reply.lacks("store_shift_report") {
            return Err(ClientError::Unsupported);
        }
        match reply.field("store_shift_report").and_then(|outcome| outcome.get("result")?.as_bool()) {
            Some(stored) => Ok(stored),
            None if reply.errors.iter().any(answer::Fault::is_forbidden) => Err(ClientError::Forbidden),
            None if reply.errors.is_empty() => Err(ClientError::Malformed),
            None => Err(ClientError::Rejected),
        }
    }

    pub(crate) fn partner_id(&self) -> &str {
        &self.partner_id
    }

    /// Asks something that a person waits for.
    pub(crate) async fn ask_light(&self, request: &Request) -> Result<Reply, ClientError> {
        self.ask(request, self.timeouts.light).await
    }

    pub(crate) async fn ask_once(&self, request: &Request) -> Result<Reply, ClientError> {
        self.ask(request, self.timeouts.request).await
    }

    /// Posts, with a new token once if the platform does not take the one at hand.
    async fn post(
        &self,
        url: &Url,
        body: &serde_json::Value,
        timeout: Duration,
    ) -> Result<Answered, ClientError> {
        let token = self.tokens.get().await?;
        let answered = http::post_json(&self.http, url, &token, body, timeout).await?;
        if answered.status != reqwest::StatusCode::UNAUTHORIZED {
            return Ok(answered);
        }
        let token = self.tokens.renew(&token).await?;
        http::post_json(&self.http, url, &token, body, timeout).await
    }

    async fn ask(&self, request: &Request, timeout: Duration) -> Result<Reply, ClientError> {
        let answered = self.post(&self.url, &request.body(), timeout).await?;
        let reply = answered.body.as_ref().and_then(Reply::read);
        match reply {
            Some(reply) if answered.status.is_success() => Ok(reply),
            // Some servers tell a document that they can not run by their status.
            Some(reply) if answered.status == reqwest::StatusCode::BAD_REQUEST && reply.data.is_none() => {
                Ok(reply)
            }
            None if answered.status.is_success() => Err(ClientError::Malformed),
            _ => Err(answered.failure()),
        }
    }

    /// The reply to a document without which nothing can be said.
    async fn ask_whole(&self, request: &Request, timeout: Duration) -> Result<Reply, ClientError> {
        let reply = self.ask(request, timeout).await?;
        if reply.data.is_some() || reply.errors.iter().any(|fault| fault.alias.is_some()) {
            return Ok(reply);
        }
        if reply.errors.iter().any(answer::Fault::is_forbidden) {
            return Err(ClientError::Forbidden);
        }
        for fault in &reply.errors {
            tracing::warn!(code = fault.name(), "the platform does not take the request");
        }
        Err(ClientError::Rejected)
    }

    async fn submit_some(&self, operations: &[OperationRow]) -> Result<Vec<(Uuid, Answer)>, ClientError> {
        let (request, calls) = wire::batch(&self.partner_id, self.project().as_deref(), operations);
        let reply = self.ask_whole(&request, self.timeouts.request).await?;
        Ok(answer::read_batch(&reply, &calls, operations))
    }

    async fn submit_in_parts(&self, operation: &OperationRow) -> Result<Vec<(Uuid, Answer)>, ClientError> {
        let mut answers = Vec::new();
        for items in operation.items.chunks(CALLS) {
            let part = OperationRow { items: items.to_vec(), ..operation.clone() };
            answers.extend(self.submit_some(&[part]).await?.into_iter().map(|(_, answer)| answer));
        }
        Ok(vec![(operation.id, answer::join(answers))])
    }
}

impl Platform for PlatformClient {
    async fn ping(&self) -> Result<(), ClientError> {
        let request = Request::fixed(wire::PING, "Ping", serde_json::Value::Null);
        self.ask_whole(&request, self.timeouts.light).await.map(|_| ())
    }

    async fn submit(&self, operations: &[OperationRow]) -> Result<Vec<(Uuid, Answer)>, ClientError> {
        match operations {
            // The undo of a long purchase takes more calls than a request may hold.
            [long] if long.calls() > CALLS => self.submit_in_parts(long).await,
            _ => self.submit_some(operations).await,
        }
    }

    async fn read_back(&self, operations: &[OperationRow]) -> Result<Vec<(Uuid, ReadBack)>, ClientError> {
        let mut found = Vec::with_capacity(operations.len());
        for some in operations.chunks(CALLS) {
            let (request, calls) = wire::read_back(&self.partner_id, self.project().as_deref(), some);
            let reply = self.ask_whole(&request, self.timeouts.request).await?;
            found.extend(read_back::read(&reply, &calls, some));
        }
        Ok(found)
    }

    async fn changes(&self, after: Option<String>) -> Result<Changes, ClientError> {
        let request = feed::request(&self.partner_id, after.as_deref());
        feed::read(&self.ask(&request, self.timeouts.request).await?)
    }

    fn route(&self) -> Option<IpAddr> {
        feed::route(&self.url)
    }

    async fn engage(&self, events: &[EngagementEvent]) -> Result<Vec<Uuid>, ClientError> {
        let body = engagement::body(self.project().as_deref(), events);
        let answered = self.post(&engagement::url(&self.url), &body, self.timeouts.request).await?;
        match (answered.status, &answered.body) {
            (reqwest::StatusCode::NOT_FOUND | reqwest::StatusCode::METHOD_NOT_ALLOWED, _) => {
                Err(ClientError::Unsupported)
            }
            (status, Some(body)) if status.is_success() => engagement::read(body),
            (status, None) if status.is_success() => Err(ClientError::Malformed),
            _ => Err(answered.failure()),
        }
    }

    async fn fans(&self, fans: &[FanRef]) -> Result<Vec<PlatformFan>, ClientError> {
        let mut found = Vec::with_capacity(fans.len());
        for some in fans.chunks(CALLS) {
            let reply = self.ask(&wire::fans(&self.partner_id, some), self.timeouts.request).await?;
            if reply.lacks("get_fan") {
                return Err(ClientError::Unsupported);
            }
            found.extend((0..some.len()).filter_map(|n| match fans::read_one(&reply, &format!("f{n}")) {
                Ok(fans::FanAnswer::Known(fan)) => Some(fan),
                Ok(fans::FanAnswer::Exists | fans::FanAnswer::Unknown | fans::FanAnswer::NotOffered)
                | Err(_) => None,
            }));
        }
        Ok(found)
    }
}
