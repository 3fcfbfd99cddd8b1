//! The pages for people: the playground, the console, the demo and the pages that emails link to. Their files are built from
//! the folder `playground` of the repository and are part of the binary.

pub mod documents;
mod files;
mod policy;
mod web_page;

use std::sync::Arc;

use axum::Router;
use axum::extract::{Extension, Path, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use minijinja::{Environment, UndefinedBehavior, context};

use self::files::PageFiles;
use self::web_page::WebPage;
use super::refusal::refusal;
use super::request::CorrelationId;
use crate::api::state::AppState;
use crate::config::Config;
use crate::error::{ErrorCode, OrFault, Result};
use crate::values::caller::Caller;

/// Whether a route is that of a page or one of its files.
#[must_use]
pub fn is_page_route(route: &str) -> bool {
    WebPage::ALL
        .iter()
        .any(|page| route.strip_prefix(page.path()).is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
}

/// The routes of the pages that the settings enable.
pub fn routes(state: &Arc<AppState>) -> Router {
    let enabled = WebPage::ALL.into_iter().filter(|page| page.is_enabled(&state.app.config));
    enabled.fold(Router::new(), |routes, page| routes.merge(page_routes(state, page)))
}

fn page_routes(state: &Arc<AppState>, page: WebPage) -> Router {
    let (show, networks) = (Arc::clone(state), Arc::clone(state));
    let show = get(move |id: Extension<CorrelationId>| async move { answer_page(&show.app.config, page, &id) });
    let path = page.path();
    // The page finds out itself what the rest of the path means.
    let below = if page == WebPage::Playground { "oauth/callback" } else { "{*place}" };
    Router::new()
        .route(path, show.clone())
        .route(&format!("{path}/{below}"), show)
        .route(&format!("{path}/assets/{{*file}}"), get(asset))
        .route(&format!("{path}/licenses.md"), get(licenses))
        .route_layer(from_fn(move |caller, id, request, next| {
            allow_networks(Arc::clone(&networks), page, caller, id, request, next)
        }))
}

/// Answers 404 to clients outside of the networks of a page.
async fn allow_networks(
    state: Arc<AppState>,
    page: WebPage,
    Extension(caller): Extension<Caller>,
    Extension(id): Extension<CorrelationId>,
    request: Request,
    next: Next,
) -> Response {
    let networks = page.networks(&state.app.config);
    if networks.is_empty() || networks.iter().any(|network| network.contains(&caller.address)) {
        return next.run(request).await;
    }
    not_found(&id)
}

fn answer_page(config: &Config, page: WebPage, id: &CorrelationId) -> Response {
    match render(config, page) {
        Ok((policy, text)) => {
            let headers = [
                (header::CONTENT_SECURITY_POLICY, policy.as_str()),
                (header::CONTENT_TYPE, "text/html; charset=utf-8"),
            ];
            (headers, text).into_response()
        }
        Err(error) => {
            tracing::error!(?error, correlation_id = id.0, page = page.path(), "a page failed");
            refusal(StatusCode::INTERNAL_SERVER_ERROR, ErrorCode::Internal, "Something went wrong on our side.", id)
        }
    }
}

/// The policy of one answer, and the page with its nonce.
fn render(config: &Config, page: WebPage) -> Result<(String, String)> {
    let mut random = [0; 16];
    aws_lc_rs::rand::fill(&mut random).or_fault("drawing a nonce")?;
    let nonce = BASE64_URL_SAFE_NO_PAD.encode(random);
    let template = PageFiles::get(page.template()).or_fault("finding a page")?;
    let template = std::str::from_utf8(&template.data).or_fault("reading a page")?;
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let values = context! {
        base => config.public_path(),
        nonce => &nonce,
        mode => if config.is_development() { "development" } else { "production" },
        max_cost => config.graphql.max_complexity,
        product => &config.server.product_name,
        version => env!("CARGO_PKG_VERSION"),
    };
    let text = environment.render_named_str(page.template(), template, values).or_fault("rendering a page")?;
    let policy = if page == WebPage::Playground { policy::of_playground(&nonce) } else { policy::PLAIN.to_owned() };
    Ok((policy, text))
}

async fn asset(Extension(id): Extension<CorrelationId>, Path(file): Path<String>, headers: HeaderMap) -> Response {
    files::answer(&format!("assets/{file}"), &headers).unwrap_or_else(|| not_found(&id))
}

async fn licenses(Extension(id): Extension<CorrelationId>, headers: HeaderMap) -> Response {
    files::answer("licenses.md", &headers).unwrap_or_else(|| not_found(&id))
}

fn not_found(id: &CorrelationId) -> Response {
    refusal(StatusCode::NOT_FOUND, ErrorCode::NotFound, "There is no such page.", id)
}
