//! How a login ends or continues: one result for every way in, open at its end.

use std::time::Duration;

use authgraph::records::audit_log;
use serde_json::{Value, json};

use crate::support::{PASSWORD, TestApp};

const REQUIRED: &[(&str, &str)] = &[("EMAIL_VERIFICATION", "required")];

/// Another device than the one that registers.
const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";

/// What a client of an older version selects: it knows one type and the interface.
const OLD_CLIENT: &str = "__typename ... on SignedIn { accessToken } ... on LoginStep { message }";

#[tokio::test]
async fn a_client_that_does_not_know_a_step_can_show_its_message() {
    let app = TestApp::with(REQUIRED).await;
    app.register("ann@example.com").await.ok();
    let input = json!({ "email": "ann@example.com", "password": PASSWORD });

    let login = app.mutate("login", input, OLD_CLIENT).await.ok();

    let message = "Please verify your email address with the link in the email that was sent to you.";
    let step = json!({ "__typename": "EmailVerificationRequired", "message": message });
    assert_eq!(login.at("/login"), &step);
    let other = json!({ "email": "ben@example.com", "password": PASSWORD });
    assert_eq!(app.mutate("register", other, OLD_CLIENT).await.ok().at("/register"), &step);
}

#[tokio::test]
async fn the_message_of_the_second_factor_names_what_is_accepted() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    let input = json!({ "email": "ann@example.com", "password": PASSWORD });

    let both = app.mutate("login", input.clone(), OLD_CLIENT).await.ok();
    assert_eq!(both.text_at("/login/message"), "Please enter the code of your authenticator app, or a backup code.");

    for code in &ann.backup_codes {
        app.login_with_code("ann@example.com", code).await.signed_in();
    }
    let app_alone = app.mutate("login", input, OLD_CLIENT).await.ok();
    assert_eq!(app_alone.text_at("/login/message"), "Please enter the code of your authenticator app.");
}

#[tokio::test]
async fn one_fragment_reads_the_result_of_every_way_in() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    let challenge = app.challenge("ann@example.com").await;
    let document = "mutation($verify: VerifyMfaInput!) { verifyMfa(input: $verify) { ...Outcome } }
        fragment Outcome on LoginResult { __typename ... on SignedIn { user { email } } ... on LoginStep { message } }";

    let verify = json!({ "challengeToken": challenge, "code": ann.backup_codes[0] });
    let answer = app.ask(document).variables(json!({ "verify": verify })).await.ok();

    let expected = json!({ "__typename": "SignedIn", "user": { "email": "ann@example.com" } });
    assert_eq!(answer.at("/verifyMfa"), &expected);
}

#[tokio::test]
async fn a_login_that_must_wait_for_the_address_is_in_the_trail_and_counts_neither_as_login_nor_as_failure() {
    let app = TestApp::with(REQUIRED).await;
    app.register("ann@example.com").await.ok();

    app.login("ann@example.com", PASSWORD).await.ok();

    assert_eq!(app.audit_trail().await, ["USER_REGISTERED Success", "EMAIL_VERIFICATION_REQUIRED Success"]);
    let events = audit_log::list_latest(&app.app.db, 1).await.unwrap();
    assert_eq!((events[0].actor_id, events[0].subject_id), (events[0].subject_id, events[0].actor_id));
    assert_eq!(events[0].metadata.0, json!({ "method": "PASSWORD" }));
    let admin = app.administrator("root@example.com").await;
    let document = "{ dashboard(days: 1) { days { registrations logins failedLogins } } }";
    let dashboard = app.ask(document).by(&admin).await.ok();
    // The only login is that of the administrator.
    assert_eq!(dashboard.at("/dashboard/days"), &json!([{ "registrations": 1, "logins": 1, "failedLogins": 0 }]));
}

#[tokio::test]
async fn the_address_comes_before_the_second_factor_and_a_lock_before_both() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    let strict = app.another_instance_with(REQUIRED).await;

    let step = strict.login("ann@example.com", PASSWORD).await.ok();
    assert_eq!(step.text_at("/login/__typename"), "EmailVerificationRequired");

    app.guess_wrong("ann@example.com", 5).await;
    let away = strict.login("ann@example.com", PASSWORD).header("user-agent", FIREFOX);
    assert_eq!(away.await.code(), "ACCOUNT_LOCKED");
    app.me(&ann.session).await.ok();
}

#[tokio::test]
async fn verification_emails_of_logins_are_limited_and_the_answer_is_the_same() {
    let app = TestApp::with(&[("EMAIL_VERIFICATION", "required"), ("RATE_LIMIT_EMAIL", "2/1h")]).await;
    app.register("ann@example.com").await.ok();
    app.mails_to("ann@example.com").await;

    let mut answers = Vec::new();
    for _ in 0..4 {
        answers.push(app.login("ann@example.com", PASSWORD).await.ok().text);
        app.mails_to("ann@example.com").await;
    }

    assert!(answers.iter().all(|answer| *answer == answers[0]));
    assert_eq!(app.mail_kinds_to("ann@example.com").await.len(), 3);
}

#[tokio::test]
async fn the_seconds_of_an_access_token_are_those_that_are_left_when_it_is_given() {
    let app = TestApp::start().await;
    let ann = app.register("ann@example.com").await;
    assert_eq!(ann.at("/register/accessTokenExpiresIn"), &json!(900));
    let ann = ann.signed_in();
    let first = app.refresh_as(&ann, "k").await.ok();
    assert_eq!(first.at("/refresh/accessTokenExpiresIn"), &json!(900));

    app.wait(Duration::from_millis(20_500));
    let replayed = app.refresh_as(&ann, "k").await.ok();

    assert_eq!(replayed.at("/refresh/accessToken"), first.at("/refresh/accessToken"));
    assert_eq!(replayed.at("/refresh/accessTokenExpiresIn"), &json!(879), "rounded down");
}

#[tokio::test]
async fn the_session_of_the_request_needs_no_list() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    for _ in 0..25 {
        app.wait(Duration::from_secs(1));
        app.login("ann@example.com", PASSWORD).await.ok();
    }

    let fields = "id current status recentAuthUntil reauthenticationMethods user { email }";
    let answer = app.ask(format!("{{ session {{ {fields} }} }}")).by(&ann).await.ok();

    let expected = json!({ "id": ann.session, "current": true, "status": "ACTIVE",
        "recentAuthUntil": "2030-03-01T12:10:00.000Z", "reauthenticationMethods": ["PASSWORD"],
        "user": { "email": "ann@example.com" } });
    assert_eq!(answer.at("/session"), &expected);
    app.wait(Duration::from_mins(10));
    let over = app.ask("{ session { recentAuthUntil } }").by(&ann).await.ok();
    assert_eq!(over.at("/session/recentAuthUntil"), &json!(null));
    assert_eq!(app.ask("{ session { id } }").await.code(), "UNAUTHENTICATED");
}

/// What a session tells about proofs of identity, through `node`.
async fn proofs(app: &TestApp, session: &str, who: &crate::support::SignedIn) -> Value {
    let document = "query($id: ID!) { node(id: $id) { ... on Session { recentAuthUntil reauthenticationMethods } } }";
    app.ask(document).variables(json!({ "id": session })).by(who).await.ok().at("/node").clone()
}

#[tokio::test]
async fn a_session_tells_its_proofs_to_its_user_alone_also_as_a_node() {
    let app = TestApp::start().await;
    let root = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    let phone = app.login("ann@example.com", PASSWORD).await.signed_in();
    let nothing = json!({ "recentAuthUntil": null, "reauthenticationMethods": [] });

    let own = json!({ "recentAuthUntil": "2030-03-01T12:10:00.000Z", "reauthenticationMethods": ["PASSWORD"] });
    assert_eq!(proofs(&app, &ann.session, &ann).await, own);
    assert_eq!(proofs(&app, &phone.session, &ann).await, own);
    assert_eq!(proofs(&app, &ann.session, &root).await, nothing);

    app.logout(&phone).await.ok();
    let ended = json!({ "recentAuthUntil": null, "reauthenticationMethods": ["PASSWORD"] });
    assert_eq!(proofs(&app, &phone.session, &ann).await, ended, "nothing is allowed in a session that has ended");
}
