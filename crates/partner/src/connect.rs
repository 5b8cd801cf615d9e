//! Connecting a device to a partner's account, and letting go of it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use fanpass::{PassRefusal, TrustedKeys};
use ledger::Timestamp;
use outbox::{Connection, Store};
use serde::Deserialize;
use sync::{ClientSecret, Drain, Link, PlatformClient, Timeouts};

use crate::keychain::Secret;
use crate::rights::Right;
use crate::terminal::{Line, Opened, blocking};
use crate::view::{ConnectRequest, Environment, Status};
use crate::{AppError, ErrorCode, Terminal};

/// A configuration older than this is fetched again when the platform is reached.
const CONFIG_FRESH: Duration = Duration::from_secs(600);

/// What a pairing file says.
#[derive(Deserialize)]
struct Pairing {
    endpoint: String,
    token_endpoint: Option<String>,
    partner_id: String,
    client_id: String,
    client_secret: String,
    environment: Environment,
}

impl Terminal {
    /// Signs in, fetches the program's configuration, and keeps the secret in the keychain.
    ///
    /// # Errors
    /// For each empty or impossible field, a platform that can not be reached, a wrong secret, an account of
    /// the other environment, a keychain that is not there, and while operations or a shift of another account wait.
    pub async fn connect(&self, request: ConnectRequest) -> Result<Status, AppError> {
        self.require(Right::Devices).await?;
        self.connect_by(request).await?;
        self.forget_own_device().await?;
        self.status().await
    }

    /// Connects with a credential, wherever it came from.
    pub(crate) async fn connect_by(&self, request: ConnectRequest) -> Result<(), AppError> {
        let _one_at_a_time = self.0.connecting.lock().await;
        let connection = checked(&request)?;
        let opened = self.opened().await?;
        let (old, open, shift) = self
            .store(|store| Ok((store.connection()?, open_operations(store)?, store.shift()?.is_some())))
            .await?;
        let is_other = old.is_some_and(|old| !same_account(&old, &connection));
        if open && is_other {
            return Err(ErrorCode::QueueNotEmpty.into());
        }
        if shift && is_other {
            return Err(ErrorCode::ShiftStillOpen.into());
        }
        let client = PlatformClient::new(
            &connection,
            &ClientSecret::new(request.client_secret.clone()),
            Timeouts::default(),
        )?;
        let config = client.fetch_config(self.now()).await?;
        if config.environment != connection.environment {
            return Err(AppError::new(ErrorCode::WrongEnvironment).detail(config.environment.to_string()));
        }
        let (keychain, name) = (self.0.options.keychain.clone(), secret_name(&opened));
        let secret = Secret::new(request.client_secret.into_bytes());
        blocking(move || keychain.write(&name, &secret)).await??;
        let stored = connection.clone();
        let project = config.project_id.clone();
        let now = self.now();
        self.store(move |store| {
            if !store.set_connection(&stored)? {
                return Ok(false);
            }
            store.set_config(&config)?;
            store.note_sync(now)?;
            Ok(true)
        })
        .await?
        .then_some(())
        .ok_or(ErrorCode::QueueNotEmpty)?;
        client.set_project(project);
        if is_other {
            self.forget_people().await?;
        }
        self.hear_of_people(&client).await?;
        tracing::info!(environment = %connection.environment, "connected");
        let line = self.start_line(opened.store, client);
        self.set_line(Some(line)).await;
        self.0.people.note_connected();
        Ok(())
    }

    /// Forgets the account; the operations stay in the journal.
    ///
    /// # Errors
    /// While something waits to be sent or is held, and while a shift is open: its report belongs to this account.
    pub async fn disconnect(&self) -> Result<Status, AppError> {
        self.require(Right::Devices).await?;
        let _one_at_a_time = self.0.connecting.lock().await;
        let opened = self.opened().await?;
        if self.store(|store| Ok(store.shift()?.is_some())).await? {
            return Err(ErrorCode::ShiftStillOpen.into());
        }
        if !self.store(Store::forget_connection).await? {
            return Err(ErrorCode::QueueNotEmpty.into());
        }
        let (keychain, name) = (self.0.options.keychain.clone(), secret_name(&opened));
        self.set_line(None).await;
        self.0.fans.forget_all();
        self.forget_people().await?;
        self.forget_own_device().await?;
        blocking(move || keychain.remove(&name)).await??;
        tracing::info!("disconnected");
        self.status().await
    }

    /// The line of a device that was connected before. Without its secret it stays offline and says so.
    pub(crate) async fn line_of(&self, opened: &Opened) -> Result<Option<Line>, AppError> {
        let (store, keychain) = (opened.store.clone(), self.0.options.keychain.clone());
        let name = secret_name(opened);
        let known = blocking(move || -> Result<_, AppError> {
            let Some(connection) = store.connection()? else { return Ok(None) };
            let project = store.config().map(|config| config.project_id);
            Ok(Some((connection, project, keychain.read(&name)?)))
        })
        .await??;
        let Some((connection, project, secret)) = known else { return Ok(None) };
        let secret = secret.ok_or_else(|| {
            AppError::new(ErrorCode::KeychainUnavailable).retryable().detail("the client secret is missing")
        })?;
        let secret =
            String::from_utf8(secret.expose().to_vec()).map_err(|_| ErrorCode::KeychainUnavailable)?;
        let client = PlatformClient::new(&connection, &ClientSecret::new(secret), Timeouts::default())?;
        if let Some(project) = project {
            client.set_project(project);
        }
        Ok(Some(self.start_line(opened.store.clone(), client)))
    }

    fn start_line(&self, store: Store, client: PlatformClient) -> Line {
        let client = Arc::new(client);
        let drain = Arc::new(Drain::start(store, client.clone(), sync::Options::default()));
        let line = Line { client, drain };
        tokio::spawn(self.clone().follow(line.clone()));
        tokio::spawn(self.clone().beat(line.clone()));
        line
    }

    /// Tells every change of the line, and when the platform is back, fetches anew what may have changed meanwhile: the
    /// configuration, and the figures of fans who are present.
    async fn follow(self, line: Line) {
        let mut states = line.drain.state();
        let client = line.client.clone();
        drop(line);
        let mut settings = 0;
        let mut was_online = false;
        loop {
            self.ring();
            let state = *states.borrow_and_update();
            let online = matches!(state.link, Link::Online { .. });
            if let Err(error) = self.note_access(&state.link).await {
                tracing::warn!(code = ?error.code, "what the platform said to this device could not be kept");
            }
            let is_stale = std::mem::replace(&mut settings, state.settings) != state.settings;
            if online && let Err(error) = self.refresh_config(&client, is_stale).await {
                tracing::warn!(code = ?error.code, "the configuration could not be fetched");
            }
            if online && !was_online {
                self.0.provider.ring();
                self.refresh_present().await;
            }
            was_online = online;
            // A till that stands idle all day hears of revoked passes, too.
            if let Ok(Err(_)) = tokio::time::timeout(CONFIG_FRESH, states.changed()).await {
                return;
            }
        }
    }

    /// `is_stale`: the platform has said that what is known here is out of date.
    async fn refresh_config(&self, client: &PlatformClient, is_stale: bool) -> Result<(), AppError> {
        let now = self.now();
        let known = self.store(|store| Ok(store.config())).await?;
        let fresh = i64::try_from(CONFIG_FRESH.as_millis()).unwrap_or(i64::MAX);
        let is_fresh = known.as_ref().is_some_and(|config| now.0.saturating_sub(config.fetched_at.0) < fresh);
        if !is_stale && is_fresh {
            return Ok(());
        }
        let mut config = client.fetch_config(now).await?;
        if let Some((known, root)) = known.and_then(|known| known.pass_root_key.map(|root| (known, root))) {
            // The root key is the one of the pairing; another comes with another pairing only, and what another one
            // signed does not count.
            if config.pass_root_key != Some(root) {
                tracing::warn!("the offline policy is signed by a key that is not the program's");
                config.offline_policy = known.offline_policy;
            }
            config.pass_root_key = Some(root);
            config.pass_key_list = newer_keys(&root, known.pass_key_list, config.pass_key_list, now);
        }
        self.store(move |store| store.set_config(&config)).await?;
        self.hear_of_people(client).await?;
        self.ring();
        Ok(())
    }

    /// Connects with the pairing file, where there is one and the device is not connected yet.
    pub(crate) async fn pair_at_start(&self) {
        let Some(path) = self.0.options.pairing_file.clone() else { return };
        let connected = self.store(Store::connection).await;
        if !matches!(connected, Ok(None)) {
            return;
        }
        let result = match blocking(move || read_pairing(&path)).await {
            Ok(Ok(request)) => self.connect(request).await.map(drop),
            Ok(Err(error)) | Err(error) => Err(error),
        };
        if let Err(error) = result {
            tracing::warn!(code = ?error.code, "the pairing file did not connect the device");
        }
    }
}

/// Of two signed lists of pass keys the one to keep: the next one, unless it is older, forged or of another program.
fn newer_keys(root: &[u8; 32], known: Vec<u8>, next: Vec<u8>, now: Timestamp) -> Vec<u8> {
    let seconds = u32::try_from(now.0 / 1000).unwrap_or(u32::MAX);
    let taken = match TrustedKeys::from_signed(&known, root, seconds) {
        Ok(mut keys) => keys.replace(&next, root, seconds),
        // The clock was set back: that makes no other list newer than this one.
        Err(refusal @ PassRefusal::KeysAhead) => Err(refusal),
        // There was none that counts.
        Err(_) => TrustedKeys::from_signed(&next, root, seconds).map(drop),
    };
    match taken {
        Ok(()) => next,
        Err(refusal) => {
            tracing::warn!(?refusal, "the platform's list of pass keys is not taken");
            known
        }
    }
}

fn read_pairing(path: &Path) -> Result<ConnectRequest, AppError> {
    let unreadable = || AppError::new(ErrorCode::MissingField).detail("pairing file");
    let text = std::fs::read_to_string(path).map_err(|_| unreadable())?;
    let pairing: Pairing = serde_json::from_str(&text).map_err(|_| unreadable())?;
    Ok(ConnectRequest {
        endpoint: pairing.endpoint,
        token_endpoint: pairing.token_endpoint,
        partner_id: pairing.partner_id,
        client_id: pairing.client_id,
        client_secret: pairing.client_secret,
        environment: pairing.environment,
    })
}

pub(crate) fn secret_name(opened: &Opened) -> String {
    format!("client-secret {}", opened.device_id)
}

fn same_account(one: &Connection, other: &Connection) -> bool {
    one.partner_id == other.partner_id && one.environment == other.environment
}

pub(crate) fn open_operations(store: &Store) -> Result<bool, outbox::StoreError> {
    let counts = store.counts()?;
    Ok(counts.waiting() > 0 || counts.held > 0)
}

fn checked(request: &ConnectRequest) -> Result<Connection, AppError> {
    let field = |text: &str, name: &str| match text.trim() {
        "" => Err(AppError::new(ErrorCode::MissingField).detail(name)),
        text => Ok(text.to_owned()),
    };
    let endpoint = address(&field(&request.endpoint, "endpoint")?)?;
    // People paste the address of the API itself as well as its base.
    let endpoint = endpoint.strip_suffix("/graphql").unwrap_or(&endpoint).to_owned();
    let token_endpoint = match request.token_endpoint.as_deref().map(str::trim) {
        None | Some("") => format!("{endpoint}/oauth2/token"),
        Some(text) => address(text)?,
    };
    field(&request.client_secret, "client_secret")?;
    Ok(Connection {
        endpoint,
        token_endpoint,
        partner_id: field(&request.partner_id, "partner_id")?,
        client_id: field(&request.client_id, "client_id")?,
        environment: match request.environment {
            Environment::Development => outbox::Environment::Development,
            Environment::Production => outbox::Environment::Production,
        },
    })
}

/// An `https` address, or `http` on this machine: a secret must not cross a network in the clear.
fn address(text: &str) -> Result<String, AppError> {
    let invalid = || AppError::new(ErrorCode::InvalidEndpoint);
    let (scheme, rest) = text.split_once("://").ok_or_else(invalid)?;
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(bracketed) => bracketed.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    let here = host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback());
    let secure = scheme.eq_ignore_ascii_case("https") || (scheme.eq_ignore_ascii_case("http") && here);
    let plain = !text.contains(char::is_whitespace) && !authority.contains('@') && !host.is_empty();
    if secure && plain { Ok(text.trim_end_matches('/').to_owned()) } else { Err(invalid()) }
}

/// Milliseconds between two times, never negative.
pub(crate) fn age(now: Timestamp, then: Timestamp) -> i64 {
    now.0.saturating_sub(then.0).max(0)
}

#[cfg(test)]
mod tests {
    use fanpass::{Pseudonym, Revocation, SignedKeyList, SigningKey};

    use super::{Timestamp, address, newer_keys};
    use crate::ErrorCode;

    #[test]
    fn a_secret_travels_encrypted_or_stays_on_this_machine() {
        for good in
            ["https://api.example.org", "http://127.0.0.1:8080", "http://[::1]:9", "http://localhost/"]
        {
            assert!(address(good).is_ok(), "{good}");
        }
        let bad = [
            "http://api.example.org",
            "ftp://localhost",
            "api.example.org",
            "https://",
            "https://a b",
            "https://u@h",
        ];
        for bad in bad {
            assert_eq!(address(bad).unwrap_err().code, ErrorCode::InvalidEndpoint, "{bad}");
        }
        assert_eq!(address("https://api.example.org/").unwrap(), "https://api.example.org");
    }

    const NOW: u32 = 1_760_000_000;

    fn list(root: u8, program: u32, sequence: u32, issued_at: u32, revoked: &[u64]) -> Vec<u8> {
        let revocations =
            revoked.iter().map(|fan| Revocation { pseudonym: Pseudonym(*fan), issued_before: NOW }).collect();
        let list = SignedKeyList { program, sequence, issued_at, keys: vec![], revocations };
        list.sign(&SigningKey::from_bytes(&[root; 32])).unwrap_or_default()
    }

    #[test]
    fn stale_rolled_back_and_forged_key_lists_are_not_taken() {
        let root = SigningKey::from_bytes(&[1; 32]).verifying_key().to_bytes();
        let now = Timestamp(i64::from(NOW) * 1000);
        let keep = |known: &[u8], next: &[u8]| newer_keys(&root, known.to_vec(), next.to_vec(), now);
        let known = list(1, 7, 5, NOW - 60, &[]);
        let revoking = list(1, 7, 6, NOW, &[42]);
        assert_eq!(keep(&known, &revoking), revoking, "a newer one is");
        assert_eq!(keep(&revoking, &known), revoking, "rolled back: the revocation would be lost");
        assert_eq!(keep(&known, &list(1, 7, 5, NOW, &[9])), known, "the same number, another content");
        assert_eq!(keep(&known, &list(2, 7, 6, NOW, &[])), known, "another root key");
        assert_eq!(keep(&known, &list(1, 8, 6, NOW, &[])), known, "another program");
        assert_eq!(keep(&known, &list(1, 7, 6, NOW + 3600, &[])), known, "from the future");
        let ahead = list(1, 7, 6, NOW + 3600, &[42]);
        assert_eq!(keep(&ahead, &known), ahead, "rolled back by a clock that was set back");
        assert_eq!(keep(&known, b"nonsense"), known);
        assert_eq!(keep(&[], &known), known, "there was none");
        assert_eq!(keep(&[], &list(2, 7, 6, NOW, &[])), b"");
    }
}
