//! `authgraph audit`: verifies and exports the audit trail, and recounts the statistics.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;
use std::time::Duration;

use authgraph::app::App;
use authgraph::error::{Error, OrFault, Result};
use authgraph::flows::export_audit::{Exported, export_audit, format_time};
use authgraph::flows::rebuild_statistics::rebuild_statistics;
use authgraph::flows::verify_audit::{TrailVerdict, verify_audit};
use authgraph::values::time::Time;
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};

use super::{ExitFailure, day_or_time, eprint, explain, print};

#[derive(Subcommand)]
pub enum AuditCommand {
    /// Verify the whole trail, and name the first event that was changed, removed, moved or inserted. Exit code 0: there is
    /// none; 4: there is one; 3: the trail could not be read.
    Verify,
    /// Write events to standard output, oldest first, one JSON object per line.
    Export {
        /// Export events from this day or time on, like 2026-11-21 or 2026-11-21T09:30:00Z.
        #[arg(long, value_parser = day_or_time)]
        since: Option<Time>,
        /// Export events before this day or time. It must be at least `REQUEST_TIMEOUT` (30 seconds or more) and 5 seconds
        /// ago, because later events may still be written; otherwise the command exits with 1. This is the default, too.
        #[arg(long, value_parser = day_or_time)]
        until: Option<Time>,
    },
    /// Count all totals and days again. The server may run meanwhile.
    RebuildStatistics,
}

/// Runs the command.
pub async fn run(app: &App, command: &AuditCommand) -> Result<ExitCode> {
    match command {
        AuditCommand::Verify => Ok(verify(app).await.unwrap_or_else(|error| could_not_verify(&error))),
        AuditCommand::Export { since, until } => {
            let mut out = BufWriter::new(io::stdout().lock());
            let exported = export_audit(app, (since.unwrap_or(Time::UNIX_EPOCH), *until), |line| {
                writeln!(out, "{line}").or_fault("writing to standard output")
            });
            let Exported { events, until } = exported.await?;
            out.flush().or_fault("writing to standard output")?;
            eprint(&format!("{events} events. Continue the next export with --since {}", format_time(until)));
            Ok(ExitCode::SUCCESS)
        }
        AuditCommand::RebuildStatistics => {
            let bar = ProgressBar::new(0).with_style(style("{bar:40} {pos} of {len}")?);
            let rebuilt = rebuild_statistics(app, |done, of| {
                bar.set_length(of);
                bar.set_position(done);
            });
            rebuilt.await?;
            bar.finish_and_clear();
            print("All totals and days were counted again.\n")
        }
    }
}

async fn verify(app: &App) -> Result<ExitCode> {
    let bar = ProgressBar::no_length().with_style(style("{spinner} {pos} events, {per_sec}")?);
    bar.enable_steady_tick(Duration::from_millis(200));
    let verdict = verify_audit(app, |events| bar.set_position(events)).await?;
    bar.finish_and_clear();
    match verdict {
        TrailVerdict::Whole { events, chains } => {
            print(&format!("The trail is intact: {events} events in {chains} chains.\n"))
        }
        TrailVerdict::Broken(broken) => {
            print(&format!("The trail is broken: {broken}.\n"))?;
            Ok(ExitFailure::TrailBroken.into())
        }
    }
}

/// A scheduled job has to tell a trail that was tampered with from a database that is away.
fn could_not_verify(error: &Error) -> ExitCode {
    eprint(&format!("The trail could not be read, so it is unknown whether it is intact. {}", explain(error)));
    ExitFailure::Unavailable.into()
}

fn style(template: &str) -> Result<ProgressStyle> {
    ProgressStyle::with_template(template).or_fault("reading the style of a progress bar")
}
