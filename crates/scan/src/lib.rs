//! From a camera frame or a picture to the text of a code.
//!
//! Nothing here knows what a code means: every text is reported, and whoever listens decides whose it is.
//! [`Eye`] runs a [`FrameSource`] (a [`Camera`] or [`FrameFiles`]) on its own thread; [`Decoder`] reads one frame;
//! [`luma_from_picture`] turns an opened, dropped or pasted picture into a frame.
#![forbid(unsafe_code)]

mod camera;
mod decoder;
mod eye;
mod files;
mod frame;
mod picture;
mod pixels;
mod preview;
mod source;

pub use camera::{Camera, CameraChoice, CameraInfo, list_cameras};
pub use decoder::{Decoder, Filter, Found, Light, Reader, Scale, Stage, Symbology};
pub use eye::{Eye, EyeEvent, EyeOptions};
pub use files::FrameFiles;
pub use frame::{Frame, LumaFrame, Point, RawFrame};
pub use picture::{MAX_PICTURE_BYTES, MAX_PICTURE_PIXELS, PictureError, luma_from_picture};
pub use pixels::{PixelError, PixelFormat, luma_from_pixels};
pub use source::{CameraFault, Control, FrameSize, FrameSource, Knob, Setting, SourceInfo};
