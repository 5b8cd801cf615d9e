//! A key list counts only as the root key signed it, in order, and while it is young.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::*;
use ed25519_dalek::Signer as _;
use fanpass::{
    IssueError, KEYS_FRESH_SECS, ListedKey, PassRefusal, Pseudonym, Revocation, SignedKeyList, SigningKey,
    TrustedKeys,
};

fn signed(list: &SignedKeyList) -> Vec<u8> {
    list.sign(&root_key()).unwrap()
}

fn later() -> SignedKeyList {
    SignedKeyList { sequence: 6, issued_at: NOW - 10, ..list() }
}

#[test]
fn a_list_says_what_was_signed() {
    let mut list = list();
    list.revocations = vec![Revocation { pseudonym: Pseudonym(7), issued_before: 8 }];
    list.keys.push(ListedKey { id: 4, ..list.keys[0] });
    assert_eq!(SignedKeyList::verify(&signed(&list), &root_public()), Ok(list));
}

#[test]
fn every_flipped_bit_and_every_cut_is_a_forgery() {
    let mut list = list();
    list.revocations = vec![Revocation { pseudonym: Pseudonym(7), issued_before: 8 }];
    let bytes = signed(&list);
    for bit in 0..bytes.len() * 8 {
        let mut damaged = bytes.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        assert_eq!(
            SignedKeyList::verify(&damaged, &root_public()),
            Err(PassRefusal::KeysForged),
            "bit {bit}"
        );
    }
    for length in 0..bytes.len() {
        assert_eq!(SignedKeyList::verify(&bytes[..length], &root_public()), Err(PassRefusal::KeysForged));
    }
}

#[test]
fn another_root_key_signs_nothing() {
    let forged = list().sign(&SigningKey::from_bytes(&[9; 32])).unwrap();
    assert_eq!(TrustedKeys::from_signed(&forged, &root_public(), NOW).unwrap_err(), PassRefusal::KeysForged);
    let mut keys = trusted(&list());
    let before = keys.clone();
    assert_eq!(keys.replace(&forged, &root_public(), NOW), Err(PassRefusal::KeysForged));
    assert_eq!(keys, before);
}

/// No platform writes these; that the root key signed them makes them no lists.
#[test]
fn what_is_signed_and_no_list_is_a_forgery() {
    let verify = |content: &[u8]| {
        let signature = root_key().sign(&[b"FanPoints key list 1\0", content].concat());
        SignedKeyList::verify(&[content, &signature.to_bytes()].concat(), &root_public())
    };
    let whole = signed(&list());
    let content = &whole[..whole.len() - 64];
    assert_eq!(verify(content), Ok(list()));
    assert_eq!(verify(&[content, b"\0"].concat()), Err(PassRefusal::KeysForged), "more than a list");
    assert_eq!(verify(&[b"FPK2", &content[4..]].concat()), Err(PassRefusal::KeysForged), "of another kind");
    // The number of keys comes before the keys, which are 41 bytes long.
    let (head, key) = content.split_at(content.len() - 41);
    let mut twice = [head, key, key].concat();
    twice[16] = 2;
    assert_eq!(verify(&twice), Err(PassRefusal::KeysForged), "two keys of one name");
    twice[head.len()] += 1;
    assert_eq!(verify(&twice).unwrap().keys.len(), 2);
}

#[test]
fn a_pass_is_no_key_list() {
    let pass = bytes(&card(&content()));
    let key = platform_key().verifying_key().to_bytes();
    assert_eq!(SignedKeyList::verify(&pass, &key), Err(PassRefusal::KeysForged));
}

#[test]
fn a_list_never_rolls_back() {
    let mut keys = trusted(&list());
    assert_eq!(keys.replace(&signed(&later()), &root_public(), NOW), Ok(()));
    assert_eq!(keys.sequence(), 6);
    assert_eq!(keys.replace(&signed(&list()), &root_public(), NOW), Err(PassRefusal::KeysRolledBack));
    // The same list again is no news; another one under the same number is a fork.
    assert_eq!(keys.replace(&signed(&later()), &root_public(), NOW), Ok(()));
    let fork = SignedKeyList { issued_at: NOW, ..later() };
    assert_eq!(keys.replace(&signed(&fork), &root_public(), NOW), Err(PassRefusal::KeysRolledBack));
    assert_eq!(keys, trusted(&later()));
}

#[test]
fn a_list_of_another_program_is_not_taken() {
    let mut keys = trusted(&list());
    let other = SignedKeyList { program: PROGRAM + 1, ..later() };
    assert_eq!(keys.replace(&signed(&other), &root_public(), NOW), Err(PassRefusal::KeysOfOtherProgram));
    assert_eq!(
        pass(&card(&content())).verify(&trusted(&other), PROGRAM, NOW),
        Err(PassRefusal::OtherProgram)
    );
}

#[test]
fn a_list_from_the_future_is_not_taken() {
    let at = |issued_at| {
        let list = SignedKeyList { issued_at, ..list() };
        TrustedKeys::from_signed(&signed(&list), &root_public(), NOW).map(|_| ())
    };
    assert_eq!(at(NOW + 600), Ok(()));
    assert_eq!(at(NOW + 601), Err(PassRefusal::KeysAhead));
}

#[test]
fn after_seven_days_a_list_verifies_nothing() {
    let list = SignedKeyList { issued_at: NOW - KEYS_FRESH_SECS, ..list() };
    let keys = trusted(&list);
    let at = |now| pass(&card(&content())).verify(&keys, PROGRAM, now).map(|_| ());
    assert_eq!(at(NOW), Ok(()));
    assert_eq!(at(NOW + 1), Err(PassRefusal::KeysTooOld));
    assert!(keys.is_fresh(NOW) && !keys.is_fresh(NOW + 1));
}

#[test]
fn two_keys_of_a_rotation_hold_at_once() {
    let next = SigningKey::from_bytes(&[4; 32]);
    let mut list = list();
    list.keys.push(ListedKey {
        id: 4,
        from: NOW - 86_400,
        until: NOW + 90 * 86_400,
        key: next.verifying_key(),
    });
    let keys = trusted(&list);
    let new = fanpass::issue_card(&next, 4, &content()).unwrap();
    for text in [card(&content()), new] {
        assert!(pass(&text).verify(&keys, PROGRAM, NOW).is_ok());
    }
}

#[test]
fn impossible_lists_are_not_signed() {
    let root = root_key();
    let twice = SignedKeyList { keys: vec![list().keys[0]; 2], ..list() };
    assert_eq!(twice.sign(&root), Err(IssueError::DuplicateKey));
    let keys = (0..17).map(|id| ListedKey { id, ..list().keys[0] }).collect();
    assert_eq!(SignedKeyList { keys, ..list() }.sign(&root), Err(IssueError::TooManyKeys));
    let revocations = vec![Revocation { pseudonym: Pseudonym(1), issued_before: 1 }; 4097];
    assert_eq!(SignedKeyList { revocations, ..list() }.sign(&root), Err(IssueError::TooManyRevocations));
}
