//! The journal: every entry that the ledger has posted on this device, and what became of it on the platform.
//!
//! The platform's figures are the base of every balance here. An entry counts on top of them until the platform has
//! booked it and its figures are newer than the booking; an entry that the platform refused counts no more.

use ledger::{
    Entry, FanAccount, FanId, FanPosting, OpId, Operation, Posted, StatusAccount, StatusPosting, Timestamp,
};
use rusqlite::{Connection as Db, OptionalExtension, Row, params};
use uuid::Uuid;

use crate::canon::Canon;
use crate::fans::FanRow;
use crate::{Source, StoreError};

/// Passes carry their time in whole seconds.
const PASS_SECOND_MS: i64 = 1000;

/// What an entry does to its fan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Effect {
    pub wallet: i64,
    /// What the fan owes more.
    pub debt: i64,
    pub standing: i64,
}

impl Effect {
    pub(crate) fn of(entry: &Entry) -> Self {
        let mut effect = Self::default();
        for posting in &entry.fan_postings {
            match posting.account {
                FanAccount::Wallet(_) => effect.wallet = effect.wallet.saturating_add(posting.amount.0),
                FanAccount::Receivable(_) => effect.debt = effect.debt.saturating_sub(posting.amount.0),
                FanAccount::Funding(_)
                | FanAccount::Settlement(_)
                | FanAccount::Issuer
                | FanAccount::OfflineLoss
                | FanAccount::Expired => {}
            }
        }
        for posting in &entry.status_postings {
            if matches!(posting.account, StatusAccount::Standing(_)) {
                effect.standing = effect.standing.saturating_add(posting.amount.0);
            }
        }
        effect
    }

    /// Fan Points in the fan's favour: what came into the wallet and what paid a debt.
    pub(crate) fn fan_points(self) -> i64 {
        self.wallet.saturating_sub(self.debt)
    }
}

/// An entry that stands.
pub(crate) struct Kept {
    pub digest: [u8; 32],
    pub operation: Operation,
    pub entry: Entry,
}

/// Adds an entry.
pub(crate) fn append(db: &Db, fan: FanRow, operation: &Operation, posted: &Posted) -> Result<(), StoreError> {
    let effect = Effect::of(&posted.entry);
    db.prepare_cached(
        "INSERT INTO journal (op, fan, digest, wallet, debt, standing, operation, entry)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute(params![
        operation.id.0,
        fan,
        posted.digest,
        effect.wallet,
        effect.debt,
        effect.standing,
        operation.canonical(),
        posted.entry.canonical(),
    ])?;
    Ok(())
}

/// The entry of an operation, unless it is void.
pub(crate) fn standing(db: &Db, id: OpId) -> Result<Option<Kept>, StoreError> {
    find(db, "SELECT fan, digest, operation, entry FROM journal WHERE op = ?1 AND state <> 2", id)
}

/// The entry of an operation, void or not.
pub(crate) fn any(db: &Db, id: OpId) -> Result<Option<Kept>, StoreError> {
    find(db, "SELECT fan, digest, operation, entry FROM journal WHERE op = ?1", id)
}

fn find(db: &Db, sql: &str, id: OpId) -> Result<Option<Kept>, StoreError> {
    let mut statement = db.prepare_cached(sql)?;
    let mut rows = statement.query([id.0])?;
    rows.next()?.map(read).transpose()
}

fn read(row: &Row<'_>) -> Result<Kept, StoreError> {
    let fan = FanId(row.get::<_, i64>(0)?.cast_unsigned());
    let bytes = |column| row.get_ref(column)?.as_blob().map_err(|_| UNREADABLE);
    let mut kept = Kept::from_canonical(bytes(2)?, bytes(3)?)?;
    kept.digest = row.get(1)?;
    if kept.operation.fan != fan {
        kept.rename(fan);
    }
    Ok(kept)
}

const UNREADABLE: StoreError = StoreError::Unreadable { what: "journal" };

impl Kept {
    pub(crate) fn from_canonical(operation: &[u8], entry: &[u8]) -> Result<Self, StoreError> {
        let operation = Operation::from_canonical(operation).map_err(|_| UNREADABLE)?;
        let entry = Entry::from_canonical(entry).map_err(|_| UNREADABLE)?;
        Ok(Self { digest: operation.digest(), operation, entry })
    }

    /// The same entry of the fan in another row: two names of one fan were merged since, or the entry comes from
    /// another device.
    pub(crate) fn rename(&mut self, fan: FanId) {
        self.operation.fan = fan;
        self.digest = self.operation.digest();
        self.entry.fan = fan;
        for FanPosting { account, .. } in &mut self.entry.fan_postings {
            match account {
                FanAccount::Wallet(owner) | FanAccount::Receivable(owner) => *owner = fan,
                FanAccount::Funding(_)
                | FanAccount::Settlement(_)
                | FanAccount::Issuer
                | FanAccount::OfflineLoss
                | FanAccount::Expired => {}
            }
        }
        for StatusPosting { account, .. } in &mut self.entry.status_postings {
            if let StatusAccount::Standing(owner) = account {
                *owner = fan;
            }
        }
    }
}

/// What is not settled yet: wallet and standing.
pub(crate) fn unsettled(db: &Db, fan: FanRow) -> Result<(i64, i64), StoreError> {
    Ok(db
        .prepare_cached(
            "SELECT coalesce(sum(wallet), 0), coalesce(sum(standing), 0) FROM journal
             WHERE fan = ?1 AND state = 0",
        )?
        .query_row([fan], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// What the platform has booked since it vouched for figures: Fan Points and Status Points.
///
/// A pass carries its time in seconds, so that what was booked in the same second may be in its figures or not. What
/// was taken counts then, what was given does not: the device never believes in more points than there are.
pub(crate) fn booked_since(
    db: &Db,
    fan: FanRow,
    source: Source,
    as_of: Timestamp,
) -> Result<(i64, i64), StoreError> {
    let (from, for_sure) = match source {
        Source::Card | Source::Live => (as_of.0, as_of.0.saturating_add(PASS_SECOND_MS)),
        Source::Platform => (as_of.0.saturating_add(1), as_of.0.saturating_add(1)),
    };
    Ok(db
        .prepare_cached(
            "SELECT coalesce(sum(CASE WHEN booked_at >= ?3 OR wallet < 0 THEN wallet END), 0),
                    coalesce(sum(CASE WHEN booked_at >= ?3 OR standing < 0 THEN standing END), 0)
             FROM journal WHERE fan = ?1 AND state = 1 AND booked_at >= ?2",
        )?
        .query_row([fan, from, for_sure], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// What the fan owes by this device's books. The platform tells of no debts, so that all entries count.
pub(crate) fn owed(db: &Db, fan: FanRow) -> Result<i64, StoreError> {
    Ok(db
        .prepare_cached(
            "SELECT coalesce(sum(debt), 0) FROM journal WHERE fan = ?1 AND debt <> 0 AND state <> 2",
        )?
        .query_row([fan], |row| row.get(0))?)
}

/// The platform has booked the entry; where it booked other amounts, those count.
pub(crate) fn book(
    db: &Db,
    id: Uuid,
    at: Timestamp,
    booked: (Option<i64>, Option<i64>),
) -> Result<(), StoreError> {
    db.prepare_cached(
        "UPDATE journal SET state = 1, booked_at = ?2, wallet = coalesce(?3 + debt, wallet),
           standing = coalesce(?4, standing) WHERE op = ?1 AND state = 0",
    )?
    .execute(params![id.as_bytes(), at.0, booked.0, booked.1])?;
    Ok(())
}

/// The entry is not settled after all.
pub(crate) fn unbook(db: &Db, id: Uuid) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE journal SET state = 0, booked_at = NULL WHERE op = ?1 AND state = 1")?
        .execute([id.as_bytes()])?;
    Ok(())
}

/// The entry counts no more: the platform refused it, or it never left. What it took back stands again.
///
/// Operations of the queue leave lots and reservations alone, which only the platform's books keep.
pub(crate) fn void(db: &Db, id: Uuid) -> Result<Option<Operation>, StoreError> {
    let id = OpId(id.into_bytes());
    let Some(kept) = standing(db, id)? else { return Ok(None) };
    db.prepare_cached("UPDATE journal SET state = 2 WHERE op = ?1 AND state = 0")?.execute([id.0])?;
    db.prepare_cached("DELETE FROM reversed_item WHERE by = ?1")?.execute([id.0])?;
    Ok(Some(kept.operation))
}

/// Another row stands for the fan from now on.
pub(crate) fn merge(db: &Db, keep: FanRow, drop: FanRow) -> Result<(), StoreError> {
    for sql in [
        "UPDATE journal SET fan = ?1 WHERE fan = ?2",
        "UPDATE lot SET fan = ?1 WHERE fan = ?2",
        "UPDATE reservation SET fan = ?1 WHERE fan = ?2",
    ] {
        db.prepare_cached(sql)?.execute([keep, drop])?;
    }
    Ok(())
}

/// The row of an operation's fan, and the sums beside an entry, as they stand.
pub(crate) fn effect(db: &Db, id: Uuid) -> Result<Option<(i64, Effect)>, StoreError> {
    Ok(db
        .prepare_cached("SELECT state, wallet, debt, standing FROM journal WHERE op = ?1")?
        .query_row([id.as_bytes()], |row| {
            let effect = Effect { wallet: row.get(1)?, debt: row.get(2)?, standing: row.get(3)? };
            Ok((row.get(0)?, effect))
        })
        .optional()?)
}

/// The postings as canonical bytes, for the audit chain: independent of the row of the fan.
pub(crate) fn posting_bytes(entry: &Entry) -> Vec<u8> {
    let mut canon = Canon::new(0);
    for posting in &entry.fan_postings {
        let (account, partner) = match posting.account {
            FanAccount::Wallet(_) => ("wallet", None),
            FanAccount::Receivable(_) => ("receivable", None),
            FanAccount::Funding(partner) => ("funding", Some(partner.0)),
            FanAccount::Settlement(partner) => ("settlement", Some(partner.0)),
            FanAccount::Issuer => ("issuer", None),
            FanAccount::OfflineLoss => ("offline_loss", None),
            FanAccount::Expired => ("expired", None),
        };
        canon = canon.int(0).text(account).int(partner.map_or(-1, i64::from)).int(posting.amount.0);
    }
    for posting in &entry.status_postings {
        let account = match posting.account {
            StatusAccount::Standing(_) => "standing",
            StatusAccount::Issuer => "issuer",
        };
        canon = canon.int(1).text(account).int(-1).int(posting.amount.0);
    }
    canon.finish()
}
