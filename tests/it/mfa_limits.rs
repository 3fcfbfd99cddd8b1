//! How many codes are judged: five for each challenge, twenty for each account and hour, however they are sent.

use std::time::Duration;

use crate::support::{Answer, GraphQLRequest, MfaMember, PASSWORD, TestApp};

/// As many are judged in each session, on each known device, and for all others together.
const AN_HOUR: usize = 20;
/// The code that turned the second factor on counts, too.
const JUDGED_AT_ENROLMENT: usize = 1;

fn judged(answers: &[Answer]) -> usize {
    answers.iter().flat_map(Answer::codes).filter(|code| *code == "INVALID_MFA_CODE").count()
}

/// Every mutation of a session that judges a code, with one.
fn every_way_to_try(app: &TestApp, ann: &MfaMember, code: &str) -> [GraphQLRequest; 3] {
    [
        app.reauthenticate_with_code(&ann.session, code),
        app.disable_mfa(&ann.session, Some(PASSWORD), code),
        app.regenerate_backup_codes(&ann.session, code),
    ]
}

#[tokio::test]
async fn a_challenge_is_dead_after_five_codes() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    let challenge = app.challenge("ann@example.com").await;
    let wrong = app.wrong_code(&ann.authenticator);

    for left in (0..5).rev() {
        let refused = app.verify_mfa(&challenge, &wrong).await;
        assert_eq!((refused.code(), refused.extension("attemptsLeft")), ("INVALID_MFA_CODE", &left.into()));
    }

    let code = app.next_code(&ann.authenticator);
    assert_eq!(app.verify_mfa(&challenge, &code).await.code(), "INVALID_TOKEN");
    app.login_with_code("ann@example.com", &code).await.signed_in();
}

#[tokio::test(flavor = "multi_thread")]
async fn simultaneous_guesses_at_a_challenge_are_judged_no_more_often() {
    let app = TestApp::with(&[("RATE_LIMIT_MFA", "0")]).await;
    let ann = app.with_mfa("ann@example.com").await;
    let challenge = app.challenge("ann@example.com").await;
    let wrong = app.wrong_code(&ann.authenticator);

    let answers = app.at_once((0..50).map(|_| app.verify_mfa(&challenge, &wrong))).await;

    assert_eq!(judged(&answers), 5);
    assert_eq!(answers.iter().filter(|answer| answer.codes() == ["INVALID_TOKEN"]).count(), 45);
}

#[tokio::test]
async fn aliases_in_one_document_are_not_judged_at_all() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    let challenge = app.challenge("ann@example.com").await;
    let input = format!(r#"{{ challengeToken: "{challenge}", code: "{}" }}"#, app.wrong_code(&ann.authenticator));
    let field = |n| format!("c{n}: verifyMfa(input: {input}) {{ __typename }}");

    let answer = app.ask(format!("mutation {{ {} {} }}", field(1), field(2))).await;

    assert_eq!(answer.codes(), ["QUERY_TOO_COMPLEX"]);
    let code = app.next_code(&ann.authenticator);
    app.verify_mfa(&challenge, &code).await.signed_in();
}

#[tokio::test]
async fn twenty_codes_an_hour_are_judged_in_a_session_whatever_the_way() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    let wrong = app.wrong_code(&ann.authenticator);
    let mut answers = Vec::new();

    for _ in 0..8 {
        for attempt in every_way_to_try(&app, &ann, &wrong) {
            answers.push(attempt.await);
        }
    }

    assert_eq!(judged(&answers), AN_HOUR - JUDGED_AT_ENROLMENT);
    let code = app.next_code(&ann.authenticator);
    for attempt in every_way_to_try(&app, &ann, &code) {
        let refused = attempt.await;
        assert_eq!((refused.code(), refused.retry_after()), ("RATE_LIMITED", 60 * 60 - 30));
    }
    assert_eq!(app.mfa_status(&ann.session).await.at("/me/mfa/enabled"), true);
}

#[tokio::test(flavor = "multi_thread")]
async fn simultaneous_guesses_at_an_account_are_judged_no_more_often() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    let challenges = app.challenges("ann@example.com", 50).await;
    let wrong = app.wrong_code(&ann.authenticator);

    let answers = app.at_once(challenges.iter().map(|challenge| app.verify_mfa(challenge, &wrong))).await;

    assert_eq!(judged(&answers), AN_HOUR);
    assert_eq!(answers.iter().filter(|answer| answer.codes() == ["RATE_LIMITED"]).count(), 50 - AN_HOUR);
}

#[tokio::test]
async fn after_an_hour_an_account_may_try_again() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    let wrong = app.wrong_code(&ann.authenticator);
    let challenges = app.challenges("ann@example.com", AN_HOUR).await;
    for challenge in &challenges {
        assert_eq!(app.verify_mfa(challenge, &wrong).await.code(), "INVALID_MFA_CODE");
    }

    app.wait(Duration::from_mins(59));
    assert_eq!(app.login_with_code("ann@example.com", &ann.backup_codes[0]).await.code(), "RATE_LIMITED");
    app.wait(Duration::from_mins(1));
    let code = app.next_code(&ann.authenticator);
    app.login_with_code("ann@example.com", &code).await.signed_in();
    app.login_with_code("ann@example.com", &ann.backup_codes[0]).await.signed_in();
}

#[tokio::test]
async fn guesses_at_a_new_secret_count_like_any_other() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let authenticator = app.enrolled(&ann).await;
    let wrong = app.wrong_code(&authenticator);

    for _ in 0..20 {
        assert_eq!(app.confirm_enrollment(&ann, &wrong).await.code(), "INVALID_MFA_CODE");
    }

    assert_eq!(app.confirm_enrollment(&ann, &app.code(&authenticator)).await.code(), "RATE_LIMITED");
}

#[tokio::test]
async fn guesses_at_one_account_do_not_hold_up_another() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    let bob = app.with_mfa("bob@example.com").await;
    for challenge in app.challenges("ann@example.com", AN_HOUR + 1).await {
        app.verify_mfa(&challenge, &app.wrong_code(&ann.authenticator)).await;
    }

    let code = app.next_code(&bob.authenticator);
    app.login_with_code("bob@example.com", &code).await.signed_in();
}
