//! The brake on wrong secrets: who guesses is slowed down, and who knows the secret is not kept out by that.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sha2::{Digest as _, Sha256};

use super::throttle::Throttle;
use crate::http::Origin;
use crate::store::{StoreError, random};

const MINUTE: Duration = Duration::from_secs(60);
/// Wrong secrets for one client id from one address, a minute.
const WRONG_FOR_CLIENT: u32 = 10;
/// Wrong secrets for whatever client ids from one address, a minute.
const WRONG_FROM_ADDRESS: u32 = 60;

/// The digest of the client id and where it came from: ids are made up by anybody, as long as a request may be.
type Guesser = ([u8; 32], Origin);

/// Remembers how often secrets were wrong, and which ones were right.
pub struct SignIns {
    by_client: Throttle<Guesser>,
    by_address: Throttle<Origin>,
    /// Made anew with each start, so that what is remembered tells nothing about a secret.
    key: [u8; 32],
    /// By client id, of the last secret that was right.
    right: Mutex<HashMap<String, [u8; 32]>>,
}

/// What becomes of an attempt before the secret is checked.
#[derive(Debug, PartialEq, Eq)]
pub enum Attempt {
    /// The secret that was right before: there is nothing left to check.
    Known,
    /// To be checked.
    Unknown,
    /// Too many were wrong; one more is taken after so many seconds.
    Wait(u64),
}

impl SignIns {
    pub fn new() -> Result<Self, StoreError> {
        Ok(Self {
            by_client: Throttle::new(WRONG_FOR_CLIENT, MINUTE),
            by_address: Throttle::new(WRONG_FROM_ADDRESS, MINUTE),
            key: random()?,
            right: Mutex::default(),
        })
    }

    /// Whoever presents the secret that was right before passes, however many others guess meanwhile: at 256 random
    /// bits a guess that is right does not happen, and a fan's purchase does not wait for somebody else's mischief.
    pub fn attempt(
        &self,
        client_id: &str,
        hash: Option<&str>,
        secret: &str,
        from: Origin,
        now: Instant,
    ) -> Attempt {
        if let Some(hash) = hash {
            let right = self.right.lock().unwrap_or_else(PoisonError::into_inner);
            if right.get(client_id) == Some(&self.mark(hash, secret)) {
                return Attempt::Known;
            }
        }
        // Taken now and given back to whoever was right: a thousand guesses at once count as a thousand.
        let client = guesser(client_id, from);
        let of_client = self.by_client.take(&client, now);
        if !of_client.allowed {
            return Attempt::Wait(of_client.reset_secs);
        }
        let of_address = self.by_address.take(&from, now);
        if of_address.allowed {
            Attempt::Unknown
        } else {
            self.by_client.give_back(&client, now);
            Attempt::Wait(of_address.reset_secs)
        }
    }

    /// The secret of an attempt was checked and is right.
    pub fn right(&self, client_id: &str, hash: &str, secret: &str, from: Origin, now: Instant) {
        let mark = self.mark(hash, secret);
        self.right.lock().unwrap_or_else(PoisonError::into_inner).insert(client_id.to_owned(), mark);
        self.by_client.give_back(&guesser(client_id, from), now);
        self.by_address.give_back(&from, now);
    }

    /// Two digests are compared, not two secrets: how far they agree tells nothing.
    fn mark(&self, hash: &str, secret: &str) -> [u8; 32] {
        let mut digest = Sha256::new();
        digest.update(self.key);
        digest.update(Sha256::digest(hash.as_bytes()));
        digest.update(Sha256::digest(secret.as_bytes()));
        digest.finalize().into()
    }
}

fn guesser(client_id: &str, from: Origin) -> Guesser {
    (Sha256::digest(client_id.as_bytes()).into(), from)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HASH: Option<&str> = Some("hash");

    fn from(last: u8) -> Origin {
        Origin([192, 0, 2, last].into())
    }

    fn guess(sign_ins: &SignIns, client: &str, from: Origin, now: Instant) -> Attempt {
        sign_ins.attempt(client, HASH, "wrong", from, now)
    }

    #[test]
    fn a_guesser_is_braked_and_others_are_not() {
        let sign_ins = SignIns::new().unwrap();
        let now = Instant::now();
        for _ in 0..WRONG_FOR_CLIENT {
            assert_eq!(guess(&sign_ins, "shop", from(1), now), Attempt::Unknown);
        }
        let Attempt::Wait(seconds) = guess(&sign_ins, "shop", from(1), now) else { panic!("not braked") };
        assert!((1..=7).contains(&seconds), "{seconds}");
        assert_eq!(guess(&sign_ins, "shop", from(2), now), Attempt::Unknown, "from elsewhere");
        assert_eq!(guess(&sign_ins, "kiosk", from(1), now), Attempt::Unknown, "another client");
        let later = now + Duration::from_secs(seconds);
        assert_eq!(guess(&sign_ins, "shop", from(1), later), Attempt::Unknown, "refusals prolong nothing");
    }

    #[test]
    fn many_client_ids_from_one_address_are_braked_too() {
        let sign_ins = SignIns::new().unwrap();
        let now = Instant::now();
        for number in 0..WRONG_FROM_ADDRESS {
            assert_eq!(guess(&sign_ins, &format!("client-{number}"), from(1), now), Attempt::Unknown);
        }
        assert!(matches!(guess(&sign_ins, "one-more", from(1), now), Attempt::Wait(_)));
        assert_eq!(guess(&sign_ins, "one-more", from(2), now), Attempt::Unknown);
    }

    #[test]
    fn the_right_secret_passes_while_others_guess() {
        let sign_ins = SignIns::new().unwrap();
        let now = Instant::now();
        sign_ins.right("shop", "hash", "right", from(1), now);
        while !matches!(guess(&sign_ins, "shop", from(1), now), Attempt::Wait(_)) {}
        assert_eq!(sign_ins.attempt("shop", HASH, "right", from(1), now), Attempt::Known);
        assert!(matches!(sign_ins.attempt("shop", HASH, "Right", from(1), now), Attempt::Wait(_)));
        assert!(matches!(sign_ins.attempt("shop", Some("other"), "right", from(1), now), Attempt::Wait(_)));
        assert!(matches!(sign_ins.attempt("shop", None, "right", from(1), now), Attempt::Wait(_)));
    }
}
