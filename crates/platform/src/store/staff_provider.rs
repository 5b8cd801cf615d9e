//! The OpenID Connect provider of a partner's people, and who of them is who there.
//!
//! A subject means somebody at one issuer alone: another issuer, or none, unlinks everybody.

use ledger::PartnerId;

use super::changes::{self, ChangeKind, Concerns};
use super::sql::params;
use super::staff::{self, StaffRole};
use super::{Connection, StoreError, Turn};

/// What the change feed calls it.
const PROVIDER: &str = "provider";

/// What an app needs to know to send people there. All of it is public.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StaffProvider {
    pub issuer: String,
    pub client_id: String,
    pub scopes: Vec<String>,
    pub redirect_uri: Option<String>,
    pub ask_consent: bool,
}

pub fn find(connection: &Connection, partner: PartnerId) -> Result<Option<StaffProvider>, StoreError> {
    connection.query_opt(
        "SELECT issuer, client_id, scopes, redirect_uri, ask_consent FROM staff_provider WHERE partner_no = ?1",
        params![partner.0],
        |row| {
            let scopes: String = row.get(2)?;
            Ok(StaffProvider {
                issuer: row.get(0)?,
                client_id: row.get(1)?,
                scopes: scopes.split_whitespace().map(str::to_owned).collect(),
                redirect_uri: row.get(3)?,
                ask_consent: row.get(4)?,
            })
        },
    )
}

/// Sets the provider.
pub fn set(turn: &mut Turn<'_>, partner: PartnerId, provider: &StaffProvider) -> Result<(), StoreError> {
    let known = find(turn.connection, partner)?;
    if known.is_none_or(|known| known.issuer != provider.issuer) {
        unlink_all(turn, partner)?;
    }
    turn.connection.execute_counted(
        "INSERT INTO staff_provider (partner_no, issuer, client_id, scopes, redirect_uri, ask_consent)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (partner_no) DO UPDATE SET issuer = excluded.issuer, client_id = excluded.client_id,
             scopes = excluded.scopes, redirect_uri = excluded.redirect_uri, ask_consent = excluded.ask_consent",
        params![
            partner.0,
            &provider.issuer,
            &provider.client_id,
            provider.scopes.join(" "),
            provider.redirect_uri.as_ref(),
            provider.ask_consent
        ],
    )?;
    changes::note(turn, ChangeKind::Staff, Concerns::partner(partner), PROVIDER)?;
    Ok(())
}

/// Takes the provider away. False: there is none.
pub fn remove(turn: &mut Turn<'_>, partner: PartnerId) -> Result<bool, StoreError> {
    let gone = turn
        .connection
        .execute_counted("DELETE FROM staff_provider WHERE partner_no = ?1", params![partner.0])?;
    if gone > 0 {
        unlink_all(turn, partner)?;
        changes::note(turn, ChangeKind::Staff, Concerns::partner(partner), PROVIDER)?;
    }
    Ok(gone > 0)
}

/// Notes who somebody is at the provider. `highest`: of nobody above this role. False: the partner has another provider,
/// there is nobody of this id up to that role, they are somebody else there already, or somebody else is this subject.
pub fn link(
    turn: &mut Turn<'_>,
    partner: PartnerId,
    staff_id: &str,
    issuer: &str,
    subject: &str,
    highest: StaffRole,
) -> Result<bool, StoreError> {
    let is_current = find(turn.connection, partner)?.is_some_and(|known| known.issuer == issuer);
    let person = staff::find(turn.connection, partner, staff_id)?.filter(|person| person.role <= highest);
    let is_free = person.is_some_and(|person| person.oidc_subject.is_none_or(|known| known == subject));
    if !is_current || !is_free {
        return Ok(false);
    }
    let change = staff::PersonChange { oidc_subject: Some(subject.to_owned()), ..Default::default() };
    staff::change(turn, partner, staff_id, &change)
}

fn unlink_all(turn: &mut Turn<'_>, partner: PartnerId) -> Result<(), StoreError> {
    let date_us = turn.next_date();
    turn.connection.execute_counted(
        "UPDATE staff SET oidc_subject = NULL, changed_us = ?2 WHERE partner_no = ?1 AND oidc_subject IS NOT NULL",
        params![partner.0, date_us],
    )?;
    Ok(())
}
