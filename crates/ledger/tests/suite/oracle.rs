//! The rules a second time, naively: maps, wide integers, no sharing with the crate but its types.

use std::collections::{BTreeMap, BTreeSet};

use ledger::{
    Adjustment, Currency, FanAccount, FanId, Item, LimitedRate, OpId, Operation, OperationKind, Outcome,
    PartnerId, Rate, Refusal, Rules, Scope, Tender, Timestamp,
};
use num_bigint::BigInt;
use num_traits::ToPrimitive;

/// What the oracle expects.
#[derive(Debug, PartialEq, Eq)]
pub enum Answer {
    Done { item_points: Vec<i128> },
    Again,
    No(Refusal),
}

#[derive(Clone, Debug, Default)]
pub struct Fan {
    pub wallet: i128,
    pub owes: i128,
    pub standing: i128,
    /// (expires, source) to what is left.
    pub lots: BTreeMap<(i64, OpId), i128>,
}

#[derive(Clone, Debug)]
struct Done {
    operation: Operation,
    points: Vec<i128>,
    /// For each item of a redemption, what it took from which lot.
    taken: Vec<Vec<((i64, OpId), i128)>>,
    undone: BTreeSet<usize>,
}

#[derive(Default)]
pub struct Oracle {
    pub fans: BTreeMap<FanId, Fan>,
    pub house: BTreeMap<FanAccount, i128>,
    pub status_issued: i128,
    pub holds: BTreeMap<OpId, (FanId, PartnerId, i128, i64)>,
    /// The same by fan and end.
    ends: BTreeMap<(FanId, i64, OpId), i128>,
    pub limited: BTreeMap<(PartnerId, Option<String>), i128>,
    awarded: BTreeMap<OpId, i128>,
    done: BTreeMap<OpId, Done>,
    burned: BTreeMap<OpId, (Operation, bool)>,
}

type Verdict = Result<Vec<i128>, Refusal>;

/// `numerator / denominator`, half up.
pub fn half_up(numerator: &BigInt, denominator: &BigInt) -> i128 {
    let doubled: BigInt = numerator * 2 + denominator;
    let halves: BigInt = denominator * 2;
    (doubled / halves).to_i128().expect("no test goes beyond")
}

/// A decimal as numerator and denominator.
pub fn fraction(decimal: rust_decimal::Decimal) -> (BigInt, BigInt) {
    (BigInt::from(decimal.mantissa()), BigInt::from(10).pow(decimal.scale()))
}

fn conversion(rules: &Rules, currency: Currency) -> Option<(BigInt, BigInt)> {
    if currency == rules.currency || currency == Currency::Fp {
        return Some((BigInt::from(1), BigInt::from(1)));
    }
    rules.conversions.get(&currency).map(|value| fraction(*value))
}

/// What an item gives at a rate, times a share.
pub fn at_rate(rules: &Rules, item: &Item, rate: Rate, share: (i128, i128)) -> i128 {
    let (mut over, mut under) = (BigInt::from(share.0), BigInt::from(share.1));
    match rate {
        Rate::Absolute(points) => over *= points.0,
        Rate::Relative(rate) => {
            let (rate_over, rate_under) = fraction(rate);
            let (value_over, value_under) = conversion(rules, item.price.currency).expect("checked before");
            over = over * rate_over * value_over * item.price.minor;
            under = under * rate_under * value_under;
        }
    }
    half_up(&over, &under)
}

fn check_items(rules: &Rules, items: &[Item]) -> Result<(), Refusal> {
    if items.is_empty() {
        return Err(Refusal::NoItems);
    }
    if items.len() > 1000 {
        return Err(Refusal::TooManyItems);
    }
    if items.iter().any(|item| item.price.minor < 1 || item.price.minor > 100_000_000_000) {
        return Err(Refusal::InvalidAmount);
    }
    if items.iter().any(|item| conversion(rules, item.price.currency).is_none()) {
        return Err(Refusal::UnsupportedCurrency);
    }
    Ok(())
}

fn fits(n: i128) -> Result<(), Refusal> {
    if i64::try_from(n).is_ok() { Ok(()) } else { Err(Refusal::Overflow) }
}

impl Oracle {
    pub fn answer(&mut self, operation: &Operation, rules: &Rules, now: Timestamp) -> Answer {
        let content = Operation { at: Timestamp(0), ..operation.clone() };
        if let Some(done) = self.done.get(&operation.id) {
            return if done.operation == content { Answer::Again } else { Answer::No(Refusal::IdConflict) };
        }
        if let Some((burned, _)) = self.burned.get(&operation.id) {
            let refusal = if *burned == content { Refusal::IdBurned } else { Refusal::IdConflict };
            return Answer::No(refusal);
        }
        match self.perform(operation, rules, now.0) {
            Ok(item_points) => Answer::Done { item_points },
            Err(refusal) => {
                if refusal == Refusal::TooFewPoints {
                    self.burned.insert(operation.id, (content, false));
                }
                Answer::No(refusal)
            }
        }
    }

    pub fn reserved(&self, fan: FanId, now: i64) -> i128 {
        let later = self.ends.range((fan, now + 1, OpId([0; 16]))..=(fan, i64::MAX, OpId([255; 16])));
        later.map(|(_, points)| points).sum()
    }

    fn perform(&mut self, operation: &Operation, rules: &Rules, now: i64) -> Verdict {
        let undone = match &operation.kind {
            OperationKind::Reverse { of, .. } => self.done.get(of).cloned(),
            _ => None,
        };
        let kind = undone.as_ref().map_or(&operation.kind, |done| &done.operation.kind);
        let status = match kind {
            OperationKind::Award { .. } => Some(true),
            OperationKind::Adjust { amount: Adjustment::StatusPoints(_), .. } => Some(true),
            OperationKind::Reverse { .. } => None,
            _ => Some(false),
        };
        if status == Some(false) && !rules.modules.fan_points {
            return Err(Refusal::FanPointsModuleOff);
        }
        if status == Some(true) && !rules.modules.status_points {
            return Err(Refusal::StatusPointsModuleOff);
        }
        if !rules.partners.contains_key(&operation.partner) {
            return Err(Refusal::UnknownPartner);
        }
        let Some(before) = self.fans.get(&operation.fan).cloned() else {
            return Err(Refusal::UnknownFan);
        };
        let mut fan = before;
        let mut taken = Vec::new();
        let points = match &operation.kind {
            OperationKind::Distribute { items } => self.distribute(operation, &mut fan, rules, items, now)?,
            OperationKind::Redeem { items, tender, reservation } => {
                let (points, shares) =
                    self.redeem(operation, &mut fan, rules, items, *tender, *reservation, now)?;
                taken = shares;
                points
            }
            OperationKind::Award { action } => {
                let points = i128::from(rules.actions.get(action).ok_or(Refusal::UnknownAction)?.0);
                fan.standing += points;
                fits(fan.standing)?;
                self.status_issued += points;
                self.awarded.insert(operation.id, points);
                vec![]
            }
            OperationKind::Reserve { points, until } => {
                let points = i128::from(points.0);
                if points < 1 {
                    return Err(Refusal::InvalidAmount);
                }
                if until.0 <= now {
                    return Err(Refusal::ReservationExpired);
                }
                if points > fan.wallet - self.reserved(operation.fan, now) {
                    return Err(Refusal::TooFewPoints);
                }
                self.holds.insert(operation.id, (operation.fan, operation.partner, points, until.0));
                self.ends.insert((operation.fan, until.0, operation.id), points);
                vec![]
            }
            OperationKind::Release { reservation } => {
                self.hold(operation, *reservation, now)?;
                self.end(*reservation);
                vec![]
            }
            OperationKind::Reverse { of, scope } => {
                let original = undone.ok_or(Refusal::UnknownOperation)?;
                self.reverse(operation, &mut fan, *of, *scope, original, now)?
            }
            OperationKind::Adjust { amount, reason } => {
                self.adjust(operation, &mut fan, rules, *amount, reason, now)?;
                vec![]
            }
            OperationKind::Expire => {
                self.expire(operation, &mut fan, rules, now);
                vec![]
            }
            OperationKind::Resolve { refused, points, outcome } => {
                self.resolve(operation, &mut fan, *refused, i128::from(points.0), *outcome)?;
                vec![]
            }
        };
        self.fans.insert(operation.fan, fan);
        let content = Operation { at: Timestamp(0), ..operation.clone() };
        let done = Done { operation: content, points: points.clone(), taken, undone: BTreeSet::new() };
        self.done.insert(operation.id, done);
        Ok(points)
    }

    fn add(&mut self, account: FanAccount, amount: i128) {
        *self.house.entry(account).or_default() += amount;
    }

    fn end(&mut self, id: OpId) {
        if let Some((fan, _, _, until)) = self.holds.remove(&id) {
            self.ends.remove(&(fan, until, id));
        }
    }

    fn hold(&self, operation: &Operation, id: OpId, now: i64) -> Result<i128, Refusal> {
        match self.holds.get(&id) {
            Some((fan, partner, points, until)) if *fan == operation.fan && *partner == operation.partner => {
                if *until > now {
                    Ok(*points)
                } else {
                    Err(Refusal::ReservationExpired)
                }
            }
            _ => Err(Refusal::UnknownReservation),
        }
    }

    /// Debts first, then the wallet. What the wallet got.
    fn credit(fan: &mut Fan, points: i128) -> Result<i128, Refusal> {
        let paid = points.min(fan.owes);
        fan.owes -= paid;
        fan.wallet += points - paid;
        fits(fan.wallet)?;
        Ok(points - paid)
    }

    /// From the lot given first, then from the lots in order; what they do not hold has no lot.
    fn take(fan: &mut Fan, mut points: i128, first: Option<OpId>) -> Vec<((i64, OpId), i128)> {
        let mut taken = Vec::new();
        let mut order: Vec<(i64, OpId)> = fan.lots.keys().copied().collect();
        order.sort_by_key(|key| (Some(key.1) != first, *key));
        for key in order {
            let part = points.min(fan.lots[&key]);
            if part > 0 {
                *fan.lots.get_mut(&key).unwrap() -= part;
                points -= part;
                taken.push((key, part));
            }
        }
        fan.lots.retain(|_, left| *left > 0);
        taken
    }

    fn distribute(
        &mut self,
        operation: &Operation,
        fan: &mut Fan,
        rules: &Rules,
        items: &[Item],
        now: i64,
    ) -> Verdict {
        check_items(rules, items)?;
        let partner = &rules.partners[&operation.partner];
        let rule = |item: &Item| match &item.rate_label {
            None => Some(partner.default_rate),
            Some(label) => partner.rates.get(label).copied(),
        };
        if items.iter().any(|item| rule(item).is_none()) {
            return Err(Refusal::UnknownRateLabel);
        }
        let mut limited = self.limited.clone();
        let mut points = Vec::new();
        for item in items {
            let rule = rule(item).unwrap();
            let given = limited.entry((operation.partner, item.rate_label.clone())).or_default();
            points.push(match rule.limited {
                Some(LimitedRate { rate, points }) if *given < i128::from(points.0) => {
                    let left = i128::from(points.0) - *given;
                    let full = at_rate(rules, item, rate, (1, 1));
                    *given += full.min(left);
                    if full <= left {
                        full
                    } else {
                        left + at_rate(rules, item, rule.rate, (full - left, full))
                    }
                }
                _ => at_rate(rules, item, rule.rate, (1, 1)),
            });
        }
        let total: i128 = points.iter().sum();
        let kept = Self::credit(fan, total)?;
        self.limited = limited;
        self.add(FanAccount::Funding(operation.partner), -total);
        if let (Some(lifetime), true) = (rules.lot_lifetime, kept > 0) {
            fan.lots.insert((now + lifetime.0, operation.id), kept);
        }
        Ok(points)
    }

    #[allow(clippy::too_many_arguments, clippy::type_complexity)]
    fn redeem(
        &mut self,
        operation: &Operation,
        fan: &mut Fan,
        rules: &Rules,
        items: &[Item],
        tender: Tender,
        reservation: Option<OpId>,
        now: i64,
    ) -> Result<(Vec<i128>, Vec<Vec<((i64, OpId), i128)>>), Refusal> {
        check_items(rules, items)?;
        let price = |item: &Item| {
            let (over, under) = conversion(rules, item.price.currency).unwrap();
            half_up(&(over * item.price.minor), &under)
        };
        let prices: Vec<i128> = items.iter().map(price).collect();
        let whole: i128 = prices.iter().sum();
        let points = match tender {
            Tender::Whole => whole,
            Tender::Points(points) => i128::from(points.0),
        };
        if points < 1 || points > whole {
            return Err(Refusal::InvalidAmount);
        }
        let held = match reservation {
            Some(id) => self.hold(operation, id, now)?,
            None => 0,
        };
        if points > fan.wallet - self.reserved(operation.fan, now) + held {
            return Err(Refusal::TooFewPoints);
        }
        if let Some(id) = reservation {
            self.end(id);
        }
        // Largest remainder: the exact part rounded down, and one point more where most was cut off.
        let mut parts: Vec<i128> = prices.iter().map(|price| price * points / whole).collect();
        let mut by_rest: Vec<usize> = (0..parts.len()).collect();
        by_rest.sort_by_key(|index| (-(prices[*index] * points % whole), *index));
        let missing = points - parts.iter().sum::<i128>();
        for index in by_rest.into_iter().take(usize::try_from(missing).unwrap()) {
            parts[index] += 1;
        }
        let taken = parts.iter().map(|part| Self::take(fan, *part, None)).collect();
        fan.wallet -= points;
        self.add(FanAccount::Settlement(operation.partner), points);
        Ok((parts.iter().map(|part| -part).collect(), taken))
    }

    fn reverse(
        &mut self,
        operation: &Operation,
        fan: &mut Fan,
        of: OpId,
        scope: Scope,
        original: Done,
        now: i64,
    ) -> Verdict {
        if original.operation.partner != operation.partner || original.operation.fan != operation.fan {
            return Err(Refusal::UnknownOperation);
        }
        let count = match original.operation.kind {
            OperationKind::Distribute { .. } | OperationKind::Redeem { .. } => original.points.len(),
            OperationKind::Award { .. } => 1,
            _ => return Err(Refusal::NotReversible),
        };
        let wanted: Vec<usize> = match scope {
            Scope::Whole => (0..count).collect(),
            Scope::Item(index) if usize::from(index) < count => vec![usize::from(index)],
            Scope::Item(_) => return Err(Refusal::UnknownOperation),
        };
        let items: Vec<usize> = wanted.into_iter().filter(|index| !original.undone.contains(index)).collect();
        if items.is_empty() {
            return Err(Refusal::AlreadyReversed);
        }
        let mut points = Vec::new();
        match original.operation.kind {
            OperationKind::Award { .. } => {
                let given = self.awarded[&of];
                let back = given.min(fan.standing);
                fan.standing -= back;
                self.status_issued -= back;
            }
            OperationKind::Distribute { .. } => {
                points = items.iter().map(|index| -original.points[*index]).collect();
                let total: i128 = -points.iter().sum::<i128>();
                let there = total.min((fan.wallet - self.reserved(operation.fan, now)).max(0));
                Self::take(fan, there, Some(of));
                fan.wallet -= there;
                fan.owes += total - there;
                fits(fan.owes)?;
                self.add(FanAccount::Funding(operation.partner), total);
            }
            _ => {
                points = items.iter().map(|index| -original.points[*index]).collect();
                let total: i128 = points.iter().sum();
                let kept = Self::credit(fan, total)?;
                let mut paid = total - kept;
                for (lot, part) in items.iter().flat_map(|index| &original.taken[*index]) {
                    let back = part - (*part).min(paid);
                    paid -= (*part).min(paid);
                    if back > 0 {
                        *fan.lots.entry(*lot).or_default() += back;
                    }
                }
                self.add(FanAccount::Settlement(operation.partner), -total);
            }
        }
        self.done.get_mut(&of).unwrap().undone.extend(items);
        Ok(points)
    }

    fn adjust(
        &mut self,
        operation: &Operation,
        fan: &mut Fan,
        rules: &Rules,
        amount: Adjustment,
        reason: &str,
        now: i64,
    ) -> Result<(), Refusal> {
        let (status, amount) = match amount {
            Adjustment::FanPoints(points) => (false, i128::from(points.0)),
            Adjustment::StatusPoints(points) => (true, i128::from(points.0)),
        };
        if amount == 0 {
            return Err(Refusal::InvalidAmount);
        }
        if reason.len() > 1000 || reason.chars().all(char::is_whitespace) {
            return Err(Refusal::MissingReason);
        }
        if status {
            fits(fan.standing + amount)?;
            if fan.standing + amount < 0 {
                return Err(Refusal::TooFewPoints);
            }
            fits(-amount)?;
            fan.standing += amount;
            self.status_issued += amount;
            return Ok(());
        }
        if amount > 0 {
            let kept = Self::credit(fan, amount)?;
            if let (Some(lifetime), true) = (rules.lot_lifetime, kept > 0) {
                fan.lots.insert((now + lifetime.0, operation.id), kept);
            }
        } else {
            fits(-amount)?;
            if -amount > fan.wallet - self.reserved(operation.fan, now) {
                return Err(Refusal::TooFewPoints);
            }
            Self::take(fan, -amount, None);
            fan.wallet += amount;
        }
        self.add(FanAccount::Issuer, -amount);
        Ok(())
    }

    fn expire(&mut self, operation: &Operation, fan: &mut Fan, rules: &Rules, now: i64) {
        if rules.lot_lifetime.is_none() {
            return;
        }
        let mut free = (fan.wallet - self.reserved(operation.fan, now)).max(0);
        for ((expires, _), left) in &mut fan.lots {
            if *expires <= operation.at.0 && *expires <= now {
                let part = free.min(*left);
                free -= part;
                *left -= part;
                fan.wallet -= part;
                *self.house.entry(FanAccount::Expired).or_default() += part;
            }
        }
        fan.lots.retain(|_, left| *left > 0);
    }

    fn resolve(
        &mut self,
        operation: &Operation,
        fan: &mut Fan,
        refused: OpId,
        points: i128,
        outcome: Outcome,
    ) -> Result<(), Refusal> {
        if points < 1 {
            return Err(Refusal::InvalidAmount);
        }
        if self.done.contains_key(&refused) {
            return Err(Refusal::NotReversible);
        }
        let (_, resolved) = self.burned.get_mut(&refused).ok_or(Refusal::UnknownOperation)?;
        if *resolved {
            return Err(Refusal::AlreadyReversed);
        }
        match outcome {
            Outcome::CollectLater => {
                fits(fan.owes + points)?;
                fan.owes += points;
            }
            Outcome::Forgive => *self.house.entry(FanAccount::OfflineLoss).or_default() -= points,
            Outcome::Void => {}
        }
        *resolved = true;
        if outcome != Outcome::Void {
            self.add(FanAccount::Settlement(operation.partner), points);
        }
        Ok(())
    }
}
