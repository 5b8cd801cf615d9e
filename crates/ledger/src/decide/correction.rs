//! Undoing, adjusting, and settling a redemption that was confirmed offline and refused later.

use super::{Case, Step, Stop};
use crate::{
    Adjustment, Entry, FanAccount, FanPoints, FanState, LotShare, Module, OpId, Operation, OperationKind,
    Outcome, Posted, Recorded, RecordedOutcome, Refusal, Scope, State, StatusPoints,
    decide::draft::Draft,
    lots::{LotBook, between, without_first},
    mutant::{guard, skipped},
    state::spendable,
};

impl<S: State> Case<'_, S> {
    pub(super) fn reverse(&self, of: OpId, scope: Scope) -> Step<Posted, S> {
        let recorded = self.state.recorded(of).map_err(Stop::Fault)?;
        let original = match recorded {
            Some(Recorded { outcome: RecordedOutcome::Posted { operation, entry, reversed }, .. }) => {
                Some((operation, entry, reversed))
            }
            _ => None,
        };
        let module = original.as_ref().and_then(|(operation, ..)| operation.kind.module());
        let (_, fan) = self.enter(module)?;
        let (operation, entry, reversed) = original.ok_or(Refusal::UnknownOperation)?;
        let other_partner = operation.partner != self.operation.partner;
        guard!("undo-of-other-partner", other_partner, Refusal::UnknownOperation);
        let other_fan = operation.fan != self.operation.fan;
        guard!("undo-of-other-fan", other_fan, Refusal::UnknownOperation);
        let items = items_to_undo(&operation, &entry, &reversed, scope)?;

        let mut draft = self.draft(fan);
        draft.posted.entry.corrects = Some(of);
        match operation.kind {
            OperationKind::Distribute { .. } => self.undo_distribution(&entry, &items, &mut draft)?,
            OperationKind::Redeem { .. } => self.undo_redemption(&entry, &items, &mut draft)?,
            _ => undo_award(&entry, &fan, &mut draft)?,
        }
        draft.posted.reversed_items = items;
        Ok(draft.posted)
    }

    fn undo_distribution(&self, entry: &Entry, items: &[u16], draft: &mut Draft) -> Step<(), S> {
        let mut lots = self.lots()?;
        let earned = item_points(entry, items)?;
        let total = FanPoints::sum(earned.iter().copied())?;
        let free = spendable(&draft.fan, FanPoints::ZERO);
        draft.take_back(total, free, FanAccount::Funding(self.operation.partner), &mut lots)?;
        draft.posted.lots = lots.changed();
        draft.posted.entry.item_points = negated(&earned)?;
        Ok(())
    }

    fn undo_redemption(&self, entry: &Entry, items: &[u16], draft: &mut Draft) -> Step<(), S> {
        let mut lots = self.lots()?;
        let spent = negated(&item_points(entry, items)?)?;
        let total = FanPoints::sum(spent.iter().copied())?;
        let kept = draft.credit(total, FanAccount::Settlement(self.operation.partner))?;
        let paid = total.checked_sub(kept).ok_or(Refusal::Overflow)?;
        if !skipped("undo-restores-lots") {
            for share in without_first(&shares_of_items(entry, items)?, paid.0) {
                lots.restore(share)?;
            }
        }
        draft.posted.lots = lots.changed();
        draft.posted.entry.item_points = spent;
        Ok(())
    }

    pub(super) fn adjust(&self, amount: Adjustment, reason: &str) -> Step<Posted, S> {
        let (_, fan) = self.enter(self.operation.kind.module())?;
        let zero = matches!(amount, Adjustment::FanPoints(FanPoints::ZERO))
            || matches!(amount, Adjustment::StatusPoints(StatusPoints::ZERO));
        guard!("adjust-not-zero", zero, Refusal::InvalidAmount);
        let no_reason = reason.trim().is_empty() || reason.len() > crate::MAX_REASON_BYTES;
        guard!("adjust-reason", no_reason, Refusal::MissingReason);
        let mut draft = self.draft(fan);
        match amount {
            Adjustment::FanPoints(points) if points > FanPoints::ZERO => {
                let due = self.due()?;
                let kept = draft.credit(points, FanAccount::Issuer)?;
                draft.new_lot(kept, due);
            }
            Adjustment::FanPoints(points) => {
                let taken = points.checked_neg().ok_or(Refusal::Overflow)?;
                let free = spendable(&fan, FanPoints::ZERO);
                guard!("adjust-within-balance", taken > free, Refusal::TooFewPoints);
                let mut lots = self.lots()?;
                draft.debit(taken, FanAccount::Issuer, &mut lots)?;
                draft.posted.lots = lots.changed();
            }
            Adjustment::StatusPoints(points) => {
                let after = fan.standing.checked_add(points).ok_or(Refusal::Overflow)?;
                guard!("adjust-within-standing", after < StatusPoints::ZERO, Refusal::TooFewPoints);
                draft.standing(points)?;
            }
        }
        Ok(draft.posted)
    }

    pub(super) fn resolve(&self, refused: OpId, points: FanPoints, outcome: Outcome) -> Step<Posted, S> {
        let (_, fan) = self.enter(Some(Module::FanPoints))?;
        guard!("resolve-above-zero", points <= FanPoints::ZERO, Refusal::InvalidAmount);
        let recorded = self.state.recorded(refused).map_err(Stop::Fault)?;
        let known = recorded.ok_or(Refusal::UnknownOperation)?.outcome;
        let posted = matches!(known, RecordedOutcome::Posted { .. });
        guard!("resolve-only-refused", posted, Refusal::NotReversible);
        guard!("resolve-once", known == RecordedOutcome::Resolved, Refusal::AlreadyReversed);
        let mut draft = self.draft(fan);
        draft.posted.entry.corrects = Some(refused);
        let owed = points.checked_neg().ok_or(Refusal::Overflow)?;
        match outcome {
            Outcome::CollectLater => draft.receivable(owed)?,
            Outcome::Forgive => draft.house(FanAccount::OfflineLoss, owed),
            Outcome::Void => return Ok(draft.posted),
        }
        draft.house(FanAccount::Settlement(self.operation.partner), points);
        Ok(draft.posted)
    }

    fn lots(&self) -> Step<LotBook, S> {
        let lots = self.state.lots(self.operation.fan).map_err(Stop::Fault)?;
        Ok(LotBook::new(lots))
    }
}

fn undo_award(entry: &Entry, fan: &FanState, draft: &mut Draft) -> Result<(), Refusal> {
    let given = entry.status_postings.first().map_or(StatusPoints::ZERO, |posting| posting.amount);
    let there = if skipped("undo-within-standing") { given } else { given.min(fan.standing) };
    draft.standing(there.checked_neg().ok_or(Refusal::Overflow)?)
}

/// The rungs of an undo: what of the original is meant, and does any of it still stand.
fn items_to_undo(
    operation: &Operation,
    entry: &Entry,
    reversed: &[u16],
    scope: Scope,
) -> Result<Vec<u16>, Refusal> {
    let count = match operation.kind {
        OperationKind::Distribute { .. } | OperationKind::Redeem { .. } => entry.item_points.len(),
        OperationKind::Award { .. } => 1,
        _ if skipped("undo-only-originals") => 1,
        _ => return Err(Refusal::NotReversible),
    };
    let count = u16::try_from(count).map_err(|_| Refusal::Overflow)?;
    let items = match scope {
        Scope::Whole => 0..count,
        Scope::Item(index) if index < count => index..index.saturating_add(1),
        Scope::Item(_) => return Err(Refusal::UnknownOperation),
    };
    let standing: Vec<u16> =
        items.filter(|index| skipped("undo-once") || !reversed.contains(index)).collect();
    if standing.is_empty() {
        return Err(Refusal::AlreadyReversed);
    }
    Ok(standing)
}

fn item_points(entry: &Entry, items: &[u16]) -> Result<Vec<FanPoints>, Refusal> {
    let point = |index: &u16| entry.item_points.get(usize::from(*index)).copied();
    items.iter().map(|index| point(index).ok_or(Refusal::UnknownOperation)).collect()
}

fn negated(points: &[FanPoints]) -> Result<Vec<FanPoints>, Refusal> {
    points.iter().map(|points| points.checked_neg().ok_or(Refusal::Overflow)).collect()
}

/// What the items took from lots: the first item took first, and points without a lot were taken last.
fn shares_of_items(entry: &Entry, items: &[u16]) -> Result<Vec<LotShare>, Refusal> {
    let mut shares = Vec::new();
    let mut start = 0_i64;
    for (index, points) in entry.item_points.iter().enumerate() {
        let end = start.checked_sub(points.0).ok_or(Refusal::Overflow)?;
        if items.iter().any(|item| usize::from(*item) == index) {
            shares.extend(between(&entry.lots_taken, start, end));
        }
        start = end;
    }
    Ok(shares)
}
