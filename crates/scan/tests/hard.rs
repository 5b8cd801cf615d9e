//! A sample of hard frames: most are read, and none is read wrongly.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod common;
#[path = "common/sets.rs"]
mod sets;

use scan::Decoder;

const FRAMES: u64 = 3;

#[test]
fn most_hard_frames_are_read_and_none_wrongly() {
    let mut missed = Vec::new();
    for (set, name) in sets::SETS.iter().enumerate() {
        for seed in 0..FRAMES {
            let (frame, text) = sets::made(set, seed);
            let mut decoder = Decoder::new();
            let found =
                (0..40).map(|_| decoder.decode(&frame)).find(|found| !found.is_empty()).unwrap_or_default();
            assert!(
                found.iter().all(|found| found.text == text),
                "{name} {seed}: {found:?} instead of {text}"
            );
            if found.is_empty() {
                missed.push(format!("{name} {seed}"));
            }
        }
    }
    assert!(missed.len() <= 5, "{missed:?}");
}
