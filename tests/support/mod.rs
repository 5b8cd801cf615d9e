//! The stage for tests of the whole: a real platform, the real window, a network and a disk that fail on demand.
//!
//! Nothing here is a double. The platform and the app are the built programs; a test does what a person at the till
//! does, and asks the platform what it booked.

// Each user of this module plays only some of the parts.
#![allow(dead_code, unused_imports)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout, clippy::print_stderr)]

mod bus;
mod child;
mod desktop;
mod disk;
mod driver;
mod kept;
mod keys;
mod likeness;
mod pictures;
mod platform;
mod proxy;
mod stage;
mod till;
mod wait;

#[path = "../oidc/rig.rs"]
pub mod rig;

pub use bus::Monitor;
pub use child::Process;
pub use desktop::Desktop;
pub use disk::SmallDisk;
pub use driver::second_start;
pub use kept::{audit_entries, device_id, secret};
pub use keys::Keyboard;
pub use likeness::{Difference, difference};
pub use pictures::{foreign_code, frames, qr, torn};
pub use platform::{Code, Pairing, Platform, Shop};
pub use proxy::{Blow, Fault, Proxy};
pub use stage::Stage;
pub use till::{Till, TillBuilder};
pub use wait::{eventually, holds_within};
