//! What a failed statement means: for the caller, and for the connection that it came over.

use std::convert::Infallible;

use sqlx::error::DatabaseError;
use sqlx::postgres::{PgDatabaseError, PgSeverity};

use self::Meaning::{Busy, Lost, Ours, Taken};
use crate::error::{Error, ErrorReason, OrFault, Refusal};

/// What an answer of the engine means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// `UNAVAILABLE`: the connection is of no use any more, or leads to a server that cannot write.
    Lost,
    /// `UNAVAILABLE`: nothing was done, and the same may work in a moment.
    Busy,
    /// `CONFLICT`: another request was quicker.
    Taken,
    /// `INTERNAL`: the statement or the data is wrong.
    Ours,
}

/// Every class of SQLSTATE, and before it the codes of the class that mean something else.
/// <https://www.postgresql.org/docs/18/errcodes-appendix.html>
const SQLSTATES: &[(&str, Meaning)] = &[
    // No errors: success, warning, no data, statement not yet complete.
    ("00", Ours),
    ("01", Ours),
    ("02", Ours),
    ("03", Ours),
    // Connection exceptions; poolers answer 08P01 where they lost their server.
    ("08", Lost),
    ("09", Ours),
    ("0A", Ours),
    ("0B", Ours),
    ("0F", Ours),
    ("0L", Ours),
    ("0P", Ours),
    ("0Z", Ours),
    ("10", Ours),
    ("20", Ours),
    ("21", Ours),
    ("22", Ours),
    ("23505", Taken),
    ("23", Ours),
    ("24", Ours),
    // The server became a standby, or was told to take no writes.
    ("25006", Lost),
    // idle_in_transaction_session_timeout and transaction_timeout end the session.
    ("25P03", Lost),
    ("25P04", Lost),
    ("25", Ours),
    // A prepared statement that the server does not know: another client has used this session.
    ("26", Lost),
    ("27", Ours),
    // Refused at the door: a role that may not log in, a password that was changed.
    ("28", Lost),
    ("2B", Ours),
    ("2D", Ours),
    ("2F", Ours),
    ("34", Ours),
    ("38", Ours),
    ("39", Ours),
    ("3B", Ours),
    // The database was renamed or dropped.
    ("3D", Lost),
    ("3F", Ours),
    // Rolled back for another's sake: serialization failure, deadlock. Not retried here: see docs/adr/0030.
    ("40", Busy),
    // A prepared statement of another client: a pooler that does not keep them apart.
    ("42P05", Lost),
    ("42", Ours),
    ("44", Ours),
    // Disk full, out of memory, too many connections.
    ("53", Busy),
    ("54", Ours),
    // Not now: the database accepts no connections, the object is in use, the lock is not free.
    ("55000", Busy),
    ("55006", Busy),
    ("55P03", Busy),
    ("55", Ours),
    // The statement took longer than statement_timeout, mostly behind a lock.
    ("57014", Busy),
    // Shutting down, crashed, starting up, dropped, idle for too long.
    ("57P", Lost),
    ("57", Busy),
    // The server's disk or files fail.
    ("58", Busy),
    ("72", Busy),
    ("F0", Ours),
    ("HV", Ours),
    ("P0", Ours),
    // Internal errors and corrupted data: an operator has to look at them.
    ("XX", Ours),
];

/// The results of `SQLite` that mean something for the caller; every other one is ours (sqlite.org/rescode.html).
const SQLITE_RESULTS: &[(u32, Meaning)] = &[
    // BUSY and LOCKED.
    (5, Busy),
    (6, Busy),
    // READONLY, IOERR, FULL and CANTOPEN: the disk takes no writes now.
    (8, Busy),
    (10, Busy),
    (13, Busy),
    (14, Busy),
];

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        failed("using the database", error)
    }
}

/// The refusal that a failed statement means, whose cause is in the log, or else a fault that says what we were doing.
pub(super) fn failed(doing: &'static str, error: sqlx::Error) -> Error {
    match meaning(&error) {
        // Logged by tools/db/outage.rs, once for all requests meanwhile.
        Lost => Refusal::Unavailable.into(),
        Busy => {
            let cause = in_short(&error);
            tracing::warn!(cause, doing, "the database could not do this now");
            Refusal::Unavailable.into()
        }
        Taken => {
            Refusal::conflict(ErrorReason::Race, "Another request did the same at the same time. Please try again.")
                .into()
        }
        Ours => {
            let Err(fault) = Err::<Infallible, _>(error).or_fault(doing);
            fault
        }
    }
}

/// Whether the connection that answered this is to be given up.
pub(super) fn ends_connection(error: &sqlx::Error) -> bool {
    let is_fatal = || {
        let error = error.as_database_error().and_then(|error| error.try_downcast_ref::<PgDatabaseError>());
        error.is_some_and(|error| matches!(error.severity(), PgSeverity::Fatal | PgSeverity::Panic))
    };
    meaning(error) == Lost || matches!(error, sqlx::Error::Protocol(_)) || is_fatal()
}

/// Whether `SQLite` says that another process holds the lock.
pub(super) fn is_locked(error: &dyn DatabaseError) -> bool {
    matches!(sqlite_result(error), Some(5 | 6))
}

/// Whether a refused connection may be taken a moment later.
pub(super) fn may_pass(sqlstate: &str) -> bool {
    matches!(meaning_of_sqlstate(sqlstate), Some(Lost | Busy))
}

/// The error without what the driver adds to it.
pub(super) fn in_short(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(error) => error.message().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        sqlx::Error::Tls(error) | sqlx::Error::Configuration(error) => error.to_string(),
        error => error.to_string(),
    }
}

fn meaning(error: &sqlx::Error) -> Meaning {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => Lost,
        sqlx::Error::Database(error) => meaning_of_answer(error.as_ref()),
        _ => Ours,
    }
}

fn meaning_of_answer(error: &dyn DatabaseError) -> Meaning {
    if let Some(error) = error.try_downcast_ref::<PgDatabaseError>() {
        return meaning_of_sqlstate(error.code()).unwrap_or(Ours);
    }
    if error.is_unique_violation() {
        return Taken;
    }
    let result = sqlite_result(error);
    SQLITE_RESULTS.iter().find(|(code, _)| Some(*code) == result).map_or(Ours, |(_, meaning)| *meaning)
}

fn meaning_of_sqlstate(code: &str) -> Option<Meaning> {
    SQLSTATES.iter().find(|(start, _)| code.starts_with(start)).map(|(_, meaning)| *meaning)
}

/// The primary result code of `SQLite`; higher bits tell its variants apart.
fn sqlite_result(error: &dyn DatabaseError) -> Option<u32> {
    if error.try_downcast_ref::<PgDatabaseError>().is_some() {
        return None;
    }
    error.code()?.parse::<u32>().ok().map(|code| code & 0xff)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The classes of PostgreSQL 18.
    const CLASSES: &str = "00 01 02 03 08 09 0A 0B 0F 0L 0P 0Z 10 20 21 22 23 24 25 26 27 28 2B 2D 2F 34 38 39 3B 3D \
                           3F 40 42 44 53 54 55 57 58 72 F0 HV P0 XX";

    #[test]
    fn every_class_of_sqlstate_has_a_meaning() {
        for class in CLASSES.split(' ') {
            assert!(meaning_of_sqlstate(&format!("{class}999")).is_some(), "{class}");
        }
    }

    #[test]
    fn an_exception_stands_before_its_class() {
        for (place, (code, _)) in SQLSTATES.iter().enumerate() {
            let hides = SQLSTATES[..place].iter().find(|(earlier, _)| code.starts_with(earlier));
            assert_eq!(hides, None, "{code} is never reached");
        }
    }

    #[test]
    fn what_passes_is_unavailable_and_what_is_broken_is_a_fault() {
        let away = ["42P05", "25006", "57P01", "57P02", "57P03", "08006", "28000", "28P01", "3D000", "26000"];
        let busy = ["40001", "40P01", "53100", "53300", "55000", "57014", "58030"];
        let ours = ["42601", "23503", "22001", "25P02", "XX001", "0A000", "55P04"];

        assert!(away.iter().all(|code| meaning_of_sqlstate(code) == Some(Lost)));
        assert!(busy.iter().all(|code| meaning_of_sqlstate(code) == Some(Busy)));
        assert!(ours.iter().all(|code| meaning_of_sqlstate(code) == Some(Ours)));
        assert_eq!(meaning_of_sqlstate("23505"), Some(Taken));
    }
}
