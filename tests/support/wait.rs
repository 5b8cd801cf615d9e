//! Waiting for a condition: looked at again and again, never slept for.

use std::future::Future;
use std::time::{Duration, Instant};

/// Generous, because it is paid only by a test that fails.
pub const PATIENCE: Duration = Duration::from_secs(30);
const LOOK_EVERY: Duration = Duration::from_millis(25);

/// Waits until `look` gives something; fails with `what` when it does not within half a minute.
#[track_caller]
pub fn eventually<T, F>(what: &str, look: impl FnMut() -> F) -> impl Future<Output = T>
where
    F: Future<Output = Option<T>>,
{
    let asked_at = std::panic::Location::caller();
    let found = holds_within(PATIENCE, look);
    async move {
        match found.await {
            Some(found) => found,
            None => panic!("waited {} s in vain: {what} ({asked_at})", PATIENCE.as_secs()),
        }
    }
}

/// The same, but the end of patience is an answer.
pub async fn holds_within<T, F>(patience: Duration, mut look: impl FnMut() -> F) -> Option<T>
where
    F: Future<Output = Option<T>>,
{
    let start = Instant::now();
    loop {
        if let Some(found) = look().await {
            return Some(found);
        }
        if start.elapsed() > patience {
            return None;
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
