//! From a filter to a statement that reads little: the narrowest index drives, the rest is looked at where that index, or
//! the one of times, has it. Every part is read in the order of the list and the parts are merged, so that a page ends
//! as soon as it is full.

use rusqlite::types::Value;
use rusqlite::{Connection as Db, OptionalExtension};

use super::search::{Search, either, list, search};
use super::{Devices, Place, Wanted};
use crate::{OperationKind, OperationState, StoreError, fans};

/// Up to so many rows are sorted, rather than looked for in the order of time.
const FEW: i64 = 1_500;
/// Up to so many parts are merged.
const PARTS: usize = 24;

pub(super) struct Plan {
    pub sql: String,
    pub values: Vec<Value>,
}

/// A table of operations. Its indexes are called alike: `operation_kind`, `archive_kind`, `elsewhere_kind`.
pub(super) struct Table {
    name: &'static str,
    at: &'static str,
    place: &'static str,
    size: &'static str,
    /// Which of its rows the indexes have.
    indexed: &'static str,
}

const OPERATION: Table = Table {
    name: "operation",
    at: "created_at",
    place: "seq",
    // As the generated column has it, out of what the index of times holds.
    size: "max(abs(coalesce(booked_fan_points, fan_points)), abs(coalesce(booked_status_points, status_points)))",
    indexed: "listed = 1",
};
const ARCHIVE: Table = Table { name: "archive", at: "created_at", place: "seq", size: "size", indexed: "1" };
const ELSEWHERE: Table = Table { name: "elsewhere", at: "at", place: "place", size: "size", indexed: "1" };

impl Table {
    pub(super) fn is_elsewhere(&self) -> bool {
        self.name == ELSEWHERE.name
    }

    fn is_operation(&self) -> bool {
        self.name == OPERATION.name
    }

    fn index(&self, of: &str) -> String {
        // Where ids are unique on their own, that is their index.
        let is_unique = of == "id" && !self.is_elsewhere();
        let name = self.name;
        if is_unique { format!("sqlite_autoindex_{name}_1") } else { format!("{name}_{of}") }
    }

    fn has_rows(&self, db: &Db) -> Result<bool, StoreError> {
        Ok(db.prepare_cached(&format!("SELECT 1 FROM {} LIMIT 1", self.name))?.exists([])?)
    }
}

/// An index that has what is asked for together.
pub(super) struct Driver {
    pub index: &'static str,
    /// All that is asked for of it.
    pub any: String,
    /// The same, each in the order of the list; empty: the index has no order, or no bound.
    pub ordered: Vec<String>,
}

impl Driver {
    pub fn one(index: &'static str, condition: String) -> Self {
        Self { index, any: condition.clone(), ordered: vec![condition] }
    }

    fn unordered(index: &'static str, any: String) -> Self {
        Self { index, any, ordered: Vec::new() }
    }

    pub fn numbers(index: &'static str, column: &str, numbers: &[i64]) -> Self {
        let ordered = numbers.iter().map(|number| format!("{column} = {number}")).collect();
        Self { index, any: list(column, numbers), ordered }
    }

    fn is_few(&self, db: &Db, table: &Table, values: &Values) -> Result<bool, StoreError> {
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM {} INDEXED BY {} WHERE {} AND {} LIMIT {})",
            table.name,
            table.index(self.index),
            table.indexed,
            self.any,
            FEW + 1
        );
        let mut statement = db.prepare_cached(&sql)?;
        let bound: Vec<_> = values.0.iter().take(statement.parameter_count()).collect();
        let found: i64 = statement.query_row(rusqlite::params_from_iter(bound), |row| row.get(0))?;
        Ok(found <= FEW)
    }

    fn whole(&self) -> Vec<Part> {
        vec![Part { index: self.index, condition: self.any.clone() }]
    }

    fn into_parts(self) -> Vec<Part> {
        let index = self.index;
        self.ordered.into_iter().map(|condition| Part { index, condition }).collect()
    }
}

/// Which rows of a table, by an index that has them together.
struct Part {
    index: &'static str,
    condition: String,
}

/// Values of conditions, numbered.
#[derive(Default)]
pub(super) struct Values(Vec<Value>);

impl Values {
    pub fn add(&mut self, value: Value) -> String {
        self.0.push(value);
        format!("?{}", self.0.len())
    }

    pub fn text(&mut self, text: &str) -> String {
        self.add(Value::Text(text.to_owned()))
    }
}

/// What a plan is for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The rows after a place, in the order of the list.
    List(Option<Place>),
    /// How many there are, in any order.
    Count,
}

/// None: nothing can fit.
pub(super) fn plan(db: &Db, wanted: &Wanted, purpose: Purpose) -> Result<Option<Plan>, StoreError> {
    let search = match wanted.text.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        Some(text) => Some(search(db, text)?),
        None => None,
    };
    let phrases = match &wanted.rate_label {
        Some(label) => Some(phrases_with(db, label)?),
        None => None,
    };
    if phrases.as_ref().is_some_and(Vec::is_empty) {
        return Ok(None);
    }
    let fan = match wanted.fan {
        // A fan never met here may still have been met elsewhere.
        Some(fan) => Some((fans::find(db, fan)?.unwrap_or(-1), fan_name(db, fan)?)),
        None => None,
    };
    let facts = Facts { wanted, purpose, search, phrases, fan };
    let mut values = Values::default();
    let mut selects = Vec::new();
    for table in [&OPERATION, &ARCHIVE, &ELSEWHERE] {
        if facts.may_be_in(table) && table.has_rows(db)? {
            facts.select(db, table, &mut values, &mut selects)?;
        }
    }
    if selects.is_empty() {
        return Ok(None);
    }
    // Parts of a search may find the same row.
    let union = if facts.search.is_some() { " UNION " } else { " UNION ALL " };
    Ok(Some(Plan { sql: selects.join(union), values: values.0 }))
}

struct Facts<'a> {
    wanted: &'a Wanted,
    purpose: Purpose,
    search: Option<Search>,
    phrases: Option<Vec<i64>>,
    /// The row, and the FanPoints id where it is known.
    fan: Option<(i64, Option<String>)>,
}

impl Facts<'_> {
    fn may_be_in(&self, table: &Table) -> bool {
        let wanted = self.wanted;
        if !table.is_operation()
            && !wanted.states.is_empty()
            && !wanted.states.contains(&OperationState::Accepted)
        {
            return false;
        }
        if table.is_elsewhere() {
            let nameless = matches!(self.fan, Some((_, None)));
            return wanted.devices != Devices::This && wanted.staff.is_none() && !nameless;
        }
        let own = wanted.own.as_ref();
        let is_named = |name: &Option<String>, own: Option<&String>| name.is_none() || name.as_ref() == own;
        wanted.devices != Devices::Others
            && is_named(&wanted.device, own.map(|own| &own.device))
            && is_named(&wanted.store, own.map(|own| &own.store))
    }

    fn select(
        &self,
        db: &Db,
        table: &Table,
        values: &mut Values,
        selects: &mut Vec<String>,
    ) -> Result<(), StoreError> {
        let Table { name, at, place, indexed, .. } = table;
        let mut conditions = self.times(table, values);
        let fan = self.fan(table, values);
        conditions.extend(fan.iter().map(|fan| fan.any.clone()));
        let search = self.search.as_ref().map(|search| search.drivers(table, values));
        conditions.extend(search.iter().map(|found| either(found.iter().map(|driver| &driver.any))));
        let rest = self.rest(table, values);
        conditions.extend(rest.iter().map(|driver| driver.any.clone()));
        let drives = match (fan, search) {
            (Some(fan), _) => fan.whole(),
            (None, Some(search)) => merged(search),
            (None, None) => self.narrowest(db, table, rest, values)?,
        };
        for part in drives {
            let size = if part.index == "size" { "size" } else { table.size };
            let all = [(*indexed).to_owned(), part.condition].into_iter();
            let all: Vec<_> = all.chain(conditions.clone()).chain(self.sizes(size)).collect();
            let (index, conditions) = (table.index(part.index), all.join(" AND "));
            selects.push(format!(
                "SELECT {at} AS at, {place} AS place FROM {name} INDEXED BY {index} WHERE {conditions}"
            ));
        }
        Ok(())
    }

    /// What is few drives; else an index in the order of the list.
    fn narrowest(
        &self,
        db: &Db,
        table: &Table,
        mut drivers: Vec<Driver>,
        values: &Values,
    ) -> Result<Vec<Part>, StoreError> {
        let (others, sizes) = (drivers.len(), self.kinds_and_sizes());
        let is_all = others == usize::from(!self.wanted.kinds.is_empty())
            && self.wanted.from.is_none()
            && self.wanted.to.is_none();
        if let Some(sizes) = sizes.as_ref().filter(|_| is_all && self.purpose == Purpose::Count) {
            return Ok(sizes.whole());
        }
        drivers.extend(sizes);
        for driver in &drivers {
            if driver.is_few(db, table, values)? {
                return Ok(driver.whole());
            }
        }
        let merges = |driver: &Driver| {
            let is_narrow = driver.index != "kind" || self.needs_no_more(table);
            is_narrow && (1..=PARTS).contains(&driver.ordered.len())
        };
        Ok(drivers.into_iter().find(merges).map_or_else(all, Driver::into_parts))
    }

    /// Beside kinds, labels and times nothing is asked: the index of kinds has all of it.
    fn needs_no_more(&self, table: &Table) -> bool {
        let states = table.is_operation() && !self.wanted.states.is_empty();
        !states && self.wanted.least.is_none() && self.wanted.most.is_none()
    }

    fn fan(&self, table: &Table, values: &mut Values) -> Option<Driver> {
        let (fan, name) = self.fan.as_ref()?;
        if !table.is_elsewhere() {
            return Some(Driver::one("fan", format!("fan = {fan}")));
        }
        name.as_ref().map(|name| Driver::one("fan", format!("user_id = {}", values.text(name))))
    }

    /// What else is asked, beside fan, text, times and sizes.
    fn rest(&self, table: &Table, values: &mut Values) -> Vec<Driver> {
        let wanted = self.wanted;
        let mut drivers = Vec::new();
        let mut named = |index, name: &Option<String>| {
            drivers.extend(
                name.as_ref().map(|name| Driver::one(index, format!("{index} = {}", values.text(name)))),
            );
        };
        if table.is_elsewhere() {
            named("device", &wanted.device);
            named("store", &wanted.store);
        } else {
            named("staff", &wanted.staff);
        }
        drivers.extend(self.phrases.as_ref().map(|phrases| Driver::numbers("phrase", "phrase", phrases)));
        if table.is_operation() && !wanted.states.is_empty() {
            let states: Vec<_> = wanted.states.iter().map(|state| state.to_number()).collect();
            drivers.push(Driver::unordered("state", list("state", &states)));
        }
        if !wanted.kinds.is_empty() {
            drivers.push(Driver::numbers("kind", "kind", &numbers(&wanted.kinds)));
        }
        drivers
    }

    fn kinds_and_sizes(&self) -> Option<Driver> {
        let sizes = self.sizes("size");
        let kinds = if self.wanted.kinds.is_empty() { &OperationKind::ALL[..] } else { &self.wanted.kinds };
        let any = format!("{} AND {}", list("kind", &numbers(kinds)), sizes.join(" AND "));
        (!sizes.is_empty()).then(|| Driver::unordered("size", any))
    }

    fn times(&self, table: &Table, values: &mut Values) -> Vec<String> {
        let Table { at, place, .. } = table;
        let mut conditions = Vec::new();
        let mut time = |how: &str, time: Option<ledger::Timestamp>| {
            conditions.extend(time.map(|time| format!("{at} {how} {}", values.add(Value::Integer(time.0)))));
        };
        time(">=", self.wanted.from);
        time("<", self.wanted.to);
        if let Purpose::List(Some(after)) = self.purpose {
            let [time, number] = [after.at.0, after.number].map(|value| values.add(Value::Integer(value)));
            conditions.push(format!("({at}, {place}) < ({time}, {number})"));
        }
        conditions
    }

    fn sizes(&self, size: &str) -> Vec<String> {
        let least = self.wanted.least.map(|least| format!("{size} >= {least}"));
        let most = self.wanted.most.map(|most| format!("{size} <= {most}"));
        least.into_iter().chain(most).collect()
    }
}

/// By time alone.
fn all() -> Vec<Part> {
    vec![Part { index: "time", condition: "1".to_owned() }]
}

/// What any of them has, unless they are too many to be merged.
fn merged(drivers: Vec<Driver>) -> Vec<Part> {
    let parts: Vec<Part> = drivers.into_iter().flat_map(Driver::into_parts).collect();
    if parts.len() > PARTS { all() } else { parts }
}

fn numbers(kinds: &[OperationKind]) -> Vec<i64> {
    kinds.iter().map(|kind| kind.to_number()).collect()
}

fn phrases_with(db: &Db, label: &str) -> Result<Vec<i64>, StoreError> {
    let mut statement = db.prepare_cached("SELECT phrase FROM phrase WHERE instr(labels, ?1) > 0")?;
    Ok(statement.query_map([format!("\n{label}\n")], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

fn fan_name(db: &Db, fan: fanpass::FanRef) -> Result<Option<String>, StoreError> {
    if let fanpass::FanRef::Id(id) = fan {
        return Ok(Some(id.to_string()));
    }
    let Some(row) = fans::find(db, fan)? else { return Ok(None) };
    let found = db
        .prepare_cached("SELECT user_id FROM fan WHERE fan = ?1")?
        .query_row([row], |row| row.get(0))
        .optional()?;
    Ok(found.flatten())
}
