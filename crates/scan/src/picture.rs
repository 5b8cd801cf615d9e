//! Pictures that people open, drop or paste: bounded before they are decoded, each failure with its own reason.

use std::io::Cursor;

use image::{DynamicImage, ImageError, ImageFormat, ImageReader, Limits};

use crate::LumaFrame;

/// The largest file that is looked at.
pub const MAX_PICTURE_BYTES: usize = 32 * 1024 * 1024;
/// The largest picture that is decoded: phones take up to 50 megapixels.
pub const MAX_PICTURE_PIXELS: u64 = 64_000_000;

/// Why a file is no picture to scan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum PictureError {
    #[error("the file is empty")]
    Empty,
    #[error("the file is larger than {} MB", MAX_PICTURE_BYTES / 1024 / 1024)]
    TooManyBytes,
    #[error("the picture has more than {} megapixels", MAX_PICTURE_PIXELS / 1_000_000)]
    TooManyPixels,
    /// What iPhones save by default.
    #[error("HEIC pictures can not be read; share the picture as JPEG, or take a screenshot")]
    Heic,
    #[error("AVIF pictures can not be read; save the picture as PNG or JPEG")]
    Avif,
    #[error("this is no picture of a known format (PNG, JPEG, GIF, WebP, BMP)")]
    UnknownFormat,
    #[error("the picture is damaged")]
    Damaged,
}

/// Decodes a PNG, JPEG, GIF, WebP or BMP file to grey. What is transparent counts as white paper.
///
/// # Errors
/// See [`PictureError`]; sizes are checked before anything is decoded.
pub fn luma_from_picture(bytes: &[u8]) -> Result<LumaFrame, PictureError> {
    if bytes.is_empty() {
        return Err(PictureError::Empty);
    }
    if bytes.len() > MAX_PICTURE_BYTES {
        return Err(PictureError::TooManyBytes);
    }
    let format = format_of(bytes)?;
    let (width, height) =
        ImageReader::with_format(Cursor::new(bytes), format).into_dimensions().map_err(reason)?;
    let pixels = u64::from(width) * u64::from(height);
    if pixels > MAX_PICTURE_PIXELS {
        return Err(PictureError::TooManyPixels);
    }
    if pixels == 0 {
        return Err(PictureError::Damaged);
    }
    let mut reader = ImageReader::with_format(Cursor::new(bytes), format);
    let mut limits = Limits::default();
    // 16 bits in each of four channels, and as much again to work with.
    limits.max_alloc = Some(MAX_PICTURE_PIXELS * 16);
    reader.limits(limits);
    let picture = reader.decode().map_err(reason)?;
    let luma = grey(picture);
    LumaFrame::new(luma.width(), luma.height(), luma.into_raw()).ok_or(PictureError::Damaged)
}

fn format_of(bytes: &[u8]) -> Result<ImageFormat, PictureError> {
    // An ISO media file: its brand tells HEIC from AVIF.
    if let Some(brand) = bytes.get(8..12).filter(|_| bytes.get(4..8) == Some(b"ftyp".as_slice())) {
        match brand {
            b"avif" | b"avis" => return Err(PictureError::Avif),
            b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"hevx" | b"mif1" | b"msf1" => {
                return Err(PictureError::Heic);
            }
            _ => return Err(PictureError::UnknownFormat),
        }
    }
    match image::guess_format(bytes) {
        Ok(
            format @ (ImageFormat::Png
            | ImageFormat::Jpeg
            | ImageFormat::Gif
            | ImageFormat::WebP
            | ImageFormat::Bmp),
        ) => Ok(format),
        Ok(_) | Err(_) => Err(PictureError::UnknownFormat),
    }
}

fn reason(error: ImageError) -> PictureError {
    match error {
        ImageError::Limits(_) => PictureError::TooManyPixels,
        ImageError::Unsupported(_) => PictureError::UnknownFormat,
        _ => PictureError::Damaged,
    }
}

fn grey(picture: DynamicImage) -> image::GrayImage {
    if !picture.color().has_alpha() {
        return picture.into_luma8();
    }
    let mut pixels = picture.into_luma_alpha8();
    for pixel in pixels.pixels_mut() {
        let [luma, alpha] = pixel.0.map(u16::from);
        let on_white = (luma * alpha + 255 * (255 - alpha)) / 255;
        pixel.0[0] = u8::try_from(on_white).unwrap_or(u8::MAX);
    }
    DynamicImage::ImageLumaA8(pixels).into_luma8()
}
