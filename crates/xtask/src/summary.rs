//! The table at the end: step, result, seconds.

use std::time::{Duration, Instant};

use crate::problem::Outcome;
use crate::step::Finished;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Passed,
    Failed,
    Skipped,
}

struct Row {
    step: String,
    verdict: Verdict,
    took: Duration,
    note: String,
}

#[derive(Default)]
pub struct Summary {
    rows: Vec<Row>,
}

impl Summary {
    /// Performs a step, notes how it went, and tells whether it succeeded. A problem is printed, not passed on: the
    /// steps after it still have something to say.
    pub fn record(&mut self, step: &str, perform: impl FnOnce() -> Outcome<String>) -> bool {
        let start = Instant::now();
        let (verdict, note) = match perform() {
            Ok(note) => (Verdict::Passed, note),
            Err(problem) => {
                eprintln!("{problem}");
                (Verdict::Failed, String::new())
            }
        };
        self.rows.push(Row { step: step.to_owned(), verdict, took: start.elapsed(), note });
        verdict == Verdict::Passed
    }

    pub fn skip(&mut self, step: &str, why: &str) {
        self.rows.push(Row {
            step: step.to_owned(),
            verdict: Verdict::Skipped,
            took: Duration::ZERO,
            note: why.to_owned(),
        });
    }

    /// A skipped step is no success: something before it failed.
    pub fn succeeded(&self) -> bool {
        self.rows.iter().all(|row| row.verdict == Verdict::Passed)
    }

    pub fn print(&self) {
        let mut table = Table::new(&["step", "result", "seconds", ""]);
        let mut whole = Duration::ZERO;
        for row in &self.rows {
            let verdict = match row.verdict {
                Verdict::Passed => "ok",
                Verdict::Failed => "FAILED",
                Verdict::Skipped => "skipped",
            };
            whole += row.took;
            table.row(&[&row.step, verdict, &format!("{:.1}", row.took.as_secs_f64()), &row.note]);
        }
        table.row(&[
            "together",
            if self.succeeded() { "ok" } else { "FAILED" },
            &format!("{:.1}", whole.as_secs_f64()),
            "",
        ]);
        println!("\n{}", table.text());
    }
}

/// Counts of `cargo test` over all its binaries, read from their closing lines.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct TestCounts {
    pub passed: u64,
    pub failed: u64,
    pub failures: Vec<String>,
}

impl TestCounts {
    pub fn of(lines: &[String]) -> Self {
        let mut counts = Self::default();
        for line in lines.iter().map(|line| line.trim()) {
            if let Some(result) = line.strip_prefix("test result:") {
                counts.passed += number_before(result, " passed");
                counts.failed += number_before(result, " failed");
            } else if let Some(test) = line.strip_prefix("test ")
                && let Some(name) = test.strip_suffix("... FAILED")
            {
                counts.failures.push(name.trim().to_owned());
            }
        }
        counts
    }

    pub fn note(&self) -> String {
        format!("{} passed", self.passed)
    }
}

fn number_before(text: &str, word: &str) -> u64 {
    text.split(word)
        .next()
        .filter(|before| before.len() < text.len())
        .and_then(|before| before.rsplit(|c: char| !c.is_ascii_digit()).next())
        .and_then(|digits| digits.parse().ok())
        .unwrap_or(0)
}

/// What a finished run of `cargo test` says in the table, or a failure that names the tests.
pub fn tests_note(finished: &Finished, what: &str) -> Outcome<String> {
    let counts = TestCounts::of(&finished.lines);
    if finished.succeeded() {
        return Ok(counts.note());
    }
    let names = if counts.failures.is_empty() { "see above".to_owned() } else { counts.failures.join(", ") };
    Err(crate::problem::Problem::new(format!("{what}: {} failed ({names})", counts.failed)))
}

/// Columns as wide as their widest cell.
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    pub fn new(head: &[&str]) -> Self {
        Self { rows: vec![head.iter().map(|&cell| cell.to_owned()).collect()] }
    }

    pub fn row(&mut self, cells: &[&str]) {
        self.rows.push(cells.iter().map(|&cell| cell.to_owned()).collect());
    }

    pub fn text(&self) -> String {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            self.rows
                .iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
                .unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let mut text = String::new();
        for (index, row) in self.rows.iter().enumerate() {
            let cells: Vec<String> =
                row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:<width$}")).collect();
            text.push_str(cells.join("  ").trim_end());
            text.push('\n');
            if index == 0 {
                let line: Vec<String> = widths.iter().map(|&width| "─".repeat(width)).collect();
                text.push_str(line.join("  ").trim_end());
                text.push('\n');
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up_over_binaries_and_name_the_failures() {
        let lines: Vec<String> = [
            "test a::b ... ok",
            "test a::c ... FAILED",
            "test result: FAILED. 12 passed; 1 failed; 0 ignored; 0 measured; 0 filtered out",
            "test result: ok. 30 passed; 0 failed; 0 ignored",
        ]
        .map(str::to_owned)
        .to_vec();
        let counts = TestCounts::of(&lines);
        assert_eq!(counts, TestCounts { passed: 42, failed: 1, failures: vec!["a::c".to_owned()] });
    }

    #[test]
    fn a_line_without_the_word_counts_nothing() {
        assert_eq!(number_before("ok. 7 ignored", " passed"), 0);
        assert_eq!(number_before(" ok. 7 passed", " passed"), 7);
    }

    #[test]
    fn a_failed_step_fails_the_summary_and_the_rest_goes_on() {
        let mut summary = Summary::default();
        assert!(summary.record("one", || Ok("fine".to_owned())));
        assert!(summary.succeeded());
        assert!(!summary.record("two", || Err(crate::problem::Problem::new("no"))));
        assert!(summary.record("three", || Ok(String::new())));
        assert!(!summary.succeeded());
    }

    #[test]
    fn columns_line_up() {
        let mut table = Table::new(&["a", "long"]);
        table.row(&["wider", "x"]);
        assert_eq!(table.text(), "a      long\n─────  ────\nwider  x\n");
    }
}
