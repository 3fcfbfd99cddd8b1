//! How often a stranger may try: each window exact, each execution of a field counted.

use std::sync::Arc;
use std::time::Duration;

use async_graphql::Request;
use authgraph::api::graphql::schema;
use authgraph::api::graphql::schema::loaders::LoadersCell;
use authgraph::api::graphql::viewer_cell::ViewerCell;
use authgraph::values::caller::{Caller, Credentials};
use futures_util::FutureExt;
use serde_json::json;

use crate::support::{PASSWORD, TestApp};

const PER_ADDRESS: &[(&str, &str)] =
    &[("RATE_LIMIT_AUTH", "5/1m"), ("TRUSTED_PROXIES", "1"), ("LOCKOUT_ATTEMPTS", "0")];
const PER_ACCOUNT: &[(&str, &str)] = &[("RATE_LIMIT_AUTH_ACCOUNT", "5/1m"), ("LOCKOUT_ATTEMPTS", "0")];
const PER_RECIPIENT: &[(&str, &str)] = &[("RATE_LIMIT_EMAIL", "3/1h")];

#[tokio::test]
async fn the_sixth_attempt_of_an_address_waits_for_the_first_to_be_forgotten() {
    let app = TestApp::with(PER_ADDRESS).await;
    for n in 0..5 {
        app.login(&format!("stranger{n}@example.com"), PASSWORD).await;
        app.wait(Duration::from_secs(1));
    }

    let refused = app.login("ann@example.com", PASSWORD).await;
    assert_eq!((refused.code(), refused.retry_after()), ("RATE_LIMITED", 55));
    assert_eq!(refused.extension("statusCode"), &json!(429));

    app.wait(Duration::from_secs(54));
    assert_eq!(app.login("ann@example.com", PASSWORD).await.retry_after(), 1);
    app.wait(Duration::from_secs(1));
    assert_eq!(app.login("ann@example.com", PASSWORD).await.code(), "INVALID_CREDENTIALS");
}

#[tokio::test]
async fn another_address_is_not_held_up() {
    let app = TestApp::with(PER_ADDRESS).await;
    for _ in 0..5 {
        app.login("ann@example.com", PASSWORD).from("203.0.113.7").await;
    }

    assert_eq!(app.login("ann@example.com", PASSWORD).from("203.0.113.7").await.code(), "RATE_LIMITED");
    assert_eq!(app.login("ann@example.com", PASSWORD).from("203.0.113.8").await.code(), "INVALID_CREDENTIALS");
}

#[tokio::test]
async fn all_addresses_of_one_ipv6_network_are_one() {
    let app = TestApp::with(PER_ADDRESS).await;
    for n in 0..5 {
        app.login("ann@example.com", PASSWORD).from(&format!("2001:db8:1:2::{n}")).await;
    }

    assert_eq!(app.login("ann@example.com", PASSWORD).from("2001:db8:1:2:ffff::1").await.code(), "RATE_LIMITED");
    assert_eq!(app.login("ann@example.com", PASSWORD).from("2001:db8:1:3::1").await.code(), "INVALID_CREDENTIALS");
}

#[tokio::test]
async fn a_whole_network_has_a_wider_limit() {
    let app = TestApp::with(&[("RATE_LIMIT_AUTH_NETWORK", "6/1m"), ("TRUSTED_PROXIES", "1")]).await;
    for (n, network) in (0..6).flat_map(|n| [(n, "203.0.113."), (n, "2001:db8:1:")]) {
        let address = if network.ends_with('.') { format!("{network}{n}") } else { format!("{network}{n}::1") };
        app.login(&format!("stranger{n}@example.com"), PASSWORD).from(&address).await;
    }

    for (inside, outside) in [("203.0.113.99", "203.0.112.1"), ("2001:db8:1:99::1", "2001:db8:2::1")] {
        assert_eq!(app.login("ann@example.com", PASSWORD).from(inside).await.code(), "RATE_LIMITED", "{inside}");
        assert_eq!(app.login("ann@example.com", PASSWORD).from(outside).await.code(), "INVALID_CREDENTIALS");
    }
}

#[tokio::test]
async fn an_address_that_may_try_often_may_not_try_one_account_often() {
    let app = TestApp::with(&[("RATE_LIMIT_AUTH_PAIR", "5/1m"), ("TRUSTED_PROXIES", "1")]).await;
    for _ in 0..5 {
        app.login("ann@example.com", PASSWORD).from("203.0.113.7").await;
    }

    assert_eq!(app.login("ann@example.com", PASSWORD).from("203.0.113.7").await.code(), "RATE_LIMITED");
    assert_eq!(app.login("bob@example.com", PASSWORD).from("203.0.113.7").await.code(), "INVALID_CREDENTIALS");
    assert_eq!(app.login("ann@example.com", PASSWORD).from("203.0.113.8").await.code(), "INVALID_CREDENTIALS");
}

#[tokio::test]
async fn nobody_forges_an_address_where_no_proxy_is_trusted() {
    let app = TestApp::with(&[("RATE_LIMIT_AUTH", "5/1m")]).await;
    for n in 0..5 {
        app.login("ann@example.com", PASSWORD).from(&format!("203.0.113.{n}")).await;
    }

    assert_eq!(app.login("ann@example.com", PASSWORD).from("203.0.113.9").await.code(), "RATE_LIMITED");
}

#[tokio::test]
async fn an_account_is_guarded_from_everywhere_at_once() {
    let app = TestApp::with(&[PER_ACCOUNT, &[("TRUSTED_PROXIES", "1")]].concat()).await;
    for n in 0..5 {
        app.login("ann@example.com", PASSWORD).from(&format!("203.0.113.{n}")).await;
    }

    assert_eq!(app.login("Ann@example.com", PASSWORD).from("203.0.113.99").await.code(), "RATE_LIMITED");
    assert_eq!(app.login("bob@example.com", PASSWORD).from("203.0.113.99").await.code(), "INVALID_CREDENTIALS");
}

#[tokio::test]
async fn a_limit_tells_nobody_who_has_an_account() {
    let app = TestApp::with(PER_ACCOUNT).await;
    app.signed_in("ann@example.com").await;
    for _ in 0..5 {
        app.login("ann@example.com", "Wrong-Guess-99").await;
        app.login("stranger@example.com", "Wrong-Guess-99").await;
    }

    let member = app.login("ann@example.com", PASSWORD).await;
    let stranger = app.login("stranger@example.com", PASSWORD).await;

    assert_eq!(member.code(), "RATE_LIMITED");
    assert_eq!(member.anonymous_text(), stranger.anonymous_text());
}

#[tokio::test]
async fn a_confirmed_password_is_counted_by_its_session() {
    let app = TestApp::with(PER_ACCOUNT).await;
    let ann = app.signed_in("ann@example.com").await;
    for _ in 0..5 {
        app.reauthenticate(&ann, "Wrong-Guess-99").await;
    }

    assert_eq!(app.reauthenticate(&ann, PASSWORD).await.code(), "RATE_LIMITED");
    assert_eq!(app.change_password(&ann, PASSWORD, "Another-Horse-8").await.code(), "RATE_LIMITED");
    app.login("ann@example.com", PASSWORD).await.signed_in();
}

#[tokio::test]
async fn an_attempt_that_is_not_made_is_not_counted() {
    let app = TestApp::with(PER_ADDRESS).await;
    for document in [
        r#"mutation { login(input: { email: "ann@example.com" }) { __typename } }"#,
        r#"mutation { login(input: { email: "ann@example.com", password: "x" }) { unknown } }"#,
        r#"mutation { login(input: { email: "ann@example.com", password: "x" }) @skip(if: true) { __typename } }"#,
        r#"mutation { register(input: { email: "ann@example.com", password: "weak" }) { __typename } }"#,
        r#"mutation { requestEmailChange(input: { newEmail: "ann@example.com" }) { user { id } } }"#,
    ] {
        for _ in 0..3 {
            assert_ne!(app.ask(document).await.codes(), ["RATE_LIMITED"], "{document}");
        }
    }

    for _ in 0..5 {
        assert_eq!(app.login("ann@example.com", PASSWORD).await.code(), "INVALID_CREDENTIALS");
    }
    assert_eq!(app.login("ann@example.com", PASSWORD).await.code(), "RATE_LIMITED");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_attempt_of_a_request_that_is_dropped_is_given_back() {
    let app = TestApp::with(&[PER_ADDRESS, &[("DATABASE_MAX_CONNECTIONS", "1")]].concat()).await;
    let schema = schema::build(Arc::clone(&app.app));
    // Charged with the attempt of the first field, which is skipped; then the second waits for the only connection.
    let document = format!(
        r#"mutation {{ resendVerificationEmail(input: {{ email: "bob@example.com" }}) @skip(if: true) {{ email }}
        verifyEmail(input: {{ token: "ago_{}" }}) {{ email }} }}"#,
        "A".repeat(43)
    );
    let connection = app.app.db.begin().await.unwrap();

    for _ in 0..8 {
        let (address, user_agent, correlation_id) = ("203.0.113.7".parse().unwrap(), String::new(), "one".to_owned());
        let request = Request::new(document.clone())
            .data(Caller { address, user_agent, correlation_id })
            .data(Credentials::default())
            .data(ViewerCell::default())
            .data(LoadersCell::default());
        let asked = schema.execute(request);
        let is_dropped = if app.app.config.redis.url.is_some() {
            tokio::time::timeout(Duration::from_millis(300), asked).await.is_err()
        } else {
            // One look, and it waits for the database.
            asked.now_or_never().is_none()
        };
        assert!(is_dropped);
    }
    drop(connection);

    app.app.background.shutdown(Duration::from_secs(5)).await;

    for _ in 0..5 {
        let answer = app.login("ann@example.com", "Wrong-Guess-99").from("203.0.113.7").await;
        assert_eq!(answer.code(), "INVALID_CREDENTIALS", "{}", answer.text);
    }
    assert_eq!(app.login("ann@example.com", PASSWORD).from("203.0.113.7").await.code(), "RATE_LIMITED");
}

#[tokio::test]
async fn it_does_not_matter_how_an_attempt_is_written() {
    let app = TestApp::with(PER_ADDRESS).await;
    let login = r#"login(input: { email: "ann@example.com", password: "Wrong-Guess-99" }) { __typename }"#;
    let ways = [
        format!("mutation {{ {login} }}"),
        format!("mutation {{ ... on Mutation {{ {login} }} }}"),
        format!("mutation {{ ...f }} fragment f on Mutation {{ {login} }}"),
    ];

    for way in ways.iter().cycle().take(5) {
        assert_eq!(app.ask(way.clone()).await.code(), "INVALID_CREDENTIALS", "{way}");
    }
    for way in ways {
        assert_eq!(app.ask(way.clone()).await.code(), "RATE_LIMITED", "{way}");
    }
}

#[tokio::test]
async fn one_reservation_is_good_for_one_attempt() {
    let app = TestApp::with(&[("RATE_LIMIT_EMAIL", "2/1h")]).await;
    let mail = r#"requestPasswordReset(input: { email: "ann@example.com" }) { email }"#;

    let answer = app.ask(format!("mutation {{ a: {mail} b: {mail} c: {mail} }}")).await;

    assert_eq!(answer.codes(), ["RATE_LIMITED"]);
    assert_eq!(answer.at("/b/email"), &json!("ann@example.com"));
    assert_eq!(answer.at("/c"), &json!(null));
}

#[tokio::test]
async fn a_refused_attempt_is_charged_like_any_other_and_leaves_the_rest_of_the_operation_alone() {
    let app = TestApp::with(&[("RATE_LIMIT_AUTH", "1/1m"), ("RATE_LIMIT_REQUESTS", "3/1m")]).await;
    let login = r#"login(input: { email: "ann@example.com", password: "Wrong-Guess-99" }) { __typename }"#;
    app.ask(format!("mutation {{ {login} }}")).await;

    let mail = r#"requestPasswordReset(input: { email: "ann@example.com" }) { email }"#;
    let refused = app.ask(format!("mutation {{ {login} again: {mail} }}")).await;

    assert_eq!((refused.status.as_u16(), refused.codes()), (200, vec!["RATE_LIMITED", "RATE_LIMITED"]));
    assert_eq!(refused.header("x-ratelimit-remaining"), "1");
}

#[tokio::test]
async fn nobody_gets_more_than_three_emails_an_hour_through_strangers() {
    let app = TestApp::with(PER_RECIPIENT).await;
    app.signed_in("ann@example.com").await;
    for _ in 0..3 {
        app.request_password_reset("ann@example.com").await.ok();
        app.deliver_mail().await;
    }

    let refused = app.request_password_reset("ann@example.com").await;
    assert_eq!((refused.code(), refused.retry_after()), ("RATE_LIMITED", 3600));
    app.request_password_reset("bob@example.com").await.ok();

    app.wait(Duration::from_hours(1));
    app.request_password_reset("ann@example.com").await.ok();
}

#[tokio::test]
async fn emails_of_one_kind_keep_nobody_from_an_email_of_another() {
    let app = TestApp::with(&[PER_RECIPIENT, &[("HIDE_ACCOUNT_EXISTENCE", "true")]].concat()).await;
    for _ in 0..4 {
        app.register("ann@example.com").await.ok();
        app.resend_verification("ann@example.com").await;
    }
    assert_eq!(app.resend_verification("ann@example.com").await.code(), "RATE_LIMITED");

    for _ in 0..3 {
        app.request_password_reset("ann@example.com").await.ok();
    }
    assert_eq!(app.request_password_reset("ann@example.com").await.code(), "RATE_LIMITED");
}

#[tokio::test]
async fn emails_to_strangers_are_counted_alike() {
    let app = TestApp::with(PER_RECIPIENT).await;
    for _ in 0..3 {
        app.request_password_reset("stranger@example.com").await.ok();
    }

    assert_eq!(app.request_password_reset("stranger@example.com").await.code(), "RATE_LIMITED");
}

#[tokio::test]
async fn a_hidden_registration_goes_on_when_the_owner_has_had_enough_emails() {
    let app = TestApp::with(&[PER_RECIPIENT, &[("HIDE_ACCOUNT_EXISTENCE", "true")]].concat()).await;
    for _ in 0..6 {
        app.register("ann@example.com").await.ok();
    }

    // The first one, which opened the account, counts like the others: the limit must not tell them apart.
    let mails = app.mail_kinds_to("ann@example.com").await;
    assert_eq!(mails.iter().filter(|kind| *kind == "account_exists").count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn simultaneous_attempts_never_exceed_the_limit() {
    let app = TestApp::with(PER_ADDRESS).await;

    let answers = app.at_once((0..50).map(|_| app.login("ann@example.com", PASSWORD))).await;

    let judged = answers.iter().filter(|answer| answer.code() == "INVALID_CREDENTIALS").count();
    assert_eq!(judged, 5);
}
