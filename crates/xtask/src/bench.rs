//! `cargo xtask bench`: sizes and speeds of what would be shipped, as tables. No test depends on them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};
use std::time::{Duration, Instant};

use crate::cli::{BenchOptions, Frames};
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

/// What a part measures stands on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stands {
    /// Nothing: it builds what it needs, or measures the building.
    Alone,
    /// The built screens.
    OnScreens,
    /// App and platform as they would be shipped.
    OnRelease,
}

struct Part {
    name: &'static str,
    /// Left out unless asked for by name.
    by_name_only: bool,
    stands: Stands,
    measure: fn(&Place, &BenchOptions) -> Outcome<String>,
}

const fn part(
    name: &'static str,
    stands: Stands,
    measure: fn(&Place, &BenchOptions) -> Outcome<String>,
) -> Part {
    Part { name, by_name_only: false, stands, measure }
}

const fn extra(name: &'static str, measure: fn(&Place, &BenchOptions) -> Outcome<String>) -> Part {
    Part { name, by_name_only: true, stands: Stands::Alone, measure }
}

const PARTS: &[Part] = &[
    extra("card", |place, _| card(place)),
    extra("cold", |place, _| cold(place)),
    extra("gate", |place, _| gate(place)),
    Part { name: "idle", by_name_only: true, stands: Stands::OnRelease, measure: |place, _| idle(place) },
    extra("scan", scan),
    extra("soak", |place, _| soak(place)),
    part("sizes", Stands::OnRelease, |place, _| sizes(place)),
    part("start", Stands::OnRelease, |place, _| starts(place)),
    part("tap", Stands::OnRelease, |place, _| tap_to_success(place)),
    part("ui", Stands::OnScreens, |place, _| ui_size(place)),
    part("ledger", Stands::Alone, |place, _| cargo_bench(place, "ledger")),
    part("verify", Stands::Alone, |place, _| verify(place)),
    part("store", Stands::Alone, |place, _| cargo_bench(place, "store")),
    part("review", Stands::Alone, |place, _| cargo_bench(place, "review")),
    part("drain", Stands::Alone, |place, _| cargo_bench(place, "drain")),
    part("platform", Stands::Alone, |place, _| cargo_bench(place, "platform")),
    part("run", Stands::OnScreens, |place, _| warm_run(place)),
];

/// The names that `cargo xtask bench` takes.
pub fn part_names() -> impl Iterator<Item = &'static str> {
    PARTS.iter().map(|part| part.name)
}

pub fn is_part(name: &str) -> bool {
    part_names().any(|known| known == name)
}

pub fn bench(place: &Place, options: &BenchOptions) -> Outcome<ExitCode> {
    let wanted = |part: &&Part| {
        if options.parts.is_empty() {
            !part.by_name_only
        } else {
            options.parts.iter().any(|name| name == part.name)
        }
    };
    let parts: Vec<&Part> = PARTS.iter().filter(wanted).collect();
    let mut summary = Summary::default();
    let mut ready = summary.record("system packages", system::prepare);
    if ready && parts.iter().any(|part| part.stands != Stands::Alone) {
        ready = summary.record("UI packages", || ui::install(place))
            && summary.record("UI build", || ui::build(place));
    }
    if ready && parts.iter().any(|part| part.stands == Stands::OnRelease) {
        ready = summary.record("release build", || rust::build_release(place));
    }
    if ready {
        for part in parts {
            summary.record(part.name, || (part.measure)(place, options));
        }
    }
    summary.print();
    Ok(if summary.succeeded() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// A minute of any requests that the platform's schema allows, and one of those that are none.
fn soak(place: &Place) -> Outcome<String> {
    const SECONDS: &str = "60";
    let mut words = rust::over_all(&["test", "--test", "fuzz"]);
    words.extend(["--", "fuzz_schema", "fuzz_broken_requests", "--nocapture", "--test-threads", "1"]);
    let mut command = rust::cargo(place, &words);
    if std::env::var_os("FANPOINTS_FUZZ_SECONDS").is_none() {
        command.env("FANPOINTS_FUZZ_SECONDS", SECONDS);
    }
    step::run("soaking the platform in requests", command)?.or_fail("the soak")?;
    Ok(String::new())
}

/// The second time nothing is left to build: what remains is what a warm `cargo xtask run` takes.
fn warm_run(place: &Place) -> Outcome<String> {
    run::prepare(place)?;
    let since = Instant::now();
    run::prepare(place)?;
    Ok(format!("warm preparation {:.1} s", since.elapsed().as_secs_f64()))
}

fn scan(place: &Place, options: &BenchOptions) -> Outcome<String> {
    let frames = options.frames.as_ref().ok_or_else(|| Problem::new("no frames were named"))?;
    let mut command = measure(place, "bench_frames")?;
    match frames {
        Frames::Folder(folder) => {
            let finding = format!("finding {}", folder.display());
            command.arg("--frames").arg(fs::canonicalize(folder).map_err(Problem::while_doing(finding))?);
        }
        Frames::Made(count) => {
            command.args(["--made", &count.to_string()]);
        }
    }
    let zxing = zxing_cpp(place);
    if let Ok(python) = &zxing {
        command.arg("--zxing").arg(python);
    }
    step::run("reading every frame", command)?.or_fail("bench scan")?;
    Ok(zxing.map_or_else(|problem| format!("without zxing-cpp: {problem}"), |_| String::new()))
}

/// The wheel of the zxing-cpp project in an environment of its own, to read the same frames beside ours. What the
/// product is built from never touches it.
fn zxing_cpp(place: &Place) -> Outcome<PathBuf> {
    const WHEEL: &str = "zxing-cpp==3.1.1";
    let folder = place.target().join("zxing-cpp");
    let python = folder.join(if cfg!(windows) { "Scripts/python.exe" } else { "bin/python" });
    let has_it = step::command(&python, ["-c", "import zxingcpp"], place.root());
    if step::ask(has_it).is_some() {
        return Ok(python);
    }
    let system = if cfg!(windows) { "python" } else { "python3" };
    let mut create = step::command(system, ["-m", "venv", "--clear"], place.root());
    create.arg(&folder);
    step::run("making room for zxing-cpp", create)?.or_fail("python3 -m venv")?;
    let install =
        ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary=:all:", WHEEL];
    step::run(&format!("fetching {WHEEL}"), step::command(&python, install, place.root()))?
        .or_fail("pip install")?;
    Ok(python)
}

/// All that the first `cargo xtask run` on a new machine builds.
fn cold(place: &Place) -> Outcome<String> {
    let since = Instant::now();
    // Without its stamps nothing counts as done before.
    fresh_folder(&place.stamps())?;
    ui::install(place)?;
    ui::build(place)?;
    let folder = place.target().join("cold");
    fresh_folder(&folder)?;
    let built = rust::build_cold(place, &folder);
    // Gigabytes that nobody needs again.
    let _ = fs::remove_dir_all(&folder);
    built?;
    Ok(format!("in all {:.0} s", since.elapsed().as_secs_f64()))
}

fn tap_to_success(place: &Place) -> Outcome<String> {
    in_the_window(place, "tap_to_success")
}

/// The release build in its window, driven by the debug build of one of our examples.
fn in_the_window(place: &Place, example: &str) -> Outcome<String> {
    rust::build_driver(place, example)?;
    let screen = Screen::open(place, "bench")?;
    let driver = Leashed::new(place.example(Profile::Debug, example), place.root())
        .env("FANPOINTS_PROGRAMS", place.programs(Profile::Release))
        .env("FANPOINTS_E2E", place.target().join("bench"));
    let status = screen.dress(driver).start(Words::Terminal)?.wait()?;
    if status.success() {
        Ok(String::new())
    } else {
        Err(Problem::new(format!("{example} failed ({status})")))
    }
}

/// A minute of the whole app before an empty counter; then as many frames as an hour has, as fast as they are read.
fn idle(place: &Place) -> Outcome<String> {
    const HOUR: &str = "108000";
    in_the_window(place, "idle")?;
    let mut command = measure(place, "watch")?;
    command
        .args(["--rate", "0", "--count", HOUR])
        .arg("--frames")
        .arg(place.target().join("bench/idle/frames"));
    step::run("reading an hour's frames", command)?.or_fail("the hour")?;
    Ok(String::new())
}

/// One of our examples that measure, with all packages, so that nothing outside the project is built again.
fn measure(place: &Place, example: &str) -> Outcome<Command> {
    rust::build_measure(place, example)?;
    Ok(step::command(place.example(Profile::Release, example), [] as [&str; 0], place.root()))
}

/// How long a fan's pass takes from its text to a trusted fan.
fn verify(place: &Place) -> Outcome<String> {
    step::run("verifying passes", measure(place, "bench_verify")?)?.or_fail("verifying")?;
    Ok(String::new())
}

/// With all packages, so that nothing outside the project is built again.
fn cargo_bench(place: &Place, name: &str) -> Outcome<String> {
    let words = rust::over_all(&["bench", "--bench", name]);
    step::run(&format!("measuring {name}"), rust::cargo(place, &words))?
        .or_fail(&format!("the bench {name}"))?;
    Ok(String::new())
}

/// From a camera's frame to the fan's card, through the decoder and a terminal that is online.
fn card(place: &Place) -> Outcome<String> {
    step::run("scanning fans before a camera", measure(place, "scan_to_card")?)?.or_fail("the cards")?;
    Ok(String::new())
}

/// Ten minutes at a gate with a fan a second, and the cards of fans before that.
fn gate(place: &Place) -> Outcome<String> {
    let mut command = measure(place, "gate_run")?;
    command.arg("60");
    step::run("scanning at a gate for ten minutes", command)?.or_fail("the gate")?;
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

/// The first screen is what the page names itself, and one language; the rest comes when it is opened.
fn ui_size(place: &Place) -> Outcome<String> {
    let page = fs::read_to_string(place.ui().join("dist/index.html"))
        .map_err(Problem::while_doing("reading the UI's page"))?;
    let mut table = Table::new(&["UI file", "KB", "KB gzipped", "first screen"]);
    let (mut whole, mut first) = (0, 0);
    for (name, raw, packed) in ui::gzip_sizes(place)? {
        let at_once = name == "index.html" || name.starts_with("assets/en-") || page.contains(&*name);
        whole += packed;
        first += if at_once { packed } else { 0 };
        let mark = if at_once { "yes" } else { "" };
        table.row(&[&name, &tenths(raw, 1000), &tenths(packed, 1000), mark]);
    }
    table.row(&["together", "", &tenths(whole, 1000), &tenths(first, 1000)]);
    println!("\n{}", table.text());
    Ok(format!("first screen {} KB of {} KB", tenths(first, 1000), tenths(whole, 1000)))
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
