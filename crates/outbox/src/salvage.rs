//! What can still be read of a damaged database, as JSON Lines beside it: one operation a line, the newest last.
//!
//! It holds what a manager needs to tell the platform's operator; no key and no secret is in the database. In plain,
//! although it names fans: it is read where neither this device nor its keychain is, and it may be the last trace of
//! what fans were promised. The person is told of the file until they say that they have read of it.

use std::fs::OpenOptions;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use rusqlite::Connection as Db;
use rusqlite::types::{Value, ValueRef};

use crate::{DatabaseKey, StoreError, intake, load, open};

/// Where the end of the history can not be read, it is looked for so far behind the last one found.
const LOOKED_BEYOND: i64 = 10_000;

/// Writes what can be read; the file and the number of operations in it.
pub(crate) fn export(damaged: &Path, key: &DatabaseKey) -> Result<(PathBuf, u64), StoreError> {
    let db = open::reader(damaged, key)?;
    // What was decided last is in the intake: as far as it can be read, it goes over in the memory of this reader.
    let shown = db
        .execute_batch("PRAGMA query_only = OFF; PRAGMA cache_spill = OFF; BEGIN IMMEDIATE")
        .map_err(StoreError::from)
        .and_then(|()| intake::show(&db));
    if let Err(error) = shown {
        tracing::warn!(code = error.code(), "what was decided last could not be read, or not all of it");
    }
    let target = open::with_tail(damaged, ".jsonl");
    let failed = |error: std::io::Error| {
        tracing::error!(%error, "the export could not be written");
        StoreError::Io { what: "exporting what is readable" }
    };
    let file = OpenOptions::new().write(true).create_new(true).open(&target).map_err(failed)?;
    let mut file = BufWriter::new(file);
    let last = db.query_row("SELECT max(seq) FROM operation", [], |row| row.get::<_, Option<i64>>(0));
    let (mut seq, mut found, mut unreadable) = (0_i64, 0_u64, 0_u64);
    let end_is_known = last.is_ok();
    let mut end = last.map_or(LOOKED_BEYOND, Option::unwrap_or_default);
    while seq < end {
        seq += 1;
        match line(&db, seq) {
            Ok(Some(line)) => {
                writeln!(file, "{line}").map_err(failed)?;
                found += 1;
                if !end_is_known {
                    end = seq + LOOKED_BEYOND;
                }
            }
            Ok(None) => {}
            Err(_) if end_is_known => unreadable += 1,
            Err(_) => {}
        }
    }
    writeln!(file, "{}", serde_json::json!({ "operations": found, "unreadable": unreadable }))
        .map_err(failed)?;
    let file = file.into_inner().map_err(|error| failed(error.into_error()))?;
    file.sync_all().map_err(failed)?;
    Ok((target, found))
}

/// All of an operation, or what its own row still says.
fn line(db: &Db, seq: i64) -> Result<Option<String>, StoreError> {
    match load::load(db, seq) {
        Ok(row) => Ok(serde_json::to_string(&row).ok()),
        Err(_) => bare(db, seq),
    }
}

fn bare(db: &Db, seq: i64) -> Result<Option<String>, StoreError> {
    let mut statement = db.prepare_cached("SELECT * FROM operation WHERE seq = ?1")?;
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut rows = statement.query([seq])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let mut told = serde_json::Map::new();
    for (index, name) in names.into_iter().enumerate() {
        let value = match row.get_ref(index)? {
            ValueRef::Blob(bytes) => serde_json::Value::String(crate::canon::hex(bytes)),
            other => match Value::try_from(other).unwrap_or(Value::Null) {
                Value::Integer(number) => number.into(),
                Value::Text(text) => text.into(),
                Value::Null | Value::Real(_) | Value::Blob(_) => serde_json::Value::Null,
            },
        };
        told.insert(name, value);
    }
    Ok(Some(serde_json::Value::Object(told).to_string()))
}
