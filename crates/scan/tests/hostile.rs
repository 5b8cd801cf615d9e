//! No frame, however strange, makes the decoder panic or lose its way.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
#![allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, clippy::cast_precision_loss)]

mod common;

use common::{Canvas, Dice, Modules, turned};
use proptest::prelude::*;
use qrcode::EcLevel;
use scan::{Decoder, LumaFrame, PixelFormat, luma_from_picture, luma_from_pixels};

fn frames() -> impl Strategy<Value = LumaFrame> {
    let bytes = (1u32..200, 1u32..200).prop_flat_map(|(width, height)| {
        proptest::collection::vec(any::<u8>(), (width * height) as usize)
            .prop_map(move |luma| LumaFrame::new(width, height, luma).unwrap())
    });
    // Pieces of codes, torn and put over each other.
    let pieces = (any::<u64>(), 1usize..12).prop_map(|(seed, count)| {
        let mut dice = Dice::new(seed);
        let mut canvas = Canvas::new(320, 240, dice.between(0.0, 255.0));
        for _ in 0..count {
            let text = "x".repeat(dice.below(60));
            let code = Modules::of(&text, EcLevel::L).damaged(dice.below(20));
            let centre = (dice.between(0.0, 320.0), dice.between(0.0, 240.0));
            let place = turned(centre, dice.between(10.0, 300.0), dice.between(0.0, 360.0));
            canvas.draw(&code, place, dice.between(0.0, 255.0), dice.between(0.0, 255.0));
        }
        canvas.noise(dice.between(0.0, 60.0), &mut dice);
        canvas.frame()
    });
    prop_oneof![bytes, pieces]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_frame_is_looked_at(frame in frames()) {
        let mut decoder = Decoder::new();
        for _ in 0..3 {
            for found in decoder.decode(&frame) {
                prop_assert!(!found.text.is_empty());
            }
        }
    }

    #[test]
    fn any_stage_alone(frame in frames(), stage in any::<prop::sample::Index>()) {
        let stages: Vec<_> = Decoder::stages().collect();
        Decoder::decode_with(&frame, stages[stage.index(stages.len())]);
    }

    #[test]
    fn any_bytes_as_a_picture(bytes in proptest::collection::vec(any::<u8>(), 0..400), start in 0usize..6) {
        let starts: [&[u8]; 6] = [b"", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF89a", b"RIFF\0\0\0\0WEBPVP8 ", b"BM"];
        prop_assert!(luma_from_picture(&[starts[start], &bytes].concat()).is_err());
    }

    #[test]
    fn any_bytes_as_pixels(bytes in proptest::collection::vec(any::<u8>(), 0..400), width in 0u32..40, height in 0u32..40) {
        for format in [PixelFormat::Mjpeg, PixelFormat::Yuyv, PixelFormat::Nv12, PixelFormat::Gray, PixelFormat::Rgb] {
            if let Ok(frame) = luma_from_pixels(format, width, height, &bytes) {
                prop_assert_eq!(frame.luma.len(), (frame.width * frame.height) as usize);
            }
        }
    }
}
