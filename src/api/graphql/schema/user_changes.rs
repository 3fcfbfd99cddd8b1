//! The changes that an administrator makes to a user, and how they are parsed.

use async_graphql::{ID, InputObject, MaybeUndefined};

use super::account::parse_change;
use super::guards::RoleEnum;
use super::input::Faults;
use crate::api::graphql::scalars::DateTime;
use crate::error::{FieldErrorCode, FieldFault, Result};
use crate::flows::update_user::{Lock, UserChange};
use crate::values::time::Time;
use crate::values::user::{LOCKED_FOR_GOOD, parse_locale, parse_name};

/// Input of `updateUser`. Omitted fields keep their value; null clears `name` and `locale`.
#[derive(InputObject)]
pub struct UpdateUserInput {
    /// Id of the user to change.
    pub user_id: ID,
    /// New role. Administrators cannot change their own: CONFLICT.
    role: Option<RoleEnum>,
    /// True locks the account: all sessions end, and neither sign-in nor password reset works. False removes every
    /// lock, including one caused by wrong passwords.
    locked: Option<bool>,
    /// When the lock ends, together with `locked: true`. Must be in the future. Without it the lock does not end by
    /// itself.
    locked_until: Option<DateTime>,
    /// True marks the address as verified. False is refused with `VALIDATION_FAILED`.
    email_verified: Option<bool>,
    /// Display name, 1 to 80 characters.
    name: MaybeUndefined<String>,
    /// Language of the user as a BCP 47 tag, such as `en` or `pt-BR`.
    locale: MaybeUndefined<String>,
}

impl UpdateUserInput {
    /// Parses the changes.
    ///
    /// # Errors
    /// `VALIDATION_FAILED` with every fault.
    pub fn parse(self, now: Time) -> Result<UserChange> {
        let mut faults = Faults::default();
        let name = faults.check("input.name", parse_change(self.name, parse_name));
        let locale = faults.check("input.locale", parse_change(self.locale, parse_locale));
        let until = self.locked_until.map(|until| until.0);
        let lock = faults.check("input.lockedUntil", parse_lock(self.locked, until, now));
        let verifies = faults.check("input.emailVerified", parse_verified(self.email_verified));
        let ((name, locale), (lock, verifies_email)) = faults.finish(name.zip(locale).zip(lock.zip(verifies)))?;
        Ok(UserChange { role: self.role.map(Into::into), lock, verifies_email, name, locale })
    }
}

fn parse_lock(locked: Option<bool>, until: Option<Time>, now: Time) -> Result<Option<Lock>, FieldFault> {
    match (locked, until) {
        (None, None) => Ok(None),
        (Some(false), None) => Ok(Some(Lock::Lifted)),
        (Some(true), None) => Ok(Some(Lock::Until(LOCKED_FOR_GOOD))),
        (Some(true), Some(until)) if until > now => Ok(Some(Lock::Until(until.min(LOCKED_FOR_GOOD)))),
        (Some(true), Some(_)) => {
            Err(FieldFault::new(FieldErrorCode::OutOfRange, "The end of a lock must be in the future."))
        }
        (Some(false) | None, Some(_)) => {
            Err(FieldFault::new(FieldErrorCode::Invalid, "Use this only with `locked: true`."))
        }
    }
}

fn parse_verified(typed: Option<bool>) -> Result<bool, FieldFault> {
    match typed {
        None => Ok(false),
        Some(true) => Ok(true),
        Some(false) => Err(FieldFault::new(FieldErrorCode::Invalid, "A verified address cannot become unverified.")),
    }
}
