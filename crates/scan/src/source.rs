//! The port for frames: a camera, or files in its place.

use crate::Frame;

/// Why there are no frames. Each has its own message on the screen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CameraFault {
    #[error("there is no camera")]
    NoCamera,
    #[error("the camera is in use by another program")]
    Busy,
    #[error("access to the camera is denied")]
    Denied,
    #[error("the camera was unplugged")]
    Unplugged,
    /// The camera offers nothing that can be read; what it does offer.
    #[error("the camera's picture format is not supported: {0}")]
    Unsupported(String),
    #[error("the camera failed: {0}")]
    Failed(String),
}

/// What a source is and delivers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SourceInfo {
    pub name: String,
    /// In pixels; 0 where frames differ.
    pub width: u32,
    pub height: u32,
    /// 0: as fast as they are taken.
    pub frames_per_second: u32,
}

/// Where frames come from. The newest frame wins: one that was not asked for in time is never seen.
pub trait FrameSource: Send {
    /// Waits for the next frame, two seconds at the most.
    ///
    /// # Errors
    /// A fault ends the source: it is dropped and opened anew.
    fn next_frame(&mut self) -> Result<Frame, CameraFault>;

    fn describe(&self) -> SourceInfo;
}
