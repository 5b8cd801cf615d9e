//! What an eye costs: `cargo run --release -p scan --example watch -- --frames PATH [--rate 30] [--seconds 10]`.
//! Tells what is read, previews a second, the share of one core, and memory.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use scan::{Eye, EyeEvent, FrameFiles, FrameSource};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let after =
        |name: &str| arguments.iter().position(|a| a == name).and_then(|at| arguments.get(at + 1)).cloned();
    let path = after("--frames").expect("--frames PATH");
    let rate: u32 = after("--rate").map_or(30, |rate| rate.parse().expect("a number after --rate"));
    let seconds: u64 =
        after("--seconds").map_or(10, |seconds| seconds.parse().expect("a number after --seconds"));
    let previews = Arc::new(AtomicU32::new(0));
    let count = previews.clone();
    let open = move || Ok(Box::new(FrameFiles::open(&path, rate)?) as Box<dyn FrameSource>);
    let eye = Eye::start(open, move |event| match event {
        EyeEvent::Read(found) => println!("read by {}: {:?}", found.stage, found.text),
        EyeEvent::Preview { .. } => {
            count.fetch_add(1, Ordering::Relaxed);
        }
        EyeEvent::Fault(fault) => println!("fault: {fault}"),
        EyeEvent::Back => println!("back"),
    });
    // The files are decoded while they are shown for the first time.
    std::thread::sleep(Duration::from_secs(2));
    let (start, cpu, memory) = (Instant::now(), cpu_seconds(), resident_mb());
    previews.store(0, Ordering::Relaxed);
    std::thread::sleep(Duration::from_secs(seconds));
    let elapsed = start.elapsed().as_secs_f64();
    println!("{:.1} previews a second", f64::from(previews.load(Ordering::Relaxed)) / elapsed);
    println!("{:.1} % of one core", (cpu_seconds() - cpu) / elapsed * 100.0);
    println!("{memory:.1} MB at first, {:.1} MB at last", resident_mb());
    drop(eye);
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
