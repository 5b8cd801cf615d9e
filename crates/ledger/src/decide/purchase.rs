//! Distributions, redemptions and awards.

use super::{Case, Step, Stop};
use crate::{
    FanAccount, FanPoints, Item, Module, OpId, Posted, Refusal, ReservationChange, State, StatusPoints,
    Tender, lots::LotBook, mutant::guard, quote::split, state::spendable,
};

impl<S: State> Case<'_, S> {
    pub(super) fn distribute(&self, items: &[Item]) -> Step<Posted, S> {
        let (partner, fan) = self.enter(Some(Module::FanPoints))?;
        let partner_id = self.operation.partner;
        let earned = self
            .rules
            .earn(partner, items, |label| self.state.limited_given(partner_id, label).map_err(Stop::Fault))?;
        let due = self.due()?;
        let total = FanPoints::sum(earned.points.iter().copied())?;
        let mut draft = self.draft(fan);
        let kept = draft.credit(total, FanAccount::Funding(partner_id))?;
        draft.new_lot(kept, due);
        draft.posted.entry.item_points = earned.points;
        let limited = earned.limited.into_iter();
        draft.posted.limited = limited.map(|(label, points)| (partner_id, label, points)).collect();
        Ok(draft.posted)
    }

    pub(super) fn redeem(
        &self,
        items: &[Item],
        tender: Tender,
        reservation: Option<OpId>,
    ) -> Step<Posted, S> {
        let (_, fan) = self.enter(Some(Module::FanPoints))?;
        let prices = self.rules.quote_price(items)?;
        let mut parts = split(tender, prices)?;
        let held = match reservation {
            Some(id) => Some((id, self.hold(id)?)),
            None => None,
        };
        let points = FanPoints::sum(parts.iter().copied())?;
        let own = held.map_or(FanPoints::ZERO, |(_, points)| points);
        guard!("redeem-within-balance", points > spendable(&fan, own), Refusal::TooFewPoints);
        let mut lots = LotBook::new(self.state.lots(self.operation.fan).map_err(Stop::Fault)?);
        let mut draft = self.draft(fan);
        draft.debit(points, FanAccount::Settlement(self.operation.partner), &mut lots)?;
        draft.posted.lots = lots.changed();
        draft.posted.reservation = held.map(|(id, points)| ReservationChange::Ended { id, points });
        for part in &mut parts {
            *part = part.checked_neg().ok_or(Refusal::Overflow)?;
        }
        draft.posted.entry.item_points = parts;
        Ok(draft.posted)
    }

    pub(super) fn award(&self, action: &str) -> Step<Posted, S> {
        let (_, fan) = self.enter(Some(Module::StatusPoints))?;
        let points = self.rules.actions.get(action).copied();
        guard!(
            "award-not-below-zero",
            points.is_some_and(|points| points < StatusPoints::ZERO),
            Refusal::InvalidAmount
        );
        let points = points.ok_or(Refusal::UnknownAction)?;
        let mut draft = self.draft(fan);
        draft.standing(points)?;
        Ok(draft.posted)
    }
}
