//! What happens to every request and every answer, whatever the route.

use std::any::Any;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use async_graphql::Response as SchemaResponse;
use axum::Extension;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::FutureExt;
use tracing::Instrument;

use super::edge::{Edge, EdgeSettings};
use super::metrics::Counted;
use super::prepared::{OperationCode, OperationName, OperationUser};
use super::refusal::{refusal, turned_away};
use super::request::{CorrelationId, REQUEST_ID, caller, cut, presented};
use crate::error::ErrorCode;
use crate::values::caller::Caller;

const LONGEST_LOGGED_PATH: usize = 128;

/// The route that clients use; health checks of proxies come to others.
const GRAPHQL: &str = "/graphql";

/// On every answer that does not say otherwise itself.
const SECURITY_HEADERS: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CONTENT_SECURITY_POLICY, HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
];

/// Two years. Subdomains are not ours to decide about.
const STRICT_TRANSPORT: HeaderValue = HeaderValue::from_static("max-age=63072000");

/// Says who is calling, as extensions of the request, and hands the correlation id back as `x-request-id`.
pub async fn identify(State(edge): State<Edge>, mut request: Request, next: Next) -> Response {
    // Without a connection (a test that calls the router) all callers are one, which no limit is looser for.
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>();
    let peer = peer.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |ConnectInfo(peer)| peer.ip());
    let id = CorrelationId::of(request.headers(), peer, &edge.settings.trusted_proxies);
    let caller = caller(request.headers(), peer, &edge.settings.trusted_proxies, &id);
    if request.uri().path() == GRAPHQL {
        let EdgeSettings { trusted_proxies, proxy_watch, .. } = &*edge.settings;
        proxy_watch.look(trusted_proxies, peer, request.headers(), caller.address);
    }
    let presented = presented(request.headers(), &edge.settings.refresh_cookie);
    let echo = HeaderValue::from_str(&id.0);
    request.extensions_mut().insert(caller);
    request.extensions_mut().insert(presented);
    request.extensions_mut().insert(id);

    let mut response = next.run(request).await;

    if let Ok(echo) = echo {
        response.headers_mut().insert(REQUEST_ID, echo);
    }
    response
}

/// One line and one count per request, with its client, its user and the code of its first error. Bodies, query strings and headers are left out: they hold passwords and tokens.
pub async fn log(
    State(edge): State<Edge>,
    Extension(id): Extension<CorrelationId>,
    Extension(caller): Extension<Caller>,
    request: Request,
    next: Next,
) -> Response {
    let begun = Instant::now();
    let counted = Counted::of(&request);
    let path = cut(request.uri().path(), LONGEST_LOGGED_PATH).to_owned();

    // At the level of errors, so that no filter takes the correlation id from the line of a fault.
    let span = tracing::error_span!("request", correlation_id = id.0);
    let response = next.run(request).instrument(span).await;

    let took = begun.elapsed();
    counted.answered(&edge.metrics, response.status(), took);
    let said = response.extensions();
    let operation = said.get::<OperationName>().map(|OperationName(name)| name.as_str());
    let code = said.get::<OperationCode>().map(|OperationCode(code)| *code);
    let user = said.get::<OperationUser>().map(|OperationUser(user)| tracing::field::display(user));
    tracing::info!(
        method = counted.method(),
        path,
        status = response.status().as_u16(),
        milliseconds = u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
        correlation_id = id.0,
        client = %caller.address,
        user,
        operation,
        code,
        "request"
    );
    response
}

/// Headers that make a browser careful.
pub async fn secure(State(edge): State<Edge>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in SECURITY_HEADERS {
        response.headers_mut().entry(name).or_insert(value);
    }
    if edge.settings.production {
        response.headers_mut().insert(header::STRICT_TRANSPORT_SECURITY, STRICT_TRANSPORT);
    }
    response
}

/// A panic costs the one request it happens in, and tells the client nothing.
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

/// A request that takes too long is dropped where it waits.
pub async fn limit_time(
    State(edge): State<Edge>,
    Extension(id): Extension<CorrelationId>,
    request: Request,
    next: Next,
) -> Response {
    let answered = tokio::time::timeout(edge.settings.time_limit, next.run(request)).await;
    answered.unwrap_or_else(|_| {
        let message = "The request took too long. Please try again in a moment.";
        refusal(StatusCode::SERVICE_UNAVAILABLE, ErrorCode::Unavailable, message, &id)
    })
}

/// Counts what the layer of CORS answers although it is no preflight of a browser.
pub async fn count_options(
    State(edge): State<Edge>,
    Extension(id): Extension<CorrelationId>,
    Extension(caller): Extension<Caller>,
    request: Request,
    next: Next,
) -> Response {
    let is_preflight = request.headers().contains_key(header::ACCESS_CONTROL_REQUEST_METHOD);
    let is_counted = request.method() == Method::OPTIONS && !is_preflight;
    match if is_counted { take_place(&edge, caller).await } else { None } {
        Some(full) => turned_away(full, &id),
        None => next.run(request).await,
    }
}

/// Counts what no route counts itself: pages that do not exist, and methods that are not served.
pub async fn count(
    State(edge): State<Edge>,
    Extension(id): Extension<CorrelationId>,
    Extension(caller): Extension<Caller>,
    request: Request,
    next: Next,
) -> Response {
    match if is_counted(&request) { take_place(&edge, caller).await } else { None } {
        Some(full) => turned_away(full, &id),
        None => next.run(request).await,
    }
}

/// Takes a place of the caller; the refusal where there is none.
async fn take_place(edge: &Edge, caller: Caller) -> Option<SchemaResponse> {
    match (edge.refusal)(&caller) {
        None => (edge.count)(caller).await,
        full => full,
    }
}

/// Those who look after the server must hear from it whatever others do from their address; what they ask for is in memory
/// or kept there for a moment. So is the mailbox of a laptop, which scripts ask again and again.
fn is_counted(request: &Request) -> bool {
    match request.extensions().get::<MatchedPath>().map(MatchedPath::as_str) {
        Some("/graphql") => false,
        None => true,
        Some(_) => !matches!(*request.method(), Method::GET | Method::HEAD),
    }
}

fn panic_text(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("(no text)")
}
