//! Why the platform could not be asked: one closed list.

use std::time::Duration;

/// How the way to the platform fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OfflineKind {
    /// No connection could be made.
    Unreachable,
    /// The connection broke before the answer was whole.
    ConnectionLost,
    /// The platform's certificate is not trusted, or somebody stands in between.
    Certificate,
}

/// A failure to ask. A refusal of an operation is no failure: see [`crate::Answer`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClientError {
    #[error("the platform can not be reached ({0:?})")]
    Offline(OfflineKind),
    /// Connected, but no answer came in time. Whether it was done is not known.
    #[error("the platform did not answer in time")]
    TimedOut,
    /// The client id or secret is wrong, expired or revoked.
    #[error("the platform refuses to sign this device in")]
    SignInRefused,
    /// Signed in, but not for this partner or program.
    #[error("the platform does not allow this to this device")]
    Forbidden,
    #[error("the platform asks to wait")]
    RateLimited { retry_after: Option<Duration> },
    /// An HTTP status that is none of the above.
    #[error("the platform failed with status {0}")]
    Server(u16),
    /// The platform did not take the request as a whole.
    #[error("the platform does not understand the request")]
    Rejected,
    /// The answer is none.
    #[error("the platform's answer can not be read")]
    Malformed,
    /// The server has the base API only.
    #[error("the server does not offer this")]
    Unsupported,
    /// The endpoint's address is no web address.
    #[error("the address is not valid")]
    BadAddress,
}

impl ClientError {
    /// The platform was not reached, or nothing came back.
    pub fn is_offline(&self) -> bool {
        matches!(self, Self::Offline(_) | Self::TimedOut)
    }

    /// Whether the same request could succeed later without anybody changing anything here.
    pub fn should_retry(&self) -> bool {
        match self {
            Self::Offline(_) | Self::TimedOut | Self::RateLimited { .. } | Self::Malformed => true,
            Self::Server(status) => *status >= 500 || *status == 408,
            Self::SignInRefused | Self::Forbidden | Self::Rejected | Self::Unsupported | Self::BadAddress => {
                false
            }
        }
    }

    /// A stable code for messages and logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Offline(OfflineKind::Unreachable) => "unreachable",
            Self::Offline(OfflineKind::ConnectionLost) => "connection_lost",
            Self::Offline(OfflineKind::Certificate) => "certificate",
            Self::TimedOut => "timed_out",
            Self::SignInRefused => "sign_in_refused",
            Self::Forbidden => "forbidden",
            Self::RateLimited { .. } => "rate_limited",
            Self::Server(_) => "server_failed",
            Self::Rejected => "request_rejected",
            Self::Malformed => "answer_malformed",
            Self::Unsupported => "not_offered",
            Self::BadAddress => "bad_address",
        }
    }
}
