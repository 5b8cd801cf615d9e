//! What an eye costs: `cargo run --release -p scan --example watch -- --frames PATH [--rate 30] [--seconds 10]
//! [--count N] [--no-preview]`. Tells what is read, previews a second, the share of one core, and memory. With `--count`
//! it goes on until so many frames were looked at, with `--rate 0` as fast as it can.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::cast_precision_loss)]

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use scan::{CameraFault, Eye, EyeEvent, EyeOptions, Frame, FrameFiles, FrameSource, SourceInfo};

struct Options {
    frames: PathBuf,
    rate: u32,
    seconds: u64,
    count: Option<u64>,
    preview: bool,
}

/// Frames that are counted as they are taken.
struct Counted {
    files: FrameFiles,
    taken: Arc<AtomicU64>,
}

impl FrameSource for Counted {
    fn next_frame(&mut self) -> Result<Frame, CameraFault> {
        let frame = self.files.next_frame();
        self.taken.fetch_add(1, Ordering::Relaxed);
        frame
    }

    fn describe(&self) -> Arc<SourceInfo> {
        self.files.describe()
    }
}

fn options() -> Options {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after =
        |name: &str| arguments.iter().position(|a| a == name).and_then(|at| arguments.get(at + 1)).cloned();
    let number = |name: &str| after(name).map(|text| text.parse().expect("a number"));
    Options {
        frames: after("--frames").expect("--frames PATH").into(),
        rate: number("--rate").map_or(30, |rate| u32::try_from(rate).expect("a rate")),
        seconds: number("--seconds").unwrap_or(10),
        count: number("--count"),
        preview: !arguments.iter().any(|argument| argument == "--no-preview"),
    }
}

fn main() {
    let options = options();
    let (taken, previews, reads) =
        (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
    let open = {
        let (taken, path, rate) = (taken.clone(), options.frames.clone(), options.rate);
        move || {
            let files = FrameFiles::open(&path, rate)?;
            Ok(Box::new(Counted { files, taken: taken.clone() }) as Box<dyn FrameSource>)
        }
    };
    let usual = EyeOptions::default();
    let eye_options = EyeOptions { preview_width: usual.preview_width.filter(|_| options.preview), ..usual };
    let eye = {
        let (previews, reads) = (previews.clone(), reads.clone());
        Eye::start_with(eye_options, open, move |event| match event {
            EyeEvent::Read(_) => drop(reads.fetch_add(1, Ordering::Relaxed)),
            EyeEvent::Preview { .. } => drop(previews.fetch_add(1, Ordering::Relaxed)),
            EyeEvent::Fault(fault) => println!("fault: {fault}"),
            EyeEvent::Back => println!("back"),
        })
    };
    // The files are decoded while they are shown for the first time.
    std::thread::sleep(Duration::from_secs(2));
    let (start, cpu, first) = (Instant::now(), cpu_seconds(), taken.load(Ordering::Relaxed));
    previews.store(0, Ordering::Relaxed);
    println!("at first {:.1} MB", resident_mb());
    match options.count {
        Some(count) => until(&taken, first, count),
        None => std::thread::sleep(Duration::from_secs(options.seconds)),
    }
    let elapsed = start.elapsed().as_secs_f64();
    let per_second = |number: u64| number as f64 / elapsed;
    println!("{:.1} frames a second", per_second(taken.load(Ordering::Relaxed) - first));
    println!("{:.1} previews a second", per_second(previews.load(Ordering::Relaxed)));
    println!("{:.1} % of one core", (cpu_seconds() - cpu) / elapsed * 100.0);
    println!("{} reads, {:.1} MB at last", reads.load(Ordering::Relaxed), resident_mb());
    drop(eye);
}

/// Waits until so many frames more were taken; tells memory on the way.
fn until(taken: &AtomicU64, first: u64, count: u64) {
    for percent in [10, 25, 50, 75, 100] {
        while taken.load(Ordering::Relaxed) - first < count * percent / 100 {
            std::thread::sleep(Duration::from_millis(50));
        }
        println!("{percent} %: {:.1} MB", resident_mb());
    }
}

/// Of this process and its threads, from Linux's own account in hundredths.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit_once(") ").map_or("", |(_, rest)| rest);
    let ticks: f64 =
        after_name.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum();
    ticks / 100.0
}

fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    let kilobytes: Option<f64> = line.split_whitespace().nth(1).and_then(|number| number.parse().ok());
    kilobytes.unwrap_or_default() / 1024.0
}
