//! Reading operations out of the database.

use fanpass::{FanPointsId, FanRef};
use ledger::{Currency, FanPoints, Money, PolicyRule, StatusPoints, Timestamp, Trust};
use rusqlite::{Connection as Db, OptionalExtension, Row, types::FromSql};
use uuid::Uuid;

use crate::fans::FanRow;
use crate::{ActionRow, ItemRow, OperationKind, OperationRow, OperationState, Raiser, Route, StoreError};

/// Everything of a row but its items. `o` is the operation, `u` what it undoes, `r` what undoes it.
pub(crate) const SELECT: &str = "SELECT o.*, f.user_id AS fan_user_id, u.id AS undo_id, u.kind AS undo_kind,
    u.action AS undo_action, u.title AS undo_title, u.description AS undo_description, r.id AS reversed_id
  FROM operation o JOIN fan f ON f.fan = o.fan
  LEFT JOIN operation u ON u.seq = o.undo_of LEFT JOIN operation r ON r.seq = o.reversed_by";

pub(crate) fn seq_of(db: &Db, id: Uuid) -> Result<Option<i64>, StoreError> {
    Ok(db
        .prepare_cached("SELECT seq FROM operation WHERE id = ?1")?
        .query_row([id.as_bytes().as_slice()], |row| row.get(0))
        .optional()?)
}

/// The fan of an operation: where it is undone, its own name counts and not the one shown now.
pub(crate) fn fan_of(db: &Db, seq: i64) -> Result<Option<(FanRow, FanRef)>, StoreError> {
    let found: Option<(FanRow, String)> = db
        .prepare_cached("SELECT fan, fan_ref FROM operation WHERE seq = ?1")?
        .query_row([seq], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    found
        .map(|(fan, text)| Ok((fan, text.parse().map_err(|_| StoreError::Unreadable { what: "fan" })?)))
        .transpose()
}

pub(crate) fn load(db: &Db, seq: i64) -> Result<OperationRow, StoreError> {
    let mut statement = db.prepare_cached(&format!("{SELECT} WHERE o.seq = ?1"))?;
    let mut rows = statement.query([seq])?;
    let row = rows.next()?.ok_or(StoreError::UnknownOperation)?;
    read(db, row)
}

pub(crate) fn read(db: &Db, row: &Row<'_>) -> Result<OperationRow, StoreError> {
    let kind = kind(row.get("kind")?)?;
    let undo_kind = row.get::<_, Option<i64>>("undo_kind")?.map(self::kind).transpose()?;
    let seq: i64 = row.get("seq")?;
    let original = row.get::<_, Option<i64>>("undo_of")?;
    let route = if row.get::<_, i64>("route")? == 0 { Route::Local } else { Route::Platform };
    let state = state(row.get("state")?)?;
    Ok(OperationRow {
        id: id(row.get("id")?)?,
        seq: u64::try_from(seq).map_err(|_| StoreError::Unreadable { what: "seq" })?,
        fan: text(row, "fan_ref")?.parse().map_err(|_| StoreError::Unreadable { what: "fan" })?,
        user_id: user_id(row)?,
        kind,
        items: items(db, original.unwrap_or(seq), original.is_some())?,
        action: action(row, original.is_some())?,
        undo_of: row.get::<_, Option<Vec<u8>>>("undo_id")?.map(id).transpose()?,
        undo_kind,
        fan_points: FanPoints(row.get("fan_points")?),
        status_points: StatusPoints(row.get("status_points")?),
        booked_fan_points: row.get::<_, Option<i64>>("booked_fan_points")?.map(FanPoints),
        booked_status_points: row.get::<_, Option<i64>>("booked_status_points")?.map(StatusPoints),
        trust: trust(row.get("trust")?)?,
        route,
        awaits_platform: route == Route::Platform && state.is_open(),
        state,
        created_at: Timestamp(row.get("created_at")?),
        tries: row.get("tries")?,
        last_error: row.get("last_error")?,
        next_try: time(row, "next_try")?,
        refusal: row.get("refusal")?,
        settled_at: time(row, "settled_at")?,
        server_time: time(row, "server_time")?,
        reference: row.get("reference")?,
        reversed_by: row.get::<_, Option<Vec<u8>>>("reversed_id")?.map(id).transpose()?,
        staff: row.get("staff")?,
        raised_by: raised_by(row)?,
        rule: rule(row)?,
        exposure: FanPoints(row.get("exposure")?),
        archived: false,
    })
}

fn text(row: &Row<'_>, column: &str) -> Result<String, StoreError> {
    get(row, column)
}

fn get<T: FromSql>(row: &Row<'_>, column: &str) -> Result<T, StoreError> {
    Ok(row.get(column)?)
}

fn time(row: &Row<'_>, column: &str) -> Result<Option<Timestamp>, StoreError> {
    Ok(get::<Option<i64>>(row, column)?.map(Timestamp))
}

fn user_id(row: &Row<'_>) -> Result<Option<FanPointsId>, StoreError> {
    get::<Option<String>>(row, "fan_user_id")?
        .map(|text| text.parse().map_err(|_| StoreError::Unreadable { what: "user id" }))
        .transpose()
}

pub(crate) fn id(bytes: Vec<u8>) -> Result<Uuid, StoreError> {
    Uuid::from_slice(&bytes).map_err(|_| StoreError::Unreadable { what: "id" })
}

pub(crate) fn kind(number: i64) -> Result<OperationKind, StoreError> {
    OperationKind::from_number(number).ok_or(StoreError::Unreadable { what: "kind" })
}

pub(crate) fn state(number: i64) -> Result<OperationState, StoreError> {
    OperationState::from_number(number).ok_or(StoreError::Unreadable { what: "state" })
}

fn raised_by(row: &Row<'_>) -> Result<Option<Raiser>, StoreError> {
    if !get::<bool>(row, "manager_raised")? {
        return Ok(None);
    }
    Ok(Some(get::<Option<String>>(row, "raised_by")?.map_or(Raiser::ManagersPin, Raiser::Person)))
}

/// A rule by the name under which it is kept.
pub(crate) fn rule_name(rule: PolicyRule) -> Option<String> {
    match serde_json::to_value(rule) {
        Ok(serde_json::Value::String(name)) => Some(name),
        _ => None,
    }
}

fn rule(row: &Row<'_>) -> Result<Option<PolicyRule>, StoreError> {
    get::<Option<String>>(row, "rule")?
        .map(|text| {
            serde_json::from_value(serde_json::Value::String(text))
                .map_err(|_| StoreError::Unreadable { what: "policy rule" })
        })
        .transpose()
}

fn action(row: &Row<'_>, of_original: bool) -> Result<Option<ActionRow>, StoreError> {
    let names = if of_original {
        ["undo_action", "undo_title", "undo_description"]
    } else {
        ["action", "title", "description"]
    };
    let [category, title, description] = names;
    let Some(category) = get::<Option<String>>(row, category)? else { return Ok(None) };
    Ok(Some(ActionRow {
        category,
        title: get::<Option<String>>(row, title)?.unwrap_or_default(),
        description: get::<Option<String>>(row, description)?.unwrap_or_default(),
    }))
}

/// The items of a purchase; the points turned round where an undo is asked for.
fn items(db: &Db, seq: i64, turned: bool) -> Result<Vec<ItemRow>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT n, title, description, price, currency, rate_label, points, booked
         FROM item WHERE operation = ?1 ORDER BY n",
    )?;
    let mut rows = statement.query([seq])?;
    let mut items = Vec::new();
    while let Some(row) = rows.next()? {
        let points: i64 = row.get(6)?;
        items.push(ItemRow {
            number: row.get(0)?,
            title: row.get(1)?,
            description: row.get(2)?,
            price: Money { minor: row.get(3)?, currency: currency(&row.get::<_, String>(4)?)? },
            rate_label: row.get(5)?,
            points: FanPoints(if turned { points.saturating_neg() } else { points }),
            booked: if turned { None } else { row.get::<_, Option<i64>>(7)?.map(FanPoints) },
        });
    }
    Ok(items)
}

fn currency(text: &str) -> Result<Currency, StoreError> {
    text.parse().map_err(|_| StoreError::Unreadable { what: "currency" })
}

pub(crate) fn trust_number(trust: Trust) -> i64 {
    match trust {
        Trust::Unsigned => 0,
        Trust::Card => 1,
        Trust::Live => 2,
    }
}

fn trust(number: i64) -> Result<Trust, StoreError> {
    match number {
        0 => Ok(Trust::Unsigned),
        1 => Ok(Trust::Card),
        2 => Ok(Trust::Live),
        _ => Err(StoreError::Unreadable { what: "trust" }),
    }
}
