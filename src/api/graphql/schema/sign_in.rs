//! Coming in, staying in, leaving.

use async_graphql::{Context, ID, InputObject, Object, SimpleObject, Union};

use super::context::{ContextExt, clear_refresh_cookie, viewer};
use super::costs::{MAIL, PASSWORD_HASH, RateBucket, TOKEN_CHECK, WRITE, cost};
use super::guards::{Role, refuses, require_user, requires};
use super::input;
use super::mfa::MfaRequired;
use super::signed_in::{SignedIn, TokenDelivery, check_delivery, deliver};
use super::views::SessionView;
use crate::api::graphql::error::{ApiResult, Code};
use crate::api::graphql::scalars::EmailAddress;
use crate::error::Refusal;
use crate::flows;
use crate::flows::end_sessions::Which;
use crate::flows::login::LoggedIn;
use crate::flows::reauthenticate::Proof;
use crate::values::email_address;
use crate::values::password::Password;
use crate::values::secret_token::RefreshToken;

/// How a login ends.
#[derive(Union)]
pub enum LoginResult {
    /// In.
    SignedIn(Box<SignedIn>),
    /// The second step is awaited.
    MfaRequired(MfaRequired),
}

/// Who wants in.
#[derive(InputObject)]
pub struct LoginInput {
    /// The address of the account.
    email: EmailAddress,
    /// Its password.
    #[graphql(secret)]
    password: String,
    /// What to call this device in the list of sessions; 1 to 80 characters.
    device_name: Option<String>,
    /// How the refresh token travels back.
    #[graphql(default_with = "TokenDelivery::Body")]
    token_delivery: TokenDelivery,
}

/// Who wants to stay in.
#[derive(InputObject)]
pub struct RefreshInput {
    /// The refresh token; left out where it is in the cookie.
    #[graphql(secret)]
    refresh_token: Option<String>,
    /// Names this attempt, best with a UUID. Sent again with the same token within 60 seconds it gets the same answer
    /// again, so that an answer lost on the way costs nobody the session.
    idempotency_key: Option<String>,
    /// How the next refresh token travels back. A token that came in the cookie always goes back in the cookie.
    #[graphql(default_with = "TokenDelivery::Body")]
    token_delivery: TokenDelivery,
}

/// The proof that it is still you: what `Session.reauthenticationMethods` names, all of it together.
#[derive(InputObject)]
pub struct ReauthenticateInput {
    /// The account's password; for users without a second factor, and for administrators.
    #[graphql(secret)]
    password: Option<String>,
    /// Where the second factor is on: six digits of the authenticator app, or a backup code.
    #[graphql(secret)]
    code: Option<String>,
}

/// It is still you.
#[derive(SimpleObject)]
pub struct ReauthenticatePayload {
    /// The session as it is now: `recentAuthUntil` says until when sensitive fields are allowed in it.
    session: SessionView,
}

/// You are out.
#[derive(SimpleObject)]
pub struct LogoutPayload {
    /// The session that ended.
    session_id: ID,
}

/// Which session ends.
#[derive(InputObject)]
pub struct RevokeSessionInput {
    /// One of your own.
    session_id: ID,
}

/// The session has ended.
#[derive(SimpleObject)]
pub struct RevokeSessionPayload {
    /// The session as it is now.
    session: SessionView,
}

/// Sessions have ended.
#[derive(SimpleObject)]
pub struct RevokeSessionsPayload {
    /// How many ended by this.
    pub revoked_count: i32,
}

/// The token of an email about a sign-in.
#[derive(InputObject)]
pub struct DisownSessionInput {
    /// From the link of the email; works once, for 7 days by default.
    #[graphql(secret)]
    token: String,
}

/// Every session has ended.
#[derive(SimpleObject)]
pub struct DisownSessionPayload {
    /// The session that the email told of.
    session_id: ID,
}

/// A count as the schema's `Int` carries it.
#[must_use]
pub fn count(number: u64) -> i32 {
    i32::try_from(number).unwrap_or(i32::MAX)
}

/// Coming in, staying in, leaving.
#[derive(Default)]
pub struct SignInMutation;

#[Object]
impl SignInMutation {
    /// Sign in with an e-mail address and a password. Answers `MfaRequired` where a second factor is on.
    #[graphql(
        directive = cost::apply(PASSWORD_HASH, Some(RateBucket::Auth)),
        directive = refuses::apply(vec![
            Code::InvalidCredentials, Code::AccountLocked, Code::EmailNotVerified, Code::ValidationFailed,
            Code::Overloaded,
        ]),
    )]
    async fn login(&self, ctx: &Context<'_>, input: LoginInput) -> ApiResult<Option<LoginResult>> {
        check_delivery(ctx, input.token_delivery)?;
        let mut faults = input::Faults::default();
        let email = faults.check("input.email", email_address::EmailAddress::parse(&input.email.0));
        let device_name = faults.check("input.deviceName", input::device_name(input.device_name.as_deref()));
        let (email, device_name) = faults.finish(email.zip(device_name))?;
        let password = Password::typed(input.password);
        let logged_in =
            flows::login::login(ctx.app()?, ctx.caller()?, ctx.prepaid()?, &email, &password, device_name).await?;
        Ok(Some(match logged_in {
            LoggedIn::NewTokens(signed_in) => {
                LoginResult::SignedIn(Box::new(deliver(ctx, *signed_in, input.token_delivery)?))
            }
            LoggedIn::MfaRequired(challenge) => LoginResult::MfaRequired(challenge.into()),
        }))
    }

    /// Exchange the refresh token for the next one and a new access token. Each token works once: a second use ends the
    /// session for everyone, unless it is the same attempt again (`idempotencyKey`).
    #[graphql(
        directive = cost::apply(TOKEN_CHECK, None),
        directive = refuses::apply(vec![
            Code::Unauthenticated, Code::SessionEnded, Code::RefreshTokenReused, Code::ValidationFailed,
        ]),
    )]
    async fn refresh(&self, ctx: &Context<'_>, input: RefreshInput) -> ApiResult<Option<SignedIn>> {
        let cookie = ctx.presented()?.refresh_cookie.as_deref();
        // What a script cannot read it must not be able to ask for either.
        let delivery = if input.refresh_token.is_none() { TokenDelivery::Cookie } else { input.token_delivery };
        check_delivery(ctx, delivery)?;
        let key = input::idempotency_key(input.idempotency_key.as_deref())?;
        let presented = input.refresh_token.as_deref().or(cookie).and_then(RefreshToken::parse);
        let presented = presented.ok_or(Refusal::Unauthenticated)?;
        let signed_in = flows::refresh::refresh(ctx.app()?, ctx.caller()?, &presented, key.as_ref()).await?;
        Ok(Some(deliver(ctx, signed_in, delivery)?))
    }

    /// Prove again that it is still you: opens the window in which sensitive fields are allowed. Takes a code where the
    /// second factor is on, of administrators the password and a code, else the password. Where both are given both are
    /// judged, and the refusal does not say which of them is wrong.
    #[graphql(
        guard = "require_user()",
        directive = requires::apply(Role::User, false),
        directive = cost::apply(PASSWORD_HASH, Some(RateBucket::Auth)),
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

    /// End this session: its access token is dead at once, its refresh token too, and the cookie is cleared. Over a WebSocket
    /// the cookie stays, with the dead refresh token in it.
    #[graphql(guard = "require_user()", directive = cost::apply(WRITE, None), directive = requires::apply(Role::User, false))]
    async fn logout(&self, ctx: &Context<'_>) -> ApiResult<Option<LogoutPayload>> {
        let viewer = viewer(ctx).await?;
        let session = flows::logout::logout(ctx.app()?, ctx.caller()?, &viewer).await?;
        clear_refresh_cookie(ctx)?;
        Ok(Some(LogoutPayload { session_id: ID(session.to_string()) }))
    }

    /// End one of your sessions. One that is over already stays as it is.
    #[graphql(
        guard = "require_user()",
        directive = cost::apply(WRITE, None), directive = requires::apply(Role::User, false),
        directive = refuses::apply(vec![Code::NotFound]),
    )]
    async fn revoke_session(
        &self,
        ctx: &Context<'_>,
        input: RevokeSessionInput,
    ) -> ApiResult<Option<RevokeSessionPayload>> {
        let id = input.session_id.parse().map_err(|_| Refusal::NotFound)?;
        let viewer = viewer(ctx).await?;
        let session = flows::end_sessions::revoke_session(ctx.app()?, ctx.caller()?, &viewer, id).await?;
        let is_current = session.id == viewer.session().id;
        Ok(Some(RevokeSessionPayload { session: SessionView { session, user: viewer.user().clone(), is_current } }))
    }

    /// "It was not me": with the token of an email about a sign-in, end that session and every other, and take the password
    /// away, because the person who signed in knows it. Another email offers a new one.
    #[graphql(directive = cost::apply(TOKEN_CHECK + MAIL, None), directive = refuses::apply(vec![Code::InvalidToken]))]
    async fn disown_session(
        &self,
        ctx: &Context<'_>,
        input: DisownSessionInput,
    ) -> ApiResult<Option<DisownSessionPayload>> {
        let token = input::one_time_token(&input.token)?;
        let session = flows::disown_session::disown_session(ctx.app()?, ctx.caller()?, &token).await?;
        Ok(Some(DisownSessionPayload { session_id: ID(session.to_string()) }))
    }

    /// End all your sessions but this one.
    #[graphql(guard = "require_user()", directive = cost::apply(WRITE, None), directive = requires::apply(Role::User, false))]
    async fn revoke_other_sessions(&self, ctx: &Context<'_>) -> ApiResult<Option<RevokeSessionsPayload>> {
        revoke(ctx, Which::Others).await
    }

    /// End all your sessions, this one too; the cookie is cleared, but not over a WebSocket.
    #[graphql(guard = "require_user()", directive = cost::apply(WRITE, None), directive = requires::apply(Role::User, false))]
    async fn revoke_all_sessions(&self, ctx: &Context<'_>) -> ApiResult<Option<RevokeSessionsPayload>> {
        let revoked = revoke(ctx, Which::All).await?;
        clear_refresh_cookie(ctx)?;
        Ok(revoked)
    }
}

async fn revoke(ctx: &Context<'_>, which: Which) -> ApiResult<Option<RevokeSessionsPayload>> {
    let viewer = viewer(ctx).await?;
    let ended = flows::end_sessions::revoke_sessions(ctx.app()?, ctx.caller()?, &viewer, which).await?;
    Ok(Some(RevokeSessionsPayload { revoked_count: count(ended) }))
}
