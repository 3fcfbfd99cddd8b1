//! The remaining budget of a caller, as a field.

use async_graphql::SimpleObject;

use crate::api::graphql::pipeline::rate_limit_status::RateLimitStatus;
use crate::api::graphql::scalars::DateTime;

/// Remaining points of the caller, and what this operation costs.
#[derive(SimpleObject)]
#[graphql(name = "RateLimit")]
pub struct RateLimitView {
    /// Points per period (`RATE_LIMIT_BUDGET`). 0 if points are not limited.
    limit: u32,
    /// Points left.
    remaining: u32,
    /// Points used, including this operation.
    used: u32,
    /// When all points are available again if no more are used until then.
    reset_at: DateTime,
    /// Maximum price of this operation. Points it did not use are returned.
    cost: u32,
}

impl From<&RateLimitStatus> for RateLimitView {
    fn from(status: &RateLimitStatus) -> Self {
        Self {
            limit: status.limit(),
            remaining: status.remaining(),
            used: status.used(),
            reset_at: status.reset_at().into(),
            cost: status.cost(),
        }
    }
}
