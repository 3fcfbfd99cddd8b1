//! Which codes are accepted, and that each is accepted once.

use std::time::Duration;

use crate::support::{Answer, PASSWORD, STEP, TestApp};

/// Many at once are more than an account may try in an hour.
const UNLIMITED: &[(&str, &str)] = &[("RATE_LIMIT_MFA", "0")];

fn granted(answers: &[Answer]) -> usize {
    answers.iter().filter(|answer| answer.errors().is_empty()).count()
}

fn refused_with(answers: &[Answer], code: &str) -> usize {
    answers.iter().filter(|answer| answer.codes() == [code]).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_simultaneous_uses_of_one_code_one_wins() {
    let app = TestApp::with(UNLIMITED).await;
    let ann = app.with_mfa("ann@example.com").await;
    let challenges = app.challenges("ann@example.com", 50).await;
    let code = app.next_code(&ann.authenticator);

    let answers = app.at_once(challenges.iter().map(|challenge| app.verify_mfa(challenge, &code))).await;

    assert_eq!((granted(&answers), refused_with(&answers, "INVALID_MFA_CODE")), (1, 49));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_simultaneous_uses_of_one_backup_code_one_wins() {
    let app = TestApp::with(UNLIMITED).await;
    let ann = app.with_mfa("ann@example.com").await;
    let challenges = app.challenges("ann@example.com", 50).await;

    let uses = challenges.iter().map(|challenge| app.verify_mfa(challenge, &ann.backup_codes[3]));
    let answers = app.at_once(uses).await;

    assert_eq!((granted(&answers), refused_with(&answers, "INVALID_MFA_CODE")), (1, 49));
    assert_eq!(app.mfa_status(&ann.session).await.at("/me/mfa/backupCodesRemaining"), 7);
    let told = ["verify_email", "mfa_enabled", "backup_code_used", "mfa_codes_refused"];
    let mut mails = app.mail_kinds_to("ann@example.com").await;
    mails.sort_unstable_by_key(|mail| told.iter().position(|kind| kind == mail));
    assert_eq!(mails, told);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_fifty_simultaneous_uses_of_one_challenge_one_wins_and_five_are_judged() {
    let app = TestApp::with(UNLIMITED).await;
    let ann = app.with_mfa("ann@example.com").await;
    let challenge = app.challenge("ann@example.com").await;
    let code = app.next_code(&ann.authenticator);

    let answers = app.at_once((0..50).map(|_| app.verify_mfa(&challenge, &code))).await;

    assert_eq!(granted(&answers), 1);
    let judged = 50 - refused_with(&answers, "INVALID_TOKEN");
    assert!(judged <= 5, "{judged} were judged");
}

#[tokio::test]
async fn a_used_code_is_never_accepted_again() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    let confirming = app.code(&ann.authenticator);
    assert_eq!(app.login_with_code("ann@example.com", &confirming).await.code(), "INVALID_MFA_CODE");

    let code = app.next_code(&ann.authenticator);
    app.login_with_code("ann@example.com", &code).await.signed_in();

    assert_eq!(app.login_with_code("ann@example.com", &code).await.code(), "INVALID_MFA_CODE");
    assert_eq!(app.reauthenticate_with_code(&ann.session, &code).await.code(), "INVALID_MFA_CODE");
    assert_eq!(app.regenerate_backup_codes(&ann.session, &code).await.code(), "INVALID_MFA_CODE");
    assert_eq!(app.disable_mfa(&ann.session, Some(PASSWORD), &code).await.code(), "INVALID_MFA_CODE");
}

#[tokio::test]
async fn a_code_is_used_up_wherever_it_was_used() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    let code = app.next_code(&ann.authenticator);
    app.reauthenticate_with_code(&ann.session, &code).await.ok();
    assert_eq!(app.login_with_code("ann@example.com", &code).await.code(), "INVALID_MFA_CODE");

    let code = app.next_code(&ann.authenticator);
    app.regenerate_backup_codes(&ann.session, &code).await.ok();
    assert_eq!(app.login_with_code("ann@example.com", &code).await.code(), "INVALID_MFA_CODE");
}

#[tokio::test]
async fn clocks_may_differ_by_one_step_and_not_by_two() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    app.wait(Duration::from_mins(5));
    let now = app.app.clock.now();
    let shown_at = |at| app.reauthenticate_with_code(&ann.session, &ann.authenticator.code_at(at));

    for too_far in [now - 2 * STEP, now + 2 * STEP] {
        assert_eq!(shown_at(too_far).await.code(), "INVALID_MFA_CODE");
    }
    for near in [now - STEP, now, now + STEP] {
        shown_at(near).await.ok();
    }
}

#[tokio::test]
async fn an_older_code_than_the_last_is_not_accepted() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    app.wait(Duration::from_mins(5));
    let now = app.app.clock.now();

    app.reauthenticate_with_code(&ann.session, &ann.authenticator.code_at(now + STEP)).await.ok();

    let unused = ann.authenticator.code_at(now);
    assert_eq!(app.reauthenticate_with_code(&ann.session, &unused).await.code(), "INVALID_MFA_CODE");
}

#[tokio::test]
async fn spaces_and_dashes_do_not_matter() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;

    for filler in [" ", "-", " \u{2013} ", "\u{a0}"] {
        let code = app.next_code(&ann.authenticator);
        let typed = format!(" {}{filler}{} ", &code[..3], &code[3..]);
        app.login_with_code("ann@example.com", &typed).await.signed_in();
    }
    let typed = ann.backup_codes[0].to_lowercase().replace('-', " ").replace('0', "o").replace('1', "l");
    app.login_with_code("ann@example.com", &typed).await.signed_in();
}

#[tokio::test]
async fn what_is_no_code_is_a_wrong_one() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    let typed = ["", "ABCDEF", "١٢٣٤٥٦", &"1".repeat(4_000)];
    let challenge = app.challenge("ann@example.com").await;

    for (typed, left) in typed.into_iter().zip((0..5).rev()) {
        let refused = app.verify_mfa(&challenge, typed).await;
        assert_eq!(refused.code(), "INVALID_MFA_CODE", "{typed:?}");
        assert_eq!((refused.extension("attemptsLeft"), refused.extension("statusCode")), (&left.into(), &401.into()));
    }
    let code = app.next_code(&ann.authenticator);
    app.verify_mfa(&challenge, &code).await.signed_in();
}

#[tokio::test]
async fn one_users_codes_are_nothing_to_another() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    app.with_mfa("bob@example.com").await;
    let code = app.next_code(&ann.authenticator);

    for code in [&code, &ann.backup_codes[0]] {
        assert_eq!(app.login_with_code("bob@example.com", code).await.code(), "INVALID_MFA_CODE");
    }
    app.login_with_code("ann@example.com", &ann.backup_codes[0]).await.signed_in();
    app.login_with_code("ann@example.com", &code).await.signed_in();
}

#[tokio::test]
async fn who_has_no_second_factor_proves_nothing_by_a_code() {
    let app = TestApp::start().await;
    let bob = app.signed_in("bob@example.com").await;

    assert_eq!(app.reauthenticate_with_code(&bob, "123456").await.field_errors(), ["input.password REQUIRED"]);
    assert_eq!(app.regenerate_backup_codes(&bob, "123456").await.code(), "CONFLICT");
    assert_eq!(app.disable_mfa(&bob, Some(PASSWORD), "123456").await.code(), "CONFLICT");
}

#[tokio::test]
async fn a_code_is_read_in_the_digits_of_every_keyboard() {
    let app = TestApp::with(UNLIMITED).await;
    let ann = app.with_mfa("ann@example.com").await;
    for zero in ['\u{660}', '\u{6f0}', '\u{966}', '\u{ff10}'] {
        let [challenge] = &app.challenges("ann@example.com", 1).await[..] else { panic!("one challenge") };
        let code = app.next_code(&ann.authenticator);
        let typed: String =
            code.chars().filter_map(|digit| char::from_u32(u32::from(zero) + digit.to_digit(10).unwrap())).collect();

        app.verify_mfa(challenge, &format!("\u{202b}{typed}\u{200b}")).await.signed_in();
    }
}
