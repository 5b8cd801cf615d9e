//! How long one frame may take.

use std::cell::Cell;
use std::time::{Duration, Instant};

/// The time of one frame. No stage starts after `start_until`, heavy ones earlier; none goes on after `end`.
#[derive(Clone)]
pub struct Clock {
    started: Instant,
    start_until: Duration,
    heavy_until: Duration,
    end: Duration,
    stages_left: Cell<usize>,
}

impl Clock {
    /// A frame of a camera: at 30 frames a second the next one is there after 33 ms.
    pub fn of_a_frame() -> Self {
        Self {
            started: Instant::now(),
            start_until: Duration::from_millis(22),
            heavy_until: Duration::from_millis(16),
            end: Duration::from_millis(30),
            stages_left: Cell::new(usize::MAX),
        }
    }

    /// A frame like those before it, in which nothing was read: a scanner that waits for the next fan all day leaves
    /// the machine to others.
    pub fn of_a_still_frame() -> Self {
        let soon = Duration::from_millis(4);
        Self { start_until: soon, heavy_until: soon, ..Self::of_a_frame() }
    }

    /// A picture that someone chose and waits for.
    pub fn of_a_picture() -> Self {
        let patience = Duration::from_secs(6);
        Self { start_until: patience, heavy_until: patience, end: patience, ..Self::of_a_frame() }
    }

    /// So many stages, however long they take.
    #[cfg(test)]
    pub fn of_stages(count: usize) -> Self {
        Self {
            start_until: Duration::MAX,
            heavy_until: Duration::MAX,
            end: Duration::MAX,
            stages_left: Cell::new(count),
            ..Self::of_a_frame()
        }
    }

    /// The same time once more, from now on.
    pub fn again(&self) -> Self {
        Self { started: Instant::now(), ..self.clone() }
    }

    pub fn may_start(&self, heavy: bool) -> bool {
        let left = self.stages_left.get();
        self.stages_left.set(left.saturating_sub(1));
        left > 0 && self.started.elapsed() < if heavy { self.heavy_until } else { self.start_until }
    }

    pub fn is_over(&self) -> bool {
        self.started.elapsed() >= self.end
    }
}
