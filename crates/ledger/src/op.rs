//! What can be asked of the ledger.

use serde::{Deserialize, Serialize};

use crate::{FanId, FanPoints, Module, Money, OpId, PartnerId, StatusPoints, Timestamp};

/// The longest reason of an adjustment, in bytes of UTF-8.
pub const MAX_REASON_BYTES: usize = 1_000;

/// One operation on one fan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operation {
    /// Made first and kept for ever: the same id with the same content is the same operation.
    pub id: OpId,
    /// Where it is made.
    pub partner: PartnerId,
    /// Whose points it is about.
    pub fan: FanId,
    /// The time it was decided where it was made. Not part of its content.
    pub at: Timestamp,
    /// What is asked.
    pub kind: OperationKind,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum OperationKind {
    /// Give Fan Points for a purchase: each item earns by the rate of its label.
    Distribute {
        /// What was bought.
        items: Vec<Item>,
    },
    /// Take Fan Points as payment for a purchase.
    Redeem {
        /// What is bought.
        items: Vec<Item>,
        /// How much of it is paid in points.
        tender: Tender,
        /// A reservation whose points may be spent; it ends.
        #[serde(default)]
        reservation: Option<OpId>,
    },
    /// Award the Status Points that the program sets for an action.
    Award {
        /// The action category.
        action: String,
    },
    /// Set Fan Points aside until they are redeemed, released, or `until` has passed.
    Reserve {
        /// How many; above zero.
        points: FanPoints,
        /// The first moment at which they are free again.
        until: Timestamp,
    },
    /// End a reservation early.
    Release {
        /// The operation that made it.
        reservation: OpId,
    },
    /// Undo an earlier distribution, redemption or award of the same fan and partner.
    Reverse {
        /// The operation to undo.
        of: OpId,
        /// All of it that still stands, or one item.
        scope: Scope,
    },
    /// A manager's correction, with its reason.
    Adjust {
        /// Added where above zero, taken where below.
        amount: Adjustment,
        /// Why: 1 to [`MAX_REASON_BYTES`] bytes, not only white space.
        reason: String,
    },
    /// Expire the lots of the fan that are due at `at`, the present at the latest. Reserved points are spared.
    Expire,
    /// What becomes of a redemption that was confirmed offline and refused later, the goods being gone.
    Resolve {
        /// The refused operation; its id is burned.
        refused: OpId,
        /// What it would have cost; above zero.
        points: FanPoints,
        /// Who bears it.
        outcome: Outcome,
    },
}

impl OperationKind {
    /// The module that the program must have switched on. For a reversal it is that of the original.
    #[must_use]
    pub const fn module(&self) -> Option<Module> {
        match self {
            Self::Reverse { .. } => None,
            Self::Award { .. } | Self::Adjust { amount: Adjustment::StatusPoints(_), .. } => {
                Some(Module::StatusPoints)
            }
            Self::Distribute { .. }
            | Self::Redeem { .. }
            | Self::Reserve { .. }
            | Self::Release { .. }
            | Self::Adjust { amount: Adjustment::FanPoints(_), .. }
            | Self::Expire
            | Self::Resolve { .. } => Some(Module::FanPoints),
        }
    }
}

/// One line of a purchase.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Item {
    /// Above zero, at most [`MAX_PRICE_MINOR`](crate::MAX_PRICE_MINOR).
    pub price: Money,
    /// None: the partner's default rate.
    pub rate_label: Option<String>,
}

/// How much of a purchase is paid in points.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tender {
    /// All of it.
    Whole,
    /// So many points; money pays the rest. More than zero and at most the whole price.
    Points(FanPoints),
}

/// How much of an operation is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Everything that was not undone before.
    Whole,
    /// One item by its index, from 0. An award has one.
    Item(u16),
}

/// An amount of one of the books. Never both.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Adjustment {
    /// Fan Points; not zero.
    FanPoints(FanPoints),
    /// Status Points; not zero.
    StatusPoints(StatusPoints),
}

/// Who bears a redemption that was refused when the goods were gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// Owed by the fan, paid from the next points earned.
    CollectLater,
    /// Booked as a loss.
    Forgive,
    /// The goods came back: nothing is owed.
    Void,
}
