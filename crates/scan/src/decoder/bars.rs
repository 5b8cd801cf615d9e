//! One-dimensional codes: EAN-13, UPC-A and Code 128, as printed on cards. A few rows and columns are read on their
//! own; two that are not neighbours must agree, because a single line of texture can pass a check digit.

use std::collections::HashMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rxing::common::BitArray;
use rxing::oned::{Code128Reader, MultiFormatUPCEANReader, OneDReader};
use rxing::{BarcodeFormat, DecodeHints, RXingResult};

use crate::{Point, Symbology};

use super::clock::Clock;
use super::grey::View;

/// Lines in each direction.
const LINES: usize = 24;
/// Darker than the mean of so many pixels to each side.
const RADIUS: usize = 24;

/// A code and the line that it was read along.
pub struct Bars {
    pub text: String,
    pub corners: [Point; 4],
    pub symbology: Symbology,
}

struct Seen {
    lines: Vec<usize>,
    bars: Bars,
}

/// Every code that two lines agree on.
pub fn read(view: View<'_>, clock: &Clock) -> Vec<Bars> {
    let mut seen: HashMap<String, Seen> = HashMap::new();
    // A sliver that was shrunk has no width left; `rxing` can not turn an empty line around.
    if view.width == 0 || view.height == 0 {
        return Vec::new();
    }
    for upright in [false, true] {
        let (count, length) = if upright { (view.width, view.height) } else { (view.height, view.width) };
        let mut line = vec![0u8; length];
        for number in 0..LINES {
            if clock.is_over() {
                break;
            }
            // Never the outermost.
            let at = (2 * number + 1) * count / (2 * LINES);
            copy_line(view, at, upright, &mut line);
            if let Some(bars) = read_line(&line, at, upright) {
                let place = if upright { count + at } else { at };
                seen.entry(bars.text.clone())
                    .or_insert_with(|| Seen { lines: Vec::new(), bars })
                    .lines
                    .push(place);
            }
        }
    }
    seen.into_values().filter(|seen| seen.lines.len() >= 2).map(|seen| seen.bars).collect()
}

fn copy_line(view: View<'_>, at: usize, upright: bool, line: &mut [u8]) {
    if upright {
        for (y, pixel) in line.iter_mut().enumerate() {
            *pixel = view.row(y).get(at).copied().unwrap_or(255);
        }
    } else {
        for (pixel, from) in line.iter_mut().zip(view.row(at)) {
            *pixel = *from;
        }
    }
}

fn read_line(line: &[u8], at: usize, upright: bool) -> Option<Bars> {
    let bits = binarize(line);
    let read = decode(&bits).or_else(|| {
        let mut backwards = bits.clone();
        backwards.reverse();
        decode(&backwards)
    })?;
    let text = read.getText().to_owned();
    let symbology = match read.getBarcodeFormat() {
        BarcodeFormat::UPC_A => Symbology::UpcA,
        BarcodeFormat::EAN_13 => Symbology::Ean13,
        BarcodeFormat::CODE_128 => Symbology::Code128,
        _ => return None,
    };
    let mut ends = read.getPoints().iter().map(|point| point.x);
    let (from, to) = (ends.next()?, ends.next()?);
    #[allow(clippy::cast_precision_loss)] // a place in a picture
    let at = at as f32;
    let place = |along: f32, across: f32| {
        if upright { Point { x: across, y: along } } else { Point { x: along, y: across } }
    };
    let corners = [place(from, at - 8.0), place(to, at - 8.0), place(to, at + 8.0), place(from, at + 8.0)];
    Some(Bars { text, corners, symbology })
}

fn decode(bits: &BitArray) -> Option<RXingResult> {
    let formats = [BarcodeFormat::EAN_13, BarcodeFormat::UPC_A];
    let hints =
        DecodeHints { PossibleFormats: Some(formats.into_iter().collect()), ..DecodeHints::default() };
    let read = || {
        let ean = MultiFormatUPCEANReader::new(&hints).decode_row(0, bits, &hints);
        ean.or_else(|_| Code128Reader.decode_row(0, bits, &DecodeHints::default())).ok()
    };
    catch_unwind(AssertUnwindSafe(read)).ok().flatten().filter(|read| !read.getText().is_empty())
}

/// Dark where a pixel is an eighth below the mean around it: noise in the margin is not.
fn binarize(line: &[u8]) -> BitArray {
    let mut bits = BitArray::with_size(line.len());
    let mut sum: u32 = line.iter().take(RADIUS).map(|p| u32::from(*p)).sum();
    let mut count = u32::try_from(line.len().min(RADIUS)).unwrap_or(1);
    for (at, pixel) in line.iter().enumerate() {
        if let Some(enters) = line.get(at + RADIUS) {
            sum += u32::from(*enters);
            count += 1;
        }
        if let Some(leaves) = at.checked_sub(RADIUS + 1).and_then(|at| line.get(at)) {
            sum -= u32::from(*leaves);
            count -= 1;
        }
        if u32::from(*pixel) * count * 8 < sum * 7 {
            bits.set(at);
        }
    }
    bits
}
