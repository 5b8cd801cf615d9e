//! Counters for whoever watches the server, in the text format of Prometheus. No ids, no personal data.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Upper bounds of the duration histogram, in milliseconds.
const BOUNDS_MS: [u64; 9] = [1, 5, 10, 25, 50, 100, 200, 1000, 5000];

/// What the server has done since it started.
#[derive(Default)]
pub struct Metrics {
    answers: Mutex<BTreeMap<u16, u64>>,
    refusals: Mutex<BTreeMap<&'static str, u64>>,
    operations: Mutex<BTreeMap<(&'static str, &'static str), u64>>,
    buckets: [AtomicU64; BOUNDS_MS.len()],
    duration_us: AtomicU64,
    sign_ins: AtomicU64,
    failed_sign_ins: AtomicU64,
}

impl Metrics {
    /// A GraphQL request was answered with this HTTP status.
    pub fn answered(&self, status: u16, took: Duration) {
        count(&self.answers, status);
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        self.duration_us.fetch_add(micros, Ordering::Relaxed);
        for (bound, bucket) in BOUNDS_MS.iter().zip(&self.buckets) {
            if micros <= bound.saturating_mul(1000) {
                bucket.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// A request was turned away before it was run.
    pub fn refused(&self, why: &'static str) {
        count(&self.refusals, why);
    }

    /// An operation on the books ended: `outcome` is `done` or the refusal's code.
    pub fn operation(&self, name: &'static str, outcome: &'static str) {
        count(&self.operations, (name, outcome));
    }

    pub fn sign_in(&self, worked: bool) {
        let counter = if worked { &self.sign_ins } else { &self.failed_sign_ins };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    /// The exposition, version 0.0.4.
    pub fn render(&self, uptime: Duration) -> String {
        let mut text = String::new();
        // Writing to a String can not fail.
        let _infallible = self.write(&mut text, uptime);
        text
    }

    fn write(&self, text: &mut String, uptime: Duration) -> std::fmt::Result {
        writeln!(
            text,
            "# TYPE fanpoints_uptime_seconds gauge\nfanpoints_uptime_seconds {}",
            uptime.as_secs()
        )?;
        writeln!(text, "# TYPE fanpoints_answers_total counter")?;
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        for (status, number) in &answers {
            writeln!(text, "fanpoints_answers_total{{status=\"{status}\"}} {number}")?;
        }
        writeln!(text, "# TYPE fanpoints_turned_away_total counter")?;
        for (why, number) in self.refusals.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            writeln!(text, "fanpoints_turned_away_total{{reason=\"{why}\"}} {number}")?;
        }
        writeln!(text, "# TYPE fanpoints_operations_total counter")?;
        for ((name, outcome), number) in self.operations.lock().unwrap_or_else(PoisonError::into_inner).iter()
        {
            writeln!(
                text,
                "fanpoints_operations_total{{operation=\"{name}\",outcome=\"{outcome}\"}} {number}"
            )?;
        }
        writeln!(text, "# TYPE fanpoints_sign_ins_total counter")?;
        for (worked, counter) in [("true", &self.sign_ins), ("false", &self.failed_sign_ins)] {
            writeln!(
                text,
                "fanpoints_sign_ins_total{{worked=\"{worked}\"}} {}",
                counter.load(Ordering::Relaxed)
            )?;
        }
        self.write_durations(text, answers.values().sum())
    }

    fn write_durations(&self, text: &mut String, all: u64) -> std::fmt::Result {
        writeln!(text, "# TYPE fanpoints_answer_duration_ms histogram")?;
        for (bound, bucket) in BOUNDS_MS.iter().zip(&self.buckets) {
            let number = bucket.load(Ordering::Relaxed);
            writeln!(text, "fanpoints_answer_duration_ms_bucket{{le=\"{bound}\"}} {number}")?;
        }
        writeln!(text, "fanpoints_answer_duration_ms_bucket{{le=\"+Inf\"}} {all}")?;
        let micros = self.duration_us.load(Ordering::Relaxed);
        writeln!(text, "fanpoints_answer_duration_ms_sum {}.{:03}", micros / 1000, micros % 1000)?;
        writeln!(text, "fanpoints_answer_duration_ms_count {all}")
    }
}

fn count<K: Ord>(counters: &Mutex<BTreeMap<K, u64>>, key: K) {
    *counters.lock().unwrap_or_else(PoisonError::into_inner).entry(key).or_insert(0) += 1;
}
