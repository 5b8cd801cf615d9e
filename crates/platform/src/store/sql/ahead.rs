//! Answers that were asked for before the work that needs them runs: one round trip for all the work that waits.
//! An answer is used at most as long as nothing was written that it could be about; any statement that does not say
//! what it is about ends them all.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use super::rows::{Array, Kind};
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

/// Questions in the same words, asked as one: a server starts a statement once for all of them.
pub(super) struct Asked<'q> {
    /// Takes the array of each parameter's values; a row ends with the number of its question, from 1.
    pub(super) sql: String,
    pub(super) questions: Vec<&'q Ahead>,
    kinds: Vec<Kind>,
}

impl<'q> Asked<'q> {
    /// All questions, those in the same words together. One that has a value of no kind is left to be asked later.
    pub(super) fn together(questions: &[&'q Ahead]) -> Vec<Self> {
        let mut asked: Vec<(&str, Self)> = Vec::new();
        for &question in questions {
            let Some(kinds) = question.values.iter().map(Kind::of).collect::<Option<Vec<_>>>() else {
                continue;
            };
            let alike = |(sql, asked): &&mut (&str, Self)| *sql == question.sql && asked.kinds == kinds;
            if let Some((_, asked)) = asked.iter_mut().find(alike) {
                asked.questions.push(question);
            } else {
                let sql = for_each(&question.sql, &kinds);
                asked.push((&question.sql, Self { sql, questions: vec![question], kinds }));
            }
        }
        asked.into_iter().map(|(_, asked)| asked).collect()
    }

    pub(super) fn arrays(&self) -> Vec<Array> {
        let rows = self.questions.iter().map(|question| question.values.clone());
        Array::columns(self.kinds.iter().copied(), rows.collect())
    }
}

/// The question with the numbered parameters, for each row of their arrays.
fn for_each(sql: &str, kinds: &[Kind]) -> String {
    let arrays: Vec<_> = (1..).zip(kinds).map(|(number, kind)| kind.array(number)).collect();
    let names: Vec<_> = (1..=kinds.len()).map(|number| format!("p{number}")).collect();
    let mut question = String::with_capacity(sql.len() + 16);
    let mut quoted = false;
    for c in sql.chars() {
        quoted ^= c == '\'';
        if c == '?' && !quoted {
            question.push_str("asked.p");
        } else {
            question.push(c);
        }
    }
    let (arrays, names) = (arrays.join(", "), names.join(", "));
    format!(
        "SELECT answer.*, asked.number FROM unnest({arrays}) WITH ORDINALITY AS asked ({names}, number)
         CROSS JOIN LATERAL ({question}) AS answer"
    )
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

    pub(super) fn has(&self, ahead: &Ahead) -> bool {
        let known = self.0.get(&key(&ahead.sql, ahead.values.iter().map(|value| value.bind())));
        known.is_some_and(|known| known.sql == ahead.sql && known.values == ahead.values)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn about(sql: &str, values: &[Owned]) -> Ahead {
        Ahead { sql: sql.to_owned(), values: values.to_vec(), about: About::FirstColumn }
    }

    #[test]
    fn questions_in_the_same_words_are_asked_together() {
        let (by_no, by_name) =
            ("SELECT no FROM fan WHERE no = ?1", "SELECT '?' FROM fan WHERE no > ?1 AND name = ?2");
        let (one, two) = (Owned::Integer(1), Owned::Integer(2));
        let questions = [
            about(by_no, std::slice::from_ref(&one)),
            about(by_name, &[two.clone(), Owned::Text("a".to_owned())]),
            about(by_no, &[Owned::Null]),
            about(by_no, &[two]),
        ];
        let asked = Asked::together(&questions.iter().collect::<Vec<_>>());
        let told: Vec<_> = asked.iter().map(|asked| (&*asked.sql, asked.questions.len())).collect();
        assert_eq!(
            told,
            [
                (
                    "SELECT answer.*, asked.number FROM unnest(CAST(?1 AS BIGINT[])) WITH ORDINALITY AS asked (p1, \
                     number)\n         CROSS JOIN LATERAL (SELECT no FROM fan WHERE no = asked.p1) AS answer",
                    2
                ),
                (
                    "SELECT answer.*, asked.number FROM unnest(CAST(?1 AS BIGINT[]), CAST(?2 AS TEXT[])) WITH \
                     ORDINALITY AS asked (p1, p2, number)\n         CROSS JOIN LATERAL (SELECT '?' FROM fan WHERE \
                     no > asked.p1 AND name = asked.p2) AS answer",
                    1
                ),
            ]
        );
        assert_eq!(format!("{:?}", asked[0].arrays()), "[Integers([Some(1), Some(2)])]");
    }
}
