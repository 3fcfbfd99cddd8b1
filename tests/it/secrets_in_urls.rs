//! Operations that came in a URL are marked, so that the schema refuses them where they take a secret. No query of today
//! takes one: that they are refused is tested in `api/graphql/pipeline/operation_limits.rs`.

use std::any::TypeId;

use authgraph::api::graphql::pipeline::operation_limits::SentInUrl;
use authgraph::api::http::prepared_operation::PreparedOperation;
use authgraph::api::http::request_reader::{AcceptedTypes, RefusedRequest, read_operation};
use authgraph::api::state::AppState;
use axum::body::Body;
use axum::http::Request;
use serde_json::json;

use crate::support::TestApp;

const RULES: &str = "{ authConfig { registrationOpen } }";

/// Reads a request as the server does.
async fn read(app: &TestApp, request: Request<Body>) -> Result<PreparedOperation, RefusedRequest> {
    let state = AppState::new(&app.app).unwrap();
    let (head, body) = request.into_parts();
    read_operation(&state, &head, body, &AcceptedTypes::from_headers(&head.headers)).await
}

async fn is_marked(app: &TestApp, request: Request<Body>) -> bool {
    let Ok(operation) = read(app, request).await else { panic!("refused") };
    operation.into_request().0.data.contains_key(&TypeId::of::<SentInUrl>())
}

fn get(name: &str, value: &str) -> Request<Body> {
    let mut url = url::Url::parse("http://localhost/graphql").unwrap();
    url.query_pairs_mut().append_pair(name, value);
    Request::get(url.as_str()).body(Body::empty()).unwrap()
}

fn post(body: &serde_json::Value) -> Request<Body> {
    let request = Request::post("http://localhost/graphql").header("content-type", "application/json");
    request.body(Body::from(body.to_string())).unwrap()
}

#[tokio::test]
async fn whatever_comes_by_get_is_marked_and_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("persisted-documents.json");
    std::fs::write(&manifest, json!({ "relay-1": RULES }).to_string()).unwrap();
    let app = TestApp::with(&[("TRUSTED_DOCUMENTS", manifest.to_str().unwrap())]).await;

    assert!(is_marked(&app, get("query", RULES)).await);
    assert!(is_marked(&app, get("documentId", "relay-1")).await, "a persisted document");
    assert!(!is_marked(&app, post(&json!({ "query": RULES }))).await);
    assert!(!is_marked(&app, post(&json!({ "documentId": "relay-1" }))).await);
}

#[tokio::test]
async fn a_mutation_does_not_run_by_get_at_all() {
    let app = TestApp::start().await;

    let refused = read(&app, get("query", "mutation { logout { sessionId } }")).await;

    assert!(matches!(refused, Err(RefusedRequest::Http(_))));
}
