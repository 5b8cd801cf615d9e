//! Why a code or a pass is refused: closed lists, one reason each.

use serde::{Deserialize, Serialize};

/// Why a text is no code of ours, or a broken one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum CodeRefusal {
    /// Nothing that a fan of a FanPoints program shows. Scanners ignore it without a word.
    #[error("this is no FanPoints code")]
    NotOurs,
    #[error("the text is longer than any FanPoints code")]
    TooLong,
    /// Ours by its beginning, but broken.
    #[error("the code is damaged: {0}")]
    Malformed(Malformed),
    #[error("the check digit of the FanPoints id does not match")]
    BadCheckDigit,
}

/// What is broken in a code that is ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Malformed {
    #[error("a character that a pass can not hold")]
    Alphabet,
    #[error("the wrong length")]
    Length,
    #[error("made for a newer version of this app")]
    Version,
    #[error("a kind of pass that does not exist")]
    Kind,
    #[error("it ends before it begins")]
    Times,
    #[error("the user id is missing or no FanPoints id")]
    UserId,
    #[error("not well-formed JSON")]
    Json,
    #[error("the id of a voucher, a discount code or a product is missing or none")]
    Goods,
}

/// Why a signed pass, a live proof or a key list is refused.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, thiserror::Error,
)]
#[serde(rename_all = "snake_case")]
pub enum PassRefusal {
    /// Said before the signature is looked at: the keys of another program are not known here.
    #[error("the pass belongs to another program")]
    OtherProgram,
    /// The key list is older than seven days: the pass can only be checked online.
    #[error("the key list is too old to check a pass offline")]
    KeysTooOld,
    #[error("the pass was signed with a key that is not in the list")]
    UnknownKey,
    /// The key is in the list, but was not in use when the pass says it was issued.
    #[error("the pass was signed with a key outside of its time")]
    KeyOutOfTime,
    #[error("the platform's signature is wrong")]
    BadSignature,
    #[error("the pass is not valid yet")]
    NotYetValid,
    #[error("the pass has expired")]
    Expired,
    #[error("the pass was revoked")]
    Revoked,
    /// The fan's device did not sign this proof.
    #[error("the signature of the fan's device is wrong")]
    BadProof,
    /// A screenshot, or a phone whose clock is behind.
    #[error("the live proof is too old")]
    StaleProof,
    #[error("the live proof is from the future")]
    ProofAhead,
    /// The same proof was shown before.
    #[error("this code was scanned before")]
    Replayed,
    /// An older counter, or the same one with another time: two devices show the same pass.
    #[error("a copy of the pass is in use")]
    Copied,
    /// The root key did not sign this list, or it is damaged.
    #[error("the key list is not signed by the program's root key")]
    KeysForged,
    /// A list older than the one the device already had.
    #[error("the key list is older than the one before")]
    KeysRolledBack,
    #[error("the key list belongs to another program")]
    KeysOfOtherProgram,
    #[error("the key list is from the future")]
    KeysAhead,
}
