//! What a text that is searched for may mean, as rows of the tables.

use rusqlite::types::Value;
use rusqlite::{Connection as Db, params};
use uuid::Uuid;

use super::plan::{Driver, Table, Values};
use crate::{StoreError, queries};

/// A search that finds more different words than that looks at the operations themselves.
const WORDS: i64 = 4_000;

pub(super) struct Search {
    phrases: Vec<i64>,
    staff: Vec<String>,
    fans: Vec<(i64, Option<String>)>,
    /// The beginning of a fan's number.
    number: Option<String>,
    id: Option<Id>,
}

/// The beginning of an id.
struct Id {
    from: Uuid,
    to: Uuid,
    text: String,
}

impl Search {
    /// What may have such rows.
    pub fn drivers(&self, table: &Table, values: &mut Values) -> Vec<Driver> {
        let mut drivers = Vec::new();
        if !self.phrases.is_empty() {
            drivers.push(Driver::numbers("phrase", "phrase", &self.phrases));
        }
        if table.is_elsewhere() {
            self.elsewhere(values, &mut drivers);
            return drivers;
        }
        drivers.extend(self.staff.iter().map(|staff| named("staff", "staff", staff, values)));
        if !self.fans.is_empty() {
            let fans: Vec<_> = self.fans.iter().map(|(fan, _)| *fan).collect();
            drivers.push(Driver::numbers("fan", "fan", &fans));
        }
        drivers.extend(self.id.as_ref().map(|Id { from, to, .. }| {
            let [from, to] = [from, to].map(|id| values.add(Value::Blob(id.as_bytes().to_vec())));
            Driver::one("id", format!("id BETWEEN {from} AND {to}"))
        }));
        drivers
    }

    fn elsewhere(&self, values: &mut Values, drivers: &mut Vec<Driver>) {
        let users = self.fans.iter().filter_map(|(_, user)| user.as_deref());
        drivers.extend(users.map(|user| named("fan", "user_id", user, values)));
        // All that begins so: what follows upon the digits, and upon the letters and hyphens of ids.
        drivers.extend(self.number.as_ref().map(|number| {
            let from = values.text(number);
            Driver::one("fan", format!("user_id >= {from} AND user_id < {from} || ':'"))
        }));
        drivers.extend(self.id.as_ref().map(|id| {
            let from = values.text(&id.text);
            Driver::one("id", format!("id COLLATE NOCASE >= {from} AND id COLLATE NOCASE < {from} || '~'"))
        }));
    }
}

fn named(index: &'static str, column: &str, name: &str, values: &mut Values) -> Driver {
    Driver::one(index, format!("{column} = {}", values.text(name)))
}

pub(super) fn search(db: &Db, text: &str) -> Result<Search, StoreError> {
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
    let is_number = close.len() >= 3 && close.chars().all(|char| char.is_ascii_digit());
    Ok(Search { phrases, staff, fans, id: id(&close), number: is_number.then_some(close) })
}

/// Eight hexadecimal digits at least, so that a price is not taken for an id.
fn id(text: &str) -> Option<Id> {
    let digits: String = text.chars().filter(|char| *char != '-').collect();
    let is_id = (8..=32).contains(&digits.len()) && digits.chars().all(|char| char.is_ascii_hexdigit());
    let from = Uuid::try_parse(&format!("{digits:0<32}")).ok().filter(|_| is_id)?;
    let to = Uuid::try_parse(&format!("{digits:f<32}")).ok()?;
    Some(Id { from, to, text: text.to_owned() })
}

/// Everybody who did something here. Goes from name to name, whatever each of them did.
pub(crate) fn people(db: &Db) -> Result<Vec<String>, StoreError> {
    let mut statement = db.prepare_cached(
        "WITH RECURSIVE person (name) AS (
           SELECT (SELECT min(staff) FROM operation INDEXED BY operation_staff WHERE listed = 1 AND staff IS NOT NULL)
           UNION ALL
           SELECT (SELECT min(staff) FROM operation INDEXED BY operation_staff WHERE listed = 1 AND staff > name)
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

pub(super) fn either<'a>(any: impl Iterator<Item = &'a String>) -> String {
    let any: Vec<_> = any.map(String::as_str).collect();
    if any.is_empty() { "0".to_owned() } else { format!("({})", any.join(" OR ")) }
}

pub(super) fn list(column: &str, numbers: &[i64]) -> String {
    let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
    format!("{column} IN ({})", numbers.join(", "))
}
