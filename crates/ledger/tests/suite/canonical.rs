//! One byte form for everything: bytes that decode are the bytes that encoding gives, and no others decode.
//!
//! `FANPOINTS_FUZZ_SECONDS` sets for how long [`fuzz_canonical`] goes on; without it, for some thousands of cases.

use std::time::{Duration, Instant};

use ledger::conformance::{Dice, Workload};
use ledger::{
    CanonicalError, Decision, Entry, MemoryLedger, OpId, Operation, OperationKind, Timestamp, execute,
};
use proptest::prelude::*;

use crate::common::{award, distribute, op, redeem, seed};

/// Real operations and entries, as bytes.
fn corpus(seed: u64, count: usize) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let mut workload = Workload::new(seed);
    let mut books = MemoryLedger::new();
    for fan in workload.fans() {
        books.register_fan(*fan);
    }
    let (mut operations, mut entries) = (Vec::new(), Vec::new());
    while operations.len() < count {
        let step = workload.next_step();
        let bytes = step.operation.canonical();
        assert_eq!(Operation::from_canonical(&bytes).as_ref(), Ok(&step.operation));
        operations.push(bytes);
        if let Decision::Post(posted) = execute(&step.operation, &step.rules, &mut books, step.now).unwrap() {
            let bytes = posted.entry.canonical();
            assert_eq!(Entry::from_canonical(&bytes).as_ref(), Ok(&posted.entry));
            entries.push(bytes);
        }
    }
    (operations, entries)
}

fn strict(bytes: &[u8]) {
    if let Ok(operation) = Operation::from_canonical(bytes) {
        assert_eq!(operation.canonical(), bytes, "two byte forms of {operation:?}");
    }
    if let Ok(entry) = Entry::from_canonical(bytes) {
        assert_eq!(entry.canonical(), bytes, "two byte forms of {entry:?}");
    }
}

/// Changes bytes as storage, wires and attackers do: flips, cuts, repeats, splices of two, numbers at their edges.
fn mangle(dice: &mut Dice, bytes: &mut Vec<u8>, other: &[u8]) {
    let place = |dice: &mut Dice, bytes: &[u8]| usize::try_from(dice.below(bytes.len() as u64)).unwrap();
    for _ in 0..=dice.below(3) {
        if bytes.is_empty() {
            return;
        }
        let at = place(dice, bytes);
        match dice.below(7) {
            0 => bytes[at] ^= 1 << dice.below(8),
            1 => bytes[at] = [0, 1, 0x7f, 0x80, 0x81, 0xff][usize::try_from(dice.below(6)).unwrap()],
            2 => bytes.truncate(at),
            3 => bytes.insert(at, 0x80),
            4 => drop(bytes.remove(at)),
            5 => {
                let from = place(dice, other);
                bytes.truncate(at);
                bytes.extend_from_slice(&other[from..]);
            }
            _ => {
                let again = bytes[at..].to_vec();
                bytes.extend_from_slice(&again);
            }
        }
    }
}

#[test]
fn fuzz_canonical() {
    let seed = seed();
    let (operations, entries) = corpus(seed | 1, 400);
    let seconds =
        std::env::var("FANPOINTS_FUZZ_SECONDS").ok().map(|text| text.parse().expect("a number of seconds"));
    let end = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let mut dice = Dice::new(seed);
    let mut cases = 0_u64;
    let mut decoded = 0_u64;
    loop {
        for _ in 0..5_000 {
            let corpus = if dice.one_in(2) { &operations } else { &entries };
            let mut bytes = dice.pick(corpus).unwrap().clone();
            let other = dice.pick(corpus).unwrap().clone();
            mangle(&mut dice, &mut bytes, &other);
            strict(&bytes);
            decoded +=
                u64::from(Operation::from_canonical(&bytes).is_ok() || Entry::from_canonical(&bytes).is_ok());
        }
        cases += 5_000;
        if end.is_none_or(|end| Instant::now() >= end) {
            break;
        }
    }
    println!("{cases} cases, {decoded} of them decoded");
    assert!(decoded > cases / 100, "too few cases get past the decoder to mean anything");
}

#[test]
fn the_bytes_are_written_down() {
    // A change of these bytes is a change of every digest that was ever stored.
    let hex = |bytes: &[u8]| bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    let operation = Operation { at: Timestamp(2), ..op(0xaa, distribute(&[2500])) };
    let id = "aa".repeat(16);
    assert_eq!(
        hex(&operation.canonical()),
        format!("01{id}0000000100000000000000070001{}", "0000000000000009c4000000000000000002")
    );
    assert_eq!(hex(&operation.digest()), "544375159a0e4f5e4b3b91da364f0b57c26c1ee7331cd7b6b29cdb257e8e78e0");
}

#[test]
fn the_digest_covers_the_content_and_not_the_time() {
    let first = op(1, redeem(&[2500]));
    let later = Operation { at: Timestamp(99), ..first.clone() };
    assert_eq!(first.digest(), later.digest());
    let others = [
        Operation { id: OpId([2; 16]), ..first.clone() },
        Operation { partner: ledger::PartnerId(2), ..first.clone() },
        Operation { fan: ledger::FanId(8), ..first.clone() },
        op(1, redeem(&[2501])),
        op(1, redeem(&[2500, 1])),
        op(1, distribute(&[2500])),
        op(1, OperationKind::Expire),
    ];
    for other in others {
        assert_ne!(first.digest(), other.digest(), "{other:?}");
    }
}

#[test]
fn bytes_that_are_nearly_right_are_refused_by_name() {
    let good = op(1, award("quiz")).canonical();
    let change = |change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = good.clone();
        change(&mut bytes);
        Operation::from_canonical(&bytes)
    };
    assert!(change(&|_| ()).is_ok());
    assert_eq!(change(&|bytes| bytes.push(0)), Err(CanonicalError::Trailing));
    assert_eq!(change(&|bytes| bytes.truncate(bytes.len() - 1)), Err(CanonicalError::Cut));
    assert_eq!(change(&|bytes| bytes.clear()), Err(CanonicalError::Cut));
    assert_eq!(change(&|bytes| bytes[0] = 2), Err(CanonicalError::UnknownTag(2)));
    assert_eq!(change(&|bytes| bytes[29] = 9), Err(CanonicalError::UnknownTag(9)));
    assert_eq!(change(&|bytes| bytes[31] = 0xff), Err(CanonicalError::Text));
    // The length 4 written in two bytes, and lengths beyond all bounds.
    let longer = |bytes: &mut Vec<u8>| {
        bytes[30] = 0x84;
        bytes.insert(31, 0);
    };
    assert_eq!(change(&longer), Err(CanonicalError::Count));
    let huge = |bytes: &mut Vec<u8>| drop(bytes.splice(30..31, [0xff; 9].into_iter().chain([0x7f])));
    assert_eq!(change(&huge), Err(CanonicalError::Count));
    let large = |bytes: &mut Vec<u8>| drop(bytes.splice(30..31, [0xff; 8].into_iter().chain([0x7f])));
    assert_eq!(change(&large), Err(CanonicalError::Cut));
    assert_eq!(Entry::from_canonical(&good), Err(CanonicalError::UnknownTag(1)));
}

#[test]
fn json_carries_every_operation_and_entry() {
    let mut workload = Workload::new(11);
    for _ in 0..300 {
        let operation = workload.next_step().operation;
        let json = serde_json::to_string(&operation).unwrap();
        assert_eq!(serde_json::from_str::<Operation>(&json).unwrap(), operation);
    }
    for bytes in corpus(5, 300).1 {
        let entry = Entry::from_canonical(&bytes).unwrap();
        let json = serde_json::to_string(&entry).unwrap();
        assert_eq!(serde_json::from_str::<Entry>(&json).unwrap(), entry);
    }
    let old = r#"{"kind":"redeem","items":[],"tender":"whole"}"#;
    assert!(matches!(serde_json::from_str(old).unwrap(), OperationKind::Redeem { reservation: None, .. }));
}

proptest! {
    #![proptest_config(crate::common::cases(256))]

    #[test]
    fn any_bytes_decode_to_what_encodes_to_them(bytes in prop::collection::vec(any::<u8>(), 0..200), tag in 0_u8..10) {
        strict(&bytes);
        let mut likely = bytes;
        for version in [0x01, 0x41] {
            if likely.len() > 30 {
                likely[0] = version;
                likely[29] = tag;
            }
            strict(&likely);
        }
    }
}
