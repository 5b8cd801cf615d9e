//! The key of the database: 32 random bytes that live in the keychain and, while the app runs, here.

use core::fmt;

use sha2::{Digest, Sha256};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::StoreError;

/// A raw 256-bit key. Never derived from a PIN, wiped from memory when dropped, never printed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct DatabaseKey([u8; 32]);

impl DatabaseKey {
    /// A key that was kept before.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// A new key from the operating system's random numbers.
    ///
    /// # Errors
    /// [`StoreError::Io`] where the system has none to give.
    pub fn generate() -> Result<Self, StoreError> {
        let mut bytes = [0_u8; 32];
        getrandom::fill(&mut bytes).map_err(|_| StoreError::Io { what: "random numbers" })?;
        Ok(Self(bytes))
    }

    /// The bytes, for the keychain.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    /// The form SQLCipher takes for a raw key.
    pub(crate) fn pragma(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(96));
        text.push_str("PRAGMA key = \"x'");
        for byte in self.0 {
            for nibble in [byte >> 4, byte & 15] {
                text.push(char::from_digit(u32::from(nibble), 16).unwrap_or('0'));
            }
        }
        text.push_str("'\"");
        text
    }

    /// Tells this key from another without telling the key: the hash of 256 random bits.
    pub(crate) fn check_value(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(b"device database key check 1");
        hash.update(self.0);
        crate::canon::hex(&hash.finalize())
    }
}

impl fmt::Debug for DatabaseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseKey(..)")
    }
}
