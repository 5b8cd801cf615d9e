//! How long it takes from the text of a pass to a trusted fan: `cargo run --release -p fanpass --example bench_verify`.
#![allow(clippy::print_stdout, clippy::disallowed_methods, clippy::unwrap_used)]

use std::time::{Duration, Instant};

use fanpass::{
    Code, ListedKey, LiveProof, PassContent, Pseudonym, SignedKeyList, SigningKey, TrustedKeys, device_proof,
    issue_card, issue_live, parse,
};
use ledger::FanPoints;

const NOW: u32 = 1_760_000_000;
const ROUNDS: usize = 10_000;

fn main() {
    let (platform, root, device) = (key(1), key(2), key(3));
    let list = SignedKeyList {
        program: 1,
        sequence: 1,
        issued_at: NOW,
        keys: vec![ListedKey { id: 1, from: 0, until: u32::MAX, key: platform.verifying_key() }],
        revocations: vec![],
    };
    let keys =
        TrustedKeys::from_signed(&list.sign(&root).unwrap(), &root.verifying_key().to_bytes(), NOW).unwrap();
    let content = PassContent {
        program: 1,
        pseudonym: Pseudonym(7),
        issued_at: NOW,
        valid_until: NOW + 900,
        fan_points: 3465,
        status_points: 1240,
        offline_allowance: FanPoints(2000),
    };
    let card = issue_card(&platform, 1, &content).unwrap();
    let grant = issue_live(&platform, 1, &content, &device.verifying_key()).unwrap();
    let live = device_proof(&device, &grant, LiveProof { time: NOW, counter: 1 }).unwrap();
    println!("parse and verify, {ROUNDS} times      median        p99      worst");
    for (name, text) in [("card pass", card), ("live pass", live)] {
        let mut times: Vec<Duration> = (0..ROUNDS).map(|_| time(&text, &keys)).collect();
        times.sort_unstable();
        let at = |share: usize| times[(times.len() - 1) * share / 1000];
        println!("{name:<34}{:>10.1?} {:>10.1?} {:>10.1?}", at(500), at(990), at(1000));
    }
}

fn key(seed: u8) -> SigningKey {
    SigningKey::from_bytes(&[seed; 32])
}

fn time(text: &str, keys: &TrustedKeys) -> Duration {
    let start = Instant::now();
    let Ok(Code::Pass(pass)) = parse(text) else { unreachable!("issued above") };
    assert!(pass.verify(keys, 1, NOW).is_ok());
    start.elapsed()
}
