//! What can be asked of the ledger.

use serde::{Deserialize, Serialize};

use crate::{FanId, FanPoints, Money, OpId, PartnerId, StatusPoints, Timestamp};

/// One operation on one fan. `at` is the time it was decided where it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    pub id: OpId,
    pub partner: PartnerId,
    pub fan: FanId,
    pub at: Timestamp,
    pub kind: OperationKind,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum OperationKind {
    /// Give Fan Points for a purchase: each item earns by the rate of its label.
    Distribute { items: Vec<Item> },
    /// Take Fan Points as payment for a purchase.
    Redeem { items: Vec<Item>, tender: Tender },
    /// Award the Status Points that the program sets for an action.
    Award { action: String },
    /// Set Fan Points aside until they are redeemed, released, or `until` has passed.
    Reserve { points: FanPoints, until: Timestamp },
    /// End a reservation early.
    Release { reservation: OpId },
    /// Undo an earlier operation, whole or one of its items (by index, from 0).
    Reverse { of: OpId, scope: Scope },
    /// A manager's correction, with its reason.
    Adjust { amount: Adjustment, reason: String },
    /// Expire the lots of the fan that are due at `at`.
    Expire,
    /// What becomes of a redemption that was confirmed offline and refused later, the goods being gone.
    Resolve { refused: OpId, points: FanPoints, outcome: Outcome },
}

/// One line of a purchase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    pub price: Money,
    /// None: the partner's default rate.
    pub rate_label: Option<String>,
}

/// How much of a purchase is paid in points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tender {
    Whole,
    /// So many points; money pays the rest. More than zero and at most the whole price.
    Points(FanPoints),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    Whole,
    Item(u16),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Adjustment {
    FanPoints(FanPoints),
    StatusPoints(StatusPoints),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Owed by the fan, paid from the next points earned.
    CollectLater,
    /// The partner bears it.
    Forgive,
    /// The goods came back: nothing is owed.
    Void,
}
