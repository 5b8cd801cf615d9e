//! From what a camera delivers to grey: the luma is taken out, colour is never computed.

use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use crate::LumaFrame;

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
