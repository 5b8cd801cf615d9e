//! The decoder on a folder of frames, side by side with the decoders it is built from:
//! `cargo run --release -p scan --example bench_frames -- --frames DIR [--zxing PYTHON] [--again N] [--misses]
//! [--stages]`. `PYTHON` is an interpreter that has the package `zxing-cpp`; `cargo xtask bench scan` provides one.
//!
//! `DIR/expected.tsv` names a frame a line and, after a tab, a JSON list of the payloads that are right; an empty
//! list means that nobody knows, or, in a set of `falsepositives`, that nothing may be read. A set is the folder that
//! a frame lies in. With `--made N` in place of the folder, N frames of each difficulty are made on the spot; `--from
//! SEED` makes others, `--only SET` those of one difficulty.
#![allow(clippy::print_stdout, clippy::print_stderr, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rxing::{BarcodeFormat, DecodeHints};
use scan::{Decoder, LumaFrame, Symbology, luma_from_picture};

#[path = "../tests/common/mod.rs"]
mod common;
#[path = "../tests/common/sets.rs"]
mod sets;
#[path = "bench_frames/zxing_cpp.rs"]
mod zxing_cpp;

use zxing_cpp::ZxingCpp;

struct Options {
    frames: PathBuf,
    /// Frames to make for each set, in place of a folder.
    made: u64,
    /// The seed of the first of them.
    from: u64,
    /// The one set to look at.
    only: Option<String>,
    /// The interpreter that runs `zxing-cpp`.
    zxing: Option<PathBuf>,
    /// How often each frame is shown, as a camera shows it again and again.
    again: usize,
    /// Name the frames that were not read.
    misses: bool,
    /// Measure each stage on its own.
    stages: bool,
}

struct Case {
    name: String,
    set: String,
    accepted: Vec<String>,
    frame: LumaFrame,
}

/// One decoder's work on one set.
#[derive(Default)]
struct Score {
    frames: usize,
    /// Frames whose payload is known.
    codes: usize,
    right: usize,
    wrong: usize,
    phantom: usize,
    unknown: usize,
    times: Vec<Duration>,
}

/// What a decoder read, and its own account of the time where it does not run in this process.
type Answer = (Vec<String>, Option<Duration>);
type Candidate<'a> = (&'a str, Box<dyn FnMut(&LumaFrame) -> Answer + 'a>);

fn main() {
    let options = options();
    // A picture that makes a decoder panic counts as not read.
    std::panic::set_hook(Box::new(|_| {}));
    let mut cases = if options.made > 0 { made(&options) } else { cases(&options.frames) };
    cases.retain(|case| options.only.as_ref().is_none_or(|only| *only == case.set));
    let mut candidates: Vec<Candidate<'_>> =
        vec![("this cascade", Box::new(|frame| (cascade(frame, 1), None)))];
    if options.again > 1 {
        candidates.push(("this cascade, again", Box::new(|frame| (cascade(frame, options.again), None))));
    }
    candidates.push(("rqrr", Box::new(|frame| (rqrr(frame), None))));
    candidates.push(("rxing", Box::new(|frame| (rxing(frame), None))));
    if let Some(python) = &options.zxing {
        let mut decoder = ZxingCpp::start(python);
        candidates.push(("zxing-cpp", Box::new(move |frame| decoder.read(frame))));
    }
    println!(
        "{:<22} {:<24} {:>6} {:>6} {:>6} {:>6} {:>8} {:>8} {:>9} {:>9} {:>9}",
        "decoder",
        "set",
        "frames",
        "codes",
        "right",
        "wrong",
        "phantom",
        "unknown",
        "median ms",
        "p95 ms",
        "max ms"
    );
    for (name, read) in &mut candidates {
        let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
        for case in &cases {
            measure(case, read, &mut scores, options.misses.then_some(*name));
        }
        for (set, score) in &mut scores {
            print(name, set, score);
        }
    }
    if options.stages {
        stages(&cases);
    }
}

fn options() -> Options {
    let mut options = Options {
        frames: PathBuf::new(),
        made: 0,
        from: 0,
        only: None,
        zxing: None,
        again: 1,
        misses: false,
        stages: false,
    };
    let number = |text: Option<String>, name: &str| -> u64 {
        text.and_then(|n| n.parse().ok()).unwrap_or_else(|| panic!("a number after {name}"))
    };
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--frames" => options.frames = arguments.next().expect("a folder after --frames").into(),
            "--made" => options.made = number(arguments.next(), "--made"),
            "--from" => options.from = number(arguments.next(), "--from"),
            "--only" => options.only = Some(arguments.next().expect("a set after --only")),
            "--again" => {
                options.again = usize::try_from(number(arguments.next(), "--again")).expect("a number");
            }
            "--zxing" => options.zxing = Some(arguments.next().expect("an interpreter after --zxing").into()),
            "--misses" => options.misses = true,
            "--stages" => options.stages = true,
            other => panic!("unknown argument {other}"),
        }
    }
    options
}

fn cases(folder: &Path) -> Vec<Case> {
    let expected =
        std::fs::read_to_string(folder.join("expected.tsv")).expect("expected.tsv in the folder of frames");
    let lines = expected.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter_map(|line| {
            let (name, payloads) = line.split_once('\t')?;
            let bytes = std::fs::read(folder.join(name)).expect(name);
            Some(Case {
                name: name.to_owned(),
                set: name.rsplit_once('/').map_or("", |(set, _)| set).to_owned(),
                accepted: payload_list(payloads),
                frame: luma_from_picture(&bytes).expect(name),
            })
        })
        .collect()
}

fn made(options: &Options) -> Vec<Case> {
    let mut cases = Vec::new();
    for (set, name) in sets::SETS.iter().enumerate() {
        if options.only.as_ref().is_some_and(|only| only != name) {
            continue;
        }
        for seed in options.from..options.from + options.made {
            let (frame, text) = sets::made(set, seed);
            cases.push(Case {
                name: format!("{name} {seed}"),
                set: (*name).to_owned(),
                accepted: vec![plain(&text)],
                frame,
            });
        }
    }
    cases
}

fn payload_list(json: &str) -> Vec<String> {
    let payloads: Vec<String> = serde_json::from_str(json).expect("a JSON list of payloads");
    payloads.iter().map(|payload| plain(payload)).collect()
}

/// Line ends and blanks at the end are no difference.
fn plain(text: &str) -> String {
    text.replace("\r\n", "\n").trim_end_matches(['\n', ' ', '\0']).to_owned()
}

fn measure<'a>(
    case: &'a Case,
    read: &mut dyn FnMut(&LumaFrame) -> Answer,
    scores: &mut BTreeMap<&'a str, Score>,
    misses: Option<&str>,
) {
    let start = Instant::now();
    let (texts, time) =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| read(&case.frame))).unwrap_or_default();
    let time = time.unwrap_or_else(|| start.elapsed());
    // A moment for others: a run with real-time priority is held up by the system otherwise.
    std::thread::sleep(time / 8);
    if misses.is_some() && time > Duration::from_millis(40) {
        eprintln!("{}: {} took {time:.1?}", misses.unwrap_or_default(), case.name);
    }
    let known = |text: &String| case.accepted.contains(&plain(text));
    let right = texts.iter().any(known);
    let other = texts.iter().filter(|text| !known(text)).count();
    if let Some(name) = misses.filter(|_| other > 0 || (!right && !case.accepted.is_empty())) {
        eprintln!("{name}: {} {texts:?}", case.name);
    }
    for set in [case.set.as_str(), "all"] {
        let score = scores.entry(set).or_default();
        score.frames += 1;
        score.codes += usize::from(!case.accepted.is_empty());
        score.right += usize::from(right);
        if case.accepted.is_empty() && case.set.contains("falsepositives") {
            score.phantom += other;
        } else if case.accepted.is_empty() {
            // Nobody knows what this code says.
            score.unknown += other;
        } else {
            score.wrong += other;
        }
        score.times.push(time);
    }
}

fn print(name: &str, set: &str, score: &mut Score) {
    score.times.sort_unstable();
    let at = |percent: usize| {
        let place = (score.times.len() - 1) * percent / 100;
        score.times.get(place).copied().unwrap_or_default().as_secs_f64() * 1000.0
    };
    println!(
        "{name:<22} {set:<24} {:>6} {:>6} {:>6} {:>6} {:>8} {:>8} {:>9.2} {:>9.2} {:>9.2}",
        score.frames,
        score.codes,
        score.right,
        score.wrong,
        score.phantom,
        score.unknown,
        at(50),
        at(95),
        at(100)
    );
}

/// QR codes only, as the others.
fn cascade(frame: &LumaFrame, again: usize) -> Vec<String> {
    let mut decoder = Decoder::new();
    for _ in 0..again {
        let found = decoder.decode(frame);
        if !found.is_empty() {
            let qr = found
                .into_iter()
                .filter(|found| matches!(found.symbology, Symbology::Qr | Symbology::MicroQr));
            return qr.map(|found| found.text).collect();
        }
    }
    Vec::new()
}

fn rqrr(frame: &LumaFrame) -> Vec<String> {
    let width = frame.width as usize;
    let pixel = |x: usize, y: usize| frame.luma[y * width + x];
    let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, frame.height as usize, pixel);
    image.detect_grids().iter().filter_map(|grid| grid.decode().ok().map(|(_, text)| text)).collect()
}

fn rxing(frame: &LumaFrame) -> Vec<String> {
    let mut hints = DecodeHints {
        PossibleFormats: Some([BarcodeFormat::QR_CODE].into_iter().collect()),
        TryHarder: Some(true),
        AlsoInverted: Some(true),
        ..DecodeHints::default()
    };
    let luma = frame.luma.clone();
    let read =
        rxing::helpers::detect_in_luma_filtered_with_hints(luma, frame.width, frame.height, None, &mut hints);
    read.map(|read| vec![read.getText().to_owned()]).unwrap_or_default()
}

/// Each stage on its own: what it reads, what it would add to those before it, and what it costs.
fn stages(cases: &[Case]) {
    println!(
        "{:<36} {:>6} {:>6} {:>9} {:>9} {:>9}",
        "stage alone", "right", "adds", "median ms", "p95 ms", "max ms"
    );
    let mut known = vec![false; cases.len()];
    for stage in Decoder::stages() {
        let (mut right, mut adds, mut times) = (0, 0, Vec::new());
        for (case, known) in cases.iter().zip(&mut known) {
            let start = Instant::now();
            let found = Decoder::decode_with(&case.frame, stage);
            times.push(start.elapsed().as_secs_f64() * 1000.0);
            if found.iter().any(|found| case.accepted.contains(&plain(&found.text))) {
                right += 1;
                adds += usize::from(!std::mem::replace(known, true));
            }
        }
        times.sort_by(f64::total_cmp);
        let at = |percent: usize| times[(times.len() - 1) * percent / 100];
        let name = stage.to_string();
        println!("{name:<36} {right:>6} {adds:>6} {:>9.2} {:>9.2} {:>9.2}", at(50), at(95), at(100));
    }
}
