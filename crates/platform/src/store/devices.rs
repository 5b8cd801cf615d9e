//! Paired devices: the one-time token of a pairing, what a device tells of itself, and its end.

use std::collections::BTreeMap;
use std::sync::Arc;

use ledger::PartnerId;
use sha2::{Digest as _, Sha256};

use super::catalogue::{Credential, Device, Owner};
use super::changes::{self, ChangeKind, Concerns};
use super::sql::params;
use super::staff::{StaffRole, role};
use super::{Connection, Row, StoreError, Turn, credentials};

/// What a device is to be once it is paired.
#[derive(Clone, Debug)]
pub struct Invitation {
    pub partner: PartnerId,
    pub name: String,
    pub store: String,
    pub terminal_id: Option<String>,
    pub role: StaffRole,
}

/// A pairing token is good for so long, in microseconds: ten minutes.
pub const PAIRING_US: i64 = 600 * 1_000_000;

/// Notes an invitation under its token, which is kept as a hash alone. The answer is when it ends.
pub fn invite(turn: &Turn<'_>, invitation: &Invitation, token: &str, now: i64) -> Result<i64, StoreError> {
    // What nobody used is of no use to anybody.
    turn.connection.execute("DELETE FROM pairing WHERE expires_us < ?1", params![now - PAIRING_US])?;
    let expires = now.saturating_add(PAIRING_US);
    turn.connection.execute(
        "INSERT INTO pairing (token_hash, partner_no, name, store, terminal_id, role, created_us, expires_us)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            hash(token),
            invitation.partner.0,
            &invitation.name,
            &invitation.store,
            invitation.terminal_id.as_ref(),
            invitation.role.name(),
            now,
            expires
        ],
    )?;
    Ok(expires)
}

/// The invitation of a token that is still good.
pub fn invitation(connection: &Connection, token: &str, now: i64) -> Result<Option<Invitation>, StoreError> {
    connection.query_opt(
        "SELECT partner_no, name, store, terminal_id, role FROM pairing
         WHERE token_hash = ?1 AND used_us IS NULL AND expires_us > ?2",
        params![hash(token), now],
        |row| {
            let of: String = row.get(4)?;
            Ok(Invitation {
                partner: PartnerId(row.get(0)?),
                name: row.get(1)?,
                store: row.get(2)?,
                terminal_id: row.get(3)?,
                role: role(&of)?,
            })
        },
    )
}

/// A device as it pairs.
#[derive(Clone, Debug)]
pub struct NewDevice {
    pub device_id: String,
    /// Ed25519, hexadecimal.
    pub public_key: String,
    pub invitation: Invitation,
}

/// Uses a token up and makes the device with its credential. False: somebody else was faster, or it has ended.
pub fn pair(
    turn: &mut Turn<'_>,
    token: &str,
    device: &NewDevice,
    credential: &Credential,
) -> Result<bool, StoreError> {
    let now = credential.created_us;
    let used = turn.connection.execute_counted(
        "UPDATE pairing SET used_us = ?2 WHERE token_hash = ?1 AND used_us IS NULL AND expires_us > ?2",
        params![hash(token), now],
    )?;
    if used == 0 {
        return Ok(false);
    }
    credentials::insert(turn, credential)?;
    let invitation = &device.invitation;
    turn.connection.execute(
        "INSERT INTO device (device_id, partner_no, client_id, name, store, terminal_id, role, public_key, paired_us)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            &device.device_id,
            invitation.partner.0,
            &credential.client_id,
            &invitation.name,
            &invitation.store,
            invitation.terminal_id.as_ref(),
            invitation.role.name(),
            &device.public_key,
            now
        ])?;
    changes::note(turn, ChangeKind::Device, Concerns::partner(invitation.partner), &device.device_id)?;
    Ok(true)
}

/// Ends a device's access: its credential is gone at once. False: the partner has no such device in use.
pub fn revoke(
    turn: &mut Turn<'_>,
    partner: PartnerId,
    device_id: &str,
    now: i64,
) -> Result<bool, StoreError> {
    let client: Option<String> = turn.connection.query_opt(
        "SELECT client_id FROM device WHERE partner_no = ?1 AND device_id = ?2 AND revoked_us IS NULL",
        params![partner.0, device_id],
        |row| row.get(0),
    )?;
    let Some(client_id) = client else {
        return Ok(false);
    };
    turn.connection
        .execute("UPDATE device SET revoked_us = ?2 WHERE device_id = ?1", params![device_id, now])?;
    credentials::delete(turn, Owner::Partner(partner), &client_id)?;
    turn.configuration_changed();
    changes::note(turn, ChangeKind::Device, Concerns::partner(partner), device_id)?;
    Ok(true)
}

/// What a device tells of itself.
#[derive(Clone, Debug)]
pub struct Heartbeat {
    pub version: String,
    /// Operations that wait to be sent.
    pub waiting: i64,
    pub oldest_waiting_us: Option<i64>,
    /// The device's clock less the server's.
    pub clock_offset_ms: i64,
}

/// Notes a sign of life.
pub fn heard(turn: &Turn<'_>, device_id: &str, heartbeat: &Heartbeat, now: i64) -> Result<(), StoreError> {
    turn.connection.execute(
        "UPDATE device SET last_seen_us = ?2, version = ?3, waiting = ?4, oldest_waiting_us = ?5, clock_offset_ms = ?6
         WHERE device_id = ?1",
        params![
            device_id,
            now,
            &heartbeat.version,
            heartbeat.waiting,
            heartbeat.oldest_waiting_us,
            heartbeat.clock_offset_ms
        ])?;
    Ok(())
}

/// A device with what was last heard of it.
#[derive(Clone, Debug)]
pub struct KnownDevice {
    pub device_id: String,
    pub name: String,
    pub store: String,
    pub terminal_id: Option<String>,
    pub role: StaffRole,
    pub public_key: String,
    pub paired_us: i64,
    pub revoked_us: Option<i64>,
    pub last_seen_us: Option<i64>,
    pub version: Option<String>,
    pub waiting: Option<i64>,
    pub oldest_waiting_us: Option<i64>,
    pub clock_offset_ms: Option<i64>,
}

/// The partner's devices, the newest first, revoked ones last.
pub fn list(connection: &Connection, partner: PartnerId) -> Result<Vec<KnownDevice>, StoreError> {
    connection.query(
        "SELECT device_id, name, store, terminal_id, role, public_key, paired_us, revoked_us, last_seen_us, version,
                waiting, oldest_waiting_us, clock_offset_ms
         FROM device WHERE partner_no = ?1
         ORDER BY CASE WHEN revoked_us IS NULL THEN 0 ELSE 1 END, paired_us DESC, device_id",
        params![partner.0],
        read,
    )
}

fn read(row: &Row<'_>) -> Result<KnownDevice, StoreError> {
    let of: String = row.get(4)?;
    Ok(KnownDevice {
        device_id: row.get(0)?,
        name: row.get(1)?,
        store: row.get(2)?,
        terminal_id: row.get(3)?,
        role: role(&of)?,
        public_key: row.get(5)?,
        paired_us: row.get(6)?,
        revoked_us: row.get(7)?,
        last_seen_us: row.get(8)?,
        version: row.get(9)?,
        waiting: row.get(10)?,
        oldest_waiting_us: row.get(11)?,
        clock_offset_ms: row.get(12)?,
    })
}

/// Devices that are not revoked, by the client id of their credentials.
pub(super) fn in_use(connection: &Connection) -> Result<BTreeMap<String, Arc<Device>>, StoreError> {
    let devices = connection.query(
        "SELECT client_id, device_id, role FROM device WHERE revoked_us IS NULL",
        params![],
        |row| {
            let of: String = row.get(2)?;
            Ok((row.get(0)?, Arc::new(Device { device_id: row.get(1)?, role: role(&of)? })))
        },
    )?;
    Ok(devices.into_iter().collect())
}

fn hash(token: &str) -> String {
    let digest = Sha256::digest(token.as_bytes());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
