//! What the commands of the command line do, and how all of them speak.

pub mod audit;
pub mod dev;
pub mod keys;
pub mod outbox;
pub mod serve;
pub mod users;

use std::io::{self, Write};
use std::process::ExitCode;

use authgraph::error::{Error, OrFault, Refusal, Result};

/// What a command was asked for.
pub fn say(text: &str) -> Result<ExitCode> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes()).and_then(|()| out.flush()).or_fault("writing to standard output")?;
    Ok(ExitCode::SUCCESS)
}

/// What somebody should know besides.
pub fn complain(text: &str) {
    // Nobody is left to tell when standard error is gone.
    let _ = writeln!(io::stderr(), "{}", text.trim_end());
}

/// What a person at the command line can do something with.
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
