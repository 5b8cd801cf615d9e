//! The durable queue of calls to partners, and the key that signs them.

use super::sql::params;
use super::{Connection, Row, StoreError, Turn, random};

/// A call that waits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub delivery_id: String,
    pub url: String,
    pub body: String,
    pub created_us: i64,
    pub due_us: i64,
    pub attempts: i64,
}

/// Puts a call into the queue, due at once.
pub fn queue(
    turn: &Turn<'_>,
    delivery_id: &str,
    session_id: &str,
    url: &str,
    body: &str,
    now: i64,
) -> Result<(), StoreError> {
    turn.connection.execute(
        "INSERT INTO webhook (delivery_id, session_id, url, body, created_us, due_us, attempts, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5, 0, 'waiting')",
        params![delivery_id, session_id, url, body, now],
    )
}

/// The calls that are due first.
pub fn waiting(connection: &Connection, limit: u32) -> Result<Vec<Delivery>, StoreError> {
    connection.query(
        "SELECT delivery_id, url, body, created_us, due_us, attempts FROM webhook
         WHERE state = 'waiting' ORDER BY due_us, delivery_id LIMIT ?1",
        params![limit],
        |row: &Row<'_>| {
            Ok(Delivery {
                delivery_id: row.get(0)?,
                url: row.get(1)?,
                body: row.get(2)?,
                created_us: row.get(3)?,
                due_us: row.get(4)?,
                attempts: row.get(5)?,
            })
        },
    )
}

/// Takes a call for this process until `until_us`. False: another process was faster.
pub fn take(turn: &Turn<'_>, delivery: &Delivery, until_us: i64) -> Result<bool, StoreError> {
    let taken = turn.connection.execute_counted(
        "UPDATE webhook SET due_us = ?3, attempts = attempts + 1
         WHERE delivery_id = ?1 AND attempts = ?2 AND state = 'waiting'",
        params![delivery.delivery_id, delivery.attempts, until_us],
    )?;
    Ok(taken > 0)
}

/// How a try ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    Delivered,
    /// To be tried again at this time.
    Again(i64),
    GivenUp,
}

/// Notes how a try ended, with what was answered.
pub fn tried(turn: &Turn<'_>, delivery_id: &str, tried: &Tried, answer: &str) -> Result<(), StoreError> {
    let (state, due_us) = match tried {
        Tried::Delivered => ("delivered", 0),
        Tried::Again(due_us) => ("waiting", *due_us),
        Tried::GivenUp => ("given_up", 0),
    };
    turn.connection.execute(
        "UPDATE webhook SET state = ?2, due_us = ?3, last_answer = ?4 WHERE delivery_id = ?1",
        params![delivery_id, state, due_us, answer],
    )
}

const PURPOSE: &str = "webhook";

/// The key that signs calls; `fresh` becomes it where there is none.
pub fn signing_key(turn: &Turn<'_>, fresh: &[u8; 32], now: i64) -> Result<[u8; 32], StoreError> {
    if let Some(seed) = stored_key(turn.connection)? {
        return Ok(seed);
    }
    let hex: String = fresh.iter().map(|byte| format!("{byte:02x}")).collect();
    turn.connection.execute(
        "INSERT INTO signing_key (purpose, seed, created_us) VALUES (?1, ?2, ?3)",
        params![PURPOSE, hex, now],
    )?;
    Ok(*fresh)
}

fn stored_key(connection: &Connection) -> Result<Option<[u8; 32]>, StoreError> {
    let hex: Option<String> =
        connection.query_opt("SELECT seed FROM signing_key WHERE purpose = ?1", params![PURPOSE], |row| {
            row.get(0)
        })?;
    hex.map(|hex| {
        let number = |at: usize| hex.get(at * 2..at * 2 + 2).and_then(|two| u8::from_str_radix(two, 16).ok());
        let bytes: Option<Vec<u8>> = (0..32).map(number).collect();
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        bytes.ok_or_else(|| StoreError::Corrupt("a signing key that is none".to_owned()))
    })
    .transpose()
}

/// A seed for [`signing_key`].
pub fn fresh_seed() -> Result<[u8; 32], StoreError> {
    random()
}
