//! The long runs: mutants that must be caught, faults by the ten thousand, fuzzing for a minute each.

use std::collections::BTreeSet;
use std::fs;

use crate::checks::{Window, window};
use crate::cli::TestOptions;
use crate::place::Place;
use crate::problem::{Outcome, Problem};
use crate::rust;
use crate::step;
use crate::summary::{Summary, TestCounts, tests_note};

const FUZZ_SECONDS: &str = "60";
const FULL: (&str, &str) = ("FANPOINTS_FAULTS", "full");
const FAULT: &str = "fault_";

pub fn test(place: &Place, options: &TestOptions, summary: &mut Summary) {
    if options.mutants {
        summary.record("mutants of the ledger", || mutants(place, "ledger", &LEDGER));
        for krate in ["outbox", "sync"] {
            summary.record(&format!("mutants of {krate}"), || mutants(place, krate, &DEVICE));
        }
    }
    if options.faults {
        if options.only.is_none() {
            summary.record("faults", || named(place, FAULT, FULL));
        }
        let only = Some(options.only.as_deref().unwrap_or(FAULT));
        window(place, &Window { only, env: Some(FULL) }, summary);
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

/// A guard that can be taken out.
#[derive(Debug, PartialEq, Eq)]
struct Mutant {
    name: String,
    /// The file of the test that must notice, and its name. None: any test of the crate.
    test: Option<(String, String)>,
}

/// How the tests of a crate with mutants are run.
struct Suite {
    features: &'static [&'static str],
    /// All its tests; otherwise those alone that its list names.
    whole: bool,
}

const LEDGER: Suite = Suite { features: &["-p", "ledger", "--features", "mutants"], whole: true };
/// With all packages, so that nothing outside the project is built again.
const DEVICE: Suite = Suite {
    features: &[
        "--workspace",
        "--exclude",
        "xtask",
        "--features",
        rust::FEATURES,
        "--features",
        "outbox/mutants,sync/mutants",
    ],
    whole: false,
};

/// Takes the guards of a crate out one by one: tests that still pass have a hole.
fn mutants(place: &Place, krate: &str, suite: &Suite) -> Outcome<String> {
    let listed = list(place, krate)?;
    if listed.is_empty() {
        return Err(Problem::new(format!("the list of {krate} names no mutant")));
    }
    step::say(&format!("the tests of {krate} without a mutant"));
    if !suite.run(place, None, &listed)?.succeeded() {
        return Err(
            Problem::new(format!("the tests of {krate} fail without any mutant")).cure("Mend them first.")
        );
    }
    let mut escaped = Vec::new();
    step::say(&format!("the same tests against {} mutants: each must be caught", listed.len()));
    for mutant in &listed {
        let run = suite.run(place, Some(mutant), &listed)?;
        if let Some(test) = TestCounts::of(&run.lines).failures.first() {
            println!("  {:<28} caught by {test}", mutant.name);
        } else {
            println!("  {:<28} ESCAPED", mutant.name);
            escaped.push(mutant.name.clone());
        }
    }
    if escaped.is_empty() {
        return Ok(format!("{} caught", listed.len()));
    }
    Err(Problem::new(format!(
        "{} of {} mutants escaped: {}",
        escaped.len(),
        listed.len(),
        escaped.join(", ")
    )))
}

fn list(place: &Place, krate: &str) -> Outcome<Vec<Mutant>> {
    let path = place.root().join("crates").join(krate).join("mutants.txt");
    let text =
        fs::read_to_string(&path).map_err(Problem::while_doing(format!("reading {}", path.display())))?;
    Ok(read_list(&text))
}

/// A name a line, and the test that must notice.
fn read_list(text: &str) -> Vec<Mutant> {
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    let one = |line: &str| {
        let mut words = line.split_whitespace();
        let name = words.next()?.to_owned();
        let test = words.next().and_then(|test| test.split_once("::"));
        Some(Mutant { name, test: test.map(|(file, name)| (file.to_owned(), name.to_owned())) })
    };
    lines.filter_map(one).collect()
}

impl Suite {
    /// Up to the first program with a failing test: who else would have caught it matters little.
    fn run(&self, place: &Place, mutant: Option<&Mutant>, all: &[Mutant]) -> Outcome<step::Finished> {
        let mut words = vec!["test"];
        words.extend(self.features);
        if self.whole {
            words.extend(["--lib", "--tests"]);
        } else {
            let named = |one: &Mutant| mutant.is_none_or(|mutant| mutant.name == one.name);
            let tests: Vec<_> =
                all.iter().filter(|one| named(one)).filter_map(|one| one.test.as_ref()).collect();
            let files: BTreeSet<&str> = tests.iter().map(|(file, _)| file.as_str()).collect();
            words.extend(files.into_iter().flat_map(|file| ["--test", file]));
            words.extend(["--", "--exact"]);
            words.extend(tests.into_iter().map(|(_, name)| name.as_str()));
        }
        let mut command = rust::cargo(place, &words);
        // What a mutant breaks is not worth a smaller example.
        command
            .env_remove("FANPOINTS_MUTANT")
            .env("PROPTEST_MAX_SHRINK_ITERS", "0")
            .env("RUST_BACKTRACE", "0");
        if let Some(mutant) = mutant {
            command.env("FANPOINTS_MUTANT", &mutant.name);
        }
        step::run_in_silence(command)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn names_are_the_first_words_of_lines() {
        let listed = "# guards\nskip_balance\n\n  skip_id  queue::an_id_is_kept\n#skip_off\n";
        let test = Some(("queue".to_owned(), "an_id_is_kept".to_owned()));
        let expected = [("skip_balance", None), ("skip_id", test)];
        let expected = expected.map(|(name, test)| Mutant { name: name.to_owned(), test });
        assert_eq!(read_list(listed), expected);
    }

    /// Every file below a folder, one after the other.
    fn sources(folder: &Path) -> String {
        let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
        let read = |path: std::path::PathBuf| {
            if path.is_dir() { sources(&path) } else { fs::read_to_string(path).unwrap() }
        };
        files.map(read).collect()
    }

    #[test]
    fn the_lists_of_the_device_name_its_guards_and_tests_that_there_are() {
        let place = Place::find().unwrap();
        for krate in ["outbox", "sync"] {
            let folder = place.root().join("crates").join(krate);
            let text = sources(&folder.join("src"));
            let guards = text.split("skipped(\"").skip(1).filter_map(|rest| rest.split('"').next());
            let guards: BTreeSet<&str> = guards.collect();
            let listed = list(&place, krate).unwrap();
            assert_eq!(
                listed.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(),
                guards.into_iter().collect::<Vec<_>>()
            );
            for Mutant { name, test } in listed {
                let (file, test) = test.unwrap_or_else(|| panic!("{name} names no test"));
                let text = fs::read_to_string(folder.join("tests").join(format!("{file}.rs"))).unwrap();
                assert!(text.contains(&format!("fn {test}(")), "{name}: there is no {file}::{test}");
            }
        }
    }
}
