//! The tables of an environment. Migrations are written once, frozen once released, and only ever appended to; each
//! is one transaction with the version it reaches, so a cut one leaves no trace.

use super::StoreError;
use super::sql::{Connection, Database, dialect, params};

const MIGRATIONS: [&str; 9] = [
    include_str!("../../migrations/0001_books.sql"),
    include_str!("../../migrations/0002_turns.sql"),
    include_str!("../../migrations/0003_operations.sql"),
    include_str!("../../migrations/0004_club.sql"),
    include_str!("../../migrations/0005_goods.sql"),
    include_str!("../../migrations/0006_consent.sql"),
    include_str!("../../migrations/0007_origins.sql"),
    include_str!("../../migrations/0008_ends.sql"),
    include_str!("../../migrations/0009_staff_provider.sql"),
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

/// The tables in the order in which they were made.
pub(super) fn tables() -> Vec<String> {
    let made = MIGRATIONS.iter().flat_map(|sql| sql.lines()).filter_map(|line| {
        let name = line.strip_prefix("CREATE TABLE ")?;
        name.split([' ', '(']).next().map(str::to_owned)
    });
    made.collect()
}

fn version(connection: &Connection, database: &Database) -> Result<i64, StoreError> {
    match database {
        Database::Sqlite(_) => connection.query_row("PRAGMA user_version", params![], |row| row.get(0)),
        Database::Postgres(_) => {
            let sql = "SELECT coalesce(max(version), 0) FROM schema_version";
            connection.query_row(sql, params![], |row| row.get(0))
        }
    }
}

/// Refuses a database of another version than this one.
pub(super) fn require_current(connection: &Connection, database: &Database) -> Result<(), StoreError> {
    let found = version(connection, database)?;
    match pending(found)?.count() {
        0 => Ok(()),
        _ => Err(StoreError::Older { found }),
    }
}

/// Whether there are tables of an environment.
pub(super) fn is_there(connection: &Connection, database: &Database) -> Result<bool, StoreError> {
    match database {
        Database::Sqlite(_) => Ok(version(connection, database)? > 0),
        Database::Postgres(database) => {
            let sql = "SELECT count(*) FROM information_schema.tables WHERE table_schema = ?1";
            let found: i64 = connection.query_row(sql, params![database.schema()], |row| row.get(0))?;
            Ok(found > 0)
        }
    }
}

/// Takes away what was made and not filled.
pub(super) fn remove(database: &Database) -> Result<(), StoreError> {
    match database {
        Database::Sqlite(path) => {
            for end in ["", "-wal", "-shm"] {
                let mut name = path.clone().into_os_string();
                name.push(end);
                match std::fs::remove_file(&name) {
                    Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                        return Err(StoreError::File(format!("{}: {error}", path.display())));
                    }
                    _ => {}
                }
            }
            Ok(())
        }
        Database::Postgres(server) => {
            database.connect()?.script(&format!("DROP SCHEMA {} CASCADE", server.schema()))
        }
    }
}
