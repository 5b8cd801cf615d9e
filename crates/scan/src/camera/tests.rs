//! The camera over a scripted driver: nokhwa's own door for one, so that everything above it is what runs.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::mpsc::{Sender, channel};

use nokhwa::NokhwaError;
use nokhwa::camera_traits::CaptureBackendTrait;
use nokhwa::utils::{
    ApiBackend, CameraControl, CameraFormat, CameraIndex, CameraInfo, ControlValueSetter, FrameFormat,
    KnownCameraControl, Resolution,
};

use super::*;
use crate::{Eye, EyeEvent, EyeOptions, LumaFrame};

const SIZE: Resolution = Resolution { width_x: 4, height_y: 2 };

/// What the driver does when it is asked for a frame.
enum Step {
    Frame(Vec<u8>),
    Fails(&'static str),
    Panics,
}

/// A driver that follows a script; at its end it hangs until the test lets go of it.
struct Driver {
    info: CameraInfo,
    format: CameraFormat,
    steps: Receiver<Step>,
    /// What it says when its stream is opened.
    busy: Option<&'static str>,
}

impl Driver {
    fn new(format: FrameFormat, steps: Receiver<Step>) -> Self {
        Self {
            info: CameraInfo::new("a script", "", "", CameraIndex::Index(0)),
            format: CameraFormat::new(SIZE, format, 30),
            steps,
            busy: None,
        }
    }

    /// Set up as a device that was opened.
    fn opened(self) -> Result<nokhwa::Camera, CameraFault> {
        let mut camera = nokhwa::Camera::with_custom(CameraIndex::Index(0), ApiBackend::Auto, Box::new(self));
        device::start(&mut camera, &CameraChoice::default())?;
        Ok(camera)
    }
}

fn unknown<T>() -> Result<T, NokhwaError> {
    Err(NokhwaError::GeneralError("not in the script".into()))
}

impl CaptureBackendTrait for Driver {
    fn backend(&self) -> ApiBackend {
        ApiBackend::Auto
    }

    fn camera_info(&self) -> &CameraInfo {
        &self.info
    }

    fn refresh_camera_format(&mut self) -> Result<(), NokhwaError> {
        Ok(())
    }

    fn camera_format(&self) -> CameraFormat {
        self.format
    }

    fn set_camera_format(&mut self, _: CameraFormat) -> Result<(), NokhwaError> {
        unknown()
    }

    fn compatible_list_by_resolution(
        &mut self,
        _: FrameFormat,
    ) -> Result<HashMap<Resolution, Vec<u32>>, NokhwaError> {
        // A faster rate than it runs at: it refuses to be set to it, and must go on as it was.
        Ok(HashMap::from([(SIZE, vec![30, 60])]))
    }

    fn compatible_fourcc(&mut self) -> Result<Vec<FrameFormat>, NokhwaError> {
        Ok(vec![self.format.format()])
    }

    fn resolution(&self) -> Resolution {
        SIZE
    }

    fn set_resolution(&mut self, _: Resolution) -> Result<(), NokhwaError> {
        unknown()
    }

    fn frame_rate(&self) -> u32 {
        30
    }

    fn set_frame_rate(&mut self, _: u32) -> Result<(), NokhwaError> {
        unknown()
    }

    fn frame_format(&self) -> FrameFormat {
        self.format.format()
    }

    fn set_frame_format(&mut self, _: FrameFormat) -> Result<(), NokhwaError> {
        unknown()
    }

    fn camera_control(&self, _: KnownCameraControl) -> Result<CameraControl, NokhwaError> {
        unknown()
    }

    fn camera_controls(&self) -> Result<Vec<CameraControl>, NokhwaError> {
        unknown()
    }

    fn set_camera_control(
        &mut self,
        _: KnownCameraControl,
        _: ControlValueSetter,
    ) -> Result<(), NokhwaError> {
        unknown()
    }

    fn open_stream(&mut self) -> Result<(), NokhwaError> {
        self.busy.map_or(Ok(()), |words| Err(NokhwaError::OpenStreamError(words.into())))
    }

    fn is_stream_open(&self) -> bool {
        true
    }

    fn frame(&mut self) -> Result<Buffer, NokhwaError> {
        match self.steps.recv() {
            Ok(Step::Frame(bytes)) => Ok(Buffer::new(SIZE, &bytes, self.format.format())),
            Ok(Step::Fails(words)) => Err(NokhwaError::ReadFrameError(words.into())),
            Ok(Step::Panics) => panic!("a driver that nobody tried"),
            Err(_) => Err(NokhwaError::ReadFrameError("the test is over".into())),
        }
    }

    fn frame_raw(&mut self) -> Result<Cow<'_, [u8]>, NokhwaError> {
        unknown()
    }

    fn stop_stream(&mut self) -> Result<(), NokhwaError> {
        Ok(())
    }
}

const SOON: Patience = Patience {
    open: Duration::from_millis(50),
    frame: Duration::from_millis(50),
    close: Duration::from_millis(50),
};
/// Never reached by a test that passes.
const LONG: Patience = Patience {
    open: Duration::from_secs(60),
    frame: Duration::from_secs(60),
    close: Duration::from_secs(60),
};

/// A camera and the script that its driver follows. A step counts as taken when `send` returns.
fn camera(patience: Patience, format: FrameFormat) -> (Camera, SyncSender<Step>) {
    let (script, steps) = sync_channel(0);
    let camera = Camera::open_with(patience, move || Driver::new(format, steps).opened());
    (camera.expect("an open camera"), script)
}

fn grey(luma: u8) -> Step {
    Step::Frame(vec![luma; 8])
}

fn luma(frame: Result<Frame, CameraFault>) -> Result<LumaFrame, CameraFault> {
    frame.map(|frame| frame.luma)
}

#[test]
fn the_newest_frame_wins() {
    let (mut camera, script) = camera(LONG, FrameFormat::GRAY);
    for n in 1..=4 {
        script.send(grey(n)).expect("the driver takes a step");
    }
    // The driver has asked for the fourth, so the third is there.
    let newest = luma(camera.next_frame()).expect("a frame").luma[0];
    assert!((3..=4).contains(&newest), "frame {newest} of 4");
    drop(script);
}

#[test]
fn every_format_becomes_grey_and_keeps_its_colours_for_the_screen() {
    let yuyv: Vec<u8> = (1..=8).flat_map(|luma| [luma, 128]).collect();
    let nv12: Vec<u8> = (1..=8).chain([128; 4]).collect();
    let rgb: Vec<u8> = (1..=8).flat_map(|luma| [luma; 3]).collect();
    for (format, bytes) in [
        (FrameFormat::YUYV, yuyv),
        (FrameFormat::NV12, nv12),
        (FrameFormat::RAWRGB, rgb.clone()),
        (FrameFormat::RAWBGR, rgb),
    ] {
        let (mut camera, script) = camera(LONG, format);
        script.send(Step::Frame(bytes.clone())).expect("the driver takes a step");
        let frame = camera.next_frame().expect("a frame");
        assert_eq!(frame.luma.luma, [1, 2, 3, 4, 5, 6, 7, 8], "{format:?}");
        assert_eq!(frame.raw.expect("a frame with colours").bytes, bytes, "{format:?}");
        drop(script);
    }
}

#[test]
fn jpeg_frames_are_cut_to_what_the_camera_wrote() {
    let mut picture = std::io::Cursor::new(Vec::new());
    let grey = image::GrayImage::from_pixel(4, 2, image::Luma([77]));
    grey.write_to(&mut picture, image::ImageFormat::Jpeg).expect("a picture can be written");
    let picture = picture.into_inner();
    let (mut camera, script) = camera(LONG, FrameFormat::MJPEG);
    script.send(Step::Frame([&*picture, &[0; 9000]].concat())).expect("the driver takes a step");
    let frame = camera.next_frame().expect("a frame");
    assert!(frame.luma.luma.iter().all(|luma| luma.abs_diff(77) <= 1), "{:?}", frame.luma.luma);
    assert_eq!(frame.raw.expect("a frame with colours").bytes, picture);
    drop(script);
}

#[test]
fn a_torn_frame_is_passed_over_and_many_are_a_fault() {
    let (mut camera, script) = camera(LONG, FrameFormat::GRAY);
    let (seen, goes_on) = channel();
    let play = std::thread::spawn(move || {
        let torn = || Step::Frame(vec![1; 3]);
        script.send(torn()).expect("the driver takes a step");
        script.send(grey(5)).expect("the driver takes a step");
        // A newer frame would take the place of the whole one.
        goes_on.recv().expect("the whole one is seen");
        // The camera keeps only the newest, so it takes more than thirty to be given up.
        while script.send(torn()).is_ok() {}
    });
    assert_eq!(luma(camera.next_frame()).map(|frame| frame.luma), Ok(vec![5; 8]));
    seen.send(()).expect("the script goes on");
    assert_eq!(
        luma(camera.next_frame()).err(),
        Some(CameraFault::Unsupported("a frame is shorter than its size says".into()))
    );
    drop(camera);
    play.join().expect("the script ends with the camera");
}

#[test]
fn a_camera_that_is_pulled_out_or_fails_says_so() {
    for (words, fault) in [
        ("No such device (os error 19)", CameraFault::Unplugged),
        ("No such file or directory (os error 2)", CameraFault::Unplugged),
        ("Device or resource busy (os error 16)", CameraFault::Busy),
        ("Operation not permitted (os error 1)", CameraFault::Denied),
    ] {
        let (mut camera, script) = camera(LONG, FrameFormat::GRAY);
        script.send(Step::Fails(words)).expect("the driver takes a step");
        assert_eq!(luma(camera.next_frame()), Err(fault), "{words}");
    }
    let (mut camera, script) = camera(LONG, FrameFormat::GRAY);
    script.send(Step::Fails("Input/output error (os error 5)")).expect("the driver takes a step");
    assert!(matches!(luma(camera.next_frame()), Err(CameraFault::Failed(_))));
}

#[test]
fn a_driver_that_hangs_or_panics_is_a_camera_that_failed() {
    let (mut hanging, script) = camera(SOON, FrameFormat::GRAY);
    let failed = |words: &str| Err(CameraFault::Failed(words.into()));
    assert_eq!(luma(hanging.next_frame()), failed("no frame for two seconds"));
    drop(hanging);
    drop(script);

    let (mut panicking, script) = camera(LONG, FrameFormat::GRAY);
    script.send(Step::Panics).expect("the driver takes a step");
    assert_eq!(luma(panicking.next_frame()), failed("the camera's driver gave up"));
}

#[test]
fn a_camera_that_can_not_be_opened_says_why() {
    let open = |open: fn() -> Result<nokhwa::Camera, CameraFault>| Camera::open_with(LONG, open).err();
    assert_eq!(open(|| Err(CameraFault::Denied)), Some(CameraFault::Denied));
    let busy = || {
        let driver = Driver::new(FrameFormat::GRAY, channel().1);
        Driver { busy: Some("Device or resource busy (os error 16)"), ..driver }.opened()
    };
    assert_eq!(open(busy), Some(CameraFault::Busy));
    let silent = CameraFault::Failed("the camera does not answer".into());
    assert_eq!(open(|| panic!("a driver that nobody tried")), Some(silent.clone()));
    // One that never comes back from being opened, until the test is over.
    let (over, wait) = channel::<()>();
    let never = move || {
        wait.recv().unwrap_or_default();
        Err(CameraFault::NoCamera)
    };
    assert_eq!(Camera::open_with(SOON, never).err(), Some(silent));
    drop(over);
}

#[test]
fn a_camera_that_is_not_there_is_no_camera() {
    let choice = CameraChoice { id: Some("97".into()), ..CameraChoice::default() };
    assert_eq!(Camera::open(&choice).err(), Some(CameraFault::NoCamera));
}

/// A driver that has this to do, and then hangs.
fn playing(steps: Vec<Step>, hold: &Sender<SyncSender<Step>>) -> Driver {
    let (script, taken) = sync_channel(steps.len());
    for step in steps {
        script.send(step).expect("there is room");
    }
    hold.send(script).unwrap_or_default();
    Driver::new(FrameFormat::GRAY, taken)
}

#[test]
fn each_fault_is_told_and_the_camera_comes_back_by_itself() {
    let (tell, told) = channel();
    let (hold, _held) = channel();
    let mut number = 0;
    let open = move || {
        number += 1;
        let hold = hold.clone();
        let camera = Camera::open_with(LONG, move || match number {
            1 => Err(CameraFault::NoCamera),
            2 => Err(CameraFault::Denied),
            3 => {
                let driver = playing(vec![], &hold);
                Driver { busy: Some("Device or resource busy (os error 16)"), ..driver }.opened()
            }
            4 => playing(vec![grey(1), Step::Fails("No such device (os error 19)")], &hold).opened(),
            5 => Err(CameraFault::NoCamera),
            _ => playing(vec![grey(2)], &hold).opened(),
        })?;
        Ok(Box::new(camera) as Box<dyn FrameSource>)
    };
    let options = EyeOptions { preview_width: None, retry_pause: Duration::ZERO, ..EyeOptions::default() };
    let eye = Eye::start_with(options, open, move |event| tell.send(event).unwrap_or_default());
    let told: Vec<EyeEvent> =
        (0..7).map(|_| told.recv_timeout(LONG.frame).expect("one more event")).collect();
    let fault = EyeEvent::Fault;
    assert_eq!(
        told,
        [
            fault(CameraFault::NoCamera),
            fault(CameraFault::Denied),
            fault(CameraFault::Busy),
            EyeEvent::Back,
            fault(CameraFault::Unplugged),
            fault(CameraFault::NoCamera),
            EyeEvent::Back,
        ]
    );
    drop(_held);
    drop(eye);
}
