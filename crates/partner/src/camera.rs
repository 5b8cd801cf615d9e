//! The eye of the terminal, on a camera or on a part of the screen: starts and stops it, keeps the newest picture for
//! the screen, and identifies the fan whose code was read.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use scan::{Camera, CameraChoice, Eye, EyeEvent, EyeOptions, FrameFiles, FrameSource, Point};

use crate::devices::is_invitation;
use crate::evacuate::is_handover;
use crate::identify::is_ours;
use crate::terminal::{FrameFolder, News, blocking};
use crate::view::{
    CameraFacts, CameraKnob, CameraSignal, CameraView, CodeSource, GoodsState, KnobSetting, Outline,
    ScanSignal, ScanSource, ScreenView, Shown,
};
use crate::{AppError, ErrorCode, Terminal};

/// The camera that a folder of frames stands in for.
const FRAMES_ID: &str = "frames";
/// Pictures that are kept: the screen fetches one a moment after it was told of it, when there may be newer ones.
const KEPT: usize = 4;

/// The running camera, and its newest pictures.
#[derive(Default)]
pub(crate) struct CameraDesk {
    eye: Mutex<Option<Eye>>,
    pictures: Mutex<Pictures>,
}

#[derive(Default)]
struct Pictures {
    sequence: u32,
    kept: VecDeque<(u32, Arc<[u8]>)>,
}

impl CameraDesk {
    fn swap(&self, eye: Option<Eye>) -> Option<Eye> {
        std::mem::replace(&mut *self.eye.lock().unwrap_or_else(PoisonError::into_inner), eye)
    }

    fn pictures(&self) -> MutexGuard<'_, Pictures> {
        self.pictures.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Keeps the newest picture and answers its number.
    fn keep(&self, jpeg: Vec<u8>) -> u32 {
        let mut pictures = self.pictures();
        pictures.sequence = pictures.sequence.wrapping_add(1);
        let sequence = pictures.sequence;
        pictures.kept.truncate(KEPT - 1);
        pictures.kept.push_front((sequence, jpeg.into()));
        sequence
    }
}

impl Terminal {
    /// The cameras that there are.
    ///
    /// # Errors
    /// When the system does not let the app ask.
    pub async fn cameras(&self) -> Result<Vec<CameraView>, AppError> {
        if let Some(FrameFolder { folder, .. }) = &self.0.options.frames {
            return Ok(vec![CameraView { id: FRAMES_ID.into(), name: folder.display().to_string() }]);
        }
        let cameras = blocking(scan::list_cameras).await??;
        Ok(cameras.into_iter().map(|camera| CameraView { id: camera.id, name: camera.name }).collect())
    }

    /// Starts a camera (None: the first one) in place of the one that runs. Faults come as signals, and the camera
    /// comes back by itself when they are over.
    ///
    /// # Errors
    /// None at present.
    pub async fn camera_start(&self, camera: Option<String>) -> Result<(), AppError> {
        self.scan_start(ScanSource::Camera { id: camera, width: None, height: None }).await
    }

    /// Starts looking at a camera or at a part of the screen, in place of what was looked at. Faults come as signals,
    /// and it comes back by itself when they are over.
    ///
    /// # Errors
    /// None at present.
    pub async fn scan_start(&self, source: ScanSource) -> Result<(), AppError> {
        self.camera_stop().await?;
        let frames = self.0.options.frames.clone();
        let open = move || open(&source, frames.as_ref());
        let terminal = self.clone();
        let runtime = tokio::runtime::Handle::current();
        let options = EyeOptions { wanted: is_ours, ..EyeOptions::default() };
        let eye = Eye::start_with(options, open, move |event| terminal.seen(event, &runtime));
        drop(self.0.camera.swap(Some(eye)));
        Ok(())
    }

    /// What runs now and can be set on it; None while nothing delivers.
    pub fn camera_facts(&self) -> Option<CameraFacts> {
        let eye = self.0.camera.eye.lock().unwrap_or_else(PoisonError::into_inner);
        eye.as_ref()?.info().map(|info| CameraFacts::from(&*info))
    }

    /// Turns a knob of the running camera; it stays so when the camera comes back after a fault. What the camera does
    /// not offer is ignored.
    pub fn camera_set(&self, knob: CameraKnob, setting: KnobSetting) {
        if let Some(eye) = self.0.camera.eye.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
            eye.set(knob.into(), setting.into());
        }
    }

    /// The screens that can be looked at.
    ///
    /// # Errors
    /// `ScreenHidden` where the system shows no program what the others draw.
    pub async fn screens(&self) -> Result<Vec<ScreenView>, AppError> {
        blocking(screens).await?
    }

    /// Stops the camera and lets go of it.
    ///
    /// # Errors
    /// None at present.
    pub async fn camera_stop(&self) -> Result<(), AppError> {
        let eye = self.0.camera.swap(None);
        // Stopping waits for the frame in hand.
        blocking(move || drop(eye)).await?;
        self.0.camera.pictures().kept.clear();
        Ok(())
    }

    /// The picture that the signal with this number told of, as JPEG; None when it is gone.
    pub fn preview(&self, sequence: u32) -> Option<Arc<[u8]>> {
        let pictures = self.0.camera.pictures();
        pictures.kept.iter().find(|(number, _)| *number == sequence).map(|(_, jpeg)| jpeg.clone())
    }

    fn seen(&self, event: EyeEvent, runtime: &tokio::runtime::Handle) {
        match event {
            EyeEvent::Preview { jpeg, width, height, outlines } => {
                let sequence = self.0.camera.keep(jpeg);
                let outlines = outlines.iter().map(|corners| outline(corners, width, height)).collect();
                self.announce(News::Camera(CameraSignal::Frame { sequence, width, height, outlines }));
            }
            EyeEvent::Read(found) => {
                let terminal = self.clone();
                runtime.spawn(async move { terminal.read(&found.text, CodeSource::Camera).await });
            }
            EyeEvent::Fault(fault) => {
                tracing::warn!(%fault, "the camera does not deliver");
                self.announce(News::Camera(CameraSignal::Fault { error: fault.into() }));
            }
            EyeEvent::Back => self.announce(News::Camera(CameraSignal::Running)),
        }
    }

    /// What was read, wherever: the gate's matter while it is attended, else the counter's.
    pub(crate) async fn read(&self, text: &str, source: CodeSource) {
        if is_handover(text) {
            return self.announce(News::Scan(Box::new(ScanSignal::Handover { text: text.into() })));
        }
        if is_invitation(text) {
            return self.announce(News::Scan(Box::new(ScanSignal::Invitation { text: text.to_owned() })));
        }
        if self.0.gate.attended() {
            return self.show_at_gate(text).await;
        }
        let signal = match self.show_text(text, source).await {
            Ok(Shown::Fan { card }) => ScanSignal::Identified { card },
            // Parcels carry ids of this kind, too.
            Ok(Shown::Goods { goods })
                if goods.state == GoodsState::Unknown && text.trim() == goods.goods.id =>
            {
                return;
            }
            Ok(Shown::Goods { goods }) => ScanSignal::Goods { goods },
            // Every decoder reads phantoms and other people's codes: not a word about them.
            Err(error) if matches!(error.code, ErrorCode::NotOurCode | ErrorCode::CodeTooLong) => return,
            // Nobody is at work: whoever it is comes when somebody is.
            Err(error) if matches!(error.code, ErrorCode::Locked | ErrorCode::SignInNeeded) => return,
            Err(error) => ScanSignal::Refused { error },
        };
        self.announce(News::Scan(Box::new(signal)));
    }
}

fn open(
    source: &ScanSource,
    frames: Option<&FrameFolder>,
) -> Result<Box<dyn FrameSource>, scan::CameraFault> {
    match source {
        ScanSource::Camera { id, width, height } => {
            if let Some(frames) = frames {
                return Ok(Box::new(FrameFiles::open(&frames.folder, frames.rate)?));
            }
            let usual = CameraChoice::default();
            Ok(Box::new(Camera::open(&CameraChoice {
                id: id.clone(),
                width: width.unwrap_or(usual.width),
                height: height.unwrap_or(usual.height),
                ..usual
            })?))
        }
        ScanSource::Screen { id, x, y, width, height } => screen(id.as_deref(), (*x, *y, *width, *height)),
    }
}

#[cfg(not(any(target_os = "android", target_os = "ios")))]
fn screen(
    id: Option<&str>,
    (x, y, width, height): (u32, u32, u32, u32),
) -> Result<Box<dyn FrameSource>, scan::CameraFault> {
    Ok(Box::new(scan::Screen::open(id, scan::Area { x, y, width, height })?))
}

#[cfg(not(any(target_os = "android", target_os = "ios")))]
fn screens() -> Result<Vec<ScreenView>, AppError> {
    let views = scan::list_screens()?.into_iter().map(|screen| ScreenView {
        id: screen.id,
        name: screen.name,
        width: screen.width,
        height: screen.height,
    });
    Ok(views.collect())
}

/// Phones show no program what the others draw.
#[cfg(any(target_os = "android", target_os = "ios"))]
fn screen(_: Option<&str>, _: (u32, u32, u32, u32)) -> Result<Box<dyn FrameSource>, scan::CameraFault> {
    Err(scan::CameraFault::ScreenHidden("a phone".into()))
}

#[cfg(any(target_os = "android", target_os = "ios"))]
fn screens() -> Result<Vec<ScreenView>, AppError> {
    Ok(Vec::new())
}

/// Corners in pixels of the preview, to thousandths of its sides.
fn outline(corners: &[Point; 4], width: u32, height: u32) -> Outline {
    Outline(corners.iter().map(|corner| (share(corner.x, width), share(corner.y, height))).collect())
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]
fn share(position: f32, side: u32) -> u16 {
    // A cast from float saturates, and NaN becomes 0.
    (position / side.max(1) as f32 * 1000.0).clamp(0.0, 1000.0).round() as u16
}
