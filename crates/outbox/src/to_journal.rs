//! From version 1 to 2 of the database: the postings of each operation become an entry of the journal.
//!
//! Frozen with its migration: it reads the tables as they were then, by statements of its own.

use std::collections::HashMap;

use ledger::{
    Currency, Entry, FanAccount, FanId, FanPoints, FanPosting, Item, Money, OpId, Operation, OperationKind,
    PartnerId, Posted, Scope, StatusAccount, StatusPoints, StatusPosting, Tender, Timestamp,
};
use rusqlite::{Connection as Db, params};

use crate::{StoreError, journal};

/// The number that the device's own partner has always had.
const PARTNER: PartnerId = PartnerId(1);
const ACCEPTED: i64 = 2;
const REFUSED: i64 = 3;

/// An operation of version 1.
struct Old {
    seq: i64,
    id: OpId,
    fan: i64,
    kind: i64,
    action: Option<String>,
    undo_of: Option<(i64, OpId)>,
    at: Timestamp,
    state: i64,
    server_time: Option<i64>,
    booked: (Option<i64>, Option<i64>),
    refusal: Option<String>,
    reversed_by: Option<OpId>,
}

pub(crate) fn move_over(db: &Db) -> Result<(), StoreError> {
    let mut items_of: HashMap<i64, Vec<(Item, FanPoints)>> = HashMap::new();
    for old in operations(db)? {
        let content = old.undo_of.map_or(old.seq, |(seq, _)| seq);
        if let std::collections::hash_map::Entry::Vacant(place) = items_of.entry(content) {
            place.insert(items(db, content)?);
        }
        let items = items_of.get(&content).map(Vec::as_slice).unwrap_or_default();
        let operation = operation(&old, items);
        let posted = posted(db, &old, &operation, items)?;
        journal::append(db, old.fan, &operation, &posted)?;
        limited(db, &old)?;
        match old.state {
            ACCEPTED => book(db, &old)?,
            REFUSED => burn(db, &old, &operation)?,
            _ => {}
        }
    }
    reversed(db, &items_of)?;
    Ok(db.execute_batch("DROP TABLE posting; DROP TABLE limited")?)
}

fn operations(db: &Db) -> Result<Vec<Old>, StoreError> {
    let mut statement = db.prepare(
        "SELECT o.seq, o.id, o.fan, o.kind, o.action, o.undo_of, u.id, o.created_at, o.state, o.server_time,
           o.booked_fan_points, o.booked_status_points, o.refusal, r.id
         FROM operation o LEFT JOIN operation u ON u.seq = o.undo_of
         LEFT JOIN operation r ON r.seq = o.reversed_by ORDER BY o.seq",
    )?;
    let rows = statement.query_map([], |row| {
        let undone: Option<i64> = row.get(5)?;
        let undone_id: Option<[u8; 16]> = row.get(6)?;
        Ok(Old {
            seq: row.get(0)?,
            id: OpId(row.get(1)?),
            fan: row.get(2)?,
            kind: row.get(3)?,
            action: row.get(4)?,
            undo_of: undone.zip(undone_id).map(|(seq, id)| (seq, OpId(id))),
            at: Timestamp(row.get(7)?),
            state: row.get(8)?,
            server_time: row.get(9)?,
            booked: (row.get(10)?, row.get(11)?),
            refusal: row.get(12)?,
            reversed_by: row.get::<_, Option<[u8; 16]>>(13)?.map(OpId),
        })
    })?;
    Ok(rows.collect::<Result<_, _>>()?)
}

fn items(db: &Db, seq: i64) -> Result<Vec<(Item, FanPoints)>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT price, currency, rate_label, points FROM item WHERE operation = ?1 ORDER BY n",
    )?;
    let mut rows = statement.query([seq])?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        let currency: Currency =
            row.get::<_, String>(1)?.parse().map_err(|_| StoreError::Unreadable { what: "currency" })?;
        let item = Item { price: Money::new(row.get(0)?, currency), rate_label: row.get(2)? };
        items.push((item, FanPoints(row.get(3)?)));
    }
    Ok(items)
}

fn operation(old: &Old, items: &[(Item, FanPoints)]) -> Operation {
    let items = || items.iter().map(|(item, _)| item.clone()).collect();
    let kind = match (old.kind, old.undo_of) {
        (_, Some((_, of))) => OperationKind::Reverse { of, scope: Scope::Whole },
        (0, None) => OperationKind::Distribute { items: items() },
        (1, None) => OperationKind::Redeem { items: items(), tender: Tender::Whole, reservation: None },
        (_, None) => OperationKind::Award { action: old.action.clone().unwrap_or_default() },
    };
    Operation { id: old.id, partner: PARTNER, fan: FanId(old.fan.cast_unsigned()), at: old.at, kind }
}

fn posted(
    db: &Db,
    old: &Old,
    operation: &Operation,
    items: &[(Item, FanPoints)],
) -> Result<Posted, StoreError> {
    let turned = old.undo_of.is_some();
    let points = items.iter().map(|(_, points)| if turned { FanPoints(-points.0) } else { *points });
    let mut entry = Entry {
        op: old.id,
        fan: operation.fan,
        partner: PARTNER,
        at: old.at,
        corrects: old.undo_of.map(|(_, of)| of),
        fan_postings: Vec::new(),
        status_postings: Vec::new(),
        item_points: points.collect(),
        lots_taken: Vec::new(),
    };
    let mut statement = db.prepare_cached(
        "SELECT book, account, partner, amount FROM posting WHERE operation = ?1 ORDER BY n",
    )?;
    let mut rows = statement.query([old.seq])?;
    while let Some(row) = rows.next()? {
        let (account, partner): (String, Option<u32>) = (row.get(1)?, row.get(2)?);
        let amount: i64 = row.get(3)?;
        if row.get::<_, i64>(0)? == 0 {
            let account = fan_account(&account, operation.fan, PartnerId(partner.unwrap_or_default()))?;
            entry.fan_postings.push(FanPosting { account, amount: FanPoints(amount) });
        } else {
            let account = status_account(&account, operation.fan)?;
            entry.status_postings.push(StatusPosting { account, amount: StatusPoints(amount) });
        }
    }
    Ok(Posted {
        digest: operation.digest(),
        entry,
        reversed_items: Vec::new(),
        limited: Vec::new(),
        lots: Vec::new(),
        reservation: None,
    })
}

fn fan_account(name: &str, fan: FanId, partner: PartnerId) -> Result<FanAccount, StoreError> {
    match name {
        "wallet" => Ok(FanAccount::Wallet(fan)),
        "receivable" => Ok(FanAccount::Receivable(fan)),
        "funding" => Ok(FanAccount::Funding(partner)),
        "settlement" => Ok(FanAccount::Settlement(partner)),
        "issuer" => Ok(FanAccount::Issuer),
        "offline_loss" => Ok(FanAccount::OfflineLoss),
        "expired" => Ok(FanAccount::Expired),
        _ => Err(StoreError::Unreadable { what: "account" }),
    }
}

fn status_account(name: &str, fan: FanId) -> Result<StatusAccount, StoreError> {
    match name {
        "standing" => Ok(StatusAccount::Standing(fan)),
        "issuer" => Ok(StatusAccount::Issuer),
        _ => Err(StoreError::Unreadable { what: "account" }),
    }
}

fn limited(db: &Db, old: &Old) -> Result<(), StoreError> {
    db.prepare_cached(
        "INSERT INTO limited_given (partner, label, op, points)
         SELECT ?2, label, ?3, points FROM limited WHERE operation = ?1",
    )?
    .execute(params![old.seq, PARTNER.0, old.id.0])?;
    Ok(())
}

fn book(db: &Db, old: &Old) -> Result<(), StoreError> {
    db.prepare_cached(
        "UPDATE journal SET state = 1, booked_at = ?2, wallet = coalesce(?3 + debt, wallet),
           standing = coalesce(?4, standing) WHERE op = ?1",
    )?
    .execute(params![old.id.0, old.server_time.unwrap_or_default(), old.booked.0, old.booked.1])?;
    Ok(())
}

fn burn(db: &Db, old: &Old, operation: &Operation) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE journal SET state = 2 WHERE op = ?1")?.execute([old.id.0])?;
    db.prepare_cached("INSERT INTO burned (op, digest, refusal) VALUES (?1, ?2, ?3)")?.execute(params![
        old.id.0,
        operation.digest(),
        old.refusal.as_deref().unwrap_or_default()
    ])?;
    Ok(())
}

fn reversed(db: &Db, items_of: &HashMap<i64, Vec<(Item, FanPoints)>>) -> Result<(), StoreError> {
    let mut statement = db.prepare_cached("INSERT INTO reversed_item (op, item, by) VALUES (?1, ?2, ?3)")?;
    for old in operations(db)? {
        let Some(by) = old.reversed_by else { continue };
        let parts = items_of.get(&old.seq).map_or(1, |items| items.len().max(1));
        for item in 0..parts {
            statement.execute(params![old.id.0, i64::try_from(item).unwrap_or(i64::MAX), by.0])?;
        }
    }
    Ok(())
}
