//! From a camera frame or a picture to the text of a code.
//!
//! Nothing here knows what a code means: every text is reported, and whoever listens decides whose it is.
//! [`Eye`] runs a [`FrameSource`] (a [`Camera`] or [`FrameFiles`]) on its own thread; [`Decoder`] reads one frame;
//! [`luma_from_picture`] turns an opened, dropped or pasted picture into a frame. On a desktop a [`Screen`] is a source,
//! too, and a [`SerialScanner`] hands over what a scanner on a serial port reads.
#![forbid(unsafe_code)]

mod camera;
mod decoder;
mod eye;
mod files;
mod frame;
mod mjpeg;
mod picture;
mod pixels;
mod preview;
#[cfg(not(any(target_os = "android", target_os = "ios")))]
mod screen;
#[cfg(not(any(target_os = "android", target_os = "ios")))]
mod serial;
mod source;
mod stop;

pub use camera::{Camera, CameraChoice, CameraInfo, list_cameras};
pub use decoder::{Decoder, Filter, Found, Light, Reader, Scale, Stage, Symbology};
pub use eye::{Eye, EyeEvent, EyeOptions};
pub use files::FrameFiles;
pub use frame::{Frame, LumaFrame, Point, RawFrame};
pub use picture::{MAX_PICTURE_BYTES, MAX_PICTURE_PIXELS, PictureError, luma_from_picture};
pub use pixels::{PixelError, PixelFormat, luma_from_pixels};
#[cfg(not(any(target_os = "android", target_os = "ios")))]
pub use screen::{Area, Screen, ScreenInfo, list_screens};
#[cfg(not(any(target_os = "android", target_os = "ios")))]
pub use serial::{SerialChoice, SerialEvent, SerialFault, SerialPortInfo, SerialScanner, list_serial_ports};
pub use source::{CameraFault, Control, FrameSize, FrameSource, Knob, Setting, SourceInfo};
