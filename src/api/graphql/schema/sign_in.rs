//! Mutations that open, refresh and confirm a session.

use async_graphql::{Context, InputObject, Object, SimpleObject};

use super::context::{ContextExt, viewer};
use super::costs::{self, RateBucket, cost, rate_limit};
use super::guards::{RoleEnum, access, refuses, require_user};
use super::input::{self, Faults};
use super::login_result::{LoginResult, login_result};
use super::oauth_answers::{IdTokenAnswerInput, OAuthAnswerInput, parse_optional_answer};
use super::signed_in::{ClientInput, SignedIn, check_delivery, deliver};
use super::views::SessionView;
use crate::api::graphql::error::{ApiResult, Code};
use crate::api::graphql::scalars::EmailAddressScalar;
use crate::error::Refusal;
use crate::flows;
use crate::flows::reauthenticate::Proof;
use crate::values::email_address::EmailAddress;
use crate::values::password::Password;
use crate::values::secret_token::RefreshToken;
use crate::values::session::TokenDelivery;

/// Input of `login`.
#[derive(InputObject)]
pub struct LoginInput {
    /// Email address of the account.
    email: EmailAddressScalar,
    /// Password of the account.
    #[graphql(secret)]
    password: String,
    /// What the client tells about itself.
    client: Option<ClientInput>,
}

/// Input of `refresh`.
#[derive(InputObject)]
pub struct RefreshInput {
    /// The refresh token. Omit it if it is in the cookie. The next one is returned in the same way.
    #[graphql(secret)]
    refresh_token: Option<String>,
    /// Identifies this attempt, for example by a UUID; 1 to 128 characters. Repeating it with the same token within
    /// `REFRESH_REPLAY_WINDOW` returns the same tokens, so a lost response does not end the session.
    idempotency_key: Option<String>,
}

/// Input of `reauthenticate`. Requires everything that `Session.reauthenticationMethods` lists.
#[derive(InputObject)]
pub struct ReauthenticateInput {
    /// The account's password. Required from users without a second factor and from administrators, unless a provider
    /// takes its place.
    #[graphql(secret)]
    password: Option<String>,
    /// Six-digit code of the authenticator app, or a backup code. Required if the second factor is on.
    #[graphql(secret)]
    code: Option<String>,
    /// Answer of a provider to a `startOAuth` with the purpose REAUTHENTICATE, in place of the password. The account there
    /// must be linked to the user.
    oauth: Option<OAuthAnswerInput>,
    /// The same for an ID token that an app got (`startIdTokenLogin`). Give at most one of `oauth` and `idToken`.
    id_token: Option<IdTokenAnswerInput>,
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
    /// Log in with an email address and a password. Returns `MfaRequired` if a second factor is on, and
    /// `EmailVerificationRequired` with another email if the address must be verified first.
    #[graphql(
        directive = cost::apply(costs::LOGIN.to_string()),
        directive = rate_limit::apply(RateBucket::Auth),
        directive = refuses::apply(vec![
            Code::InvalidCredentials, Code::AccountLocked, Code::ValidationFailed, Code::Overloaded,
        ]),
    )]
    async fn login(&self, ctx: &Context<'_>, input: LoginInput) -> ApiResult<Option<LoginResult>> {
        let mut faults = Faults::default();
        let email = faults.check("input.email", EmailAddress::parse(&input.email.0));
        let client = ClientInput::parse(ctx, input.client, &mut faults);
        let (email, client) = faults.finish(email.zip(client))?;
        let password = Password::typed(input.password);
        let outcome = flows::login::login(ctx.app()?, ctx.caller()?, &email, &password, client).await?;
        Ok(Some(login_result(ctx, outcome)?))
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
        // The answer goes the way that the question came: a script must not get a token from a cookie it cannot read.
        let delivery = if input.refresh_token.is_none() { TokenDelivery::Cookie } else { TokenDelivery::Body };
        check_delivery(ctx, delivery).map_err(|fault| fault.at("input.refreshToken"))?;
        let key = input::idempotency_key(input.idempotency_key.as_deref())
            .map_err(|fault| fault.at("input.idempotencyKey"))?;
        let presented = input.refresh_token.as_deref().or(cookie).and_then(RefreshToken::parse);
        let presented = presented.ok_or(Refusal::Unauthenticated)?;
        let signed_in = flows::refresh::refresh(ctx.app()?, ctx.caller()?, &presented, key.as_ref()).await?;
        Ok(Some(deliver(ctx, signed_in, delivery)?))
    }

    /// Confirm your identity to allow fields with `recentAuth` for a while. Requires a code if the second factor is on,
    /// the password otherwise, and both from administrators. A linked provider can take the place of the password. If
    /// password and code are given, the error does not tell which one is wrong. CONFLICT if the account has nothing to
    /// prove it by.
    #[graphql(
        guard = "require_user()",
        directive = access::apply(RoleEnum::User, false),
        directive = cost::apply(costs::REAUTHENTICATE.to_string()),
        directive = rate_limit::apply(RateBucket::Auth),
        directive = refuses::apply(vec![
            Code::InvalidCredentials, Code::InvalidMfaCode, Code::InvalidToken, Code::OAuthFailed, Code::Unavailable,
            Code::ValidationFailed, Code::Conflict, Code::Overloaded,
        ]),
    )]
    async fn reauthenticate(
        &self,
        ctx: &Context<'_>,
        input: ReauthenticateInput,
    ) -> ApiResult<Option<ReauthenticatePayload>> {
        let oauth = parse_optional_answer(input.oauth, input.id_token)?;
        let proof = Proof { password: input.password.map(Password::typed), code: input.code, oauth };
        let viewer = viewer(ctx).await?;
        let session = flows::reauthenticate::reauthenticate(ctx.app()?, ctx.caller()?, &viewer, &proof).await?;
        let session = SessionView { session, user: viewer.user().clone(), is_current: true };
        Ok(Some(ReauthenticatePayload { session }))
    }
}
