//! Parses the fields of an input together, so that a client gets all faults at once.

use crate::api::graphql::scalars;
use crate::error::{FieldErrorCode, FieldFault, Refusal, Result};
use crate::values::email_address::EmailAddress;
use crate::values::secret_token::{IdempotencyKey, OneTimeToken};
use crate::values::user;

/// The longest idempotency key, in characters.
const KEY_LIMIT: usize = 128;

/// The faults found in one input.
#[derive(Debug, Default)]
pub struct Faults(Vec<FieldFault>);

impl Faults {
    /// Returns the parsed value of a field, or records its fault and returns `None`.
    pub fn check<T>(&mut self, path: &'static str, parsed: std::result::Result<T, FieldFault>) -> Option<T> {
        parsed.map_err(|fault| self.0.push(fault.at(path))).ok()
    }

    /// Records faults that already have their path.
    pub fn extend(&mut self, faults: impl IntoIterator<Item = FieldFault>) {
        self.0.extend(faults);
    }

    /// Returns the values if there is no fault.
    ///
    /// # Errors
    /// `VALIDATION_FAILED` with every fault.
    pub fn finish<T>(self, values: Option<T>) -> Result<T> {
        match values {
            Some(values) if self.0.is_empty() => Ok(values),
            Some(_) | None => Err(Refusal::ValidationFailed { fields: self.0 }.into()),
        }
    }
}

/// Parses the email address of an input with one field.
///
/// # Errors
/// `VALIDATION_FAILED`.
pub fn email(typed: &scalars::EmailAddressScalar, path: &'static str) -> Result<EmailAddress> {
    Ok(EmailAddress::parse(&typed.0).map_err(|fault| fault.at(path))?)
}

/// Parses the token of an email.
///
/// # Errors
/// `INVALID_TOKEN`, also for text that cannot be a token: the client need not tell it from a used one.
pub fn one_time_token(typed: &str) -> Result<OneTimeToken> {
    Ok(OneTimeToken::parse(typed).ok_or(Refusal::UNKNOWN_TOKEN)?)
}

/// Takes a text of at most this many characters.
pub fn limited(typed: String, limit: usize) -> std::result::Result<String, FieldFault> {
    if typed.chars().count() > limit {
        return Err(FieldFault::new(FieldErrorCode::TooLong, format!("Please use at most {limit} characters.")));
    }
    Ok(typed)
}

/// Parses the name of a device, by the rules of display names.
pub fn device_name(typed: Option<&str>) -> std::result::Result<Option<String>, FieldFault> {
    typed.map_or(Ok(None), user::parse_name)
}

/// Parses an idempotency key: 1 to 128 characters.
pub fn idempotency_key(typed: Option<&str>) -> std::result::Result<Option<IdempotencyKey>, FieldFault> {
    let Some(typed) = typed else { return Ok(None) };
    if typed.is_empty() || typed.chars().count() > KEY_LIMIT {
        let message = format!("Use 1 to {KEY_LIMIT} characters, for example a UUID.");
        return Err(FieldFault::new(FieldErrorCode::OutOfRange, message));
    }
    Ok(Some(IdempotencyKey::new(typed)))
}
