//! Checks a password that a user chooses.

use crate::config::Config;
use crate::error::{FieldFault, Refusal, Result};
use crate::values::email_address::EmailAddress;
use crate::values::password::Password;

/// Requires that a new password keeps the policy; it may contain neither the address nor the name of its user. `field` is
/// the path of the input in the refusal.
///
/// # Errors
/// `VALIDATION_FAILED`.
pub fn require_strong(
    config: &Config,
    password: &Password,
    email: &EmailAddress,
    name: Option<&str>,
    field: &'static str,
) -> Result<()> {
    let faults = config.password_policy.faults(password, Some(email), name);
    if faults.is_empty() {
        return Ok(());
    }
    let fields: Vec<FieldFault> = faults.into_iter().map(|fault| fault.at(field)).collect();
    Err(Refusal::ValidationFailed { fields }.into())
}
