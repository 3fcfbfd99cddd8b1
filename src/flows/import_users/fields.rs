//! Fields of a row, as different systems write them.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use serde_json::Value;

use crate::values::time::Time;

/// The value under the first of these names that the row has. Null counts as absent.
pub fn find<'a>(row: &'a Value, names: &[&str]) -> Option<&'a Value> {
    names.iter().find_map(|name| row.get(name)).filter(|value| !value.is_null())
}

/// A text that is not empty. A number is its digits.
pub fn text(row: &Value, names: &[&str]) -> Result<Option<String>, String> {
    match find(row, names) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.trim().to_owned()).filter(|text| !text.is_empty())),
        Some(Value::Number(number)) => Ok(Some(number.to_string())),
        Some(_) => Err(wrong(names, "a text")),
    }
}

/// Yes or no; no where the field is absent. Databases write `t`, programs `True` or `1`.
pub fn flag(row: &Value, names: &[&str]) -> Result<bool, String> {
    match find(row, names) {
        None => Ok(false),
        Some(Value::Bool(flag)) => Ok(*flag),
        Some(Value::Number(number)) => Ok(number.as_i64() != Some(0)),
        Some(Value::String(text)) => match text.trim().to_ascii_lowercase().as_str() {
            "true" | "t" | "yes" | "1" => Ok(true),
            "false" | "f" | "no" | "0" | "" => Ok(false),
            _ => Err(wrong(names, "true or false")),
        },
        Some(_) => Err(wrong(names, "true or false")),
    }
}

/// A time: RFC 3339, as PostgreSQL writes it, a day, or seconds or milliseconds since 1970. Without a zone it is UTC.
pub fn time(row: &Value, names: &[&str]) -> Result<Option<Time>, String> {
    let Some(text) = text(row, names)? else { return Ok(None) };
    let parsed = since_1970(&text).or_else(|| with_zone(&text)).or_else(|| without_zone(&text));
    parsed.map(Some).ok_or_else(|| wrong(names, "a time like 2026-11-21T09:30:00Z"))
}

fn since_1970(text: &str) -> Option<Time> {
    let number = text.parse::<i64>().ok()?;
    // In seconds, this is the year 5138.
    if number >= 100_000_000_000 { Time::from_timestamp_millis(number) } else { Time::from_timestamp(number, 0) }
}

fn with_zone(text: &str) -> Option<Time> {
    let parsed =
        DateTime::parse_from_rfc3339(text).or_else(|_| DateTime::parse_from_str(text, "%Y-%m-%d %H:%M:%S%.f%#z"));
    parsed.ok().map(|at| at.to_utc())
}

fn without_zone(text: &str) -> Option<Time> {
    let moment = ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"];
    let moment = moment.iter().find_map(|format| NaiveDateTime::parse_from_str(text, format).ok());
    let day = || text.parse::<NaiveDate>().ok().map(|day| day.and_time(NaiveTime::MIN));
    moment.or_else(day).map(|at| at.and_utc())
}

fn wrong(names: &[&str], expected: &str) -> String {
    format!("{}: expected {expected}", names.first().copied().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_are_read_as_systems_write_them() {
        for written in [
            json!("2024-05-06T07:08:09Z"),
            json!("2024-05-06T09:08:09+02:00"),
            json!("2024-05-06 07:08:09.000000+00"),
            json!("2024-05-06 07:08:09+00:00"),
            json!("2024-05-06 07:08:09.000"),
            json!("1714979289000"),
            json!(1_714_979_289),
        ] {
            let at = time(&json!({ "at": written }), &["at"]).unwrap().unwrap();
            assert_eq!(at.timestamp(), 1_714_979_289, "{written}");
        }
        assert!(time(&json!({ "at": "yesterday" }), &["at"]).is_err());
    }

    #[test]
    fn a_reason_quotes_no_value() {
        let row = json!({ "emailVerified": "$2b$10$secret", "email": { "hash": "$2b$10$secret" } });
        assert_eq!(flag(&row, &["emailVerified"]).unwrap_err(), "emailVerified: expected true or false");
        assert_eq!(text(&row, &["email"]).unwrap_err(), "email: expected a text");
    }
}
