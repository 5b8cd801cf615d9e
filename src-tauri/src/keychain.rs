//! The operating system's keychain: the only place where the app touches it.
//!
//! macOS: Keychain Services; Windows: Credential Manager; Linux: Secret Service. Every call may block
//! (it talks to another process), so callers run it off the async threads.

use keyring::{Entry, Error};
use partner::{Keychain, KeychainFault, Secret};

const SERVICE: &str = "app.fanpoints.partner";

pub struct SystemKeychain;

impl Keychain for SystemKeychain {
    fn read(&self, name: &str) -> Result<Option<Secret>, KeychainFault> {
        match entry(name)?.get_secret() {
            Ok(bytes) => Ok(Some(Secret::new(bytes))),
            Err(Error::NoEntry) => Ok(None),
            Err(error) => Err(fault(&error)),
        }
    }

    fn write(&self, name: &str, secret: &Secret) -> Result<(), KeychainFault> {
        entry(name)?.set_secret(secret.expose()).map_err(|error| fault(&error))
    }

    fn remove(&self, name: &str) -> Result<(), KeychainFault> {
        match entry(name)?.delete_credential() {
            Ok(()) | Err(Error::NoEntry) => Ok(()),
            Err(error) => Err(fault(&error)),
        }
    }
}

fn entry(name: &str) -> Result<Entry, KeychainFault> {
    Entry::new(SERVICE, name).map_err(|error| fault(&error))
}

fn fault(error: &Error) -> KeychainFault {
    // Some variants carry the stored bytes: only their kind may be told.
    KeychainFault(match error {
        Error::NoDefaultStore => "no keychain is available".into(),
        Error::NoStorageAccess(_) => "the keychain is locked or denies access".into(),
        Error::PlatformFailure(_) => "the keychain failed".into(),
        _ => "the keychain refused the entry".into(),
    })
}
