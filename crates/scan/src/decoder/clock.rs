//! How long one frame may take.

use std::time::{Duration, Instant};

/// The time of one frame. No stage starts after `start_until`, heavy ones earlier; none goes on after `end`.
pub struct Clock {
    started: Instant,
    start_until: Duration,
    heavy_until: Duration,
    end: Duration,
}

impl Clock {
    /// A frame of a camera: at 30 frames a second the next one is there after 33 ms.
    pub fn of_a_frame() -> Self {
        Self {
            started: Instant::now(),
            start_until: Duration::from_millis(24),
            heavy_until: Duration::from_millis(16),
            end: Duration::from_millis(32),
        }
    }

    /// A picture that someone chose and waits for.
    pub fn of_a_picture() -> Self {
        let patience = Duration::from_millis(2500);
        Self { started: Instant::now(), start_until: patience, heavy_until: patience, end: patience }
    }

    pub fn may_start(&self, heavy: bool) -> bool {
        self.started.elapsed() < if heavy { self.heavy_until } else { self.start_until }
    }

    pub fn is_over(&self) -> bool {
        self.started.elapsed() >= self.end
    }
}
