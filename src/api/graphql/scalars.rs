//! The schema's own scalars.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{NaiveDate, SecondsFormat};

use crate::values::email_address;
use crate::values::time::{Time, sortable};

/// A point in time, as the schema writes it.
pub struct DateTime(pub Time);

/// A point in time: RFC 3339, UTC, milliseconds. `2026-11-21T09:30:00.000Z`
#[Scalar(name = "DateTime", specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        let parsed = chrono::DateTime::parse_from_rfc3339(text);
        // With an offset it can lie a day before the year 0, or behind 9999.
        let parsed = parsed.map(|at| Self(sortable(at.to_utc())));
        parsed.map_err(|_| InputValueError::custom("not an RFC 3339 date and time"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.to_text())
    }
}

impl DateTime {
    /// As the schema writes it.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.0.to_rfc3339_opts(SecondsFormat::Millis, true)
    }
}

impl From<Time> for DateTime {
    fn from(at: Time) -> Self {
        Self(at)
    }
}

/// A day, as the schema writes it.
pub struct Date(pub NaiveDate);

/// A day of UTC: `2026-11-21`.
#[Scalar(name = "Date", specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        text.parse().map(Self).map_err(|_| InputValueError::custom("not a day like 2026-11-21"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// An e-mail address as a client typed it, or as we give it back.
pub struct EmailAddress(pub String);

/// An e-mail address. Decision as typed, given back trimmed and lower-cased; one that is none is `VALIDATION_FAILED`, and so
/// is one under `.invalid`, `.localhost`, `.onion` or `.alt`. An erased account has one under `erased.invalid`.
#[Scalar(name = "EmailAddress", specified_by_url = "https://www.rfc-editor.org/rfc/rfc5321")]
impl ScalarType for EmailAddress {
    fn parse(value: Value) -> InputValueResult<Self> {
        match value {
            Value::String(text) => Ok(Self(text)),
            other => Err(InputValueError::expected_type(other)),
        }
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.clone())
    }
}

impl From<&email_address::EmailAddress> for EmailAddress {
    fn from(address: &email_address::EmailAddress) -> Self {
        Self(address.as_str().to_owned())
    }
}
