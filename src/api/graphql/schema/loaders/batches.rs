//! The statements behind the loaders: one for all keys that were asked for at once.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

use dataloader::BatchFn;

use super::{SessionsFilter, SessionsKey};
use crate::api::graphql::error::{ApiError, ApiResult};
use crate::app::App;
use crate::error::Result;
use crate::records::audit_log::{self, AuditEvent};
use crate::records::audit_search::{self, EventSlice};
use crate::records::email_changes::{self, PendingEmail};
use crate::records::mfa::{self, MfaSummary};
use crate::records::oauth_accounts::{self, LinkedAccount};
use crate::records::sessions::{self, Session, SessionCount, SessionOfUser};
use crate::records::users::{self, User};
use crate::values::ids::{EventId, OAuthAccountId, SessionId, UserId};
use crate::values::paging::Page;
use crate::values::session::SessionStatus;

pub(super) struct UserBatch(pub(super) Arc<App>);

impl BatchFn<UserId, ApiResult<Option<User>>> for UserBatch {
    async fn load(&mut self, ids: &[UserId]) -> HashMap<UserId, ApiResult<Option<User>>> {
        one_each(ids, users::list(&self.0.db, ids).await, |user| user.id)
    }
}

pub(super) struct MfaBatch(pub(super) Arc<App>);

impl BatchFn<UserId, ApiResult<Option<MfaSummary>>> for MfaBatch {
    async fn load(&mut self, ids: &[UserId]) -> HashMap<UserId, ApiResult<Option<MfaSummary>>> {
        one_each(ids, mfa::list_of_users(&self.0.db, ids).await, |standing| standing.user_id)
    }
}

pub(super) struct PendingEmailBatch(pub(super) Arc<App>);

impl BatchFn<UserId, ApiResult<Option<PendingEmail>>> for PendingEmailBatch {
    async fn load(&mut self, ids: &[UserId]) -> HashMap<UserId, ApiResult<Option<PendingEmail>>> {
        let changes = email_changes::list_of_users(&self.0.db, ids, self.0.clock.now()).await;
        one_each(ids, changes, |change| change.user_id)
    }
}

pub(super) struct OAuthAccountBatch(pub(super) Arc<App>);

impl BatchFn<OAuthAccountId, ApiResult<Option<LinkedAccount>>> for OAuthAccountBatch {
    async fn load(&mut self, ids: &[OAuthAccountId]) -> HashMap<OAuthAccountId, ApiResult<Option<LinkedAccount>>> {
        one_each(ids, oauth_accounts::list(&self.0.db, ids).await, |account| account.id)
    }
}

pub(super) struct OAuthAccountsBatch(pub(super) Arc<App>);

impl BatchFn<UserId, ApiResult<Vec<LinkedAccount>>> for OAuthAccountsBatch {
    async fn load(&mut self, ids: &[UserId]) -> HashMap<UserId, ApiResult<Vec<LinkedAccount>>> {
        many_each(ids, oauth_accounts::list_of_users(&self.0.db, ids).await, |account| account.user_id)
    }
}

pub(super) struct SessionBatch(pub(super) Arc<App>);

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

pub(super) struct SessionByIdBatch(pub(super) Arc<App>);

impl BatchFn<SessionId, ApiResult<Option<SessionOfUser>>> for SessionByIdBatch {
    async fn load(&mut self, ids: &[SessionId]) -> HashMap<SessionId, ApiResult<Option<SessionOfUser>>> {
        one_each(ids, sessions::list_with_users(&self.0.db, ids).await, |found| found.session.id)
    }
}

pub(super) struct SessionCountBatch(pub(super) Arc<App>);

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

pub(super) struct AuditEventByIdBatch(pub(super) Arc<App>);

impl BatchFn<EventId, ApiResult<Option<AuditEvent>>> for AuditEventByIdBatch {
    async fn load(&mut self, ids: &[EventId]) -> HashMap<EventId, ApiResult<Option<AuditEvent>>> {
        one_each(ids, audit_log::find_many(&self.0.db, ids).await, |event| event.id)
    }
}

pub(super) struct AuditEventBatch(pub(super) Arc<App>);

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
