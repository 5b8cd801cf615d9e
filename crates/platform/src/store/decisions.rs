//! What becomes of redemptions that a device confirmed offline and the platform refused: decided by a person, booked
//! by the ledger, told to every device.

use fanpass::FanPointsId;
use ledger::{
    FanPoints, Item, Money, Operation, OperationKind, Outcome, PartnerId, Refusal, State as _, StateMut as _,
    Tender,
};

use super::books::Books;
use super::changes::{self, ChangeKind, Concerns};
use super::purchases::{PURCHASE_IDS, addressee, milliseconds, op_id, post};
use super::sql::params;
use super::{Connection, ProgramNo, Row, StoreError, Turn};

/// A decision to be booked.
#[derive(Clone, Debug)]
pub struct DecisionOrder {
    pub partner: PartnerId,
    pub programs: Vec<ProgramNo>,
    pub user: String,
    /// The id under which the redemption was refused.
    pub purchase_id: String,
    pub points: FanPoints,
    pub outcome: Outcome,
    pub note: String,
    pub decided_by: String,
}

/// A decision as it was booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    pub purchase_id: String,
    pub user: FanPointsId,
    pub outcome: String,
    pub points: FanPoints,
    pub note: String,
    pub decided_us: i64,
    pub decided_by: String,
}

const fn name(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::CollectLater => "collect_later",
        Outcome::Forgive => "forgive",
        Outcome::Void => "void",
    }
}

/// Books a decision, once.
pub fn decide(turn: &mut Turn<'_>, order: &DecisionOrder) -> Result<Result<Decided, Refusal>, StoreError> {
    let Some((fan, partnership)) = addressee(turn, order.partner, &order.programs, &order.user)? else {
        return Ok(Err(Refusal::UnknownFan));
    };
    let date_us = turn.next_date();
    let refused = op_id(order.partner, PURCHASE_IDS, &order.purchase_id);
    let mut books = Books::new(turn, partnership.program.no, date_us);
    if books.recorded(refused)?.is_none() {
        // Refused for another reason than too few points, or never sent: from now on this id can not be booked.
        let items = vec![Item { price: Money::new(order.points.0, ledger::Currency::Fp), rate_label: None }];
        let unsent = Operation {
            id: refused,
            partner: order.partner,
            fan: fan.no,
            at: milliseconds(date_us),
            kind: OperationKind::Redeem { items, tender: Tender::Whole, reservation: None },
        };
        books.burn(&unsent, Refusal::TooFewPoints)?;
    }
    let operation = Operation {
        id: op_id(order.partner, "resolve", &order.purchase_id),
        partner: order.partner,
        fan: fan.no,
        at: milliseconds(date_us),
        kind: OperationKind::Resolve { refused, points: order.points, outcome: order.outcome },
    };
    if let Err(refusal) = post(turn, &operation, &partnership, date_us)? {
        return Ok(Err(refusal));
    }
    turn.connection.execute(
        "INSERT INTO review_decision (partner_no, purchase_id, fan_no, program_no, decision, points, note, decided_us,
                                      decided_by)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            order.partner.0,
            order.purchase_id,
            fan.no.0.cast_signed(),
            fan.program.0,
            name(order.outcome),
            order.points.0,
            order.note,
            date_us,
            order.decided_by
        ],
    )?;
    let concerns = Concerns { partner: Some(order.partner), ..Concerns::fan(fan.program, fan.no) };
    let outcome = name(order.outcome);
    changes::note_at(turn, date_us, ChangeKind::Decision, concerns, &order.purchase_id, Some(outcome))?;
    Ok(Ok(Decided {
        purchase_id: order.purchase_id.clone(),
        user: fan.id,
        outcome: outcome.to_owned(),
        points: order.points,
        note: order.note.clone(),
        decided_us: date_us,
        decided_by: order.decided_by.clone(),
    }))
}

/// A partner's decisions, newest first.
pub fn list(
    connection: &Connection,
    partner: PartnerId,
    earlier_than: Option<i64>,
    limit: u32,
) -> Result<Vec<Decided>, StoreError> {
    connection.query(
        "SELECT d.purchase_id, f.fan_points_id, d.decision, d.points, d.note, d.decided_us, d.decided_by
         FROM review_decision d JOIN fan f ON f.no = d.fan_no
         WHERE d.partner_no = ?1 AND d.decided_us < ?2 ORDER BY d.decided_us DESC LIMIT ?3",
        params![partner.0, earlier_than.unwrap_or(i64::MAX), limit],
        read,
    )
}

fn read(row: &Row<'_>) -> Result<Decided, StoreError> {
    Ok(Decided {
        purchase_id: row.get(0)?,
        user: super::reading::fan_points_id(row.get(1)?)?,
        outcome: row.get(2)?,
        points: FanPoints(row.get(3)?),
        note: row.get(4)?,
        decided_us: row.get(5)?,
        decided_by: row.get(6)?,
    })
}
