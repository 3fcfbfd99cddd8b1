//! The scalars of the schema, and conversions to its integers.

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value};
use chrono::{NaiveDate, SecondsFormat};
use serde_json::Value as JsonValue;
use url::Url;

use crate::values::email_address::EmailAddress;
use crate::values::time::{Time, sortable};

/// A point in time.
pub struct DateTime(pub Time);

/// A point in time (RFC 3339). The server returns UTC with milliseconds: `2026-11-21T09:30:00.000Z`. It accepts any
/// offset and any fraction of a second.
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

/// A day in UTC (`full-date` of RFC 3339): `2026-11-21`.
#[Scalar(name = "Date", specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6")]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        let day = text.parse::<NaiveDate>().ok();
        // The library also accepts days with spaces, or without zeros.
        let day = day.filter(|day| day.to_string() == *text);
        day.map(Self).ok_or_else(|| InputValueError::custom("not a day like 2026-11-21"))
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

/// A URL that the server returns.
pub struct UrlScalar(pub Url);

/// An absolute URL: `https://example.com/path?query=1`. It may be longer than 2,000 characters.
#[Scalar(name = "URL", specified_by_url = "https://url.spec.whatwg.org/")]
impl ScalarType for UrlScalar {
    fn parse(value: Value) -> InputValueResult<Self> {
        let Value::String(text) = &value else { return Err(InputValueError::expected_type(value)) };
        text.parse().map(Self).map_err(|_| InputValueError::custom("not an absolute URL"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// Any JSON value.
pub struct Json(pub JsonValue);

/// Any JSON value: an object, a list, a string, a number, a boolean or null. Objects can have members that are not listed
/// here.
#[Scalar(name = "JSON", specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259")]
impl ScalarType for Json {
    fn parse(value: Value) -> InputValueResult<Self> {
        Ok(Self(value.into_json()?))
    }

    fn to_value(&self) -> Value {
        Value::from_json(self.0.clone()).unwrap_or_default()
    }
}

/// Whether a value can be of a scalar of the schema, told by its name. An `EmailAddress` is any string here: a malformed
/// one is refused where it is used, with the path of its field.
#[must_use]
pub fn accepts(scalar: &str, value: Value) -> bool {
    match scalar {
        "DateTime" => DateTime::parse(value).is_ok(),
        "Date" => Date::parse(value).is_ok(),
        "EmailAddress" => matches!(value, Value::String(_)),
        "URL" => UrlScalar::parse(value).is_ok(),
        _ => true,
    }
}

/// Whether every value is one of this scalar of the schema, lists and objects included.
#[must_use]
pub fn accepts_anything(scalar: &str) -> bool {
    !matches!(scalar, "DateTime" | "Date" | "EmailAddress" | "URL")
}

/// A count as GraphQL's `Int`, which has 32 bits; larger counts become the largest `Int`.
pub fn int(count: impl TryInto<i32>) -> i32 {
    count.try_into().unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_has_one_spelling() {
        for text in ["2026-11-21", "2024-02-29", "0001-01-01", "9999-12-31"] {
            assert!(accepts("Date", Value::from(text)), "{text}");
        }
        for text in ["2026-2-3", " 2026-11-21", "2026 - 11 - 21", "+2026-11-21", "2025-02-29", "12026-11-21", ""] {
            assert!(!accepts("Date", Value::from(text)), "{text}");
        }
    }

    #[test]
    fn the_names_of_the_checked_scalars_are_those_of_the_schema() {
        let sdl = crate::api::graphql::schema::sdl();
        for name in ["DateTime", "Date", "EmailAddress", "URL"] {
            assert!(sdl.contains(&format!("scalar {name} ")) && !accepts_anything(name), "{name}");
            assert!(!accepts(name, Value::Boolean(true)), "{name}");
        }
        assert_eq!(sdl.matches("\nscalar ").count(), 5, "a scalar that is not checked");
        assert!(accepts("JSON", Value::Boolean(true)) && accepts_anything("JSON"));
    }
}
