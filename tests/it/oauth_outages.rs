//! Providers in trouble: a stable refusal, soon, and nobody else notices.

use std::time::Duration;

use authgraph::values::audit::{AuditAction, AuditOutcome};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde_json::{Value, json};

use crate::support::TestApp;
use crate::support::issuer::METADATA;
use crate::support::provider::{CALLBACK, Person, TestProvider, Trouble};

const AWAY: &str = "UNAVAILABLE PROVIDER_UNAVAILABLE";
const NOT_UNDERSTOOD: &str = "OAUTH_FAILED INVALID_RESPONSE";
const TROUBLES: [(Trouble, &str); 6] = [
    (Trouble::Status(500), AWAY),
    (Trouble::Status(503), AWAY),
    (Trouble::Status(429), AWAY),
    (Trouble::Html, NOT_UNDERSTOOD),
    (Trouble::Redirects, NOT_UNDERSTOOD),
    (Trouble::Endless, NOT_UNDERSTOOD),
];

fn ann() -> Person {
    Person::new("ann-1", "ann@example.com")
}

fn start(provider: &str) -> Value {
    json!({ "provider": provider, "redirectUri": CALLBACK })
}

/// A login that ends in this refusal. The flow is used up, and the trail knows.
async fn assert_refused(app: &TestApp, one: &TestProvider, refusal: &str, trouble: Trouble) {
    let started = app.start_oauth("one").await;
    let callback = one.sign_in(&started.url, &ann());

    let refused = app.complete_oauth(&started, &callback).await;

    assert_eq!(refused.refusal(), refusal, "{trouble:?}");
    let event = app.last_event().await;
    assert_eq!((event.action, event.outcome), (AuditAction::Login, AuditOutcome::Failure));
    assert_eq!(event.metadata["provider"], "one");
    assert!(event.metadata["failure"].as_str().is_some_and(|word| !word.is_empty()), "{}", event.metadata.0);
    assert_eq!(app.complete_oauth(&started, &callback).await.refusal(), "INVALID_TOKEN USED");
}

#[tokio::test]
async fn a_token_endpoint_in_trouble_signs_nobody_in() {
    let (app, one) = TestApp::with_provider(&[]).await;
    for (trouble, refusal) in TROUBLES {
        one.trouble("/token", trouble);
        assert_refused(&app, &one, refusal, trouble).await;
    }

    assert_eq!(app.get("/ready").await.status.as_u16(), 200);
    one.recover();
    app.log_in_at(&one, &ann()).await.signed_in();
}

#[tokio::test]
async fn a_user_info_in_trouble_signs_nobody_in() {
    let (app, one) = TestApp::with_provider(&[]).await;
    one.tell_email_in_user_info();
    for (trouble, refusal) in TROUBLES {
        one.trouble("/userinfo", trouble);
        assert_refused(&app, &one, refusal, trouble).await;
    }
    one.trouble("/userinfo", Trouble::Status(401));
    assert_refused(&app, &one, NOT_UNDERSTOOD, Trouble::Status(401)).await;
}

#[tokio::test]
async fn without_its_keys_a_provider_signs_nobody_in() {
    for (trouble, refusal) in TROUBLES {
        // Each with a server that has not seen the keys yet.
        let (app, one) = TestApp::with_provider(&[]).await;
        one.trouble("/keys", trouble);
        assert_refused(&app, &one, refusal, trouble).await;
    }
}

#[tokio::test]
async fn a_provider_without_metadata_gets_no_browser() {
    for (trouble, refusal) in TROUBLES {
        let (app, one) = TestApp::with_provider(&[]).await;
        one.trouble(METADATA, trouble);

        assert_eq!(app.start_oauth_with(start("one")).await.refusal(), refusal, "{trouble:?}");

        assert_eq!(app.rows("oauth_flows").await, 0);
    }
}

#[tokio::test]
async fn metadata_of_another_issuer_gets_no_browser() {
    for lie in [
        json!({ "issuer": "https://evil.example" }),
        json!({ "token_endpoint": "http://10.0.0.1/token" }),
        json!({ "token_endpoint": "http://169.254.169.254/latest" }),
        json!({ "jwks_uri": "file:///etc/passwd" }),
    ] {
        let (app, one) = TestApp::with_provider(&[]).await;
        one.announce(&lie);

        assert_eq!(app.start_oauth_with(start("one")).await.refusal(), NOT_UNDERSTOOD, "{lie}");
    }
}

#[tokio::test]
async fn a_provider_that_is_away_from_the_beginning_keeps_no_server_from_starting() {
    let one = TestProvider::start("one").await;
    let settings = one.settings();
    one.stop();
    let settings: Vec<_> = settings.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();

    let app = TestApp::with(&settings).await;

    assert_eq!(app.get("/ready").await.status.as_u16(), 200);
    assert_eq!(app.start_oauth_with(start("one")).await.refusal(), AWAY);
    app.signed_in("bob@example.com").await;
}

#[tokio::test]
async fn a_provider_that_goes_away_meanwhile_is_unavailable() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let started = app.start_oauth("one").await;
    let callback = one.sign_in(&started.url, &ann());
    one.stop();

    assert_eq!(app.complete_oauth(&started, &callback).await.refusal(), AWAY);

    assert_eq!(app.complete_oauth(&started, &callback).await.refusal(), "INVALID_TOKEN USED");
    assert_eq!(app.get("/ready").await.status.as_u16(), 200);
}

/// The one test that takes as long as the server waits.
#[tokio::test]
async fn a_provider_that_never_answers_is_given_up_within_ten_seconds() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let started = app.start_oauth("one").await;
    let callback = one.sign_in(&started.url, &ann());
    one.trouble("/token", Trouble::Hangs);

    let answer = app.complete_oauth(&started, &callback).into_future();
    let answer = tokio::time::timeout(Duration::from_secs(11), answer).await;

    assert_eq!(answer.expect("an answer within ten seconds").refusal(), AWAY);
    assert_eq!(app.last_event().await.metadata["provider"], "one");
}

#[tokio::test(flavor = "multi_thread")]
async fn while_a_provider_is_asked_no_connection_to_the_database_is_held() {
    let (app, one) = TestApp::with_provider(&[("DATABASE_MAX_CONNECTIONS", "1")]).await;
    let bob = app.signed_in("bob@example.com").await;
    let (started, link) = (app.start_oauth("one").await, app.start_oauth_by(&bob, "one", "LINK").await);
    let (callback, of_link) = (one.sign_in(&started.url, &ann()), one.sign_in(&link.url, &ann()));
    one.trouble("/token", Trouble::Hangs);
    let both = app.at_once([app.complete_oauth(&started, &callback), app.link_oauth(&bob, &link, &of_link)]);

    let others = async {
        while one.count("/token") < 2 {
            tokio::task::yield_now().await;
        }
        app.me(&bob).await.ok();
        app.update_profile(&bob, json!({ "name": "Bob" })).await.ok();
        app.signed_in("carol@example.com").await;
        assert_eq!(app.get("/ready").await.status.as_u16(), 200);
    };

    tokio::select! {
        biased;
        answers = both => panic!("answered before the others: {answers:?}"),
        () = others => {}
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_hangs_does_not_take_every_operation() {
    let (app, one) = TestApp::with_provider(&[("MAX_CONCURRENT_OPERATIONS", "40")]).await;
    let mut completions = Vec::new();
    for _ in 0..40 {
        completions.push(app.arrive_from(&one, &ann()).await);
    }
    one.trouble("/token", Trouble::Hangs);
    let mut completions: FuturesUnordered<_> = completions.into_iter().map(IntoFuture::into_future).collect();

    // Those that find no place are refused at once; the others wait on.
    for _ in 0..8 {
        assert_eq!(completions.next().await.unwrap().refusal(), AWAY);
    }

    let metadata = app.last_event().await.metadata;
    assert_eq!((&metadata["provider"], &metadata["failure"]), (&json!("one"), &json!("TOO_MANY_WAITING")));
    let others = async {
        while one.count("/token") < 32 {
            tokio::task::yield_now().await;
        }
        app.signed_in("bob@example.com").await;
    };
    tokio::select! {
        biased;
        late = completions.next() => panic!("answered before the others: {late:?}"),
        () = others => {}
    }
}
