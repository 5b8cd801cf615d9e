//! A clock that jumps: noticed, written down, and of no use to whoever set it.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use common::*;
use ledger::{PolicyRule, Timestamp};
use outbox::{ClockState, Decline, Proposal};

/// A device whose second clock the test turns, in seconds.
fn watched() -> (Device, Arc<AtomicU64>) {
    let device = Device::new();
    let seconds = watch(&device);
    let mut config = config();
    config.offline_policy.max_grants_per_hour = 2;
    device.store.set_config(&config).unwrap();
    (device, seconds)
}

fn watch(device: &Device) -> Arc<AtomicU64> {
    let seconds = Arc::new(AtomicU64::new(0));
    let clock = Arc::clone(&seconds);
    device.store.watch_clock(move || Duration::from_secs(clock.load(Ordering::Relaxed)));
    seconds
}

fn at(now: Timestamp) -> Proposal {
    Proposal { now, ..give(fan(1), 1_00) }
}

#[test]
fn setting_the_clock_ahead_does_not_end_a_window_of_limits() {
    let (device, seconds) = watched();
    device.commit(at(later(0)));
    device.commit(at(later(1_000)));
    let full = Decline::AskManager(PolicyRule::GrantsPerHour);
    assert_eq!(device.decline(at(later(2_000))), full);
    seconds.store(3, Ordering::Relaxed);
    assert_eq!(device.decline(at(later(2 * HOUR))), full, "two hours on the wall, three seconds in truth");
    assert_eq!(device.store.clock(later(2 * HOUR)).unwrap(), ClockState::SetForward);
    let head = device.store.audit_head().unwrap().entries;
    assert_eq!(head, 3, "two operations and the jump");
    assert!(device.store.verify_audit(None).unwrap().is_ok());
    // The platform has answered: its word counts from now.
    device.store.note_sync(later(2 * HOUR)).unwrap();
    assert_eq!(device.store.clock(later(2 * HOUR)).unwrap(), ClockState::Steady);
    device.commit(at(later(2 * HOUR + 1_000)));
}

#[test]
fn time_that_passes_is_no_jump() {
    let (device, seconds) = watched();
    for hour in 0..5_i64 {
        seconds.store(u64::try_from(hour).unwrap() * 3600, Ordering::Relaxed);
        device.commit(at(later(hour * HOUR + 30_000)));
    }
    assert_eq!(device.store.clock(later(4 * HOUR + 30_000)).unwrap(), ClockState::Steady);
    assert_eq!(device.store.audit_head().unwrap().entries, 5);
}

#[test]
fn a_clock_set_back_is_noticed() {
    let (device, _seconds) = watched();
    device.commit(at(later(HOUR)));
    assert_eq!(device.store.clock(later(0)).unwrap(), ClockState::SetBack);
    device.commit(at(later(0)));
    assert_eq!(device.store.audit_head().unwrap().entries, 3, "two operations and the jump");
}

#[test]
fn a_restart_with_the_clock_set_ahead_does_not_end_a_window_of_limits() {
    let (device, _seconds) = watched();
    device.commit(at(later(0)));
    device.commit(at(later(1_000)));
    let device = device.reopen();
    let seconds = watch(&device);
    let full = Decline::AskManager(PolicyRule::GrantsPerHour);
    assert_eq!(device.decline(at(later(2 * HOUR))), full, "two hours on the wall: who knows");
    assert_eq!(device.store.clock(later(2 * HOUR)).unwrap(), ClockState::Steady, "nothing that anybody saw");
    // An hour that was watched has passed for sure.
    seconds.store(3_600, Ordering::Relaxed);
    device.commit(at(later(3 * HOUR + 1_000)));
    // And so has whatever the platform says.
    device.commit(at(later(3 * HOUR + 2_000)));
    let device = device.reopen();
    watch(&device);
    assert_eq!(device.decline(at(later(5 * HOUR))), full);
    device.store.note_sync(later(5 * HOUR)).unwrap();
    device.commit(at(later(5 * HOUR)));
}

#[test]
fn a_restart_with_the_clock_set_back_makes_nothing_young_and_changes_no_order() {
    let (device, _seconds) = watched();
    let first = device.commit(at(later(2 * HOUR)));
    let device = device.reopen();
    watch(&device);
    assert_eq!(device.store.clock(later(0)).unwrap(), ClockState::SetBack);
    assert_eq!(device.store.steady_time(later(0)).unwrap(), later(2 * HOUR));
    let second = device.commit(at(later(0)));
    let full = Decline::AskManager(PolicyRule::GrantsPerHour);
    assert_eq!(device.decline(at(later(1_000))), full, "the window does not begin anew");
    let out = device.store.next_batch(&outbox::Reach::default(), later(0)).unwrap().operations;
    assert_eq!(
        out.iter().map(|row| row.id).collect::<Vec<_>>(),
        [first.id, second.id],
        "by number, not by time"
    );
    assert!(device.store.verify_audit(None).unwrap().is_ok());
}
