//! The audit chain: whatever is edited, deleted, swapped or cut is found and named.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::*;
use outbox::{AuditBreak, AuditFault};

/// Six operations: two accepted, one refused, one held, one queued, one undone.
fn busy() -> Device {
    let device = Device::new();
    device.store.note_pass(&pass(1, 5000, NOON)).unwrap();
    let undone = device.commit(give(fan(2), 1_00));
    device.commit(redeem(masked(1), 5_00));
    device.settle_next(&accepted(later(0)), later(0));
    device.commit(undo(&undone));
    device.settle_next(&refused(), later(0));
    device.commit(award(fan(3)));
    device.settle_next(&held(), later(0));
    device.commit(give(fan(4), 2_00));
    device.store.note("a limit was raised", later(0)).unwrap();
    assert_eq!(device.store.verify_audit(None).unwrap().unwrap().entries, 10);
    device
}

/// Damages the file behind the store's back and says what verifying finds.
fn damaged_by(sql: &str) -> AuditBreak {
    let device = busy();
    device
        .raw()
        .execute_batch(&format!("PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON; {sql}"))
        .unwrap();
    device.store.verify_audit(None).unwrap().expect_err(sql)
}

#[test]
fn an_edited_entry_is_found() {
    let at = |entry, fault| AuditBreak { entry, fault };
    assert_eq!(
        damaged_by("UPDATE audit SET body = cast(body || x'00' AS BLOB) WHERE n = 3"),
        at(3, AuditFault::NotLinked)
    );
    assert_eq!(damaged_by("UPDATE audit SET hash = zeroblob(32) WHERE n = 4"), at(4, AuditFault::NotLinked));
}

#[test]
fn an_edited_operation_is_found_by_any_of_its_parts() {
    for sql in [
        "UPDATE operation SET fan_points = fan_points + 1 WHERE seq = 2",
        "UPDATE operation SET fan_ref = '000000000000' WHERE seq = 2",
        "UPDATE operation SET staff = 'somebody else' WHERE seq = 2",
        "UPDATE operation SET exposure = 0 WHERE seq = 2",
        "UPDATE operation SET created_at = created_at - 1 WHERE seq = 2",
        "UPDATE operation SET digest = zeroblob(32) WHERE seq = 2",
        "UPDATE item SET price = price * 10 WHERE operation = 2",
        "UPDATE item SET title = 'Ticket' WHERE operation = 2",
        "UPDATE journal SET entry = (SELECT entry FROM journal WHERE n = 1) WHERE n = 2",
        "DELETE FROM item WHERE operation = 2",
    ] {
        assert_eq!(damaged_by(sql), AuditBreak { entry: 2, fault: AuditFault::OperationEdited }, "{sql}");
    }
}

#[test]
fn edited_sums_of_the_journal_are_found() {
    for sql in [
        "UPDATE journal SET wallet = wallet + 1 WHERE n = 2",
        "UPDATE journal SET standing = standing + 1 WHERE n = 2",
        "UPDATE journal SET debt = 5 WHERE n = 2",
        "UPDATE journal SET state = 0, booked_at = NULL WHERE n = 2",
    ] {
        assert_eq!(damaged_by(sql), AuditBreak { entry: 4, fault: AuditFault::JournalEdited }, "{sql}");
    }
}

#[test]
fn an_edited_state_is_found() {
    for (sql, entry) in [
        ("UPDATE operation SET state = 3, refusal = 'withdrawn' WHERE seq = 2", 4),
        ("UPDATE operation SET booked_fan_points = 1 WHERE seq = 2", 4),
        ("UPDATE operation SET server_time = server_time + 1 WHERE seq = 2", 4),
        ("UPDATE operation SET state = 0 WHERE seq = 2", 4),
        ("UPDATE operation SET refusal = 'unknown_fan' WHERE seq = 3", 6),
        ("UPDATE operation SET state = 2, server_time = 5 WHERE seq = 5", 9),
    ] {
        assert_eq!(damaged_by(sql), AuditBreak { entry, fault: AuditFault::StateEdited }, "{sql}");
    }
}

#[test]
fn deleted_swapped_and_cut_entries_are_found() {
    let at = |entry, fault| AuditBreak { entry, fault };
    assert_eq!(damaged_by("DELETE FROM audit WHERE n = 5"), at(5, AuditFault::Missing));
    assert_eq!(
        damaged_by(
            "UPDATE audit SET n = 100 WHERE n = 2; UPDATE audit SET n = 2 WHERE n = 3;
             UPDATE audit SET n = 3 WHERE n = 100"
        ),
        at(2, AuditFault::NotLinked)
    );
    assert_eq!(damaged_by("DELETE FROM audit WHERE n >= 9"), at(9, AuditFault::Cut));
    assert_eq!(damaged_by("DELETE FROM audit WHERE n >= 4"), at(4, AuditFault::Cut));
    assert_eq!(
        damaged_by(
            "DELETE FROM item WHERE operation = 5; DELETE FROM journal WHERE n = 5; DELETE FROM operation WHERE seq = 5"
        ),
        at(9, AuditFault::OperationGone)
    );
    let swapped = "UPDATE operation SET seq = 50 WHERE seq = 1; UPDATE operation SET seq = 1 WHERE seq = 2;
                   UPDATE operation SET seq = 2 WHERE seq = 50";
    assert_eq!(damaged_by(swapped), at(1, AuditFault::OperationEdited));
}

#[test]
fn an_old_copy_that_was_put_back_is_noticed_by_who_kept_the_head() {
    let device = busy();
    let head = device.store.audit_head().unwrap();
    let Device { store, path, folder } = device;
    drop(store);
    let copy = folder.path().join("copy");
    std::fs::copy(&path, &copy).unwrap();
    let device = Device { store: outbox::Store::open(&path, &key()).unwrap(), path, folder };
    device.commit(give(fan(5), 1_00));
    let newer = device.store.audit_head().unwrap();
    assert!(device.store.verify_audit(Some(head)).unwrap().is_ok(), "the chain went on from there");
    let Device { store, path, folder } = device;
    drop(store);
    std::fs::copy(&copy, &path).unwrap();
    let device = Device { store: outbox::Store::open(&path, &key()).unwrap(), path, folder };
    assert!(device.store.verify_audit(None).unwrap().is_ok(), "the copy itself is sound");
    let put_back = |entry| Err(AuditBreak { entry, fault: AuditFault::PutBack });
    assert_eq!(device.store.verify_audit(Some(newer)).unwrap(), put_back(11));
    device.commit(give(fan(6), 1_00));
    assert_eq!(device.store.verify_audit(Some(newer)).unwrap(), put_back(11), "another history");
}
