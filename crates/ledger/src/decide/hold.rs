//! Points set aside, set free, and points that are due to expire.

use super::{Case, Step, Stop};
use crate::{
    FanAccount, FanPoints, Module, OpId, Posted, Refusal, ReservationChange, State, Timestamp,
    lots::LotBook,
    mutant::{guard, skipped},
    state::spendable,
};

impl<S: State> Case<'_, S> {
    pub(super) fn reserve(&self, points: FanPoints, until: Timestamp) -> Step<Posted, S> {
        let (_, fan) = self.enter(Some(Module::FanPoints))?;
        guard!("reserve-above-zero", points <= FanPoints::ZERO, Refusal::InvalidAmount);
        guard!("reserve-ends-later", until <= self.now, Refusal::ReservationExpired);
        guard!("reserve-within-balance", points > spendable(&fan, FanPoints::ZERO), Refusal::TooFewPoints);
        let mut draft = self.draft(fan);
        let id = self.operation.id;
        draft.posted.reservation = Some(ReservationChange::Made { id, points, until });
        Ok(draft.posted)
    }

    pub(super) fn release(&self, id: OpId) -> Step<Posted, S> {
        let (_, fan) = self.enter(Some(Module::FanPoints))?;
        let points = self.hold(id)?;
        let mut draft = self.draft(fan);
        draft.posted.reservation = Some(ReservationChange::Ended { id, points });
        Ok(draft.posted)
    }

    pub(super) fn expire(&self) -> Step<Posted, S> {
        let (_, fan) = self.enter(Some(Module::FanPoints))?;
        let mut draft = self.draft(fan);
        if self.rules.lot_lifetime.is_none() {
            return Ok(draft.posted);
        }
        let mut lots = LotBook::new(self.state.lots(self.operation.fan).map_err(Stop::Fault)?);
        let due =
            if skipped("expire-not-early") { self.operation.at } else { self.operation.at.min(self.now) };
        let free =
            if skipped("expire-spares-reserved") { fan.wallet } else { spendable(&fan, FanPoints::ZERO) };
        let shares = lots.take_due(free.max(FanPoints::ZERO), due);
        draft.take_shares(shares, FanAccount::Expired)?;
        draft.posted.lots = lots.changed();
        Ok(draft.posted)
    }

    /// When points that are given now are due; None where points do not expire.
    pub(super) fn due(&self) -> Result<Option<Timestamp>, Refusal> {
        match self.rules.lot_lifetime {
            Some(lifetime) => self.now.checked_add(lifetime).map(Some).ok_or(Refusal::Overflow),
            None => Ok(None),
        }
    }
}
