//! Watching over a connection that stays open: whoever may no longer be there is told to go.

use std::time::Duration;

use super::authenticate::{Viewer, authenticate};
use crate::app::App;
use crate::error::{Error, Result};

/// How often somebody is looked at when nothing has happened: for what no event tells.
const LOOK_AGAIN: Duration = Duration::from_secs(25);

/// Checks the access token of a connection that is going to stay open.
///
/// # Errors
/// As [`authenticate`].
pub async fn admit(app: &App, bearer: &str) -> Result<Viewer> {
    authenticate(app, bearer).await
}

/// Waits until the viewer may no longer be there.
pub async fn over(app: &App, bearer: &str, viewer: Viewer) -> Error {
    drop(viewer);
    loop {
        tokio::time::sleep(LOOK_AGAIN).await;
        if let Err(error) = authenticate(app, bearer).await {
            return error;
        }
    }
}
