//! The port to the platform: the real client on one side, a faulty one in tests on the other.

use std::future::Future;
use std::net::IpAddr;

use fanpass::FanRef;
use outbox::{Booked, EngagementEvent, OperationRow, PlatformFan};
use uuid::Uuid;

use crate::ClientError;

/// What the platform says to one operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    Done(Booked),
    /// It has an operation of this id already: read it back before believing that it is this one.
    AlreadyExecuted,
    /// Refused for good; the ledger's code.
    Refused {
        code: String,
    },
    /// Something that this version does not know.
    Unknown {
        code: String,
    },
    /// No usable answer, and the fault lies with this operation.
    Failed {
        error: String,
    },
    /// No answer, and the fault lies elsewhere: another operation of the request, or the way.
    Lost,
}

/// What the platform has under an operation's id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ReadBack {
    /// This very operation.
    Same(Booked),
    /// Another fan, kind or amount.
    Different,
    /// Nothing that could be compared.
    Missing,
    /// No usable answer.
    Failed { error: String },
}

/// What the platform tells unasked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Where to go on the next time.
    pub cursor: String,
    /// There is more already.
    pub more: bool,
    /// Fans whose figures moved, wherever that was.
    pub fans: Vec<PlatformFan>,
    /// The program's settings or pass keys are others now.
    pub settings: bool,
}

/// The platform, as far as delivering needs it.
pub trait Platform: Send + Sync + 'static {
    /// Is it there, and is this device still let in? Light.
    fn ping(&self) -> impl Future<Output = Result<(), ClientError>> + Send;

    /// Sends operations in one request, to be done in this order. An operation that is missing in the
    /// answer counts as lost.
    fn submit(
        &self,
        operations: &[OperationRow],
    ) -> impl Future<Output = Result<Vec<(Uuid, Answer)>, ClientError>> + Send;

    /// Reads what the platform has under the ids of these operations.
    fn read_back(
        &self,
        operations: &[OperationRow],
    ) -> impl Future<Output = Result<Vec<(Uuid, ReadBack)>, ClientError>> + Send;

    /// What has changed since `after`; without it, the place to go on from. [`ClientError::Unsupported`] from a
    /// server with the base API: then the fans are asked for.
    fn changes(&self, _after: Option<String>) -> impl Future<Output = Result<Changes, ClientError>> + Send {
        async { Err(ClientError::Unsupported) }
    }

    /// Tells what fans have done; the answer is what need not be told again. [`ClientError::Unsupported`] from a server
    /// that takes no events.
    fn engage(
        &self,
        _events: &[EngagementEvent],
    ) -> impl Future<Output = Result<Vec<Uuid>, ClientError>> + Send {
        async { Err(ClientError::Unsupported) }
    }

    /// The address of this device from which the platform would be reached, without sending anything; None where
    /// there is no way, or nobody can tell.
    fn route(&self) -> Option<IpAddr> {
        None
    }

    /// What the platform knows of these fans; those it does not know are left out.
    fn fans(&self, fans: &[FanRef]) -> impl Future<Output = Result<Vec<PlatformFan>, ClientError>> + Send;
}
