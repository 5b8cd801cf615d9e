//! Shifts and figures, in the words of the screen.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::Totals;

/// A thing that was counted: vouchers in the drawer, scarves on the shelf.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct CountedView {
    pub title: String,
    pub number: i64,
}

/// What the screen of shifts shows.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ShiftDesk {
    pub open: Option<ShiftView>,
    /// What was counted the last time: the next count begins with it.
    pub suggested: Vec<CountedView>,
    /// The person at work, who takes over by pressing; None: the device knows no people, a name is typed.
    pub person: Option<String>,
}

/// A shift, open or closed.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ShiftView {
    pub id: String,
    pub opened_at: i64,
    /// None: it is open.
    pub closed: Option<ShiftEnd>,
    /// The last one has it, or had it at the end.
    pub watches: Vec<WatchView>,
    pub totals: Totals,
    pub undone: i64,
    pub undone_status: i64,
    pub people: Vec<PersonFigures>,
    pub rates: Vec<RateFigures>,
    pub waiting: WaitingView,
    /// What the platform could still refuse of all that this device has confirmed, in points, and the cap.
    pub exposure: i64,
    pub exposure_cap: i64,
}

/// How a shift ended.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ShiftEnd {
    pub at: i64,
    pub by: String,
    pub counted: Vec<CountedView>,
    /// Goes on in the list of shifts.
    pub number: i64,
    pub currency: String,
    pub delivery: DeliveryView,
    /// Of the shift's part of the audit chain.
    pub root: String,
    pub code: String,
    pub first_entry: i64,
    pub last_entry: i64,
    /// The audit chain still is what the root was made of. None: not looked at in a list.
    pub holds: Option<bool>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct WatchView {
    pub name: String,
    pub at: i64,
    pub counted: Vec<CountedView>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PersonFigures {
    /// None: nobody was named.
    pub name: Option<String>,
    pub totals: Totals,
    pub undone: i64,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct RateFigures {
    /// None: the default rate.
    pub label: Option<String>,
    pub items: u32,
    pub price_minor: i64,
    pub given: i64,
    pub redeemed: i64,
    pub undone: i64,
}

/// What of a shift the platform has not decided.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct WaitingView {
    pub operations: u32,
    pub held: u32,
    pub gives: i64,
    pub redeems: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum DeliveryView {
    /// Kept here until the platform is there.
    Owed,
    Delivered,
    /// The platform does not take it.
    Refused,
}

/// What somebody says who opens, takes over or closes a shift.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ShiftCount {
    /// Where the device knows no people.
    pub name: Option<String>,
    pub counted: Vec<CountedView>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ShiftFormat {
    Pdf,
    Csv,
}

/// A file that was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct SavedFile {
    pub name: String,
    /// Where it lies.
    pub path: String,
}

/// The words of a printed report, in the language of the person; the figures come from the report itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct ReportWords {
    /// A tag such as "de".
    pub language: String,
    /// Between groups of three digits, and before the decimals.
    pub group_mark: String,
    pub decimal_mark: String,
    pub title: String,
    pub development: String,
    pub shift: String,
    pub partner: String,
    pub device: String,
    pub opened: String,
    pub closed: String,
    pub taken_over: String,
    pub totals: String,
    pub points: String,
    pub operations: String,
    pub given: String,
    pub redeemed: String,
    pub status: String,
    pub undone: String,
    pub refused: String,
    pub waiting: String,
    pub held: String,
    pub nothing_waits: String,
    pub something_waits: String,
    pub exposure: String,
    pub by_person: String,
    pub person: String,
    pub nobody: String,
    pub by_rate: String,
    pub rate: String,
    pub default_rate: String,
    pub items: String,
    pub price: String,
    pub counted: String,
    pub thing: String,
    pub at_opening: String,
    pub at_closing: String,
    pub difference: String,
    pub proof: String,
    pub code: String,
    pub root: String,
    pub entries: String,
    pub sign_off: String,
}

/// Times that bound stretches, in rising order: figures are summed from each to the next.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct FiguresRequest {
    pub bounds: Vec<i64>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Figures {
    /// One less than there were bounds.
    pub stretches: Vec<StretchFigures>,
    /// Of the whole time, what moved most points first.
    pub rates: Vec<RateFigures>,
    /// Minutes in which somebody stood at the gate.
    pub passages: Vec<PassageFigures>,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct StretchFigures {
    pub from: i64,
    pub totals: Totals,
    pub booked: u32,
    /// From decision to booking, in milliseconds; None where nothing was booked.
    pub mean_wait: Option<i64>,
    pub longest_wait: Option<i64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PassageFigures {
    pub at: i64,
    pub passed: u32,
    pub refused: u32,
    pub unknown: u32,
}
