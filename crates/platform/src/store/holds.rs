//! Reservations as the API tells them: points set aside under an id of the caller's, released, or redeemed.

use fanpass::FanPointsId;
use ledger::{FanPoints, OpId, Operation, OperationKind, PartnerId, Refusal, Timestamp};

use super::changes::{self, ChangeKind, Concerns};
use super::purchases::{addressee, milliseconds, op_id, post};
use super::sql::params;
use super::{Connection, ProgramNo, StoreError, Turn};

/// Points to be set aside.
#[derive(Clone, Debug)]
pub struct HoldOrder {
    pub partner: PartnerId,
    pub programs: Vec<ProgramNo>,
    pub user: String,
    pub reservation_id: String,
    pub points: FanPoints,
    /// How long they are set aside, in microseconds.
    pub lasts_us: i64,
}

/// A reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    pub reservation_id: String,
    pub user: FanPointsId,
    pub points: FanPoints,
    pub until_us: i64,
    /// None while it holds; `released` or `redeemed`.
    pub ended: Option<String>,
}

const HOLD_IDS: &str = "reservation";

/// The ledger's id of a reservation.
pub fn hold_op(partner: PartnerId, reservation_id: &str) -> OpId {
    op_id(partner, HOLD_IDS, reservation_id)
}

/// Sets points aside.
pub fn reserve(turn: &mut Turn<'_>, order: &HoldOrder) -> Result<Result<Hold, Refusal>, StoreError> {
    let Some((fan, partnership)) = addressee(turn, order.partner, &order.programs, &order.user)? else {
        return Ok(Err(Refusal::UnknownFan));
    };
    let date_us = turn.next_date();
    let until_us = date_us.saturating_add(order.lasts_us);
    let until = Timestamp(milliseconds(until_us).0);
    let operation = Operation {
        id: hold_op(order.partner, &order.reservation_id),
        partner: order.partner,
        fan: fan.no,
        at: milliseconds(date_us),
        kind: OperationKind::Reserve { points: order.points, until },
    };
    if let Err(refusal) = post(turn, &operation, &partnership, date_us)? {
        return Ok(Err(refusal));
    }
    turn.connection.execute(
        "INSERT INTO hold (partner_no, reservation_id, fan_no, program_no, points, until_us, made_us)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            order.partner.0,
            order.reservation_id,
            fan.no.0.cast_signed(),
            fan.program.0,
            order.points.0,
            until_us,
            date_us
        ],
    )?;
    let concerns = Concerns { partner: Some(order.partner), ..Concerns::fan(fan.program, fan.no) };
    changes::note_at(turn, date_us, ChangeKind::Hold, concerns, &order.reservation_id, Some("made"))?;
    Ok(Ok(Hold {
        reservation_id: order.reservation_id.clone(),
        user: fan.id,
        points: order.points,
        until_us,
        ended: None,
    }))
}

/// Sets reserved points free again.
pub fn release(
    turn: &mut Turn<'_>,
    partner: PartnerId,
    programs: &[ProgramNo],
    user: &str,
    reservation_id: &str,
) -> Result<Result<Hold, Refusal>, StoreError> {
    let Some((fan, partnership)) = addressee(turn, partner, programs, user)? else {
        return Ok(Err(Refusal::UnknownFan));
    };
    let date_us = turn.next_date();
    let reservation = hold_op(partner, reservation_id);
    let operation = Operation {
        id: op_id(partner, "release", reservation_id),
        partner,
        fan: fan.no,
        at: milliseconds(date_us),
        kind: OperationKind::Release { reservation },
    };
    if let Err(refusal) = post(turn, &operation, &partnership, date_us)? {
        return Ok(Err(refusal));
    }
    end(turn, partner, reservation_id, "released")?;
    let concerns = Concerns { partner: Some(partner), ..Concerns::fan(fan.program, fan.no) };
    changes::note_at(turn, date_us, ChangeKind::Hold, concerns, reservation_id, Some("released"))?;
    let hold = find(turn.connection, partner, reservation_id)?;
    hold.map(Ok).ok_or_else(|| StoreError::Corrupt("a reservation that nobody made".to_owned()))
}

/// Notes how a reservation ended.
pub(super) fn end(
    turn: &Turn<'_>,
    partner: PartnerId,
    reservation_id: &str,
    how: &str,
) -> Result<(), StoreError> {
    turn.connection.execute(
        "UPDATE hold SET ended = ?3 WHERE partner_no = ?1 AND reservation_id = ?2",
        params![partner.0, reservation_id, how],
    )
}

/// A partner's reservation.
pub fn find(
    connection: &Connection,
    partner: PartnerId,
    reservation_id: &str,
) -> Result<Option<Hold>, StoreError> {
    connection.query_opt(
        "SELECT h.reservation_id, f.fan_points_id, h.points, h.until_us, h.ended
         FROM hold h JOIN fan f ON f.no = h.fan_no WHERE h.partner_no = ?1 AND h.reservation_id = ?2",
        params![partner.0, reservation_id],
        |row| {
            Ok(Hold {
                reservation_id: row.get(0)?,
                user: super::reading::fan_points_id(row.get(1)?)?,
                points: FanPoints(row.get(2)?),
                until_us: row.get(3)?,
                ended: row.get(4)?,
            })
        },
    )
}
