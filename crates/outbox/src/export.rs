//! The list of everything as a file for other programs: CSV after RFC 4180, or JSON Lines. Written row by row, so that a
//! million of them need no more memory than one.

use std::io::{self, Write};

use fanpass::FanRef;
use ledger::Timestamp;
use serde::Serialize;

use crate::review::{self, Listed, Wanted};
use crate::{OperationKind, OperationState, StoreError};

/// How the file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// With a mark that makes spreadsheets read it as UTF-8, and no cell that they would take for a formula.
    Csv,
    JsonLines,
}

/// Why an export ended early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the file could not be written: {0}")]
    File(#[from] io::Error),
    #[error("the export was cancelled")]
    Cancelled,
}

/// So many rows between two looks at whether somebody has cancelled.
const LOOK: u64 = 500;
const UTF_8: &[u8] = b"\xef\xbb\xbf";

/// One line of the file. Points are in the fan's favour.
#[derive(Serialize)]
struct Line<'a> {
    time: String,
    id: &'a str,
    device: &'static str,
    device_name: Option<&'a str>,
    store: Option<&'a str>,
    kind: OperationKind,
    of: OperationKind,
    state: OperationState,
    fan_id: Option<String>,
    /// What the fan showed, where it was a pass and not the number.
    pass: Option<String>,
    fan_points: i64,
    status_points: i64,
    price: Option<String>,
    title: &'a str,
    rate_labels: &'a [String],
    person: Option<&'a str>,
    reason: Option<&'a str>,
    settled: Option<String>,
    booked: Option<String>,
    reference: Option<&'a str>,
    undone: bool,
    handled: Option<String>,
}

const COLUMNS: [&str; 22] = [
    "time",
    "id",
    "device",
    "device_name",
    "store",
    "kind",
    "of",
    "state",
    "fan_id",
    "pass",
    "fan_points",
    "status_points",
    "price",
    "title",
    "rate_labels",
    "person",
    "reason",
    "settled",
    "booked",
    "reference",
    "undone",
    "handled",
];

impl<'a> Line<'a> {
    fn of(row: &'a Listed) -> Self {
        let pass = match row.fan {
            Some(FanRef::Pseudonym(pseudonym)) => Some(pseudonym.to_string()),
            Some(FanRef::Id(_)) | None => None,
        };
        Self {
            time: time(row.place.at),
            id: &row.id,
            device: if row.here { "this" } else { "other" },
            device_name: row.origin.as_ref().map(|origin| origin.device.as_str()),
            store: row.origin.as_ref().map(|origin| origin.store.as_str()),
            kind: row.kind,
            of: row.of,
            state: row.state,
            fan_id: row.user_id.map(|id| id.to_string()),
            pass,
            fan_points: row.fan_points,
            status_points: row.status_points,
            price: row.price.map(decimal),
            title: &row.title,
            rate_labels: &row.rate_labels,
            person: row.staff.as_deref(),
            reason: row.code.as_deref(),
            settled: row.settled_at.map(time),
            booked: row.server_time.map(time),
            reference: row.reference.as_deref(),
            undone: row.undone,
            handled: row.handled_at.map(time),
        }
    }

    fn write_csv<W: Write>(&self, file: &mut csv::Writer<W>) -> csv::Result<()> {
        let optional = |text: &Option<String>| text.clone().unwrap_or_default();
        file.write_field(&self.time)?;
        file.write_field(harmless(self.id).as_bytes())?;
        file.write_field(self.device)?;
        file.write_field(harmless(self.device_name.unwrap_or_default()).as_bytes())?;
        file.write_field(harmless(self.store.unwrap_or_default()).as_bytes())?;
        file.write_field(kind(self.kind))?;
        file.write_field(kind(self.of))?;
        file.write_field(state(self.state))?;
        file.write_field(optional(&self.fan_id))?;
        file.write_field(optional(&self.pass))?;
        file.write_field(self.fan_points.to_string())?;
        file.write_field(self.status_points.to_string())?;
        file.write_field(optional(&self.price))?;
        file.write_field(harmless(self.title).as_bytes())?;
        file.write_field(harmless(&self.rate_labels.join(", ")).as_bytes())?;
        file.write_field(harmless(self.person.unwrap_or_default()).as_bytes())?;
        file.write_field(harmless(self.reason.unwrap_or_default()).as_bytes())?;
        file.write_field(optional(&self.settled))?;
        file.write_field(optional(&self.booked))?;
        file.write_field(harmless(self.reference.unwrap_or_default()).as_bytes())?;
        file.write_field(if self.undone { "yes" } else { "no" })?;
        file.write_field(optional(&self.handled))?;
        file.write_record(None::<&[u8]>)
    }
}

/// A text that a spreadsheet would run as a formula gets an apostrophe in front. Numbers of our own making do not.
fn harmless(text: &str) -> std::borrow::Cow<'_, str> {
    let runs = |char| matches!(char, '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '＝' | '＋' | '－' | '＠');
    if text.trim_start_matches(' ').starts_with(runs) { format!("'{text}").into() } else { text.into() }
}

fn kind(kind: OperationKind) -> &'static str {
    match kind {
        OperationKind::Give => "give",
        OperationKind::Redeem => "redeem",
        OperationKind::Award => "award",
        OperationKind::Undo => "undo",
    }
}

fn state(state: OperationState) -> &'static str {
    match state {
        OperationState::Queued => "queued",
        OperationState::Sending => "sending",
        OperationState::Accepted => "accepted",
        OperationState::Refused => "refused",
        OperationState::Held => "held",
        OperationState::Moved => "moved",
    }
}

fn time(at: Timestamp) -> String {
    jiff::Timestamp::from_millisecond(at.0).map(|time| format!("{time:.3}")).unwrap_or_default()
}

fn decimal(minor: i64) -> String {
    format!(
        "{}{}.{:02}",
        if minor < 0 { "-" } else { "" },
        minor.unsigned_abs() / 100,
        minor.unsigned_abs() % 100
    )
}

/// Writes all rows, newest first; how many. `go_on` hears now and then how many there are already.
pub(crate) fn write(
    db: &rusqlite::Connection,
    wanted: &Wanted,
    form: Form,
    mut sink: impl Write,
    go_on: impl FnMut(u64) -> bool,
) -> Result<u64, ExportError> {
    match form {
        Form::Csv => {
            sink.write_all(UTF_8)?;
            let mut file = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(sink);
            file.write_record(COLUMNS).map_err(io::Error::other)?;
            let rows =
                go_over(db, wanted, go_on, |line| line.write_csv(&mut file).map_err(io::Error::other))?;
            file.flush()?;
            Ok(rows)
        }
        Form::JsonLines => {
            let mut file = io::BufWriter::new(sink);
            let rows = go_over(db, wanted, go_on, |line| {
                serde_json::to_writer(&mut file, line)?;
                file.write_all(b"\n")
            })?;
            file.flush()?;
            Ok(rows)
        }
    }
}

fn go_over(
    db: &rusqlite::Connection,
    wanted: &Wanted,
    mut go_on: impl FnMut(u64) -> bool,
    mut write: impl FnMut(&Line<'_>) -> io::Result<()>,
) -> Result<u64, ExportError> {
    let (mut rows, mut ended) = (0_u64, None);
    review::each(db, wanted, |row| {
        let written = write(&Line::of(&row));
        rows += 1;
        ended = match written {
            Err(error) => Some(ExportError::File(error)),
            Ok(()) if rows.is_multiple_of(LOOK) && !go_on(rows) => Some(ExportError::Cancelled),
            Ok(()) => None,
        };
        ended.is_none()
    })?;
    match ended {
        Some(ended) => Err(ended),
        None if go_on(rows) => Ok(rows),
        None => Err(ExportError::Cancelled),
    }
}
