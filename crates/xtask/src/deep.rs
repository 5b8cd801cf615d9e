//! The long runs: mutants that must be caught, faults by the ten thousand, fuzzing for a minute each.

use std::fs;

use crate::cli::TestOptions;
use crate::place::Place;
use crate::problem::{Outcome, Problem};
use crate::rust;
use crate::step;
use crate::summary::{Summary, TestCounts, tests_note};

const MUTANTS: &str = "crates/ledger/mutants.txt";
const FUZZ_SECONDS: &str = "60";

pub fn test(place: &Place, options: &TestOptions, summary: &mut Summary) {
    if options.mutants {
        summary.record("mutants", || mutants(place));
    }
    if options.faults {
        summary.record("faults", || named(place, "fault_", ("FANPOINTS_FAULTS", "full")));
    }
    if options.fuzz {
        let seconds = std::env::var("FANPOINTS_FUZZ_SECONDS").unwrap_or_else(|_| FUZZ_SECONDS.to_owned());
        summary.record("fuzz", || named(place, "fuzz_", ("FANPOINTS_FUZZ_SECONDS", &seconds)));
    }
}

/// All tests whose name starts with `prefix`, told by the environment to take their time.
fn named(place: &Place, prefix: &str, env: (&str, &str)) -> Outcome<String> {
    let mut words = rust::over_all(&["test", "--no-fail-fast", "--lib", "--bins", "--tests"]);
    words.extend(["--", prefix, "--nocapture", "--test-threads", "2"]);
    let mut command = rust::cargo(place, &words);
    command.env(env.0, env.1);
    let finished =
        step::run_and_keep(&format!("running every {prefix}* test with {}={}", env.0, env.1), command)?;
    if finished.succeeded() && TestCounts::of(&finished.lines).passed == 0 {
        return Err(Problem::new(format!("there is no test named {prefix}*")));
    }
    tests_note(&finished, prefix)
}

/// Takes the ledger's guards out one by one: a suite that still passes has a hole.
fn mutants(place: &Place) -> Outcome<String> {
    let path = place.root().join(MUTANTS);
    let listed = fs::read_to_string(&path).map_err(Problem::while_doing(format!("reading {MUTANTS}")))?;
    let names = mutant_names(&listed);
    step::say("the ledger's tests without a mutant");
    let sound = suite(place, None)?;
    if !sound.succeeded() {
        return Err(Problem::new("the ledger's tests fail without any mutant").cure("Mend them first."));
    }
    let mut escaped = Vec::new();
    step::say(&format!("the same tests against {} mutants: each must be caught", names.len()));
    for name in &names {
        let run = suite(place, Some(name))?;
        if let Some(test) = TestCounts::of(&run.lines).failures.first() {
            println!("  {name:<28} caught by {test}");
        } else {
            println!("  {name:<28} ESCAPED");
            escaped.push(name.clone());
        }
    }
    if names.is_empty() {
        return Err(Problem::new(format!("{MUTANTS} names no mutant")));
    }
    if escaped.is_empty() {
        return Ok(format!("{} caught", names.len()));
    }
    Err(Problem::new(format!("{} of {} mutants escaped: {}", escaped.len(), names.len(), escaped.join(", "))))
}

/// First words of the lines that are no comment.
fn mutant_names(listed: &str) -> Vec<String> {
    let lines = listed.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect()
}

/// Up to the first program with a failing test: who else would have caught it matters little.
fn suite(place: &Place, mutant: Option<&str>) -> Outcome<step::Finished> {
    let words = ["test", "-p", "ledger", "--features", "mutants", "--lib", "--tests"];
    let mut command = rust::cargo(place, &words);
    // What a mutant breaks is not worth a smaller example.
    command.env_remove("FANPOINTS_MUTANT").env("PROPTEST_MAX_SHRINK_ITERS", "0").env("RUST_BACKTRACE", "0");
    if let Some(name) = mutant {
        command.env("FANPOINTS_MUTANT", name);
    }
    step::run_in_silence(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_first_words_of_lines() {
        let listed = "# guards\nskip_balance  a wallet may go below zero\n\n  skip_id\n#skip_off\n";
        assert_eq!(mutant_names(listed), ["skip_balance", "skip_id"]);
    }
}
