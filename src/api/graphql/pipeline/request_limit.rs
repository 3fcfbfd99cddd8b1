//! The limit of requests for those that never reach the schema: a malformed body, a refused document, a refused socket.

use async_graphql::Response;

use super::rate_limit_status::RateLimitStatus;
use crate::api::graphql::error::request_error;
use crate::app::App;
use crate::app::charges::{self, CountedRequest};
use crate::values::caller::Caller;
use crate::values::time::Time;

/// Counts a request that the schema does not see. Answers the refusal where the address has reached its limit.
pub async fn count(app: &App, caller: &Caller) -> Option<Response> {
    let now = app.clock.now();
    refusal_response(app, charges::count_request(app, caller, now).await, now)
}

/// The refusal of a caller whose address is known on this instance to have reached its limit. It can be given before the
/// body is read.
pub fn refusal(app: &App, caller: &Caller) -> Option<Response> {
    let now = app.clock.now();
    refusal_response(app, charges::known_refusal(app, caller, now)?, now)
}

fn refusal_response(app: &App, counted: CountedRequest, now: Time) -> Option<Response> {
    let mut response = Response::from_errors(vec![request_error(counted.refusal?)]);
    RateLimitStatus::for_requests(&app.config, counted.usage, now).write_to(&mut response, false);
    Some(response)
}
