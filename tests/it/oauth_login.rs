//! Logging in with a provider: who gets in, as whom, and what the other gates say.

use authgraph::records::audit_log;
use authgraph::values::audit::{AuditAction, AuditOutcome};
use serde_json::json;

use crate::support::provider::{CALLBACK, Person};
use crate::support::provider_client::{LINKED_MAIL, answer_input};
use crate::support::{PASSWORD, TestApp};

const ANN: &str = "ann@example.com";

fn ann() -> Person {
    Person::new("ann-1", ANN).named("Ann Miller")
}

#[tokio::test]
async fn clients_learn_which_providers_there_are() {
    let (app, _, _) = TestApp::with_two_providers(&[("OIDC_ONE_DISPLAY_NAME", "Number One")]).await;

    let told = app.ask("{ authConfig { oauthProviders { name displayName kind } } }").await.ok();

    assert_eq!(
        told.at("/authConfig/oauthProviders/0"),
        &json!({ "name": "one", "displayName": "Number One", "kind": "OIDC" })
    );
    assert_eq!(told.text_at("/authConfig/oauthProviders/1/name"), "two");
}

#[tokio::test]
async fn somebody_new_gets_an_account_with_a_verified_address_and_no_password() {
    let (app, one) = TestApp::with_provider(&[]).await;

    let answer = app.log_in_at(&one, &ann()).await;

    let signed_in = answer.signed_in();
    let me =
        "{ me { email emailVerified name status hasPassword oauthAccounts { email lastUsedAt provider { name } } } }";
    let me = app.ask(me).by(&signed_in).await.ok();
    let account = json!({ "email": ANN, "lastUsedAt": "2030-03-01T12:00:00.000Z", "provider": { "name": "one" } });
    let expected = json!({
        "email": ANN, "emailVerified": true, "name": "Ann Miller", "status": "ACTIVE", "hasPassword": false,
        "oauthAccounts": [account],
    });
    assert_eq!(me.at("/me"), &expected);
    assert_eq!(answer.at("/completeOAuth/session/authMethods"), &json!(["OAUTH"]));
    assert!(!app.mail_kinds_to(ANN).await.contains(&"verify_email".to_owned()));
    app.assert_no_password(ANN).await;
    assert!(one.complaints().is_empty(), "{:?}", one.complaints());
}

#[tokio::test]
async fn an_account_is_found_by_its_subject_though_the_address_changed_at_the_provider() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let first = app.log_in_at(&one, &ann()).await.signed_in();
    let bob = app.verified("bob@example.com").await;

    let moved = app.log_in_at(&one, &Person::new("ann-1", "bob@example.com")).await.signed_in();
    let without = app.log_in_at(&one, &Person { email: None, ..ann() }).await.signed_in();

    assert_eq!((&moved.user, moved.email.as_str()), (&first.user, ANN));
    assert_eq!(without.user, first.user);
    assert!(app.providers_of(&bob).await.is_empty());
}

#[tokio::test]
async fn a_verified_account_is_found_by_a_verified_address_and_keeps_its_password() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let here = app.verified(ANN).await;

    let there = app.log_in_at(&one, &ann()).await.signed_in();

    assert_eq!(there.user, here.user);
    app.me(&here).await.ok();
    app.login(ANN, PASSWORD).await.signed_in();
    assert_eq!(app.providers_of(&here).await, ["one"]);
    assert!(app.mail_kinds_to(ANN).await.contains(&LINKED_MAIL.to_owned()));
    let events = audit_log::list_latest(&app.app.db, 100).await.unwrap();
    let linked = events.iter().find(|event| event.action == AuditAction::OAuthAccountLinked).unwrap();
    assert_eq!((linked.outcome, &linked.metadata["provider"]), (AuditOutcome::Success, &json!("one")));
}

#[tokio::test]
async fn an_address_that_the_provider_has_not_verified_neither_links_nor_registers() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let here = app.verified(ANN).await;
    let strangers = [
        ann().unverified(),
        Person { email: None, ..ann() },
        Person::new("bob-1", "bob@example.com").unverified(),
        Person::new("bob-1", "no address"),
    ];

    for person in strangers {
        let refused = app.log_in_at(&one, &person).await;
        assert_eq!(refused.refusal(), "OAUTH_FAILED EMAIL_UNVERIFIED", "{person:?}");
    }
    one.lie(json!({ "email_verified": false }));
    assert_eq!(app.log_in_at(&one, &ann()).await.refusal(), "OAUTH_FAILED EMAIL_UNVERIFIED");

    assert_eq!((app.rows("users").await, app.rows("oauth_accounts").await), (1, 0));
    app.me(&here).await.ok();
    let event = app.last_event().await;
    assert_eq!((event.action, event.outcome), (AuditAction::Login, AuditOutcome::Failure));
    assert_eq!(event.metadata["provider"], "one");
}

#[tokio::test]
async fn an_address_may_stand_in_the_user_info_alone() {
    let (app, one) = TestApp::with_provider(&[]).await;
    one.tell_email_in_user_info();

    assert_eq!(app.log_in_at(&one, &ann()).await.signed_in().email, ANN);

    assert_eq!(one.count("/userinfo"), 1);
}

#[tokio::test]
async fn the_user_info_of_another_subject_is_not_believed() {
    let (app, one) = TestApp::with_provider(&[]).await;
    app.verified(ANN).await;
    one.tell_email_in_user_info();
    one.misbehave(|lies| lies.user_info = json!({ "sub": "somebody-else" }));

    let refused = app.log_in_at(&one, &ann()).await;

    assert_eq!(refused.refusal(), "OAUTH_FAILED INVALID_RESPONSE");
    assert_eq!(app.rows("oauth_accounts").await, 0);
}

#[tokio::test]
async fn where_an_address_must_be_verified_the_word_of_the_provider_is_enough() {
    let (app, one) = TestApp::with_provider(&[("EMAIL_VERIFICATION", "required")]).await;

    app.log_in_at(&one, &ann()).await.signed_in();
}

#[tokio::test]
async fn where_registration_is_closed_only_those_come_in_who_have_an_account() {
    let (open, one) = TestApp::with_provider(&[]).await;
    let old = open.log_in_at(&one, &ann()).await.signed_in();
    let member = open.verified("bob@example.com").await;
    let app = open.another_instance_with(&[("REGISTRATION_OPEN", "false")]).await;

    let stranger = app.log_in_at(&one, &Person::new("eve-1", "eve@example.com")).await;

    assert_eq!(stranger.refusal(), "FORBIDDEN REGISTRATION_CLOSED");
    assert_eq!(app.last_event().await.metadata["failure"], "REGISTRATION_CLOSED");
    assert_eq!(app.log_in_at(&one, &ann()).await.signed_in().user, old.user);
    let linked = app.log_in_at(&one, &Person::new("bob-1", "bob@example.com")).await.signed_in();
    assert_eq!(linked.user, member.user);
    assert_eq!(app.rows("users").await, 2);
}

#[tokio::test]
async fn who_was_invited_may_accept_with_a_provider() {
    let (app, one) = TestApp::with_provider(&[("REGISTRATION_OPEN", "false")]).await;
    let admin = app.administrator("root@example.com").await;
    let created = app.create_user(&admin, json!({ "email": ANN })).await.ok();
    let invitation = app.token_to(ANN, "invitation").await;

    let answer = app.log_in_at(&one, &ann()).await;

    assert_eq!(answer.signed_in().user, created.text_at("/createUser/user/id"));
    assert_eq!(answer.text_at("/completeOAuth/user/status"), "ACTIVE");
    assert_eq!(app.reset_password(&invitation, PASSWORD).await.code(), "INVALID_TOKEN");
}

#[tokio::test]
async fn a_provider_is_no_way_past_the_second_factor() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let member = app.with_mfa(ANN).await;
    app.verify_email(&app.token_to(ANN, "verify_email").await).await.ok();

    let waiting = app.log_in_at(&one, &ann()).await.ok();

    assert_eq!(waiting.text_at("/completeOAuth/__typename"), "MfaRequired");
    let challenge = waiting.text_at("/completeOAuth/challengeToken");
    let wrong = app.wrong_code(&member.authenticator);
    assert_eq!(app.verify_mfa(challenge, &wrong).await.code(), "INVALID_MFA_CODE");
    let answer = app.verify_mfa(challenge, &app.next_code(&member.authenticator)).await;
    assert_eq!(answer.signed_in().user, member.session.user);
    assert_eq!(answer.at("/verifyMfa/session/authMethods"), &json!(["OAUTH", "TOTP"]));
}

#[tokio::test]
async fn a_device_has_the_name_that_the_client_gives_when_it_completes_the_login() {
    let (app, one) = TestApp::with_provider(&[]).await;
    for name in [json!("Laptop"), json!(null)] {
        let started = app.start_oauth("one").await;
        let mut answer = answer_input(&started.flow, &one.sign_in(&started.url, &ann()));
        answer["client"] = json!({ "deviceName": name });

        let answer = app.complete_oauth_with(answer).await.ok();

        assert_eq!(answer.at("/completeOAuth/session/device/name"), &name);
    }
}

#[tokio::test]
async fn a_refresh_token_may_go_into_a_cookie() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let started = app.start_oauth("one").await;
    let mut answer = answer_input(&started.flow, &one.sign_in(&started.url, &ann()));
    answer["client"] = json!({ "tokenDelivery": "COOKIE" });

    let answer = app.complete_oauth_with(answer).await.ok();

    assert_eq!(answer.at("/completeOAuth/refreshToken"), &json!(null));
    assert!(answer.header("set-cookie").contains("HttpOnly"), "{}", answer.header("set-cookie"));
}

#[tokio::test]
async fn the_provider_is_told_whom_the_client_expects() {
    let (app, _one) = TestApp::with_provider(&[]).await;
    let input = json!({ "provider": "one", "redirectUri": CALLBACK, "loginHint": "ann+me@example.com" });

    let started = app.start_oauth_with(input).await.ok();

    let url = url::Url::parse(started.text_at("/startOAuth/url")).unwrap();
    assert!(url.query_pairs().any(|(name, value)| name == "login_hint" && value == "ann+me@example.com"), "{url}");
    let expires_at = started.text_at("/startOAuth/expiresAt");
    assert_eq!(expires_at, "2030-03-01T12:10:00.000Z");
}
