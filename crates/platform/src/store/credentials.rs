//! Client ids and their hashed secrets.

use super::catalogue::{Credential, Owner};
use super::sql::params;
use super::{StoreError, Turn};

/// Stores a new credential; its client id is used from the commit on.
pub fn insert(turn: &mut Turn<'_>, credential: &Credential) -> Result<(), StoreError> {
    let (owner, no) = match credential.owner {
        Owner::Partner(no) => ("partner", no.0),
        Owner::Program(no) => ("program", no.0),
    };
    turn.connection.execute(
        "INSERT INTO credential (client_id, owner, owner_no, name, secret_hash, created_us, expires_us)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            credential.client_id,
            owner,
            no,
            credential.name,
            credential.secret_hash,
            credential.created_us,
            credential.expires_us
        ],
    )?;
    turn.configuration_changed();
    Ok(())
}

/// Deletes a credential of this owner; tells whether there was one. Its tokens are refused from the commit on.
pub fn delete(turn: &mut Turn<'_>, owner: Owner, client_id: &str) -> Result<bool, StoreError> {
    let known = turn.catalogue.credentials.get(client_id).is_some_and(|known| known.owner == owner);
    if known {
        turn.connection.execute("DELETE FROM credential WHERE client_id = ?1", params![client_id])?;
        turn.configuration_changed();
    }
    Ok(known)
}
