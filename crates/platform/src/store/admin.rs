//! The log of administrative changes. A row is written in the same commit as the change that it tells of.

use ledger::FanId;
use serde_json::{Value, json};

use super::sql::params;
use super::{Connection, Row, StoreError};

/// One administrative change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdminChange {
    pub date_us: i64,
    /// A client id, or `operator` for whoever has the server's command line.
    pub actor: String,
    /// The API's name of the operation, or the command.
    pub action: String,
    pub fan: Option<FanId>,
    /// What was said, as a JSON object: no secrets and no personal fields.
    pub detail: String,
    /// The request, as the logs call it; empty for a command.
    pub request_id: String,
}

impl AdminChange {
    /// As an object of JSON, with the date in UTC.
    pub fn told(&self) -> Value {
        let date = jiff::Timestamp::from_microsecond(self.date_us).map(|date| date.to_string());
        let detail: Value = serde_json::from_str(&self.detail).unwrap_or_default();
        json!({
            "date": date.unwrap_or_default(),
            "actor": self.actor,
            "action": self.action,
            "fan": self.fan.map(|fan| fan.0),
            "detail": detail,
            "request_id": self.request_id,
        })
    }
}

/// Who uses the command line.
pub const OPERATOR: &str = "operator";

/// Appends to the log.
pub fn insert(connection: &Connection, change: &AdminChange) -> Result<(), StoreError> {
    connection.execute(
        "INSERT INTO admin_change (date_us, actor, action, fan_no, detail, request_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            change.date_us,
            change.actor,
            change.action,
            change.fan.map(|fan| fan.0.cast_signed()),
            change.detail,
            change.request_id
        ],
    )
}

/// The newest changes, newest first.
pub fn list(connection: &Connection, limit: u32) -> Result<Vec<AdminChange>, StoreError> {
    let sql = "SELECT date_us, actor, action, fan_no, detail, request_id FROM admin_change
               ORDER BY no DESC LIMIT ?1";
    let read = |row: &Row<'_>| {
        Ok(AdminChange {
            date_us: row.get(0)?,
            actor: row.get(1)?,
            action: row.get(2)?,
            fan: row.get::<Option<i64>>(3)?.map(|no| FanId(no.cast_unsigned())),
            detail: row.get(4)?,
            request_id: row.get(5)?,
        })
    };
    connection.query(sql, params![limit], read)
}
