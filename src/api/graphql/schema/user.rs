//! Users and their provider accounts.

use async_graphql::{Context, Enum, ID, Object};

use super::audit::{AuditEventFilter, events_about};
use super::context::{ContextExt, viewer};
use super::guards::{RoleEnum, refuses};
use super::loaders::loaders;
use super::mfa::MfaStatus;
use super::oauth_accounts::OAuthAccountView;
use super::paging::{AuditEventConnection, ConnectionArguments};
use super::session::SessionStatusEnum;
use super::session_list::{self, SessionConnection};
use super::user_changes::UserLockView;
use super::views::UserView;
use crate::api::graphql::error::{ApiResult, Code};
use crate::api::graphql::scalars::{DateTime, EmailAddressScalar, int};
use crate::values::user;

/// Status of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "UserStatus", remote = "user::UserStatus")]
pub enum UserStatusEnum {
    /// The user can sign in.
    Active,
    /// The user cannot sign in until the lock ends.
    Locked,
    /// The user has not accepted the invitation yet.
    Invited,
    /// The account is deleted and can be restored. Only administrators can see it.
    Deleted,
    /// The account is deleted and its personal data erased. Only administrators can see it.
    Erased,
}

/// A person with an account.
#[allow(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
#[Object(name = "User")]
impl UserView {
    /// Opaque id that never changes: `user_…`.
    pub async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// Email address of the account.
    async fn email(&self) -> EmailAddressScalar {
        (&self.0.email).into()
    }

    /// New address that has not been confirmed yet. Null if none is waiting.
    async fn pending_email(&self, ctx: &Context<'_>) -> ApiResult<Option<EmailAddressScalar>> {
        Ok(loaders(ctx)?.pending_email(self.0.id).await?.map(|change| (&change.email).into()))
    }

    /// Whether the user proved that the mailbox of `email` is theirs.
    async fn email_verified(&self) -> bool {
        self.0.email_verified_at.is_some()
    }

    /// Display name, 1 to 80 characters.
    async fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// Language of the user as a BCP 47 tag, such as `en` or `pt-BR`.
    async fn locale(&self) -> Option<&str> {
        self.0.locale.as_deref()
    }

    /// Role of the user.
    async fn role(&self) -> RoleEnum {
        self.0.role.into()
    }

    /// Status of the account.
    async fn status(&self, ctx: &Context<'_>) -> ApiResult<UserStatusEnum> {
        Ok(self.0.status(ctx.now()?).into())
    }

    /// Whether the user can sign in with a password.
    async fn has_password(&self) -> bool {
        self.0.password_hash.is_some()
    }

    /// State of the second factor.
    async fn mfa(&self, ctx: &Context<'_>) -> ApiResult<MfaStatus> {
        let Some(standing) = loaders(ctx)?.mfa(self.0.id).await? else {
            return Ok(MfaStatus { enabled: false, enabled_at: None, backup_codes_remaining: 0 });
        };
        Ok(MfaStatus {
            enabled: true,
            enabled_at: Some(standing.enabled_at.into()),
            backup_codes_remaining: int(standing.backup_codes),
        })
    }

    /// Provider accounts the user can sign in with, oldest first.
    async fn oauth_accounts(&self, ctx: &Context<'_>) -> ApiResult<Vec<OAuthAccountView>> {
        let accounts = loaders(ctx)?.oauth_accounts(self.0.id).await?;
        Ok(accounts.into_iter().map(Into::into).collect())
    }

    /// List the user's sessions, newest first. At most 100 per page, 20 if no size is given.
    #[graphql(directive = refuses::apply(vec![Code::ValidationFailed]))]
    async fn sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of items from the start, 0 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only items after this cursor.")] after: Option<String>,
        #[graphql(desc = "Number of items from the end, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only sessions of this status.")] status: Option<SessionStatusEnum>,
    ) -> ApiResult<Option<SessionConnection>> {
        let arguments = ConnectionArguments { first, after, last, before };
        session_list::of_user(ctx, &self.0, arguments, status.map(Into::into)).await.map(Some)
    }

    /// List audit events about the user, newest first. At most 100 per page, 20 if no size is given. Administrators see
    /// all details. Users do not see who else did something, nor from where.
    #[graphql(directive = refuses::apply(vec![Code::ValidationFailed]))]
    async fn audit_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Number of items from the start, 0 to 100.")] first: Option<i32>,
        #[graphql(desc = "Only items after this cursor.")] after: Option<String>,
        #[graphql(desc = "Number of items from the end, 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only items before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only events that match.")] filter: Option<AuditEventFilter>,
    ) -> ApiResult<Option<AuditEventConnection>> {
        events_about(ctx, self.0.id, ConnectionArguments { first, after, last, before }, filter).await.map(Some)
    }

    /// When the account was created.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When the account was last changed.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }

    /// When the user last signed in. Null if never.
    async fn last_login_at(&self) -> Option<DateTime> {
        self.0.last_login_at.map(Into::into)
    }

    /// The lock. Null if the account is not locked. Only administrators see it.
    async fn lock(&self, ctx: &Context<'_>) -> ApiResult<Option<UserLockView>> {
        Ok(for_admins(ctx, self.0.lock(ctx.now()?)).await)
    }

    /// When the account was deleted. Only administrators see it.
    async fn deleted_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        for_admins(ctx, self.0.deleted_at).await
    }

    /// When the personal data of the deleted account was erased. After that it cannot be restored. Only administrators
    /// see it.
    async fn erased_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        for_admins(ctx, self.0.erased_at).await
    }
}

/// A value that only administrators may see.
async fn for_admins<T, V: From<T>>(ctx: &Context<'_>, value: Option<T>) -> Option<V> {
    let value = value?;
    viewer(ctx).await.ok().filter(|viewer| viewer.administrator().is_ok()).map(|_| value.into())
}
