//! The app behind the edge: how the edge behaves, and whom it asks.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::Request;
use axum::Router;
use axum::http::HeaderValue;
use axum::middleware::from_fn_with_state;
use futures_util::FutureExt;
use tokio::sync::Mutex;

use super::graphql::pipeline::document_limits::DocumentLimits;
use super::graphql::pipeline::persisted_documents::PersistedDocuments;
use super::graphql::pipeline::request_limit;
use super::graphql::schema::context::refresh_cookie;
use super::graphql::schema::loaders::LoadersCell;
use super::graphql::schema::{self, ApiSchema};
use super::graphql::viewer_cell::ViewerCell;
use super::http::edge::{
    Admitted, ChannelState, DatabaseState, Edge, EdgeSettings, KvState, Live, LiveSettings, Readiness, Service,
};
use super::http::mailbox::{self, IsPassedOn};
use super::http::metrics;
use super::http::open_streams::OpenStreams;
use super::http::paths;
use super::http::router::router;
use crate::app::App;
use crate::app::viewer::authenticate;
use crate::error::Result;
use crate::flows::watch_session;
use crate::tools::redis::Redis;
use crate::values::time::Time;

/// How long an answer of `/ready` holds.
const READINESS_LIFETIME: Duration = Duration::from_secs(1);

/// Everything the server answers, as one service.
///
/// # Errors
/// When our own schema cannot be read.
pub fn service(app: &Arc<App>) -> Result<Router> {
    let has_mailbox = app.config.is_development() && app.mailer.mailbox().is_some();
    let mailbox = if has_mailbox { mailbox::routes(app) } else { Router::new() };
    let all = paths::below(app.config.public_path(), router(edge(app)?, mailbox.merge(metrics::routes(app))));
    if has_mailbox {
        return Ok(all.layer(from_fn_with_state(IsPassedOn::default(), mailbox::look_for_proxy)));
    }
    Ok(all)
}

fn edge(app: &Arc<App>) -> Result<Edge> {
    let schema = schema::build(Arc::clone(app));
    let [ready, keys, doorman, bookkeeper, witness] = [(); 5].map(|()| Arc::clone(app));
    let live = live(app, schema.clone());
    let last = Arc::new(Mutex::new(None));
    Ok(Edge {
        settings: Arc::new(settings(app)?),
        execute: Arc::new(move |request: Request| {
            let schema = schema.clone();
            async move { schema.execute(request.data(LoadersCell::default())).await }.boxed()
        }),
        refusal: Arc::new(move |caller| request_limit::refusal(&doorman, caller)),
        count: Arc::new(move |caller| {
            let app = Arc::clone(&bookkeeper);
            async move { request_limit::count(&app, &caller).await }.boxed()
        }),
        abandoned: Arc::new(move |caller| {
            let app = Arc::clone(&witness);
            witness.background.spawn("counting", async move { drop(request_limit::count(&app, &caller).await) });
        }),
        readiness: Arc::new(move || {
            let (app, last) = (Arc::clone(&ready), Arc::clone(&last));
            async move { recent_readiness(&app, &last).await }.boxed()
        }),
        jwks: Arc::new(move || serde_json::to_string(&keys.access_tokens.jwks()).unwrap_or_default()),
        metrics: app.metrics.clone(),
        live,
    })
}

fn live(app: &Arc<App>, schema: ApiSchema) -> Live {
    let doorman = Arc::clone(app);
    Live {
        subscribe: Arc::new(move |request| {
            schema.execute_stream(request.data(ViewerCell::default()).data(LoadersCell::default()))
        }),
        admit: Arc::new(move |bearer| {
            let app = Arc::clone(&doorman);
            async move {
                let viewer = authenticate(&app, &bearer).await?;
                let user = viewer.user().id;
                let over = async move { watch_session::over(&app, &viewer).await }.boxed();
                Ok(Admitted { user, over })
            }
            .boxed()
        }),
        open: OpenStreams::default(),
    }
}

fn settings(app: &Arc<App>) -> Result<EdgeSettings> {
    let config = &app.config;
    Ok(EdgeSettings {
        production: !config.is_development(),
        reveals_schema: config.graphql.introspection,
        trusted_proxies: config.http.trusted_proxies.clone(),
        refresh_cookie: refresh_cookie(config).name.to_owned(),
        origins: config.http.cors_origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect(),
        cors_headers: config.http.cors_headers.iter().filter_map(|name| name.parse().ok()).collect(),
        body_limit: config.http.max_body_bytes,
        time_limit: config.http.request_timeout,
        document_limits: DocumentLimits::default(),
        live: LiveSettings {
            connections_per_user: config.subscriptions.connections_per_user,
            connections_per_address: config.subscriptions.connections_per_address,
            operations: config.subscriptions.operations_per_socket,
            operations_per_user: config.subscriptions.operations_per_user,
            messages_per_second: config.subscriptions.messages_per_second,
            ping_interval: config.subscriptions.ping_interval,
            own_origin: config.server.public_url.origin().ascii_serialization(),
            ..LiveSettings::default()
        },
        documents: PersistedDocuments::new(app, schema::types()?),
        proxy_watch: Arc::default(),
    })
}

/// Readiness, read at most once in `READINESS_LIFETIME`: anybody may ask, and each time costs the database a connection.
async fn recent_readiness(app: &App, last: &Mutex<Option<(Time, Readiness)>>) -> Service {
    if app.stopping.is_cancelled() {
        return Service::Stopping;
    }
    // Those who ask meanwhile wait here, and share the answer.
    let mut last = last.lock().await;
    if let Some((read_at, readiness)) = *last
        && (app.clock.now() - read_at).to_std().is_ok_and(|age| age < READINESS_LIFETIME)
    {
        return Service::Serving(readiness);
    }
    let readiness = readiness(app).await;
    // Its age begins now: a database that is away is slow to say so, and those who waited would all ask again.
    *last = Some((app.clock.now(), readiness));
    Service::Serving(readiness)
}

async fn readiness(app: &App) -> Readiness {
    let (database, kv) = tokio::join!(app.db.ping(), redis_state(app.redis.as_ref()));
    Readiness {
        database: if database.is_ok() { DatabaseState::Up } else { DatabaseState::Down },
        kv,
        channel: app.feed.is_channel_refused().then_some(ChannelState::Refused),
    }
}

async fn redis_state(redis: Option<&Redis>) -> KvState {
    match redis {
        None => KvState::InProcess,
        Some(redis) if redis.is_up().await => KvState::Up,
        Some(_) => KvState::Fallback,
    }
}
