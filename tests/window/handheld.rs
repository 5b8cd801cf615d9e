//! A handheld scanner types a code while an amount is being typed, and one with a prefix is taught.

use std::os::fd::AsRawFd as _;

use serial2::SerialPort;

use crate::steps::{FAN, key_in, open_shop};
use crate::support::{Keyboard, Stage};

const OTHER_FAN: &str = "308077152951";
const OTHER_LABEL: &str = "3080 7715 2951";

#[tokio::test]
async fn a_handheld_scanner_identifies_the_fan_without_spoiling_the_amount() {
    let stage = Stage::new("handheld");
    let (_platform, mut till) = open_shop(&stage).await;
    key_in(&till, "2500").await;
    till.focus("amount").await;
    let keyboard = Keyboard::at_window("FanPoints Partner").await;
    keyboard.scan(FAN);
    till.reads("fan-label", "0084 0711 9295").await;
    till.has("amount", "value", "2500").await;
    till.shot("scanned").await;

    // Two at once: the last one is the fan, and the amount has nothing of either.
    for fan in [OTHER_FAN, FAN, OTHER_FAN] {
        keyboard.scan(fan);
    }
    till.reads("fan-label", OTHER_LABEL).await;
    till.has("amount", "value", "2500").await;
    till.shot("two-at-once").await;

    // A person's typing goes where it belongs, and the last key of it, too, when the scanner goes off a moment later.
    till.focus("amount").await;
    keyboard.type_slowly("7");
    till.has("amount", "value", "25007").await;
    keyboard.type_and_scan("5", FAN);
    till.reads("fan-label", "0084 0711 9295").await;
    till.has("amount", "value", "250075").await;
    till.press("tab-items").await;
    till.focus("item-title").await;
    keyboard.type_and_scan("A scarf in blue", OTHER_FAN);
    till.reads("fan-label", OTHER_LABEL).await;
    assert_eq!(till.value("item-title").await, "A scarf in blue");
    till.close().await;
}

/// What this scanner was set up to write before and after a code.
const PREFIX: &str = "~Z9";
const SUFFIX: &str = "#\t";

#[tokio::test]
async fn a_scanner_with_a_prefix_is_taught_and_identifies_the_fan() {
    let stage = Stage::new("teach");
    let (_platform, mut till) = open_shop(&stage).await;
    till.press("nav-settings").await;
    till.press("teach-open").await;
    let keyboard = Keyboard::at_window("FanPoints Partner").await;
    for step in 1..=3 {
        till.has("teach-step", "step", &step.to_string()).await;
        let shown = till.data("teach-code", "text").await.expect("a test code");
        keyboard.write_fast(&format!("{PREFIX}{shown}{SUFFIX}"));
    }
    till.has("teach-done", "ending", "tab").await;
    till.shot("taught").await;
    till.press("teach-close").await;
    till.gone("teach").await;

    till.press("nav-counter").await;
    till.find("counter").await;
    keyboard.write_fast(&format!("{PREFIX}{FAN}{SUFFIX}"));
    till.reads("fan-label", "0084 0711 9295").await;
    till.close().await;
}

/// The two ends of a serial line: the one that a scanner writes to, and the name of the other.
fn serial_line() -> (SerialPort, SerialPort, String) {
    let (one, other) = SerialPort::pair().expect("a pseudo terminal");
    let name = |port: &SerialPort| {
        let path =
            std::fs::read_link(format!("/proc/self/fd/{}", port.as_raw_fd())).expect("the port has a name");
        path.to_str()
            .filter(|path| path.starts_with("/dev/pts/") && !path.ends_with("ptmx"))
            .map(str::to_owned)
    };
    match (name(&one), name(&other)) {
        (_, Some(path)) => (one, other, path),
        (Some(path), None) => (other, one, path),
        (None, None) => panic!("no end of the pseudo terminal has a name"),
    }
}

#[tokio::test]
async fn a_scanner_on_a_serial_port_identifies_the_fan() {
    let stage = Stage::new("serial");
    let (_platform, mut till) = open_shop(&stage).await;
    till.press("nav-settings").await;
    let (scanner, computer, path) = serial_line();
    till.choose("serial-port", "?").await;
    till.find("serial-name").await;
    till.shot("naming").await;
    // At the pace of a person: what comes faster is taken for a scanner's.
    till.focus("serial-name").await;
    Keyboard::at_window("FanPoints Partner").await.type_slowly(&path);
    till.until("the whole name", || async { (till.value("serial-name").await == path).then_some(()) }).await;
    till.focus("camera-choice").await;
    till.until("the port chosen", || async { (till.value("serial-port").await == path).then_some(()) }).await;
    till.choose("serial-speed", "115200").await;
    till.shot("chosen").await;

    till.press("nav-counter").await;
    till.find("counter").await;
    // What is written before the port is open is lost, as with a real line: a person scans again.
    let code = format!("{FAN}\r\n");
    till.until("the fan", || async {
        scanner.write_all(code.as_bytes()).expect("a line");
        till.shows("fan-label").await.then_some(())
    })
    .await;
    till.reads("fan-label", "0084 0711 9295").await;
    drop(computer);
    till.close().await;
}
