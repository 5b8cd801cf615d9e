//! Pictures are opened within bounds, and each that is none says why.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]

mod common;

use std::io::Cursor;

use common::{Canvas, Modules, square};
use image::{DynamicImage, ExtendedColorType, GrayImage, ImageEncoder, ImageFormat, Rgba, RgbaImage};
use qrcode::EcLevel;
use scan::{Decoder, MAX_PICTURE_BYTES, PictureError, luma_from_picture};

const TEXT: &str = "FP1:TEST OF A PICTURE";

fn code() -> GrayImage {
    let mut canvas = Canvas::new(300, 260, 220.0);
    canvas.draw(&Modules::of(TEXT, EcLevel::M), square(60.0, 40.0, 150.0), 20.0, 240.0);
    let frame = canvas.frame();
    GrayImage::from_raw(frame.width, frame.height, frame.luma).unwrap()
}

fn written(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn read(bytes: &[u8]) -> Vec<String> {
    let frame = luma_from_picture(bytes).unwrap();
    Decoder::new().decode_picture(&frame).into_iter().map(|found| found.text).collect()
}

#[test]
fn every_format_that_is_promised() {
    let grey = DynamicImage::ImageLuma8(code());
    let colour = DynamicImage::ImageRgb8(grey.to_rgb8());
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP, ImageFormat::Bmp]
    {
        assert_eq!(read(&written(&colour, format)), [TEXT], "{format:?}");
    }
    assert_eq!(read(&written(&grey, ImageFormat::Png)), [TEXT]);
    let deep = DynamicImage::ImageLuma16(grey.to_luma16());
    assert_eq!(read(&written(&deep, ImageFormat::Png)), [TEXT]);
}

#[test]
fn what_is_transparent_is_paper() {
    let mut picture = RgbaImage::new(300, 260);
    for (pixel, grey) in picture.pixels_mut().zip(code().pixels()) {
        // Black with nothing but its opacity, as icon editors save it.
        *pixel = Rgba([0, 0, 0, 255 - grey.0[0]]);
    }
    assert_eq!(read(&written(&DynamicImage::ImageRgba8(picture), ImageFormat::Png)), [TEXT]);
}

#[test]
fn each_failure_has_its_reason() {
    let png = written(&DynamicImage::ImageLuma8(code()), ImageFormat::Png);
    let jpeg = written(&DynamicImage::ImageLuma8(code()), ImageFormat::Jpeg);
    let iso = |brand: &[u8]| [b"\0\0\0\x18ftyp".as_slice(), brand, b"\0\0\0\0mif1heic"].concat();
    let cases: [(&str, Vec<u8>, PictureError); 10] = [
        ("nothing", vec![], PictureError::Empty),
        ("a large file", vec![0x89; MAX_PICTURE_BYTES + 1], PictureError::TooManyBytes),
        ("HEIC", iso(b"heic"), PictureError::Heic),
        ("HEIF", iso(b"mif1"), PictureError::Heic),
        ("AVIF", iso(b"avif"), PictureError::Avif),
        ("a film", iso(b"isom"), PictureError::UnknownFormat),
        ("text", b"hello, this is no picture".to_vec(), PictureError::UnknownFormat),
        ("TIFF", b"II*\0\x08\0\0\0".to_vec(), PictureError::UnknownFormat),
        ("half a PNG", png[..png.len() / 2].to_vec(), PictureError::Damaged),
        ("the start of a JPEG", jpeg[..40].to_vec(), PictureError::Damaged),
    ];
    for (name, bytes, reason) in cases {
        assert_eq!(luma_from_picture(&bytes), Err(reason), "{name}");
    }
}

#[test]
fn a_small_file_with_a_huge_picture_is_refused_before_it_is_decoded() {
    // A megabyte of PNG would unpack to gigabytes.
    let mut bytes = Vec::new();
    let rows = vec![0u8; 20_000 * 100];
    image::codecs::png::PngEncoder::new(&mut bytes)
        .write_image(&rows, 20_000, 100, ExtendedColorType::L8)
        .unwrap();
    assert!(luma_from_picture(&bytes).is_ok(), "two megapixels are fine");
    // The same file says that it is 20000 rows high: the size comes after "IHDR" and the width.
    bytes[20..24].copy_from_slice(&20_000u32.to_be_bytes());
    let checksum = crc(&bytes[12..29]);
    bytes[29..33].copy_from_slice(&checksum.to_be_bytes());
    assert_eq!(luma_from_picture(&bytes), Err(PictureError::TooManyPixels));
}

/// The checksum of a PNG chunk.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    })
}
