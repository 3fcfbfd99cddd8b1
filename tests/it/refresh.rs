//! Staying in: one token, one use, one successor.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Answer, PASSWORD, TestApp};

fn refused_with<'a>(answers: &'a [Answer], code: &str) -> Vec<&'a Answer> {
    answers.iter().filter(|answer| answer.codes() == [code]).collect()
}

#[tokio::test]
async fn a_refresh_gives_new_tokens_for_the_same_session() {
    let app = TestApp::start().await;
    let first = app.signed_in("ann@example.com").await;

    let second = app.refresh(&first).await.signed_in();

    assert_eq!(second.session, first.session);
    assert!(second.refresh != first.refresh && second.access != first.access);
    app.refresh(&second).await.signed_in();
}

#[tokio::test]
async fn a_stolen_refresh_token_ends_the_session_for_both() {
    let app = TestApp::start().await;
    let stolen = app.signed_in("ann@example.com").await;
    let honest = app.refresh(&stolen).await.signed_in();

    assert_eq!(app.refresh(&stolen).await.code(), "REFRESH_TOKEN_REUSED");

    let ended = app.refresh(&honest).await;
    assert_eq!((ended.code(), ended.extension("sessionEndReason")), ("SESSION_ENDED", &json!("TOKEN_REUSED")));
    assert_eq!(app.me(&honest).await.code(), "UNAUTHENTICATED");
    assert_eq!(app.audit_trail().await.last().unwrap(), "REFRESH_TOKEN_REUSED Failure");
    assert_eq!(app.mail_kinds_to("ann@example.com").await.last().unwrap(), "session_compromised");
}

#[tokio::test]
async fn a_stolen_token_leaves_the_other_sessions_alone() {
    let app = TestApp::start().await;
    let stolen = app.signed_in("ann@example.com").await;
    let other = app.login("ann@example.com", PASSWORD).await.signed_in();
    app.refresh(&stolen).await.signed_in();

    app.refresh(&stolen).await;

    app.refresh(&other).await.signed_in();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_hundred_simultaneous_uses_of_one_token_one_wins() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    let answers = app.at_once_patiently((0..200).map(|_| app.refresh(&ann))).await;

    assert_eq!(answers.iter().filter(|answer| answer.errors().is_empty()).count(), 1);
    assert_eq!(refused_with(&answers, "REFRESH_TOKEN_REUSED").len(), 1);
    assert_eq!(refused_with(&answers, "SESSION_ENDED").len(), 198);
    assert_eq!(app.mail_kinds_to("ann@example.com").await, ["verify_email", "session_compromised"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_tries_of_one_attempt_get_one_answer() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    let answers = app.at_once_patiently((0..200).map(|_| app.refresh_as(&ann, "attempt 1"))).await;

    for answer in &answers {
        assert_eq!(answer.text, answers[0].text);
    }
    app.refresh(&answers[0].signed_in()).await.signed_in();
}

#[tokio::test]
async fn a_lost_answer_can_be_asked_for_again_within_a_minute() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let lost = app.refresh_as(&ann, "attempt 1").await;

    app.wait(Duration::from_secs(59));
    let again = app.refresh_as(&ann, "attempt 1").await;

    assert_eq!(again.signed_in().refresh, lost.signed_in().refresh);
    assert_eq!(again.signed_in().access, lost.signed_in().access);
}

#[tokio::test]
async fn after_a_minute_the_same_attempt_is_reuse() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    app.refresh_as(&ann, "attempt 1").await.signed_in();

    app.wait(Duration::from_mins(1));

    assert_eq!(app.refresh_as(&ann, "attempt 1").await.code(), "REFRESH_TOKEN_REUSED");
}

#[tokio::test]
async fn another_key_or_none_is_reuse() {
    let app = TestApp::start().await;
    for input in [json!({ "idempotencyKey": "another" }), json!({})] {
        let ann = app.register(&format!("ann{}@example.com", input.as_object().unwrap().len())).await.signed_in();
        app.refresh_as(&ann, "attempt 1").await.signed_in();

        let mut input = input;
        input["refreshToken"] = ann.refresh.into();

        assert_eq!(app.refresh_with(input).await.code(), "REFRESH_TOKEN_REUSED");
    }
}

#[tokio::test]
async fn a_repeated_attempt_branches_nothing() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let first = app.refresh_as(&ann, "attempt 1").await.signed_in();
    app.refresh(&first).await.signed_in();

    let again = app.refresh_as(&ann, "attempt 1").await.signed_in();

    assert_eq!(again.refresh, first.refresh);
    assert_eq!(app.refresh(&again).await.code(), "REFRESH_TOKEN_REUSED");
}

#[tokio::test]
async fn a_refresh_token_lives_a_week_and_every_refresh_starts_it_anew() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    app.wait(Duration::from_hours(7 * 24 - 1));
    let later = app.refresh(&ann).await.signed_in();
    app.wait(Duration::from_hours(7 * 24));

    let ended = app.refresh(&later).await;
    assert_eq!((ended.code(), ended.extension("sessionEndReason")), ("SESSION_ENDED", &json!("EXPIRED")));
}

#[tokio::test]
async fn no_refresh_keeps_a_session_longer_than_the_setting_allows() {
    let app = TestApp::with(&[("SESSION_MAX_LIFETIME", "8d")]).await;
    let ann = app.signed_in("ann@example.com").await;

    app.wait(Duration::from_hours(6 * 24));
    let later = app.refresh(&ann).await.signed_in();
    app.wait(Duration::from_hours(2 * 24));

    assert_eq!(app.refresh(&later).await.extension("sessionEndReason"), &json!("EXPIRED"));
}

#[tokio::test]
async fn a_foreign_token_signs_no_user_in() {
    let app = TestApp::start().await;
    let unknown = "agr_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    for token in [json!(unknown), json!("nonsense"), json!(""), Value::Null] {
        assert_eq!(app.refresh_with(json!({ "refreshToken": token })).await.code(), "UNAUTHENTICATED", "{token}");
    }
}

#[tokio::test]
async fn an_idempotency_key_is_neither_empty_nor_endless() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    for key in [String::new(), "x".repeat(129)] {
        assert_eq!(app.refresh_as(&ann, &key).await.field_errors(), ["input.idempotencyKey OUT_OF_RANGE"]);
    }
}
