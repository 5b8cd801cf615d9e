//! Reports of closed shifts, kept as the devices made them.

use ledger::PartnerId;

use super::sql::params;
use super::{Connection, Row, StoreError, Turn};

/// One report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShiftReport {
    pub report_id: String,
    pub device_id: Option<String>,
    pub staff_id: String,
    pub opened_us: i64,
    pub closed_us: i64,
    pub received_us: i64,
    /// JSON.
    pub document: String,
}

/// How a report was taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    Stored,
    /// The very same report is there already.
    Known,
    /// Another report has this id.
    Other,
}

/// Stores a report, once. When it was received is set here.
pub fn store(turn: &mut Turn<'_>, partner: PartnerId, report: &ShiftReport) -> Result<Taken, StoreError> {
    if let Some(known) = find(turn.connection, partner, &report.report_id)? {
        let same = known.document == report.document
            && known.staff_id == report.staff_id
            && (known.opened_us, known.closed_us) == (report.opened_us, report.closed_us);
        return Ok(if same { Taken::Known } else { Taken::Other });
    }
    let received = turn.next_date();
    turn.connection.execute(
        "INSERT INTO shift_report (partner_no, report_id, device_id, staff_id, opened_us, closed_us, received_us,
                                   document)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            partner.0,
            report.report_id,
            report.device_id,
            report.staff_id,
            report.opened_us,
            report.closed_us,
            received,
            report.document
        ],
    )?;
    Ok(Taken::Stored)
}

const COLUMNS: &str = "report_id, device_id, staff_id, opened_us, closed_us, received_us, document";

fn find(
    connection: &Connection,
    partner: PartnerId,
    report_id: &str,
) -> Result<Option<ShiftReport>, StoreError> {
    let sql = format!("SELECT {COLUMNS} FROM shift_report WHERE partner_no = ?1 AND report_id = ?2");
    connection.query_opt(&sql, params![partner.0, report_id], read)
}

/// A partner's reports, the last received first.
pub fn list(
    connection: &Connection,
    partner: PartnerId,
    earlier_than: Option<i64>,
    limit: u32,
) -> Result<Vec<ShiftReport>, StoreError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM shift_report WHERE partner_no = ?1 AND received_us < ?2
         ORDER BY received_us DESC LIMIT ?3"
    );
    connection.query(&sql, params![partner.0, earlier_than.unwrap_or(i64::MAX), limit], read)
}

fn read(row: &Row<'_>) -> Result<ShiftReport, StoreError> {
    Ok(ShiftReport {
        report_id: row.get(0)?,
        device_id: row.get(1)?,
        staff_id: row.get(2)?,
        opened_us: row.get(3)?,
        closed_us: row.get(4)?,
        received_us: row.get(5)?,
        document: row.get(6)?,
    })
}
