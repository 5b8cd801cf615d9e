//! Committing an operation: decided and written in one transaction.

use fanpass::FanRef;
use ledger::mutant::skipped;
use ledger::{Entry, FanPoints, OpId, StateMut, Timestamp};
use rusqlite::{Connection as Db, params};
use uuid::Uuid;

use crate::audit;
use crate::books::Books;
use crate::canon::Canon;
use crate::decision::{self, Decided, Program, Subject};
use crate::intake::{self, Fresh};
use crate::{
    ActionRow, Commit, Decline, ItemRow, OperationKind, OperationRow, OperationState, Proposal, Proposed,
    PurchaseItem, Raiser, Route, StoreError, archive, clock, fans, journal, load, settings, words,
    words::Words,
};

/// A call takes so many bytes of the request beside its texts, at the most.
const BYTES_OF_CALL: usize = 640;
const BYTES_OF_ITEM: usize = 224;

/// The number after the last of the device's history, archived or not.
pub(crate) const NEXT_SEQ: &str = "SELECT max(coalesce((SELECT max(seq) FROM operation), 0),
    coalesce((SELECT max(seq) FROM archive), 0)) + 1";

/// Decides and, if it may be, writes. The caller's transaction makes it durable.
pub(crate) fn commit(
    db: &Db,
    fresh: &mut Fresh,
    proposal: &Proposal,
    program: Option<&Program>,
) -> Result<Commit, StoreError> {
    fresh.take_up(db)?;
    if fresh.has(proposal.id) || matches!(proposal.kind, Proposed::Undo { .. }) {
        // It is about another operation, or about one that was decided before.
        intake::go_over(db, fresh)?;
        fresh.take_up(db)?;
    }
    let digest = content_digest(proposal.id, proposal.fan, &proposal.kind);
    if let Some(seq) = load::seq_of(db, proposal.id)? {
        let same = kept_digest(db, seq)? == digest || skipped("id-with-its-content");
        return Ok(if same {
            Commit::Committed(Box::new(load::load(db, seq)?))
        } else {
            Commit::Declined(Decline::Rules(ledger::Refusal::IdConflict))
        });
    }
    let Some(program) = program else { return Ok(Commit::Declined(Decline::NotConfigured)) };
    let mut subject = Subject::of(db, fresh, proposal)?;
    let is_new = subject.row.is_none();
    // The entry is about the row that a new fan will have; only who has an operation is remembered.
    let fan = match subject.row {
        Some(row) => row,
        None => fresh.next_fan(db)?,
    };
    subject.row = Some(fan);
    let decided = match decision::make(db, fresh, proposal, program, &subject)? {
        Ok(Decided { decline: Some(decline), .. }) | Err(decline) => {
            return archived(db, proposal.id, &digest, decline);
        }
        Ok(decided) => decided,
    };
    if !intake::takes(proposal, &decided) {
        intake::go_over(db, fresh)?;
        if is_new {
            fans::add(db, fan, subject.fan)?;
        }
        let row = write(db, proposal, program, (fan, &subject), &decided, &digest)?;
        return Ok(Commit::Committed(Box::new(row)));
    }
    if decided.operation.at > proposal.now {
        settings::keep_floor(db, decided.operation.at)?;
        fresh.tables().has_seen(decided.operation.at);
    }
    let row = intake::add(db, fresh, proposal, (fan, &subject), &decided, &digest)?;
    if is_new {
        fresh.meet(subject.fan, fan);
    }
    Ok(Commit::Committed(Box::new(row)))
}

/// What is refused may have been done so long ago that it is in the archive.
fn archived(db: &Db, id: Uuid, digest: &[u8; 32], decline: Decline) -> Result<Commit, StoreError> {
    let done = archive::find(db, id)?
        .filter(|row| kind_of_row(row).is_some_and(|kind| content_digest(id, row.fan, &kind) == *digest));
    Ok(done.map_or(Commit::Declined(decline), |row| Commit::Committed(Box::new(row))))
}

/// What was asked for, of an operation that is kept.
fn kind_of_row(row: &OperationRow) -> Option<Proposed> {
    let items = || {
        let one = |item: &ItemRow| PurchaseItem {
            title: item.title.clone(),
            description: item.description.clone(),
            price: item.price,
            rate_label: item.rate_label.clone(),
        };
        row.items.iter().map(one).collect()
    };
    Some(match row.kind {
        OperationKind::Give => Proposed::Give { items: items() },
        OperationKind::Redeem => Proposed::Redeem { items: items() },
        OperationKind::Award => {
            let ActionRow { category, title, description } = row.action.clone()?;
            Proposed::Award { action: category, title, description }
        }
        OperationKind::Undo => Proposed::Undo { of: row.undo_of? },
    })
}

/// Writes an operation straight into the tables. Nothing may be left in the intake.
fn write(
    db: &Db,
    proposal: &Proposal,
    program: &Program,
    (fan, subject): (fans::FanRow, &Subject),
    decided: &Decided,
    digest: &[u8; 32],
) -> Result<OperationRow, StoreError> {
    let seq: i64 = db.prepare_cached(NEXT_SEQ)?.query_row([], |row| row.get(0))?;
    note_time(db, proposal.now, decided.operation.at)?;
    let link = audit::next(db)?;
    insert_operation(db, (seq, link.n), fan, proposal, subject, decided, digest)?;
    insert_items(db, seq, proposal, &decided.posted.entry.item_points)?;
    note_raiser(db, seq, decided.raised.and(proposal.raised_by.as_ref()))?;
    Books { db, rates_as_of: program.config.fetched_at }.post(&decided.operation, &decided.posted)?;
    if let Some(original) = subject.original {
        db.prepare_cached("UPDATE operation SET reversed_by = ?2 WHERE seq = ?1")?
            .execute([original, seq])?;
    }
    let row = match written(seq, proposal, subject, decided) {
        Some(row) => row,
        None => load::load(db, seq)?,
    };
    let digest = digest_of(&row, digest, &decided.posted.entry);
    let _next = audit::append_at(
        db,
        link,
        &audit::Entry::Committed { id: proposal.id, seq, digest, at: proposal.now },
    )?;
    if let Some((rule, raiser)) = decided.raised.zip(proposal.raised_by.as_ref()) {
        note_raised(db, proposal, rule, raiser)?;
    }
    Ok(row)
}

/// The audit chain says which limit was raised for an operation, and who did.
fn note_raised(
    db: &Db,
    proposal: &Proposal,
    rule: ledger::PolicyRule,
    raiser: &Raiser,
) -> Result<(), StoreError> {
    let by = match raiser {
        Raiser::Person(person) => format!("{person:?}"),
        Raiser::ManagersPin => "the manager's PIN".to_owned(),
    };
    let rule = load::rule_name(rule).unwrap_or_default();
    let what = format!("{}: {by} raised {rule} once", proposal.id);
    audit::append(db, &audit::Entry::Noted { what, at: proposal.now })?;
    Ok(())
}

/// The row as [`load::load`] would read it, without reading it; None for an undo, which shows what its original says.
pub(crate) fn written(
    seq: i64,
    proposal: &Proposal,
    subject: &Subject,
    decided: &Decided,
) -> Option<OperationRow> {
    let (items, action) = match &proposal.kind {
        Proposed::Give { items } | Proposed::Redeem { items } => (items.as_slice(), None),
        Proposed::Award { action, title, description } => {
            let (category, title, description) = (action.clone(), title.clone(), description.clone());
            (&[][..], Some(ActionRow { category, title, description }))
        }
        Proposed::Undo { .. } => return None,
    };
    let lines = (1_u16..).zip(items.iter().zip(&decided.posted.entry.item_points));
    let line = |(number, (item, points)): (u16, (&PurchaseItem, &FanPoints))| ItemRow {
        number,
        title: item.title.clone(),
        description: item.description.clone(),
        price: item.price,
        rate_label: item.rate_label.clone(),
        points: *points,
        booked: None,
    };
    Some(OperationRow {
        id: proposal.id,
        seq: u64::try_from(seq).ok()?,
        fan: subject.fan,
        user_id: subject.known.user_id,
        kind: kind_of(&proposal.kind),
        items: lines.map(line).collect(),
        action,
        undo_of: None,
        undo_kind: None,
        fan_points: decided.fan_points,
        status_points: decided.status_points,
        booked_fan_points: None,
        booked_status_points: None,
        trust: proposal.trust,
        route: proposal.route,
        awaits_platform: proposal.route == Route::Platform,
        state: OperationState::Queued,
        created_at: proposal.now,
        tries: 0,
        last_error: None,
        next_try: None,
        refusal: None,
        settled_at: None,
        server_time: None,
        reference: None,
        reversed_by: None,
        staff: proposal.staff.clone(),
        raised_by: decided.raised.and(proposal.raised_by.clone()),
        rule: decided.rule,
        exposure: decided.exposure,
        archived: false,
    })
}

/// The device's time goes on from the operation that is about to be written. A clock that was set back is noted.
fn note_time(db: &Db, now: Timestamp, steady: Timestamp) -> Result<(), StoreError> {
    let behind = steady.0.saturating_sub(now.0);
    if behind > clock::LEEWAY_MS {
        let what = format!("the clock was set back by {} s", behind / 1000);
        audit::append(db, &audit::Entry::Noted { what, at: now })?;
        clock::reach_back(db, behind)?;
    }
    if behind > 0 { settings::keep_floor(db, steady) } else { Ok(()) }
}

fn insert_operation(
    db: &Db,
    (seq, audit): (i64, i64),
    fan: fans::FanRow,
    proposal: &Proposal,
    subject: &Subject,
    decided: &Decided,
    digest: &[u8; 32],
) -> Result<(), StoreError> {
    let (action, title, description) = match &proposal.kind {
        Proposed::Award { action, title, description } => (Some(action), Some(title), Some(description)),
        Proposed::Give { .. } | Proposed::Redeem { .. } | Proposed::Undo { .. } => (None, None, None),
    };
    let (calls, bytes) = weight(&proposal.kind, decided.posted.entry.item_points.len());
    let (phrase, price) = said(db, proposal, subject.original)?;
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let rule = decided.rule.and_then(load::rule_name);
    db.prepare_cached(
        "INSERT INTO operation (seq, id, digest, fan, fan_ref, kind, action, title, description, undo_of, fan_points,
           status_points, trust, route, created_at, staff, manager_raised, rule, exposure, calls, bytes, phrase, price,
           audit, state)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22,
           ?23, ?24, 0)",
    )?
    .execute(params![
        seq,
        proposal.id.as_bytes().as_slice(),
        digest.as_slice(),
        fan,
        subject.fan.to_string(),
        kind_of(&proposal.kind).to_number(),
        action,
        title,
        description,
        subject.original,
        decided.fan_points.0,
        decided.status_points.0,
        load::trust_number(proposal.trust),
        i64::from(proposal.route == Route::Platform),
        proposal.now.0,
        proposal.staff,
        decided.raised.is_some(),
        rule,
        decided.exposure.0,
        number(calls),
        number(bytes),
        phrase,
        price,
        audit,
    ])?;
    Ok(())
}

/// Remembers who raised the limit for an operation; the row already says that somebody did.
pub(crate) fn note_raiser(db: &Db, seq: i64, raiser: Option<&Raiser>) -> Result<(), StoreError> {
    if let Some(Raiser::Person(person)) = raiser {
        db.prepare_cached("UPDATE operation SET raised_by = ?2 WHERE seq = ?1")?
            .execute(params![seq, person])?;
    }
    Ok(())
}

/// The row of an operation's words, and the price of its items. An undo says what its original says.
fn said(
    db: &Db,
    proposal: &Proposal,
    original: Option<i64>,
) -> Result<(Option<i64>, Option<i64>), StoreError> {
    match &proposal.kind {
        Proposed::Give { items } | Proposed::Redeem { items } => {
            let price = items.iter().fold(0_i64, |sum, item| sum.saturating_add(item.price.minor));
            Ok((Some(Words::of_items(items).row(db)?), Some(price)))
        }
        Proposed::Award { action, title, description } => {
            Ok((Some(Words::of_action(action, title, description).row(db)?), None))
        }
        Proposed::Undo { .. } => words::of_operation(db, original),
    }
}

fn insert_items(db: &Db, seq: i64, proposal: &Proposal, points: &[FanPoints]) -> Result<(), StoreError> {
    let (Proposed::Give { items } | Proposed::Redeem { items }) = &proposal.kind else { return Ok(()) };
    debug_assert_eq!(items.len(), points.len());
    let mut statement = db.prepare_cached(
        "INSERT INTO item (operation, n, title, description, price, currency, rate_label, points)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for (n, (item, points)) in (1_i64..).zip(items.iter().zip(points)) {
        statement.execute(params![
            seq,
            n,
            item.title,
            item.description,
            item.price.minor,
            item.price.currency.to_string(),
            item.rate_label,
            points.0,
        ])?;
    }
    Ok(())
}

fn kind_of(kind: &Proposed) -> OperationKind {
    match kind {
        Proposed::Give { .. } => OperationKind::Give,
        Proposed::Redeem { .. } => OperationKind::Redeem,
        Proposed::Award { .. } => OperationKind::Award,
        Proposed::Undo { .. } => OperationKind::Undo,
    }
}

/// Calls that it takes on the wire, and the bytes of them, estimated generously.
pub(crate) fn weight(kind: &Proposed, undone_items: usize) -> (usize, usize) {
    let text = |parts: &[&str]| parts.iter().map(|part| part.len() * 2).sum::<usize>();
    match kind {
        Proposed::Give { items } | Proposed::Redeem { items } => {
            let of = |item: &PurchaseItem| {
                BYTES_OF_ITEM
                    + text(&[&item.title, &item.description, item.rate_label.as_deref().unwrap_or_default()])
            };
            (1, BYTES_OF_CALL + items.iter().map(of).sum::<usize>())
        }
        Proposed::Award { action, title, description } => {
            (1, BYTES_OF_CALL + text(&[action, title, description]))
        }
        Proposed::Undo { .. } => {
            let calls = undone_items.max(1);
            (calls, calls * BYTES_OF_CALL)
        }
    }
}

/// What makes two proposals under one id the same. Not the time, and for an undo not the name the fan
/// happened to show.
fn content_digest(id: Uuid, fan: FanRef, kind: &Proposed) -> [u8; 32] {
    let canon = Canon::new(1).bytes(id.as_bytes());
    let canon = match kind {
        Proposed::Give { items } => purchase(canon.byte(0).text(&fan.to_string()), items),
        Proposed::Redeem { items } => purchase(canon.byte(1).text(&fan.to_string()), items),
        Proposed::Award { action, title, description } => {
            canon.byte(2).text(&fan.to_string()).text(action).text(title).text(description)
        }
        Proposed::Undo { of } => canon.byte(3).bytes(of.as_bytes()),
    };
    canon.digest()
}

fn purchase(mut canon: Canon, items: &[PurchaseItem]) -> Canon {
    for item in items {
        canon = canon
            .text(&item.title)
            .text(&item.description)
            .int(item.price.minor)
            .text(item.price.currency.code())
            .option(item.rate_label.as_deref());
    }
    canon
}

fn kept_digest(db: &Db, seq: i64) -> Result<Vec<u8>, StoreError> {
    Ok(db
        .prepare_cached("SELECT digest FROM operation WHERE seq = ?1")?
        .query_row([seq], |row| row.get(0))?)
}

/// The digest of everything about a stored operation that must never change.
pub(crate) fn stored_digest(db: &Db, seq: i64) -> Result<[u8; 32], StoreError> {
    let row = load::load(db, seq)?;
    let entry = journal::any(db, OpId(row.id.into_bytes()))?;
    let postings = entry.map(|kept| journal::posting_bytes(&kept.entry)).unwrap_or_default();
    Ok(row_digest(&row, &kept_digest(db, seq)?, &postings))
}

/// The same of an operation that is about to be kept, with the digest of its content.
pub(crate) fn digest_of(row: &OperationRow, content: &[u8], entry: &Entry) -> [u8; 32] {
    row_digest(row, content, &journal::posting_bytes(entry))
}

/// The same of a row that is at hand, with the digest of its content and its postings as canonical bytes.
fn row_digest(row: &OperationRow, content: &[u8], postings: &[u8]) -> [u8; 32] {
    let mut canon = Canon::new(2)
        .bytes(row.id.as_bytes())
        .bytes(content)
        .text(&row.fan.to_string())
        .int(row.kind.to_number())
        .bytes(row.undo_of.as_ref().map_or(&[], |id: &Uuid| id.as_bytes().as_slice()))
        .int(row.fan_points.0)
        .int(row.status_points.0)
        .int(load::trust_number(row.trust))
        .int(i64::from(row.route == Route::Platform))
        .option(row.staff.as_deref())
        .byte(u8::from(row.raised_by.is_some()))
        .int(row.exposure.0)
        .bytes(postings);
    if let Some(action) = &row.action {
        canon = canon.text(&action.category).text(&action.title).text(&action.description);
    }
    for item in &row.items {
        canon = canon
            .text(&item.title)
            .text(&item.description)
            .int(item.price.minor)
            .text(item.price.currency.code())
            .option(item.rate_label.as_deref())
            .int(item.points.0);
    }
    if let Some(Raiser::Person(person)) = &row.raised_by {
        canon = canon.text("raised by").text(person);
    }
    canon.digest()
}
