//! Payment terminals: registered by a partner or a program, linked to a partner.

use super::catalogue::Owner;
use super::sql::params;
use super::{Connection, ProgramNo, Row, StoreError, Turn};
use ledger::PartnerId;

/// A terminal as it was last registered.
#[derive(Clone, Debug)]
pub struct Terminal {
    pub terminal_id: String,
    pub merchant_country: String,
    pub merchant_location: String,
    pub merchant_name: String,
    pub last_transaction_us: Option<i64>,
}

/// Registers a terminal for this owner, or brings its particulars up to date.
pub fn register(turn: &Turn<'_>, owner: Owner, terminal: &Terminal) -> Result<(), StoreError> {
    let (kind, no) = owner_columns(owner);
    turn.connection.execute(
        "INSERT INTO terminal (owner, owner_no, terminal_id, merchant_country, merchant_location, merchant_name,
                               last_transaction_us)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
         ON CONFLICT (owner, owner_no, terminal_id) DO UPDATE
         SET merchant_country = excluded.merchant_country, merchant_location = excluded.merchant_location,
             merchant_name = excluded.merchant_name,
             last_transaction_us = coalesce(excluded.last_transaction_us, terminal.last_transaction_us)",
        params![
            kind,
            no,
            &terminal.terminal_id,
            &terminal.merchant_country,
            &terminal.merchant_location,
            &terminal.merchant_name,
            terminal.last_transaction_us
        ])?;
    Ok(())
}

/// Links a terminal that the partner or one of its programs registered. False: there is none, or it is another's.
pub fn link(
    turn: &Turn<'_>,
    partner: PartnerId,
    programs: &[ProgramNo],
    terminal_id: &str,
) -> Result<bool, StoreError> {
    let owners = std::iter::once(Owner::Partner(partner)).chain(programs.iter().copied().map(Owner::Program));
    for owner in owners {
        let (kind, no) = owner_columns(owner);
        let linked = turn.connection.execute_counted(
            "UPDATE terminal SET partner_no = ?4
             WHERE owner = ?1 AND owner_no = ?2 AND terminal_id = ?3 AND (partner_no IS NULL OR partner_no = ?4)",
            params![kind, no, terminal_id, partner.0])?;
        if linked > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Ends the link of a terminal to the partner; tells whether there was one.
pub fn unlink(turn: &Turn<'_>, partner: PartnerId, terminal_id: &str) -> Result<bool, StoreError> {
    let unlinked = turn.connection.execute_counted(
        "UPDATE terminal SET partner_no = NULL WHERE partner_no = ?1 AND terminal_id = ?2",
        params![partner.0, terminal_id],
    )?;
    Ok(unlinked > 0)
}

/// The terminals that are linked to one of these partners.
pub fn linked(
    connection: &Connection,
    partners: &[PartnerId],
) -> Result<Vec<(PartnerId, Terminal)>, StoreError> {
    let mut all = Vec::new();
    for partner in partners {
        let terminals = connection.query(
            "SELECT terminal_id, merchant_country, merchant_location, merchant_name, last_transaction_us
             FROM terminal WHERE partner_no = ?1 ORDER BY terminal_id, owner, owner_no",
            params![partner.0],
            read,
        )?;
        all.extend(terminals.into_iter().map(|terminal| (*partner, terminal)));
    }
    Ok(all)
}

fn read(row: &Row<'_>) -> Result<Terminal, StoreError> {
    Ok(Terminal {
        terminal_id: row.get(0)?,
        merchant_country: row.get(1)?,
        merchant_location: row.get(2)?,
        merchant_name: row.get(3)?,
        last_transaction_us: row.get(4)?,
    })
}

fn owner_columns(owner: Owner) -> (&'static str, u32) {
    match owner {
        Owner::Partner(no) => ("partner", no.0),
        Owner::Program(no) => ("program", no.0),
    }
}
