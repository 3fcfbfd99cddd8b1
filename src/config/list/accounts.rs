//! Registration, passwords, lockout and the second factor.

use std::time::Duration;

use crate::config::EmailVerification;
use crate::config::definition::{setting, settings};
use crate::config::parse::{
    at_least_a_second, at_least_one, attempts, boolean, duration, email_verification, encryption_keys, optional,
    password_max_length, small_number, text, threads,
};
use crate::config::production::{A_LIMIT, MINUTE};
use crate::tools::password_hasher::PasswordHasherSettings;
use crate::values::password::PasswordPolicy;
use crate::values::secret::Secret;

settings! {
    /// Who may register.
    pub struct RegistrationSettings {
        /// Whether people may register themselves. With `false` only administrators create accounts.
        is_open: bool = setting("REGISTRATION_OPEN", "true", boolean);
        /// `optional` or `required`. With `required`, users cannot sign in before they have verified their email address.
        email_verification: EmailVerification = setting("EMAIL_VERIFICATION", "optional", email_verification);
        /// Whether registration answers the same for an email address that already has an account. `true` includes
        /// `EMAIL_VERIFICATION=required`.
        hide_account_existence: bool = setting("HIDE_ACCOUNT_EXISTENCE", "false", boolean);
    }
}

settings! {
    impl PasswordPolicy {
        /// The fewest characters of a new password.
        min_length = setting("PASSWORD_MIN_LENGTH", "10", at_least_one::<usize>)
            .production_accepts("8 or more", |length| *length >= 8);
        /// The most characters of a new password. It cannot be below 128, because that would refuse passphrases.
        max_length = setting("PASSWORD_MAX_LENGTH", "128", password_max_length);
        /// Whether a new password needs an upper-case letter.
        requires_uppercase = setting("PASSWORD_REQUIRE_UPPERCASE", "true", boolean);
        /// Whether a new password needs a lower-case letter.
        requires_lowercase = setting("PASSWORD_REQUIRE_LOWERCASE", "true", boolean);
        /// Whether a new password needs a digit.
        requires_digit = setting("PASSWORD_REQUIRE_DIGIT", "true", boolean);
        /// Whether a new password needs a symbol.
        requires_symbol = setting("PASSWORD_REQUIRE_SYMBOL", "true", boolean);
    } with {}
}

settings! {
    impl PasswordHasherSettings {
        /// The memory of one Argon2id hash, in KiB. After a change, each older hash is replaced when its user next signs in.
        memory_kib = setting("ARGON2_MEMORY_KIB", "65536", at_least_one)
            // `production::check_together` applies it, because it depends on `ARGON2_ITERATIONS`.
            .production_accepts(
                "47104 or more with 1 of ARGON2_ITERATIONS, 19456 with 2, 12288 with 3, 9216 with 4, 7168 with 5 or more",
                |_| true,
            );
        /// The passes of Argon2id over its memory.
        iterations = setting("ARGON2_ITERATIONS", "3", at_least_one);
        /// The lanes of Argon2id. Each needs 8 KiB of `ARGON2_MEMORY_KIB`.
        lanes = setting("ARGON2_LANES", "4", at_least_one);
        /// The threads that hash passwords. `0`: one for each core. Each thread holds `ARGON2_MEMORY_KIB`.
        threads = setting("HASH_THREADS", "0", threads);
        /// How many hashes may wait for a thread. Beyond that the server answers OVERLOADED at once.
        queue = setting("HASH_QUEUE_SIZE", "64", at_least_one);
        /// How long a hash waits for a thread. After that the server answers OVERLOADED.
        deadline = setting("HASH_QUEUE_TIMEOUT", "10s", at_least_a_second);
    } with {}
}

settings! {
    /// When wrong passwords lock an account.
    pub struct LockoutSettings {
        /// How many wrong passwords in a row lock an account. Each known device and each open session of the user has as many
        /// attempts of its own. `0`: wrong passwords lock no account.
        attempts: i32 = setting("LOCKOUT_ATTEMPTS", "5", small_number)
            .production_accepts("1 to 100", |attempts| (1..=100).contains(attempts));
        /// How long an account stays locked.
        duration: Duration = setting("LOCKOUT_DURATION", "15m", duration)
            .production_accepts("1m or more", |length| *length >= MINUTE);
    }
}

settings! {
    /// The second factor.
    pub struct MfaSettings {
        /// The name of this server in authenticator apps. Empty: `PRODUCT_NAME`.
        issuer: String = setting("MFA_ISSUER", "", text);
        /// The keys that encrypt secrets in the database, those of authenticators and of sign-ins that wait for a provider:
        /// 32 bytes in base64 each (`openssl rand -base64 32`), separated by commas. The first key encrypts; all keys
        /// decrypt. In development the default is a key in `DATA_DIR`.
        encryption_keys: Option<Secret> = setting("MFA_ENCRYPTION_KEYS", "", optional(encryption_keys))
            .required_in_production()
            .secret()
            .deployment_sign(|_| true);
        /// How many codes a user may try in one sign-in. `0`: as many as `RATE_LIMIT_MFA` allows.
        challenge_attempts: Option<i32> = setting("MFA_CHALLENGE_ATTEMPTS", "5", attempts)
            .production_accepts(A_LIMIT, Option::is_some);
    }
}
