//! Mutations by which administrators change, lock, unlock and verify a user, and how their inputs are parsed.

use async_graphql::{Context, Enum, ID, InputObject, MaybeUndefined, Object, SimpleObject};

use super::account::parse_change;
use super::administration::user_id;
use super::context::{ContextExt, admin};
use super::costs::{self, cost};
use super::guards::{RoleEnum, access, refuses, require_recent_admin};
use super::input::Faults;
use super::views::UserView;
use crate::api::graphql::error::{ApiResult, Code};
use crate::api::graphql::scalars::DateTime;
use crate::app::admin_actions::AdminActor;
use crate::error::{FieldErrorCode, FieldFault, Result};
use crate::flows::update_user::UserChange;
use crate::flows::{lock_user, mark_email_verified, unlock_user, update_user};
use crate::values::time::Time;
use crate::values::user::{self, parse_locale, parse_name};

/// A lock of an account.
#[derive(SimpleObject)]
#[graphql(name = "UserLock")]
pub struct UserLockView {
    /// Why the account is locked.
    cause: LockCauseEnum,
    /// When the lock ends. Null if it does not end by itself.
    until: Option<DateTime>,
}

/// Why an account is locked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "LockCause", remote = "user::LockCause")]
pub enum LockCauseEnum {
    /// Too many wrong passwords. Sessions go on. A password reset also removes this lock.
    WrongPasswords,
    /// An administrator locked the account. Only administrators can unlock it before the lock ends.
    Administrator,
}

impl From<user::AccountLock> for UserLockView {
    fn from(lock: user::AccountLock) -> Self {
        Self { cause: lock.cause.into(), until: lock.until.map(Into::into) }
    }
}

/// Input of `updateUser`. Omitted fields keep their value; null clears `name` and `locale`, and is ignored for `role`.
#[derive(InputObject)]
pub struct UpdateUserInput {
    /// Id of the user to change.
    user_id: ID,
    /// New role; null or omitted, it stays. Administrators cannot change their own: CONFLICT.
    role: Option<RoleEnum>,
    /// Display name, 1 to 80 characters. Null removes it; omitted, it stays.
    name: MaybeUndefined<String>,
    /// Language of the user as a BCP 47 tag, such as `en` or `pt-BR`. Null removes it; omitted, it stays.
    locale: MaybeUndefined<String>,
}

/// Result of `updateUser`.
#[derive(SimpleObject)]
pub struct UpdateUserPayload {
    /// The user after the change.
    user: UserView,
}

/// Input of `lockUser`.
#[derive(InputObject)]
pub struct LockUserInput {
    /// Id of the user to lock.
    user_id: ID,
    /// When the lock ends. Must be in the future. If it is omitted or null, the lock does not end by itself.
    until: Option<DateTime>,
}

/// Result of `lockUser`.
#[derive(SimpleObject)]
pub struct LockUserPayload {
    /// The user after the change.
    user: UserView,
}

/// Input of `unlockUser`.
#[derive(InputObject)]
pub struct UnlockUserInput {
    /// Id of the user to unlock.
    user_id: ID,
}

/// Result of `unlockUser`.
#[derive(SimpleObject)]
pub struct UnlockUserPayload {
    /// The user after the change.
    user: UserView,
}

/// Input of `markEmailVerified`.
#[derive(InputObject)]
pub struct MarkEmailVerifiedInput {
    /// Id of the user whose address is verified.
    user_id: ID,
}

/// Result of `markEmailVerified`.
#[derive(SimpleObject)]
pub struct MarkEmailVerifiedPayload {
    /// The user after the change.
    user: UserView,
}

/// Mutations that change a user.
#[derive(Default)]
pub struct UserChangesMutation;

#[Object]
impl UserChangesMutation {
    /// Change a user's role, name or language. All changes are applied together or not at all. CONFLICT if it would
    /// remove the last administrator.
    #[graphql(
        guard = "require_recent_admin()",
        directive = cost::apply(costs::UPDATE_USER.to_string()),
        directive = access::apply(RoleEnum::Admin, true),
        directive = refuses::apply(vec![Code::ValidationFailed, Code::NotFound, Code::Conflict]),
    )]
    async fn update_user(&self, ctx: &Context<'_>, input: UpdateUserInput) -> ApiResult<Option<UpdateUserPayload>> {
        let id = user_id(&input.user_id)?;
        let change = input.parse()?;
        let user = update_user::update_user(ctx.app()?, ctx.caller()?, &admin(ctx).await?, id, change).await?;
        Ok(Some(UpdateUserPayload { user: UserView(user) }))
    }

    /// Lock an account: all sessions end, and nobody can log in until the lock ends. A password reset does not remove
    /// the lock. Locking a locked account changes when the lock ends; a lock caused by wrong passwords becomes an
    /// administrator's. CONFLICT if the account is deleted, your own, or the last administrator's.
    #[graphql(
        guard = "require_recent_admin()",
        directive = cost::apply(costs::LOCK_USER.to_string()),
        directive = access::apply(RoleEnum::Admin, true),
        directive = refuses::apply(vec![Code::ValidationFailed, Code::NotFound, Code::Conflict]),
    )]
    async fn lock_user(&self, ctx: &Context<'_>, input: LockUserInput) -> ApiResult<Option<LockUserPayload>> {
        let id = user_id(&input.user_id)?;
        let until = parse_end(input.until, ctx.now()?).map_err(|fault| fault.at("input.until"))?;
        let user =
            lock_user::lock_user(ctx.app()?, ctx.caller()?, AdminActor::Admin(&admin(ctx).await?), id, until).await?;
        Ok(Some(LockUserPayload { user: UserView(user) }))
    }

    /// Remove every lock of an account, also one caused by wrong passwords. An account that is not locked is returned
    /// unchanged. CONFLICT if the account is deleted.
    #[graphql(
        guard = "require_recent_admin()",
        directive = cost::apply(costs::UNLOCK_USER.to_string()),
        directive = access::apply(RoleEnum::Admin, true),
        directive = refuses::apply(vec![Code::NotFound, Code::Conflict]),
    )]
    async fn unlock_user(&self, ctx: &Context<'_>, input: UnlockUserInput) -> ApiResult<Option<UnlockUserPayload>> {
        let id = user_id(&input.user_id)?;
        let user =
            unlock_user::unlock_user(ctx.app()?, ctx.caller()?, AdminActor::Admin(&admin(ctx).await?), id).await?;
        Ok(Some(UnlockUserPayload { user: UserView(user) }))
    }

    /// Mark the address of an account as verified. There is no way back. Verification emails that were sent no longer
    /// work. An account whose address is verified is returned unchanged. CONFLICT if the account is deleted.
    #[graphql(
        guard = "require_recent_admin()",
        directive = cost::apply(costs::MARK_EMAIL_VERIFIED.to_string()),
        directive = access::apply(RoleEnum::Admin, true),
        directive = refuses::apply(vec![Code::NotFound, Code::Conflict]),
    )]
    async fn mark_email_verified(
        &self,
        ctx: &Context<'_>,
        input: MarkEmailVerifiedInput,
    ) -> ApiResult<Option<MarkEmailVerifiedPayload>> {
        let id = user_id(&input.user_id)?;
        let (app, caller) = (ctx.app()?, ctx.caller()?);
        let user = mark_email_verified::mark_email_verified(app, caller, &admin(ctx).await?, id).await?;
        Ok(Some(MarkEmailVerifiedPayload { user: UserView(user) }))
    }
}

impl UpdateUserInput {
    fn parse(self) -> Result<UserChange> {
        let mut faults = Faults::default();
        let name = faults.check("input.name", parse_change(self.name, parse_name));
        let locale = faults.check("input.locale", parse_change(self.locale, parse_locale));
        let (name, locale) = faults.finish(name.zip(locale))?;
        Ok(UserChange { role: self.role.map(Into::into), name, locale })
    }
}

fn parse_end(typed: Option<DateTime>, now: Time) -> Result<Option<Time>, FieldFault> {
    match typed {
        Some(DateTime(until)) if until <= now => {
            Err(FieldFault::new(FieldErrorCode::OutOfRange, "The end of a lock must be in the future."))
        }
        typed => Ok(typed.map(|until| until.0)),
    }
}
