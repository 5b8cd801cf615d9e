//! Starting and stopping the server.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

use crate::api::{self, PublicUrl};
use crate::auth::rotation::Rotation;
use crate::auth::secrets::{SecretError, Secrets};
use crate::auth::sign_ins::SignIns;
use crate::auth::throttle::Throttle;
use crate::auth::tokens::Tokens;
use crate::config::Config;
use crate::environment::{Environment, EnvironmentName};
use crate::example::{self, ExampleCredential, ExampleError};
use crate::files::{private_dir, write_private};
use crate::http::{self, Limits, Listening, STRANGERS_A_MINUTE, Server, Shared, TlsError, listen};
use crate::jobs::{self, Jobs};
use crate::metrics::Metrics;
use crate::store::admin::{self, AdminChange};
use crate::store::{StoreError, now_us};

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{path} can not be used: {error}")]
    File { path: PathBuf, error: io::Error },
    #[error("the database of the {environment} environment: {error}")]
    Store { environment: EnvironmentName, error: StoreError },
    #[error("the settings: {0}")]
    Setting(String),
    #[error("TLS: {0}")]
    Tls(#[from] TlsError),
    #[error("the address {address} can not be listened on: {error}")]
    Listen { address: SocketAddr, error: io::Error },
    #[error(transparent)]
    Secret(#[from] SecretError),
    #[error("the example program: {0}")]
    Example(#[from] ExampleError),
    #[error("the ready file can not be written as JSON: {0}")]
    Document(#[from] serde_json::Error),
}

/// What the ready file tells, as JSON.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Ready {
    /// The address of the server; GraphQL is at `<endpoint>/graphql`.
    pub endpoint: String,
    pub graphql: String,
    pub token_endpoint: String,
    /// The pages of the example fans, in the development environment.
    pub fan_pages: Vec<String>,
    pub credentials: Vec<ExampleCredential>,
}

/// A server that answers. Dropping it stops it without waiting; [`Running::stop`] finishes what was accepted.
pub struct Running {
    ready: Ready,
    address: SocketAddr,
    metrics_address: Option<SocketAddr>,
    environments: Vec<Arc<Environment>>,
    listening: Vec<Listening>,
    server: Shared,
    jobs: Jobs,
    grace: std::time::Duration,
}

/// Opens the databases, listens, and answers from then on.
///
/// # Errors
/// See [`StartError`]: nothing is left running.
pub async fn start(config: Config) -> Result<Running, StartError> {
    if let Some(fault) = config.fault() {
        return Err(StartError::Setting(fault));
    }
    let dir = &config.data_dir;
    private_dir(dir).map_err(|error| StartError::File { path: dir.clone(), error })?;
    let environments = open_environments(&config).await?;
    let secrets = Secrets::new(config.hash_cost)?;
    let credentials = if config.seed_example {
        for environment in &environments {
            let name = environment.name;
            example::seed(environment)
                .await
                .map_err(|error| StartError::Store { environment: name, error })?;
        }
        example::credentials(dir, &environments, &secrets).await?
    } else {
        Vec::new()
    };
    let (listener, address) = bind(config.listen).await?;
    let url = PublicUrl(endpoint(&config, address));
    let server = Arc::new(serve(&config, &environments, secrets, url)?);
    for environment in &environments {
        let name = environment.name;
        let renewed = jobs::renew_token_keys(&server, environment, false).await;
        renewed.map_err(|error| StartError::Store { environment: name, error })?;
    }
    let figures_here = config.metrics_listen.is_none() && address.ip().is_loopback();
    let router = http::router(&server, &config, figures_here);
    let mut listening = vec![listen(listener, router, config.tls.clone(), config.idle_timeout)?];
    let mut metrics_address = None;
    if let Some(wanted) = config.metrics_listen {
        let (listener, address) = bind(wanted).await?;
        listening.push(listen(listener, http::figures(&server, &config), None, config.idle_timeout)?);
        metrics_address = Some(address);
    }
    let ready = Ready::new(&config, address, credentials);
    if let Some(path) = &config.ready_file {
        let text = serde_json::to_vec_pretty(&ready)?;
        write_private(path, &text).map_err(|error| StartError::File { path: path.clone(), error })?;
    }
    tracing::info!(%address, "ready");
    let jobs = Jobs::start(&server);
    Ok(Running {
        ready,
        address,
        metrics_address,
        environments,
        listening,
        server,
        jobs,
        grace: config.grace,
    })
}

fn serve(
    config: &Config,
    environments: &[Arc<Environment>],
    secrets: Secrets,
    url: PublicUrl,
) -> Result<Server, StartError> {
    let metrics = Arc::new(Metrics::default());
    let rotation = Rotation { interval: config.key_rotation, lead: config.key_lead };
    Ok(Server {
        environments: environments.to_vec(),
        schema: api::schema(Arc::clone(&metrics), secrets.clone(), url),
        secrets,
        tokens: Tokens::new(config.token_lifetime, rotation),
        requests: Throttle::new(config.requests_per_minute, std::time::Duration::from_secs(60)),
        lines: http::live::Lines::new(config.live_connections),
        strangers: Throttle::new(STRANGERS_A_MINUTE, std::time::Duration::from_secs(60)),
        sign_ins: SignIns::new().map_err(SecretError::from)?,
        metrics,
        limits: Limits {
            request_time: config.request_timeout,
            body_time: config.body_timeout,
            trusted_proxies: config.trusted_proxies.clone(),
        },
        event_retention: config.event_retention,
        started: Instant::now(),
    })
}

async fn bind(wanted: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let failed = |error| StartError::Listen { address: wanted, error };
    let listener = TcpListener::bind(wanted).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    Ok((listener, address))
}

/// How the server is reached.
fn endpoint(config: &Config, address: SocketAddr) -> String {
    let scheme = if config.tls.is_some() { "https" } else { "http" };
    match &config.public_url {
        Some(url) => url.trim_end_matches('/').to_owned(),
        None => format!("{scheme}://{address}"),
    }
}

async fn open_environments(config: &Config) -> Result<Vec<Arc<Environment>>, StartError> {
    let mut environments = Vec::new();
    for name in EnvironmentName::ALL {
        let (dir, database) = (config.data_dir.clone(), config.database.clone());
        let opening = tokio::task::spawn_blocking(move || {
            Environment::open(&dir, database.as_ref().map(|url| url.0.as_str()), name)
        });
        let opened = opening.await.unwrap_or(Err(StoreError::Stopped));
        let environment = opened.map_err(|error| StartError::Store { environment: name, error })?;
        environments.push(Arc::new(environment));
    }
    Ok(environments)
}

impl Ready {
    fn new(config: &Config, address: SocketAddr, credentials: Vec<ExampleCredential>) -> Self {
        let endpoint = endpoint(config, address);
        let fans = if config.seed_example { example::fan_ids() } else { Vec::new() };
        Self {
            graphql: format!("{endpoint}/graphql"),
            token_endpoint: format!("{endpoint}/oauth2/token"),
            fan_pages: fans.iter().map(|fan| format!("{endpoint}/fan/{fan}")).collect(),
            endpoint,
            credentials,
        }
    }
}

impl Running {
    /// The address of the server, such as `http://127.0.0.1:40123`; GraphQL is at `<endpoint>/graphql`.
    pub fn endpoint(&self) -> String {
        self.ready.endpoint.clone()
    }

    pub fn token_endpoint(&self) -> String {
        self.ready.token_endpoint.clone()
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What the ready file holds.
    pub fn ready(&self) -> &Ready {
        &self.ready
    }

    /// The example program's credentials; empty without `seed_example`.
    pub fn credentials(&self) -> &[ExampleCredential] {
        &self.ready.credentials
    }

    /// The credential of an example partner, or with None of the program itself.
    pub fn credential(
        &self,
        environment: EnvironmentName,
        partner_id: Option<&str>,
    ) -> Option<&ExampleCredential> {
        let fits = |one: &&ExampleCredential| {
            one.environment == environment && one.partner_id.as_deref() == partner_id
        };
        self.ready.credentials.iter().find(fits)
    }

    /// Where health and metrics alone are told, if that is somewhere else.
    pub fn metrics_address(&self) -> Option<SocketAddr> {
        self.metrics_address
    }

    /// Makes a new token key in every environment, unless there is one that does not sign yet.
    ///
    /// # Errors
    /// Where a database refuses.
    pub async fn rotate_keys(&self) -> Result<(), StoreError> {
        for environment in &self.environments {
            jobs::renew_token_keys(&self.server, environment, true).await?;
        }
        Ok(())
    }

    /// Forgets the engagement events that are too old, in every environment; tells how many there were.
    ///
    /// # Errors
    /// Where a database refuses.
    pub async fn forget_events(&self) -> Result<u64, StoreError> {
        let mut number = 0;
        for environment in &self.environments {
            number += jobs::forget_events(&self.server, environment, now_us()).await?;
        }
        Ok(number)
    }

    /// The newest changes that administrators made, newest first.
    ///
    /// # Errors
    /// Where the database refuses.
    pub async fn admin_changes(
        &self,
        environment: EnvironmentName,
        limit: u32,
    ) -> Result<Vec<AdminChange>, StoreError> {
        let environment = self.server.environment(environment).ok_or(StoreError::Stopped)?;
        environment.store.read(move |connection| admin::list(connection, limit)).await
    }

    /// Reads the TLS certificate again, for connections from now on.
    ///
    /// # Errors
    /// Where the files can not be used: the certificate stays what it was.
    pub fn renew_certificate(&self) -> Result<(), TlsError> {
        self.listening.iter().try_for_each(Listening::renew_certificate)
    }

    /// Takes no new connections, answers what was accepted, closes the databases.
    pub async fn stop(mut self) {
        self.jobs.stop().await;
        // Followers would not go by themselves.
        self.server.lines.stop(self.grace).await;
        for listening in std::mem::take(&mut self.listening) {
            listening.stop(self.grace).await;
        }
        let environments = std::mem::take(&mut self.environments);
        let closing = tokio::task::spawn_blocking(move || {
            for environment in environments {
                environment.store.close();
            }
        });
        if closing.await.is_err() {
            tracing::error!("a database was not closed in order");
        }
    }
}
