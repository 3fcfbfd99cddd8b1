//! What each field costs its caller: the prices, and the directives that state them in the schema.

use async_graphql::Enum;

pub use self::directives::cost;

/// Judging or making one password hash.
pub const PASSWORD_HASH: i32 = 50;
/// Sending an email.
pub const MAIL: i32 = 20;
/// Judging a code or a token, and what signing in takes besides.
pub const TOKEN_CHECK: i32 = 10;

/// A deed that is written into the trail.
pub const WRITE: i32 = 5;
/// Counting what may be many.
pub const COUNT_QUERY: i32 = 20;

/// A stricter limit that a field also draws on, by the attempt and not by the point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum RateBucket {
    /// Proving who one is: 5 a minute by default for each address, and for each account. One field of it in an operation.
    Auth,
    /// Emails that a stranger can cause: 3 an hour by default for each recipient and kind of email.
    Email,
    /// Codes of the second factor: 20 an hour by default for each account.
    Mfa,
}

/// The directive. The macro makes types of it that it does not describe.
#[allow(missing_docs, reason = "the macro does not hand descriptions on to the types it makes")]
mod directives {
    use async_graphql::TypeDirective;

    use super::RateBucket;

    /// What one execution of the field costs of the caller's budget, in points, and which stricter limit it also draws on.
    /// A field that does not say costs 1 where it answers an object, and nothing where it answers a scalar or an enum.
    /// A connection costs 1, and its nodes as often as `first` or `last` asks for them, at least 1 for each. Every thousand
    /// fields that are resolved cost 1 besides. Each event of a subscription costs what the selection costs, unless that
    /// is 1.
    #[TypeDirective(location = "FieldDefinition")]
    pub fn cost(points: i32, bucket: Option<RateBucket>) {}
}
