//! Does the wall clock go as time does? A second clock that nobody can set tells, while the process runs.
//!
//! A clock that was set back is caught by what the device has seen already. One that was set ahead makes balances and
//! the last sync look older, which only refuses more; but it would also end the windows of limits early. So windows
//! reach back further by what the clock went ahead, until the platform has answered: and by the time in which nobody
//! watched it, because the app was not running. Nothing was decided then, and it may have been set meanwhile.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use ledger::Timestamp;
use ledger::mutant::skipped;
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

    /// How the wall clock went since the last look.
    pub(crate) fn look(&self, now: Timestamp) -> Look {
        let mut watched = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(watched) = watched.as_mut() else { return Look::Unwatched };
        let elapsed = (watched.monotonic)();
        let Some((wall, then)) = watched.last else {
            watched.last = Some((now, elapsed));
            return Look::First;
        };
        let passed = i64::try_from(elapsed.saturating_sub(then).as_millis()).unwrap_or(i64::MAX);
        let ahead = now.0.saturating_sub(wall.0.saturating_add(passed));
        if (0..=LEEWAY_MS).contains(&ahead) || skipped("clock-jump") {
            // The anchor stays, so that many small steps add up.
            return Look::Steady;
        }
        watched.last = Some((now, elapsed));
        if ahead > 0 { Look::Ahead(ahead) } else { Look::Steady }
    }

    /// What the last look saw could not be written down: the next one is the first again.
    pub(crate) fn forget(&self) {
        if let Some(watched) = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            watched.last = None;
        }
    }
}

/// What a look at both clocks tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    Unwatched,
    Steady,
    /// Nobody knows how it went since the last operation.
    First,
    /// It went ahead of time by so many milliseconds.
    Ahead(i64),
}

/// Lets windows reach back further, where the clock did not go as time does or nobody knows; and writes a jump down.
pub(crate) fn note(db: &Db, look: Look, now: Timestamp) -> Result<(), StoreError> {
    match look {
        Look::Unwatched | Look::Steady => Ok(()),
        Look::First => {
            let last = settings::floor(db)?.unwrap_or(now);
            let unknown = now.0.saturating_sub(last.0);
            if unknown <= LEEWAY_MS || skipped("clock-unwatched") {
                return Ok(());
            }
            add(db, settings::CLOCK_UNWATCHED, unknown)
        }
        Look::Ahead(ahead) => {
            add(db, settings::CLOCK_JUMP, ahead)?;
            let what = format!("the clock went ahead by {} s", ahead / 1000);
            audit::append(db, &Entry::Noted { what, at: now }).map(|_| ())
        }
    }
}

/// Operations are dated so long before the device's time: windows have to reach back to them.
pub(crate) fn reach_back(db: &Db, by: i64) -> Result<(), StoreError> {
    let before = settings::number(db, settings::CLOCK_UNWATCHED)?.unwrap_or(0);
    settings::set(db, settings::CLOCK_UNWATCHED, &before.max(by).to_string())
}

fn add(db: &Db, name: &str, more: i64) -> Result<(), StoreError> {
    let before = settings::number(db, name)?.unwrap_or(0);
    settings::set(db, name, &before.saturating_add(more).to_string())
}

/// By how much windows of time reach back further.
pub(crate) fn slack(db: &Db) -> Result<i64, StoreError> {
    let unwatched = settings::number(db, settings::CLOCK_UNWATCHED)?.unwrap_or(0);
    Ok(jumped(db)?.saturating_add(unwatched))
}

fn jumped(db: &Db) -> Result<i64, StoreError> {
    Ok(settings::number(db, settings::CLOCK_JUMP)?.unwrap_or(0))
}

pub(crate) fn state(db: &Db, now: Timestamp) -> Result<ClockState, StoreError> {
    if facts::steady(db, now)?.0.saturating_sub(now.0) > LEEWAY_MS {
        return Ok(ClockState::SetBack);
    }
    Ok(if jumped(db)? > 0 { ClockState::SetForward } else { ClockState::Steady })
}
