//! A part of the screen as a source: codes in a chat, a mail or a browser window, without a camera.
//!
//! On Linux through the X11 protocol, which needs no library of the system; Wayland shows no program what the others
//! draw, and says so. On Windows and macOS through `xcap`, since both want their own ways to ask.

use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;

use crate::{CameraFault, Frame, FrameSource, PixelFormat, RawFrame, SourceInfo, luma_from_pixels};

/// A screen of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScreenInfo {
    pub id: String,
    pub name: String,
    /// In pixels.
    pub width: u32,
    pub height: u32,
}

/// A part of a screen, in its pixels from its top left corner. A width or height of 0 goes to the far edge.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Area {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

/// What changes on a screen can wait a tenth of a second.
const PAUSE: Duration = Duration::from_millis(100);

/// The screens of this machine.
///
/// # Errors
/// `ScreenHidden` where no program may look.
pub fn list_screens() -> Result<Vec<ScreenInfo>, CameraFault> {
    system::screens()
}

/// A screen that is looked at.
pub struct Screen {
    eyes: system::Eyes,
    area: Area,
    info: Arc<SourceInfo>,
    next: Instant,
}

impl Screen {
    /// Opens a screen (None: the first one), or a part of it.
    ///
    /// # Errors
    /// `ScreenHidden`; `NoCamera` when there is no such screen, or nothing of the area lies on it.
    pub fn open(screen: Option<&str>, area: Area) -> Result<Self, CameraFault> {
        let screens = list_screens()?;
        let found = screens.into_iter().find(|found| screen.is_none_or(|id| id == found.id));
        let screen = found.ok_or(CameraFault::NoCamera)?;
        let area = clipped(area, &screen).ok_or(CameraFault::NoCamera)?;
        let eyes = system::Eyes::open(&screen)?;
        let info = SourceInfo {
            name: screen.name,
            width: area.width,
            height: area.height,
            frames_per_second: 10,
            ..SourceInfo::default()
        };
        Ok(Self { eyes, area, info: Arc::new(info), next: Instant::now() })
    }
}

/// What of an area lies on the screen.
fn clipped(area: Area, screen: &ScreenInfo) -> Option<Area> {
    let side = |from: u32, long: u32, whole: u32| {
        let rest = whole.checked_sub(from).filter(|rest| *rest > 0)?;
        Some(if long == 0 { rest } else { long.min(rest) })
    };
    let width = side(area.x, area.width, screen.width)?;
    let height = side(area.y, area.height, screen.height)?;
    Some(Area { width, height, ..area })
}

impl FrameSource for Screen {
    fn next_frame(&mut self) -> Result<Frame, CameraFault> {
        std::thread::sleep(self.next.saturating_duration_since(Instant::now()));
        self.next = Instant::now() + PAUSE;
        let Area { width, height, .. } = self.area;
        let taken = Instant::now();
        let (format, bytes) = self.eyes.look(self.area)?;
        let luma = luma_from_pixels(format, width, height, &bytes)
            .map_err(|error| CameraFault::Unsupported(error.to_string()))?;
        let raw = Some(RawFrame { format, width, height, bytes: Bytes::from(bytes) });
        Ok(Frame { luma, raw, taken })
    }

    fn describe(&self) -> Arc<SourceInfo> {
        self.info.clone()
    }
}

#[cfg(not(any(windows, target_os = "macos")))]
mod system {
    //! X11: the root window holds what is drawn.

    use x11rb::connection::Connection;
    use x11rb::protocol::randr::ConnectionExt as _;
    use x11rb::protocol::xproto::{ConnectionExt as _, ImageFormat, ImageOrder, Window};
    use x11rb::rust_connection::RustConnection;

    use super::{Area, CameraFault, PixelFormat, ScreenInfo};

    pub struct Eyes {
        line: RustConnection,
        root: Window,
        /// Where the screen lies in the root window.
        left: i16,
        top: i16,
        format: PixelFormat,
    }

    fn hidden(error: impl std::fmt::Display) -> CameraFault {
        CameraFault::ScreenHidden(error.to_string())
    }

    fn connect() -> Result<(RustConnection, Window), CameraFault> {
        // Under Wayland an X server may be there all the same; its root window is black.
        if std::env::var_os("WAYLAND_DISPLAY").is_some() {
            return Err(CameraFault::ScreenHidden("Wayland".into()));
        }
        let (line, number) = x11rb::connect(None).map_err(hidden)?;
        let root = line.setup().roots.get(number).map(|screen| screen.root);
        let root = root.ok_or_else(|| hidden("no screen"))?;
        Ok((line, root))
    }

    struct Placed {
        info: ScreenInfo,
        left: i16,
        top: i16,
    }

    fn placed(line: &RustConnection, root: Window) -> Result<Vec<Placed>, CameraFault> {
        let listed = line.randr_get_monitors(root, true).map_err(hidden)?.reply().map_err(hidden)?;
        let mut screens = Vec::new();
        for monitor in listed.monitors {
            let named = line.get_atom_name(monitor.name).map_err(hidden)?.reply().map_err(hidden)?;
            let name = String::from_utf8_lossy(&named.name).into_owned();
            let (width, height) = (u32::from(monitor.width), u32::from(monitor.height));
            let info = ScreenInfo { id: name.clone(), name, width, height };
            screens.push(Placed { info, left: monitor.x, top: monitor.y });
        }
        Ok(screens)
    }

    pub fn screens() -> Result<Vec<ScreenInfo>, CameraFault> {
        let (line, root) = connect()?;
        Ok(placed(&line, root)?.into_iter().map(|screen| screen.info).collect())
    }

    impl Eyes {
        pub fn open(screen: &ScreenInfo) -> Result<Self, CameraFault> {
            let (line, root) = connect()?;
            let found = placed(&line, root)?.into_iter().find(|found| found.info == *screen);
            let Placed { left, top, .. } = found.ok_or(CameraFault::NoCamera)?;
            let setup = line.setup();
            let depth = setup.roots.iter().find(|found| found.root == root).map(|found| found.root_depth);
            let bits = setup.pixmap_formats.iter().find(|format| Some(format.depth) == depth);
            // Every X server of the last twenty years, but for odd ones.
            if setup.image_byte_order != ImageOrder::LSB_FIRST || bits.map(|it| it.bits_per_pixel) != Some(32)
            {
                return Err(CameraFault::Unsupported(format!("a screen of {depth:?} bits")));
            }
            Ok(Self { line, root, left, top, format: PixelFormat::Bgrx })
        }

        pub fn look(&mut self, area: Area) -> Result<(PixelFormat, Vec<u8>), CameraFault> {
            let place = |start: i16, offset: u32| i16::try_from(offset).ok()?.checked_add(start);
            let (x, y) =
                place(self.left, area.x).zip(place(self.top, area.y)).ok_or(CameraFault::NoCamera)?;
            let size = u16::try_from(area.width).ok().zip(u16::try_from(area.height).ok());
            let (width, height) = size.ok_or(CameraFault::NoCamera)?;
            let asked = self.line.get_image(ImageFormat::Z_PIXMAP, self.root, x, y, width, height, u32::MAX);
            // A screen that was taken away or made smaller is gone; it is looked for anew.
            let image = asked.map_err(hidden)?.reply().map_err(|_| CameraFault::Unplugged)?;
            Ok((self.format, image.data))
        }
    }
}

#[cfg(any(windows, target_os = "macos"))]
mod system {
    //! Windows and macOS, through `xcap`.

    use super::{Area, CameraFault, PixelFormat, ScreenInfo};

    pub struct Eyes(xcap::Monitor);

    fn hidden(error: xcap::XCapError) -> CameraFault {
        CameraFault::ScreenHidden(error.to_string())
    }

    fn describe(monitor: &xcap::Monitor) -> Result<ScreenInfo, CameraFault> {
        Ok(ScreenInfo {
            id: monitor.id().map_err(hidden)?.to_string(),
            name: monitor.friendly_name().or_else(|_| monitor.name()).map_err(hidden)?,
            width: monitor.width().map_err(hidden)?,
            height: monitor.height().map_err(hidden)?,
        })
    }

    pub fn screens() -> Result<Vec<ScreenInfo>, CameraFault> {
        xcap::Monitor::all().map_err(hidden)?.iter().map(describe).collect()
    }

    impl Eyes {
        pub fn open(screen: &ScreenInfo) -> Result<Self, CameraFault> {
            let found = xcap::Monitor::all()
                .map_err(hidden)?
                .into_iter()
                .find(|monitor| describe(monitor).is_ok_and(|found| found == *screen));
            found.map(Self).ok_or(CameraFault::NoCamera)
        }

        pub fn look(&mut self, area: Area) -> Result<(PixelFormat, Vec<u8>), CameraFault> {
            let image = self.0.capture_region(area.x, area.y, area.width, area.height).map_err(hidden)?;
            // A screen whose pixels are finer than its points delivers more of them.
            if (image.width(), image.height()) != (area.width, area.height) {
                let (wide, high) = (area.width, area.height);
                let (across, down) = (image.width() / wide.max(1), image.height() / high.max(1));
                let mut small = Vec::with_capacity(wide as usize * high as usize * 4);
                for y in 0..high {
                    for x in 0..wide {
                        let at = image.get_pixel_checked(x * across.max(1), y * down.max(1));
                        small.extend(at.map_or([255; 4], |pixel| pixel.0));
                    }
                }
                return Ok((PixelFormat::Rgbx, small));
            }
            Ok((PixelFormat::Rgbx, image.into_raw()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_area_ends_where_the_screen_does() {
        let screen = ScreenInfo { id: String::new(), name: String::new(), width: 1920, height: 1080 };
        let area = |x, y, width, height| Area { x, y, width, height };
        assert_eq!(clipped(Area::default(), &screen), Some(area(0, 0, 1920, 1080)));
        assert_eq!(clipped(area(100, 50, 400, 300), &screen), Some(area(100, 50, 400, 300)));
        assert_eq!(clipped(area(1900, 1000, 400, 300), &screen), Some(area(1900, 1000, 20, 80)));
        assert_eq!(clipped(area(1920, 0, 5, 5), &screen), None);
        assert_eq!(clipped(area(0, 4000, 0, 0), &screen), None);
    }
}
