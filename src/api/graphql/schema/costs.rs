//! The price of every field, in one table, and the directive that states it in the schema.
//!
//! A field that is not in the table costs one point if it returns an object, and nothing if it returns a scalar or an
//! enum.

#![allow(missing_docs, reason = "a price is named after its field, and macros generate types without descriptions")]

use async_graphql::Enum;

pub use self::directives::cost;

// Prices of the work that a field does.

/// Computing one password hash.
const PASSWORD_HASH: i32 = 50;
/// Sending an email.
const MAIL: i32 = 20;
/// Checking a code or a token, and opening or refreshing a session.
const TOKEN_CHECK: i32 = 10;
/// A transaction that changes data and writes an audit event.
const WRITE: i32 = 5;
/// Counting rows of which there may be many.
const COUNT_QUERY: i32 = 20;

// Queries.
pub const RATE_LIMIT: Price = points(0);
pub const TOTAL_COUNT: Price = points(COUNT_QUERY);
pub const DASHBOARD: Price = points(COUNT_QUERY);

// Accounts.
pub const REGISTER: Price = points(PASSWORD_HASH + MAIL).limited_by(RateBucket::Auth);
pub const VERIFY_EMAIL: Price = points(TOKEN_CHECK);
pub const RESEND_VERIFICATION_EMAIL: Price = points(MAIL).limited_by(RateBucket::Email);
pub const UPDATE_PROFILE: Price = points(WRITE);
pub const DELETE_ACCOUNT: Price = points(WRITE + MAIL);

// Sign-in.
pub const LOGIN: Price = points(PASSWORD_HASH).limited_by(RateBucket::Auth);
pub const REFRESH: Price = points(TOKEN_CHECK);
pub const REAUTHENTICATE: Price = points(PASSWORD_HASH).limited_by(RateBucket::Auth);

// Sessions.
pub const LOGOUT: Price = points(WRITE);
pub const REVOKE_SESSION: Price = points(WRITE);
pub const DISOWN_SESSION: Price = points(TOKEN_CHECK + MAIL);
pub const REVOKE_OTHER_SESSIONS: Price = points(WRITE);
pub const REVOKE_ALL_SESSIONS: Price = points(WRITE);

// Second factor.
pub const VERIFY_MFA: Price = points(TOKEN_CHECK).limited_by(RateBucket::Mfa);
pub const START_MFA_ENROLLMENT: Price = points(WRITE);
pub const CONFIRM_MFA_ENROLLMENT: Price = points(TOKEN_CHECK + MAIL).limited_by(RateBucket::Mfa);
pub const DISABLE_MFA: Price = points(PASSWORD_HASH + TOKEN_CHECK + MAIL).limited_by(RateBucket::Auth);
pub const REGENERATE_BACKUP_CODES: Price = points(TOKEN_CHECK).limited_by(RateBucket::Mfa);

// Passwords and email addresses.
pub const REQUEST_PASSWORD_RESET: Price = points(MAIL).limited_by(RateBucket::Email);
pub const RESET_PASSWORD: Price = points(PASSWORD_HASH + MAIL).limited_by(RateBucket::Auth);
pub const CHANGE_PASSWORD: Price = points(2 * PASSWORD_HASH + MAIL).limited_by(RateBucket::Auth);
pub const REQUEST_EMAIL_CHANGE: Price = points(MAIL).limited_by(RateBucket::Email);
pub const CONFIRM_EMAIL_CHANGE: Price = points(TOKEN_CHECK + MAIL);
pub const UNDO_EMAIL_CHANGE: Price = points(TOKEN_CHECK + MAIL);

// Administration.
pub const CREATE_USER: Price = points(WRITE + MAIL).limited_by(RateBucket::Email);
pub const UPDATE_USER: Price = points(WRITE);
pub const DELETE_USER: Price = points(WRITE);
pub const RESTORE_USER: Price = points(WRITE);
pub const REVOKE_USER_SESSIONS: Price = points(WRITE);
pub const RESET_USER_MFA: Price = points(WRITE + MAIL);
pub const SEND_USER_PASSWORD_RESET: Price = points(WRITE + MAIL).limited_by(RateBucket::Email);

/// What one execution of a field costs.
#[derive(Debug, Clone, Copy)]
pub struct Price {
    pub points: i32,
    pub bucket: Option<RateBucket>,
}

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

const fn points(points: i32) -> Price {
    Price { points, bucket: None }
}

impl Price {
    const fn limited_by(self, bucket: RateBucket) -> Self {
        Self { bucket: Some(bucket), ..self }
    }
}

mod directives {
    use async_graphql::TypeDirective;

    use super::RateBucket;

    /// Price of one execution of the field in points, and the stricter limit that it also uses.
    ///
    /// Without the directive a field costs 1 if it returns an object, and 0 if it returns a scalar or an enum. A
    /// connection costs 1 + page size * max(1, price of a node). An operation costs 1 more per 1,000 resolved fields.
    /// Each event of a subscription costs the price of its selection, but nothing if that is 1.
    #[TypeDirective(location = "FieldDefinition")]
    pub fn cost(points: i32, bucket: Option<RateBucket>) {}
}
