//! Reading operations out of the database.

use fanpass::{FanPointsId, FanRef};
use ledger::{Currency, FanPoints, Money, PolicyRule, StatusPoints, Timestamp, Trust};
use rusqlite::{Connection as Db, OptionalExtension, Row, types::FromSql};
use uuid::Uuid;

use crate::fans::FanRow;
use crate::{ActionRow, ItemRow, OperationKind, OperationRow, OperationState, Raiser, Route, StoreError};

/// Everything of a row but its items, in the order in which [`read`] takes it. `o` is the operation, `u` what it undoes,
/// `r` what undoes it.
pub(crate) const SELECT: &str = "SELECT o.seq, o.id, o.fan_ref, f.user_id, o.kind, o.undo_of, u.id, u.kind,
    iif(o.undo_of IS NULL, o.action, u.action), iif(o.undo_of IS NULL, o.title, u.title),
    iif(o.undo_of IS NULL, o.description, u.description), o.fan_points, o.status_points, o.booked_fan_points,
    o.booked_status_points, o.trust, o.route, o.state, o.created_at, o.tries, o.last_error, o.next_try, o.refusal,
    o.settled_at, o.server_time, o.reference, r.id, o.staff, o.manager_raised, o.raised_by, o.rule, o.exposure
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

/// A row's columns, one after the other: looking each up by its name takes longer than reading it.
struct InOrder<'a> {
    row: &'a Row<'a>,
    next: usize,
}

impl InOrder<'_> {
    fn take<T: FromSql>(&mut self) -> Result<T, StoreError> {
        let value = self.row.get(self.next)?;
        self.next += 1;
        Ok(value)
    }

    fn time(&mut self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.take::<Option<i64>>()?.map(Timestamp))
    }

    fn id(&mut self) -> Result<Option<Uuid>, StoreError> {
        self.take::<Option<Vec<u8>>>()?.map(id).transpose()
    }

    fn user_id(&mut self) -> Result<Option<FanPointsId>, StoreError> {
        let parse = |text: String| text.parse().map_err(|_| StoreError::Unreadable { what: "user id" });
        self.take::<Option<String>>()?.map(parse).transpose()
    }

    fn action(&mut self) -> Result<Option<ActionRow>, StoreError> {
        let category: Option<String> = self.take()?;
        let (title, description) = (self.take()?, self.take()?);
        let text = |text: Option<String>| text.unwrap_or_default();
        let action = |category| ActionRow { category, title: text(title), description: text(description) };
        Ok(category.map(action))
    }

    fn raised_by(&mut self) -> Result<Option<Raiser>, StoreError> {
        let (is_raised, person) = (self.take::<bool>()?, self.take::<Option<String>>()?);
        Ok(is_raised.then(|| person.map_or(Raiser::ManagersPin, Raiser::Person)))
    }

    fn rule(&mut self) -> Result<Option<PolicyRule>, StoreError> {
        let parse = |text| {
            serde_json::from_value(serde_json::Value::String(text))
                .map_err(|_| StoreError::Unreadable { what: "policy rule" })
        };
        self.take::<Option<String>>()?.map(parse).transpose()
    }
}

/// Reads a row of [`SELECT`].
pub(crate) fn read(db: &Db, row: &Row<'_>) -> Result<OperationRow, StoreError> {
    let mut columns = InOrder { row, next: 0 };
    let seq: i64 = columns.take()?;
    let id = id(columns.take()?)?;
    let fan = columns.take::<String>()?.parse().map_err(|_| StoreError::Unreadable { what: "fan" })?;
    let user_id = columns.user_id()?;
    let kind = kind(columns.take()?)?;
    let original: Option<i64> = columns.take()?;
    let undo_of = columns.id()?;
    let undo_kind = columns.take::<Option<i64>>()?.map(self::kind).transpose()?;
    let action = columns.action()?;
    let (fan_points, status_points) = (FanPoints(columns.take()?), StatusPoints(columns.take()?));
    let booked_fan_points = columns.take::<Option<i64>>()?.map(FanPoints);
    let booked_status_points = columns.take::<Option<i64>>()?.map(StatusPoints);
    let trust = trust(columns.take()?)?;
    let route = if columns.take::<i64>()? == 0 { Route::Local } else { Route::Platform };
    let state = state(columns.take()?)?;
    Ok(OperationRow {
        id,
        seq: u64::try_from(seq).map_err(|_| StoreError::Unreadable { what: "seq" })?,
        fan,
        user_id,
        kind,
        items: items(db, original.unwrap_or(seq), original.is_some())?,
        action,
        undo_of,
        undo_kind,
        fan_points,
        status_points,
        booked_fan_points,
        booked_status_points,
        trust,
        route,
        awaits_platform: route == Route::Platform && state.is_open(),
        state,
        created_at: Timestamp(columns.take()?),
        tries: columns.take()?,
        last_error: columns.take()?,
        next_try: columns.time()?,
        refusal: columns.take()?,
        settled_at: columns.time()?,
        server_time: columns.time()?,
        reference: columns.take()?,
        reversed_by: columns.id()?,
        staff: columns.take()?,
        raised_by: columns.raised_by()?,
        rule: columns.rule()?,
        exposure: FanPoints(columns.take()?),
        archived: false,
    })
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

/// A rule by the name under which it is kept.
pub(crate) fn rule_name(rule: PolicyRule) -> Option<String> {
    match serde_json::to_value(rule) {
        Ok(serde_json::Value::String(name)) => Some(name),
        _ => None,
    }
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
