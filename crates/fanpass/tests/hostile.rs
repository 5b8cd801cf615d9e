//! No text, list or picture of a pass makes the crate panic, and nothing unsigned is accepted.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::*;
use fanpass::{Code, LiveProof, PassContent, Pseudonym, SignedKeyList, TrustedKeys, parse, repair_layout};
use ledger::FanPoints;
use proptest::prelude::*;

fn ours() -> impl Strategy<Value = String> {
    let start = prop_oneof![
        Just("FP1:".to_owned()),
        Just("{\"version\":1,\"user_id\":\"".to_owned()),
        Just("https://fanpoints.app/distribute?".to_owned()),
        Just("]Q1".to_owned()),
        Just("FP1Ö".to_owned()),
        Just(String::new()),
    ];
    let rest = prop_oneof![".{0,420}", "[0-9 -]{0,20}", "[0-9A-Z $%*+./:-]{144}", "[0-9A-Z $%*+./:-]{300}"];
    (start, rest).prop_map(|(start, rest)| start + &rest)
}

proptest! {
    #[test]
    fn any_text_is_parsed_or_refused(text in prop_oneof![ours(), any::<String>()]) {
        let keys = trusted(&list());
        for text in [Some(text.clone()), repair_layout(&text)].into_iter().flatten() {
            if let Ok(Code::Pass(pass)) = parse(&text) {
                prop_assert!(pass.verify(&keys, pass.program(), NOW).is_err());
            }
        }
    }

    #[test]
    fn any_bytes_are_no_key_list(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        prop_assert!(TrustedKeys::from_signed(&bytes, &root_public(), NOW).is_err());
        let mut magic = b"FPK1".to_vec();
        magic.extend(bytes);
        prop_assert!(SignedKeyList::verify(&magic, &root_public()).is_err());
    }

    #[test]
    fn any_content_survives_the_way(
        pseudonym: u64, fan_points: u32, status_points: u32, allowance in 0i64..700_000, counter: u32,
        age in 0u32..1_000_000, life in 0u32..1_000_000, live_pass: bool,
    ) {
        let content = PassContent {
            program: PROGRAM, pseudonym: Pseudonym(pseudonym), issued_at: NOW - age, valid_until: NOW + life,
            fan_points, status_points, offline_allowance: FanPoints(allowance),
        };
        let proof = LiveProof { time: NOW, counter };
        let text = if live_pass { live(&content, proof) } else { card(&content) };
        let length = if live_pass { 304 } else { 148 };
        prop_assert_eq!(text.len(), length);
        prop_assert_eq!(text.trim(), text.as_str());
        let read = pass(&text).verify(&trusted(&list()), PROGRAM, NOW).unwrap();
        prop_assert_eq!(read.pseudonym, content.pseudonym);
        prop_assert_eq!((read.issued_at, read.valid_until), (content.issued_at, content.valid_until));
        prop_assert_eq!((read.fan_points, read.status_points), (fan_points, status_points));
        prop_assert_eq!(read.offline_allowance.0, (allowance / 10 * 10).min(655_350));
        prop_assert_eq!(read.proof, live_pass.then_some(proof));
    }

    #[test]
    fn a_pass_with_any_bytes_changed_is_refused(
        live_pass: bool, changes in proptest::collection::vec((any::<prop::sample::Index>(), 1u8..), 1..6),
    ) {
        let original = if live_pass { live(&content(), LiveProof { time: NOW, counter: 1 }) } else { card(&content()) };
        let mut changed = bytes(&original);
        for (place, by) in &changes {
            let place = place.index(changed.len());
            changed[place] ^= by;
        }
        prop_assume!(changed != bytes(&original));
        if let Ok(Code::Pass(pass)) = parse(&text(&changed)) {
            prop_assert!(pass.verify(&trusted(&list()), PROGRAM, NOW).is_err());
        }
    }
}
