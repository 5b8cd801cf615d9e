//! Whether two pictures look the same to a person.
//!
//! Written here, because what the kept crates compare is either every pixel exactly, which the smoothing of letters
//! does not survive from one version of a library to the next, or one score for the whole picture, in which a lost
//! button drowns.

use image::{Rgb, RgbImage};

/// Squared distance of colours from which two are told apart; black and white are 35,215 apart.
const TOLD_APART: f32 = 120.0;
/// The same on plain ground, which no two runs paint differently: a colour that was changed a little is seen.
const TOLD_APART_ON_PLAIN: f32 = 6.0;
/// The same where an edge runs: how it is smoothed depends on where in its pixels it lies, which no two runs share.
const TOLD_APART_AT_EDGES: f32 = 3000.0;
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
        if before == now {
            *paint = faded(before);
            continue;
        }
        let flat = [kept, seen].into_iter().all(|one| is_flat(one, x, y));
        let most = if flat { TOLD_APART_ON_PLAIN } else { TOLD_APART_AT_EDGES };
        if nearest(before, seen, x, y) <= most && nearest(now, kept, x, y) <= most {
            *paint = faded(before);
        } else {
            pixels += 1;
            *paint = Rgb([220, 0, 0]);
        }
    }
    let allowed = picture.pixels().len() / ONE_IN;
    (pixels > allowed || kept.dimensions() != seen.dimensions()).then_some(Difference { pixels, picture })
}

fn faded(colour: &Rgb<u8>) -> Rgb<u8> {
    Rgb(colour.0.map(|part| 255 - (255 - part) / 4))
}

/// How far a colour is from what is at this place, or beside it, where smoothing has moved an edge by a part of a pixel.
fn nearest(colour: &Rgb<u8>, picture: &RgbImage, x: u32, y: u32) -> f32 {
    around(picture, x, y).map(|beside| distance(colour, beside)).fold(f32::INFINITY, f32::min)
}

/// Whether no edge runs through this place.
fn is_flat(picture: &RgbImage, x: u32, y: u32) -> bool {
    let here = picture.get_pixel(x, y);
    around(picture, x, y).all(|beside| distance(here, beside) <= TOLD_APART)
}

/// A pixel and those beside it.
fn around(picture: &RgbImage, x: u32, y: u32) -> impl Iterator<Item = &Rgb<u8>> {
    let range = |at: u32, end: u32| at.saturating_sub(1)..=(at + 1).min(end - 1);
    let columns = range(x, picture.width());
    range(y, picture.height()).flat_map(move |y| columns.clone().map(move |x| picture.get_pixel(x, y)))
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
