//! What a browser brings back: it is good once, for the sign-in that it belongs to, and from the provider that was asked.

use std::time::Duration;

use authgraph::values::audit::{AuditAction, AuditOutcome};
use serde_json::json;

use crate::support::TestApp;
use crate::support::provider::{CALLBACK, Callback, Person};
use crate::support::provider_client::answer_input;

fn ann() -> Person {
    Person::new("ann-1", "ann@example.com")
}

/// A provider whose answers have no `iss`, and do not announce one.
fn silent() -> serde_json::Value {
    json!({ "authorization_response_iss_parameter_supported": null })
}

#[tokio::test]
async fn who_says_no_at_the_provider_is_not_signed_in() {
    let (app, one) = TestApp::with_provider(&[]).await;
    for (error, refusal) in [
        ("access_denied", "OAUTH_FAILED ACCESS_DENIED"),
        ("server_error", "OAUTH_FAILED PROVIDER_ERROR"),
        ("<script>", "OAUTH_FAILED PROVIDER_ERROR"),
    ] {
        let started = app.start_oauth("one").await;
        let callback = one.deny(&started.url, error);

        let refused = app.complete_oauth(&started, &callback).await;

        assert_eq!(refused.refusal(), refusal);
        let event = app.last_event().await;
        assert_eq!((event.action, event.outcome), (AuditAction::Login, AuditOutcome::Failure));
        assert_eq!(event.metadata["provider"], "one");
        assert!(!event.metadata.to_string().contains("script"), "{}", event.metadata.0);
        assert_eq!(app.complete_oauth(&started, &callback).await.refusal(), "INVALID_TOKEN USED");
    }
    assert_eq!((app.rows("users").await, one.count("/token")), (0, 0));
}

#[tokio::test]
async fn an_answer_is_good_once() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let started = app.start_oauth("one").await;
    let callback = one.sign_in(&started.url, &ann());

    app.complete_oauth(&started, &callback).await.signed_in();

    assert_eq!(app.complete_oauth(&started, &callback).await.refusal(), "INVALID_TOKEN USED");
    // The flow is used up also where the provider would give another code for it.
    let again = one.sign_in(&started.url, &ann());
    assert_eq!(app.complete_oauth(&started, &again).await.refusal(), "INVALID_TOKEN USED");
    assert_eq!(one.count("/token"), 1);
}

#[tokio::test]
async fn an_answer_is_good_for_ten_minutes() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let (early, late) = (app.start_oauth("one").await, app.start_oauth("one").await);
    let (first, second) = (one.sign_in(&early.url, &ann()), one.sign_in(&late.url, &ann()));

    app.wait(Duration::from_mins(10) - Duration::from_millis(1));
    app.complete_oauth(&early, &first).await.signed_in();
    app.wait(Duration::from_millis(1));

    assert_eq!(app.complete_oauth(&late, &second).await.refusal(), "INVALID_TOKEN EXPIRED");
    assert_eq!(one.count("/token"), 1);
}

#[tokio::test]
async fn a_token_that_names_no_flow_is_unknown() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let started = app.start_oauth("one").await;
    let callback = one.sign_in(&started.url, &ann());
    for token in ["", "nonsense", &format!("agf_{}", "A".repeat(43)), &callback.state] {
        let refused = app.complete_oauth_with(answer_input(token, &callback)).await;
        assert_eq!(refused.refusal(), "INVALID_TOKEN UNKNOWN", "{token}");
    }

    app.complete_oauth(&started, &callback).await.signed_in();
}

#[tokio::test]
async fn an_answer_of_another_browser_is_not_accepted() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let (hers, his) = (app.start_oauth("one").await, app.start_oauth("one").await);
    // The attacker signs in and makes the browser of the victim bring his answer (login CSRF).
    let callback = one.sign_in(&his.url, &Person::new("attacker-1", "attacker@evil.example"));

    assert_eq!(app.complete_oauth(&hers, &callback).await.refusal(), "OAUTH_FAILED STATE_MISMATCH");
    assert_eq!(app.complete_oauth(&hers, &callback).await.refusal(), "INVALID_TOKEN USED");

    assert_eq!((app.rows("users").await, one.count("/token")), (0, 0));
    app.complete_oauth(&his, &callback).await.signed_in();
}

#[tokio::test]
async fn an_error_with_a_wrong_state_is_not_believed() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let (started, other) = (app.start_oauth("one").await, app.start_oauth("one").await);
    for state in [one.deny(&other.url, "access_denied").state, String::new(), "guess".to_owned()] {
        let callback = Callback { state, ..one.deny(&started.url, "access_denied") };
        let refused = app.complete_oauth(&app.start_oauth("one").await, &callback).await;
        assert_eq!(refused.refusal(), "OAUTH_FAILED STATE_MISMATCH");
    }
}

#[tokio::test]
async fn a_code_of_another_flow_is_not_accepted() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let (hers, his) = (app.start_oauth("one").await, app.start_oauth("one").await);
    let stolen = one.sign_in(&hers.url, &ann());
    // The attacker has seen a code and puts it into an answer of his own.
    let injected = Callback { code: stolen.code, ..one.sign_in(&his.url, &ann()) };

    assert_eq!(app.complete_oauth(&his, &injected).await.refusal(), "OAUTH_FAILED CODE_REFUSED");

    assert_eq!(one.complaints(), ["the verifier is not that of the challenge"]);
    assert_eq!(app.last_event().await.metadata["failure"], "invalid_grant");
}

#[tokio::test]
async fn an_answer_of_another_provider_is_not_accepted() {
    let (app, one, two) = TestApp::with_two_providers(&[]).await;
    let (at_one, at_two) = (app.start_oauth("one").await, app.start_oauth("two").await);
    let of_two = two.sign_in(&at_two.url, &ann());
    // Even with the state of the flow: it comes from the wrong issuer.
    let mixed = Callback { state: one.sign_in(&at_one.url, &ann()).state, ..of_two.clone() };

    assert_eq!(app.complete_oauth(&at_one, &mixed).await.refusal(), "OAUTH_FAILED ISSUER_MISMATCH");

    assert_eq!((one.count("/token"), two.count("/token")), (0, 0), "no code goes to a wrong provider");
    assert_eq!(
        app.complete_oauth(&app.start_oauth("one").await, &of_two).await.refusal(),
        "OAUTH_FAILED STATE_MISMATCH"
    );
    app.complete_oauth(&at_two, &of_two).await.signed_in();
}

#[tokio::test]
async fn an_issuer_that_announces_its_name_must_give_it_and_every_name_must_be_right() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let near = format!("{}/x", one.issuer());
    for iss in [None, Some("https://evil.example"), Some(near.as_str()), Some("")] {
        one.send_iss(iss);
        assert_eq!(app.log_in_at(&one, &ann()).await.refusal(), "OAUTH_FAILED ISSUER_MISMATCH", "{iss:?}");
    }
    assert_eq!(one.count("/token"), 0);
}

#[tokio::test]
async fn an_issuer_that_does_not_announce_its_name_may_leave_it_out_but_not_give_a_wrong_one() {
    let (app, one) = TestApp::with_provider(&[]).await;
    one.announce(&silent());

    one.send_iss(None);
    app.log_in_at(&one, &ann()).await.signed_in();
    one.send_iss(Some("https://evil.example"));
    assert_eq!(app.log_in_at(&one, &ann()).await.refusal(), "OAUTH_FAILED ISSUER_MISMATCH");
}

#[tokio::test]
async fn an_answer_has_a_code_or_an_error() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let started = app.start_oauth("one").await;
    let callback = one.sign_in(&started.url, &ann());
    let both = Callback { error: Some("access_denied".to_owned()), ..callback.clone() };
    let neither = Callback { code: None, ..callback.clone() };

    for wrong in [both, neither] {
        assert_eq!(app.complete_oauth(&started, &wrong).await.code(), "VALIDATION_FAILED");
    }

    app.complete_oauth(&started, &callback).await.signed_in();
}

#[tokio::test]
async fn a_browser_is_sent_back_only_to_what_the_operator_allows() {
    let (app, _one) = TestApp::with_provider(&[]).await;
    for near_miss in [
        "https://app.example/callback/",
        "https://app.example/callback?next=1",
        "https://app.example/callback#here",
        "https://app.example/Callback",
        "https://app.example/",
        "https://APP.example/callback",
        "https://app.example:443/callback",
        "https://app.example.evil.example/callback",
        "https://app.example@evil.example/callback",
        "https://user@app.example/callback",
        "http://app.example/callback",
        "https://app.example/callback\n",
        " https://app.example/callback",
        "https://app.example\\@evil.example/callback",
        "http://localhost:4000/callback",
        "http://127.0.0.2:4000/callback",
        "http://127.0.0.1:4000/other",
        "http://127.0.0.1:99999/callback",
        "http://127.0.0.1:80@evil.example/callback",
        "https://127.0.0.1:4000/callback",
        "com.example.app:/other",
        "com.example.other:/callback",
        "javascript:alert(1)",
        "",
    ] {
        let refused = app.start_oauth_with(json!({ "provider": "one", "redirectUri": near_miss })).await;
        assert_eq!(refused.code(), "VALIDATION_FAILED", "{near_miss}");
        assert!(refused.field_errors()[0].starts_with("input.redirectUri"), "{}", refused.text);
    }
    assert_eq!(app.rows("oauth_flows").await, 0);
}

#[tokio::test]
async fn an_app_may_wait_on_any_port_of_its_own_machine_or_under_a_scheme_of_its_own() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let allowed =
        [CALLBACK, "http://127.0.0.1/callback", "http://127.0.0.1:51004/callback", "com.example.app:/callback"];
    for uri in allowed {
        let started = app.start_oauth_with(json!({ "provider": "one", "redirectUri": uri })).await.ok();
        let callback = one.sign_in(started.text_at("/startOAuth/url"), &ann());

        let answer = answer_input(started.text_at("/startOAuth/flowToken"), &callback);

        app.complete_oauth_with(answer).await.signed_in();
    }
    assert!(one.complaints().is_empty());
}

#[tokio::test]
async fn a_provider_that_is_not_configured_is_refused() {
    let (app, _one) = TestApp::with_provider(&[]).await;
    for name in ["google", "ONE", "", "two"] {
        let input = json!({ "provider": name, "redirectUri": CALLBACK });
        let refused = app.start_oauth_with(input).await;
        assert_eq!(refused.code(), "VALIDATION_FAILED", "{name}");
        assert!(refused.field_errors()[0].starts_with("input.provider"), "{}", refused.text);
    }
}
