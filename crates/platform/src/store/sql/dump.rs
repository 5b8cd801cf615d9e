//! Whole rows without knowing their columns, for what has to reach every table, also the ones of tomorrow.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};

use super::value::Value;
use super::{Connection, Engine, Row, params};
use crate::store::StoreError;

/// The columns of each table, in their order.
pub type Tables = BTreeMap<String, Vec<String>>;

impl Connection {
    /// All tables of this environment.
    ///
    /// # Errors
    /// Those of the engine.
    pub fn tables(&self) -> Result<Tables, StoreError> {
        let sql = match &self.engine {
            Engine::Sqlite(_) => {
                "SELECT m.name, c.name FROM sqlite_schema AS m JOIN pragma_table_info(m.name) AS c
                 WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite_%' ORDER BY m.name, c.cid"
            }
            Engine::Postgres(_) => {
                "SELECT CAST(c.table_name AS TEXT), CAST(c.column_name AS TEXT)
                 FROM information_schema.columns AS c JOIN information_schema.tables AS t
                   ON t.table_schema = c.table_schema AND t.table_name = c.table_name
                 WHERE c.table_schema = current_schema() AND t.table_type = 'BASE TABLE'
                 ORDER BY c.table_name, c.ordinal_position"
            }
        };
        let mut tables = Tables::new();
        for (table, column) in self.query(sql, params![], |row| Ok((row.get(0)?, row.get(1)?)))? {
            tables.entry(table).or_default().push(column);
        }
        Ok(tables)
    }

    /// The named columns of some rows as JSON objects; bytes are told as hexadecimal digits. `rest` begins after the
    /// columns, with FROM.
    ///
    /// # Errors
    /// Those of the engine.
    pub fn objects(
        &self,
        columns: &[String],
        rest: &str,
        values: &[Value<'_>],
    ) -> Result<Vec<Json>, StoreError> {
        let sql = format!("SELECT {} {rest}", columns.join(", "));
        self.query(&sql, values, |row| {
            let mut object = Map::new();
            for (place, column) in columns.iter().enumerate() {
                object.insert(column.clone(), told(row, place)?);
            }
            Ok(Json::Object(object))
        })
    }

    /// Rows of any number, read in pages of one view: within a transaction.
    pub(in crate::store) fn in_pages(
        &self,
        select: &str,
        page: i64,
        mut take: impl FnMut(&Row<'_>) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let Engine::Postgres(_) = &self.engine else {
            return self.query(select, params![], take).map(drop);
        };
        // Of another name each time: what was prepared for one has the columns of that one.
        let pages = format!("pages{}", self.changes());
        self.script(&format!("DECLARE {pages} NO SCROLL CURSOR FOR {select}"))?;
        let fetch = format!("FETCH {page} FROM {pages}");
        while !self.query(&fetch, params![], &mut take)?.is_empty() {}
        self.script(&format!("CLOSE {pages}"))
    }

    /// New rows of a table are numbered on from the highest `no`; a file does it by itself.
    pub(in crate::store) fn number_on(&self, table: &str) -> Result<(), StoreError> {
        if self.is_shared() {
            let sql = format!(
                "SELECT setval(pg_get_serial_sequence('{table}', 'no'), coalesce(max(no), 0) + 1, FALSE) FROM {table}"
            );
            self.query(&sql, params![], |_| Ok(()))?;
        }
        Ok(())
    }

    /// Leaves nothing of what was deleted in the tables of the database. Not within a transaction; it takes as long as
    /// copying the database.
    ///
    /// # Errors
    /// Those of the engine.
    pub fn sweep(&self) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Sqlite(connection) => {
                connection.execute_batch("VACUUM")?;
                // Answers with a row, which says whether somebody was in the way.
                let busy: i64 =
                    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
                if busy == 0 {
                    Ok(())
                } else {
                    Err(StoreError::TimedOut("the write-ahead log is in use".to_owned()))
                }
            }
            Engine::Postgres(session) => {
                // Rows that no view sees any more; a table is gone through while others use it.
                session.script("SET statement_timeout = 0")?;
                self.tables()?.iter().try_for_each(|(table, _)| session.script(&format!("VACUUM {table}")))
            }
        }
    }
}

fn told(row: &Row<'_>, place: usize) -> Result<Json, StoreError> {
    Ok(match row.value(place)? {
        Value::Null => Json::Null,
        Value::Integer(number) => number.into(),
        Value::Text(text) => text.into(),
        Value::Bytes(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into(),
    })
}
