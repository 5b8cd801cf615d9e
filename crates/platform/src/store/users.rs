//! Changing fans: the program's own id, the mail address, what they agree to.

use super::changes::{self, ChangeKind, Concerns};
use super::fans::{self, Fan};
use super::sql::params;
use super::{ProgramNo, StoreError, Turn};

/// How a new external id was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IdChange {
    Done,
    UnknownUser,
    /// Another user of the program has it.
    Taken,
}

/// Gives a user another id of the program's own.
pub fn change_external_id(
    turn: &mut Turn<'_>,
    program: ProgramNo,
    user: &str,
    new_id: &str,
) -> Result<IdChange, StoreError> {
    let Some(fan) = fans::find(turn.connection, &[program], user)? else {
        return Ok(IdChange::UnknownUser);
    };
    let holder = fans::by_external_id(turn.connection, program, new_id)?;
    if holder.is_some_and(|holder| holder.no != fan.no) {
        return Ok(IdChange::Taken);
    }
    turn.connection.execute(
        "UPDATE fan SET external_user_id = ?2 WHERE no = ?1",
        params![fan.no.0.cast_signed(), new_id],
    )?;
    tell(turn, &fan)?;
    Ok(IdChange::Done)
}

/// Gives a user another mail address. False: the program has no such user.
pub fn change_mail_address(
    turn: &mut Turn<'_>,
    program: ProgramNo,
    user: &str,
    mail_address: &str,
) -> Result<bool, StoreError> {
    let Some(fan) = fans::find(turn.connection, &[program], user)? else {
        return Ok(false);
    };
    turn.connection.execute(
        "UPDATE fan SET mail_address = ?2 WHERE no = ?1",
        params![fan.no.0.cast_signed(), mail_address],
    )?;
    Ok(true)
}

/// Notes whether partners may tell what a fan does. False: the program has no such user.
pub fn set_consent(
    turn: &mut Turn<'_>,
    program: ProgramNo,
    user: &str,
    consent: bool,
) -> Result<bool, StoreError> {
    let Some(fan) = fans::find(turn.connection, &[program], user)? else {
        return Ok(false);
    };
    if fan.consent != consent {
        turn.connection.execute(
            "UPDATE fan SET engagement_consent = ?2 WHERE no = ?1",
            params![fan.no.0.cast_signed(), i64::from(consent)],
        )?;
        tell(turn, &fan)?;
    }
    Ok(true)
}

fn tell(turn: &mut Turn<'_>, fan: &Fan) -> Result<(), StoreError> {
    changes::note(turn, ChangeKind::Fan, Concerns::fan(fan.program, fan.no), &fan.id.to_string()).map(|_| ())
}
