//! The eye: a source on its own thread, decoded, shown and reported; it comes back by itself after a fault.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::preview::{outline, preview};
use crate::stop::{Stop, lock};
use crate::{CameraFault, Decoder, Found, Frame, FrameSource, Knob, Point, Setting, SourceInfo};

/// What an eye tells.
#[derive(Clone, Debug, PartialEq)]
pub enum EyeEvent {
    /// A picture for the screen, with the outlines of the codes in it, both in its own pixels.
    Preview { jpeg: Vec<u8>, width: u32, height: u32, outlines: Vec<[Point; 4]> },
    /// A code came into view. The same one is told again only after it was out of view, or another came between.
    Read(Found),
    /// There are no frames; the eye keeps trying. Told once until the fault changes.
    Fault(CameraFault),
    /// Frames are there again after a fault.
    Back,
}

/// How an eye looks.
#[derive(Clone, Copy, Debug)]
pub struct EyeOptions {
    /// Is a code meant for us by its text? Others are passed over without a word.
    pub wanted: fn(&str) -> bool,
    /// Pixels; None shows nothing.
    pub preview_width: Option<u32>,
    /// The least time between two previews ...
    pub preview_pause: Duration,
    /// ... and while nothing moves: a picture that looks like the last one need not be drawn.
    pub still_pause: Duration,
    /// A code counts as gone when it was not read for so long.
    pub out_of_view: Duration,
    /// The pause before a source that failed is opened again.
    pub retry_pause: Duration,
}

impl Default for EyeOptions {
    fn default() -> Self {
        Self {
            wanted: |_| true,
            preview_width: Some(640),
            preview_pause: Duration::from_millis(40),
            still_pause: Duration::from_millis(200),
            out_of_view: Duration::from_secs(1),
            retry_pause: Duration::from_secs(1),
        }
    }
}

/// What is wanted of the source, and what it says of itself. It outlives a source that failed: the next one is set as
/// the last one was.
#[derive(Default)]
struct Desk {
    info: Option<Arc<SourceInfo>>,
    kept: BTreeMap<Knob, Setting>,
    wanted: Vec<(Knob, Setting)>,
}

/// A running eye. Dropping it stops its threads and lets go of the source.
pub struct Eye {
    stop: Arc<Stop>,
    desk: Arc<Mutex<Desk>>,
    threads: Vec<JoinHandle<()>>,
}

impl Eye {
    /// Starts looking with the default options.
    pub fn start<O, S>(open: O, sink: S) -> Self
    where
        O: FnMut() -> Result<Box<dyn FrameSource>, CameraFault> + Send + 'static,
        S: Fn(EyeEvent) + Send + Sync + 'static,
    {
        Self::start_with(EyeOptions::default(), open, sink)
    }

    /// Starts looking. `open` is called on the eye's thread, again after each fault; `sink` is called from the eye's
    /// threads and should return at once.
    pub fn start_with<O, S>(options: EyeOptions, open: O, sink: S) -> Self
    where
        O: FnMut() -> Result<Box<dyn FrameSource>, CameraFault> + Send + 'static,
        S: Fn(EyeEvent) + Send + Sync + 'static,
    {
        let stop = Arc::new(Stop::default());
        let sink: Arc<dyn Fn(EyeEvent) + Send + Sync> = Arc::new(sink);
        let mut threads = Vec::new();
        let screen = Arc::new(Slot::default());
        if let Some(width) = options.preview_width {
            let (screen, sink, stop) = (screen.clone(), sink.clone(), stop.clone());
            let show = move || show(&screen, &stop, width, options.preview_pause, &*sink);
            threads.extend(std::thread::Builder::new().name("eye-preview".into()).spawn(show));
        }
        let desk = Arc::new(Mutex::new(Desk::default()));
        let look = {
            let (stop, desk) = (stop.clone(), desk.clone());
            let decoder = Decoder::wanting(options.wanted);
            let in_view = Vec::new();
            let mut looker =
                Looker { options, sink, screen, desk, decoder, in_view, shown: None, fault: None };
            move || looker.run(open, &stop)
        };
        threads.extend(std::thread::Builder::new().name("eye".into()).spawn(look));
        Self { stop, desk, threads }
    }

    /// What the source says of itself; None while there is none.
    pub fn info(&self) -> Option<Arc<SourceInfo>> {
        lock(&self.desk).info.clone()
    }

    /// Turns a knob of the source, with one of the next frames, and again whenever the source comes back after a
    /// fault. What the source does not offer is ignored.
    pub fn set(&self, knob: Knob, setting: Setting) {
        let mut desk = lock(&self.desk);
        desk.kept.insert(knob, setting);
        desk.wanted.push((knob, setting));
    }
}

impl Drop for Eye {
    fn drop(&mut self) {
        self.stop.stop();
        for thread in self.threads.drain(..) {
            // The sink may drop the eye from one of its own threads, which can not wait for itself.
            if thread.thread().id() != std::thread::current().id() {
                drop(thread.join());
            }
        }
    }
}

/// A frame and the corners of the codes in it.
type Shown = (Arc<Frame>, Vec<[Point; 4]>);

/// The newest frame for the screen; an older one that nobody took is dropped.
#[derive(Default)]
struct Slot {
    frame: Mutex<Option<Shown>>,
    bell: Condvar,
}

impl Slot {
    fn put(&self, frame: Arc<Frame>, outlines: Vec<[Point; 4]>) {
        *lock(&self.frame) = Some((frame, outlines));
        self.bell.notify_one();
    }

    /// Waits a little, so that the word to stop is heard.
    fn take(&self) -> Option<Shown> {
        let guard = lock(&self.frame);
        let waited = self.bell.wait_timeout_while(guard, Duration::from_millis(100), |slot| slot.is_none());
        waited.unwrap_or_else(PoisonError::into_inner).0.take()
    }
}

fn show(slot: &Slot, stop: &Stop, width: u32, pause: Duration, sink: &(dyn Fn(EyeEvent) + Send + Sync)) {
    while !stop.is_stopped() {
        let Some((frame, corners)) = slot.take() else { continue };
        let started = Instant::now();
        if let Some(preview) = preview(&frame, width) {
            let outlines = corners.into_iter().map(|corners| outline(corners, preview.scale)).collect();
            sink(EyeEvent::Preview {
                jpeg: preview.jpeg,
                width: preview.width,
                height: preview.height,
                outlines,
            });
        }
        stop.pause(pause.saturating_sub(started.elapsed()));
    }
}

/// The thread that decodes.
struct Looker {
    options: EyeOptions,
    sink: Arc<dyn Fn(EyeEvent) + Send + Sync>,
    screen: Arc<Slot>,
    desk: Arc<Mutex<Desk>>,
    decoder: Decoder,
    /// The texts in view, and when each was last read.
    in_view: Vec<(String, Instant)>,
    /// When the last frame for the screen was taken.
    shown: Option<Instant>,
    fault: Option<CameraFault>,
}

impl Looker {
    fn run<O>(&mut self, mut open: O, stop: &Stop)
    where
        O: FnMut() -> Result<Box<dyn FrameSource>, CameraFault>,
    {
        while !stop.is_stopped() {
            let fault = match open() {
                Ok(mut source) => {
                    let mut desk = lock(&self.desk);
                    desk.wanted = desk.kept.iter().map(|(knob, setting)| (*knob, *setting)).collect();
                    drop(desk);
                    match self.look(source.as_mut(), stop) {
                        Some(fault) => fault,
                        None => return,
                    }
                }
                Err(fault) => fault,
            };
            lock(&self.desk).info = None;
            if self.fault.as_ref() != Some(&fault) {
                (self.sink)(EyeEvent::Fault(fault.clone()));
                self.fault = Some(fault);
            }
            stop.pause(self.options.retry_pause);
        }
    }

    /// Looks until a fault or the word to stop (None).
    fn look(&mut self, source: &mut dyn FrameSource, stop: &Stop) -> Option<CameraFault> {
        while !stop.is_stopped() {
            let frame = match source.next_frame() {
                Ok(frame) => Arc::new(frame),
                Err(fault) => return Some(fault),
            };
            self.tend(source);
            if self.fault.take().is_some() {
                (self.sink)(EyeEvent::Back);
            }
            let found = self.decoder.decode(&frame.luma);
            let outlines = found.iter().map(|found| found.corners).collect();
            self.report(found, frame.taken);
            if self.is_worth_showing(&frame) {
                self.shown = Some(frame.taken);
                self.screen.put(frame, outlines);
            }
        }
        None
    }

    /// On a screen of a till that waits for the next fan most of the day, drawing costs more than reading.
    fn is_worth_showing(&self, frame: &Frame) -> bool {
        let since = self.shown.map(|shown| frame.taken.saturating_duration_since(shown));
        let looks_alike =
            self.decoder.is_still() && since.is_some_and(|since| since < self.options.still_pause);
        self.options.preview_width.is_some() && !looks_alike
    }

    /// Between two frames: hands on what is wanted of the source, and keeps what it says.
    fn tend(&self, source: &mut dyn FrameSource) {
        let mut desk = lock(&self.desk);
        for (knob, setting) in std::mem::take(&mut desk.wanted) {
            source.set(knob, setting);
        }
        desk.info = Some(source.describe());
    }

    fn report(&mut self, found: Vec<Found>, now: Instant) {
        let out_of_view = self.options.out_of_view;
        self.in_view.retain(|(_, seen)| now.saturating_duration_since(*seen) < out_of_view);
        let mut came = Vec::new();
        for found in found {
            if let Some((_, seen)) = self.in_view.iter_mut().find(|(text, _)| *text == found.text) {
                *seen = now;
            } else {
                self.in_view.push((found.text.clone(), now));
                came.push(found);
            }
        }
        // One of several that a frame missed is still there; what another took the place of is not.
        if !came.is_empty() {
            self.in_view.retain(|(_, seen)| *seen == now);
        }
        for found in came {
            (self.sink)(EyeEvent::Read(found));
        }
    }
}
