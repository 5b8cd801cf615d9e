//! A pass is accepted as issued and refused by its own reason once anything about it is wrong.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::*;
use ed25519_dalek::Signer as _;
use fanpass::{
    CodeRefusal, FanPass, IssueError, LiveProof, MAX_TEXT, Malformed, PassKind, PassRefusal, Pseudonym,
    Revocation, SigningKey, TrustedKeys, VerifyingKey, device_proof, issue_card, issue_live, judge_proof,
    parse,
};
use ledger::FanPoints;

fn verify(text: &str) -> Result<FanPass, PassRefusal> {
    pass(text).verify(&trusted(&list()), PROGRAM, NOW)
}

fn proof() -> LiveProof {
    LiveProof { time: NOW, counter: NOW / 15 }
}

#[test]
fn a_card_pass_says_what_was_issued() {
    let content = content();
    let pass = verify(&card(&content)).unwrap();
    let expected = FanPass {
        kind: PassKind::Card,
        pseudonym: content.pseudonym,
        issued_at: content.issued_at,
        valid_until: content.valid_until,
        fan_points: 3465,
        status_points: 1240,
        offline_allowance: FanPoints(2000),
        proof: None,
    };
    assert_eq!(pass, expected);
}

#[test]
fn a_live_pass_carries_its_proof() {
    let pass = verify(&live(&content(), proof())).unwrap();
    assert_eq!((pass.kind, pass.proof), (PassKind::Live, Some(proof())));
    assert_eq!(pass.fan_points, 3465);
}

#[test]
fn the_layout_is_as_documented() {
    let card = bytes(&card(&content()));
    assert_eq!(card.len(), 96);
    assert_eq!(card[..6], [0x11, KEY_ID, 0, 0, 0, 77]);
    assert_eq!(card[6..14], 0x0123_4567_89ab_cdef_u64.to_be_bytes());
    assert_eq!(card[14..18], (NOW - 60).to_be_bytes());
    assert_eq!(card[18..22], (NOW + 3600).to_be_bytes());
    assert_eq!(card[22..32], [0, 0, 0x0d, 0x89, 0, 0, 0x04, 0xd8, 0, 200]);
    let live = bytes(&live(&content(), proof()));
    assert_eq!(live.len(), 200);
    assert_eq!(live[0], 0x12);
    assert_eq!(live[32..64], device_key().verifying_key().to_bytes());
    assert_eq!(live[128..132], NOW.to_be_bytes());
    // Each signature is for one purpose, which a label before the bytes names.
    let signed = |key: SigningKey, label: &[u8], content: &[u8], signature: &[u8]| {
        let signature = ed25519_dalek::Signature::from_slice(signature).unwrap();
        key.verifying_key().verify_strict(&[label, content].concat(), &signature).is_ok()
    };
    assert!(signed(platform_key(), b"FanPoints pass 1\0", &card[..32], &card[32..]));
    assert!(signed(platform_key(), b"FanPoints pass 1\0", &live[..64], &live[64..128]));
    assert!(signed(device_key(), b"FanPoints live proof 1\0", &live[..136], &live[136..]));
}

#[test]
fn every_flipped_bit_is_refused() {
    let keys = trusted(&list());
    for original in [card(&content()), live(&content(), proof())] {
        let bytes = bytes(&original);
        for bit in 0..bytes.len() * 8 {
            let mut damaged = bytes.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            let refused = match parse(&text(&damaged)) {
                Ok(fanpass::Code::Pass(pass)) => pass.verify(&keys, PROGRAM, NOW).unwrap_err(),
                Ok(other) => panic!("bit {bit}: {other:?}"),
                Err(CodeRefusal::Malformed(_)) => continue,
                Err(other) => panic!("bit {bit}: {other:?}"),
            };
            let expected = match bit / 8 {
                1 => PassRefusal::UnknownKey,
                2..6 => PassRefusal::OtherProgram,
                128.. => PassRefusal::BadProof,
                _ => PassRefusal::BadSignature,
            };
            assert_eq!(refused, expected, "bit {bit}");
        }
    }
}

#[test]
fn every_truncation_is_malformed() {
    for whole in [card(&content()), live(&content(), proof())] {
        for length in 4..whole.len() {
            let cut = &whole[..length];
            assert!(matches!(parse(cut), Err(CodeRefusal::Malformed(_))), "{length}");
        }
        assert_eq!(parse(&format!("{whole}0")), Err(CodeRefusal::Malformed(Malformed::Length)));
    }
}

#[test]
fn a_live_pass_cut_to_a_card_is_no_card() {
    let mut cut = bytes(&live(&content(), proof()))[..96].to_vec();
    assert_eq!(parse(&text(&cut)), Err(CodeRefusal::Malformed(Malformed::Length)));
    cut[0] = 0x11;
    assert_eq!(verify(&text(&cut)), Err(PassRefusal::BadSignature));
}

#[test]
fn too_long_a_text_is_refused_before_it_is_read() {
    let long = format!("FP1:{}", "A".repeat(MAX_TEXT - 3));
    assert_eq!(parse(&long), Err(CodeRefusal::TooLong));
    let longest = format!("FP1:{}", "A".repeat(MAX_TEXT - 4));
    assert_eq!(parse(&longest), Err(CodeRefusal::Malformed(Malformed::Length)));
}

#[test]
fn versions_and_kinds_of_the_future_are_named() {
    let mut later = bytes(&card(&content()));
    later[0] = 0x21;
    assert_eq!(parse(&text(&later)), Err(CodeRefusal::Malformed(Malformed::Version)));
    later[0] = 0x13;
    assert_eq!(parse(&text(&later)), Err(CodeRefusal::Malformed(Malformed::Kind)));
    later[0] = 0x11;
    later[14..18].copy_from_slice(&(NOW + 3601).to_be_bytes());
    assert_eq!(parse(&text(&later)), Err(CodeRefusal::Malformed(Malformed::Times)));
}

#[test]
fn one_pass_has_one_text() {
    let text = card(&content());
    assert_eq!(parse(&text.to_lowercase()), Err(CodeRefusal::NotOurs));
    assert_eq!(
        parse(&format!("FP1:{}", text[4..].to_lowercase())),
        Err(CodeRefusal::Malformed(Malformed::Alphabet))
    );
    // Three characters above 65535 would wrap in a careless decoder.
    assert_eq!(parse(&format!("FP1:{}:::", &text[4..145])), Err(CodeRefusal::Malformed(Malformed::Alphabet)));
    assert_eq!(parse(&format!("FP1:{}é", &text[4..146])), Err(CodeRefusal::Malformed(Malformed::Alphabet)));
}

#[test]
fn a_signature_with_another_s_is_refused() {
    // s + the order of the group verifies too where nobody insists on the one canonical form.
    const ORDER: [u8; 32] = [
        0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
    ];
    let mut bytes = bytes(&card(&content()));
    let mut carry = 0u16;
    for (byte, add) in bytes[64..96].iter_mut().zip(ORDER) {
        let sum = u16::from(*byte) + u16::from(add) + carry;
        *byte = sum.to_le_bytes()[0];
        carry = sum >> 8;
    }
    assert_eq!(carry, 0);
    assert_eq!(verify(&text(&bytes)), Err(PassRefusal::BadSignature));
}

/// The neutral point: under it a signature of nothing verifies any message where nobody insists on a strong key.
const WEAK: [u8; 32] =
    [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// The neutral point and zero.
fn signature_of_nothing() -> [u8; 64] {
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&WEAK);
    signature
}

#[test]
fn under_a_weak_device_key_nothing_is_proven() {
    let mut weak = bytes(&live(&content(), proof()));
    weak[32..64].copy_from_slice(&WEAK);
    let signature = platform_key().sign(&[b"FanPoints pass 1\0", &weak[..64]].concat());
    weak[64..128].copy_from_slice(&signature.to_bytes());
    weak[136..].copy_from_slice(&signature_of_nothing());
    assert_eq!(verify(&text(&weak)), Err(PassRefusal::BadProof));
}

#[test]
fn under_a_weak_key_in_the_list_nothing_is_signed() {
    // No platform writes such a list; the root key could have signed it all the same.
    let mut signed = list().sign(&root_key()).unwrap();
    let key = platform_key().verifying_key().to_bytes();
    let at = signed.windows(32).position(|window| window == key).unwrap();
    signed[at..at + 32].copy_from_slice(&WEAK);
    let content_end = signed.len() - 64;
    let signature = root_key().sign(&[b"FanPoints key list 1\0", &signed[..content_end]].concat());
    signed[content_end..].copy_from_slice(&signature.to_bytes());
    let keys = TrustedKeys::from_signed(&signed, &root_public(), NOW).unwrap();
    let mut forged = bytes(&card(&content()));
    forged[32..].copy_from_slice(&signature_of_nothing());
    assert_eq!(pass(&text(&forged)).verify(&keys, PROGRAM, NOW), Err(PassRefusal::BadSignature));
}

#[test]
fn times_hold_at_their_edges() {
    let keys = trusted(&list());
    let at = |now: u32| pass(&card(&content())).verify(&keys, PROGRAM, now).map(|_| ());
    assert_eq!(at(NOW - 60 - 15), Ok(()));
    assert_eq!(at(NOW - 60 - 16), Err(PassRefusal::NotYetValid));
    assert_eq!(at(NOW + 3600), Ok(()));
    assert_eq!(at(NOW + 3601), Err(PassRefusal::Expired));
}

#[test]
fn a_proof_holds_from_45_seconds_behind_to_15_ahead() {
    let keys = trusted(&list());
    let text = live(&content(), proof());
    let at = |now: u32| pass(&text).verify(&keys, PROGRAM, now).map(|_| ());
    assert_eq!(at(NOW + 45), Ok(()));
    assert_eq!(at(NOW + 46), Err(PassRefusal::StaleProof));
    assert_eq!(at(NOW - 15), Ok(()));
    assert_eq!(at(NOW - 16), Err(PassRefusal::ProofAhead));
}

#[test]
fn another_program_is_named_whoever_signed() {
    let keys = trusted(&list());
    let theirs = fanpass::PassContent { program: 78, ..content() };
    let stranger = issue_card(&SigningKey::from_bytes(&[9; 32]), 200, &theirs).unwrap();
    for text in [card(&theirs), stranger] {
        assert_eq!(pass(&text).verify(&keys, PROGRAM, NOW), Err(PassRefusal::OtherProgram));
    }
    assert_eq!(pass(&card(&content())).verify(&keys, 78, NOW), Err(PassRefusal::OtherProgram));
}

#[test]
fn unknown_and_wrong_keys_are_told_apart() {
    let stranger = SigningKey::from_bytes(&[9; 32]);
    assert_eq!(verify(&issue_card(&stranger, 200, &content()).unwrap()), Err(PassRefusal::UnknownKey));
    assert_eq!(verify(&issue_card(&stranger, KEY_ID, &content()).unwrap()), Err(PassRefusal::BadSignature));
}

#[test]
fn a_key_counts_only_in_its_time() {
    let verify = |from, until| {
        let mut list = list();
        (list.keys[0].from, list.keys[0].until) = (from, until);
        pass(&card(&content())).verify(&trusted(&list), PROGRAM, NOW).map(|_| ())
    };
    assert_eq!(verify(NOW - 60, NOW - 60), Ok(()));
    assert_eq!(verify(NOW - 59, NOW), Err(PassRefusal::KeyOutOfTime));
    assert_eq!(verify(0, NOW - 61), Err(PassRefusal::KeyOutOfTime));
}

#[test]
fn a_revoked_pass_is_refused_and_its_successor_is_not() {
    let mut list = list();
    let revoke = |pseudonym, issued_before| Revocation { pseudonym, issued_before };
    let fan = content().pseudonym;
    list.revocations =
        vec![revoke(Pseudonym(u64::MAX), NOW), revoke(fan, NOW - 59), revoke(Pseudonym(0), NOW)];
    let keys = trusted(&list);
    let verify =
        |content: fanpass::PassContent| pass(&card(&content)).verify(&keys, PROGRAM, NOW).map(|_| ());
    assert_eq!(verify(content()), Err(PassRefusal::Revoked));
    assert_eq!(verify(fanpass::PassContent { issued_at: NOW - 59, ..content() }), Ok(()));
    assert_eq!(verify(fanpass::PassContent { pseudonym: Pseudonym(1), ..content() }), Ok(()));
}

#[test]
fn a_proof_can_not_move_to_another_pass() {
    let one = bytes(&live(&content(), proof()));
    let other = fanpass::PassContent { fan_points: 999_999, ..content() };
    let mut moved = bytes(&live(&other, proof()));
    moved[136..].copy_from_slice(&one[136..]);
    assert_eq!(verify(&text(&moved)), Err(PassRefusal::BadProof));
}

#[test]
fn a_platform_signature_is_no_device_signature() {
    // The platform's key as the device's: the labels keep the two purposes apart.
    let key = platform_key();
    let grant = issue_live(&key, KEY_ID, &content(), &key.verifying_key()).unwrap();
    let mut bytes = bytes(&device_proof(&key, &grant, proof()).unwrap());
    let platform_signature = bytes[64..128].to_vec();
    bytes[136..].copy_from_slice(&platform_signature);
    assert_eq!(verify(&text(&bytes)), Err(PassRefusal::BadProof));
}

#[test]
fn replays_and_copies_are_told_apart() {
    let last = LiveProof { time: NOW, counter: 100 };
    let judge = |time, counter| judge_proof(Some(last), LiveProof { time, counter });
    assert_eq!(judge_proof(None, last), Ok(()));
    assert_eq!(judge(NOW + 15, 101), Ok(()));
    assert_eq!(judge(NOW, 100), Err(PassRefusal::Replayed));
    assert_eq!(judge(NOW + 1, 100), Err(PassRefusal::Copied));
    assert_eq!(judge(NOW + 15, 99), Err(PassRefusal::Copied));
    assert_eq!(judge(NOW - 15, 101), Ok(()));
}

#[test]
fn nothing_impossible_is_issued() {
    let key = platform_key();
    let ends_early = fanpass::PassContent { valid_until: NOW - 61, ..content() };
    assert_eq!(issue_card(&key, KEY_ID, &ends_early), Err(IssueError::EndsBeforeIssue));
    let negative = fanpass::PassContent { offline_allowance: FanPoints(-1), ..content() };
    assert_eq!(issue_card(&key, KEY_ID, &negative), Err(IssueError::NegativeAllowance));
    let weak = VerifyingKey::from_bytes(&WEAK).unwrap();
    assert_eq!(issue_live(&key, KEY_ID, &content(), &weak), Err(IssueError::WeakKey));
    let other = SigningKey::from_bytes(&[8; 32]);
    assert_eq!(device_proof(&other, &grant(&content()), proof()), Err(IssueError::OtherDevice));
}

#[test]
fn an_allowance_is_rounded_down_and_bounded() {
    let allowance = |points| {
        let content = fanpass::PassContent { offline_allowance: FanPoints(points), ..content() };
        verify(&card(&content)).unwrap().offline_allowance.0
    };
    assert_eq!([0, 9, 10, 2009, 655_350, i64::MAX].map(allowance), [0, 0, 10, 2000, 655_350, 655_350]);
}

#[test]
fn a_grant_survives_the_way_to_the_device() {
    let grant = grant(&content());
    assert_eq!(fanpass::Grant::from_bytes(&grant.to_bytes()), Some(grant));
    assert_eq!(fanpass::Grant::from_bytes(&grant.to_bytes()[1..]), None);
    assert_eq!(format!("{grant:?}"), "Grant(..)");
}
