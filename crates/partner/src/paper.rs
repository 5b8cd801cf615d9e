//! Pages to print and to keep: a title, facts, tables and lines for signatures, as PDF.
//!
//! What a page uses of its fonts is in the file: a report of a page is a few dozen kilobytes.

use pdf_writer::{Content, Date, Finish, Name, Pdf, Rect, Ref, Str, TextStr};

use crate::AppError;

mod font;

use font::Font;

/// A4, in points.
const WIDTH: f32 = 595.0;
const HEIGHT: f32 = 842.0;
const MARGIN: f32 = 48.0;
const FLOOR: f32 = 60.0;
const TEXT: f32 = 9.5;
const LINE: f32 = 14.0;
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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Weight {
    Regular,
    Bold,
}

impl Weight {
    const fn name(self) -> Name<'static> {
        match self {
            Self::Regular => Name(b"R"),
            Self::Bold => Name(b"B"),
        }
    }
}

/// A document that is filled from top to bottom.
pub(crate) struct Paper {
    pages: Vec<Content>,
    regular: Font,
    bold: Font,
    /// Where the next line stands on the last page, from below.
    y: f32,
    title: String,
}

impl Paper {
    pub fn new(title: &str) -> Result<Self, AppError> {
        let mut paper = Self {
            pages: vec![Content::new()],
            regular: Font::regular()?,
            bold: Font::bold()?,
            y: HEIGHT - MARGIN - 18.0,
            title: title.into(),
        };
        paper.write(Weight::Bold, 18.0, MARGIN, title);
        paper.y -= 24.0;
        Ok(paper)
    }

    const fn font(&self, weight: Weight) -> &Font {
        match weight {
            Weight::Regular => &self.regular,
            Weight::Bold => &self.bold,
        }
    }

    const fn font_mut(&mut self, weight: Weight) -> &mut Font {
        match weight {
            Weight::Regular => &mut self.regular,
            Weight::Bold => &mut self.bold,
        }
    }

    fn write(&mut self, weight: Weight, size: f32, x: f32, text: &str) {
        let (y, bytes) = (self.y, self.font_mut(weight).encode(text));
        if let Some(page) = self.pages.last_mut() {
            put(page, weight, size, (x, y), &bytes);
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
        self.write(Weight::Bold, 12.0, MARGIN, text);
        self.y -= 18.0;
    }

    /// A sentence, broken into lines.
    pub fn sentence(&mut self, text: &str) {
        for line in wrap(&self.regular, text, TEXT, INNER) {
            self.need(LINE);
            self.write(Weight::Regular, TEXT, MARGIN, &line);
            self.y -= LINE;
        }
    }

    /// A name and what stands behind it.
    pub fn fact(&mut self, name: &str, value: &str) {
        const INDENT: f32 = 150.0;
        self.need(LINE);
        let name = fit(&self.regular, name, TEXT, INDENT - 8.0);
        self.write(Weight::Regular, TEXT, MARGIN, &name);
        for line in wrap(&self.bold, value, TEXT, INNER - INDENT) {
            self.need(LINE);
            self.write(Weight::Bold, TEXT, MARGIN + INDENT, &line);
            self.y -= LINE;
        }
    }

    pub fn table(&mut self, columns: &[Column], head: &[String], rows: &[Vec<String>]) {
        self.need(LINE * 3.0);
        self.row(Weight::Bold, columns, head);
        self.rule();
        for row in rows {
            if self.y - LINE < FLOOR {
                self.need(LINE);
                self.row(Weight::Bold, columns, head);
                self.rule();
            }
            self.row(Weight::Regular, columns, row);
        }
        self.y -= 6.0;
    }

    fn row(&mut self, weight: Weight, columns: &[Column], cells: &[String]) {
        let total: f32 = columns.iter().map(|column| column.share).sum();
        let mut x = MARGIN;
        for (column, cell) in columns.iter().zip(cells) {
            let width = INNER * column.share / total;
            let font = self.font(weight);
            let text = fit(font, cell, TEXT, width - 6.0);
            let at = match column.align {
                Align::Left => x,
                Align::Right => x + width - 3.0 - font.width(&text, TEXT),
            };
            self.write(weight, TEXT, at, &text);
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
        self.write(Weight::Regular, TEXT, MARGIN, name);
        self.y -= LINE;
    }

    /// The file. `language`: a tag such as "de"; `foot`: what stands below on every page, before its number.
    pub fn finish(
        mut self,
        language: &str,
        foot: &str,
        made: jiff::civil::DateTime,
    ) -> Result<Vec<u8>, AppError> {
        self.feet(foot);
        let [catalog, tree, info, regular] = [1, 2, 3, 4].map(Ref::new);
        let bold = Ref::new(regular.get() + font::OBJECTS);
        let first = bold.get() + font::OBJECTS;
        let page = |n: usize| Ref::new(first + 2 * i32::try_from(n).unwrap_or(0));
        let content = |n: usize| Ref::new(page(n).get() + 1);
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
        for (n, drawn) in self.pages.into_iter().enumerate() {
            let mut written = pdf.page(page(n));
            written.media_box(Rect::new(0.0, 0.0, WIDTH, HEIGHT)).parent(tree).contents(content(n));
            let fonts = [(Weight::Regular.name(), regular), (Weight::Bold.name(), bold)];
            written.resources().fonts().pairs(fonts);
            written.finish();
            pdf.stream(content(n), &drawn.finish());
        }
        self.regular.write(&mut pdf, regular)?;
        self.bold.write(&mut pdf, bold)?;
        Ok(pdf.finish())
    }

    /// Writes what stands below on every page.
    fn feet(&mut self, foot: &str) {
        const SIZE: f32 = 8.0;
        const BELOW: f32 = 36.0;
        let foot = self.regular.encode(&fit(&self.regular, foot, SIZE, INNER - 60.0));
        let count = self.pages.len();
        for (n, page) in (1..).zip(&mut self.pages) {
            let number = format!("{n} / {count}");
            let at = WIDTH - MARGIN - self.regular.width(&number, SIZE);
            put(page, Weight::Regular, SIZE, (MARGIN, BELOW), &foot);
            put(page, Weight::Regular, SIZE, (at, BELOW), &self.regular.encode(&number));
        }
    }
}

fn put(page: &mut Content, weight: Weight, size: f32, (x, y): (f32, f32), text: &[u8]) {
    page.begin_text().set_font(weight.name(), size).next_line(x, y).show(Str(text)).end_text();
}

fn line(page: &mut Content, from: f32, to: f32, y: f32) {
    page.save_state().set_stroke_gray(GREY).set_line_width(0.6);
    page.move_to(from, y).line_to(to, y).stroke().restore_state();
}

/// As many words a line as fit; a word that is too long, such as a hash, goes on in the next line.
fn wrap(font: &Font, text: &str, size: f32, width: f32) -> Vec<String> {
    let fits = |text: &str| font.width(text, size) <= width;
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let Some(last) = lines.last_mut() else { break };
        let longer = if last.is_empty() { word.to_owned() } else { format!("{last} {word}") };
        if fits(&longer) {
            *last = longer;
            continue;
        }
        if !last.is_empty() {
            lines.push(String::new());
        }
        for char in word.chars() {
            let Some(last) = lines.last_mut() else { break };
            last.push(char);
            if !fits(last) && last.chars().nth(1).is_some() {
                last.pop();
                lines.push(char.into());
            }
        }
    }
    lines
}

/// The text, or its beginning with an ellipsis.
fn fit(font: &Font, text: &str, size: f32, width: f32) -> String {
    if font.width(text, size) <= width {
        return text.to_owned();
    }
    let mut kept: String = text.into();
    while kept.pop().is_some() && font.width(&format!("{kept}…"), size) > width {}
    format!("{kept}…")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_reader_gets_back_what_was_written_in_any_of_its_letters() {
        let names = ["Žofia Petrović", "Łukasz Şahin", "Γιώργος Παπάς", "Юлія Їжак", "l’été, 1 234 €", "日"];
        let mut paper = Paper::new("Смена").unwrap();
        for name in names {
            paper.fact("Person", name);
        }
        let file = paper.finish("en", "foot", jiff::civil::date(2026, 11, 20).at(12, 0, 0, 0)).unwrap();
        let read = lopdf::Document::load_mem(&file).unwrap();
        let text = read.extract_text(&[1]).unwrap();
        for said in
            ["Смена", "Žofia Petrović", "Łukasz Şahin", "Γιώργος Παπάς", "Юлія Їжак", "l’été, 1 234 €", "□"]
        {
            assert!(text.contains(said), "{said}: {text}");
        }
        assert!(file.len() < 40_000, "only what is used of the fonts: {}", file.len());
    }

    #[test]
    fn what_is_too_long_is_broken_or_cut() {
        let font = Font::regular().unwrap();
        let lines = wrap(&font, &"word ".repeat(60), TEXT, INNER);
        assert!(lines.len() > 2 && lines.iter().all(|line| font.width(line, TEXT) <= INNER));
        let hash = "0123456789abcdef".repeat(12);
        let lines = wrap(&font, &format!("root {hash} end"), TEXT, 300.0);
        assert!(lines.iter().all(|line| font.width(line, TEXT) <= 300.0), "{lines:?}");
        assert_eq!(lines.concat(), format!("root{hash} end"), "nothing of a word is lost");
        let cut = fit(&font, &"W".repeat(90), TEXT, 60.0);
        assert!(cut.ends_with('…') && font.width(&cut, TEXT) <= 60.0);
    }

    #[test]
    fn a_long_table_goes_on_over_pages_with_its_head() {
        let mut paper = Paper::new("Long").unwrap();
        let columns = [Column { share: 1.0, align: Align::Left }, Column { share: 1.0, align: Align::Right }];
        let rows: Vec<_> = (0..130).map(|n| vec![format!("row {n}"), n.to_string()]).collect();
        paper.table(&columns, &["Name".into(), "Number".into()], &rows);
        let file = paper.finish("en", "foot", jiff::civil::date(2026, 11, 20).at(12, 0, 0, 0)).unwrap();
        let read = lopdf::Document::load_mem(&file).unwrap();
        assert_eq!(read.get_pages().len(), 3);
        for page in 1..=3 {
            let text = read.extract_text(&[page]).unwrap();
            assert!(text.contains("Number") && text.contains(&format!("{page} / 3")), "{text}");
        }
        assert!(read.extract_text(&[1, 2, 3]).unwrap().contains("row 129"));
    }
}
