//! The signed pass: read from a text, then verified against the program's keys.

use ed25519_dalek::{Signature, VerifyingKey};
use ledger::FanPoints;
use serde::{Deserialize, Serialize};

use crate::bytes::Reader;
use crate::{LiveProof, Malformed, PassRefusal, Pseudonym, TrustedKeys, proof};

/// How far a pass may be issued ahead of the device's clock, in seconds.
pub const CLOCK_LEEWAY_SECS: u32 = 15;

pub(crate) const LAYOUT_VERSION: u8 = 1;
pub(crate) const CARD_BYTES: usize = 96;
pub(crate) const LIVE_BYTES: usize = 200;
/// What the platform signs of a card pass, and of a live pass with the key of the fan's device.
pub(crate) const CARD_SIGNED: usize = 32;
pub(crate) const LIVE_SIGNED: usize = 64;
/// What the fan's device signs: everything up to and with the counter.
pub(crate) const PROOF_SIGNED: usize = 136;
pub(crate) const ALLOWANCE_UNIT: i64 = 10;
const PASS_LABEL: &[u8] = b"FanPoints pass 1\0";
const PROOF_LABEL: &[u8] = b"FanPoints live proof 1\0";

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PassKind {
    /// Fixed until it expires; can be copied.
    Card,
    /// Carries a proof of the fan's device, made for this showing.
    Live,
}

/// A pass as shown. Nothing in it is trusted before [`UnverifiedPass::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnverifiedPass {
    bytes: Box<[u8]>,
    kind: PassKind,
    key_id: u8,
    program: u32,
    pseudonym: Pseudonym,
    issued_at: u32,
    valid_until: u32,
    fan_points: u32,
    status_points: u32,
    allowance_units: u16,
    live: Option<LivePart>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct LivePart {
    device_key: [u8; 32],
    proof: LiveProof,
    signature: [u8; 64],
}

/// A verified pass. The balances are those of `issued_at`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct FanPass {
    pub kind: PassKind,
    pub pseudonym: Pseudonym,
    /// Unix seconds.
    pub issued_at: u32,
    /// Unix seconds; the pass still holds in this second.
    pub valid_until: u32,
    pub fan_points: u32,
    pub status_points: u32,
    /// What the platform allows to redeem offline with this pass.
    pub offline_allowance: FanPoints,
    /// Of a live pass: give it to [`crate::judge_proof`] with the last one seen.
    pub proof: Option<LiveProof>,
}

impl UnverifiedPass {
    pub(crate) fn decode(body: &str) -> Result<Self, Malformed> {
        // The lengths first: with them each text has exactly one decoding.
        if body.len() != text_length(CARD_BYTES) && body.len() != text_length(LIVE_BYTES) {
            return Err(Malformed::Length);
        }
        if !body.bytes().all(is_base45) {
            return Err(Malformed::Alphabet);
        }
        let bytes = base45::decode(body).map_err(|_| Malformed::Alphabet)?;
        let kind = kind_of(bytes.first().copied().ok_or(Malformed::Length)?)?;
        let expected = match kind {
            PassKind::Card => CARD_BYTES,
            PassKind::Live => LIVE_BYTES,
        };
        if bytes.len() != expected {
            return Err(Malformed::Length);
        }
        let pass = Self::read(bytes.into_boxed_slice(), kind).ok_or(Malformed::Length)?;
        if pass.valid_until < pass.issued_at {
            return Err(Malformed::Times);
        }
        Ok(pass)
    }

    fn read(bytes: Box<[u8]>, kind: PassKind) -> Option<Self> {
        let mut reader = Reader::new(&bytes);
        let _version_and_kind = reader.u8()?;
        let key_id = reader.u8()?;
        let program = reader.u32()?;
        let pseudonym = Pseudonym(reader.u64()?);
        let issued_at = reader.u32()?;
        let valid_until = reader.u32()?;
        let fan_points = reader.u32()?;
        let status_points = reader.u32()?;
        let allowance_units = reader.u16()?;
        let live = match kind {
            PassKind::Card => None,
            PassKind::Live => {
                let device_key = reader.take()?;
                let _platform_signature: [u8; 64] = reader.take()?;
                let proof = LiveProof { time: reader.u32()?, counter: reader.u32()? };
                Some(LivePart { device_key, proof, signature: reader.take()? })
            }
        };
        Some(Self {
            kind,
            key_id,
            program,
            pseudonym,
            issued_at,
            valid_until,
            fan_points,
            status_points,
            allowance_units,
            live,
            bytes,
        })
    }

    pub fn kind(&self) -> PassKind {
        self.kind
    }

    /// The program that the pass claims to belong to.
    pub fn program(&self) -> u32 {
        self.program
    }

    /// The fan that the pass claims to be of: good enough to ask the platform, which decides for itself.
    pub fn pseudonym(&self) -> Pseudonym {
        self.pseudonym
    }

    /// The platform key that the pass claims to be signed with.
    pub fn key_id(&self) -> u8 {
        self.key_id
    }

    /// Verifies signatures, program and times.
    ///
    /// Whether a live proof was seen before is the host's to remember: see [`crate::judge_proof`].
    ///
    /// # Errors
    /// The first that holds, in this order: `OtherProgram`, `KeysTooOld`, `UnknownKey`, `BadSignature`,
    /// `KeyOutOfTime`, `NotYetValid`, `Expired`, `Revoked`, `BadProof`, `ProofAhead`, `StaleProof`.
    pub fn verify(&self, keys: &TrustedKeys, program: u32, now_secs: u32) -> Result<FanPass, PassRefusal> {
        if self.program != program || keys.program() != program {
            return Err(PassRefusal::OtherProgram);
        }
        if !keys.is_fresh(now_secs) {
            return Err(PassRefusal::KeysTooOld);
        }
        let key = keys.key(self.key_id).ok_or(PassRefusal::UnknownKey)?;
        self.check_platform_signature(key.verifying_key())?;
        if !key.was_in_use(self.issued_at) {
            return Err(PassRefusal::KeyOutOfTime);
        }
        if self.issued_at > now_secs.saturating_add(CLOCK_LEEWAY_SECS) {
            return Err(PassRefusal::NotYetValid);
        }
        if now_secs > self.valid_until {
            return Err(PassRefusal::Expired);
        }
        if keys.is_revoked(self.pseudonym, self.issued_at) {
            return Err(PassRefusal::Revoked);
        }
        if let Some(live) = &self.live {
            self.check_device_signature(live)?;
            proof::check_time(live.proof, now_secs)?;
        }
        Ok(self.content())
    }

    fn content(&self) -> FanPass {
        FanPass {
            kind: self.kind,
            pseudonym: self.pseudonym,
            issued_at: self.issued_at,
            valid_until: self.valid_until,
            fan_points: self.fan_points,
            status_points: self.status_points,
            offline_allowance: FanPoints(i64::from(self.allowance_units) * ALLOWANCE_UNIT),
            proof: self.live.map(|live| live.proof),
        }
    }

    fn check_platform_signature(&self, key: &VerifyingKey) -> Result<(), PassRefusal> {
        let signed = match self.kind {
            PassKind::Card => CARD_SIGNED,
            PassKind::Live => LIVE_SIGNED,
        };
        let (content, rest) = self.bytes.split_at_checked(signed).ok_or(PassRefusal::BadSignature)?;
        let signature: [u8; 64] = Reader::new(rest).take().ok_or(PassRefusal::BadSignature)?;
        key.verify_strict(&pass_message(content), &Signature::from_bytes(&signature))
            .map_err(|_| PassRefusal::BadSignature)
    }

    fn check_device_signature(&self, live: &LivePart) -> Result<(), PassRefusal> {
        let content = self.bytes.get(..PROOF_SIGNED).ok_or(PassRefusal::BadProof)?;
        let key = VerifyingKey::from_bytes(&live.device_key).map_err(|_| PassRefusal::BadProof)?;
        key.verify_strict(&proof_message(content), &Signature::from_bytes(&live.signature))
            .map_err(|_| PassRefusal::BadProof)
    }
}

/// What the platform's signature covers.
pub(crate) fn pass_message(content: &[u8]) -> Vec<u8> {
    [PASS_LABEL, content].concat()
}

/// What the signature of the fan's device covers.
pub(crate) fn proof_message(content: &[u8]) -> Vec<u8> {
    [PROOF_LABEL, content].concat()
}

pub(crate) fn first_byte(kind: PassKind) -> u8 {
    let kind = match kind {
        PassKind::Card => 1,
        PassKind::Live => 2,
    };
    LAYOUT_VERSION << 4 | kind
}

fn kind_of(first: u8) -> Result<PassKind, Malformed> {
    if first >> 4 != LAYOUT_VERSION {
        return Err(Malformed::Version);
    }
    match first & 0x0f {
        1 => Ok(PassKind::Card),
        2 => Ok(PassKind::Live),
        _ => Err(Malformed::Kind),
    }
}

/// Characters of an even number of bytes in Base45.
const fn text_length(bytes: usize) -> usize {
    bytes / 2 * 3
}

fn is_base45(byte: u8) -> bool {
    byte.is_ascii_uppercase() || byte.is_ascii_digit() || b" $%*+-./:".contains(&byte)
}
