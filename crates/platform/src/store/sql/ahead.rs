//! Answers that were asked for before the work that needs them runs: one round trip for all the work that waits.
//! An answer is used at most as long as nothing was written that it could be about; any statement that does not say
//! what it is about ends them all.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::value::{Bind as _, Owned, Value};

/// A question that a piece of work is going to ask, in exactly these words.
#[derive(Clone, Debug)]
pub struct Ahead {
    pub sql: String,
    pub values: Vec<Owned>,
    /// What the answer is about.
    pub about: About,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum About {
    /// This, as an operation's id.
    Value(Owned),
    /// The number in the first column of the answer, as that of a fan; nothing where there is none.
    FirstColumn,
}

struct Answer {
    sql: String,
    values: Vec<Owned>,
    about: Option<Owned>,
    rows: Vec<tokio_postgres::Row>,
}

#[derive(Default)]
pub(super) struct Answers(HashMap<u64, Answer>);

fn key<'v>(sql: &str, values: impl Iterator<Item = Value<'v>>) -> u64 {
    let mut hash = DefaultHasher::new();
    sql.hash(&mut hash);
    for value in values {
        value.hash(&mut hash);
    }
    hash.finish()
}

impl Answers {
    pub(super) fn keep(&mut self, ahead: &Ahead, rows: Vec<tokio_postgres::Row>) {
        let about = match &ahead.about {
            About::Value(value) => Some(value.clone()),
            About::FirstColumn => {
                rows.first().and_then(|row| row.try_get::<_, Value<'_>>(0).ok()).map(Owned::from)
            }
        };
        let key = key(&ahead.sql, ahead.values.iter().map(|value| value.bind()));
        let (sql, values) = (ahead.sql.clone(), ahead.values.clone());
        self.0.insert(key, Answer { sql, values, about, rows });
    }

    /// Takes the answer to this question. It is used once.
    pub(super) fn take(&mut self, sql: &str, values: &[Value<'_>]) -> Option<Vec<tokio_postgres::Row>> {
        if self.0.is_empty() {
            return None;
        }
        let key = key(sql, values.iter().copied());
        let known = self.0.get(&key)?;
        let same =
            known.sql == sql && known.values.iter().map(|value| value.bind()).eq(values.iter().copied());
        if same { self.0.remove(&key).map(|answer| answer.rows) } else { None }
    }

    /// Ends what is known about this.
    pub(super) fn end(&mut self, about: &Owned) {
        self.0.retain(|_, answer| answer.about.as_ref() != Some(about));
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }
}
