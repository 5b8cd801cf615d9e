//! A scanner on a serial port, played by the other end of a pseudo terminal.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::os::fd::AsRawFd;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use scan::{SerialChoice, SerialEvent, SerialFault, SerialScanner};
use serial2::SerialPort;

const PATIENCE: Duration = Duration::from_secs(30);

/// A scanner that can be plugged in: the end that it writes to, and where the computer finds the other.
struct Handheld {
    scanner: SerialPort,
    _computer: SerialPort,
    path: PathBuf,
}

fn handheld() -> Handheld {
    let (scanner, computer) = SerialPort::pair().unwrap();
    let path = std::fs::read_link(format!("/proc/self/fd/{}", computer.as_raw_fd())).unwrap();
    let (scanner, computer, path) = if path.starts_with("/dev/pts") && !path.ends_with("ptmx") {
        (scanner, computer, path)
    } else {
        let path = std::fs::read_link(format!("/proc/self/fd/{}", scanner.as_raw_fd())).unwrap();
        (computer, scanner, path)
    };
    Handheld { scanner, _computer: computer, path }
}

fn listen(port: &Path) -> (SerialScanner, Receiver<SerialEvent>) {
    let (tell, told) = channel();
    let choice = SerialChoice { port: port.display().to_string(), baud: 9600 };
    let scanner = SerialScanner::start_with(Duration::from_millis(5), choice, move |event| {
        tell.send(event).unwrap_or_default();
    });
    (scanner, told)
}

fn next(told: &Receiver<SerialEvent>) -> SerialEvent {
    told.recv_timeout(PATIENCE).expect("one more event")
}

/// Scans until it is heard: what was written before the port was open is dropped, as it should be.
fn heard(handheld: &Handheld, told: &Receiver<SerialEvent>, bytes: &[u8], text: &str) {
    loop {
        handheld.scanner.write_all(bytes).unwrap();
        match told.recv_timeout(Duration::from_millis(500)) {
            Ok(event) => return assert_eq!(event, SerialEvent::Read(text.into())),
            Err(_) => continue,
        }
    }
}

#[test]
fn what_a_scanner_writes_is_read() {
    let handheld = handheld();
    let (scanner, told) = listen(&handheld.path);
    heard(&handheld, &told, b"FP1:FIRST\r\n", "FP1:FIRST");
    while told.recv_timeout(Duration::from_millis(200)).is_ok() {}
    handheld.scanner.write_all(b"]Q1FP1:SEC").unwrap();
    handheld.scanner.write_all(b"OND\r008407119295\r").unwrap();
    assert_eq!(next(&told), SerialEvent::Read("]Q1FP1:SECOND".into()));
    assert_eq!(next(&told), SerialEvent::Read("008407119295".into()));
    // Without an ending, the silence after it is one.
    handheld.scanner.write_all(b"008407119295").unwrap();
    assert_eq!(next(&told), SerialEvent::Read("008407119295".into()));
    drop(scanner);
}

#[test]
fn a_scanner_that_is_pulled_out_comes_back_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let port = folder.path().join("ttyACM0");
    let (scanner, told) = listen(&port);
    assert_eq!(next(&told), SerialEvent::Fault(SerialFault::Missing));
    let first = handheld();
    symlink(&first.path, &port).unwrap();
    assert_eq!(next(&told), SerialEvent::Back);
    heard(&first, &told, b"A1\r", "A1");
    std::fs::remove_file(&port).unwrap();
    drop(first);
    let fault = loop {
        match next(&told) {
            SerialEvent::Read(_) => {}
            other => break other,
        }
    };
    assert_eq!(fault, SerialEvent::Fault(SerialFault::Unplugged));
    let second = handheld();
    symlink(&second.path, &port).unwrap();
    assert_eq!(next(&told), SerialEvent::Back, "and nothing of the time between");
    heard(&second, &told, b"B2\r", "B2");
    drop(scanner);
}

#[test]
fn a_file_is_no_port() {
    let folder = tempfile::tempdir().unwrap();
    let port = folder.path().join("notes.txt");
    std::fs::write(&port, "no port").unwrap();
    let (scanner, told) = listen(&port);
    assert!(matches!(next(&told), SerialEvent::Fault(SerialFault::Failed(_))));
    drop(scanner);
}
