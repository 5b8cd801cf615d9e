//! What the loop knows about itself, for the strip that is always true.

use ledger::Timestamp;

/// The way to the platform.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Not tried yet.
    Starting,
    Online {
        since: Timestamp,
    },
    /// The code says why: see [`crate::ClientError::code`].
    Offline {
        since: Timestamp,
        reason: &'static str,
    },
    /// The platform is there and does not let this device in.
    SignInRefused {
        since: Timestamp,
    },
}

impl Link {
    pub fn is_online(&self) -> bool {
        matches!(self, Self::Online { .. })
    }
}

/// How far a backlog has drained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    pub done: u64,
    pub total: u64,
}

/// Everything at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyncState {
    pub link: Link,
    /// The platform last answered this device.
    pub last_success: Option<Timestamp>,
    /// While a backlog drains.
    pub progress: Option<Progress>,
    /// When something that failed is tried again.
    pub next_try: Option<Timestamp>,
    /// The last failure, until something succeeds: of the way, of the platform, or of the database.
    pub last_error: Option<&'static str>,
    /// After several failed batches in a row only single operations go out, until one succeeds.
    pub careful: bool,
    /// Grows when the platform tells that the program's settings are others now.
    pub settings: u32,
}

impl SyncState {
    pub(crate) fn starting(last_success: Option<Timestamp>) -> Self {
        Self {
            link: Link::Starting,
            last_success,
            progress: None,
            next_try: None,
            last_error: None,
            careful: false,
            settings: 0,
        }
    }
}
