//! How long to wait before the next try.

use std::sync::Arc;
use std::time::Duration;

use jiff::fmt::rfc2822;
use ledger::Timestamp;
use ledger::mutant::skipped;

/// The longest that a server can make a device wait.
const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60 * 60);

/// A wrong day of the week makes a date no less clear.
const HTTP_DATE: rfc2822::DateTimeParser = rfc2822::DateTimeParser::new().relaxed_weekday(true);

/// Draws a length between zero and the one given, each as likely. Passed in, so that tests know it.
pub type Dice = Arc<dyn Fn(Duration) -> Duration + Send + Sync>;

/// The operating system's random numbers.
pub(crate) fn system_dice() -> Dice {
    Arc::new(|most| {
        let draw = getrandom::u64().unwrap_or(u64::MAX / 2);
        let nanos = u128::from(draw).saturating_mul(most.as_nanos()) >> 64;
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX)).min(most)
    })
}

/// First and longest wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DelayRange {
    pub base: Duration,
    pub cap: Duration,
}

impl Default for DelayRange {
    fn default() -> Self {
        Self { base: Duration::from_secs(1), cap: Duration::from_secs(5 * 60) }
    }
}

impl DelayRange {
    /// The longest wait before the try after `failures` failures: doubled each time, up to the cap.
    pub fn ceiling(&self, failures: u32) -> Duration {
        let failures = if skipped("waits-grow") { 1 } else { failures };
        let factor = 2_u32.saturating_pow(failures.saturating_sub(1));
        self.base.saturating_mul(factor).min(self.cap)
    }
}

/// Endless waits with full jitter: each is drawn between zero and a ceiling that doubles, so that many
/// devices that failed together do not come back together.
#[derive(Clone)]
pub struct Delays {
    range: DelayRange,
    dice: Dice,
    failures: u32,
}

impl Delays {
    pub fn new(range: DelayRange, dice: Dice) -> Self {
        Self { range, dice, failures: 0 }
    }

    /// After a success.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// The wait for something that has failed so often on its own.
    pub(crate) fn after(&self, failures: u32) -> Duration {
        (self.dice)(self.range.ceiling(failures))
    }
}

impl Iterator for Delays {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.failures = self.failures.saturating_add(1);
        Some((self.dice)(self.range.ceiling(self.failures)))
    }
}

/// Reads the header `Retry-After`: seconds, or a date compared with `now`; at most an hour. None where
/// it is neither.
pub fn parse_retry_after(value: &str, now: Timestamp) -> Option<Duration> {
    let value = value.trim();
    if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) {
        // More digits than fit are still a number, and a long one.
        let seconds = value.parse().unwrap_or(u64::MAX);
        return Some(Duration::from_secs(seconds).min(LONGEST_RETRY_AFTER));
    }
    let date = HTTP_DATE.parse_timestamp(value).ok()?.as_millisecond();
    let ahead = u64::try_from(date.saturating_sub(now.0)).unwrap_or(0);
    Some(Duration::from_millis(ahead).min(LONGEST_RETRY_AFTER))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn highest() -> Dice {
        Arc::new(|most| most)
    }

    #[test]
    fn ceilings_double_up_to_the_cap() {
        let delays = Delays::new(DelayRange::default(), highest());
        let seconds: Vec<u64> = delays.take(12).map(|d| d.as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300]);
    }

    #[test]
    fn a_success_starts_over() {
        let mut delays = Delays::new(DelayRange::default(), highest());
        assert_eq!(delays.by_ref().nth(5), Some(Duration::from_secs(32)));
        delays.reset();
        assert_eq!(delays.next(), Some(Duration::from_secs(1)));
    }

    #[test]
    fn the_system_draws_within_the_range_and_not_always_the_same() {
        let dice = system_dice();
        let most = Duration::from_secs(10);
        let draws: Vec<Duration> = (0..64).map(|_| dice(most)).collect();
        assert!(draws.iter().all(|d| *d <= most));
        assert!(draws.iter().any(|d| d != &draws[0]));
        assert_eq!(dice(Duration::ZERO), Duration::ZERO);
    }

    #[test]
    fn retry_after_in_seconds_and_as_a_date() {
        let now = Timestamp(784_111_777_000); // Sun, 06 Nov 1994 08:49:37 GMT
        let read = |text| parse_retry_after(text, now);
        assert_eq!(read("0"), Some(Duration::ZERO));
        assert_eq!(read(" 120 "), Some(Duration::from_secs(120)));
        assert_eq!(read("Sun, 06 Nov 1994 08:50:07 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(read("Sun, 06 Nov 1994 08:49:07 GMT"), Some(Duration::ZERO));
        assert_eq!(read("99999999999999999999999"), Some(Duration::from_secs(3600)));
        assert_eq!(read("Sun, 06 Nov 2094 08:49:37 GMT"), Some(Duration::from_secs(3600)));
        assert_eq!(read("soon"), None);
        assert_eq!(read("-5"), None);
        assert_eq!(read(""), None);
    }

    proptest! {
        #[test]
        fn every_wait_lies_within_its_ceiling(base in 1_u64..5_000, cap in 1_u64..600_000, draws in prop::collection::vec(0_u32..=1000, 1..60)) {
            let range = DelayRange { base: Duration::from_millis(base), cap: Duration::from_millis(cap) };
            let queue = std::sync::Mutex::new(draws.clone().into_iter());
            let dice: Dice = Arc::new(move |most| most.mul_f64(f64::from(queue.lock().unwrap().next().unwrap_or(0)) / 1000.0));
            for (n, delay) in (1_u32..).zip(Delays::new(range, dice).take(draws.len())) {
                prop_assert!(delay <= range.cap + Duration::from_nanos(1));
                prop_assert!(delay <= range.ceiling(n) + Duration::from_nanos(1));
                prop_assert!(range.ceiling(n) <= range.ceiling(n + 1));
            }
        }

        #[test]
        fn no_header_makes_a_device_wait_over_an_hour(text in ".{0,40}", now in -10_i64.pow(14)..10_i64.pow(14)) {
            if let Some(wait) = parse_retry_after(&text, Timestamp(now)) {
                prop_assert!(wait <= Duration::from_secs(3600));
            }
        }
    }
}
