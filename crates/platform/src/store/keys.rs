//! The keys of one environment: for access tokens, for fan passes, and of the example fans' devices.

use fanpass::{ListedKey, MAX_REVOCATIONS, Pseudonym, Revocation, SignedKeyList, SigningKey};
use ledger::FanId;
use zeroize::Zeroizing;

use super::changes::{self, ChangeKind, Concerns};
use super::fans::Fan;
use super::sql::params;
use super::{Connection, ProgramNo, Row, StoreError, Turn, now_us, random};

/// A key that signs access tokens.
#[derive(Clone, PartialEq, Eq)]
pub struct TokenKey {
    pub kid: String,
    pub seed: Zeroizing<[u8; 32]>,
    pub created_us: i64,
}

impl TokenKey {
    /// A new key, not yet stored.
    pub fn fresh(now_us: i64) -> Result<Self, StoreError> {
        let kid = format!("{:016x}", u64::from_be_bytes(random()?));
        Ok(Self { kid, seed: Zeroizing::new(random()?), created_us: now_us })
    }
}

/// The token keys, oldest first.
pub fn token_keys(connection: &Connection) -> Result<Vec<TokenKey>, StoreError> {
    let sql = "SELECT kid, seed, created_us FROM token_key ORDER BY created_us, kid";
    let read = |row: &Row<'_>| {
        Ok(TokenKey { kid: row.get(0)?, seed: Zeroizing::new(row.get(1)?), created_us: row.get(2)? })
    };
    connection.query(sql, params![], read)
}

/// Stores one more token key.
pub fn add_token_key(connection: &Connection, key: &TokenKey) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO token_key (kid, seed, created_us) VALUES (?1, ?2, ?3)",
        params![key.kid.clone(), *key.seed, key.created_us],
    )
}

/// Forgets a token key: tokens of it are good no more.
pub fn remove_token_key(connection: &Connection, kid: &str) -> Result<(), StoreError> {
    connection.execute("DELETE FROM token_key WHERE kid = ?1", params![kid])
}

/// A key that signs passes, and the seconds within which it does.
pub struct PassKey {
    pub id: u8,
    pub key: SigningKey,
    pub from: u32,
    pub until: u32,
}

/// What a program signs its passes with.
pub struct PassKeys {
    pub program: ProgramNo,
    root: SigningKey,
    /// Goes up when keys or revocations change.
    sequence: u32,
    keys: Vec<PassKey>,
    revocations: Vec<Revocation>,
}

const HOUR: u32 = 3600;
const KEY_LIFE: u32 = 90 * 86_400;
/// The next key is made and listed so long before it is needed, for devices that were away.
const KEY_OVERLAP: u32 = 45 * 86_400;

impl PassKeys {
    /// The program's keys. None: it has none, see [`renew_pass_keys`].
    pub fn load(connection: &Connection, program: ProgramNo) -> Result<Option<Self>, StoreError> {
        let root: Option<([u8; 32], u32)> = connection.query_opt(
            "SELECT seed, sequence FROM pass_root WHERE program_no = ?1",
            params![program.0],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let Some((root, sequence)) = root else {
            return Ok(None);
        };
        let keys = connection.query(
            "SELECT key_id, seed, not_before, not_after FROM pass_key WHERE program_no = ?1 ORDER BY not_before",
            params![program.0],
            |row| {
                let key = SigningKey::from_bytes(&row.get(1)?);
                Ok(PassKey { id: row.get(0)?, key, from: row.get(2)?, until: row.get(3)? })
            },
        )?;
        let revocations = load_revocations(connection, program)?;
        Ok(Some(Self { program, root: SigningKey::from_bytes(&root), sequence, keys, revocations }))
    }

    pub fn root_key(&self) -> [u8; 32] {
        self.root.verifying_key().to_bytes()
    }

    /// The root key's signature over an offline policy.
    pub fn sign_policy(&self, document: &str) -> [u8; 64] {
        fanpass::sign_policy(document, &self.root)
    }

    /// The key that signs now.
    pub fn current(&self, now: u32) -> Option<&PassKey> {
        self.keys.iter().rfind(|key| (key.from..=key.until).contains(&now))
    }

    /// The signed list. One hour's list is always the same bytes, and a later one has a higher sequence number.
    pub fn signed_list(&self, now: u32) -> Result<Vec<u8>, StoreError> {
        let list = SignedKeyList {
            program: self.program.0,
            sequence: (now / HOUR).saturating_add(self.sequence),
            issued_at: now / HOUR * HOUR,
            keys: self
                .keys
                .iter()
                .filter(|key| key.until.saturating_add(KEY_LIFE) >= now)
                .map(|key| ListedKey {
                    id: key.id,
                    from: key.from,
                    until: key.until,
                    key: key.key.verifying_key(),
                })
                .collect(),
            revocations: self.revocations.clone(),
        };
        list.sign(&self.root).map_err(|error| StoreError::Corrupt(format!("pass keys: {error}")))
    }
}

fn load_revocations(connection: &Connection, program: ProgramNo) -> Result<Vec<Revocation>, StoreError> {
    // Passes end by themselves: a list has room for the revocations that still matter.
    connection.query(
        "SELECT pseudonym, issued_before FROM pass_revocation
         WHERE program_no = ?1 ORDER BY issued_before DESC, pseudonym LIMIT ?2",
        params![program.0, i64::try_from(MAX_REVOCATIONS).unwrap_or(i64::MAX)],
        |row| {
            let pseudonym: i64 = row.get(0)?;
            Ok(Revocation { pseudonym: Pseudonym(pseudonym.cast_unsigned()), issued_before: row.get(1)? })
        },
    )
}

/// Revokes every pass of a fan that was issued until now.
pub fn revoke_passes(turn: &mut Turn<'_>, fan: &Fan, now: u32) -> Result<(), StoreError> {
    turn.connection.execute(
        "INSERT INTO pass_revocation (program_no, pseudonym, issued_before) VALUES (?1, ?2, ?3)
         ON CONFLICT (program_no, pseudonym) DO UPDATE SET issued_before = excluded.issued_before",
        params![fan.program.0, fan.pseudonym.0.cast_signed(), now.saturating_add(1)],
    )?;
    keys_changed(turn, fan.program)
}

/// Another list from now on: a higher number, and word to those who follow.
fn keys_changed(turn: &mut Turn<'_>, program: ProgramNo) -> Result<(), StoreError> {
    turn.connection
        .execute("UPDATE pass_root SET sequence = sequence + 1 WHERE program_no = ?1", params![program.0])?;
    changes::note(turn, ChangeKind::PassKeys, Concerns::program(program), "pass_keys").map(|_| ())
}

/// Makes the root key and the signing keys that are needed from now on.
pub fn renew_pass_keys(connection: &Connection, program: ProgramNo, now: u32) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO pass_root (program_no, seed, sequence) VALUES (?1, ?2, 0) ON CONFLICT DO NOTHING",
        params![program.0, random::<32>()?],
    )?;
    let newest: Option<(u8, u32)> = connection.query_opt(
        "SELECT key_id, not_after FROM pass_key WHERE program_no = ?1 ORDER BY not_after DESC LIMIT 1",
        params![program.0],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let (id, from) = match newest {
        Some((_, until)) if until > now.saturating_add(KEY_OVERLAP) => return Ok(()),
        Some((id, until)) => (id.wrapping_add(1), until.saturating_sub(KEY_OVERLAP).max(now / HOUR * HOUR)),
        None => (1, now / HOUR * HOUR),
    };
    connection.execute(
        "INSERT INTO pass_key (program_no, key_id, seed, not_before, not_after) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT (program_no, key_id) DO UPDATE
         SET seed = excluded.seed, not_before = excluded.not_before, not_after = excluded.not_after",
        params![program.0, id, random::<32>()?, from, from.saturating_add(KEY_LIFE)],
    )?;
    connection
        .execute("UPDATE pass_root SET sequence = sequence + 1 WHERE program_no = ?1", params![program.0])
}

/// The device key of an example fan. None for every other fan: their keys never leave their phones.
pub fn example_device(connection: &Connection, fan: FanId) -> Result<Option<SigningKey>, StoreError> {
    let sql = "SELECT seed FROM example_device WHERE fan_no = ?1";
    let seed: Option<[u8; 32]> = connection.query_opt(sql, params![fan.0.cast_signed()], |row| row.get(0))?;
    Ok(seed.map(|seed| SigningKey::from_bytes(&seed)))
}

/// The present in Unix seconds, as passes count it (until 2106).
pub fn unix_seconds() -> u32 {
    u32::try_from(now_us() / 1_000_000).unwrap_or(u32::MAX)
}
