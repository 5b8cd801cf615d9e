//! Why an operation is refused: one closed list, in order of precedence.

use serde::{Deserialize, Serialize};

/// The first guard that speaks wins, so the order here is the order of the guards.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The same id was used with other content.
    IdConflict,
    /// The id was refused before for too few points and stays refused.
    IdBurned,
    ModuleOff,
    UnknownPartner,
    UnknownFan,
    NoItems,
    TooManyItems,
    InvalidAmount,
    UnsupportedCurrency,
    UnknownRateLabel,
    UnknownAction,
    UnknownOperation,
    NotReversible,
    AlreadyReversed,
    UnknownReservation,
    ReservationExpired,
    MissingReason,
    Overflow,
    /// The wallet, less what is reserved, does not hold as much.
    TooFewPoints,
}
