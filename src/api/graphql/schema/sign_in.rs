//! Mutations that open, refresh and confirm a session.

use async_graphql::{Context, InputObject, Object, SimpleObject, Union};

use super::context::{ContextExt, viewer};
use super::costs::{self, RateBucket, cost, rate_limit};
use super::guards::{RoleEnum, access, refuses, require_user};
use super::input;
use super::mfa::MfaRequired;
use super::signed_in::{SignedIn, TokenDelivery, check_delivery, deliver};
use super::views::SessionView;
use crate::api::graphql::error::{ApiResult, Code};
use crate::api::graphql::scalars::EmailAddressScalar;
use crate::error::Refusal;
use crate::flows;
use crate::flows::login::LoggedIn;
use crate::flows::reauthenticate::Proof;
use crate::values::email_address::EmailAddress;
use crate::values::password::Password;
use crate::values::secret_token::RefreshToken;

/// Result of `login`.
#[derive(Union)]
pub enum LoginResult {
    /// The user is signed in.
    SignedIn(Box<SignedIn>),
    /// A second factor is required.
    MfaRequired(MfaRequired),
}

/// Input of `login`.
#[derive(InputObject)]
pub struct LoginInput {
    /// Email address of the account.
    email: EmailAddressScalar,
    /// Password of the account.
    #[graphql(secret)]
    password: String,
    /// Name of this device in the list of sessions, 1 to 80 characters.
    device_name: Option<String>,
    /// How the refresh token is returned.
    #[graphql(default_with = "TokenDelivery::Body")]
    token_delivery: TokenDelivery,
}

/// Input of `refresh`.
#[derive(InputObject)]
pub struct RefreshInput {
    /// The refresh token. Omit it if it is in the cookie.
    #[graphql(secret)]
    refresh_token: Option<String>,
    /// Identifies this attempt, for example by a UUID; 1 to 128 characters. Repeating it with the same token within
    /// `REFRESH_REPLAY_WINDOW` returns the same tokens, so a lost response does not end the session.
    idempotency_key: Option<String>,
    /// How the next refresh token is returned. A token from the cookie is always replaced in the cookie.
    #[graphql(default_with = "TokenDelivery::Body")]
    token_delivery: TokenDelivery,
}

/// Input of `reauthenticate`. Requires everything that `Session.reauthenticationMethods` lists.
#[derive(InputObject)]
pub struct ReauthenticateInput {
    /// The account's password. Required from users without a second factor and from administrators.
    #[graphql(secret)]
    password: Option<String>,
    /// Six-digit code of the authenticator app, or a backup code. Required if the second factor is on.
    #[graphql(secret)]
    code: Option<String>,
}

/// Result of `reauthenticate`.
#[derive(SimpleObject)]
pub struct ReauthenticatePayload {
    /// The session after the change, with its new `recentAuthUntil`.
    session: SessionView,
}

/// Mutations that open, refresh and confirm a session.
#[derive(Default)]
pub struct SignInMutation;

#[Object]
impl SignInMutation {
    /// Sign in with an email address and a password. Returns `MfaRequired` if a second factor is on.
    #[graphql(
        directive = cost::apply(costs::LOGIN.to_string()),
        directive = rate_limit::apply(RateBucket::Auth),
        directive = refuses::apply(vec![
            Code::InvalidCredentials, Code::AccountLocked, Code::EmailNotVerified, Code::ValidationFailed,
            Code::Overloaded,
        ]),
    )]
    async fn login(&self, ctx: &Context<'_>, input: LoginInput) -> ApiResult<Option<LoginResult>> {
        check_delivery(ctx, input.token_delivery)?;
        let mut faults = input::Faults::default();
        let email = faults.check("input.email", EmailAddress::parse(&input.email.0));
        let device_name = faults.check("input.deviceName", input::device_name(input.device_name.as_deref()));
        let (email, device_name) = faults.finish(email.zip(device_name))?;
        let password = Password::typed(input.password);
        let logged_in = flows::login::login(ctx.app()?, ctx.caller()?, &email, &password, device_name).await?;
        Ok(Some(match logged_in {
            LoggedIn::NewTokens(signed_in) => {
                LoginResult::SignedIn(Box::new(deliver(ctx, *signed_in, input.token_delivery)?))
            }
            LoggedIn::MfaRequired(challenge) => LoginResult::MfaRequired(challenge.into()),
        }))
    }

    /// Exchange a refresh token for new tokens. Each token works once. Using it again ends the session with
    /// `REFRESH_TOKEN_REUSED`, unless it is the same attempt (`idempotencyKey`).
    #[graphql(
        directive = cost::apply(costs::REFRESH.to_string()),
        directive = refuses::apply(vec![
            Code::Unauthenticated, Code::SessionEnded, Code::RefreshTokenReused, Code::ValidationFailed,
        ]),
    )]
    async fn refresh(&self, ctx: &Context<'_>, input: RefreshInput) -> ApiResult<Option<SignedIn>> {
        let cookie = ctx.credentials()?.refresh_cookie.as_deref();
        // A script must not get a token that arrived in a cookie it cannot read.
        let delivery = if input.refresh_token.is_none() { TokenDelivery::Cookie } else { input.token_delivery };
        check_delivery(ctx, delivery)?;
        let key = input::idempotency_key(input.idempotency_key.as_deref())?;
        let presented = input.refresh_token.as_deref().or(cookie).and_then(RefreshToken::parse);
        let presented = presented.ok_or(Refusal::Unauthenticated)?;
        let signed_in = flows::refresh::refresh(ctx.app()?, ctx.caller()?, &presented, key.as_ref()).await?;
        Ok(Some(deliver(ctx, signed_in, delivery)?))
    }

    /// Confirm your identity to allow fields with `recentAuth` for a while. Requires a code if the second factor is on,
    /// the password otherwise, and both from administrators. If both are given, the error does not tell which one is
    /// wrong. CONFLICT if the account has neither.
    #[graphql(
        guard = "require_user()",
        directive = access::apply(RoleEnum::User, false),
        directive = cost::apply(costs::REAUTHENTICATE.to_string()),
        directive = rate_limit::apply(RateBucket::Auth),
        directive = refuses::apply(vec![
            Code::InvalidCredentials, Code::InvalidMfaCode, Code::ValidationFailed, Code::Conflict, Code::Overloaded,
        ]),
    )]
    async fn reauthenticate(
        &self,
        ctx: &Context<'_>,
        input: ReauthenticateInput,
    ) -> ApiResult<Option<ReauthenticatePayload>> {
        let proof = Proof { password: input.password.map(Password::typed), code: input.code };
        let viewer = viewer(ctx).await?;
        let session = flows::reauthenticate::reauthenticate(ctx.app()?, ctx.caller()?, &viewer, &proof).await?;
        let session = SessionView { session, user: viewer.user().clone(), is_current: true };
        Ok(Some(ReauthenticatePayload { session }))
    }
}
