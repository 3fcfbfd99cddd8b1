//! The log: JSON for machines in production, lines for people in development, always on stderr.

use std::io::{self, IsTerminal};

use tracing::Metadata;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::error::{OrFault, Result};

/// How a log line looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// One JSON object a line, the event's fields beside `timestamp`, `level` and `target`.
    Json,
    /// One readable line, in colour on a terminal.
    Pretty,
}

/// Libraries that write whole messages, commands or emails to the log already at `debug`.
const TALKATIVE: [&str; 3] = ["tungstenite", "tokio_tungstenite", "lettre"];

/// Whether an event may be logged, whatever the filter says. At `trace` libraries write what they carry: access tokens,
/// passwords, statements with their values. So theirs ends at `debug`.
fn keeps_secrets(event: &Metadata<'_>) -> bool {
    let library = event.target().split("::").next().unwrap_or_default();
    let most = match library {
        env!("CARGO_CRATE_NAME") => LevelFilter::TRACE,
        _ if TALKATIVE.contains(&library) => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    *event.level() <= most
}

/// Begins to log what `filter` lets through (`info,authgraph=debug`). A second start changes nothing.
///
/// # Errors
/// A fault where the filter cannot be read.
pub fn start(format: LogFormat, filter: &str) -> Result<()> {
    // During an outage the driver of Redis logs every retry, and tools/redis says once what there is to know.
    let filter = EnvFilter::try_new(format!("redis=off,{filter}")).or_fault("reading the log filter")?;
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    let careful = filter_fn(keeps_secrets);
    let started = match format {
        LogFormat::Json => log.json().flatten_event(true).with_span_list(false).finish().with(careful).try_init(),
        // Colours are only ever turned off here: turned on, they would override NO_COLOR.
        LogFormat::Pretty if io::stderr().is_terminal() => log.compact().finish().with(careful).try_init(),
        LogFormat::Pretty => log.compact().with_ansi(false).finish().with(careful).try_init(),
    };
    // The only reason to fail is a log that runs already, which tests in one process share.
    drop(started);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_runs_already_is_left_alone() {
        assert!(start(LogFormat::Pretty, "warn").is_ok());
        assert!(start(LogFormat::Json, "warn").is_ok());
    }

    #[test]
    fn an_unreadable_filter_is_a_fault() {
        assert!(start(LogFormat::Json, "authgraph=shouting").is_err());
    }
}
