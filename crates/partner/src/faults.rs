//! From the closed lists of the crates below to the one list that a person meets.

use fanpass::{CodeRefusal, PassRefusal};
use ledger::{PolicyRule, Refusal};
use outbox::{Decline, StoreError};
use scan::{CameraFault, PictureError};
use sync::ClientError;

use crate::keychain::KeychainFault;
use crate::{AppError, ErrorCode as Code};

impl From<KeychainFault> for AppError {
    fn from(fault: KeychainFault) -> Self {
        tracing::warn!(reason = %fault.0, "the keychain did not answer as it should");
        Self::new(Code::KeychainUnavailable).retryable().detail(fault.0)
    }
}

impl From<StoreError> for AppError {
    fn from(error: StoreError) -> Self {
        tracing::warn!(code = error.code(), "the database did not take it");
        let code = match &error {
            StoreError::Newer { .. } => Code::StorageNewer,
            StoreError::Damaged { .. } | StoreError::Corrupt => Code::StorageDamaged,
            StoreError::WrongKey => Code::StorageKeyMissing,
            StoreError::InUse => Code::StorageInUse,
            StoreError::Full => Code::StorageFull,
            StoreError::ReadOnly => Code::StorageReadOnly,
            StoreError::UnknownOperation => Code::UnknownOperation,
            _ => Code::StorageFailed,
        };
        Self { retry: error.retry_could_succeed(), ..Self::new(code).detail(error.code()) }
    }
}

impl From<CodeRefusal> for AppError {
    fn from(refusal: CodeRefusal) -> Self {
        Self::new(match refusal {
            CodeRefusal::NotOurs => Code::NotOurCode,
            CodeRefusal::TooLong => Code::CodeTooLong,
            CodeRefusal::Malformed(_) => Code::CodeDamaged,
            CodeRefusal::BadCheckDigit => Code::CheckDigitWrong,
        })
    }
}

impl From<PassRefusal> for AppError {
    fn from(refusal: PassRefusal) -> Self {
        Self::new(match refusal {
            PassRefusal::OtherProgram => Code::PassOtherProgram,
            PassRefusal::KeysTooOld => Code::PassKeysTooOld,
            PassRefusal::UnknownKey | PassRefusal::KeyOutOfTime => Code::PassUnknownKey,
            PassRefusal::BadSignature | PassRefusal::BadProof => Code::PassForged,
            PassRefusal::NotYetValid | PassRefusal::ProofAhead => Code::PassNotYetValid,
            PassRefusal::Expired => Code::PassExpired,
            PassRefusal::Revoked => Code::PassRevoked,
            PassRefusal::StaleProof => Code::PassStale,
            PassRefusal::Replayed => Code::PassReplayed,
            PassRefusal::Copied => Code::PassCopied,
            PassRefusal::KeysForged
            | PassRefusal::KeysRolledBack
            | PassRefusal::KeysOfOtherProgram
            | PassRefusal::KeysAhead => Code::PassUnknownKey,
        })
    }
}

impl From<Refusal> for AppError {
    fn from(refusal: Refusal) -> Self {
        let code = match refusal {
            Refusal::IdConflict => Code::IdConflict,
            Refusal::TooFewPoints => Code::TooFewPoints,
            Refusal::FanPointsModuleOff | Refusal::StatusPointsModuleOff => Code::ModuleOff,
            Refusal::UnknownFan => Code::UnknownFan,
            Refusal::NoItems => Code::NoItems,
            Refusal::TooManyItems => Code::TooManyItems,
            Refusal::InvalidAmount | Refusal::Overflow => Code::InvalidAmount,
            Refusal::UnsupportedCurrency => Code::UnsupportedCurrency,
            Refusal::UnknownRateLabel => Code::UnknownRateLabel,
            Refusal::UnknownAction => Code::UnknownAction,
            Refusal::UnknownOperation => Code::UnknownOperation,
            Refusal::NotReversible => Code::NotReversible,
            Refusal::AlreadyReversed => Code::AlreadyReversed,
            _ => Code::RefusedByLedger,
        };
        Self::new(code).detail(refusal.code())
    }
}

/// The rule of the offline policy that spoke.
pub(crate) fn policy_code(rule: PolicyRule) -> Code {
    match rule {
        PolicyRule::NeverSynced => Code::NeverSynced,
        PolicyRule::SyncTooOldToRedeem | PolicyRule::SyncTooOldToGrant => Code::SyncTooOld,
        PolicyRule::UnsignedCode | PolicyRule::NoSignedBalance => Code::OnlineOnly,
        PolicyRule::BalanceTooOld => Code::BalanceTooOld,
        PolicyRule::TooFewPoints => Code::TooFewPoints,
        PolicyRule::PassAllowance | PolicyRule::CardLimit => Code::OverPassAllowance,
        PolicyRule::PurchaseLimit | PolicyRule::SplitPurchases => Code::OverPurchaseLimit,
        PolicyRule::FanCount
        | PolicyRule::FanUnsynced
        | PolicyRule::FanShare
        | PolicyRule::BalanceHalved
        | PolicyRule::WithinLimits => Code::OverFanLimit,
        PolicyRule::DeviceCount | PolicyRule::DeviceUnsynced => Code::OverDeviceLimit,
        PolicyRule::PurchaseValue | PolicyRule::GrantsPerHour => Code::OverGrantLimit,
    }
}

impl From<Decline> for AppError {
    fn from(decline: Decline) -> Self {
        match decline {
            Decline::NotConfigured => Self::new(Code::NotConnected),
            Decline::Rules(refusal) => refusal.into(),
            Decline::Policy(rule) => Self::new(policy_code(rule)),
            // The limit, by the name of its rule.
            Decline::AskManager(rule) => {
                let name = serde_json::to_value(rule).ok();
                let name = name.as_ref().and_then(serde_json::Value::as_str);
                Self { detail: name.map(str::to_owned), ..Self::new(Code::AskManager) }
            }
        }
    }
}

impl From<PictureError> for AppError {
    fn from(error: PictureError) -> Self {
        Self::new(match error {
            PictureError::Heic => Code::PictureHeic,
            PictureError::TooManyBytes | PictureError::TooManyPixels => Code::PictureTooLarge,
            _ => Code::PictureUnreadable,
        })
    }
}

impl From<CameraFault> for AppError {
    fn from(fault: CameraFault) -> Self {
        Self::new(match fault {
            CameraFault::NoCamera => Code::NoCamera,
            CameraFault::Busy => Code::CameraBusy,
            CameraFault::Denied => Code::CameraDenied,
            CameraFault::Unplugged => Code::CameraUnplugged,
            CameraFault::ScreenHidden(_) => Code::ScreenHidden,
            _ => Code::CameraFailed,
        })
        .retryable()
    }
}

#[cfg(not(any(target_os = "android", target_os = "ios")))]
impl From<scan::SerialFault> for AppError {
    fn from(fault: scan::SerialFault) -> Self {
        use scan::SerialFault;
        Self::new(match &fault {
            SerialFault::Missing | SerialFault::Unplugged => Code::ScannerGone,
            SerialFault::Busy => Code::ScannerBusy,
            SerialFault::Denied => Code::ScannerDenied,
            SerialFault::Failed(_) => Code::ScannerFailed,
        })
        .retryable()
        .detail(fault.to_string())
    }
}

impl From<ClientError> for AppError {
    fn from(error: ClientError) -> Self {
        let app = Self::new(match &error {
            ClientError::Offline(_) => Code::Offline,
            ClientError::TimedOut => Code::TimedOut,
            ClientError::SignInRefused => Code::SignInRefused,
            ClientError::Forbidden => Code::NoAccess,
            ClientError::RateLimited { .. } => Code::RateLimited,
            ClientError::Server(_) => Code::PlatformFailed,
            ClientError::BadAddress => Code::InvalidEndpoint,
            _ => Code::PlatformUnintelligible,
        });
        Self { retry: error.should_retry(), ..app.detail(error.to_string()) }
    }
}
