//! What operations say, kept once for all that say the same: a search then looks at some hundred texts and not at a
//! million operations.

use rusqlite::{Connection as Db, OptionalExtension, params};

use crate::{OperationRow, PurchaseItem, StoreError};

/// The words of an operation, as the table `phrase` has them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Words {
    pub title: String,
    /// Each rate label ends with a line feed, and one stands before the first.
    pub labels: String,
    pub rest: String,
}

impl Words {
    pub(crate) fn of_action(category: &str, title: &str, description: &str) -> Self {
        Self { title: title.to_owned(), labels: String::new(), rest: format!("{category}\n{description}") }
    }

    pub(crate) fn of_items(items: &[PurchaseItem]) -> Self {
        Self::of_lines(
            items
                .iter()
                .map(|item| (item.title.as_str(), item.description.as_str(), item.rate_label.as_deref())),
        )
    }

    /// Of an operation that undoes nothing.
    pub(crate) fn of(row: &OperationRow) -> Self {
        match &row.action {
            Some(action) => Self::of_action(&action.category, &action.title, &action.description),
            None => Self::of_lines(
                row.items
                    .iter()
                    .map(|item| (item.title.as_str(), item.description.as_str(), item.rate_label.as_deref())),
            ),
        }
    }

    /// Title, description and rate label of each item.
    pub(crate) fn of_lines<'a>(lines: impl Iterator<Item = (&'a str, &'a str, Option<&'a str>)>) -> Self {
        let mut words = Self::default();
        for (n, (title, description, label)) in lines.enumerate() {
            if n > 0 {
                words.title.push_str(", ");
                words.rest.push('\n');
            }
            words.title.push_str(title);
            words.rest.push_str(description);
            if let Some(label) = label {
                if words.labels.is_empty() {
                    words.labels.push('\n');
                }
                words.labels.push_str(label);
                words.labels.push('\n');
            }
        }
        words
    }

    /// The row of these words, added where they are new.
    pub(crate) fn row(&self, db: &Db) -> Result<i64, StoreError> {
        let known: Option<i64> = db
            .prepare_cached("SELECT phrase FROM phrase WHERE title = ?1 AND labels = ?2 AND rest = ?3")?
            .query_row(params![self.title, self.labels, self.rest], |row| row.get(0))
            .optional()?;
        if let Some(known) = known {
            return Ok(known);
        }
        db.prepare_cached("INSERT INTO phrase (title, labels, rest) VALUES (?1, ?2, ?3)")?
            .execute(params![self.title, self.labels, self.rest])?;
        Ok(db.last_insert_rowid())
    }
}

/// The labels of a row of `phrase`.
pub(crate) fn labels(text: &str) -> impl Iterator<Item = &str> {
    text.split('\n').filter(|label| !label.is_empty())
}

/// The row of the words of an operation that is kept, and its price.
pub(crate) fn of_operation(db: &Db, seq: Option<i64>) -> Result<(Option<i64>, Option<i64>), StoreError> {
    let Some(seq) = seq else { return Ok((None, None)) };
    Ok(db
        .prepare_cached("SELECT phrase, price FROM operation WHERE seq = ?1")?
        .query_row([seq], |row| Ok((row.get(0)?, row.get(1)?)))?)
}

/// The same of one that comes from another device, before it is kept.
pub(crate) fn of_row(
    db: &Db,
    row: &OperationRow,
    original: Option<i64>,
) -> Result<(Option<i64>, Option<i64>), StoreError> {
    if original.is_some() {
        return of_operation(db, original);
    }
    let words = Words::of(row);
    let price = row.items.iter().fold(0_i64, |sum, item| sum.saturating_add(item.price.minor));
    Ok((Some(words.row(db)?), (!row.items.is_empty()).then_some(price)))
}
