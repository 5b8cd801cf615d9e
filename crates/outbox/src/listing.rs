//! Lists, sums and the queue are read by indexes of what is listed. Since version 10 all operations are: what was just
//! decided waits in the [`intake`](crate::intake) and is listed when it goes over.

use rusqlite::{Connection as Db, OptionalExtension};

use crate::StoreError;

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
