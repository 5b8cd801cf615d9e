//! Handheld scanners: those that type, and those on a serial port.

use std::sync::{Arc, Mutex, PoisonError};

use qrcode::render::svg;
use qrcode::{EcLevel, QrCode};

use crate::terminal::blocking;
use crate::view::{
    CodeSource, HandheldProfile, HandheldScan, KeyPress, ScanSignal, SerialPortView, SerialState, TeachCode,
};
use crate::{AppError, ErrorCode, News, Terminal};

/// The scanner that is listened to, and why it does not answer.
#[derive(Default)]
pub(crate) struct SerialDesk {
    #[cfg(not(any(target_os = "android", target_os = "ios")))]
    scanner: Mutex<Option<scan::SerialScanner>>,
    state: Arc<Mutex<Option<SerialState>>>,
}

impl SerialDesk {
    fn state(&self) -> std::sync::MutexGuard<'_, Option<SerialState>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Terminal {
    /// The code that a handheld scanner typed, whatever the keyboard's layout, whatever the scanner adds and whatever a
    /// person typed just before. It proves nothing yet: identify by it.
    pub fn handheld_scan(&self, presses: Vec<KeyPress>, profile: Option<HandheldProfile>) -> HandheldScan {
        let presses: Vec<fanpass::Press> = presses.into_iter().map(Into::into).collect();
        fanpass::find_scan(&presses, profile.map(Into::into).as_ref()).into()
    }

    /// The codes that teach a scanner, to be scanned one after the other.
    ///
    /// # Errors
    /// None at present.
    pub fn teach_codes(&self) -> Result<Vec<TeachCode>, AppError> {
        let drawn = fanpass::TEACH_CODES.into_iter().map(|text| {
            let code =
                QrCode::with_error_correction_level(text, EcLevel::M).map_err(|_| ErrorCode::Internal)?;
            let svg = code.render::<svg::Color<'_>>().min_dimensions(200, 200).build();
            Ok(TeachCode { text: text.to_owned(), svg })
        });
        drawn.collect()
    }

    /// Learns a scanner from its scans of the three test codes.
    ///
    /// # Errors
    /// `TeachUnread`: the codes were not recognized, or not alike, or not typed by a scanner; `detail` says which.
    pub fn teach(&self, scans: Vec<Vec<KeyPress>>) -> Result<HandheldProfile, AppError> {
        let scans: Vec<Vec<fanpass::Press>> =
            scans.into_iter().map(|scan| scan.into_iter().map(Into::into).collect()).collect();
        let learnt = fanpass::teach(&scans);
        Ok(learnt
            .map_err(|fault| AppError::new(ErrorCode::TeachUnread).retryable().detail(fault.to_string()))?
            .into())
    }

    /// The scanner that is listened to.
    pub fn serial_state(&self) -> Option<SerialState> {
        self.0.serial.state().clone()
    }
}

#[cfg(any(target_os = "android", target_os = "ios"))]
impl Terminal {
    /// Phones have no serial ports.
    ///
    /// # Errors
    /// None.
    pub async fn serial_ports(&self) -> Result<Vec<SerialPortView>, AppError> {
        Ok(Vec::new())
    }

    /// Phones have no serial ports.
    ///
    /// # Errors
    /// `ScannerGone`.
    pub async fn serial_start(&self, _port: String, _baud: Option<u32>) -> Result<(), AppError> {
        Err(ErrorCode::ScannerGone.into())
    }

    /// Phones have no serial ports.
    ///
    /// # Errors
    /// None.
    pub async fn serial_stop(&self) -> Result<(), AppError> {
        Ok(())
    }
}

/// What scanners leave the factory with.
#[cfg(not(any(target_os = "android", target_os = "ios")))]
const BAUD: u32 = 9600;

#[cfg(not(any(target_os = "android", target_os = "ios")))]
impl Terminal {
    /// The serial ports that there are.
    ///
    /// # Errors
    /// When the system does not let the app ask.
    pub async fn serial_ports(&self) -> Result<Vec<SerialPortView>, AppError> {
        let ports = blocking(scan::list_serial_ports).await??;
        Ok(ports.into_iter().map(|port| SerialPortView { id: port.id, name: port.name }).collect())
    }

    /// Listens to a scanner on this port, in place of the one before; without a rate 9600 bits a second. What it reads
    /// comes as the camera's reads do. A fault is told once, and `serial_state` knows it; the scanner comes back by
    /// itself.
    ///
    /// # Errors
    /// None at present.
    pub async fn serial_start(&self, port: String, baud: Option<u32>) -> Result<(), AppError> {
        self.serial_stop().await?;
        *self.0.serial.state() = Some(SerialState { port: port.clone(), error: None });
        let choice = scan::SerialChoice { port, baud: baud.unwrap_or(BAUD) };
        let terminal = self.clone();
        let runtime = tokio::runtime::Handle::current();
        let scanner = scan::SerialScanner::start(choice, move |event| terminal.heard(event, &runtime));
        *self.0.serial.scanner.lock().unwrap_or_else(PoisonError::into_inner) = Some(scanner);
        Ok(())
    }

    /// Lets go of the port.
    ///
    /// # Errors
    /// None at present.
    pub async fn serial_stop(&self) -> Result<(), AppError> {
        let scanner = self.0.serial.scanner.lock().unwrap_or_else(PoisonError::into_inner).take();
        *self.0.serial.state() = None;
        blocking(move || drop(scanner)).await
    }

    fn heard(&self, event: scan::SerialEvent, runtime: &tokio::runtime::Handle) {
        let error = match event {
            scan::SerialEvent::Read(text) => {
                let terminal = self.clone();
                runtime.spawn(async move { terminal.read(&text, CodeSource::Handheld).await });
                return;
            }
            scan::SerialEvent::Back => None,
            scan::SerialEvent::Fault(fault) => Some(AppError::from(fault)),
        };
        if let Some(state) = self.0.serial.state().as_mut() {
            state.error.clone_from(&error);
        }
        if let Some(error) = error {
            self.announce(News::Scan(Box::new(ScanSignal::Refused { error })));
        }
    }
}
