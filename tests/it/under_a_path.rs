//! A server that is reached below a path of a host it shares, and pages under their other spellings.

use serde_json::json;

use crate::support::{Answer, PASSWORD, TestApp};

const BELOW: (&str, &str) = ("PUBLIC_URL", "http://localhost:8000/auth/");

/// A browser, which knows the server under the path alone.
fn browser() -> reqwest::Client {
    reqwest::Client::builder().cookie_store(true).build().unwrap()
}

async fn ask(browser: &reqwest::Client, url: &str, document: &str) -> Answer {
    Answer::read(browser.post(url).json(&json!({ "query": document })).send().await.unwrap()).await
}

#[tokio::test]
async fn below_a_path_the_refresh_cookie_comes_back() {
    let app = TestApp::with(&[BELOW]).await;
    app.signed_in("ann@example.com").await;
    let (browser, url) = (browser(), app.url("/auth/graphql"));
    let login = format!(
        "mutation {{ login(input: {{ email: \"ann@example.com\", password: \"{PASSWORD}\", client: {{ tokenDelivery: COOKIE }} }}) \
         {{ ... on SignedIn {{ refreshToken }} }} }}"
    );

    let signed_in = ask(&browser, &url, &login).await.ok();
    assert!(signed_in.header("set-cookie").contains("Path=/auth/graphql"), "{:?}", signed_in.headers);

    let refreshed = ask(&browser, &url, "mutation { refresh(input: {}) { accessToken } }").await.ok();
    assert!(refreshed.at("/refresh/accessToken").is_string());
}

#[tokio::test]
async fn by_tls_the_cookie_stays_bound_to_the_host_below_a_path_too() {
    let app = TestApp::with(&[("PUBLIC_URL", "https://example.com/auth")]).await;
    app.signed_in("ann@example.com").await;

    let login = json!({ "email": "ann@example.com", "password": PASSWORD, "client": { "tokenDelivery": "COOKIE" } });
    let answer = app.login_with(login).await.ok();

    let cookie = answer.header("set-cookie");
    assert!(cookie.starts_with("__Host-authgraph_refresh=") && cookie.contains("Path=/;"), "{cookie}");
}

#[tokio::test]
async fn every_page_is_there_whether_the_proxy_takes_the_path_away_or_not() {
    let app = TestApp::with(&[BELOW]).await;
    for path in ["/health", "/ready", "/.well-known/jwks.json", "/health/"] {
        for below in ["", "/auth"] {
            assert_eq!(app.get(&format!("{below}{path}")).await.status, 200, "{below}{path}");
        }
    }
    for nowhere in ["/auth/auth/health", "/authhealth", "/other/health", "/auth"] {
        assert_eq!(app.get(nowhere).await.status, 404, "{nowhere}");
    }
}

#[tokio::test]
async fn a_slash_behind_the_endpoint_makes_no_difference() {
    let app = TestApp::start().await;

    let answer = ask(&browser(), &app.url("/graphql/?x=1"), "{ __typename }").await.ok();

    assert_eq!(answer.text_at("/__typename"), "Query");
}
