//! Status Points for actions: awarding and undoing.

use ledger::{Operation, OperationKind, PartnerId, Refusal, Scope, StatusAccount};

use super::fans::Fan;
use super::purchases::{addressee, milliseconds, op_id, post};
use super::reading::{Award, award_by_op};
use super::sql::params;
use super::{ProgramNo, StoreError, Turn};

/// An award to be booked.
#[derive(Clone, Debug)]
pub struct AwardOrder {
    pub partner: PartnerId,
    pub programs: Vec<ProgramNo>,
    pub user: String,
    pub action_id: String,
    pub action_category: String,
    pub title: String,
    pub description: String,
}

/// An undo of an award.
#[derive(Clone, Debug)]
pub struct UndoAwardOrder {
    pub partner: PartnerId,
    pub programs: Vec<ProgramNo>,
    pub user: String,
    pub action_id: String,
}

const ACTION_IDS: &str = "action";

/// Books an award.
pub fn book(turn: &mut Turn<'_>, order: &AwardOrder) -> Result<Result<Award, Refusal>, StoreError> {
    let Some((fan, partnership)) = addressee(turn, order.partner, &order.programs, &order.user)? else {
        return Ok(Err(Refusal::UnknownFan));
    };
    let date_us = turn.next_date();
    let operation = Operation {
        id: op_id(order.partner, ACTION_IDS, &order.action_id),
        partner: order.partner,
        fan: fan.no,
        at: milliseconds(date_us),
        kind: OperationKind::Award { action: order.action_category.clone() },
    };
    let entry = match post(turn, &operation, &partnership, date_us)? {
        Ok(entry) => entry,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let awarded =
        entry.status_postings.iter().filter(|posting| posting.account == StatusAccount::Standing(fan.no));
    let award = Award {
        date_us,
        action_id: order.action_id.clone(),
        action_category: order.action_category.clone(),
        title: order.title.clone(),
        description: order.description.clone(),
        amount: awarded.map(|posting| posting.amount.0).sum(),
        partner: order.partner,
        user: fan.id,
    };
    insert(turn, &award, &fan)?;
    Ok(Ok(award))
}

/// Takes an award back: a new transaction with the opposite amount.
pub fn undo(turn: &mut Turn<'_>, order: &UndoAwardOrder) -> Result<Result<Award, Refusal>, StoreError> {
    let Some((fan, partnership)) = addressee(turn, order.partner, &order.programs, &order.user)? else {
        return Ok(Err(Refusal::UnknownFan));
    };
    let original = op_id(order.partner, ACTION_IDS, &order.action_id);
    let Some(award) = award_by_op(turn.connection, original)?.filter(|award| award.user == fan.id) else {
        return Ok(Err(Refusal::UnknownOperation));
    };
    let date_us = turn.next_date();
    let operation = Operation {
        id: op_id(order.partner, "undo", &format!("{original:?}")),
        partner: order.partner,
        fan: fan.no,
        at: milliseconds(date_us),
        kind: OperationKind::Reverse { of: original, scope: Scope::Whole },
    };
    if let Err(refusal) = post(turn, &operation, &partnership, date_us)? {
        return Ok(Err(refusal));
    }
    let undone = Award { date_us, amount: -award.amount, ..award };
    insert(turn, &undone, &fan)?;
    Ok(Ok(undone))
}

fn insert(turn: &Turn<'_>, award: &Award, fan: &Fan) -> Result<(), StoreError> {
    turn.connection.execute(
        "INSERT INTO award (date_us, action_id, action_category, title, description, amount, partner_no,
                                program_no, fan_no)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            award.date_us,
            award.action_id,
            award.action_category,
            award.title,
            award.description,
            award.amount,
            award.partner.0,
            fan.program.0,
            fan.no.0.cast_signed()
        ],
    )
}
