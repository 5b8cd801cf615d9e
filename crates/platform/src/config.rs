//! What the server is told when it starts.

use std::convert::Infallible;
use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

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

/// The address of a database. It may hold a password, so it is not shown.
#[derive(Clone, PartialEq, Eq)]
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
    /// Make the example program, once, in an empty data directory.
    pub seed_example: bool,
    /// Written when the server is ready: addresses and example credentials, as JSON, mode 0600.
    pub ready_file: Option<PathBuf>,
    pub hash_cost: HashCost,
    pub token_lifetime: Duration,
    /// Requests a minute and credential.
    pub requests_per_minute: u32,
    /// Bytes of one request.
    pub max_request_bytes: usize,
    /// A request that takes longer is answered with 503.
    pub request_timeout: Duration,
}

impl Config {
    /// Defaults: a free loopback port, no example program, 1,000 requests a minute.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            database: None,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            seed_example: false,
            ready_file: None,
            hash_cost: HashCost::default(),
            token_lifetime: Duration::from_secs(3600),
            requests_per_minute: 1000,
            max_request_bytes: 2 * 1024 * 1024,
            request_timeout: Duration::from_secs(30),
        }
    }
}
