//! What a resolver may ask of its request: the app, the caller, the viewer, and the way a token travels back.

use std::sync::Arc;

use async_graphql::Context;
use cookie::{Cookie, SameSite};
use tokio::sync::Mutex;

use crate::api::graphql::error::{ApiResult, missing_data};
use crate::app::App;
use crate::app::charges::Prepaid;
use crate::app::viewer::{Admin, BearerClaims, Viewer, authenticate_claims};
use crate::config::Config;
use crate::error::Result;
use crate::values::caller::{Caller, Credentials};
use crate::values::ids::UserId;
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
    /// Its name.
    pub name: &'static str,
    path: String,
    is_secure: bool,
}

/// The cookie that a server of this configuration sets and reads. By TLS no other host can set a cookie of its name, nor
/// this host one for a part of its pages (RFC 6265bis, section 4.1.3.2; docs/adr/0022): the name demands the path `/`, also
/// where the server is reached below another one (docs/adr/0033).
#[must_use]
pub fn refresh_cookie(config: &Config) -> RefreshCookie {
    let is_secure = !config.is_development() || config.public_url.scheme() == "https";
    if is_secure {
        return RefreshCookie { name: "__Host-authgraph_refresh", path: "/".to_owned(), is_secure };
    }
    plain_cookie(config)
}

/// The cookie without TLS, on a laptop, where servers on other ports share the cookies.
fn plain_cookie(config: &Config) -> RefreshCookie {
    let path = format!("{}/graphql", config.public_path());
    RefreshCookie { name: "authgraph_refresh", path, is_secure: false }
}

/// The viewer of a request, read before the operation is charged or when the first field needs it. Request data; clones
/// share it.
#[derive(Clone, Default)]
pub struct ViewerCell(Arc<Mutex<Option<Held>>>);

struct Held {
    viewer: Arc<Viewer>,
    /// Whether nothing has run since it was read.
    is_fresh: bool,
}

impl ViewerCell {
    /// Reads the viewer before anything runs.
    ///
    /// # Errors
    /// As [`authenticate_claims`].
    pub async fn read(&self, app: &App, bearer: &BearerClaims) -> Result<Arc<Viewer>> {
        let viewer = Arc::new(authenticate_claims(app, bearer).await?);
        *self.0.lock().await = Some(Held { viewer: Arc::clone(&viewer), is_fresh: true });
        Ok(viewer)
    }

    /// Who it was, for the log of a request that is over.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        Some(self.0.try_lock().ok()?.as_ref()?.viewer.user().id)
    }

    /// Forgets the viewer: whoever asks next looks anew. A subscription lives for hours, and what its viewer was allowed
    /// at one event says nothing of the next.
    pub async fn forget(&self) {
        *self.0.lock().await = None;
    }
}

/// The questions of resolvers.
pub trait ContextExt {
    /// The app behind the schema.
    ///
    /// # Errors
    /// A fault where the schema was built without one.
    fn app(&self) -> Result<&Arc<App>>;

    /// Where the request comes from.
    ///
    /// # Errors
    /// A fault where the edge forgot to say.
    fn caller(&self) -> Result<&Caller>;

    /// The attempt that was reserved with the charge for the operation.
    ///
    /// # Errors
    /// A fault where the operation was not charged.
    fn prepaid(&self) -> Result<&Prepaid>;

    /// The credentials of the request, unchecked.
    ///
    /// # Errors
    /// A fault where the edge forgot to say.
    fn presented(&self) -> Result<&Credentials>;

    /// The time of this answer.
    ///
    /// # Errors
    /// As [`ContextExt::app`].
    fn now(&self) -> Result<Time>;
}

impl ContextExt for Context<'_> {
    fn app(&self) -> Result<&Arc<App>> {
        self.data::<Arc<App>>().map_err(missing_data)
    }

    fn caller(&self) -> Result<&Caller> {
        self.data::<Caller>().map_err(missing_data)
    }

    fn prepaid(&self) -> Result<&Prepaid> {
        self.data::<Arc<Prepaid>>().map(Arc::as_ref).map_err(missing_data)
    }

    fn presented(&self) -> Result<&Credentials> {
        self.data::<Credentials>().map_err(missing_data)
    }

    fn now(&self) -> Result<Time> {
        Ok(self.app()?.clock.now())
    }
}

/// The signed-in user of the request, read once for all its fields.
///
/// # Errors
/// `UNAUTHENTICATED`.
pub async fn viewer(ctx: &Context<'_>) -> ApiResult<Arc<Viewer>> {
    Ok(try_viewer(ctx).await?)
}

/// The same, for whoever has an answer for strangers too.
///
/// # Errors
/// `UNAUTHENTICATED`.
pub async fn try_viewer(ctx: &Context<'_>) -> Result<Arc<Viewer>> {
    let mut cell = ctx.data::<ViewerCell>().map_err(missing_data)?.0.lock().await;
    if let Some(held) = cell.as_ref() {
        return Ok(Arc::clone(&held.viewer));
    }
    let viewer = read_viewer(ctx).await?;
    *cell = Some(Held { viewer: Arc::clone(&viewer), is_fresh: false });
    Ok(viewer)
}

/// The signed-in user, read anew: the mutation before this one in the same document may have ended the session.
///
/// # Errors
/// `UNAUTHENTICATED`.
pub async fn viewer_now(ctx: &Context<'_>) -> ApiResult<Arc<Viewer>> {
    let mut cell = ctx.data::<ViewerCell>().map_err(missing_data)?.0.lock().await;
    let viewer = match cell.take() {
        Some(Held { viewer, is_fresh: true }) => viewer,
        Some(_) | None => read_viewer(ctx).await?,
    };
    *cell = Some(Held { viewer: Arc::clone(&viewer), is_fresh: false });
    Ok(viewer)
}

/// The administrator of the request; behind a guard that has let one pass.
///
/// # Errors
/// `UNAUTHENTICATED`, `FORBIDDEN`.
pub async fn admin(ctx: &Context<'_>) -> ApiResult<Admin> {
    Ok(viewer(ctx).await?.administrator()?)
}

async fn read_viewer(ctx: &Context<'_>) -> Result<Arc<Viewer>> {
    let bearer = ctx.data::<BearerClaims>().map_err(missing_data)?;
    authenticate_claims(ctx.app()?, bearer).await.map(Arc::new)
}

/// Sets the cookie of the refresh token: out of reach of scripts, and sent to this server alone.
///
/// # Errors
/// A fault where the request has no app.
pub fn set_refresh_cookie(ctx: &Context<'_>, token: String, expires_at: Time) -> Result<()> {
    let seconds = (expires_at - ctx.now()?).num_seconds();
    append_cookie(ctx, refresh_cookie(&ctx.app()?.config), token, seconds);
    Ok(())
}

/// Takes the cookie of the refresh token away, and one of the plain name that TLS has made meaningless.
///
/// # Errors
/// A fault where the request has no app.
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
