//! Users, and what there is to know before one is.

use async_graphql::{Context, Enum, ID, Object, SimpleObject};

use super::audit::{AuditEventConnection, AuditEventFilter, history_of};
use super::context::{ContextExt, viewer};
use super::guards::Role;
use super::loaders::{SessionsOf, loaders};
use super::mfa::MfaStatus;
use super::paging::{ConnectionArguments, connection};
use super::session::{SessionConnection, SessionStatus};
use super::views::{SessionView, UserView};
use crate::api::graphql::error::ApiResult;
use crate::api::graphql::scalars::{DateTime, EmailAddress};
use crate::records::{oauth_accounts, sessions};
use crate::values::paging::{ListScope, SortedBy};
use crate::values::time::Time;
use crate::values::{password, user};

/// Where an account stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "user::UserStatus")]
pub enum UserStatus {
    /// It can sign in.
    Active,
    /// It cannot sign in for a while.
    Locked,
    /// It is gone for everybody but administrators.
    Deleted,
}

/// A person with an account.
#[allow(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
#[Object(name = "User")]
impl UserView {
    /// Opaque, for ever the same: `user_…`.
    pub async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// The address the account is known by.
    async fn email(&self) -> EmailAddress {
        (&self.0.email).into()
    }

    /// Whether somebody proved to read the mailbox of `email`.
    async fn email_verified(&self) -> bool {
        self.0.email_verified_at.is_some()
    }

    /// What the user wants to be called; 1 to 80 characters.
    async fn name(&self) -> Option<&str> {
        self.0.name.as_deref()
    }

    /// The user's language (BCP 47).
    async fn locale(&self) -> Option<&str> {
        self.0.locale.as_deref()
    }

    /// What the user may do.
    async fn role(&self) -> Role {
        self.0.role.into()
    }

    /// Where the account stands.
    async fn status(&self, ctx: &Context<'_>) -> ApiResult<UserStatus> {
        Ok(self.0.status(ctx.now()?).into())
    }

    /// Whether the user can sign in with a password.
    async fn has_password(&self) -> bool {
        self.0.password_hash.is_some()
    }

    /// How the user's second factor stands.
    async fn mfa(&self, ctx: &Context<'_>) -> ApiResult<MfaStatus> {
        let Some(standing) = loaders(ctx)?.mfa(self.0.id).await? else {
            return Ok(MfaStatus { enabled: false, enabled_at: None, backup_codes_remaining: 0 });
        };
        Ok(MfaStatus {
            enabled: true,
            enabled_at: Some(standing.enabled_at.into()),
            backup_codes_remaining: i32::try_from(standing.backup_codes).unwrap_or(i32::MAX),
        })
    }

    /// The providers that the user can sign in with, the oldest link first.
    async fn oauth_accounts(&self, ctx: &Context<'_>) -> ApiResult<Vec<OAuthAccount>> {
        let accounts = loaders(ctx)?.oauth_accounts(self.0.id).await?;
        Ok(accounts.into_iter().map(Into::into).collect())
    }

    /// The user's sessions, newest first; at most 100 a page, 20 where no size is given.
    async fn sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start.")] first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only sessions that stand like this.")] status: Option<SessionStatus>,
    ) -> ApiResult<SessionConnection> {
        let status = status.map(Into::into);
        let page = ConnectionArguments { first, after, last, before }.parse(ListScope::new(
            "sessions",
            &status,
            SortedBy::Time,
        ))?;
        let current = viewer(ctx).await.ok().map(|viewer| viewer.session().id);
        let of = SessionsOf { user: self.0.id, status, page: page.clone() };
        let rows = loaders(ctx)?.sessions(of).await?;
        Ok(connection(rows, &page, sessions::place, |session| SessionView {
            is_current: current == Some(session.id),
            session,
            user: self.0.clone(),
        }))
    }

    /// What was done to the user, newest first; at most 100 a page, 20 where no size is given. An administrator sees
    /// everything; the user does not see who else did something, or from where.
    async fn audit_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "How many from the start.")] first: Option<i32>,
        #[graphql(desc = "Start behind this cursor.")] after: Option<String>,
        #[graphql(desc = "How many from the end.")] last: Option<i32>,
        #[graphql(desc = "End before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only events like these.")] filter: Option<AuditEventFilter>,
    ) -> ApiResult<AuditEventConnection> {
        history_of(ctx, self.0.id, ConnectionArguments { first, after, last, before }, filter).await
    }

    /// Since when there is the account.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When the account last changed.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }

    /// When the user last signed in with a credential.
    async fn last_login_at(&self) -> Option<DateTime> {
        self.0.last_login_at.map(Into::into)
    }

    /// How long the account is locked; the end of the year 9999 where the lock has no end. Null for everybody but
    /// administrators.
    async fn locked_until(&self, ctx: &Context<'_>) -> ApiResult<Option<DateTime>> {
        let now = ctx.now()?;
        Ok(for_admins(ctx, self.0.locked_until.filter(|until| *until > now)).await)
    }

    /// When the account was deleted. Null for everybody but administrators.
    async fn deleted_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        for_admins(ctx, self.0.deleted_at).await
    }

    /// When the personal data of the deleted account was erased: since then it cannot be restored. Null for everybody
    /// but administrators.
    async fn erased_at(&self, ctx: &Context<'_>) -> Option<DateTime> {
        for_admins(ctx, self.0.erased_at).await
    }
}

/// A time that only administrators may know.
async fn for_admins(ctx: &Context<'_>, at: Option<Time>) -> Option<DateTime> {
    let at = at?;
    viewer(ctx).await.ok().filter(|viewer| viewer.administrator().is_ok()).map(|_| at.into())
}

/// A way to sign in with a provider.
#[derive(SimpleObject)]
#[graphql(name = "OAuthAccount")]
pub struct OAuthAccount {
    /// Opaque, for ever the same: `oauth_…`.
    id: ID,
    /// The provider's name in the settings.
    provider: String,
    /// The address that the account has there, as the provider told it.
    email: Option<String>,
    /// Since when it is linked.
    linked_at: DateTime,
    /// When the user last signed in with it.
    last_used_at: Option<DateTime>,
}

impl From<oauth_accounts::LinkedAccount> for OAuthAccount {
    fn from(account: oauth_accounts::LinkedAccount) -> Self {
        Self {
            id: ID(account.id.to_string()),
            provider: account.provider,
            email: account.email,
            linked_at: account.linked_at.into(),
            last_used_at: account.last_used_at.map(Into::into),
        }
    }
}

/// What a frontend must know before anyone signs in.
#[derive(SimpleObject)]
pub struct AuthConfig {
    /// What a new password must keep.
    pub password_policy: PasswordPolicy,
    /// Whether nobody signs in before the address is verified.
    pub email_verification_required: bool,
    /// Whether people may register by themselves.
    pub registration_open: bool,
}

/// What a new password must keep. The most common passwords are always refused, and so are those that hold the
/// user's own e-mail address or name.
#[derive(SimpleObject)]
#[allow(clippy::struct_excessive_bools, reason = "each is a rule of its own in the schema")]
pub struct PasswordPolicy {
    /// Fewest characters.
    pub min_length: usize,
    /// Most characters.
    pub max_length: usize,
    /// Whether an upper-case letter must be there.
    pub requires_uppercase: bool,
    /// Whether a lower-case letter must be there.
    pub requires_lowercase: bool,
    /// Whether a digit must be there.
    pub requires_digit: bool,
    /// Whether a symbol must be there.
    pub requires_symbol: bool,
    /// Whether the most common passwords are refused; always true.
    pub blocks_common_passwords: bool,
}

impl From<&password::PasswordPolicy> for PasswordPolicy {
    fn from(policy: &password::PasswordPolicy) -> Self {
        Self {
            min_length: policy.min_length,
            max_length: policy.max_length,
            requires_uppercase: policy.requires_uppercase,
            requires_lowercase: policy.requires_lowercase,
            requires_digit: policy.requires_digit,
            requires_symbol: policy.requires_symbol,
            blocks_common_passwords: true,
        }
    }
}
