//! Access tokens: JWTs signed with Ed25519. The key's id tells which environment a token belongs to.

use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::SigningKey;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::rotation::Rotation;
use crate::environment::EnvironmentName;
use crate::store::keys::TokenKey;
use crate::store::{StoreError, now_us};

pub const ISSUER: &str = "fanpoints-platform";
pub const SCOPE: &str = "resource-server/api";
/// No token is good for longer, whatever the settings of the process that issued it.
pub const LONGEST_LIFE: Duration = Duration::from_secs(86_400);

/// What a token says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Claims {
    pub iss: String,
    /// The client id.
    pub sub: String,
    pub scope: String,
    /// Unix seconds.
    pub iat: u64,
    pub exp: u64,
    pub jti: String,
}

#[derive(Clone)]
struct Key {
    kid: String,
    environment: EnvironmentName,
    signs_from_us: i64,
    signing: EncodingKey,
    verifying: DecodingKey,
    public: [u8; 32],
}

/// The token keys of all environments.
pub struct Tokens {
    /// Newest first within an environment.
    keys: RwLock<Arc<Vec<Key>>>,
    lifetime: Duration,
    rotation: Rotation,
}

/// Why no token could be made.
#[derive(Debug, thiserror::Error)]
pub enum TokenError {
    #[error("the environment has no token key")]
    NoKey,
    #[error("the token could not be signed: {0}")]
    Sign(#[from] jsonwebtoken::errors::Error),
    #[error(transparent)]
    Random(#[from] StoreError),
}

impl Tokens {
    /// Without keys: see [`Tokens::set_keys`].
    pub fn new(lifetime: Duration, rotation: Rotation) -> Self {
        Self { keys: RwLock::default(), lifetime, rotation }
    }

    /// For so long is a new key published before it signs.
    pub fn lead(&self) -> Duration {
        self.rotation.lead
    }

    pub fn rotation(&self) -> Rotation {
        self.rotation
    }

    /// These are the environment's keys from now on. `oldest_first` says how they are sorted.
    pub fn set_keys(&self, environment: EnvironmentName, oldest_first: &[TokenKey]) {
        let mut fresh: Vec<Key> = self
            .rotation
            .signs_from(oldest_first)
            .map(|(key, signs_from_us)| prepare(environment, key, signs_from_us))
            .collect();
        fresh.reverse();
        let mut keys = self.keys.write().unwrap_or_else(PoisonError::into_inner);
        let others = keys.iter().filter(|key| key.environment != environment).cloned();
        *keys = Arc::new(others.chain(fresh).collect());
    }

    fn keys(&self) -> Arc<Vec<Key>> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// A token for a client, and the seconds for which it is good.
    pub fn issue(&self, environment: EnvironmentName, client_id: &str) -> Result<(String, u64), TokenError> {
        let (keys, now_us) = (self.keys(), now_us());
        let key = keys
            .iter()
            .find(|key| key.environment == environment && key.signs_from_us <= now_us)
            .ok_or(TokenError::NoKey)?;
        let now = now_secs();
        let id: [u8; 16] = crate::store::random()?;
        let claims = Claims {
            iss: ISSUER.to_owned(),
            sub: client_id.to_owned(),
            scope: SCOPE.to_owned(),
            iat: now,
            exp: now.saturating_add(self.lifetime.as_secs()),
            jti: URL_SAFE_NO_PAD.encode(id),
        };
        let mut header = Header::new(Algorithm::EdDSA);
        header.kid = Some(key.kid.clone());
        let token = jsonwebtoken::encode(&header, &claims, &key.signing)?;
        Ok((token, self.lifetime.as_secs()))
    }

    /// Who a token speaks for. None: it is no valid token of this server now.
    pub fn verify(&self, token: &str) -> Option<(EnvironmentName, String)> {
        let kid = jsonwebtoken::decode_header(token).ok()?.kid?;
        let keys = self.keys();
        let key = keys.iter().find(|key| key.kid == kid)?;
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss", "sub"]);
        validation.validate_aud = false;
        validation.leeway = 0;
        let data = jsonwebtoken::decode::<Claims>(token, &key.verifying, &validation).ok()?;
        // The library takes a token in the second in which it ends; from then on it must not be accepted.
        let good = data.claims.scope == SCOPE && data.claims.exp > now_secs();
        good.then_some((key.environment, data.claims.sub))
    }

    /// The public keys as a JSON Web Key Set.
    pub fn key_set(&self) -> serde_json::Value {
        let keys: Vec<_> = self
            .keys()
            .iter()
            .map(|key| {
                serde_json::json!({
                    "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig",
                    "kid": key.kid, "x": URL_SAFE_NO_PAD.encode(key.public),
                })
            })
            .collect();
        serde_json::json!({ "keys": keys })
    }
}

fn prepare(environment: EnvironmentName, key: &TokenKey, signs_from_us: i64) -> Key {
    // PKCS #8 of an Ed25519 seed is this fixed prefix and the seed.
    const PKCS8: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];
    let der = Zeroizing::new([PKCS8.as_slice(), key.seed.as_slice()].concat());
    let public = SigningKey::from_bytes(&key.seed).verifying_key().to_bytes();
    Key {
        kid: key.kid.clone(),
        environment,
        signs_from_us,
        signing: EncodingKey::from_ed_der(&der),
        verifying: DecodingKey::from_ed_der(&public),
        public,
    }
}

fn now_secs() -> u64 {
    u64::try_from(now_us() / 1_000_000).unwrap_or(0)
}
