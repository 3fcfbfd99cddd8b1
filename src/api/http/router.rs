//! All routes, and the layers in front of them in the order in which a request meets them.

use std::sync::Arc;
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

use super::graphql::graphql;
use super::mailbox::{self, ProxySeen};
use super::oauth_form_post::{FORM_POST, form_post};
use super::probes::{health, jwks, ready};
use super::refusal::{HttpRefusal, refusal};
use super::request::{CorrelationId, REQUEST_ID};
use super::{layers, metrics, pages, paths};
use crate::api::state::AppState;
use crate::app::App;
use crate::error::{ErrorCode, Result};

/// The smallest answer that is compressed, in bytes: smaller ones gain nothing.
const MIN_COMPRESSED: u16 = 1024;
/// Brotli's own default, 11, costs more time than it saves.
const COMPRESSION: CompressionLevel = CompressionLevel::Precise(4);
const PREFLIGHT_LIFETIME: Duration = Duration::from_hours(2);

/// Everything the server answers, as one service.
///
/// # Errors
/// A fault where our own schema cannot be read.
pub fn service(app: &Arc<App>) -> Result<Router> {
    let state = AppState::new(app)?;
    let has_mailbox = app.config.is_development() && app.mailer.mailbox().is_some();
    let mailbox = if has_mailbox { mailbox::routes(&state) } else { Router::new() };
    let routes = routes(&state).merge(metrics::routes(&state)).merge(mailbox).merge(pages::routes(&state));
    let service = paths::below_path(app.config.public_path(), apply_layers(&state, routes));
    if has_mailbox {
        return Ok(service.layer(from_fn_with_state(ProxySeen::default(), mailbox::look_for_proxy)));
    }
    Ok(service)
}

/// The routes that every server has.
fn routes(state: &Arc<AppState>) -> Router {
    Router::new()
        .route("/graphql", any(graphql))
        .route(FORM_POST, any(form_post))
        .route("/health", get(health))
        .route("/ready", get(ready))
        .route("/.well-known/jwks.json", get(jwks))
        .with_state(Arc::clone(state))
}

/// Puts the layers in front of routes. A request meets them from the first to the last.
pub fn apply_layers(state: &Arc<AppState>, routes: Router) -> Router {
    // Event streams are not compressed: a compressor holds events back until it has enough of them.
    let compressed = SizeAbove::new(MIN_COMPRESSED.into()).and(NotForContentType::SSE);
    let layers = ServiceBuilder::new()
        .layer(from_fn_with_state(Arc::clone(state), layers::end_connections))
        .layer(from_fn_with_state(Arc::clone(state), layers::identify))
        .layer(from_fn_with_state(Arc::clone(state), layers::log))
        .layer(from_fn_with_state(Arc::clone(state), layers::add_security_headers))
        .layer(from_fn_with_state(Arc::clone(state), layers::count_options))
        .layer(cors(state))
        .layer(CompressionLayer::new().quality(COMPRESSION).compress_when(compressed))
        // Behind the layers that add headers: a browser may read the answer to a panic only with those of CORS.
        .layer(from_fn(layers::catch_panic))
        .layer(from_fn_with_state(Arc::clone(state), layers::limit_time))
        .layer(DefaultBodyLimit::max(state.app.config.http.max_body_bytes))
        .layer(from_fn_with_state(Arc::clone(state), layers::count_others));
    routes.fallback(not_found).method_not_allowed_fallback(method_not_allowed).layer(layers)
}

/// Headers that browsers or libraries in them add to requests: for traces (W3C Trace Context and Baggage, Sentry), and
/// with the names of clients and operations (Apollo, Hive). Without each of them here, a preflight would stop the call.
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

/// Allows exact origins, with credentials: the refresh cookie crosses origins only for frontends that the settings
/// name.
fn cors(state: &AppState) -> CorsLayer {
    let origins = state.origins.clone();
    let common = COMMON_HEADERS.map(HeaderName::from_static);
    let configured = state.app.config.http.cors_headers.iter().filter_map(|name| name.parse().ok());
    let headers = [header::AUTHORIZATION, header::CONTENT_TYPE].into_iter().chain(common).chain(configured);
    let limits = ["ratelimit", "ratelimit-policy", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];
    let exposed = limits.map(HeaderName::from_static).into_iter();
    let exposed = exposed.chain([HeaderName::from_static(REQUEST_ID), header::RETRY_AFTER]);
    CorsLayer::new()
        .allow_origin(AllowOrigin::predicate(move |origin, _| origins.contains(origin)))
        .allow_credentials(true)
        .allow_methods([Method::GET, Method::POST])
        .allow_headers(headers.collect::<Vec<_>>())
        .expose_headers(exposed.collect::<Vec<_>>())
        .max_age(PREFLIGHT_LIFETIME)
}

async fn not_found(Extension(id): Extension<CorrelationId>) -> Response {
    refusal(StatusCode::NOT_FOUND, ErrorCode::NotFound, "There is no such page.", &id)
}

async fn method_not_allowed(Extension(id): Extension<CorrelationId>) -> Response {
    let refused = HttpRefusal::new(StatusCode::METHOD_NOT_ALLOWED, "This page does not support this method.");
    refusal(refused.status, refused.code, refused.message, &id)
}
