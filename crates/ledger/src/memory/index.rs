//! Where in the journal an operation stands: eight bytes a slot, because every operation is kept for ever.

use crate::OpId;

/// The low bits of a slot: the place in the journal, plus one. The high bits: a part of the id's hash, so that another
/// operation's place is hardly ever looked up in the journal.
const PLACE_BITS: u32 = 44;
const PLACE: u64 = (1 << PLACE_BITS) - 1;

/// Open addressing with linear probing; the length is a power of two, at most 3/4 full.
#[derive(Clone, Debug, Default)]
pub(super) struct OpIndex {
    slots: Vec<u64>,
    count: usize,
}

impl OpIndex {
    /// The place of an operation. `id_at` reads the id of what stands at a place.
    pub(super) fn get(&self, id: OpId, id_at: impl Fn(usize) -> Option<OpId>) -> Option<usize> {
        let mask = self.slots.len().wrapping_sub(1);
        let hash = mix(id);
        let mut at = slot_of(hash) & mask;
        loop {
            let slot = *self.slots.get(at)?;
            if slot == 0 {
                return None;
            }
            if slot >> PLACE_BITS == hash >> PLACE_BITS {
                let place = usize::try_from((slot & PLACE).wrapping_sub(1)).ok()?;
                if id_at(place) == Some(id) {
                    return Some(place);
                }
            }
            at = at.wrapping_add(1) & mask;
        }
    }

    /// Notes an operation that is not there yet. False where its place is beyond 16 TiB.
    pub(super) fn insert(
        &mut self,
        id: OpId,
        place: usize,
        known: impl Iterator<Item = (OpId, usize)>,
    ) -> bool {
        if self.count >= self.slots.len().saturating_sub(self.slots.len() / 4) {
            self.slots = vec![0; self.slots.len().saturating_mul(2).max(64)];
            for (id, place) in known {
                self.put(id, place);
            }
        }
        let put = self.put(id, place);
        self.count = self.count.saturating_add(usize::from(put));
        put
    }

    fn put(&mut self, id: OpId, place: usize) -> bool {
        let hash = mix(id);
        let Some(place) = u64::try_from(place).ok().filter(|place| *place < PLACE) else {
            return false;
        };
        let filled = (hash & !PLACE) | place.wrapping_add(1);
        let mask = self.slots.len().wrapping_sub(1);
        let mut at = slot_of(hash) & mask;
        while let Some(slot) = self.slots.get_mut(at) {
            if *slot == 0 {
                *slot = filled;
                return true;
            }
            at = at.wrapping_add(1) & mask;
        }
        false
    }
}

/// Spreads ids, of which the first bytes are often a time and the last a count.
const fn mix(id: OpId) -> u64 {
    let id = u128::from_be_bytes(id.0);
    let mut mixed = low(id).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ low(id >> 64);
    mixed = (mixed ^ (mixed >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    mixed ^ (mixed >> 32)
}

#[allow(clippy::cast_possible_truncation)] // the low half is what is wanted
const fn low(id: u128) -> u64 {
    id as u64
}

#[allow(clippy::cast_possible_truncation)] // masked by whoever asks
const fn slot_of(hash: u64) -> usize {
    hash as usize
}
