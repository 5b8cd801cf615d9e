//! Rows that many pieces of work write, one each. SQLite takes them one by one; to a server they go together, once
//! for a whole group: the price of a statement is that of its message, not of its row.

use std::collections::HashMap;
use std::sync::OnceLock;

use super::value::{Bind as _, Owned, Value};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Integer,
    Text,
    Bytes,
}

impl Kind {
    /// None for nothing, which is of any kind.
    pub(super) fn of(value: &Owned) -> Option<Self> {
        match value {
            Owned::Null => None,
            Owned::Integer(_) => Some(Self::Integer),
            Owned::Text(_) => Some(Self::Text),
            Owned::Bytes(_) => Some(Self::Bytes),
        }
    }

    /// The parameter of this number, as an array of such values.
    pub(super) fn array(self, number: usize) -> String {
        let kind = match self {
            Self::Integer => "BIGINT",
            Self::Text => "TEXT",
            Self::Bytes => "BYTEA",
        };
        format!("CAST(?{number} AS {kind}[])")
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    Insert,
    /// Sets all columns but the first, which says which row.
    Update,
}

/// How one row is written, said once for both engines.
pub struct Rows {
    table: &'static str,
    columns: &'static [(&'static str, Kind)],
    way: Way,
    /// Whose rows, read ahead, are not true any more: those of the value in this column.
    subject: Option<usize>,
    one: OnceLock<String>,
    many: OnceLock<String>,
}

impl Rows {
    /// New rows of a table. What was read ahead about the value in the column `about` ends with a write.
    pub const fn insert(
        table: &'static str,
        columns: &'static [(&'static str, Kind)],
        about: Option<usize>,
    ) -> Self {
        let one = OnceLock::new();
        let many = OnceLock::new();
        Self { table, columns, way: Way::Insert, subject: about, one, many }
    }

    /// Other values in rows of a table; the first column is the key, and what they are about.
    pub const fn update(table: &'static str, columns: &'static [(&'static str, Kind)]) -> Self {
        let one = OnceLock::new();
        let many = OnceLock::new();
        Self { table, columns, way: Way::Update, subject: Some(0), one, many }
    }

    pub(super) fn subject(&self, values: &[Value<'_>]) -> Option<Owned> {
        self.subject.and_then(|column| values.get(column)).map(|value| Owned::from(*value))
    }

    /// The statement for one row.
    pub(super) fn one(&self) -> &str {
        self.one.get_or_init(|| {
            let names: Vec<_> = self.columns.iter().map(|(name, _)| *name).collect();
            match self.way {
                Way::Insert => {
                    let marks: Vec<_> = (1..=names.len()).map(|number| format!("?{number}")).collect();
                    let (names, marks) = (names.join(", "), marks.join(", "));
                    format!("INSERT INTO {} ({names}) VALUES ({marks})", self.table)
                }
                Way::Update => {
                    let set = (2..).zip(names.iter().skip(1));
                    let set: Vec<_> = set.map(|(number, name)| format!("{name} = ?{number}")).collect();
                    let key = names.first().copied().unwrap_or_default();
                    format!("UPDATE {} SET {} WHERE {key} = ?1", self.table, set.join(", "))
                }
            }
        })
    }

    /// The statement for any number of rows, each parameter the array of a column.
    pub(super) fn many(&self) -> &str {
        self.many.get_or_init(|| {
            let names: Vec<_> = self.columns.iter().map(|(name, _)| *name).collect();
            let arrays = (1..).zip(self.columns).map(|(number, (_, kind))| kind.array(number));
            let arrays = arrays.collect::<Vec<_>>().join(", ");
            let list = names.join(", ");
            match self.way {
                Way::Insert => {
                    format!("INSERT INTO {} ({list}) SELECT * FROM unnest({arrays})", self.table)
                }
                Way::Update => {
                    let key = names.first().copied().unwrap_or_default();
                    let set: Vec<_> =
                        names.iter().skip(1).map(|name| format!("{name} = new.{name}")).collect();
                    let (table, set) = (self.table, set.join(", "));
                    format!("UPDATE {table} SET {set} FROM unnest({arrays}) AS new ({list}) WHERE {table}.{key} = new.{key}")
                }
            }
        })
    }
}

/// The values of one column in many rows.
#[derive(Debug)]
pub(super) enum Array {
    Integers(Vec<Option<i64>>),
    Texts(Vec<Option<String>>),
    Bytes(Vec<Option<Vec<u8>>>),
}

impl Array {
    /// Rows as the arrays of their columns.
    pub(super) fn columns(kinds: impl Iterator<Item = Kind>, rows: Vec<Vec<Owned>>) -> Vec<Self> {
        let mut arrays: Vec<_> = kinds.map(|kind| Self::new(kind, rows.len())).collect();
        for row in rows {
            for (array, value) in arrays.iter_mut().zip(row) {
                array.push(value);
            }
        }
        arrays
    }

    fn new(kind: Kind, count: usize) -> Self {
        match kind {
            Kind::Integer => Self::Integers(Vec::with_capacity(count)),
            Kind::Text => Self::Texts(Vec::with_capacity(count)),
            Kind::Bytes => Self::Bytes(Vec::with_capacity(count)),
        }
    }

    /// What is of another kind becomes NULL, which no column here takes where it has a value.
    fn push(&mut self, value: Owned) {
        match (self, value) {
            (Self::Integers(all), Owned::Integer(number)) => all.push(Some(number)),
            (Self::Integers(all), _) => all.push(None),
            (Self::Texts(all), Owned::Text(text)) => all.push(Some(text)),
            (Self::Texts(all), _) => all.push(None),
            (Self::Bytes(all), Owned::Bytes(bytes)) => all.push(Some(bytes)),
            (Self::Bytes(all), _) => all.push(None),
        }
    }
}

/// Rows that were not sent yet, in the order of their tables' first row.
#[derive(Default)]
pub(super) struct Unsent {
    tables: Vec<Table>,
}

struct Table {
    rows: &'static Rows,
    values: Vec<Vec<Owned>>,
    /// So many are of earlier pieces of work.
    mark: usize,
}

impl Unsent {
    pub(super) fn push(&mut self, rows: &'static Rows, values: &[Value<'_>]) {
        let values = values.iter().map(|value| Owned::from(*value)).collect();
        match self.tables.iter_mut().find(|table| std::ptr::eq(table.rows, rows)) {
            Some(table) => table.values.push(values),
            None => self.tables.push(Table { rows, values: vec![values], mark: 0 }),
        }
    }

    pub(super) fn mark(&mut self) {
        for table in &mut self.tables {
            table.mark = table.values.len();
        }
    }

    /// Forgets the rows since the mark.
    pub(super) fn undo(&mut self) {
        for table in &mut self.tables {
            table.values.truncate(table.mark);
        }
    }

    pub(super) fn clear(&mut self) {
        self.tables.clear();
    }

    /// The most rows that wait for one table.
    pub(super) fn most(&self) -> usize {
        self.tables.iter().map(|table| table.values.len()).max().unwrap_or(0)
    }

    /// Takes the rows of earlier pieces of work, or all.
    pub(super) fn take(&mut self, all: bool) -> Vec<(&'static Rows, Vec<Array>)> {
        let mut taken = Vec::new();
        for table in &mut self.tables {
            let count = if all { table.values.len() } else { table.mark };
            let mut values: Vec<_> = table.values.drain(..count).collect();
            table.mark = 0;
            if table.rows.way == Way::Update {
                values = last_of_each(values);
            }
            if !values.is_empty() {
                let kinds = table.rows.columns.iter().map(|(_, kind)| *kind);
                taken.push((table.rows, Array::columns(kinds, values)));
            }
        }
        taken
    }
}

/// A row that is changed twice keeps the later values: one statement changes a row once.
fn last_of_each(values: Vec<Vec<Owned>>) -> Vec<Vec<Owned>> {
    let mut last: HashMap<Owned, Vec<Owned>> = HashMap::with_capacity(values.len());
    for row in values {
        if let Some(key) = row.first().cloned() {
            last.insert(key, row);
        }
    }
    let mut values: Vec<_> = last.into_values().collect();
    // Rows are locked in this order, everywhere the same.
    values.sort_unstable_by_key(|row| match row.first().map(|key| key.bind()) {
        Some(Value::Integer(number)) => number,
        _ => 0,
    });
    values
}

#[cfg(test)]
mod tests {
    use super::super::params;
    use super::*;

    static NOTE: Rows = Rows::insert("note", &[("no", Kind::Integer), ("text", Kind::Text)], None);
    static FAN: Rows = Rows::update("fan", &[("no", Kind::Integer), ("wallet", Kind::Integer)]);

    #[test]
    fn one_row_and_many_are_said_alike() {
        assert_eq!(NOTE.one(), "INSERT INTO note (no, text) VALUES (?1, ?2)");
        assert_eq!(
            NOTE.many(),
            "INSERT INTO note (no, text) SELECT * FROM unnest(CAST(?1 AS BIGINT[]), CAST(?2 AS TEXT[]))"
        );
        assert_eq!(FAN.one(), "UPDATE fan SET wallet = ?2 WHERE no = ?1");
        assert_eq!(
            FAN.many(),
            "UPDATE fan SET wallet = new.wallet FROM unnest(CAST(?1 AS BIGINT[]), CAST(?2 AS BIGINT[])) \
             AS new (no, wallet) WHERE fan.no = new.no"
        );
        assert_eq!(FAN.subject(params![7_i64, 1_i64]), Some(Owned::Integer(7)));
        assert_eq!(NOTE.subject(params![7_i64, "a"]), None);
    }

    #[test]
    fn what_is_undone_is_not_sent_and_the_last_change_of_a_row_is() {
        let mut unsent = Unsent::default();
        unsent.push(&FAN, params![2_i64, 10_i64]);
        unsent.push(&FAN, params![1_i64, 5_i64]);
        unsent.mark();
        unsent.push(&FAN, params![2_i64, 20_i64]);
        unsent.push(&NOTE, params![1_i64, None::<String>]);
        unsent.undo();
        unsent.mark();
        unsent.push(&FAN, params![2_i64, 30_i64]);
        let before = format!("{:?}", unsent.take(false).iter().map(|(_, arrays)| arrays).collect::<Vec<_>>());
        assert_eq!(before, "[[Integers([Some(1), Some(2)]), Integers([Some(5), Some(10)])]]");
        let rest = format!("{:?}", unsent.take(true).iter().map(|(_, arrays)| arrays).collect::<Vec<_>>());
        assert_eq!(rest, "[[Integers([Some(2)]), Integers([Some(30)])]]");
        assert!(unsent.take(true).is_empty());
    }
}
