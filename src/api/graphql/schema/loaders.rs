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
use crate::records::audit_log::AuditEvent;
use crate::records::audit_search::{self, EventSlice};
use crate::records::email_changes::{self, PendingEmail};
use crate::records::mfa::{self, MfaSummary};
use crate::records::oauth_accounts::{self, LinkedAccount};
use crate::records::sessions::{self, Session, SessionOfUser};
use crate::records::users::{self, User};
use crate::values::ids::{OAuthAccountId, SessionId, UserId};
use crate::values::paging::Page;
use crate::values::session::SessionStatus;

/// The loaders of a request, created when the first field needs one. Request data.
#[derive(Default)]
pub struct LoadersCell(OnceLock<Loaders>);

/// One loader for each kind of record.
pub struct Loaders {
    users: Loader<UserId, ApiResult<Option<User>>, UserBatch>,
    sessions: Loader<SessionsKey, ApiResult<Vec<Session>>, SessionBatch>,
    oauth_accounts: Loader<UserId, ApiResult<Vec<LinkedAccount>>, OAuthAccountsBatch>,
    oauth_account: Loader<OAuthAccountId, ApiResult<Option<LinkedAccount>>, OAuthAccountBatch>,
    mfa: Loader<UserId, ApiResult<Option<MfaSummary>>, MfaBatch>,
    sessions_by_id: Loader<SessionId, ApiResult<Option<SessionOfUser>>, SessionByIdBatch>,
    pending_emails: Loader<UserId, ApiResult<Option<PendingEmail>>, PendingEmailBatch>,
    audit_events: Loader<EventSlice, ApiResult<Vec<AuditEvent>>, AuditEventBatch>,
}

/// A page of a user's sessions.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SessionsKey {
    /// The user.
    pub user: UserId,
    /// Only sessions of this status.
    pub status: Option<SessionStatus>,
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
            oauth_accounts: Loader::new(OAuthAccountsBatch(Arc::clone(app))),
            oauth_account: Loader::new(OAuthAccountBatch(Arc::clone(app))),
            mfa: Loader::new(MfaBatch(Arc::clone(app))),
            sessions_by_id: Loader::new(SessionByIdBatch(Arc::clone(app))),
            pending_emails: Loader::new(PendingEmailBatch(Arc::clone(app))),
            audit_events: Loader::new(AuditEventBatch(Arc::clone(app))),
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

    /// Loads the provider accounts linked to a user, oldest first.
    pub async fn oauth_accounts(&self, user: UserId) -> ApiResult<Vec<LinkedAccount>> {
        self.oauth_accounts.try_load(user).await.or_fault("loading accounts at providers")?
    }

    /// Loads a provider account by its id.
    pub async fn oauth_account(&self, id: OAuthAccountId) -> ApiResult<Option<LinkedAccount>> {
        self.oauth_account.try_load(id).await.or_fault("loading an account at a provider")?
    }

    /// Loads the state of a user's second factor; `None` if it is off.
    pub async fn mfa(&self, user: UserId) -> ApiResult<Option<MfaSummary>> {
        self.mfa.try_load(user).await.or_fault("loading second factors")?
    }

    /// Loads a session by id, with its user.
    pub async fn session(&self, id: SessionId) -> ApiResult<Option<SessionOfUser>> {
        self.sessions_by_id.try_load(id).await.or_fault("loading sessions by id")?
    }

    /// Loads the new address of a user that is not confirmed yet.
    pub async fn pending_email(&self, user: UserId) -> ApiResult<Option<PendingEmail>> {
        self.pending_emails.try_load(user).await.or_fault("loading changes of address")?
    }

    /// Loads a page of audit events, and one more row if there is a next page.
    pub async fn audit_events(&self, slice: EventSlice) -> ApiResult<Vec<AuditEvent>> {
        self.audit_events.try_load(slice).await.or_fault("loading audit events")?
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

struct SessionByIdBatch(Arc<App>);

impl BatchFn<SessionId, ApiResult<Option<SessionOfUser>>> for SessionByIdBatch {
    async fn load(&mut self, ids: &[SessionId]) -> HashMap<SessionId, ApiResult<Option<SessionOfUser>>> {
        one_each(ids, sessions::list_with_users(&self.0.db, ids).await, |found| found.session.id)
    }
}

struct PendingEmailBatch(Arc<App>);

impl BatchFn<UserId, ApiResult<Option<PendingEmail>>> for PendingEmailBatch {
    async fn load(&mut self, ids: &[UserId]) -> HashMap<UserId, ApiResult<Option<PendingEmail>>> {
        let changes = email_changes::list_of_users(&self.0.db, ids, self.0.clock.now()).await;
        one_each(ids, changes, |change| change.user_id)
    }
}

struct OAuthAccountBatch(Arc<App>);

impl BatchFn<OAuthAccountId, ApiResult<Option<LinkedAccount>>> for OAuthAccountBatch {
    async fn load(&mut self, ids: &[OAuthAccountId]) -> HashMap<OAuthAccountId, ApiResult<Option<LinkedAccount>>> {
        one_each(ids, oauth_accounts::list(&self.0.db, ids).await, |account| account.id)
    }
}

struct OAuthAccountsBatch(Arc<App>);

impl BatchFn<UserId, ApiResult<Vec<LinkedAccount>>> for OAuthAccountsBatch {
    async fn load(&mut self, ids: &[UserId]) -> HashMap<UserId, ApiResult<Vec<LinkedAccount>>> {
        many_each(ids, oauth_accounts::list_of_users(&self.0.db, ids).await, |account| account.user_id)
    }
}

struct SessionBatch(Arc<App>);

impl BatchFn<SessionsKey, ApiResult<Vec<Session>>> for SessionBatch {
    /// Runs one statement for each distinct page, for all users that ask for it.
    async fn load(&mut self, wanted: &[SessionsKey]) -> HashMap<SessionsKey, ApiResult<Vec<Session>>> {
        let mut slices: HashMap<(Option<SessionStatus>, &Page), Vec<UserId>> = HashMap::new();
        for SessionsKey { user, status, page } in wanted {
            slices.entry((*status, page)).or_default().push(*user);
        }
        let mut loaded = HashMap::new();
        for ((status, page), ids) in slices {
            let rows = sessions::list_of_users(&self.0.db, &ids, status, page, self.0.clock.now()).await;
            let of = |(user, rows)| (SessionsKey { user, status, page: page.clone() }, rows);
            loaded.extend(many_each(&ids, rows, |session| session.user_id).into_iter().map(of));
        }
        loaded
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
