//! A statement that is put together from parts, with the values to bind.

use uuid::Uuid;

use crate::tools::db::{Db, SqlQuery};
use crate::values::time::Time;

/// A part of a statement: a piece of its text, or a value to bind at this place.
#[derive(Debug, Clone)]
pub(super) enum SqlPart {
    /// Text of this program; never text that a client sent.
    Sql(&'static str),
    /// Text that this program made of numbers and its own words.
    Built(String),
    /// Bound.
    Text(String),
    /// Bound.
    At(Time),
    /// Bound.
    Id(Uuid),
}

/// The values so far.
#[derive(Debug, Default)]
pub(super) struct Statement(Vec<SqlPart>);

impl Statement {
    /// The parts as text, their values numbered.
    pub(super) fn put(&mut self, parts: &[SqlPart]) -> String {
        parts.iter().map(|part| self.value(part.clone())).collect()
    }

    /// One part as text.
    pub(super) fn value(&mut self, part: SqlPart) -> String {
        match part {
            SqlPart::Sql(text) => text.to_owned(),
            SqlPart::Built(text) => text,
            bound @ (SqlPart::Text(_) | SqlPart::At(_) | SqlPart::Id(_)) => {
                self.0.push(bound);
                format!("${}", self.0.len())
            }
        }
    }

    /// The statement with its values bound.
    pub(super) fn query(self, db: &Db, text: String) -> SqlQuery<'_> {
        self.0.into_iter().fold(db.query_built(text), |query, value| match value {
            SqlPart::Sql(_) | SqlPart::Built(_) => query,
            SqlPart::Text(text) => query.bind(text),
            SqlPart::At(at) => query.bind(at),
            SqlPart::Id(id) => query.bind(id),
        })
    }
}
