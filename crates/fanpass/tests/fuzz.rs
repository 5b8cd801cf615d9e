//! Any text and any keys, for as long as one likes: a refusal or a code, never a panic, never a pass that nobody signed.
//!
//! `FANPOINTS_FUZZ_SECONDS` sets for how long; without it, for some thousands of cases. `FANPOINTS_SEED` replays one.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::print_stdout)]
#![allow(clippy::disallowed_methods)] // a test may look at the clock

mod common;

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use common::*;
use fanpass::{
    Code, FanPointsId, LiveProof, Press, TEACH_CODES, encode_deep_link, encode_json_v1, find_scan, parse,
    read_presses, repair_layout, teach,
};

/// Nothing that is looked at may take longer: a pass takes a fifth of a millisecond.
const PATIENCE: Duration = Duration::from_secs(2);

struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() >> 33).unwrap() % limit.max(1)
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

fn seed() -> u64 {
    let seed = std::env::var("FANPOINTS_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or_else(|| {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        u64::try_from(now.as_nanos() % u128::from(u64::MAX)).unwrap()
    });
    println!("FANPOINTS_SEED={seed}");
    seed | 1
}

/// Runs cases until the time is over, or so many of them.
fn run(cases: u64, mut case: impl FnMut(&mut Dice)) {
    let seconds: Option<u64> = std::env::var("FANPOINTS_FUZZ_SECONDS").ok().map(|text| text.parse().unwrap());
    let end = seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let mut dice = Dice(seed());
    let mut done = 0u64;
    while end.map_or(done < cases, |end| Instant::now() < end) {
        let start = Instant::now();
        case(&mut dice);
        assert!(start.elapsed() < PATIENCE, "case {done} took {:?}", start.elapsed());
        done += 1;
    }
    println!("{done} cases");
}

fn corpus() -> Vec<String> {
    let id: FanPointsId = "008407119295".parse().unwrap();
    let live_pass = live(&content(), LiveProof { time: NOW, counter: 7 });
    let mut texts =
        vec![card(&content()), live_pass, encode_json_v1(id), encode_deep_link(id), id.to_string()];
    texts.extend(TEACH_CODES.map(str::to_owned));
    texts.push("]Q1FP1:ÀÖ`ß ".to_owned());
    texts
}

fn mangled(dice: &mut Dice, corpus: &[String]) -> String {
    const ODD: [char; 14] =
        ['0', ':', '"', '}', '\\', ' ', '`', 'À', 'Ö', 'ß', '\u{0}', '\u{301}', '😀', '\u{feff}'];
    let mut chars: Vec<char> = dice.pick(corpus).chars().collect();
    for _ in 0..dice.below(5) {
        let at = dice.below(chars.len());
        match dice.below(7) {
            0 if !chars.is_empty() => chars[at] = *dice.pick(&ODD),
            1 => chars.insert(at, *dice.pick(&ODD)),
            2 => chars.truncate(at),
            3 => chars.extend(dice.pick(corpus).chars().skip(at)),
            4 if !chars.is_empty() => chars.rotate_left(at),
            5 if chars.len() < 4000 => chars.extend_from_within(at..),
            6 if !chars.is_empty() => chars[at] = char::from(u8::try_from(dice.below(128)).unwrap()),
            _ => {}
        }
    }
    chars.into_iter().collect()
}

#[test]
fn fuzz_passes() {
    let corpus = corpus();
    let keys = trusted(&list());
    // What was issued, signature and all, by the content that it claims.
    let sound: Vec<_> = corpus.iter().filter_map(|text| parse(text).ok()).collect();
    run(3000, |dice| {
        let text = mangled(dice, &corpus);
        for text in [Some(text.clone()), repair_layout(&text)].into_iter().flatten() {
            let Ok(code) = parse(&text) else { continue };
            if let Code::Pass(pass) = &code {
                let verified = pass.verify(&keys, pass.program(), NOW).is_ok();
                assert_eq!(verified, sound.contains(&code), "{text:?}");
            }
        }
    });
}

#[test]
fn fuzz_key_lists() {
    let signed = list().sign(&root_key()).unwrap();
    run(3000, |dice| {
        let mut bytes = signed.clone();
        for _ in 0..=dice.below(4) {
            let at = dice.below(bytes.len());
            match dice.below(4) {
                0 => bytes.truncate(at),
                1 => bytes.insert(at, 0xff),
                2 => bytes.extend_from_within(at..),
                _ if !bytes.is_empty() => bytes[at] ^= 1 << dice.below(8),
                _ => {}
            }
        }
        let trusted = fanpass::TrustedKeys::from_signed(&bytes, &root_public(), NOW).is_ok();
        assert_eq!(trusted, bytes == signed);
    });
}

#[test]
fn fuzz_keys_of_scanners() {
    const KEYS: [&str; 10] = ["Enter", "Tab", "Dead", "Shift", "CapsLock", "", "A", "À", "Unidentified", ":"];
    const CODES: [&str; 12] = [
        "KeyA",
        "KeyF",
        "Digit1",
        "Digit",
        "Key",
        "Semicolon",
        "Numpad0",
        "Numpad",
        "Space",
        "",
        "KeyÄ",
        "Slash",
    ];
    let corpus = corpus();
    let presses = |dice: &mut Dice| -> Vec<Press> {
        let text = mangled(dice, &corpus);
        let press = |char: char| {
            let odd = dice.below(20) == 0;
            Press {
                key: if odd { (*dice.pick(&KEYS)).to_owned() } else { char.to_string() },
                code: (*dice.pick(&CODES)).to_owned(),
                shift: char.is_uppercase(),
                caps_lock: dice.below(30) == 0,
                at_ms: u32::try_from(dice.below(usize::MAX) % 5_000_000_000).unwrap_or(0),
            }
        };
        text.chars().map(press).collect()
    };
    run(1000, |dice| {
        let scans: Vec<Vec<Press>> = (0..dice.below(5)).map(|_| presses(dice)).collect();
        let profile = teach(&scans).ok();
        for scan in &scans {
            let found = find_scan(scan, profile.as_ref());
            assert!(found.typed_before <= scan.len());
            assert_eq!(parse(&found.text).is_ok(), read_presses(scan, profile.as_ref()).is_ok());
        }
    });
}
