//! The device's database: operations, journal, queue, projections and the audit chain.
//!
//! Everything a person was told is done is in here before they are told. One thread writes, in
//! transactions that are durable when they return; readers have connections of their own. Nothing
//! deletes an operation.
//!
//! What is absent: no network, no clock (times are passed in; only the ids of engagement events take it),
//! no deciding of its own (the [`ledger`] decides), no plain-text file but an export that a person asks
//! for and what could be read of a damaged database.

mod archive;
mod audit;
mod books;
mod canon;
mod cases;
mod clock;
mod commit;
mod config;
mod decision;
mod elsewhere;
mod engagement;
mod error;
mod export;
mod facts;
mod fans;
mod handover;
mod intake;
mod journal;
mod key;
mod load;
mod machine;
mod migrate;
mod open;
mod proposal;
mod queries;
mod queue;
mod resolve;
mod review;
mod row;
mod salvage;
mod settings;
mod shift;
mod store;
mod sums;
mod to_journal;
mod words;
mod writer;

pub use audit::{AuditBreak, AuditFault, AuditHead};
pub use cases::{CaseCounts, Handling, Untold, Way};
pub use clock::ClockState;
pub use config::{AppAction, AppThreshold, Connection, Environment, ProgramConfig};
pub use elsewhere::{Difference, Foreign, Origin};
pub use engagement::{Engagement, EngagementEvent};
pub use error::StoreError;
pub use export::{ExportError, Form};
pub use fans::{Confirmed, KnownFan, Pending, PlatformFan, Source};
pub use handover::{Handed, TakenOver};
pub use key::DatabaseKey;
pub use machine::{Event, IllegalTransition, OperationState};
pub use proposal::{Commit, Decline, Proposal, Proposed, PurchaseItem, Raiser, Route};
pub use queries::{Counts, Exposure, Filter, Page, Totals};
pub use queue::{Batch, Booked, Reach, Settlement};
pub use review::{COUNTED, Deed, Devices, Listed, Place, Wanted};
pub use row::{ActionRow, ItemRow, OperationKind, OperationRow};
pub use shift::{
    ClosedShift, Closer, Counted, Delivery, OpenShift, ShiftAudit, ShiftRefusal, ShiftReport, ShiftSums,
    Taker, Waiting, Watch,
};
pub use store::{Closing, Preview, Store};
pub use sums::{PassageCount, PassageMinute, PersonSums, RateSums, Stretch};
