//! Traces: which spans are recorded, how many traces are sampled, and how spans wait for their export.

use std::time::Duration;

use opentelemetry::trace::TracerProvider;
use opentelemetry::{Context as TraceContext, KeyValue};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider, Span, SpanData, SpanProcessor,
};
use tracing::level_filters::LevelFilter;
use tracing::subscriber::Interest;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::registry::LookupSpan;
use url::Url;

use super::exporter;
use super::span_counts::SPAN_COUNTS;
use super::trace_settings::TraceSettings;
use crate::error::Result;
use crate::tools::spans;

/// The most spans that wait for their export. Further spans are dropped.
const QUEUE: usize = 2048;
/// The most spans of one export.
const BATCH: usize = 512;
/// How long a span waits at most until it is exported.
const INTERVAL: Duration = Duration::from_secs(5);

/// Makes the export of traces to a collector. Call it inside of the runtime that sends them.
///
/// # Errors
/// A fault where the collector cannot be reached by any request: the system trusts no authority.
pub fn open(settings: &TraceSettings, endpoint: &Url) -> Result<SdkTracerProvider> {
    let config = BatchConfigBuilder::default()
        .with_max_queue_size(QUEUE)
        .with_max_export_batch_size(BATCH)
        .with_scheduled_delay(INTERVAL)
        .build();
    let batches = BatchSpanProcessor::builder(exporter::open(settings, endpoint)?).with_batch_config(config).build();
    // Not the resource that the library detects from variables of its own: the settings are in one list.
    let resource = Resource::builder_empty().with_attributes([
        KeyValue::new("service.name", settings.service_name.clone()),
        KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
    ]);
    Ok(SdkTracerProvider::builder()
        .with_span_processor(CountedSpans(batches))
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(settings.sample_ratio))))
        .with_resource(resource.build())
        .build())
}

/// The layer that turns spans into those of a trace. It does not see the events of the log: their texts stay in the log.
pub fn layer<S>(provider: &SdkTracerProvider) -> impl Layer<S> + use<S>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let is_recorded = |span: &Metadata<'_>, context: &tracing_subscriber::layer::Context<'_, S>| {
        span.target() == spans::ROOT || (span.target() == spans::STEP && context.lookup_current().is_some())
    };
    // Asked once for each place in the code, so that events of the log cost nothing here.
    let filter = dynamic_filter_fn(is_recorded).with_max_level_hint(LevelFilter::INFO).with_callsite_filter(|span| {
        match span.target() {
            spans::ROOT => Interest::always(),
            spans::STEP => Interest::sometimes(),
            _ => Interest::never(),
        }
    });
    tracing_opentelemetry::layer()
        .with_tracer(provider.tracer(env!("CARGO_PKG_NAME")))
        .with_context_activation(false)
        .with_tracked_inactivity(false)
        .with_threads(false)
        .with_location(false)
        .with_target(false)
        .with_filter(filter)
}

/// Counts the spans on their way into the queue.
#[derive(Debug)]
struct CountedSpans(BatchSpanProcessor);

impl SpanProcessor for CountedSpans {
    fn on_start(&self, span: &mut Span, context: &TraceContext) {
        self.0.on_start(span, context);
    }

    fn on_end(&self, span: SpanData) {
        SPAN_COUNTS.add_recorded();
        self.0.on_end(span);
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}
