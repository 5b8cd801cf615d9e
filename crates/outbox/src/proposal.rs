//! What the counter asks to be done, and what the device answers.

use fanpass::FanRef;
use ledger::{Money, PolicyRule, Refusal, Timestamp, Trust};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::OperationRow;

/// One line of a purchase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurchaseItem {
    pub title: String,
    pub description: String,
    pub price: Money,
    /// None: the partner's default rate.
    pub rate_label: Option<String>,
}

/// What is to be done for a fan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Proposed {
    /// Fan Points for a purchase.
    Give { items: Vec<PurchaseItem> },
    /// Fan Points as payment for a purchase.
    Redeem { items: Vec<PurchaseItem> },
    /// Status Points for an action.
    Award { action: String, title: String, description: String },
    /// All of an earlier operation of this device.
    Undo { of: Uuid },
}

/// Who decides before the fan walks away.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Route {
    /// This device, within the offline policy. It works with and without a network.
    Local,
    /// The platform: the caller is online and waits. What the device believes about the wallet does
    /// not refuse. Nothing may be handed out before the operation is accepted.
    Platform,
}

/// An operation to be decided and, if it may be, kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Version 7, made before anything else happens, kept for ever.
    pub id: Uuid,
    pub fan: FanRef,
    pub trust: Trust,
    pub kind: Proposed,
    pub route: Route,
    pub now: Timestamp,
    /// Who did it.
    pub staff: Option<String>,
    /// Who raises, for this one operation, the limits above which a manager is asked.
    pub raised_by: Option<Raiser>,
}

/// Who raises a limit once.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Raiser {
    /// Somebody with the right to, by their id.
    Person(String),
    /// Whoever knows the manager's PIN of the device.
    ManagersPin,
}

/// What became of a proposal.
#[derive(Clone, Debug, PartialEq)]
pub enum Commit {
    /// Durable on this device. The same id committed twice gives the same row.
    Committed(Box<OperationRow>),
    /// Not done, nothing stored.
    Declined(Decline),
}

/// Why the device says no.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Decline {
    /// No configuration was ever fetched.
    #[error("the device is not connected to a program yet")]
    NotConfigured,
    /// The rule book refuses, here as on the platform.
    #[error("refused by the rules")]
    Rules(Refusal),
    /// The offline policy refuses.
    #[error("refused by the offline policy")]
    Policy(PolicyRule),
    /// The offline policy would let a manager raise this limit once.
    #[error("a manager has to raise a limit")]
    AskManager(PolicyRule),
}
