//! From a camera's frame to the fan's card: `cargo run --release -p partner --example scan_to_card`. Frames of 1280 × 720
//! with the card passes of six fans run at 30 a second through the eye; each read is identified by a terminal that
//! is connected to a platform in this process. The time runs from the moment a frame was taken to the card.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../tests/common/mod.rs"]
mod common;

use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use common::{Platform, Till};
use image::imageops::{FilterType, overlay, resize};
use partner::MemoryKeychain;
use partner::view::{CodeSource, Environment, LinkState};
use scan::{CameraFault, Eye, EyeEvent, Frame, FrameFiles, FrameSource, SourceInfo};

const SCANS: usize = 300;
/// The first eleven digits of fans of the example program.
const FANS: [u64; 6] =
    [840_711_929, 7_120_334_451, 9_004_511_820, 10_441_005_733, 12_773_390_164, 15_018_024_621];

/// Remembers when the frame in hand was taken.
struct Timed {
    files: FrameFiles,
    taken: Arc<Mutex<Instant>>,
}

impl FrameSource for Timed {
    fn next_frame(&mut self) -> Result<Frame, CameraFault> {
        let mut frame = self.files.next_frame()?;
        frame.taken = Instant::now();
        *self.taken.lock().unwrap() = frame.taken;
        Ok(frame)
    }

    fn describe(&self) -> Arc<SourceInfo> {
        self.files.describe()
    }
}

#[tokio::main]
async fn main() {
    let platform = Platform::start().await;
    let frames = tempfile::tempdir().unwrap();
    for (number, digits) in FANS.into_iter().enumerate() {
        let fan = fanpass::FanPointsId::from_first_eleven(digits).unwrap();
        let code =
            image::load_from_memory(&platform.picture(&fan.to_string(), "card").await).unwrap().into_luma8();
        let mut frame = image::GrayImage::from_pixel(1280, 720, image::Luma([150]));
        overlay(&mut frame, &resize(&code, 300, 300, FilterType::Triangle), 480, 200);
        frame.save(frames.path().join(format!("{number:02}.png"))).unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    let till = Till::open(folder.path(), Arc::new(MemoryKeychain::default()));
    till.terminal.connect(platform.club_shop(Environment::Development)).await.unwrap();
    till.until_link(LinkState::Online).await;

    let taken = Arc::new(Mutex::new(Instant::now()));
    let (tell, told) = channel();
    let open = {
        let (taken, path) = (taken.clone(), frames.path().to_owned());
        move || {
            let files = FrameFiles::open(&path, 30)?;
            Ok(Box::new(Timed { files, taken: taken.clone() }) as Box<dyn FrameSource>)
        }
    };
    let (runtime, terminal) = (tokio::runtime::Handle::current(), till.terminal.clone());
    let eye = Eye::start(open, move |event| {
        let EyeEvent::Read(found) = event else { return };
        let (taken, tell, terminal) = (*taken.lock().unwrap(), tell.clone(), terminal.clone());
        let read = taken.elapsed();
        runtime.spawn(async move {
            // The last one finds the till closed.
            if terminal.identify_text(&found.text, CodeSource::Camera).await.is_ok() {
                tell.send((read, taken.elapsed())).unwrap_or_default();
            }
        });
    });
    // The pictures are decoded, and the fans met, in the first rounds.
    let mut times: Vec<(Duration, Duration)> = told.iter().skip(18).take(SCANS).collect();
    drop(eye);
    println!("{SCANS} scans               median      p95    worst");
    times.sort_unstable_by_key(|(read, _)| *read);
    print("frame to text", times.iter().map(|(read, _)| *read).collect());
    times.sort_unstable_by_key(|(_, card)| *card);
    print("frame to the fan's card", times.iter().map(|(_, card)| *card).collect());
    common::close(till).await;
}

fn print(name: &str, times: Vec<Duration>) {
    let at = |share: usize| times[(times.len() - 1) * share / 100];
    println!("{name:<24} {:>8.1?} {:>8.1?} {:>8.1?}", at(50), at(95), at(100));
}
