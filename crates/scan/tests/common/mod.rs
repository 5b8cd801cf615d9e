//! Frames made for tests: codes seen from an angle, blurred, noisy, badly lit, damaged, several at once.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]
// Pixels and places of small pictures.
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    clippy::cast_possible_wrap
)]

use qrcode::{EcLevel, QrCode, Version};
use scan::LumaFrame;

pub type Place = (f32, f32);

/// Random enough, and the same on every run.
pub struct Dice(u64);

impl Dice {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// From 0 to 1.
    pub fn share(&mut self) -> f32 {
        (self.next() >> 40) as f32 / (1u32 << 24) as f32
    }

    pub fn between(&mut self, from: f32, to: f32) -> f32 {
        from + (to - from) * self.share()
    }

    pub fn below(&mut self, limit: usize) -> usize {
        (self.next() >> 33) as usize % limit.max(1)
    }
}

/// The modules of a code, row by row; true is dark.
#[derive(Clone)]
pub struct Modules {
    pub size: usize,
    pub dark: Vec<bool>,
}

impl Modules {
    pub fn of(text: &str, level: EcLevel) -> Self {
        Self::from_code(&QrCode::with_error_correction_level(text, level).unwrap())
    }

    pub fn of_version(text: &str, version: Version, level: EcLevel) -> Self {
        Self::from_code(&QrCode::with_version(text, version, level).unwrap())
    }

    fn from_code(code: &QrCode) -> Self {
        let dark = code.to_colors().into_iter().map(|color| color == qrcode::Color::Dark).collect();
        Self { size: code.width(), dark }
    }

    pub fn mirrored(mut self) -> Self {
        for row in self.dark.chunks_exact_mut(self.size) {
            row.reverse();
        }
        self
    }

    /// Turns a square patch of modules over, somewhere outside of the finder patterns.
    pub fn damaged(mut self, patch: usize) -> Self {
        let start = self.size / 2;
        for y in start..(start + patch).min(self.size) {
            for x in start..(start + patch).min(self.size) {
                self.dark[y * self.size + x] ^= true;
            }
        }
        self
    }

    fn at(&self, x: f32, y: f32) -> Option<bool> {
        // Four light modules around the code.
        if x < -4.0 || y < -4.0 || x >= self.size as f32 + 4.0 || y >= self.size as f32 + 4.0 {
            return None;
        }
        let inside = x >= 0.0 && y >= 0.0 && x < self.size as f32 && y < self.size as f32;
        Some(inside && self.dark[y as usize * self.size + x as usize])
    }
}

/// A grey frame that things are drawn on.
#[derive(Clone)]
pub struct Canvas {
    pub width: usize,
    pub height: usize,
    pub luma: Vec<f32>,
}

impl Canvas {
    pub fn new(width: usize, height: usize, luma: f32) -> Self {
        Self { width, height, luma: vec![luma; width * height] }
    }

    pub fn frame(&self) -> LumaFrame {
        let luma = self.luma.iter().map(|value| value.clamp(0.0, 255.0) as u8).collect();
        LumaFrame::new(self.width as u32, self.height as u32, luma).unwrap()
    }

    /// Draws a code so that its outer corners (clockwise from its top left) come to lie at these places.
    pub fn draw(&mut self, code: &Modules, corners: [Place; 4], dark: f32, light: f32) {
        const SAMPLES: usize = 2;
        let side = code.size as f32;
        let to_code = homography(corners, [(0.0, 0.0), (side, 0.0), (side, side), (0.0, side)]);
        let reach =
            corners.iter().map(|(x, y)| (x - corners[0].0).hypot(y - corners[0].1)).fold(0.0, f32::max) / 2.0;
        let range = |values: [f32; 4], limit: usize| {
            let low = values.iter().copied().fold(f32::MAX, f32::min) - reach;
            let high = values.iter().copied().fold(f32::MIN, f32::max) + reach;
            (low.max(0.0) as usize).min(limit)..(high.max(0.0) as usize + 1).min(limit)
        };
        for y in range(corners.map(|c| c.1), self.height) {
            for x in range(corners.map(|c| c.0), self.width) {
                let mut sum = 0.0;
                for sample in 0..SAMPLES * SAMPLES {
                    let at = |n: usize| (n as f32 + 0.5) / SAMPLES as f32;
                    let (u, v) =
                        apply(&to_code, (x as f32 + at(sample % SAMPLES), y as f32 + at(sample / SAMPLES)));
                    sum += match code.at(u, v) {
                        Some(true) => dark,
                        Some(false) => light,
                        None => self.luma[y * self.width + x],
                    };
                }
                self.luma[y * self.width + x] = sum / (SAMPLES * SAMPLES) as f32;
            }
        }
    }

    pub fn blur(&mut self, radius: usize) {
        for _ in 0..2 {
            self.box_blur(radius);
        }
    }

    fn box_blur(&mut self, radius: usize) {
        let (width, height) = (self.width, self.height);
        let mut across = self.luma.clone();
        for (out, row) in across.chunks_exact_mut(width).zip(self.luma.chunks_exact(width)) {
            for (x, out) in out.iter_mut().enumerate() {
                let window = &row[x.saturating_sub(radius)..(x + radius + 1).min(width)];
                *out = window.iter().sum::<f32>() / window.len() as f32;
            }
        }
        for y in 0..height {
            let rows = y.saturating_sub(radius)..(y + radius + 1).min(height);
            for x in 0..width {
                let sum: f32 = rows.clone().map(|row| across[row * width + x]).sum();
                self.luma[y * width + x] = sum / rows.len() as f32;
            }
        }
    }

    /// A camera that moved while it looked.
    pub fn smear(&mut self, length: usize) {
        let width = self.width;
        for row in self.luma.chunks_exact_mut(width) {
            let sharp = row.to_vec();
            for (x, out) in row.iter_mut().enumerate() {
                let window = &sharp[x.saturating_sub(length / 2)..(x + length.div_ceil(2)).min(width)];
                *out = window.iter().sum::<f32>() / window.len() as f32;
            }
        }
    }

    pub fn noise(&mut self, amplitude: f32, dice: &mut Dice) {
        for value in &mut self.luma {
            *value += dice.between(-amplitude, amplitude) + dice.between(-amplitude, amplitude);
        }
    }

    /// Light that falls off from one side to the other.
    pub fn gradient(&mut self, from: f32, to: f32) {
        let width = self.width;
        for (n, value) in self.luma.iter_mut().enumerate() {
            let share = (n % width) as f32 / width as f32;
            *value *= from + (to - from) * share;
        }
    }

    /// A lamp reflected in the screen.
    pub fn glare(&mut self, at: Place, radius: f32, strength: f32) {
        let width = self.width;
        for (n, value) in self.luma.iter_mut().enumerate() {
            let (x, y) = ((n % width) as f32, (n / width) as f32);
            let share = (1.0 - (x - at.0).hypot(y - at.1) / radius).max(0.0);
            *value += (255.0 - *value) * (share * strength).min(1.0);
        }
    }

    /// A shadow with a sharp edge.
    pub fn shadow(&mut self, from: Place, to: Place, share: f32) {
        let width = self.width;
        for (n, value) in self.luma.iter_mut().enumerate() {
            let (x, y) = ((n % width) as f32, (n / width) as f32);
            if (to.0 - from.0) * (y - from.1) - (to.1 - from.1) * (x - from.0) > 0.0 {
                *value *= share;
            }
        }
    }

    pub fn invert(&mut self) {
        for value in &mut self.luma {
            *value = 255.0 - *value;
        }
    }
}

/// An upright square.
pub fn square(left: f32, top: f32, side: f32) -> [Place; 4] {
    [(left, top), (left + side, top), (left + side, top + side), (left, top + side)]
}

/// A square around a centre, turned by so many degrees.
pub fn turned(centre: Place, side: f32, degrees: f32) -> [Place; 4] {
    let (sin, cos) = degrees.to_radians().sin_cos();
    [(-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)]
        .map(|(x, y): Place| (centre.0 + side * (x * cos - y * sin), centre.1 + side * (x * sin + y * cos)))
}

/// A turned square whose plane leans back: each corner is drawn towards the centre by its own share.
pub fn leaning(centre: Place, side: f32, degrees: f32, shares: [f32; 4]) -> [Place; 4] {
    let corners = turned(centre, side, degrees);
    std::array::from_fn(|n| {
        let (x, y) = corners[n];
        (centre.0 + (x - centre.0) * shares[n], centre.1 + (y - centre.1) * shares[n])
    })
}

/// The perspective that takes four places to four others.
pub fn homography(from: [Place; 4], to: [Place; 4]) -> [f32; 8] {
    let mut rows = [[0f64; 9]; 8];
    for n in 0..4 {
        let ((x, y), (u, v)) = (from[n], to[n]);
        let (x, y, u, v) = (f64::from(x), f64::from(y), f64::from(u), f64::from(v));
        rows[2 * n] = [x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, u];
        rows[2 * n + 1] = [0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, v];
    }
    for column in 0..8 {
        let pivot =
            (column..8).max_by(|a, b| rows[*a][column].abs().total_cmp(&rows[*b][column].abs())).unwrap();
        rows.swap(column, pivot);
        let pivot = rows[column];
        for (_, row) in rows.iter_mut().enumerate().filter(|(n, _)| *n != column) {
            let factor = row[column] / pivot[column];
            for (value, pivot) in row.iter_mut().zip(pivot) {
                *value -= factor * pivot;
            }
        }
    }
    std::array::from_fn(|n| (rows[n][8] / rows[n][n]) as f32)
}

pub fn apply(h: &[f32; 8], (x, y): Place) -> Place {
    let w = h[6] * x + h[7] * y + 1.0;
    ((h[0] * x + h[1] * y + h[2]) / w, (h[3] * x + h[4] * y + h[5]) / w)
}
