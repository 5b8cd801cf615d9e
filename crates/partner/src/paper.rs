//! Pages to print and to keep: a title, facts, tables and lines for signatures, as PDF.
//!
//! The fonts are the ones that every reader has (Helvetica), so a report of a page is a few kilobytes. They know the
//! letters of western Europe; one that they do not know loses its accent, or becomes a question mark.

use pdf_writer::{Content, Date, Finish, Name, Pdf, Rect, Ref, Str, TextStr};
use unicode_normalization::UnicodeNormalization;

/// A4, in points.
const WIDTH: f32 = 595.0;
const HEIGHT: f32 = 842.0;
const MARGIN: f32 = 48.0;
const FLOOR: f32 = 60.0;
const TEXT: f32 = 9.5;
const LINE: f32 = 14.0;
const REGULAR: Name<'static> = Name(b"R");
const BOLD: Name<'static> = Name(b"B");
const INNER: f32 = WIDTH - 2.0 * MARGIN;
const GREY: f32 = 0.38;

/// How a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// A column: its share of the width, and how it stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Column {
    pub share: f32,
    pub align: Align,
}

/// A document that is filled from top to bottom.
pub(crate) struct Paper {
    pages: Vec<Content>,
    /// Where the next line stands on the last page, from below.
    y: f32,
    title: String,
}

impl Paper {
    pub fn new(title: &str) -> Self {
        let mut paper = Self { pages: vec![Content::new()], y: HEIGHT - MARGIN - 18.0, title: title.into() };
        paper.write(BOLD, 18.0, MARGIN, title);
        paper.y -= 24.0;
        paper
    }

    fn write(&mut self, font: Name<'_>, size: f32, x: f32, text: &str) {
        let (y, bytes) = (self.y, encode(text));
        if let Some(page) = self.pages.last_mut() {
            put(page, font, size, (x, y), &bytes);
        }
    }

    /// Begins a new page unless so much is left on this one.
    fn need(&mut self, height: f32) {
        if self.y - height < FLOOR {
            self.pages.push(Content::new());
            self.y = HEIGHT - MARGIN - TEXT;
        }
    }

    pub fn heading(&mut self, text: &str) {
        self.need(60.0);
        self.y -= 12.0;
        self.write(BOLD, 12.0, MARGIN, text);
        self.y -= 18.0;
    }

    /// A sentence, broken into lines.
    pub fn sentence(&mut self, text: &str) {
        for line in wrap(text, TEXT, INNER) {
            self.need(LINE);
            self.write(REGULAR, TEXT, MARGIN, &line);
            self.y -= LINE;
        }
    }

    /// A name and what stands behind it.
    pub fn fact(&mut self, name: &str, value: &str) {
        const INDENT: f32 = 150.0;
        self.need(LINE);
        self.write(REGULAR, TEXT, MARGIN, &fit(name, TEXT, INDENT - 8.0));
        for line in wrap(value, TEXT, INNER - INDENT) {
            self.need(LINE);
            self.write(BOLD, TEXT, MARGIN + INDENT, &line);
            self.y -= LINE;
        }
    }

    pub fn table(&mut self, columns: &[Column], head: &[String], rows: &[Vec<String>]) {
        self.need(LINE * 3.0);
        self.row(BOLD, columns, head);
        self.rule();
        for row in rows {
            if self.y - LINE < FLOOR {
                self.need(LINE);
                self.row(BOLD, columns, head);
                self.rule();
            }
            self.row(REGULAR, columns, row);
        }
        self.y -= 6.0;
    }

    fn row(&mut self, font: Name<'_>, columns: &[Column], cells: &[String]) {
        let total: f32 = columns.iter().map(|column| column.share).sum();
        let mut x = MARGIN;
        for (column, cell) in columns.iter().zip(cells) {
            let width = INNER * column.share / total;
            let text = fit(cell, TEXT, width - 6.0);
            let at = match column.align {
                Align::Left => x,
                Align::Right => x + width - 3.0 - wide(&encode(&text), TEXT),
            };
            self.write(font, TEXT, at, &text);
            x += width;
        }
        self.y -= LINE;
    }

    fn rule(&mut self) {
        let y = self.y + LINE - 4.0;
        if let Some(page) = self.pages.last_mut() {
            line(page, MARGIN, WIDTH - MARGIN, y);
        }
        self.y -= 3.0;
    }

    /// A line to sign on.
    pub fn signature(&mut self, name: &str) {
        self.need(56.0);
        self.y -= 36.0;
        let y = self.y;
        if let Some(page) = self.pages.last_mut() {
            line(page, MARGIN, MARGIN + 220.0, y);
        }
        self.y -= LINE;
        self.write(REGULAR, TEXT, MARGIN, name);
        self.y -= LINE;
    }

    /// The file. `language`: a tag such as "de"; `foot`: what stands below on every page, before its number.
    pub fn finish(mut self, language: &str, foot: &str, made: jiff::civil::DateTime) -> Vec<u8> {
        let (catalog, tree, info) = (Ref::new(1), Ref::new(2), Ref::new(3));
        let (regular, bold) = (Ref::new(4), Ref::new(5));
        let page = |n: usize| Ref::new(6 + 2 * i32::try_from(n).unwrap_or(0));
        let content = |n: usize| Ref::new(7 + 2 * i32::try_from(n).unwrap_or(0));
        let count = self.pages.len();
        let mut pdf = Pdf::new();
        pdf.catalog(catalog).pages(tree).lang(TextStr(language));
        pdf.pages(tree).kids((0..count).map(page)).count(i32::try_from(count).unwrap_or(1));
        let part = |number: i8| u8::try_from(number).unwrap_or(1);
        pdf.document_info(info).title(TextStr(&self.title)).creation_date(
            Date::new(u16::try_from(made.year()).unwrap_or(1970))
                .month(part(made.month()))
                .day(part(made.day())),
        );
        for (font, name) in [(regular, Name(b"Helvetica")), (bold, Name(b"Helvetica-Bold"))] {
            pdf.type1_font(font).base_font(name).encoding_predefined(Name(b"WinAnsiEncoding"));
        }
        for (n, mut drawn) in self.pages.drain(..).enumerate() {
            let number = encode(&format!("{} / {count}", n + 1));
            put(&mut drawn, REGULAR, 8.0, (MARGIN, 36.0), &encode(&fit(foot, 8.0, INNER - 60.0)));
            put(&mut drawn, REGULAR, 8.0, (WIDTH - MARGIN - wide(&number, 8.0), 36.0), &number);
            let mut written = pdf.page(page(n));
            written.media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).parent(tree).contents(content(n));
            written.resources().fonts().pair(REGULAR, regular).pair(BOLD, bold);
            written.finish();
            pdf.stream(content(n), &drawn.finish());
        }
        pdf.finish()
    }
}

fn put(page: &mut Content, font: Name<'_>, size: f32, (x, y): (f32, f32), text: &[u8]) {
    page.begin_text().set_font(font, size).next_line(x, y).show(Str(text)).end_text();
}

fn line(page: &mut Content, from: f32, to: f32, y: f32) {
    page.save_state().set_stroke_gray(GREY).set_line_width(0.6);
    page.move_to(from, y).line_to(to, y).stroke().restore_state();
}

/// As many words a line as fit; a word that is too long is cut off.
fn wrap(text: &str, size: f32, width: f32) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(last) = lines.last_mut() else { break };
        let longer = if last.is_empty() { word.to_owned() } else { format!("{last} {word}") };
        if last.is_empty() || wide(&encode(&longer), size) <= width {
            *last = longer;
        } else {
            lines.push(word.to_owned());
        }
    }
    lines.into_iter().map(|line| fit(&line, size, width)).collect()
}

/// The text, or its beginning with an ellipsis.
fn fit(text: &str, size: f32, width: f32) -> String {
    if wide(&encode(text), size) <= width {
        return text.to_owned();
    }
    let mut kept: String = text.into();
    while kept.pop().is_some() && wide(&encode(&format!("{kept}…")), size) > width {}
    format!("{kept}…")
}

/// In WinAnsi (code page 1252).
fn encode(text: &str) -> Vec<u8> {
    text.nfc().filter(|char| !char.is_control()).map(byte_of).collect()
}

fn byte_of(char: char) -> u8 {
    let plain = |char: char| byte(char).or_else(|| byte(bare(char)));
    // What has no letter of its own is written by its base letter.
    plain(char).or_else(|| char.nfd().next().and_then(plain)).unwrap_or(b'?')
}

/// Letters with a stroke have no base letter.
const fn bare(char: char) -> char {
    match char {
        'ł' => 'l',
        'Ł' => 'L',
        'đ' => 'd',
        'Đ' => 'D',
        'ħ' => 'h',
        'ı' => 'i',
        '\u{2212}' => '–',
        '\u{202f}' | '\u{2009}' => ' ',
        other => other,
    }
}

/// The letters between 0x80 and 0x9F; blanks where the page has none.
const UPPER: &str = "€ ‚ƒ„…†‡ˆ‰Š‹Œ Ž  ‘’“”•–—˜™š›œ žŸ";

fn byte(char: char) -> Option<u8> {
    match char {
        ' '..='~' | '\u{a0}'..='ÿ' => u8::try_from(u32::from(char)).ok(),
        _ => {
            let place = UPPER.chars().position(|one| one == char)?;
            u8::try_from(place).ok()?.checked_add(0x80)
        }
    }
}

/// Widths of Helvetica from space to tilde, in thousandths (from the font's published metrics).
const WIDTHS: [u16; 95] = [
    278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556,
    556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278,
    500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469,
    556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500,
    278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];

fn wide(text: &[u8], size: f32) -> f32 {
    let thousandths = |byte: &u8| match byte {
        0xa0 | 0x91 | 0x92 => 278,
        0x85 => 1000,
        // Letters with an accent are as wide as without, or close to it.
        0xc0..=0xdd => 722,
        0x20..=0x7e => WIDTHS.get(usize::from(*byte) - 0x20).copied().unwrap_or(556),
        _ => 556,
    };
    f32::from(text.iter().map(thousandths).fold(0_u16, u16::saturating_add)) * size / 1000.0
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn letters_of_the_four_languages_are_written_as_they_are() {
        assert_eq!(encode("Überträge, œuvre – l’été è più €5"), {
            let mut bytes = b"\xdcbertr\xe4ge, \x9cuvre \x96 l\x92\xe9t\xe9 \xe8 pi\xf9 ".to_vec();
            bytes.extend(b"\x805");
            bytes
        });
        assert_eq!(encode("Petrović Łukasz Đorđe"), b"Petrovic Lukasz Dorde");
        assert_eq!(encode("日\u{7}"), b"?");
        assert_eq!(UPPER.chars().count(), 32);
    }

    #[test]
    fn what_is_too_long_is_broken_or_cut() {
        let lines = wrap(&"word ".repeat(60), TEXT, INNER);
        assert!(lines.len() > 2 && lines.iter().all(|line| wide(&encode(line), TEXT) <= INNER));
        let cut = fit(&"W".repeat(90), TEXT, 60.0);
        assert!(cut.ends_with('…') && wide(&encode(&cut), TEXT) <= 60.0);
    }

    #[test]
    fn a_long_table_goes_on_over_pages_with_its_head() {
        let mut paper = Paper::new("Long");
        let columns = [Column { share: 1.0, align: Align::Left }, Column { share: 1.0, align: Align::Right }];
        let rows: Vec<_> = (0..130).map(|n| vec![format!("row {n}"), n.to_string()]).collect();
        paper.table(&columns, &["Name".into(), "Number".into()], &rows);
        let file = paper.finish("en", "foot", jiff::civil::date(2026, 11, 20).at(12, 0, 0, 0));
        let read = lopdf::Document::load_mem(&file).unwrap();
        assert_eq!(read.get_pages().len(), 3);
        for page in 1..=3 {
            let text = read.extract_text(&[page]).unwrap();
            assert!(text.contains("Number") && text.contains(&format!("{page} / 3")), "{text}");
        }
        assert!(read.extract_text(&[1, 2, 3]).unwrap().contains("row 129"));
    }
}
