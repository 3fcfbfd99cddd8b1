//! The log and the traces. The log is JSON for machines in production and lines for people in development, always on stderr.

mod exporter;
mod span_counts;
mod trace_settings;
mod traces;

use std::io::{self, IsTerminal};
use std::time::Duration;

use opentelemetry_sdk::trace::SdkTracerProvider;
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::filter::{FilterExt, dynamic_filter_fn};
use tracing_subscriber::layer::{Context, Filter, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

pub use self::span_counts::{SPAN_COUNTS, SpanCounts};
pub use self::trace_settings::TraceSettings;
use crate::error::{OrFault, Result};
use crate::tools::spans;

/// How long the end of the process waits for the export of the last spans.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(5);

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
/// passwords, statements with their values. So theirs ends at `debug`. The spans of traces are no part of the log.
fn belongs_in_log(event: &Metadata<'_>) -> bool {
    let library = event.target().split("::").next().unwrap_or_default();
    let most = match library {
        _ if matches!(event.target(), spans::ROOT | spans::STEP) => LevelFilter::OFF,
        env!("CARGO_CRATE_NAME") => LevelFilter::TRACE,
        _ if TALKATIVE.contains(&library) => LevelFilter::INFO,
        _ => LevelFilter::DEBUG,
    };
    *event.level() <= most
}

/// What has to be told that the process ends.
#[derive(Default)]
pub struct Telemetry(Option<SdkTracerProvider>);

/// Begins to log what `filter` lets through (`info,authgraph=debug`), and to export traces where the settings name a
/// collector. A second start changes nothing.
///
/// # Errors
/// A fault where the filter cannot be read, or the collector cannot be reached by any request.
pub fn start(format: LogFormat, filter: &str, traces: Option<&TraceSettings>) -> Result<Telemetry> {
    let log = tracing_subscriber::registry().with(log(format, filter)?);
    let Some((settings, endpoint)) = traces.and_then(|traces| Some((traces, traces.endpoint.as_ref()?))) else {
        // The only reason to fail is a log that runs already, which tests in one process share.
        drop(log.try_init());
        return Ok(Telemetry::default());
    };
    let provider = traces::open(settings, endpoint)?;
    drop(log.with(traces::layer(&provider)).try_init());
    Ok(Telemetry(Some(provider)))
}

fn log<S>(format: LogFormat, filter: &str) -> Result<impl Layer<S> + use<S>>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let log = tracing_subscriber::fmt::layer().with_writer(io::stderr);
    let log = match format {
        LogFormat::Json => log.json().flatten_event(true).with_span_list(false).boxed(),
        // Colours are only ever turned off here: turned on, they would override NO_COLOR.
        LogFormat::Pretty if io::stderr().is_terminal() => log.compact().boxed(),
        LogFormat::Pretty => log.compact().with_ansi(false).boxed(),
    };
    Ok(log.with_filter(log_filter(filter)?))
}

fn log_filter<S>(filter: &str) -> Result<impl Filter<S> + use<S>>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    // During an outage the driver of Redis logs every retry, and tools/redis says once what there is to know.
    let wanted = EnvFilter::try_new(format!("redis=off,{filter}")).or_fault("reading the log filter")?;
    // Asked for every event. A filter that is asked once for each place in the code would lose events: sqlx asks whether it may
    // log a statement and then does not, and the answer "no" stays for the next event of the thread that is not asked about.
    let allowed = dynamic_filter_fn(|event: &Metadata<'_>, _: &Context<'_, S>| belongs_in_log(event));
    let allowed = allowed
        .with_callsite_filter(|event| if belongs_in_log(event) { Interest::sometimes() } else { Interest::never() });
    Ok(wanted.and(allowed.with_max_level_hint(LevelFilter::TRACE)))
}

impl Telemetry {
    /// Exports the spans that wait, and waits for that for at most five seconds. Call it when nothing is served any more.
    pub fn shutdown(self) {
        let Some(provider) = self.0 else { return };
        // The thread of the exporter needs the other threads of the runtime to send.
        let ended = tokio::task::block_in_place(|| provider.shutdown_with_timeout(FLUSH_TIMEOUT));
        if let Err(error) = ended {
            tracing::warn!(%error, "the last traces were not exported");
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn a_log_that_runs_already_is_left_alone() {
        assert!(start(LogFormat::Pretty, "warn", None).is_ok());
        assert!(start(LogFormat::Json, "warn", None).is_ok());
    }

    /// At the level of everything, too: a span that is not exported is never made.
    #[test]
    fn without_a_collector_the_spans_of_traces_are_off() {
        let log = tracing_subscriber::registry().with(log(LogFormat::Json, "trace").unwrap());

        tracing::subscriber::with_default(log, || {
            assert!(tracing::info_span!("of the log").id().is_some());
            assert!(tracing::info_span!(target: spans::ROOT, "request").is_disabled());
            assert!(tracing::info_span!(target: spans::STEP, "sql").is_disabled());
        });
    }

    /// Counts the events that it sees.
    struct Counter(Arc<AtomicU64>);

    impl<S: Subscriber> Layer<S> for Counter {
        fn on_event(&self, _: &tracing::Event<'_>, _: Context<'_, S>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn an_event_was_lost_after_a_library_had_asked_whether_it_may_log() {
        let seen = Arc::<AtomicU64>::default();
        let log = Counter(Arc::clone(&seen)).with_filter(log_filter("info").unwrap());

        tracing::subscriber::with_default(tracing_subscriber::registry().with(log), || {
            for _ in 0..3 {
                assert!(!tracing::enabled!(target: "sqlx::query", tracing::Level::DEBUG));
                tracing::info!("an event");
            }
        });

        assert_eq!(seen.load(Ordering::Relaxed), 3);
    }

    #[test]
    fn an_unreadable_filter_is_a_fault() {
        assert!(start(LogFormat::Json, "authgraph=shouting", None).is_err());
    }
}
