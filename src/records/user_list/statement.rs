//! A text and the values bound to it, put together from parts.

use uuid::Uuid;

use crate::tools::db::{Db, SqlQuery};
use crate::values::time::Time;

/// A part of a statement: a piece of its text, or a value that stands there.
#[derive(Debug, Clone)]
pub(super) enum Value {
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
pub(super) struct Statement(Vec<Value>);

impl Statement {
    /// The parts as text, their values numbered.
    pub(super) fn put(&mut self, parts: &[Value]) -> String {
        parts.iter().map(|part| self.value(part.clone())).collect()
    }

    /// One part as text.
    pub(super) fn value(&mut self, part: Value) -> String {
        match part {
            Value::Sql(text) => text.to_owned(),
            Value::Built(text) => text,
            bound @ (Value::Text(_) | Value::At(_) | Value::Id(_)) => {
                self.0.push(bound);
                format!("${}", self.0.len())
            }
        }
    }

    /// The statement, with everything bound.
    pub(super) fn query(self, db: &Db, text: String) -> SqlQuery<'_> {
        self.0.into_iter().fold(db.query_built(text), |query, value| match value {
            Value::Sql(_) | Value::Built(_) => query,
            Value::Text(text) => query.bind(text),
            Value::At(at) => query.bind(at),
            Value::Id(id) => query.bind(id),
        })
    }
}
