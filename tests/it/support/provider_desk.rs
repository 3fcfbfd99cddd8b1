//! What the provider of the tests knows and publishes, and how it can be in trouble.

use std::convert::Infallible;

use authgraph::tools::clock::{Clock, ManualClock};
use authgraph::values::time::Time;
use axum::body::{Body, Bytes};
use axum::response::Response;
use serde_json::{Value, json};

use super::app::START;
use super::issuer::{IssuerKey, METADATA};
use super::provider_rules::{Issued, Refused, exchange, user_info};
use super::provider_tokens::Lies;
use super::web_server::{Asked, answer, json as json_answer, redirect};

/// How a provider can be in trouble.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trouble {
    /// Answers with this status.
    Status(u16),
    /// Begins an answer and does not end it.
    Hangs,
    Html,
    Redirects,
    /// Answers 50 MB.
    Endless,
}

/// What the provider knows, and how it behaves.
pub(super) struct Desk {
    pub name: String,
    pub clock: Clock,
    pub keys: Vec<IssuerKey>,
    pub lies: Lies,
    /// Whether the address is told by the user info alone.
    pub email_in_user_info: bool,
    /// What `iss` is sent with a code; `None` leaves it out.
    pub iss: Option<String>,
    pub issued: Issued,
    pub metadata: Value,
    pub trouble: Option<(&'static str, Trouble)>,
    pub complaints: Vec<String>,
}

impl Desk {
    pub fn new(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            clock: Clock::Manual(ManualClock::standing_at(START)),
            keys: vec![IssuerKey::new("key-1")],
            lies: Lies::default(),
            email_in_user_info: false,
            iss: None,
            issued: Issued::default(),
            metadata: Value::Null,
            trouble: None,
            complaints: Vec::new(),
        }
    }

    pub fn now(&self) -> Time {
        self.clock.now()
    }

    pub fn client_id(&self) -> String {
        format!("client:{}", self.name)
    }

    /// With letters that must be encoded.
    pub fn client_secret(&self) -> String {
        format!("p%ss+w:rd /&={}", self.name)
    }

    pub fn issuer(&self) -> &str {
        self.metadata["issuer"].as_str().unwrap()
    }
}

pub(super) fn metadata(issuer: &str) -> Value {
    json!({
        "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"), "userinfo_endpoint": format!("{issuer}/userinfo"),
        "jwks_uri": format!("{issuer}/keys"), "response_types_supported": ["code"], "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        "authorization_response_iss_parameter_supported": true,
    })
}

pub(super) fn respond(desk: &mut Desk, asked: &Asked) -> Response {
    if let Some((path, trouble)) = desk.trouble
        && path == asked.path
    {
        return in_trouble(trouble);
    }
    let outcome = match asked.path.as_str() {
        METADATA => Ok(desk.metadata.clone()),
        "/keys" => Ok(json!({ "keys": desk.keys.iter().map(|key| key.jwk.clone()).collect::<Vec<_>>() })),
        "/token" => exchange(desk, asked),
        "/userinfo" => user_info(desk, asked),
        path => Err(Refused { status: 404, error: "not_found", why: format!("there is no {path}") }),
    };
    match outcome {
        Ok(body) => json_answer(200, &body),
        Err(refused) => {
            desk.complaints.push(refused.why);
            // What the provider says beside its code is nobody's business.
            let body = json!({ "error": refused.error, "error_description": "a-description-of-the-provider" });
            json_answer(refused.status, &body)
        }
    }
}

fn in_trouble(trouble: Trouble) -> Response {
    match trouble {
        Trouble::Status(status) => answer(status, "in trouble"),
        Trouble::Hangs => answer(200, Body::from_stream(futures_util::stream::pending::<Result<Bytes, Infallible>>())),
        Trouble::Html => answer(200, "<html>Sign in</html>"),
        Trouble::Redirects => redirect("https://elsewhere.example"),
        Trouble::Endless => answer(200, vec![b' '; 50 * 1024 * 1024]),
    }
}

/// Sets these fields; null takes a field away.
pub(super) fn merge(object: &mut Value, changes: &Value) {
    let Some(changes) = changes.as_object() else { return };
    for (name, value) in changes {
        object[name] = value.clone();
    }
    object.as_object_mut().unwrap().retain(|_, value| !value.is_null());
}
