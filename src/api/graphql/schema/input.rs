//! Reads the fields of an input together, so that a client learns every fault at once.

use crate::api::graphql::scalars;
use crate::error::{FieldFault, Refusal, Result};
use crate::values::email_address::EmailAddress;
use crate::values::secret_token::{IdempotencyKey, OneTimeToken};
use crate::values::user;

/// The longest idempotency key, in characters.
const KEY_LIMIT: usize = 128;

/// The faults of one input, as they are found.
#[derive(Debug, Default)]
pub struct Faults(Vec<FieldFault>);

impl Faults {
    /// The value of a field, or `None` after noting what is wrong with it.
    pub fn check<T>(&mut self, path: &'static str, parsed: std::result::Result<T, FieldFault>) -> Option<T> {
        parsed.map_err(|fault| self.0.push(fault.at(path))).ok()
    }

    /// Notes faults that know their path.
    pub fn extend(&mut self, faults: impl IntoIterator<Item = FieldFault>) {
        self.0.extend(faults);
    }

    /// The values, if every one of them is there.
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

/// Reads the only address of an input.
///
/// # Errors
/// `VALIDATION_FAILED`.
pub fn email(typed: &scalars::EmailAddress, path: &'static str) -> Result<EmailAddress> {
    Ok(EmailAddress::parse(&typed.0).map_err(|fault| fault.at(path))?)
}

/// Reads the token of an email.
///
/// # Errors
/// `INVALID_TOKEN`: what cannot be one of ours is no better than one that is used.
pub fn one_time_token(typed: &str) -> Result<OneTimeToken> {
    Ok(OneTimeToken::parse(typed).ok_or(Refusal::InvalidToken)?)
}

/// Reads what a client calls its device.
///
/// # Errors
/// `TOO_LONG` or `INVALID`, as for any name.
pub fn device_name(typed: Option<&str>) -> std::result::Result<Option<String>, FieldFault> {
    typed.map_or(Ok(None), user::parse_name)
}

/// Reads an idempotency key.
///
/// # Errors
/// `VALIDATION_FAILED` for an empty one, or one over 128 characters.
pub fn idempotency_key(typed: Option<&str>) -> Result<Option<IdempotencyKey>> {
    let Some(typed) = typed else { return Ok(None) };
    if typed.is_empty() || typed.chars().count() > KEY_LIMIT {
        let fault = FieldFault::new("OUT_OF_RANGE", format!("Please use 1 to {KEY_LIMIT} characters, best a UUID."));
        return Err(fault.at("input.idempotencyKey").into());
    }
    Ok(Some(IdempotencyKey::new(typed)))
}
