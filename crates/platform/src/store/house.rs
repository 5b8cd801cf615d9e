//! The accounts that many operations share: a partner's funding and settlement, the issuer, losses. They are only
//! appended to, one row for each group of operations, and folded from time to time, so that a busy partner is no
//! row that everybody waits for. A balance is the sum of both tables, see the view `house_balance`.

use std::cell::RefCell;
use std::collections::BTreeMap;

use ledger::PartnerId;

use super::sql::{Connection, params};
use super::{ProgramNo, StoreError};

/// An account of the house in one of the two books.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum HouseAccount {
    Funding(PartnerId),
    Settlement(PartnerId),
    Issuer,
    OfflineLoss,
    Expired,
    StatusIssuer,
}

impl HouseAccount {
    /// Book, account, owner.
    fn columns(self) -> (&'static str, &'static str, u32) {
        match self {
            Self::Funding(partner) => ("fan_points", "funding", partner.0),
            Self::Settlement(partner) => ("fan_points", "settlement", partner.0),
            Self::Issuer => ("fan_points", "issuer", 0),
            Self::OfflineLoss => ("fan_points", "offline_loss", 0),
            Self::Expired => ("fan_points", "expired", 0),
            Self::StatusIssuer => ("status_points", "issuer", 0),
        }
    }
}

/// What an account of the house comes to, all its owners together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HouseTotal {
    pub program: ProgramNo,
    pub book: String,
    pub account: String,
    pub amount: i64,
}

/// The totals of all programs. What fans have is the negative of a book's sum.
pub fn totals(connection: &Connection) -> Result<Vec<HouseTotal>, StoreError> {
    let sql = "SELECT program_no, book, account, CAST(sum(amount) AS BIGINT) FROM house_balance
               GROUP BY program_no, book, account ORDER BY program_no, book, account";
    connection.query(sql, params![], |row| {
        Ok(HouseTotal {
            program: ProgramNo(row.get(0)?),
            book: row.get(1)?,
            account: row.get(2)?,
            amount: row.get(3)?,
        })
    })
}

/// What the open group moved so far.
#[derive(Default)]
pub(super) struct House(RefCell<Vec<(ProgramNo, HouseAccount, i64)>>);

impl House {
    pub(super) fn add(&self, program: ProgramNo, account: HouseAccount, amount: i64) {
        self.0.borrow_mut().push((program, account, amount));
    }

    /// Where the next piece of work begins.
    pub(super) fn mark(&self) -> usize {
        self.0.borrow().len()
    }

    /// Forgets what was moved since the mark.
    pub(super) fn undo(&self, mark: usize) {
        self.0.borrow_mut().truncate(mark);
    }

    /// Appends the sums to the books and begins anew.
    pub(super) fn write(&self, connection: &Connection) -> Result<(), StoreError> {
        let mut sums: BTreeMap<(ProgramNo, HouseAccount), i64> = BTreeMap::new();
        for (program, account, amount) in self.0.take() {
            let sum = sums.entry((program, account)).or_default();
            *sum = sum
                .checked_add(amount)
                .ok_or_else(|| StoreError::Corrupt("a house account that is too large".to_owned()))?;
        }
        for ((program, account), amount) in sums {
            let (book, account, owner) = account.columns();
            connection.execute(
                "INSERT INTO house_posting (program_no, book, account, owner, amount) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![program.0, book, account, owner, amount],
            )?;
        }
        Ok(())
    }
}

/// Adds what was appended to the accounts. Within a turn.
pub(super) fn fold(connection: &Connection) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO house_account (program_no, book, account, owner, amount)
         SELECT program_no, book, account, owner, CAST(sum(amount) AS BIGINT) FROM house_posting WHERE 1 = 1
         GROUP BY program_no, book, account, owner
         ON CONFLICT (program_no, book, account, owner)
         DO UPDATE SET amount = house_account.amount + excluded.amount",
        params![],
    )?;
    connection.execute("DELETE FROM house_posting", params![])
}
