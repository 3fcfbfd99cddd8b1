//! Sessions and their devices.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};

use super::context::{ContextExt, try_viewer, viewer};
use super::loaders::loaders;
use super::views::{SessionView, UserView};
use crate::api::graphql::error::ApiResult;
use crate::api::graphql::scalars::DateTime;
use crate::error::Result;
use crate::flows::reauthenticate;
use crate::records::sessions::Session;
use crate::values::session;

/// Status of a session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "SessionStatus", remote = "session::SessionStatus")]
pub enum SessionStatusEnum {
    /// Its tokens work.
    Active,
    /// It was not refreshed in time.
    Expired,
    /// A user, an administrator or a security rule ended it.
    Revoked,
    /// A refresh token was used twice, so the server ended it.
    Compromised,
}

/// Why a session ended. The error `SESSION_ENDED` has it in `extensions.sessionEndReason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "SessionEndReason", remote = "session::SessionEndReason")]
pub enum SessionEndReasonEnum {
    /// The user signed out.
    Logout,
    /// The user ended it from another session or by email.
    RevokedByUser,
    /// An administrator ended it.
    RevokedByAdmin,
    /// The password was changed in another session.
    PasswordChanged,
    /// The password was reset by email.
    PasswordReset,
    /// An email change was undone from the former address.
    EmailChangeUndone,
    /// A refresh token was used twice, so it may have been stolen.
    TokenReused,
    /// An administrator locked the account.
    AccountLocked,
    /// The account was deleted.
    AccountDeleted,
    /// The owner of the email address proved it for the first time. The address was never verified before, so someone else
    /// may have opened the session.
    EmailClaimed,
    /// It was not refreshed in time.
    Expired,
}

/// How a user proves their identity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "AuthMethod", remote = "session::AuthMethod")]
pub enum AuthMethodEnum {
    /// The account's password.
    Password,
    /// Six-digit code of an authenticator app (RFC 6238).
    Totp,
    /// One of the user's backup codes.
    BackupCode,
    /// An account at an OAuth provider.
    Oauth,
}

/// One sign-in on one device, until it ends.
#[Object(name = "Session")]
impl SessionView {
    /// Opaque id that never changes: `session_…`.
    pub async fn id(&self) -> ID {
        ID(self.session.id.to_string())
    }

    /// Whether this session made the request, or was opened by it.
    async fn current(&self) -> bool {
        self.is_current
    }

    /// Status of the session.
    async fn status(&self, ctx: &Context<'_>) -> ApiResult<SessionStatusEnum> {
        Ok(self.session.status(ctx.now()?).into())
    }

    /// Device the session was opened on.
    async fn device(&self) -> DeviceView {
        let Session { device_name, browser, os, user_agent, .. } = &self.session;
        DeviceView {
            name: device_name.clone(),
            browser: browser.clone(),
            os: os.clone(),
            user_agent: Some(user_agent.clone()).filter(|agent| !agent.is_empty()),
        }
    }

    /// IP address the session was opened from.
    async fn ip_address(&self) -> Option<&str> {
        Some(&self.session.address)
    }

    /// How the user signed in.
    async fn auth_methods(&self) -> Vec<AuthMethodEnum> {
        self.session.auth_methods.iter().copied().map(Into::into).collect()
    }

    /// When the session was opened.
    async fn created_at(&self) -> DateTime {
        self.session.opened_at.into()
    }

    /// When the session was last used, to the minute.
    async fn last_seen_at(&self) -> DateTime {
        self.session.last_seen_at.into()
    }

    /// When the session ends if it is not refreshed.
    async fn expires_at(&self) -> DateTime {
        self.session.expires_at.into()
    }

    /// When the session was ended. Null if it is active or expired.
    async fn ended_at(&self) -> Option<DateTime> {
        let Session { ended_at, end_reason, .. } = self.session;
        ended_at.filter(|_| end_reason != Some(session::SessionEndReason::Expired)).map(Into::into)
    }

    /// Why the session ended. Null if it is active.
    async fn end_reason(&self, ctx: &Context<'_>) -> ApiResult<Option<SessionEndReasonEnum>> {
        Ok(self.session.end_reason_at(ctx.now()?).map(Into::into))
    }

    /// Until when fields with `recentAuth` are allowed in this session. Null if `reauthenticate` is required first, if the
    /// session has ended, and for sessions of another user.
    async fn recent_auth_until(&self, ctx: &Context<'_>) -> ApiResult<Option<DateTime>> {
        // Nothing is allowed in a session that has ended.
        if !self.is_own(ctx).await || self.session.end_reason_at(ctx.now()?).is_some() {
            return Ok(None);
        }
        let until = self.session.authenticated_at + ctx.app()?.config.sessions.reauthentication_window;
        let now = ctx.now()?;
        Ok(Some(until).filter(|until| *until > now).map(Into::into))
    }

    /// What `reauthenticate` requires, all of them together. A backup code can replace TOTP, and an answer of a linked
    /// provider PASSWORD. Empty for sessions of another user, and if the user can only sign in again.
    async fn reauthentication_methods(&self, ctx: &Context<'_>) -> ApiResult<Vec<AuthMethodEnum>> {
        if !self.is_own(ctx).await {
            return Ok(Vec::new());
        }
        let has_second_factor = loaders(ctx)?.mfa(self.user.id).await?.is_some();
        let has_linked_account = self.has_linked_account(ctx).await?;
        let methods = reauthenticate::methods(&self.user, has_second_factor, has_linked_account);
        Ok(methods.into_iter().map(Into::into).collect())
    }

    /// The user of the session.
    async fn user(&self, ctx: &Context<'_>) -> ApiResult<UserView> {
        // A subscription also delivers the event that ended its session, and then shows nothing else of the user.
        if self.has_ended(ctx)? {
            viewer(ctx).await?;
        }
        Ok(UserView(self.user.clone()))
    }
}

impl SessionView {
    fn has_ended(&self, ctx: &Context<'_>) -> Result<bool> {
        Ok(self.session.end_reason_at(ctx.now()?).is_some())
    }

    /// Whether the user can confirm their identity at a provider. It matters, and is read, only without a password.
    async fn has_linked_account(&self, ctx: &Context<'_>) -> ApiResult<bool> {
        let app = ctx.app()?;
        if self.user.password_hash.is_some() || app.oauth.iter().next().is_none() {
            return Ok(false);
        }
        let accounts = loaders(ctx)?.oauth_accounts(self.user.id).await?;
        Ok(accounts.iter().any(|account| app.oauth.find(&account.provider).is_some()))
    }

    /// Whether the viewer, or the user who is just signing in, owns the session.
    async fn is_own(&self, ctx: &Context<'_>) -> bool {
        let is_alive = self.has_ended(ctx).is_ok_and(|ended| !ended);
        self.is_current && is_alive || try_viewer(ctx).await.is_ok_and(|viewer| viewer.user().id == self.user.id)
    }
}

/// Device a session was opened on.
#[derive(SimpleObject)]
#[graphql(name = "Device")]
pub struct DeviceView {
    /// Name that the client gave the device when signing in.
    name: Option<String>,
    /// Browser or app and its version, according to the user agent.
    browser: Option<String>,
    /// Operating system, according to the user agent.
    os: Option<String>,
    /// `User-Agent` header, cut after 512 bytes.
    user_agent: Option<String>,
}
