//! An entry while it is written: every movement of a fan's points goes through here.

use crate::{
    Entry, FanAccount, FanPoints, FanPosting, FanState, Lot, LotShare, Operation, Posted, Refusal,
    StatusAccount, StatusPoints, StatusPosting, Timestamp, lots::LotBook, mutant::skipped,
};

pub(super) struct Draft {
    /// The fan's balances as far as the draft goes.
    pub(super) fan: FanState,
    pub(super) posted: Posted,
}

impl Draft {
    pub(super) fn new(operation: &Operation, fan: FanState, now: Timestamp) -> Self {
        let entry = Entry {
            op: operation.id,
            fan: operation.fan,
            partner: operation.partner,
            at: now,
            corrects: None,
            fan_postings: Vec::new(),
            status_postings: Vec::new(),
            item_points: Vec::new(),
            lots_taken: Vec::new(),
        };
        let posted = Posted {
            entry,
            // Set once the decision stands: a refusal needs none.
            digest: [0; 32],
            reversed_items: Vec::new(),
            limited: Vec::new(),
            lots: Vec::new(),
            reservation: None,
        };
        Self { fan, posted }
    }

    /// Gives points to the fan, who first pays what is owed. What reaches the wallet comes back.
    pub(super) fn credit(&mut self, points: FanPoints, from: FanAccount) -> Result<FanPoints, Refusal> {
        debug_assert!(points >= FanPoints::ZERO);
        let owed = if skipped("owed-first") { FanPoints::ZERO } else { self.fan.receivable };
        let paid = points.min(owed);
        let kept = points.checked_sub(paid).ok_or(Refusal::Overflow)?;
        self.wallet(kept)?;
        self.receivable(paid)?;
        self.house(from, points.checked_neg().ok_or(Refusal::Overflow)?);
        Ok(kept)
    }

    /// Takes points out of the wallet, from the lots that expire first.
    pub(super) fn debit(
        &mut self,
        points: FanPoints,
        to: FanAccount,
        lots: &mut LotBook,
    ) -> Result<(), Refusal> {
        debug_assert!(points >= FanPoints::ZERO);
        self.posted.entry.lots_taken = lots.take(points, None);
        self.wallet(points.checked_neg().ok_or(Refusal::Overflow)?)?;
        self.house(to, points);
        Ok(())
    }

    /// Takes back points that were given: what the wallet has, and the rest is owed.
    pub(super) fn take_back(
        &mut self,
        points: FanPoints,
        spendable: FanPoints,
        to: FanAccount,
        lots: &mut LotBook,
    ) -> Result<(), Refusal> {
        let source = self.posted.entry.corrects;
        let there =
            if skipped("undo-within-wallet") { points } else { points.min(spendable.max(FanPoints::ZERO)) };
        let owed = points.checked_sub(there).ok_or(Refusal::Overflow)?;
        self.posted.entry.lots_taken = lots.take(there, source);
        self.wallet(there.checked_neg().ok_or(Refusal::Overflow)?)?;
        self.receivable(owed.checked_neg().ok_or(Refusal::Overflow)?)?;
        self.house(to, points);
        Ok(())
    }

    /// Takes certain shares of lots.
    pub(super) fn take_shares(&mut self, shares: Vec<LotShare>, to: FanAccount) -> Result<(), Refusal> {
        let points = FanPoints::sum(shares.iter().map(|share| share.points))?;
        self.posted.entry.lots_taken = shares;
        self.wallet(points.checked_neg().ok_or(Refusal::Overflow)?)?;
        self.house(to, points);
        Ok(())
    }

    /// A lot of its own for what reached the wallet.
    pub(super) fn new_lot(&mut self, points: FanPoints, expires: Option<Timestamp>) {
        if let Some(expires) = expires
            && points > FanPoints::ZERO
        {
            let source = self.posted.entry.op;
            self.posted.lots.push(Lot { source, left: points, expires });
        }
    }

    /// A movement between the fan's wallet and what is outside.
    fn wallet(&mut self, amount: FanPoints) -> Result<(), Refusal> {
        self.fan.wallet = self.fan.wallet.checked_add(amount).ok_or(Refusal::Overflow)?;
        self.house(FanAccount::Wallet(self.posted.entry.fan), amount);
        Ok(())
    }

    /// Below zero the debt grows, above zero it is paid.
    pub(super) fn receivable(&mut self, amount: FanPoints) -> Result<(), Refusal> {
        self.fan.receivable = self.fan.receivable.checked_sub(amount).ok_or(Refusal::Overflow)?;
        self.house(FanAccount::Receivable(self.posted.entry.fan), amount);
        Ok(())
    }

    /// A posting as it is. House accounts carry no limit.
    pub(super) fn house(&mut self, account: FanAccount, amount: FanPoints) {
        if amount != FanPoints::ZERO {
            self.posted.entry.fan_postings.push(FanPosting { account, amount });
        }
    }

    /// Status Points given (above zero) or taken (below) by the program.
    pub(super) fn standing(&mut self, amount: StatusPoints) -> Result<(), Refusal> {
        let opposite = amount.checked_neg().ok_or(Refusal::Overflow)?;
        self.fan.standing = self.fan.standing.checked_add(amount).ok_or(Refusal::Overflow)?;
        if amount != StatusPoints::ZERO {
            let account = StatusAccount::Standing(self.posted.entry.fan);
            let issuer = StatusAccount::Issuer;
            self.posted.entry.status_postings =
                vec![StatusPosting { account, amount }, StatusPosting { account: issuer, amount: opposite }];
        }
        Ok(())
    }
}
