//! A text and the values bound to it, put together from parts.

use uuid::Uuid;

use crate::tools::db::{Db, Query};
use crate::values::time::Time;

/// A part of a statement: a piece of its text, or a value that stands there.
#[derive(Debug, Clone)]
pub(super) enum SqlPart {
    /// A literal of ours; nothing that anybody typed.
    Sql(&'static str),
    /// The same, made of numbers and words of ours.
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

    /// The statement, with everything bound.
    pub(super) fn query(self, db: &Db, text: String) -> Query<'_> {
        self.0.into_iter().fold(db.query_built(text), |query, value| match value {
            SqlPart::Sql(_) | SqlPart::Built(_) => query,
            SqlPart::Text(text) => query.bind(text),
            SqlPart::At(at) => query.bind(at),
            SqlPart::Id(id) => query.bind(id),
        })
    }
}
