//! Points in time, as the database keeps them: UTC, to the microsecond.

use chrono::Datelike;

/// A point in time. Cut to whole microseconds by [`crate::tools::clock`], because PostgreSQL keeps no more.
pub type Time = chrono::DateTime<chrono::Utc>;

/// The first and the last time that both engines sort alike.
const BOUNDS: (Option<Time>, Option<Time>) =
    (Time::from_timestamp(-62_167_219_200, 0), Time::from_timestamp(253_402_300_799, 999_999_000));

/// The time, or the nearest one that both engines sort alike.
#[must_use]
pub fn sortable(at: Time) -> Time {
    let (first, last) = BOUNDS;
    at.max(first.unwrap_or(at)).min(last.unwrap_or(at))
}

/// Whether both engines store and sort the time alike: `SQLite` sorts times as text, where a year of five digits comes
/// before one of four.
#[must_use]
pub fn is_sortable(at: Time) -> bool {
    (0..=9999).contains(&at.year())
}
