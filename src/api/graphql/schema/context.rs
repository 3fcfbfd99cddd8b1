//! What a resolver can get from its request: app, caller, viewer, cookies.

use std::sync::Arc;

use async_graphql::Context;
use cookie::{Cookie, SameSite};

use super::views::UserView;
use crate::api::graphql::error::{ApiResult, missing_data};
use crate::api::graphql::viewer_cell::ViewerCell;
use crate::app::App;
use crate::app::viewer::{Admin, BearerClaims, Viewer};
use crate::config::Config;
use crate::error::{Error, Refusal, Result};
use crate::values::caller::{Caller, Credentials};
use crate::values::ids::{SessionId, UserId};
use crate::values::time::Time;

/// The way an operation came. Request data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transport {
    /// As a request of its own.
    Http,
    /// Over a WebSocket. The answer has no headers, so it can neither set nor clear a cookie.
    WebSocket,
}

/// The cookie that holds the refresh token.
#[derive(Clone, PartialEq, Eq)]
pub struct RefreshCookie {
    /// Name of the cookie.
    pub name: &'static str,
    path: String,
    is_secure: bool,
}

/// The cookie that this server sets and reads. With TLS it has the prefix `__Host-`, so no other host and no path of
/// this host can set it (RFC 6265bis, section 4.1.3.2; docs/adr/0022). The prefix requires the path `/`, even if the
/// server runs below another path (docs/adr/0033).
#[must_use]
pub fn refresh_cookie(config: &Config) -> RefreshCookie {
    let is_secure = !config.is_development() || config.server.public_url.scheme() == "https";
    if is_secure {
        return RefreshCookie { name: "__Host-authgraph_refresh", path: "/".to_owned(), is_secure };
    }
    plain_cookie(config)
}

/// The cookie for development without TLS, where servers on other ports of the host share the cookies.
fn plain_cookie(config: &Config) -> RefreshCookie {
    let path = format!("{}/graphql", config.public_path());
    RefreshCookie { name: "authgraph_refresh", path, is_secure: false }
}

/// Accessors for the data of a request. Missing data is a fault of the server.
pub trait ContextExt {
    /// The app that the schema was built with.
    fn app(&self) -> Result<&Arc<App>>;

    /// Address and user agent of the client.
    fn caller(&self) -> Result<&Caller>;

    /// The credentials of the request, not verified.
    fn credentials(&self) -> Result<&Credentials>;

    /// The current time.
    fn now(&self) -> Result<Time>;
}

impl ContextExt for Context<'_> {
    fn app(&self) -> Result<&Arc<App>> {
        self.data::<Arc<App>>().map_err(missing_data)
    }

    fn caller(&self) -> Result<&Caller> {
        self.data::<Caller>().map_err(missing_data)
    }

    fn credentials(&self) -> Result<&Credentials> {
        self.data::<Credentials>().map_err(missing_data)
    }

    fn now(&self) -> Result<Time> {
        Ok(self.app()?.clock.now())
    }
}

/// The signed-in user of the request, read once for all fields.
///
/// # Errors
/// `UNAUTHENTICATED`.
pub async fn viewer(ctx: &Context<'_>) -> ApiResult<Arc<Viewer>> {
    Ok(try_viewer(ctx).await?)
}

/// As [`viewer`], with the error of the app, for fields that also work without a user.
///
/// # Errors
/// `UNAUTHENTICATED`.
pub async fn try_viewer(ctx: &Context<'_>) -> Result<Arc<Viewer>> {
    ctx.data::<ViewerCell>().map_err(missing_data)?.get(ctx.app()?, claims(ctx)?).await
}

/// The signed-in user, read again: an earlier mutation of the same document may have ended the session.
///
/// # Errors
/// `UNAUTHENTICATED`.
pub async fn viewer_now(ctx: &Context<'_>) -> ApiResult<Arc<Viewer>> {
    Ok(ctx.data::<ViewerCell>().map_err(missing_data)?.get_current(ctx.app()?, claims(ctx)?).await?)
}

/// The signed-in user if they are the user whom a public mutation has just changed, as they are now. `None` for everyone
/// else, also with a token that is not valid any more: such a mutation needs none.
pub async fn viewer_after_change(ctx: &Context<'_>, changed: UserId) -> ApiResult<Option<UserView>> {
    let cell = ctx.data::<ViewerCell>().map_err(missing_data)?;
    // It may have been read before the change.
    cell.forget().await;
    match cell.get(ctx.app()?, claims(ctx)?).await {
        Ok(viewer) => Ok(Some(viewer.user().clone()).filter(|user| user.id == changed).map(UserView)),
        Err(Error::Refused(Refusal::Unauthenticated)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Whether the access token of the request was issued for this session, which may have ended since.
pub fn has_token_of(ctx: &Context<'_>, session: SessionId) -> Result<bool> {
    Ok(claims(ctx)?.is_of(session))
}

/// The administrator of the request.
///
/// # Errors
/// `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn admin(ctx: &Context<'_>) -> ApiResult<Admin> {
    Ok(viewer(ctx).await?.administrator()?)
}

fn claims<'a>(ctx: &'a Context<'_>) -> Result<&'a BearerClaims> {
    ctx.data::<BearerClaims>().map_err(missing_data)
}

/// Sets the cookie of the refresh token. Scripts cannot read it, and it is sent to this server only.
pub fn set_refresh_cookie(ctx: &Context<'_>, token: String, expires_at: Time) -> Result<()> {
    let seconds = (expires_at - ctx.now()?).num_seconds();
    append_cookie(ctx, refresh_cookie(&ctx.app()?.config), token, seconds);
    Ok(())
}

/// Deletes the cookie of the refresh token, and with TLS also the one without prefix.
pub fn clear_refresh_cookie(ctx: &Context<'_>) -> Result<()> {
    let config = &ctx.app()?.config;
    let (current, plain) = (refresh_cookie(config), plain_cookie(config));
    if current != plain {
        append_cookie(ctx, current, String::new(), 0);
    }
    append_cookie(ctx, plain, String::new(), 0);
    Ok(())
}

fn append_cookie(ctx: &Context<'_>, refresh: RefreshCookie, token: String, seconds: i64) {
    let cookie = Cookie::build((refresh.name, token))
        .path(refresh.path)
        .http_only(true)
        .secure(refresh.is_secure)
        .same_site(SameSite::Lax)
        .max_age(cookie::time::Duration::seconds(seconds));
    ctx.append_http_header("set-cookie", cookie.to_string());
}
