//! Any frame, for as long as one likes: no panic, no time or memory without bound, no code that is not there.
//!
//! `FANPOINTS_FUZZ_SECONDS` sets for how long; without it, for some hundred frames. `FANPOINTS_SEED` replays one run.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]

mod common;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use common::{Canvas, Dice, Modules, leaning, turned};
use qrcode::EcLevel;
use scan::{Decoder, LumaFrame, PixelFormat, luma_from_picture, luma_from_pixels};

/// A frame's deadline is 30 ms; a busy machine and a debug build are forgiven, a loop without end is not.
const PATIENCE: Duration = Duration::from_secs(2);
/// What one frame may leave behind in memory, once everything is warm.
const MEMORY_MB: f64 = 200.0;

fn seed() -> u64 {
    let seed = std::env::var("FANPOINTS_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as u64);
    println!("FANPOINTS_SEED={seed}");
    seed
}

/// Runs cases until the time is over, or so many of them.
fn run(cases: u64, mut case: impl FnMut(&mut Dice, u64)) {
    let seconds: Option<u64> = std::env::var("FANPOINTS_FUZZ_SECONDS").ok().map(|text| text.parse().unwrap());
    let end = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let mut dice = Dice::new(seed());
    let mut done = 0;
    while end.map_or(done < cases, |end| Instant::now() < end) {
        case(&mut dice, done);
        done += 1;
    }
    println!("{done} cases");
}

/// A frame of any size: noise, stripes, pieces of codes, whole codes of every version over each other.
fn frame(dice: &mut Dice, texts: &mut Vec<String>) -> LumaFrame {
    let (width, height) = match dice.below(6) {
        0 => (1 + dice.below(40), 1 + dice.below(40)),
        1 => (1 + dice.below(3), 1 + dice.below(2000)),
        2 => (1280, 720),
        _ => (1 + dice.below(900), 1 + dice.below(700)),
    };
    let mut canvas = Canvas::new(width, height, dice.between(0.0, 255.0));
    match dice.below(5) {
        0 => stripes(&mut canvas, dice),
        1 => canvas.noise(dice.between(0.0, 200.0), dice),
        _ => {}
    }
    for _ in 0..dice.below(6) {
        let text = format!("FP1:{}", "A9Z".repeat(dice.below(200)));
        let level = [EcLevel::L, EcLevel::M, EcLevel::Q, EcLevel::H][dice.below(4)];
        let mut code = Modules::of(&text, level);
        texts.push(text);
        if dice.below(3) == 0 {
            let patch = dice.below(code.size);
            code = code.damaged(patch);
        }
        if dice.below(5) == 0 {
            code = code.mirrored();
        }
        let centre = (dice.between(0.0, width as f32), dice.between(0.0, height as f32));
        let (side, degrees) = (dice.between(5.0, 900.0), dice.between(0.0, 360.0));
        let corners = if dice.below(2) == 0 {
            turned(centre, side, degrees)
        } else {
            let mut share = || dice.between(0.3, 1.0);
            leaning(centre, side, degrees, [share(), share(), share(), share()])
        };
        canvas.draw(&code, corners, dice.between(0.0, 255.0), dice.between(0.0, 255.0));
    }
    match dice.below(5) {
        0 => canvas.blur(1 + dice.below(4)),
        1 => canvas.noise(dice.between(0.0, 90.0), dice),
        2 => canvas.invert(),
        _ => {}
    }
    canvas.frame()
}

/// Patterns that look like the finders of codes wherever one looks.
fn stripes(canvas: &mut Canvas, dice: &mut Dice) {
    let (across, down) = (1 + dice.below(9), 1 + dice.below(9));
    let (dark, light) = (dice.between(0.0, 120.0), dice.between(130.0, 255.0));
    let rings = dice.below(2) == 0;
    let width = canvas.width;
    for (n, pixel) in canvas.luma.iter_mut().enumerate() {
        let (x, y) = ((n % width) / across % 14, (n / width) / down % 14);
        let ring = x.abs_diff(6).max(y.abs_diff(6));
        let is_dark = if rings { ring != 2 && ring < 4 } else { (x + y) % 2 == 0 };
        *pixel = if is_dark { dark } else { light };
    }
}

#[test]
fn fuzz_frames() {
    let mut memory = 0.0;
    run(60, |dice, number| {
        let mut texts = Vec::new();
        let frame = frame(dice, &mut texts);
        let mut decoder = Decoder::new();
        for _ in 0..=dice.below(3) {
            let start = Instant::now();
            let found = decoder.decode(&frame);
            let took = start.elapsed();
            assert!(took < PATIENCE, "case {number} took {took:?}: {} x {}", frame.width, frame.height);
            for found in found {
                assert!(!found.text.is_empty());
                let ours = found.text.starts_with("FP1:");
                assert!(!ours || texts.contains(&found.text), "case {number} read {:?}", found.text);
            }
        }
        if number == 50 {
            memory = resident_mb();
        }
        if number > 50 {
            assert!(
                resident_mb() < memory + MEMORY_MB,
                "case {number}: {memory} MB at first, {} now",
                resident_mb()
            );
        }
    });
}

#[test]
fn fuzz_every_stage() {
    let stages: Vec<_> = Decoder::stages().collect();
    run(40, |dice, number| {
        let frame = frame(dice, &mut Vec::new());
        let stage = stages[dice.below(stages.len())];
        let start = Instant::now();
        Decoder::decode_with(&frame, stage);
        assert!(start.elapsed() < 4 * PATIENCE, "case {number}: {stage} took {:?}", start.elapsed());
    });
}

#[test]
fn fuzz_pictures_and_pixels() {
    let mut png = std::io::Cursor::new(Vec::new());
    let mut jpeg = std::io::Cursor::new(Vec::new());
    let picture = image::GrayImage::from_fn(64, 48, |x, y| image::Luma([(x * y % 256) as u8]));
    picture.write_to(&mut png, image::ImageFormat::Png).unwrap();
    picture.write_to(&mut jpeg, image::ImageFormat::Jpeg).unwrap();
    let corpus = [png.into_inner(), jpeg.into_inner(), vec![0; 4000]];
    const FORMATS: [PixelFormat; 8] = [
        PixelFormat::Mjpeg,
        PixelFormat::Yuyv,
        PixelFormat::Nv12,
        PixelFormat::Gray,
        PixelFormat::Rgb,
        PixelFormat::Bgr,
        PixelFormat::Rgbx,
        PixelFormat::Bgrx,
    ];
    run(400, |dice, number| {
        let mut bytes = corpus[dice.below(corpus.len())].clone();
        for _ in 0..dice.below(12) {
            let at = dice.below(bytes.len());
            match dice.below(4) {
                0 => bytes.truncate(at.max(1)),
                1 => bytes.insert(at, dice.below(256) as u8),
                _ => bytes[at] = dice.below(256) as u8,
            }
        }
        let start = Instant::now();
        if let Ok(frame) = luma_from_picture(&bytes) {
            assert_eq!(frame.luma.len() as u64, u64::from(frame.width) * u64::from(frame.height));
        }
        let format = FORMATS[dice.below(FORMATS.len())];
        let side = |dice: &mut Dice| dice.below(80) as u32;
        if let Ok(frame) = luma_from_pixels(format, side(dice), side(dice), &bytes) {
            assert_eq!(frame.luma.len() as u64, u64::from(frame.width) * u64::from(frame.height));
        }
        assert!(start.elapsed() < 4 * PATIENCE, "case {number} took {:?}", start.elapsed());
    });
}

/// Linux tells; elsewhere nothing is measured.
fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap_or_default();
    let kilobytes: Option<f64> = line.split_whitespace().nth(1).and_then(|number| number.parse().ok());
    kilobytes.unwrap_or_default() / 1024.0
}
