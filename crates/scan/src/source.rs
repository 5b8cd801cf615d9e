//! The port for frames: a camera, or files or a part of the screen in its place.

use std::sync::Arc;

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
    /// The system does not show one program what the others draw, or not without being asked.
    #[error("the system does not let this program see the screen: {0}")]
    ScreenHidden(String),
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
    /// What a camera could deliver instead, the largest first.
    pub sizes: Vec<FrameSize>,
    /// What can be set, as it is set now.
    pub controls: Vec<Control>,
}

/// A size that a camera offers, in pixels, and the highest rate at that size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FrameSize {
    pub width: u32,
    pub height: u32,
    pub frames_per_second: u32,
}

/// What can be set on a camera that offers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Knob {
    Focus,
    Exposure,
    Zoom,
    /// A lamp: 0 off, 1 on.
    Torch,
}

/// A knob that a camera has. The numbers are the camera's own; only their order means something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Control {
    pub knob: Knob,
    pub min: i64,
    pub max: i64,
    /// At least 1.
    pub step: i64,
    pub value: i64,
    /// Does the camera set it by itself? None: it has no way to.
    pub automatic: Option<bool>,
}

/// Where to turn a knob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Setting {
    Automatic,
    Value(i64),
}

/// Where frames come from. The newest frame wins: one that was not asked for in time is never seen.
pub trait FrameSource: Send {
    /// Waits for the next frame, two seconds at the most.
    ///
    /// # Errors
    /// A fault ends the source: it is dropped and opened anew.
    fn next_frame(&mut self) -> Result<Frame, CameraFault>;

    /// What the source is now; asked for often.
    fn describe(&self) -> Arc<SourceInfo>;

    /// Turns a knob, with one of the next frames. What the source does not offer is ignored: `describe` tells what is.
    fn set(&mut self, knob: Knob, setting: Setting) {
        tracing::debug!(?knob, ?setting, "this source has no such control");
    }
}
