//! From a filter to a statement that reads little: the narrowest index drives, the rest is looked at in the index of
//! times. Every part is read in the order of the list and the parts are merged, so that a page ends as soon as it is full.

use rusqlite::types::Value;
use rusqlite::{Connection as Db, OptionalExtension, params};
use uuid::Uuid;

use super::{Devices, Place, Wanted};
use crate::{OperationKind, OperationState, StoreError, fans, queries};

/// Up to so many rows are sorted, rather than looked for in the order of time.
const FEW: i64 = 1_500;
/// Up to so many parts are merged.
const PARTS: usize = 24;
/// A search that finds more different words than that looks at the operations themselves.
const WORDS: i64 = 4_000;

pub(super) struct Plan {
    pub sql: String,
    pub values: Vec<Value>,
}

/// Which rows of a table, by an index that has them together.
struct Part {
    index: &'static str,
    condition: String,
}

/// Conditions and their values, numbered.
#[derive(Default)]
struct Values(Vec<Value>);

impl Values {
    fn add(&mut self, value: Value) -> String {
        self.0.push(value);
        format!("?{}", self.0.len())
    }

    fn text(&mut self, text: &str) -> String {
        self.add(Value::Text(text.to_owned()))
    }
}

/// What a search text may mean, as rows of the tables.
struct Search {
    phrases: Vec<i64>,
    staff: Vec<String>,
    fans: Vec<(i64, Option<String>)>,
    ids: Option<(Vec<u8>, Vec<u8>, String)>,
}

/// None: nothing can fit.
pub(super) fn plan(db: &Db, wanted: &Wanted, after: Option<Place>) -> Result<Option<Plan>, StoreError> {
    let search = match wanted.text.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
        Some(text) => Some(search(db, text)?),
        None => None,
    };
    let phrases = match &wanted.rate_label {
        Some(label) => Some(phrases_with(db, label)?),
        None => None,
    };
    let fan = match wanted.fan {
        // A fan never met here may still have been met elsewhere.
        Some(fan) => Some((fans::find(db, fan)?.unwrap_or(-1), fan_name(db, fan)?)),
        None => None,
    };
    let facts = Facts { wanted, after, search, phrases, fan };
    let mut values = Values::default();
    let mut selects = Vec::new();
    let own = wanted.own.as_ref();
    let is_named = |name: &Option<String>, own: Option<&String>| name.is_none() || name.as_ref() == own;
    let here = is_named(&wanted.device, own.map(|own| &own.device))
        && is_named(&wanted.store, own.map(|own| &own.store));
    if wanted.devices != Devices::Others && here {
        facts.here(db, &mut values, &mut selects)?;
        facts.archived(db, &mut values, &mut selects)?;
    }
    if wanted.devices != Devices::This {
        facts.elsewhere(db, &mut values, &mut selects)?;
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
    after: Option<Place>,
    search: Option<Search>,
    phrases: Option<Vec<i64>>,
    /// The row, and the FanPoints id where it is known.
    fan: Option<(i64, Option<String>)>,
}

impl Facts<'_> {
    fn here(&self, db: &Db, values: &mut Values, selects: &mut Vec<String>) -> Result<(), StoreError> {
        for part in self.parts(db, values)? {
            let mut conditions = vec![part.condition];
            self.times("o.created_at", "o.seq", values, &mut conditions);
            conditions.extend(one_of("o.kind", self.wanted.kinds.iter().map(|kind| kind.to_number())));
            conditions.extend(one_of("o.state", self.wanted.states.iter().map(|state| state.to_number())));
            if let Some((fan, _)) = &self.fan {
                conditions.push(format!("o.fan = {fan}"));
            }
            if let Some(staff) = &self.wanted.staff {
                conditions.push(format!("o.staff = {}", values.text(staff)));
            }
            if let Some(phrases) = &self.phrases {
                conditions.push(list("o.phrase", phrases));
            }
            self.sizes(SIZE, &mut conditions);
            if let Some(search) = &self.search {
                conditions.push(search.condition("o", Some("o.id"), values));
            }
            let conditions = conditions.join(" AND ");
            selects.push(format!(
                "SELECT o.created_at AS at, o.seq AS place FROM operation o INDEXED BY {} WHERE {conditions}",
                part.index
            ));
        }
        Ok(())
    }

    fn archived(&self, db: &Db, values: &mut Values, selects: &mut Vec<String>) -> Result<(), StoreError> {
        if !self.takes(OperationState::Accepted) || !has_rows(db, "archive")? {
            return Ok(());
        }
        let mut conditions = vec!["1".to_owned()];
        self.times("a.created_at", "a.seq", values, &mut conditions);
        conditions.extend(one_of("a.kind", self.wanted.kinds.iter().map(|kind| kind.to_number())));
        if let Some((fan, _)) = &self.fan {
            conditions.push(format!("a.fan = {fan}"));
        }
        if let Some(staff) = &self.wanted.staff {
            conditions.push(format!("a.staff = {}", values.text(staff)));
        }
        if let Some(phrases) = &self.phrases {
            conditions.push(list("a.phrase", phrases));
        }
        self.sizes("a.size", &mut conditions);
        if let Some(search) = &self.search {
            conditions.push(search.condition("a", Some("a.id"), values));
        }
        let index = if self.fan.is_some() { "archive_fan" } else { "archive_time" };
        selects.push(format!(
            "SELECT a.created_at AS at, a.seq AS place FROM archive a INDEXED BY {index} WHERE {}",
            conditions.join(" AND ")
        ));
        Ok(())
    }

    fn elsewhere(&self, db: &Db, values: &mut Values, selects: &mut Vec<String>) -> Result<(), StoreError> {
        let unknown = self.wanted.staff.is_some() || !self.takes(OperationState::Accepted);
        if unknown || !has_rows(db, "elsewhere")? {
            return Ok(());
        }
        let mut conditions = vec!["1".to_owned()];
        self.times("e.at", "e.place", values, &mut conditions);
        conditions.extend(one_of("e.kind", self.wanted.kinds.iter().map(|kind| kind.to_number())));
        match &self.fan {
            Some((_, Some(user_id))) => conditions.push(format!("e.user_id = {}", values.text(user_id))),
            Some((_, None)) => return Ok(()),
            None => {}
        }
        if let Some(phrases) = &self.phrases {
            conditions.push(list("e.phrase", phrases));
        }
        self.sizes("e.size", &mut conditions);
        for (column, name) in [("e.device", &self.wanted.device), ("e.store", &self.wanted.store)] {
            conditions.extend(name.as_ref().map(|name| format!("{column} = {}", values.text(name))));
        }
        if let Some(search) = &self.search {
            conditions.push(search.of_others(values));
        }
        selects.push(format!(
            "SELECT e.at AS at, e.place AS place FROM elsewhere e INDEXED BY elsewhere_time WHERE {}",
            conditions.join(" AND ")
        ));
        Ok(())
    }

    /// What drives the look at this device's operations.
    fn parts(&self, db: &Db, values: &mut Values) -> Result<Vec<Part>, StoreError> {
        let part = |index, condition| Part { index, condition };
        let all = || vec![part("operation_time", "1".to_owned())];
        let by_phrase = |phrases: &[i64]| -> Vec<Part> {
            phrases.iter().map(|one| part("operation_phrase", format!("o.phrase = {one}"))).collect()
        };
        if let Some((fan, _)) = &self.fan {
            return Ok(vec![part("operation_fan", format!("o.fan = {fan}"))]);
        }
        if let Some(search) = &self.search {
            if search.len() > PARTS {
                return Ok(all());
            }
            let mut parts = by_phrase(&search.phrases);
            for staff in &search.staff {
                parts.push(part("operation_staff", format!("o.staff = {}", values.text(staff))));
            }
            parts.extend(search.fans.iter().map(|(fan, _)| part("operation_fan", format!("o.fan = {fan}"))));
            if let Some((from, to, _)) = &search.ids {
                let (from, to) = (values.add(Value::Blob(from.clone())), values.add(Value::Blob(to.clone())));
                parts.push(part("sqlite_autoindex_operation_1", format!("o.id >= {from} AND o.id <= {to}")));
            }
            return Ok(parts);
        }
        if let Some(staff) = &self.wanted.staff {
            return Ok(vec![part("operation_staff", format!("o.staff = {}", values.text(staff)))]);
        }
        if let Some(phrases) = self.phrases.as_ref().filter(|phrases| phrases.len() <= PARTS) {
            return Ok(by_phrase(phrases));
        }
        if !self.wanted.states.is_empty() && self.in_states(db)? <= FEW {
            let of =
                |state: &OperationState| part("operation_state", format!("o.state = {}", state.to_number()));
            return Ok(self.wanted.states.iter().map(of).collect());
        }
        if self.is_rare_size(db)? {
            let mut sizes = Vec::new();
            self.sizes("o.size", &mut sizes);
            return Ok(vec![part("operation_size", sizes.join(" AND "))]);
        }
        let kinds = &self.wanted.kinds;
        if !kinds.is_empty() && kinds.len() < OperationKind::ALL.len() && self.needs_no_more() {
            let of = |kind: &OperationKind| part("operation_kind", format!("o.kind = {}", kind.to_number()));
            return Ok(kinds.iter().map(of).collect());
        }
        Ok(all())
    }

    /// Beside kinds and times nothing is asked: the index of kinds has all of it.
    fn needs_no_more(&self) -> bool {
        self.wanted.states.is_empty() && self.wanted.least.is_none() && self.wanted.most.is_none()
    }

    fn in_states(&self, db: &Db) -> Result<i64, StoreError> {
        let condition = one_of("state", self.wanted.states.iter().map(|state| state.to_number()));
        let sql =
            format!("SELECT coalesce(sum(count), 0) FROM tally WHERE {}", condition.unwrap_or_default());
        Ok(db.prepare_cached(&sql)?.query_row([], |row| row.get(0))?)
    }

    fn is_rare_size(&self, db: &Db) -> Result<bool, StoreError> {
        if self.wanted.least.is_none() && self.wanted.most.is_none() {
            return Ok(false);
        }
        let mut conditions = Vec::new();
        self.sizes("o.size", &mut conditions);
        let sql = format!(
            "SELECT count(*) FROM (SELECT 1 FROM operation o INDEXED BY operation_size WHERE {} LIMIT {})",
            conditions.join(" AND "),
            FEW + 1
        );
        let found: i64 = db.prepare_cached(&sql)?.query_row([], |row| row.get(0))?;
        Ok(found <= FEW)
    }

    fn takes(&self, state: OperationState) -> bool {
        self.wanted.states.is_empty() || self.wanted.states.contains(&state)
    }

    fn times(&self, at: &str, place: &str, values: &mut Values, conditions: &mut Vec<String>) {
        if let Some(from) = self.wanted.from {
            conditions.push(format!("{at} >= {}", values.add(Value::Integer(from.0))));
        }
        if let Some(to) = self.wanted.to {
            conditions.push(format!("{at} < {}", values.add(Value::Integer(to.0))));
        }
        if let Some(after) = self.after {
            let (time, number) =
                (values.add(Value::Integer(after.at.0)), values.add(Value::Integer(after.number)));
            conditions.push(format!("({at}, {place}) < ({time}, {number})"));
        }
    }

    fn sizes(&self, size: &str, conditions: &mut Vec<String>) {
        conditions.extend(self.wanted.least.map(|least| format!("{size} >= {least}")));
        conditions.extend(self.wanted.most.map(|most| format!("{size} <= {most}")));
    }
}

/// As the generated column has it, out of what the index of times holds.
const SIZE: &str = "max(abs(coalesce(o.booked_fan_points, o.fan_points)), \
                    abs(coalesce(o.booked_status_points, o.status_points)))";

impl Search {
    fn len(&self) -> usize {
        self.phrases.len() + self.staff.len() + self.fans.len() + usize::from(self.ids.is_some())
    }

    fn condition(&self, table: &str, id: Option<&str>, values: &mut Values) -> String {
        let mut any = Vec::new();
        if !self.phrases.is_empty() {
            any.push(list(&format!("{table}.phrase"), &self.phrases));
        }
        if !self.staff.is_empty() {
            let names: Vec<_> = self.staff.iter().map(|name| values.text(name)).collect();
            any.push(format!("{table}.staff IN ({})", names.join(", ")));
        }
        if !self.fans.is_empty() {
            let fans: Vec<_> = self.fans.iter().map(|(fan, _)| *fan).collect();
            any.push(list(&format!("{table}.fan"), &fans));
        }
        if let (Some((from, to, _)), Some(id)) = (&self.ids, id) {
            let (from, to) = (values.add(Value::Blob(from.clone())), values.add(Value::Blob(to.clone())));
            any.push(format!("{id} BETWEEN {from} AND {to}"));
        }
        either(&any)
    }

    fn of_others(&self, values: &mut Values) -> String {
        let mut any = Vec::new();
        if !self.phrases.is_empty() {
            any.push(list("e.phrase", &self.phrases));
        }
        let users: Vec<_> =
            self.fans.iter().filter_map(|(_, user)| user.as_deref()).map(|user| values.text(user)).collect();
        if !users.is_empty() {
            any.push(format!("e.user_id IN ({})", users.join(", ")));
        }
        if let Some((_, _, text)) = &self.ids {
            any.push(format!("e.id LIKE {} || '%'", values.text(text)));
        }
        either(&any)
    }
}

fn either(any: &[String]) -> String {
    if any.is_empty() { "0".to_owned() } else { format!("({})", any.join(" OR ")) }
}

fn search(db: &Db, text: &str) -> Result<Search, StoreError> {
    let pattern = queries::like(text);
    let mut statement = db.prepare_cached(
        "SELECT phrase FROM phrase WHERE title LIKE ?1 ESCAPE '\\' OR labels LIKE ?1 ESCAPE '\\'
           OR rest LIKE ?1 ESCAPE '\\' LIMIT ?2",
    )?;
    let phrases =
        statement.query_map(params![pattern, WORDS], |row| row.get(0))?.collect::<Result<_, _>>()?;
    let lower = text.to_lowercase();
    let staff = people(db)?.into_iter().filter(|name| name.to_lowercase().contains(&lower)).collect();
    // A fan's number is typed in groups.
    let close: String = text.chars().filter(|char| !char.is_whitespace()).collect();
    let mut statement = db.prepare_cached(
        "SELECT fan, user_id FROM fan WHERE user_id LIKE ?1 ESCAPE '\\' OR pseudonym LIKE ?1 ESCAPE '\\' LIMIT ?2",
    )?;
    let fans = if close.len() < 3 {
        Vec::new()
    } else {
        let pattern = queries::like(&close);
        statement
            .query_map(params![pattern, WORDS], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?
    };
    Ok(Search { phrases, staff, fans, ids: ids(&close) })
}

/// The ids that begin like that: eight hexadecimal digits at least, so that a price is not taken for one.
fn ids(text: &str) -> Option<(Vec<u8>, Vec<u8>, String)> {
    let digits: String = text.chars().filter(|char| *char != '-').collect();
    let is_id = (8..=32).contains(&digits.len()) && digits.chars().all(|char| char.is_ascii_hexdigit());
    let from = Uuid::try_parse(&format!("{digits:0<32}")).ok().filter(|_| is_id)?;
    let to = Uuid::try_parse(&format!("{digits:f<32}")).ok()?;
    Some((from.as_bytes().to_vec(), to.as_bytes().to_vec(), text.to_lowercase()))
}

/// Everybody who did something here. Goes from name to name, whatever each of them did.
pub(crate) fn people(db: &Db) -> Result<Vec<String>, StoreError> {
    let mut statement = db.prepare_cached(
        "WITH RECURSIVE person (name) AS (
           SELECT (SELECT min(staff) FROM operation INDEXED BY operation_staff WHERE staff IS NOT NULL)
           UNION ALL
           SELECT (SELECT min(staff) FROM operation INDEXED BY operation_staff WHERE staff > name)
             FROM person WHERE name IS NOT NULL),
         former (name) AS (
           SELECT (SELECT min(staff) FROM archive INDEXED BY archive_staff WHERE staff IS NOT NULL)
           UNION ALL
           SELECT (SELECT min(staff) FROM archive INDEXED BY archive_staff WHERE staff > name)
             FROM former WHERE name IS NOT NULL)
         SELECT name FROM person WHERE name IS NOT NULL UNION SELECT name FROM former WHERE name IS NOT NULL ORDER BY 1",
    )?;
    Ok(statement.query_map([], |row| row.get(0))?.collect::<Result<_, _>>()?)
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

fn has_rows(db: &Db, table: &str) -> Result<bool, StoreError> {
    Ok(db.prepare_cached(&format!("SELECT 1 FROM {table} LIMIT 1"))?.exists([])?)
}

fn one_of(column: &str, numbers: impl Iterator<Item = i64>) -> Option<String> {
    let numbers: Vec<i64> = numbers.collect();
    (!numbers.is_empty()).then(|| list(column, &numbers))
}

fn list(column: &str, numbers: &[i64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
    format!("{column} IN ({})", numbers.join(", "))
}
