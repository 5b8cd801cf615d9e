//! Lists, sums and the queue are read by indexes that nobody needs while an operation is being decided. They take
//! operations in later, many at a time: whoever waits at the counter does not wait for them.
//!
//! What is not listed yet is always the end of the history. It is listed before anything is read or changed, except
//! where the next operation is decided; a view that was opened in between is read without those indexes.

use rusqlite::{Connection as Db, OptionalExtension};

use crate::StoreError;

/// So many are decided before the next one has to list them.
const UNLISTED: i64 = 64;

/// Whether all of this view is listed.
pub(crate) fn is_complete(db: &Db) -> Result<bool, StoreError> {
    let last = db
        .prepare_cached("SELECT listed FROM operation ORDER BY seq DESC LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    Ok(last.unwrap_or(true))
}

/// The condition on `operation` by which its indexes can be used where all of this view is listed, and by which nothing
/// is missed where it is not.
pub(crate) fn condition(db: &Db) -> Result<&'static str, StoreError> {
    Ok(if is_complete(db)? { "listed = 1" } else { "listed IN (0, 1)" })
}

/// How a query that needs one of these indexes gets at its rows: beside [`condition`].
pub(crate) fn source(db: &Db, index: &str) -> Result<String, StoreError> {
    Ok(if is_complete(db)? { format!("INDEXED BY {index}") } else { "NOT INDEXED".to_owned() })
}

/// What is not listed yet.
pub(crate) const REST: &str = "seq > coalesce((SELECT l.seq FROM operation l NOT INDEXED WHERE l.listed = 1
    ORDER BY l.seq DESC LIMIT 1), 0)";

/// How many are not listed yet. All of them are queued.
pub(crate) fn rest(db: &Db) -> Result<i64, StoreError> {
    if is_complete(db)? {
        return Ok(0);
    }
    let sql = format!("SELECT count(*) FROM operation NOT INDEXED WHERE {REST}");
    Ok(db.prepare_cached(&sql)?.query_row([], |row| row.get(0))?)
}

/// Lists what is not listed yet.
pub(crate) fn catch_up(db: &Db) -> Result<(), StoreError> {
    if is_complete(db)? {
        return Ok(());
    }
    let sql = format!("UPDATE operation SET listed = 1 WHERE {REST}");
    let listed = db.prepare_cached(&sql)?.execute([])?;
    count(db, listed)
}

/// Lists the oldest that is not listed yet. False: there is none.
pub(crate) fn list_one(db: &Db) -> Result<bool, StoreError> {
    if is_complete(db)? {
        return Ok(false);
    }
    let sql = format!(
        "UPDATE operation SET listed = 1
         WHERE seq = (SELECT seq FROM operation NOT INDEXED WHERE {REST} ORDER BY seq LIMIT 1)"
    );
    let listed = db.prepare_cached(&sql)?.execute([])?;
    count(db, listed)?;
    Ok(true)
}

fn count(db: &Db, listed: usize) -> Result<(), StoreError> {
    db.prepare_cached("UPDATE tally SET count = count + ?1 WHERE state = 0")?.execute([listed])?;
    Ok(())
}

/// Keeps what is not listed short while one operation after the other is decided.
pub(crate) fn keep_short(db: &Db, seq: i64) -> Result<(), StoreError> {
    if seq % UNLISTED == 0 { catch_up(db) } else { Ok(()) }
}
