//! Dataloaders: one statement reads what all items of a page ask for.
//!
//! Results are not cached: the next mutation of a document may change what was read, and a subscription runs for hours.
//! Loaders are not shared between requests, so that no row reaches another viewer.

mod batches;

use std::sync::{Arc, OnceLock};

use async_graphql::Context;
use dataloader::non_cached::Loader;

use self::batches::{
    AuditEventBatch, AuditEventByIdBatch, MfaBatch, OAuthAccountBatch, OAuthAccountsBatch, PendingEmailBatch,
    SessionBatch, SessionByIdBatch, SessionCountBatch, UserBatch,
};
use super::context::ContextExt;
use crate::api::graphql::error::{ApiResult, missing_data};
use crate::app::App;
use crate::error::{OrFault, Result};
use crate::records::audit_log::AuditEvent;
use crate::records::audit_search::EventSlice;
use crate::records::email_changes::PendingEmail;
use crate::records::mfa::MfaSummary;
use crate::records::oauth_accounts::LinkedAccount;
use crate::records::sessions::{Session, SessionOfUser};
use crate::records::users::User;
use crate::values::ids::{EventId, OAuthAccountId, SessionId, UserId};
use crate::values::paging::Page;
use crate::values::session::SessionStatus;

/// The loaders of a request, created when the first field needs one. Request data.
#[derive(Default)]
pub struct LoadersCell(OnceLock<Loaders>);

/// One loader for each kind of record.
pub struct Loaders {
    users: Loader<UserId, ApiResult<Option<User>>, UserBatch>,
    sessions: Loader<SessionsKey, ApiResult<Vec<Session>>, SessionBatch>,
    session_counts: Loader<SessionsFilter, ApiResult<i64>, SessionCountBatch>,
    oauth_accounts: Loader<UserId, ApiResult<Vec<LinkedAccount>>, OAuthAccountsBatch>,
    oauth_account: Loader<OAuthAccountId, ApiResult<Option<LinkedAccount>>, OAuthAccountBatch>,
    mfa: Loader<UserId, ApiResult<Option<MfaSummary>>, MfaBatch>,
    sessions_by_id: Loader<SessionId, ApiResult<Option<SessionOfUser>>, SessionByIdBatch>,
    pending_emails: Loader<UserId, ApiResult<Option<PendingEmail>>, PendingEmailBatch>,
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
            session_counts: Loader::new(SessionCountBatch(Arc::clone(app))),
            oauth_accounts: Loader::new(OAuthAccountsBatch(Arc::clone(app))),
            oauth_account: Loader::new(OAuthAccountBatch(Arc::clone(app))),
            mfa: Loader::new(MfaBatch(Arc::clone(app))),
            sessions_by_id: Loader::new(SessionByIdBatch(Arc::clone(app))),
            pending_emails: Loader::new(PendingEmailBatch(Arc::clone(app))),
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

    /// Loads a provider account by its id.
    pub async fn oauth_account(&self, id: OAuthAccountId) -> ApiResult<Option<LinkedAccount>> {
        self.oauth_account.try_load(id).await.or_fault("loading an account at a provider")?
    }

    /// Loads the state of a user's second factor; `None` if it is off.
    pub async fn mfa(&self, user: UserId) -> ApiResult<Option<MfaSummary>> {
        self.mfa.try_load(user).await.or_fault("loading second factors")?
    }

    /// Loads the new address of a user that is not confirmed yet.
    pub async fn pending_email(&self, user: UserId) -> ApiResult<Option<PendingEmail>> {
        self.pending_emails.try_load(user).await.or_fault("loading changes of address")?
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
