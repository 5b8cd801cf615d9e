//! When a token key is replaced: the next one is published before it signs, and the last one is kept until no token
//! of it can still be good. So nobody is signed out by it, and nobody meets a key that he could not have known.

use std::time::Duration;

use super::tokens::LONGEST_LIFE;
use crate::store::keys::{self, TokenKey};
use crate::store::{Connection, StoreError};

/// How often keys change.
#[derive(Clone, Copy, Debug)]
pub struct Rotation {
    /// A key signs for so long.
    pub interval: Duration,
    /// A new key is published for so long before it signs. Every server process has looked at the keys by then.
    pub lead: Duration,
}

/// What is to be done about a set of keys.
#[derive(Debug, PartialEq, Eq)]
pub struct Due {
    pub add: bool,
    /// Kids of keys of which no token is good any more.
    pub remove: Vec<String>,
}

impl Rotation {
    /// When each key begins to sign, in microseconds, for keys that are sorted oldest first. The oldest has always
    /// signed: there was no other.
    pub fn signs_from(self, oldest_first: &[TokenKey]) -> impl Iterator<Item = (&TokenKey, i64)> {
        oldest_first.iter().enumerate().map(move |(place, key)| {
            let lead = if place == 0 { 0 } else { micros(self.lead) };
            (key, key.created_us.saturating_add(lead))
        })
    }

    /// What is due at a time. `at_once` asks for a new key whatever the age of the present one; one that does not
    /// sign yet is new enough.
    pub fn due(self, oldest_first: &[TokenKey], at_once: bool, now_us: i64) -> Due {
        let starts: Vec<(&TokenKey, i64)> = self.signs_from(oldest_first).collect();
        let add = match starts.last() {
            None => true,
            Some((_, from)) if *from > now_us => false,
            Some((newest, _)) => at_once || newest.created_us.saturating_add(micros(self.interval)) <= now_us,
        };
        let over = |pair: &[(&TokenKey, i64)]| match pair {
            [(old, _), (_, replaced)] if replaced.saturating_add(micros(LONGEST_LIFE)) <= now_us => {
                Some(old.kid.clone())
            }
            _ => None,
        };
        Due { add, remove: starts.windows(2).filter_map(over).collect() }
    }

    /// Does what is due, and tells the keys that there are then, oldest first. `fresh` was made now, and is stored
    /// where a key is due.
    pub fn apply(
        self,
        connection: &Connection,
        fresh: &TokenKey,
        at_once: bool,
    ) -> Result<Vec<TokenKey>, StoreError> {
        let found = keys::token_keys(connection)?;
        let due = self.due(&found, at_once, fresh.created_us);
        if due.add {
            keys::add_token_key(connection, fresh)?;
        }
        for kid in &due.remove {
            keys::remove_token_key(connection, kid)?;
        }
        if due.add || !due.remove.is_empty() { keys::token_keys(connection) } else { Ok(found) }
    }
}

fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use zeroize::Zeroizing;

    const MINUTE: i64 = 60_000_000;
    const DAY: i64 = 24 * 60 * MINUTE;
    const ROTATION: Rotation =
        Rotation { interval: Duration::from_secs(90 * 86_400), lead: Duration::from_secs(600) };

    fn keys(created: &[i64]) -> Vec<TokenKey> {
        let key = |created_us: &i64| TokenKey {
            kid: format!("k{created_us}"),
            seed: Zeroizing::new([0; 32]),
            created_us: *created_us,
        };
        created.iter().map(key).collect()
    }

    #[track_caller]
    fn expect(created: &[i64], at_once: bool, now: i64, add: bool, remove: &[i64]) {
        let remove = remove.iter().map(|created| format!("k{created}")).collect();
        assert_eq!(ROTATION.due(&keys(created), at_once, now), Due { add, remove });
    }

    #[test]
    fn keys_come_in_time_and_go_when_their_tokens_have() {
        expect(&[], false, 0, true, &[]);
        expect(&[0], false, 90 * DAY - 1, false, &[]);
        expect(&[0], false, 90 * DAY, true, &[]);
        let second = 90 * DAY;
        let over = second + 10 * MINUTE + DAY;
        expect(&[0, second], false, over - 1, false, &[]);
        expect(&[0, second], false, over, false, &[0]);
    }

    #[test]
    fn a_key_asked_for_twice_comes_once() {
        expect(&[0], true, DAY, true, &[]);
        expect(&[0, DAY], true, DAY + 10 * MINUTE - 1, false, &[]);
        expect(&[0, DAY], true, DAY + 10 * MINUTE, true, &[]);
    }
}
