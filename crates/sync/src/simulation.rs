//! Many devices, one platform and a faulty network, in virtual time and in one thread: whatever happens in between,
//! after everything heals every confirmed operation is accepted, refused or held, and both sides' books agree.
//!
//! The devices are real databases with the real queue and the real judging of answers; the platform is the ledger's
//! own books behind the port. All that happens follows from a seed: `FANPOINTS_SEED=7 cargo test -p sync --lib
//! simulation` runs that one alone.

mod world;

use world::{Length, World};

const ORDINARY: u64 = 1_000;
/// Together over a million operations.
const FULL: u64 = 2_400;

/// The devices of one thread are made once: what a seed leaves behind belongs to fans that no other seed has.
fn run(seeds: impl Iterator<Item = u64>, length: &Length) -> u64 {
    let mut world = World::new();
    let mut operations = 0;
    for seed in seeds {
        let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| world.live(seed, length)));
        match outcome {
            Ok(count) => operations += count,
            Err(cause) => {
                eprintln!("again: FANPOINTS_SEED={seed} cargo test -p sync --lib simulation -- --nocapture");
                std::panic::resume_unwind(cause);
            }
        }
    }
    operations
}

fn chosen() -> Option<u64> {
    std::env::var("FANPOINTS_SEED").ok()?.parse().ok()
}

/// On two threads, each with devices of its own.
fn all(seeds: u64, length: &Length) -> u64 {
    std::thread::scope(|scope| {
        let halves: Vec<_> =
            (0..2).map(|half| scope.spawn(move || run((half..seeds).step_by(2), length))).collect();
        halves.into_iter().map(|half| half.join().unwrap()).sum()
    })
}

#[test]
fn every_history_ends_in_equal_books() {
    if let Some(seed) = chosen() {
        run(std::iter::once(seed), &Length::SHORT);
        return;
    }
    let operations = all(ORDINARY, &Length::SHORT);
    assert!(operations >= 5 * ORDINARY, "{operations} operations are too few to tell");
}

#[test]
fn fault_histories_of_a_million_operations_end_in_equal_books() {
    if std::env::var_os("FANPOINTS_FAULTS").is_none() {
        // The ordinary run: a handful of the long ones.
        assert!(all(2, &Length::LONG) > 500);
        return;
    }
    let operations = all(chosen().map_or(FULL, |seed| seed + 1), &Length::LONG);
    println!("{operations} operations");
    assert!(operations >= 1_000_000 || chosen().is_some(), "{operations}");
}
