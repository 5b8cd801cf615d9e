//! What crosses the border for those who look back: the list of everything, cases, signals, exports.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::{OperationKindView, OperationStateView, OperationView};
use crate::error::AppError;

/// Whose operations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum DevicesView {
    #[default]
    All,
    This,
    Others,
}

/// Which operations. Empty and None let everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ReviewFilter {
    pub states: Vec<OperationStateView>,
    pub kinds: Vec<OperationKindView>,
    pub from: Option<i64>,
    pub to: Option<i64>,
    pub devices: DevicesView,
    /// A device and a store, by their names.
    pub device: Option<String>,
    pub store: Option<String>,
    pub staff: Option<String>,
    /// A FanPoints id, or a pass's pseudonym.
    pub fan: Option<String>,
    /// Points moved, without their sign.
    pub least: Option<i64>,
    pub most: Option<i64>,
    pub rate_label: Option<String>,
    pub text: Option<String>,
}

/// Where a row stands in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ReviewPlace {
    pub at: i64,
    /// Below zero for what another device did.
    pub number: i64,
}

#[derive(Clone, Debug, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ReviewQuery {
    pub filter: ReviewFilter,
    pub after: Option<ReviewPlace>,
    /// Rows to leave out before the page begins.
    pub skip: u32,
    pub limit: u32,
}

/// A row of the list.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ReviewRow {
    pub place: ReviewPlace,
    pub id: String,
    /// Made by this device.
    pub here: bool,
    pub archived: bool,
    pub kind: OperationKindView,
    /// What an undo undoes; the same as `kind` otherwise.
    pub of: OperationKindView,
    pub state: OperationStateView,
    /// What operations name the fan by.
    pub fan: Option<String>,
    pub fan_label: String,
    pub fan_points: i64,
    pub status_points: i64,
    pub price_minor: Option<i64>,
    pub title: String,
    pub rate_labels: Vec<String>,
    /// Who did it, by name.
    pub staff: Option<String>,
    /// Where it was done, where that is known.
    pub device: Option<String>,
    pub store: Option<String>,
    pub reason: Option<AppError>,
    pub undone: bool,
    pub handled: bool,
}

/// How many rows there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ReviewCount {
    pub rows: u32,
    /// There are more than that.
    pub more: bool,
}

/// A filter with a name. Its period goes along with the calendar, or is the filter's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SavedView {
    pub name: String,
    pub filter: ReviewFilter,
    /// The last so many days, today among them; 0: everything. None: from and to as the filter has them.
    pub days: Option<u32>,
}

/// Somebody who did something on this device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PersonChoice {
    pub id: String,
    pub name: String,
}

/// What can be filtered by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ReviewChoices {
    pub people: Vec<PersonChoice>,
    /// Other devices, and stores, by their names.
    pub devices: Vec<String>,
    pub stores: Vec<String>,
    pub views: Vec<SavedView>,
}

/// An operation with all that is known of it.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ReviewDetail {
    pub row: ReviewRow,
    /// None: another device made it.
    pub operation: Option<OperationView>,
    pub items: Vec<ItemLine>,
    pub postings: Vec<PostingView>,
    pub audit: Option<AuditLink>,
    /// What every request about it carries, so that the platform does it once.
    pub request_id: String,
    pub platform: PlatformWord,
    pub handling: Option<HandlingView>,
    /// Who raised a limit for it, once.
    pub raised_by: Option<RaiserView>,
}

/// Who raised a limit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase", rename_all_fields = "camelCase", tag = "kind")]
pub enum RaiserView {
    Person { name: String },
    ManagersPin,
}

/// One item of a purchase.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ItemLine {
    pub title: String,
    pub price_minor: i64,
    pub rate_label: Option<String>,
    /// In the fan's favour: as the device computed it, and as the platform booked it.
    pub points: i64,
    pub booked: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum AccountView {
    Wallet,
    Receivable,
    Funding,
    Settlement,
    Issuer,
    OfflineLoss,
    Expired,
    Standing,
    StatusIssuer,
}

/// One posting: what it adds to an account, or takes from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PostingView {
    pub account: AccountView,
    pub amount: i64,
}

/// The entry of the audit chain that tells of the operation as it stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct AuditLink {
    pub entry: u64,
    /// Hexadecimal.
    pub hash: String,
}

/// What the platform said.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PlatformWord {
    /// Its own word for a refusal, or for why it was not reached.
    pub code: Option<String>,
    pub booked_at: Option<i64>,
    pub booked_fan_points: Option<i64>,
    pub booked_status_points: Option<i64>,
    pub reference: Option<String>,
}

/// How a case can be dealt with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum CaseWay {
    /// The fan pays with the next points.
    Collect,
    /// The partner bears it.
    Forgive,
    /// The goods came back.
    Void,
    /// Once more, after a correction.
    Retry,
    /// Nothing moves; the note says why.
    Note,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct HandlingView {
    pub way: CaseWay,
    pub note: String,
    pub staff: Option<String>,
    pub at: i64,
    /// The platform knows of it.
    pub told: bool,
    /// The operation that was made in its stead.
    pub again: Option<String>,
}

/// Something that was refused or is held, until a person has dealt with it.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CaseView {
    pub operation: OperationView,
    pub staff: Option<String>,
    /// What it costs as it stands: points whose worth was handed out.
    pub cost: i64,
    /// Older than a day.
    pub overdue: bool,
    pub ways: Vec<CaseWay>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CasePage {
    /// The oldest first.
    pub cases: Vec<CaseView>,
    /// Pass it back to get the next page; None: this was the last.
    pub next: Option<ReviewPlace>,
}

/// How many cases wait.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CaseCounts {
    pub open: u32,
    /// Older than a day.
    pub overdue: u32,
    pub oldest: Option<i64>,
}

/// What a manager decides about cases.
#[derive(Clone, Debug, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CaseDecision {
    pub operations: Vec<String>,
    pub way: CaseWay,
    pub note: String,
    /// For a retry: another fan, another rate label.
    pub fan: Option<String>,
    pub rate_label: Option<String>,
}

/// What became of one of them; no error: it is dealt with.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CaseOutcome {
    pub operation: String,
    pub error: Option<AppError>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ExportForm {
    Csv,
    JsonLines,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ExportState {
    Running,
    Done,
    Cancelled,
    Failed,
}

/// An export, running or ended.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ExportView {
    pub state: ExportState,
    pub rows: u32,
    /// How many there will be, about: what comes meanwhile is not in it. None: not counted yet.
    pub total: Option<u32>,
    /// Where the file is, once it is whole.
    pub path: String,
    pub error: Option<AppError>,
}

/// When the app points at something. Every number is a manager's to set.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SignalRules {
    /// So many operations of one person with one fan in a day.
    pub same_fan_a_day: u32,
    /// So many redemptions or gifts of one person at most this share (per cent) below a limit.
    pub near_limit_count: u32,
    pub near_limit_percent: u32,
    /// So many undos of one person in a day.
    pub undos_a_day: u32,
    /// Operations before or after these hours of the day (0 to 24, local time).
    pub opens: u8,
    pub closes: u8,
    /// So many operations of one person within a minute.
    pub velocity_a_minute: u32,
    /// The cards of those who work here.
    pub own_cards: Vec<OwnCard>,
}

/// Somebody who works here, and their own FanPoints id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct OwnCard {
    pub staff: String,
    pub fan: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum SignalKind {
    OwnCard,
    SameFan,
    NearLimit,
    Undos,
    OddHours,
    Velocity,
}

/// A hint with its evidence, never a verdict.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SignalView {
    pub kind: SignalKind,
    /// The person's name, and the id that operations are filtered by.
    pub staff: Option<String>,
    pub staff_id: Option<String>,
    /// Where it is about one fan.
    pub fan_label: Option<String>,
    pub count: u32,
    /// What the rule says.
    pub threshold: u32,
    pub from: i64,
    pub to: i64,
    /// Some of the operations, the newest first.
    pub evidence: Vec<ReviewRow>,
}

/// A difference to the platform's books.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct DifferenceInput {
    pub id: String,
    pub is_undo: bool,
    pub verdict: crate::upkeep::ReconcileVerdict,
}
