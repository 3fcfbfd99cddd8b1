//! What is counted of registrations, logins, second factors, sessions and emails.

use prometheus::{IntCounter, IntCounterVec, Registry};

use super::counter;

/// How flows mostly end. These series begin at zero: Prometheus sees no increase where the first value of a series is one.
/// All other results are error codes, too.
const LOGIN_RESULTS: [&str; 9] = [
    "SIGNED_IN",
    "MFA_REQUIRED",
    "EMAIL_VERIFICATION_REQUIRED",
    "INVALID_CREDENTIALS",
    "ACCOUNT_LOCKED",
    "RATE_LIMITED",
    "OVERLOADED",
    "UNAVAILABLE",
    "INTERNAL",
];
const MFA_RESULTS: [&str; 7] =
    ["SIGNED_IN", "INVALID_MFA_CODE", "INVALID_TOKEN", "ACCOUNT_LOCKED", "RATE_LIMITED", "UNAVAILABLE", "INTERNAL"];
const REFRESH_RESULTS: [&str; 8] = [
    "REFRESHED",
    "REPLAYED",
    "RACED",
    "REFRESH_TOKEN_REUSED",
    "SESSION_ENDED",
    "UNAUTHENTICATED",
    "UNAVAILABLE",
    "INTERNAL",
];
const REGISTRATION_RESULTS: [&str; 8] =
    ["REGISTERED", "REPEATED", "EMAIL_TAKEN", "FORBIDDEN", "RATE_LIMITED", "OVERLOADED", "UNAVAILABLE", "INTERNAL"];
/// What alerts and panels watch of a provider.
const OAUTH_RESULTS: [&str; 4] = ["STARTED", "SIGNED_IN", "PROVIDER_UNAVAILABLE", "CODE_REFUSED"];
const EMAIL_OUTCOMES: [&str; 4] = ["accepted", "postponed", "dead", "dropped"];

pub(super) struct SignInMetrics {
    pub(super) logins: IntCounterVec,
    pub(super) mfa: IntCounterVec,
    pub(super) lockouts: IntCounter,
    pub(super) refreshes: IntCounterVec,
    pub(super) registrations: IntCounterVec,
    pub(super) oauth: IntCounterVec,
    pub(super) emails: IntCounterVec,
}

impl SignInMetrics {
    pub(super) fn register(registry: &Registry) -> prometheus::Result<Self> {
        let lockouts =
            IntCounter::new("auth_lockouts_total", "Accounts that were locked because of too many wrong passwords.")?;
        registry.register(Box::new(lockouts.clone()))?;
        let counter = |name, help, labels| counter(registry, name, help, labels);
        let sign_ins = Self {
            logins: counter(
                "auth_login_total",
                "First steps of logins, by what the user came with and how it ended.",
                &["method", "result"],
            )?,
            mfa: counter("auth_mfa_total", "Second steps of logins, by how they ended.", &["result"])?,
            lockouts,
            refreshes: counter("auth_refresh_total", "Uses of refresh tokens, by how they ended.", &["result"])?,
            registrations: counter(
                "auth_registrations_total",
                "Registrations, by what the user came with and how they ended.",
                &["method", "result"],
            )?,
            oauth: counter(
                "auth_oauth_total",
                "Sign-ins at OAuth providers that were started or completed, by what came of them.",
                &["provider", "result"],
            )?,
            emails: counter("auth_emails_total", "Attempts to deliver an email, by what came of them.", &["outcome"])?,
        };
        sign_ins.begin_at_zero();
        Ok(sign_ins)
    }

    /// Begins the series of a provider of the settings at zero.
    pub(super) fn begin_provider(&self, provider: &str) {
        for result in OAUTH_RESULTS {
            self.oauth.with_label_values(&[provider, result]).reset();
        }
    }

    fn begin_at_zero(&self) {
        for result in LOGIN_RESULTS {
            self.logins.with_label_values(&["PASSWORD", result]).reset();
        }
        for result in MFA_RESULTS {
            self.mfa.with_label_values(&[result]).reset();
        }
        for result in REFRESH_RESULTS {
            self.refreshes.with_label_values(&[result]).reset();
        }
        for result in REGISTRATION_RESULTS {
            self.registrations.with_label_values(&["PASSWORD", result]).reset();
        }
        for outcome in EMAIL_OUTCOMES {
            self.emails.with_label_values(&[outcome]).reset();
        }
    }
}
