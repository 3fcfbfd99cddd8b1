//! How a subscription tells its transport that it has begun, and why it ended.

use std::sync::{Arc, OnceLock};

use tokio_util::sync::CancellationToken;

use crate::error::ErrorCode;

/// Request data of a subscription. An error among its events does not say whether more events will follow. This does,
/// and a socket can close with the matching code.
#[derive(Debug, Clone, Default)]
pub struct SubscriptionState(Arc<State>);

#[derive(Debug, Default)]
struct State {
    begun: CancellationToken,
    ended: OnceLock<ErrorCode>,
}

impl SubscriptionState {
    /// The guards have allowed the caller, and events will follow.
    pub fn begin(&self) {
        self.0.begun.cancel();
    }

    /// The next response is the last one.
    pub fn end(&self, code: ErrorCode) {
        let _ = self.0.ended.set(code);
    }

    /// Waits until the subscription has begun.
    pub async fn begun(&self) {
        self.0.begun.cancelled().await;
    }

    /// Why it ended, if it has.
    #[must_use]
    pub fn ended(&self) -> Option<ErrorCode> {
        self.0.ended.get().copied()
    }
}
