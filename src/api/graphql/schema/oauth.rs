//! Mutations that sign in with a provider: in a browser, or with an ID token that an app got.

use std::sync::Arc;

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};

use super::context::{ContextExt, viewer_now};
use super::costs::{self, RateBucket, cost, rate_limit};
use super::guards::refuses;
use super::input::{self, Faults};
use super::login_result::{LoginResult, login_result};
use super::oauth_answers::{AnswerPaths, IdTokenAnswerInput, OAuthAnswerInput, PROVIDER_LIMIT, URI_LIMIT};
use super::signed_in::ClientInput;
use crate::api::graphql::error::{ApiResult, Code};
use crate::api::graphql::scalars::{DateTime, UrlScalar};
use crate::app::viewer::Viewer;
use crate::error::Result;
use crate::flows::complete_oauth;
use crate::flows::start_oauth::{self, IdTokenRequest, OAuthRedirect, OAuthStart};
use crate::values::oauth::OAuthPurpose;

/// The longest login hint, in characters: that of an email address.
const LOGIN_HINT_LIMIT: usize = 254;

/// What a user signs in at a provider for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(name = "OAuthPurpose", remote = "OAuthPurpose")]
pub enum OAuthPurposeEnum {
    /// To log in or to register: `completeOAuth`, `loginWithIdToken`.
    Login,
    /// To link the provider account to the signed-in user: `linkOAuthAccount`.
    Link,
    /// To confirm the identity of the signed-in user: `reauthenticate`.
    Reauthenticate,
}

/// Input of `startOAuth`.
#[derive(InputObject)]
pub struct StartOAuthInput {
    /// `name` of one of `authConfig.oauthProviders`.
    provider: String,
    /// Where the provider sends the browser back to. One of `OAUTH_REDIRECT_URIS`, compared character by character; only
    /// `http://127.0.0.1` and `http://[::1]` may have any port.
    redirect_uri: String,
    /// What the sign-in is for. It cannot be used for anything else.
    #[graphql(default_with = "OAuthPurposeEnum::Login")]
    purpose: OAuthPurposeEnum,
    /// Email address that the provider suggests to the user.
    login_hint: Option<String>,
}

/// A sign-in that has begun. Open `url` in a browser, and keep `flowToken` where only this client can read it.
#[derive(SimpleObject)]
#[graphql(name = "OAuthRedirect")]
pub struct OAuthRedirectView {
    /// Where to send the browser.
    url: UrlScalar,
    /// Token for `completeOAuth`, `linkOAuthAccount` or `reauthenticate`. It works once. Keep it out of the browser's
    /// address, and do not give it to the provider.
    flow_token: String,
    /// When the flow token expires.
    expires_at: DateTime,
}

/// Input of `completeOAuth`.
#[derive(InputObject)]
pub struct CompleteOAuthInput {
    #[graphql(flatten)]
    answer: OAuthAnswerInput,
    /// What the client tells about itself.
    client: Option<ClientInput>,
}

/// Input of `startIdTokenLogin`.
#[derive(InputObject)]
pub struct StartIdTokenLoginInput {
    /// `name` of one of `authConfig.oauthProviders`. GITHUB has no ID tokens.
    provider: String,
    /// What the sign-in is for. It cannot be used for anything else.
    #[graphql(default_with = "OAuthPurposeEnum::Login")]
    purpose: OAuthPurposeEnum,
}

/// A sign-in that has begun in an app. Give `nonce` to the provider's library, and keep `flowToken`.
#[derive(SimpleObject)]
#[graphql(name = "IdTokenRequest")]
pub struct IdTokenRequestView {
    /// Must be in the ID token, as it is or as its SHA-256 in hexadecimal, which is usual with Apple.
    nonce: String,
    /// Token for `loginWithIdToken`, `linkOAuthAccount` or `reauthenticate`. It works once.
    flow_token: String,
    /// When the flow token expires.
    expires_at: DateTime,
}

/// Input of `loginWithIdToken`.
#[derive(InputObject)]
pub struct LoginWithIdTokenInput {
    /// The provider that `startIdTokenLogin` named.
    provider: String,
    #[graphql(flatten)]
    answer: IdTokenAnswerInput,
    /// What the client tells about itself.
    client: Option<ClientInput>,
}

/// Mutations that sign in with a provider.
#[derive(Default)]
pub struct OAuthMutation;

#[Object]
impl OAuthMutation {
    /// Begin a sign-in with a provider in a browser. The provider sends the browser back to `redirectUri`, whose page or app
    /// calls `completeOAuth`. LINK and REAUTHENTICATE require a signed-in user, and must be completed in the same session.
    #[graphql(
        name = "startOAuth",
        directive = cost::apply(costs::START_OAUTH.to_string()),
        directive = refuses::apply(vec![
            Code::ValidationFailed, Code::Unauthenticated, Code::OAuthFailed, Code::Unavailable,
        ]),
    )]
    async fn start_oauth(&self, ctx: &Context<'_>, input: StartOAuthInput) -> ApiResult<Option<OAuthRedirectView>> {
        let start = parse_start(input)?;
        let viewer = viewer_for(ctx, start.purpose).await?;
        let started = start_oauth::start_oauth(ctx.app()?, viewer.as_deref(), start).await?;
        Ok(Some(started.into()))
    }

    /// Log in with what the provider sent to the redirect URI, or register: the account that is linked to the provider
    /// account, otherwise the one with its verified email address, otherwise a new one. `OAUTH_FAILED` if the provider does
    /// not confirm the sign-in, or confirms no address for a new account. FORBIDDEN if registration is closed.
    #[graphql(
        name = "completeOAuth",
        directive = cost::apply(costs::COMPLETE_OAUTH.to_string()),
        directive = rate_limit::apply(RateBucket::Auth),
        directive = refuses::apply(vec![
            Code::InvalidToken, Code::OAuthFailed, Code::Unavailable, Code::AccountLocked, Code::EmailTaken,
            Code::Forbidden, Code::ValidationFailed,
        ]),
    )]
    async fn complete_oauth(&self, ctx: &Context<'_>, input: CompleteOAuthInput) -> ApiResult<Option<LoginResult>> {
        let mut faults = Faults::default();
        let answer = input.answer.parse(&AnswerPaths::TOP, &mut faults);
        let client = ClientInput::parse(ctx, input.client, &mut faults);
        let (answer, client) = faults.finish(answer.zip(client))?;
        let outcome = complete_oauth::complete_oauth(ctx.app()?, ctx.caller()?, answer, client).await?;
        Ok(Some(login_result(ctx, outcome)?))
    }

    /// Begin a sign-in with the provider's own library in an app, which gets an ID token without a redirect. LINK and
    /// REAUTHENTICATE require a signed-in user, and must be completed in the same session.
    #[graphql(
        directive = cost::apply(costs::START_ID_TOKEN_LOGIN.to_string()),
        directive = refuses::apply(vec![Code::ValidationFailed, Code::Unauthenticated]),
    )]
    async fn start_id_token_login(
        &self,
        ctx: &Context<'_>,
        input: StartIdTokenLoginInput,
    ) -> ApiResult<Option<IdTokenRequestView>> {
        let provider = input::limited(input.provider, PROVIDER_LIMIT).map_err(|fault| fault.at("input.provider"))?;
        let purpose = input.purpose.into();
        let viewer = viewer_for(ctx, purpose).await?;
        let started = start_oauth::start_id_token_login(ctx.app()?, viewer.as_deref(), &provider, purpose).await?;
        Ok(Some(started.into()))
    }

    /// Log in with an ID token, or register, as `completeOAuth` does.
    #[graphql(
        directive = cost::apply(costs::LOGIN_WITH_ID_TOKEN.to_string()),
        directive = rate_limit::apply(RateBucket::Auth),
        directive = refuses::apply(vec![
            Code::InvalidToken, Code::OAuthFailed, Code::Unavailable, Code::AccountLocked, Code::EmailTaken,
            Code::Forbidden, Code::ValidationFailed,
        ]),
    )]
    async fn login_with_id_token(
        &self,
        ctx: &Context<'_>,
        input: LoginWithIdTokenInput,
    ) -> ApiResult<Option<LoginResult>> {
        let mut faults = Faults::default();
        let provider = faults.check("input.provider", input::limited(input.provider, PROVIDER_LIMIT));
        let answer = input.answer.parse(provider, &AnswerPaths::TOP, &mut faults);
        let client = ClientInput::parse(ctx, input.client, &mut faults);
        let (answer, client) = faults.finish(answer.zip(client))?;
        let outcome = complete_oauth::complete_oauth(ctx.app()?, ctx.caller()?, answer, client).await?;
        Ok(Some(login_result(ctx, outcome)?))
    }
}

fn parse_start(input: StartOAuthInput) -> Result<OAuthStart> {
    let mut faults = Faults::default();
    let provider = faults.check("input.provider", input::limited(input.provider, PROVIDER_LIMIT));
    let redirect_uri = faults.check("input.redirectUri", input::limited(input.redirect_uri, URI_LIMIT));
    let login_hint = input.login_hint.map(|hint| input::limited(hint, LOGIN_HINT_LIMIT)).transpose();
    let login_hint = faults.check("input.loginHint", login_hint);
    let purpose = input.purpose.into();
    let ((provider, redirect_uri), login_hint) = faults.finish(provider.zip(redirect_uri).zip(login_hint))?;
    Ok(OAuthStart { provider, redirect_uri, purpose, login_hint })
}

/// The user to whom the sign-in belongs. A login belongs to nobody yet, whoever is signed in.
async fn viewer_for(ctx: &Context<'_>, purpose: OAuthPurpose) -> ApiResult<Option<Arc<Viewer>>> {
    match purpose {
        OAuthPurpose::Login => Ok(None),
        // An earlier mutation of the document may have ended the session.
        OAuthPurpose::Link | OAuthPurpose::Reauthenticate => viewer_now(ctx).await.map(Some),
    }
}

impl From<OAuthRedirect> for OAuthRedirectView {
    fn from(started: OAuthRedirect) -> Self {
        Self { url: UrlScalar(started.url), flow_token: started.flow.expose(), expires_at: started.expires_at.into() }
    }
}

impl From<IdTokenRequest> for IdTokenRequestView {
    fn from(started: IdTokenRequest) -> Self {
        Self {
            nonce: started.nonce.expose().to_owned(),
            flow_token: started.flow.expose(),
            expires_at: started.expires_at.into(),
        }
    }
}
