//! The price of every field, in one table, and the directives that state it in the schema.
//!
//! A field that is not in the table costs one point if it returns an object, and nothing if it returns a scalar or an
//! enum.

#![allow(missing_docs, reason = "a price is named after its field, and macros generate types without descriptions")]

use async_graphql::Enum;

pub use self::directives::{cost, rate_limit};

// Prices of the work that a field does.

/// Computing one password hash.
const PASSWORD_HASH: u32 = 50;
/// Sending an email.
const MAIL: u32 = 20;
/// Checking a code or a token, and opening or refreshing a session.
const TOKEN_CHECK: u32 = 10;
/// A transaction that changes data and writes an audit event.
const WRITE: u32 = 5;
/// Counting rows of which there may be many.
const COUNT_QUERY: u32 = 20;

/// Reading 10,000 rows and computing their hashes.
const HASH_SCAN: u32 = 10;

// Queries.
pub const RATE_LIMIT: u32 = 0;
pub const TOTAL_COUNT: u32 = COUNT_QUERY;
pub const DASHBOARD: u32 = COUNT_QUERY;
pub const AUDIT_INTEGRITY: u32 = HASH_SCAN;

// Accounts.
pub const REGISTER: u32 = PASSWORD_HASH + MAIL;
pub const VERIFY_EMAIL: u32 = TOKEN_CHECK;
pub const RESEND_VERIFICATION_EMAIL: u32 = MAIL;
pub const UPDATE_PROFILE: u32 = WRITE;
pub const DELETE_ACCOUNT: u32 = WRITE + MAIL;

// Sign-in.
pub const LOGIN: u32 = PASSWORD_HASH;
pub const REFRESH: u32 = TOKEN_CHECK;
pub const REAUTHENTICATE: u32 = PASSWORD_HASH;

// Sign-in with a provider.
pub const START_OAUTH: u32 = WRITE;
pub const COMPLETE_OAUTH: u32 = TOKEN_CHECK + MAIL;
pub const START_ID_TOKEN_LOGIN: u32 = WRITE;
pub const LOGIN_WITH_ID_TOKEN: u32 = TOKEN_CHECK + MAIL;
pub const LINK_OAUTH_ACCOUNT: u32 = TOKEN_CHECK + MAIL;
pub const UNLINK_OAUTH_ACCOUNT: u32 = WRITE + MAIL;

// Sessions.
pub const LOGOUT: u32 = WRITE;
pub const UPDATE_SESSION: u32 = WRITE;
pub const REVOKE_SESSION: u32 = WRITE;
pub const DISOWN_SESSION: u32 = TOKEN_CHECK + MAIL;
pub const REVOKE_OTHER_SESSIONS: u32 = WRITE;
pub const REVOKE_ALL_SESSIONS: u32 = WRITE;

// Second factor.
pub const VERIFY_MFA: u32 = TOKEN_CHECK;
pub const START_MFA_ENROLLMENT: u32 = WRITE;
pub const CONFIRM_MFA_ENROLLMENT: u32 = TOKEN_CHECK + MAIL;
pub const DISABLE_MFA: u32 = PASSWORD_HASH + TOKEN_CHECK + MAIL;
pub const REGENERATE_BACKUP_CODES: u32 = TOKEN_CHECK;

// Passwords and email addresses.
pub const REQUEST_PASSWORD_RESET: u32 = MAIL;
pub const RESET_PASSWORD: u32 = PASSWORD_HASH + MAIL;
pub const CHANGE_PASSWORD: u32 = 2 * PASSWORD_HASH + MAIL;
pub const SET_PASSWORD: u32 = PASSWORD_HASH + MAIL;
pub const REQUEST_EMAIL_CHANGE: u32 = MAIL;
pub const CONFIRM_EMAIL_CHANGE: u32 = TOKEN_CHECK + MAIL;
pub const UNDO_EMAIL_CHANGE: u32 = TOKEN_CHECK + MAIL;

// Administration.
pub const CREATE_USER: u32 = WRITE + MAIL;
pub const UPDATE_USER: u32 = WRITE;
pub const LOCK_USER: u32 = WRITE;
pub const UNLOCK_USER: u32 = WRITE;
pub const MARK_EMAIL_VERIFIED: u32 = WRITE;
pub const DELETE_USER: u32 = WRITE;
pub const RESTORE_USER: u32 = WRITE;
pub const REVOKE_USER_SESSION: u32 = WRITE;
pub const REVOKE_USER_SESSIONS: u32 = WRITE;
pub const RESET_USER_MFA: u32 = WRITE + MAIL;
pub const SEND_USER_PASSWORD_RESET: u32 = WRITE + MAIL;

/// A stricter rate limit that counts attempts instead of points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum RateBucket {
    /// Attempts to prove an identity, per address, network and account (settings `RATE_LIMIT_AUTH…`). An operation may
    /// have only one such field.
    Auth,
    /// Emails, per recipient and kind of email: `RATE_LIMIT_EMAIL`.
    Email,
    /// Codes of the second factor, per account: `RATE_LIMIT_MFA`.
    Mfa,
}

mod directives {
    use async_graphql::TypeDirective;

    use super::RateBucket;

    /// Points that one execution of the field, or one object of the type, costs (GraphQL Cost Directives, IBM, section 7).
    ///
    /// Without the directive an object costs 1, and a scalar or an enum nothing; a list costs what its items cost. A
    /// weight of the field replaces that of its type, also for a list, which then counts once. `@listSize` says how
    /// often the selection of a list counts.
    ///
    /// Three rules are not in that specification. A page costs 1 for each of its rows at least, even if neither `edges`
    /// nor `nodes` is selected. `nodes(ids:)` costs by the number of ids. An operation costs 1 more per 1,000 resolved
    /// fields. Points that an operation did not use are returned.
    #[TypeDirective(
        location = "ArgumentDefinition",
        location = "Enum",
        location = "FieldDefinition",
        location = "InputFieldDefinition",
        location = "Object"
    )]
    pub fn cost(weight: String) {}

    /// The stricter rate limit that the field also uses. It counts attempts instead of points.
    #[TypeDirective(location = "FieldDefinition", name = "rateLimit")]
    pub fn rate_limit(bucket: RateBucket) {}
}
