//! Points in time, as the database keeps them: UTC, to the microsecond.

use chrono::Datelike;

/// A point in time. Cut to whole microseconds by [`crate::tools::clock`], because PostgreSQL keeps no more.
pub type Time = chrono::DateTime<chrono::Utc>;

/// Whether both engines keep and sort it alike: `SQLite` sorts times as texts, and a year of five digits stands before one
/// of four there.
#[must_use]
pub fn is_sortable(at: Time) -> bool {
    (0..=9999).contains(&at.year())
}
