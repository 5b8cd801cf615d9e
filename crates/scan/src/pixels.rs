//! From what a camera delivers to grey: the luma is taken out. Colour is computed for the screen alone, and only of the
//! pixels that it shows.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::{LumaFrame, RawFrame};

/// How a camera writes its pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum PixelFormat {
    /// One JPEG picture a frame.
    Mjpeg,
    /// Two bytes a pixel, luma first.
    Yuyv,
    /// A plane of luma, then colour at half size.
    Nv12,
    /// Luma alone.
    Gray,
    /// Three bytes a pixel.
    Rgb,
    /// Three bytes a pixel, blue first.
    Bgr,
    /// Four bytes a pixel, the last without meaning.
    Rgbx,
    /// The same, blue first.
    Bgrx,
}

/// Why the pixels of a frame can not be read. A camera may tear single frames; the next one is tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PixelError {
    #[error("a frame is shorter than its size says")]
    TooShort,
    #[error("a frame without pixels")]
    NoPixels,
    #[error("a frame larger than any camera's")]
    TooLarge,
    #[error("a frame is no JPEG picture")]
    BadJpeg,
}

/// 8K: no camera that is worth reading from delivers more.
const MAX_PIXELS: usize = 7680 * 4320;

/// Takes the luma out of a frame. Bytes after the last pixel are ignored, as drivers pad.
///
/// # Errors
/// See [`PixelError`].
pub fn luma_from_pixels(
    format: PixelFormat,
    width: u32,
    height: u32,
    bytes: &[u8],
) -> Result<LumaFrame, PixelError> {
    if format == PixelFormat::Mjpeg {
        return from_jpeg(bytes);
    }
    let pixels = (width as usize).checked_mul(height as usize).ok_or(PixelError::TooLarge)?;
    if pixels == 0 {
        return Err(PixelError::NoPixels);
    }
    if pixels > MAX_PIXELS {
        return Err(PixelError::TooLarge);
    }
    let luma = match format {
        PixelFormat::Nv12 | PixelFormat::Gray => bytes.get(..pixels).ok_or(PixelError::TooShort)?.to_vec(),
        PixelFormat::Yuyv => {
            let bytes = bytes.get(..pixels * 2).ok_or(PixelError::TooShort)?;
            bytes.as_chunks::<2>().0.iter().map(|[luma, _]| *luma).collect()
        }
        PixelFormat::Rgb | PixelFormat::Bgr => {
            let bytes = bytes.get(..pixels * 3).ok_or(PixelError::TooShort)?;
            let weights = if format == PixelFormat::Rgb { [77, 150, 29] } else { [29, 150, 77] };
            bytes.as_chunks::<3>().0.iter().map(|pixel| weighted(*pixel, weights)).collect()
        }
        PixelFormat::Rgbx | PixelFormat::Bgrx => {
            let bytes = bytes.get(..pixels * 4).ok_or(PixelError::TooShort)?;
            let weights = if format == PixelFormat::Rgbx { [77, 150, 29] } else { [29, 150, 77] };
            bytes.as_chunks::<4>().0.iter().map(|&[a, b, c, _]| weighted([a, b, c], weights)).collect()
        }
        PixelFormat::Mjpeg => return from_jpeg(bytes),
    };
    LumaFrame::new(width, height, luma).ok_or(PixelError::TooShort)
}

/// BT.601 in 256ths; the weights add up to 256, so the result fits a byte.
fn weighted(pixel: [u8; 3], weights: [u16; 3]) -> u8 {
    let sum: u16 = pixel.iter().zip(weights).map(|(value, weight)| u16::from(*value) * weight).sum();
    sum.to_be_bytes()[0]
}

fn from_jpeg(bytes: &[u8]) -> Result<LumaFrame, PixelError> {
    let options = DecoderOptions::new_fast()
        .jpeg_set_out_colorspace(ColorSpace::Luma)
        .set_max_width(7680)
        .set_max_height(7680)
        .set_strict_mode(false);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    let luma = decoder.decode().map_err(|_| PixelError::BadJpeg)?;
    let (width, height) = decoder.dimensions().ok_or(PixelError::BadJpeg)?;
    let width = u32::try_from(width).map_err(|_| PixelError::TooLarge)?;
    let height = u32::try_from(height).map_err(|_| PixelError::TooLarge)?;
    if luma.is_empty() {
        return Err(PixelError::NoPixels);
    }
    LumaFrame::new(width, height, luma).ok_or(PixelError::BadJpeg)
}

/// Every `step`-th pixel of every `step`-th row, in three bytes. None when bytes are missing, and for formats without
/// colour.
pub fn small_rgb(raw: &RawFrame, step: u32) -> Option<Vec<u8>> {
    let (width, height, step) = (raw.width as usize, raw.height as usize, step.max(1) as usize);
    let (wide, high) = (width / step, height / step);
    let bytes: &[u8] = &raw.bytes;
    let mut small = Vec::with_capacity(wide.checked_mul(high)?.checked_mul(3)?);
    for y in (0..high).map(|y| y * step) {
        let columns = (0..wide).map(|x| x * step);
        match raw.format {
            PixelFormat::Yuyv => {
                // Two pixels share four bytes: luma, blue, luma, red.
                let row = bytes.get(y * width * 2..(y + 1) * width * 2)?;
                for x in columns {
                    let [first, blue, second, red] = *row.get(x / 2 * 4..)?.first_chunk::<4>()?;
                    small.extend(rgb(if x.is_multiple_of(2) { first } else { second }, blue, red));
                }
            }
            PixelFormat::Nv12 => {
                let row = bytes.get(y * width..(y + 1) * width)?;
                let colours = bytes.get(width * height + y / 2 * width.next_multiple_of(2)..)?;
                for x in columns {
                    let [blue, red] = *colours.get(x / 2 * 2..)?.first_chunk::<2>()?;
                    small.extend(rgb(*row.get(x)?, blue, red));
                }
            }
            PixelFormat::Rgb | PixelFormat::Bgr => {
                let row = bytes.get(y * width * 3..(y + 1) * width * 3)?;
                for x in columns {
                    let [first, green, last] = *row.get(x * 3..)?.first_chunk::<3>()?;
                    let is_rgb = raw.format == PixelFormat::Rgb;
                    small.extend(if is_rgb { [first, green, last] } else { [last, green, first] });
                }
            }
            PixelFormat::Rgbx | PixelFormat::Bgrx => {
                let row = bytes.get(y * width * 4..(y + 1) * width * 4)?;
                for x in columns {
                    let [first, green, last, _] = *row.get(x * 4..)?.first_chunk::<4>()?;
                    let is_rgb = raw.format == PixelFormat::Rgbx;
                    small.extend(if is_rgb { [first, green, last] } else { [last, green, first] });
                }
            }
            PixelFormat::Gray | PixelFormat::Mjpeg => return None,
        }
    }
    Some(small)
}

/// The same of a JPEG picture.
pub fn small_rgb_from_jpeg(raw: &RawFrame, step: u32) -> Option<Vec<u8>> {
    let options = DecoderOptions::new_fast()
        .jpeg_set_out_colorspace(ColorSpace::RGB)
        .set_max_width(7680)
        .set_max_height(7680)
        .set_strict_mode(false);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&raw.bytes), options);
    let pixels = decoder.decode().ok()?;
    let (width, height) = decoder.dimensions()?;
    let (width, height) = (u32::try_from(width).ok()?, u32::try_from(height).ok()?);
    small_rgb(&RawFrame { format: PixelFormat::Rgb, width, height, bytes: pixels.into() }, step)
}

/// BT.601 in 64ths, as cameras write it: luma from 16 to 235, colours around 128.
fn rgb(luma: u8, blue: u8, red: u8) -> [u8; 3] {
    let luma = 74 * (i32::from(luma) - 16) + 32;
    let (blue, red) = (i32::from(blue) - 128, i32::from(red) - 128);
    [luma + 102 * red, luma - 25 * blue - 52 * red, luma + 129 * blue]
        .map(|sum| u8::try_from((sum >> 6).clamp(0, 255)).unwrap_or_default())
}
