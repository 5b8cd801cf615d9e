//! `cargo xtask bench`: sizes and speeds of what would be shipped, as tables. No test depends on them.

use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use crate::cli::BenchOptions;
use crate::leash::{Leashed, Words};
use crate::place::{Place, Profile, fresh_folder};
use crate::problem::{Outcome, Problem};
use crate::screen::Screen;
use crate::stamp;
use crate::step;
use crate::summary::{Summary, Table};
use crate::{run, rust, system, ui};

/// Enough for a median that does not hang on one slow start.
const STARTS: usize = 9;
const START_LIMIT: Duration = Duration::from_secs(30);

/// What the app writes to its log once its window takes input.
const STARTUP_FIELD: &str = "usable_ms";

pub fn bench(place: &Place, options: &BenchOptions) -> Outcome<ExitCode> {
    if let (true, Some(frames)) = (options.scan, &options.frames) {
        return scan(place, frames);
    }
    let mut summary = Summary::default();
    if options.cold {
        // Without its stamps nothing counts as done before.
        fresh_folder(&place.stamps())?;
        summary.record("cold: UI packages", || ui::install(place));
        summary.record("cold: UI build", || ui::build(place));
        summary.record("cold: app and platform", || cold(place));
        summary.print();
        return Ok(if summary.succeeded() { ExitCode::SUCCESS } else { ExitCode::FAILURE });
    }
    let ready = summary.record("system packages", system::prepare)
        && summary.record("UI packages", || ui::install(place))
        && summary.record("UI build", || ui::build(place));
    if ready {
        if summary.record("release build", || rust::build_release(place)) {
            summary.record("sizes", || sizes(place));
            summary.record("window usable", || starts(place));
            summary.record("tap to success", || tap_to_success(place));
        }
        summary.record("UI, gzipped", || ui_size(place));
        summary.record("ledger", || ledger(place));
        // The second time nothing is left to build: what remains is what a warm `cargo xtask run` takes.
        if summary.record("run: first preparation", || run::prepare(place).map(|()| String::new())) {
            summary.record("run: warm preparation", || run::prepare(place).map(|()| String::new()));
        }
    }
    summary.print();
    Ok(if summary.succeeded() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn scan(place: &Place, frames: &Path) -> Outcome<ExitCode> {
    let frames =
        fs::canonicalize(frames).map_err(Problem::while_doing(format!("finding {}", frames.display())))?;
    system::prepare()?;
    let words = ["run", "--release", "-p", "scan", "--example", "bench_frames", "--", "--frames"];
    let mut command = rust::cargo(place, &words);
    command.arg(frames);
    step::run("reading every frame", command)?.or_fail("bench scan")?;
    Ok(ExitCode::SUCCESS)
}

fn cold(place: &Place) -> Outcome<String> {
    let folder = place.target().join("cold");
    fresh_folder(&folder)?;
    let built = rust::build_cold(place, &folder);
    // Gigabytes that nobody needs again.
    let _ = fs::remove_dir_all(&folder);
    built
}

/// Drives the release build by the debug build of the driver.
fn tap_to_success(place: &Place) -> Outcome<String> {
    rust::build_tapper(place)?;
    let screen = Screen::open(place, "bench")?;
    let tapper = Leashed::new(place.example(Profile::Debug, "tap_to_success"), place.root())
        .env("FANPOINTS_PROGRAMS", place.programs(Profile::Release))
        .env("FANPOINTS_E2E", place.target().join("bench"));
    let status = screen.dress(tapper).start(Words::Terminal)?.wait()?;
    if status.success() { Ok(String::new()) } else { Err(Problem::new(format!("tapping failed ({status})"))) }
}

fn ledger(place: &Place) -> Outcome<String> {
    step::run("measuring the ledger", rust::cargo(place, &["bench", "-p", "ledger"]))?
        .or_fail("the ledger's bench")?;
    Ok(String::new())
}

fn sizes(place: &Place) -> Outcome<String> {
    let mut table = Table::new(&["program", "MB"]);
    for program in [rust::app(place, Profile::Release), rust::platform(place, Profile::Release)] {
        let bytes = fs::metadata(&program)
            .map_err(Problem::while_doing(format!("measuring {}", program.display())))?
            .len();
        table.row(&[&program.file_name().unwrap_or_default().to_string_lossy(), &tenths(bytes, 1_000_000)]);
    }
    println!("\n{}", table.text());
    Ok(String::new())
}

fn ui_size(place: &Place) -> Outcome<String> {
    let mut table = Table::new(&["UI file", "KB", "KB gzipped"]);
    let mut whole = 0;
    for (name, raw, packed) in ui::gzip_sizes(place)? {
        whole += packed;
        table.row(&[&name, &tenths(raw, 1000), &tenths(packed, 1000)]);
    }
    table.row(&["together", "", &tenths(whole, 1000)]);
    println!("\n{}", table.text());
    Ok(format!("{} KB", tenths(whole, 1000)))
}

/// Starts the release build again and again, each time with empty data, and reads what its own log says.
fn starts(place: &Place) -> Outcome<String> {
    let screen = Screen::open(place, "bench")?;
    let mut times = Vec::new();
    step::say(&format!("starting the app {STARTS} times"));
    for number in 0..STARTS {
        let data = place.target().join("bench").join(format!("start-{number}"));
        fresh_folder(&data)?;
        let app = Leashed::new(rust::app(place, Profile::Release), place.root()).arg("--data-dir").arg(&data);
        let mut running = screen.dress(app).start(Words::File(data.with_extension("log")))?;
        times.push(running.wait_until(START_LIMIT, || usable_after(&data))?);
    }
    times.sort_unstable();
    let at = |index: usize| times.get(index).copied().unwrap_or_default();
    let mut table = Table::new(&["window usable after", "ms"]);
    for (name, index) in [("fastest", 0), ("median", STARTS / 2), ("slowest", STARTS - 1)] {
        table.row(&[name, &at(index).to_string()]);
    }
    println!("\n{}", table.text());
    Ok(format!("median {} ms", at(STARTS / 2)))
}

/// Milliseconds from process start to a usable window, once a log below `data` says so.
fn usable_after(data: &Path) -> Option<u64> {
    let logs = stamp::files_below(data, &[]).ok()?;
    logs.iter()
        .filter_map(|log| fs::read_to_string(log).ok())
        .find_map(|text| number_after(&text, STARTUP_FIELD))
}

/// The number of a field, be it written `name=7` or `"name":7`.
fn number_after(text: &str, name: &str) -> Option<u64> {
    let (_, rest) = text.split_once(name)?;
    let rest = rest.trim_start_matches(['"', '=', ':', ' ']);
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    // A line that is still being written may end in the middle of the number.
    (end < rest.len()).then(|| rest.get(..end)?.parse().ok())?
}

fn tenths(amount: u64, unit: u64) -> String {
    let tenth = (amount * 10 + unit / 2) / unit;
    format!("{}.{}", tenth / 10, tenth % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_to_write_a_field_are_read() {
        assert_eq!(number_after("INFO startup usable_ms=412 x\n", "usable_ms"), Some(412));
        assert_eq!(number_after("{\"usable_ms\":77}", "usable_ms"), Some(77));
        assert_eq!(number_after("usable_ms=41", "usable_ms"), None);
        assert_eq!(number_after("nothing", "usable_ms"), None);
    }

    #[test]
    fn sizes_are_rounded_to_tenths() {
        assert_eq!(tenths(1_949, 1000), "1.9");
        assert_eq!(tenths(1_950, 1000), "2.0");
    }
}
