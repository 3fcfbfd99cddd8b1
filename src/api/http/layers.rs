//! What happens to every request and every answer, whatever the route.

use std::any::Any;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Instant;

use axum::Extension;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt;
use tracing::Instrument;

use super::metrics::RequestLabels;
use super::oauth_form_post::FORM_POST;
use super::pages;
use super::prepared_operation::{OperationCode, OperationName, OperationPoints, OperationUser};
use super::refusal::{rate_limited, refusal};
use super::request::{CorrelationId, REQUEST_ID, caller, credentials, cut};
use super::request_trace::{note_status, remote_parent, request_span};
use crate::api::graphql::pipeline::request_limit;
use crate::api::state::AppState;
use crate::error::ErrorCode;
use crate::tools::spans::{self, RemoteParent};
use crate::values::caller::Caller;

const MAX_LOGGED_PATH: usize = 128;

/// The route that clients use. Health checks of proxies use others.
const GRAPHQL: &str = "/graphql";

/// The text of the answer to a request that took longer than `REQUEST_TIMEOUT`.
pub const TOO_SLOW: &str = "The request took too long. Please try again in a moment.";

/// On every answer that does not set them itself.
const SECURITY_HEADERS: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

/// Two years, for this host only: its subdomains may belong to others.
const STRICT_TRANSPORT: HeaderValue = HeaderValue::from_static("max-age=63072000");

/// Reads who is calling into extensions of the request, and returns the correlation id as `x-request-id`.
pub async fn identify(State(state): State<Arc<AppState>>, mut request: Request, next: Next) -> Response {
    // Without a connection (a test that calls the router) all callers share one address and so one set of limits.
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip());
    let (headers, proxies) = (request.headers(), &state.app.config.http.trusted_proxies);
    let id = CorrelationId::for_request(headers, peer, proxies);
    let caller = caller(headers, peer, proxies, &id);
    if request.uri().path() == GRAPHQL {
        state.proxy_watch.observe(proxies, peer, headers, caller.address);
    }
    let credentials = credentials(headers, state.refresh_cookie);
    let parent = remote_parent(headers, peer, proxies);
    let echo = HeaderValue::from_str(&id.0);
    request.extensions_mut().insert(caller);
    request.extensions_mut().insert(credentials);
    request.extensions_mut().insert(id);
    if let Some(parent) = parent {
        request.extensions_mut().insert(parent);
    }

    let mut response = next.run(request).await;

    if let Ok(echo) = echo {
        response.headers_mut().insert(REQUEST_ID, echo);
    }
    response
}

/// Lets each answer be the last of its connection while the server stops: load balancers then open their next connection to
/// another instance, and send nothing on a connection that is about to close (RFC 9112, section 9.6).
pub async fn end_connections(State(state): State<Arc<AppState>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    if state.app.stopping.is_cancelled() && response.status() != StatusCode::SWITCHING_PROTOCOLS {
        response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    response
}

/// Writes one line and counts once for each request, with its client, its user, its cost and the code of its first error.
/// Bodies, query strings and headers are left out: they hold passwords and tokens.
pub async fn log(
    State(state): State<Arc<AppState>>,
    Extension(id): Extension<CorrelationId>,
    Extension(caller): Extension<Caller>,
    request: Request,
    next: Next,
) -> Response {
    let begun = Instant::now();
    let labels = RequestLabels::from_request(&request);
    let path = cut(request.uri().path(), MAX_LOGGED_PATH).to_owned();

    let trace = request_span(&labels, &id, request.extensions().get::<RemoteParent>());
    let trace_id = spans::trace_id(&trace);
    // At the level of errors, so that no filter takes the correlation id from the line of a fault. It does not belong to the
    // trace: what outlives the request, like a socket, keeps it, and the span of the trace has to end with the answer.
    let span = tracing::error_span!(parent: None, "request", correlation_id = id.0, trace_id);
    let response = next.run(request).instrument(span).instrument(trace.clone()).await;

    let took = begun.elapsed();
    labels.count(&state.app.metrics, response.status(), took);
    note_status(&trace, response.status());
    let said = response.extensions();
    tracing::info!(
        method = labels.method,
        path,
        status = response.status().as_u16(),
        milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        correlation_id = id.0,
        trace_id,
        client = %caller.address,
        user = said.get::<OperationUser>().map(|OperationUser(user)| tracing::field::display(user)),
        operation = said.get::<OperationName>().map(|OperationName(name)| name.as_str()),
        code = said.get::<OperationCode>().map(|OperationCode(code)| *code),
        cost = said.get::<OperationPoints>().map(|OperationPoints(points)| *points),
        "request"
    );
    response
}

/// Adds the headers that restrict what a browser does with an answer.
pub async fn add_security_headers(State(state): State<Arc<AppState>>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in SECURITY_HEADERS {
        response.headers_mut().entry(name).or_insert(value);
    }
    // In production the server is reached over TLS only.
    if !state.app.config.is_development() {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT);
    }
    response
}

/// Confines a panic to the request that it happens in, and says nothing of it to the client.
pub async fn catch_panic(Extension(id): Extension<CorrelationId>, request: Request, next: Next) -> Response {
    match AssertUnwindSafe(next.run(request)).catch_unwind().await {
        Ok(response) => response,
        Err(panic) => {
            tracing::error!(correlation_id = id.0, panic = panic_text(&*panic), "a request panicked");
            let message = "Something went wrong.";
            refusal(StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::Internal, message, &id)
        }
    }
}

/// Drops a request that takes longer than `REQUEST_TIMEOUT`.
pub async fn limit_time(
    State(state): State<Arc<AppState>>,
    Extension(id): Extension<CorrelationId>,
    request: Request,
    next: Next,
) -> Response {
    let answered = tokio::time::timeout(state.app.config.http.request_timeout, next.run(request)).await;
    answered.unwrap_or_else(|_| refusal(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::Unavailable, TOO_SLOW, &id))
}

/// Counts the OPTIONS that the layer of CORS answers although they are no preflights of a browser.
pub async fn count_options(
    state: State<Arc<AppState>>,
    id: Extension<CorrelationId>,
    caller: Extension<Caller>,
    request: Request,
    next: Next,
) -> Response {
    let is_preflight = request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    if request.method() == Method::OPTIONS && !is_preflight {
        return run_counted(&state, &caller, &id, request, next).await;
    }
    next.run(request).await
}

/// Counts what no route counts itself: pages that do not exist, methods that a route does not support, and the forms of
/// providers.
pub async fn count_others(
    state: State<Arc<AppState>>,
    id: Extension<CorrelationId>,
    caller: Extension<Caller>,
    request: Request,
    next: Next,
) -> Response {
    let is_counted = match request.extensions().get::<MatchedPath>().map(MatchedPath::as_str) {
        // Counts its requests itself.
        Some(GRAPHQL) => false,
        None | Some(FORM_POST) => true,
        // Some of its files take milliseconds to compress.
        Some(route) if pages::is_page_route(route) => true,
        // Health checks and scrapes must be answered, whatever other clients of their address have used up. What they
        // ask for is in memory, or kept there for a moment. So is the development mailbox, which scripts poll.
        Some(_) => !matches!(*request.method(), Method::GET | Method::HEAD),
    };
    if is_counted {
        return run_counted(&state, &caller, &id, request, next).await;
    }
    next.run(request).await
}

/// Counts a request of the caller, and runs it only where the request limit allows it.
async fn run_counted(state: &AppState, caller: &Caller, id: &CorrelationId, request: Request, next: Next) -> Response {
    let refused = match request_limit::refusal(&state.app, caller) {
        None => request_limit::count(&state.app, caller).await,
        refused => refused,
    };
    match refused {
        Some(refused) => rate_limited(refused, id),
        None => next.run(request).await,
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("(no text)")
}
