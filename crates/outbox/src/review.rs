//! Every operation of the partner in one list: this device's, archived ones among them, and what the platform told of
//! the others. Newest first; a page goes on where the last one ended, whatever came in between.

use fanpass::{FanPointsId, FanRef};
use ledger::Timestamp;
use rusqlite::{Connection as Db, OptionalExtension, Row, params_from_iter};
use uuid::Uuid;

use crate::{OperationKind, OperationRow, OperationState, Origin, StoreError, archive, load, words};

mod plan;
mod search;

use plan::Purpose;
pub(crate) use search::people;

/// No more are counted: nobody scrolls further.
pub const COUNTED: u64 = 100_000;
/// Rows that are looked up at a time while all of them are gone over.
const STRIDE: u32 = 2_000;

/// Whose operations.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Devices {
    #[default]
    All,
    This,
    Others,
}

/// Which operations. What is empty or None lets everything through.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    pub states: Vec<OperationState>,
    pub kinds: Vec<OperationKind>,
    /// Decided here (or booked, where another device did it) at or after.
    pub from: Option<Timestamp>,
    /// Before.
    pub to: Option<Timestamp>,
    pub devices: Devices,
    /// With which device, and in which store, as the platform names them.
    pub device: Option<String>,
    pub store: Option<String>,
    /// What this device is called there.
    pub own: Option<Origin>,
    /// The person. What other devices did is nobody's: the platform does not tell.
    pub staff: Option<String>,
    pub fan: Option<FanRef>,
    /// Points moved, without their sign: at least, and at most.
    pub least: Option<i64>,
    pub most: Option<i64>,
    pub rate_label: Option<String>,
    /// In a title, description, label or action, a person's name, a fan's number, or the beginning of an id.
    pub text: Option<String>,
}

/// Where a row stands in the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    pub at: Timestamp,
    /// The number in this device's history; below zero for what another device did.
    pub number: i64,
}

/// A row of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    pub place: Place,
    pub id: String,
    /// Made by this device.
    pub here: bool,
    pub archived: bool,
    pub kind: OperationKind,
    /// What an undo undoes; the same as `kind` otherwise.
    pub of: OperationKind,
    pub state: OperationState,
    /// None: the platform did not say.
    pub fan: Option<FanRef>,
    pub user_id: Option<FanPointsId>,
    /// In the fan's favour; as booked, where it is.
    pub fan_points: i64,
    pub status_points: i64,
    /// In minor units.
    pub price: Option<i64>,
    pub title: String,
    pub rate_labels: Vec<String>,
    pub staff: Option<String>,
    /// None: nobody has said.
    pub origin: Option<Origin>,
    /// Why it waits, was refused or is held.
    pub code: Option<String>,
    pub tries: u32,
    pub settled_at: Option<Timestamp>,
    pub server_time: Option<Timestamp>,
    pub reference: Option<String>,
    pub undone: bool,
    /// When a person dealt with its refusal.
    pub handled_at: Option<Timestamp>,
}

/// The rows after `after`, leaving out the first `skip`.
pub(crate) fn list(
    db: &Db,
    wanted: &Wanted,
    after: Option<Place>,
    skip: u32,
    limit: u32,
) -> Result<Vec<Listed>, StoreError> {
    let places = places(db, wanted, after, skip, limit)?;
    places.into_iter().map(|place| told(db, place, wanted)).collect()
}

fn told(db: &Db, place: Place, wanted: &Wanted) -> Result<Listed, StoreError> {
    let row = one(db, place)?;
    let origin = if row.here { wanted.own.clone() } else { row.origin };
    Ok(Listed { origin, ..row })
}

fn places(
    db: &Db,
    wanted: &Wanted,
    after: Option<Place>,
    skip: u32,
    limit: u32,
) -> Result<Vec<Place>, StoreError> {
    let Some(plan) = plan::plan(db, wanted, Purpose::List(after))? else { return Ok(Vec::new()) };
    let sql = format!("{} ORDER BY at DESC, place DESC LIMIT {limit} OFFSET {skip}", plan.sql);
    let mut statement = db.prepare_cached(&sql)?;
    let found = statement.query_map(params_from_iter(plan.values), |row| {
        Ok(Place { at: Timestamp(row.get(0)?), number: row.get(1)? })
    })?;
    Ok(found.collect::<Result<_, _>>()?)
}

/// How many rows there are, counted no further than `most`.
pub(crate) fn count(db: &Db, wanted: &Wanted, most: u64) -> Result<u64, StoreError> {
    let Some(plan) = plan::plan(db, wanted, Purpose::Count)? else { return Ok(0) };
    let sql = format!("SELECT count(*) FROM (SELECT 1 FROM ({}) LIMIT {most})", plan.sql);
    let count: i64 = db.prepare_cached(&sql)?.query_row(params_from_iter(plan.values), |row| row.get(0))?;
    Ok(u64::try_from(count).unwrap_or(0))
}

/// Goes over all rows, newest first, until `take` says that it is enough.
pub(crate) fn each(db: &Db, wanted: &Wanted, mut take: impl FnMut(Listed) -> bool) -> Result<(), StoreError> {
    let mut after = None;
    loop {
        let places = places(db, wanted, after, 0, STRIDE)?;
        let Some(last) = places.last().copied() else { return Ok(()) };
        after = Some(last);
        for place in places {
            if !take(told(db, place, wanted)?) {
                return Ok(());
            }
        }
    }
}

fn one(db: &Db, place: Place) -> Result<Listed, StoreError> {
    if place.number < 0 {
        return elsewhere(db, place);
    }
    let mut statement = db.prepare_cached(HERE)?;
    let found = statement.query_row([place.number], |row| Ok(here(row, place))).optional()?;
    match found {
        Some(row) => row,
        None => Ok(of_archive(archive::by_seq(db, place.number)?.ok_or(GONE)?, place)),
    }
}

const GONE: StoreError = StoreError::Unreadable { what: "place" };

// Columns by number: names are looked up one by one.
const HERE: &str = "SELECT o.id, o.kind, u.kind, o.state, o.fan_ref, f.user_id,
    coalesce(o.booked_fan_points, o.fan_points), coalesce(o.booked_status_points, o.status_points), o.price,
    p.title, p.labels, o.staff, coalesce(o.refusal, o.last_error), o.tries, o.settled_at, o.server_time, o.reference,
    o.reversed_by IS NOT NULL, o.handled_at
  FROM operation o JOIN fan f ON f.fan = o.fan LEFT JOIN operation u ON u.seq = o.undo_of
  LEFT JOIN phrase p ON p.phrase = o.phrase WHERE o.seq = ?1";

fn here(row: &Row<'_>, place: Place) -> Result<Listed, StoreError> {
    let text = |column| -> Result<&str, StoreError> {
        let text =
            row.get_ref(column)?.as_str_or_null().map_err(|_| StoreError::Unreadable { what: "text" })?;
        Ok(text.unwrap_or_default())
    };
    let time = |column| -> Result<Option<Timestamp>, StoreError> {
        Ok(row.get::<_, Option<i64>>(column)?.map(Timestamp))
    };
    let bytes = row.get_ref(0)?.as_blob().map_err(|_| StoreError::Unreadable { what: "id" })?;
    let id = Uuid::from_slice(bytes).map_err(|_| StoreError::Unreadable { what: "id" })?;
    let kind = load::kind(row.get(1)?)?;
    Ok(Listed {
        place,
        id: id.to_string(),
        here: true,
        archived: false,
        kind,
        of: row.get::<_, Option<i64>>(2)?.map(load::kind).transpose()?.unwrap_or(kind),
        state: OperationState::from_number(row.get(3)?).ok_or(StoreError::Unreadable { what: "state" })?,
        fan: text(4)?.parse().ok(),
        user_id: text(5)?.parse().ok(),
        fan_points: row.get(6)?,
        status_points: row.get(7)?,
        price: row.get(8)?,
        title: text(9)?.to_owned(),
        rate_labels: words::labels(text(10)?).map(str::to_owned).collect(),
        staff: row.get(11)?,
        origin: None,
        code: row.get(12)?,
        tries: row.get(13)?,
        settled_at: time(14)?,
        server_time: time(15)?,
        reference: row.get(16)?,
        undone: row.get(17)?,
        handled_at: time(18)?,
    })
}

fn of_archive(row: OperationRow, place: Place) -> Listed {
    let (title, labels) = (row.title(), row.rate_labels());
    let price = row.items.iter().fold(0_i64, |sum, item| sum.saturating_add(item.price.minor));
    Listed {
        place,
        id: row.id.to_string(),
        here: true,
        archived: true,
        kind: row.kind,
        of: row.wire_kind(),
        state: row.state,
        fan: Some(row.fan),
        user_id: row.user_id,
        fan_points: row.booked_fan_points.unwrap_or(row.fan_points).0,
        status_points: row.booked_status_points.unwrap_or(row.status_points).0,
        price: (!row.items.is_empty()).then_some(price),
        title,
        rate_labels: labels,
        undone: row.is_reversed(),
        staff: row.staff,
        origin: None,
        code: None,
        tries: row.tries,
        settled_at: row.settled_at,
        server_time: row.server_time,
        reference: row.reference,
        handled_at: None,
    }
}

fn elsewhere(db: &Db, place: Place) -> Result<Listed, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT e.id, e.kind, e.of_kind, e.user_id, e.fan_points, e.status_points, e.price, p.title, p.labels,
           e.device, e.store
         FROM elsewhere e LEFT JOIN phrase p ON p.phrase = e.phrase WHERE e.place = ?1",
    )?;
    let mut rows = statement.query([place.number])?;
    let row = rows.next()?.ok_or(GONE)?;
    let user_id: Option<FanPointsId> = row.get::<_, Option<String>>(3)?.and_then(|text| text.parse().ok());
    Ok(Listed {
        place,
        id: row.get(0)?,
        here: false,
        archived: false,
        kind: load::kind(row.get(1)?)?,
        of: load::kind(row.get(2)?)?,
        state: OperationState::Accepted,
        fan: user_id.map(FanRef::Id),
        user_id,
        fan_points: row.get(4)?,
        status_points: row.get(5)?,
        price: row.get(6)?,
        title: row.get::<_, Option<String>>(7)?.unwrap_or_default(),
        rate_labels: words::labels(&row.get::<_, Option<String>>(8)?.unwrap_or_default())
            .map(str::to_owned)
            .collect(),
        staff: None,
        origin: row
            .get::<_, Option<String>>(9)?
            .zip(row.get::<_, Option<String>>(10)?)
            .map(|(device, store)| Origin { device, store }),
        code: None,
        tries: 0,
        settled_at: Some(place.at),
        server_time: Some(place.at),
        reference: None,
        undone: false,
        handled_at: None,
    })
}

/// What somebody did, as far as it tells something about how they work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    pub place: Place,
    pub kind: OperationKind,
    pub state: OperationState,
    pub staff: Option<String>,
    /// The same number is the same fan.
    pub fan: i64,
    /// Points moved, without their sign.
    pub size: i64,
}

/// The newest deeds of a period on this device, no more than `most`.
pub(crate) fn deeds(db: &Db, from: Timestamp, to: Timestamp, most: u32) -> Result<Vec<Deed>, StoreError> {
    let mut statement = db.prepare_cached(
        "SELECT created_at AS at, seq, kind, state, staff, fan, max(abs(coalesce(booked_fan_points, fan_points)),
           abs(coalesce(booked_status_points, status_points)))
         FROM operation INDEXED BY operation_time WHERE listed = 1 AND created_at >= ?1 AND created_at < ?2
         UNION ALL SELECT created_at, seq, kind, 2, staff, fan, size
         FROM archive INDEXED BY archive_time WHERE created_at >= ?1 AND created_at < ?2
         ORDER BY at DESC, seq DESC LIMIT ?3",
    )?;
    let mut rows = statement.query([from.0, to.0, i64::from(most)])?;
    let mut deeds = Vec::new();
    while let Some(row) = rows.next()? {
        deeds.push(Deed {
            place: Place { at: Timestamp(row.get(0)?), number: row.get(1)? },
            kind: load::kind(row.get(2)?)?,
            state: OperationState::from_number(row.get(3)?)
                .ok_or(StoreError::Unreadable { what: "state" })?,
            staff: row.get(4)?,
            fan: row.get(5)?,
            size: row.get(6)?,
        });
    }
    Ok(deeds)
}

/// The rows at these places, in their order.
pub(crate) fn at(db: &Db, places: &[Place]) -> Result<Vec<Listed>, StoreError> {
    places.iter().map(|place| one(db, *place)).collect()
}

/// The number that stands for a fan in [`Deed`]; None: never met.
pub(crate) fn number_of(db: &Db, fan: FanRef) -> Result<Option<i64>, StoreError> {
    crate::fans::find(db, fan)
}
