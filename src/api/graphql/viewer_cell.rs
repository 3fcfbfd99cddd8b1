//! The viewer of a request, shared by the pipeline, which charges it, and the resolvers.

use std::sync::Arc;

use tokio::sync::Mutex;

use crate::app::App;
use crate::app::viewer::{BearerClaims, Viewer, authenticate_claims};
use crate::error::Result;
use crate::values::ids::UserId;

/// The viewer of a request, read from the database before the operation is charged, or when the first field needs it.
/// Request data; clones share it.
#[derive(Clone, Default)]
pub struct ViewerCell(Arc<Mutex<Option<CachedViewer>>>);

struct CachedViewer {
    viewer: Arc<Viewer>,
    /// Whether no field has used it since it was read.
    is_fresh: bool,
}

impl ViewerCell {
    /// Reads the viewer before any field runs.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`.
    pub async fn read_ahead(&self, app: &App, claims: &BearerClaims) -> Result<Arc<Viewer>> {
        let viewer = Arc::new(authenticate_claims(app, claims).await?);
        *self.0.lock().await = Some(CachedViewer { viewer: Arc::clone(&viewer), is_fresh: true });
        Ok(viewer)
    }

    /// The viewer, read at most once for all fields.
    ///
    /// # Errors
    /// `UNAUTHENTICATED`.
    pub async fn get(&self, app: &App, claims: &BearerClaims) -> Result<Arc<Viewer>> {
        let mut cell = self.0.lock().await;
        if let Some(cached) = cell.as_ref() {
            return Ok(Arc::clone(&cached.viewer));
        }
        let viewer = Arc::new(authenticate_claims(app, claims).await?);
        *cell = Some(CachedViewer { viewer: Arc::clone(&viewer), is_fresh: false });
        Ok(viewer)
    }

    /// The viewer, read again unless nothing has run since: an earlier mutation of the document may have ended the
    /// session.
    ///
    /// # Errors `UNAUTHENTICATED`.
    pub async fn get_current(&self, app: &App, claims: &BearerClaims) -> Result<Arc<Viewer>> {
        let mut cell = self.0.lock().await;
        let viewer = match cell.take() {
            Some(CachedViewer { viewer, is_fresh: true }) => viewer,
            Some(_) | None => Arc::new(authenticate_claims(app, claims).await?),
        };
        *cell = Some(CachedViewer { viewer: Arc::clone(&viewer), is_fresh: false });
        Ok(viewer)
    }

    /// Id of the user who was read, for the log of a request that is over.
    #[must_use]
    pub fn user(&self) -> Option<UserId> {
        Some(self.0.try_lock().ok()?.as_ref()?.viewer.user().id)
    }

    /// Forgets the viewer. A subscription runs for hours, so each event must check again what its viewer may see.
    pub async fn forget(&self) {
        *self.0.lock().await = None;
    }
}
