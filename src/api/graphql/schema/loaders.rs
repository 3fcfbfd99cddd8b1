//! Batches: what every item of a page asks for is read for all of them in one statement.
//!
//! Nothing is kept from one batch to the next: a mutation may change what the one after it in the document shows, and a
//! subscription lives for hours. And nothing is shared between requests, so that no row meets another viewer.

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
use crate::records::audit_log::AuditEvent;
use crate::records::audit_search::{self, EventSlice};
use crate::records::mfa::{self, MfaSummary};
use crate::records::oauth_accounts::{self, LinkedAccount};
use crate::records::sessions::{self, Session};
use crate::records::users::{self, User};
use crate::values::ids::UserId;
use crate::values::paging::Page;
use crate::values::session::SessionStatus;

/// The loaders of a request, made when the first field needs one. Request data.
#[derive(Default)]
pub struct LoadersCell(OnceLock<Loaders>);

/// One loader for each kind of thing.
pub struct Loaders {
    users: Loader<UserId, ApiResult<Option<User>>, Users>,
    sessions: Loader<SessionsOf, ApiResult<Vec<Session>>, Sessions>,
    oauth_accounts: Loader<UserId, ApiResult<Vec<LinkedAccount>>, OAuthAccounts>,
    mfa: Loader<UserId, ApiResult<Option<MfaSummary>>, Mfa>,
    audit_events: Loader<EventSlice, ApiResult<Vec<AuditEvent>>, AuditEvents>,
}

/// Which sessions of whom.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionsOf {
    /// Whose.
    pub user: UserId,
    /// Which of them.
    pub status: Option<SessionStatus>,
    /// Which slice.
    pub page: Page,
}

/// The loaders of this request.
///
/// # Errors
/// A fault where the edge forgot them.
pub fn loaders<'a>(ctx: &Context<'a>) -> Result<&'a Loaders> {
    let app = Arc::clone(ctx.app()?);
    Ok(ctx.data::<LoadersCell>().map_err(missing_data)?.0.get_or_init(|| Loaders::over(&app)))
}

impl Loaders {
    fn over(app: &Arc<App>) -> Self {
        Self {
            users: Loader::new(Users(Arc::clone(app))),
            sessions: Loader::new(Sessions(Arc::clone(app))),
            oauth_accounts: Loader::new(OAuthAccounts(Arc::clone(app))),
            mfa: Loader::new(Mfa(Arc::clone(app))),
            audit_events: Loader::new(AuditEvents(Arc::clone(app))),
        }
    }

    /// The user of this id, deleted or not.
    ///
    /// # Errors
    /// `UNAVAILABLE`, or a fault.
    pub async fn user(&self, id: UserId) -> ApiResult<Option<User>> {
        self.users.try_load(id).await.or_fault("loading users")?
    }

    /// A slice of a user's sessions, with one more than the page where there is one.
    ///
    /// # Errors
    /// `UNAVAILABLE`, or a fault.
    pub async fn sessions(&self, of: SessionsOf) -> ApiResult<Vec<Session>> {
        self.sessions.try_load(of).await.or_fault("loading sessions")?
    }

    /// What a user is linked to, the oldest link first.
    ///
    /// # Errors
    /// `UNAVAILABLE`, or a fault.
    pub async fn oauth_accounts(&self, user: UserId) -> ApiResult<Vec<LinkedAccount>> {
        self.oauth_accounts.try_load(user).await.or_fault("loading accounts at providers")?
    }

    /// How a user's second factor stands; `None` where it is off.
    ///
    /// # Errors
    /// `UNAVAILABLE`, or a fault.
    pub async fn mfa(&self, user: UserId) -> ApiResult<Option<MfaSummary>> {
        self.mfa.try_load(user).await.or_fault("loading second factors")?
    }

    /// A slice of the audit trail, with one more than the page where there is one.
    ///
    /// # Errors
    /// `UNAVAILABLE`, or a fault.
    pub async fn audit_events(&self, slice: EventSlice) -> ApiResult<Vec<AuditEvent>> {
        self.audit_events.try_load(slice).await.or_fault("loading audit events")?
    }
}

struct Users(Arc<App>);

impl BatchFn<UserId, ApiResult<Option<User>>> for Users {
    async fn load(&mut self, ids: &[UserId]) -> HashMap<UserId, ApiResult<Option<User>>> {
        one_each(ids, users::list(&self.0.db, ids).await, |user| user.id)
    }
}

struct Mfa(Arc<App>);

impl BatchFn<UserId, ApiResult<Option<MfaSummary>>> for Mfa {
    async fn load(&mut self, ids: &[UserId]) -> HashMap<UserId, ApiResult<Option<MfaSummary>>> {
        one_each(ids, mfa::list_of_users(&self.0.db, ids).await, |standing| standing.user_id)
    }
}

struct OAuthAccounts(Arc<App>);

impl BatchFn<UserId, ApiResult<Vec<LinkedAccount>>> for OAuthAccounts {
    async fn load(&mut self, ids: &[UserId]) -> HashMap<UserId, ApiResult<Vec<LinkedAccount>>> {
        many_each(ids, oauth_accounts::list_of_users(&self.0.db, ids).await, |account| account.user_id)
    }
}

struct Sessions(Arc<App>);

impl BatchFn<SessionsOf, ApiResult<Vec<Session>>> for Sessions {
    /// One statement for each slice that is asked for: the same slice of many users is one.
    async fn load(&mut self, wanted: &[SessionsOf]) -> HashMap<SessionsOf, ApiResult<Vec<Session>>> {
        let mut slices: HashMap<(Option<SessionStatus>, &Page), Vec<UserId>> = HashMap::new();
        for SessionsOf { user, status, page } in wanted {
            slices.entry((*status, page)).or_default().push(*user);
        }
        let mut loaded = HashMap::new();
        for ((status, page), ids) in slices {
            let rows = sessions::list_of_users(&self.0.db, &ids, status, page, self.0.clock.now()).await;
            let of = |(user, rows)| (SessionsOf { user, status, page: page.clone() }, rows);
            loaded.extend(many_each(&ids, rows, |session| session.user_id).into_iter().map(of));
        }
        loaded
    }
}

struct AuditEvents(Arc<App>);

impl BatchFn<EventSlice, ApiResult<Vec<AuditEvent>>> for AuditEvents {
    async fn load(&mut self, slices: &[EventSlice]) -> HashMap<EventSlice, ApiResult<Vec<AuditEvent>>> {
        match audit_search::list_each(&self.0.db, slices).await.map_err(ApiError::from) {
            Err(error) => slices.iter().map(|slice| (slice.clone(), Err(error.clone()))).collect(),
            Ok(lists) => slices.iter().cloned().zip(lists.into_iter().map(Ok)).collect(),
        }
    }
}

/// At most one row for each key.
fn one_each<K: Copy + Eq + Hash, R: Clone>(
    keys: &[K],
    rows: Result<Vec<R>>,
    key: impl Fn(&R) -> K,
) -> HashMap<K, ApiResult<Option<R>>> {
    let lists = many_each(keys, rows, key).into_iter();
    lists.map(|(key, rows)| (key, rows.map(|rows| rows.into_iter().next()))).collect()
}

/// The rows of each key, in their order; every key has an answer.
fn many_each<K: Copy + Eq + Hash, R: Clone>(
    keys: &[K],
    rows: Result<Vec<R>>,
    key: impl Fn(&R) -> K,
) -> HashMap<K, ApiResult<Vec<R>>> {
    // Made once, so that a fault is logged once and not for every item of the page.
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
