//! Lists of sessions: of many users in one statement, by status, a page at a time.

use super::{Session, SessionOfUser, columns};
use crate::error::Result;
use crate::records::id_list::IdList;
use crate::records::users;
use crate::tools::db::Db;
use crate::values::ids::{SessionId, UserId};
use crate::values::paging::{Cursor, Page, SortKey};
use crate::values::session::SessionStatus;
use crate::values::time::Time;

/// A page of each user's sessions, newest first, user by user. It has one row more than the page where there is one, by
/// which the caller knows of a next page.
pub async fn list_of_users(
    db: &Db,
    users: &[UserId],
    status: Option<SessionStatus>,
    page: &Page,
    now: Time,
) -> Result<Vec<Session>> {
    let ids = IdList::new(users);
    let mut fits = condition(&ids, status);
    let (comparison, order) = if page.backwards { (">", "asc") } else { ("<", "desc") };
    let place = match &page.from {
        Some(Cursor { key: SortKey::At(at), id }) => Some((*at, *id)),
        // A cursor of another list.
        Some(Cursor { key: SortKey::Text(_), .. }) => return Ok(Vec::new()),
        None => None,
    };
    if place.is_some() {
        let (at, id) = (ids.len() + 2, ids.len() + 3);
        fits = format!("{fits} and (s.opened_at, s.id) {comparison} (${at}, ${id})");
    }
    let query = ids.bind(db.query_built(slices(ids.len(), &fits, order, page.size + 1)).bind(now));
    match place {
        None => query.all().await,
        Some((at, id)) => query.bind(at).bind(id).all().await,
    }
}

/// How many sessions a user has.
#[derive(Debug, Clone, Copy, sqlx::FromRow)]
pub struct SessionCount {
    /// The user.
    pub user_id: UserId,
    /// The number of sessions.
    pub sessions: i64,
}

/// Counts the sessions of each user. Users without any are missing.
pub async fn count_of_users(
    db: &Db,
    users: &[UserId],
    status: Option<SessionStatus>,
    now: Time,
) -> Result<Vec<SessionCount>> {
    let ids = IdList::new(users);
    let fits = condition(&ids, status);
    let text = format!("select s.user_id, count(*) as sessions from sessions s where {fits} group by s.user_id");
    ids.bind(db.query_built(text).bind(now)).all().await
}

/// The sessions of these ids and their users, in no order. Unknown ids are missing.
pub async fn list_with_users(db: &Db, ids: &[SessionId]) -> Result<Vec<SessionOfUser>> {
    let ids = IdList::new(ids);
    let text = format!(
        "select {}, {} from sessions s join users u on u.id = s.user_id where s.id in ({})",
        columns!(),
        users::columns!(),
        ids.placeholders(1)
    );
    ids.bind(db.query_built(text)).all().await
}

/// The condition for sessions of these users, in SQL. The time is `$1`, the users follow.
fn condition(users: &IdList<UserId>, status: Option<SessionStatus>) -> String {
    let fits = match status {
        None => "",
        Some(SessionStatus::Active) => " and s.ended_at is null and s.expires_at > $1",
        Some(SessionStatus::Expired) => " and (s.ended_at is null and s.expires_at <= $1 or s.end_reason = 'EXPIRED')",
        Some(SessionStatus::Revoked) => {
            " and s.ended_at is not null and s.end_reason not in ('TOKEN_REUSED', 'EXPIRED')"
        }
        Some(SessionStatus::Compromised) => " and s.end_reason = 'TOKEN_REUSED'",
    };
    format!("s.user_id in ({}) and $1 is not null{fits}", users.placeholders(2))
}

/// The first rows of every user, in SQL.
fn slices(users: usize, fits: &str, order: &str, rows: usize) -> String {
    let sorted = format!("s.opened_at {order}, s.id {order}");
    if users == 1 {
        return format!("select {} from sessions s where {fits} order by {sorted} limit {rows}", columns!());
    }
    format!(
        "select {} from (select s.*, row_number() over (partition by s.user_id order by {sorted}) as place \
         from sessions s where {fits}) s where s.place <= {rows} order by s.user_id, {sorted}",
        columns!()
    )
}

/// The place of a session in a list.
#[must_use]
pub fn place(session: &Session) -> Cursor {
    Cursor::at(session.opened_at, session.id.uuid())
}
