//! Whether two pictures look the same to a person.
//!
//! Written here, because what the kept crates compare is either every pixel exactly, which the smoothing of letters
//! does not survive from one version of a library to the next, or one score for the whole picture, in which a lost
//! button drowns.

use image::{Rgb, RgbImage};

/// Squared distance of colours from which two are told apart; black and white are 35,215 apart.
const TOLD_APART: f32 = 120.0;
/// Of how many pixels one may differ: the smoothing of edges is the system's.
const ONE_IN: usize = 5000;

/// What differs, painted red over what was kept.
pub struct Difference {
    pub pixels: usize,
    pub picture: RgbImage,
}

/// None: they look the same.
pub fn difference(kept: &RgbImage, seen: &RgbImage) -> Option<Difference> {
    let (width, height) = (kept.width().max(seen.width()), kept.height().max(seen.height()));
    let mut picture = RgbImage::from_pixel(width, height, Rgb([255, 220, 220]));
    let mut pixels = 0;
    for (x, y, paint) in picture.enumerate_pixels_mut() {
        let (Some(before), Some(now)) = (kept.get_pixel_checked(x, y), seen.get_pixel_checked(x, y)) else {
            pixels += 1;
            continue;
        };
        if near(before, seen, x, y) && near(now, kept, x, y) {
            *paint = Rgb(before.0.map(|part| 255 - (255 - part) / 4));
        } else {
            pixels += 1;
            *paint = Rgb([220, 0, 0]);
        }
    }
    let allowed = picture.pixels().len() / ONE_IN;
    (pixels > allowed || kept.dimensions() != seen.dimensions()).then_some(Difference { pixels, picture })
}

/// Whether the colour is found at this place, or beside it, where smoothing has moved an edge by a part of a pixel.
fn near(colour: &Rgb<u8>, picture: &RgbImage, x: u32, y: u32) -> bool {
    let around = |at: u32, end: u32| at.saturating_sub(1)..=(at + 1).min(end - 1);
    around(y, picture.height())
        .any(|y| around(x, picture.width()).any(|x| distance(colour, picture.get_pixel(x, y)) <= TOLD_APART))
}

/// As the eye weighs brightness against hue: Kotsarenko and Ramos, "Measuring perceived color difference using YIQ
/// NTSC transmission color space in mobile applications" (2010).
fn distance(one: &Rgb<u8>, other: &Rgb<u8>) -> f32 {
    let [r, g, b] = [0, 1, 2].map(|part| f32::from(one.0[part]) - f32::from(other.0[part]));
    let y = 0.2989 * r + 0.5866 * g + 0.1145 * b;
    let i = 0.596 * r - 0.2742 * g - 0.3218 * b;
    let q = 0.2115 * r - 0.5226 * g + 0.3111 * b;
    0.5053 * y * y + 0.299 * i * i + 0.1957 * q * q
}
