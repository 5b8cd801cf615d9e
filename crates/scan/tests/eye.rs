//! From a source to what the screen and the till are told.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]

mod common;

use std::collections::VecDeque;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::{Canvas, Modules, square};
use image::ImageFormat;
use qrcode::EcLevel;
use scan::{
    CameraFault, Control, Eye, EyeEvent, EyeOptions, Frame, FrameFiles, FrameSource, Knob, LumaFrame,
    Setting, SourceInfo,
};

/// Long enough for a machine with much else to do; a test that passes never waits so long.
const PATIENCE: Duration = Duration::from_secs(30);

fn shot(text: &str) -> LumaFrame {
    let mut canvas = Canvas::new(1280, 720, 170.0);
    if !text.is_empty() {
        canvas.draw(&Modules::of(text, EcLevel::M), square(500.0, 200.0, 250.0), 30.0, 230.0);
    }
    canvas.frame()
}

fn two(left: &str, right: &str) -> LumaFrame {
    let mut canvas = Canvas::new(1280, 720, 170.0);
    for (text, at) in [(left, 200.0), (right, 800.0)] {
        canvas.draw(&Modules::of(text, EcLevel::M), square(at, 200.0, 250.0), 30.0, 230.0);
    }
    canvas.frame()
}

fn save(folder: &Path, name: &str, frame: &LumaFrame) {
    let picture = image::GrayImage::from_raw(frame.width, frame.height, frame.luma.clone()).unwrap();
    picture.save_with_format(folder.join(name), ImageFormat::from_path(name).unwrap()).unwrap();
}

/// A source that follows a script: frames and faults, each with the time since the one before. At its end it waits
/// for the test to be over.
struct Script {
    steps: VecDeque<(Duration, Result<LumaFrame, CameraFault>)>,
    now: Instant,
    end: Receiver<()>,
}

impl FrameSource for Script {
    fn next_frame(&mut self) -> Result<Frame, CameraFault> {
        let Some((pause, step)) = self.steps.pop_front() else {
            self.end.recv().unwrap_or_default();
            return Err(CameraFault::Unplugged);
        };
        self.now += pause;
        step.map(|luma| Frame { luma, raw: None, taken: self.now })
    }

    fn describe(&self) -> Arc<SourceInfo> {
        Arc::new(SourceInfo { name: "script".into(), ..SourceInfo::default() })
    }
}

fn options() -> EyeOptions {
    EyeOptions { preview_width: None, retry_pause: Duration::ZERO, ..EyeOptions::default() }
}

type Steps = Vec<(Duration, Result<LumaFrame, CameraFault>)>;

/// Runs the scripts one after the other, the next each time the source is opened anew, and collects what is told
/// until `enough` events are there.
fn told(scripts: Vec<Result<Steps, CameraFault>>, enough: usize) -> Vec<EyeEvent> {
    let (tell, events) = channel();
    let mut ends: Vec<Sender<()>> = Vec::new();
    let mut scripts: VecDeque<_> = scripts
        .into_iter()
        .map(|script| {
            script.map(|steps| {
                let (end, wait) = channel();
                ends.push(end);
                Script { steps: steps.into(), now: Instant::now(), end: wait }
            })
        })
        .collect();
    let open = move || match scripts.pop_front() {
        Some(Ok(script)) => Ok(Box::new(script) as Box<dyn FrameSource>),
        Some(Err(fault)) => Err(fault),
        None => Err(CameraFault::NoCamera),
    };
    let eye = Eye::start_with(options(), open, move |event| tell.send(event).unwrap_or_default());
    let told = (0..enough).map(|_| events.recv_timeout(PATIENCE).expect("one more event")).collect();
    drop(ends);
    drop(eye);
    told
}

fn reads(events: &[EyeEvent]) -> Vec<&str> {
    let mut texts = Vec::new();
    for event in events {
        if let EyeEvent::Read(found) = event {
            texts.push(found.text.as_str());
        }
    }
    texts
}

#[test]
fn a_folder_of_frames_runs_through_the_camera_path() {
    let folder = tempfile::tempdir().unwrap();
    save(folder.path(), "1.png", &shot(""));
    save(folder.path(), "2.PNG", &shot("FP1:FIRST"));
    save(folder.path(), "3.jpg", &shot("FP1:SECOND"));
    std::fs::write(folder.path().join("notes.txt"), "no frame").unwrap();
    let path = folder.path().to_owned();
    let (tell, events) = channel();
    let options = EyeOptions { preview_pause: Duration::ZERO, ..EyeOptions::default() };
    let open = move || Ok(Box::new(FrameFiles::open(&path, 0)?) as Box<dyn FrameSource>);
    let eye = Eye::start_with(options, open, move |event| tell.send(event).unwrap_or_default());
    let (mut seen, mut previews, mut outlined) = (Vec::new(), 0, 0);
    while seen.len() < 4 || previews < 3 || outlined < 1 {
        match events.recv_timeout(PATIENCE).expect("one more event") {
            EyeEvent::Read(found) => seen.push(found.text),
            EyeEvent::Preview { jpeg, width, height, outlines } => {
                let picture = image::load_from_memory_with_format(&jpeg, ImageFormat::Jpeg).unwrap();
                assert_eq!((picture.width(), picture.height()), (width, height));
                // The JPEG file is shown as it is, the others at half their size.
                let scale = if width == 1280 { 1.0 } else { 2.0 };
                assert_eq!((width, height), ((1280.0 / scale) as u32, (720.0 / scale) as u32));
                for corners in &outlines {
                    let [x, y] = [corners[0].x * scale, corners[0].y * scale];
                    assert!((x - 500.0).abs() < 10.0 && (y - 200.0).abs() < 10.0, "{corners:?}");
                }
                previews += 1;
                outlined += outlines.len();
            }
            other => panic!("{other:?}"),
        }
    }
    drop(eye);
    assert_eq!(&seen[..4], ["FP1:FIRST", "FP1:SECOND", "FP1:FIRST", "FP1:SECOND"]);
}

#[test]
fn the_same_code_in_view_is_one_scan() {
    let second = Duration::from_millis(1000);
    let frame = Duration::from_millis(100);
    let steps = vec![
        (frame, Ok(shot("A"))),
        (frame, Ok(shot("A"))),
        // Out of view for less than a second: still the same scan.
        (frame, Ok(shot(""))),
        (second - 2 * frame, Ok(shot("A"))),
        // Out of view for a second: a new one.
        (second, Ok(shot("A"))),
        // Another came between.
        (frame, Ok(shot("B"))),
        (frame, Ok(shot("A"))),
        (frame, Ok(shot("A"))),
        (frame, Ok(shot("C"))),
    ];
    let events = told(vec![Ok(steps)], 5);
    assert_eq!(reads(&events), ["A", "A", "B", "A", "C"]);
}

#[test]
fn one_of_two_codes_that_is_missed_in_a_frame_is_no_new_scan() {
    let frame = Duration::from_millis(100);
    let steps = [two("A", "B"), shot("A"), two("A", "B"), shot("B"), two("A", "B"), shot("C"), two("A", "B")];
    let events = told(vec![Ok(steps.into_iter().map(|shot| (frame, Ok(shot))).collect())], 5);
    let mut reads = reads(&events);
    reads[..2].sort_unstable();
    reads[3..].sort_unstable();
    assert_eq!(reads, ["A", "B", "C", "A", "B"]);
}

#[test]
fn a_picture_in_which_nothing_moves_is_seldom_drawn_and_one_that_moves_at_once() {
    let frame = Duration::from_millis(33);
    let mut steps: Vec<_> = (0..60).map(|_| (frame, Ok(shot("")))).collect();
    steps.push((frame, Ok(shot("A"))));
    let (tell, events) = channel();
    let (end, wait) = channel();
    let mut script = Some(Script { steps: steps.into(), now: Instant::now(), end: wait });
    let open = move || {
        let script = script.take().ok_or(CameraFault::NoCamera)?;
        Ok(Box::new(script) as Box<dyn FrameSource>)
    };
    let options = EyeOptions { preview_pause: Duration::ZERO, ..EyeOptions::default() };
    let eye = Eye::start_with(options, open, move |event| tell.send(event).unwrap_or_default());
    let mut still = 0;
    loop {
        match events.recv_timeout(PATIENCE).expect("one more event") {
            EyeEvent::Preview { outlines, .. } if outlines.is_empty() => still += 1,
            EyeEvent::Preview { .. } => break,
            _ => {}
        }
    }
    // Three before it counts as still, and then five a second, of which two seconds pass.
    assert!(still <= 3 + 10, "{still} previews of one picture");
    drop(end);
    drop(eye);
}

#[test]
fn an_eye_comes_back_by_itself() {
    let frame = |text| (Duration::ZERO, Ok(shot(text)));
    let fault = |fault| (Duration::ZERO, Err(fault));
    let events = told(
        vec![
            Ok(vec![frame("A"), fault(CameraFault::Unplugged)]),
            Err(CameraFault::NoCamera),
            Err(CameraFault::NoCamera),
            Err(CameraFault::Busy),
            Err(CameraFault::Denied),
            Ok(vec![frame("B"), fault(CameraFault::Unsupported("H264".into()))]),
            Ok(vec![fault(CameraFault::Failed("x".into()))]),
            Ok(vec![frame("C")]),
        ],
        11,
    );
    let names: Vec<String> = events
        .iter()
        .map(|event| match event {
            EyeEvent::Read(found) => found.text.clone(),
            EyeEvent::Fault(fault) => format!("{fault:?}"),
            EyeEvent::Back => "back".into(),
            EyeEvent::Preview { .. } => "preview".into(),
        })
        .collect();
    let expected = [
        "A",
        "Unplugged",
        "NoCamera",
        "Busy",
        "Denied",
        "back",
        "B",
        "Unsupported(\"H264\")",
        "Failed(\"x\")",
        "back",
        "C",
    ];
    assert_eq!(names, expected);
}

#[test]
fn dropping_an_eye_ends_its_pause() {
    let (tell, events) = channel();
    let options = EyeOptions { retry_pause: Duration::from_secs(3600), ..EyeOptions::default() };
    let eye = Eye::start_with(
        options,
        || Err(CameraFault::Busy),
        move |event| tell.send(event).unwrap_or_default(),
    );
    assert_eq!(events.recv_timeout(PATIENCE), Ok(EyeEvent::Fault(CameraFault::Busy)));
    drop(eye);
    // The sink is gone with the threads that held it.
    assert!(events.recv_timeout(PATIENCE).is_err());
}

#[test]
fn folders_and_films_that_are_none() {
    let folder = tempfile::tempdir().unwrap();
    let open = |name: &str| FrameFiles::open(folder.path().join(name), 0).err();
    assert_eq!(open("missing"), Some(CameraFault::NoCamera));
    assert_eq!(open(""), Some(CameraFault::NoCamera), "an empty folder");
    std::fs::write(folder.path().join("film.y4m"), "YUV4MPEG2 W64 H48 Cmono\nFRAME\nshort").unwrap();
    assert!(matches!(open("film.y4m"), Some(CameraFault::Unsupported(_))));
    std::fs::write(folder.path().join("1.png"), "no picture").unwrap();
    let mut source = FrameFiles::open(folder.path(), 0).unwrap();
    assert!(matches!(source.next_frame(), Err(CameraFault::Unsupported(_))));
    std::fs::remove_file(folder.path().join("1.png")).unwrap();
    assert_eq!(source.next_frame().err(), Some(CameraFault::Unplugged));
}

#[test]
fn a_film_is_shown_frame_by_frame() {
    for (header, chroma) in
        [("C420jpeg", 3 * 2 * 2), ("Cmono", 0), ("C422", 3 * 4 * 2), ("C444", 5 * 4 * 2), ("", 12)]
    {
        let mut film = format!("YUV4MPEG2 W5 H4 F30:1 {header}").trim_end().to_owned().into_bytes();
        film.push(b'\n');
        for luma in [10u8, 20, 30] {
            film.extend(b"FRAME\n");
            film.extend(vec![luma; 20]);
            film.extend(vec![128; chroma]);
        }
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("film.y4m"), film).unwrap();
        let mut source = FrameFiles::open(folder.path().join("film.y4m"), 0).unwrap();
        assert_eq!((source.describe().width, source.describe().height), (5, 4));
        let shown: Vec<Vec<u8>> = (0..4).map(|_| source.next_frame().unwrap().luma.luma).collect();
        assert_eq!(shown, [vec![10; 20], vec![20; 20], vec![30; 20], vec![10; 20]], "{header}");
    }
}

/// A source with a lamp and a focus, which fails once.
struct Lamp {
    turned: Sender<(Knob, Setting)>,
    frames: u32,
    end: Arc<Mutex<Receiver<()>>>,
}

impl FrameSource for Lamp {
    fn next_frame(&mut self) -> Result<Frame, CameraFault> {
        if self.frames == 0 {
            self.end.lock().unwrap().recv().unwrap_or_default();
            return Err(CameraFault::Unplugged);
        }
        self.frames -= 1;
        Ok(Frame { luma: LumaFrame::new(8, 8, vec![9; 64]).unwrap(), raw: None, taken: Instant::now() })
    }

    fn describe(&self) -> Arc<SourceInfo> {
        let torch = Control { knob: Knob::Torch, min: 0, max: 1, step: 1, value: 0, automatic: None };
        Arc::new(SourceInfo { controls: vec![torch], ..SourceInfo::default() })
    }

    fn set(&mut self, knob: Knob, setting: Setting) {
        self.turned.send((knob, setting)).unwrap_or_default();
    }
}

#[test]
fn a_camera_that_comes_back_is_set_as_it_was() {
    let (turned, turns) = channel();
    let (fail, end) = channel();
    let end = Arc::new(Mutex::new(end));
    let open = move || {
        let lamp = Lamp { turned: turned.clone(), frames: 2, end: end.clone() };
        Ok(Box::new(lamp) as Box<dyn FrameSource>)
    };
    let eye = Eye::start_with(options(), open, |_| ());
    eye.set(Knob::Focus, Setting::Value(3));
    eye.set(Knob::Torch, Setting::Value(1));
    // Set before the source was open, or between two frames: one or both times.
    fail.send(()).unwrap();
    let next = || turns.recv_timeout(PATIENCE).expect("one more turn");
    let mut seen = vec![next(), next()];
    while seen.iter().filter(|turn| **turn == (Knob::Focus, Setting::Value(3))).count() < 2 {
        fail.send(()).unwrap();
        seen.push(next());
    }
    seen.push(next());
    for turn in [(Knob::Focus, Setting::Value(3)), (Knob::Torch, Setting::Value(1))] {
        assert!(seen.iter().filter(|seen| **seen == turn).count() >= 2, "{seen:?}");
    }
    drop(fail);
    drop(eye);
}

#[test]
fn what_a_source_offers_is_told_while_it_is_there() {
    let (turned, _turns) = channel();
    let (fail, end) = channel::<()>();
    let end = Arc::new(Mutex::new(end));
    let (tell, events) = channel();
    let mut opened = false;
    let open = move || {
        if std::mem::replace(&mut opened, true) {
            return Err(CameraFault::NoCamera);
        }
        Ok(Box::new(Lamp { turned: turned.clone(), frames: 2, end: end.clone() }) as Box<dyn FrameSource>)
    };
    let options = EyeOptions { preview_width: Some(8), ..options() };
    let eye = Eye::start_with(options, open, move |event| tell.send(event).unwrap_or_default());
    assert!(matches!(events.recv_timeout(PATIENCE), Ok(EyeEvent::Preview { .. })));
    assert_eq!(eye.info().expect("a source").controls.len(), 1);
    drop(fail);
    while !matches!(events.recv_timeout(PATIENCE).expect("a fault"), EyeEvent::Fault(CameraFault::NoCamera)) {
    }
    assert_eq!(eye.info(), None);
}
