//! Sessions: sign-ins of users, with device, times and the reason of their end.

mod device;
mod endings;
mod list;

use std::time::Duration;

use sqlx::types::Json;

use super::users::{self, User};
use crate::error::Result;
use crate::tools::db::{Db, Tx, sql};
use crate::values::caller::Caller;
use crate::values::ids::{SessionId, UserId};
use crate::values::secret_token::RefreshSalt;
use crate::values::session::{AuthMethod, SessionEndReason, SessionStatus, device_label};
use crate::values::time::Time;

pub use device::rename_device;
pub use endings::{EndedSessions, end, end_all, end_expired, sweep};
pub use list::{SessionCount, count_of_users, list_of_users, list_with_users, place};

/// A session: one sign-in on one device.
#[derive(Debug, Clone, sqlx::FromRow)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct Session {
    #[sqlx(rename = "session_id")]
    pub id: SessionId,
    pub user_id: UserId,
    pub device_name: Option<String>,
    pub browser: Option<String>,
    pub os: Option<String>,
    pub user_agent: String,
    pub address: String,
    pub auth_methods: Json<Vec<AuthMethod>>,
    pub refresh_salt: RefreshSalt,
    pub opened_at: Time,
    pub last_seen_at: Time,
    pub authenticated_at: Time,
    pub expires_at: Time,
    pub ended_at: Option<Time>,
    pub end_reason: Option<SessionEndReason>,
}

impl Session {
    /// The status of the session.
    #[must_use]
    pub fn status(&self, now: Time) -> SessionStatus {
        match (self.end_reason, self.ended_at) {
            (Some(SessionEndReason::TokenReused), _) => SessionStatus::Compromised,
            (Some(SessionEndReason::Expired), _) => SessionStatus::Expired,
            (Some(_), _) | (None, Some(_)) => SessionStatus::Revoked,
            (None, None) if self.expires_at <= now => SessionStatus::Expired,
            (None, None) => SessionStatus::Active,
        }
    }

    /// Why it has ended, if it has.
    #[must_use]
    pub fn end_reason_at(&self, now: Time) -> Option<SessionEndReason> {
        self.end_reason.or((self.expires_at <= now).then_some(SessionEndReason::Expired))
    }

    /// The name of the device in an email.
    #[must_use]
    pub fn device_label(&self) -> String {
        device_label(self.device_name.as_deref(), self.browser.as_deref(), self.os.as_deref())
    }
}

/// The device of a session, as far as it is known.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct SessionDevice {
    pub name: Option<String>,
    pub browser: Option<String>,
    pub os: Option<String>,
}

/// A session and its user, read together.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct SessionOfUser {
    /// The session.
    #[sqlx(flatten)]
    pub session: Session,
    /// Its user.
    #[sqlx(flatten)]
    pub user: User,
}

/// The columns of [`Session`], of the table under the name `s`.
macro_rules! columns {
    () => {
        "s.id as session_id, s.user_id, s.device_name, s.browser, s.os, s.user_agent, s.address, s.auth_methods, \
         s.refresh_salt, s.opened_at, s.last_seen_at, s.authenticated_at, s.expires_at, s.ended_at, s.end_reason"
    };
}
use columns;

/// Stores a new session.
pub async fn open(tx: &mut Tx, session: &Session) -> Result<()> {
    tx.query(sql!(
        "insert into sessions (id, user_id, device_name, browser, os, user_agent, address, auth_methods, refresh_salt,",
        " opened_at, last_seen_at, authenticated_at, expires_at)",
        " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10, $10, $11)"
    ))
    .bind(session.id)
    .bind(session.user_id)
    .bind(session.device_name.clone())
    .bind(session.browser.clone())
    .bind(session.os.clone())
    .bind(session.user_agent.clone())
    .bind(session.address.clone())
    .bind(session.auth_methods.clone())
    .bind(session.refresh_salt.clone())
    .bind(session.opened_at)
    .bind(session.expires_at)
    .execute()
    .await?;
    Ok(())
}

/// Makes a new session of the caller, not stored yet.
pub fn new(
    user: UserId,
    device: SessionDevice,
    caller: &Caller,
    methods: Vec<AuthMethod>,
    at: (Time, Time),
) -> Result<Session> {
    let (now, expires_at) = at;
    Ok(Session {
        id: SessionId::new(),
        user_id: user,
        device_name: device.name,
        browser: device.browser,
        os: device.os,
        user_agent: caller.user_agent.clone(),
        address: caller.address.to_string(),
        auth_methods: Json(methods),
        refresh_salt: RefreshSalt::random()?,
        opened_at: now,
        last_seen_at: now,
        authenticated_at: now,
        expires_at,
        ended_at: None,
        end_reason: None,
    })
}

/// The session of this id and its user, in one statement. Every authenticated request begins with it.
pub async fn find_with_user(db: &Db, id: SessionId) -> Result<Option<SessionOfUser>> {
    db.query(sql!(
        "select ",
        columns!(),
        ", ",
        users::columns!(),
        " from sessions s join users u on u.id = s.user_id where s.id = $1"
    ))
    .bind(id)
    .optional()
    .await
}

/// The session of this id and its user, as the transaction sees them.
pub async fn find_with_user_in(tx: &mut Tx, id: SessionId) -> Result<Option<SessionOfUser>> {
    tx.query(sql!(
        "select ",
        columns!(),
        ", ",
        users::columns!(),
        " from sessions s join users u on u.id = s.user_id where s.id = $1"
    ))
    .bind(id)
    .optional()
    .await
}

/// The session of this id, if it belongs to the user.
pub async fn find_of_user(db: &Db, id: SessionId, user: UserId) -> Result<Option<Session>> {
    db.query(sql!("select ", columns!(), " from sessions s where s.id = $1 and s.user_id = $2"))
        .bind(id)
        .bind(user)
        .optional()
        .await
}

/// Notes that a session is in use, at most once in `interval`, so that most reads cause no write.
pub async fn note_seen(db: &Db, session: &Session, interval: Duration, now: Time) -> Result<()> {
    if session.last_seen_at + interval > now {
        return Ok(());
    }
    db.query(sql!("update sessions set last_seen_at = $2 where id = $1 and last_seen_at < $2"))
        .bind(session.id)
        .bind(now)
        .execute()
        .await?;
    Ok(())
}

/// Extends a session after a refresh.
pub async fn extend(tx: &mut Tx, id: SessionId, expires_at: Time, now: Time) -> Result<()> {
    tx.query(sql!("update sessions set last_seen_at = $2, expires_at = $3 where id = $1"))
        .bind(id)
        .bind(now)
        .bind(expires_at)
        .execute()
        .await?;
    Ok(())
}

/// Locks the row of a session until the transaction ends; false where the session has ended.
pub async fn hold_living(tx: &mut Tx, id: SessionId, now: Time) -> Result<bool> {
    let held = tx
        .query(sql!(
            "update sessions set last_seen_at = last_seen_at where id = $1 and ended_at is null and expires_at > $2"
        ))
        .bind(id)
        .bind(now)
        .execute()
        .await?;
    Ok(held == 1)
}

/// Whether a session is neither ended nor expired.
pub async fn is_living(tx: &mut Tx, id: SessionId, now: Time) -> Result<bool> {
    let living: Option<(i32,)> = tx
        .query(sql!("select 1 from sessions where id = $1 and ended_at is null and expires_at > $2"))
        .bind(id)
        .bind(now)
        .optional()
        .await?;
    Ok(living.is_some())
}

/// Notes a fresh proof of identity.
pub async fn note_authenticated(tx: &mut Tx, id: SessionId, now: Time) -> Result<()> {
    tx.query(sql!("update sessions set authenticated_at = $2 where id = $1 and ended_at is null"))
        .bind(id)
        .bind(now)
        .execute()
        .await?;
    Ok(())
}
