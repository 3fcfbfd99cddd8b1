//! The refresh token as a cookie, for browsers: out of reach of scripts.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Answer, PASSWORD, TestApp};

/// The cookie an answer sets, cut into its value and its attributes.
fn cookie(answer: &Answer) -> (String, Vec<String>) {
    let (name_and_value, attributes) = answer.header("set-cookie").split_once("; ").expect("a cookie");
    let value = name_and_value.strip_prefix("authgraph_refresh=").expect("the cookie of the refresh token");
    (value.to_owned(), attributes.split("; ").map(str::to_owned).collect())
}

const SECURE: &[(&str, &str)] = &[("PUBLIC_URL", "https://auth.example.com")];

/// The value of the cookie that a server behind TLS sets.
fn bound_cookie(answer: &Answer) -> String {
    let (pair, _) = answer.header("set-cookie").split_once(';').expect("a cookie");
    pair.strip_prefix("__Host-authgraph_refresh=").expect("the cookie bound to its host").to_owned()
}

async fn login_by_cookie(app: &TestApp) -> Answer {
    app.signed_in("ann@example.com").await;
    let login = json!({ "email": "ann@example.com", "password": PASSWORD, "client": { "tokenDelivery": "COOKIE" } });
    app.login_with(login).await.ok()
}

async fn refresh_by_cookie(app: &TestApp, token: &str, input: Value) -> Answer {
    app.refresh_with(input).header("cookie", &format!("theme=dark; authgraph_refresh={token}")).await
}

#[tokio::test]
async fn the_cookie_is_for_this_server_and_this_route_alone() {
    let app = TestApp::start().await;

    let answer = login_by_cookie(&app).await;

    let (token, attributes) = cookie(&answer);
    assert!(token.starts_with("agr_"));
    assert_eq!(attributes, ["HttpOnly", "SameSite=Lax", "Path=/graphql", "Max-Age=604800"]);
    assert_eq!(answer.at("/login/refreshToken"), &Value::Null);
    assert!(!answer.text.contains(&token));
}

/// The prefix is a promise of browsers: from this host, by TLS, for all its pages.
#[tokio::test]
async fn by_tls_the_cookie_is_bound_to_its_host() {
    let app = TestApp::with(SECURE).await;

    let answer = login_by_cookie(&app).await;

    let (name, rest) = answer.header("set-cookie").split_once("=agr_").expect("the cookie of the refresh token");
    assert_eq!(name, "__Host-authgraph_refresh");
    let attributes: Vec<&str> = rest.split("; ").skip(1).collect();
    assert_eq!(attributes, ["HttpOnly", "SameSite=Lax", "Secure", "Path=/", "Max-Age=604800"]);
}

#[tokio::test]
async fn a_cookie_that_a_sibling_host_can_plant_is_not_read() {
    let app = TestApp::with(SECURE).await;
    let thief = app.signed_in("thief@example.com").await.refresh;
    let own = bound_cookie(&login_by_cookie(&app).await);

    let planted = app.refresh_with(json!({})).header("cookie", &format!("authgraph_refresh={thief}")).await;
    assert_eq!(planted.code(), "UNAUTHENTICATED");

    let both = format!("authgraph_refresh={thief}; __Host-authgraph_refresh={own}");
    let answer = app.refresh_with(json!({})).header("cookie", &both).await;
    assert_eq!(answer.signed_in().email, "ann@example.com");
}

/// Analytics set such cookies for the whole site.
#[tokio::test]
async fn a_cookie_of_others_that_is_no_ascii_takes_ours_not_along() {
    let app = TestApp::start().await;
    let (mut token, _) = cookie(&login_by_cookie(&app).await);
    for line in ["utm=Unders\u{f8}gelse; authgraph_refresh=", "utm=\u{1f36a};x=\u{e9}; authgraph_refresh="] {
        let answer = app.refresh_with(json!({})).header("cookie", &format!("{line}{token}; y=\u{fc}")).await.ok();
        token = cookie(&answer).0;
    }
    let answer = app.refresh_with(json!({})).header("cookie", &format!("authgraph_refresh=\"{token}\"")).await;
    answer.signed_in();
}

#[tokio::test]
async fn of_two_cookies_of_one_name_neither_is_taken() {
    let app = TestApp::start().await;
    let thief = app.signed_in("thief@example.com").await.refresh;
    let (own, _) = cookie(&login_by_cookie(&app).await);

    for (first, second) in [(&thief, &own), (&own, &thief), (&own, &own)] {
        let answer = refresh_by_cookie(&app, &format!("{first}; authgraph_refresh={second}"), json!({})).await;
        assert_eq!(answer.code(), "UNAUTHENTICATED");
    }

    refresh_by_cookie(&app, &own, json!({})).await.signed_in();
}

#[tokio::test]
async fn leaving_by_tls_takes_both_names_away() {
    let app = TestApp::with(SECURE).await;
    let ann = app.signed_in("ann@example.com").await;

    let answer = app.logout(&ann).await.ok();

    let cleared: Vec<_> = answer.headers.get_all("set-cookie").iter().map(|line| line.to_str().unwrap()).collect();
    assert_eq!(
        cleared,
        [
            "__Host-authgraph_refresh=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0",
            "authgraph_refresh=; HttpOnly; SameSite=Lax; Path=/graphql; Max-Age=0",
        ]
    );
}

#[tokio::test]
async fn a_registration_can_give_a_cookie_too() {
    let app = TestApp::start().await;
    let input = json!({ "email": "ann@example.com", "password": PASSWORD, "client": { "tokenDelivery": "COOKIE" } });

    let answer = app.register_with(input).await.ok();

    assert!(cookie(&answer).0.starts_with("agr_"));
    assert_eq!(answer.at("/register/refreshToken"), &Value::Null);
}

#[tokio::test]
async fn a_cookie_is_refreshed_for_a_cookie() {
    let app = TestApp::start().await;
    let (token, _) = cookie(&login_by_cookie(&app).await);

    let answer = refresh_by_cookie(&app, &token, json!({})).await.ok();

    assert_eq!(answer.at("/refresh/refreshToken"), &Value::Null);
    let (successor, _) = cookie(&answer);
    assert_ne!(successor, token);
    refresh_by_cookie(&app, &successor, json!({})).await.signed_in();
}

#[tokio::test]
async fn a_token_in_the_body_goes_before_the_cookie() {
    let app = TestApp::start().await;
    let (token, _) = cookie(&login_by_cookie(&app).await);
    let bob = app.signed_in("bob@example.com").await;

    let answer = refresh_by_cookie(&app, &token, json!({ "refreshToken": bob.refresh })).await;

    assert_eq!(answer.signed_in().email, "bob@example.com");
    assert!(answer.at("/refresh/refreshToken").is_string() && answer.header("set-cookie").is_empty());
    refresh_by_cookie(&app, &token, json!({})).await.signed_in();
}

#[tokio::test]
async fn a_lost_answer_with_a_cookie_can_be_asked_for_again() {
    let app = TestApp::start().await;
    let (token, _) = cookie(&login_by_cookie(&app).await);

    let first = refresh_by_cookie(&app, &token, json!({ "idempotencyKey": "attempt 1" })).await.ok();
    let again = refresh_by_cookie(&app, &token, json!({ "idempotencyKey": "attempt 1" })).await.ok();

    assert_eq!(cookie(&again), cookie(&first));
    assert_eq!(again.text, first.text);
}

#[tokio::test]
async fn without_token_and_cookie_nobody_is_signed_in() {
    let app = TestApp::start().await;

    assert_eq!(app.refresh_with(json!({})).await.code(), "UNAUTHENTICATED");
    assert_eq!(refresh_by_cookie(&app, "", json!({})).await.code(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn the_cookie_lives_as_long_as_its_token() {
    let app = TestApp::with(&[("SESSION_MAX_LIFETIME", "8d")]).await;
    let (token, _) = cookie(&login_by_cookie(&app).await);

    app.wait(Duration::from_hours(6 * 24));
    let (_, attributes) = cookie(&refresh_by_cookie(&app, &token, json!({})).await);

    assert!(attributes.contains(&format!("Max-Age={}", 2 * 24 * 3600)), "{attributes:?}");
}

#[tokio::test]
async fn leaving_takes_the_cookie_away() {
    let app = TestApp::start().await;
    for leave in ["logout { sessionId }", "revokeAllSessions { endedSessionCount }"] {
        let ann = app.login("ann@example.com", PASSWORD).await;
        let ann = if ann.errors().is_empty() { ann.signed_in() } else { app.signed_in("ann@example.com").await };

        let answer = app.ask(format!("mutation {{ {leave} }}")).by(&ann).await.ok();

        let (value, attributes) = cookie(&answer);
        assert_eq!(value, "");
        assert!(attributes.contains(&"Max-Age=0".to_owned()) && attributes.contains(&"Path=/graphql".to_owned()));
    }
}
