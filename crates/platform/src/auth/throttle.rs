//! How often somebody may call: a bucket of requests per credential, and a brake on wrong secrets.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// What a bucket says to one more request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Allowance {
    pub allowed: bool,
    pub limit: u32,
    /// Whole requests left at this moment.
    pub remaining: u32,
    /// Seconds until the bucket is full again, or, when refused, until one more request is allowed.
    pub reset_secs: u64,
}

struct Bucket {
    level: f64,
    at: Instant,
}

/// Token buckets by key: `limit` at once, refilled evenly over `window`.
pub struct Throttle<K> {
    limit: u32,
    window: Duration,
    buckets: Mutex<HashMap<K, Bucket>>,
}

/// Beyond so many keys the full buckets are forgotten; a forgotten bucket is a full one.
const MANY_KEYS: usize = 10_000;

impl<K: Eq + Hash + Clone> Throttle<K> {
    pub fn new(limit: u32, window: Duration) -> Self {
        Self { limit: limit.max(1), window, buckets: Mutex::new(HashMap::new()) }
    }

    /// Takes one from the bucket of `key`, if there is one to take.
    pub fn take(&self, key: &K, now: Instant) -> Allowance {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() > MANY_KEYS {
            buckets.retain(|_, bucket| self.level(bucket, now) < f64::from(self.limit));
        }
        let bucket =
            buckets.entry(key.clone()).or_insert_with(|| Bucket { level: f64::from(self.limit), at: now });
        let level = self.level(bucket, now);
        let allowed = level >= 1.0;
        let left = if allowed { level - 1.0 } else { level };
        *bucket = Bucket { level: left, at: now };
        let missing = if allowed { f64::from(self.limit) - left } else { 1.0 - left };
        let wait = self.until(missing);
        Allowance {
            allowed,
            limit: self.limit,
            remaining: whole(left),
            reset_secs: wait.as_secs().saturating_add(1),
        }
    }

    /// Puts one back into the bucket of `key`: what it was taken for was in order.
    pub fn give_back(&self, key: &K, now: Instant) {
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.get_mut(key) {
            let level = (self.level(bucket, now) + 1.0).min(f64::from(self.limit));
            *bucket = Bucket { level, at: now };
        }
    }

    /// How long it takes until so much has been refilled.
    fn until(&self, missing: f64) -> Duration {
        self.window.mul_f64((missing / f64::from(self.limit)).clamp(0.0, 1.0))
    }

    fn level(&self, bucket: &Bucket, now: Instant) -> f64 {
        let elapsed = now.saturating_duration_since(bucket.at).as_secs_f64();
        let refill = elapsed * f64::from(self.limit) / self.window.as_secs_f64();
        (bucket.level + refill).min(f64::from(self.limit))
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between zero and a u32")]
fn whole(level: f64) -> u32 {
    level.floor() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_allows_its_limit_and_refills_evenly() {
        let throttle = Throttle::new(60, Duration::from_secs(60));
        let start = Instant::now();
        for left in (0..60).rev() {
            let allowance = throttle.take(&"a", start);
            assert!(allowance.allowed);
            assert_eq!(allowance.remaining, left);
        }
        let refused = throttle.take(&"a", start);
        assert!(!refused.allowed);
        assert!(refused.reset_secs <= 2);
        assert!(throttle.take(&"b", start).allowed, "one key's calls cost another nothing");
        assert!(throttle.take(&"a", start + Duration::from_millis(1100)).allowed);
        assert!(!throttle.take(&"a", start + Duration::from_millis(1100)).allowed);
    }
}
