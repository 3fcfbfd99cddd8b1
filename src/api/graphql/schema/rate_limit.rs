//! The remaining budget of a caller, as a field.

use async_graphql::SimpleObject;

use crate::api::graphql::pipeline::rate_limit_status::RateLimitStatus;
use crate::api::graphql::scalars::DateTime;

/// Remaining points of the caller, and what this operation costs.
#[derive(SimpleObject)]
#[graphql(name = "RateLimit")]
pub struct RateLimitView {
    /// Points per period (`RATE_LIMIT_BUDGET`). Null if points are not limited.
    limit: Option<u32>,
    /// Points left. Null if points are not limited.
    remaining: Option<u32>,
    /// Points used, including this operation.
    used: u32,
    /// When all points are available again if no more are used until then.
    reset_at: DateTime,
    /// Points this operation costs at most, as in `extensions.cost.requested`. Points it did not use are returned.
    requested: u32,
}

impl From<&RateLimitStatus> for RateLimitView {
    fn from(status: &RateLimitStatus) -> Self {
        Self {
            limit: status.limit(),
            remaining: status.remaining(),
            used: status.used(),
            reset_at: status.reset_at().into(),
            requested: status.requested(),
        }
    }
}
