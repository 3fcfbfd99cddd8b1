//! What is left to a caller: as a field, in the extensions of an answer, and in its headers.

use async_graphql::{Response, SimpleObject, value};

use crate::api::graphql::scalars::DateTime;
use crate::config::{Config, RateLimit};
use crate::tools::rate_limiter::WindowUsage;
use crate::values::time::Time;

/// What is left of the caller's budget of points, and what this operation took of it.
#[derive(SimpleObject)]
#[graphql(name = "RateLimit")]
pub struct RateLimitView {
    /// How many points there are in a minute, or whatever period the server is set to; 0 where it sets no limit.
    pub limit: u32,
    /// How many of them are left.
    pub remaining: u32,
    /// How many of them are used up, this operation included.
    pub used: u32,
    /// When all of them are there again, if nothing is asked until then.
    pub reset_at: DateTime,
    /// What this operation costs at most.
    pub cost: u32,
}

/// One window as its owner may know it.
#[derive(Debug, Clone)]
struct Left {
    limit: RateLimit,
    fill: WindowUsage,
}

/// What is left after an operation was charged. Request data.
#[derive(Debug, Clone)]
pub struct RateLimitStatus {
    requests: Left,
    budget: Left,
    cost: u32,
    now: Time,
}

impl Left {
    const fn remaining(&self) -> u32 {
        self.limit.attempts.saturating_sub(self.fill.used)
    }

    const fn is_on(&self) -> bool {
        self.limit.attempts > 0
    }

    /// Whole seconds until everything is there again, rounded up.
    fn reset_seconds(&self) -> u64 {
        self.fill.empty_in.as_secs() + u64::from(self.fill.empty_in.subsec_nanos() > 0)
    }
}

impl RateLimitStatus {
    /// How full the windows of requests and points are now.
    #[must_use]
    pub fn new(config: &Config, cost: u32, (requests, budget): (WindowUsage, WindowUsage), now: Time) -> Self {
        Self {
            requests: Left { limit: config.rate_limits.requests, fill: requests },
            budget: Left { limit: config.rate_limits.budget, fill: budget },
            cost,
            now,
        }
    }

    /// How full the window of requests is; of points nothing is known.
    #[must_use]
    pub fn of_requests(config: &Config, requests: WindowUsage, now: Time) -> Self {
        let mut allowance = Self::new(config, 0, (requests, WindowUsage::default()), now);
        allowance.budget.limit.attempts = 0;
        allowance
    }

    /// Counts points as not used.
    pub fn give_back(&mut self, points: u32) {
        self.budget.fill.used = self.budget.fill.used.saturating_sub(points);
    }

    /// The answer to `rateLimit`.
    #[must_use]
    pub fn view(&self) -> RateLimitView {
        RateLimitView {
            limit: self.budget.limit.attempts,
            remaining: self.budget.remaining(),
            used: self.budget.fill.used,
            reset_at: self.reset_at().into(),
            cost: self.cost,
        }
    }

    fn reset_at(&self) -> Time {
        self.now + self.budget.fill.empty_in
    }

    /// Writes it into an answer: its headers, and where the settings want it `extensions.cost`.
    pub fn tell(&self, response: &mut Response, in_extensions: bool) {
        let named: Vec<_> = [("requests", &self.requests), ("points", &self.budget)]
            .into_iter()
            .filter(|(_, left)| left.is_on())
            .collect();
        let list = |item: &dyn Fn(&str, &Left) -> String| {
            named.iter().map(|(name, left)| item(name, left)).collect::<Vec<_>>().join(", ")
        };
        if !named.is_empty() {
            let state =
                |name: &str, left: &Left| format!("\"{name}\";r={};t={}", left.remaining(), left.reset_seconds());
            let policy = |name: &str, left: &Left| {
                format!("\"{name}\";q={};w={}", left.limit.attempts, left.limit.period.as_secs().max(1))
            };
            // draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4.
            set(response, "ratelimit", &list(&state));
            set(response, "ratelimit-policy", &list(&policy));
        }
        if self.requests.is_on() {
            set(response, "x-ratelimit-limit", &self.requests.limit.attempts.to_string());
            set(response, "x-ratelimit-remaining", &self.requests.remaining().to_string());
            set(response, "x-ratelimit-reset", &(self.now + self.requests.fill.empty_in).timestamp().to_string());
        }
        if self.budget.is_on() && in_extensions {
            let cost = value!({
                "requested": self.cost,
                "remaining": self.budget.remaining(),
                "limit": self.budget.limit.attempts,
                "resetAt": DateTime::from(self.reset_at()).to_text(),
            });
            response.extensions.insert("cost".to_owned(), cost);
        }
    }
}

fn set(response: &mut Response, name: &'static str, text: &str) {
    if let Ok(text) = text.parse() {
        response.http_headers.insert(name, text);
    }
}
