//! What browsers and machines find at the edge: headers, origins, compression, probes.

use reqwest::Method;
use serde_json::json;

use crate::support::socket::{PROTOCOL, Socket};
use crate::support::{Answer, TestApp};

const FRONTEND: &str = "https://app.example.com";

async fn send(app: &TestApp, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let mut request = reqwest::Client::new().request(method, app.url(path));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    Answer::read(request.send().await.unwrap()).await
}

#[tokio::test]
async fn every_answer_makes_a_browser_careful() {
    let app = TestApp::start().await;
    for path in ["/graphql", "/health", "/ready", "/nowhere"] {
        let answer = app.get(path).await;
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(answer.header("x-frame-options"), "DENY");
        assert_eq!(answer.header("referrer-policy"), "no-referrer");
        assert_eq!(answer.header("cache-control"), "no-store");
        assert!(answer.header("content-security-policy").starts_with("default-src 'none'"));
    }
}

#[tokio::test]
async fn only_the_named_origins_may_read_answers() {
    let app = TestApp::with(&[("CORS_ORIGINS", FRONTEND)]).await;
    for (origin, allowed) in [(FRONTEND, FRONTEND), ("https://app.example.com.evil", ""), ("null", ""), ("*", "")] {
        let asked = [
            ("origin", origin),
            ("access-control-request-method", "POST"),
            ("access-control-request-headers", "content-type"),
        ];
        let preflight = send(&app, Method::OPTIONS, "/graphql", &asked).await;
        let answer = app.ask("{ __typename }").header("origin", origin).await;

        assert_eq!(preflight.header("access-control-allow-origin"), allowed, "{origin}");
        assert_eq!(answer.header("access-control-allow-origin"), allowed, "{origin}");
        assert!(answer.header("vary").contains("origin"));
    }
}

#[tokio::test]
async fn a_frontend_may_send_the_cookie_and_read_the_request_id() {
    let app = TestApp::with(&[("CORS_ORIGINS", FRONTEND)]).await;

    let answer = app.ask("{ __typename }").header("origin", FRONTEND).await;

    assert_eq!(answer.header("access-control-allow-credentials"), "true");
    assert!(answer.header("access-control-expose-headers").contains("x-request-id"));
}

#[tokio::test]
async fn a_frontend_may_send_what_its_libraries_add_and_what_the_settings_name() {
    let app = TestApp::with(&[("CORS_ORIGINS", FRONTEND), ("CORS_HEADERS", "X-Tenant, x-datadog-trace-id")]).await;
    let asked = [("origin", FRONTEND), ("access-control-request-method", "POST")];

    let preflight = send(&app, Method::OPTIONS, "/graphql", &asked).await;

    let allowed: Vec<_> = preflight.header("access-control-allow-headers").split(',').map(str::trim).collect();
    for header in [
        "authorization",
        "content-type",
        "x-request-id",
        "baggage",
        "sentry-trace",
        "traceparent",
        "tracestate",
        "apollographql-client-name",
        "apollographql-client-version",
        "apollo-require-preflight",
        "x-apollo-operation-name",
        "x-requested-with",
        "x-tenant",
        "x-datadog-trace-id",
    ] {
        assert!(allowed.contains(&header), "{header} is not in {allowed:?}");
    }
    assert!(!allowed.contains(&"*") && !allowed.contains(&"x-forwarded-for"));
}

#[tokio::test]
async fn hybrid_apps_and_extensions_are_origins_too() {
    for origin in ["capacitor://localhost", "ionic://localhost", "tauri://localhost", "moz-extension://0f3a9c1e"] {
        let app = TestApp::with(&[("CORS_ORIGINS", origin)]).await;

        let answer = app.ask("{ __typename }").header("origin", origin).await;
        let foreign = app.ask("{ __typename }").header("origin", "capacitor://evil").await;

        assert_eq!(answer.header("access-control-allow-origin"), origin);
        assert_eq!(foreign.header("access-control-allow-origin"), "");
        assert!(Socket::connect(app.address, &[PROTOCOL, ("origin", origin)]).await.is_ok(), "{origin}");
        assert_eq!(Socket::connect(app.address, &[PROTOCOL, ("origin", "capacitor://evil")]).await.unwrap_err().0, 403);
    }
}

#[tokio::test]
async fn long_answers_are_compressed_and_short_ones_are_not() {
    let app = TestApp::start().await;
    let long = "{ __schema { types { name description fields { name description } } } }";
    for (accepted, encoding) in [("br", "br"), ("gzip", "gzip"), ("identity", "")] {
        assert_eq!(app.ask(long).header("accept-encoding", accepted).encoding().await, encoding);
        assert_eq!(app.ask("{ __typename }").header("accept-encoding", accepted).encoding().await, "");
    }
}

#[tokio::test]
async fn machines_ask_whether_the_server_lives_and_works() {
    let app = TestApp::start().await;

    let (health, ready) = (app.get("/health").await, app.get("/ready").await);

    assert_eq!((health.status.as_u16(), &health.body), (200, &json!({ "status": "ok" })));
    assert_eq!((ready.status.as_u16(), &ready.body["status"]), (200, &json!("ready")));
    assert_eq!(ready.body["checks"]["database"], "up");
    assert_eq!(app.get("/.well-known/jwks.json").await.header("cache-control"), "public, max-age=30");
}

#[tokio::test]
async fn a_page_that_is_not_there_is_told_in_the_words_of_all_errors() {
    let app = TestApp::start().await;

    let nowhere = app.get("/nowhere").await;
    let posted = send(&app, Method::POST, "/health", &[]).await;

    assert_eq!((nowhere.status.as_u16(), nowhere.code()), (404, "NOT_FOUND"));
    assert_eq!((posted.status.as_u16(), posted.code()), (405, "BAD_REQUEST"));
}

#[tokio::test]
async fn the_mailbox_is_there_only_where_emails_go_to_files() {
    let files = TestApp::start().await;
    let smtp = TestApp::with(&[("SMTP_URL", "smtp://127.0.0.1:1")]).await;

    assert_eq!(files.get("/dev/mailbox").await.status, 200);
    assert_eq!(smtp.get("/dev/mailbox").await.status, 404);
}

#[tokio::test]
async fn a_request_id_is_given_where_our_proxy_brings_none_that_is_harmless() {
    let app = TestApp::with(&[("TRUSTED_PROXIES", "127.0.0.0/8")]).await;

    let own = app.ask("{ __typename }").header("x-request-id", "mine-1").await;
    let harmful = app.ask("{ __typename }").header("x-request-id", "not ok").await;
    let two = app.ask("{ __typename }").header("x-request-id", "a").header("x-request-id", "b").await;

    assert_eq!(own.header("x-request-id"), "mine-1");
    assert_eq!(harmful.header("x-request-id").len(), 36);
    assert_eq!(two.header("x-request-id").len(), 36);
}

#[tokio::test]
async fn a_stranger_cannot_choose_the_id_that_an_investigation_will_look_for() {
    for proxies in ["0", "10.0.0.0/8"] {
        let app = TestApp::with(&[("TRUSTED_PROXIES", proxies)]).await;

        let answer = app.login("ann@example.com", "wrong").header("x-request-id", "ticket-42").await;

        let given = answer.header("x-request-id");
        assert_eq!((given.len(), answer.extension("correlationId")), (36, &json!(given)), "{proxies}");
        let events = authgraph::records::audit_log::list_latest(&app.app.db, 1).await.unwrap();
        assert_eq!(events[0].correlation_id, given, "{proxies}");
    }
}
