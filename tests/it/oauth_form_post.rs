//! `/oauth/form_post`, where Apple sends browsers with a form: it sends them on to where their sign-in waits, and nowhere else.

use std::time::Duration;

use authgraph::records::oauth_flows::{self, NewFlow};
use authgraph::values::oauth::{OAuthPurpose, state_hash};
use authgraph::values::secret_token::OAuthFlowToken;
use reqwest::redirect::Policy;
use reqwest::{Client, RequestBuilder};
use serde_json::json;

use crate::support::provider::{Callback, TestProvider};
use crate::support::provider_client::answer_input;
use crate::support::web_server::{self, WebServer};
use crate::support::{Answer, START, TestApp};

const PATH: &str = "/oauth/form_post";
const FORM: &str = "application/x-www-form-urlencoded";
const STATE: &str = "state-of-ann";
const CALLBACK: &str = "https://app.example.com/callback?app=1";

/// Sends what a browser sends, and follows no redirect.
fn post(app: &TestApp, path: &str, body: impl Into<reqwest::Body>) -> RequestBuilder {
    let browser = Client::builder().redirect(Policy::none()).build().unwrap();
    let request = browser.post(app.url(path)).header("content-type", FORM).body(body);
    request.header("origin", "https://appleid.apple.com").header("cookie", "authgraph_refresh=agr_x")
}

async fn send(request: RequestBuilder) -> Answer {
    Answer::read(request.send().await.unwrap()).await
}

#[track_caller]
fn assert_refused(answer: &Answer, status: u16) {
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (status, "text/plain; charset=utf-8"));
    assert!(answer.text.ends_with('.') && answer.text.len() < 120 && answer.header("location").is_empty());
}

#[tokio::test]
async fn a_form_that_no_sign_in_waits_for_goes_nowhere() {
    let app = TestApp::start().await;

    for form in ["code=c&state=unknown", "error=user_cancelled_authorize&state=", "code=c&state=%00"] {
        let answer = send(post(&app, PATH, form)).await;
        assert_refused(&answer, 400);
        assert_eq!((answer.header("cache-control"), answer.header("referrer-policy")), ("no-store", "no-referrer"));
        assert!(answer.header("set-cookie").is_empty() && !answer.header("x-request-id").is_empty());
    }
}

#[tokio::test]
async fn what_is_no_form_of_a_provider_is_refused() {
    let app = TestApp::start().await;
    let typed_as_json = || Client::new().post(app.url(PATH)).header("content-type", "application/json").body("{}");

    for form in ["", "state=s", "code=c", "code=c&error=e&state=s", "code=c&state=s&state=t"] {
        let answer = send(post(&app, PATH, form)).await;
        assert_refused(&answer, 400);
        assert!(answer.text.starts_with("The form needs"), "{form}: {}", answer.text);
    }
    assert_refused(&send(post(&app, PATH, format!("code={}&state=s", "c".repeat(16 * 1024)))).await, 413);
    assert_refused(&send(typed_as_json()).await, 415);
    assert_refused(&send(Client::new().post(app.url(PATH)).body("code=c&state=s")).await, 415);
    assert_refused(&send(post(&app, PATH, "code=c&state=s").header("content-encoding", "gzip")).await, 415);
    for method in [reqwest::Method::GET, reqwest::Method::PUT] {
        let answer = send(Client::new().request(method, app.url(PATH))).await;
        assert_refused(&answer, 405);
        assert_eq!(answer.header("allow"), "POST");
    }
}

#[tokio::test]
async fn every_form_counts_as_a_request() {
    let app = TestApp::with(&[("RATE_LIMIT_REQUESTS", "2/1m")]).await;
    assert_eq!(send(post(&app, PATH, "code=c&state=s")).await.status, 400);
    assert_eq!(app.get(PATH).await.status, 405);

    let (form, page) = (send(post(&app, PATH, "code=c&state=s")).await, app.get(PATH).await);

    assert_eq!((form.status.as_u16(), form.code()), (429, "RATE_LIMITED"));
    assert_eq!((page.status.as_u16(), page.code()), (429, "RATE_LIMITED"));
}

#[tokio::test]
async fn below_a_path_the_form_arrives_too() {
    let app = TestApp::with(&[("PUBLIC_URL", "http://localhost:8000/auth")]).await;

    assert_refused(&send(post(&app, "/auth/oauth/form_post", "code=c&state=s")).await, 400);
    assert_refused(&send(post(&app, PATH, "code=c&state=s")).await, 400);
    assert_eq!(app.app.config.form_post_uri().as_str(), "http://localhost:8000/auth/oauth/form_post");
}

#[tokio::test]
async fn metrics_name_the_route() {
    let app = TestApp::with(&[("METRICS_AUTH_TOKEN", "scrape-me-0123456789")]).await;
    send(post(&app, PATH, "code=c&state=s")).await;

    assert!(app.app.metrics.text().unwrap().contains("path=\"/oauth/form_post\""));
}

/// A server with Apple, which sends browsers on to these URIs.
async fn with_apple(redirect_uris: &str) -> TestApp {
    with_apple_at(redirect_uris, &[]).await
}

/// The same with these settings of Apple.
async fn with_apple_at(redirect_uris: &str, settings: &[(&str, &str)]) -> TestApp {
    let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
    let mut all = vec![
        ("OAUTH_REDIRECT_URIS", redirect_uris),
        ("APPLE_CLIENT_ID", "com.example.web"),
        ("APPLE_TEAM_ID", "TEAM123456"),
        ("APPLE_KEY_ID", "KEY1234567"),
        ("APPLE_PRIVATE_KEY", &key),
    ];
    all.extend(settings);
    TestApp::with(&all).await
}

/// A sign-in that waits for an answer.
async fn open_flow(app: &TestApp, provider: &str, redirect_uri: &str) -> OAuthFlowToken {
    let token = OAuthFlowToken::random().unwrap();
    let flow = NewFlow {
        token: &token,
        provider,
        purpose: OAuthPurpose::Login,
        redirect_uri: Some(redirect_uri),
        state_hash: Some(state_hash(STATE)),
        sealed_secrets: vec![],
        session: None,
        expires_at: START + Duration::from_mins(10),
    };
    oauth_flows::open(&app.app.db, flow).await.unwrap();
    token
}

async fn answer_of_apple(app: &TestApp) -> Answer {
    send(post(app, PATH, format!("code=c%2B1&state={STATE}&user=%7B%22name%22%3A%7B%7D%7D&id_token=eyJ"))).await
}

#[tokio::test]
async fn a_browser_is_sent_on_with_what_apple_says() {
    let app = with_apple(&format!("{CALLBACK},com.example.app:/callback")).await;
    open_flow(&app, "apple", CALLBACK).await;

    let answer = answer_of_apple(&app).await;

    assert_eq!((answer.status.as_u16(), answer.text.as_str()), (303, ""));
    let expected = format!("{CALLBACK}&code=c%2B1&state={STATE}&user=%7B%22name%22%3A%7B%7D%7D");
    assert_eq!(answer.header("location"), expected);
    assert_eq!((answer.header("cache-control"), answer.header("referrer-policy")), ("no-store", "no-referrer"));
    assert!(answer.header("set-cookie").is_empty());
    // The flow waits for the client, which alone has its token.
    assert_eq!(answer_of_apple(&app).await.status, 303);
}

#[tokio::test]
async fn an_app_gets_its_answer_by_its_own_scheme() {
    let app = with_apple(&format!("{CALLBACK},com.example.app:/callback")).await;
    open_flow(&app, "apple", "com.example.app:/callback").await;

    let answer = send(post(&app, PATH, format!("error=user_cancelled_authorize&state={STATE}"))).await;

    assert_eq!(answer.status, 303);
    assert_eq!(
        answer.header("location"),
        format!("com.example.app:/callback?error=user_cancelled_authorize&state={STATE}")
    );
}

#[tokio::test]
async fn a_uri_that_is_no_longer_on_the_list_gets_no_browser() {
    let app = with_apple("https://other.example.com/callback").await;
    open_flow(&app, "apple", CALLBACK).await;

    assert_refused(&answer_of_apple(&app).await, 400);
}

#[tokio::test]
async fn only_a_waiting_sign_in_of_apple_has_a_form() {
    let app = with_apple(CALLBACK).await;
    open_flow(&app, "google", CALLBACK).await;
    assert_refused(&answer_of_apple(&app).await, 400);
    app.app.db.query("update oauth_flows set provider = 'apple'").execute().await.unwrap();
    assert_eq!(answer_of_apple(&app).await.status, 303);

    app.wait(Duration::from_mins(10));
    assert_refused(&answer_of_apple(&app).await, 400);
}

#[tokio::test]
async fn apple_is_told_at_both_ends_that_its_form_comes_here() {
    let issuer = TestProvider::start("apple").await;
    let tokens = WebServer::start(|_| web_server::json(400, &json!({ "error": "invalid_grant" }))).await;
    let (name, token_endpoint) = (issuer.issuer(), tokens.url("/token"));
    let settings = [("APPLE_ISSUER", name.as_str()), ("APPLE_TOKEN_ENDPOINT", token_endpoint.as_str())];
    let app = with_apple_at(CALLBACK, &settings).await;

    let started = app.start_oauth_with(json!({ "provider": "apple", "redirectUri": CALLBACK })).await.ok();
    let url = url::Url::parse(started.text_at("/startOAuth/url")).unwrap();
    let find = |name: &str| url.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
    let callback =
        Callback { code: Some("code".to_owned()), state: find("state"), iss: Some(name.clone()), error: None };
    let refused = app.complete_oauth_with(answer_input(started.text_at("/startOAuth/flowToken"), &callback)).await;

    assert_eq!(refused.refusal(), "OAUTH_FAILED CODE_REFUSED");
    let here = app.app.config.form_post_uri().to_string();
    assert_eq!((find("redirect_uri"), find("response_mode")), (here.clone(), "form_post".to_owned()));
    assert_eq!(tokens.asked()[0].field("redirect_uri"), Some(here));
}
