//! Proof that it is still you: reauthentication by a code, turning the second factor off, new backup codes.

use std::time::Duration;

use authgraph::records::audit_log;
use serde_json::json;

use crate::support::{GraphQLRequest, PASSWORD, STEP, SignedIn, TestApp, codes_of};

#[tokio::test]
async fn a_code_opens_the_window_for_sensitive_actions() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    app.wait(Duration::from_mins(10));
    assert_eq!(app.request_email_change(&ann.session, "a@new.example").await.code(), "REAUTHENTICATION_REQUIRED");

    let wrong = app.reauthenticate_with_code(&ann.session, &app.wrong_code(&ann.authenticator)).await;
    assert_eq!((wrong.code(), wrong.extension("attemptsLeft")), ("INVALID_MFA_CODE", &json!(null)));
    assert_eq!(app.request_email_change(&ann.session, "a@new.example").await.code(), "REAUTHENTICATION_REQUIRED");

    let opened = app.reauthenticate_with_code(&ann.session, &app.code(&ann.authenticator)).await;
    assert_eq!(opened.text_at("/reauthenticate/session/recentAuthUntil"), "2030-03-01T12:20:00.000Z");
    app.request_email_change(&ann.session, "a@new.example").await.ok();
}

#[tokio::test]
async fn a_backup_code_opens_the_window_once() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;

    app.reauthenticate_with_code(&ann.session, &ann.backup_codes[0]).await.ok();

    assert_eq!(app.reauthenticate_with_code(&ann.session, &ann.backup_codes[0]).await.code(), "INVALID_MFA_CODE");
    assert_eq!(app.mail_kinds_to("ann@example.com").await.last().unwrap(), "backup_code_used");
}

#[tokio::test]
async fn a_proof_opens_the_window_of_its_own_session_alone() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    let other = app.login_with_code("ann@example.com", &ann.backup_codes[0]).await.signed_in();
    app.wait(Duration::from_mins(10));

    app.reauthenticate_with_code(&other, &ann.backup_codes[1]).await.ok();

    assert_eq!(app.request_email_change(&ann.session, "a@new.example").await.code(), "REAUTHENTICATION_REQUIRED");
    app.request_email_change(&other, "a@new.example").await.ok();
}

#[tokio::test]
async fn turning_it_off_needs_password_and_code() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    let (code, wrong) = (app.next_code(&ann.authenticator), app.wrong_code(&ann.authenticator));

    let refused = [(Some("Wrong-Guess-99"), &code), (None, &code), (Some("Wrong-Guess-99"), &wrong)];
    for (password, code) in refused {
        assert_eq!(app.disable_mfa(&ann.session, password, code).await.code(), "INVALID_CREDENTIALS");
    }
    let refused = app.disable_mfa(&ann.session, Some(PASSWORD), &wrong).await;
    assert_eq!((refused.code(), refused.at("/disableMfa")), ("INVALID_MFA_CODE", &json!(null)));
    assert_eq!(app.mfa_status(&ann.session).await.at("/me/mfa/enabled"), true);
    assert_eq!(app.first_step("ann@example.com").await.text_at("/login/__typename"), "MfaRequired");

    // None of the refusals has used the code up.
    app.disable_mfa(&ann.session, Some(PASSWORD), &code).await.ok();
    assert_eq!(app.first_step("ann@example.com").await.text_at("/login/__typename"), "SignedIn");
}

#[tokio::test]
async fn turning_it_off_forgets_the_secret_and_the_codes() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    app.disable_mfa(&ann.session, Some(PASSWORD), &ann.backup_codes[0]).await.ok();

    let (kept,): (i64,) = (app.app.db)
        .query("select (select count(*) from mfa) + (select count(*) from backup_codes) + (select count(*) from mfa_enrollments)")
        .one()
        .await
        .unwrap();
    assert_eq!(kept, 0);

    app.wait(STEP);
    let authenticator = app.enrolled(&ann.session).await;
    app.confirm_enrollment(&ann.session, &app.code(&authenticator)).await.ok();
    for old in [app.next_code(&ann.authenticator), ann.backup_codes[1].clone()] {
        assert_eq!(app.login_with_code("ann@example.com", &old).await.code(), "INVALID_MFA_CODE");
    }
    app.login_with_code("ann@example.com", &app.code(&authenticator)).await.signed_in();
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_simultaneous_requests_for_new_codes_one_is_answered() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    let code = app.next_code(&ann.authenticator);

    let answers = app.at_once((0..10).map(|_| app.regenerate_backup_codes(&ann.session, &code))).await;

    let mut renewed = answers.iter().filter(|answer| answer.errors().is_empty());
    let codes = codes_of(renewed.next().unwrap(), "regenerateBackupCodes");
    assert!(renewed.next().is_none());
    assert_eq!(app.mfa_status(&ann.session).await.at("/me/mfa/backupCodesRemaining"), 8);
    app.login_with_code("ann@example.com", &codes[7]).await.signed_in();
}

#[tokio::test]
async fn the_email_of_a_used_backup_code_warns_when_few_are_left() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    for code in &ann.backup_codes {
        app.login_with_code("ann@example.com", code).await.signed_in();
        app.wait(Duration::from_secs(1));
    }

    let mails = app.mails_to("ann@example.com").await;

    let mails: Vec<_> = mails.iter().filter(|mail| mail.kind == "backup_code_used").collect();
    assert_eq!(mails.len(), 8);
    for (mail, left) in mails.iter().zip((0..8).rev()) {
        assert_eq!(mail.summary.subject.starts_with("Few backup codes are left"), left <= 2, "{left} left");
        assert!(mail.text.contains(&format!("You have {left} left.")), "{}", mail.text);
    }
    let waiting = app.first_step("ann@example.com").await;
    assert_eq!(waiting.at("/login/methods"), &json!(["TOTP"]));
}

#[tokio::test]
async fn the_emails_of_on_and_off_say_so() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    app.wait(Duration::from_secs(1));
    app.disable_mfa(&ann.session, Some(PASSWORD), &ann.backup_codes[0]).await.ok();

    let mails = app.mails_to("ann@example.com").await;

    let subject = |kind: &str| mails.iter().find(|mail| mail.kind == kind).map(|mail| &*mail.summary.subject);
    assert_eq!(subject("mfa_enabled"), Some("Two-step sign-in for authgraph is on"));
    assert_eq!(subject("mfa_disabled"), Some("Two-step sign-in for authgraph is off"));
    let told = mails.iter().map(|mail| &*mail.source).collect::<String>();
    assert!(!told.contains(&ann.authenticator.secret) && !told.contains(&ann.backup_codes[1]));
}

#[tokio::test]
async fn every_wrong_code_is_in_the_trail_and_no_code_is() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    let bob = app.signed_in("bob@example.com").await;
    let authenticator = app.enrolled(&bob).await;
    let (wrong, wrong_for_bob) = (app.wrong_code(&ann.authenticator), app.wrong_code(&authenticator));
    let before = app.audit_trail().await.len();

    app.confirm_enrollment(&bob, &wrong_for_bob).await;
    app.login_with_code("ann@example.com", &wrong).await;
    app.reauthenticate_with_code(&ann.session, &wrong).await;
    app.disable_mfa(&ann.session, Some(PASSWORD), &wrong).await;
    app.regenerate_backup_codes(&ann.session, &wrong).await;

    let trail = app.audit_trail().await;
    let refused = [
        "MFA_ENABLED Failure",
        "MFA_CHALLENGED Success",
        "LOGIN Failure",
        "REAUTHENTICATED Failure",
        "MFA_DISABLED Failure",
        "BACKUP_CODES_REGENERATED Failure",
    ];
    assert_eq!(trail[before..], refused);
    let events = audit_log::list_latest(&app.app.db, 6).await.unwrap();
    for event in events.iter().filter(|event| event.metadata.get("method").is_none()) {
        assert_eq!(event.metadata["reason"], "INVALID_MFA_CODE");
        let told = event.metadata.to_string();
        assert!(!told.contains(&wrong) && !told.contains(&wrong_for_bob), "{told}");
    }
}

#[tokio::test]
async fn a_password_alone_is_no_proof_where_a_second_factor_is_on() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    app.wait(Duration::from_mins(10));

    let refused = app.reauthenticate(&ann.session, PASSWORD).await;

    assert_eq!(refused.field_errors(), ["input.code REQUIRED"]);
    assert_eq!(app.delete_account(&ann.session, "ann@example.com").await.code(), "REAUTHENTICATION_REQUIRED");
}

#[tokio::test]
async fn a_changed_password_opens_no_window_where_a_second_factor_is_on() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    app.wait(Duration::from_mins(9));
    app.change_password(&ann.session, PASSWORD, "Another-Horse-8").await.ok();
    app.wait(Duration::from_mins(1));

    let refused = app.change_password(&ann.session, "Another-Horse-8", "Third-Horse-99").await;

    assert_eq!(refused.code(), "REAUTHENTICATION_REQUIRED");
    assert_eq!(app.request_email_change(&ann.session, "a@new.example").await.code(), "REAUTHENTICATION_REQUIRED");
    app.reauthenticate_with_code(&ann.session, &ann.backup_codes[0]).await.ok();
    app.change_password(&ann.session, "Another-Horse-8", "Third-Horse-99").await.ok();
}

/// An administrator whose second factor is on and whose last proof is old.
async fn root(app: &TestApp) -> (SignedIn, Vec<String>) {
    let root = app.admin("root@example.com").await;
    let authenticator = app.enrolled(&root).await;
    let confirmed = app.confirm_enrollment(&root, &app.code(&authenticator)).await.ok();
    app.wait(Duration::from_mins(10));
    (root, codes_of(&confirmed, "confirmMfaEnrollment"))
}

fn prove(app: &TestApp, who: &SignedIn, password: &str, code: &str) -> GraphQLRequest {
    app.mutate("reauthenticate", json!({ "password": password, "code": code }), "session { recentAuthUntil }").by(who)
}

#[tokio::test]
async fn administrators_prove_it_by_password_and_code() {
    let app = TestApp::start().await;
    let (root, codes) = root(&app).await;

    assert_eq!(app.reauthenticate(&root, PASSWORD).await.field_errors(), ["input.code REQUIRED"]);
    assert_eq!(app.reauthenticate_with_code(&root, &codes[0]).await.field_errors(), ["input.password REQUIRED"]);
    assert_eq!(app.regenerate_backup_codes(&root, &codes[0]).await.code(), "REAUTHENTICATION_REQUIRED");

    prove(&app, &root, PASSWORD, &codes[0]).await.ok();
    app.regenerate_backup_codes(&root, &codes[1]).await.ok();
}

#[tokio::test]
async fn of_two_proofs_both_are_judged_and_the_answer_does_not_say_which_was_wrong() {
    let app = TestApp::with(&[("RATE_LIMIT_MFA", "4/12m")]).await;
    let (root, codes) = root(&app).await;

    let wrong_password = prove(&app, &root, "Wrong-Guess-99", &codes[0]).await;
    let wrong_code = prove(&app, &root, PASSWORD, "000000").await;
    let both_wrong = prove(&app, &root, "Wrong-Guess-99", "000000").await;

    assert_eq!(wrong_password.code(), "INVALID_CREDENTIALS");
    assert_eq!(wrong_password.anonymous_text(), wrong_code.anonymous_text());
    assert_eq!(wrong_password.anonymous_text(), both_wrong.anonymous_text());
    // Three codes were judged besides that of the enrolment, whatever the password was.
    assert_eq!(prove(&app, &root, PASSWORD, &codes[0]).await.code(), "RATE_LIMITED");
    app.wait(Duration::from_mins(2));
    prove(&app, &root, PASSWORD, &codes[0]).await.ok();
}

#[tokio::test]
async fn a_session_tells_its_user_by_what_to_prove_it_and_until_when_it_is_proved() {
    let app = TestApp::start().await;
    let (root, _) = root(&app).await;
    let ann = app.with_mfa("ann@example.com").await.session;
    let bob = app.signed_in("bob@example.com").await;
    let own = "{ me { sessions(first: 1) { edges { node { recentAuthUntil reauthenticationMethods } } } } }";
    let first = "/me/sessions/edges/0/node";

    let told = async |who: &SignedIn| app.ask(own).by(who).await.ok().at(first).clone();

    let until = "2030-03-01T12:20:00.000Z";
    assert_eq!(told(&bob).await, json!({ "recentAuthUntil": until, "reauthenticationMethods": ["PASSWORD"] }));
    assert_eq!(told(&ann).await, json!({ "recentAuthUntil": until, "reauthenticationMethods": ["TOTP"] }));
    let both = json!({ "recentAuthUntil": null, "reauthenticationMethods": ["PASSWORD", "TOTP"] });
    assert_eq!(told(&root).await, both);
    let of_bob = "query($id: ID!) { user(id: $id) { sessions(first: 1) { edges { node {
        recentAuthUntil reauthenticationMethods } } } } }";
    let seen = app.ask(of_bob).variables(json!({ "id": bob.user })).by(&root).await.ok();
    assert_eq!(
        seen.at("/user/sessions/edges/0/node"),
        &json!({ "recentAuthUntil": null, "reauthenticationMethods": [] })
    );
}
