//! What was just decided is durable as one row that says all of it: operation, items, entry of the journal and link of
//! the audit chain. Making it durable then writes one page and not a dozen. Later, many at a time in one transaction,
//! such rows go over into the tables that the rest of the database is read from.
//!
//! They go over before anything else is read or changed. Only whoever decides the next operation looks at both: at the
//! tables, and at what is [`Fresh`]. The tables alone are always a whole history, only not up to its end.

use std::collections::{HashMap, HashSet};

use fanpass::FanRef;
use ledger::audit::ChainHash;
use ledger::mutant::skipped;
use ledger::{FanPoints, StatusPoints, Timestamp};
use rusqlite::{Connection as Db, params};
use uuid::Uuid;

use crate::audit::{Entry, Next};
use crate::commit::{self, NEXT_SEQ};
use crate::decision::{Decided, Subject};
use crate::fans::{self, FanRow};
use crate::journal::Effect;
use crate::words::Words;
use crate::{KnownFan, OperationKind, OperationRow, Pending, Proposal, Route, StoreError, facts, load};

/// So many are decided before they have to go over.
const AT_MOST: usize = 1024;

/// An operation that has not gone over, as far as it counts for the next decision.
struct Open {
    id: Uuid,
    fan: FanRow,
    is_redemption: bool,
    is_local: bool,
    fan_points: i64,
    status_points: i64,
    created_at: i64,
}

/// What has not gone over of one fan.
#[derive(Default)]
struct OfFan {
    pending: Pending,
    /// The part that lessens what can be redeemed; not above zero.
    taken: i64,
}

/// A redemption that the platform could still refuse.
struct AtRisk {
    fan: FanRow,
    points: i64,
    created_at: i64,
}

/// The end of the history.
#[derive(Clone, Copy)]
struct Last {
    seq: i64,
    created_at: Timestamp,
    link: Next,
}

/// What has not gone over yet, as the writer knows it without reading it again.
#[derive(Default)]
pub(crate) struct Fresh {
    is_known: bool,
    ids: HashSet<Uuid>,
    fans: HashMap<FanRow, OfFan>,
    at_risk: Vec<AtRisk>,
    /// When something was given or awarded.
    grants: Vec<i64>,
    last: Option<Last>,
    /// Fans who were not met before: they get their rows when their operations go over.
    newcomers: HashMap<FanRef, FanRow>,
    /// The rows of words that were written lately.
    phrases: HashMap<Words, i64>,
    /// What the tables say of the whole device, while nothing changes them.
    tables: facts::Tables,
}

impl Fresh {
    /// Takes up what is there, where it is not known.
    pub(crate) fn take_up(&mut self, db: &Db) -> Result<(), StoreError> {
        if self.is_known {
            return Ok(());
        }
        *self = Self::default();
        let mut statement = db.prepare_cached(
            "SELECT id, fan, kind, route, fan_points, status_points, created_at, seq, audit, hash
             FROM intake ORDER BY seq",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            self.count(&Open {
                id: load::id(row.get(0)?)?,
                fan: row.get(1)?,
                is_redemption: row.get::<_, i64>(2)? == OperationKind::Redeem.to_number(),
                is_local: row.get::<_, i64>(3)? == 0,
                fan_points: row.get(4)?,
                status_points: row.get(5)?,
                created_at: row.get(6)?,
            });
            self.last = Some(Last {
                seq: row.get(7)?,
                created_at: Timestamp(row.get(6)?),
                link: Next::after(row.get(8)?, ChainHash(row.get(9)?)),
            });
        }
        if self.last.is_some() {
            self.newcomers = newcomers(db, i64::MAX)?.into_iter().collect();
        }
        self.is_known = true;
        Ok(())
    }

    /// The row that a fan will have who was met with what has not gone over.
    pub(crate) fn newcomer(&self, fan: FanRef) -> Option<FanRow> {
        self.newcomers.get(&fan).copied()
    }

    /// The row of the next fan who was not met before.
    pub(crate) fn next_fan(&self, db: &Db) -> Result<FanRow, StoreError> {
        match self.newcomers.values().max() {
            Some(last) => Ok(last.saturating_add(1)),
            None => fans::next_row(db),
        }
    }

    /// A fan who was not met before has an operation, in this row.
    pub(crate) fn meet(&mut self, fan: FanRef, row: FanRow) {
        self.newcomers.insert(fan, row);
    }

    /// The tables or these rows have changed, or a change was taken back.
    pub(crate) fn forget(&mut self) {
        self.is_known = false;
    }

    /// Whether an operation of this id has not gone over.
    pub(crate) fn has(&self, id: Uuid) -> bool {
        self.ids.contains(&id)
    }

    /// The number of the next operation.
    fn next_seq(&self, db: &Db) -> Result<i64, StoreError> {
        match &self.last {
            Some(last) => Ok(last.seq.saturating_add(1)),
            None => Ok(db.prepare_cached(NEXT_SEQ)?.query_row([], |row| row.get(0))?),
        }
    }

    /// When the newest operation was decided, if it has not gone over.
    pub(crate) fn newest(&self) -> Option<Timestamp> {
        self.last.as_ref().map(|last| last.created_at)
    }

    pub(crate) fn tables(&mut self) -> &mut facts::Tables {
        &mut self.tables
    }

    fn count(&mut self, one: &Open) {
        self.ids.insert(one.id);
        let OfFan { pending, taken } = self.fans.entry(one.fan).or_default();
        pending.fan_points.0 = pending.fan_points.0.saturating_add(one.fan_points);
        pending.status_points.0 = pending.status_points.0.saturating_add(one.status_points);
        pending.operations = pending.operations.saturating_add(1);
        *taken = taken.saturating_add(one.fan_points.min(0));
        match (one.is_local, one.is_redemption) {
            (true, true) => {
                let points = one.fan_points.saturating_neg();
                self.at_risk.push(AtRisk { fan: one.fan, points, created_at: one.created_at });
            }
            (true, false) => self.grants.push(one.created_at),
            (false, _) => {}
        }
    }

    /// What the tables say of a fan, with what has not gone over.
    pub(crate) fn add_to(&self, known: &mut KnownFan, fan: FanRow) {
        let Some(OfFan { pending, taken }) = self.fans.get(&fan) else { return };
        let sums = &mut known.pending;
        sums.fan_points = FanPoints(sums.fan_points.0.saturating_add(pending.fan_points.0));
        sums.status_points = StatusPoints(sums.status_points.0.saturating_add(pending.status_points.0));
        sums.operations = sums.operations.saturating_add(pending.operations);
        known.available = FanPoints(known.available.0.saturating_add(*taken).max(0));
    }

    /// Redemptions at risk of a fan, or of the whole device: their number and points since `from`.
    pub(crate) fn at_risk(&self, fan: Option<FanRow>, from: i64) -> (u32, i64) {
        let counts = |one: &&AtRisk| one.created_at > from && fan.is_none_or(|fan| one.fan == fan);
        self.at_risk
            .iter()
            .filter(counts)
            .fold((0, 0), |(count, points), one| (count + 1_u32, one.points.saturating_add(points)))
    }

    /// Gives and awards since `from`.
    pub(crate) fn grants_since(&self, from: i64) -> u32 {
        u32::try_from(self.grants.iter().filter(|at| **at > from).count()).unwrap_or(u32::MAX)
    }

    fn row_of(&mut self, db: &Db, words: Words) -> Result<i64, StoreError> {
        if let Some(row) = self.phrases.get(&words) {
            return Ok(*row);
        }
        let row = words.row(db)?;
        self.phrases.insert(words, row);
        Ok(row)
    }
}

/// Whether one row can say all that an operation does. An undo, a limit that was raised, a debt that is paid, points of
/// a limited rate and the like reach further and go straight into the tables.
pub(crate) fn takes(proposal: &Proposal, decided: &Decided) -> bool {
    let posted = &decided.posted;
    let behind = decided.operation.at.0.saturating_sub(proposal.now.0);
    !matches!(proposal.kind, crate::Proposed::Undo { .. })
        && decided.raised.is_none()
        && behind <= crate::clock::LEEWAY_MS
        && posted.entry.corrects.is_none()
        && Effect::of(&posted.entry).debt == 0
        && posted.limited.is_empty()
        && posted.lots.is_empty()
        && posted.reservation.is_none()
}

/// Takes an operation in; its row as it will be read. See [`takes`].
pub(crate) fn add(
    db: &Db,
    fresh: &mut Fresh,
    proposal: &Proposal,
    (fan, subject): (FanRow, &Subject),
    decided: &Decided,
    digest: &[u8; 32],
) -> Result<OperationRow, StoreError> {
    if fresh.ids.len() >= AT_MOST {
        go_over(db, fresh)?;
        fresh.take_up(db)?;
    }
    let seq = fresh.next_seq(db)?;
    let link = match &fresh.last {
        Some(last) => last.link,
        None => crate::audit::next(db)?,
    };
    let row = commit::written(seq, proposal, subject, decided)
        .ok_or(StoreError::Unreadable { what: "operation" })?;
    let audited = Entry::Committed {
        id: row.id,
        seq,
        digest: commit::digest_of(&row, digest, &decided.posted.entry),
        at: proposal.now,
    };
    let (audited, hash) = link.entry(&audited);
    let phrase = fresh.row_of(db, Words::of(&row))?;
    insert(db, &row, (seq, fan, phrase, link.n), proposal, decided, (digest, &audited, hash.0.as_slice()))?;
    fresh.count(&Open {
        id: row.id,
        fan,
        is_redemption: row.kind == OperationKind::Redeem,
        is_local: row.route == Route::Local,
        fan_points: row.fan_points.0,
        status_points: row.status_points.0,
        created_at: row.created_at.0,
    });
    fresh.last = Some(Last { seq, created_at: row.created_at, link: Next::after(link.n, hash) });
    Ok(row)
}

fn insert(
    db: &Db,
    row: &OperationRow,
    (seq, fan, phrase, n): (i64, FanRow, i64, i64),
    proposal: &Proposal,
    decided: &Decided,
    (digest, audited, hash): (&[u8; 32], &[u8], &[u8]),
) -> Result<(), StoreError> {
    let posted = &decided.posted;
    let effect = Effect::of(&posted.entry);
    let (calls, bytes) = commit::weight(&proposal.kind, posted.entry.item_points.len());
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let price = row.items.iter().fold(0_i64, |sum, item| sum.saturating_add(item.price.minor));
    let items = serde_json::to_string(&row.items).map_err(|_| StoreError::Unreadable { what: "items" })?;
    db.prepare_cached(
        "INSERT INTO intake (seq, id, digest, fan, fan_ref, kind, action, title, description, fan_points, status_points,
           trust, route, created_at, staff, rule, exposure, calls, bytes, phrase, price, items, ledger, wallet, debt,
           standing, operation, entry, audit, audited, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22,
           ?23, ?24, ?25, ?26, ?27, ?28, ?29, ?30, ?31)",
    )?
    .execute(params![
        seq,
        row.id.as_bytes().as_slice(),
        digest.as_slice(),
        fan,
        row.fan.to_string(),
        row.kind.to_number(),
        row.action.as_ref().map(|action| &action.category),
        row.action.as_ref().map(|action| &action.title),
        row.action.as_ref().map(|action| &action.description),
        row.fan_points.0,
        row.status_points.0,
        load::trust_number(row.trust),
        i64::from(row.route == Route::Platform),
        row.created_at.0,
        row.staff,
        row.rule.and_then(load::rule_name),
        row.exposure.0,
        number(calls),
        number(bytes),
        phrase,
        row.action.is_none().then_some(price),
        items,
        posted.digest.as_slice(),
        effect.wallet,
        effect.debt,
        effect.standing,
        decided.operation.canonical(),
        posted.entry.canonical(),
        n,
        audited,
        hash,
    ])?;
    Ok(())
}

/// Whether all has gone over.
pub(crate) fn is_empty(db: &Db) -> Result<bool, StoreError> {
    Ok(!db.prepare_cached("SELECT 1 FROM intake")?.exists([])?)
}

/// Lets all that was taken in go over into the tables.
pub(crate) fn go_over(db: &Db, fresh: &mut Fresh) -> Result<(), StoreError> {
    fresh.forget();
    if is_empty(db)? {
        return Ok(());
    }
    up_to(db, i64::MAX)?;
    empty(db)
}

/// The same for whoever only reads, in a transaction that is not kept.
pub(crate) fn show(db: &Db) -> Result<(), StoreError> {
    go_over(db, &mut Fresh::default())
}

/// Lets the oldest go over. False: there is none.
pub(crate) fn one_goes_over(db: &Db) -> Result<bool, StoreError> {
    let oldest: Option<i64> =
        db.prepare_cached("SELECT min(seq) FROM intake")?.query_row([], |row| row.get(0))?;
    let Some(oldest) = oldest else { return Ok(false) };
    up_to(db, oldest)?;
    db.prepare_cached("DELETE FROM intake WHERE seq <= ?1")?.execute([oldest])?;
    Ok(true)
}

/// What has gone over stays in its tables: to overwrite it where it was would write every page of it and hide nothing.
fn empty(db: &Db) -> Result<(), StoreError> {
    // Not prepared once: SQLite obeys while it compiles this.
    db.execute_batch("PRAGMA secure_delete = FAST")?;
    let emptied = db.prepare_cached("DELETE FROM intake")?.execute([]);
    db.execute_batch("PRAGMA secure_delete = ON")?;
    emptied?;
    Ok(())
}

/// Fans who have an operation up to `last` and no row yet, in the order in which they were met.
fn newcomers(db: &Db, last: i64) -> Result<Vec<(FanRef, FanRow)>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT fan_ref, fan FROM intake WHERE seq <= ?1 AND fan NOT IN (SELECT fan FROM fan) GROUP BY fan",
    )?;
    let mut rows = statement.query([last])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let name = row.get::<_, String>(0)?.parse().map_err(|_| StoreError::Unreadable { what: "fan" })?;
        found.push((name, row.get(1)?));
    }
    Ok(found)
}

/// Gives newcomers their rows, as far as somebody may look for them.
pub(crate) fn admit(db: &Db, last: i64) -> Result<(), StoreError> {
    for (fan, row) in newcomers(db, last)? {
        fans::add(db, row, fan)?;
    }
    Ok(())
}

fn up_to(db: &Db, last: i64) -> Result<(), StoreError> {
    admit(db, last)?;
    for sql in [
        "INSERT INTO operation (seq, id, digest, fan, fan_ref, kind, action, title, description, fan_points, status_points,
           trust, route, created_at, staff, manager_raised, rule, exposure, calls, bytes, phrase, price, audit, state)
         SELECT seq, id, digest, fan, fan_ref, kind, action, title, description, fan_points, status_points,
           trust, route, created_at, staff, 0, rule, exposure, calls, bytes, phrase, price, audit, 0
         FROM intake WHERE seq <= ?1 ORDER BY seq",
        "INSERT INTO item (operation, n, title, description, price, currency, rate_label, points)
         SELECT i.seq, e.value ->> 'number', e.value ->> 'title', e.value ->> 'description', e.value ->> '$.price.minor',
           e.value ->> '$.price.currency', e.value ->> 'rate_label', e.value ->> 'points'
         FROM intake i, json_each(i.items) e WHERE i.seq <= ?1 ORDER BY i.seq, e.key",
        "INSERT INTO journal (op, fan, digest, wallet, debt, standing, operation, entry)
         SELECT id, fan, ledger, wallet, debt, standing, operation, entry FROM intake WHERE seq <= ?1 ORDER BY seq",
        "INSERT INTO audit (n, body, hash) SELECT audit, audited, hash FROM intake WHERE seq <= ?1 ORDER BY seq",
    ] {
        if sql.starts_with("INSERT INTO audit") && skipped("commit-is-audited") {
            continue;
        }
        db.prepare_cached(sql)?.execute([last])?;
    }
    Ok(())
}
