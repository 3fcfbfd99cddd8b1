//! What is left of a caller's limits, for the schema, the headers and the extensions of a response.

use async_graphql::{Response, value};

use crate::api::graphql::scalars::DateTime;
use crate::config::{Config, RateLimit};
use crate::tools::rate_limiter::WindowUsage;
use crate::values::time::Time;

/// The limit and the usage of one window.
#[derive(Debug, Clone)]
struct WindowStatus {
    limit: RateLimit,
    usage: WindowUsage,
}

/// The windows of a caller after an operation was charged. Request data.
#[derive(Debug, Clone)]
pub struct RateLimitStatus {
    requests: WindowStatus,
    budget: WindowStatus,
    requested: u32,
    now: Time,
}

impl WindowStatus {
    const fn remaining(&self) -> u32 {
        self.limit.attempts.saturating_sub(self.usage.used)
    }

    const fn is_on(&self) -> bool {
        self.limit.attempts > 0
    }

    /// Seconds until the window is empty, rounded up.
    fn reset_seconds(&self) -> u64 {
        self.usage.empty_in.as_secs() + u64::from(self.usage.empty_in.subsec_nanos() > 0)
    }
}

impl RateLimitStatus {
    /// The usage of the windows of requests and of points.
    #[must_use]
    pub fn new(config: &Config, requested: u32, (requests, budget): (WindowUsage, WindowUsage), now: Time) -> Self {
        Self {
            requests: WindowStatus { limit: config.rate_limits.requests, usage: requests },
            budget: WindowStatus { limit: config.rate_limits.budget, usage: budget },
            requested,
            now,
        }
    }

    /// The usage of the window of requests, if points were not charged.
    #[must_use]
    pub fn for_requests(config: &Config, requests: WindowUsage, now: Time) -> Self {
        let mut status = Self::new(config, 0, (requests, WindowUsage::default()), now);
        status.budget.limit.attempts = 0;
        status
    }

    /// Marks points as unused.
    pub fn give_back(&mut self, points: u32) {
        self.budget.usage.used = self.budget.usage.used.saturating_sub(points);
    }

    /// How many points there are in a period; `None` if they are not limited.
    #[must_use]
    pub fn limit(&self) -> Option<u32> {
        self.budget.is_on().then_some(self.budget.limit.attempts)
    }

    /// How many points are left; `None` if they are not limited.
    #[must_use]
    pub fn remaining(&self) -> Option<u32> {
        self.budget.is_on().then(|| self.budget.remaining())
    }

    /// How many points are used, those of this operation included.
    #[must_use]
    pub const fn used(&self) -> u32 {
        self.budget.usage.used
    }

    /// What the operation costs at most.
    #[must_use]
    pub const fn requested(&self) -> u32 {
        self.requested
    }

    /// When all points are available again, if the caller waits until then.
    #[must_use]
    pub fn reset_at(&self) -> Time {
        self.now + self.budget.usage.empty_in
    }

    /// Writes the headers and, if the settings say so, `extensions.cost` of a response. Where points are not limited there
    /// is no `extensions.cost`.
    pub fn write_to(&self, response: &mut Response, in_extensions: bool) {
        let limited: Vec<_> = [("requests", &self.requests), ("points", &self.budget)]
            .into_iter()
            .filter(|(_, left)| left.is_on())
            .collect();
        let list = |item: &dyn Fn(&str, &WindowStatus) -> String| {
            limited.iter().map(|(name, left)| item(name, left)).collect::<Vec<_>>().join(", ")
        };
        if !limited.is_empty() {
            let state = |name: &str, left: &WindowStatus| {
                format!("\"{name}\";r={};t={}", left.remaining(), left.reset_seconds())
            };
            let policy = |name: &str, left: &WindowStatus| {
                format!("\"{name}\";q={};w={}", left.limit.attempts, left.limit.period.as_secs().max(1))
            };
            // draft-ietf-httpapi-ratelimit-headers-10, sections 3 and 4.
            set(response, "ratelimit", &list(&state));
            set(response, "ratelimit-policy", &list(&policy));
        }
        if self.requests.is_on() {
            set(response, "x-ratelimit-limit", &self.requests.limit.attempts.to_string());
            set(response, "x-ratelimit-remaining", &self.requests.remaining().to_string());
            set(response, "x-ratelimit-reset", &(self.now + self.requests.usage.empty_in).timestamp().to_string());
        }
        if self.budget.is_on() && in_extensions {
            let cost = value!({
                "requested": self.requested,
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
