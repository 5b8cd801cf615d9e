//! Grey pictures inside the decoder: smaller copies and simple filters.
// Pixel arithmetic: every value is bounded by the byte it came from.
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]

use std::cell::OnceCell;

use crate::LumaFrame;

use super::stage::{Filter, Scale};

/// Pixels that someone else owns.
#[derive(Clone, Copy)]
pub struct View<'a> {
    pub width: usize,
    pub height: usize,
    pub pixels: &'a [u8],
}

#[derive(Clone)]
pub struct Grey {
    pub width: usize,
    pub height: usize,
    pub pixels: Vec<u8>,
}

impl Grey {
    pub fn view(&self) -> View<'_> {
        View { width: self.width, height: self.height, pixels: &self.pixels }
    }
}

impl<'a> View<'a> {
    pub fn of(frame: &'a LumaFrame) -> Self {
        Self { width: frame.width as usize, height: frame.height as usize, pixels: &frame.luma }
    }

    pub fn row(&self, y: usize) -> &'a [u8] {
        self.pixels.get(y * self.width..(y + 1) * self.width).unwrap_or_default()
    }
}

/// A frame at the sizes that the stages ask for, each made once.
pub struct Pyramid<'a> {
    full: View<'a>,
    half: OnceCell<Grey>,
    third: OnceCell<Grey>,
    quarter: OnceCell<Grey>,
}

impl<'a> Pyramid<'a> {
    pub fn new(full: View<'a>) -> Self {
        Self { full, half: OnceCell::new(), third: OnceCell::new(), quarter: OnceCell::new() }
    }

    pub fn at(&self, scale: Scale) -> View<'_> {
        match scale {
            Scale::Full => self.full,
            Scale::Half => self.half.get_or_init(|| half(self.full)).view(),
            Scale::Third => self.third.get_or_init(|| shrink(self.full, 3)).view(),
            Scale::Quarter => self.quarter.get_or_init(|| half(self.at(Scale::Half))).view(),
        }
    }
}

/// Half the size; each pixel is the mean of four.
pub fn half(view: View<'_>) -> Grey {
    let (width, height) = (view.width / 2, view.height / 2);
    let mut pixels = Vec::with_capacity(width * height);
    for y in 0..height {
        let upper = view.row(2 * y).as_chunks::<2>().0;
        let lower = view.row(2 * y + 1).as_chunks::<2>().0;
        pixels.extend(upper.iter().zip(lower).map(|([a, b], [c, d])| {
            ((u16::from(*a) + u16::from(*b) + u16::from(*c) + u16::from(*d) + 2) / 4) as u8
        }));
    }
    Grey { width, height, pixels }
}

/// A whole number of times smaller; each pixel is the mean of those it stands for.
pub fn shrink(view: View<'_>, times: usize) -> Grey {
    let times = times.max(1);
    let (width, height) = (view.width / times, view.height / times);
    let mut pixels = Vec::with_capacity(width * height);
    let mut sums = vec![0u32; width];
    let area = (times * times) as u32;
    for y in 0..height {
        sums.fill(0);
        for row in y * times..(y + 1) * times {
            for (sum, pixels) in sums.iter_mut().zip(view.row(row).chunks_exact(times)) {
                *sum += pixels.iter().map(|p| u32::from(*p)).sum::<u32>();
            }
        }
        pixels.extend(sums.iter().map(|sum| ((sum + area / 2) / area) as u8));
    }
    Grey { width, height, pixels }
}

/// A whole number of times larger, without smoothing, inside a border of white paper.
pub fn enlarge(view: View<'_>, times: usize, border: usize) -> Grey {
    let (width, height) = (view.width * times + 2 * border, view.height * times + 2 * border);
    let mut pixels = vec![255; width * border];
    for y in 0..view.height {
        let start = pixels.len();
        pixels.resize(start + border, 255);
        for pixel in view.row(y) {
            pixels.resize(pixels.len() + times, *pixel);
        }
        pixels.resize(start + width, 255);
        for _ in 1..times {
            pixels.extend_from_within(start..start + width);
        }
    }
    pixels.resize(width * height, 255);
    Grey { width, height, pixels }
}

/// The picture that a stage binarizes; None where it is the picture itself.
pub fn filtered(view: View<'_>, filter: Filter) -> Option<Grey> {
    match filter {
        Filter::None | Filter::LightGround => None,
        Filter::Sharpen => Some(cross(view, |centre, around| centre * 5 - around)),
        Filter::Blur => Some(cross(view, |centre, around| (centre * 4 + around) / 8)),
        Filter::Brighten => Some(brighten(view)),
        Filter::Darkest => Some(extreme(view, u8::min)),
        Filter::Lightest => Some(extreme(view, u8::max)),
        Filter::LocalContrast => Some(local_contrast(view)),
    }
}

/// From each pixel and the sum of the four beside it. The outermost pixels stay as they are.
fn cross(view: View<'_>, mix: impl Fn(i32, i32) -> i32) -> Grey {
    let (width, height) = (view.width, view.height);
    let mut pixels = view.pixels.to_vec();
    for y in 1..height.saturating_sub(1) {
        let (above, row, below) = (view.row(y - 1), view.row(y), view.row(y + 1));
        let Some(out) = pixels.get_mut(y * width + 1..((y + 1) * width).max(2) - 1) else { continue };
        let sides = row.iter().zip(row.iter().skip(2));
        let columns = above.iter().skip(1).zip(below.iter().skip(1));
        let centre = row.iter().skip(1);
        for (((out, centre), (left, right)), (up, down)) in out.iter_mut().zip(centre).zip(sides).zip(columns)
        {
            let around = i32::from(*left) + i32::from(*right) + i32::from(*up) + i32::from(*down);
            *out = mix(i32::from(*centre), around).clamp(0, 255) as u8;
        }
    }
    Grey { width, height, pixels }
}

/// Gamma one half: opens what lies in the shade.
fn brighten(view: View<'_>) -> Grey {
    let table: [u8; 256] = std::array::from_fn(|value| (value * 255).isqrt() as u8);
    let pixels = view.pixels.iter().map(|p| table.get(usize::from(*p)).copied().unwrap_or(*p)).collect();
    Grey { width: view.width, height: view.height, pixels }
}

/// The darkest (or lightest) of each 3 × 3 pixels: closes thin gaps in the dark (or light) modules.
fn extreme(view: View<'_>, pick: impl Fn(u8, u8) -> u8) -> Grey {
    let width = view.width;
    let mut across = view.pixels.to_vec();
    for y in 0..view.height {
        let row = view.row(y);
        let Some(out) = across.get_mut(y * width..(y + 1) * width) else { continue };
        for (out, right) in out.iter_mut().zip(row.iter().skip(1)) {
            *out = pick(*out, *right);
        }
        for (out, left) in out.iter_mut().skip(1).zip(row) {
            *out = pick(*out, *left);
        }
    }
    let mut pixels = across.clone();
    for (out, below) in pixels.iter_mut().zip(across.iter().skip(width)) {
        *out = pick(*out, *below);
    }
    for (out, above) in pixels.iter_mut().skip(width).zip(&across) {
        *out = pick(*out, *above);
    }
    Grey { width, height: view.height, pixels }
}

/// Each pixel pushed away from the mean around it.
#[allow(clippy::cast_precision_loss)] // sums of a few hundred bytes
fn local_contrast(view: View<'_>) -> Grey {
    let mut pixels = vec![0; view.pixels.len()];
    let mut out = pixels.chunks_exact_mut(view.width.max(1));
    BoxSums::new(view, 8).each_row(|y, sums, areas| {
        let around = sums.iter().zip(areas);
        for ((out, pixel), (sum, area)) in
            out.next().unwrap_or_default().iter_mut().zip(view.row(y)).zip(around)
        {
            let mean = *sum as f32 / *area as f32;
            *out = (f32::from(*pixel) * 3.0 - mean * 2.0 + 0.5) as u8;
        }
    });
    Grey { width: view.width, height: view.height, pixels }
}

/// Sums over a square window that moves down the picture, in a time that does not grow with the window.
pub struct BoxSums<'a> {
    view: View<'a>,
    radius: usize,
    columns: Vec<u32>,
    /// Totals of the columns to the left of each place.
    running: Vec<u32>,
}

impl<'a> BoxSums<'a> {
    pub fn new(view: View<'a>, radius: usize) -> Self {
        Self { view, radius, columns: vec![0; view.width], running: vec![0; view.width + 1] }
    }

    /// For each row its number, the sums of the windows around its pixels, and how many pixels each window has.
    pub fn each_row(mut self, mut visit: impl FnMut(usize, &[u32], &[u32])) {
        let (view, radius) = (self.view, self.radius);
        let mut sums = vec![0u32; view.width];
        let mut areas = vec![1u32; view.width];
        let mut rows = 0u32;
        for y in 0..radius.min(view.height) {
            self.add(y);
            rows += 1;
        }
        for y in 0..view.height {
            if y + radius < view.height {
                self.add(y + radius);
                rows += 1;
            }
            if y > radius {
                self.remove(y - radius - 1);
                rows -= 1;
            }
            self.across(rows, &mut sums, &mut areas);
            visit(y, &sums, &areas);
        }
    }

    fn add(&mut self, y: usize) {
        for (column, pixel) in self.columns.iter_mut().zip(self.view.row(y)) {
            *column += u32::from(*pixel);
        }
    }

    fn remove(&mut self, y: usize) {
        for (column, pixel) in self.columns.iter_mut().zip(self.view.row(y)) {
            *column -= u32::from(*pixel);
        }
    }

    /// From sums of columns to sums of windows: the difference of two running totals.
    fn across(&mut self, rows: u32, sums: &mut [u32], areas: &mut [u32]) {
        let (width, radius) = (self.view.width, self.radius);
        let mut total = 0u32;
        for (running, column) in self.running.iter_mut().skip(1).zip(&self.columns) {
            total += column;
            *running = total;
        }
        let inner = radius..width.saturating_sub(radius);
        if let (Some(out), Some(right)) = (sums.get_mut(inner.clone()), self.running.get(2 * radius + 1..)) {
            for ((out, right), left) in out.iter_mut().zip(right).zip(&self.running) {
                *out = right - left;
            }
            let area = rows * (2 * radius + 1) as u32;
            areas.get_mut(inner.clone()).unwrap_or_default().fill(area.max(1));
        }
        for x in (0..radius.min(width)).chain(inner.end.max(radius)..width) {
            let (from, to) = (x.saturating_sub(radius), (x + radius + 1).min(width));
            let at = |place: usize| self.running.get(place).copied().unwrap_or_default();
            if let (Some(sum), Some(area)) = (sums.get_mut(x), areas.get_mut(x)) {
                *sum = at(to) - at(from);
                *area = (rows * (to - from) as u32).max(1);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn picture(width: usize, height: usize) -> Grey {
        let pixels = (0..width * height).map(|n| (n * 37 % 251) as u8).collect();
        Grey { width, height, pixels }
    }

    #[test]
    fn sums_agree_with_counting() {
        for (width, height, radius) in [(13, 9, 2), (5, 7, 8), (1, 1, 3), (20, 3, 1)] {
            let grey = picture(width, height);
            BoxSums::new(grey.view(), radius).each_row(|y, sums, areas| {
                for x in 0..width {
                    let xs = x.saturating_sub(radius)..(x + radius + 1).min(width);
                    let ys = y.saturating_sub(radius)..(y + radius + 1).min(height);
                    let all = ys.flat_map(|y| xs.clone().map(move |x| (x, y)));
                    let values: Vec<u32> = all.map(|(x, y)| u32::from(grey.pixels[y * width + x])).collect();
                    assert_eq!((sums[x], areas[x] as usize), (values.iter().sum(), values.len()), "{x} {y}");
                }
            });
        }
    }

    #[test]
    fn shrinking_by_two_is_half() {
        let grey = picture(14, 10);
        assert_eq!(half(grey.view()).pixels, shrink(grey.view(), 2).pixels);
    }

    #[test]
    fn enlarging_keeps_every_pixel() {
        let grey = picture(3, 2);
        let large = enlarge(grey.view(), 2, 1);
        assert_eq!((large.width, large.height, large.pixels.len()), (8, 6, 48));
        for (x, y) in [(0, 0), (2, 1)] {
            assert_eq!(large.pixels[(2 * y + 2) * 8 + 2 * x + 2], grey.pixels[y * 3 + x]);
        }
        assert_eq!(large.pixels[0], 255);
    }

    #[test]
    fn filters_keep_the_size_and_flat_paper() {
        let flat = Grey { width: 9, height: 5, pixels: vec![100; 45] };
        for filter in
            [Filter::Sharpen, Filter::Blur, Filter::Darkest, Filter::Lightest, Filter::LocalContrast]
        {
            assert_eq!(
                filtered(flat.view(), filter).map(|grey| grey.pixels),
                Some(flat.pixels.clone()),
                "{filter:?}"
            );
        }
        assert!(
            filtered(flat.view(), Filter::Brighten).is_some_and(|grey| grey.pixels.iter().all(|p| *p == 159))
        );
        assert!(filtered(flat.view(), Filter::None).is_none());
    }

    #[test]
    fn the_darkest_of_nine() {
        let mut grey = Grey { width: 5, height: 5, pixels: vec![200; 25] };
        grey.pixels[12] = 10;
        let dark = filtered(grey.view(), Filter::Darkest).map(|grey| grey.pixels).unwrap_or_default();
        assert_eq!(dark.iter().filter(|p| **p == 10).count(), 9);
        assert_eq!(dark[6], 10);
        assert_eq!(dark[0], 200);
    }
}
