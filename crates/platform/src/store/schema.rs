//! The tables of an environment. Migrations are written once, frozen once released, and only ever appended to; each
//! is one transaction with the version it reaches, so a cut one leaves no trace.

use super::StoreError;
use super::sql::{Connection, Database, dialect, params};

const MIGRATIONS: [&str; 3] = [
    include_str!("../../migrations/0001_books.sql"),
    include_str!("../../migrations/0002_turns.sql"),
    include_str!("../../migrations/0003_operations.sql"),
];

/// Brings the database to the current schema.
pub(super) fn migrate(connection: &Connection, database: &Database) -> Result<(), StoreError> {
    match database {
        Database::Sqlite(_) => migrate_file(connection),
        Database::Postgres(database) => migrate_server(connection, database.schema()),
    }
}

fn pending(found: i64) -> Result<impl Iterator<Item = (i64, &'static str)>, StoreError> {
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    if found > known {
        return Err(StoreError::Newer { found, known });
    }
    Ok((1..).zip(MIGRATIONS).filter(move |(version, _)| *version > found))
}

fn migrate_file(connection: &Connection) -> Result<(), StoreError> {
    let found: i64 = connection.query_row("PRAGMA user_version", params![], |row| row.get(0))?;
    for (version, sql) in pending(found)? {
        connection.begin_write()?;
        let changed = connection
            .script(sql)
            .and_then(|()| connection.script(&format!("PRAGMA user_version = {version}")))
            .and_then(|()| connection.commit());
        if let Err(error) = changed {
            connection.rollback()?;
            return Err(error);
        }
    }
    Ok(())
}

/// The lock that processes take which start at the same time: any number that nobody else uses.
const MIGRATION_LOCK: i64 = 0x6661_6e70_6f69_6e74;

fn migrate_server(connection: &Connection, schema: &str) -> Result<(), StoreError> {
    connection.begin_write()?;
    let changed = migrate_in_transaction(connection, schema).and_then(|()| connection.commit());
    if let Err(error) = changed {
        connection.rollback()?;
        return Err(error);
    }
    Ok(())
}

fn migrate_in_transaction(connection: &Connection, schema: &str) -> Result<(), StoreError> {
    connection.script(&format!(
        "SELECT pg_advisory_xact_lock({MIGRATION_LOCK});
         CREATE SCHEMA IF NOT EXISTS {schema};
         CREATE TABLE IF NOT EXISTS {schema}.schema_version (version BIGINT NOT NULL);"
    ))?;
    let found: Option<i64> =
        connection.query_row("SELECT max(version) FROM schema_version", params![], |row| row.get(0))?;
    for (version, sql) in pending(found.unwrap_or(0))? {
        connection.script(&dialect::postgres_schema(sql))?;
        connection.script(&format!("INSERT INTO schema_version (version) VALUES ({version})"))?;
    }
    Ok(())
}
