//! The device's books as the ledger wants to see them.

use fanpass::FanRef;
use ledger::{
    Entry, FanAccount, FanId, FanPoints, FanPosting, FanState, Item, Lot, Money, OpId, Operation,
    OperationKind as Asked, PartnerId, Recorded, RecordedOutcome, State, StatusAccount, StatusPoints,
    StatusPosting, Tender, Timestamp,
};
use rusqlite::{Connection as Db, OptionalExtension, params};
use uuid::Uuid;

use crate::{KnownFan, OperationKind, OperationRow, OperationState, ProgramConfig, StoreError, load};

/// More than any wallet holds: where the platform has the last word, what the device believes of a
/// balance must not refuse.
const BOTTOMLESS: i64 = 1 << 60;

/// One view of the database, for one decision about one fan.
pub(crate) struct Books<'a> {
    pub db: &'a Db,
    pub fan: FanId,
    pub known: &'a KnownFan,
    /// The wallet does not refuse.
    pub bottomless: bool,
    /// When the rates were fetched: what was booked before is in what they say is left.
    pub rates_as_of: Timestamp,
}

impl State for Books<'_> {
    type Error = StoreError;

    fn fan(&self, fan: FanId, _now: Timestamp) -> Result<Option<FanState>, StoreError> {
        if fan != self.fan {
            return Ok(None);
        }
        let known_status = self.known.confirmed.map_or(0, |c| c.status_points.0);
        let (wallet, standing) =
            if self.bottomless { (BOTTOMLESS, BOTTOMLESS) } else { (self.known.available.0, known_status) };
        Ok(Some(FanState {
            wallet: FanPoints(wallet),
            reserved: FanPoints(0),
            receivable: FanPoints(0),
            standing: StatusPoints(standing),
        }))
    }

    fn recorded(&self, id: OpId) -> Result<Option<Recorded>, StoreError> {
        let Some(seq) = load::seq_of(self.db, Uuid::from_bytes(id.0))? else { return Ok(None) };
        let row = load::load(self.db, seq)?;
        if row.state == OperationState::Refused {
            return Ok(None);
        }
        let operation = operation(&row, self.fan);
        let entry = Entry {
            op: id,
            fan: self.fan,
            partner: ProgramConfig::PARTNER,
            at: row.created_at,
            corrects: row.undo_of.map(|of| OpId(of.into_bytes())),
            fan_postings: fan_postings(self.db, seq, self.fan)?,
            status_postings: status_postings(self.db, seq, self.fan)?,
            item_points: row.items.iter().map(|item| item.points).collect(),
            lots_taken: Vec::new(),
        };
        let parts = u16::try_from(row.items.len().max(1)).unwrap_or(u16::MAX);
        let reversed = if row.is_reversed() { (0..parts).collect() } else { Vec::new() };
        Ok(Some(Recorded {
            digest: operation.digest(),
            outcome: RecordedOutcome::Posted { operation, entry, reversed },
        }))
    }

    fn limited_given(&self, _partner: PartnerId, label: Option<&str>) -> Result<FanPoints, StoreError> {
        let sum = self
            .db
            .prepare_cached(
                "SELECT coalesce(sum(l.points), 0) FROM limited l JOIN operation o ON o.seq = l.operation
                 WHERE l.label = ?1 AND (o.state IN (0, 1, 4) OR (o.state = 2 AND o.server_time > ?2))",
            )?
            .query_row(params![label.unwrap_or(""), self.rates_as_of.0], |row| row.get(0))?;
        Ok(FanPoints(sum))
    }

    /// Lots expire by the platform's books alone.
    fn lots(&self, _fan: FanId) -> Result<Vec<Lot>, StoreError> {
        Ok(Vec::new())
    }

    /// A device makes no reservations.
    fn reservation(&self, _id: OpId) -> Result<Option<(FanId, FanPoints, Timestamp)>, StoreError> {
        Ok(None)
    }
}

/// A stored operation in the ledger's words.
fn operation(row: &OperationRow, fan: FanId) -> Operation {
    let items = || {
        row.items
            .iter()
            .map(|item| Item { price: item.price, rate_label: item.rate_label.clone() })
            .collect::<Vec<_>>()
    };
    let kind = match row.kind {
        OperationKind::Give => Asked::Distribute { items: items() },
        OperationKind::Redeem => Asked::Redeem { items: items(), tender: Tender::Whole, reservation: None },
        OperationKind::Award => {
            Asked::Award { action: row.action.as_ref().map(|a| a.category.clone()).unwrap_or_default() }
        }
        OperationKind::Undo => Asked::Reverse {
            of: OpId(row.undo_of.unwrap_or_default().into_bytes()),
            scope: ledger::Scope::Whole,
        },
    };
    Operation {
        id: OpId(row.id.into_bytes()),
        partner: ProgramConfig::PARTNER,
        fan,
        at: row.created_at,
        kind,
    }
}

/// Writes the postings of an entry.
pub(crate) fn write_postings(db: &Db, seq: i64, entry: &Entry) -> Result<(), StoreError> {
    let mut statement = db.prepare_cached(
        "INSERT INTO posting (operation, n, book, account, partner, amount) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    let fan = entry.fan_postings.iter().map(|p| {
        let (account, partner) = fan_account(p.account);
        (0, account, partner, p.amount.0)
    });
    let status = entry.status_postings.iter().map(|p| {
        let account = match p.account {
            StatusAccount::Standing(_) => "standing",
            StatusAccount::Issuer => "issuer",
        };
        (1, account, None, p.amount.0)
    });
    for (n, (book, account, partner, amount)) in (1_i64..).zip(fan.chain(status)) {
        statement.execute(params![seq, n, book, account, partner, amount])?;
    }
    Ok(())
}

fn fan_account(account: FanAccount) -> (&'static str, Option<u32>) {
    match account {
        FanAccount::Wallet(_) => ("wallet", None),
        FanAccount::Receivable(_) => ("receivable", None),
        FanAccount::Funding(partner) => ("funding", Some(partner.0)),
        FanAccount::Settlement(partner) => ("settlement", Some(partner.0)),
        FanAccount::Issuer => ("issuer", None),
        FanAccount::OfflineLoss => ("offline_loss", None),
        FanAccount::Expired => ("expired", None),
    }
}

/// What is stored of one posting: account, partner, amount.
type Stored = (String, Option<u32>, i64);

fn postings(db: &Db, seq: i64, book: i64) -> Result<Vec<Stored>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT account, partner, amount FROM posting WHERE operation = ?1 AND book = ?2 ORDER BY n",
    )?;
    let rows = statement.query_map([seq, book], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn fan_postings(db: &Db, seq: i64, fan: FanId) -> Result<Vec<FanPosting>, StoreError> {
    let of = |(account, partner, amount): Stored| {
        let partner = PartnerId(partner.unwrap_or_default());
        let account = match account.as_str() {
            "wallet" => FanAccount::Wallet(fan),
            "receivable" => FanAccount::Receivable(fan),
            "funding" => FanAccount::Funding(partner),
            "settlement" => FanAccount::Settlement(partner),
            "issuer" => FanAccount::Issuer,
            "offline_loss" => FanAccount::OfflineLoss,
            "expired" => FanAccount::Expired,
            _ => return Err(StoreError::Unreadable { what: "account" }),
        };
        Ok(FanPosting { account, amount: FanPoints(amount) })
    };
    postings(db, seq, 0)?.into_iter().map(of).collect()
}

fn status_postings(db: &Db, seq: i64, fan: FanId) -> Result<Vec<StatusPosting>, StoreError> {
    let of = |(account, _, amount): Stored| {
        let account = match account.as_str() {
            "standing" => StatusAccount::Standing(fan),
            "issuer" => StatusAccount::Issuer,
            _ => return Err(StoreError::Unreadable { what: "account" }),
        };
        Ok(StatusPosting { account, amount: StatusPoints(amount) })
    };
    postings(db, seq, 1)?.into_iter().map(of).collect()
}

/// The postings as canonical bytes, for the audit chain.
pub(crate) fn posting_bytes(db: &Db, seq: i64) -> Result<Vec<u8>, StoreError> {
    let mut canon = crate::canon::Canon::new(0);
    for book in [0, 1] {
        for (account, partner, amount) in postings(db, seq, book)? {
            canon = canon.int(book).text(&account).int(partner.map_or(-1, i64::from)).int(amount);
        }
    }
    Ok(canon.finish())
}

/// Prices of a purchase in the ledger's words.
pub(crate) fn items_of(items: &[crate::PurchaseItem]) -> Vec<Item> {
    items.iter().map(|item| Item { price: item.price, rate_label: item.rate_label.clone() }).collect()
}

/// The fan of an operation: where it is undone, its own name counts and not the one shown now.
pub(crate) fn fan_of(db: &Db, seq: i64) -> Result<Option<(i64, FanRef)>, StoreError> {
    let found: Option<(i64, String)> = db
        .prepare_cached("SELECT fan, fan_ref FROM operation WHERE seq = ?1")?
        .query_row([seq], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    found
        .map(|(fan, text)| Ok((fan, text.parse().map_err(|_| StoreError::Unreadable { what: "fan" })?)))
        .transpose()
}

/// The sum of a purchase in minor units of the program's currency.
pub(crate) fn price_of(rules: &ledger::Rules, items: &[Item]) -> Result<Money, ledger::Refusal> {
    let total = FanPoints::sum(rules.quote_price(items)?)?;
    Ok(total.value(rules.currency))
}
