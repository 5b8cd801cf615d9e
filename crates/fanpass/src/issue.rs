//! Making passes: what the platform signs, and what the fan's device adds to it.

use ed25519_dalek::{Signer, SigningKey, VerifyingKey};
use ledger::FanPoints;

use crate::pass::{ALLOWANCE_UNIT, LIVE_SIGNED, PROOF_SIGNED, first_byte, pass_message, proof_message};
use crate::{LiveProof, PASS_PREFIX, PassKind, Pseudonym};

/// What the platform writes in a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassContent {
    pub program: u32,
    pub pseudonym: Pseudonym,
    /// Unix seconds; the balances are those of this second.
    pub issued_at: u32,
    /// Unix seconds, included.
    pub valid_until: u32,
    pub fan_points: u32,
    pub status_points: u32,
    /// Written in units of 10, rounded down, at most 655,350.
    pub offline_allowance: FanPoints,
}

/// Why a pass or a key list can not be issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum IssueError {
    #[error("the pass would end before it begins")]
    EndsBeforeIssue,
    #[error("an allowance can not be negative")]
    NegativeAllowance,
    #[error("a public key of small order proves nothing")]
    WeakKey,
    #[error("the device's key is not the one in the grant")]
    OtherDevice,
    #[error("too many keys for one list")]
    TooManyKeys,
    #[error("too many revocations for one list")]
    TooManyRevocations,
    #[error("two keys with the same id")]
    DuplicateKey,
}

/// The platform's part of a live pass. The fan's device keeps it and adds a proof at each showing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Grant {
    content: [u8; LIVE_SIGNED],
    signature: [u8; 64],
}

impl Grant {
    /// 128 bytes, as sent to the fan's device.
    pub fn to_bytes(&self) -> Vec<u8> {
        [self.content.as_slice(), &self.signature].concat()
    }

    /// None unless there are 128 bytes. Nothing is verified: whoever scans the pass does that.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (content, rest) = bytes.split_first_chunk()?;
        Some(Self { content: *content, signature: rest.try_into().ok()? })
    }
}

impl core::fmt::Debug for Grant {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("Grant(..)")
    }
}

/// A card pass: the text of its code.
///
/// # Errors
/// `EndsBeforeIssue`, `NegativeAllowance`.
pub fn issue_card(key: &SigningKey, key_id: u8, content: &PassContent) -> Result<String, IssueError> {
    let mut bytes = write(PassKind::Card, key_id, content)?;
    let signature = key.sign(&pass_message(&bytes));
    bytes.extend(signature.to_bytes());
    Ok(text(&bytes))
}

/// The platform's part of a live pass for the device with this key.
///
/// # Errors
/// `EndsBeforeIssue`, `NegativeAllowance`, `WeakKey`.
pub fn issue_live(
    key: &SigningKey,
    key_id: u8,
    content: &PassContent,
    device: &VerifyingKey,
) -> Result<Grant, IssueError> {
    if device.is_weak() {
        return Err(IssueError::WeakKey);
    }
    let mut signed = [0; LIVE_SIGNED];
    let bytes = [write(PassKind::Live, key_id, content)?.as_slice(), device.as_bytes()].concat();
    signed.copy_from_slice(&bytes);
    Ok(Grant { content: signed, signature: key.sign(&pass_message(&signed)).to_bytes() })
}

/// A live pass: the fan's device signs this showing. The text of its code.
///
/// # Errors
/// `OtherDevice` when the grant was issued to another key.
pub fn device_proof(device: &SigningKey, grant: &Grant, proof: LiveProof) -> Result<String, IssueError> {
    if !grant.content.ends_with(device.verifying_key().as_bytes()) {
        return Err(IssueError::OtherDevice);
    }
    let mut bytes = grant.to_bytes();
    bytes.extend(proof.time.to_be_bytes());
    bytes.extend(proof.counter.to_be_bytes());
    debug_assert_eq!(bytes.len(), PROOF_SIGNED);
    let signature = device.sign(&proof_message(&bytes));
    bytes.extend(signature.to_bytes());
    Ok(text(&bytes))
}

fn write(kind: PassKind, key_id: u8, content: &PassContent) -> Result<Vec<u8>, IssueError> {
    if content.valid_until < content.issued_at {
        return Err(IssueError::EndsBeforeIssue);
    }
    if content.offline_allowance.0 < 0 {
        return Err(IssueError::NegativeAllowance);
    }
    let units = u16::try_from(content.offline_allowance.0 / ALLOWANCE_UNIT).unwrap_or(u16::MAX);
    let mut bytes = vec![first_byte(kind), key_id];
    bytes.extend(content.program.to_be_bytes());
    bytes.extend(content.pseudonym.0.to_be_bytes());
    bytes.extend(content.issued_at.to_be_bytes());
    bytes.extend(content.valid_until.to_be_bytes());
    bytes.extend(content.fan_points.to_be_bytes());
    bytes.extend(content.status_points.to_be_bytes());
    bytes.extend(units.to_be_bytes());
    Ok(bytes)
}

fn text(bytes: &[u8]) -> String {
    format!("{PASS_PREFIX}{}", base45::encode(bytes))
}
