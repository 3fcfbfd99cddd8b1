//! `authgraph users export`: every account as a line of JSON.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;

use authgraph::app::App;
use authgraph::error::{OrFault, Result};
use authgraph::flows::export_users::export_users;

use super::super::eprint;

/// Writes the accounts to standard output, as they are read.
pub async fn run(app: &App, with_hashes: bool) -> Result<ExitCode> {
    let mut out = BufWriter::new(io::stdout().lock());
    let exported =
        export_users(app, with_hashes, |line| writeln!(out, "{line}").or_fault("writing to standard output"));
    let exported = exported.await?;
    out.flush().or_fault("writing to standard output")?;
    eprint(&format!("{exported} accounts."));
    Ok(ExitCode::SUCCESS)
}
