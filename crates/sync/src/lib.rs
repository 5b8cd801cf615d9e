//! The platform client and the loop that delivers what is queued.
//!
//! The only crate of the device that speaks HTTP. It decides nothing about points: it carries what the
//! [`outbox`] keeps to the platform, and what the platform says back.

mod administration;
mod answer;
mod client;
mod config;
mod decisions;
mod delays;
mod devices;
mod drain;
mod engagement;
mod error;
mod fans;
mod feed;
mod goods;
mod http;
mod loopback;
mod oidc;
mod port;
mod read_back;
mod reconcile;
mod round;
mod settle;
#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::print_stderr, clippy::print_stdout)]
mod simulation;
mod staff;
mod state;
mod token;
mod values;
mod wire;

pub use client::{ClientSecret, PlatformClient, Timeouts};
pub use delays::{DelayRange, Delays, Dice, parse_retry_after};
pub use devices::{
    DeviceInvitation, Heartbeat, Invited, Paired, PairedDevice, PairingRefusal, PairingRequest, pair,
    pairing_message,
};
pub use drain::{Clock, Drain, Options};
pub use error::{ClientError, OfflineKind};
pub use fans::FanAnswer;
pub use goods::{GoodsFacts, GoodsState, GoodsUse, MadeVoucher, VoucherOffer};
pub use loopback::ClosingPage;
pub use oidc::{
    OidcError, OidcFacts, OidcProvider, OidcSignIn, RefreshToken, discover, renew, revoke, sign_in,
};
pub use port::{Answer, Changes, Platform, ReadBack};
pub use reconcile::{Action, Listed, Pair, Transaction, Verdict, compare};
pub use staff::{StaffChange, StaffList, StaffMember, StaffRight};
pub use state::{Link, Progress, SyncState};
