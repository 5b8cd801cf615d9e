//! What becomes of a redemption that was confirmed here and refused by the platform, the goods being gone.

use ledger::{
    Decision, FanId, FanPoints, OpId, Operation, OperationKind as Asked, Outcome, Refusal, Timestamp, execute,
};
use rusqlite::Connection as Db;
use uuid::Uuid;

use crate::audit::{self, Entry};
use crate::books::Books;
use crate::decision::Program;
use crate::{Decline, OperationKind, OperationState, ProgramConfig, StoreError, facts, load};

/// Books who bears the refused redemption `refused`, under the new id `id`. The same again is done already.
pub(crate) fn resolve(
    db: &Db,
    refused: Uuid,
    id: Uuid,
    outcome: Outcome,
    now: Timestamp,
    program: Option<&Program>,
) -> Result<Result<(), Decline>, StoreError> {
    let Some(program) = program else { return Ok(Err(Decline::NotConfigured)) };
    let seq = load::seq_of(db, refused)?.ok_or(StoreError::UnknownOperation)?;
    let row = load::load(db, seq)?;
    if row.kind != OperationKind::Redeem || row.state != OperationState::Refused {
        return Ok(Err(Decline::Rules(Refusal::NotReversible)));
    }
    let (fan, _) = load::fan_of(db, seq)?.ok_or(StoreError::UnknownOperation)?;
    let at = facts::steady(db, now)?;
    let points = FanPoints(row.fan_points.0.saturating_neg());
    let operation = Operation {
        id: OpId(id.into_bytes()),
        partner: ProgramConfig::PARTNER,
        fan: FanId(fan.cast_unsigned()),
        at,
        kind: Asked::Resolve { refused: OpId(refused.into_bytes()), points, outcome },
    };
    let mut books = Books { db, rates_as_of: program.config.fetched_at };
    match execute(&operation, &program.rules, &mut books, at)? {
        Decision::Post(_) => {
            let name = match outcome {
                Outcome::CollectLater => "collect later",
                Outcome::Forgive => "forgive",
                Outcome::Void => "void",
            };
            let what = format!("refused redemption {refused}: {name}");
            audit::append(db, &Entry::Noted { what, at: now })?;
            Ok(Ok(()))
        }
        Decision::AlreadyDone(_) => Ok(Ok(())),
        Decision::Refuse(refusal) => Ok(Err(Decline::Rules(refusal))),
    }
}
