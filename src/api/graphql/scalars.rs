//! The scalars of the schema, and conversions to its integers.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{NaiveDate, SecondsFormat};

use crate::values::email_address::EmailAddress;
use crate::values::time::{Time, sortable};

/// A point in time.
pub struct DateTime(pub Time);

/// A point in time in RFC 3339 format, UTC, with milliseconds: `2026-11-21T09:30:00.000Z`.
#[Scalar(name = "DateTime", specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339")]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        let parsed = chrono::DateTime::parse_from_rfc3339(text);
        // With an offset it can be a day before the year 0, or after 9999.
        let parsed = parsed.map(|at| Self(sortable(at.to_utc())));
        parsed.map_err(|_| InputValueError::custom("not an RFC 3339 date and time"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.to_text())
    }
}

impl DateTime {
    /// The time in the format of the schema.
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

/// A day.
pub struct Date(pub NaiveDate);

/// A day in UTC: `2026-11-21`.
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

/// An email address as a client typed it, or as the server returns it.
pub struct EmailAddressScalar(pub String);

/// An email address. It is returned trimmed and in lower case. `VALIDATION_FAILED` if it is malformed or ends in
/// `.invalid`, `.localhost`, `.onion` or `.alt`. Erased accounts have an address ending in `erased.invalid`.
#[Scalar(name = "EmailAddress", specified_by_url = "https://www.rfc-editor.org/rfc/rfc5321")]
impl ScalarType for EmailAddressScalar {
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

impl From<&EmailAddress> for EmailAddressScalar {
    fn from(address: &EmailAddress) -> Self {
        Self(address.as_str().to_owned())
    }
}

/// A count as GraphQL's `Int`, which has 32 bits; larger counts become the largest `Int`.
pub fn int(count: impl TryInto<i32>) -> i32 {
    count.try_into().unwrap_or(i32::MAX)
}
