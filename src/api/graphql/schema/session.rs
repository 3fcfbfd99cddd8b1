//! Sessions, as the schema shows them.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};

use super::context::{ContextExt, try_viewer};
use super::loaders::loaders;
use super::paging::{Connection, PageEdge, PageInfo};
use super::views::{SessionView, UserView};
use crate::api::graphql::error::ApiResult;
use crate::api::graphql::scalars::DateTime;
use crate::flows::reauthenticate;
use crate::records::sessions::Session;
use crate::values::session;

/// Where a session stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "session::SessionStatus")]
pub enum SessionStatus {
    /// Its tokens work.
    Active,
    /// Nobody refreshed it in time.
    Expired,
    /// Somebody ended it.
    Revoked,
    /// A spent refresh token was used again, so it was ended.
    Compromised,
}

/// Why a session ended. A refused refresh carries the same reason in `extensions.reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "session::SessionEndReason")]
pub enum SessionEndReason {
    /// Its user left.
    Logout,
    /// Its user ended it from another place.
    RevokedByUser,
    /// An administrator ended it.
    RevokedByAdmin,
    /// The password was changed elsewhere.
    PasswordChanged,
    /// The password was reset by email.
    PasswordReset,
    /// The change of the address was undone from the old mailbox.
    EmailChangeUndone,
    /// A spent refresh token was used again: somebody had a copy.
    TokenReused,
    /// An administrator locked the account.
    AccountLocked,
    /// The account was deleted.
    AccountDeleted,
    /// Nobody refreshed it in time.
    Expired,
}

/// How somebody proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "session::AuthMethod")]
pub enum AuthMethod {
    /// The account's password.
    Password,
    /// A code of an authenticator app (RFC 6238).
    Totp,
    /// One of the codes that were shown once.
    BackupCode,
}

/// One sign-in on one device, from its beginning to its end.
#[Object(name = "Session")]
impl SessionView {
    /// Opaque, for ever the same: `session_…`.
    pub async fn id(&self) -> ID {
        ID(self.session.id.to_string())
    }

    /// Whether it is the session of this request's access token, or the one just signed in to.
    async fn current(&self) -> bool {
        self.is_current
    }

    /// Where it stands.
    async fn status(&self, ctx: &Context<'_>) -> ApiResult<SessionStatus> {
        Ok(self.session.status(ctx.now()?).into())
    }

    /// What it was opened on.
    async fn device(&self) -> Device {
        let Session { device_name, browser, os, user_agent, .. } = &self.session;
        Device {
            name: device_name.clone(),
            browser: browser.clone(),
            os: os.clone(),
            user_agent: Some(user_agent.clone()).filter(|agent| !agent.is_empty()),
        }
    }

    /// Where it was opened from.
    async fn ip_address(&self) -> Option<&str> {
        Some(&self.session.address)
    }

    /// How its user proved who they are.
    async fn auth_methods(&self) -> Vec<AuthMethod> {
        self.session.auth_methods.iter().copied().map(Into::into).collect()
    }

    /// When it was opened.
    async fn created_at(&self) -> DateTime {
        self.session.opened_at.into()
    }

    /// When it was last used, to the minute.
    async fn last_seen_at(&self) -> DateTime {
        self.session.last_seen_at.into()
    }

    /// When it is over, if nobody refreshes it.
    async fn expires_at(&self) -> DateTime {
        self.session.expires_at.into()
    }

    /// When it ended before its time.
    async fn ended_at(&self) -> Option<DateTime> {
        let Session { ended_at, end_reason, .. } = self.session;
        ended_at.filter(|_| end_reason != Some(session::SessionEndReason::Expired)).map(Into::into)
    }

    /// Why it is over.
    async fn end_reason(&self, ctx: &Context<'_>) -> ApiResult<Option<SessionEndReason>> {
        Ok(self.session.end_reason_at(ctx.now()?).map(Into::into))
    }

    /// Until when sensitive fields are allowed in it; null where `reauthenticate` comes first, and for everybody but its user.
    async fn recent_auth_until(&self, ctx: &Context<'_>) -> ApiResult<Option<DateTime>> {
        if !self.is_own(ctx).await {
            return Ok(None);
        }
        let until = self.session.authenticated_at + ctx.app()?.config.sessions.reauthentication_window;
        let now = ctx.now()?;
        Ok(Some(until).filter(|until| *until > now).map(Into::into))
    }

    /// What `reauthenticate` takes of its user, all of these together; TOTP stands for a backup code too. Empty for
    /// everybody but its user, and for a user who has nothing to give and has to sign in again.
    async fn reauthentication_methods(&self, ctx: &Context<'_>) -> ApiResult<Vec<AuthMethod>> {
        if !self.is_own(ctx).await {
            return Ok(Vec::new());
        }
        let has_second_factor = loaders(ctx)?.mfa(self.user.id).await?.is_some();
        Ok(reauthenticate::methods(&self.user, has_second_factor).into_iter().map(Into::into).collect())
    }

    /// Whose it is.
    async fn user(&self) -> UserView {
        UserView(self.user.clone())
    }
}

impl SessionView {
    /// Whether its user is the one who asks, or has just signed in.
    async fn is_own(&self, ctx: &Context<'_>) -> bool {
        self.is_current || try_viewer(ctx).await.is_ok_and(|viewer| viewer.user().id == self.user.id)
    }
}

/// What a session was opened on.
#[derive(SimpleObject)]
pub struct Device {
    /// What the client called it when it signed in.
    name: Option<String>,
    /// Browser or app, with its version, as the user agent tells.
    browser: Option<String>,
    /// Operating system, as the user agent tells.
    os: Option<String>,
    /// The user agent, cut at 512 bytes.
    user_agent: Option<String>,
}

/// A page of sessions.
#[derive(SimpleObject)]
pub struct SessionConnection {
    /// The sessions with their cursors.
    edges: Vec<SessionEdge>,
    /// Where this page stands.
    page_info: PageInfo,
}

/// A session in a page.
#[derive(SimpleObject)]
pub struct SessionEdge {
    /// Names this place, for `after` and `before`.
    cursor: String,
    /// The session.
    node: SessionView,
}

impl Connection<SessionView> for SessionConnection {
    fn of(edges: Vec<PageEdge<SessionView>>, page_info: PageInfo) -> Self {
        let edges = edges.into_iter().map(|PageEdge { cursor, node }| SessionEdge { cursor, node }).collect();
        Self { edges, page_info }
    }
}
