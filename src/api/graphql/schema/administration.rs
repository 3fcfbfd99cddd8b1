//! Mutations that administrators run on other users' accounts.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject};

use super::context::{ContextExt, admin};
use super::costs::{self, RateBucket, cost, rate_limit};
use super::guards::{self, RoleEnum, access, refuses, require_recent_admin};
use super::input::{Faults, idempotency_key};
use super::session_endings::{RevokeUserSessionsPayload, ended_count, ended_ids};
use super::views::UserView;
use crate::api::graphql::error::{ApiResult, Code};
use crate::api::graphql::scalars::EmailAddressScalar;
use crate::app::admin_actions::AdminActor;
use crate::error::{Refusal, Result};
use crate::flows::create_user::Invitee;
use crate::flows::{admin_support, create_user, remove_user};
use crate::values::email_address::EmailAddress;
use crate::values::ids::UserId;
use crate::values::user::{parse_locale, parse_name};

/// Input of `createUser`.
#[derive(InputObject)]
pub struct CreateUserInput {
    /// Email address of the new account. The invitation is sent there.
    email: EmailAddressScalar,
    /// Display name, 1 to 80 characters.
    name: Option<String>,
    /// Language of the user as a BCP 47 tag, such as `en` or `pt-BR`.
    locale: Option<String>,
    /// Role of the new user.
    #[graphql(default_with = "RoleEnum::User")]
    role: RoleEnum,
    /// Identifies this attempt, for example by a UUID; 1 to 128 characters. Repeating the call with the same key and
    /// address within 24 hours returns the same user and sends no other email.
    idempotency_key: Option<String>,
}

/// Result of `createUser`.
#[derive(SimpleObject)]
pub struct CreateUserPayload {
    /// The new user, who has no password yet.
    user: UserView,
}

/// Input of `deleteUser`.
#[derive(InputObject)]
pub struct DeleteUserInput {
    /// Id of the user to delete.
    user_id: ID,
}

/// Result of `deleteUser`.
#[derive(SimpleObject)]
pub struct DeleteUserPayload {
    /// The deleted user. From now on only administrators can see the account.
    user: UserView,
}

/// Input of `restoreUser`.
#[derive(InputObject)]
pub struct RestoreUserInput {
    /// Id of the deleted user.
    user_id: ID,
}

/// Result of `restoreUser`.
#[derive(SimpleObject)]
pub struct RestoreUserPayload {
    /// The restored user.
    user: UserView,
}

/// Input of `revokeUserSessions`.
#[derive(InputObject)]
pub struct RevokeUserSessionsInput {
    /// Id of the user whose sessions end.
    user_id: ID,
}

/// Input of `resetUserMfa`.
#[derive(InputObject)]
pub struct ResetUserMfaInput {
    /// Id of the user whose second factor is turned off.
    user_id: ID,
}

/// Result of `resetUserMfa`.
#[derive(SimpleObject)]
pub struct ResetUserMfaPayload {
    /// The user after the change.
    user: UserView,
}

/// Input of `sendUserPasswordReset`.
#[derive(InputObject)]
pub struct SendUserPasswordResetInput {
    /// Id of the user who gets the email.
    user_id: ID,
}

/// Result of `sendUserPasswordReset`.
#[derive(SimpleObject)]
pub struct SendUserPasswordResetPayload {
    /// The user.
    user: UserView,
}

/// Mutations that administrators run on other users' accounts.
#[derive(Default)]
pub struct AdministrationMutation;

#[Object]
impl AdministrationMutation {
    /// Create an account and email an invitation to choose a password with `resetPassword`. The link leads to the page
    /// `/accept-invitation` of the frontend. Accepting the invitation also verifies the address.
    #[graphql(
        guard = "require_recent_admin()",
        directive = cost::apply(costs::CREATE_USER.to_string()),
        directive = rate_limit::apply(RateBucket::Email),
        directive = access::apply(RoleEnum::Admin, true),
        directive = refuses::apply(vec![Code::ValidationFailed, Code::EmailTaken]),
    )]
    async fn create_user(&self, ctx: &Context<'_>, input: CreateUserInput) -> ApiResult<Option<CreateUserPayload>> {
        let mut faults = Faults::default();
        let email = faults.check("input.email", EmailAddress::parse(&input.email.0));
        let name = faults.check("input.name", input.name.as_deref().map_or(Ok(None), parse_name));
        let locale = faults.check("input.locale", input.locale.as_deref().map_or(Ok(None), parse_locale));
        let key = faults.check("input.idempotencyKey", idempotency_key(input.idempotency_key.as_deref()));
        let ((email, key), (name, locale)) = faults.finish(email.zip(key).zip(name.zip(locale)))?;
        let invitee = Invitee { email, name, locale, role: input.role.into(), key };
        let user = create_user::create_user(ctx.app()?, ctx.caller()?, &admin(ctx).await?, invitee).await?;
        Ok(Some(CreateUserPayload { user: UserView(user) }))
    }

    /// Delete a user's account. All sessions end, and only administrators still see the account. It can be restored
    /// until its data is erased after `DELETED_USER_RETENTION`; until then its address stays taken. CONFLICT for your own
    /// account: use `deleteAccount`.
    #[graphql(
        guard = "require_recent_admin()",
        directive = cost::apply(costs::DELETE_USER.to_string()),
        directive = access::apply(RoleEnum::Admin, true),
        directive = refuses::apply(vec![Code::NotFound, Code::Conflict]),
    )]
    async fn delete_user(&self, ctx: &Context<'_>, input: DeleteUserInput) -> ApiResult<Option<DeleteUserPayload>> {
        let id = user_id(&input.user_id)?;
        let user = remove_user::delete_user(ctx.app()?, ctx.caller()?, &admin(ctx).await?, id).await?;
        Ok(Some(DeleteUserPayload { user: UserView(user) }))
    }

    /// Restore a deleted account, whether its user or an administrator deleted it. CONFLICT if it is not deleted, or
    /// its data was erased.
    #[graphql(
        guard = "require_recent_admin()",
        directive = cost::apply(costs::RESTORE_USER.to_string()),
        directive = access::apply(RoleEnum::Admin, true),
        directive = refuses::apply(vec![Code::NotFound, Code::Conflict]),
    )]
    async fn restore_user(&self, ctx: &Context<'_>, input: RestoreUserInput) -> ApiResult<Option<RestoreUserPayload>> {
        let id = user_id(&input.user_id)?;
        let user = remove_user::restore_user(ctx.app()?, ctx.caller()?, &admin(ctx).await?, id).await?;
        Ok(Some(RestoreUserPayload { user: UserView(user) }))
    }

    /// End all sessions of a user. CONFLICT if the account is deleted.
    #[graphql(
        guard = "guards::admin()",
        directive = cost::apply(costs::REVOKE_USER_SESSIONS.to_string()),
        directive = access::apply(RoleEnum::Admin, false),
        directive = refuses::apply(vec![Code::NotFound, Code::Conflict]),
    )]
    async fn revoke_user_sessions(
        &self,
        ctx: &Context<'_>,
        input: RevokeUserSessionsInput,
    ) -> ApiResult<Option<RevokeUserSessionsPayload>> {
        let id = user_id(&input.user_id)?;
        let (user, ended) =
            admin_support::revoke_user_sessions(ctx.app()?, ctx.caller()?, AdminActor::Admin(&admin(ctx).await?), id)
                .await?;
        Ok(Some(RevokeUserSessionsPayload {
            ended_session_ids: ended_ids(&ended),
            ended_session_count: ended_count(&ended),
            user: UserView(user),
        }))
    }

    /// Turn off the second factor of a user who has lost it. All sessions of the user end, and an email informs them.
    /// CONFLICT for your own account: use `disableMfa`.
    #[graphql(
        guard = "require_recent_admin()",
        directive = cost::apply(costs::RESET_USER_MFA.to_string()),
        directive = access::apply(RoleEnum::Admin, true),
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

    /// Email a user a link to reset the password. A user who has not accepted the invitation gets another invitation.
    /// CONFLICT if the account is deleted.
    #[graphql(
        guard = "guards::admin()",
        directive = cost::apply(costs::SEND_USER_PASSWORD_RESET.to_string()),
        directive = rate_limit::apply(RateBucket::Email),
        directive = access::apply(RoleEnum::Admin, false),
        directive = refuses::apply(vec![Code::NotFound, Code::Conflict]),
    )]
    async fn send_user_password_reset(
        &self,
        ctx: &Context<'_>,
        input: SendUserPasswordResetInput,
    ) -> ApiResult<Option<SendUserPasswordResetPayload>> {
        let id = user_id(&input.user_id)?;
        let user = admin_support::send_user_password_reset(ctx.app()?, ctx.caller()?, &admin(ctx).await?, id).await?;
        Ok(Some(SendUserPasswordResetPayload { user: UserView(user) }))
    }
}

/// The id of a user in an input.
///
/// # Errors
/// `NOT_FOUND` for text that cannot be one.
pub fn user_id(typed: &ID) -> Result<UserId> {
    Ok(typed.parse().map_err(|_| Refusal::NotFound)?)
}
