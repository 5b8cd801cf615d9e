//! The hosted page of a payment session: what is to be paid, and the fan's word. A fan confirms with a live pass, which
//! only the fan's own phone can make, and which counts once.

use std::time::Instant;

use axum::extract::{Extension, Path, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, COOKIE, LOCATION, REFERRER_POLICY, SET_COOKIE,
    X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use fanpass::{Code, FanPass, PassKind, TrustedKeys};
use reqwest::Url;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};

use super::body::Whole;
use super::{Origin, Shared};
use crate::environment::{Environment, EnvironmentName};
use crate::store::keys::{PassKeys, unix_seconds};
use crate::store::payments::{self, Confirmation, Session, SessionStatus};
use crate::store::{StoreError, now_us, random};

const PAGE: &str = include_str!("pay.html");
const COOKIE_NAME: &str = "fanpoints_pay";

/// What the form sends.
#[derive(Deserialize)]
struct Form {
    token: String,
    action: String,
    #[serde(default)]
    pass: String,
}

type Address = Path<(String, String)>;

/// `GET /pay/<environment>/<session>`
pub async fn page(
    State(server): State<Shared>,
    Path((environment, id)): Address,
    headers: HeaderMap,
) -> Response {
    match found(&server, &environment, &id).await {
        Ok((environment, session)) => show(environment, &session, &headers, ""),
        Err(response) => response,
    }
}

/// `POST /pay/<environment>/<session>`
pub async fn decide(
    State(server): State<Shared>,
    Path((environment, id)): Address,
    Extension(origin): Extension<Origin>,
    headers: HeaderMap,
    body: Whole,
) -> Response {
    let (environment, session) = match found(&server, &environment, &id).await {
        Ok(found) => found,
        Err(response) => return response,
    };
    let Some(form) = form(&body.0) else {
        return plain(StatusCode::BAD_REQUEST, "This is not the form of this page.");
    };
    let mark = cookie(&headers).map(|cookie| form_token(&cookie, &session.session_id));
    if mark.as_deref() != Some(form.token.as_str()) {
        return plain(StatusCode::FORBIDDEN, "Open the page again and decide there.");
    }
    if !server.strangers.take(&origin, Instant::now()).allowed {
        return plain(StatusCode::TOO_MANY_REQUESTS, "Too many tries. Wait a minute.");
    }
    let outcome = match form.action.as_str() {
        "confirm" => confirm(environment, &session, &form.pass).await,
        "decline" => decline(environment, &session).await,
        _ => return plain(StatusCode::BAD_REQUEST, "This is not the form of this page."),
    };
    match outcome {
        Ok(Decided::Done(url)) => {
            server.strangers.give_back(&origin, Instant::now());
            environment.calls.notify_one();
            away(&url)
        }
        Ok(Decided::Not(reason)) => show(environment, &session, &headers, reason),
        Err(error) => {
            tracing::error!(%error, "a payment was not decided");
            plain(StatusCode::SERVICE_UNAVAILABLE, "That did not work. Try again.")
        }
    }
}

enum Decided {
    Done(String),
    Not(&'static str),
}

async fn confirm(environment: &Environment, session: &Session, text: &str) -> Result<Decided, StoreError> {
    let pass = match live_pass(environment, session, text).await? {
        Ok(pass) => pass,
        Err(reason) => return Ok(Decided::Not(reason)),
    };
    let (id, now, delivery) = (session.session_id.clone(), now_us(), uuid::Uuid::new_v4().to_string());
    let confirmation =
        environment.store.commit(move |turn| payments::confirm(turn, &id, &pass, now, &delivery)).await?;
    Ok(match confirmation {
        Confirmation::Paid => Decided::Done(session.success_url.clone()),
        Confirmation::NotOpen => Decided::Not("This payment is no longer open."),
        Confirmation::UnknownUser => Decided::Not("This pass belongs to nobody in this program."),
        Confirmation::Replayed => Decided::Not("This code was used before. Show the next one."),
        Confirmation::TooFewPoints => Decided::Not("There are too few points for this payment."),
        Confirmation::Refused(_) => Decided::Not("The program does not take this payment."),
    })
}

async fn decline(environment: &Environment, session: &Session) -> Result<Decided, StoreError> {
    let (id, now, delivery) = (session.session_id.clone(), now_us(), uuid::Uuid::new_v4().to_string());
    let declined = environment.store.commit(move |turn| payments::decline(turn, &id, now, &delivery)).await?;
    Ok(if declined {
        Decided::Done(session.cancel_url.clone())
    } else {
        Decided::Not("This payment is no longer open.")
    })
}

/// The verified live pass of a text. A card or a plain code is not enough: it can be copied.
async fn live_pass(
    environment: &Environment,
    session: &Session,
    text: &str,
) -> Result<Result<FanPass, &'static str>, StoreError> {
    const NO_PASS: &str = "This is not the code of a live pass.";
    let Ok(Code::Pass(unverified)) = fanpass::parse(text.trim()) else {
        return Ok(Err(NO_PASS));
    };
    let program = session.program;
    let keys = environment.store.read(move |connection| PassKeys::load(connection, program)).await?;
    let Some(keys) = keys else {
        return Ok(Err(NO_PASS));
    };
    let now = unix_seconds();
    let trusted = TrustedKeys::from_signed(&keys.signed_list(now)?, &keys.root_key(), now);
    let verified = trusted.and_then(|keys| unverified.verify(&keys, program.0, now));
    Ok(match verified {
        Ok(pass) if pass.kind == PassKind::Live => Ok(pass),
        Ok(_) => Err("A card can not pay here. Use the live pass of the fan's phone."),
        Err(_) => Err("This pass is not good now. Show the next code."),
    })
}

async fn found<'s>(
    server: &'s Shared,
    environment: &str,
    id: &str,
) -> Result<(&'s Environment, Session), Response> {
    let absent = || plain(StatusCode::NOT_FOUND, "There is no such payment.");
    let name: EnvironmentName = environment.parse().map_err(|()| absent())?;
    let environment = server.environment(name).ok_or_else(absent)?;
    if id.parse::<uuid::Uuid>().is_err() {
        return Err(absent());
    }
    let id = id.to_owned();
    match environment.store.read(move |connection| payments::find(connection, &id)).await {
        Ok(Some(session)) => Ok((environment, session)),
        Ok(None) => Err(absent()),
        Err(error) => {
            tracing::error!(%error, "a payment was not read");
            Err(plain(StatusCode::SERVICE_UNAVAILABLE, "That did not work. Try again."))
        }
    }
}

/// The fields of the form, which is the URL-encoded kind.
fn form(body: &[u8]) -> Option<Form> {
    let text = std::str::from_utf8(body).ok()?;
    let pairs = Url::parse(&format!("x:?{text}")).ok()?;
    let fields: serde_json::Map<String, serde_json::Value> =
        pairs.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect();
    serde_json::from_value(fields.into()).ok()
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    let pairs = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
    pairs
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == COOKIE_NAME)
        .map(|(_, value)| value.to_owned())
        .filter(|value| value.len() == 43)
}

/// What the form has to carry, so that only this page can send it: a page elsewhere knows no cookie of this one.
fn form_token(cookie: &str, session_id: &str) -> String {
    let digest = Sha256::digest(format!("FanPoints payment form 1\n{cookie}\n{session_id}"));
    URL_SAFE_NO_PAD.encode(digest)
}

fn show(environment: &Environment, session: &Session, headers: &HeaderMap, problem: &str) -> Response {
    let known = cookie(headers);
    let mark =
        match known.clone().map_or_else(|| random::<32>().map(|bytes| URL_SAFE_NO_PAD.encode(bytes)), Ok) {
            Ok(mark) => mark,
            Err(error) => {
                tracing::error!(%error, "no random bytes");
                return plain(StatusCode::SERVICE_UNAVAILABLE, "That did not work. Try again.");
            }
        };
    let catalogue = environment.store.catalogue();
    let partner = catalogue.partners.get(&session.partner).map_or("", |partner| partner.name.as_str());
    let program = catalogue.programs.get(&session.program).map_or("", |program| program.name.as_str());
    let price = if session.display_price {
        format!("{} {}", session.currency.to_string().to_uppercase(), session.price)
    } else {
        String::new()
    };
    let (state, note) = match session.status {
        SessionStatus::Completed => ("ended", "This payment is done."),
        SessionStatus::Declined => ("ended", "This payment was declined."),
        SessionStatus::Active if session.is_open(now_us()) => ("open", problem),
        SessionStatus::Active | SessionStatus::Expired => ("ended", "This payment has expired."),
    };
    let fields = [
        ("{{partner}}", partner),
        ("{{program}}", program),
        ("{{environment}}", environment.name.name()),
        ("{{points}}", &session.points.0.to_string()),
        ("{{price}}", &price),
        ("{{state}}", state),
        ("{{note}}", note),
        ("{{token}}", &form_token(&mark, &session.session_id)),
        ("{{back}}", &session.cancel_url),
    ];
    let page = fields.iter().fold(PAGE.to_owned(), |page, (name, text)| page.replace(name, &escape(text)));
    let mut response = page.into_response();
    let answer = response.headers_mut();
    answer.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    private(answer);
    if let Ok(policy) = HeaderValue::from_str(&policy(session)) {
        answer.insert(CONTENT_SECURITY_POLICY, policy);
    }
    if known.is_none() {
        let secure = if session.success_url.starts_with("https") { "; Secure" } else { "" };
        let line =
            format!("{COOKIE_NAME}={mark}; Path=/pay; HttpOnly; SameSite=Strict; Max-Age=3600{secure}");
        if let Ok(line) = HeaderValue::from_str(&line) {
            answer.insert(SET_COOKIE, line);
        }
    }
    response
}

/// The form may lead to this page and, by its answer, to the two pages of the partner.
fn policy(session: &Session) -> String {
    let origins = [&session.success_url, &session.cancel_url]
        .into_iter()
        .filter_map(|url| Url::parse(url).ok())
        .map(|url| url.origin().ascii_serialization());
    let targets: Vec<String> = std::iter::once("'self'".to_owned()).chain(origins).collect();
    format!(
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'; form-action {}",
        targets.join(" ")
    )
}

fn private(headers: &mut HeaderMap) {
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

fn away(url: &str) -> Response {
    let mut response = StatusCode::SEE_OTHER.into_response();
    private(response.headers_mut());
    match Url::parse(url).ok().and_then(|url| HeaderValue::from_str(url.as_str()).ok()) {
        Some(location) => {
            response.headers_mut().insert(LOCATION, location);
            response
        }
        None => plain(StatusCode::OK, "Done. You can close this page."),
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response {
    let mut response = (status, text).into_response();
    private(response.headers_mut());
    response
}

fn escape(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('"', "&quot;").replace('\'', "&#39;")
}
