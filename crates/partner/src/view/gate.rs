//! What crosses the border for the gate: its plan, its run, and each passage.

use serde::{Deserialize, Serialize};
use specta::Type;

use super::ThresholdAnswerView;
use crate::error::AppError;

/// A gate as a manager prepares it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct GatePlan {
    /// "North gate".
    pub title: String,
    pub rule: GateRule,
    pub unsure: UnsureRule,
    /// Category of the action that everyone who comes in is awarded, once a run.
    pub award: Option<String>,
    pub sounds: SoundSet,
    /// Full screen, the screen kept awake, and no way out without a manager.
    pub kiosk: bool,
}

/// Who comes in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind", rename_all_fields = "camelCase")]
pub enum GateRule {
    /// Everyone whose code is one of the program's.
    Everyone,
    /// A rule of the program.
    Threshold { id: String },
    /// So many Status Points or more.
    AtLeast { status_points: i64 },
    /// Member of a tier, or of a higher one.
    Tier { name: String },
}

/// What to do when nobody can tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum UnsureRule {
    /// Staff decides each time.
    Ask,
    Admit,
    Refuse,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum SoundSet {
    Standard,
    /// Longer and lower tones, for a noisy place.
    Loud,
    Silent,
}

/// The gate of this device.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct GateView {
    /// None: nobody has prepared it yet.
    pub plan: Option<GatePlan>,
    /// The program's tiers, lowest first.
    pub tiers: Vec<String>,
    pub pin: PinView,
    /// None: the gate is closed.
    pub run: Option<GateRun>,
}

/// The manager's PIN on this device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct PinView {
    pub set: bool,
    /// After too many wrong tries: not before.
    pub wait_until: Option<i64>,
    /// Too many wrong tries: the client secret is asked for.
    pub locked: bool,
}

/// A gate from its opening to its closing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct GateRun {
    pub opened_at: i64,
    pub passed: u32,
    pub refused: u32,
    /// Nobody could tell, and nobody has decided.
    pub unknown: u32,
    /// The last ten, newest first.
    pub last: Vec<Passage>,
    /// When the passages of the last minute were.
    pub minute: Vec<i64>,
}

/// One fan at the gate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub struct Passage {
    /// Counts up within a run.
    pub number: u32,
    pub at: i64,
    /// None: the code did not tell.
    pub fan: Option<String>,
    pub label: Option<String>,
    pub tier: Option<String>,
    pub answer: ThresholdAnswerView,
    /// How it ended: by the answer, by the gate's plan, or by a person.
    pub admitted: Option<bool>,
    pub decided_by: DecidedBy,
    pub status_points: Option<i64>,
    pub needed: Option<i64>,
    pub missing: Option<i64>,
    /// Age of the figures in milliseconds.
    pub age: i64,
    /// The fan came in before, at this time: neither counted nor awarded again.
    pub again: Option<i64>,
    /// Status Points awarded on coming in.
    pub awarded: Option<i64>,
    /// The operation of that award.
    pub award_operation: Option<String>,
    /// Why the code was refused, or why the award did not happen.
    pub error: Option<AppError>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum DecidedBy {
    Rule,
    /// What the plan says to do when nobody can tell.
    Plan,
    Person,
}

/// What the gate tells unasked.
#[derive(Clone, Debug, PartialEq, Serialize, Type)]
#[serde(rename_all = "camelCase", tag = "kind", rename_all_fields = "camelCase")]
pub enum GateSignal {
    /// A fan was judged.
    Passage { passage: Passage, run: GateRun },
    /// Opened, closed, prepared anew.
    Changed { gate: GateView },
}
