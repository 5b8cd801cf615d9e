//! Cargo, called always with the same features and packages, so that no task undoes another one's build.

use std::process::Command;

use crate::place::{Place, Profile};
use crate::problem::Outcome;
use crate::step;
use crate::summary::tests_note;

/// The app with its front end embedded: what is run, tested and measured is what is shipped.
pub const FEATURES: &str = "fanpoints-partner/custom-protocol";

pub fn cargo(place: &Place, words: &[&str]) -> Command {
    let program = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = step::command(program, words, place.root());
    // Set by the cargo that runs us; they would only confuse the one that we run.
    for name in ["CARGO_MANIFEST_DIR", "CARGO_PKG_NAME", "CARGO_PKG_VERSION"] {
        command.env_remove(name);
    }
    command
}

pub fn over_all<'a>(words: &[&'a str]) -> Vec<&'a str> {
    let mut all = words.to_vec();
    all.extend(["--workspace", "--exclude", "xtask", "--features", FEATURES]);
    all
}

pub fn format(place: &Place) -> Outcome<String> {
    step::run("checking the format: cargo fmt", cargo(place, &["fmt", "--all", "--", "--check", "-l"]))?
        .or_fail("cargo fmt")?;
    Ok(String::new())
}

pub fn lint(place: &Place) -> Outcome<String> {
    let deny = ["--", "-D", "warnings"];
    let mut all = over_all(&["clippy", "--all-targets", "--keep-going"]);
    all.extend(deny);
    step::run("linting all Rust: cargo clippy", cargo(place, &all))?.or_fail("cargo clippy")?;
    let own = ["clippy", "--quiet", "-p", "xtask", "--all-targets", "--", "-D", "warnings"];
    step::run("linting xtask", cargo(place, &own))?.or_fail("cargo clippy for xtask")?;
    // The window tests are left out of "all targets", because no plain `cargo test` may open a window.
    let mut window = over_all(&["clippy", "--quiet", "--test", "window"]);
    window.extend(deny);
    step::run("linting the window tests", cargo(place, &window))?
        .or_fail("cargo clippy for the window tests")?;
    Ok(String::new())
}

/// The app, the platform and the program that drives the demonstration.
///
/// The driver is built even where it is not needed: with it cargo settles on the same dependency features as for the
/// tests, and running after testing builds nothing again.
pub fn build(place: &Place) -> Outcome<String> {
    let words = over_all(&["build", "--bins", "--example", "demo"]);
    step::run("building app and platform: cargo build", cargo(place, &words))?.or_fail("cargo build")?;
    Ok(String::new())
}

/// With the same features as whatever is measured, for the same reason.
pub fn build_release(place: &Place) -> Outcome<String> {
    let words = over_all(&["build", "--release", "--bins", "--example", "demo"]);
    step::run("building the release (some minutes)", cargo(place, &words))?.or_fail("the release build")?;
    Ok(String::new())
}

/// A program that measures something, as fast as what would be shipped.
pub fn build_measure(place: &Place, example: &str) -> Outcome<String> {
    let words = over_all(&["build", "--release", "--example", example]);
    step::run(&format!("building {example}"), cargo(place, &words))?.or_fail("cargo build")?;
    Ok(String::new())
}

/// A program that drives the real window and takes the time.
pub fn build_driver(place: &Place, example: &str) -> Outcome<String> {
    let words = over_all(&["build", "--example", example]);
    step::run("building what drives the window", cargo(place, &words))?.or_fail("cargo build")?;
    Ok(String::new())
}

/// App and platform from nothing, into a folder of its own.
pub fn build_cold(place: &Place, folder: &std::path::Path) -> Outcome<String> {
    let mut command = cargo(place, &over_all(&["build", "--bins", "--example", "demo"]));
    command.env("CARGO_TARGET_DIR", folder);
    step::run("building app and platform from nothing", command)?.or_fail("cargo build")?;
    Ok(String::new())
}

/// Everything that `cargo test` runs by itself: no window.
pub fn test(place: &Place) -> Outcome<String> {
    let words = over_all(&["test", "--no-fail-fast"]);
    let finished = step::run_and_keep("running the Rust tests: cargo test", cargo(place, &words))?;
    tests_note(&finished, "Rust tests")
}

pub fn test_self(place: &Place) -> Outcome<String> {
    let finished = step::run_and_keep("testing xtask", cargo(place, &["test", "--quiet", "-p", "xtask"]))?;
    tests_note(&finished, "xtask's tests")
}

/// Compiles the window tests, so that inside the virtual session nothing is left but to run them.
pub fn build_window_tests(place: &Place) -> Outcome<String> {
    let words = over_all(&["test", "--no-run", "--test", "window"]);
    step::run("building the window tests", cargo(place, &words))?.or_fail("building the window tests")?;
    Ok(String::new())
}

/// The words that run the window tests; one at a time, for they share a display and a keyboard.
pub fn window_test_words() -> Vec<&'static str> {
    let mut words = over_all(&["test", "--no-fail-fast", "--test", "window"]);
    words.extend(["--", "--test-threads", "1"]);
    words
}

pub fn app(place: &Place, profile: Profile) -> std::path::PathBuf {
    place.program(profile, "fanpoints-partner")
}

pub fn platform(place: &Place, profile: Profile) -> std::path::PathBuf {
    place.program(profile, "fanpoints-platform")
}
