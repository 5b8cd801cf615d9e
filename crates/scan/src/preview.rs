//! The small picture that the screen shows while the decoder works on the large one.

use image::ExtendedColorType;
use image::codecs::jpeg::JpegEncoder;

use crate::{LumaFrame, Point};

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

/// Shrinks a frame to at most `max_width` and writes it as JPEG. None for a frame without pixels.
pub fn preview(frame: &LumaFrame, max_width: u32) -> Option<Preview> {
    if !frame.is_sound() {
        return None;
    }
    let step = frame.width.div_ceil(max_width.max(1)).max(1);
    let (width, height) = (frame.width / step, frame.height / step);
    if width == 0 || height == 0 {
        return None;
    }
    let small = shrink(frame, step as usize, width as usize, height as usize);
    let mut jpeg = Vec::with_capacity(small.len() / 4);
    JpegEncoder::new_with_quality(&mut jpeg, QUALITY)
        .encode(&small, width, height, ExtendedColorType::L8)
        .ok()?;
    #[allow(clippy::cast_precision_loss)] // a step is a small whole number
    let scale = step as f32;
    Some(Preview { jpeg, width, height, scale })
}

/// Corners of a frame in the pixels of its preview.
pub fn outline(corners: [Point; 4], scale: f32) -> [Point; 4] {
    corners.map(|corner| Point { x: corner.x / scale, y: corner.y / scale })
}

/// Every `step`-th pixel of every `step`-th row: the eye does not need more to aim.
fn shrink(frame: &LumaFrame, step: usize, width: usize, height: usize) -> Vec<u8> {
    let mut small = Vec::with_capacity(width * height);
    for row in frame.rows().step_by(step).take(height) {
        small.extend(row.iter().step_by(step).take(width));
    }
    small
}
