//! The screen sees the colours of the camera, whatever the format; the decoder never does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]

use std::io::Cursor;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::time::{Duration, Instant};

use image::{ImageFormat, Rgb, RgbImage};
use scan::{
    CameraFault, Eye, EyeEvent, EyeOptions, Frame, FrameSource, PixelFormat, RawFrame, SourceInfo,
    luma_from_pixels,
};

const PATIENCE: Duration = Duration::from_secs(30);
/// Left and right half of every picture.
const LEFT: [u8; 3] = [200, 60, 40];
const RIGHT: [u8; 3] = [30, 90, 190];

fn colour(x: u32, width: u32) -> [u8; 3] {
    if x < width / 2 { LEFT } else { RIGHT }
}

/// Luma, blue and red of BT.601, from its definition.
fn yuv([r, g, b]: [u8; 3]) -> [u8; 3] {
    let [r, g, b] = [r, g, b].map(|value| f64::from(value) / 255.0);
    let luma = 0.299 * r + 0.587 * g + 0.114 * b;
    let (blue, red) = ((b - luma) / 1.772, (r - luma) / 1.402);
    [16.0 + 219.0 * luma, 128.0 + 224.0 * blue, 128.0 + 224.0 * red].map(|value| value.round() as u8)
}

/// A picture in two colours, as a camera writes it.
fn written(format: PixelFormat, width: u32, height: u32) -> Vec<u8> {
    let places = (0..height).flat_map(|_| 0..width);
    match format {
        PixelFormat::Mjpeg => {
            let picture = RgbImage::from_fn(width, height, |x, _| Rgb(colour(x, width)));
            let mut bytes = Cursor::new(Vec::new());
            picture.write_to(&mut bytes, ImageFormat::Jpeg).unwrap();
            bytes.into_inner()
        }
        PixelFormat::Yuyv => places
            .flat_map(|x| {
                let [luma, blue, red] = yuv(colour(x, width));
                [luma, if x % 2 == 0 { blue } else { red }]
            })
            .collect(),
        PixelFormat::Nv12 => {
            let mut bytes: Vec<u8> = places.map(|x| yuv(colour(x, width))[0]).collect();
            for _ in 0..height / 2 {
                for x in (0..width).step_by(2) {
                    let [_, blue, red] = yuv(colour(x, width));
                    bytes.extend([blue, red]);
                }
            }
            bytes
        }
        PixelFormat::Rgb => places.flat_map(|x| colour(x, width)).collect(),
        PixelFormat::Bgr => places
            .flat_map(|x| {
                let [r, g, b] = colour(x, width);
                [b, g, r]
            })
            .collect(),
        PixelFormat::Rgbx | PixelFormat::Bgrx => places
            .flat_map(|x| {
                let [r, g, b] = colour(x, width);
                if format == PixelFormat::Rgbx { [r, g, b, 7] } else { [b, g, r, 7] }
            })
            .collect(),
        PixelFormat::Gray => places.map(|x| yuv(colour(x, width))[0]).collect(),
    }
}

struct Still(RawFrame);

impl FrameSource for Still {
    fn next_frame(&mut self) -> Result<Frame, CameraFault> {
        let RawFrame { format, width, height, bytes } = self.0.clone();
        let luma = luma_from_pixels(format, width, height, &bytes).unwrap();
        Ok(Frame { luma, raw: Some(self.0.clone()), taken: Instant::now() })
    }

    fn describe(&self) -> Arc<SourceInfo> {
        Arc::default()
    }
}

fn preview_of(raw: RawFrame) -> (Vec<u8>, RgbImage) {
    let (tell, told) = channel();
    let open = move || Ok(Box::new(Still(raw.clone())) as Box<dyn FrameSource>);
    let eye = Eye::start_with(EyeOptions::default(), open, move |event| {
        tell.send(event).unwrap_or_default();
    });
    let event = told.recv_timeout(PATIENCE).expect("a preview");
    drop(eye);
    let EyeEvent::Preview { jpeg, width, height, .. } = event else { panic!("{event:?}") };
    let picture = image::load_from_memory_with_format(&jpeg, ImageFormat::Jpeg).unwrap().into_rgb8();
    assert_eq!((picture.width(), picture.height()), (width, height));
    (jpeg, picture)
}

fn assert_near(pixel: Rgb<u8>, expected: [u8; 3], what: &str) {
    let near = pixel.0.iter().zip(expected).all(|(value, expected)| value.abs_diff(expected) <= 8);
    assert!(near, "{what}: {pixel:?} instead of {expected:?}");
}

#[test]
fn every_format_is_shown_in_its_colours() {
    let formats = [
        PixelFormat::Mjpeg,
        PixelFormat::Yuyv,
        PixelFormat::Nv12,
        PixelFormat::Rgb,
        PixelFormat::Bgr,
        PixelFormat::Rgbx,
        PixelFormat::Bgrx,
    ];
    for format in formats {
        for (width, height) in [(640, 360), (1280, 720), (1920, 1080)] {
            let bytes = written(format, width, height).into();
            let (_, picture) = preview_of(RawFrame { format, width, height, bytes });
            let what = format!("{format:?} {width}");
            assert!(picture.width() <= if format == PixelFormat::Mjpeg { 1280 } else { 640 }, "{what}");
            let middle = picture.height() / 2;
            assert_near(*picture.get_pixel(picture.width() / 4, middle), LEFT, &what);
            assert_near(*picture.get_pixel(picture.width() * 3 / 4, middle), RIGHT, &what);
        }
    }
}

#[test]
fn a_jpeg_of_the_camera_is_passed_on_untouched() {
    let bytes = written(PixelFormat::Mjpeg, 1280, 720);
    let raw = RawFrame { format: PixelFormat::Mjpeg, width: 1280, height: 720, bytes: bytes.clone().into() };
    assert_eq!(preview_of(raw).0, bytes);
}

#[test]
fn a_camera_without_colour_is_shown_in_grey() {
    let bytes = written(PixelFormat::Gray, 640, 360).into();
    let (_, picture) = preview_of(RawFrame { format: PixelFormat::Gray, width: 640, height: 360, bytes });
    for x in [100, 500] {
        let Rgb([r, g, b]) = *picture.get_pixel(x, 100);
        assert!(r == g && g == b, "{r} {g} {b}");
    }
}
