//! Tokens, signing keys, sessions and links.

use std::path::PathBuf;
use std::time::Duration;

use crate::config::definition::{setting, settings};
use crate::config::parse::{algorithm, at_least_a_second, duration, optional, path, pem, text};
use crate::config::production::{DAY, HOUR, MINUTE, is_remote};
use crate::tools::access_token::AccessTokenSettings;
use crate::values::secret::Secret;

settings! {
    impl AccessTokenSettings {
        /// `RS256`, `ES256` or `EdDSA`: the algorithm of new keys and new tokens. Tokens of older keys with another algorithm
        /// stay valid while those keys are there.
        algorithm = setting("JWT_ALGORITHM", "RS256", algorithm);
        /// The claim `iss` of access tokens. Empty: `PUBLIC_URL`.
        issuer = setting("JWT_ISSUER", "", text).deployment_sign(is_remote);
        /// The claim `aud` of access tokens: the service that accepts them.
        audience = setting("JWT_AUDIENCE", "authgraph", text);
        /// The claim `client_id`, which RFC 9068 requires. It is the same in all access tokens.
        client_id = setting("JWT_CLIENT_ID", "authgraph", text);
        /// How long an access token is valid.
        lifetime = setting("ACCESS_TOKEN_LIFETIME", "15m", at_least_a_second)
            .production_accepts("1h or less", |time| *time <= HOUR);
    } with {
        leeway: Duration::ZERO
    }
}

settings! {
    /// The keys that sign access tokens.
    pub struct SigningKeySettings {
        /// The folder of signing keys; `authgraph keys rotate` adds one. In development the default is `keys` in `DATA_DIR`.
        /// Production requires this setting or `JWT_PRIVATE_KEYS`.
        dir: PathBuf = setting("JWT_KEYS_DIR", "", path).deployment_sign(|_| true);
        /// The signing keys themselves, in PEM (PKCS #8), instead of a folder. The first key signs; tokens of all keys are
        /// accepted.
        pem: Option<Secret> = setting("JWT_PRIVATE_KEYS", "", optional(pem)).secret().deployment_sign(|_| true);
    }
}

settings! {
    /// How long sessions last.
    pub struct SessionSettings {
        /// How long a refresh token is valid. Each refresh issues a new one, so this is how long a user may stay away.
        refresh_token_lifetime: Duration = setting("REFRESH_TOKEN_LIFETIME", "7d", at_least_a_second)
            .production_accepts("90d or less", |time| *time <= 90 * DAY);
        /// How long a client that repeats a refresh with the same idempotencyKey gets the same tokens again, because the first
        /// response may have been lost. `0s`: a repeated refresh ends the session.
        refresh_replay_window: Duration = setting("REFRESH_REPLAY_WINDOW", "60s", duration)
            .production_accepts("10m or less", |time| *time <= 10 * MINUTE);
        /// How long a refresh token still works after its first use, on the same device (user agent and network) and while the
        /// new token is unused: two tabs of one browser that refresh at the same time both get the same tokens. It needs no
        /// idempotencyKey. `0s`: the second use ends the session.
        refresh_race_window: Duration = setting("REFRESH_RACE_WINDOW", "10s", duration)
            .production_accepts("1m or less", |time| *time <= MINUTE);
        /// How long a session lasts at most, however often it is refreshed. `0s`: without end.
        max_lifetime: Duration = setting("SESSION_MAX_LIFETIME", "90d", duration)
            .production_accepts("400d or less, and not 0s", |time| !time.is_zero() && *time <= 400 * DAY);
        /// How long a user may do sensitive things, like changing the password, after the last proof of identity.
        reauthentication_window: Duration = setting("REAUTHENTICATION_WINDOW", "10m", duration)
            .production_accepts("1h or less", |time| *time <= HOUR);
    }
}

settings! {
    /// How long the links in emails work.
    pub struct LinkSettings {
        /// How long the link works that verifies an email address, or confirms a new one.
        verification_lifetime: Duration = setting("VERIFICATION_TOKEN_LIFETIME", "24h", at_least_a_second)
            .production_accepts("7d or less", |time| *time <= 7 * DAY);
        /// How long the link works that resets a password.
        reset_lifetime: Duration = setting("RESET_TOKEN_LIFETIME", "1h", at_least_a_second)
            .production_accepts("24h or less", |time| *time <= DAY);
        /// How long the link of an invitation works.
        invitation_lifetime: Duration = setting("INVITATION_LIFETIME", "7d", at_least_a_second)
            .production_accepts("30d or less", |time| *time <= 30 * DAY);
        /// How long the former email address of an account can undo a change of address. For as long, no other account can take
        /// that address.
        email_change_undo_lifetime: Duration = setting("EMAIL_CHANGE_UNDO_LIFETIME", "7d", duration)
            .production_accepts("24h or more", |time| *time >= DAY);
        /// How long the link works that ends a session from the email about a sign-in on a new device ("this was not me").
        disown_session_lifetime: Duration = setting("DISOWN_SESSION_LIFETIME", "7d", duration)
            .production_accepts("24h or more", |time| *time >= DAY);
    }
}
