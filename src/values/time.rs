//! Points in time, as the database keeps them: UTC, to the microsecond.

/// A point in time. Cut to whole microseconds by [`crate::tools::clock`], because PostgreSQL keeps no more.
pub type Time = chrono::DateTime<chrono::Utc>;
