//! What operations are charged before they run, and what is given back afterwards.

use super::App;
use super::limits::{NamedLimit, outcome};
use crate::error::{Refusal, Result};
use crate::tools::rate_limiter::{ReservationId, Window, WindowUsage};
use crate::values::caller::Caller;
use crate::values::client_network::client_address;
use crate::values::ids::UserId;
use crate::values::time::Time;

/// Who pays for an operation: the limits it counts against.
#[derive(Debug, Clone)]
pub struct Payer {
    requests: NamedLimit,
    budget: NamedLimit,
}

/// The outcome of a charge, and how full the payer's windows are now.
#[derive(Debug)]
pub struct Charge {
    /// How full the window of operations is.
    pub requests: WindowUsage,
    /// How full the window of points is.
    pub budget: WindowUsage,
    /// The reservation of a granted charge, or the refusal.
    pub outcome: Result<ReservationId, Refusal>,
}

/// The outcome of counting a request, and how full the window of its address is now.
#[derive(Debug)]
pub struct CountedRequest {
    /// How full the window is.
    pub usage: WindowUsage,
    /// `RATE_LIMITED` where it was full.
    pub refusal: Option<Refusal>,
}

/// Points that were charged, and how many of them were not used.
#[derive(Debug, Clone, Copy)]
pub struct Refund {
    /// As they were charged.
    pub charged: u32,
    /// What is given back.
    pub unused: u32,
}

impl Payer {
    /// The user pays with their budget if their session is alive, everybody else with that of their address. Operations are
    /// counted by address in both cases.
    #[must_use]
    pub fn new(app: &App, caller: &Caller, user: Option<UserId>) -> Self {
        let subject =
            user.map_or_else(|| format!("address:{}", client_address(caller.address)), |user| user.to_string());
        Self {
            requests: requests(app, caller),
            budget: NamedLimit::new("budget", &subject, app.config.rate_limits.budget),
        }
    }

    fn points(&self, points: u32) -> Window<'_> {
        self.budget.window().with_weight(points)
    }
}

/// The limit of all requests of the caller's address.
fn requests(app: &App, caller: &Caller) -> NamedLimit {
    NamedLimit::new("requests", &client_address(caller.address).to_string(), app.config.rate_limits.requests)
}

/// Charges an operation before it runs: one request and its points, in one round trip to Redis.
pub async fn charge(app: &App, payer: &Payer, points: u32, now: Time) -> Charge {
    let decision = app.rate_limiter.attempt(&[payer.requests.window(), payer.points(points)], now).await;
    let [requests, budget] = decision.usages.first_chunk().copied().unwrap_or_default();
    let limits = [payer.requests.clone(), payer.budget.clone()];
    Charge { requests, budget, outcome: outcome(app, &limits, decision) }
}

/// Charges what a subscription does in addition to its operation: an event, or a page of missed events.
///
/// # Errors
/// `RATE_LIMITED`.
pub async fn charge_points(app: &App, payer: &Payer, points: u32, now: Time) -> Result<ReservationId> {
    let decision = app.rate_limiter.attempt(&[payer.points(points)], now).await;
    Ok(outcome(app, std::slice::from_ref(&payer.budget), decision)?)
}

/// How many points a charge takes from the budget: at most the whole budget, and none where there is no limit.
#[must_use]
pub fn charged(app: &App, points: u32) -> u32 {
    points.min(app.config.rate_limits.budget.attempts)
}

/// Gives back the points of an operation that were charged and not used.
pub async fn give_back(app: &App, payer: &Payer, refund: Refund, reservation: &ReservationId) {
    app.rate_limiter.give_back(&[(payer.points(refund.charged), refund.unused)], reservation).await;
}

/// Counts on this instance alone that the database is about to be asked whose session a token belongs to; false where the
/// address has reached its limit of requests. The charge that follows counts it for all instances, unless the client goes
/// away in between: this count limits such clients.
#[must_use]
pub fn count_session_lookup(app: &App, caller: &Caller, now: Time) -> bool {
    let subject = format!("requests:{}", client_address(caller.address));
    let lookups = NamedLimit::new("sessions", &subject, app.config.rate_limits.requests);
    app.rate_limiter.attempt_locally(lookups.window(), now).is_granted()
}

/// Counts a request without an operation against the limit of its address.
pub async fn count_request(app: &App, caller: &Caller, now: Time) -> CountedRequest {
    let requests = requests(app, caller);
    let decision = app.rate_limiter.attempt(&[requests.window()], now).await;
    let usage = decision.usages.first().copied().unwrap_or_default();
    CountedRequest { usage, refusal: outcome(app, &[requests], decision).err() }
}

/// The refusal of the caller's next request, if this instance already knows it without asking Redis.
#[must_use]
pub fn known_refusal(app: &App, caller: &Caller, now: Time) -> Option<CountedRequest> {
    let requests = requests(app, caller);
    let decision = app.rate_limiter.known_refusal(requests.window(), now)?;
    let usage = decision.usages.first().copied().unwrap_or_default();
    Some(CountedRequest { usage, refusal: Some(outcome(app, &[requests], decision).err()?) })
}
