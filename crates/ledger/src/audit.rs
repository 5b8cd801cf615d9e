//! A hash chain over canonical bytes, and a Merkle root of a shift: nothing is edited, dropped or moved unnoticed.
//!
//! The chain proves nothing against someone who may rewrite all of it; keep the [`Head`] elsewhere, and such a chain
//! ends in another head.

use core::{fmt, iter};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::mutant::skipped;

/// What a link, a leaf and a node are hashed with first, so that none can pass for another.
const LINK: u8 = 2;
const LEAF: u8 = 0;
const NODE: u8 = 1;

/// The hash of an entry and of everything before it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ChainHash(pub [u8; 32]);

/// What the first link is chained to.
pub const GENESIS: ChainHash = ChainHash([0; 32]);

impl fmt::Debug for ChainHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Display for ChainHash {
    /// 64 lowercase hex digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// The hash of `bytes` behind everything that `before` stands for.
///
/// ```
/// # use ledger::audit::{GENESIS, link};
/// assert_ne!(link(link(GENESIS, b"one"), b"two"), link(link(GENESIS, b"two"), b"one"));
/// ```
#[must_use]
pub fn link(before: ChainHash, bytes: &[u8]) -> ChainHash {
    let mut hasher = Sha256::new();
    hasher.update([LINK]);
    hasher.update(before.0);
    hasher.update(bytes);
    ChainHash(hasher.finalize().into())
}

/// One entry as it was stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Link<'a> {
    /// Its number, from 0 without gaps.
    pub sequence: u64,
    /// [`Entry::canonical`](crate::Entry::canonical).
    pub bytes: &'a [u8],
    /// [`link`] of these bytes behind the entry before.
    pub hash: ChainHash,
}

/// The end of a chain, kept apart from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Head {
    /// How many entries.
    pub count: u64,
    /// The hash of the last one; [`GENESIS`] where there is none.
    pub hash: ChainHash,
}

impl Head {
    /// The head of a chain without entries.
    pub const EMPTY: Self = Self { count: 0, hash: GENESIS };

    /// The head after one more entry, and that entry's link.
    #[must_use]
    pub fn append<'a>(&mut self, bytes: &'a [u8]) -> Link<'a> {
        let sequence = self.count;
        self.hash = link(self.hash, bytes);
        self.count = self.count.saturating_add(1);
        Link { sequence, bytes, hash: self.hash }
    }
}

/// The first entry of a chain that is not as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("entry {index} is {kind}")]
pub struct Break {
    /// The number of the entry, from 0.
    pub index: u64,
    /// What happened to it.
    pub kind: BreakKind,
}

/// What happened to an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BreakKind {
    /// Its bytes or its hash are not those that were written.
    Edited,
    /// It is not there, though later ones are.
    Missing,
    /// It stands further back; another is in its place.
    Swapped,
    /// One that was there before stands in its place.
    Repeated,
    /// It and all that followed are not there.
    Cut,
    /// It follows what should be the last one.
    Added,
    /// All links fit, yet the last is not the one that the head names: the chain was written anew, from an entry that
    /// can not be told.
    Rewritten,
}

impl fmt::Display for BreakKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Edited => "edited",
            Self::Missing => "missing",
            Self::Swapped => "swapped",
            Self::Repeated => "repeated",
            Self::Cut => "cut off",
            Self::Added => "added",
            Self::Rewritten => "rewritten, or one before it",
        })
    }
}

/// Goes through a whole chain in the order in which it is stored.
///
/// # Errors
/// The first [`Break`].
///
/// ```
/// # use ledger::audit::{Break, BreakKind, Head, verify};
/// let mut head = Head::EMPTY;
/// let mut links: Vec<_> = [&b"one"[..], b"two", b"three"].into_iter().map(|bytes| head.append(bytes)).collect();
/// assert_eq!(verify(links.clone(), head), Ok(()));
/// links.remove(1);
/// assert_eq!(verify(links, head), Err(Break { index: 1, kind: BreakKind::Missing }));
/// ```
pub fn verify<'a>(links: impl IntoIterator<Item = Link<'a>>, head: Head) -> Result<(), Break> {
    let mut links = links.into_iter();
    let mut before = GENESIS;
    let mut index = 0_u64;
    while let Some(stored) = links.next() {
        let fits = stored.sequence == index && link(before, stored.bytes) == stored.hash;
        if !fits && !skipped("audit-links") {
            let kind = explain(index, before, &stored, links);
            return Err(Break { index, kind });
        }
        if index >= head.count && !skipped("audit-added") {
            let kind = BreakKind::Added;
            return Err(Break { index, kind });
        }
        before = stored.hash;
        index = index.saturating_add(1);
    }
    let last = index.saturating_sub(1);
    if index < head.count && !skipped("audit-cut") {
        let kind = BreakKind::Cut;
        return Err(Break { index, kind });
    }
    if before != head.hash && !skipped("audit-head") {
        let kind = BreakKind::Rewritten;
        return Err(Break { index: last, kind });
    }
    Ok(())
}

/// What became of the entry that should stand here, judged by what stands here and behind.
fn explain<'a>(
    index: u64,
    before: ChainHash,
    stored: &Link<'a>,
    mut behind: impl Iterator<Item = Link<'a>>,
) -> BreakKind {
    if stored.sequence < index {
        return BreakKind::Repeated;
    }
    let follows = |later: Link<'a>| link(before, later.bytes) == later.hash;
    let later = behind.any(|later| later.sequence == index || follows(later));
    match (stored.sequence == index, later) {
        (_, true) => BreakKind::Swapped,
        (true, false) => BreakKind::Edited,
        (false, false) => BreakKind::Missing,
    }
}

/// The root of a Merkle tree (leaves and nodes as in RFC 6962): one hash for all entries of a shift.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct MerkleRoot(pub [u8; 32]);

impl fmt::Debug for MerkleRoot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.short_code())
    }
}

/// Digits and letters without I, L, O and U, which are read as others or read badly.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

impl MerkleRoot {
    /// The first 80 bits, to be read aloud or written on a slip: four groups of four.
    ///
    /// ```
    /// # use ledger::audit::merkle_root;
    /// let code = merkle_root([b"one", b"two"]).short_code();
    /// assert_eq!(code.len(), 19);
    /// assert_ne!(code, merkle_root([b"two", b"one"]).short_code());
    /// ```
    #[must_use]
    pub fn short_code(&self) -> String {
        let mut code = String::with_capacity(19);
        let groups = self.0.chunks_exact(5).take(2).flat_map(|chunk| {
            let bits = chunk.iter().fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
            (0..8_u32).rev().map(move |at| (bits >> at.saturating_mul(5)) & 31)
        });
        for (position, digit) in groups.enumerate() {
            if position > 0 && position % 4 == 0 {
                code.push('-');
            }
            let letter = usize::try_from(digit).ok().and_then(|digit| ALPHABET.get(digit));
            code.extend(letter.map(|letter| char::from(*letter)));
        }
        code
    }
}

/// The root over the canonical bytes of entries, in their order. It takes memory for one hash a level.
#[must_use]
pub fn merkle_root<B: AsRef<[u8]>>(entries: impl IntoIterator<Item = B>) -> MerkleRoot {
    // Perfect subtrees from the left, the tallest first; two of one height become one of the next.
    let mut subtrees: Vec<(u32, [u8; 32])> = Vec::new();
    for entry in entries {
        let mut height = 0_u32;
        let mut hash = leaf(entry.as_ref());
        while let Some((_, left)) = subtrees.pop_if(|(known, _)| *known == height) {
            hash = node(&left, &hash);
            height = height.saturating_add(1);
        }
        subtrees.push((height, hash));
    }
    let mut right_to_left = subtrees.into_iter().rev().map(|(_, hash)| hash);
    let last = right_to_left.next().unwrap_or_else(|| Sha256::digest([]).into());
    MerkleRoot(right_to_left.fold(last, |right, left| node(&left, &right)))
}

fn leaf(bytes: &[u8]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    hasher.update([LEAF]);
    hasher.update(bytes);
    hasher.finalize().into()
}

fn node(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in iter::once(&[NODE][..]).chain([&left[..], &right[..]]) {
        hasher.update(part);
    }
    hasher.finalize().into()
}
