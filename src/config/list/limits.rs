//! Rate limits.

use crate::config::RateLimit;
use crate::config::definition::{setting, settings};
use crate::config::parse::rate_limit;
use crate::config::production::{A_LIMIT, is_on, per_hour};

settings! {
    /// How often something may happen.
    pub struct RateLimits {
        /// GraphQL operations from one IP address (IPv6: one /64 network).
        requests: RateLimit = setting("RATE_LIMIT_REQUESTS", "100/1m", rate_limit).production_accepts(A_LIMIT, is_on);
        /// Points that operations cost (`@cost` in the schema), for each user. Clients that are not signed in share the limit
        /// of their IP address.
        budget: RateLimit = setting("RATE_LIMIT_BUDGET", "2000/1m", rate_limit).production_accepts(A_LIMIT, is_on);
        /// Attempts to register, to sign in, to prove an identity again or to request an email, from one IP address (IPv6: one
        /// /64 network).
        auth: RateLimit = setting("RATE_LIMIT_AUTH", "5/1m", rate_limit).production_accepts(A_LIMIT, is_on);
        /// The same attempts from the whole network around an address (IPv4: /24, IPv6: /48).
        auth_network: RateLimit =
            setting("RATE_LIMIT_AUTH_NETWORK", "50/1m", rate_limit).production_accepts(A_LIMIT, is_on);
        /// Attempts to sign in to one account, from all addresses together. The account's known devices have a limit of their
        /// own and are not counted here.
        auth_account: RateLimit =
            setting("RATE_LIMIT_AUTH_ACCOUNT", "5/1m", rate_limit).production_accepts(A_LIMIT, is_on);
        /// Attempts of one IP address to sign in to one account. It only matters where `RATE_LIMIT_AUTH` is higher.
        auth_pair: RateLimit = setting("RATE_LIMIT_AUTH_PAIR", "5/1m", rate_limit).production_accepts(A_LIMIT, is_on);
        /// Emails of one kind to one recipient that a stranger can cause.
        email: RateLimit = setting("RATE_LIMIT_EMAIL", "3/1h", rate_limit).production_accepts(A_LIMIT, is_on);
        /// Codes of the second factor that are checked for one account. Each known device and each session of the account has
        /// this limit of its own; all others share one.
        mfa: RateLimit = setting("RATE_LIMIT_MFA", "20/1h", rate_limit)
            .production_accepts("100/1h or less, and not 0", |limit| is_on(limit) && per_hour(*limit) <= 100);
    }
}
