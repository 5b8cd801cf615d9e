//! Handheld scanners that pretend to be keyboards: what was scanned, out of the keys that went down, and what a scanner
//! adds to each code, learnt from three test codes.

use serde::{Deserialize, Serialize};

use crate::{Code, CodeRefusal, Layout, MAX_TEXT, parse, repair_layout};

/// A key going down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Press {
    /// What the layout made of it: a character, or a name such as `Enter`, `Tab`, `Dead` (`KeyboardEvent.key`).
    pub key: String,
    /// Where it lies, named after a US keyboard: `KeyA`, `Digit1` (`KeyboardEvent.code`). May be empty.
    pub code: String,
    pub shift: bool,
    pub caps_lock: bool,
    /// Milliseconds since any moment that all presses share.
    pub at_ms: u32,
}

/// The key that a scanner presses after a code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Ending {
    Enter,
    Tab,
    None,
}

/// What to make of a scanner's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Reading {
    /// The characters: scanner and computer are set to the same layout.
    Typed,
    /// The positions: the scanner is set to a US keyboard, the computer to anything.
    Positions,
    /// The characters of this layout, turned back.
    Layout(Layout),
}

/// How one scanner writes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HandheldProfile {
    /// What it writes before each code, and after it.
    pub prefix: String,
    pub suffix: String,
    pub ending: Ending,
    /// Between two keys, in milliseconds.
    pub mean_ms: u32,
    pub longest_pause_ms: u32,
    pub reading: Reading,
}

/// Why three scans teach nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum TeachFault {
    #[error("three scans are wanted")]
    NotThree,
    /// The test code with this number, from 0, is not in what was written, whichever way it is read.
    #[error("test code {0} was not recognized")]
    NotRecognized(usize),
    #[error("the scans differ in what surrounds the code")]
    Unsteady,
    #[error("this slow a writer is a person")]
    TooSlow,
}

/// What to scan for [`teach`]. They hold every character of a pass that a layout moves, and are none of our codes.
pub const TEACH_CODES: [&str; 3] = [
    "TEACH 1/3 YZQWAM$%*+A-./:0123456789",
    "TEACH 2/3 9876543210:/.-+B*%$MAWQZY",
    "TEACH 3/3 AZERTY-QWERTZ:$+C%*./5",
];
/// With Shift for each character, and room for what a scanner adds.
const MOST_PRESSES: usize = 3 * MAX_TEXT;
/// A fast typist needs 70 ms for a key.
const SLOWEST_MEAN_MS: u32 = 60;
/// After a person's key a scanner's first one hardly comes sooner.
const PERSONS_PAUSE_MS: u32 = 12;
/// So many keys a person may have typed without a longer pause when a scan begins.
const MOST_TYPED_BEFORE: usize = 8;

/// What a handheld scanner scanned, and the presses before it that are a person's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scan {
    /// As [`parse`] wants it.
    pub text: String,
    /// So many presses a person had made just before the scanner began.
    pub typed_before: usize,
}

/// Finds the code in the keys of a handheld scanner. Each way to read them is tried, the taught one first, with and
/// without what the scanner adds, and from where the pace changes from a person's to a scanner's; the codes' own prefix
/// and check digits tell which one is right. Where none is, what was typed.
pub fn find_scan(presses: &[Press], profile: Option<&HandheldProfile>) -> Scan {
    let presses = without_ending(presses).0;
    if presses.len() > MOST_PRESSES {
        return Scan { text: typed(presses), typed_before: 0 };
    }
    let mut broken = None;
    for typed_before in beginnings(presses, profile) {
        for text in texts(presses.get(typed_before..).unwrap_or_default(), profile) {
            match parse(&text) {
                Ok(_) => return Scan { text, typed_before },
                Err(CodeRefusal::NotOurs) => {}
                // One of ours, it seems, and broken: unless another way to read it is better, it says how.
                Err(_) => broken = broken.or(Some(Scan { text, typed_before })),
            }
        }
    }
    broken.unwrap_or_else(|| Scan {
        text: texts(presses, profile).into_iter().next().unwrap_or_default(),
        typed_before: 0,
    })
}

/// The same, read.
///
/// # Errors
/// As [`parse`]; `NotOurs` only when no way to read the keys gives a code of ours.
pub fn read_presses(presses: &[Press], profile: Option<&HandheldProfile>) -> Result<Code, CodeRefusal> {
    parse(&find_scan(presses, profile).text)
}

/// How many presses before a scan may be a person's, the likeliest first. Between a person's last key and a scan lies a
/// pause that no other in the scan comes near.
fn beginnings(presses: &[Press], profile: Option<&HandheldProfile>) -> Vec<usize> {
    let slow = PERSONS_PAUSE_MS.max(profile.map_or(0, |profile| profile.longest_pause_ms.saturating_add(1)));
    let pauses: Vec<u32> = pauses(presses).collect();
    let sticks_out = |(at, &pause): (usize, &u32)| {
        let within = pauses.iter().skip(at + 1);
        (pause >= slow && within.max().is_none_or(|longest| longest.saturating_mul(2) <= pause))
            .then_some(at + 1)
    };
    let mut beginnings: Vec<usize> =
        pauses.iter().enumerate().take(MOST_TYPED_BEFORE).filter_map(sticks_out).rev().collect();
    beginnings.push(0);
    beginnings
}

/// What may have been scanned, the likeliest first.
fn texts(presses: &[Press], profile: Option<&HandheldProfile>) -> Vec<String> {
    let typed = typed(presses);
    let mut texts = Vec::new();
    if let Some(profile) = profile {
        texts.extend(profile.reading.of(presses).and_then(|text| profile.strip(&text).map(str::to_owned)));
    }
    for text in
        [Some(typed.clone()), Reading::Positions.of(presses), repair_layout(&typed)].into_iter().flatten()
    {
        texts.extend(profile.and_then(|profile| profile.strip(&text)).map(str::to_owned));
        texts.push(text);
    }
    texts
}

impl HandheldProfile {
    /// The code within what was written. None when what surrounds it is missing.
    fn strip<'a>(&self, text: &'a str) -> Option<&'a str> {
        text.strip_prefix(self.prefix.as_str())?.strip_suffix(self.suffix.as_str())
    }
}

impl Reading {
    fn of(self, presses: &[Press]) -> Option<String> {
        match self {
            Self::Typed => Some(typed(presses)),
            Self::Positions => {
                presses.iter().filter(|press| !is_modifier(&press.key)).map(us_character).collect()
            }
            Self::Layout(layout) => layout.undo(&typed(presses)),
        }
    }
}

/// The characters as the computer's layout has them. A dead key shows in the next character, or not at all.
fn typed(presses: &[Press]) -> String {
    let is_character = |key: &&str| key.chars().count() == 1;
    presses.iter().map(|press| press.key.as_str()).filter(is_character).collect()
}

fn is_modifier(key: &str) -> bool {
    matches!(key, "Shift" | "CapsLock" | "Alt" | "AltGraph" | "Control" | "Meta" | "NumLock")
}

/// The presses before the key that ends a scan, and that key.
fn without_ending(presses: &[Press]) -> (&[Press], Ending) {
    match presses.split_last() {
        Some((last, rest)) if last.key == "Enter" => (rest, Ending::Enter),
        Some((last, rest)) if last.key == "Tab" => (rest, Ending::Tab),
        _ => (presses, Ending::None),
    }
}

/// Learns a scanner from the three test codes, scanned in their order.
///
/// # Errors
/// See [`TeachFault`].
pub fn teach(scans: &[Vec<Press>]) -> Result<HandheldProfile, TeachFault> {
    if scans.len() != TEACH_CODES.len() {
        return Err(TeachFault::NotThree);
    }
    let runs: Vec<(&[Press], Ending)> = scans.iter().map(|scan| without_ending(scan)).collect();
    let readings = [Reading::Typed, Reading::Positions].into_iter().chain(Layout::ALL.map(Reading::Layout));
    let mut furthest = 0;
    let mut unsteady = false;
    for reading in readings {
        match surroundings(&runs, reading) {
            Ok((prefix, suffix)) => {
                let Some(ending) = same(runs.iter().map(|(_, ending)| *ending)) else {
                    return Err(TeachFault::Unsteady);
                };
                let (mean_ms, longest_pause_ms) = speed(scans);
                if mean_ms > SLOWEST_MEAN_MS {
                    return Err(TeachFault::TooSlow);
                }
                return Ok(HandheldProfile { prefix, suffix, ending, mean_ms, longest_pause_ms, reading });
            }
            Err(TeachFault::NotRecognized(number)) => furthest = furthest.max(number),
            Err(_) => unsteady = true,
        }
    }
    Err(if unsteady { TeachFault::Unsteady } else { TeachFault::NotRecognized(furthest) })
}

/// What stands before and after each test code, read in one way.
fn surroundings(runs: &[(&[Press], Ending)], reading: Reading) -> Result<(String, String), TeachFault> {
    let mut found = Vec::new();
    for (number, ((presses, _), code)) in runs.iter().zip(TEACH_CODES).enumerate() {
        let unread = TeachFault::NotRecognized(number);
        let text = reading.of(presses).ok_or(unread)?;
        let (before, after) = text.split_once(code).ok_or(unread)?;
        found.push((before.to_owned(), after.to_owned()));
    }
    same(found.into_iter()).ok_or(TeachFault::Unsteady)
}

/// The one value, if all are alike.
fn same<T: PartialEq>(mut values: impl Iterator<Item = T>) -> Option<T> {
    let first = values.next()?;
    values.all(|value| value == first).then_some(first)
}

/// The mean and the longest time between two keys, in milliseconds.
fn speed(scans: &[Vec<Press>]) -> (u32, u32) {
    let all = || scans.iter().flat_map(|scan| pauses(scan));
    let count = u64::try_from(all().count()).unwrap_or(u64::MAX).max(1);
    let mean = all().map(u64::from).sum::<u64>().div_ceil(count);
    (u32::try_from(mean).unwrap_or(u32::MAX), all().max().unwrap_or_default())
}

/// The times between two keys, in milliseconds.
fn pauses(presses: &[Press]) -> impl Iterator<Item = u32> {
    presses.iter().zip(presses.iter().skip(1)).map(|(one, next)| next.at_ms.saturating_sub(one.at_ms))
}

/// What a US keyboard writes at this place. None for keys that write nothing.
fn us_character(press: &Press) -> Option<char> {
    let code = press.code.as_str();
    if let Some(letter) = code.strip_prefix("Key").and_then(only_char).filter(char::is_ascii_uppercase) {
        return Some(if press.shift == press.caps_lock { letter.to_ascii_lowercase() } else { letter });
    }
    if let Some(digit) = code.strip_prefix("Digit").and_then(only_char).and_then(|digit| digit.to_digit(10)) {
        let shifted = ")!@#$%^&*(".chars().nth(usize::try_from(digit).ok()?);
        return if press.shift { shifted } else { char::from_digit(digit, 10) };
    }
    if let Some(key) = code.strip_prefix("Numpad") {
        return match key {
            "Add" => Some('+'),
            "Subtract" => Some('-'),
            "Multiply" => Some('*'),
            "Divide" => Some('/'),
            "Decimal" => Some('.'),
            digit => only_char(digit).filter(char::is_ascii_digit),
        };
    }
    let (plain, shifted) = match code {
        "Space" => (' ', ' '),
        "Minus" => ('-', '_'),
        "Equal" => ('=', '+'),
        "BracketLeft" => ('[', '{'),
        "BracketRight" => (']', '}'),
        "Backslash" | "IntlHash" => ('\\', '|'),
        "Semicolon" => (';', ':'),
        "Quote" => ('\'', '"'),
        "Backquote" => ('`', '~'),
        "Comma" => (',', '<'),
        "Period" => ('.', '>'),
        "Slash" => ('/', '?'),
        _ => return None,
    };
    Some(if press.shift { shifted } else { plain })
}

fn only_char(text: &str) -> Option<char> {
    let mut chars = text.chars();
    chars.next().filter(|_| chars.next().is_none())
}
