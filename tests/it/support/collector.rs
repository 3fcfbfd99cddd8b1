//! A collector of traces: takes OTLP over HTTP, and decodes what it gets.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, StatusCode, Uri};
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::common::v1::{AnyValue, KeyValue};
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::net::TcpListener;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;

/// Longer than an export takes, on a busy machine too.
const TIMEOUT: Duration = Duration::from_secs(30);

/// A span that was exported.
#[derive(Debug, Clone)]
pub struct ExportedSpan {
    /// In hexadecimal, as all ids here.
    pub trace: String,
    pub id: String,
    /// Empty for the root of a trace.
    pub parent: String,
    pub name: String,
    /// The name of its kind in OTLP: `Server`, `Client`, `Internal`.
    pub kind: String,
    /// Attributes, and those of the service with `resource.` in front. Numbers as text.
    pub attributes: BTreeMap<String, String>,
    pub has_failed: bool,
}

/// An export that came.
#[derive(Clone)]
struct Export {
    path: String,
    headers: HeaderMap,
    body: Bytes,
}

/// Listens on a port of its own until it is dropped.
pub struct Collector {
    address: SocketAddr,
    exports: Arc<Mutex<Vec<Export>>>,
    _stop: DropGuard,
}

impl Collector {
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let exports = Arc::<Mutex<Vec<Export>>>::default();
        let theirs = Arc::clone(&exports);
        let router = Router::new().fallback(move |uri: Uri, headers: HeaderMap, body: Bytes| {
            theirs.lock().unwrap().push(Export { path: uri.path().to_owned(), headers, body });
            async { StatusCode::OK }
        });
        let stop = CancellationToken::new();
        TaskTracker::new()
            .spawn(stop.clone().run_until_cancelled_owned(async move { axum::serve(listener, router).await }));
        Self { address, exports, _stop: stop.drop_guard() }
    }

    /// The setting `OTEL_EXPORTER_OTLP_ENDPOINT` that leads here.
    pub fn endpoint(&self) -> String {
        format!("http://{}", self.address)
    }

    fn exports(&self) -> Vec<Export> {
        self.exports.lock().unwrap().clone()
    }

    /// The bytes of everything that came, with the headers.
    pub fn bytes(&self) -> Vec<u8> {
        self.exports().iter().flat_map(|export| export.body.to_vec()).collect()
    }

    /// The values of a header, one for each export.
    pub fn header(&self, name: &str) -> Vec<String> {
        let value = |export: &Export| export.headers[name].to_str().unwrap().to_owned();
        self.exports().iter().map(value).collect()
    }

    /// The paths that were asked for.
    pub fn paths(&self) -> Vec<String> {
        self.exports().into_iter().map(|export| export.path).collect()
    }

    /// Everything that came.
    pub fn trace(&self) -> Traces {
        let decode = |export: Export| ExportTraceServiceRequest::decode(export.body).expect("a request of OTLP");
        let resources = self.exports().into_iter().map(decode).flat_map(|request| request.resource_spans);
        let spans = resources.flat_map(|of_resource| {
            let resource = of_resource.resource.unwrap_or_default().attributes;
            let spans = of_resource.scope_spans.into_iter().flat_map(|scope| scope.spans);
            spans.map(|span| read(span, &resource)).collect::<Vec<_>>()
        });
        Traces(spans.collect())
    }

    /// Waits for a span of this name.
    pub async fn wait_for(&self, name: &str) {
        let began = Instant::now();
        while self.trace().named(name).is_empty() {
            assert!(began.elapsed() < TIMEOUT, "no span {name}: {:#?}", self.trace().paths());
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

fn read(span: Span, resource: &[KeyValue]) -> ExportedSpan {
    let hex = |id: &[u8]| id.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"));
    let own = span.attributes.iter().map(|pair| (pair.key.clone(), text(pair.value.as_ref())));
    let shared = resource.iter().map(|pair| (format!("resource.{}", pair.key), text(pair.value.as_ref())));
    let attributes = own.chain(shared).collect();
    assert!(span.events.is_empty(), "lines of the log were exported: {:?}", span.events);
    ExportedSpan {
        trace: hex(&span.trace_id),
        id: hex(&span.span_id),
        parent: hex(&span.parent_span_id),
        kind: format!("{:?}", span.kind()),
        has_failed: span.status.is_some_and(|status| status.code == 2),
        name: span.name,
        attributes,
    }
}

fn text(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        other => format!("{other:?}"),
    }
}

/// Spans that were exported.
#[derive(Debug)]
pub struct Traces(pub Vec<ExportedSpan>);

impl Traces {
    pub fn named(&self, name: &str) -> Vec<&ExportedSpan> {
        self.0.iter().filter(|span| span.name == name).collect()
    }

    /// The only span of this name.
    #[track_caller]
    pub fn only(&self, name: &str) -> &ExportedSpan {
        let named = self.named(name);
        assert_eq!(named.len(), 1, "{name} among {:#?}", self.paths());
        named[0]
    }

    /// The names from the root of the trace to the span: `POST /graphql > mutation login > login`.
    pub fn path(&self, span: &ExportedSpan) -> String {
        let parent = self.0.iter().find(|other| other.id == span.parent && other.trace == span.trace);
        parent.map_or_else(|| span.name.clone(), |parent| format!("{} > {}", self.path(parent), span.name))
    }

    pub fn paths(&self) -> Vec<String> {
        self.0.iter().map(|span| self.path(span)).collect()
    }
}
