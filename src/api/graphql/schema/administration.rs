//! What administrators do to other people's accounts.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};

use super::account::{AcceptedPayload, changed};
use super::context::{ContextExt, admin};
use super::costs::{MAIL, RateBucket, WRITE, cost};
use super::guards::{self, Role, refuses, require_recent_admin, requires};
use super::input::{self, Faults};
use super::sign_in::{RevokeSessionsPayload, count};
use super::views::UserView;
use crate::api::graphql::error::{ApiResult, Code};
use crate::api::graphql::scalars::{DateTime, EmailAddress};
use crate::error::{FieldFault, Refusal, Result};
use crate::flows::create_user::Invitee;
use crate::flows::update_user::{Lock, UserChange};
use crate::flows::{admin_support, create_user, remove_user, update_user};
use crate::values::email_address;
use crate::values::ids::UserId;
use crate::values::time::Time;
use crate::values::user::{LOCKED_FOR_GOOD, parse_locale, parse_name};

/// Who is invited.
#[derive(InputObject)]
pub struct CreateUserInput {
    /// Where the invitation goes; the account is known by it.
    email: EmailAddress,
    /// What the user is called; 1 to 80 characters.
    name: Option<String>,
    /// The user's language (BCP 47).
    locale: Option<String>,
    /// What the user may do.
    #[graphql(default_with = "Role::User")]
    role: Role,
}

/// The account is open, and an invitation is on its way.
#[derive(SimpleObject)]
pub struct CreateUserPayload {
    /// The user, who has no password yet.
    user: UserView,
}

/// What to change; what is left out stays, and null clears name and locale.
#[derive(InputObject)]
pub struct UpdateUserInput {
    /// Whom to change.
    user_id: ID,
    /// What the user may do from now on. Nobody changes their own.
    role: Option<Role>,
    /// True locks: every session ends at once, and neither the right password nor a reset lets anybody in. False lifts
    /// every lock, also one that wrong passwords made.
    locked: Option<bool>,
    /// With `locked: true`: when the lock ends by itself. Left out, it never does.
    locked_until: Option<DateTime>,
    /// True: the address counts as verified. There is no way back.
    email_verified: Option<bool>,
    /// What the user is called; 1 to 80 characters.
    name: MaybeUndefined<String>,
    /// The user's language (BCP 47).
    locale: MaybeUndefined<String>,
}

/// The user has changed.
#[derive(SimpleObject)]
pub struct UpdateUserPayload {
    /// The user as they are now.
    user: UserView,
}

/// Whom to delete.
#[derive(InputObject)]
pub struct DeleteUserInput {
    /// Whom to delete.
    user_id: ID,
}

/// The account is deleted.
#[derive(SimpleObject)]
pub struct DeleteUserPayload {
    /// The user, whom only administrators see now.
    user: UserView,
}

/// Whom to restore.
#[derive(InputObject)]
pub struct RestoreUserInput {
    /// Whom to restore.
    user_id: ID,
}

/// The account is there again.
#[derive(SimpleObject)]
pub struct RestoreUserPayload {
    /// The user as they are now.
    user: UserView,
}

/// Whose sessions end.
#[derive(InputObject)]
pub struct RevokeUserSessionsInput {
    /// Whose sessions end.
    user_id: ID,
}

/// Whose second factor is lost.
#[derive(InputObject)]
pub struct ResetUserMfaInput {
    /// Whose second factor is turned off.
    user_id: ID,
}

/// The second factor is off.
#[derive(SimpleObject)]
pub struct ResetUserMfaPayload {
    /// The user as they are now.
    user: UserView,
}

/// Who needs a new password.
#[derive(InputObject)]
pub struct SendUserPasswordResetInput {
    /// Who gets the email.
    user_id: ID,
}

/// What administrators do to other people's accounts.
#[derive(Default)]
pub struct AdministrationMutation;

#[Object]
impl AdministrationMutation {
    /// Open an account for somebody and invite them by email to choose a password, with `resetPassword`. The address
    /// counts as verified once they did.
    #[graphql(
        guard = "require_recent_admin()",
        directive = cost::apply(WRITE + MAIL, Some(RateBucket::Email)), directive = requires::apply(Role::Admin, true),
        directive = refuses::apply(vec![Code::ValidationFailed, Code::EmailTaken]),
    )]
    async fn create_user(&self, ctx: &Context<'_>, input: CreateUserInput) -> ApiResult<Option<CreateUserPayload>> {
        let mut faults = Faults::default();
        let email = faults.check("input.email", email_address::EmailAddress::parse(&input.email.0));
        let name = faults.check("input.name", input.name.as_deref().map_or(Ok(None), parse_name));
        let locale = faults.check("input.locale", input.locale.as_deref().map_or(Ok(None), parse_locale));
        let (email, (name, locale)) = faults.finish(email.zip(name.zip(locale)))?;
        let invitee = Invitee { email, name, locale, role: input.role.into() };
        let user = create_user::create_user(ctx.app()?, ctx.caller()?, &admin(ctx).await?, invitee).await?;
        Ok(Some(CreateUserPayload { user: UserView(user) }))
    }

    /// Change a user's role, lock, name or language, or count the address as verified. All of it or nothing.
    #[graphql(
        guard = "require_recent_admin()",
        directive = cost::apply(WRITE, None), directive = requires::apply(Role::Admin, true),
        directive = refuses::apply(vec![Code::ValidationFailed, Code::NotFound, Code::Conflict]),
    )]
    async fn update_user(&self, ctx: &Context<'_>, input: UpdateUserInput) -> ApiResult<Option<UpdateUserPayload>> {
        let id = user_id(&input.user_id)?;
        let change = parse_change(input, ctx.now()?)?;
        let user = update_user::update_user(ctx.app()?, ctx.caller()?, &admin(ctx).await?, id, change).await?;
        Ok(Some(UpdateUserPayload { user: UserView(user) }))
    }

    /// Delete a user: nobody is in any more, and nobody but administrators sees the account. It can be restored until
    /// its data is erased, 30 days later by default; the address stays taken until then.
    #[graphql(
        guard = "require_recent_admin()",
        directive = cost::apply(WRITE, None), directive = requires::apply(Role::Admin, true),
        directive = refuses::apply(vec![Code::NotFound, Code::Conflict]),
    )]
    async fn delete_user(&self, ctx: &Context<'_>, input: DeleteUserInput) -> ApiResult<Option<DeleteUserPayload>> {
        let id = user_id(&input.user_id)?;
        let user = remove_user::delete_user(ctx.app()?, ctx.caller()?, &admin(ctx).await?, id).await?;
        Ok(Some(DeleteUserPayload { user: UserView(user) }))
    }

    /// Take a deletion back, whoever deleted the account.
    #[graphql(
        guard = "require_recent_admin()",
        directive = cost::apply(WRITE, None), directive = requires::apply(Role::Admin, true),
        directive = refuses::apply(vec![Code::NotFound, Code::Conflict]),
    )]
    async fn restore_user(&self, ctx: &Context<'_>, input: RestoreUserInput) -> ApiResult<Option<RestoreUserPayload>> {
        let id = user_id(&input.user_id)?;
        let user = remove_user::restore_user(ctx.app()?, ctx.caller()?, &admin(ctx).await?, id).await?;
        Ok(Some(RestoreUserPayload { user: UserView(user) }))
    }

    /// End every session of a user.
    #[graphql(
        guard = "guards::admin()",
        directive = cost::apply(WRITE, None), directive = requires::apply(Role::Admin, false),
        directive = refuses::apply(vec![Code::NotFound, Code::Conflict]),
    )]
    async fn revoke_user_sessions(
        &self,
        ctx: &Context<'_>,
        input: RevokeUserSessionsInput,
    ) -> ApiResult<Option<RevokeSessionsPayload>> {
        let id = user_id(&input.user_id)?;
        let ended = admin_support::revoke_user_sessions(ctx.app()?, ctx.caller()?, &admin(ctx).await?, id).await?;
        Ok(Some(RevokeSessionsPayload { revoked_count: count(ended) }))
    }

    /// Turn off the second factor of a user who has lost it. Ends every session, and an email tells the user. Your own
    /// takes a code, in `disableMfa`.
    #[graphql(
        guard = "require_recent_admin()",
        directive = cost::apply(WRITE + MAIL, None), directive = requires::apply(Role::Admin, true),
        directive = refuses::apply(vec![Code::NotFound, Code::Conflict]),
    )]
    async fn reset_user_mfa(
        &self,
        ctx: &Context<'_>,
        input: ResetUserMfaInput,
    ) -> ApiResult<Option<ResetUserMfaPayload>> {
        let id = user_id(&input.user_id)?;
        let user = admin_support::reset_user_mfa(ctx.app()?, ctx.caller()?, &admin(ctx).await?, id).await?;
        Ok(Some(ResetUserMfaPayload { user: UserView(user) }))
    }

    /// Send a user an email with which the password can be reset; another invitation to whoever has not followed
    /// theirs.
    #[graphql(
        guard = "guards::admin()",
        directive = cost::apply(WRITE + MAIL, Some(RateBucket::Email)), directive = requires::apply(Role::Admin, false),
        directive = refuses::apply(vec![Code::NotFound, Code::Conflict]),
    )]
    async fn send_user_password_reset(
        &self,
        ctx: &Context<'_>,
        input: SendUserPasswordResetInput,
    ) -> ApiResult<Option<AcceptedPayload>> {
        let id = user_id(&input.user_id)?;
        admin_support::send_user_password_reset(ctx.app()?, ctx.caller()?, &admin(ctx).await?, id).await?;
        Ok(Some(AcceptedPayload::ACCEPTED))
    }
}

fn user_id(typed: &ID) -> Result<UserId> {
    Ok(typed.parse().map_err(|_| Refusal::NotFound)?)
}

fn parse_change(input: UpdateUserInput, now: Time) -> Result<UserChange> {
    let mut faults = input::Faults::default();
    let name = faults.check("input.name", changed(input.name, parse_name));
    let locale = faults.check("input.locale", changed(input.locale, parse_locale));
    let until = input.locked_until.map(|until| until.0);
    let lock = faults.check("input.lockedUntil", parse_lock(input.locked, until, now));
    let verifies = faults.check("input.emailVerified", parse_verified(input.email_verified));
    let ((name, locale), (lock, verifies_email)) = faults.finish(name.zip(locale).zip(lock.zip(verifies)))?;
    Ok(UserChange { role: input.role.map(Into::into), lock, verifies_email, name, locale })
}

fn parse_lock(locked: Option<bool>, until: Option<Time>, now: Time) -> Result<Option<Lock>, FieldFault> {
    match (locked, until) {
        (None, None) => Ok(None),
        (Some(false), None) => Ok(Some(Lock::Lifted)),
        (Some(true), None) => Ok(Some(Lock::Until(LOCKED_FOR_GOOD))),
        (Some(true), Some(until)) if until > now => Ok(Some(Lock::Until(until.min(LOCKED_FOR_GOOD)))),
        (Some(true), Some(_)) => Err(FieldFault::new("OUT_OF_RANGE", "A lock ends in the future.")),
        (Some(false) | None, Some(_)) => Err(FieldFault::new("INVALID", "Please use this together with locked: true.")),
    }
}

fn parse_verified(typed: Option<bool>) -> Result<bool, FieldFault> {
    match typed {
        None => Ok(false),
        Some(true) => Ok(true),
        Some(false) => Err(FieldFault::new("INVALID", "What was proved cannot be taken back.")),
    }
}
