//! What a camera before an empty counter costs: the release build in its real window, with frames in which there is no
//! code, for a minute. Run by `cargo xtask bench idle`, on Linux.

#![allow(clippy::print_stdout, clippy::expect_used, clippy::panic)] // It measures and tells.
// Shares and sizes for a table.
#![allow(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

#[path = "../tests/support/mod.rs"]
mod support;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use image::{GrayImage, Luma};
use support::{Platform, Process, Shop, Stage, Till};

/// After the start, until everything is loaded and drawn.
const SETTLE: Duration = Duration::from_secs(10);
const MINUTE: Duration = Duration::from_secs(60);
/// Frames that follow each other, over and over.
const FRAMES: u32 = 60;
/// Linux counts the time of a process in hundredths of a second.
const TICKS: f64 = 100.0;
/// Counts the pictures that are drawn on a canvas from now on.
const COUNT_PICTURES: &str = "
    window.picturesDrawn = 0;
    const canvas = CanvasRenderingContext2D.prototype;
    const draw = canvas.drawImage;
    canvas.drawImage = function (...given) { window.picturesDrawn += 1; return draw.apply(this, given); };
";

#[tokio::main]
async fn main() {
    let stage = Stage::new("idle");
    let frames = empty_counter(stage.path("frames"));
    let platform = Platform::start(&stage).await;
    let mut till = Till::on(&stage).paired(platform.pairing(Shop::ClubShop)).camera(frames).open().await;
    till.has("strip", "state", "online").await;
    let without = minute_of(&till).await;
    till.press("camera-start").await;
    till.has("camera-preview", "seen", "true").await;
    till.client().execute(COUNT_PICTURES, Vec::new()).await.expect("the window counts");
    let counted = Instant::now();
    let with = minute_of(&till).await;
    let pictures =
        till.client().execute("return window.picturesDrawn", Vec::new()).await.expect("the window tells");
    let a_second = pictures.as_f64().unwrap_or_default() / counted.elapsed().as_secs_f64();
    till.close().await;

    println!("\nof one core, over a minute         no camera    camera  memory at first    at last");
    println!("───────────────────────────────  ───────────  ────────  ───────────────  ─────────");
    let (mut before, mut after) = (Cost::default(), Cost::default());
    for (name, cost) in &with {
        let idle = without.get(name).copied().unwrap_or_default();
        before.add(idle);
        after.add(*cost);
        row(name, idle, *cost);
    }
    row("together", before, after);
    println!("{a_second:.1} pictures a second on the screen");
}

#[derive(Clone, Copy, Default)]
struct Cost {
    percent: f64,
    first_mb: f64,
    last_mb: f64,
}

impl Cost {
    fn add(&mut self, other: Self) {
        self.percent += other.percent;
        self.first_mb += other.first_mb;
        self.last_mb += other.last_mb;
    }
}

fn row(name: &str, before: Cost, after: Cost) {
    println!(
        "{name:<31}  {:>9.1} %  {:>6.1} %  {:>12.1} MB  {:>6.1} MB",
        before.percent, after.percent, after.first_mb, after.last_mb
    );
}

/// What each of the app's processes does in a minute, by its name.
async fn minute_of(till: &Till) -> BTreeMap<String, Cost> {
    tokio::time::sleep(SETTLE).await;
    let (start, before) = (Instant::now(), till.processes());
    tokio::time::sleep(MINUTE).await;
    let (elapsed, after) = (start.elapsed().as_secs_f64(), till.processes());
    let mut costs: BTreeMap<String, Cost> = BTreeMap::new();
    for now in after {
        let then = before.iter().find(|then| then.pid == now.pid);
        let ticks = now.ticks - then.map_or(0, |then| then.ticks);
        costs.entry(now.name.clone()).or_default().add(Cost {
            percent: ticks as f64 / TICKS / elapsed * 100.0,
            first_mb: then.map_or(0.0, megabytes),
            last_mb: megabytes(&now),
        });
    }
    costs
}

fn megabytes(process: &Process) -> f64 {
    process.kilobytes as f64 / 1024.0
}

/// A still counter as a webcam writes it: JPEG pictures in which nothing moves but the sensor's noise.
fn empty_counter(folder: PathBuf) -> PathBuf {
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
    let mut dice = move || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed >> 33
    };
    let mut scene = GrayImage::from_pixel(1280, 720, Luma([140]));
    for _ in 0..80 {
        let (left, top) = (dice() % 1280, dice() % 720);
        let (right, bottom) = ((left + dice() % 300).min(1280), (top + dice() % 200).min(720));
        let grey = Luma([(20 + dice() % 220) as u8]);
        for y in top..bottom {
            for x in left..right {
                scene.put_pixel(x as u32, y as u32, grey);
            }
        }
    }
    for number in 0..FRAMES {
        let mut frame = scene.clone();
        for pixel in frame.pixels_mut() {
            pixel.0[0] = pixel.0[0].saturating_add((dice() % 7) as u8).saturating_sub(3);
        }
        save(&folder.join(format!("frame-{number:03}.jpg")), frame);
    }
    folder
}

fn save(path: &Path, frame: GrayImage) {
    // Cameras write colour, even of a grey counter.
    image::DynamicImage::ImageLuma8(frame).into_rgb8().save(path).expect("a frame can be written");
}
