//! The small picture that the screen shows while the decoder works on the large one. In colour where the source has
//! colour; the decoder does without.

use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;

use crate::pixels::{small_rgb, small_rgb_from_jpeg};
use crate::{Frame, LumaFrame, PixelFormat, Point, RawFrame};

/// A JPEG picture for the screen.
#[derive(Clone, Debug, PartialEq)]
pub struct Preview {
    pub jpeg: Vec<u8>,
    pub width: u32,
    pub height: u32,
    /// Pixels of the frame for one of the preview.
    pub scale: f32,
}

const QUALITY: u8 = 70;
/// A camera's own JPEG picture up to this width is shown as it is: making it smaller would cost more than drawing it.
const WIDEST_AS_IT_IS: u32 = 1280;

/// Shrinks a frame to at most `max_width` and writes it as JPEG; a camera that writes JPEG itself has done the work.
/// None for a frame without pixels.
pub fn preview(frame: &Frame, max_width: u32) -> Option<Preview> {
    let luma = &frame.luma;
    if !luma.is_sound() {
        return None;
    }
    let raw = frame.raw.as_ref();
    if let Some(raw) = raw.filter(|raw| raw.format == PixelFormat::Mjpeg && raw.width <= WIDEST_AS_IT_IS) {
        return Some(Preview { jpeg: raw.bytes.to_vec(), width: raw.width, height: raw.height, scale: 1.0 });
    }
    let step = luma.width.div_ceil(max_width.max(1)).max(1);
    let (width, height) = (luma.width / step, luma.height / step);
    if width == 0 || height == 0 {
        return None;
    }
    let mut jpeg = Vec::with_capacity(width as usize * height as usize / 2);
    let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, QUALITY);
    match raw.and_then(|raw| coloured(raw, step)) {
        Some(pixels) => encoder.encode(&pixels, width, height, ExtendedColorType::Rgb8),
        None => {
            let grey = shrink(luma, step as usize, width as usize, height as usize);
            encoder.encode(&grey, width, height, ExtendedColorType::L8)
        }
    }
    .ok()?;
    #[allow(clippy::cast_precision_loss)] // a step is a small whole number
    let scale = step as f32;
    Some(Preview { jpeg, width, height, scale })
}

/// Corners of a frame in the pixels of its preview.
pub fn outline(corners: [Point; 4], scale: f32) -> [Point; 4] {
    corners.map(|corner| Point { x: corner.x / scale, y: corner.y / scale })
}

fn coloured(raw: &RawFrame, step: u32) -> Option<Vec<u8>> {
    match raw.format {
        PixelFormat::Mjpeg => small_rgb_from_jpeg(raw, step),
        _ => small_rgb(raw, step),
    }
}

/// Every `step`-th pixel of every `step`-th row: the eye does not need more to aim.
fn shrink(frame: &LumaFrame, step: usize, width: usize, height: usize) -> Vec<u8> {
    let mut small = Vec::with_capacity(width * height);
    for row in frame.rows().step_by(step).take(height) {
        small.extend(row.iter().step_by(step).take(width));
    }
    small
}
