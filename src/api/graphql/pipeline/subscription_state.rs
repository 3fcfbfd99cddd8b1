//! What a subscription tells its transport beside its events: that it has begun, and that it was ended for a reason.

use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;

use crate::error::ErrorCode;

/// Put into the data of a request for a subscription. An error among its events does not say whether more will follow;
/// this does, and lets a socket close with the code that fits.
#[derive(Debug, Clone, Default)]
pub struct StreamMarker(Arc<State>);

#[derive(Debug, Default)]
struct State {
    begun: CancellationToken,
    ended: OnceLock<ErrorCode>,
}

impl StreamMarker {
    /// Every guard has let the caller pass, and events will follow.
    pub fn begin(&self) {
        self.0.begun.cancel();
    }

    /// The next answer is the last one.
    pub fn end(&self, code: ErrorCode) {
        let _ = self.0.ended.set(code);
    }

    /// Waits until the subscription has begun.
    pub async fn begun(&self) {
        self.0.begun.cancelled().await;
    }

    /// Why it was ended, if it was.
    #[must_use]
    pub fn ended(&self) -> Option<ErrorCode> {
        self.0.ended.get().copied()
    }
}
