//! Cameras, through `nokhwa`: raw frames on a thread of their own, the newest wins.

mod controls;

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use nokhwa::utils::{
    ApiBackend, CameraFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType,
};
use nokhwa::{Buffer, NokhwaError};

use crate::{
    CameraFault, Frame, FrameSize, FrameSource, Knob, PixelFormat, RawFrame, Setting, SourceInfo,
    luma_from_pixels,
};

/// A camera of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameraInfo {
    /// What to put in [`CameraChoice::id`].
    pub id: String,
    pub name: String,
}

/// Which camera, and how large its frames should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CameraChoice {
    /// None: the first one.
    pub id: Option<String>,
    /// The nearest size that the camera offers is taken.
    pub width: u32,
    pub height: u32,
    pub frames_per_second: u32,
}

impl Default for CameraChoice {
    fn default() -> Self {
        Self { id: None, width: 1280, height: 720, frames_per_second: 30 }
    }
}

/// How long a camera may take to open, and to deliver a frame, before it counts as failed.
const OPEN_PATIENCE: Duration = Duration::from_secs(10);
const FRAME_PATIENCE: Duration = Duration::from_secs(2);
/// How long to wait for the device to be let go of.
const CLOSE_PATIENCE: Duration = Duration::from_millis(500);
/// So many unreadable frames in a row are not single torn ones.
const TORN_FRAMES: u32 = 30;
/// Cheapest to read first, at equal size and rate.
const FORMATS: [FrameFormat; 6] = [
    FrameFormat::GRAY,
    FrameFormat::NV12,
    FrameFormat::YUYV,
    FrameFormat::MJPEG,
    FrameFormat::RAWRGB,
    FrameFormat::RAWBGR,
];

/// The cameras of this machine, in the system's order.
///
/// # Errors
/// `Denied`, or `Failed` when the system can not be asked. No camera at all is an empty list.
pub fn list_cameras() -> Result<Vec<CameraInfo>, CameraFault> {
    let mut cameras: Vec<CameraInfo> = Vec::new();
    for camera in nokhwa::query(ApiBackend::Auto).map_err(|error| fault_of(&error))? {
        let id = camera.index().as_string();
        let name = camera.human_name();
        // Linux names a second node of the same camera, which carries no picture.
        let twin = cfg!(target_os = "linux") && cameras.last().is_some_and(|last| last.name == name);
        if !twin {
            cameras.push(CameraInfo { id, name });
        }
    }
    cameras.sort_by_key(|camera| camera.id.parse::<u32>().unwrap_or(u32::MAX));
    Ok(cameras)
}

/// An open camera. Frames are taken on a thread of its own; only the newest one is kept, unread.
pub struct Camera {
    shared: Arc<Shared>,
    ended: Receiver<()>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    bell: Condvar,
}

#[derive(Default)]
struct State {
    newest: Option<(Buffer, Instant)>,
    info: Arc<SourceInfo>,
    /// What the device should be set to, before its next frame.
    wanted: Vec<(Knob, Setting)>,
    fault: Option<CameraFault>,
    stop: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Camera {
    /// Opens a camera and starts it.
    ///
    /// # Errors
    /// See [`CameraFault`].
    pub fn open(choice: &CameraChoice) -> Result<Self, CameraFault> {
        let shared = Arc::new(Shared::default());
        let (opened, answer) = sync_channel(1);
        let (end, ended) = sync_channel(1);
        let capture = {
            let (shared, choice) = (shared.clone(), choice.clone());
            move || {
                capture(&shared, &choice, &opened);
                // Nobody waits any more when the camera was given up.
                end.send(()).unwrap_or_default();
            }
        };
        std::thread::Builder::new()
            .name("camera".into())
            .spawn(capture)
            .map_err(|error| CameraFault::Failed(error.to_string()))?;
        match answer.recv_timeout(OPEN_PATIENCE) {
            Ok(Ok(())) => Ok(Self { shared, ended }),
            Ok(Err(fault)) => Err(fault),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                shared.lock().stop = true;
                Err(CameraFault::Failed("the camera does not answer".into()))
            }
        }
    }

    /// Waits for the newest frame, still as the camera wrote it.
    fn newest(&self) -> Result<(Buffer, Instant), CameraFault> {
        let waiting = |state: &mut State| state.newest.is_none() && state.fault.is_none();
        let waited = self.shared.bell.wait_timeout_while(self.shared.lock(), FRAME_PATIENCE, waiting);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        if let Some(newest) = state.newest.take() {
            return Ok(newest);
        }
        Err(state.fault.clone().unwrap_or_else(|| CameraFault::Failed("no frame for two seconds".into())))
    }
}

impl FrameSource for Camera {
    fn next_frame(&mut self) -> Result<Frame, CameraFault> {
        let mut reason = String::new();
        for _ in 0..TORN_FRAMES {
            let (buffer, taken) = self.newest()?;
            let size = buffer.resolution();
            let format = pixel_format(buffer.source_frame_format());
            match luma_from_pixels(format, size.width(), size.height(), buffer.buffer()) {
                Ok(luma) => {
                    let raw = (format != PixelFormat::Gray).then(|| RawFrame {
                        format,
                        width: luma.width,
                        height: luma.height,
                        bytes: buffer.buffer_bytes(),
                    });
                    return Ok(Frame { luma, raw, taken });
                }
                Err(error) => reason = error.to_string(),
            }
        }
        Err(CameraFault::Unsupported(reason))
    }

    fn describe(&self) -> Arc<SourceInfo> {
        self.shared.lock().info.clone()
    }

    fn set(&mut self, knob: Knob, setting: Setting) {
        self.shared.lock().wanted.push((knob, setting));
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        self.shared.lock().stop = true;
        // So that the next one to open the device does not find it busy. A camera that hangs is left behind.
        self.ended.recv_timeout(CLOSE_PATIENCE).unwrap_or_default();
    }
}

/// The capture thread: the device lives and dies here.
fn capture(shared: &Shared, choice: &CameraChoice, opened: &SyncSender<Result<(), CameraFault>>) {
    let mut device = match open_device(choice) {
        Ok(device) => device,
        Err(fault) => return opened.send(Err(fault)).unwrap_or_default(),
    };
    let info = describe(&mut device);
    tracing::info!(camera = info.name, format = %device.frame_format(), width = info.width, height = info.height, "camera opened");
    shared.lock().info = Arc::new(info);
    opened.send(Ok(())).unwrap_or_default();
    while !shared.lock().stop {
        let taken = device.frame();
        let mut state = shared.lock();
        match taken {
            Ok(buffer) => state.newest = Some((buffer, Instant::now())),
            Err(error) => {
                tracing::warn!(%error, "camera stopped");
                state.fault = Some(match fault_of(&error) {
                    // A device that was there a moment ago and is not any more was pulled out.
                    CameraFault::NoCamera => CameraFault::Unplugged,
                    fault => fault,
                });
                state.stop = true;
            }
        }
        let wanted = std::mem::take(&mut state.wanted);
        drop(state);
        shared.bell.notify_all();
        if !wanted.is_empty() {
            turn(&mut device, &wanted);
            let info = describe(&mut device);
            shared.lock().info = Arc::new(info);
        }
    }
    if let Err(error) = device.stop_stream() {
        tracing::debug!(%error, "camera did not stop cleanly");
    }
}

fn describe(device: &mut nokhwa::Camera) -> SourceInfo {
    let format = device.camera_format();
    SourceInfo {
        name: device.info().human_name(),
        width: format.width(),
        height: format.height(),
        frames_per_second: format.frame_rate(),
        sizes: sizes(&device.compatible_camera_formats().unwrap_or_default()),
        controls: controls::offered(&device.camera_controls().unwrap_or_default()),
    }
}

/// Each size once, with its highest rate.
fn sizes(offered: &[CameraFormat]) -> Vec<FrameSize> {
    let readable = offered.iter().filter(|format| FORMATS.contains(&format.format()));
    let mut sizes: Vec<FrameSize> = readable
        .map(|format| FrameSize {
            width: format.width(),
            height: format.height(),
            frames_per_second: format.frame_rate(),
        })
        .collect();
    sizes.sort_unstable_by(|one, other| other.cmp(one));
    sizes.dedup_by_key(|size| (size.width, size.height));
    sizes
}

fn turn(device: &mut nokhwa::Camera, wanted: &[(Knob, Setting)]) {
    for (knob, setting) in wanted {
        let listed = device.camera_controls().unwrap_or_default();
        for (control, value) in controls::steps(&listed, *knob, *setting) {
            // A camera that takes a value near the wanted one counts as refusing, too: what it is now is told anyway.
            if let Err(error) = device.set_camera_control(control, value) {
                tracing::debug!(%error, ?knob, "the camera did not take a setting");
            }
        }
    }
}

fn open_device(choice: &CameraChoice) -> Result<nokhwa::Camera, CameraFault> {
    ask_permission()?;
    let index = match &choice.id {
        Some(id) => id.parse().map_or_else(|_| CameraIndex::String(id.clone()), CameraIndex::Index),
        None => {
            let first = list_cameras()?.into_iter().next().ok_or(CameraFault::NoCamera)?;
            first.id.parse().map_or_else(|_| CameraIndex::String(first.id), CameraIndex::Index)
        }
    };
    // Opened with whatever comes first, then set: nokhwa's own choice misses sizes that are near, but not exact.
    let any = RequestedFormat::with_formats(RequestedFormatType::None, &FORMATS);
    let mut device = nokhwa::Camera::new(index, any).map_err(|error| fault_of(&error))?;
    let offered = device.compatible_camera_formats().map_err(|error| fault_of(&error))?;
    let best = best_format(&offered, choice);
    if let Some(format) = best.filter(|format| *format != device.camera_format()) {
        let exact = RequestedFormat::with_formats(RequestedFormatType::Exact(format), &FORMATS);
        if let Err(error) = device.set_camera_requset(exact) {
            // It goes on with the format it was opened with.
            tracing::debug!(%error, %format, "camera refused a format that it offers");
        }
    }
    device.open_stream().map_err(|error| fault_of(&error))?;
    Ok(device)
}

/// macOS asks the person in front of it; the other systems answer at once.
fn ask_permission() -> Result<(), CameraFault> {
    if nokhwa::nokhwa_check() {
        return Ok(());
    }
    let (tell, told) = sync_channel(1);
    nokhwa::nokhwa_initialize(move |granted| tell.try_send(granted).unwrap_or_default());
    match told.recv_timeout(OPEN_PATIENCE) {
        Ok(true) => Ok(()),
        Ok(false) | Err(_) => Err(CameraFault::Denied),
    }
}

/// The nearest size first, then a rate that is enough, then the format that is cheapest to read.
fn best_format(offered: &[CameraFormat], choice: &CameraChoice) -> Option<CameraFormat> {
    let cost = |format: &CameraFormat| {
        let size = format.width().abs_diff(choice.width) + format.height().abs_diff(choice.height);
        let slow = choice.frames_per_second.saturating_sub(format.frame_rate());
        let kind = FORMATS.iter().position(|known| *known == format.format());
        // Half the rate is worth as much as a tenth of the size.
        (size / 64 + slow * 8, kind, std::cmp::Reverse(format.frame_rate()))
    };
    offered
        .iter()
        .filter(|format| FORMATS.contains(&format.format()))
        .min_by_key(|format| cost(format))
        .copied()
}

fn pixel_format(format: FrameFormat) -> PixelFormat {
    match format {
        FrameFormat::MJPEG => PixelFormat::Mjpeg,
        FrameFormat::YUYV => PixelFormat::Yuyv,
        FrameFormat::NV12 => PixelFormat::Nv12,
        FrameFormat::GRAY => PixelFormat::Gray,
        FrameFormat::RAWRGB => PixelFormat::Rgb,
        FrameFormat::RAWBGR => PixelFormat::Bgr,
    }
}

/// nokhwa hands the system's words through; its numbers do not depend on the language.
fn fault_of(error: &NokhwaError) -> CameraFault {
    let text = error.to_string();
    let says = |marks: &[&str]| marks.iter().any(|mark| text.contains(mark));
    // EACCES, EPERM; E_ACCESSDENIED; the word of AVFoundation.
    if says(&["(os error 13)", "(os error 1)", "0x80070005", "not authorized", "Not authorized", "Denied"]) {
        return CameraFault::Denied;
    }
    // EBUSY; a camera that another program took; the lock of AVFoundation.
    if says(&["(os error 16)", "0xC00D3704", "0xC00D3EA3", "Already in use", "is in use"]) {
        return CameraFault::Busy;
    }
    // ENODEV, EIO while reading; a device that went away.
    if says(&["(os error 19)", "0xC00D3EA2", "0xC00D36B2"]) {
        return CameraFault::Unplugged;
    }
    // ENOENT, ENXIO.
    if says(&["(os error 2)", "(os error 6)"]) {
        return CameraFault::NoCamera;
    }
    match error {
        NokhwaError::GetPropertyError { property, error }
            if property == "CameraFormat" || property == "FrameFormat" =>
        {
            CameraFault::Unsupported(error.clone())
        }
        NokhwaError::UnsupportedOperationError(backend) => CameraFault::Unsupported(backend.to_string()),
        _ => CameraFault::Failed(text),
    }
}

#[cfg(test)]
mod tests {
    use nokhwa::utils::Resolution;

    use super::*;

    fn offer(width: u32, height: u32, format: FrameFormat, rate: u32) -> CameraFormat {
        CameraFormat::new(Resolution::new(width, height), format, rate)
    }

    #[test]
    fn the_nearest_size_at_enough_speed_is_chosen() {
        let choice = CameraChoice::default();
        let best = |offers: &[CameraFormat]| best_format(offers, &choice);
        let (mjpeg, yuyv) = (FrameFormat::MJPEG, FrameFormat::YUYV);
        // What a webcam usually offers: YUYV at the full size is too slow for USB 2.
        let webcam = [
            offer(640, 480, yuyv, 30),
            offer(1280, 720, yuyv, 10),
            offer(1280, 720, mjpeg, 30),
            offer(1920, 1080, mjpeg, 30),
        ];
        assert_eq!(best(&webcam), Some(offer(1280, 720, mjpeg, 30)));
        assert_eq!(
            best(&[offer(1280, 720, mjpeg, 30), offer(1280, 720, yuyv, 30)]),
            Some(offer(1280, 720, yuyv, 30))
        );
        assert_eq!(
            best(&[offer(1280, 720, mjpeg, 30), offer(1280, 720, mjpeg, 60)]),
            Some(offer(1280, 720, mjpeg, 60))
        );
        assert_eq!(
            best(&[offer(640, 480, mjpeg, 30), offer(1920, 1080, mjpeg, 5)]),
            Some(offer(640, 480, mjpeg, 30))
        );
        assert_eq!(best(&[]), None);
    }

    #[test]
    fn each_size_is_listed_once_at_its_best_rate() {
        let size = |width, height, frames_per_second| FrameSize { width, height, frames_per_second };
        let offers = [
            offer(640, 480, FrameFormat::YUYV, 30),
            offer(1280, 720, FrameFormat::YUYV, 10),
            offer(1280, 720, FrameFormat::MJPEG, 30),
            offer(640, 480, FrameFormat::MJPEG, 60),
        ];
        assert_eq!(sizes(&offers), [size(1280, 720, 30), size(640, 480, 60)]);
    }

    #[test]
    fn each_fault_has_its_own_name() {
        let opening = |text: &str| fault_of(&NokhwaError::OpenDeviceError("0".into(), text.into()));
        assert_eq!(opening("V4L2 Error: Permission denied (os error 13)"), CameraFault::Denied);
        assert_eq!(opening("V4L2 Error: Keine Berechtigung (os error 13)"), CameraFault::Denied);
        assert_eq!(opening("V4L2 Error: No such file or directory (os error 2)"), CameraFault::NoCamera);
        let streaming = NokhwaError::OpenStreamError("Device or resource busy (os error 16)".into());
        assert_eq!(fault_of(&streaming), CameraFault::Busy);
        let reading = NokhwaError::ReadFrameError("No such device (os error 19)".into());
        assert_eq!(fault_of(&reading), CameraFault::Unplugged);
        let format =
            NokhwaError::GetPropertyError { property: "CameraFormat".into(), error: "Failed".into() };
        assert_eq!(fault_of(&format), CameraFault::Unsupported("Failed".into()));
        assert!(
            matches!(opening("something else"), CameraFault::Failed(text) if text.contains("something else"))
        );
        assert!(matches!(opening("(os error 130)"), CameraFault::Failed(_)));
    }

    #[test]
    fn a_camera_that_is_not_there_is_no_camera() {
        let choice = CameraChoice { id: Some("97".into()), ..CameraChoice::default() };
        assert_eq!(Camera::open(&choice).err(), Some(CameraFault::NoCamera));
    }
}
