//! Requests to other servers, and their answers.

use std::fmt;

use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap, HeaderValue};
use serde::de::DeserializeOwned;
use tracing::{Span, field};

use super::{HttpError, OutboundUrl};
use crate::error::{OrFault, Result};
use crate::tools::spans;
use crate::values::secret::Secret;

/// A request to another server.
pub struct OutboundRequest {
    pub(super) url: OutboundUrl,
    method: Method,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl OutboundRequest {
    /// A GET that asks for JSON.
    #[must_use]
    pub fn get(url: OutboundUrl) -> Self {
        let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
        Self { url, method: Method::GET, headers, body: Vec::new() }
    }

    /// A POST with this body. Its headers say what it is.
    #[must_use]
    pub fn post(url: OutboundUrl, headers: HeaderMap, body: Vec<u8>) -> Self {
        Self { url, method: Method::POST, headers, body }
    }

    /// With a bearer token (RFC 6750, section 2.1).
    ///
    /// # Errors
    /// A fault where the token has characters that a header cannot have.
    pub fn with_bearer(mut self, token: &Secret) -> Result<Self> {
        let text = format!("Bearer {}", token.expose());
        let mut value = HeaderValue::from_str(&text).or_fault("writing a bearer token into a header")?;
        value.set_sensitive(true);
        self.headers.insert(AUTHORIZATION, value);
        Ok(self)
    }

    /// The span of the request. It names the server, and neither path nor query.
    pub(super) fn span(&self, host: &str) -> Span {
        tracing::info_span!(
            target: spans::STEP,
            "http",
            otel.kind = "client",
            otel.name = self.method.as_str(),
            otel.status_code = field::Empty,
            http.request.method = self.method.as_str(),
            http.response.status_code = field::Empty,
            server.address = host,
            "error.type" = field::Empty,
        )
    }

    pub(super) fn into_request(self) -> reqwest::Request {
        let mut request = reqwest::Request::new(self.method, self.url.url().clone());
        *request.headers_mut() = self.headers;
        if !self.body.is_empty() {
            *request.body_mut() = Some(self.body.into());
        }
        request
    }
}

/// What another server answered. `Debug` does not show the body.
pub struct HttpAnswer {
    /// From 200 to 299, or from 400 to 499.
    pub status: u16,
    /// The whole body.
    pub body: Vec<u8>,
}

impl HttpAnswer {
    /// The body as JSON.
    ///
    /// # Errors
    /// [`HttpError::NotUnderstood`] for another status than 200, and for a body that is not of this form.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, HttpError> {
        if self.status != 200 {
            return Err(HttpError::NotUnderstood);
        }
        serde_json::from_slice(&self.body).map_err(|_| HttpError::NotUnderstood)
    }
}

impl fmt::Debug for HttpAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpAnswer").field("status", &self.status).finish_non_exhaustive()
    }
}
