//! The command line: which task, with which options.

use std::path::PathBuf;

use crate::bench;
use crate::problem::{Outcome, Problem};

pub const USAGE: &str = "\
cargo xtask run               install what lacks, build, start the platform, open the app paired with it
    --virtual                 on a virtual display, driven by itself, even where there is a real one
    --keep                    go on with the last run's data instead of a fresh example
    --no-drive                on a virtual display: start everything, drive nothing, wait for Ctrl-C
cargo xtask test              everything: format, lints, Rust tests, UI tests, the real window; a summary
    --fast                    all of it but the window
    --window                  the window alone
    --only NAME               of the window's tests those with this in their name
    --accept-looks            keep new pictures of the parts: a change in looks is meant
    --mutants                 break ledger, queue and sync one guard at a time: each must be caught
    --faults                  the long fault runs (power cuts, bad networks, a million operations, the window killed)
    --fuzz                    each fuzz target for a minute (FANPOINTS_FUZZ_SECONDS to change)
cargo xtask check             format, lints, types
cargo xtask bench             sizes and speeds of a release build, as tables
cargo xtask bench PART...     some of it alone: sizes, start, tap, ui, ledger, verify, store, review, drain, platform, run; and
                              what the whole leaves out:
    card                      from a camera's frame to the fan's card
    cold                      the first `run` on a new machine: UI packages, UI and Rust from nothing
    gate                      ten minutes at a gate with a fan a second
    idle                      what a camera before an empty counter costs, and an hour of its frames
    scan --frames DIR         the decoder over a folder of frames, beside others
    scan --made N             the same over N frames of each difficulty, made on the spot
    soak                      the platform under any requests for a minute (--soak means the same)";

#[derive(Debug, PartialEq, Eq)]
pub enum Task {
    Usage,
    Run(RunOptions),
    Test(TestOptions),
    Check,
    Bench(BenchOptions),
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct RunOptions {
    pub force_virtual: bool,
    pub keep_data: bool,
    pub no_drive: bool,
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct TestOptions {
    pub fast: bool,
    pub window: bool,
    pub accept_looks: bool,
    pub mutants: bool,
    pub faults: bool,
    pub fuzz: bool,
    /// Part of the names of the window's tests to run.
    pub only: Option<String>,
}

impl TestOptions {
    /// The long runs replace the ordinary one: whoever asks for mutants waits for mutants only.
    pub fn only_deep(&self) -> bool {
        self.mutants || self.faults || self.fuzz
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
pub struct BenchOptions {
    /// Names of parts; none is the whole.
    pub parts: Vec<String>,
    pub frames: Option<Frames>,
}

/// What `bench scan` reads.
#[derive(Debug, PartialEq, Eq)]
pub enum Frames {
    Folder(PathBuf),
    /// So many of each difficulty, made on the spot.
    Made(u32),
}

pub fn parse(words: impl Iterator<Item = String>) -> Outcome<Task> {
    let mut words = words.peekable();
    let Some(name) = words.next() else {
        return Ok(Task::Usage);
    };
    match name.as_str() {
        "run" => run_options(words).map(Task::Run),
        "test" => test_options(words).map(Task::Test),
        "check" => match words.next() {
            None => Ok(Task::Check),
            Some(word) => Err(unknown(&word, "check")),
        },
        "bench" => bench_options(words).map(Task::Bench),
        "help" | "-h" | "--help" => Ok(Task::Usage),
        other => Err(Problem::new(format!("there is no task \"{other}\""))),
    }
}

fn run_options(words: impl Iterator<Item = String>) -> Outcome<RunOptions> {
    let mut options = RunOptions::default();
    for word in words {
        match word.as_str() {
            "--virtual" => options.force_virtual = true,
            "--keep" => options.keep_data = true,
            "--no-drive" => options.no_drive = true,
            _ => return Err(unknown(&word, "run")),
        }
    }
    Ok(options)
}

fn test_options(mut words: impl Iterator<Item = String>) -> Outcome<TestOptions> {
    let mut options = TestOptions::default();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--fast" => options.fast = true,
            "--window" => options.window = true,
            "--accept-looks" => options.accept_looks = true,
            "--mutants" => options.mutants = true,
            "--faults" => options.faults = true,
            "--fuzz" => options.fuzz = true,
            "--only" => {
                options.only = Some(words.next().ok_or_else(|| Problem::new("--only wants a name"))?);
            }
            _ => return Err(unknown(&word, "test")),
        }
    }
    if options.fast && options.window {
        return Err(Problem::new("--fast leaves out what --window asks for"));
    }
    if options.only.is_some() && !(options.window || options.faults) {
        return Err(Problem::new("--only chooses among the tests of --window or --faults"));
    }
    Ok(options)
}

fn bench_options(mut words: impl Iterator<Item = String>) -> Outcome<BenchOptions> {
    let mut options = BenchOptions::default();
    while let Some(word) = words.next() {
        match word.as_str() {
            "--frames" => {
                let folder = words.next().ok_or_else(|| Problem::new("--frames wants a folder"))?;
                options.frames = Some(Frames::Folder(PathBuf::from(folder)));
            }
            "--made" => {
                let count = words.next().and_then(|word| word.parse().ok()).filter(|count| *count > 0);
                let count = count.ok_or_else(|| Problem::new("--made wants a number of frames"))?;
                options.frames = Some(Frames::Made(count));
            }
            "--soak" => options.parts.push("soak".to_owned()),
            name if bench::is_part(name) => options.parts.push(word),
            _ => return Err(unknown(&word, "bench")),
        }
    }
    if options.parts.iter().any(|name| name == "scan") && options.frames.is_none() {
        return Err(
            Problem::new("bench scan wants frames").cure("cargo xtask bench scan --frames DIR, or --made N")
        );
    }
    Ok(options)
}

fn unknown(word: &str, task: &str) -> Problem {
    Problem::new(format!("{task} does not know \"{word}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(line: &str) -> Outcome<Task> {
        parse(line.split_whitespace().map(str::to_owned))
    }

    #[test]
    fn each_task_is_found_by_its_name() {
        assert_eq!(parsed("").unwrap(), Task::Usage);
        assert_eq!(parsed("check").unwrap(), Task::Check);
        assert_eq!(parsed("run").unwrap(), Task::Run(RunOptions::default()));
        let Task::Test(options) = parsed("test --fast --fuzz").unwrap() else { panic!("not a test") };
        assert!(options.fast && options.fuzz && options.only_deep() && !options.mutants);
        let Task::Test(options) = parsed("test --window --only strip").unwrap() else { panic!("not a test") };
        assert_eq!((options.window, options.only.as_deref()), (true, Some("strip")));
    }

    #[test]
    fn a_misspelt_word_is_named() {
        for line in [
            "tset",
            "test --fast --window",
            "test --fats",
            "test --only killed",
            "test --window --only",
            "run now",
            "check it",
            "bench --frames",
            "bench scan",
            "bench scan --made",
            "bench scan --made none",
            "bench scan --made 0",
        ] {
            assert!(parsed(line).is_err(), "{line} was taken");
        }
        assert!(parsed("run --fsat").unwrap_err().to_string().contains("--fsat"));
    }

    #[test]
    fn frames_come_from_a_folder_or_are_made() {
        let frames = |line| match parsed(line).unwrap() {
            Task::Bench(options) => options.frames,
            other => panic!("{other:?} is no bench"),
        };
        assert_eq!(frames("bench scan --frames a/b"), Some(Frames::Folder(PathBuf::from("a/b"))));
        assert_eq!(frames("bench scan --made 20"), Some(Frames::Made(20)));
    }

    #[test]
    fn parts_of_the_bench_go_together() {
        let Task::Bench(options) = parsed("bench tap ledger").unwrap() else { panic!("not a bench") };
        assert_eq!(options.parts, ["tap", "ledger"]);
        assert!(parsed("bench ledgr").is_err());
    }

    #[test]
    fn the_usage_names_every_part_of_the_bench() {
        for name in bench::part_names() {
            assert!(USAGE.contains(name), "{name} is a secret");
        }
    }
}
