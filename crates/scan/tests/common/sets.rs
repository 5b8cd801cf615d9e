//! Sets of frames of one difficulty each, for the benchmark: 1280 × 720, a code somewhere in a cluttered picture.
#![allow(dead_code, clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss)]

use qrcode::EcLevel;
use scan::LumaFrame;

use super::common::{Canvas, Dice, Modules, leaning, turned};

pub const SETS: [&str; 15] = [
    "turned",
    "leaning",
    "blurred",
    "smeared",
    "noisy",
    "dim",
    "glare",
    "shadow",
    "small",
    "all together",
    "inverted",
    "mirrored",
    "damaged",
    "gradient",
    "dense",
];
/// Each of the first nine with one chance in three.
const ALL: usize = 9;
const INVERTED: usize = 10;
const MIRRORED: usize = 11;
const DAMAGED: usize = 12;
const GRADIENT: usize = 13;
const DENSE: usize = 14;

/// A frame of a set and the text of its code.
pub fn made(set: usize, seed: u64) -> (LumaFrame, String) {
    let mut dice = Dice::new(seed * 31 + set as u64);
    let text = if set == DENSE { long_text(&mut dice) } else { text(&mut dice) };
    let level = [EcLevel::L, EcLevel::M, EcLevel::Q][dice.below(3)];
    let mut code = Modules::of(&text, level);
    if set == MIRRORED {
        code = code.mirrored();
    }
    if set == DAMAGED {
        // A square of a twelfth of the side: well within the correction of every level.
        let patch = code.size / 12;
        code = code.damaged(patch);
    }
    let mut canvas = clutter(&mut dice);
    let hard = |dice: &mut Dice, kind: usize| set == kind || (set == ALL && dice.below(3) == 0);
    let pixels = if hard(&mut dice, 8) { dice.between(1.7, 2.6) } else { dice.between(3.0, 7.0) };
    let side = (pixels * code.size as f32).min(560.0);
    let pixels = side / code.size as f32;
    let centre = (dice.between(400.0, 880.0), dice.between(310.0, 410.0));
    let degrees = if set == 0 || set == ALL { dice.between(0.0, 360.0) } else { dice.between(-12.0, 12.0) };
    let corners = if hard(&mut dice, 1) {
        let near = dice.between(0.95, 1.1);
        let far = dice.between(0.6, 0.85);
        let mut shares = [near, near, far, far];
        shares.rotate_left(dice.below(4));
        leaning(centre, side, degrees, shares)
    } else {
        turned(centre, side, degrees)
    };
    let (dark, light) = if hard(&mut dice, 5) {
        let dark = dice.between(15.0, 60.0);
        (dark, dark + dice.between(25.0, 60.0))
    } else {
        (dice.between(10.0, 60.0), dice.between(170.0, 250.0))
    };
    canvas.draw(&code, corners, dark, light);
    if hard(&mut dice, 7) {
        let at = |dice: &mut Dice| {
            (centre.0 + dice.between(-0.3, 0.3) * side, centre.1 + dice.between(-0.3, 0.3) * side)
        };
        let (from, to) = (at(&mut dice), at(&mut dice));
        canvas.shadow(from, to, dice.between(0.25, 0.5));
    }
    if hard(&mut dice, 6) {
        let at = (centre.0 + dice.between(-0.4, 0.4) * side, centre.1 + dice.between(-0.4, 0.4) * side);
        canvas.glare(at, side * dice.between(0.4, 0.9), dice.between(0.6, 0.98));
    }
    if hard(&mut dice, 2) {
        canvas.blur(((pixels * dice.between(0.35, 0.75)).round() as usize).max(1));
    }
    if hard(&mut dice, 3) {
        canvas.smear(((pixels * dice.between(0.9, 1.7)).round() as usize).max(2));
    }
    if set == GRADIENT {
        canvas.gradient(dice.between(0.08, 0.2), 1.0);
    }
    if set == INVERTED {
        canvas.invert();
    }
    let amplitude = if hard(&mut dice, 4) { dice.between(25.0, 60.0) } else { dice.between(1.0, 4.0) };
    canvas.noise(amplitude, &mut dice);
    (canvas.frame(), text)
}

fn text(dice: &mut Dice) -> String {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    match dice.below(4) {
        // As long as a card pass, a live pass, json_v1 and a link.
        0 => (0..148).map(|_| char::from(ALPHABET[dice.below(ALPHABET.len())])).collect(),
        1 => (0..304).map(|_| char::from(ALPHABET[dice.below(ALPHABET.len())])).collect(),
        2 => format!("{{\"version\":1,\"user_id\":\"{:012}\"}}", dice.below(1_000_000_000)),
        _ => format!("https://fanpoints.app/distribute?user_id={:012}", dice.below(1_000_000_000)),
    }
}

/// Versions 15 to 35, as none of ours is; others print them on tickets.
fn long_text(dice: &mut Dice) -> String {
    let length = 400 + dice.below(1000);
    (0..length).map(|_| char::from(b'0' + u8::try_from(dice.below(43)).unwrap_or(0))).collect()
}

/// Rectangles of every grey: a desk, hands, shelves.
fn clutter(dice: &mut Dice) -> Canvas {
    let mut canvas = Canvas::new(1280, 720, dice.between(60.0, 220.0));
    for _ in 0..60 {
        let (left, top) = (dice.below(1280), dice.below(720));
        let (right, bottom) = ((left + dice.below(300)).min(1280), (top + dice.below(200)).min(720));
        let grey = dice.between(10.0, 245.0);
        for y in top..bottom {
            canvas.luma[y * 1280 + left..y * 1280 + right].fill(grey);
        }
    }
    canvas
}
