//! A code survives a keyboard of another country.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::*;
use fanpass::{
    FanPointsId, LiveProof, PassContent, Pseudonym, encode_deep_link, encode_json_v1, repair_layout,
};

/// What a layout makes of the keys that Base45 and our other codes need, typed as on a US keyboard. Written down
/// from the layouts themselves, apart from the tables of the crate.
fn typed(text: &str, exceptions: &[(char, char)]) -> String {
    text.chars().map(|c| exceptions.iter().find(|(us, _)| *us == c).map_or(c, |(_, other)| *other)).collect()
}

const GERMAN: &[(char, char)] = &[
    ('Y', 'Z'),
    ('Z', 'Y'),
    ('y', 'z'),
    ('z', 'y'),
    ('*', '('),
    ('+', '`'),
    ('-', 'ß'),
    ('/', '-'),
    (':', 'Ö'),
    ('{', 'Ü'),
    ('}', '*'),
    ('"', 'Ä'),
    ('_', '?'),
    ('?', '_'),
    ('=', '´'),
];
const SWISS_GERMAN: &[(char, char)] = &[
    ('Y', 'Z'),
    ('Z', 'Y'),
    ('y', 'z'),
    ('z', 'y'),
    ('$', 'ç'),
    ('*', '('),
    ('+', '`'),
    ('-', '\''),
    ('/', '-'),
    (':', 'é'),
    ('{', 'è'),
    ('}', '!'),
    ('"', 'à'),
    ('_', '?'),
    ('?', '_'),
    ('=', '^'),
];
const SWISS_FRENCH: &[(char, char)] = &[
    ('Y', 'Z'),
    ('Z', 'Y'),
    ('y', 'z'),
    ('z', 'y'),
    ('$', 'ç'),
    ('*', '('),
    ('+', '`'),
    ('-', '\''),
    ('/', '-'),
    (':', 'ö'),
    ('{', 'ü'),
    ('}', '!'),
    ('"', 'ä'),
    ('_', '?'),
    ('?', '_'),
    ('=', '^'),
];
const FRENCH: &[(char, char)] = &[
    ('1', '&'),
    ('2', 'é'),
    ('3', '"'),
    ('4', '\''),
    ('5', '('),
    ('6', '-'),
    ('7', 'è'),
    ('8', '_'),
    ('9', 'ç'),
    ('0', 'à'),
    ('A', 'Q'),
    ('Q', 'A'),
    ('W', 'Z'),
    ('Z', 'W'),
    ('M', '?'),
    ('a', 'q'),
    ('q', 'a'),
    ('w', 'z'),
    ('z', 'w'),
    ('m', ','),
    ('$', '4'),
    ('%', '5'),
    ('*', '8'),
    ('-', ')'),
    ('.', ':'),
    ('/', '!'),
    (':', 'M'),
    (',', ';'),
    ('{', '¨'),
    ('}', '£'),
    ('"', '%'),
    ('_', '°'),
    ('?', '§'),
];
const ITALIAN: &[(char, char)] = &[
    ('*', '('),
    ('+', '^'),
    ('-', '\''),
    ('/', '-'),
    (':', 'ç'),
    ('{', 'é'),
    ('}', '*'),
    ('"', '°'),
    ('_', '?'),
    ('?', '_'),
    ('=', 'ì'),
];
const LAYOUTS: [(&str, &[(char, char)]); 5] = [
    ("German", GERMAN),
    ("Swiss German", SWISS_GERMAN),
    ("Swiss French", SWISS_FRENCH),
    ("French", FRENCH),
    ("Italian", ITALIAN),
];

fn passes() -> impl Iterator<Item = String> {
    (0..40).flat_map(|n| {
        let content =
            PassContent { pseudonym: Pseudonym(u64::wrapping_mul(n, 0x9e37_79b9_7f4a_7c15)), ..content() };
        [card(&content), live(&content, LiveProof { time: NOW, counter: 1 })]
    })
}

#[test]
fn passes_survive_every_layout() {
    for (name, layout) in LAYOUTS {
        for pass in passes() {
            let mangled = typed(&pass, layout);
            assert_eq!(repair_layout(&mangled).as_deref(), Some(pass.as_str()), "{name}: {mangled}");
        }
    }
}

#[test]
fn a_dead_key_melts_into_the_letter_after_it() {
    let pass =
        passes().find(|pass| pass.contains("+A") || pass.contains("+E")).expect("one in eighty passes");
    let mangled = typed(&pass, GERMAN).replace("`A", "À").replace("`E", "È");
    assert!(mangled.contains('À') || mangled.contains('È'));
    assert_eq!(repair_layout(&mangled), Some(pass));
}

#[test]
fn a_blank_lost_after_a_dead_key_is_found_or_nothing_is() {
    let lost = |pass: &str| typed(pass, GERMAN).replace("` ", "`");
    let (mut found, mut unclear) = (0, 0);
    for fan_points in 0..400 {
        let pass = card(&PassContent { fan_points, ..content() });
        if !pass.contains("+ ") {
            continue;
        }
        match repair_layout(&lost(&pass)) {
            Some(repaired) => {
                assert_eq!(repaired, pass);
                found += 1;
            }
            None => unclear += 1,
        }
    }
    assert!(found > 0 && unclear > 0, "{found} {unclear}");
}

#[test]
fn the_other_codes_survive_too() {
    let id: FanPointsId = "008407119295".parse().unwrap();
    for (name, layout) in LAYOUTS {
        for code in [encode_json_v1(id), encode_deep_link(id)] {
            let mangled = typed(&code, layout);
            assert_eq!(repair_layout(&mangled).as_deref(), Some(code.as_str()), "{name}: {mangled}");
        }
    }
    assert_eq!(repair_layout("àà_'àè&&çéç(").as_deref(), Some("008407119295"));
}

#[test]
fn caps_lock_is_seen_through() {
    for pass in passes() {
        assert_eq!(repair_layout(&pass.to_lowercase()).as_deref(), Some(pass.as_str()));
    }
}

#[test]
fn what_needs_no_repair_is_left_alone() {
    for text in [
        "",
        "hello",
        "008407119295",
        "FP1:ABC",
        "FP1",
        "Fanta",
        "FP1Ö€",
        "https://example.com",
        "4006381333931",
    ] {
        assert_eq!(repair_layout(text), None, "{text}");
    }
}
