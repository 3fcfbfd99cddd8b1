//! Mutations of passwords and email addresses.

use async_graphql::{ComplexObject, Context, ID, InputObject, Object, SimpleObject};

use super::context::{ContextExt, viewer, viewer_after_change};
use super::costs::{self, RateBucket, cost, rate_limit};
use super::guards::{RoleEnum, access, refuses, require_recent_auth, require_user};
use super::input;
use super::session_endings::{ended_count, ended_ids};
use super::views::UserView;
use crate::api::graphql::error::{ApiResult, Code};
use crate::api::graphql::scalars::EmailAddressScalar;
use crate::flows::{change_email, change_password, reset_password};
use crate::values::ids::UserId;
use crate::values::password::Password;

/// Input of `requestPasswordReset`.
#[derive(InputObject)]
pub struct RequestPasswordResetInput {
    /// Address of the account.
    email: EmailAddressScalar,
}

/// Result of `requestPasswordReset`. It does not tell whether the account exists.
#[derive(SimpleObject)]
pub struct RequestPasswordResetPayload {
    /// The address as the server reads it: trimmed and in lower case.
    email: EmailAddressScalar,
}

/// Input of `resetPassword`.
#[derive(InputObject)]
pub struct ResetPasswordInput {
    /// Token from the link of the reset email or the invitation. It works once and expires after `RESET_TOKEN_LIFETIME`
    /// or `INVITATION_LIFETIME`.
    #[graphql(secret)]
    token: String,
    /// New password that follows `authConfig.passwordPolicy`.
    #[graphql(secret)]
    new_password: String,
}

/// Result of `resetPassword`.
#[derive(SimpleObject)]
pub struct ResetPasswordPayload {
    /// Email address of the account, to sign in with.
    email: EmailAddressScalar,
}

/// Input of `changePassword`.
#[derive(InputObject)]
pub struct ChangePasswordInput {
    /// The current password.
    #[graphql(secret)]
    current_password: String,
    /// New password that follows `authConfig.passwordPolicy`.
    #[graphql(secret)]
    new_password: String,
}

/// Result of `changePassword`.
#[derive(SimpleObject)]
pub struct ChangePasswordPayload {
    /// Ids of the other sessions that ended, at most 1,000.
    ended_session_ids: Vec<ID>,
    /// Number of other sessions that ended.
    ended_session_count: i32,
    /// The user after the change.
    user: UserView,
}

/// Input of `requestEmailChange`.
#[derive(InputObject)]
pub struct RequestEmailChangeInput {
    /// The new address. It gets an email with a link to confirm.
    new_email: EmailAddressScalar,
}

/// Result of `requestEmailChange`.
#[derive(SimpleObject)]
pub struct RequestEmailChangePayload {
    /// The user, with the new `pendingEmail`.
    user: UserView,
}

/// Input of `confirmEmailChange`.
#[derive(InputObject)]
pub struct ConfirmEmailChangeInput {
    /// Token from the link of the email to the new address. It works once and expires after
    /// `VERIFICATION_TOKEN_LIFETIME`.
    #[graphql(secret)]
    token: String,
}

/// Result of `confirmEmailChange`.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct ConfirmEmailChangePayload {
    /// The new address, which is now verified.
    email: EmailAddressScalar,
    #[graphql(skip)]
    user_id: UserId,
}

#[ComplexObject]
impl ConfirmEmailChangePayload {
    /// The user after the change. Null unless the request is authenticated as this user.
    async fn user(&self, ctx: &Context<'_>) -> ApiResult<Option<UserView>> {
        viewer_after_change(ctx, self.user_id).await
    }
}

/// Input of `undoEmailChange`.
#[derive(InputObject)]
pub struct UndoEmailChangeInput {
    /// Token from the link of the email to the former address. It works once and expires after `EMAIL_CHANGE_UNDO_LIFETIME`.
    #[graphql(secret)]
    token: String,
}

/// Result of `undoEmailChange`.
#[derive(SimpleObject)]
pub struct UndoEmailChangePayload {
    /// The restored address.
    email: EmailAddressScalar,
}

/// Mutations of passwords and email addresses.
#[derive(Default)]
pub struct CredentialsMutation;

#[Object]
impl CredentialsMutation {
    /// Email a link to reset the password. The result is the same for every address. A newer email replaces an older
    /// one.
    #[graphql(
        directive = cost::apply(costs::REQUEST_PASSWORD_RESET.to_string()),
        directive = rate_limit::apply(RateBucket::Email),
        directive = refuses::apply(vec![Code::ValidationFailed]),
    )]
    async fn request_password_reset(
        &self,
        ctx: &Context<'_>,
        input: RequestPasswordResetInput,
    ) -> ApiResult<Option<RequestPasswordResetPayload>> {
        let email = input::email(&input.email, "input.email")?;
        reset_password::request_password_reset(ctx.app()?, ctx.caller()?, &email).await?;
        Ok(Some(RequestPasswordResetPayload { email: (&email).into() }))
    }

    /// Set a new password with the token of a reset email or an invitation, whose links lead to the pages
    /// `/reset-password` and `/accept-invitation` of the frontend. All sessions end, and a lock caused by wrong passwords
    /// is removed. If the address was never verified, someone else may have created the account, so its second factor,
    /// linked providers and name are removed.
    #[graphql(
        directive = cost::apply(costs::RESET_PASSWORD.to_string()),
        directive = rate_limit::apply(RateBucket::Auth),
        directive = refuses::apply(vec![Code::InvalidToken, Code::ValidationFailed, Code::Overloaded]),
    )]
    async fn reset_password(
        &self,
        ctx: &Context<'_>,
        input: ResetPasswordInput,
    ) -> ApiResult<Option<ResetPasswordPayload>> {
        let token = input::one_time_token(&input.token)?;
        let password = Password::typed(input.new_password);
        let email = reset_password::reset_password(ctx.app()?, ctx.caller()?, &token, &password).await?;
        Ok(Some(ResetPasswordPayload { email: (&email).into() }))
    }

    /// Change the password with the current one. All other sessions end. With a second factor, call `reauthenticate`
    /// first.
    #[graphql(
        guard = "require_user()",
        directive = access::apply(RoleEnum::User, false),
        directive = cost::apply(costs::CHANGE_PASSWORD.to_string()),
        directive = rate_limit::apply(RateBucket::Auth),
        directive = refuses::apply(vec![
            Code::InvalidCredentials, Code::ReauthenticationRequired, Code::ValidationFailed, Code::Overloaded,
        ]),
    )]
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        input: ChangePasswordInput,
    ) -> ApiResult<Option<ChangePasswordPayload>> {
        let (current, new) = (Password::typed(input.current_password), Password::typed(input.new_password));
        let viewer = viewer(ctx).await?;
        let (user, ended) =
            change_password::change_password(ctx.app()?, ctx.caller()?, &viewer, &current, &new).await?;
        Ok(Some(ChangePasswordPayload {
            ended_session_ids: ended_ids(&ended),
            ended_session_count: ended_count(&ended),
            user: UserView(user),
        }))
    }

    /// Ask to change the email address. Nothing changes until the new address confirms with `confirmEmailChange`.
    #[graphql(
        guard = "require_recent_auth()",
        directive = access::apply(RoleEnum::User, true),
        directive = cost::apply(costs::REQUEST_EMAIL_CHANGE.to_string()),
        directive = rate_limit::apply(RateBucket::Email),
        directive = refuses::apply(vec![Code::ValidationFailed]),
    )]
    async fn request_email_change(
        &self,
        ctx: &Context<'_>,
        input: RequestEmailChangeInput,
    ) -> ApiResult<Option<RequestEmailChangePayload>> {
        let email = input::email(&input.new_email, "input.newEmail")?;
        let viewer = viewer(ctx).await?;
        change_email::request_email_change(ctx.app()?, ctx.caller()?, &viewer, &email).await?;
        Ok(Some(RequestEmailChangePayload { user: UserView(viewer.user().clone()) }))
    }

    /// Change the email address with the token sent to the new one. The session that asked for it must still be active.
    /// The former address is informed; if it was verified, it can undo the change. Repeating the call within a minute
    /// succeeds again.
    #[graphql(
        directive = cost::apply(costs::CONFIRM_EMAIL_CHANGE.to_string()),
        directive = refuses::apply(vec![Code::InvalidToken, Code::EmailTaken]),
    )]
    async fn confirm_email_change(
        &self,
        ctx: &Context<'_>,
        input: ConfirmEmailChangeInput,
    ) -> ApiResult<Option<ConfirmEmailChangePayload>> {
        let token = input::one_time_token(&input.token)?;
        let proved = change_email::confirm_email_change(ctx.app()?, ctx.caller()?, &token).await?;
        Ok(Some(ConfirmEmailChangePayload { email: (&proved.email).into(), user_id: proved.user_id }))
    }

    /// Undo an email change with the token sent to the former address. All sessions end and the password is removed,
    /// because the person who changed the address may know it. An email offers a new password.
    #[graphql(
        directive = cost::apply(costs::UNDO_EMAIL_CHANGE.to_string()),
        directive = refuses::apply(vec![Code::InvalidToken, Code::EmailTaken, Code::AccountLocked]),
    )]
    async fn undo_email_change(
        &self,
        ctx: &Context<'_>,
        input: UndoEmailChangeInput,
    ) -> ApiResult<Option<UndoEmailChangePayload>> {
        let token = input::one_time_token(&input.token)?;
        let email = change_email::undo_email_change(ctx.app()?, ctx.caller()?, &token).await?;
        Ok(Some(UndoEmailChangePayload { email: (&email).into() }))
    }
}
