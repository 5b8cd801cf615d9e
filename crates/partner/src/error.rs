//! The one error that reaches a person: a code from a closed list, and the figures that its sentence needs.
//! The wording belongs to the screen, in each language.

use serde::{Deserialize, Serialize};
use specta::Type;

/// An error for a person. `needed` and `available` are points, where the sentence wants them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, Type, thiserror::Error)]
#[serde(rename_all = "camelCase")]
#[error("{code:?}")]
pub struct AppError {
    pub code: ErrorCode,
    /// Whether the same thing can succeed later without a change.
    pub retry: bool,
    pub needed: Option<i64>,
    pub available: Option<i64>,
    /// A technical word for support, never a secret: a status code, a label, an operating system's message.
    pub detail: Option<String>,
}

/// Every reason that a person can meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, Type)]
#[serde(rename_all = "camelCase")]
pub enum ErrorCode {
    // Connecting
    NotConnected,
    InvalidEndpoint,
    MissingField,
    SignInRefused,
    NoAccess,
    WrongEnvironment,
    Offline,
    TimedOut,
    RateLimited,
    PlatformFailed,
    PlatformUnintelligible,
    KeychainUnavailable,
    QueueNotEmpty,
    // Codes
    NoCodeFound,
    NotOurCode,
    CodeTooLong,
    CodeDamaged,
    CheckDigitWrong,
    PassExpired,
    PassNotYetValid,
    PassUnknownKey,
    PassForged,
    PassOtherProgram,
    PassReplayed,
    PassCopied,
    PassRevoked,
    PassStale,
    PassKeysTooOld,
    // Pictures and cameras
    PictureUnreadable,
    PictureTooLarge,
    PictureHeic,
    ClipboardEmpty,
    NoCamera,
    CameraBusy,
    CameraDenied,
    CameraUnplugged,
    CameraFailed,
    ScreenHidden,
    ScannerGone,
    ScannerBusy,
    ScannerDenied,
    ScannerFailed,
    TeachUnread,
    // The ledger
    FanNotIdentified,
    UnknownFan,
    UnknownRule,
    TooFewPoints,
    InvalidAmount,
    NoItems,
    TooManyItems,
    UnknownRateLabel,
    UnknownAction,
    UnknownOperation,
    NotReversible,
    AlreadyReversed,
    ModuleOff,
    UnsupportedCurrency,
    IdConflict,
    RefusedByLedger,
    // The offline policy
    OnlineOnly,
    NeverSynced,
    SyncTooOld,
    BalanceTooOld,
    OverPurchaseLimit,
    OverFanLimit,
    OverDeviceLimit,
    OverPassAllowance,
    OverGrantLimit,
    AskManager,
    LimitLaxer,
    // The platform's answers
    UnknownAnswer,
    DifferentTransaction,
    // Storage
    StorageFull,
    StorageReadOnly,
    StorageInUse,
    StorageNewer,
    StorageDamaged,
    StorageKeyMissing,
    StorageFailed,
    // The gate and its manager
    GateNotPrepared,
    GateClosed,
    UnknownPassage,
    ReasonMissing,
    PinNeeded,
    PinWrong,
    PinWait,
    PinLocked,
    PinTooWeak,
    ManagerPinUnset,
    // People and their rights (the action is in `detail`)
    SignInNeeded,
    Locked,
    NotAllowed,
    PersonGone,
    PinNotSet,
    LastManager,
    // The partner's sign-in provider
    ProviderUnreachable,
    ProviderCancelled,
    ProviderTimedOut,
    ProviderUntrusted,
    ProviderRefused,
    ProviderSettings,
    ProviderUnknown,
    ProviderAgain,
    SignInTaken,
    BrowserFailed,
    // Devices
    PairingRefused,
    DeviceRevoked,
    UnknownDevice,
    // Handing what waits over to another device
    NothingToMove,
    PassphraseTooShort,
    BadDeviceKey,
    EvacuationDamaged,
    EvacuationForOther,
    EvacuationForged,
    EvacuationOtherProgram,
    EvacuationImported,
    EvacuationIncomplete,
    UnknownEvacuation,
    // Vouchers, discount codes, products
    GoodsOffline,
    GoodsNotOpen,
    GoodsOtherFan,
    // Shifts
    ShiftOpen,
    ShiftNotOpen,
    ShiftStillOpen,
    SamePerson,
    Internal,
}

impl ErrorCode {
    /// The device could not read or write its own database.
    pub(crate) const fn is_storage(self) -> bool {
        matches!(
            self,
            Self::StorageFull
                | Self::StorageReadOnly
                | Self::StorageInUse
                | Self::StorageNewer
                | Self::StorageDamaged
                | Self::StorageKeyMissing
                | Self::StorageFailed
        )
    }
}

impl AppError {
    pub fn new(code: ErrorCode) -> Self {
        Self { code, retry: false, needed: None, available: None, detail: None }
    }

    #[must_use]
    pub fn retryable(mut self) -> Self {
        self.retry = true;
        self
    }

    #[must_use]
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    #[must_use]
    pub fn points(mut self, needed: Option<i64>, available: Option<i64>) -> Self {
        self.needed = needed;
        self.available = available;
        self
    }
}

impl From<ErrorCode> for AppError {
    fn from(code: ErrorCode) -> Self {
        Self::new(code)
    }
}
