//! Why an operation is refused: one closed list, in order of precedence.

use core::fmt;

use serde::{Deserialize, Serialize};

/// The first guard that speaks wins, so the order here is the order of the guards. Only [`Refusal::Overflow`] speaks
/// wherever arithmetic meets it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The same id was used with other content.
    IdConflict,
    /// The id was refused before for too few points and stays refused.
    IdBurned,
    /// The program has switched Fan Points off.
    FanPointsModuleOff,
    /// The program has switched Status Points off.
    StatusPointsModuleOff,
    /// The partner is none of the program's.
    UnknownPartner,
    /// The fan is none of the program's.
    UnknownFan,
    /// A purchase without items.
    NoItems,
    /// More items than [`MAX_ITEMS`](crate::MAX_ITEMS).
    TooManyItems,
    /// Not above zero, above the maximum, with too many decimals, or more points than the price.
    InvalidAmount,
    /// The program has no conversion for it.
    UnsupportedCurrency,
    /// The partner has no such rate.
    UnknownRateLabel,
    /// The program has no such action category.
    UnknownAction,
    /// Nothing of this id by this partner for this fan, or no such item in it.
    UnknownOperation,
    /// Only distributions, redemptions and awards can be undone, and only burned ids be resolved.
    NotReversible,
    /// Undone or resolved before.
    AlreadyReversed,
    /// None of this id by this partner for this fan, or it has ended.
    UnknownReservation,
    /// Its end has passed.
    ReservationExpired,
    /// A correction needs one, of at most [`MAX_REASON_BYTES`](crate::MAX_REASON_BYTES).
    MissingReason,
    /// A sum that the books can not hold.
    Overflow,
    /// The wallet, less what is reserved, does not hold as much.
    TooFewPoints,
}

impl Refusal {
    /// All of them, in order of precedence.
    pub const ALL: [Self; 20] = [
        Self::IdConflict,
        Self::IdBurned,
        Self::FanPointsModuleOff,
        Self::StatusPointsModuleOff,
        Self::UnknownPartner,
        Self::UnknownFan,
        Self::NoItems,
        Self::TooManyItems,
        Self::InvalidAmount,
        Self::UnsupportedCurrency,
        Self::UnknownRateLabel,
        Self::UnknownAction,
        Self::UnknownOperation,
        Self::NotReversible,
        Self::AlreadyReversed,
        Self::UnknownReservation,
        Self::ReservationExpired,
        Self::MissingReason,
        Self::Overflow,
        Self::TooFewPoints,
    ];

    /// A name that never changes, for storage, wires and catalogues of messages.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::IdConflict => "id_conflict",
            Self::IdBurned => "id_burned",
            Self::FanPointsModuleOff => "fan_points_module_off",
            Self::StatusPointsModuleOff => "status_points_module_off",
            Self::UnknownPartner => "unknown_partner",
            Self::UnknownFan => "unknown_fan",
            Self::NoItems => "no_items",
            Self::TooManyItems => "too_many_items",
            Self::InvalidAmount => "invalid_amount",
            Self::UnsupportedCurrency => "unsupported_currency",
            Self::UnknownRateLabel => "unknown_rate_label",
            Self::UnknownAction => "unknown_action",
            Self::UnknownOperation => "unknown_operation",
            Self::NotReversible => "not_reversible",
            Self::AlreadyReversed => "already_reversed",
            Self::UnknownReservation => "unknown_reservation",
            Self::ReservationExpired => "reservation_expired",
            Self::MissingReason => "missing_reason",
            Self::Overflow => "overflow",
            Self::TooFewPoints => "too_few_points",
        }
    }

    /// The refusal of this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|refusal| refusal.code() == code)
    }

    /// Whether the same operation under the same id could ever be accepted: after the books or the program's
    /// settings have changed, but not by itself.
    #[must_use]
    pub const fn retry_could_succeed(self) -> bool {
        match self {
            Self::FanPointsModuleOff
            | Self::StatusPointsModuleOff
            | Self::UnknownPartner
            | Self::UnknownFan
            | Self::UnsupportedCurrency
            | Self::UnknownRateLabel
            | Self::UnknownAction
            | Self::UnknownOperation
            | Self::UnknownReservation
            | Self::Overflow => true,
            Self::IdConflict
            | Self::IdBurned
            | Self::NoItems
            | Self::TooManyItems
            | Self::InvalidAmount
            | Self::NotReversible
            | Self::AlreadyReversed
            | Self::ReservationExpired
            | Self::MissingReason
            | Self::TooFewPoints => false,
        }
    }

    /// The FanPoints API's name of it; None where the API has none.
    #[must_use]
    pub const fn api_error(self) -> Option<&'static str> {
        match self {
            Self::IdConflict | Self::AlreadyReversed => Some("already_executed_error"),
            Self::IdBurned | Self::TooFewPoints => Some("too_few_available_error"),
            Self::UnknownFan => Some("unknown_user_error"),
            Self::NoItems
            | Self::TooManyItems
            | Self::InvalidAmount
            | Self::UnsupportedCurrency
            | Self::Overflow => Some("invalid_reward_amount_error"),
            Self::UnknownRateLabel => Some("invalid_rate_label_error"),
            Self::UnknownAction => Some("invalid_action_category_error"),
            Self::UnknownOperation => Some("transaction_not_found_error"),
            Self::NotReversible => Some("invalid_transaction_id_error"),
            Self::UnknownReservation => Some("unknown_session_error"),
            Self::ReservationExpired => Some("session_expired_error"),
            Self::FanPointsModuleOff
            | Self::StatusPointsModuleOff
            | Self::UnknownPartner
            | Self::MissingReason => None,
        }
    }

    /// The refusal that an error of the FanPoints API stands for: of several, the one that is meant most often.
    ///
    /// `already_executed_error` comes back as [`Refusal::IdConflict`], which it is only if what is recorded under the
    /// id is another operation: read it back before believing it.
    #[must_use]
    pub fn from_api_error(name: &str) -> Option<Self> {
        match name {
            "already_executed_error" => Some(Self::IdConflict),
            "too_few_available_error" => Some(Self::TooFewPoints),
            "unknown_user_error" => Some(Self::UnknownFan),
            "invalid_reward_amount_error" => Some(Self::InvalidAmount),
            "invalid_rate_label_error" => Some(Self::UnknownRateLabel),
            "invalid_action_category_error" => Some(Self::UnknownAction),
            "transaction_not_found_error" => Some(Self::UnknownOperation),
            "invalid_transaction_id_error" => Some(Self::NotReversible),
            "unknown_session_error" => Some(Self::UnknownReservation),
            "session_expired_error" => Some(Self::ReservationExpired),
            _ => None,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl core::error::Error for Refusal {}
