//! What the commands of the command line do, and how they print.

pub mod audit;
pub mod dev;
pub mod healthcheck;
pub mod keys;
pub mod outbox;
pub mod serve;
pub mod sessions;
pub mod settings;
pub mod shell;
pub mod users;

use std::io::{self, Write};
use std::process::ExitCode;

use authgraph::error::{Error, OrFault, Refusal, Result};
use authgraph::values::caller::Caller;
use authgraph::values::time::Time;
use chrono::{DateTime, NaiveDate, NaiveTime};
use serde::Serialize;

/// How a command ends that did not do all it was asked to. A command that did ends with 0. Scripts depend on the numbers,
/// and docs/operations.md has their table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExitFailure {
    /// It failed, or refused.
    Failed = 1,
    /// The settings, or the arguments of the command, are wrong. clap ends with the same number.
    WrongSettings = 2,
    /// The database is not reachable.
    Unavailable = 3,
    /// The audit trail was tampered with.
    TrailBroken = 4,
    /// It left something out, and did the rest.
    LeftOut = 5,
}

impl ExitFailure {
    /// How a command ends with this error.
    pub fn of(error: &Error) -> Self {
        if matches!(error, Error::Refused(Refusal::Unavailable)) { Self::Unavailable } else { Self::Failed }
    }
}

impl From<ExitFailure> for ExitCode {
    fn from(failure: ExitFailure) -> Self {
        Self::from(failure as u8)
    }
}

/// Prints a value as JSON to standard output: one object, or one list, on one line.
pub fn print_json(value: &impl Serialize) -> Result<ExitCode> {
    print(&format!("{}\n", serde_json::to_string(value).or_fault("writing JSON")?))
}

/// Prints the result of a command to standard output.
pub fn print(text: &str) -> Result<ExitCode> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).or_fault("writing to standard output")?;
    Ok(ExitCode::SUCCESS)
}

/// Prints an error or a remark to standard error.
pub fn eprint(text: &str) {
    // Where standard error is gone, there is no place left to report that.
    let _ = writeln!(io::stderr(), "{}", text.trim_end());
}

/// An error in words that help a person at the command line.
pub fn explain(error: &Error) -> String {
    match error {
        Error::Refused(Refusal::ValidationFailed { fields }) => {
            let lines: Vec<String> = fields.iter().map(|field| format!("{}: {}", field.path, field.message)).collect();
            lines.join("\n")
        }
        Error::Refused(refusal) => refusal.to_string(),
        Error::Fault(fault) => format!("authgraph failed: {fault:?}"),
    }
}

/// The sender of what the command line does, as the audit trail names it.
pub fn operator() -> Caller {
    Caller::operator("authgraph command line")
}

/// Reads a day, or a time with its zone.
pub fn day_or_time(typed: &str) -> std::result::Result<Time, String> {
    let day = typed.parse::<NaiveDate>().map(|day| day.and_time(NaiveTime::MIN).and_utc());
    let time = || DateTime::parse_from_rfc3339(typed).map(|at| at.to_utc());
    day.or_else(|_| time()).map_err(|_| "expected a day like 2026-11-21 or a time like 2026-11-21T09:30:00Z".to_owned())
}
