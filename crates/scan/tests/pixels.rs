//! The luma of every pixel format that a camera may deliver.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::cast_possible_truncation)]

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use scan::{PixelError, PixelFormat, luma_from_pixels};

const WIDTH: u32 = 64;
const HEIGHT: u32 = 48;

/// A grey for every place.
fn grey(n: usize) -> u8 {
    let (x, y) = (n % WIDTH as usize, n / WIDTH as usize);
    ((x * 3 + y) % 256) as u8
}

fn greys() -> Vec<u8> {
    (0..(WIDTH * HEIGHT) as usize).map(grey).collect()
}

#[test]
fn yuyv_is_every_second_byte() {
    let bytes: Vec<u8> = greys().into_iter().flat_map(|luma| [luma, 128]).collect();
    let frame = luma_from_pixels(PixelFormat::Yuyv, WIDTH, HEIGHT, &bytes).unwrap();
    assert_eq!((frame.width, frame.height, frame.luma), (WIDTH, HEIGHT, greys()));
}

#[test]
fn nv12_and_gray_begin_with_the_luma() {
    let mut nv12 = greys();
    nv12.extend(vec![77; greys().len() / 2]);
    assert_eq!(luma_from_pixels(PixelFormat::Nv12, WIDTH, HEIGHT, &nv12).unwrap().luma, greys());
    assert_eq!(luma_from_pixels(PixelFormat::Gray, WIDTH, HEIGHT, &greys()).unwrap().luma, greys());
}

#[test]
fn rgb_and_bgr_are_weighted() {
    let rgb = |pixel: [u8; 3]| luma_from_pixels(PixelFormat::Rgb, 1, 1, &pixel).unwrap().luma[0];
    let bgr = |pixel: [u8; 3]| luma_from_pixels(PixelFormat::Bgr, 1, 1, &pixel).unwrap().luma[0];
    assert_eq!([rgb([255; 3]), rgb([0; 3]), rgb([100; 3])], [255, 0, 100]);
    assert_eq!([rgb([255, 0, 0]), rgb([0, 255, 0]), rgb([0, 0, 255])], [76, 149, 28]);
    assert_eq!(bgr([1, 2, 250]), rgb([250, 2, 1]));
}

#[test]
fn mjpeg_keeps_the_luma_of_a_coloured_picture() {
    let mut picture = RgbImage::new(WIDTH, HEIGHT);
    for (n, pixel) in picture.pixels_mut().enumerate() {
        // Red and blue that balance: the luma stays smooth under the colour.
        let grey = grey(n) / 2 + 40;
        *pixel = Rgb([grey + 20, grey, grey - 20]);
    }
    let expected = DynamicImage::ImageRgb8(picture.clone()).into_luma8();
    let mut bytes = std::io::Cursor::new(Vec::new());
    picture.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
    let mut bytes = bytes.into_inner();
    // Drivers hand over their whole buffer.
    bytes.extend([0; 100]);
    let frame = luma_from_pixels(PixelFormat::Mjpeg, WIDTH, HEIGHT, &bytes).unwrap();
    assert_eq!((frame.width, frame.height), (WIDTH, HEIGHT));
    let off: u32 = frame.luma.iter().zip(expected.as_raw()).map(|(a, b)| u32::from(a.abs_diff(*b))).sum();
    assert!(off / (WIDTH * HEIGHT) < 12, "{}", off / (WIDTH * HEIGHT));
}

#[test]
fn padding_after_the_pixels_is_ignored() {
    let mut bytes = greys();
    bytes.extend([9; 1000]);
    assert_eq!(luma_from_pixels(PixelFormat::Gray, WIDTH, HEIGHT, &bytes).unwrap().luma, greys());
}

#[test]
fn torn_frames_say_what_is_wrong() {
    let formats =
        [PixelFormat::Yuyv, PixelFormat::Nv12, PixelFormat::Gray, PixelFormat::Rgb, PixelFormat::Bgr];
    for format in formats {
        let short = vec![0; (WIDTH * HEIGHT) as usize - 1];
        assert_eq!(luma_from_pixels(format, WIDTH, HEIGHT, &short), Err(PixelError::TooShort), "{format:?}");
        assert_eq!(luma_from_pixels(format, 0, HEIGHT, &short), Err(PixelError::NoPixels), "{format:?}");
        assert_eq!(
            luma_from_pixels(format, u32::MAX, u32::MAX, &short),
            Err(PixelError::TooLarge),
            "{format:?}"
        );
        assert_eq!(luma_from_pixels(format, 9000, 9000, &short), Err(PixelError::TooLarge), "{format:?}");
    }
    for bytes in [&b""[..], b"no picture", &[0xff, 0xd8, 0xff]] {
        assert_eq!(luma_from_pixels(PixelFormat::Mjpeg, 1, 1, bytes), Err(PixelError::BadJpeg));
    }
}
