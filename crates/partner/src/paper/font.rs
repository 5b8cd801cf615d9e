//! A font of the paper: Inter, with the letters of Latin, Greek and Cyrillic. What a document uses of it goes into the
//! file, so that it looks alike in every reader, together with what each glyph means, so that it can be searched.

use std::collections::BTreeMap;

use pdf_writer::types::{CidFontType, FontFlags, SystemInfo, UnicodeCmap};
use pdf_writer::{Finish, Name, Pdf, Rect, Ref, Str};
use subsetter::GlyphRemapper;
use ttf_parser::{Face, GlyphId};
use unicode_normalization::UnicodeNormalization;

use crate::{AppError, ErrorCode};

const REGULAR: &[u8] = include_bytes!("../../fonts/inter-regular.ttf");
const SEMIBOLD: &[u8] = include_bytes!("../../fonts/inter-semibold.ttf");
const IDENTITY: SystemInfo<'static> =
    SystemInfo { registry: Str(b"Adobe"), ordering: Str(b"Identity"), supplement: 0 };
/// Stands for a letter that the font does not have.
const BOX: char = '□';
/// Objects that a font takes in the file.
pub(super) const OBJECTS: i32 = 5;

pub(super) struct Font {
    name: &'static str,
    data: &'static [u8],
    face: Face<'static>,
    used: GlyphRemapper,
    /// What the glyphs that are used mean, by their number in the file.
    meanings: BTreeMap<u16, char>,
}

impl Font {
    pub fn regular() -> Result<Self, AppError> {
        Self::read("Inter-Regular", REGULAR)
    }

    pub fn bold() -> Result<Self, AppError> {
        Self::read("Inter-SemiBold", SEMIBOLD)
    }

    fn read(name: &'static str, data: &'static [u8]) -> Result<Self, AppError> {
        let face = Face::parse(data, 0).map_err(unreadable)?;
        Ok(Self { name, data, face, used: GlyphRemapper::new(), meanings: BTreeMap::new() })
    }

    /// A letter that the font lacks is written by its base letter, or as a box.
    fn glyphs(&self, text: &str) -> impl Iterator<Item = (char, GlyphId)> {
        let known = |char: char| self.face.glyph_index(char).map(|glyph| (char, glyph));
        let glyph = move |char: char| {
            known(char).or_else(|| char.nfd().next().and_then(known)).or_else(|| known(BOX))
        };
        text.nfc().filter(|char| !char.is_control()).filter_map(glyph)
    }

    /// How wide the text is in this size, in points.
    pub fn width(&self, text: &str, size: f32) -> f32 {
        let units: u32 = self.glyphs(text).map(|(_, glyph)| u32::from(self.advance(glyph))).sum();
        // Far below the 16,777,216 up to which every integer is a float of its own.
        #[allow(clippy::cast_precision_loss)]
        let units = units as f32;
        units * size / f32::from(self.face.units_per_em())
    }

    fn advance(&self, glyph: GlyphId) -> u16 {
        self.face.glyph_hor_advance(glyph).unwrap_or(0)
    }

    /// The text as the file has it; from now on its glyphs belong to it.
    pub fn encode(&mut self, text: &str) -> Vec<u8> {
        let glyphs: Vec<_> = self.glyphs(text).collect();
        let mut bytes = Vec::with_capacity(2 * glyphs.len());
        for (char, glyph) in glyphs {
            let number = self.used.remap(glyph.0);
            self.meanings.entry(number).or_insert(char);
            bytes.extend(number.to_be_bytes());
        }
        bytes
    }

    /// Writes what is used of the font, as objects from `first` on; there are [`OBJECTS`] of them.
    pub fn write(&self, pdf: &mut Pdf, first: Ref) -> Result<(), AppError> {
        let object = |n: i32| Ref::new(first.get() + n);
        let [descendant, descriptor, file, meanings] = [object(1), object(2), object(3), object(4)];
        // A part of a font has six letters before its name.
        let name = format!("FANPTS+{}", self.name);
        let name = Name(name.as_bytes());
        pdf.type0_font(first)
            .base_font(name)
            .encoding_predefined(Name(b"Identity-H"))
            .descendant_font(descendant)
            .to_unicode(meanings);
        let mut font = pdf.cid_font(descendant);
        font.subtype(CidFontType::Type2).base_font(name).system_info(IDENTITY).font_descriptor(descriptor);
        font.cid_to_gid_map_predefined(Name(b"Identity"));
        let widths = self.used.remapped_gids().map(|glyph| self.thousandths(self.advance(GlyphId(glyph))));
        font.widths().consecutive(0, widths);
        font.finish();
        let bounds = self.face.global_bounding_box();
        let edge = |units: i16| self.thousandths(units);
        pdf.font_descriptor(descriptor)
            .name(name)
            .flags(FontFlags::SYMBOLIC)
            .bbox(Rect::new(edge(bounds.x_min), edge(bounds.y_min), edge(bounds.x_max), edge(bounds.y_max)))
            .italic_angle(0.0)
            .ascent(edge(self.face.ascender()))
            .descent(edge(self.face.descender()))
            .cap_height(edge(self.face.capital_height().unwrap_or(self.face.ascender())))
            .stem_v(80.0)
            .font_file2(file);
        let part = subsetter::subset(self.data, 0, &self.used).map_err(unreadable)?;
        let length = i32::try_from(part.len()).unwrap_or(i32::MAX);
        pdf.stream(file, &part).pair(Name(b"Length1"), length);
        let mut cmap = UnicodeCmap::new(Name(b"Custom"), IDENTITY);
        for (glyph, char) in &self.meanings {
            cmap.pair(*glyph, *char);
        }
        pdf.cmap(meanings, &cmap.finish());
        Ok(())
    }

    fn thousandths(&self, units: impl Into<f32>) -> f32 {
        units.into() * 1000.0 / f32::from(self.face.units_per_em())
    }
}

fn unreadable(error: impl std::fmt::Display) -> AppError {
    AppError::new(ErrorCode::Internal).detail(format!("the font of the paper: {error}"))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn meant(font: &mut Font, text: &str) -> String {
        let numbers = font.encode(text);
        let number = |pair: &[u8]| u16::from_be_bytes([pair[0], pair[1]]);
        numbers.chunks(2).map(|pair| font.meanings[&number(pair)]).collect()
    }

    #[test]
    fn letters_are_written_as_they_are() {
        for mut font in [Font::regular().unwrap(), Font::bold().unwrap()] {
            for text in [
                "Überträge, œuvre – l’été è più €5, −2 469",
                "Žofia Łukasz Đorđe Şahin Ćosić Őrsi Țepeș Ğül İstanbul ẞ",
                "Γιώργος Παπαδόπουλος",
                "Владимир Їжак Љубица Ґалаґан",
                "Nguyễn Thị Hằng",
            ] {
                assert_eq!(meant(&mut font, text), text);
            }
            assert_eq!(meant(&mut font, "e\u{301}\u{7}"), "é", "put together, and nothing that steers");
            assert_eq!(meant(&mut font, "日 ☃"), "□ □");
        }
    }

    #[test]
    fn digits_stand_below_each_other() {
        let font = Font::regular().unwrap();
        let one = font.width("1", 10.0);
        assert!(
            one > 5.0 && ('0'..='9').all(|digit| (font.width(&digit.to_string(), 10.0) - one).abs() < 0.01)
        );
    }
}
