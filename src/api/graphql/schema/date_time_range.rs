//! A range of time, as filters take it.

use async_graphql::InputObject;

use crate::api::graphql::scalars::DateTime;
use crate::error::{FieldErrorCode, FieldFault};
use crate::values::user_filter::TimeRange;

/// A range of time. An omitted end is open. `from` must be earlier than `before`.
#[derive(InputObject)]
pub struct DateTimeRange {
    /// First moment of the range.
    from: Option<DateTime>,
    /// First moment after the range.
    before: Option<DateTime>,
}

impl DateTimeRange {
    /// Parses a range; without one, every time matches.
    pub fn parse(typed: Option<Self>) -> Result<TimeRange, FieldFault> {
        let Some(Self { from, before }) = typed else { return Ok(TimeRange::default()) };
        let range = TimeRange { from: from.map(|at| at.0), before: before.map(|at| at.0) };
        match (range.from, range.before) {
            (Some(from), Some(before)) if from >= before => {
                Err(FieldFault::new(FieldErrorCode::Invalid, "`from` must be earlier than `before`."))
            }
            (Some(_) | None, Some(_) | None) => Ok(range),
        }
    }
}
