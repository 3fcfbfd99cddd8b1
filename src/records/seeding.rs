//! Many rows in one statement, for `authgraph dev seed`. The triggers count them like any others.

use serde_json::Value;
use sqlx::types::Json;

use super::audit_chains;
use super::sessions::Session;
use super::users::User;
use crate::error::{OrFault, Result};
use crate::tools::db::{Db, SqlQuery, Tx, sql};
use crate::values::audit::{AuditAction, AuditOutcome};
use crate::values::audit_chain::{ChainHash, ChainPosition, Content};
use crate::values::ids::{EventId, SessionId, UserId};
use crate::values::time::Time;
use crate::values::user::folded;

/// How many rows one statement takes: 15 values each, and SQLite binds 32,766 of them at most.
pub const BATCH: usize = 500;

/// An invented event of the past.
#[derive(Debug, Clone)]
#[allow(missing_docs, reason = "the columns of the table")]
pub struct PastEvent {
    pub id: EventId,
    pub at: Time,
    pub action: AuditAction,
    pub outcome: AuditOutcome,
    pub actor: Option<UserId>,
    pub subject: Option<UserId>,
    pub session: Option<SessionId>,
    pub address: String,
    pub user_agent: String,
    pub correlation_id: String,
    pub metadata: Value,
}

impl PastEvent {
    fn content(&self) -> Content<'_> {
        Content {
            id: self.id.uuid(),
            at: self.at,
            action: self.action.as_str(),
            outcome: self.outcome.as_str(),
            actor: self.actor.map(UserId::uuid),
            subject: self.subject.map(UserId::uuid),
            session: self.session.map(SessionId::uuid),
            address: Some(&self.address),
            user_agent: Some(&self.user_agent),
            correlation_id: &self.correlation_id,
            metadata: &self.metadata,
        }
    }
}

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

/// Writes many events into one chain.
pub async fn append(tx: &mut Tx, shard: i32, events: &[PastEvent]) -> Result<()> {
    let chain = audit_chains::lock(tx, shard).await?.or_fault("finding a chain")?;
    let (mut place, mut hash) = (ChainPosition { shard, sequence: chain.sequence + 1 }, chain.hash);
    let mut links = Vec::with_capacity(events.len());
    for event in events {
        hash = ChainHash::new(&hash, place, &event.content());
        links.push((event, place, hash.clone()));
        place.sequence += 1;
    }
    let columns = "id, at, action, outcome, actor_id, subject_id, session_id, address, user_agent, correlation_id, \
                   metadata, shard, sequence, hash";
    insert(tx, "audit_events", columns, &links, |query, (event, place, hash)| {
        query
            .bind(event.id)
            .bind(event.at)
            .bind(event.action)
            .bind(event.outcome)
            .bind(event.actor)
            .bind(event.subject)
            .bind(event.session)
            .bind(event.address.clone())
            .bind(event.user_agent.clone())
            .bind(event.correlation_id.clone())
            .bind(Json(event.metadata.clone()))
            .bind(place.shard)
            .bind(place.sequence)
            .bind(hash.clone())
    })
    .await
}

async fn insert<R>(
    tx: &mut Tx,
    table: &str,
    columns: &str,
    rows: &[R],
    bind: impl for<'q> Fn(SqlQuery<'q>, &R) -> SqlQuery<'q>,
) -> Result<()> {
    let width = columns.split(',').count();
    for rows in rows.chunks(BATCH) {
        let row = |n: usize| {
            let places: Vec<String> = (1..=width).map(|place| format!("${}", n * width + place)).collect();
            format!("({})", places.join(", "))
        };
        let values: Vec<String> = (0..rows.len()).map(row).collect();
        let text = format!("insert into {table} ({columns}) values {}", values.join(", "));
        rows.iter().fold(tx.query_built(text), &bind).execute().await?;
    }
    Ok(())
}

/// Renews the statistics of PostgreSQL's planner. That of `SQLite` uses none.
pub async fn analyze(db: &Db) -> Result<()> {
    if !db.is_sqlite() {
        db.query(sql!("analyze")).execute().await?;
    }
    Ok(())
}
