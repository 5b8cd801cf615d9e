//! `cargo xtask test` and `cargo xtask check`: every check in the order in which failures are cheapest to find.

use std::process::ExitCode;

use crate::cli::TestOptions;
use crate::deep;
use crate::leash::{Leashed, Words};
use crate::place::{Place, Profile, fresh_folder};
use crate::problem::{Outcome, Problem};
use crate::screen::Screen;
use crate::step::{self, Finished, say};
use crate::summary::{Summary, TestCounts, tests_note};
use crate::tidy;
use crate::{rust, system, ui};

pub fn test(place: &Place, options: &TestOptions) -> Outcome<ExitCode> {
    let mut summary = Summary::default();
    let prepared = prepare(place, &mut summary)
        && summary.record("sign-in provider of the tests", || ui::install_provider(place));
    if prepared {
        if options.only_deep() {
            deep::test(place, options, &mut summary);
        } else if options.accept_looks {
            window(
                place,
                &Window { only: Some("parts::"), env: Some(("FANPOINTS_ACCEPT_LOOKS", "1")) },
                &mut summary,
            );
        } else if options.window {
            window(place, &Window { only: options.only.as_deref(), ..Window::default() }, &mut summary);
        } else {
            look(place, &mut summary);
            summary.record("xtask's tests", || rust::test_self(place));
            summary.record("Rust tests", || rust::test(place));
            summary.record("UI tests", || ui::test(place));
            if !options.fast {
                window(place, &Window::default(), &mut summary);
            }
        }
    }
    Ok(conclude(&summary))
}

pub fn check(place: &Place) -> Outcome<ExitCode> {
    let mut summary = Summary::default();
    if prepare(place, &mut summary) {
        look(place, &mut summary);
    }
    Ok(conclude(&summary))
}

fn conclude(summary: &Summary) -> ExitCode {
    summary.print();
    if summary.succeeded() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Without these nothing else can be said. The app embeds the UI, so even a lint needs its build.
fn prepare(place: &Place, summary: &mut Summary) -> bool {
    summary.record("system packages", system::prepare)
        && summary.record("UI packages", || ui::install(place))
        && summary.record("UI build", || ui::build(place))
}

fn look(place: &Place, summary: &mut Summary) {
    summary.record("tidiness", || tidy::check(place));
    summary.record("format", || rust::format(place));
    summary.record("UI types and style", || ui::check(place));
    summary.record("clippy", || rust::lint(place));
}

/// Which of the window's tests, and what they are told.
#[derive(Default)]
pub struct Window<'a> {
    pub only: Option<&'a str>,
    pub env: Option<(&'a str, &'a str)>,
}

pub fn window(place: &Place, which: &Window<'_>, summary: &mut Summary) {
    const STEP: &str = "window tests";
    let built = summary.record("app and platform", || rust::build(place))
        && summary.record("window tests built", || rust::build_window_tests(place));
    if built {
        summary.record(STEP, || window_tests(place, which));
    } else {
        summary.skip(STEP, "they do not compile");
    }
}

fn window_tests(place: &Place, which: &Window<'_>) -> Outcome<String> {
    fresh_folder(&place.e2e())?;
    let screen = Screen::open(place, "e2e")?;
    say("running the window tests on a virtual display");
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut tests = Leashed::new(cargo, place.root())
        .args(rust::window_test_words())
        .args(which.only)
        .env("CARGO_TARGET_DIR", place.target())
        .env("FANPOINTS_PROGRAMS", place.programs(Profile::Debug))
        .env("FANPOINTS_E2E", place.e2e());
    if let Some((name, value)) = which.env {
        tests = tests.env(name, value);
    }
    let mut running = screen.dress(tests).start(Words::Piped)?;
    let lines = running.take_stdout().map(step::echo).unwrap_or_default();
    let finished = Finished { status: running.wait()?, lines };
    if finished.succeeded() && TestCounts::of(&finished.lines).passed == 0 {
        return Err(Problem::new("no window test has such a name"));
    }
    let note = tests_note(&finished, "window tests");
    note.map_err(|problem: Problem| problem.cure(format!("Screenshots and logs: {}", place.e2e().display())))
}
