//! All that is known of a fan: to be told when the fan asks, and to be erased.

use serde_json::{Map, Value, json};

use super::changes::{self, ChangeKind, Concerns};
use super::fans::{self, Fan};
use super::keys::revoke_passes;
use super::sql::params;
use super::{Connection, ProgramNo, StoreError, Turn, random};

/// Columns whose name holds one of these are keys, not knowledge about a fan.
const KEPT_BACK: &[&str] = &["seed", "secret", "hash", "token"];

/// Everything that any table holds of a fan, table by table. None: the program has no such fan.
pub fn export(connection: &Connection, program: ProgramNo, user: &str) -> Result<Option<Value>, StoreError> {
    let Some(fan) = fans::find(connection, &[program], user)? else {
        return Ok(None);
    };
    let no = fan.no.0.cast_signed();
    let mut known = Map::new();
    for (table, columns) in connection.tables()? {
        let told: Vec<String> = columns.iter().filter(|column| may_be_told(column)).cloned().collect();
        let rest = if table == "fan" {
            "FROM fan WHERE no = ?1".to_owned()
        } else if columns.iter().any(|column| column == "fan_no") {
            format!("FROM {table} WHERE fan_no = ?1")
        } else {
            match table.as_str() {
                "purchase_item" => of_bookings(&table, &["purchase"]),
                "operation" => of_bookings(&table, &["purchase", "award"]),
                _ => continue,
            }
        };
        let rows = connection.objects(&told, &rest, params![no])?;
        if !rows.is_empty() {
            known.insert(table, Value::Array(rows));
        }
    }
    Ok(Some(json!({
        "user_id": fan.id.to_string(),
        "pseudonym": fan.pseudonym.to_string(),
        "fan_points": fan.wallet.0,
        "status_points": fan.standing.0,
        "records": known,
    })))
}

fn may_be_told(column: &str) -> bool {
    !KEPT_BACK.iter().any(|part| column.contains(part))
}

fn of_bookings(table: &str, kinds: &[&str]) -> String {
    let dates: Vec<String> =
        kinds.iter().map(|kind| format!("SELECT date_us FROM {kind} WHERE fan_no = ?1")).collect();
    format!("FROM {table} WHERE date_us IN ({}) ORDER BY date_us", dates.join(" UNION "))
}

/// Empties every personal field of a fan. What was booked stays, under a number that belongs to nobody, so that the
/// books keep their sums. False: the program has no such fan.
pub fn erase(turn: &mut Turn<'_>, program: ProgramNo, user: &str) -> Result<bool, StoreError> {
    let Some(fan) = fans::find(turn.connection, &[program], user)? else {
        return Ok(false);
    };
    let date_us = turn.next_date();
    revoke_passes(turn, &fan, u32::try_from(date_us / 1_000_000).unwrap_or(u32::MAX))?;
    forget_engagement(turn.connection, &fan)?;
    forget_words(turn.connection, &fan)?;
    rename(turn.connection, &fan, date_us)?;
    forget_printed_id(turn.connection, &fan)?;
    // Devices are told by the pseudonym, which is in the list of revoked passes as well.
    changes::note(turn, ChangeKind::Fan, Concerns::fan(fan.program, fan.no), &fan.pseudonym.to_string())?;
    Ok(true)
}

/// Events, and the last proof of the fan's phone, tell where somebody was and when.
fn forget_engagement(connection: &Connection, fan: &Fan) -> Result<(), StoreError> {
    for table in ["event", "event_count", "badge", "example_device", "discount_code"] {
        let sql = format!("DELETE FROM {table} WHERE fan_no = ?1");
        connection.execute(&sql, params![fan.no.0.cast_signed()])?;
    }
    connection.execute(
        "DELETE FROM live_proof WHERE program_no = ?1 AND pseudonym = ?2",
        params![fan.program.0, fan.pseudonym.0.cast_signed()],
    )
}

/// What staff or a shop wrote about a purchase can be about the fan.
fn forget_words(connection: &Connection, fan: &Fan) -> Result<(), StoreError> {
    let no = fan.no.0.cast_signed();
    connection.execute("UPDATE review_decision SET note = '' WHERE fan_no = ?1", params![no])?;
    connection.execute("UPDATE award SET title = '', description = '' WHERE fan_no = ?1", params![no])?;
    connection.execute(
        "UPDATE purchase_item SET title = '', description = ''
         WHERE date_us IN (SELECT date_us FROM purchase WHERE fan_no = ?1)",
        params![no],
    )
}

/// What was told of the fan before named it by the id on its card.
fn forget_printed_id(connection: &Connection, fan: &Fan) -> Result<(), StoreError> {
    connection.execute(
        "UPDATE change SET subject = ?2 WHERE fan_no = ?1 AND subject = ?3",
        params![fan.no.0.cast_signed(), fan.pseudonym.to_string(), fan.id.to_string()],
    )
}

/// Neither the program's id nor the printed one nor a pass finds the fan any more.
fn rename(connection: &Connection, fan: &Fan, date_us: i64) -> Result<(), StoreError> {
    let pseudonym = i64::from_be_bytes(random()?);
    connection.execute(
        "UPDATE fan SET external_user_id = ?2, mail_address = '', name = NULL, fan_points_id = ?3, pseudonym = ?4,
                        deleted_us = ?5, engagement_consent = 0
         WHERE no = ?1",
        params![
            fan.no.0.cast_signed(),
            // No caller can choose an id with a control character.
            format!("\u{1}{}", fan.no.0),
            fans::free_id(connection)?.number().cast_signed(),
            pseudonym,
            date_us
        ],
    )
}
