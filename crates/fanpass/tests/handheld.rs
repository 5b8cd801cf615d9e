//! Scanners that type: whatever they add, however fast, on whatever keyboard.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;

use common::*;
use fanpass::{
    CodeRefusal, Ending, HandheldProfile, Layout, LiveProof, Malformed, Press, Reading, TEACH_CODES,
    TeachFault, find_scan, parse, read_presses, teach,
};

/// The key of a US keyboard that writes this character, and whether with Shift.
fn us_key(char: char) -> (String, bool) {
    const PLAIN: &str = " -=[]\\;'`,./";
    const SHIFTED: &str = " _+{}|:\"~<>?";
    const NAMES: [&str; 12] = [
        "Space",
        "Minus",
        "Equal",
        "BracketLeft",
        "BracketRight",
        "Backslash",
        "Semicolon",
        "Quote",
        "Backquote",
        "Comma",
        "Period",
        "Slash",
    ];
    if char.is_ascii_alphabetic() {
        return (format!("Key{}", char.to_ascii_uppercase()), char.is_ascii_uppercase());
    }
    if char.is_ascii_digit() {
        return (format!("Digit{char}"), false);
    }
    if let Some(digit) = ")!@#$%^&*(".chars().position(|known| known == char) {
        return (format!("Digit{digit}"), true);
    }
    let place = PLAIN.chars().position(|known| known == char);
    let shifted = SHIFTED.chars().position(|known| known == char);
    (NAMES[place.or(shifted).expect("a character of a US keyboard")].to_owned(), place.is_none())
}

/// A computer's keyboard: what it makes of the characters of a US keyboard; `None` is a dead key.
type Keyboard = fn(char) -> Option<char>;

fn us(char: char) -> Option<char> {
    Some(char)
}

/// German: `+` is a dead accent, after which the system swallows what it can not put an accent on.
fn german(char: char) -> Option<char> {
    let swapped = "YZ*-/:{}\"_?yz";
    let german = "ZY(ß-ÖÜ*Ä?_zy";
    match char {
        '+' => None,
        other => {
            swapped.chars().position(|us| us == other).and_then(|at| german.chars().nth(at)).or(Some(other))
        }
    }
}

/// A keyboard that nobody made a table for: every letter is another.
fn unheard_of(char: char) -> Option<char> {
    char.is_ascii_alphabetic()
        .then(|| char::from(b'a' + (char.to_ascii_lowercase() as u8 - b'a' + 13) % 26))
        .or(None)
}

/// What a scanner with a US keyboard in mind does to the computer.
fn scanned(text: &str, keyboard: Keyboard, ending: Option<&str>, gap: u32) -> Vec<Press> {
    let mut presses = Vec::new();
    let mut at_ms = 1000;
    let mut press = |key: String, code: String, shift: bool| {
        at_ms += gap;
        presses.push(Press { key, code, shift, caps_lock: false, at_ms });
    };
    for char in text.chars() {
        let (code, shift) = us_key(char);
        if shift {
            press("Shift".into(), "ShiftLeft".into(), true);
        }
        press(keyboard(char).map_or("Dead".to_owned(), String::from), code, shift);
    }
    if let Some(key) = ending {
        press(key.into(), key.into(), false);
    }
    presses
}

fn passes() -> [String; 2] {
    [card(&content()), live(&content(), LiveProof { time: NOW, counter: 1 })]
}

#[test]
fn every_code_survives_every_keyboard() {
    let id = "008407119295".to_owned();
    let json = r#"{"version":1,"user_id":"008407119295"}"#.to_owned();
    let link = "https://fanpoints.app/distribute?user_id=008407119295".to_owned();
    for keyboard in [us as Keyboard, german, unheard_of] {
        for text in passes().into_iter().chain([id.clone(), json.clone(), link.clone()]) {
            for ending in [Some("Enter"), Some("Tab"), None] {
                let read = read_presses(&scanned(&text, keyboard, ending, 4), None);
                assert_eq!(read, parse(&text), "{text}");
                assert!(read.is_ok());
            }
        }
    }
}

#[test]
fn a_scanner_and_a_computer_of_one_country_agree() {
    // Both German: the characters are right, the positions are not.
    let text = r#"{"version":1,"user_id":"008407119295"}"#;
    let presses: Vec<Press> = text
        .chars()
        .map(|char| Press { key: char.into(), code: "KeyX".into(), shift: false, caps_lock: false, at_ms: 0 })
        .collect();
    assert_eq!(read_presses(&presses, None), parse(text));
}

#[test]
fn caps_lock_and_the_number_pad_make_no_difference() {
    let pass = &passes()[0];
    let mut presses = scanned(pass, us, Some("Enter"), 4);
    for press in &mut presses {
        // As a computer with Caps Lock on gets them.
        press.caps_lock = true;
        if let [letter @ (b'A'..=b'Z')] = press.key.as_bytes() {
            press.key = char::from(letter.to_ascii_lowercase()).into();
        }
    }
    assert_eq!(read_presses(&presses, None), parse(pass));
    let pad: Vec<Press> = "008407119295"
        .chars()
        .map(|digit| Press {
            key: "Unidentified".into(),
            code: format!("Numpad{digit}"),
            shift: false,
            caps_lock: false,
            at_ms: 0,
        })
        .collect();
    assert_eq!(read_presses(&pad, None), parse("008407119295"));
}

/// The same after a person's keys, the last of them so many milliseconds before the scanner's first.
fn scanned_after(keys: &str, pause_ms: u32, text: &str, keyboard: Keyboard) -> Vec<Press> {
    let mut presses = scanned(text, keyboard, Some("Enter"), 2);
    let begin = presses[0].at_ms;
    let before = u32::try_from(keys.len()).unwrap();
    for (place, char) in (0..).zip(keys.chars()) {
        let at_ms = begin - (before - place) * pause_ms;
        let press = Press { key: char.into(), code: us_key(char).0, shift: false, caps_lock: false, at_ms };
        presses.insert(usize::try_from(place).unwrap(), press);
    }
    presses
}

#[test]
fn what_a_person_typed_just_before_a_scan_is_no_part_of_it() {
    let [card, live] = passes();
    let link = "https://fanpoints.app/distribute?user_id=008407119295".to_owned();
    for text in ["008407119295".to_owned(), card, live, link] {
        for (keys, pause_ms) in [("7", 15), ("7", 110), ("0", 60), ("2500", 90), ("12345678", 100)] {
            for keyboard in [us as Keyboard, german] {
                let presses = scanned_after(keys, pause_ms, &text, keyboard);
                let found = find_scan(&presses, None);
                assert_eq!(found.typed_before, keys.len(), "{keys} {pause_ms} ms before {text}");
                assert_eq!(parse(&found.text), parse(&text));
            }
        }
    }
    // A digit of a broken code is told as that, not as another program's code.
    let broken = find_scan(&scanned_after("7", 60, "008407119296", us), None);
    assert_eq!((broken.typed_before, parse(&broken.text)), (1, Err(CodeRefusal::BadCheckDigit)));
}

#[test]
fn a_scanner_that_stutters_wrote_all_of_it() {
    let found = |text: &str, at: usize, profile: Option<&HandheldProfile>| {
        let mut presses = scanned(text, us, Some("Enter"), 10);
        presses[at..].iter_mut().for_each(|press| press.at_ms += 80);
        let found = find_scan(&presses, profile);
        (found.typed_before, parse(&found.text))
    };
    for at in 1..8 {
        assert_eq!(found("008407119295", at, None), (0, parse("008407119295")));
        assert_eq!(found(&passes()[0], at, None).1, parse(&passes()[0]));
    }
    // Twelve of these thirteen digits would pass for an id; a scanner known to pause so long has written all of them.
    let longer = "7008407119295";
    assert_eq!(found(longer, 1, None).0, 1);
    let profile = HandheldProfile {
        prefix: String::new(),
        suffix: String::new(),
        ending: Ending::Enter,
        mean_ms: 10,
        longest_pause_ms: 95,
        reading: Reading::Typed,
    };
    assert_eq!(found(longer, 1, Some(&profile)), (0, Err(CodeRefusal::NotOurs)));
}

#[test]
fn what_is_not_ours_stays_so_and_what_is_broken_says_how() {
    let read = |text: &str| read_presses(&scanned(text, german, Some("Enter"), 4), None);
    assert_eq!(read("4006381333931"), Err(CodeRefusal::NotOurs));
    assert_eq!(read("hello world"), Err(CodeRefusal::NotOurs));
    assert_eq!(read("FP1:ABC"), Err(CodeRefusal::Malformed(Malformed::Length)));
    assert_eq!(read("008407119296"), Err(CodeRefusal::BadCheckDigit));
    assert_eq!(read_presses(&[], None), Err(CodeRefusal::NotOurs));
    assert_eq!(read(&"7".repeat(900)), Err(CodeRefusal::TooLong));
}

fn lesson(before: &str, after: &str, keyboard: Keyboard, ending: Option<&str>, gap: u32) -> Vec<Vec<Press>> {
    TEACH_CODES.map(|code| scanned(&format!("{before}{code}{after}"), keyboard, ending, gap)).into()
}

#[test]
fn three_codes_teach_prefix_suffix_speed_and_layout() {
    let learnt = teach(&lesson("]Q1", "#", us, Some("Enter"), 4)).unwrap();
    let expected = HandheldProfile {
        prefix: "]Q1".into(),
        suffix: "#".into(),
        ending: Ending::Enter,
        mean_ms: 4,
        longest_pause_ms: 4,
        reading: Reading::Typed,
    };
    assert_eq!(learnt, expected);
    let learnt = teach(&lesson("~", "", german, Some("Tab"), 11)).unwrap();
    assert_eq!((learnt.prefix.as_str(), learnt.ending, learnt.mean_ms), ("~", Ending::Tab, 11));
    assert_eq!(learnt.reading, Reading::Positions);
    assert_eq!(teach(&lesson("", "", unheard_of, None, 2)).unwrap().ending, Ending::None);
    // Without positions the layout is told by its characters.
    let mut scans = lesson("", "", german, Some("Enter"), 4);
    for press in scans.iter_mut().flatten() {
        press.code = String::new();
        if press.key == "Dead" {
            press.key = "`".into();
        }
    }
    assert_eq!(teach(&scans).unwrap().reading, Reading::Layout(Layout::German));
}

#[test]
fn what_was_taught_is_taken_away_again() {
    for (before, after, keyboard) in
        [("SCAN:", "!", us as Keyboard), ("7", "9", us), ("<<", ">", german), ("]Q1", "", unheard_of)]
    {
        let profile = teach(&lesson(before, after, keyboard, Some("Enter"), 5)).unwrap();
        for text in passes().into_iter().chain(["008407119295".to_owned()]) {
            let presses = scanned(&format!("{before}{text}{after}"), keyboard, Some("Enter"), 5);
            assert_eq!(read_presses(&presses, Some(&profile)), parse(&text), "{before} {after}");
            // Another scanner at the same till, which adds nothing.
            let plain = scanned(&text, keyboard, Some("Enter"), 5);
            assert_eq!(read_presses(&plain, Some(&profile)), parse(&text), "{before} {after}");
        }
    }
}

#[test]
fn lessons_that_teach_nothing_say_why() {
    let good = lesson("", "", us, Some("Enter"), 4);
    assert_eq!(teach(&good[..2]), Err(TeachFault::NotThree));
    assert_eq!(teach(&lesson("", "", us, Some("Enter"), 90)), Err(TeachFault::TooSlow));
    let mut other = good.clone();
    other[1] = scanned("008407119295", us, Some("Enter"), 4);
    assert_eq!(teach(&other), Err(TeachFault::NotRecognized(1)));
    let mut swapped = good.clone();
    swapped.swap(0, 2);
    assert_eq!(teach(&swapped), Err(TeachFault::NotRecognized(0)));
    let mut unsteady = good.clone();
    unsteady[2] = lesson("x", "", us, Some("Enter"), 4).remove(2);
    assert_eq!(teach(&unsteady), Err(TeachFault::Unsteady));
    let mut ending = good;
    ending[0].pop();
    assert_eq!(teach(&ending), Err(TeachFault::Unsteady));
    assert_eq!(teach(&[vec![], vec![], vec![]]), Err(TeachFault::NotRecognized(0)));
}

#[test]
fn a_test_code_is_no_code_of_ours() {
    for code in TEACH_CODES {
        assert_eq!(parse(code), Err(CodeRefusal::NotOurs));
        assert!(matches!(
            read_presses(&scanned(code, us, Some("Enter"), 4), None),
            Err(CodeRefusal::NotOurs)
        ));
    }
}
