//! `authgraph audit`: verify the trail, take it elsewhere, count anew.

use std::io::{self, BufWriter, Write};
use std::process::ExitCode;
use std::time::Duration;

use authgraph::app::App;
use authgraph::error::{Error, OrFault, Result};
use authgraph::flows::export_audit::{Exported, export_audit, format_time};
use authgraph::flows::rebuild_statistics::rebuild_statistics;
use authgraph::flows::verify_audit::{TrailVerdict, verify_audit};
use authgraph::values::time::Time;
use chrono::{DateTime, NaiveDate, NaiveTime};
use clap::Subcommand;
use indicatif::{ProgressBar, ProgressStyle};

use super::{complain, explain, say};

#[derive(Subcommand)]
pub enum Audit {
    /// Go through the whole trail and name the first event that was changed, removed, moved or slipped in. Ends with 0 where
    /// there is none, with 1 where there is one, and with 3 where the trail could not be read.
    Verify,
    /// Write events to standard output, oldest first, one JSON object a line.
    Export {
        /// From this day or time on: 2026-11-21 or 2026-11-21T09:30:00Z.
        #[arg(long, value_parser = moment)]
        since: Option<Time>,
        /// Up to this day or time, without it: at least `REQUEST_TIMEOUT` (30 s or more) and 5 seconds ago, because later
        /// events may still be written. Otherwise it ends with 1 and writes nothing. If it is left out, as far as that.
        #[arg(long, value_parser = moment)]
        until: Option<Time>,
    },
    /// Count totals and days anew, from what there is. Others may go on writing.
    RebuildStatistics,
}

/// Does what was asked.
///
/// # Errors
/// As the flows.
pub async fn run(app: &App, command: &Audit) -> Result<ExitCode> {
    match command {
        Audit::Verify => Ok(verify(app).await.unwrap_or_else(|error| could_not_verify(&error))),
        Audit::Export { since, until } => {
            let mut out = BufWriter::new(io::stdout().lock());
            let exported = export_audit(app, (since.unwrap_or(Time::UNIX_EPOCH), *until), |line| {
                writeln!(out, "{line}").or_fault("writing to standard output")
            });
            let Exported { events, until } = exported.await?;
            out.flush().or_fault("writing to standard output")?;
            complain(&format!("{events} events. The next export goes on with --since {}", format_time(until)));
            Ok(ExitCode::SUCCESS)
        }
        Audit::RebuildStatistics => {
            let bar = ProgressBar::new(0).with_style(style("{bar:40} {pos} of {len}")?);
            let rebuilt = rebuild_statistics(app, |done, of| {
                bar.set_length(of);
                bar.set_position(done);
            });
            rebuilt.await?;
            bar.finish_and_clear();
            say("Totals and days are counted anew.\n")
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
            say(&format!("The trail is whole: {events} events in {chains} chains.\n"))
        }
        TrailVerdict::Broken(broken) => {
            say(&format!("The trail is broken: {broken}.\n"))?;
            Ok(ExitCode::FAILURE)
        }
    }
}

/// A timer must tell a trail that was tampered with from a database that is away.
fn could_not_verify(error: &Error) -> ExitCode {
    complain(&format!("The trail could not be read, so nobody knows whether it is whole. {}", explain(error)));
    ExitCode::from(3)
}

fn style(template: &str) -> Result<ProgressStyle> {
    ProgressStyle::with_template(template).or_fault("reading the style of a progress bar")
}

fn moment(typed: &str) -> std::result::Result<Time, String> {
    let day = typed.parse::<NaiveDate>().map(|day| day.and_time(NaiveTime::MIN).and_utc());
    let time = || DateTime::parse_from_rfc3339(typed).map(|at| at.to_utc());
    day.or_else(|_| time()).map_err(|_| "a day like 2026-11-21 or a time like 2026-11-21T09:30:00Z".to_owned())
}
