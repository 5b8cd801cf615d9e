//! An operation as people and the sender want to see it.

use fanpass::{FanPointsId, FanRef};
use ledger::{FanPoints, Money, PolicyRule, StatusPoints, Timestamp, Trust};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{OperationState, Raiser, Route};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OperationKind {
    Give,
    Redeem,
    Award,
    Undo,
}

impl OperationKind {
    pub const ALL: [Self; 4] = [Self::Give, Self::Redeem, Self::Award, Self::Undo];

    pub(crate) fn to_number(self) -> i64 {
        match self {
            Self::Give => 0,
            Self::Redeem => 1,
            Self::Award => 2,
            Self::Undo => 3,
        }
    }

    pub(crate) fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.to_number() == number)
    }
}

/// One line of a purchase and what it moves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ItemRow {
    /// Its id within the purchase: 1, 2, ...
    pub number: u16,
    pub title: String,
    pub description: String,
    pub price: Money,
    pub rate_label: Option<String>,
    /// In the fan's favour: positive earned, negative spent. As the device computed it.
    pub points: FanPoints,
    /// As the platform booked it.
    pub booked: Option<FanPoints>,
}

/// The action of an award.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ActionRow {
    pub category: String,
    pub title: String,
    pub description: String,
}

/// An operation with everything that is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OperationRow {
    pub id: Uuid,
    /// Dense and growing: the order of this device's own history.
    pub seq: u64,
    /// What the fan showed.
    pub fan: FanRef,
    /// The fan's FanPoints id, where the device has learned it.
    pub user_id: Option<FanPointsId>,
    pub kind: OperationKind,
    /// Give, redeem, and the undo of either: the items (of the original).
    pub items: Vec<ItemRow>,
    /// Award, and the undo of one: the action (of the original).
    pub action: Option<ActionRow>,
    pub undo_of: Option<Uuid>,
    /// The kind of the operation that this one undoes.
    pub undo_kind: Option<OperationKind>,
    /// In the fan's favour, as the device computed it.
    pub fan_points: FanPoints,
    pub status_points: StatusPoints,
    /// As the platform booked it, once it has.
    pub booked_fan_points: Option<FanPoints>,
    pub booked_status_points: Option<StatusPoints>,
    pub trust: Trust,
    pub route: Route,
    /// The staff wait for the platform's word: nothing was handed out yet.
    pub awaits_platform: bool,
    pub state: OperationState,
    pub created_at: Timestamp,
    /// How often it went out.
    pub tries: u32,
    pub last_error: Option<String>,
    pub next_try: Option<Timestamp>,
    /// Refused or held: the code that says why.
    pub refusal: Option<String>,
    pub settled_at: Option<Timestamp>,
    /// The platform's booking time.
    pub server_time: Option<Timestamp>,
    /// The platform's own name for it.
    pub reference: Option<String>,
    /// The operation that undoes this one.
    pub reversed_by: Option<Uuid>,
    pub staff: Option<String>,
    /// Somebody raised a limit for it, once.
    pub raised_by: Option<Raiser>,
    /// The rule of the offline policy that spoke.
    pub rule: Option<PolicyRule>,
    /// What this operation can still cost if the platform refuses it.
    pub exposure: FanPoints,
    /// Accepted long ago and out of the way: it can not be undone here any more.
    pub archived: bool,
}

impl OperationRow {
    /// Undone, or about to be.
    pub fn is_reversed(&self) -> bool {
        self.reversed_by.is_some()
    }

    /// What was sold or done, in one line.
    pub fn title(&self) -> String {
        match &self.action {
            Some(action) => action.title.clone(),
            None => self.items.iter().map(|item| item.title.as_str()).collect::<Vec<_>>().join(", "),
        }
    }

    pub fn rate_labels(&self) -> Vec<String> {
        self.items.iter().filter_map(|item| item.rate_label.clone()).collect()
    }

    /// How the platform is told which fan: the FanPoints id where it is known, else what was shown.
    pub fn wire_fan(&self) -> FanRef {
        self.user_id.map_or(self.fan, FanRef::Id)
    }

    /// Calls that it takes on the wire: an undo takes one for each item.
    pub fn calls(&self) -> usize {
        match self.kind {
            OperationKind::Undo => self.items.len().max(1),
            OperationKind::Give | OperationKind::Redeem | OperationKind::Award => 1,
        }
    }

    /// The id of the purchase or action on the platform.
    pub fn wire_id(&self) -> Uuid {
        self.undo_of.unwrap_or(self.id)
    }

    /// The kind of what stands in the platform's books: of the original for an undo.
    pub fn wire_kind(&self) -> OperationKind {
        self.undo_kind.unwrap_or(self.kind)
    }
}
