//! What became of a failed statement: the database is away, or the mistake is ours.

use std::convert::Infallible;

use sqlx::error::DatabaseError;
use sqlx::postgres::PgDatabaseError;

use crate::error::{Error, OrFault, Refusal};

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        failed("using the database", error)
    }
}

/// A refusal if the database is away (the cause is logged here, once) or somebody was quicker, else a fault that says
/// what we were doing.
pub(super) fn failed(doing: &'static str, error: sqlx::Error) -> Error {
    if is_away(&error) {
        tracing::warn!(%error, doing, "the database is not available");
        return Refusal::Unavailable.into();
    }
    if error.as_database_error().is_some_and(DatabaseError::is_unique_violation) {
        return Refusal::Conflict("Somebody did the same at the same moment. Please try again.").into();
    }
    let Err(fault) = Err::<Infallible, _>(error).or_fault(doing);
    fault
}

fn is_away(error: &sqlx::Error) -> bool {
    match error {
        sqlx::Error::Io(_)
        | sqlx::Error::Tls(_)
        | sqlx::Error::PoolTimedOut
        | sqlx::Error::PoolClosed
        | sqlx::Error::WorkerCrashed => true,
        sqlx::Error::Database(error) => says_away(error.as_ref()),
        _ => false,
    }
}

/// Whether the engine itself says that it cannot serve us now.
pub(super) fn says_away(error: &dyn DatabaseError) -> bool {
    let code = error.code().unwrap_or_default();
    if error.try_downcast_ref::<PgDatabaseError>().is_some() {
        // Class 08: connection; 57P..: shutting down, crashed or starting up; 53300: too many connections.
        // https://www.postgresql.org/docs/current/errcodes-appendix.html
        // 40001 and 40P01: the engine gave this transaction up for another; nothing of it was done.
        return code.starts_with("08") || code.starts_with("57P") || ["53300", "40001", "40P01"].contains(&&*code);
    }
    // SQLITE_BUSY is 5 and SQLITE_LOCKED 6; higher bits tell variants apart (sqlite.org/rescode.html).
    code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 5 | 6))
}
