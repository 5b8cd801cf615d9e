//! Cameras, through `nokhwa`: raw frames on a thread of their own, the newest wins.

mod controls;
mod device;
mod fault;
#[cfg(test)]
mod tests;

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use nokhwa::Buffer;

use crate::mjpeg;
use crate::stop::lock;
use crate::{
    CameraFault, Frame, FrameSource, Knob, PixelFormat, RawFrame, Setting, SourceInfo, luma_from_pixels,
};

pub use device::list_cameras;
use fault::fault_of;

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

/// How long a camera may take before it counts as failed.
#[derive(Clone, Copy)]
struct Patience {
    open: Duration,
    frame: Duration,
    /// To let go of the device. A camera that hangs is left behind.
    close: Duration,
}

const PATIENCE: Patience = Patience {
    open: Duration::from_secs(10),
    frame: Duration::from_secs(2),
    close: Duration::from_millis(500),
};
/// So many unreadable frames in a row are not single torn ones.
const TORN_FRAMES: u32 = 30;

/// An open camera. Frames are taken on a thread of its own; only the newest one is kept, unread.
pub struct Camera {
    shared: Arc<Shared>,
    ended: Receiver<()>,
    patience: Patience,
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

impl Camera {
    /// Opens a camera and starts it.
    ///
    /// # Errors
    /// See [`CameraFault`].
    pub fn open(choice: &CameraChoice) -> Result<Self, CameraFault> {
        let choice = choice.clone();
        Self::open_with(PATIENCE, move || device::open(&choice))
    }

    /// `open` runs on the camera's own thread, where the device lives and dies.
    fn open_with(
        patience: Patience,
        open: impl FnOnce() -> Result<nokhwa::Camera, CameraFault> + Send + 'static,
    ) -> Result<Self, CameraFault> {
        let shared = Arc::new(Shared::default());
        let (opened, answer) = sync_channel(1);
        let (end, ended) = sync_channel(1);
        let capture = {
            let ending = Ending { shared: shared.clone(), end };
            move || capture(&ending.shared, open, &opened)
        };
        std::thread::Builder::new()
            .name("camera".into())
            .spawn(capture)
            .map_err(|error| CameraFault::Failed(error.to_string()))?;
        match answer.recv_timeout(patience.open) {
            Ok(Ok(())) => Ok(Self { shared, ended, patience }),
            Ok(Err(fault)) => Err(fault),
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                lock(&shared.state).stop = true;
                Err(CameraFault::Failed("the camera does not answer".into()))
            }
        }
    }

    /// Waits for the newest frame, still as the camera wrote it.
    fn newest(&self) -> Result<(Buffer, Instant), CameraFault> {
        let waiting = |state: &mut State| state.newest.is_none() && state.fault.is_none();
        let waited =
            self.shared.bell.wait_timeout_while(lock(&self.shared.state), self.patience.frame, waiting);
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
            let format = device::pixel_format(buffer.source_frame_format());
            let bytes = match format {
                PixelFormat::Mjpeg => mjpeg::completed(buffer.buffer_bytes()),
                _ => buffer.buffer_bytes(),
            };
            match luma_from_pixels(format, size.width(), size.height(), &bytes) {
                Ok(luma) => {
                    let (width, height) = (luma.width, luma.height);
                    let raw =
                        (format != PixelFormat::Gray).then_some(RawFrame { format, width, height, bytes });
                    return Ok(Frame { luma, raw, taken });
                }
                Err(error) => reason = error.to_string(),
            }
        }
        Err(CameraFault::Unsupported(reason))
    }

    fn describe(&self) -> Arc<SourceInfo> {
        lock(&self.shared.state).info.clone()
    }

    fn set(&mut self, knob: Knob, setting: Setting) {
        lock(&self.shared.state).wanted.push((knob, setting));
    }
}

impl Drop for Camera {
    fn drop(&mut self) {
        lock(&self.shared.state).stop = true;
        // So that the next one to open the device does not find it busy.
        self.ended.recv_timeout(self.patience.close).unwrap_or_default();
    }
}

/// Tells that the capture thread is over, also when a driver's panic ended it.
struct Ending {
    shared: Arc<Shared>,
    end: SyncSender<()>,
}

impl Drop for Ending {
    fn drop(&mut self) {
        let gave_up = || CameraFault::Failed("the camera's driver gave up".into());
        lock(&self.shared.state).fault.get_or_insert_with(gave_up);
        self.shared.bell.notify_all();
        // Nobody waits any more when the camera was given up.
        self.end.try_send(()).unwrap_or_default();
    }
}

/// The capture thread: the device lives and dies here.
fn capture(
    shared: &Shared,
    open: impl FnOnce() -> Result<nokhwa::Camera, CameraFault>,
    opened: &SyncSender<Result<(), CameraFault>>,
) {
    let mut device = match open() {
        Ok(device) => device,
        Err(fault) => return opened.send(Err(fault)).unwrap_or_default(),
    };
    let info = device::describe(&mut device);
    tracing::info!(camera = info.name, format = %device.frame_format(), width = info.width, height = info.height, "camera opened");
    lock(&shared.state).info = Arc::new(info);
    opened.send(Ok(())).unwrap_or_default();
    while !lock(&shared.state).stop {
        let taken = device.frame();
        let mut state = lock(&shared.state);
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
            device::turn(&mut device, &wanted);
            let info = device::describe(&mut device);
            lock(&shared.state).info = Arc::new(info);
        }
    }
    if let Err(error) = device.stop_stream() {
        tracing::debug!(%error, "camera did not stop cleanly");
    }
}
