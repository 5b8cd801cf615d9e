//! From grey to black and white: where light falls unevenly no single way serves, so there are several.
// Pixel arithmetic: every value is bounded by the byte it came from.
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]

use rxing::common::{BitArray, BitMatrix};

use super::grey::{BoxSums, View};
use super::stage::Light;

const WORD: usize = usize::BITS as usize;

/// Black where the picture is dark. None for a picture without pixels.
pub fn binarize(view: View<'_>, light: Light) -> Option<BitMatrix> {
    match light {
        Light::Fixed(threshold) => rows(view, |row, dark| {
            for (dark, pixel) in dark.iter_mut().zip(view.row(row)) {
                *dark = u8::from(*pixel < threshold);
            }
        }),
        Light::Blocks(size) => blocks(view, usize::from(size.max(2))),
        Light::Mean { radius, below } => mean(view, usize::from(radius), i32::from(below)),
        Light::Middle(radius) => middle(view, usize::from(radius)),
        Light::Sauvola(radius) => sauvola(view, usize::from(radius)),
    }
}

/// Fills the matrix from rows of ones (dark) and zeros.
fn rows(view: View<'_>, mut fill: impl FnMut(usize, &mut [u8])) -> Option<BitMatrix> {
    let mut rows = Rows::new(view)?;
    for y in 0..view.height {
        rows.push(|dark| fill(y, dark));
    }
    Some(rows.matrix)
}

struct Rows {
    matrix: BitMatrix,
    bits: BitArray,
    dark: Vec<u8>,
    next: u32,
}

impl Rows {
    fn new(view: View<'_>) -> Option<Self> {
        let (width, height) = (u32::try_from(view.width).ok()?, u32::try_from(view.height).ok()?);
        let matrix = BitMatrix::new(width, height).ok()?;
        Some(Self { matrix, bits: BitArray::with_size(view.width), dark: vec![0; view.width], next: 0 })
    }

    fn push(&mut self, fill: impl FnOnce(&mut [u8])) {
        fill(&mut self.dark);
        for (at, chunk) in self.dark.chunks(WORD).enumerate() {
            self.bits.setBulk(at * WORD, pack(chunk));
        }
        self.matrix.setRow(self.next, &self.bits);
        self.next += 1;
    }
}

/// One bit for each byte of 0 or 1, the first in the lowest place. The product gathers eight at a time.
fn pack(dark: &[u8]) -> usize {
    let mut word = 0usize;
    for (at, eight) in dark.chunks(8).enumerate() {
        let mut bytes = [0u8; 8];
        for (to, from) in bytes.iter_mut().zip(eight) {
            *to = *from;
        }
        let gathered = u64::from_le_bytes(bytes).wrapping_mul(0x0102_0408_1020_4080) >> 56;
        word |= (gathered as usize) << (8 * at);
    }
    word
}

/// Darker than the mean around by at least `below` (above it, where negative).
fn mean(view: View<'_>, radius: usize, below: i32) -> Option<BitMatrix> {
    let mut out = Rows::new(view)?;
    BoxSums::new(view, radius).each_row(|y, sums, areas| {
        out.push(|dark| {
            for ((dark, pixel), (sum, area)) in dark.iter_mut().zip(view.row(y)).zip(sums.iter().zip(areas)) {
                let limit = sum.cast_signed() - below * area.cast_signed();
                *dark = u8::from(i32::from(*pixel) * area.cast_signed() < limit);
            }
        });
    });
    Some(out.matrix)
}

/// Blocks of pixels, each with the mean of the blocks around it as its threshold. A flat block takes the view of those
/// above and to the left: inside a dark patch nothing should be white.
fn blocks(view: View<'_>, size: usize) -> Option<BitMatrix> {
    const FLAT: u8 = 24;
    let (wide, high) = (view.width / size, view.height / size);
    if wide < 5 || high < 5 {
        return None;
    }
    let mut levels = vec![0u16; wide * high];
    let mut strip = vec![Block::default(); wide];
    for by in 0..high {
        measure(view, by * size, size, &mut strip);
        for (bx, block) in strip.iter().enumerate() {
            let mut level = (block.sum / (size * size) as u32) as u16;
            if block.top - block.low <= FLAT {
                level = u16::from(block.low) / 2;
                if by > 0 && bx > 0 {
                    let at = |x: usize, y: usize| levels.get(y * wide + x).copied().unwrap_or_default();
                    let beside = (at(bx, by - 1) + 2 * at(bx - 1, by) + at(bx - 1, by - 1)) / 4;
                    level = if u16::from(block.low) < beside { beside } else { level };
                }
            }
            if let Some(place) = levels.get_mut(by * wide + bx) {
                *place = level;
            }
        }
    }
    let thresholds = smooth(&levels, wide, high);
    let mut limits = vec![0u8; view.width];
    rows(view, |y, dark| {
        if y.is_multiple_of(size) {
            let by = (y / size).min(high - 1);
            let row = thresholds.get(by * wide..(by + 1) * wide).unwrap_or_default();
            let last = row.last().copied().unwrap_or_default();
            for (limits, limit) in
                limits.chunks_mut(size).zip(row.iter().copied().chain(std::iter::repeat(last)))
            {
                limits.fill(limit);
            }
        }
        for ((dark, pixel), limit) in dark.iter_mut().zip(view.row(y)).zip(&limits) {
            *dark = u8::from(pixel <= limit);
        }
    })
}

#[derive(Clone, Copy, Default)]
struct Block {
    sum: u32,
    low: u8,
    top: u8,
}

/// The squares of a strip of `size` rows from `y` on.
fn measure(view: View<'_>, y: usize, size: usize, strip: &mut [Block]) {
    strip.fill(Block { sum: 0, low: u8::MAX, top: 0 });
    for row in y..y + size {
        let pixels = view.row(row);
        // Sizes that the compiler knows are measured several pixels at a time.
        match size {
            4 => {
                strip
                    .iter_mut()
                    .zip(pixels.as_chunks::<4>().0)
                    .for_each(|(block, pixels)| block.take(pixels));
            }
            8 => {
                strip
                    .iter_mut()
                    .zip(pixels.as_chunks::<8>().0)
                    .for_each(|(block, pixels)| block.take(pixels));
            }
            _ => {
                strip
                    .iter_mut()
                    .zip(pixels.chunks_exact(size))
                    .for_each(|(block, pixels)| block.take(pixels));
            }
        }
    }
}

impl Block {
    #[inline]
    fn take(&mut self, pixels: &[u8]) {
        self.sum += pixels.iter().map(|p| u32::from(*p)).sum::<u32>();
        self.low = pixels.iter().fold(self.low, |low, p| low.min(*p));
        self.top = pixels.iter().fold(self.top, |top, p| top.max(*p));
    }
}

/// The mean of five by five, at the edges of the five nearest.
fn smooth(levels: &[u16], wide: usize, high: usize) -> Vec<u8> {
    let mut smooth = Vec::with_capacity(levels.len());
    for by in 0..high {
        let top = by.clamp(2, high - 3) - 2;
        for bx in 0..wide {
            let left = bx.clamp(2, wide - 3) - 2;
            let rows = levels.chunks_exact(wide).skip(top).take(5);
            let sum: u16 = rows.flat_map(|row| row.iter().skip(left).take(5)).sum();
            smooth.push((sum / 25) as u8);
        }
    }
    smooth
}

/// Darker than halfway between the darkest and the lightest around; white where there is little between them.
fn middle(view: View<'_>, radius: usize) -> Option<BitMatrix> {
    const FLAT: u8 = 24;
    let low = window(view, radius, u8::min);
    let top = window(view, radius, u8::max);
    rows(view, |y, dark| {
        let span = y * view.width..(y + 1) * view.width;
        let around = low.get(span.clone()).unwrap_or_default().iter().zip(top.get(span).unwrap_or_default());
        for ((dark, pixel), (low, top)) in dark.iter_mut().zip(view.row(y)).zip(around) {
            let half_way = u16::from(*low) + u16::from(*top);
            *dark = u8::from(top - low > FLAT && u16::from(*pixel) * 2 < half_way);
        }
    })
}

/// The extreme of a square window, by doubling: each pass takes in as much again.
fn window(view: View<'_>, radius: usize, pick: impl Fn(u8, u8) -> u8) -> Vec<u8> {
    let mut pixels = view.pixels.to_vec();
    let mut before = pixels.clone();
    for step in steps(radius) {
        before.copy_from_slice(&pixels);
        let rows = pixels.chunks_exact_mut(view.width.max(1)).zip(before.chunks_exact(view.width.max(1)));
        for (row, before) in rows {
            spread(row, before, step, 1, &pick);
        }
    }
    for step in steps(radius) {
        before.copy_from_slice(&pixels);
        spread(&mut pixels, &before, step, view.width, &pick);
    }
    pixels
}

/// Takes in what lies `step` units (pixels or rows) before and after; beyond the edge, the edge itself.
fn spread(to: &mut [u8], from: &[u8], step: usize, unit: usize, pick: &impl Fn(u8, u8) -> u8) {
    let length = from.len();
    let shift = (step * unit).min(length);
    let merge = |to: &mut [u8], from: &[u8]| {
        for (to, from) in to.iter_mut().zip(from) {
            *to = pick(*to, *from);
        }
    };
    let first = from.get(..unit.min(length)).unwrap_or_default();
    let last = from.get(length - unit.min(length)..).unwrap_or_default();
    let (edge, inner) = to.split_at_mut(shift);
    edge.chunks_mut(unit.max(1)).for_each(|unit| merge(unit, first));
    merge(inner, from);
    let (inner, edge) = to.split_at_mut(length - shift);
    merge(inner, from.get(shift..).unwrap_or_default());
    edge.chunks_mut(unit.max(1)).for_each(|unit| merge(unit, last));
}

/// Shifts that together reach as far as the radius without leaving a gap: 1, 3, 9 ... and the rest.
fn steps(radius: usize) -> Vec<usize> {
    let (mut steps, mut reach) = (Vec::new(), 0);
    while reach < radius {
        let step = (2 * reach + 1).min(radius - reach);
        steps.push(step);
        reach += step;
    }
    steps
}

/// Sauvola's threshold: the mean, lowered where contrast is low, so that paper stays white.
fn sauvola(view: View<'_>, radius: usize) -> Option<BitMatrix> {
    const WEIGHT: f32 = 0.2;
    let squares: Vec<u8> = view.pixels.iter().map(|p| ((u16::from(*p) * u16::from(*p)) >> 8) as u8).collect();
    let squares = View { pixels: &squares, ..view };
    let mut mean_squares = Vec::with_capacity(view.pixels.len());
    BoxSums::new(squares, radius).each_row(|_, sums, areas| {
        mean_squares.extend(sums.iter().zip(areas).map(|(sum, area)| *sum as f32 * 256.0 / *area as f32));
    });
    let mut out = Rows::new(view)?;
    BoxSums::new(view, radius).each_row(|y, sums, areas| {
        let mean_squares = mean_squares.get(y * view.width..(y + 1) * view.width).unwrap_or_default();
        out.push(|dark| {
            let around = sums.iter().zip(areas).zip(mean_squares);
            for ((dark, pixel), ((sum, area), squares)) in dark.iter_mut().zip(view.row(y)).zip(around) {
                let mean = *sum as f32 / *area as f32;
                let deviation = (squares - mean * mean).max(0.0).sqrt();
                let limit = mean * (1.0 + WEIGHT * (deviation / 128.0 - 1.0));
                *dark = u8::from(f32::from(*pixel) < limit);
            }
        });
    });
    Some(out.matrix)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Dark and light squares of four pixels under light that falls off from left to right.
    fn chequers() -> Vec<u8> {
        (0..64usize * 64)
            .map(|n| if chequer(n % 64, n / 64) { 20 + (n % 64) as u8 } else { 120 + 2 * (n % 64) as u8 })
            .collect()
    }

    fn chequer(x: usize, y: usize) -> bool {
        (x / 4 + y / 4).is_multiple_of(2)
    }

    #[test]
    fn every_way_sees_the_chequers() {
        let pixels = chequers();
        let view = View { width: 64, height: 64, pixels: &pixels };
        for light in [
            Light::Fixed(110),
            Light::Blocks(8),
            Light::Blocks(4),
            Light::Mean { radius: 10, below: 2 },
            Light::Middle(10),
            Light::Sauvola(12),
        ] {
            let matrix = binarize(view, light).expect("a picture with pixels");
            let wrong = (0..64 * 64u32)
                .filter(|n| matrix.get(n % 64, n / 64) != chequer(*n as usize % 64, *n as usize / 64))
                .count();
            assert_eq!(wrong, 0, "{light:?}");
        }
    }

    #[test]
    fn flat_paper_is_white() {
        let view = View { width: 64, height: 64, pixels: &[200; 64 * 64] };
        for light in [
            Light::Fixed(110),
            Light::Blocks(8),
            Light::Mean { radius: 10, below: 2 },
            Light::Middle(10),
            Light::Sauvola(12),
        ] {
            let matrix = binarize(view, light).expect("a picture with pixels");
            assert!((0..64 * 64).all(|n| !matrix.get(n % 64, n / 64)), "{light:?}");
        }
    }

    #[test]
    fn windows_agree_with_counting() {
        let pixels: Vec<u8> = (0..30usize * 20).map(|n| (n * 91 % 253) as u8).collect();
        let view = View { width: 30, height: 20, pixels: &pixels };
        for radius in [0, 1, 2, 3, 5, 10] {
            let low = window(view, radius, u8::min);
            for (n, low) in low.iter().enumerate() {
                let (x, y) = (n % 30, n / 30);
                let xs = x.saturating_sub(radius)..(x + radius + 1).min(30);
                let ys = y.saturating_sub(radius)..(y + radius + 1).min(20);
                let expected =
                    ys.flat_map(|y| xs.clone().map(move |x| (x, y))).map(|(x, y)| pixels[y * 30 + x]).min();
                assert_eq!(Some(*low), expected, "{x} {y} radius {radius}");
            }
        }
    }

    #[test]
    fn odd_widths_are_packed_whole() {
        for width in [1usize, 7, 63, 64, 65, 130] {
            let pixels: Vec<u8> = (0..width * 3).map(|n| if n % 3 == 0 { 0 } else { 255 }).collect();
            let matrix =
                binarize(View { width, height: 3, pixels: &pixels }, Light::Fixed(128)).expect("pixels");
            for n in 0..width * 3 {
                assert_eq!(matrix.get((n % width) as u32, (n / width) as u32), n % 3 == 0, "{n} of {width}");
            }
        }
    }

    #[test]
    fn nothing_is_not_binarized() {
        let nothing = View { width: 0, height: 0, pixels: &[] };
        for light in [
            Light::Fixed(1),
            Light::Blocks(8),
            Light::Mean { radius: 3, below: 0 },
            Light::Middle(3),
            Light::Sauvola(3),
        ] {
            assert!(binarize(nothing, light).is_none());
        }
    }
}
