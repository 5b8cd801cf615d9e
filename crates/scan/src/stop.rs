//! How a thread is told to end, whatever it waits for.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// The word to stop, which also ends every pause.
#[derive(Default)]
pub struct Stop {
    stopped: AtomicBool,
    lock: Mutex<()>,
    bell: Condvar,
}

impl Stop {
    pub fn stop(&self) {
        let guard = lock(&self.lock);
        self.stopped.store(true, Ordering::Release);
        self.bell.notify_all();
        drop(guard);
    }

    pub fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Acquire)
    }

    /// Waits for so long, or until the word to stop.
    pub fn pause(&self, pause: Duration) {
        let guard = lock(&self.lock);
        drop(self.bell.wait_timeout_while(guard, pause, |()| !self.is_stopped()));
    }
}

/// A thread that panicked must not take the others with it: what the lock guards is whole at any time.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
