//! Calls to partners: signed, in time order, tried again until somebody answers or a day has passed. An address can not
//! make the server call into the network it stands in.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ed25519_dalek::{Signer as _, SigningKey};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect::Policy;
use reqwest::{Client, Url};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::environment::{Environment, EnvironmentName};
use crate::store::webhooks::{self, Delivery, Tried};
use crate::store::{StoreError, now_us, payments};

/// What an address is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The fan's browser is sent there.
    Page,
    /// This server calls it.
    Call,
}

const LONGEST_URL: usize = 2000;

/// Whether an address may be used: `https`, without a password; in development also `http` on this machine. A call
/// goes to public addresses only, in development also to this machine.
///
/// # Errors
/// What is wrong with it.
pub fn check_url(text: &str, purpose: Purpose, environment: EnvironmentName) -> Result<(), String> {
    if text.len() > LONGEST_URL {
        return Err("an address is longer than 2,000 bytes".to_owned());
    }
    let url = Url::parse(text).map_err(|_| "this is no address: https://...".to_owned())?;
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    let literal: Option<IpAddr> = host.parse().ok();
    let local = host == "localhost" || literal.is_some_and(|address| address.is_loopback());
    let here = local && environment == EnvironmentName::Development;
    if host.is_empty() || !url.username().is_empty() || url.password().is_some() {
        return Err("an address has a host, and no name or password in it".to_owned());
    }
    if url.scheme() != "https" && !(url.scheme() == "http" && here) {
        return Err("an address starts with https://".to_owned());
    }
    let inside = local || literal.is_some_and(|address| !is_public(address));
    if purpose == Purpose::Call && inside && !here {
        return Err("this address is not reached from here".to_owned());
    }
    Ok(())
}

/// Whether an address belongs to the public network (IANA special-purpose registries, RFC 6890 and later).
fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    let special = address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_multicast()
        || address.is_documentation()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b == 18 || b == 19));
    !special
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(v4) = address.to_ipv4_mapped() {
        return is_public_v4(v4);
    }
    let [first, second, ..] = address.segments();
    // Global unicast is 2000::/3; within it 2001::/23 (protocols), 2001:db8::/32, 2002::/16 (6to4) and 3fff::/20 are not.
    (0x2000..0x4000).contains(&first)
        && !(first == 0x2001 && (second < 0x0200 || second == 0x0db8))
        && first != 0x2002
        && !(first == 0x3fff && second < 0x1000)
}

/// Resolves names to addresses that may be called, so that a name can not lead inside either.
struct Outside {
    here: bool,
}

impl Resolve for Outside {
    fn resolve(&self, name: Name) -> Resolving {
        let here = self.here;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            let allowed: Vec<SocketAddr> = found
                .filter(|address| is_public(address.ip()) || (here && address.ip().is_loopback()))
                .collect();
            if allowed.is_empty() {
                return Err("the name leads to no public address".into());
            }
            let addresses: Addrs = Box::new(allowed.into_iter());
            Ok(addresses)
        })
    }
}

/// A call has so long to be answered.
const PATIENCE: Duration = Duration::from_secs(10);
/// A process that took a call and died leaves it to others after so long, in microseconds.
const LEASE_US: i64 = 60 * 1_000_000;
/// The first pause before a call is tried again; each one is twice as long, up to an hour.
const FIRST_PAUSE_US: i64 = 2 * 1_000_000;
const LONGEST_PAUSE_US: i64 = 3600 * 1_000_000;
/// After a day nobody waits any more.
const GIVEN_UP_AFTER_US: i64 = 86_400 * 1_000_000;
/// How often the queue is looked at when nothing says that something was put in.
const LOOK: Duration = Duration::from_secs(5);
const AT_ONCE: u32 = 20;

/// Starts calling. The task ends once `stopping` says so: a call without an answer by then is due again at once.
pub fn start(environment: Arc<Environment>, mut stopping: watch::Receiver<bool>) -> JoinHandle<()> {
    tokio::spawn(async move {
        let client = match client(environment.name) {
            Ok(client) => client,
            Err(error) => {
                tracing::error!(%error, "no webhook will be called");
                return;
            }
        };
        while !*stopping.borrow() {
            let pause = match round(&environment, &client, &stopping).await {
                Ok(pause) => pause,
                Err(error) => {
                    tracing::warn!(%error, "the queue of webhooks was not read");
                    LOOK
                }
            };
            // Whichever comes first: the time of the next call, a new one, or the end.
            tokio::select! {
                _ = tokio::time::timeout(pause, environment.calls.notified()) => {}
                _ = stopping.wait_for(|stopping| *stopping) => {}
            }
        }
    })
}

fn client(environment: EnvironmentName) -> reqwest::Result<Client> {
    let here = environment == EnvironmentName::Development;
    Client::builder()
        .dns_resolver(Arc::new(Outside { here }))
        .redirect(Policy::none())
        .timeout(PATIENCE)
        .no_proxy()
        .user_agent(concat!("fanpoints-platform/", env!("CARGO_PKG_VERSION")))
        .build()
}

/// Ends the payment sessions whose time is over; who asked to be told has a call in the queue then.
async fn expire(environment: &Environment) -> Result<(), StoreError> {
    let now = now_us();
    let overdue =
        environment.store.read(move |connection| payments::overdue(connection, now, AT_ONCE)).await?;
    for session in overdue {
        let delivery = uuid::Uuid::new_v4().to_string();
        environment.store.commit(move |turn| payments::expire(turn, &session, now, &delivery)).await?;
    }
    Ok(())
}

/// Makes the calls that are due; the answer is how long nothing else is.
async fn round(
    environment: &Arc<Environment>,
    client: &Client,
    stopping: &watch::Receiver<bool>,
) -> Result<Duration, StoreError> {
    expire(environment).await?;
    let waiting = environment.store.read(|connection| webhooks::waiting(connection, AT_ONCE)).await?;
    let mut pause = LOOK;
    let mut calls = tokio::task::JoinSet::new();
    for delivery in waiting {
        let now = now_us();
        if delivery.due_us > now {
            let left = u64::try_from(delivery.due_us - now).unwrap_or(0);
            pause = pause.min(Duration::from_micros(left));
            continue;
        }
        let mine = delivery.clone();
        let taken = environment.store.commit(move |turn| webhooks::take(turn, &mine, now + LEASE_US)).await?;
        if taken {
            calls.spawn(call(Arc::clone(environment), client.clone(), delivery, stopping.clone()));
        }
    }
    let called = !calls.is_empty();
    while let Some(ended) = calls.join_next().await {
        match ended {
            Ok(Ok(())) => {}
            Ok(Err(error)) => tracing::warn!(%error, "how a webhook ended was not noted"),
            Err(error) => tracing::error!(%error, "a webhook ended abnormally"),
        }
    }
    Ok(if called { Duration::ZERO } else { pause })
}

async fn call(
    environment: Arc<Environment>,
    client: Client,
    delivery: Delivery,
    mut stopping: watch::Receiver<bool>,
) -> Result<(), StoreError> {
    let fresh = webhooks::fresh_seed()?;
    let now = now_us();
    let seed = environment.store.commit(move |turn| webhooks::signing_key(turn, &fresh, now)).await?;
    let key = SigningKey::from_bytes(&seed);
    let outcome = tokio::select! {
        outcome = send(&client, &delivery, &key, now / 1_000_000) => Some(outcome),
        _ = stopping.wait_for(|stopping| *stopping) => None,
    };
    let ended = now_us();
    let (tried, answer) = match outcome {
        None => (Tried::Again(ended), "the server stopped".to_owned()),
        Some(Ok(status)) if (200..300).contains(&status) => (Tried::Delivered, status.to_string()),
        Some(Ok(status)) => (again(&delivery, ended), status.to_string()),
        Some(Err(error)) => (again(&delivery, ended), error),
    };
    tracing::info!(delivery = delivery.delivery_id, attempt = delivery.attempts + 1, answer, "webhook");
    let id = delivery.delivery_id;
    environment.store.commit(move |turn| webhooks::tried(turn, &id, &tried, &answer)).await
}

/// When to try again: later each time, and not at the same time as everybody else's.
fn again(delivery: &Delivery, now: i64) -> Tried {
    if now - delivery.created_us > GIVEN_UP_AFTER_US {
        return Tried::GivenUp;
    }
    let doublings = u32::try_from(delivery.attempts.clamp(0, 12)).unwrap_or(12);
    let pause = FIRST_PAUSE_US.saturating_mul(1 << doublings).min(LONGEST_PAUSE_US);
    // The id is random: so is a share of the pause that is taken from it.
    let share = i64::from(delivery.delivery_id.bytes().fold(0_u8, u8::wrapping_add));
    Tried::Again(now + pause / 2 + pause / 2 * share / 255)
}

async fn send(client: &Client, delivery: &Delivery, key: &SigningKey, at: i64) -> Result<u16, String> {
    let signature = key.sign(message(at, &delivery.body).as_bytes());
    let request = client
        .post(&delivery.url)
        .header("content-type", "application/json")
        .header("fanpoints-delivery", &delivery.delivery_id)
        .header("fanpoints-timestamp", at.to_string())
        .header("fanpoints-signature", format!("ed25519={}", STANDARD.encode(signature.to_bytes())))
        .body(delivery.body.clone());
    match request.send().await {
        Ok(response) => Ok(response.status().as_u16()),
        Err(error) if error.is_timeout() => Err("no answer in time".to_owned()),
        Err(error) => Err(error.without_url().to_string().chars().take(200).collect()),
    }
}

/// What is signed: the time in Unix seconds, a full stop, and the body as it is sent.
fn message(at: i64, body: &str) -> String {
    format!("FanPoints webhook 1\n{at}.{body}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use EnvironmentName::{Development, Production};

    #[test]
    fn pages_are_https_or_this_machine_in_development() {
        for good in ["https://shop.example.org/ok?a=1", "https://shop.example.org:8443"] {
            assert_eq!(check_url(good, Purpose::Page, Production), Ok(()), "{good}");
        }
        let bad = [
            "",
            "shop",
            "http://shop.example.org",
            "javascript:alert(1)",
            "https://a:b@c.org",
            "ftp://c.org",
        ];
        for bad in bad {
            assert!(check_url(bad, Purpose::Page, Development).is_err(), "{bad}");
        }
        assert_eq!(check_url("http://127.0.0.1:8000/x", Purpose::Page, Development), Ok(()));
        assert!(check_url("http://127.0.0.1:8000/x", Purpose::Page, Production).is_err());
        assert!(
            check_url(&format!("https://a.org/{}", "x".repeat(2000)), Purpose::Page, Development).is_err()
        );
    }

    #[test]
    fn calls_do_not_lead_inside() {
        for inside in [
            "https://127.0.0.1/x",
            "https://localhost/x",
            "https://10.1.2.3/x",
            "https://192.168.0.1",
            "https://169.254.169.254/latest/meta-data",
            "https://100.64.0.1",
            "https://0.0.0.0",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://[::1]/",
            "https://[::ffff:10.0.0.1]/",
            "https://[fe80::1]/",
            "https://[fd00::1]/",
            "https://[2002:a00:1::]/",
        ] {
            assert!(check_url(inside, Purpose::Call, Production).is_err(), "{inside}");
        }
        assert!(check_url("https://10.1.2.3/x", Purpose::Call, Development).is_err());
        assert_eq!(check_url("http://localhost:9/x", Purpose::Call, Development), Ok(()));
        assert_eq!(check_url("https://93.184.215.14/x", Purpose::Call, Production), Ok(()));
    }

    #[tokio::test]
    async fn a_name_that_leads_inside_is_not_called() {
        let outside = Outside { here: false };
        assert!(outside.resolve("localhost".parse().unwrap()).await.is_err());
        let here = Outside { here: true };
        assert!(here.resolve("localhost".parse().unwrap()).await.unwrap().count() > 0);
    }

    #[test]
    fn pauses_grow_to_an_hour_and_end_after_a_day() {
        let delivery = |attempts| Delivery {
            delivery_id: "\u{7f}\u{7f}".to_owned(),
            url: String::new(),
            body: String::new(),
            created_us: 0,
            due_us: 0,
            attempts,
        };
        let pause = |attempts| match again(&delivery(attempts), 0) {
            Tried::Again(at) => at,
            other => panic!("{other:?}"),
        };
        assert!((FIRST_PAUSE_US / 2..=FIRST_PAUSE_US).contains(&pause(0)));
        assert!(pause(3) > pause(2));
        assert!(pause(40) <= LONGEST_PAUSE_US);
        assert_eq!(again(&delivery(1), GIVEN_UP_AFTER_US + 1), Tried::GivenUp);
    }
}
