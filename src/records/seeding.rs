//! Many rows in one statement, for `authgraph dev seed`. The triggers count them like any others.

use super::bulk_insert::insert;
use super::sessions::Session;
use super::users::User;
use crate::error::Result;
use crate::tools::db::{Db, Tx, sql};
use crate::values::ids::UserId;
use crate::values::time::Time;
use crate::values::user::folded;

pub use super::audit_batch::{PastEvent, append};
pub use super::bulk_insert::BATCH;

/// The secret of an authenticator, and its user.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct SeededAuthenticator {
    pub user_id: UserId,
    pub sealed_secret: Vec<u8>,
    pub enabled_at: Time,
}

/// The number of accounts, deleted ones included; invented addresses are numbered from there.
pub async fn count_users(db: &Db) -> Result<i64> {
    let (count,) = db.query(sql!("select count(*) from users")).one().await?;
    Ok(count)
}

/// Creates many accounts.
pub async fn insert_users(tx: &mut Tx, users: &[User]) -> Result<()> {
    let columns = "id, email, email_verified_at, name, name_key, locale, role, password_hash, locked_until, locked_by, \
                   created_at, updated_at, last_login_at, invited_at, deleted_at";
    insert(tx, "users", columns, users, |query, user| {
        query
            .bind(user.id)
            .bind(user.email.clone())
            .bind(user.email_verified_at)
            .bind(user.name.clone())
            .bind(user.name.as_deref().map(folded))
            .bind(user.locale.clone())
            .bind(user.role)
            .bind(user.password_hash.clone())
            .bind(user.stored_lock.end())
            .bind(user.stored_lock.cause())
            .bind(user.created_at)
            .bind(user.updated_at)
            .bind(user.last_login_at)
            .bind(user.invited_at)
            .bind(user.deleted_at)
    })
    .await
}

/// Turns many second factors on.
pub async fn insert_authenticators(tx: &mut Tx, authenticators: &[SeededAuthenticator]) -> Result<()> {
    insert(tx, "mfa", "user_id, last_step, sealed_secret, enabled_at", authenticators, |query, authenticator| {
        query
            .bind(authenticator.user_id)
            .bind(0_i64)
            .bind(authenticator.sealed_secret.clone())
            .bind(authenticator.enabled_at)
    })
    .await
}

/// Opens many sessions.
pub async fn insert_sessions(tx: &mut Tx, sessions: &[Session]) -> Result<()> {
    let columns = "id, user_id, browser, os, user_agent, address, auth_methods, refresh_salt, opened_at, last_seen_at, \
                   authenticated_at, expires_at, ended_at, end_reason";
    insert(tx, "sessions", columns, sessions, |query, session| {
        query
            .bind(session.id)
            .bind(session.user_id)
            .bind(session.browser.clone())
            .bind(session.os.clone())
            .bind(session.user_agent.clone())
            .bind(session.address.clone())
            .bind(session.auth_methods.clone())
            .bind(session.refresh_salt.clone())
            .bind(session.opened_at)
            .bind(session.last_seen_at)
            .bind(session.authenticated_at)
            .bind(session.expires_at)
            .bind(session.ended_at)
            .bind(session.end_reason)
    })
    .await
}

/// Renews the statistics of PostgreSQL's planner. That of `SQLite` uses none.
pub async fn analyze(db: &Db) -> Result<()> {
    if !db.is_sqlite() {
        db.query(sql!("analyze")).execute().await?;
    }
    Ok(())
}
