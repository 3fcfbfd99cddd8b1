//! The way of a request through the edge: every layer in the order it is met, then the routes.

use std::time::Duration;

use axum::extract::DefaultBodyLimit;
use axum::http::{HeaderName, Method, StatusCode, header};
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::{any, get};
use axum::{Extension, Router};
use tower::ServiceBuilder;
use tower_http::CompressionLevel;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{NotForContentType, Predicate, SizeAbove};
use tower_http::cors::{AllowOrigin, CorsLayer};

use super::edge::{Edge, EdgeSettings};
use super::graphql::graphql;
use super::layers;
use super::probes::{health, jwks, ready};
use super::refusal::{HttpRefusal, refusal};
use super::request::{CorrelationId, REQUEST_ID};
use crate::error::ErrorCode;

/// Smaller answers gain nothing from compression.
const SMALLEST_COMPRESSED: u64 = 1024;
/// Brotli's own default, 11, costs more time than it saves.
const COMPRESSION: CompressionLevel = CompressionLevel::Precise(4);
const PREFLIGHT_LIFETIME: Duration = Duration::from_hours(2);

/// The whole service. `more` are further routes, without a fallback of their own, behind the same layers.
pub fn router(edge: Edge, more: Router) -> Router {
    // A compressor holds events back until it has enough of them.
    let compressed = SizeAbove::new(SMALLEST_COMPRESSED).and(NotForContentType::SSE);
    let layers = ServiceBuilder::new()
        .layer(from_fn_with_state(edge.clone(), layers::identify))
        .layer(from_fn_with_state(edge.clone(), layers::log))
        .layer(from_fn_with_state(edge.clone(), layers::secure))
        .layer(from_fn_with_state(edge.clone(), layers::count_options))
        .layer(cors(&edge.settings))
        .layer(CompressionLayer::new().quality(COMPRESSION).compress_when(compressed))
        // Inside of the layers that add headers: a browser may read the answer to a panic only with those of CORS.
        .layer(from_fn(layers::catch_panic))
        .layer(from_fn_with_state(edge.clone(), layers::limit_time))
        .layer(DefaultBodyLimit::max(edge.settings.body_limit))
        .layer(from_fn_with_state(edge.clone(), layers::count));

    Router::new()
        .route("/graphql", any(graphql))
        .route("/health", get(health))
        .route("/ready", get(ready))
        .route("/.well-known/jwks.json", get(jwks))
        .with_state(edge)
        .merge(more)
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(layers)
}

/// What browsers add to requests of their own accord, or libraries in them do: traces (W3C Trace Context and Baggage, Sentry)
/// and names of clients and operations (Apollo, Hive). A preflight that lacks one of them stops the call.
const COMMON_HEADERS: [&str; 13] = [
    "apollo-require-preflight",
    "apollographql-client-name",
    "apollographql-client-version",
    "baggage",
    "graphql-client-name",
    "graphql-client-version",
    "sentry-trace",
    "traceparent",
    "tracestate",
    "x-apollo-operation-id",
    "x-apollo-operation-name",
    REQUEST_ID,
    "x-requested-with",
];

/// Exact origins, with credentials: the refresh cookie crosses origins only for frontends that the settings name.
fn cors(settings: &EdgeSettings) -> CorsLayer {
    let origins = settings.origins.clone();
    let common = COMMON_HEADERS.map(HeaderName::from_static);
    let headers = [header::AUTHORIZATION, header::CONTENT_TYPE].into_iter().chain(common);
    let headers: Vec<_> = headers.chain(settings.cors_headers.iter().cloned()).collect();
    let limits = ["ratelimit", "ratelimit-policy", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];
    let expose = limits.map(HeaderName::from_static);
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, _| origins.contains(origin)))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(headers)
        .expose_headers(
            expose.into_iter().chain([HeaderName::from_static(REQUEST_ID), header::RETRY_AFTER]).collect::<Vec<_>>(),
        )
        .max_age(PREFLIGHT_LIFETIME)
}

async fn not_found(Extension(id): Extension<CorrelationId>) -> Response {
    refusal(StatusCode::NOT_FOUND, ErrorCode::NotFound, "There is no such page.", &id)
}

async fn method_not_allowed(Extension(id): Extension<CorrelationId>) -> Response {
    let refused = HttpRefusal::new(StatusCode::METHOD_NOT_ALLOWED, "This page is not served by this method.");
    refusal(refused.status, refused.code, refused.message, &id)
}
