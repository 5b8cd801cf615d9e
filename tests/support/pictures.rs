//! Pictures of codes: whole, torn, of somebody else, and as a camera would deliver them.

use std::io::Cursor;
use std::path::{Path, PathBuf};

use image::{DynamicImage, GrayImage, ImageFormat, Luma, imageops};
use qrcode::QrCode;

/// What a camera delivers.
const FRAME: (u32, u32) = (1280, 720);

/// A QR picture of a text, with the quiet zone that readers want.
pub fn qr(text: &str) -> Vec<u8> {
    let code = QrCode::new(text).expect("the text fits a QR code");
    png(code.render::<Luma<u8>>().quiet_zone(true).module_dimensions(8, 8).build())
}

/// A code of another program: a valid QR code that says nothing to us.
pub fn foreign_code() -> Vec<u8> {
    qr("https://example.org/loyalty/another-program?card=4711")
}

/// The same picture with its lower half torn off: two finder patterns, no way to read it.
pub fn torn(picture: &[u8]) -> Vec<u8> {
    let mut grey = grey(picture);
    let (width, height) = grey.dimensions();
    for y in height * 9 / 20..height {
        for x in 0..width {
            grey.put_pixel(x, y, Luma([255]));
        }
    }
    png(grey)
}

/// A folder of camera frames: first an empty scene, then the code held into it, a little larger in every frame.
pub fn frames(folder: PathBuf, picture: &[u8]) -> PathBuf {
    std::fs::create_dir_all(&folder).expect("a folder can be made");
    let code = grey(picture);
    for number in 0..24_u32 {
        let mut frame = GrayImage::from_pixel(FRAME.0, FRAME.1, Luma([96]));
        if number >= 2 {
            let side = 330 + number * 10;
            let held = imageops::resize(&code, side, side, imageops::FilterType::Triangle);
            let (x, y) =
                (i64::from(FRAME.0 - side) / 2 + i64::from(number) * 3, i64::from(FRAME.1 - side) / 2);
            imageops::overlay(&mut frame, &held, x, y);
        }
        save(&folder.join(format!("frame-{number:03}.png")), &png(frame));
    }
    folder
}

fn save(path: &Path, bytes: &[u8]) {
    std::fs::write(path, bytes).expect("a frame can be written");
}

fn grey(picture: &[u8]) -> GrayImage {
    image::load_from_memory(picture).expect("a picture").to_luma8()
}

fn png(picture: GrayImage) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageLuma8(picture)
        .write_to(&mut bytes, ImageFormat::Png)
        .expect("a picture can be written");
    bytes.into_inner()
}
