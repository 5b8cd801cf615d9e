//! Handheld scanners on a serial port, or on a USB port that pretends to be one: a thread that reads line by line and
//! comes back by itself when the scanner is plugged in again.

use std::io::ErrorKind;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use serial2::SerialPort;

use crate::stop::Stop;

/// A serial port of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SerialPortInfo {
    /// What to put in [`SerialChoice::port`].
    pub id: String,
    pub name: String,
}

/// Which port, and how fast it talks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SerialChoice {
    pub port: String,
    /// Bits a second; scanners leave the factory with 9600. A USB port ignores it.
    pub baud: u32,
}

/// Why a scanner says nothing. Each has its own message on the screen.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SerialFault {
    #[error("there is no such port")]
    Missing,
    #[error("the port is in use by another program")]
    Busy,
    #[error("access to the port is denied")]
    Denied,
    #[error("the scanner was unplugged")]
    Unplugged,
    #[error("the port failed: {0}")]
    Failed(String),
}

/// What a scanner tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SerialEvent {
    /// What was scanned, without the characters that end it.
    Read(String),
    /// It does not answer; told once until the fault changes.
    Fault(SerialFault),
    /// It is there again after a fault.
    Back,
}

/// No code is longer; what is, is noise or another device.
const LONGEST: usize = 1024;
/// A scanner without an ending of its own is done after so long a silence; a frame at 9600 baud has gaps of a
/// millisecond, a USB port of sixteen.
const SILENCE: Duration = Duration::from_millis(80);
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// The serial ports of this machine, by name.
///
/// # Errors
/// `Denied`, `Failed` when the system can not be asked.
pub fn list_serial_ports() -> Result<Vec<SerialPortInfo>, SerialFault> {
    let mut ports: Vec<SerialPortInfo> = SerialPort::available_ports()
        .map_err(|error| opening(&error))?
        .into_iter()
        .map(|path| {
            let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
            SerialPortInfo { id: path.to_string_lossy().into_owned(), name }
        })
        .collect();
    ports.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(ports)
}

/// A scanner that is listened to. Dropping it lets go of the port.
pub struct SerialScanner {
    stop: Arc<Stop>,
    thread: Option<JoinHandle<()>>,
}

impl SerialScanner {
    /// Starts listening. `sink` is called from a thread of its own and should return at once.
    pub fn start(choice: SerialChoice, sink: impl Fn(SerialEvent) + Send + 'static) -> Self {
        Self::start_with(RETRY_PAUSE, choice, sink)
    }

    /// The same, with another pause before a port that failed is opened again.
    pub fn start_with(
        retry_pause: Duration,
        choice: SerialChoice,
        sink: impl Fn(SerialEvent) + Send + 'static,
    ) -> Self {
        let stop = Arc::new(Stop::default());
        let listen = {
            let stop = stop.clone();
            move || listen(&choice, retry_pause, &stop, &sink)
        };
        let thread = std::thread::Builder::new().name("serial-scanner".into()).spawn(listen).ok();
        Self { stop, thread }
    }
}

impl Drop for SerialScanner {
    fn drop(&mut self) {
        self.stop.stop();
        if let Some(thread) = self.thread.take().filter(|it| it.thread().id() != std::thread::current().id())
        {
            drop(thread.join());
        }
    }
}

fn listen(choice: &SerialChoice, retry_pause: Duration, stop: &Stop, sink: &dyn Fn(SerialEvent)) {
    let mut told: Option<SerialFault> = None;
    while !stop.is_stopped() {
        let fault = match open(choice) {
            Ok(port) => {
                if told.take().is_some() {
                    sink(SerialEvent::Back);
                }
                match read_lines(&port, stop, sink) {
                    Some(fault) => fault,
                    None => return,
                }
            }
            Err(fault) => fault,
        };
        // A scanner that was pulled out is missing from then on: one message is enough.
        let known = told.as_ref() == Some(&fault)
            || (told == Some(SerialFault::Unplugged) && fault == SerialFault::Missing);
        if !known {
            tracing::warn!(%fault, port = choice.port, "the serial scanner does not answer");
            sink(SerialEvent::Fault(fault.clone()));
            told = Some(fault);
        }
        stop.pause(retry_pause);
    }
}

fn open(choice: &SerialChoice) -> Result<SerialPort, SerialFault> {
    let mut port = SerialPort::open(&choice.port, choice.baud).map_err(|error| opening(&error))?;
    port.set_read_timeout(SILENCE).map_err(|error| opening(&error))?;
    // What lay in the buffer was scanned for somebody else.
    port.discard_input_buffer().map_err(|error| opening(&error))?;
    Ok(port)
}

fn opening(error: &std::io::Error) -> SerialFault {
    match error.kind() {
        ErrorKind::NotFound => SerialFault::Missing,
        // Windows says "denied" of a port that another program has open.
        ErrorKind::PermissionDenied if cfg!(windows) => SerialFault::Busy,
        ErrorKind::PermissionDenied => SerialFault::Denied,
        ErrorKind::ResourceBusy => SerialFault::Busy,
        _ => SerialFault::Failed(error.to_string()),
    }
}

/// Reads until a fault or the word to stop (None).
fn read_lines(port: &SerialPort, stop: &Stop, sink: &dyn Fn(SerialEvent)) -> Option<SerialFault> {
    let mut lines = Lines::default();
    let mut bytes = [0; 256];
    while !stop.is_stopped() {
        match port.read(&mut bytes) {
            Ok(0) => return Some(SerialFault::Unplugged),
            Ok(count) => {
                for byte in bytes.iter().take(count) {
                    lines.take(*byte).into_iter().for_each(|line| sink(SerialEvent::Read(line)));
                }
            }
            Err(error) if error.kind() == ErrorKind::TimedOut => {
                lines.silence().into_iter().for_each(|line| sink(SerialEvent::Read(line)));
            }
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(_) => return Some(SerialFault::Unplugged),
        }
    }
    None
}

/// Bytes put together to what was scanned.
#[derive(Default)]
struct Lines {
    line: Vec<u8>,
    /// The rest of a line that is too long is dropped.
    overlong: bool,
}

impl Lines {
    /// Any control character ends a line: carriage return, line feed, tab, the end of a text.
    fn take(&mut self, byte: u8) -> Option<String> {
        if byte.is_ascii_control() {
            return self.silence();
        }
        if self.line.len() < LONGEST {
            self.line.push(byte);
        } else {
            self.overlong = true;
        }
        None
    }

    fn silence(&mut self) -> Option<String> {
        let line = std::mem::take(&mut self.line);
        let overlong = std::mem::take(&mut self.overlong);
        let text = String::from_utf8_lossy(&line);
        let text = text.trim();
        (!overlong && !text.is_empty()).then(|| text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(bytes: &[u8]) -> Vec<String> {
        let mut lines = Lines::default();
        let mut read: Vec<String> = bytes.iter().filter_map(|byte| lines.take(*byte)).collect();
        read.extend(lines.silence());
        read
    }

    #[test]
    fn any_ending_ends_a_line() {
        assert_eq!(lines(b"A\r\nB\nC\r\x02D\x03E\tF"), ["A", "B", "C", "D", "E", "F"]);
        assert_eq!(lines(b"\r\n\r\n"), [] as [&str; 0]);
        assert_eq!(lines(b" FP1:A B \r"), ["FP1:A B"]);
        assert_eq!(lines(b"\xff\xfe\r"), ["\u{fffd}\u{fffd}"]);
    }

    #[test]
    fn a_line_without_end_is_dropped() {
        let mut noise = vec![b'x'; LONGEST + 1];
        noise.extend(b"\rFP1:A\r");
        assert_eq!(lines(&noise), ["FP1:A"]);
        assert_eq!(lines(&vec![b'x'; LONGEST])[0].len(), LONGEST);
    }
}
