//! Starting and stopping the server.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::api;
use crate::auth::secrets::{SecretError, Secrets};
use crate::auth::throttle::Throttle;
use crate::auth::tokens::Tokens;
use crate::config::Config;
use crate::environment::{Environment, EnvironmentName};
use crate::example::{self, ExampleCredential, ExampleError};
use crate::files::{private_dir, write_private};
use crate::http::{self, Server, WRONG_SECRETS_A_MINUTE};
use crate::metrics::Metrics;
use crate::store::{StoreError, keys};

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("{path} can not be used: {error}")]
    File { path: PathBuf, error: io::Error },
    #[error("the database of the {environment} environment: {error}")]
    Store { environment: EnvironmentName, error: StoreError },
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
    environments: Vec<Arc<Environment>>,
    stop: watch::Sender<bool>,
    serving: JoinHandle<()>,
}

/// Requests in flight at a stop get so long.
const GRACE: Duration = Duration::from_secs(10);

/// Opens the databases, listens, and answers from then on.
///
/// # Errors
/// See [`StartError`]: nothing is left running.
pub async fn start(config: Config) -> Result<Running, StartError> {
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
    let tokens = Tokens::new(token_keys(&environments).await?, config.token_lifetime);
    let listen = |error| StartError::Listen { address: config.listen, error };
    let listener = TcpListener::bind(config.listen).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let metrics = Arc::new(Metrics::default());
    let server = Arc::new(Server {
        environments: environments.clone(),
        schema: api::schema(Arc::clone(&metrics)),
        secrets,
        tokens,
        requests: Throttle::new(config.requests_per_minute, Duration::from_secs(60)),
        wrong_secrets: Throttle::new(WRONG_SECRETS_A_MINUTE, Duration::from_secs(60)),
        metrics,
        request_timeout: config.request_timeout,
        started: Instant::now(),
    });
    let (stop, stopped) = watch::channel(false);
    let router = http::router(server, &config);
    let serving = tokio::spawn(async move {
        let served = axum::serve(listener, router).with_graceful_shutdown(until(stopped)).await;
        if let Err(error) = served {
            tracing::error!(%error, "the server ended");
        }
    });
    let ready = Ready::new(address, credentials, config.seed_example);
    if let Some(path) = &config.ready_file {
        let text = serde_json::to_vec_pretty(&ready)?;
        write_private(path, &text).map_err(|error| StartError::File { path: path.clone(), error })?;
    }
    tracing::info!(%address, "ready");
    Ok(Running { ready, address, environments, stop, serving })
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

async fn token_keys(
    environments: &[Arc<Environment>],
) -> Result<Vec<(EnvironmentName, Vec<keys::TokenKey>)>, StartError> {
    let mut all = Vec::new();
    for environment in environments {
        let name = environment.name;
        let found = environment.store.commit(|turn| keys::token_keys(turn.connection)).await;
        all.push((name, found.map_err(|error| StartError::Store { environment: name, error })?));
    }
    Ok(all)
}

async fn until(mut stopped: watch::Receiver<bool>) {
    // An error means that the server's handle is gone: a stop as well.
    let _gone = stopped.wait_for(|stop| *stop).await;
}

impl Ready {
    fn new(address: SocketAddr, credentials: Vec<ExampleCredential>, example: bool) -> Self {
        let endpoint = format!("http://{address}");
        let fans = if example { example::fan_ids() } else { Vec::new() };
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

    /// Takes no new connections, answers what was accepted, closes the databases.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        if tokio::time::timeout(GRACE, &mut self.serving).await.is_err() {
            tracing::warn!("requests were still running at the stop");
            self.serving.abort();
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

impl Drop for Running {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
