//! Client secrets: made here, shown once, kept only as Argon2id hashes.

use std::sync::mpsc;
use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::sync::oneshot;
use zeroize::Zeroizing;

use crate::config::HashCost;
use crate::store::{StoreError, random};

/// Hashing takes memory and time on purpose: only so many at once.
const AT_ONCE: usize = 2;

/// Why a secret could not be hashed or checked.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    #[error("hashing failed: {0}")]
    Hash(String),
    #[error(transparent)]
    Random(#[from] StoreError),
    #[error("the server is stopping")]
    Stopped,
}

/// Makes and checks secrets, away from the threads that serve requests.
#[derive(Clone)]
pub struct Secrets {
    argon2: Argon2<'static>,
    hashers: Hashers,
    /// Checked for unknown client ids, so that the time taken does not tell which ids exist.
    nobody: Arc<str>,
}

impl Secrets {
    pub fn new(cost: HashCost) -> Result<Self, SecretError> {
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, None)
            .map_err(|error| SecretError::Hash(error.to_string()))?;
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
        let hashers = Hashers::start()?;
        let (answer, first) = mpsc::channel();
        let (own, secret) = (argon2.clone(), fresh_secret()?);
        hashers.run(move || {
            // Whoever asked waits below.
            let _gone = answer.send(hash(&own, &secret));
        })?;
        let nobody = first.recv().map_err(|_| SecretError::Stopped)??.into();
        Ok(Self { argon2, hashers, nobody })
    }

    /// The hash to store of a secret.
    pub async fn hash(&self, secret: Zeroizing<String>) -> Result<String, SecretError> {
        let argon2 = self.argon2.clone();
        self.apart(move || hash(&argon2, &secret)).await
    }

    /// Whether the secret is the one with this hash; None stands for an unknown client.
    pub async fn verify(
        &self,
        secret: Zeroizing<String>,
        stored: Option<String>,
    ) -> Result<bool, SecretError> {
        let argon2 = self.argon2.clone();
        let nobody = Arc::clone(&self.nobody);
        self.apart(move || {
            let known = stored.is_some();
            let text = stored.as_deref().unwrap_or(&nobody);
            let parsed = PasswordHash::new(text).map_err(|error| SecretError::Hash(error.to_string()))?;
            Ok(argon2.verify_password(secret.as_bytes(), &parsed).is_ok() && known)
        })
        .await
    }

    async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, SecretError> + Send + 'static,
    ) -> Result<T, SecretError> {
        let (answer, result) = oneshot::channel();
        self.hashers.run(move || {
            // A caller that went away wants no answer.
            let _gone = answer.send(work());
        })?;
        result.await.map_err(|_| SecretError::Stopped)?
    }
}

/// Threads that do nothing else. What hashing takes of memory, the allocator keeps for the thread that took it: on
/// threads that come and go, each of them would keep as much.
#[derive(Clone)]
struct Hashers(mpsc::Sender<Work>);

type Work = Box<dyn FnOnce() + Send>;

impl Hashers {
    fn start() -> Result<Self, SecretError> {
        let (sender, receiver) = mpsc::channel::<Work>();
        let queue = Arc::new(Mutex::new(receiver));
        for _ in 0..AT_ONCE {
            let queue = Arc::clone(&queue);
            std::thread::Builder::new()
                .name("hasher".to_owned())
                .spawn(move || {
                    while let Some(work) = next(&queue) {
                        work();
                    }
                })
                .map_err(|error| SecretError::Hash(format!("no thread: {error}")))?;
        }
        Ok(Self(sender))
    }

    fn run(&self, work: impl FnOnce() + Send + 'static) -> Result<(), SecretError> {
        self.0.send(Box::new(work)).map_err(|_| SecretError::Stopped)
    }
}

/// None once nobody can ask any more.
fn next(queue: &Mutex<mpsc::Receiver<Work>>) -> Option<Work> {
    queue.lock().unwrap_or_else(PoisonError::into_inner).recv().ok()
}

fn hash(argon2: &Argon2<'_>, secret: &str) -> Result<String, SecretError> {
    let salt: [u8; 16] = random()?;
    let hash = argon2
        .hash_password_with_salt(secret.as_bytes(), &salt)
        .map_err(|error| SecretError::Hash(error.to_string()))?;
    Ok(hash.to_string())
}

/// A new secret: 256 random bits as text.
pub fn fresh_secret() -> Result<Zeroizing<String>, StoreError> {
    let bytes: Zeroizing<[u8; 32]> = Zeroizing::new(random()?);
    Ok(Zeroizing::new(URL_SAFE_NO_PAD.encode(*bytes)))
}

/// A new client id.
pub fn fresh_client_id() -> Result<String, StoreError> {
    Ok(format!("{:032x}", u128::from_be_bytes(random()?)))
}
