//! Tables for spreadsheets: RFC 4180, and no cell that a spreadsheet would take for a formula.

use std::borrow::Cow;
use std::io::{self, Write};

/// One cell.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Cell<'a> {
    /// Whatever somebody may have typed.
    Text(&'a str),
    /// Written with its digits; a minus sign starts no formula here.
    Number(i64),
    Empty,
}

/// A table that is written row by row.
pub(crate) struct Table<W: Write>(csv::Writer<W>);

impl<W: Write> Table<W> {
    pub fn new(out: W) -> Self {
        Self(csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).flexible(false).from_writer(out))
    }

    /// Writes a row; all have as many cells as the first.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = Cell<'a>>) -> io::Result<()> {
        for cell in cells {
            match cell {
                Cell::Text(text) => self.0.write_field(harmless(text).as_bytes())?,
                Cell::Number(number) => self.0.write_field(number.to_string())?,
                Cell::Empty => self.0.write_field("")?,
            }
        }
        Ok(self.0.write_record(None::<&[u8]>)?)
    }

    /// What was written, all of it.
    pub fn finish(self) -> io::Result<W> {
        self.0.into_inner().map_err(|failed| io::Error::new(failed.error().kind(), "the table is not whole"))
    }
}

/// A text that no spreadsheet runs: an apostrophe before what begins a formula, in any width of letters, or hides
/// one behind blanks.
pub(crate) fn harmless(text: &str) -> Cow<'_, str> {
    let first = text.trim_start().chars().next();
    let dangerous = matches!(first, Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠'))
        || text.starts_with(['\t', '\r', '\n', '\0']);
    if dangerous { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    fn written(rows: &[&[Cell<'_>]]) -> String {
        let mut table = Table::new(Vec::new());
        for row in rows {
            table.row(row.iter().copied()).unwrap();
        }
        String::from_utf8(table.finish().unwrap()).unwrap()
    }

    #[test]
    fn cells_are_quoted_where_the_rule_says_so() {
        let row: &[Cell<'_>] =
            &[Cell::Text("a, \"b\""), Cell::Text("two\nlines"), Cell::Empty, Cell::Number(-7)];
        assert_eq!(written(&[row]), "\"a, \"\"b\"\"\",\"two\nlines\",,-7\r\n");
    }

    #[test]
    fn nothing_is_a_formula() {
        for text in ["=1+1", "+41", "-2", "@SUM(A1)", "  =1", "\t=1", "\r=1", "＝1", "\u{a0}=1"] {
            assert_eq!(harmless(text), format!("'{text}"));
        }
        for text in ["", "Scarf", "25 % off", "'quoted", "a=b"] {
            assert_eq!(harmless(text), text);
        }
    }

    #[test]
    fn a_row_of_another_length_is_refused() {
        let mut table = Table::new(Vec::new());
        table.row([Cell::Empty, Cell::Number(1)]).unwrap();
        assert!(table.row([Cell::Empty]).is_err());
    }
}
