//! Keys, passes and lists that the tests share.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use fanpass::{
    Code, Grant, ListedKey, LiveProof, PassContent, Pseudonym, SignedKeyList, SigningKey, TrustedKeys,
    UnverifiedPass, device_proof, issue_card, issue_live, parse,
};
use ledger::FanPoints;

pub const NOW: u32 = 1_760_000_000;
pub const PROGRAM: u32 = 77;
pub const KEY_ID: u8 = 3;

pub fn platform_key() -> SigningKey {
    SigningKey::from_bytes(&[1; 32])
}

pub fn root_key() -> SigningKey {
    SigningKey::from_bytes(&[2; 32])
}

pub fn device_key() -> SigningKey {
    SigningKey::from_bytes(&[3; 32])
}

pub fn root_public() -> [u8; 32] {
    root_key().verifying_key().to_bytes()
}

pub fn content() -> PassContent {
    PassContent {
        program: PROGRAM,
        pseudonym: Pseudonym(0x0123_4567_89ab_cdef),
        issued_at: NOW - 60,
        valid_until: NOW + 3600,
        fan_points: 3465,
        status_points: 1240,
        offline_allowance: FanPoints(2000),
    }
}

pub fn list() -> SignedKeyList {
    SignedKeyList {
        program: PROGRAM,
        sequence: 5,
        issued_at: NOW - 3600,
        keys: vec![ListedKey {
            id: KEY_ID,
            from: NOW - 90 * 86_400,
            until: NOW + 86_400,
            key: platform_key().verifying_key(),
        }],
        revocations: vec![],
    }
}

pub fn trusted(list: &SignedKeyList) -> TrustedKeys {
    TrustedKeys::from_signed(&list.sign(&root_key()).unwrap(), &root_public(), NOW).unwrap()
}

pub fn card(content: &PassContent) -> String {
    issue_card(&platform_key(), KEY_ID, content).unwrap()
}

pub fn grant(content: &PassContent) -> Grant {
    issue_live(&platform_key(), KEY_ID, content, &device_key().verifying_key()).unwrap()
}

pub fn live(content: &PassContent, proof: LiveProof) -> String {
    device_proof(&device_key(), &grant(content), proof).unwrap()
}

pub fn pass(text: &str) -> UnverifiedPass {
    match parse(text) {
        Ok(Code::Pass(pass)) => pass,
        other => panic!("no pass: {other:?}"),
    }
}

/// The bytes of a pass, to damage them.
pub fn bytes(text: &str) -> Vec<u8> {
    base45::decode(text.strip_prefix("FP1:").unwrap()).unwrap()
}

pub fn text(bytes: &[u8]) -> String {
    format!("FP1:{}", base45::encode(bytes))
}
