//! What crosses the border to the screen: plain data, named in the words of the screen.
//!
//! Amounts are integers: points, or minor units of a currency (hundredths). Times are milliseconds since
//! the Unix epoch. The ledger bounds every amount far below 2^53, so a web view holds them exactly.

use serde::{Deserialize, Serialize};
use specta::Type;

use crate::error::AppError;

mod gate;
mod goods;
mod limits;
mod people;
mod review;
mod scan;
mod shift;

pub use gate::*;
pub use goods::*;
pub use limits::*;
pub use people::*;
pub use review::*;
pub use scan::*;
pub use shift::*;

/// What the frame around every screen shows.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Status {
    /// As that of a [`FanCard`].
    pub edition: u64,
    pub connection: Option<ConnectionView>,
    pub link: LinkView,
    pub queue: QueueCounts,
    /// What was refused or is held and waits for a person.
    pub cases: CaseCounts,
    pub exposure: ExposureView,
    pub preferences: Preferences,
    pub session: SessionView,
    /// What this device is to the platform; none where it was connected by hand.
    pub device: Option<OwnDevice>,
    /// Something that stands in the way of all work, such as a database of a newer version.
    pub trouble: Option<AppError>,
    /// The phone's system, whose own scanner reads codes in the app's stead; none on a desktop.
    pub phone: Option<PhoneSystem>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum PhoneSystem {
    Android,
    Ios,
}

impl PhoneSystem {
    /// The one that this app was built for.
    pub(crate) const fn here() -> Option<Self> {
        if cfg!(target_os = "android") {
            Some(Self::Android)
        } else if cfg!(target_os = "ios") {
            Some(Self::Ios)
        } else {
            None
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionView {
    pub endpoint: String,
    pub token_endpoint: String,
    pub environment: Environment,
    pub program_name: String,
    pub partner_id: String,
    pub partner_name: String,
    pub currency: String,
    /// Labels that a purchase item may carry; the partner's default rate applies without one.
    pub rates: Vec<RateView>,
    pub actions: Vec<ActionView>,
    pub threshold_rules: Vec<ThresholdRuleView>,
    /// Whether the program's modules allow it.
    pub fan_points: bool,
    pub status_points: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Environment {
    Development,
    Production,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RateView {
    /// None: the default rate.
    pub label: Option<String>,
    /// As a decimal: "0.02" of the price, or points per item.
    pub rate: String,
    pub relative: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ActionView {
    pub category: String,
    pub title: String,
    pub status_points: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ThresholdRuleView {
    pub id: String,
    pub title: String,
    /// The number of Status Points, for the simple rules.
    pub at_least: Option<i64>,
}

/// The line to the platform, as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct LinkView {
    pub state: LinkState,
    /// Since when.
    pub since: Option<i64>,
    pub last_success: Option<i64>,
    /// While a backlog drains: how many of how many are done.
    pub progress: Option<ProgressView>,
    pub next_try: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum LinkState {
    NotConnected,
    Connecting,
    Online,
    Offline,
    /// The platform no longer takes the client id and secret.
    SignInRefused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ProgressView {
    pub done: u32,
    pub total: u32,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct QueueCounts {
    pub waiting: u32,
    pub accepted: u32,
    pub refused: u32,
    pub held: u32,
    /// When the oldest of the waiting ones was made.
    pub oldest_waiting: Option<i64>,
}

/// What the platform could still refuse, in points, against the device's cap.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ExposureView {
    pub points: i64,
    pub cap: i64,
    pub warn: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Preferences {
    pub language: Language,
    pub theme: Theme,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Language {
    System,
    En,
    De,
    Fr,
    It,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum Theme {
    System,
    Light,
    Dark,
}

/// What staff types to connect the device.
#[derive(Clone, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ConnectRequest {
    /// Base address of the platform, such as `https://api.example.org`.
    pub endpoint: String,
    /// Where tokens are issued; None: `{endpoint}/oauth2/token`.
    pub token_endpoint: Option<String>,
    pub partner_id: String,
    pub client_id: String,
    pub client_secret: String,
    pub environment: Environment,
}

/// How a code reached the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum CodeSource {
    Typed,
    Handheld,
    Picture,
    Camera,
}

/// How far the code that was shown can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum TrustView {
    Unsigned,
    Card,
    Live,
}

/// The fan in front of staff.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FanCard {
    /// Of two cards of a fan the one with the higher number shows all that the other does: an answer may be overtaken
    /// by news of the same fan.
    pub edition: u64,
    /// What operations name the fan by.
    pub fan: String,
    /// "0084 0711 9295", or a short form of the pass's pseudonym while the id is not known.
    pub label: String,
    pub trust: TrustView,
    /// None: nothing is known yet.
    pub balance: Option<BalanceView>,
    pub tier: Option<String>,
    /// Titles, the newest first; none where the platform could not be asked.
    pub badges: Vec<String>,
    pub pending: PendingView,
    /// Whether a redemption can be decided here now, or only with the platform.
    pub redeem: RedeemOutlook,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct BalanceView {
    pub fan_points: i64,
    /// Worth in minor units of the program's currency.
    pub value_minor: i64,
    pub status_points: i64,
    pub as_of: i64,
    pub source: BalanceSource,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum BalanceSource {
    Platform,
    LivePass,
    CardPass,
}

/// Operations of the fan that the platform has not confirmed yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PendingView {
    pub count: u32,
    pub fan_points: i64,
    pub status_points: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum RedeemOutlook {
    /// Up to `RedeemLimit` at once, more with the platform.
    Here,
    /// Only while online: the code is not signed, or its balance is too old.
    OnlineOnly,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ItemInput {
    pub title: String,
    pub price_minor: i64,
    pub rate_label: Option<String>,
}

/// What a purchase would move, before anybody confirms it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Quote {
    pub total_minor: i64,
    /// Points that giving would add.
    pub earns: i64,
    /// Points that redeeming would take.
    pub costs: i64,
}

/// What is done above a limit that somebody raises once.
#[derive(Clone, Debug, PartialEq, Deserialize, Type)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum RaisedDeed {
    /// `discount`: the code that goes with it.
    Give {
        items: Vec<ItemInput>,
        discount: Option<String>,
    },
    Redeem {
        items: Vec<ItemInput>,
    },
    /// Points pay a part.
    Pay {
        items: Vec<ItemInput>,
        points: i64,
    },
    Award {
        action: String,
    },
}

/// What happened to an operation that staff confirmed.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Receipt {
    pub standing: ReceiptStanding,
    pub operation: OperationView,
    /// Given for the part of the same purchase that was paid with money.
    pub also: Option<OperationView>,
    /// Why nothing was given for that part.
    pub also_failed: Option<AppError>,
    pub card: FanCard,
}

/// What a purchase comes to when points pay a part of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SplitQuote {
    pub points: i64,
    /// Left to pay with money, in minor units.
    pub rest_minor: i64,
    /// Points that this rest earns.
    pub earns: i64,
}

/// A thing that is sold often: one tap puts it on the list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct QuickButton {
    pub title: String,
    pub price_minor: i64,
    pub rate_label: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ReceiptStanding {
    /// The platform has booked it.
    Booked,
    /// Stored on this device and valid; it will be sent.
    Waiting,
    /// Sent, but no answer came in time and the policy does not cover it: hold the goods until it is booked.
    Unconfirmed,
    /// The platform refused it.
    Refused,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum OperationKindView {
    Give,
    Redeem,
    Award,
    Undo,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum OperationStateView {
    Waiting,
    Sending,
    Accepted,
    Refused,
    Held,
    Moved,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct OperationView {
    pub id: String,
    pub seq: i64,
    pub kind: OperationKindView,
    pub state: OperationStateView,
    pub fan: String,
    pub fan_label: String,
    /// In the fan's favour: positive given, negative taken.
    pub fan_points: i64,
    pub status_points: i64,
    /// The price of the purchase, if it is one.
    pub price_minor: Option<i64>,
    pub title: String,
    pub made_at: i64,
    pub settled_at: Option<i64>,
    pub tries: u32,
    /// Why it waits, or why it was refused or is held.
    pub reason: Option<AppError>,
    pub next_try: Option<i64>,
    /// The operation that this one undoes.
    pub undo_of: Option<String>,
    pub undone: bool,
    pub can_undo: bool,
    pub trust: TrustView,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct OperationPage {
    pub rows: Vec<OperationView>,
    /// Pass it back to get the next page; None: this was the last.
    pub next: Option<i64>,
}

#[derive(Clone, Debug, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct OperationFilter {
    /// Empty: all.
    pub states: Vec<OperationStateView>,
    /// Empty: all.
    pub kinds: Vec<OperationKindView>,
    /// Made at or after.
    pub from: Option<i64>,
    /// Made before.
    pub to: Option<i64>,
    pub after: Option<i64>,
    pub limit: u32,
}

/// The sums of a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Totals {
    pub given: i64,
    pub redeemed: i64,
    pub status_awarded: i64,
    pub given_count: u32,
    pub redeemed_count: u32,
    pub awarded_count: u32,
    pub undone_count: u32,
    pub refused_count: u32,
    pub waiting_count: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ThresholdView {
    pub rule: ThresholdRuleView,
    pub answer: ThresholdAnswerView,
    /// Status Points known, if any.
    pub status_points: Option<i64>,
    pub missing: Option<i64>,
    /// Age of the figures in milliseconds.
    pub age: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ThresholdAnswerView {
    Yes,
    No,
    CannotTell,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CameraView {
    pub id: String,
    pub name: String,
}

/// The corners of a code in the preview, in thousandths of its width and height, clockwise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
pub struct Outline(pub Vec<(u16, u16)>);

/// Told by the camera while it runs.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind", rename_all_fields = "camelCase")]
pub enum CameraSignal {
    /// A newer picture can be fetched from the `preview` address.
    Frame {
        sequence: u32,
        width: u32,
        height: u32,
        outlines: Vec<Outline>,
    },
    Fault {
        error: AppError,
    },
    /// The camera works again.
    Running,
}

/// A code was read by the camera.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind", rename_all_fields = "camelCase")]
pub enum ScanSignal {
    Identified {
        card: FanCard,
    },
    /// Something that a fan holds.
    Goods {
        goods: GoodsView,
    },
    /// One of our codes, but refused.
    Refused {
        error: AppError,
    },
    /// A code of what another device hands over, or its receipt.
    Handover {
        text: String,
    },
    /// A manager's device invites this one: see `pair`.
    Invitation {
        text: String,
    },
}

/// What support asks for. It holds no secret, token, pass or personal data.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Diagnostics {
    pub app_version: String,
    pub platform: String,
    pub database_version: u32,
    pub database_bytes: u64,
    pub database_path: String,
    pub audit_entries: u64,
    pub audit_intact: bool,
    pub queue: QueueCounts,
    /// Engagement events that are still to be told.
    pub events_waiting: u64,
    pub link: LinkView,
    pub log_path: String,
    pub last_errors: Vec<ErrorNote>,
    pub process_id: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ErrorNote {
    pub at: i64,
    pub text: String,
}
