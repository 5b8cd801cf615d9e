//! What the decoder looks at: one plane of grey, row by row.

use std::time::Instant;

use bytes::Bytes;

use crate::PixelFormat;

/// A grey picture: one byte a pixel, `0` black, row by row without gaps.
#[derive(Clone, PartialEq, Eq)]
pub struct LumaFrame {
    pub width: u32,
    pub height: u32,
    pub luma: Vec<u8>,
}

impl LumaFrame {
    /// None unless there is exactly one byte for each pixel.
    pub fn new(width: u32, height: u32, luma: Vec<u8>) -> Option<Self> {
        let pixels = u64::from(width) * u64::from(height);
        (u64::try_from(luma.len()) == Ok(pixels)).then_some(Self { width, height, luma })
    }

    /// Do the sizes agree, and is there anything to see?
    pub(crate) fn is_sound(&self) -> bool {
        let pixels = u64::from(self.width) * u64::from(self.height);
        pixels > 0 && u64::try_from(self.luma.len()) == Ok(pixels)
    }

    /// The rows, top to bottom.
    pub(crate) fn rows(&self) -> std::slice::ChunksExact<'_, u8> {
        self.luma.chunks_exact((self.width as usize).max(1))
    }
}

impl std::fmt::Debug for LumaFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "LumaFrame({} x {})", self.width, self.height)
    }
}

/// A frame as it came from a source.
#[derive(Clone, Debug)]
pub struct Frame {
    pub luma: LumaFrame,
    /// The frame as the source wrote it, where it has colour: for the screen alone.
    pub raw: Option<RawFrame>,
    /// When it was taken.
    pub taken: Instant,
}

/// The bytes of a frame as its source wrote them. Clones share them.
#[derive(Clone, PartialEq, Eq)]
pub struct RawFrame {
    pub format: PixelFormat,
    pub width: u32,
    pub height: u32,
    pub bytes: Bytes,
}

impl std::fmt::Debug for RawFrame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RawFrame({:?}, {} x {})", self.format, self.width, self.height)
    }
}

/// A place in a frame, in pixels from its top left corner.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    pub x: f32,
    pub y: f32,
}
