//! `decide(operation, rules, state, now)`: a flat ladder of guards, then the postings.

mod correction;
mod draft;
mod hold;
mod purchase;

use crate::{
    Entry, FanPoints, FanState, Lot, Module, OpId, Operation, OperationKind, PartnerId, PartnerRules,
    Recorded, RecordedOutcome, Refusal, Rules, State, StateMut, Timestamp,
    mutant::{guard, skipped},
};
use draft::Draft;

/// What the ledger says to an operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Accepted: to be posted.
    Post(Posted),
    /// The same operation was posted before: the same receipt, no new effect.
    AlreadyDone(Entry),
    /// Refused.
    Refuse(Refusal),
}

/// An accepted operation and every change to the books that goes with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// The journal entry.
    pub entry: Entry,
    /// [`Operation::digest`].
    pub digest: [u8; 32],
    /// Items (by index) of `entry.corrects` that are reversed now.
    pub reversed_items: Vec<u16>,
    /// Points given out at the limited rate of a label, to be added to what was given before. An undo does not take
    /// them back: what is used up stays used up.
    pub limited: Vec<(PartnerId, Option<String>, FanPoints)>,
    /// Lots of the fan as they stand afterwards, those that changed only; spent ones with nothing left.
    pub lots: Vec<Lot>,
    /// A reservation made or ended.
    pub reservation: Option<ReservationChange>,
}

/// What happens to a reservation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReservationChange {
    /// Points are set aside.
    Made {
        /// The operation that makes it.
        id: OpId,
        /// How many points.
        points: FanPoints,
        /// The first moment at which they are free again.
        until: Timestamp,
    },
    /// They are free again, or spent by the same operation.
    Ended {
        /// The operation that made it.
        id: OpId,
        /// How many points it held.
        points: FanPoints,
    },
}

/// Decides without changing anything.
///
/// # Errors
/// Only where the state can not be read. A refusal is an answer, not an error.
pub fn decide<S: State>(
    operation: &Operation,
    rules: &Rules,
    state: &S,
    now: Timestamp,
) -> Result<Decision, S::Error> {
    if let Some(recorded) = state.recorded(operation.id)?
        && let Some(decision) = seen_before(&operation.digest(), recorded)
    {
        return Ok(decision);
    }
    let case = Case { operation, rules, state, now };
    match case.climb() {
        Ok(mut posted) => {
            posted.digest = operation.digest();
            debug_assert!(posted.entry.is_balanced(), "postings that do not sum to zero");
            debug_assert_eq!(posted.entry.op, operation.id);
            Ok(Decision::Post(posted))
        }
        Err(Stop::Refuse(refusal)) => Ok(Decision::Refuse(refusal)),
        Err(Stop::Fault(fault)) => Err(fault),
    }
}

/// Decides and writes what was decided: the entry, or that the id is burned. To be called within one transaction of
/// the state.
///
/// # Errors
/// Where the state can not be read or written. A refusal is an answer, not an error.
pub fn execute<S: StateMut>(
    operation: &Operation,
    rules: &Rules,
    state: &mut S,
    now: Timestamp,
) -> Result<Decision, S::Error> {
    let decision = decide(operation, rules, state, now)?;
    match &decision {
        Decision::Post(posted) => state.post(operation, posted)?,
        Decision::Refuse(Refusal::TooFewPoints) if !skipped("too-few-burns") => {
            state.burn(operation, Refusal::TooFewPoints)?;
        }
        Decision::AlreadyDone(_) | Decision::Refuse(_) => {}
    }
    Ok(decision)
}

/// The answer to an id that the books know.
fn seen_before(digest: &[u8; 32], recorded: Recorded) -> Option<Decision> {
    if recorded.digest != *digest && !skipped("id-conflict") {
        return Some(Decision::Refuse(Refusal::IdConflict));
    }
    match recorded.outcome {
        RecordedOutcome::Posted { entry, .. } => Some(Decision::AlreadyDone(entry)),
        RecordedOutcome::Burned | RecordedOutcome::Resolved if skipped("id-burned") => None,
        RecordedOutcome::Burned | RecordedOutcome::Resolved => Some(Decision::Refuse(Refusal::IdBurned)),
    }
}

/// Why a ladder ends before its top.
enum Stop<E> {
    Refuse(Refusal),
    Fault(E),
}

impl<E> From<Refusal> for Stop<E> {
    fn from(refusal: Refusal) -> Self {
        Self::Refuse(refusal)
    }
}

type Step<T, S> = Result<T, Stop<<S as State>::Error>>;

/// One operation and all that it is decided against.
struct Case<'a, S> {
    operation: &'a Operation,
    rules: &'a Rules,
    state: &'a S,
    now: Timestamp,
}

impl<S: State> Case<'_, S> {
    fn climb(&self) -> Step<Posted, S> {
        match &self.operation.kind {
            OperationKind::Distribute { items } => self.distribute(items),
            OperationKind::Redeem { items, tender, reservation } => self.redeem(items, *tender, *reservation),
            OperationKind::Award { action } => self.award(action),
            OperationKind::Reserve { points, until } => self.reserve(*points, *until),
            OperationKind::Release { reservation } => self.release(*reservation),
            OperationKind::Reverse { of, scope } => self.reverse(*of, *scope),
            OperationKind::Adjust { amount, reason } => self.adjust(*amount, reason),
            OperationKind::Expire => self.expire(),
            OperationKind::Resolve { refused, points, outcome } => self.resolve(*refused, *points, *outcome),
        }
    }

    /// The rungs that stand before every other: module, partner, fan.
    fn enter(&self, module: Option<Module>) -> Step<(&PartnerRules, FanState), S> {
        let modules = self.rules.modules;
        guard!(
            "fan-points-module",
            module == Some(Module::FanPoints) && !modules.fan_points,
            Refusal::FanPointsModuleOff
        );
        guard!(
            "status-points-module",
            module == Some(Module::StatusPoints) && !modules.status_points,
            Refusal::StatusPointsModuleOff
        );
        let partner = self.rules.partners.get(&self.operation.partner);
        let partner = if skipped("unknown-partner") {
            partner.or_else(|| self.rules.partners.values().next())
        } else {
            partner
        };
        let partner = partner.ok_or(Refusal::UnknownPartner)?;
        let fan = self.state.fan(self.operation.fan, self.now).map_err(Stop::Fault)?;
        let fan = fan.ok_or(Refusal::UnknownFan)?;
        debug_assert!(fan.wallet >= FanPoints::ZERO, "a wallet below zero");
        Ok((partner, fan))
    }

    fn draft(&self, fan: FanState) -> Draft {
        Draft::new(self.operation, fan, self.now)
    }

    /// The points of a reservation of this fan and partner that has not ended.
    fn hold(&self, id: OpId) -> Step<FanPoints, S> {
        let held = self.state.reservation(id).map_err(Stop::Fault)?;
        let (fan, points, until) = held.ok_or(Refusal::UnknownReservation)?;
        let made = self.state.recorded(id).map_err(Stop::Fault)?;
        let ours = matches!(
            made,
            Some(Recorded { outcome: RecordedOutcome::Posted { operation, .. }, .. })
                if operation.partner == self.operation.partner
        );
        guard!("hold-of-other-fan", fan != self.operation.fan, Refusal::UnknownReservation);
        guard!("hold-of-other-partner", !ours, Refusal::UnknownReservation);
        guard!("hold-lapses", until <= self.now, Refusal::ReservationExpired);
        Ok(points)
    }
}
