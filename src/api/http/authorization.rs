//! Who may keep a socket or an event stream open, and until when.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;

use crate::app::App;
use crate::app::viewer::authenticate;
use crate::error::{Error, Result};
use crate::flows::watch_session;
use crate::values::ids::UserId;

/// A user who may keep a connection open.
pub struct Authorized {
    /// The user of the access token.
    pub user: UserId,
    /// Ends when the user may no longer keep the connection open, with the reason.
    pub ends: BoxFuture<'static, Error>,
}

/// Checks the access token of a connection that is going to stay open.
///
/// # Errors
/// `UNAUTHENTICATED`; `UNAVAILABLE` where the database cannot tell.
pub async fn authorize(app: &Arc<App>, bearer: String) -> Result<Authorized> {
    let viewer = authenticate(app, &bearer).await?;
    let (user, app) = (viewer.user().id, Arc::clone(app));
    let ends = async move { watch_session::over(&app, &viewer).await }.boxed();
    Ok(Authorized { user, ends })
}
