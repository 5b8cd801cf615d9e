//! A code that lies on the screen, on an X server of the test's own.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]

mod common;

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};

use common::{Canvas, Modules, square};
use qrcode::EcLevel;
use scan::{Area, CameraFault, Decoder, FrameSource, Screen, list_screens};
use x11rb::connection::Connection;
use x11rb::protocol::xproto::{ConnectionExt, CreateGCAux, ImageFormat};
use x11rb::wrapper::ConnectionExt as _;

/// Set in the second process, which has the display.
const INSIDE: &str = "SCAN_TEST_HAS_A_DISPLAY";
const TEXT: &str = "FP1:SEEN ON THE SCREEN";

/// An X server that ends with the test.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Starts an X server on the first free display, and runs one of these tests in a process that sees it.
fn with_a_display(test: &str) {
    let mut server = Command::new("Xvfb")
        .args(["-displayfd", "1", "-screen", "0", "1280x720x24", "-nolisten", "tcp", "-noreset"])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("Xvfb, as for the window tests");
    let out = server.stdout.take().unwrap();
    let server = Server(server);
    let mut number = String::new();
    BufReader::new(out).read_line(&mut number).unwrap();
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env("DISPLAY", format!(":{}", number.trim()))
        .env_remove("WAYLAND_DISPLAY")
        .env(INSIDE, "1")
        .status()
        .unwrap();
    drop(server);
    assert!(status.success(), "see above");
}

fn draw(canvas: &Canvas) {
    let (line, number) = x11rb::connect(None).unwrap();
    let screen = &line.setup().roots[number];
    let pen = line.generate_id().unwrap();
    line.create_gc(pen, screen.root, &CreateGCAux::new()).unwrap();
    let frame = canvas.frame();
    // In strips: a request has its limits.
    for (strip, rows) in frame.luma.chunks(1280 * 40).enumerate() {
        let pixels: Vec<u8> = rows.iter().flat_map(|grey| [*grey, *grey, *grey, 0]).collect();
        let (height, top) = ((rows.len() / 1280) as u16, i16::try_from(strip * 40).unwrap());
        line.put_image(
            ImageFormat::Z_PIXMAP,
            screen.root,
            pen,
            1280,
            height,
            0,
            top,
            0,
            screen.root_depth,
            &pixels,
        )
        .unwrap();
    }
    line.sync().unwrap();
}

#[test]
fn a_code_on_the_screen_is_read() {
    if std::env::var_os(INSIDE).is_none() {
        return with_a_display("a_code_on_the_screen_is_read");
    }
    let mut canvas = Canvas::new(1280, 720, 170.0);
    canvas.draw(&Modules::of(TEXT, EcLevel::M), square(700.0, 300.0, 200.0), 30.0, 230.0);
    draw(&canvas);
    let screens = list_screens().unwrap();
    assert_eq!((screens.len(), screens[0].width, screens[0].height), (1, 1280, 720));

    let mut whole = Screen::open(None, Area::default()).unwrap();
    let frame = whole.next_frame().unwrap();
    assert_eq!((frame.luma.width, frame.luma.height), (1280, 720));
    let found = Decoder::new().decode(&frame.luma);
    assert_eq!(found.iter().map(|found| found.text.as_str()).collect::<Vec<_>>(), [TEXT]);

    let part = Area { x: 650, y: 250, width: 300, height: 300 };
    let mut part = Screen::open(Some(&screens[0].id), part).unwrap();
    let info = part.describe();
    assert_eq!((info.width, info.height), (300, 300));
    let found = Decoder::new().decode(&part.next_frame().unwrap().luma);
    assert_eq!(found.len(), 1);
    assert!((found[0].corners[0].x - 50.0).abs() < 4.0, "{:?}", found[0].corners);

    let elsewhere = Area { x: 0, y: 0, width: 300, height: 300 };
    let mut elsewhere = Screen::open(None, elsewhere).unwrap();
    assert_eq!(Decoder::new().decode(&elsewhere.next_frame().unwrap().luma), []);
}

#[test]
fn a_screen_that_is_not_there_is_named() {
    if std::env::var_os(INSIDE).is_none() {
        return with_a_display("a_screen_that_is_not_there_is_named");
    }
    assert_eq!(Screen::open(Some("no such screen"), Area::default()).err(), Some(CameraFault::NoCamera));
    let beyond = Area { x: 5000, ..Area::default() };
    assert_eq!(Screen::open(None, beyond).err(), Some(CameraFault::NoCamera));
}

#[test]
fn without_a_display_the_screen_is_hidden() {
    if std::env::var_os(INSIDE).is_none() {
        let status = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "without_a_display_the_screen_is_hidden", "--nocapture"])
            .env_remove("DISPLAY")
            .env_remove("WAYLAND_DISPLAY")
            .env(INSIDE, "1")
            .status()
            .unwrap();
        return assert!(status.success(), "see above");
    }
    assert!(matches!(list_screens(), Err(CameraFault::ScreenHidden(_))));
}
