//! The lock of a user, as the table holds it and as the rest of the program sees it.

use std::time::Duration;

use super::User;
use crate::values::time::Time;
use crate::values::user::{AccountLock, LockCause};

/// The stored end of a lock without an end: the last second that both engines sort correctly. It is known only here, so
/// that no client sees it. The column is not null for such a lock, because the condition "ends in the future" then holds
/// for every lock, also in the indexes and in a version of authgraph that runs beside this one.
const NO_END: Time = match Time::from_timestamp(253_402_300_799, 0) {
    Some(end_of_9999) => end_of_9999,
    None => Time::MAX_UTC,
};

/// The columns of the lock. A lock that is over stays in them until something replaces it.
#[derive(Debug, Clone, Copy, Default, sqlx::FromRow)]
pub struct StoredLock {
    locked_until: Option<Time>,
    locked_by: Option<LockCause>,
}

impl StoredLock {
    /// The columns for a lock.
    #[must_use]
    pub fn new(lock: AccountLock) -> Self {
        let until = lock.until.map_or(NO_END, |until| until.min(NO_END));
        Self { locked_until: Some(until), locked_by: Some(lock.cause) }
    }

    /// The column `locked_until`.
    #[must_use]
    pub const fn end(self) -> Option<Time> {
        self.locked_until
    }

    /// The column `locked_by`.
    #[must_use]
    pub const fn cause(self) -> Option<LockCause> {
        self.locked_by
    }
}

impl User {
    /// The lock that is in force, if there is one.
    #[must_use]
    pub fn lock(&self, now: Time) -> Option<AccountLock> {
        let end = self.stored_lock.locked_until.filter(|end| *end > now)?;
        let cause = self.stored_lock.locked_by.unwrap_or(LockCause::WrongPasswords);
        Some(AccountLock { cause, until: Some(end).filter(|end| *end < NO_END) })
    }

    /// The same, where a lock by wrong passwords ends within `longest`, even if the clock was set back.
    #[must_use]
    pub fn lock_at_most(&self, now: Time, longest: Duration) -> Option<AccountLock> {
        let lock = self.lock(now)?;
        match lock.cause {
            LockCause::Administrator => Some(lock),
            LockCause::WrongPasswords => {
                let latest = now + longest;
                Some(AccountLock { until: Some(lock.until.map_or(latest, |until| until.min(latest))), ..lock })
            }
        }
    }

    /// The lock that an administrator made, if it is in force. Such a lock ends all sessions, too.
    #[must_use]
    pub fn lock_by_admin(&self, now: Time) -> Option<AccountLock> {
        self.lock(now).filter(|lock| lock.cause == LockCause::Administrator)
    }
}
