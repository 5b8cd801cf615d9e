//! The chain names the first entry that is not as it was written.

use ledger::audit::{Break, BreakKind, GENESIS, Head, Link, link, merkle_root, verify};
use proptest::prelude::*;

use crate::common::{Till, award, distribute, rules, undo};

fn chain(entries: &[Vec<u8>]) -> (Vec<Link<'_>>, Head) {
    let mut head = Head::EMPTY;
    let links = entries.iter().map(|bytes| head.append(bytes)).collect();
    (links, head)
}

fn entries(count: u8) -> Vec<Vec<u8>> {
    (0..count).map(|number| vec![number; usize::from(number) + 3]).collect()
}

fn found(links: &[Link<'_>], head: Head) -> Option<(u64, BreakKind)> {
    verify(links.iter().copied(), head).err().map(|Break { index, kind }| (index, kind))
}

#[test]
fn a_chain_as_it_was_written_is_whole() {
    let entries = entries(9);
    let (links, head) = chain(&entries);
    assert_eq!(found(&links, head), None);
    assert_eq!(found(&[], Head::EMPTY), None);
    assert_eq!(head.hash, entries.iter().fold(GENESIS, |before, bytes| link(before, bytes)));
    assert_eq!(links[0].hash.to_string().len(), 64);
}

#[test]
fn whatever_was_done_to_any_entry_is_named() {
    let entries = entries(9);
    let (links, head) = chain(&entries);
    for at in 0..9 {
        let index = at as u64;
        for edited in [&b"other"[..], b"", &entries[at][1..]] {
            let mut tampered = links.clone();
            tampered[at].bytes = edited;
            assert_eq!(found(&tampered, head), Some((index, BreakKind::Edited)));
            // And with a hash that fits the edit.
            let before = if at == 0 { GENESIS } else { links[at - 1].hash };
            tampered[at].hash = link(before, edited);
            let next = if at == 8 { (index, BreakKind::Rewritten) } else { (index + 1, BreakKind::Edited) };
            assert_eq!(found(&tampered, head), Some(next));
        }
        let mut deleted = links.clone();
        deleted.remove(at);
        let kind = if at == 8 { BreakKind::Cut } else { BreakKind::Missing };
        assert_eq!(found(&deleted, head), Some((index, kind)));
        // Deleted, and the numbers closed up.
        for (sequence, link) in (0..).zip(&mut deleted) {
            link.sequence = sequence;
        }
        let kind = if at == 8 { BreakKind::Cut } else { BreakKind::Edited };
        assert_eq!(found(&deleted, head), Some((index, kind)));
        assert_eq!(found(&links[..at], head), Some((index, BreakKind::Cut)));
        let mut repeated = links.clone();
        repeated.insert(at, links[at]);
        let place = (index + 1, BreakKind::Repeated);
        assert_eq!(found(&repeated, head), Some(place));
        for with in at + 1..9 {
            let mut swapped = links.clone();
            swapped.swap(at, with);
            assert_eq!(found(&swapped, head), Some((index, BreakKind::Swapped)));
            // The contents swapped, the numbers left where they were.
            swapped[at].sequence = index;
            swapped[with].sequence = with as u64;
            assert_eq!(found(&swapped, head), Some((index, BreakKind::Swapped)));
        }
    }
}

#[test]
fn a_chain_that_goes_on_or_was_written_anew_is_noticed() {
    let mut entries = entries(5);
    let shorter = chain(&entries[..4]).1;
    let (links, head) = chain(&entries);
    assert_eq!(found(&links, shorter), Some((4, BreakKind::Added)));
    let kept = head;
    entries[2] = b"another past".to_vec();
    let (links, _) = chain(&entries);
    assert_eq!(found(&links, kept), Some((4, BreakKind::Rewritten)));
}

#[test]
fn a_link_can_not_pass_for_a_leaf() {
    let leaf = merkle_root([b"entry"]);
    assert_ne!(leaf.0, link(GENESIS, b"entry").0);
    // The known root of a tree without leaves, and of one empty leaf (RFC 6962).
    let hex = |bytes: [u8; 32]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    assert_eq!(
        hex(merkle_root::<&[u8]>([]).0),
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    );
    assert_eq!(hex(merkle_root([b""]).0), "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d");
}

#[test]
fn the_journal_of_a_shift_is_chained_and_has_a_short_code() {
    let mut till = Till::open(rules());
    till.accept(1, distribute(&[2500]));
    till.accept(2, award("quiz"));
    till.accept(3, undo(1));
    let entries: Vec<Vec<u8>> = till.books.journal().map(|(_, entry)| entry.to_vec()).collect();
    let (links, head) = chain(&entries);
    assert_eq!((head.count, found(&links, head)), (3, None));
    let code = merkle_root(&entries).short_code();
    assert_eq!(code.split('-').map(str::len).collect::<Vec<_>>(), [4, 4, 4, 4]);
    assert!(code.chars().all(|letter| letter == '-' || "0123456789ABCDEFGHJKMNPQRSTVWXYZ".contains(letter)));
    assert_ne!(code, merkle_root(&entries[..2]).short_code());
}

/// The tree by its definition: split at the largest power of two below the number of leaves.
fn root_by_definition(entries: &[Vec<u8>]) -> [u8; 32] {
    use sha2::{Digest, Sha256};
    match entries.len() {
        0 => Sha256::digest([]).into(),
        1 => Sha256::new().chain_update([0]).chain_update(&entries[0]).finalize().into(),
        count => {
            let at = count.next_power_of_two() / 2;
            let (left, right) = (root_by_definition(&entries[..at]), root_by_definition(&entries[at..]));
            Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
        }
    }
}

proptest! {
    #![proptest_config(crate::common::cases(256))]

    #[test]
    fn the_root_is_the_one_by_definition(entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..9), 0..40)) {
        prop_assert_eq!(merkle_root(&entries).0, root_by_definition(&entries));
    }

    #[test]
    fn a_single_bit_is_noticed_where_it_is(count in 1_u8..12, at in any::<prop::sample::Index>(), bit in any::<prop::sample::Index>()) {
        let mut entries = entries(count);
        let hashes: Vec<_> = chain(&entries).0.iter().map(|link| link.hash).collect();
        let head = chain(&entries).1;
        let at = at.index(entries.len());
        let bit = bit.index(entries[at].len() * 8);
        entries[at][bit / 8] ^= 1 << (bit % 8);
        let stored = (0..).zip(&entries).zip(hashes).map(|((sequence, bytes), hash)| Link { sequence, bytes, hash });
        prop_assert_eq!(verify(stored, head), Err(Break { index: at as u64, kind: BreakKind::Edited }));
    }
}
