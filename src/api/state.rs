//! The state behind every route and layer: the app, the schema in front of it, and what HTTP itself keeps.

use std::sync::Arc;

use axum::http::HeaderValue;

use super::graphql::pipeline::document_limits::DocumentLimits;
use super::graphql::pipeline::persisted_documents::PersistedDocuments;
use super::graphql::schema::context::refresh_cookie;
use super::graphql::schema::{self, ApiSchema};
use super::http::connection_counts::ConnectionCounts;
use super::http::pages::documents;
use super::http::proxy_watch::ProxyWatch;
use super::http::readiness::RecentReadiness;
use crate::app::App;
use crate::error::Result;

/// The state behind every route. Routes and layers share one `Arc` of it.
pub struct AppState {
    /// The tools and the configuration.
    pub app: Arc<App>,
    /// Runs operations. It holds the app, too.
    pub schema: ApiSchema,
    /// Finds, validates and remembers documents.
    pub documents: PersistedDocuments,
    /// What one document may hold.
    pub document_limits: DocumentLimits,
    /// The name of the cookie that holds the refresh token.
    pub refresh_cookie: &'static str,
    /// The origins of `CORS_ORIGINS`, exactly as browsers write them: `https://app.example.com`,
    /// `capacitor://localhost`.
    pub origins: Vec<HeaderValue>,
    /// The origin of `PUBLIC_URL`, for pages that this server itself serves.
    pub own_origin: String,
    /// Sockets and event streams that are open, by address and by user, and the operations of sockets.
    pub open_streams: ConnectionCounts,
    /// Warns of a proxy that the settings do not know of.
    pub proxy_watch: ProxyWatch,
    /// The last answer of `/ready`.
    pub readiness: RecentReadiness,
}

impl AppState {
    /// Builds the schema in front of an app.
    ///
    /// # Errors
    /// A fault where our own schema or the documents of the pages cannot be read.
    pub fn new(app: &Arc<App>) -> Result<Arc<Self>> {
        let config = &app.config;
        // The pages of this server have to work also where no other document runs.
        let of_pages = app.trusted_documents.as_ref().map(|_| documents::of_enabled_pages(config)).transpose()?;
        Ok(Arc::new(Self {
            schema: schema::build(Arc::clone(app)),
            documents: PersistedDocuments::new(app, schema::types()?, of_pages.unwrap_or_default()),
            document_limits: DocumentLimits::default(),
            refresh_cookie: refresh_cookie(config).name,
            origins: config.http.cors_origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect(),
            own_origin: config.server.public_url.origin().ascii_serialization(),
            open_streams: ConnectionCounts::default(),
            proxy_watch: ProxyWatch::default(),
            readiness: RecentReadiness::default(),
            app: Arc::clone(app),
        }))
    }
}
