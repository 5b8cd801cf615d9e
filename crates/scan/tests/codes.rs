//! The decoder reads every code it promises to, and nothing where there is none.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]

mod common;

use common::{Canvas, Dice, Modules, leaning, square, turned};
use qrcode::{EcLevel, Version};
use scan::{Decoder, Found, LumaFrame, Symbology};

const LEVELS: [EcLevel; 4] = [EcLevel::L, EcLevel::M, EcLevel::Q, EcLevel::H];
/// As long as a live pass, the largest code that a fan shows.
const LIVE: usize = 304;

fn pass(length: usize) -> String {
    let alphabet = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:";
    let body = (0..length - 4).map(|n| char::from(alphabet[(n * 29 + n / 7) % alphabet.len()]));
    "FP1:".chars().chain(body).collect()
}

/// A frame shown again and again, as a camera does: often enough for every stage on a slow machine.
fn look(canvas: &Canvas) -> Vec<Found> {
    let frame = canvas.frame();
    let mut decoder = Decoder::new();
    (0..40).map(|_| decoder.decode(&frame)).find(|found| !found.is_empty()).unwrap_or_default()
}

fn texts(canvas: &Canvas) -> Vec<String> {
    let mut texts: Vec<String> = look(canvas).into_iter().map(|found| found.text).collect();
    texts.sort();
    texts
}

fn scene(code: &Modules, side: f32) -> Canvas {
    let mut canvas = Canvas::new(1280, 720, 170.0);
    canvas.draw(code, square(640.0 - side / 2.0, 360.0 - side / 2.0, side), 30.0, 230.0);
    canvas
}

#[test]
fn every_version_at_every_level() {
    for version in 1..=40 {
        for level in LEVELS {
            let text = format!("{version}{level:?}");
            let code = Modules::of_version(&text, Version::Normal(version), level);
            let side = code.size as f32 * if version > 20 { 3.0 } else { 4.0 };
            assert_eq!(texts(&scene(&code, side)), [text]);
        }
    }
}

#[test]
fn every_kind_of_payload_down_to_two_pixels_a_module() {
    let json = r#"{"version":1,"user_id":"008407119295"}"#.to_owned();
    let link = "https://fanpoints.app/distribute?user_id=008407119295".to_owned();
    for text in [pass(148), pass(LIVE), json, link, "008407119295".to_owned()] {
        let code = Modules::of(&text, EcLevel::M);
        for pixels in [2.0, 2.5, 3.0, 4.0, 7.0, 11.0] {
            assert_eq!(texts(&scene(&code, pixels * code.size as f32)), [text.as_str()], "{pixels} pixels");
        }
    }
}

#[test]
fn umlauts_and_other_scripts() {
    for text in ["Zürich – Grüezi", "ファン", "Очки", "a\nb"] {
        assert_eq!(texts(&scene(&Modules::of(text, EcLevel::M), 200.0)), [text]);
    }
}

#[test]
fn turned_to_any_side() {
    let text = pass(LIVE);
    let code = Modules::of(&text, EcLevel::M);
    for degrees in (0..360).step_by(15) {
        let mut canvas = Canvas::new(1280, 720, 170.0);
        canvas.draw(&code, turned((600.0, 350.0), 300.0, degrees as f32), 30.0, 230.0);
        assert_eq!(texts(&canvas), [text.as_str()], "{degrees} degrees");
    }
}

#[test]
fn leaning_back_to_any_side() {
    let text = pass(148);
    let code = Modules::of(&text, EcLevel::M);
    for side in 0..4 {
        let mut shares = [1.0, 1.0, 0.78, 0.78];
        shares.rotate_left(side);
        let mut canvas = Canvas::new(1280, 720, 170.0);
        canvas.draw(&code, leaning((640.0, 360.0), 330.0, 10.0, shares), 30.0, 230.0);
        assert_eq!(texts(&canvas), [text.as_str()], "side {side}");
    }
}

/// Its far side seems half as large as its near one: the three patterns differ in size, and the corner between them
/// can not be told by their distances.
#[test]
fn leaning_so_far_that_the_patterns_differ_in_size() {
    let text = pass(148);
    let code = Modules::of(&text, EcLevel::M);
    for far in [0.7, 0.6, 0.5] {
        for side in 0..4 {
            for degrees in [-12.0, 0.0, 12.0, 33.0] {
                let mut shares = [1.0, 1.0, far, far];
                shares.rotate_left(side);
                let mut canvas = Canvas::new(1280, 720, 170.0);
                canvas.draw(&code, leaning((640.0, 360.0), 420.0, degrees, shares), 30.0, 230.0);
                assert_eq!(texts(&canvas), [text.as_str()], "{far}, side {side}, {degrees} degrees");
            }
        }
    }
}

#[test]
fn corners_and_stage_are_told() {
    let code = Modules::of(&pass(148), EcLevel::M);
    let places = turned((500.0, 400.0), 300.0, 30.0);
    let mut canvas = Canvas::new(1280, 720, 170.0);
    canvas.draw(&code, places, 30.0, 230.0);
    let found = look(&canvas);
    for (corner, (x, y)) in found[0].corners.iter().zip(places) {
        assert!((corner.x - x).hypot(corner.y - y) < 6.0, "{corner:?} instead of {x} {y}");
    }
    assert_eq!(found[0].symbology, Symbology::Qr);
    assert_eq!(found[0].stage.to_string(), "half fixed 112");
}

#[test]
fn light_on_dark_and_mirrored() {
    let text = pass(148);
    for (inverted, mirrored) in [(true, false), (false, true), (true, true)] {
        let code = Modules::of(&text, EcLevel::M);
        let code = if mirrored { code.mirrored() } else { code };
        let mut canvas = scene(&code, 250.0);
        if inverted {
            canvas.invert();
        }
        assert_eq!(texts(&canvas), [text.as_str()], "inverted {inverted}, mirrored {mirrored}");
    }
}

#[test]
fn blurred_noisy_and_badly_lit() {
    let text = pass(LIVE);
    let side = 57.0 * 5.0;
    type Spoil = (&'static str, fn(&mut Canvas));
    let spoil: [Spoil; 8] = [
        ("blur", |canvas| canvas.blur(2)),
        ("smear", |canvas| canvas.smear(6)),
        ("noise", |canvas| canvas.noise(35.0, &mut Dice::new(1))),
        ("gradient", |canvas| canvas.gradient(0.15, 1.0)),
        ("glare", |canvas| canvas.glare((560.0, 300.0), 220.0, 0.9)),
        ("shadow", |canvas| canvas.shadow((600.0, 0.0), (700.0, 720.0), 0.3)),
        ("dark", |canvas| canvas.gradient(0.12, 0.12)),
        ("pale", |canvas| canvas.luma.iter_mut().for_each(|value| *value = 200.0 + *value / 8.0)),
    ];
    for (name, spoil) in spoil {
        let mut canvas = scene(&Modules::of(&text, EcLevel::M), side);
        spoil(&mut canvas);
        assert_eq!(texts(&canvas), [text.as_str()], "{name}");
    }
}

#[test]
fn damage_within_the_correction() {
    let text = pass(148);
    for (level, patch) in [(EcLevel::L, 5), (EcLevel::M, 8), (EcLevel::Q, 12), (EcLevel::H, 14)] {
        let code = Modules::of(&text, level).damaged(patch);
        assert_eq!(texts(&scene(&code, 400.0)), [text.as_str()], "{level:?}");
    }
    let torn = Modules::of(&text, EcLevel::L).damaged(30);
    assert_eq!(texts(&scene(&torn, 400.0)), [] as [String; 0]);
}

/// The places of the modules of each codeword of a code of version 1, as the standard lays them out.
fn codewords_of_version_1() -> Vec<Vec<usize>> {
    const SIZE: usize = 21;
    let fixed = |x: usize, y: usize| {
        let (near_x, near_y) = (x < 9, y < 9);
        let finder = (near_x && (near_y || y >= 13)) || (near_y && x >= 13);
        finder || x == 6 || y == 6
    };
    let mut places = Vec::new();
    for (n, right) in [20, 18, 16, 14, 12, 10, 8, 5, 3, 1].into_iter().enumerate() {
        for row in 0..SIZE {
            // The first pair of columns goes up, the next one down.
            let y = if n % 2 == 0 { SIZE - 1 - row } else { row };
            places.extend([right, right - 1].into_iter().filter(|x| !fixed(*x, y)).map(|x| y * SIZE + x));
        }
    }
    places.chunks_exact(8).map(<[usize]>::to_vec).collect()
}

#[test]
fn as_many_lost_codewords_as_the_standard_promises_and_never_another_text() {
    let codewords = codewords_of_version_1();
    assert_eq!(codewords.len(), 26);
    let text = "FAN 7";
    for (level, capacity) in [(EcLevel::L, 2), (EcLevel::M, 4), (EcLevel::Q, 6), (EcLevel::H, 8)] {
        let whole = Modules::of_version(text, Version::Normal(1), level);
        let mut dice = Dice::new(11);
        for lost in (1..=capacity).chain([capacity + 1, 2 * capacity, 26]) {
            let mut code = whole.clone();
            let mut left: Vec<_> = codewords.iter().collect();
            for _ in 0..lost {
                for module in left.swap_remove(dice.below(left.len())) {
                    code.dark[*module] ^= true;
                }
            }
            let read = texts(&scene(&code, 210.0));
            if lost <= capacity {
                assert_eq!(read, [text], "{level:?}, {lost} codewords");
            } else {
                assert!(read.iter().all(|read| read == text), "{level:?}, {lost} codewords: {read:?}");
            }
        }
    }
}

#[test]
fn several_at_once() {
    let mut canvas = Canvas::new(1280, 720, 170.0);
    let mut expected = Vec::new();
    for n in 0..6 {
        let text = format!("{n}: {}", pass(60 + 10 * n));
        let place =
            turned((220.0 + 400.0 * (n % 3) as f32, 190.0 + 340.0 * (n / 3) as f32), 200.0, 25.0 * n as f32);
        canvas.draw(&Modules::of(&text, EcLevel::M), place, 30.0, 230.0);
        expected.push(text);
    }
    assert_eq!(texts(&canvas), expected);
}

#[test]
fn micro_codes() {
    let (l, m) = (EcLevel::L, EcLevel::M);
    for (version, level, text) in
        [(1, l, "12345"), (2, m, "12345"), (3, m, "FANPOINTS"), (4, m, "0084 0711 9295")]
    {
        let code = Modules::of_version(text, Version::Micro(version), level);
        let found = look(&scene(&code, code.size as f32 * 12.0));
        assert_eq!(found.iter().map(|found| found.text.as_str()).collect::<Vec<_>>(), [text], "M{version}");
        assert_eq!(found[0].symbology, Symbology::MicroQr);
    }
}

/// Bars of one digit each way, as the standard prints them: L codes; the others follow from them.
const EAN: [&str; 10] = [
    "0001101", "0011001", "0010011", "0111101", "0100011", "0110001", "0101111", "0111011", "0110111",
    "0001011",
];

/// Which digits on the left of EAN-13 are written the other way round; this tells the thirteenth.
const TURNED: [&str; 10] =
    ["000000", "001011", "001101", "001110", "010011", "011001", "011100", "010101", "010110", "011010"];

/// The bars of thirteen digits of EAN-13.
fn ean_13(digits: &str) -> Vec<bool> {
    let digits: Vec<usize> = digits.bytes().map(|digit| usize::from(digit - b'0')).collect();
    let turn =
        |bars: &str| -> String { bars.chars().map(|bar| if bar == '1' { '0' } else { '1' }).collect() };
    let (left, right) = (&digits[1..7], &digits[7..]);
    let left = left.iter().zip(TURNED[digits[0]].chars()).map(|(digit, turned)| {
        if turned == '1' { turn(EAN[*digit]).chars().rev().collect() } else { EAN[*digit].to_owned() }
    });
    let right = right.iter().map(|digit| turn(EAN[*digit]));
    let bars = format!("101{}01010{}101", left.collect::<String>(), right.collect::<String>());
    bars.chars().map(|bar| bar == '1').collect()
}

/// The bars of twelve digits of UPC-A.
fn upc_a(digits: &str) -> Vec<bool> {
    let side = |digits: &str, turn: bool| -> String {
        let bars = digits.bytes().map(|digit| EAN[usize::from(digit - b'0')]).collect::<String>();
        if turn { bars.chars().map(|bar| if bar == '1' { '0' } else { '1' }).collect() } else { bars }
    };
    let bars = format!("101{}01010{}101", side(&digits[..6], false), side(&digits[6..], true));
    bars.chars().map(|bar| bar == '1').collect()
}

fn draw_bars(bars: &[bool], pixels: usize, upright: bool) -> Canvas {
    let mut canvas = Canvas::new(1280, 720, 225.0);
    let start = 150;
    for (n, _) in bars.iter().enumerate().filter(|(_, bar)| **bar) {
        for along in start + n * pixels..start + (n + 1) * pixels {
            for across in 250..400 {
                let (x, y) = if upright { (across, along) } else { (along, across) };
                canvas.luma[y * 1280 + x] = 25.0;
            }
        }
    }
    canvas
}

#[test]
fn the_printed_id_in_bars() {
    for upright in [false, true] {
        for pixels in [2, 3, 5] {
            let mut canvas = draw_bars(&upc_a("008407119295"), pixels, upright);
            canvas.noise(8.0, &mut Dice::new(3));
            let found = look(&canvas);
            assert_eq!(found.len(), 1, "{pixels} pixels, upright {upright}");
            assert_eq!(found[0].text, "008407119295");
            assert_eq!(found[0].symbology, Symbology::UpcA);
        }
    }
}

#[test]
fn bars_that_stand_on_their_head() {
    for upright in [false, true] {
        let mut bars = upc_a("008407119295");
        bars.reverse();
        assert_eq!(texts(&draw_bars(&bars, 3, upright)), ["008407119295"], "upright {upright}");
    }
}

/// A line of texture may pass a check digit: what no other line agrees with is none.
#[test]
fn a_single_line_of_bars_is_none() {
    let bars = draw_bars(&upc_a("008407119295"), 3, false);
    for (height, expected) in [(15, &[] as &[&str]), (80, &["008407119295"])] {
        let mut canvas = Canvas::new(1280, 720, 225.0);
        let rows = 250 * 1280..(250 + height) * 1280;
        canvas.luma[rows.clone()].copy_from_slice(&bars.luma[rows]);
        assert_eq!(texts(&canvas), expected, "{height} pixels high");
    }
}

#[test]
fn bars_of_thirteen_digits() {
    let found = look(&draw_bars(&ean_13("4006381333931"), 3, false));
    assert_eq!(found.iter().map(|found| found.text.as_str()).collect::<Vec<_>>(), ["4006381333931"]);
    assert_eq!(found[0].symbology, Symbology::Ean13);
    // With a zero in front it is what UPC-A prints, and read as that.
    let found = look(&draw_bars(&ean_13("0008407119295"), 3, false));
    assert_eq!(found.iter().map(|found| found.text.as_str()).collect::<Vec<_>>(), ["008407119295"]);
    assert_eq!(texts(&draw_bars(&ean_13("4006381333932"), 3, false)), [] as [String; 0]);
}

#[test]
fn a_wrong_check_digit_in_bars_is_not_read() {
    assert_eq!(texts(&draw_bars(&upc_a("008407119296"), 3, false)), [] as [String; 0]);
}

#[test]
fn code_128() {
    // Start C, the pairs 00 84 07 11 92 95, the check symbol, stop.
    const CODES: [(usize, &str); 8] = [
        (105, "11010011100"),
        (0, "11011001100"),
        (84, "10011110100"),
        (7, "10011000100"),
        (11, "11000100100"),
        (92, "10101111000"),
        (95, "10111101000"),
        (106, "1100011101011"),
    ];
    let values: Vec<usize> = CODES.iter().map(|(value, _)| *value).collect();
    let check =
        (values[0] + values[1..7].iter().enumerate().map(|(n, value)| (n + 1) * value).sum::<usize>()) % 103;
    assert_eq!(check, 29, "the symbol below");
    let mut bars: Vec<&str> = CODES.iter().map(|(_, bars)| *bars).collect();
    bars.insert(7, "11100110010");
    let bars: Vec<bool> = bars.concat().chars().map(|bar| bar == '1').collect();
    let found = look(&draw_bars(&bars, 3, false));
    assert_eq!(found.iter().map(|found| found.text.as_str()).collect::<Vec<_>>(), ["008407119295"]);
    assert_eq!(found[0].symbology, Symbology::Code128);
}

/// A product lies on the counter all day; a fan holds a phone beside it.
#[test]
fn a_code_beside_the_bars_of_a_product_is_read() {
    let product = draw_bars(&upc_a("036000291452"), 3, false);
    let text = pass(148);
    let mut decoder = Decoder::new();
    let frame = product.frame();
    assert!((0..40).any(|_| decoder.decode(&frame).len() == 1), "the product alone");
    for (dark, light) in [(30.0, 230.0), (230.0, 30.0)] {
        let mut both = product.clone();
        both.draw(&Modules::of(&text, EcLevel::M), square(800.0, 220.0, 250.0), dark, light);
        let frame = both.frame();
        let read = (0..40).any(|_| decoder.decode(&frame).iter().any(|found| found.text == text));
        assert!(read, "dark {dark}");
    }
}

/// A poster hangs in view: its code is the easiest to read, and nobody wants it.
#[test]
fn a_code_beside_that_of_others_is_read_and_theirs_is_not_told() {
    let mut poster = Canvas::new(1280, 720, 170.0);
    let other = Modules::of("https://example.org/menu", EcLevel::M);
    poster.draw(&other, square(150.0, 220.0, 250.0), 30.0, 230.0);
    let text = pass(148);
    let mut both = poster.clone();
    // Light on dark: a stage of its own.
    both.draw(&Modules::of(&text, EcLevel::M), square(800.0, 220.0, 250.0), 230.0, 30.0);
    let (poster, both) = (poster.frame(), both.frame());
    let mut decoder = Decoder::wanting(|text| text.starts_with("FP1:"));
    assert!((0..40).all(|_| decoder.decode(&poster).is_empty()));
    let found = (0..40).map(|_| decoder.decode(&both)).find(|found| !found.is_empty()).unwrap_or_default();
    assert_eq!(found.iter().map(|found| found.text.as_str()).collect::<Vec<_>>(), [text.as_str()]);
    // Of a picture that someone chose the person wants to know why it was not taken.
    assert!(decoder.decode_picture(&both).iter().any(|found| found.text == text));
    assert_eq!(decoder.decode_picture(&poster)[0].text, "https://example.org/menu");
}

#[test]
fn a_code_that_comes_after_a_long_silence_is_read_at_once_and_one_that_stays_every_time() {
    let empty = Canvas::new(1280, 720, 170.0).frame();
    let code = scene(&Modules::of(&pass(148), EcLevel::M), 300.0).frame();
    let mut decoder = Decoder::new();
    for length in 100..103 {
        assert!((0..length).all(|_| decoder.decode(&empty).is_empty()));
        assert!(decoder.is_still());
        assert!((0..length).all(|_| decoder.decode(&code).len() == 1), "after {length} empty frames");
    }
}

#[test]
fn nothing_is_read_where_nothing_is() {
    let mut noise = Canvas::new(640, 360, 128.0);
    noise.noise(120.0, &mut Dice::new(5));
    let mut stripes = Canvas::new(640, 360, 200.0);
    let mut chequers = Canvas::new(640, 360, 200.0);
    for n in 0..640 * 360 {
        let (x, y) = (n % 640, n / 640);
        stripes.luma[n] = if x / 3 % 2 == 0 { 20.0 } else { 230.0 };
        chequers.luma[n] = if (x / 5 + y / 5) % 2 == 0 { 20.0 } else { 230.0 };
    }
    for canvas in [Canvas::new(640, 360, 0.0), Canvas::new(640, 360, 255.0), noise, stripes, chequers] {
        assert_eq!(texts(&canvas), [] as [String; 0]);
    }
}

#[test]
fn unsound_frames_are_no_trouble() {
    let mut decoder = Decoder::new();
    for (width, height, bytes) in [(0, 0, 0), (0, 5, 0), (10, 10, 5), (10, 10, 1000), (u32::MAX, u32::MAX, 4)]
    {
        let frame = LumaFrame { width, height, luma: vec![0; bytes] };
        assert_eq!(decoder.decode(&frame), []);
        assert_eq!(decoder.decode_picture(&frame), []);
    }
    // A sliver longer than the widest frame is shrunk to nothing.
    for (width, height) in [(1, 1), (1, 700), (700, 1), (3, 3), (39, 41), (1, 4000), (4000, 1)] {
        let frame = LumaFrame::new(width, height, vec![7; (width * height) as usize]).unwrap();
        for _ in 0..40 {
            assert_eq!(decoder.decode(&frame), []);
        }
        assert_eq!(decoder.decode_picture(&frame), []);
    }
}

#[test]
fn a_large_frame_is_shrunk_and_its_corners_are_not() {
    let text = pass(LIVE);
    let mut canvas = Canvas::new(3840, 2160, 170.0);
    let places = square(2400.0, 900.0, 600.0);
    canvas.draw(&Modules::of(&text, EcLevel::M), places, 30.0, 230.0);
    let found = look(&canvas);
    assert_eq!(found.iter().map(|found| found.text.as_str()).collect::<Vec<_>>(), [text]);
    for (corner, (x, y)) in found[0].corners.iter().zip(places) {
        assert!((corner.x - x).hypot(corner.y - y) < 12.0, "{corner:?} instead of {x} {y}");
    }
}

#[test]
fn a_photo_of_twelve_megapixels() {
    let text = pass(LIVE);
    for (side, at) in [(2200.0, 500.0), (700.0, 300.0), (160.0, 2000.0)] {
        let mut canvas = Canvas::new(4000, 3000, 170.0);
        let places = square(at, 400.0, side);
        canvas.draw(&Modules::of(&text, EcLevel::M), places, 30.0, 230.0);
        let found = Decoder::new().decode_picture(&canvas.frame());
        assert_eq!(
            found.iter().map(|found| found.text.as_str()).collect::<Vec<_>>(),
            [text.as_str()],
            "{side} pixels"
        );
        for (corner, (x, y)) in found[0].corners.iter().zip(places) {
            assert!((corner.x - x).hypot(corner.y - y) < 14.0, "{corner:?} instead of {x} {y}");
        }
    }
}

#[test]
fn a_cut_out_on_a_dark_ground() {
    let text = pass(148);
    // First grounds almost as dark as the modules: only lightened does such a code have an edge.
    let almost = [(20.0, 10.0), (40.0, 30.0), (110.0, 100.0), (140.0, 132.0)];
    let lighter = [(64.0, 20.0), (90.0, 0.0), (140.0, 60.0)];
    for (ground, dark) in almost.into_iter().chain(lighter) {
        let code = Modules::of(&text, EcLevel::M);
        // Drawn pixel by pixel: a margin of paper is what is missing.
        let mut canvas = Canvas::new(1280, 720, ground);
        for (n, is_dark) in code.dark.iter().enumerate() {
            let (left, top) = (500 + n % code.size * 4, 200 + n / code.size * 4);
            for y in top..top + 4 {
                canvas.luma[y * 1280 + left..y * 1280 + left + 4].fill(if *is_dark { dark } else { 235.0 });
            }
        }
        assert_eq!(texts(&canvas), [text.as_str()], "ground {ground}, modules {dark}");
    }
}

#[test]
fn a_cut_out_without_a_margin() {
    let text = pass(148);
    for pixels in [1, 2, 4, 9] {
        let code = Modules::of(&text, EcLevel::M);
        let side = code.size * pixels;
        let mut canvas = Canvas::new(side, side, 255.0);
        canvas.draw(&code, square(0.0, 0.0, side as f32), 0.0, 255.0);
        let found = Decoder::new().decode_picture(&canvas.frame());
        assert_eq!(
            found.iter().map(|found| found.text.as_str()).collect::<Vec<_>>(),
            [text.as_str()],
            "{pixels}"
        );
        let far = found[0].corners[2];
        assert!(
            (far.x - side as f32).hypot(far.y - side as f32) < 2.0 * pixels as f32 + 2.0,
            "{far:?} of {side}"
        );
    }
}
