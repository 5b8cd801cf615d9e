//! A second look at codes that were found, but not read: the grid is fitted anew to the grey picture, and each module
//! is judged by its grey beside its neighbours'. Blur, glare and slant that spoil a black and white picture often
//! leave enough in the grey one.
// Places in a picture and grey levels.
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]

use rxing::common::BitMatrix;

use crate::Point;

use super::clock::Clock;
use super::grey::View;
use super::qr::{self, Read};

/// Three finder patterns that may belong to a code, in pixels of the frame.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    pub top_left: Point,
    pub top_right: Point,
    pub bottom_left: Point,
    /// The mean width of the three patterns: seven modules.
    pub pattern: f32,
}

/// The sizes of a code next to the estimated one that are tried, in steps of a version. Blur makes the
/// patterns, and with them the modules, seem larger than they are.
const SIZES: [f32; 4] = [0.0, -4.0, -8.0, 4.0];
/// Below this share the fixed patterns are not there, or not where they should be.
const LEAST_FIT: f32 = 0.45;
/// How much a module is set off from its neighbours, to undo blur.
const SHARPNESS: [f32; 3] = [0.0, 0.6, 1.4];
/// Modules to each side whose mean decides between dark and light.
const REACHES: [usize; 2] = [4, 9];

impl Candidate {
    /// In a picture so many times as large.
    pub fn scaled(&self, times: f32) -> Self {
        let place = |p: Point| Point { x: p.x * times, y: p.y * times };
        Self {
            top_left: place(self.top_left),
            top_right: place(self.top_right),
            bottom_left: place(self.bottom_left),
            pattern: self.pattern * times,
        }
    }

    /// Of the same code as another, found by another stage?
    pub fn is_like(&self, other: &Self) -> bool {
        let near = |a: Point, b: Point| distance(a, b) < self.pattern * 0.4;
        near(self.top_left, other.top_left)
            && near(self.top_right, other.top_right)
            && near(self.bottom_left, other.bottom_left)
    }
}

/// Reads a candidate out of the grey picture.
pub fn read(view: View<'_>, candidate: &Candidate, clock: &Clock) -> Option<Read> {
    let module = candidate.pattern / 7.0;
    let across = distance(candidate.top_left, candidate.top_right);
    let down = distance(candidate.top_left, candidate.bottom_left);
    let estimate = ((across + down) / 2.0 / module.max(0.5) + 7.0).clamp(21.0, 177.0);
    let nearest = ((estimate - 17.0) / 4.0).round() * 4.0 + 17.0;
    let mut fits: Vec<(f32, Grid)> = SIZES
        .iter()
        .map(|step| nearest + step)
        .filter(|size| (21.0..=177.0).contains(size))
        .map(|size| Grid::fit(view, candidate, size))
        .filter(|(fit, _)| *fit > LEAST_FIT)
        .collect();
    fits.sort_by(|a, b| b.0.total_cmp(&a.0));
    fits.iter().find_map(|(_, grid)| if clock.is_over() { None } else { grid.read(view) })
}

fn distance(a: Point, b: Point) -> f32 {
    (a.x - b.x).hypot(a.y - b.y)
}

/// Where the modules of a code lie: the centres of its three finder patterns and of a fourth place.
#[derive(Clone, Copy)]
struct Grid {
    size: f32,
    /// The fourth place, in modules from the right and from the bottom.
    inset: f32,
    places: [Point; 4],
}

impl Grid {
    /// Moves the four places about until the fixed patterns fit best.
    fn fit(view: View<'_>, candidate: &Candidate, size: f32) -> (f32, Self) {
        let Candidate { top_left, top_right, bottom_left, .. } = *candidate;
        // The alignment pattern lies three modules further in than the finder patterns' centres.
        let inset = if size > 21.0 { 6.5 } else { 3.5 };
        let share = (size - 3.5 - inset) / (size - 7.0);
        let fourth = Point {
            x: top_left.x + (top_right.x - top_left.x + bottom_left.x - top_left.x) * share,
            y: top_left.y + (top_right.y - top_left.y + bottom_left.y - top_left.y) * share,
        };
        let mut grid = Self { size, inset, places: [top_left, top_right, fourth, bottom_left] };
        let module = distance(top_left, top_right).max(1.0) / (size - 7.0);
        if size > 21.0 {
            grid.find_alignment(view, module);
        }
        let mut best = grid.score(view);
        for step in [0.5, 0.25] {
            for place in 0..4 {
                for (x, y) in [(1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)] {
                    let mut moved = grid;
                    if let Some(point) = moved.places.get_mut(place) {
                        point.x += x * step * module;
                        point.y += y * step * module;
                    }
                    let score = moved.score(view);
                    if score > best {
                        (best, grid) = (score, moved);
                    }
                }
            }
        }
        (best, grid)
    }

    /// Looks for the alignment pattern around the place where a code that lies flat has it.
    fn find_alignment(&mut self, view: View<'_>, module: f32) {
        // The further away the more a slant moves it.
        let reach = (self.size / 8.0).clamp(3.0, 9.0);
        let [_, _, start, _] = self.places;
        let mut best = (f32::MIN, start);
        let steps = (reach * 2.0) as i32;
        for down in -steps..=steps {
            for across in -steps..=steps {
                let (across, down) = (across as f32 / 2.0, down as f32 / 2.0);
                let moved = Point { x: start.x + across * module, y: start.y + down * module };
                let mut grid = *self;
                grid.places[2] = moved;
                let Some(to_frame) = grid.perspective() else { continue };
                let mut score = Score::default();
                grid.alignment(view, &to_frame, &mut score);
                // Of two that fit alike the nearer one.
                let fit = score.fit() - 0.01 * across.hypot(down);
                if fit > best.0 {
                    best = (fit, moved);
                }
            }
        }
        self.places[2] = best.1;
    }

    /// From modules to pixels.
    fn perspective(&self) -> Option<Perspective> {
        let (near, far, fourth) = (3.5, self.size - 3.5, self.size - self.inset);
        Perspective::new([(near, near), (far, near), (fourth, fourth), (near, far)], self.places)
    }

    /// How well the fixed patterns fit, up to 1.
    fn score(&self, view: View<'_>) -> f32 {
        let Some(to_frame) = self.perspective() else { return f32::MIN };
        let far = self.size - 7.0;
        let mut score = Score::default();
        for (left, top) in [(0.0, 0.0), (far, 0.0), (0.0, far)] {
            for y in 0..7u8 {
                for x in 0..7u8 {
                    let ring = x.abs_diff(3).max(y.abs_diff(3));
                    let at = (left + f32::from(x) + 0.5, top + f32::from(y) + 0.5);
                    score.take(view, &to_frame, at, ring != 2);
                }
            }
        }
        let mut dark = true;
        let mut along = 8.5;
        while along < self.size - 8.0 {
            score.take(view, &to_frame, (along, 6.5), dark);
            score.take(view, &to_frame, (6.5, along), dark);
            dark = !dark;
            along += 1.0;
        }
        if self.size > 21.0 {
            self.alignment(view, &to_frame, &mut score);
        }
        score.fit()
    }

    fn alignment(&self, view: View<'_>, to_frame: &Perspective, score: &mut Score) {
        let corner = self.size - 9.0;
        for y in 0..5u8 {
            for x in 0..5u8 {
                let ring = x.abs_diff(2).max(y.abs_diff(2));
                let at = (corner + f32::from(x) + 0.5, corner + f32::from(y) + 0.5);
                score.take(view, to_frame, at, ring != 1);
            }
        }
    }

    /// Judges every module, in a few ways, until one can be decoded.
    fn read(&self, view: View<'_>) -> Option<Read> {
        let to_frame = self.perspective()?;
        let size = self.size as usize;
        let grey = self.modules(view, &to_frame, size)?;
        for reach in REACHES {
            let around = window_means(&grey, size, reach);
            for sharpness in SHARPNESS {
                let matrix = judge(&grey, &around, size, sharpness)?;
                if let Some(text) = qr::decode_matrix(&matrix) {
                    let corners = [(0.0, 0.0), (self.size, 0.0), (self.size, self.size), (0.0, self.size)];
                    let corners = corners.map(|at| to_frame.apply(at));
                    return Some(Read { text, corners });
                }
            }
        }
        None
    }

    /// The grey of each module: the mean of its centre and four places around it. None when it leaves the picture.
    fn modules(&self, view: View<'_>, to_frame: &Perspective, size: usize) -> Option<Vec<f32>> {
        const AROUND: [(f32, f32); 5] = [(0.5, 0.5), (0.3, 0.3), (0.7, 0.3), (0.3, 0.7), (0.7, 0.7)];
        let mut grey = Vec::with_capacity(size * size);
        for y in 0..size {
            for x in 0..size {
                let mut sum = 0.0;
                for (right, down) in AROUND {
                    sum += pixel(view, to_frame.apply((x as f32 + right, y as f32 + down)))?;
                }
                grey.push(sum / AROUND.len() as f32);
            }
        }
        Some(grey)
    }
}

/// Grey where dark is expected, and where light is.
#[derive(Default)]
struct Score {
    dark: f32,
    dark_squares: f32,
    darks: f32,
    light: f32,
    light_squares: f32,
    lights: f32,
}

impl Score {
    fn take(&mut self, view: View<'_>, to_frame: &Perspective, at: (f32, f32), dark: bool) {
        let Some(grey) = pixel(view, to_frame.apply(at)) else { return };
        if dark {
            self.dark += grey;
            self.dark_squares += grey * grey;
            self.darks += 1.0;
        } else {
            self.light += grey;
            self.light_squares += grey * grey;
            self.lights += 1.0;
        }
    }

    /// The correlation between what is expected and what is seen: 1 is perfect, whatever the light. Either polarity.
    fn fit(&self) -> f32 {
        let count = self.darks + self.lights;
        if self.darks < 1.0 || self.lights < 1.0 {
            return f32::MIN;
        }
        let mean = (self.dark + self.light) / count;
        let variance = ((self.dark_squares + self.light_squares) / count - mean * mean).max(1.0);
        let difference = (self.light / self.lights - self.dark / self.darks).abs();
        difference * (self.darks * self.lights).sqrt() / count / variance.sqrt()
    }
}

/// The grey at a place between pixels.
fn pixel(view: View<'_>, at: Point) -> Option<f32> {
    let (x, y) = (at.x - 0.5, at.y - 0.5);
    let within = |place: f32, length: usize| (0.0..length as f32).contains(&place);
    if !within(x, view.width) || !within(y, view.height) {
        return None;
    }
    let (left, top) = (x as usize, y as usize);
    if left + 1 >= view.width || top + 1 >= view.height {
        return None;
    }
    let (across, down) = (x - left as f32, y - top as f32);
    let start = top * view.width + left;
    let pair = |start: usize| match view.pixels.get(start..start + 2) {
        Some([left, right]) => Some(f32::from(*left) + (f32::from(*right) - f32::from(*left)) * across),
        _ => None,
    };
    let (upper, lower) = (pair(start)?, pair(start + view.width)?);
    Some(upper + (lower - upper) * down)
}

/// The mean of the square around each module, cut off at the edges.
fn window_means(grey: &[f32], size: usize, reach: usize) -> Vec<f32> {
    let means = |line: Vec<f32>| -> Vec<f32> {
        let mean = |at: usize| {
            let window = line.get(at.saturating_sub(reach)..(at + reach + 1).min(size)).unwrap_or_default();
            window.iter().sum::<f32>() / window.len().max(1) as f32
        };
        (0..size).map(mean).collect()
    };
    let rows: Vec<Vec<f32>> = grey.chunks_exact(size).map(|row| means(row.to_vec())).collect();
    let column = |x: usize| rows.iter().filter_map(|row| row.get(x).copied()).collect();
    let columns: Vec<Vec<f32>> = (0..size).map(|x| means(column(x))).collect();
    (0..size * size).filter_map(|n| columns.get(n % size)?.get(n / size).copied()).collect()
}

/// Dark or light for every module. The finder pattern at the top left tells the polarity.
fn judge(grey: &[f32], around: &[f32], size: usize, sharpness: f32) -> Option<BitMatrix> {
    let at = |x: usize, y: usize| grey.get(y * size + x).copied().unwrap_or_default();
    let inverted = at(3, 3) > at(1, 3);
    let mut matrix = BitMatrix::with_single_dimension(u32::try_from(size).ok()?).ok()?;
    for (n, (grey, around)) in grey.iter().zip(around).enumerate() {
        let (x, y) = (n % size, n / size);
        let beside = (at(x.saturating_sub(1), y)
            + at((x + 1).min(size - 1), y)
            + at(x, y.saturating_sub(1))
            + at(x, (y + 1).min(size - 1)))
            / 4.0;
        let sharp = grey + sharpness * (grey - beside);
        if (sharp < *around) != inverted {
            matrix.set(u32::try_from(x).ok()?, u32::try_from(y).ok()?);
        }
    }
    Some(matrix)
}

/// A projective map from modules to pixels.
struct Perspective([f32; 8]);

impl Perspective {
    /// The map that takes four places to four others. None when three of them lie on a line.
    fn new(from: [(f32, f32); 4], to: [Point; 4]) -> Option<Self> {
        let mut rows = [[0f64; 9]; 8];
        for (pair, ((x, y), to)) in rows.as_chunks_mut::<2>().0.iter_mut().zip(from.iter().zip(to)) {
            let (x, y, u, v) = (f64::from(*x), f64::from(*y), f64::from(to.x), f64::from(to.y));
            *pair = [
                [x, y, 1.0, 0.0, 0.0, 0.0, -u * x, -u * y, u],
                [0.0, 0.0, 0.0, x, y, 1.0, -v * x, -v * y, v],
            ];
        }
        solve(&mut rows).map(Self)
    }

    fn apply(&self, (x, y): (f32, f32)) -> Point {
        let [a, b, c, d, e, f, g, h] = self.0;
        let w = g * x + h * y + 1.0;
        Point { x: (a * x + b * y + c) / w, y: (d * x + e * y + f) / w }
    }
}

/// Eight linear equations, each with its right side last.
fn solve(rows: &mut [[f64; 9]; 8]) -> Option<[f32; 8]> {
    for column in 0..8 {
        let weight = |row: &[f64; 9]| row.get(column).copied().unwrap_or_default().abs();
        let best = (column..8).max_by(|a, b| {
            let at = |n: &usize| rows.get(*n).map_or(0.0, weight);
            at(a).total_cmp(&at(b))
        })?;
        rows.swap(column, best);
        let pivot = *rows.get(column)?;
        let divisor = *pivot.get(column)?;
        if divisor.abs() < 1e-9 {
            return None;
        }
        for (n, row) in rows.iter_mut().enumerate() {
            if n == column {
                continue;
            }
            let factor = row.get(column).copied().unwrap_or_default() / divisor;
            for (value, pivot) in row.iter_mut().zip(pivot) {
                *value -= factor * pivot;
            }
        }
    }
    let mut solution = [0f32; 8];
    for (n, (out, row)) in solution.iter_mut().zip(rows.iter()).enumerate() {
        let [.., right] = *row;
        *out = (right / row.get(n)?) as f32;
    }
    Some(solution)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_perspective_takes_corners_to_corners() {
        let from = [(3.5, 3.5), (17.5, 3.5), (17.5, 17.5), (3.5, 17.5)];
        let to = [(100.0, 80.0), (300.0, 120.0), (280.0, 260.0), (90.0, 300.0)].map(|(x, y)| Point { x, y });
        let map = Perspective::new(from, to).expect("no three on a line");
        for (from, to) in from.into_iter().zip(to) {
            assert!(distance(map.apply(from), to) < 0.01, "{from:?}");
        }
        assert!(Perspective::new(from, [Point { x: 1.0, y: 1.0 }; 4]).is_none());
    }

    #[test]
    fn greys_lie_between_their_pixels() {
        let view = View { width: 2, height: 2, pixels: &[0, 100, 50, 150] };
        let at = |x, y| pixel(view, Point { x, y });
        assert_eq!(at(0.5, 0.5), Some(0.0));
        assert_eq!(at(1.0, 0.5), Some(50.0));
        assert_eq!(at(1.0, 1.0), Some(75.0));
        for outside in [at(0.4, 1.0), at(1.0, 1.6), at(f32::NAN, 1.0), at(f32::INFINITY, 1.0), at(-9.0, 1.0)]
        {
            assert_eq!(outside, None);
        }
    }

    #[test]
    fn means_of_windows() {
        let grey = [0.0, 3.0, 6.0, 0.0, 3.0, 6.0, 0.0, 3.0, 6.0];
        assert_eq!(window_means(&grey, 3, 1), [1.5, 3.0, 4.5, 1.5, 3.0, 4.5, 1.5, 3.0, 4.5]);
        assert_eq!(window_means(&grey, 3, 9), [3.0; 9]);
    }

    /// A code of `size` pixels a module, blurred so far that neighbours run into each other.
    fn blurred(text: &str, pixels: usize, blur: usize) -> (usize, Vec<u8>, usize) {
        let code =
            qrcode::QrCode::with_error_correction_level(text, qrcode::EcLevel::M).expect("a short text");
        let (modules, dark) = (code.width(), code.to_colors());
        let width = (modules + 8) * pixels;
        let at = |x: usize, y: usize| {
            let inside = |n: usize| (n / pixels).checked_sub(4).filter(|n| *n < modules);
            let Some((x, y)) = inside(x).zip(inside(y)) else { return 220 };
            if dark[y * modules + x] == qrcode::Color::Dark { 40 } else { 220 }
        };
        let mut luma: Vec<u8> = (0..width * width).map(|n| at(n % width, n / width)).collect();
        for _ in 0..2 {
            let mut smooth = Vec::new();
            super::super::grey::BoxSums::new(View { width, height: width, pixels: &luma }, blur).each_row(
                |_, sums, areas| smooth.extend(sums.iter().zip(areas).map(|(sum, area)| (sum / area) as u8)),
            );
            luma = smooth;
        }
        (width, luma, modules)
    }

    #[test]
    fn a_blurred_code_is_read_from_its_greys() {
        let text = "FP1:TWICE AS BLURRED AS ANYONE WOULD HOLD A PHONE";
        for (pixels, blur) in [(4, 1), (5, 2), (8, 3), (8, 4)] {
            let (width, luma, modules) = blurred(text, pixels, blur);
            let view = View { width, height: width, pixels: &luma };
            let place = |x: f32, y: f32| Point { x: (x + 4.0) * pixels as f32, y: (y + 4.0) * pixels as f32 };
            let far = modules as f32 - 3.5;
            // Found a little off, and larger than it is.
            let candidate = Candidate {
                top_left: place(3.8, 3.3),
                top_right: place(far - 0.2, 3.6),
                bottom_left: place(3.4, far + 0.3),
                pattern: 7.0 * pixels as f32 * 1.1,
            };
            let read = read(view, &candidate, &Clock::of_a_picture()).expect("read");
            assert_eq!(read.text, text, "{pixels} pixels, blur {blur}");
            let [_, _, bottom_right, _] = read.corners;
            let corner = place(modules as f32, modules as f32);
            assert!(distance(bottom_right, corner) < pixels as f32, "{bottom_right:?} instead of {corner:?}");
        }
    }

    #[test]
    fn a_candidate_that_is_no_code_is_not_read() {
        let luma: Vec<u8> = (0..200usize * 200).map(|n| (n * n % 251) as u8).collect();
        let view = View { width: 200, height: 200, pixels: &luma };
        let place = |x, y| Point { x, y };
        let corners = [(20.0, 20.0, 150.0), (0.0, 0.0, 199.0), (-50.0, 3.0, 400.0), (90.0, 90.0, 0.0)];
        for (x, y, side) in corners {
            for pattern in [0.0, 7.0, 30.0] {
                let candidate = Candidate {
                    top_left: place(x, y),
                    top_right: place(x + side, y),
                    bottom_left: place(x, y + side),
                    pattern,
                };
                assert!(read(view, &candidate, &Clock::of_a_picture()).is_none());
            }
        }
    }
}
