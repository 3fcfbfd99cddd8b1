//! Each thing that people do is counted once, by how it ended.

#![allow(clippy::float_cmp, reason = "counts are whole numbers")]

use std::collections::HashMap;
use std::time::Duration;

use authgraph::flows::update_gauges::update_gauges;
use authgraph::tools::db::statements_run;
use serde_json::json;

use crate::metrics::{ON, grown, series};
use crate::support::provider::{Person, Trouble};
use crate::support::{PASSWORD, TestApp};

const ANN: &str = "ann@example.com";
/// All counters of flows. Whatever a test does not expect of them must not have moved.
const FAMILIES: [&str; 5] =
    ["auth_login_total", "auth_mfa_total", "auth_lockouts_total", "auth_refresh_total", "auth_registrations_total"];

/// What has been counted since, without the quotes: `login{method=PASSWORD,result=SIGNED_IN} 1`.
async fn counted(app: &TestApp, before: &HashMap<String, f64>) -> Vec<String> {
    let after = series(app).await;
    let of_family = |family: &&str| {
        let short = family.trim_start_matches("auth_").trim_end_matches("_total").to_owned();
        grown(before, &after, family).into_iter().map(move |labels| format!("{short}{labels}").replace('"', ""))
    };
    FAMILIES.iter().flat_map(of_family).collect()
}

#[tokio::test]
async fn a_login_is_counted_by_how_it_ended() {
    let app = TestApp::with(ON).await;
    app.signed_in(ANN).await;
    let before = series(&app).await;

    app.login(ANN, PASSWORD).await.signed_in();
    app.login(ANN, "Wrong-Guess-99").await;
    app.login("stranger@example.com", PASSWORD).await;

    let expected = ["login{method=PASSWORD,result=INVALID_CREDENTIALS} 2", "login{method=PASSWORD,result=SIGNED_IN} 1"];
    assert_eq!(counted(&app, &before).await, expected);
}

#[tokio::test]
async fn a_lockout_is_counted_when_it_begins() {
    let app = TestApp::with(ON).await;
    app.signed_in(ANN).await;
    let before = series(&app).await;

    app.guess_wrong(ANN, 5).await;
    app.login(ANN, PASSWORD).await;

    let expected = [
        "login{method=PASSWORD,result=ACCOUNT_LOCKED} 1",
        "login{method=PASSWORD,result=INVALID_CREDENTIALS} 5",
        "lockouts 1",
    ];
    assert_eq!(counted(&app, &before).await, expected);
}

#[tokio::test]
async fn both_steps_of_a_login_are_counted() {
    let app = TestApp::with(ON).await;
    let member = app.with_mfa(ANN).await;
    let before = series(&app).await;

    let challenge = app.challenge(ANN).await;
    app.verify_mfa(&challenge, &app.wrong_code(&member.authenticator)).await;
    app.verify_mfa(&challenge, &app.next_code(&member.authenticator)).await.signed_in();
    app.verify_mfa(&challenge, &app.next_code(&member.authenticator)).await;

    let expected = [
        "login{method=PASSWORD,result=MFA_REQUIRED} 1",
        "mfa{result=INVALID_MFA_CODE} 1",
        "mfa{result=INVALID_TOKEN} 1",
        "mfa{result=SIGNED_IN} 1",
    ];
    assert_eq!(counted(&app, &before).await, expected);
}

#[tokio::test]
async fn every_use_of_a_refresh_token_is_counted_by_what_it_was() {
    let app = TestApp::with(&[ON, &[("REFRESH_RACE_WINDOW", "10s")]].concat()).await;
    let (ann, ben) = (app.signed_in(ANN).await, app.signed_in("ben@example.com").await);
    let before = series(&app).await;

    app.refresh_as(&ann, "key").await.signed_in();
    app.refresh_as(&ann, "key").await.signed_in();
    app.refresh(&ann).await.signed_in();
    app.refresh(&ben).await.signed_in();
    app.wait(Duration::from_secs(11));
    assert_eq!(app.refresh(&ben).await.code(), "REFRESH_TOKEN_REUSED");
    assert_eq!(app.refresh(&ben).await.code(), "SESSION_ENDED");

    let expected = [
        "refresh{result=RACED} 1",
        "refresh{result=REFRESHED} 2",
        "refresh{result=REFRESH_TOKEN_REUSED} 1",
        "refresh{result=REPLAYED} 1",
        "refresh{result=SESSION_ENDED} 1",
    ];
    assert_eq!(counted(&app, &before).await, expected);
}

#[tokio::test]
async fn a_registration_is_counted_by_how_it_ended() {
    let app = TestApp::with(ON).await;
    let before = series(&app).await;
    let again = json!({ "email": ANN, "password": PASSWORD, "idempotencyKey": "once" });

    app.register_with(again.clone()).await.ok();
    app.register_with(again).await.ok();
    assert_eq!(app.register(ANN).await.code(), "EMAIL_TAKEN");

    let expected = [
        "registrations{method=PASSWORD,result=EMAIL_TAKEN} 1",
        "registrations{method=PASSWORD,result=REGISTERED} 1",
        "registrations{method=PASSWORD,result=REPEATED} 1",
    ];
    assert_eq!(counted(&app, &before).await, expected);
}

#[tokio::test]
async fn a_registration_that_hides_a_taken_address_is_counted_as_what_it_was() {
    let app = TestApp::with(&[ON, &[("HIDE_ACCOUNT_EXISTENCE", "true")]].concat()).await;
    let before = series(&app).await;

    for _ in 0..2 {
        app.register(ANN).await.ok();
    }

    let expected =
        ["registrations{method=PASSWORD,result=EMAIL_TAKEN} 1", "registrations{method=PASSWORD,result=REGISTERED} 1"];
    assert_eq!(counted(&app, &before).await, expected);
}

#[tokio::test]
async fn a_login_at_a_provider_registers_once() {
    let (app, one) = TestApp::with_provider(ON).await;
    let before = series(&app).await;

    for _ in 0..2 {
        app.log_in_at(&one, &Person::new("ann-1", ANN)).await.signed_in();
    }

    let expected = ["login{method=OAUTH,result=SIGNED_IN} 2", "registrations{method=OAUTH,result=REGISTERED} 1"];
    assert_eq!(counted(&app, &before).await, expected);
}

/// The alert on outages of the database takes off the operations that only a provider failed.
#[tokio::test]
async fn a_provider_that_is_away_was_taken_for_the_database() {
    let (app, one) = TestApp::with_provider(ON).await;
    let before = series(&app).await;
    let away = "auth_oauth_total{provider=\"one\",result=\"PROVIDER_UNAVAILABLE\"}";
    assert_eq!(before[away], 0.0);
    let started = app.start_oauth("one").await;
    let callback = one.sign_in(&started.url, &Person::new("ann-1", ANN));
    one.trouble("/token", Trouble::Status(503));

    app.complete_oauth(&started, &callback).await;

    let after = series(&app).await;
    assert_eq!((after[away], after["graphql_operations_total{code=\"UNAVAILABLE\",kind=\"mutation\"}"]), (1.0, 1.0));
}

#[tokio::test]
async fn an_outage_is_counted_from_its_first_victim() {
    let app = TestApp::with(ON).await;
    let before = series(&app).await;
    // Prometheus sees no increase where the first value of a series is one.
    assert_eq!(before["graphql_operations_total{code=\"UNAVAILABLE\",kind=\"mutation\"}"], 0.0);
    assert_eq!(before["auth_refresh_total{result=\"REFRESH_TOKEN_REUSED\"}"], 0.0);
    app.app.db.close().await;

    app.login(ANN, PASSWORD).await;

    assert_eq!(counted(&app, &before).await, ["login{method=PASSWORD,result=UNAVAILABLE} 1"]);
}

#[tokio::test]
async fn what_is_stored_is_told_without_a_question_to_the_database() {
    let app = TestApp::with(ON).await;
    let ann = app.signed_in(ANN).await;
    app.signed_in("ben@example.com").await;
    app.guess_wrong("ben@example.com", 5).await;
    app.logout(&ann).await.ok();

    let before = statements_run();
    update_gauges(&app.app).await.unwrap();
    let asked = statements_run() - before;
    let told = series(&app).await;

    assert_eq!(statements_run() - before, asked);
    assert!(asked <= 4, "{asked} statements");
    assert_eq!((told["auth_users"], told["auth_users_locked"], told["auth_active_sessions"]), (2.0, 1.0, 1.0));
    assert_eq!((told["auth_audit_unchained_events"], told["auth_audit_feed_backlog"]), (0.0, 0.0));
}

#[tokio::test]
async fn events_that_an_older_version_wrote_are_told_until_they_are_chained() {
    let app = TestApp::with(ON).await;
    app.login(ANN, PASSWORD).await;
    app.tamper(&["update audit_events set shard = null, sequence = null, hash = null"]).await;

    update_gauges(&app.app).await.unwrap();

    assert_eq!(series(&app).await["auth_audit_unchained_events"], 1.0);
}

#[tokio::test]
async fn a_socket_is_open_until_it_is_closed() {
    let app = TestApp::with(ON).await;
    let ann = app.signed_in(ANN).await;
    let open = || async { series(&app).await["auth_open_streams{transport=\"websocket\"}"] };

    let socket = app.following(&ann).await;
    assert_eq!(open().await, 1.0);
    drop(socket);

    let closed = async { while open().await > 0.0 {} };
    tokio::time::timeout(Duration::from_secs(20), closed).await.expect("a socket that is closed");
}

#[tokio::test]
async fn waits_of_hashes_and_transactions_are_measured() {
    let app = TestApp::with(ON).await;
    let before = series(&app).await;

    app.login(ANN, PASSWORD).await;

    let after = series(&app).await;
    for (family, most) in [("auth_hash_wait_seconds_count", 1.0), ("auth_database_wait_seconds_count", 4.0)] {
        let by = after[family] - before[family];
        assert!((1.0..=most).contains(&by), "{family}: {by}");
    }
    let redis = after["auth_redis_duration_seconds_count"] - before["auth_redis_duration_seconds_count"];
    assert_eq!(redis > 0.0, app.app.redis.is_some(), "{redis} calls of Redis");
}
