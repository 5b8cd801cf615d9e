//! What leaves the daily tables: into the archive, and to another device.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::*;
use ledger::{FanPoints, Timestamp};
use outbox::{AuditBreak, AuditFault, Decline, Filter, Handed, OperationState, Page, Reach, TakenOver};
use uuid::Uuid;

const ALL: Page = Page { after: None, limit: 100 };
const DAY: i64 = 24 * HOUR;

fn seqs(device: &Device, filter: &Filter) -> Vec<u64> {
    device.store.operations(filter, ALL).unwrap().iter().map(|row| row.seq).collect()
}

fn archive_all(device: &Device, now: Timestamp) -> usize {
    std::iter::from_fn(|| Some(device.store.archive_old(now).unwrap()).filter(|n| *n > 0)).sum()
}

/// Seven operations: accepted, refused, accepted and undone (the undo accepted), held, waiting, waiting.
fn old_and_new() -> Device {
    let device = Device::new();
    device.store.note_pass(&pass(1, 5000, NOON)).unwrap();
    device.commit(give(fan(2), 25_00));
    device.settle_next(&accepted(later(MINUTE)), later(MINUTE));
    device.commit(redeem(masked(1), 5_00));
    device.settle_next(&refused(), later(MINUTE));
    let undone = device.commit(give(fan(3), 10_00));
    device.settle_next(&accepted(later(MINUTE)), later(MINUTE));
    device.commit(undo(&undone));
    device.settle_next(&accepted(later(2 * MINUTE)), later(2 * MINUTE));
    device.commit(award(fan(4)));
    device.settle_next(&held(), later(MINUTE));
    device.commit(give(fan(5), 3_00));
    device.commit(give(fan(2), 4_00));
    device
}

#[test]
fn only_accepted_operations_are_archived_and_all_are_still_found() {
    let device = old_and_new();
    let (all, totals) =
        (seqs(&device, &Filter::default()), device.store.totals(later(-DAY), later(DAY)).unwrap());
    let fans: Vec<_> = (2..=5).map(|n| device.store.fan(fan(n)).unwrap()).collect();
    assert_eq!(archive_all(&device, later(100 * DAY)), 0, "nobody has chosen a time");
    device.store.set_retention(Some(30)).unwrap();
    assert_eq!(archive_all(&device, later(29 * DAY)), 0);
    assert_eq!(archive_all(&device, later(31 * DAY)), 3, "two accepted ones and the undo of one");

    let counts = device.store.counts().unwrap();
    assert_eq!((counts.accepted, counts.archived, counts.refused, counts.held), (0, 3, 1, 1));
    assert_eq!(counts.queued, 2);
    assert_eq!(seqs(&device, &Filter::default()), all);
    assert_eq!(device.store.totals(later(-DAY), later(DAY)).unwrap(), totals);
    assert_eq!(seqs(&device, &Filter { fan: Some(fan(2)), ..Filter::default() }), [7, 1]);
    assert_eq!(seqs(&device, &Filter { text: Some("scarf".into()), ..Filter::default() }).len(), 6);
    assert_eq!(seqs(&device, &Filter { states: vec![OperationState::Refused], ..Filter::default() }), [2]);
    let known: Vec<_> = (2..=5).map(|n| device.store.fan(fan(n)).unwrap()).collect();
    assert_eq!(known, fans, "balances do not move");
    assert!(device.store.verify_audit(None).unwrap().is_ok());
    let paged = device.store.operations(&Filter::default(), Page { after: Some(5), limit: 2 }).unwrap();
    assert_eq!(paged.iter().map(|row| (row.seq, row.archived)).collect::<Vec<_>>(), [(4, true), (3, true)]);
}

#[test]
fn an_archived_operation_is_known_and_not_undone_here() {
    let device = old_and_new();
    device.store.set_retention(Some(1)).unwrap();
    archive_all(&device, later(3 * DAY));
    let rows = device.store.operations(&Filter { fan: Some(fan(2)), ..Filter::default() }, ALL).unwrap();
    let first = rows.iter().find(|row| row.seq == 1).unwrap();
    assert_eq!(device.store.operation(first.id).unwrap().as_ref(), Some(first));
    assert!(first.archived && first.items.len() == 1 && first.booked_fan_points.is_none());
    assert!(matches!(device.decline(undo(first)), Decline::Rules(ledger::Refusal::UnknownOperation)));
    let same_id = |kind: outbox::Proposal| outbox::Proposal { id: first.id, ..kind };
    assert_eq!(device.decline(same_id(give(fan(2), 9_00))), Decline::Rules(ledger::Refusal::IdConflict));
    assert_eq!(device.decline(same_id(give(fan(3), 25_00))), Decline::Rules(ledger::Refusal::IdConflict));
    assert_eq!(device.commit(same_id(give(fan(2), 25_00))), *first, "done already");
    let undone = device.store.operations(&Filter { fan: Some(fan(3)), ..Filter::default() }, ALL).unwrap();
    let [undo_row, original] = undone.as_slice() else { panic!("{undone:?}") };
    let again = outbox::Proposal { id: undo_row.id, ..undo(original) };
    assert_eq!(device.commit(again), *undo_row, "an undo, too");
    assert_eq!(device.commit(give(fan(9), 1_00)).seq, 8, "the history goes on behind the archive");
}

#[test]
fn an_edited_archive_is_found() {
    for (sql, fault) in [
        (
            "UPDATE archive SET body = replace(body, 'Scarf', 'Ticket') WHERE seq = 1",
            AuditFault::ArchiveEdited,
        ),
        ("DELETE FROM archive WHERE seq = 1", AuditFault::OperationGone),
    ] {
        let device = old_and_new();
        device.store.set_retention(Some(1)).unwrap();
        archive_all(&device, later(3 * DAY));
        device.raw().execute_batch(sql).unwrap();
        let AuditBreak { fault: found, .. } = device.store.verify_audit(None).unwrap().unwrap_err();
        assert_eq!(found, fault, "{sql}");
    }
}

fn over_the_wire(handed: &[Handed]) -> Vec<Handed> {
    serde_json::from_str(&serde_json::to_string(handed).unwrap()).unwrap()
}

/// One accepted and its undo waiting, one held, two waiting.
fn leaving() -> Device {
    let device = Device::new();
    device.store.note_pass(&pass(1, 5000, NOON)).unwrap();
    device.store.note_platform_fan(&platform_fan(1, 5000, NOON)).unwrap();
    let first = device.commit(give(fan(2), 25_00));
    device.settle_next(&accepted(later(MINUTE)), later(MINUTE));
    device.commit(award(fan(4)));
    device.settle_next(&held(), later(MINUTE));
    device.commit(undo(&first));
    device.commit(redeem(masked(1), 5_00));
    device.commit(give(fan(5), 3_00));
    device
}

#[test]
fn what_waits_is_delivered_by_the_other_device_instead() {
    let (old, new) = (leaving(), Device::new());
    let handed = over_the_wire(&old.store.outgoing().unwrap());
    assert_eq!(handed.len(), 4);
    let (id, digest) = (Uuid::now_v7(), [3; 32]);
    let ids: Vec<_> = handed.iter().map(|one| one.row.id).collect();
    old.store.note_handover(id, digest, ids.clone(), later(HOUR)).unwrap();
    assert_eq!(old.store.handover_digest(id).unwrap(), Some(digest));
    assert!(!old.store.forget_connection().unwrap(), "they are still this device's");

    let taken = new.store.take_over(id, digest, handed.clone(), later(HOUR)).unwrap();
    assert_eq!(taken, TakenOver::Done { operations: 4, known: 0 });
    assert_eq!(new.store.take_over(id, digest, handed, later(HOUR)).unwrap(), TakenOver::Before);
    assert!(new.store.verify_audit(None).unwrap().is_ok());
    let counts = new.store.counts().unwrap();
    assert_eq!((counts.queued, counts.held, counts.moved), (3, 1, 1), "and the name of what is undone");
    let known = new.store.fan(masked(1)).unwrap();
    assert_eq!(known.pending.fan_points, FanPoints(-500));

    let rows = new.store.next_batch(&Reach::default(), later(HOUR)).unwrap().operations;
    assert_eq!(rows.len(), 3);
    for row in &rows {
        let mine = old.store.operation(row.id).unwrap().unwrap();
        assert_eq!((row.fan, row.kind, row.wire_id()), (mine.fan, mine.kind, mine.wire_id()));
        assert_eq!(
            (row.fan_points, &row.staff, row.created_at),
            (mine.fan_points, &mine.staff, mine.created_at)
        );
        assert_eq!((row.items.len(), row.wire_fan()), (mine.items.len(), mine.wire_fan()));
    }

    assert_eq!(old.store.confirm_handover(id, later(2 * HOUR)).unwrap(), 4);
    assert_eq!(old.store.confirm_handover(id, later(2 * HOUR)).unwrap(), 0);
    let counts = old.store.counts().unwrap();
    assert_eq!((counts.open(), counts.moved), (0, 4));
    assert!(old.store.verify_audit(None).unwrap().is_ok());
    assert!(old.store.next_batch(&Reach::default(), later(HOUR)).unwrap().operations.is_empty());
    assert!(old.store.forget_connection().unwrap(), "nothing holds it any more");
}

#[test]
fn what_was_moved_comes_back() {
    let (one, two) = (leaving(), Device::new());
    for (from, to) in [(&one, &two), (&two, &one)] {
        let handed = over_the_wire(&from.store.outgoing().unwrap());
        let (id, ids) = (Uuid::now_v7(), handed.iter().map(|one| one.row.id).collect());
        from.store.note_handover(id, [3; 32], ids, later(HOUR)).unwrap();
        to.store.take_over(id, [3; 32], handed, later(HOUR)).unwrap();
        assert_eq!(from.store.confirm_handover(id, later(HOUR)).unwrap(), 4);
    }
    assert_eq!((one.store.counts().unwrap().open(), two.store.counts().unwrap().open()), (4, 0));
    assert!(one.store.verify_audit(None).unwrap().is_ok());
    assert_eq!(one.store.fan(masked(1)).unwrap().pending.fan_points, FanPoints(-500));
}

#[test]
fn what_was_settled_meanwhile_stays_settled() {
    let old = leaving();
    let ids: Vec<_> = old.store.outgoing().unwrap().iter().map(|one| one.row.id).collect();
    let id = Uuid::now_v7();
    old.store.note_handover(id, [3; 32], ids, later(HOUR)).unwrap();
    old.settle_next(&accepted(later(HOUR)), later(HOUR));
    assert_eq!(old.store.confirm_handover(id, later(2 * HOUR)).unwrap(), 1, "only the held one is left");
    let counts = old.store.counts().unwrap();
    assert_eq!((counts.accepted, counts.moved, counts.open()), (4, 1, 0));
    assert!(old.store.verify_audit(None).unwrap().is_ok());
}

#[test]
fn a_handover_with_an_entry_of_another_operation_is_refused_whole() {
    let (old, new) = (leaving(), Device::new());
    let mut handed = old.store.outgoing().unwrap();
    handed[3].entry = handed[2].entry.clone();
    assert!(new.store.take_over(Uuid::now_v7(), [3; 32], handed, later(HOUR)).is_err());
    assert_eq!(new.store.counts().unwrap().open(), 0);
}
