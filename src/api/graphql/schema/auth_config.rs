//! The settings that a client needs before sign-in.

use async_graphql::SimpleObject;

use super::oauth_accounts::OAuthProviderView;
use crate::api::graphql::error_types::FieldErrorCodeEnum;
use crate::api::graphql::scalars::int;
use crate::values::password;

/// Settings that a client needs before sign-in.
#[derive(SimpleObject)]
pub struct AuthConfig {
    /// Rules for new passwords.
    pub password_policy: PasswordPolicyView,
    /// Whether users must verify their address before they can sign in.
    pub email_verification_required: bool,
    /// Whether `register` is allowed.
    pub registration_open: bool,
    /// Providers that users can sign in with (`startOAuth`), in the order in which to show them.
    pub oauth_providers: Vec<OAuthProviderView>,
}

/// Rules for new passwords.
#[derive(SimpleObject)]
#[graphql(name = "PasswordPolicy")]
#[allow(clippy::struct_excessive_bools, reason = "each is a rule of its own in the schema")]
pub struct PasswordPolicyView {
    /// Minimum number of characters.
    pub min_length: usize,
    /// Maximum number of characters.
    pub max_length: usize,
    /// Whether an upper-case letter is required.
    pub requires_uppercase: bool,
    /// Whether a lower-case letter is required.
    pub requires_lowercase: bool,
    /// Whether a digit is required.
    pub requires_digit: bool,
    /// Whether a symbol is required.
    pub requires_symbol: bool,
    /// All rules, in the order in which to show them. A password that breaks one is refused with `VALIDATION_FAILED` and
    /// the `code` of the rule.
    pub rules: Vec<PasswordRuleView>,
}

/// A rule for new passwords.
#[derive(SimpleObject)]
#[graphql(name = "PasswordRule")]
pub struct PasswordRuleView {
    /// Code of a password that breaks the rule.
    pub code: FieldErrorCodeEnum,
    /// The rule, for people.
    pub message: String,
    /// Number of characters (Unicode code points), with `TOO_SHORT` and `TOO_LONG`.
    pub limit: Option<i32>,
    /// Regular expression (ECMAScript, flag `u`) that a password matches if it keeps the rule. Test the password in Unicode
    /// normalization form C: `new RegExp(pattern, 'u').test(password.normalize('NFC'))`. Null if only the server can tell.
    pub pattern: Option<String>,
}

impl From<&password::PasswordPolicy> for PasswordPolicyView {
    fn from(policy: &password::PasswordPolicy) -> Self {
        Self {
            min_length: policy.min_length,
            max_length: policy.max_length,
            requires_uppercase: policy.requires_uppercase,
            requires_lowercase: policy.requires_lowercase,
            requires_digit: policy.requires_digit,
            requires_symbol: policy.requires_symbol,
            rules: policy.rules().into_iter().map(Into::into).collect(),
        }
    }
}

impl From<password::PasswordRule> for PasswordRuleView {
    fn from(rule: password::PasswordRule) -> Self {
        Self { code: rule.code.into(), message: rule.message, limit: rule.limit.map(int), pattern: rule.pattern }
    }
}
