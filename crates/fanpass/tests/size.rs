//! A pass stays small enough to be scanned from a phone at arm's length.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::*;
use fanpass::{LiveProof, PassContent, Pseudonym};
use ledger::FanPoints;
use qrcode::bits::Bits;
use qrcode::{EcLevel, QrCode, Version};

fn extremes() -> [PassContent; 3] {
    let largest = PassContent {
        program: u32::MAX,
        pseudonym: Pseudonym(u64::MAX),
        issued_at: 0,
        valid_until: u32::MAX,
        fan_points: u32::MAX,
        status_points: u32::MAX,
        offline_allowance: FanPoints(i64::MAX),
    };
    let smallest = PassContent {
        program: 0,
        pseudonym: Pseudonym(0),
        issued_at: 0,
        valid_until: 0,
        fan_points: 0,
        status_points: 0,
        offline_allowance: FanPoints(0),
    };
    [content(), largest, smallest]
}

fn version(text: &str) -> i16 {
    match QrCode::with_error_correction_level(text, EcLevel::M).unwrap().version() {
        Version::Normal(version) => version,
        Version::Micro(_) => panic!("a pass does not fit a Micro QR code"),
    }
}

#[test]
fn a_card_pass_is_at_most_version_6_and_a_live_pass_10() {
    for content in extremes() {
        assert_eq!(version(&card(&content)), 6);
        assert_eq!(version(&live(&content, LiveProof { time: u32::MAX, counter: u32::MAX })), 10);
    }
}

#[test]
fn both_fit_the_alphanumeric_mode() {
    for (text, version) in
        [(card(&content()), 6), (live(&content(), LiveProof { time: NOW, counter: 1 }), 10)]
    {
        let mut bits = Bits::new(Version::Normal(version));
        bits.push_alphanumeric_data(text.as_bytes()).unwrap();
        bits.push_terminator(EcLevel::M).unwrap();
        assert!(
            text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b" $%*+-./:".contains(&b))
        );
    }
}
