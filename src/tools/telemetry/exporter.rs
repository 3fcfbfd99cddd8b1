//! Sends spans to the collector: OTLP over HTTP, as protobuf, with our own HTTP client.
//!
//! The library exports on a thread of its own, which has no runtime: an asynchronous HTTP client panics there, and nothing is
//! exported. So each request becomes a task of the server's runtime, and the thread waits for its answer.

use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use opentelemetry_http::{Bytes, HttpError as ExportError, Request, Response};
use opentelemetry_otlp::{Protocol, SpanExporter as OtlpExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::trace::{SpanData, SpanExporter};
use tokio::runtime::Handle;
use url::Url;

use super::span_counts::SPAN_COUNTS;
use super::trace_settings::TraceSettings;
use crate::error::{OrFault, Result};
use crate::tools::http_client::{HttpClient, HttpClientSettings, HttpError, OutboundRequest, OutboundUrl, ServerAway};

/// How long one export may take, with its repetitions.
const TIMEOUT: Duration = Duration::from_secs(5);
/// However long the collector is away, the log has one warning in this time.
const BETWEEN_WARNINGS: Duration = Duration::from_mins(1);

/// Makes the exporter.
pub(super) fn open(settings: &TraceSettings, endpoint: &Url) -> Result<CountedExporter> {
    let mut url = endpoint.clone();
    url.set_path(&format!("{}/v1/traces", endpoint.path().trim_end_matches('/')));
    let client = CollectorClient {
        runtime: Handle::current(),
        http: Arc::new(HttpClient::open(&HttpClientSettings {
            total_timeout: TIMEOUT,
            ..HttpClientSettings::for_operator()
        })?),
        url: OutboundUrl::of_operator(url.clone()),
        warned_at: Mutex::new(None),
    };
    let headers = settings.headers.iter().map(|(name, value)| (name.clone(), value.expose().to_owned()));
    let exporter = OtlpExporter::builder()
        .with_http()
        .with_http_client(client)
        .with_endpoint(url)
        .with_protocol(Protocol::HttpBinary)
        .with_timeout(TIMEOUT)
        .with_headers(headers.collect())
        .build();
    Ok(CountedExporter(exporter.or_fault("preparing the export of traces")?))
}

/// The exporter of the library, with a count of what the collector took.
#[derive(Debug)]
pub(super) struct CountedExporter(OtlpExporter);

impl SpanExporter for CountedExporter {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        let spans = batch.len();
        self.0.export(batch).await?;
        SPAN_COUNTS.add_exported(spans);
        Ok(())
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}

/// The HTTP client of the server, as the library wants one.
struct CollectorClient {
    runtime: Handle,
    http: Arc<HttpClient>,
    url: OutboundUrl,
    warned_at: Mutex<Option<Instant>>,
}

impl CollectorClient {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, ExportError> {
        let (head, body) = request.into_parts();
        let mut headers = head.headers;
        headers.values_mut().for_each(|value| value.set_sensitive(true));
        let (http, request) = (Arc::clone(&self.http), OutboundRequest::post(self.url.clone(), headers, body.into()));
        let (status, body) = match self.runtime.spawn(async move { http.send(request).await }).await? {
            Ok(answer) => (answer.status, answer.body),
            // The library knows which of these are worth another attempt.
            Err(HttpError::Away(ServerAway::Status(status))) => (status, Vec::new()),
            Err(error) => {
                self.warn(&error);
                return Err(error.into());
            }
        };
        if status >= 400 {
            self.warn(&format_args!("status {status}"));
        }
        Ok(Response::builder().status(status).body(body.into())?)
    }

    fn warn(&self, cause: &dyn fmt::Display) {
        let mut warned_at = self.warned_at.lock().unwrap_or_else(PoisonError::into_inner);
        if warned_at.is_none_or(|at| at.elapsed() >= BETWEEN_WARNINGS) {
            *warned_at = Some(Instant::now());
            tracing::warn!(%cause, "the collector of OTEL_EXPORTER_OTLP_ENDPOINT takes no traces; they are dropped");
        }
    }
}

impl opentelemetry_http::HttpClient for CollectorClient {
    // What `async_trait` writes.
    fn send_bytes<'client, 'sending>(
        &'client self,
        request: Request<Bytes>,
    ) -> Pin<Box<dyn Future<Output = Result<Response<Bytes>, ExportError>> + Send + 'sending>>
    where
        'client: 'sending,
        Self: 'sending,
    {
        Box::pin(self.send(request))
    }
}

impl fmt::Debug for CollectorClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CollectorClient").field("url", &self.url).finish_non_exhaustive()
    }
}
