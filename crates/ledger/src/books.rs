//! Balances derived from entries alone: what every cached balance must agree with.

use std::collections::BTreeMap;

use crate::{Entry, FanAccount, FanId, FanPoints, FanState, StatusAccount, StatusPoints};

/// The two books. Sums are wide enough for any number of entries that memory could hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Books {
    fan: BTreeMap<FanAccount, i128>,
    status: BTreeMap<StatusAccount, i128>,
}

impl Books {
    /// Books without an entry.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the postings of an entry.
    pub fn add(&mut self, entry: &Entry) {
        for posting in &entry.fan_postings {
            let balance = self.fan.entry(posting.account).or_default();
            *balance = balance.saturating_add(i128::from(posting.amount.0));
        }
        for posting in &entry.status_postings {
            let balance = self.status.entry(posting.account).or_default();
            *balance = balance.saturating_add(i128::from(posting.amount.0));
        }
    }

    /// The balance of an account of the Fan Points book.
    #[must_use]
    pub fn balance(&self, account: FanAccount) -> i128 {
        self.fan.get(&account).copied().unwrap_or_default()
    }

    /// The balance of an account of the Status Points book.
    #[must_use]
    pub fn status_balance(&self, account: StatusAccount) -> i128 {
        self.status.get(&account).copied().unwrap_or_default()
    }

    /// Whether all balances of each book sum to zero, as they must after every operation.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        fn balanced(mut balances: impl Iterator<Item = i128>) -> bool {
            balances.try_fold(0_i128, i128::checked_add) == Some(0)
        }
        balanced(self.fan.values().copied()) && balanced(self.status.values().copied())
    }

    /// The balances of a fan, reservations aside, which are no postings; None where they do not fit.
    #[must_use]
    pub fn fan(&self, fan: FanId) -> Option<FanState> {
        let owed = self.balance(FanAccount::Receivable(fan)).checked_neg()?;
        Some(FanState {
            wallet: FanPoints(i64::try_from(self.balance(FanAccount::Wallet(fan))).ok()?),
            reserved: FanPoints::ZERO,
            receivable: FanPoints(i64::try_from(owed).ok()?),
            standing: StatusPoints(i64::try_from(self.status_balance(StatusAccount::Standing(fan))).ok()?),
        })
    }
}
