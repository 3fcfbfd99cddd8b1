//! Mutations of a user's own account: registration, address verification, profile, deletion.

use async_graphql::{ComplexObject, Context, ID, InputObject, MaybeUndefined, Object, SimpleObject};

use super::context::{ContextExt, clear_refresh_cookie, viewer, viewer_after_change};
use super::costs::{self, RateBucket, cost, rate_limit};
use super::guards::{RoleEnum, access, refuses, require_recent_auth, require_user};
use super::input;
use super::login_result::{LoginResult, login_result};
use super::signed_in::ClientInput;
use super::views::UserView;
use crate::api::graphql::error::{ApiResult, Code};
use crate::api::graphql::scalars::EmailAddressScalar;
use crate::error::FieldFault;
use crate::flows;
use crate::flows::register::Application;
use crate::flows::update_profile::ProfileChange;
use crate::values::email_address::EmailAddress;
use crate::values::ids::UserId;
use crate::values::password::Password;
use crate::values::user::{FieldChange, parse_locale, parse_name};

/// Input of `register`.
#[derive(InputObject)]
pub struct RegisterInput {
    /// Email address of the new account. The user signs in with it.
    email: EmailAddressScalar,
    /// Password that follows `authConfig.passwordPolicy`.
    #[graphql(secret)]
    password: String,
    /// Display name, 1 to 80 characters.
    name: Option<String>,
    /// Language of the user as a BCP 47 tag, such as `en` or `pt-BR`.
    locale: Option<String>,
    /// What the client tells about itself.
    client: Option<ClientInput>,
    /// Identifies this attempt, for example by a UUID; 1 to 128 characters. Repeating the call with the same key, address
    /// and password within 24 hours logs the user in instead of failing with `EMAIL_TAKEN`.
    idempotency_key: Option<String>,
}

/// Input of `verifyEmail`.
#[derive(InputObject)]
pub struct VerifyEmailInput {
    /// Token from the link of the verification email. It works once and expires after `VERIFICATION_TOKEN_LIFETIME`.
    #[graphql(secret)]
    token: String,
}

/// Result of `verifyEmail`.
#[derive(SimpleObject)]
#[graphql(complex)]
pub struct VerifyEmailPayload {
    /// Address that is now verified.
    email: EmailAddressScalar,
    #[graphql(skip)]
    user_id: UserId,
}

#[ComplexObject]
impl VerifyEmailPayload {
    /// The user after the change. Null unless the request is authenticated as this user.
    async fn user(&self, ctx: &Context<'_>) -> ApiResult<Option<UserView>> {
        viewer_after_change(ctx, self.user_id).await
    }
}

/// Input of `resendVerificationEmail`.
#[derive(InputObject)]
pub struct ResendVerificationEmailInput {
    /// Address of the account to verify.
    email: EmailAddressScalar,
}

/// Result of `resendVerificationEmail`. It does not tell whether the account exists.
#[derive(SimpleObject)]
pub struct ResendVerificationEmailPayload {
    /// The address as the server reads it: trimmed and in lower case.
    email: EmailAddressScalar,
}

/// Input of `updateProfile`. Omitted fields keep their value; null clears a field.
#[derive(InputObject)]
pub struct UpdateProfileInput {
    /// Display name, 1 to 80 characters. Null removes it; omitted, it stays.
    name: MaybeUndefined<String>,
    /// Language of the user as a BCP 47 tag, such as `en` or `pt-BR`. Null removes it; omitted, it stays.
    locale: MaybeUndefined<String>,
}

/// Result of `updateProfile`.
#[derive(SimpleObject)]
pub struct UpdateProfilePayload {
    /// The user after the change.
    user: UserView,
}

/// Input of `deleteAccount`.
#[derive(InputObject)]
pub struct DeleteAccountInput {
    /// The account's own email address, as a safeguard against accidental deletion. `VALIDATION_FAILED` if it is another
    /// one.
    email: EmailAddressScalar,
}

/// Result of `deleteAccount`.
#[derive(SimpleObject)]
pub struct DeleteAccountPayload {
    /// Id of the deleted user.
    user_id: ID,
}

/// Mutations of a user's own account.
#[derive(Default)]
pub struct AccountMutation;

#[Object]
impl AccountMutation {
    /// Create an account. Signs the user in, or sends a verification email if the server requires a verified address.
    /// FORBIDDEN if registration is closed (`authConfig.registrationOpen`).
    #[graphql(
        directive = cost::apply(costs::REGISTER.to_string()),
        directive = rate_limit::apply(RateBucket::Auth),
        directive = refuses::apply(vec![
            Code::ValidationFailed, Code::EmailTaken, Code::Forbidden, Code::AccountLocked, Code::Overloaded,
        ]),
    )]
    async fn register(&self, ctx: &Context<'_>, input: RegisterInput) -> ApiResult<Option<LoginResult>> {
        let application = parse_application(ctx, input)?;
        let outcome = flows::register::register(ctx.app()?, ctx.caller()?, application).await?;
        Ok(Some(login_result(ctx, outcome)?))
    }

    /// Verify an email address with the token from the verification email. Works without signing in, because the email
    /// may be read on another device. Repeating the call within a minute succeeds again.
    #[graphql(
        directive = cost::apply(costs::VERIFY_EMAIL.to_string()),
        directive = refuses::apply(vec![Code::InvalidToken]),
    )]
    async fn verify_email(&self, ctx: &Context<'_>, input: VerifyEmailInput) -> ApiResult<Option<VerifyEmailPayload>> {
        let token = input::one_time_token(&input.token)?;
        let proved = flows::verify_email::verify_email(ctx.app()?, ctx.caller()?, &token).await?;
        Ok(Some(VerifyEmailPayload { email: (&proved.email).into(), user_id: proved.user_id }))
    }

    /// Send another verification email. The result is the same for every address.
    #[graphql(
        directive = cost::apply(costs::RESEND_VERIFICATION_EMAIL.to_string()),
        directive = rate_limit::apply(RateBucket::Email),
        directive = refuses::apply(vec![Code::ValidationFailed]),
    )]
    async fn resend_verification_email(
        &self,
        ctx: &Context<'_>,
        input: ResendVerificationEmailInput,
    ) -> ApiResult<Option<ResendVerificationEmailPayload>> {
        let email = input::email(&input.email, "input.email")?;
        flows::verify_email::resend_verification(ctx.app()?, ctx.caller()?, &email).await?;
        Ok(Some(ResendVerificationEmailPayload { email: (&email).into() }))
    }

    /// Change the display name and the language.
    #[graphql(
        guard = "require_user()",
        directive = cost::apply(costs::UPDATE_PROFILE.to_string()),
        directive = access::apply(RoleEnum::User, false),
        directive = refuses::apply(vec![Code::ValidationFailed]),
    )]
    async fn update_profile(
        &self,
        ctx: &Context<'_>,
        input: UpdateProfileInput,
    ) -> ApiResult<Option<UpdateProfilePayload>> {
        let mut faults = input::Faults::default();
        let name = faults.check("input.name", parse_change(input.name, parse_name));
        let locale = faults.check("input.locale", parse_change(input.locale, parse_locale));
        let (name, locale) = faults.finish(name.zip(locale))?;
        let viewer = viewer(ctx).await?;
        let change = ProfileChange { name, locale };
        let user = flows::update_profile::update_profile(ctx.app()?, ctx.caller()?, &viewer, change).await?;
        Ok(Some(UpdateProfilePayload { user: UserView(user) }))
    }

    /// Delete your own account. All sessions end. The address cannot be registered again until the data is erased after
    /// `DELETED_USER_RETENTION`. CONFLICT while a former address can still undo an email change.
    #[graphql(
        guard = "require_recent_auth()",
        directive = cost::apply(costs::DELETE_ACCOUNT.to_string()),
        directive = access::apply(RoleEnum::User, true),
        directive = refuses::apply(vec![Code::ValidationFailed, Code::Conflict]),
    )]
    async fn delete_account(
        &self,
        ctx: &Context<'_>,
        input: DeleteAccountInput,
    ) -> ApiResult<Option<DeleteAccountPayload>> {
        let email = input::email(&input.email, "input.email")?;
        let viewer = viewer(ctx).await?;
        let user = flows::delete_account::delete_account(ctx.app()?, ctx.caller()?, &viewer, &email).await?;
        clear_refresh_cookie(ctx)?;
        Ok(Some(DeleteAccountPayload { user_id: ID(user.to_string()) }))
    }
}

fn parse_application(ctx: &Context<'_>, input: RegisterInput) -> ApiResult<Application> {
    let mut faults = input::Faults::default();
    let email = faults.check("input.email", EmailAddress::parse(&input.email.0));
    let name = faults.check("input.name", input.name.as_deref().map_or(Ok(None), parse_name));
    let locale = faults.check("input.locale", input.locale.as_deref().map_or(Ok(None), parse_locale));
    let client = ClientInput::parse(ctx, input.client, &mut faults);
    let key = faults.check("input.idempotencyKey", input::idempotency_key(input.idempotency_key.as_deref()));
    let password = Password::typed(input.password);
    let policy = &ctx.app()?.config.password_policy;
    let weaknesses = policy.faults(&password, email.as_ref(), name.as_ref().and_then(Option::as_deref));
    faults.extend(weaknesses.into_iter().map(|fault| fault.at("input.password")));
    let values = email.zip(name).zip(locale.zip(client.zip(key)));
    let ((email, name), (locale, (client, key))) = faults.finish(values)?;
    Ok(Application { email, password, name, locale, client, key })
}

/// Parses a field that can be omitted (keep), null (clear) or a value (set).
pub(super) fn parse_change(typed: MaybeUndefined<String>, parse: Parse) -> Result<FieldChange<String>, FieldFault> {
    match typed {
        MaybeUndefined::Undefined => Ok(FieldChange::Keep),
        MaybeUndefined::Null => Ok(FieldChange::To(None)),
        MaybeUndefined::Value(text) => parse(&text).map(FieldChange::To),
    }
}

type Parse = fn(&str) -> Result<Option<String>, FieldFault>;
