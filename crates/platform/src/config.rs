//! What the server is told when it starts.

use std::convert::Infallible;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use serde::Deserialize;

use crate::auth::tokens::LONGEST_LIFE;

/// How much work it is to check a secret (Argon2id).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct HashCost {
    /// Memory in KiB.
    pub memory_kib: u32,
    pub passes: u32,
    pub lanes: u32,
}

impl Default for HashCost {
    /// 19 MiB and two passes: the first choice of the OWASP password storage guide.
    fn default() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2, lanes: 1 }
    }
}

/// A certificate chain and its key, both PEM.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlsFiles {
    pub certificate: PathBuf,
    pub key: PathBuf,
}

/// The address of a database. It may hold a password, so it is not shown.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct DatabaseUrl(pub String);

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseUrl(..)")
    }
}

impl FromStr for DatabaseUrl {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl DatabaseUrl {
    /// Without user, password and parameters.
    fn public(&self) -> String {
        let place = self.0.split_once("://").map_or("", |(_, rest)| rest);
        let place = place.split('?').next().unwrap_or_default();
        let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
        format!("postgres://{place}")
    }
}

/// Settings of one server process.
#[derive(Clone, Debug)]
pub struct Config {
    /// Holds both environments' databases. Created when it is missing.
    pub data_dir: PathBuf,
    /// A PostgreSQL database instead, as `postgres://user:secret@host/database`; any number of server processes may
    /// share it.
    pub database: Option<DatabaseUrl>,
    /// Port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where only the operator listens: health and metrics. None: on `listen`, if that is this machine alone.
    pub metrics_listen: Option<SocketAddr>,
    /// None: plain HTTP.
    pub tls: Option<TlsFiles>,
    /// How the server is reached from outside. None: by the address it listens on.
    pub public_url: Option<String>,
    /// Proxies whose `X-Forwarded-For` is believed.
    pub trusted_proxies: Vec<IpAddr>,
    /// Origins whose pages may call, such as `https://dashboard.example.org`.
    pub cors_origins: Vec<String>,
    /// Make the example program, once, in an empty data directory.
    pub seed_example: bool,
    /// Written when the server is ready: addresses and example credentials, as JSON, mode 0600.
    pub ready_file: Option<PathBuf>,
    pub hash_cost: HashCost,
    /// At most a day: so long is a replaced key kept.
    pub token_lifetime: Duration,
    /// A token key signs for so long before the next one takes over.
    pub key_rotation: Duration,
    /// A new token key is published for so long before it signs.
    pub key_lead: Duration,
    /// Requests a minute and credential.
    pub requests_per_minute: u32,
    /// Open WebSockets of a credential.
    pub live_connections: usize,
    /// Bytes of one request.
    pub max_request_bytes: usize,
    /// A request that takes longer is answered with 503.
    pub request_timeout: Duration,
    /// A body that takes longer to arrive is answered with 408.
    pub body_timeout: Duration,
    /// A connection that is silent for so long, or so slow with a request's head, is closed.
    pub idle_timeout: Duration,
    /// Engagement events are kept for so long; what they earned stays.
    pub event_retention: Duration,
    /// At a stop, requests in flight get so long.
    pub grace: Duration,
}

impl Config {
    /// Defaults: a free loopback port, no example program, 1,000 requests a minute.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            database: None,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            metrics_listen: None,
            tls: None,
            public_url: None,
            trusted_proxies: Vec::new(),
            cors_origins: Vec::new(),
            seed_example: false,
            ready_file: None,
            hash_cost: HashCost::default(),
            token_lifetime: Duration::from_secs(3600),
            key_rotation: Duration::from_secs(90 * 86_400),
            key_lead: Duration::from_secs(600),
            requests_per_minute: 1000,
            live_connections: 100,
            max_request_bytes: 2 * 1024 * 1024,
            request_timeout: Duration::from_secs(30),
            body_timeout: Duration::from_secs(10),
            idle_timeout: Duration::from_secs(75),
            event_retention: Duration::from_secs(400 * 86_400),
            grace: Duration::from_secs(10),
        }
    }

    /// What is wrong with these settings, if anything.
    pub fn fault(&self) -> Option<String> {
        if self.token_lifetime > LONGEST_LIFE {
            return Some(format!("a token can be good for {} seconds at most", LONGEST_LIFE.as_secs()));
        }
        if self.requests_per_minute == 0 {
            return Some("no requests a minute would refuse everybody".to_owned());
        }
        if self.live_connections == 0 {
            return Some("no live connections would leave every device without news".to_owned());
        }
        let is_origin = |origin: &&String| {
            let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
            host.is_some_and(|host| !host.is_empty() && !host.contains(['/', '*', ' ', ',']))
        };
        if let Some(wrong) = self.cors_origins.iter().find(|origin| !is_origin(origin)) {
            return Some(format!("\"{wrong}\" is no origin: say https://host or https://host:port"));
        }
        None
    }
}

/// One setting a line, without secrets.
impl fmt::Display for Config {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = |duration: Duration| format!("{} s", duration.as_secs());
        let list = |items: Vec<String>| if items.is_empty() { "none".to_owned() } else { items.join(", ") };
        let path = |path: &PathBuf| path.display().to_string();
        let lines = [
            ("data", path(&self.data_dir)),
            ("database", self.database.as_ref().map_or("files".to_owned(), DatabaseUrl::public)),
            ("listen", self.listen.to_string()),
            ("metrics-listen", self.metrics_listen.map_or("-".to_owned(), |address| address.to_string())),
            ("tls-certificate", self.tls.as_ref().map_or("-".to_owned(), |tls| path(&tls.certificate))),
            ("tls-key", self.tls.as_ref().map_or("-".to_owned(), |tls| path(&tls.key))),
            ("public-url", self.public_url.clone().unwrap_or_else(|| "-".to_owned())),
            ("trusted-proxies", list(self.trusted_proxies.iter().map(ToString::to_string).collect())),
            ("cors-origins", list(self.cors_origins.clone())),
            ("seed-example", self.seed_example.to_string()),
            ("ready-file", self.ready_file.as_ref().map_or("-".to_owned(), path)),
            ("token-seconds", seconds(self.token_lifetime)),
            ("key-days", format!("{} d", self.key_rotation.as_secs() / 86_400)),
            ("key-lead-seconds", seconds(self.key_lead)),
            ("requests-per-minute", self.requests_per_minute.to_string()),
            ("live-connections", self.live_connections.to_string()),
            ("request-bytes", self.max_request_bytes.to_string()),
            ("request-seconds", seconds(self.request_timeout)),
            ("body-seconds", seconds(self.body_timeout)),
            ("idle-seconds", seconds(self.idle_timeout)),
            ("event-days", format!("{} d", self.event_retention.as_secs() / 86_400)),
            ("grace-seconds", seconds(self.grace)),
        ];
        for (number, (name, value)) in lines.into_iter().enumerate() {
            let gap = if number == 0 { "" } else { "\n" };
            write!(f, "{gap}{name} = {value}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_told_without_secrets() {
        for url in [
            "postgres://club:s3cret@db.example:5432/points?password=s3cret",
            "postgres://club:s3cr@s3cret@db.example:5432/points",
            "host=db.example password=s3cret",
        ] {
            let config = Config { database: Some(DatabaseUrl(url.to_owned())), ..Config::new("data") };
            let told = format!("{config}{config:?}");
            assert!(!told.contains("s3cret"), "{told}");
        }
        let config =
            Config { database: Some("postgres://u:p@db:1/x".parse().unwrap()), ..Config::new("data") };
        assert!(config.to_string().contains("database = postgres://db:1/x\n"), "{config}");
    }
}
