//! What the commands of the command line do, and how they print.

pub mod audit;
pub mod dev;
pub mod keys;
pub mod outbox;
pub mod serve;
pub mod settings;
pub mod users;

use std::io::{self, Write};
use std::process::ExitCode;

use authgraph::error::{Error, OrFault, Refusal, Result};

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
