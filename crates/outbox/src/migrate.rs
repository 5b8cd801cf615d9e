//! The schema's versions: frozen SQL, each applied in one transaction together with its number.

use ledger::mutant::skipped;
use rusqlite::Connection as Db;

use crate::{StoreError, to_journal};

/// One step from a version to the next.
struct Migration {
    sql: &'static str,
    /// What SQL alone can not do, after it.
    then: fn(&Db) -> Result<(), StoreError>,
}

/// One per version, oldest first. A released one never changes.
const MIGRATIONS: &[Migration] = &[
    Migration { sql: include_str!("migrations/0001.sql"), then: |_| Ok(()) },
    Migration { sql: include_str!("migrations/0002.sql"), then: to_journal::move_over },
    Migration { sql: include_str!("migrations/0003.sql"), then: |_| Ok(()) },
    Migration { sql: include_str!("migrations/0004.sql"), then: |_| Ok(()) },
    Migration { sql: include_str!("migrations/0005.sql"), then: |_| Ok(()) },
    Migration { sql: include_str!("migrations/0006.sql"), then: |_| Ok(()) },
    Migration { sql: include_str!("migrations/0007.sql"), then: |_| Ok(()) },
    Migration { sql: include_str!("migrations/0008.sql"), then: |_| Ok(()) },
    Migration { sql: include_str!("migrations/0009.sql"), then: |_| Ok(()) },
    Migration { sql: include_str!("migrations/0010.sql"), then: |_| Ok(()) },
    Migration { sql: include_str!("migrations/0011.sql"), then: |_| Ok(()) },
];

/// The version that this app writes.
pub(crate) fn known_version() -> u32 {
    u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX)
}

pub(crate) fn version(db: &Db) -> Result<u32, StoreError> {
    Ok(db.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

/// Refuses a database that a newer app wrote. Reads only.
pub(crate) fn refuse_newer(db: &Db) -> Result<(), StoreError> {
    let (found, known) = (version(db)?, known_version());
    if found > known && !skipped("newer-refused") {
        return Err(StoreError::Newer { found, known });
    }
    Ok(())
}

/// Brings the database to the version of this app. A step that is cut short leaves the one before.
pub(crate) fn migrate(db: &mut Db) -> Result<(), StoreError> {
    let done = version(db)?;
    // A table can only be made anew without its foreign keys; what they say is checked in the same transaction.
    db.execute_batch("PRAGMA foreign_keys = OFF")?;
    for (number, Migration { sql, then }) in (1_u32..).zip(MIGRATIONS).filter(|(number, _)| *number > done) {
        let step = db.transaction()?;
        step.execute_batch(sql)?;
        then(&step)?;
        if step.prepare("PRAGMA foreign_key_check")?.exists([])? {
            return Err(StoreError::Corrupt);
        }
        step.pragma_update(None, "user_version", number)?;
        step.commit()?;
        tracing::info!(version = number, "the database was brought to a new version");
    }
    Ok(db.execute_batch("PRAGMA foreign_keys = ON")?)
}
