//! Scanners of every kind bring a fan's card: on a serial port, on a keyboard of another country, after a lesson.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use common::{FIRST_FAN, Platform, Till};
#[cfg(target_os = "linux")]
use partner::Terminal;
#[cfg(target_os = "linux")]
use partner::view::FanCard;
use partner::view::{
    CameraSignal, CodeSource, Environment, HandheldScan, KeyPress, LinkState, ScanEnding, ScanReading,
    ScanSignal, ScanSource, TrustView,
};
use partner::{ErrorCode, MemoryKeychain, News};

const PATIENCE: Duration = Duration::from_secs(30);

async fn connected(platform: &Platform, folder: &std::path::Path) -> Till {
    let till = Till::open(folder, Arc::new(MemoryKeychain::default()));
    till.terminal.connect(platform.club_shop(Environment::Development)).await.unwrap();
    till.until_link(LinkState::Online).await;
    till
}

/// Waits until this is so.
async fn until(what: &str, mut so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !so() {
        assert!(Instant::now() < deadline, "never {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

/// The other end of a serial port, and where the computer finds its own.
#[cfg(target_os = "linux")]
fn scanner() -> (serial2::SerialPort, serial2::SerialPort, String) {
    use std::os::fd::AsRawFd as _;
    let (one, other) = serial2::SerialPort::pair().unwrap();
    let path = |port: &serial2::SerialPort| {
        std::fs::read_link(format!("/proc/self/fd/{}", port.as_raw_fd())).unwrap().display().to_string()
    };
    let (near, far) = (path(&one), path(&other));
    if far.starts_with("/dev/pts/") && !far.ends_with("ptmx") {
        (one, other, far)
    } else {
        (other, one, near)
    }
}

#[cfg(target_os = "linux")]
fn identified(till: &Till) -> Vec<FanCard> {
    let told = till.told.lock().unwrap();
    let cards = told.iter().filter_map(|news| match news {
        News::Scan(signal) => match signal.as_ref() {
            ScanSignal::Identified { card } => Some(card.clone()),
            ScanSignal::Refused { .. }
            | ScanSignal::Goods { .. }
            | ScanSignal::Handover { .. }
            | ScanSignal::Invitation { .. } => None,
        },
        _ => None,
    });
    cards.collect()
}

#[cfg(target_os = "linux")]
fn error(terminal: &Terminal) -> Option<ErrorCode> {
    terminal.serial_state().and_then(|state| state.error).map(|error| error.code)
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn a_serial_scanner_brings_the_fans_card() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let pass = platform.code(FIRST_FAN, "card").await;
    let (scanner, computer, port) = scanner();
    till.terminal.serial_start(port.clone(), None).await.unwrap();
    assert_eq!(till.terminal.serial_state().unwrap().port, port);
    let deadline = Instant::now() + PATIENCE;
    // What comes before the port is open is lost, as with a scanner that is plugged in late.
    while identified(&till).is_empty() {
        scanner.write_all(format!("]Q1{pass}\r\n").as_bytes()).unwrap();
        assert!(Instant::now() < deadline, "the fan was not identified");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(identified(&till)[0].trust, TrustView::Card);
    assert_eq!(error(&till.terminal), None);
    drop((scanner, computer));
    until("gone", || error(&till.terminal) == Some(ErrorCode::ScannerGone)).await;
    let refused = |news: &News| {
        matches!(news, News::Scan(signal)
            if matches!(signal.as_ref(), ScanSignal::Refused { error } if error.code == ErrorCode::ScannerGone))
    };
    assert_eq!(till.told.lock().unwrap().iter().filter(|news| refused(news)).count(), 1, "told once");
    till.terminal.serial_stop().await.unwrap();
    assert_eq!(till.terminal.serial_state(), None);
}

/// A US scanner on a computer whose keyboard makes nothing of letters but their places.
fn typed(text: &str) -> Vec<KeyPress> {
    let press = |(at_ms, char): (u32, char)| {
        let (code, shift) = match char {
            'A'..='Z' => (format!("Key{char}"), true),
            '0'..='9' => (format!("Digit{char}"), false),
            ' ' => ("Space".to_owned(), false),
            '$' => ("Digit4".to_owned(), true),
            '%' => ("Digit5".to_owned(), true),
            '*' => ("Digit8".to_owned(), true),
            '+' => ("Equal".to_owned(), true),
            '-' => ("Minus".to_owned(), false),
            '.' => ("Period".to_owned(), false),
            '/' => ("Slash".to_owned(), false),
            ':' => ("Semicolon".to_owned(), true),
            '~' => ("Backquote".to_owned(), true),
            other => panic!("{other} is in no pass"),
        };
        KeyPress { key: "Dead".into(), code, shift, caps_lock: false, at_ms: at_ms * 5 }
    };
    let mut presses: Vec<KeyPress> = (0..).zip(text.chars()).map(press).collect();
    let at_ms = presses.len().try_into().unwrap_or(u32::MAX) * 5;
    presses.push(KeyPress {
        key: "Enter".into(),
        code: "Enter".into(),
        shift: false,
        caps_lock: false,
        at_ms,
    });
    presses
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scanner_is_taught_and_then_brings_the_fans_card() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let codes = till.terminal.teach_codes().unwrap();
    assert!(codes.iter().all(|code| code.svg.starts_with("<?xml") && code.svg.contains("<svg")));
    let scans: Vec<Vec<KeyPress>> = codes.iter().map(|code| typed(&format!("~{}", code.text))).collect();
    let profile = till.terminal.teach(scans.clone()).unwrap();
    assert_eq!((profile.prefix.as_str(), profile.suffix.as_str()), ("~", ""));
    assert_eq!((profile.ending, profile.reading), (ScanEnding::Enter, ScanReading::Positions));
    assert_eq!((profile.mean_ms, profile.longest_pause_ms), (5, 5));

    for kind in ["card", "live"] {
        let pass = platform.code(FIRST_FAN, kind).await;
        let scan = till.terminal.handheld_scan(typed(&format!("~{pass}")), Some(profile.clone()));
        assert_eq!(scan, HandheldScan { text: pass, typed_before: 0 });
        let card = till.terminal.identify_text(&scan.text, CodeSource::Handheld).await.unwrap();
        assert_eq!(card.trust, if kind == "card" { TrustView::Card } else { TrustView::Live });
    }
    let error = till.terminal.teach(scans[..2].to_vec()).unwrap_err();
    assert_eq!(error.code, ErrorCode::TeachUnread);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_says_what_it_is_while_it_runs() {
    let folder = tempfile::tempdir().unwrap();
    let frames = tempfile::tempdir().unwrap();
    image::GrayImage::from_pixel(320, 240, image::Luma([128])).save(frames.path().join("1.png")).unwrap();
    let source = partner::FrameFolder { folder: frames.path().to_owned(), rate: 30 };
    let till = Till::open_with(folder.path(), Arc::new(MemoryKeychain::default()), Some(source));
    assert_eq!(till.terminal.camera_facts(), None);
    let camera = ScanSource::Camera { id: None, width: Some(640), height: Some(480) };
    till.terminal.scan_start(camera).await.unwrap();
    until("told", || till.terminal.camera_facts().is_some()).await;
    let facts = till.terminal.camera_facts().unwrap();
    assert_eq!((facts.frames_per_second, facts.controls.len()), (30, 0));
    till.terminal.camera_stop().await.unwrap();
    assert_eq!(till.terminal.camera_facts(), None);
}

fn draw(frame: &mut image::GrayImage, text: &str, left: u32, [dark, light]: [u8; 2]) {
    const PIXELS: u32 = 5;
    let code = qrcode::QrCode::with_error_correction_level(text, qrcode::EcLevel::M).unwrap();
    let (modules, colors) = (u32::try_from(code.width()).unwrap(), code.to_colors());
    let is_dark = |x: u32, y: u32| {
        let (x, y) = ((x / PIXELS).checked_sub(4)?, (y / PIXELS).checked_sub(4)?);
        let inside = x < modules && y < modules;
        inside.then(|| colors[(y * modules + x) as usize] == qrcode::Color::Dark)
    };
    let side = (modules + 8) * PIXELS;
    for (x, y) in (0..side).flat_map(|y| (0..side).map(move |x| (x, y))) {
        let grey = if is_dark(x, y).unwrap_or(false) { dark } else { light };
        frame.put_pixel(left + x, 100 + y, image::Luma([grey]));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_print_is_passed_over_without_a_word_and_hides_no_fan() {
    let folder = tempfile::tempdir().unwrap();
    let platform = Platform::start().await;
    let frames = tempfile::tempdir().unwrap();
    let mut frame = image::GrayImage::from_pixel(1280, 720, image::Luma([150]));
    draw(&mut frame, "https://example.org/menu", 20, [20, 235]);
    // Twelve digits, as on parcels: nine in ten of them are no id by their check digit.
    draw(&mut frame, "008407119296", 300, [20, 235]);
    frame.save(frames.path().join("1.png")).unwrap();
    let source = partner::FrameFolder { folder: frames.path().to_owned(), rate: 30 };
    let till = Till::open_with(folder.path(), Arc::new(MemoryKeychain::default()), Some(source));
    till.terminal.connect(platform.club_shop(Environment::Development)).await.unwrap();
    till.until_link(LinkState::Online).await;
    let pictures = || {
        let told = till.told.lock().unwrap();
        told.iter().filter(|news| matches!(news, News::Camera(CameraSignal::Frame { .. }))).count()
    };
    till.terminal.camera_start(None).await.unwrap();
    until("shown", || pictures() > 5).await;
    // A phone with a dark screen comes beside them.
    draw(&mut frame, &platform.code(FIRST_FAN, "card").await, 620, [235, 20]);
    till.terminal.camera_stop().await.unwrap();
    frame.save(frames.path().join("1.png")).unwrap();
    till.terminal.camera_start(None).await.unwrap();
    let scanned = |news: &News| matches!(news, News::Scan(_));
    till.until_told(scanned).await;
    till.terminal.camera_stop().await.unwrap();
    let told = till.told.lock().unwrap();
    let scans: Vec<_> = told.iter().filter(|news| scanned(news)).collect();
    let identified = |news: &News| {
        matches!(news, News::Scan(signal)
            if matches!(signal.as_ref(), ScanSignal::Identified { card } if card.trust == TrustView::Card))
    };
    assert!(scans.len() == 1 && identified(scans[0]), "{scans:?}");
}

/// More than ten minutes: so old is a configuration that is fetched again.
const CONFIG_AGED: i64 = 11 * 60 * 1000;

async fn refused_in_the_end(till: &Till, pass: &str) -> ErrorCode {
    let deadline = Instant::now() + PATIENCE;
    loop {
        till.terminal.send_now().await.ok();
        match till.terminal.identify_text(pass, CodeSource::Picture).await {
            Err(error) => return error.code,
            Ok(_) => assert!(Instant::now() < deadline, "the revocation never reached the device"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_pass_is_refused_and_a_platform_put_back_from_a_copy_does_not_change_that() {
    let folder = tempfile::tempdir().unwrap();
    let mut platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let pass = platform.code(FIRST_FAN, "card").await;
    till.terminal.identify_text(&pass, CodeSource::Picture).await.expect("it counts as yet");
    platform.stop().await;
    let copy = platform.copy();
    platform.start_again().await;
    // The configuration is old enough to be fetched again when the platform is back.
    till.ahead.store(CONFIG_AGED, Ordering::Relaxed);
    platform.revoke_passes(FIRST_FAN).await;
    platform.stop().await;
    platform.start_again().await;
    assert_eq!(refused_in_the_end(&till, &pass).await, ErrorCode::PassRevoked);

    // What a copy of the day before signs is older than what the device has.
    platform.stop().await;
    platform.put_back(&copy);
    till.ahead.store(2 * CONFIG_AGED, Ordering::Relaxed);
    let fetched = till.terminal.offline_limits().await.unwrap().fetched_at;
    platform.start_again().await;
    let deadline = Instant::now() + PATIENCE;
    while till.terminal.offline_limits().await.unwrap().fetched_at <= fetched {
        till.terminal.send_now().await.ok();
        assert!(Instant::now() < deadline, "the configuration was never fetched again");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let error = till.terminal.identify_text(&pass, CodeSource::Picture).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::PassRevoked);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_week_away_a_pass_is_not_checked_any_more_and_other_codes_are() {
    let folder = tempfile::tempdir().unwrap();
    let mut platform = Platform::start().await;
    let till = connected(&platform, folder.path()).await;
    let pass = platform.code(FIRST_FAN, "card").await;
    platform.stop().await;
    till.terminal.identify_text(&pass, CodeSource::Picture).await.expect("the keys are young");
    const WEEK: i64 = 7 * 86_400 * 1000;
    till.ahead.store(WEEK + 3_600_000, Ordering::Relaxed);
    let refused = till.terminal.identify_text(&pass, CodeSource::Picture).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::PassKeysTooOld);
    let card = till.terminal.identify_text(FIRST_FAN, CodeSource::Typed).await.unwrap();
    assert_eq!(card.trust, TrustView::Unsigned);
}
