//! The use cases of the app, without Tauri: connect, identify, quote, commit, undo, review.

mod camera;
mod connect;
mod csv;
mod diagnostics;
pub mod error;
mod evacuate;
mod faults;
mod figures;
mod gate;
mod goods;
mod handheld;
mod identify;
mod keychain;
mod paper;
mod passage;
mod pay;
mod people;
mod pin;
mod quick;
mod review;
pub mod rights;
mod sell;
mod shift;
mod shift_file;
mod status;
mod terminal;
pub mod upkeep;
pub mod view;

pub use error::{AppError, ErrorCode};
pub use evacuate::{DeviceKeyView, EvacuateRequest, Evacuation, ImportRequest, Imported, Recipient};
pub use identify::Copied;
pub use keychain::{Keychain, KeychainFault, MemoryKeychain, Secret};
pub use quick::qr_svg;
pub use terminal::{FrameFolder, News, Options, Terminal, system_clock};
