//! The platform's public keys: a list signed by the program's root key, which a device got when it was paired.
//!
//! | offset | bytes | what |
//! |---|---|---|
//! | 0 | 4 | `FPK1` |
//! | 4 | 4 | program |
//! | 8 | 4 | sequence number, one more with every list |
//! | 12 | 4 | issued at |
//! | 16 | 1 | number of keys |
//! | 17 | 2 | number of revocations |
//! | 19 | 41 each | key id 1, in use from 4, until 4, Ed25519 public key 32 |
//! | | 12 each | pseudonym 8, passes issued before 4 |
//! | | 64 | signature of the root key over a label and everything before |

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::bytes::Reader;
use crate::{IssueError, PassRefusal, Pseudonym};

/// A list older than this verifies nothing offline, in seconds: seven days.
pub const KEYS_FRESH_SECS: u32 = 7 * 86_400;
/// Two keys are in use at a time; the rest is room for an emergency.
pub const MAX_KEYS: usize = 16;
pub const MAX_REVOCATIONS: usize = 4096;
/// Clocks of devices run ahead and behind; a list further ahead than this is refused.
const LIST_AHEAD_SECS: u32 = 600;
const MAGIC: &[u8; 4] = b"FPK1";
const LABEL: &[u8] = b"FanPoints key list 1\0";
const SIGNATURE_BYTES: usize = 64;

/// One key of the platform. Rotated every 90 days, two in use at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ListedKey {
    pub id: u8,
    /// Passes issued from this second on, Unix seconds ...
    pub from: u32,
    /// ... until this one, included.
    pub until: u32,
    pub key: VerifyingKey,
}

impl ListedKey {
    pub(crate) fn verifying_key(&self) -> &VerifyingKey {
        &self.key
    }

    pub(crate) fn was_in_use(&self, at: u32) -> bool {
        (self.from..=self.until).contains(&at)
    }
}

/// Passes of one fan that no longer count, because a phone was lost or a card given back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revocation {
    pub pseudonym: Pseudonym,
    /// Passes issued before this second are revoked, Unix seconds.
    pub issued_before: u32,
}

/// The content of a key list, as the platform writes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedKeyList {
    pub program: u32,
    pub sequence: u32,
    pub issued_at: u32,
    pub keys: Vec<ListedKey>,
    pub revocations: Vec<Revocation>,
}

impl SignedKeyList {
    /// Writes and signs the list.
    ///
    /// # Errors
    /// `TooManyKeys`, `TooManyRevocations`, `DuplicateKey`, `WeakKey`.
    pub fn sign(&self, root: &SigningKey) -> Result<Vec<u8>, IssueError> {
        let keys = u8::try_from(self.keys.len()).ok().filter(|n| usize::from(*n) <= MAX_KEYS);
        let keys = keys.ok_or(IssueError::TooManyKeys)?;
        let revocations =
            u16::try_from(self.revocations.len()).ok().filter(|n| usize::from(*n) <= MAX_REVOCATIONS);
        let revocations = revocations.ok_or(IssueError::TooManyRevocations)?;
        if has_duplicate(&self.keys) {
            return Err(IssueError::DuplicateKey);
        }
        if self.keys.iter().any(|listed| listed.key.is_weak()) {
            return Err(IssueError::WeakKey);
        }
        let mut bytes = MAGIC.to_vec();
        for number in [self.program, self.sequence, self.issued_at] {
            bytes.extend(number.to_be_bytes());
        }
        bytes.push(keys);
        bytes.extend(revocations.to_be_bytes());
        for listed in &self.keys {
            bytes.push(listed.id);
            bytes.extend(listed.from.to_be_bytes());
            bytes.extend(listed.until.to_be_bytes());
            bytes.extend(listed.key.as_bytes());
        }
        for revocation in &self.revocations {
            bytes.extend(revocation.pseudonym.0.to_be_bytes());
            bytes.extend(revocation.issued_before.to_be_bytes());
        }
        let signature = root.sign(&[LABEL, &bytes].concat());
        bytes.extend(signature.to_bytes());
        Ok(bytes)
    }

    /// Checks the root key's signature, then reads.
    ///
    /// # Errors
    /// `KeysForged`: the root key did not sign these bytes as a key list.
    pub fn verify(list: &[u8], root: &[u8; 32]) -> Result<Self, PassRefusal> {
        let forged = PassRefusal::KeysForged;
        let (content, signature) = list.split_last_chunk::<SIGNATURE_BYTES>().ok_or(forged)?;
        let root = VerifyingKey::from_bytes(root).map_err(|_| forged)?;
        root.verify_strict(&[LABEL, content].concat(), &Signature::from_bytes(signature))
            .map_err(|_| forged)?;
        let list = Self::read(content).ok_or(forged)?;
        if has_duplicate(&list.keys) { Err(forged) } else { Ok(list) }
    }

    fn read(content: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(content);
        if reader.take::<4>()? != *MAGIC {
            return None;
        }
        let (program, sequence, issued_at) = (reader.u32()?, reader.u32()?, reader.u32()?);
        let key_count = usize::from(reader.u8()?);
        let revocation_count = usize::from(reader.u16()?);
        if key_count > MAX_KEYS || revocation_count > MAX_REVOCATIONS {
            return None;
        }
        let mut keys = Vec::with_capacity(key_count);
        for _ in 0..key_count {
            let (id, from, until) = (reader.u8()?, reader.u32()?, reader.u32()?);
            let key = VerifyingKey::from_bytes(&reader.take()?).ok()?;
            keys.push(ListedKey { id, from, until, key });
        }
        let mut revocations = Vec::with_capacity(revocation_count);
        for _ in 0..revocation_count {
            let pseudonym = Pseudonym(reader.u64()?);
            revocations.push(Revocation { pseudonym, issued_before: reader.u32()? });
        }
        reader.is_empty().then_some(Self { program, sequence, issued_at, keys, revocations })
    }
}

/// What the root key signs of an offline policy: a label and the document as it is shipped.
fn policy_message(document: &str) -> Vec<u8> {
    [b"FanPoints offline policy 1\0".as_slice(), document.as_bytes()].concat()
}

/// The root key's signature over an offline policy.
pub fn sign_policy(document: &str, root: &SigningKey) -> [u8; SIGNATURE_BYTES] {
    root.sign(&policy_message(document)).to_bytes()
}

/// Whether the root key signed this document as an offline policy.
pub fn is_policy_signed(document: &str, signature: &[u8], root: &[u8; 32]) -> bool {
    let (Ok(root), Ok(signature)) = (VerifyingKey::from_bytes(root), Signature::from_slice(signature)) else {
        return false;
    };
    root.verify_strict(&policy_message(document), &signature).is_ok()
}

/// The keys that a device trusts, out of one signed list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedKeys {
    list: SignedKeyList,
}

impl TrustedKeys {
    /// Takes the keys out of a signed list. An old list is taken too; it just verifies nothing (`KeysTooOld`).
    ///
    /// # Errors
    /// `KeysForged`; `KeysAhead` when the list is from the future.
    pub fn from_signed(list: &[u8], root: &[u8; 32], now_secs: u32) -> Result<Self, PassRefusal> {
        let mut list = SignedKeyList::verify(list, root)?;
        if list.issued_at > now_secs.saturating_add(LIST_AHEAD_SECS) {
            return Err(PassRefusal::KeysAhead);
        }
        list.revocations.sort_unstable_by_key(|revocation| revocation.pseudonym);
        Ok(Self { list })
    }

    /// Takes a newer list in place of this one. The same list again changes nothing.
    ///
    /// # Errors
    /// As `from_signed`; `KeysOfOtherProgram`; `KeysRolledBack` for a lower sequence number, or the same number with
    /// other content. The keys stay as they were.
    pub fn replace(&mut self, list: &[u8], root: &[u8; 32], now_secs: u32) -> Result<(), PassRefusal> {
        let next = Self::from_signed(list, root, now_secs)?;
        if next.list.program != self.list.program {
            return Err(PassRefusal::KeysOfOtherProgram);
        }
        if next.list.sequence < self.list.sequence
            || (next.list.sequence == self.list.sequence && next != *self)
        {
            return Err(PassRefusal::KeysRolledBack);
        }
        *self = next;
        Ok(())
    }

    pub fn program(&self) -> u32 {
        self.list.program
    }

    /// The number to store beside the list: a list with a lower one must never be taken, after a restart neither.
    pub fn sequence(&self) -> u32 {
        self.list.sequence
    }

    /// Unix seconds.
    pub fn issued_at(&self) -> u32 {
        self.list.issued_at
    }

    /// Young enough to verify a pass without the platform.
    pub fn is_fresh(&self, now_secs: u32) -> bool {
        now_secs.saturating_sub(self.list.issued_at) <= KEYS_FRESH_SECS
    }

    pub(crate) fn key(&self, id: u8) -> Option<&ListedKey> {
        self.list.keys.iter().find(|listed| listed.id == id)
    }

    pub(crate) fn is_revoked(&self, pseudonym: Pseudonym, issued_at: u32) -> bool {
        let revocations = &self.list.revocations;
        let first = revocations.partition_point(|revocation| revocation.pseudonym < pseudonym);
        revocations
            .iter()
            .skip(first)
            .take_while(|revocation| revocation.pseudonym == pseudonym)
            .any(|revocation| issued_at < revocation.issued_before)
    }
}

fn has_duplicate(keys: &[ListedKey]) -> bool {
    keys.iter().enumerate().any(|(at, key)| keys.iter().skip(at + 1).any(|other| other.id == key.id))
}
