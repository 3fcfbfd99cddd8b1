//! Passwords and addresses: reset, change, undo.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::account::AcceptedPayload;
use super::context::{ContextExt, viewer};
use super::costs::{MAIL, PASSWORD_HASH, RateBucket, TOKEN_CHECK, cost};
use super::guards::{Role, refuses, require_recent_auth, require_user, requires};
use super::input;
use super::sign_in::count;
use crate::api::graphql::error::{ApiResult, Code};
use crate::api::graphql::scalars::EmailAddress;
use crate::flows::{change_email, change_password, reset_password};
use crate::values::password::Password;

/// Who forgot the password.
#[derive(InputObject)]
pub struct RequestPasswordResetInput {
    /// The address to write to.
    email: EmailAddress,
}

/// A new password, and the token of the email that allows it.
#[derive(InputObject)]
pub struct ResetPasswordInput {
    /// From the link of the email; works once, for an hour by default.
    #[graphql(secret)]
    token: String,
    /// A password that keeps `authConfig.passwordPolicy`.
    #[graphql(secret)]
    new_password: String,
}

/// The password is the new one, and every session has ended.
#[derive(SimpleObject)]
pub struct ResetPasswordPayload {
    /// The account's address, to sign in with.
    email: EmailAddress,
}

/// The old password and the new one.
#[derive(InputObject)]
pub struct ChangePasswordInput {
    /// The password as it is.
    #[graphql(secret)]
    current_password: String,
    /// A password that keeps `authConfig.passwordPolicy`.
    #[graphql(secret)]
    new_password: String,
}

/// The password is the new one.
#[derive(SimpleObject)]
pub struct ChangePasswordPayload {
    /// How many other sessions ended by this.
    revoked_count: i32,
}

/// Where to move.
#[derive(InputObject)]
pub struct RequestEmailChangeInput {
    /// The new address; it gets an email and nothing changes before its reader confirms.
    new_email: EmailAddress,
}

/// The token of the email to the new address.
#[derive(InputObject)]
pub struct ConfirmEmailChangeInput {
    /// From the link of the email; works once, for 24 hours by default.
    #[graphql(secret)]
    token: String,
}

/// The account has the new address.
#[derive(SimpleObject)]
pub struct ConfirmEmailChangePayload {
    /// The new address, verified.
    email: EmailAddress,
}

/// The token of the email to the old address.
#[derive(InputObject)]
pub struct UndoEmailChangeInput {
    /// From the link of the email; works once, for 7 days by default.
    #[graphql(secret)]
    token: String,
}

/// The account has its old address again, and every session has ended.
#[derive(SimpleObject)]
pub struct UndoEmailChangePayload {
    /// The old address.
    email: EmailAddress,
}

/// Passwords and addresses: reset, change, undo.
#[derive(Default)]
pub struct CredentialsMutation;

#[Object]
impl CredentialsMutation {
    /// Ask for an email with which the password can be reset. The answer is the same for every address; a newer email
    /// replaces the older one.
    #[graphql(
        directive = cost::apply(MAIL, Some(RateBucket::Email)),
        directive = refuses::apply(vec![Code::ValidationFailed]),
    )]
    async fn request_password_reset(
        &self,
        ctx: &Context<'_>,
        input: RequestPasswordResetInput,
    ) -> ApiResult<Option<AcceptedPayload>> {
        let email = input::email(&input.email, "input.email")?;
        reset_password::request_password_reset(ctx.app()?, ctx.caller()?, &email).await?;
        Ok(Some(AcceptedPayload::ACCEPTED))
    }

    /// Set a new password with the token of an email. Ends every session and lifts a lock. Where the address was never
    /// verified, this is its first proof: second factor, linked providers and name, set by a stranger perhaps, are dropped.
    #[graphql(
        directive = cost::apply(PASSWORD_HASH + MAIL, Some(RateBucket::Auth)),
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

    /// Set a new password with the old one. Ends your other sessions. Where the second factor is on, call `reauthenticate`
    /// first.
    #[graphql(
        guard = "require_user()",
        directive = requires::apply(Role::User, false),
        directive = cost::apply(2 * PASSWORD_HASH + MAIL, Some(RateBucket::Auth)),
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
        let ended = change_password::change_password(ctx.app()?, ctx.caller()?, &viewer, &current, &new).await?;
        Ok(Some(ChangePasswordPayload { revoked_count: count(ended) }))
    }

    /// Ask to move to another address. Nothing changes before its reader confirms.
    #[graphql(
        guard = "require_recent_auth()",
        directive = requires::apply(Role::User, true),
        directive = cost::apply(MAIL, Some(RateBucket::Email)),
        directive = refuses::apply(vec![Code::ValidationFailed]),
    )]
    async fn request_email_change(
        &self,
        ctx: &Context<'_>,
        input: RequestEmailChangeInput,
    ) -> ApiResult<Option<AcceptedPayload>> {
        let email = input::email(&input.new_email, "input.newEmail")?;
        let viewer = viewer(ctx).await?;
        change_email::request_email_change(ctx.app()?, ctx.caller()?, &viewer, &email).await?;
        Ok(Some(AcceptedPayload::ACCEPTED))
    }

    /// Confirm the new address with the token of its email, while the session that asked for it lives. The old address is
    /// told, and can undo the change if it was verified. For a minute the same token is answered again.
    #[graphql(
        directive = cost::apply(TOKEN_CHECK + MAIL, None),
        directive = refuses::apply(vec![Code::InvalidToken, Code::EmailTaken]),
    )]
    async fn confirm_email_change(
        &self,
        ctx: &Context<'_>,
        input: ConfirmEmailChangeInput,
    ) -> ApiResult<Option<ConfirmEmailChangePayload>> {
        let token = input::one_time_token(&input.token)?;
        let email = change_email::confirm_email_change(ctx.app()?, ctx.caller()?, &token).await?;
        Ok(Some(ConfirmEmailChangePayload { email: (&email).into() }))
    }

    /// Undo a change of the address, with the token of the email to the old one. Ends every session and takes the password
    /// away, because the person who changed the address may know it; an email offers a new one.
    #[graphql(
        directive = cost::apply(TOKEN_CHECK + MAIL, None),
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
