//! Does the wall clock go as time does? A second clock that nobody can set tells, while the process runs.
//!
//! A clock that was set back is caught by what the device has seen already. One that was set ahead makes balances and
//! the last sync look older, which only refuses more; but it would also end the windows of limits early. So windows
//! reach back further by what the clock went ahead, until the platform has answered.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ledger::Timestamp;
use rusqlite::Connection as Db;

use crate::audit::{self, Entry};
use crate::{StoreError, facts, settings};

/// A clock may be corrected by so much without anybody having set it.
pub(crate) const LEEWAY_MS: i64 = 2 * 60 * 1000;

/// The device's clock beside what the device has seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ClockState {
    Steady,
    /// It shows a time before what was seen already.
    SetBack,
    /// It went ahead by more than the time that passed.
    SetForward,
}

type Monotonic = Box<dyn Fn() -> Duration + Send + Sync>;

/// Compares the wall clock with one that only goes on.
#[derive(Default)]
pub(crate) struct ClockWatch(Mutex<Option<Watched>>);

struct Watched {
    monotonic: Monotonic,
    /// Both clocks, when they were last looked at.
    last: Option<(Timestamp, Duration)>,
}

impl ClockWatch {
    pub(crate) fn start(&self, monotonic: Monotonic) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Watched { monotonic, last: None });
    }

    /// By how many milliseconds the wall clock went ahead of time since the last look; zero within the leeway.
    pub(crate) fn ahead(&self, now: Timestamp) -> i64 {
        let mut watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(watched) = watched.as_mut() else { return 0 };
        let elapsed = (watched.monotonic)();
        let Some((wall, then)) = watched.last else {
            watched.last = Some((now, elapsed));
            return 0;
        };
        let passed = i64::try_from(elapsed.saturating_sub(then).as_millis()).unwrap_or(i64::MAX);
        let ahead = now.0.saturating_sub(wall.0.saturating_add(passed));
        if (0..=LEEWAY_MS).contains(&ahead) {
            // The anchor stays, so that many small steps add up.
            return 0;
        }
        watched.last = Some((now, elapsed));
        ahead.max(0)
    }
}

/// Writes down that the clock went ahead, and lets windows reach back further.
pub(crate) fn note_ahead(db: &Db, ahead: i64, now: Timestamp) -> Result<(), StoreError> {
    let before = settings::number(db, settings::CLOCK_JUMP)?.unwrap_or(0);
    settings::set(db, settings::CLOCK_JUMP, &before.saturating_add(ahead).to_string())?;
    let what = format!("the clock went ahead by {} s", ahead / 1000);
    audit::append(db, &Entry::Noted { what, at: now })?;
    Ok(())
}

/// By how much windows of time reach back further.
pub(crate) fn jumped(db: &Db) -> Result<i64, StoreError> {
    Ok(settings::number(db, settings::CLOCK_JUMP)?.unwrap_or(0))
}

pub(crate) fn state(db: &Db, now: Timestamp) -> Result<ClockState, StoreError> {
    if facts::steady(db, now)?.0.saturating_sub(now.0) > LEEWAY_MS {
        return Ok(ClockState::SetBack);
    }
    Ok(if jumped(db)? > 0 { ClockState::SetForward } else { ClockState::Steady })
}
