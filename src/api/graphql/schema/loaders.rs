//! Dataloaders: one statement reads what all items of a page ask for.
//!
//! Results are not cached: the next mutation of a document may change what was read, and a subscription runs for hours.
//! Loaders are not shared between requests, so that no row reaches another viewer.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, OnceLock};

use async_graphql::Context;
use dataloader::BatchFn;
use dataloader::non_cached::Loader;

use super::context::ContextExt;
use crate::api::graphql::error::{ApiError, ApiResult, missing_data};
use crate::app::App;
use crate::error::{OrFault, Result};
use crate::records::audit_log::{self, AuditEvent};
use crate::records::audit_search::{self, EventSlice};
use crate::records::mfa::{self, MfaSummary};
use crate::records::oauth_accounts::{self, LinkedAccount};
use crate::records::sessions::{self, Session, SessionCount, SessionOfUser};
use crate::records::users::{self, User};
use crate::values::ids::{EventId, SessionId, UserId};
use crate::values::paging::Page;
use crate::values::session::SessionStatus;

/// The loaders of a request, created when the first field needs one. Request data.
#[derive(Default)]
pub struct LoadersCell(OnceLock<Loaders>);

/// One loader for each kind of record.
pub struct Loaders {
    users: Loader<UserId, ApiResult<Option<User>>, UserBatch>,
    sessions: Loader<SessionsKey, ApiResult<Vec<Session>>, SessionBatch>,
    sessions_by_id: Loader<SessionId, ApiResult<Option<SessionOfUser>>, SessionByIdBatch>,
    session_counts: Loader<SessionsFilter, ApiResult<i64>, SessionCountBatch>,
    oauth_accounts: Loader<UserId, ApiResult<Vec<LinkedAccount>>, OAuthAccountBatch>,
    mfa: Loader<UserId, ApiResult<Option<MfaSummary>>, MfaBatch>,
    audit_events: Loader<EventSlice, ApiResult<Vec<AuditEvent>>, AuditEventBatch>,
    audit_events_by_id: Loader<EventId, ApiResult<Option<AuditEvent>>, AuditEventByIdBatch>,
}

/// Which sessions of which user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SessionsFilter {
    /// The user.
    pub user: UserId,
    /// Only sessions of this status.
    pub status: Option<SessionStatus>,
}

/// A page of a user's sessions.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionsKey {
    /// Which sessions.
    pub filter: SessionsFilter,
    /// The page.
    pub page: Page,
}

/// The loaders of this request.
pub fn loaders<'a>(ctx: &Context<'a>) -> Result<&'a Loaders> {
    let app = Arc::clone(ctx.app()?);
    Ok(ctx.data::<LoadersCell>().map_err(missing_data)?.0.get_or_init(|| Loaders::new(&app)))
}

impl Loaders {
    fn new(app: &Arc<App>) -> Self {
        Self {
            users: Loader::new(UserBatch(Arc::clone(app))),
            sessions: Loader::new(SessionBatch(Arc::clone(app))),
            sessions_by_id: Loader::new(SessionByIdBatch(Arc::clone(app))),
            session_counts: Loader::new(SessionCountBatch(Arc::clone(app))),
            oauth_accounts: Loader::new(OAuthAccountBatch(Arc::clone(app))),
            mfa: Loader::new(MfaBatch(Arc::clone(app))),
            audit_events: Loader::new(AuditEventBatch(Arc::clone(app))),
            audit_events_by_id: Loader::new(AuditEventByIdBatch(Arc::clone(app))),
        }
    }

    /// Loads a user by id, deleted or not.
    pub async fn user(&self, id: UserId) -> ApiResult<Option<User>> {
        self.users.try_load(id).await.or_fault("loading users")?
    }

    /// Loads a page of a user's sessions, and one more row if there is a next page.
    pub async fn sessions(&self, key: SessionsKey) -> ApiResult<Vec<Session>> {
        self.sessions.try_load(key).await.or_fault("loading sessions")?
    }

    /// Loads a session and its user by the id of the session.
    pub async fn session(&self, id: SessionId) -> ApiResult<Option<SessionOfUser>> {
        self.sessions_by_id.try_load(id).await.or_fault("loading sessions by id")?
    }

    /// Counts sessions of a user.
    pub async fn session_count(&self, filter: SessionsFilter) -> ApiResult<i64> {
        self.session_counts.try_load(filter).await.or_fault("counting sessions")?
    }

    /// Loads the provider accounts linked to a user, oldest first.
    pub async fn oauth_accounts(&self, user: UserId) -> ApiResult<Vec<LinkedAccount>> {
        self.oauth_accounts.try_load(user).await.or_fault("loading accounts at providers")?
    }

    /// Loads the state of a user's second factor; `None` if it is off.
    pub async fn mfa(&self, user: UserId) -> ApiResult<Option<MfaSummary>> {
        self.mfa.try_load(user).await.or_fault("loading second factors")?
    }

    /// Loads a page of audit events, and one more row if there is a next page.
    pub async fn audit_events(&self, slice: EventSlice) -> ApiResult<Vec<AuditEvent>> {
        self.audit_events.try_load(slice).await.or_fault("loading audit events")?
    }

    /// Loads an audit event by its id.
    pub async fn audit_event(&self, id: EventId) -> ApiResult<Option<AuditEvent>> {
        self.audit_events_by_id.try_load(id).await.or_fault("loading audit events by id")?
    }
}

struct UserBatch(Arc<App>);

impl BatchFn<UserId, ApiResult<Option<User>>> for UserBatch {
    async fn load(&mut self, ids: &[UserId]) -> HashMap<UserId, ApiResult<Option<User>>> {
        one_each(ids, users::list(&self.0.db, ids).await, |user| user.id)
    }
}

struct MfaBatch(Arc<App>);

impl BatchFn<UserId, ApiResult<Option<MfaSummary>>> for MfaBatch {
    async fn load(&mut self, ids: &[UserId]) -> HashMap<UserId, ApiResult<Option<MfaSummary>>> {
        one_each(ids, mfa::list_of_users(&self.0.db, ids).await, |standing| standing.user_id)
    }
}

struct OAuthAccountBatch(Arc<App>);

impl BatchFn<UserId, ApiResult<Vec<LinkedAccount>>> for OAuthAccountBatch {
    async fn load(&mut self, ids: &[UserId]) -> HashMap<UserId, ApiResult<Vec<LinkedAccount>>> {
        many_each(ids, oauth_accounts::list_of_users(&self.0.db, ids).await, |account| account.user_id)
    }
}

struct SessionBatch(Arc<App>);

impl BatchFn<SessionsKey, ApiResult<Vec<Session>>> for SessionBatch {
    /// Runs one statement for each distinct page, for all users that ask for it.
    async fn load(&mut self, wanted: &[SessionsKey]) -> HashMap<SessionsKey, ApiResult<Vec<Session>>> {
        let mut slices: HashMap<(Option<SessionStatus>, &Page), Vec<UserId>> = HashMap::new();
        for SessionsKey { filter, page } in wanted {
            slices.entry((filter.status, page)).or_default().push(filter.user);
        }
        let mut loaded = HashMap::new();
        for ((status, page), ids) in slices {
            let rows = sessions::list_of_users(&self.0.db, &ids, status, page, self.0.clock.now()).await;
            let key = |user| SessionsKey { filter: SessionsFilter { user, status }, page: page.clone() };
            let of = |(user, rows)| (key(user), rows);
            loaded.extend(many_each(&ids, rows, |session| session.user_id).into_iter().map(of));
        }
        loaded
    }
}

struct SessionByIdBatch(Arc<App>);

impl BatchFn<SessionId, ApiResult<Option<SessionOfUser>>> for SessionByIdBatch {
    async fn load(&mut self, ids: &[SessionId]) -> HashMap<SessionId, ApiResult<Option<SessionOfUser>>> {
        one_each(ids, sessions::list_with_users(&self.0.db, ids).await, |found| found.session.id)
    }
}

struct SessionCountBatch(Arc<App>);

impl BatchFn<SessionsFilter, ApiResult<i64>> for SessionCountBatch {
    /// Runs one statement for each status, for all users that ask for it.
    async fn load(&mut self, wanted: &[SessionsFilter]) -> HashMap<SessionsFilter, ApiResult<i64>> {
        let mut users: HashMap<Option<SessionStatus>, Vec<UserId>> = HashMap::new();
        for SessionsFilter { user, status } in wanted {
            users.entry(*status).or_default().push(*user);
        }
        let mut loaded = HashMap::new();
        for (status, ids) in users {
            let counts = sessions::count_of_users(&self.0.db, &ids, status, self.0.clock.now()).await;
            // A user without sessions has no row.
            let count = |row: Option<SessionCount>| row.map_or(0, |row| row.sessions);
            let of = |(user, row): (_, ApiResult<_>)| (SessionsFilter { user, status }, row.map(count));
            loaded.extend(one_each(&ids, counts, |row| row.user_id).into_iter().map(of));
        }
        loaded
    }
}

struct AuditEventByIdBatch(Arc<App>);

impl BatchFn<EventId, ApiResult<Option<AuditEvent>>> for AuditEventByIdBatch {
    async fn load(&mut self, ids: &[EventId]) -> HashMap<EventId, ApiResult<Option<AuditEvent>>> {
        one_each(ids, audit_log::find_many(&self.0.db, ids).await, |event| event.id)
    }
}

struct AuditEventBatch(Arc<App>);

impl BatchFn<EventSlice, ApiResult<Vec<AuditEvent>>> for AuditEventBatch {
    async fn load(&mut self, slices: &[EventSlice]) -> HashMap<EventSlice, ApiResult<Vec<AuditEvent>>> {
        match audit_search::list_each(&self.0.db, slices).await.map_err(ApiError::from) {
            Err(error) => slices.iter().map(|slice| (slice.clone(), Err(error.clone()))).collect(),
            Ok(lists) => slices.iter().cloned().zip(lists.into_iter().map(Ok)).collect(),
        }
    }
}

/// Maps each key to its only row.
fn one_each<K: Copy + Eq + Hash, R: Clone>(
    keys: &[K],
    rows: Result<Vec<R>>,
    key: impl Fn(&R) -> K,
) -> HashMap<K, ApiResult<Option<R>>> {
    let lists = many_each(keys, rows, key).into_iter();
    lists.map(|(key, rows)| (key, rows.map(|rows| rows.into_iter().next()))).collect()
}

/// Maps each key to its rows, in their order; to none if there are none.
fn many_each<K: Copy + Eq + Hash, R: Clone>(
    keys: &[K],
    rows: Result<Vec<R>>,
    key: impl Fn(&R) -> K,
) -> HashMap<K, ApiResult<Vec<R>>> {
    // Converted once, so that a fault is logged once and not for every item of the page.
    match rows.map_err(ApiError::from) {
        Err(error) => keys.iter().map(|key| (*key, Err(error.clone()))).collect(),
        Ok(rows) => {
            let mut lists: HashMap<K, Vec<R>> = keys.iter().map(|key| (*key, Vec::new())).collect();
            for row in rows {
                lists.entry(key(&row)).or_default().push(row);
            }
            lists.into_iter().map(|(key, rows)| (key, Ok(rows))).collect()
        }
    }
}
