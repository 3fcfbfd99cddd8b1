//! Becoming a member, being one, leaving for good.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, SimpleObject, Union};

use super::context::{ContextExt, clear_refresh_cookie, viewer};
use super::costs::{MAIL, PASSWORD_HASH, RateBucket, TOKEN_CHECK, WRITE, cost};
use super::guards::{Role, refuses, require_recent_auth, require_user, requires};
use super::input;
use super::signed_in::{SignedIn, TokenDelivery, check_delivery, deliver};
use super::views::UserView;
use crate::api::graphql::error::{ApiResult, Code};
use crate::api::graphql::scalars::EmailAddress;
use crate::error::FieldFault;
use crate::flows;
use crate::flows::register::{Application, Registered};
use crate::flows::update_profile::ProfileChange;
use crate::values::email_address;
use crate::values::password::Password;
use crate::values::user::{Change, parse_locale, parse_name};

/// Who wants to become a member.
#[derive(InputObject)]
pub struct RegisterInput {
    /// The address the account will be known by.
    email: EmailAddress,
    /// A password that keeps `authConfig.passwordPolicy`.
    #[graphql(secret)]
    password: String,
    /// What to call the user; 1 to 80 characters.
    name: Option<String>,
    /// The user's language (BCP 47).
    locale: Option<String>,
    /// What to call this device in the list of sessions; 1 to 80 characters.
    device_name: Option<String>,
    /// How the refresh token travels back, where the registration signs in.
    #[graphql(default_with = "TokenDelivery::Body")]
    token_delivery: TokenDelivery,
}

/// How a registration ends.
#[derive(Union)]
pub enum RegisterResult {
    /// In at once.
    SignedIn(Box<SignedIn>),
    /// The address has to be verified first.
    EmailVerificationSent(EmailVerificationSent),
}

/// An email is on its way. Where the server hides who has an account this is the answer for a taken address, too.
#[derive(SimpleObject)]
pub struct EmailVerificationSent {
    /// Where the email goes.
    email: EmailAddress,
}

/// The token of a verification email.
#[derive(InputObject)]
pub struct VerifyEmailInput {
    /// From the link of the email; works once, for 24 hours by default.
    #[graphql(secret)]
    token: String,
}

/// The address is verified.
#[derive(SimpleObject)]
pub struct VerifyEmailPayload {
    /// The address.
    email: EmailAddress,
}

/// Who lost the verification email.
#[derive(InputObject)]
pub struct ResendVerificationEmailInput {
    /// The address to write to.
    email: EmailAddress,
}

/// The request is accepted. Says nothing of whether there is an account.
#[derive(SimpleObject)]
pub struct AcceptedPayload {
    /// Always true.
    accepted: bool,
}

impl AcceptedPayload {
    /// The one answer for everybody.
    pub const ACCEPTED: Self = Self { accepted: true };
}

/// What to change; what is left out stays, null clears.
#[derive(InputObject)]
pub struct UpdateProfileInput {
    /// What to call the user; 1 to 80 characters.
    name: MaybeUndefined<String>,
    /// The user's language (BCP 47).
    locale: MaybeUndefined<String>,
}

/// The profile has changed.
#[derive(SimpleObject)]
pub struct UpdateProfilePayload {
    /// The user as they are now.
    user: UserView,
}

/// The deliberate act of leaving.
#[derive(InputObject)]
pub struct DeleteAccountInput {
    /// The account's own address, typed again so that it cannot happen by accident.
    email: EmailAddress,
}

/// The account is gone.
#[derive(SimpleObject)]
pub struct DeleteAccountPayload {
    /// Whose account it was.
    user_id: ID,
}

/// Becoming a member, being one, leaving for good.
#[derive(Default)]
pub struct AccountMutation;

#[Object]
impl AccountMutation {
    /// Open an account. Signs in at once, unless the server wants the address verified first.
    #[graphql(
        directive = cost::apply(PASSWORD_HASH + MAIL, Some(RateBucket::Auth)),
        directive = refuses::apply(vec![Code::ValidationFailed, Code::EmailTaken, Code::Forbidden, Code::Overloaded]),
    )]
    async fn register(&self, ctx: &Context<'_>, input: RegisterInput) -> ApiResult<Option<RegisterResult>> {
        let delivery = input.token_delivery;
        check_delivery(ctx, delivery)?;
        let application = parse_application(ctx, input)?;
        Ok(Some(match flows::register::register(ctx.app()?, ctx.caller()?, ctx.prepaid()?, application).await? {
            Registered::NewTokens(signed_in) => RegisterResult::SignedIn(Box::new(deliver(ctx, *signed_in, delivery)?)),
            Registered::VerificationSent(email) => {
                RegisterResult::EmailVerificationSent(EmailVerificationSent { email: (&email).into() })
            }
        }))
    }

    /// Prove an address with the token of the verification email. Needs no sign-in: the email may be read elsewhere. For a
    /// minute the same token is answered again, so that a page may ask twice.
    #[graphql(directive = cost::apply(TOKEN_CHECK, None), directive = refuses::apply(vec![Code::InvalidToken]))]
    async fn verify_email(&self, ctx: &Context<'_>, input: VerifyEmailInput) -> ApiResult<Option<VerifyEmailPayload>> {
        let token = input::one_time_token(&input.token)?;
        let email = flows::verify_email::verify_email(ctx.app()?, ctx.caller()?, &token).await?;
        Ok(Some(VerifyEmailPayload { email: (&email).into() }))
    }

    /// Ask for another verification email. The answer is the same for every address.
    #[graphql(
        directive = cost::apply(MAIL, Some(RateBucket::Email)),
        directive = refuses::apply(vec![Code::ValidationFailed]),
    )]
    async fn resend_verification_email(
        &self,
        ctx: &Context<'_>,
        input: ResendVerificationEmailInput,
    ) -> ApiResult<Option<AcceptedPayload>> {
        let email = input::email(&input.email, "input.email")?;
        flows::verify_email::resend_verification(ctx.app()?, ctx.caller()?, ctx.prepaid()?, &email).await?;
        Ok(Some(AcceptedPayload::ACCEPTED))
    }

    /// Change display name and language.
    #[graphql(
        guard = "require_user()",
        directive = cost::apply(WRITE, None), directive = requires::apply(Role::User, false),
        directive = refuses::apply(vec![Code::ValidationFailed]),
    )]
    async fn update_profile(
        &self,
        ctx: &Context<'_>,
        input: UpdateProfileInput,
    ) -> ApiResult<Option<UpdateProfilePayload>> {
        let mut faults = input::Faults::default();
        let name = faults.check("input.name", changed(input.name, parse_name));
        let locale = faults.check("input.locale", changed(input.locale, parse_locale));
        let (name, locale) = faults.finish(name.zip(locale))?;
        let viewer = viewer(ctx).await?;
        let change = ProfileChange { name, locale };
        let user = flows::update_profile::update_profile(ctx.app()?, ctx.caller()?, &viewer, change).await?;
        Ok(Some(UpdateProfilePayload { user: UserView(user) }))
    }

    /// Delete your account. Every session ends at once. The address stays taken until the data is erased, 30 days later by
    /// default (`USER_RETENTION`).
    #[graphql(
        guard = "require_recent_auth()",
        directive = cost::apply(WRITE + MAIL, None), directive = requires::apply(Role::User, true),
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
    let email = faults.check("input.email", email_address::EmailAddress::parse(&input.email.0));
    let name = faults.check("input.name", input.name.as_deref().map_or(Ok(None), parse_name));
    let locale = faults.check("input.locale", input.locale.as_deref().map_or(Ok(None), parse_locale));
    let device_name = faults.check("input.deviceName", input::device_name(input.device_name.as_deref()));
    let password = Password::typed(input.password);
    let policy = &ctx.app()?.config.password_policy;
    let weaknesses = policy.faults(&password, email.as_ref(), name.as_ref().and_then(Option::as_deref));
    faults.extend(weaknesses.into_iter().map(|fault| fault.at("input.password")));
    let values = email.zip(name).zip(locale.zip(device_name));
    let ((email, name), (locale, device_name)) = faults.finish(values)?;
    Ok(Application { email, password, name, locale, device_name })
}

/// What becomes of a field that can be left out: kept, cleared, or set to what was parsed.
pub(super) fn changed(typed: MaybeUndefined<String>, parse: Parse) -> Result<Change<String>, FieldFault> {
    match typed {
        MaybeUndefined::Undefined => Ok(Change::Keep),
        MaybeUndefined::Null => Ok(Change::To(None)),
        MaybeUndefined::Value(text) => parse(&text).map(Change::To),
    }
}

type Parse = fn(&str) -> Result<Option<String>, FieldFault>;
