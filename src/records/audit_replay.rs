//! The audit trail told once more, oldest event first: for whoever was away for a while.

use uuid::Uuid;

use super::audit_log::{self, Recorded};
use crate::error::Result;
use crate::tools::db::{Db, sql};
use crate::values::ids::{EventId, UserId};
use crate::values::time::Time;

/// A place in the trail, behind everything that happened before it.
#[derive(Debug, Clone, Copy)]
pub struct Bookmark {
    at: Time,
    id: EventId,
}

impl Bookmark {
    /// Behind everything before this time.
    #[must_use]
    pub fn since(at: Time) -> Self {
        Self { at, id: Uuid::nil().into() }
    }

    /// Behind this event.
    #[must_use]
    pub const fn behind(event: &Recorded) -> Self {
        Self { at: event.at, id: event.id }
    }
}

/// The next events behind a place, at most `most`.
pub async fn list(db: &Db, from: Bookmark, most: i64) -> Result<Vec<Recorded>> {
    db.query(sql!(
        "select ",
        audit_log::columns!(),
        " from audit_events e where (e.at, e.id) > ($1, $2) order by e.at, e.id limit $3"
    ))
    .bind(from.at)
    .bind(from.id)
    .bind(most)
    .all()
    .await
}

/// The next events behind a place that were done to this user, at most `most`.
pub async fn list_about(db: &Db, subject: UserId, from: Bookmark, most: i64) -> Result<Vec<Recorded>> {
    db.query(sql!(
        "select ",
        audit_log::columns!(),
        " from audit_events e where e.subject_id = $4 and (e.at, e.id) > ($1, $2) order by e.at, e.id limit $3"
    ))
    .bind(from.at)
    .bind(from.id)
    .bind(most)
    .bind(subject)
    .all()
    .await
}
