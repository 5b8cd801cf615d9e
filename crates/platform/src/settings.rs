//! Where the server's settings come from: a file, then the environment, then the command line. The later wins.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Deserialize;

use crate::config::{Config, DatabaseUrl, TlsFiles};

/// Where the data is: every command wants to know.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Storage {
    /// Directory of the databases
    #[arg(long, env = "FANPOINTS_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// A PostgreSQL database (postgres://user:secret@host/database) instead of files in that directory
    #[arg(long, env = "FANPOINTS_DATABASE", hide_env_values = true, value_name = "URL")]
    pub database: Option<DatabaseUrl>,
}

/// The file of settings, and where the data is.
#[derive(Args, Clone, Debug, Default)]
pub struct Place {
    /// Settings as TOML, with the tables [storage] and [server]
    #[arg(long, env = "FANPOINTS_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    #[command(flatten)]
    pub storage: Storage,
}

/// How the server answers.
#[derive(Args, Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Serving {
    /// Address and port; port 0 takes a free one [default: 127.0.0.1:0]
    #[arg(long, env = "FANPOINTS_LISTEN", value_name = "ADDRESS")]
    pub listen: Option<SocketAddr>,
    /// Address of health and metrics alone [default: that of --listen, if it is a loopback one]
    #[arg(long, env = "FANPOINTS_METRICS_LISTEN", value_name = "ADDRESS")]
    pub metrics_listen: Option<SocketAddr>,
    /// Certificate chain as PEM: TLS from then on
    #[arg(long, env = "FANPOINTS_TLS_CERTIFICATE", value_name = "FILE")]
    pub tls_certificate: Option<PathBuf>,
    /// The certificate's key as PEM
    #[arg(long, env = "FANPOINTS_TLS_KEY", value_name = "FILE")]
    pub tls_key: Option<PathBuf>,
    /// How the server is reached from outside, such as https://points.example.org
    #[arg(long, env = "FANPOINTS_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// Proxies whose X-Forwarded-For is believed
    #[arg(long, env = "FANPOINTS_TRUSTED_PROXIES", value_name = "IP,...", value_delimiter = ',')]
    pub trusted_proxies: Option<Vec<IpAddr>>,
    /// Origins whose pages may call, such as https://dashboard.example.org
    #[arg(long, env = "FANPOINTS_CORS_ORIGINS", value_name = "ORIGIN,...", value_delimiter = ',')]
    pub cors_origins: Option<Vec<String>>,
    /// Make the example program where it is missing
    #[arg(long, env = "FANPOINTS_SEED_EXAMPLE", num_args = 0..=1, require_equals = true,
          default_missing_value = "true", value_name = "BOOL")]
    pub seed_example: Option<bool>,
    /// Written when the server answers: addresses and example credentials, as JSON, for the owner's eyes only
    #[arg(long, env = "FANPOINTS_READY_FILE", value_name = "FILE")]
    pub ready_file: Option<PathBuf>,
    /// Requests a minute and credential [default: 1000]
    #[arg(long, env = "FANPOINTS_REQUESTS_PER_MINUTE", value_name = "NUMBER")]
    pub requests_per_minute: Option<u32>,
    /// Open WebSockets of a credential [default: 100]
    #[arg(long, env = "FANPOINTS_LIVE_CONNECTIONS", value_name = "NUMBER")]
    pub live_connections: Option<usize>,
    /// Bytes of one request [default: 2097152]
    #[arg(long, env = "FANPOINTS_REQUEST_BYTES", value_name = "NUMBER")]
    pub request_bytes: Option<usize>,
    /// Seconds for one request [default: 30]
    #[arg(long, env = "FANPOINTS_REQUEST_SECONDS", value_name = "NUMBER")]
    pub request_seconds: Option<u64>,
    /// Seconds for a request's body to arrive [default: 10]
    #[arg(long, env = "FANPOINTS_BODY_SECONDS", value_name = "NUMBER")]
    pub body_seconds: Option<u64>,
    /// Seconds for a request's head to arrive, and between two requests [default: 75]
    #[arg(long, env = "FANPOINTS_IDLE_SECONDS", value_name = "NUMBER")]
    pub idle_seconds: Option<u64>,
    /// Seconds that requests in flight get at a stop [default: 10]
    #[arg(long, env = "FANPOINTS_GRACE_SECONDS", value_name = "NUMBER")]
    pub grace_seconds: Option<u64>,
    /// Seconds for which an access token is good, a day at most [default: 3600]
    #[arg(long, env = "FANPOINTS_TOKEN_SECONDS", value_name = "NUMBER")]
    pub token_seconds: Option<u64>,
    /// Days for which a token key signs [default: 90]
    #[arg(long, env = "FANPOINTS_KEY_DAYS", value_name = "NUMBER")]
    pub key_days: Option<u64>,
    /// Seconds for which a new token key is published before it signs [default: 600]
    #[arg(long, env = "FANPOINTS_KEY_LEAD_SECONDS", value_name = "NUMBER")]
    pub key_lead_seconds: Option<u64>,
    /// Days for which engagement events are kept [default: 400]
    #[arg(long, env = "FANPOINTS_EVENT_DAYS", value_name = "NUMBER")]
    pub event_days: Option<u64>,
    /// How the log is written [default: json]
    #[arg(long, env = "FANPOINTS_LOG_FORMAT", value_name = "FORMAT")]
    pub log_format: Option<LogFormat>,
}

/// How the log is written, one event a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    #[default]
    Json,
    Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    storage: Storage,
    server: Serving,
}

/// Why the settings can not be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    #[error("{path} can not be read: {error}")]
    File { path: PathBuf, error: std::io::Error },
    #[error("{path}: {error}")]
    Toml { path: PathBuf, error: Box<toml::de::Error> },
    #[error("say where the data is: --data DIR, FANPOINTS_DATA, or data = \"DIR\" under [storage]")]
    NoData,
    #[error("TLS wants both --tls-certificate and --tls-key")]
    HalfTls,
    #[error("{0}")]
    Unusable(String),
}

/// The settings of a server, put together.
#[derive(Clone, Debug)]
pub struct Settings {
    pub config: Config,
    pub log_format: LogFormat,
}

impl fmt::Display for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.config.fmt(f)
    }
}

impl Place {
    fn file(&self) -> Result<File, SettingsError> {
        self.config.as_deref().map_or_else(|| Ok(File::default()), File::read)
    }

    /// Settings that tell no more than where the data is.
    ///
    /// # Errors
    /// [`SettingsError`] where nobody says it, or the file can not be read.
    pub fn storage(&self) -> Result<Config, SettingsError> {
        let file = self.file()?;
        let data = self.storage.data.clone().or(file.storage.data).ok_or(SettingsError::NoData)?;
        Ok(Config { database: self.storage.database.clone().or(file.storage.database), ..Config::new(data) })
    }
}

impl File {
    fn read(path: &Path) -> Result<Self, SettingsError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| SettingsError::File { path: path.to_owned(), error })?;
        toml::from_str(&text)
            .map_err(|error| SettingsError::Toml { path: path.to_owned(), error: Box::new(error) })
    }
}

impl Serving {
    /// What the command line and the environment say, else the file, else the default.
    ///
    /// # Errors
    /// [`SettingsError`] where the file can not be read or something does not fit together.
    pub fn settle(self, place: &Place) -> Result<Settings, SettingsError> {
        let File { storage, server: file } = place.file()?;
        let data = place.storage.data.clone().or(storage.data).ok_or(SettingsError::NoData)?;
        let database = place.storage.database.clone().or(storage.database);
        let tls = match (self.tls_certificate.or(file.tls_certificate), self.tls_key.or(file.tls_key)) {
            (Some(certificate), Some(key)) => Some(TlsFiles { certificate, key }),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => return Err(SettingsError::HalfTls),
        };
        let default = Config::new(data);
        let seconds = |said: Option<u64>, or: Option<u64>, default: Duration| {
            said.or(or).map_or(default, Duration::from_secs)
        };
        let days = |days: u64| Duration::from_secs(days.saturating_mul(86_400));
        let config = Config {
            database,
            listen: self.listen.or(file.listen).unwrap_or(default.listen),
            metrics_listen: self.metrics_listen.or(file.metrics_listen),
            tls,
            public_url: self.public_url.or(file.public_url),
            trusted_proxies: self.trusted_proxies.or(file.trusted_proxies).unwrap_or_default(),
            cors_origins: self.cors_origins.or(file.cors_origins).unwrap_or_default(),
            seed_example: self.seed_example.or(file.seed_example).unwrap_or(default.seed_example),
            ready_file: self.ready_file.or(file.ready_file),
            token_lifetime: seconds(self.token_seconds, file.token_seconds, default.token_lifetime),
            key_rotation: self.key_days.or(file.key_days).map_or(default.key_rotation, days),
            key_lead: seconds(self.key_lead_seconds, file.key_lead_seconds, default.key_lead),
            requests_per_minute: self
                .requests_per_minute
                .or(file.requests_per_minute)
                .unwrap_or(default.requests_per_minute),
            live_connections: self
                .live_connections
                .or(file.live_connections)
                .unwrap_or(default.live_connections),
            max_request_bytes: self.request_bytes.or(file.request_bytes).unwrap_or(default.max_request_bytes),
            request_timeout: seconds(self.request_seconds, file.request_seconds, default.request_timeout),
            body_timeout: seconds(self.body_seconds, file.body_seconds, default.body_timeout),
            idle_timeout: seconds(self.idle_seconds, file.idle_seconds, default.idle_timeout),
            event_retention: self.event_days.or(file.event_days).map_or(default.event_retention, days),
            grace: seconds(self.grace_seconds, file.grace_seconds, default.grace),
            ..default
        };
        if let Some(fault) = config.fault().or_else(|| misconfigured(&config)) {
            return Err(SettingsError::Unusable(fault));
        }
        let log_format = self.log_format.or(file.log_format).unwrap_or_default();
        Ok(Settings { config, log_format })
    }
}

/// Twice as long as a process may not know of a new key.
const SHORTEST_LEAD: Duration = Duration::from_secs(120);

/// What nobody means: a server that would answer nothing, or that signs with keys nobody knows yet.
fn misconfigured(config: &Config) -> Option<String> {
    let times = [
        ("token-seconds", config.token_lifetime),
        ("key-days", config.key_rotation),
        ("request-seconds", config.request_timeout),
        ("body-seconds", config.body_timeout),
        ("idle-seconds", config.idle_timeout),
        ("event-days", config.event_retention),
    ];
    if let Some((name, _)) = times.into_iter().find(|(_, time)| time.is_zero()) {
        return Some(format!("{name} can not be 0"));
    }
    if config.max_request_bytes == 0 {
        return Some("request-bytes can not be 0".to_owned());
    }
    let known_too_late = config.key_lead < SHORTEST_LEAD;
    known_too_late
        .then(|| "key-lead-seconds is 120 at least: a process looks at the keys once a minute".to_owned())
}
