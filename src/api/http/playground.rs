//! `/playground`: an editor with an account and a collection of operations. Its files are built from the folder
//! `playground` of the repository and are part of the binary.

use std::fmt::Write;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use minijinja::{Environment, UndefinedBehavior, context};
use rust_embed::{Embed, EmbeddedFile};

use super::refusal::refusal;
use super::request::CorrelationId;
use crate::api::state::AppState;
use crate::config::Config;
use crate::error::{ErrorCode, OrFault, Result};
use crate::values::caller::Caller;

/// The page itself, a template. It is served at `/playground` alone.
const PAGE: &str = "index.html";

/// The folder whose files have a hash of their content in their names.
const HASHED: &str = "assets/";

/// For scripts that run as workers, which have a policy of their own.
const FILE_POLICY: &str = "default-src 'none'; script-src 'self'; frame-ancestors 'none'";

/// What `vite build` made of the folder `playground`.
#[derive(Embed)]
#[folder = "playground/dist"]
struct PlaygroundFiles;

/// The routes of a server with a playground.
pub fn routes(state: &Arc<AppState>) -> Router {
    Router::new()
        .route("/playground", get(page))
        .route("/playground/{*file}", get(file))
        .route_layer(from_fn_with_state(Arc::clone(state), allow_networks))
        .with_state(Arc::clone(state))
}

/// Answers 404 to clients outside of `PLAYGROUND_NETWORKS`.
async fn allow_networks(
    State(state): State<Arc<AppState>>,
    Extension(caller): Extension<Caller>,
    Extension(id): Extension<CorrelationId>,
    request: Request,
    next: Next,
) -> Response {
    let networks = &state.app.config.playground.networks;
    if networks.is_empty() || networks.iter().any(|network| network.contains(&caller.address)) {
        return next.run(request).await;
    }
    not_found(&id)
}

async fn page(State(state): State<Arc<AppState>>, Extension(id): Extension<CorrelationId>) -> Response {
    match render(&state.app.config) {
        Ok((policy, page)) => {
            let headers =
                [(header::CONTENT_SECURITY_POLICY, policy.as_str()), (header::CONTENT_TYPE, content_type(PAGE))];
            (headers, page).into_response()
        }
        Err(error) => {
            tracing::error!(?error, correlation_id = id.0, "the playground failed");
            refusal(StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::Internal, "Something went wrong on our side.", &id)
        }
    }
}

/// The policy of one answer, and the page with its nonce.
fn render(config: &Config) -> Result<(String, String)> {
    let mut random = [0; 16];
    aws_lc_rs::rand::fill(&mut random).or_fault("drawing a nonce")?;
    let nonce = BASE64_URL_SAFE_NO_PAD.encode(random);
    let template = PlaygroundFiles::get(PAGE).or_fault("finding the page of the playground")?;
    let template = std::str::from_utf8(&template.data).or_fault("reading the page of the playground")?;
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let mode = if config.is_development() { "development" } else { "production" };
    let max_cost = config.graphql.max_complexity;
    let page = environment
        .render_named_str(PAGE, template, context! { base => config.public_path(), nonce => &nonce, mode, max_cost })
        .or_fault("rendering the page of the playground")?;
    Ok((page_policy(&nonce), page))
}

/// Nothing foreign, no `eval`, no `blob:` and no `data:`. The editor (Monaco) writes attributes and elements of style: the
/// attributes cannot be closed to it, its elements carry the nonce.
fn page_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; style-src-elem 'self' 'nonce-{nonce}'; \
         style-src-attr 'unsafe-inline'; img-src 'self'; font-src 'self'; connect-src 'self'; worker-src 'self'; \
         manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
}

async fn file(Extension(id): Extension<CorrelationId>, Path(path): Path<String>, headers: HeaderMap) -> Response {
    let Some(file) = PlaygroundFiles::get(&path).filter(|_| path != PAGE) else { return not_found(&id) };
    let etag = etag(&file);
    let caching = if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let caching = [(header::ETAG, etag.as_str()), (header::CACHE_CONTROL, caching)];
    if is_known(&headers, &etag) {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    let about = [(header::CONTENT_TYPE, content_type(&path)), (header::CONTENT_SECURITY_POLICY, FILE_POLICY)];
    (caching, about, file.data).into_response()
}

/// A strong validator (RFC 9110, section 8.8.3): the beginning of the file's SHA-256.
fn etag(file: &EmbeddedFile) -> String {
    let mut etag = String::from("\"");
    for byte in file.metadata.sha256_hash().iter().take(16) {
        // Writing to a text cannot fail.
        _ = write!(etag, "{byte:02x}");
    }
    etag + "\""
}

/// Whether the client has this version already (RFC 9110, section 13.1.2: the comparison is weak).
fn is_known(headers: &HeaderMap, etag: &str) -> bool {
    let lines = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|line| line.to_str().ok());
    let mut tags = lines.flat_map(|line| line.split(',')).map(str::trim);
    tags.any(|tag| tag == "*" || tag.strip_prefix("W/").unwrap_or(tag) == etag)
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("md") => "text/markdown; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("ttf") => "font/ttf",
        Some("woff2") => "font/woff2",
        _ => "application/octet-stream",
    }
}

fn not_found(id: &CorrelationId) -> Response {
    refusal(StatusCode::NOT_FOUND, ErrorCode::NotFound, "There is no such page.", id)
}
