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
    let seconds = Arc::new(AtomicU64::new(0));
    let clock = Arc::clone(&seconds);
    device.store.watch_clock(move || Duration::from_secs(clock.load(Ordering::Relaxed)));
    let mut config = config();
    config.offline_policy.max_grants_per_hour = 2;
    device.store.set_config(&config).unwrap();
    (device, seconds)
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
