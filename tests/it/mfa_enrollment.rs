//! Turning the second factor on: nothing changes before a code of the new secret confirms.

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use url::Url;

use crate::support::{PASSWORD, START, TestApp, codes_of};

#[tokio::test]
async fn the_uri_tells_an_app_everything_and_the_picture_is_an_svg() {
    let app = TestApp::with(&[("PRODUCT_NAME", "Acme & Sons")]).await;
    let ann = app.signed_in("ann+work@example.com").await;

    let shown = app.start_enrollment(&ann).await.ok();

    let uri = Url::parse(shown.text_at("/startMfaEnrollment/otpauthUri")).unwrap();
    assert_eq!((uri.scheme(), uri.host_str()), ("otpauth", Some("totp")));
    assert!(uri.path().ends_with("ann%2Bwork%40example.com"), "{uri}");
    let parameter =
        |name: &str| uri.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value.into_owned());
    assert_eq!(parameter("secret").as_deref(), Some(shown.text_at("/startMfaEnrollment/secret")));
    assert_eq!(parameter("issuer").as_deref(), Some("Acme & Sons"));
    // What an app does without: SHA-1, six digits, thirty seconds.
    for (name, default) in [("algorithm", "SHA1"), ("digits", "6"), ("period", "30")] {
        assert!(parameter(name).is_none_or(|value| value == default), "{uri}");
    }

    let picture = shown.text_at("/startMfaEnrollment/qrCode").strip_prefix("data:image/svg+xml;base64,").unwrap();
    let picture = String::from_utf8(BASE64_STANDARD.decode(picture).unwrap()).unwrap();
    assert!(picture.contains("xmlns=\"http://www.w3.org/2000/svg\""), "{picture}");
    assert_well_formed(&picture);
}

/// Every element that is opened is closed in its turn.
fn assert_well_formed(xml: &str) {
    let mut open = Vec::new();
    for tag in xml.split('<').skip(1) {
        let (tag, _) = tag.split_once('>').expect("a tag that ends");
        let name = tag.split_whitespace().next().unwrap().trim_end_matches('/');
        match tag.strip_prefix('/') {
            Some(name) => assert_eq!(open.pop(), Some(name), "{xml}"),
            None if tag.starts_with('?') || tag.ends_with('/') => {}
            None => open.push(name),
        }
        assert!(tag.matches('"').count() % 2 == 0, "{tag}");
    }
    assert!(open.is_empty() && xml.contains("<svg"), "{xml}");
}

#[tokio::test]
async fn eight_backup_codes_are_shown_once() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;

    let mut codes = ann.backup_codes.clone();
    codes.sort();
    codes.dedup();
    assert_eq!(codes.len(), 8);
    assert!(codes.iter().all(|code| code.len() == 19 && code.matches('-').count() == 3), "{codes:?}");
}

#[tokio::test]
async fn an_enrolment_that_nobody_confirms_changes_nothing() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let authenticator = app.enrolled(&ann).await;

    assert_eq!(app.mfa_status(&ann).await.at("/me/mfa/enabled"), false);
    let wrong = app.confirm_enrollment(&ann, &app.wrong_code(&authenticator)).await;
    assert_eq!((wrong.code(), wrong.extension("attemptsLeft").is_null()), ("INVALID_MFA_CODE", true));
    assert_eq!(app.first_step("ann@example.com").await.text_at("/login/__typename"), "SignedIn");
    assert_eq!(app.mail_kinds_to("ann@example.com").await, ["verify_email"]);
    assert!(app.audit_trail().await.contains(&"MFA_ENABLED Failure".to_owned()));
}

#[tokio::test]
async fn an_enrolment_waits_for_a_quarter_of_an_hour() {
    let app = TestApp::start().await;
    for (email, wait, is_on) in [("ann@example.com", 899, true), ("bob@example.com", 900, false)] {
        let member = app.signed_in(email).await;
        let authenticator = app.enrolled(&member).await;
        app.wait(Duration::from_secs(wait));
        let member = app.refresh(&member).await.signed_in();

        let answer = app.confirm_enrollment(&member, &app.code(&authenticator)).await;

        assert_eq!(answer.codes(), if is_on { vec![] } else { vec!["CONFLICT"] });
        assert_eq!(app.mfa_status(&member).await.at("/me/mfa/enabled"), is_on);
    }
}

#[tokio::test]
async fn starting_again_replaces_the_secret() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let [first, second] = [app.enrolled(&ann).await, app.enrolled(&ann).await];
    assert_ne!(first.secret, second.secret);

    assert_eq!(app.confirm_enrollment(&ann, &app.code(&first)).await.code(), "INVALID_MFA_CODE");
    app.confirm_enrollment(&ann, &app.code(&second)).await.ok();
}

#[tokio::test]
async fn what_is_on_cannot_be_turned_on() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;

    assert_eq!(app.start_enrollment(&ann.session).await.code(), "CONFLICT");
    let code = app.next_code(&ann.authenticator);
    assert_eq!(app.confirm_enrollment(&ann.session, &code).await.code(), "CONFLICT");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_simultaneous_confirmations_one_shows_codes_that_work() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let authenticator = app.enrolled(&ann).await;
    let code = app.code(&authenticator);

    let answers = app.at_once((0..10).map(|_| app.confirm_enrollment(&ann, &code))).await;

    let confirmed: Vec<_> = answers.iter().filter(|answer| answer.errors().is_empty()).collect();
    let [confirmed] = confirmed[..] else { panic!("{} were confirmed", confirmed.len()) };
    assert_eq!(answers.iter().filter(|answer| answer.codes() == ["CONFLICT"]).count(), 9);
    let codes = codes_of(confirmed, "confirmMfaEnrollment");
    app.login_with_code("ann@example.com", &codes[0]).await.signed_in();
}

#[tokio::test]
async fn turning_it_on_needs_a_fresh_proof_of_identity() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    app.wait(Duration::from_mins(10));
    assert_eq!(app.start_enrollment(&ann).await.code(), "REAUTHENTICATION_REQUIRED");

    let opened = app.reauthenticate(&ann, PASSWORD).await.ok();
    assert_eq!(opened.text_at("/reauthenticate/session/recentAuthUntil"), "2030-03-01T12:20:00.000Z");
    app.start_enrollment(&ann).await.ok();
    assert_eq!(app.app.clock.now(), START + Duration::from_mins(10));
}
