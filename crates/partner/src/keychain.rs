//! Secrets at rest: the port to the operating system's keychain, and a memory for tests.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use zeroize::Zeroizing;

/// Bytes that are wiped when dropped and never shown.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

impl Secret {
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

/// The keychain did not do it; the text tells why and holds no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeychainFault(pub String);

/// Named secrets. Calls may block.
pub trait Keychain: Send + Sync {
    /// # Errors
    /// When no keychain is available or it denies access; a missing entry is `None`.
    fn read(&self, name: &str) -> Result<Option<Secret>, KeychainFault>;
    /// # Errors
    /// When the secret could not be stored.
    fn write(&self, name: &str, secret: &Secret) -> Result<(), KeychainFault>;
    /// Removes an entry; one that is not there is no error.
    /// # Errors
    /// When the keychain denies access.
    fn remove(&self, name: &str) -> Result<(), KeychainFault>;
}

/// A keychain that lives as long as the process.
#[derive(Default)]
pub struct MemoryKeychain(Mutex<BTreeMap<String, Secret>>);

impl MemoryKeychain {
    /// Everything that it keeps, for whoever looks for it where it must not be.
    pub fn secrets(&self) -> Vec<Secret> {
        self.entries().values().cloned().collect()
    }

    fn entries(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, Secret>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keychain for MemoryKeychain {
    fn read(&self, name: &str) -> Result<Option<Secret>, KeychainFault> {
        Ok(self.entries().get(name).cloned())
    }

    fn write(&self, name: &str, secret: &Secret) -> Result<(), KeychainFault> {
        self.entries().insert(name.to_owned(), secret.clone());
        Ok(())
    }

    fn remove(&self, name: &str) -> Result<(), KeychainFault> {
        self.entries().remove(name);
        Ok(())
    }
}
