//! The live proof: what the fan's device signed just now, and how to tell a replay from a copy.

use serde::{Deserialize, Serialize};

use crate::PassRefusal;

/// How old a proof may be, in seconds.
pub const PROOF_BEHIND_SECS: u32 = 45;
/// How far ahead of the device's clock a proof may be, in seconds.
pub const PROOF_AHEAD_SECS: u32 = 15;
/// How long a device remembers the last proof of a pseudonym, in seconds, restarts included.
pub const PROOF_MEMORY_SECS: u32 = 86_400;

/// One showing of a live pass. The counter grows with every new code on the fan's screen; it starts at the Unix time
/// divided by fifteen, so that it goes on growing when the fan's app is installed anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct LiveProof {
    /// Unix seconds on the fan's device.
    pub time: u32,
    pub counter: u32,
}

/// Compares a verified proof with the last one accepted of the same pseudonym, where the host remembers one.
///
/// # Errors
/// `Replayed` for the very same proof; `Copied` for a lower counter, or the same counter with another time.
pub fn judge_proof(last_seen: Option<LiveProof>, shown: LiveProof) -> Result<(), PassRefusal> {
    let Some(last) = last_seen else { return Ok(()) };
    if shown == last {
        return Err(PassRefusal::Replayed);
    }
    if shown.counter <= last.counter {
        return Err(PassRefusal::Copied);
    }
    Ok(())
}

/// Is the proof from about now?
pub(crate) fn check_time(proof: LiveProof, now: u32) -> Result<(), PassRefusal> {
    if proof.time > now.saturating_add(PROOF_AHEAD_SECS) {
        return Err(PassRefusal::ProofAhead);
    }
    if now.saturating_sub(proof.time) > PROOF_BEHIND_SECS {
        return Err(PassRefusal::StaleProof);
    }
    Ok(())
}
