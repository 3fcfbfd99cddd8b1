//! Secrets at rest: sealed, bound to their user, and carried from one key to the next.

use std::time::Duration;

use authgraph::flows::check_encryption_keys::check_encryption_keys;
use authgraph::flows::reseal::{Resealed, reseal};
use authgraph::values::ids::UserId;
use base32::Alphabet;

use crate::support::{Answer, MfaMember, TestApp};

const OLD: &str = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
const NEW: &str = "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE=";

async fn with_keys(app: &TestApp, keys: &str) -> TestApp {
    app.another_instance_with(&[("MFA_ENCRYPTION_KEYS", keys)]).await
}

fn user(of: &MfaMember) -> UserId {
    of.session.user.parse().unwrap()
}

async fn sealed_secret(app: &TestApp, of: &MfaMember) -> Vec<u8> {
    let query = app.app.db.query("select sealed_secret from mfa where user_id = $1").bind(user(of));
    let (sealed,): (Vec<u8>,) = query.one().await.unwrap();
    sealed
}

async fn sign_in(app: &TestApp, member: &MfaMember) -> Answer {
    let code = app.next_code(&member.authenticator);
    app.login_with_code(&member.session.email, &code).await
}

/// The code that was typed is not to blame, and the answer says nothing of the cause.
#[track_caller]
fn assert_internal(answer: &Answer) {
    assert_eq!(answer.code(), "INTERNAL");
    assert_eq!(answer.extension("correlationId"), answer.header("x-request-id"));
    assert!(!answer.text.to_lowercase().contains("seal") && !answer.text.contains("MFA"), "{}", answer.text);
}

#[tokio::test]
async fn the_database_keeps_no_secret_and_no_code_that_can_be_read() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    let secret = base32::decode(Alphabet::Rfc4648 { padding: false }, &ann.authenticator.secret).unwrap();

    let sealed = sealed_secret(&app, &ann).await;
    assert!(!sealed.windows(secret.len()).any(|window| window == secret));

    let kept: Vec<(Vec<u8>,)> = app.app.db.query("select hash from backup_codes").all().await.unwrap();
    assert_eq!(kept.len(), 8);
    for code in &ann.backup_codes {
        let plain = base32::decode(Alphabet::Crockford, &code.replace('-', "")).unwrap();
        assert!(!kept.iter().any(|(hash,)| hash.windows(plain.len()).any(|window| window == plain)));
    }
}

#[tokio::test]
async fn a_secret_that_was_moved_to_another_user_opens_nothing() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.with_mfa("ann@example.com").await, app.with_mfa("bob@example.com").await);
    let moved = app.app.db.query("update mfa set sealed_secret = $2 where user_id = $1");
    moved.bind(user(&bob)).bind(sealed_secret(&app, &ann).await).execute().await.unwrap();

    let code = app.next_code(&ann.authenticator);
    assert_internal(&app.login_with_code("bob@example.com", &code).await);
    assert_internal(&app.reauthenticate_with_code(&bob.session, &app.code(&bob.authenticator)).await);

    app.login_with_code("bob@example.com", &bob.backup_codes[0]).await.signed_in();
    app.login_with_code("ann@example.com", &code).await.signed_in();
}

#[tokio::test]
async fn without_its_key_a_secret_is_a_fault_of_the_server() {
    let app = TestApp::with(&[("MFA_ENCRYPTION_KEYS", OLD)]).await;
    let ann = app.with_mfa("ann@example.com").await;

    assert_internal(&sign_in(&with_keys(&app, NEW).await, &ann).await);

    sign_in(&app, &ann).await.signed_in();
}

#[tokio::test]
async fn losing_the_newest_key_leaves_the_older_enrolments_alone() {
    let app = TestApp::with(&[("MFA_ENCRYPTION_KEYS", OLD)]).await;
    let ann = app.with_mfa("ann@example.com").await;
    let both = with_keys(&app, &format!("{NEW},{OLD}")).await;
    let bob = both.with_mfa("bob@example.com").await;
    sign_in(&both, &ann).await.signed_in();
    sign_in(&both, &bob).await.signed_in();

    sign_in(&app, &ann).await.signed_in();
    assert_internal(&sign_in(&app, &bob).await);
}

#[tokio::test]
async fn sealing_anew_lets_the_old_key_go() {
    let app = TestApp::with(&[("MFA_ENCRYPTION_KEYS", OLD)]).await;
    let (ann, bob) = (app.with_mfa("ann@example.com").await, app.with_mfa("bob@example.com").await);
    let before = sealed_secret(&app, &ann).await;
    let both = with_keys(&app, &format!("{NEW},{OLD}")).await;
    let carol = both.with_mfa("carol@example.com").await;

    assert_eq!(reseal(&both.app).await.unwrap(), Resealed { changed: 2, failed: vec![] });
    assert_eq!(reseal(&both.app).await.unwrap(), Resealed::default());

    assert_ne!(sealed_secret(&app, &ann).await, before);
    let new = with_keys(&app, NEW).await;
    for member in [&ann, &bob, &carol] {
        sign_in(&new, member).await.signed_in();
        assert_internal(&sign_in(&app, member).await);
    }
}

#[tokio::test]
async fn sealing_anew_names_a_secret_that_no_key_opens_and_goes_on() {
    let app = TestApp::with(&[("MFA_ENCRYPTION_KEYS", OLD)]).await;
    let (ann, bob) = (app.with_mfa("ann@example.com").await, app.with_mfa("bob@example.com").await);
    let moved = app.app.db.query("update mfa set sealed_secret = $2 where user_id = $1");
    moved.bind(user(&ann)).bind(sealed_secret(&app, &bob).await).execute().await.unwrap();
    let before = sealed_secret(&app, &ann).await;

    let resealed = reseal(&with_keys(&app, &format!("{NEW},{OLD}")).await.app).await.unwrap();

    assert_eq!(resealed, Resealed { changed: 1, failed: vec![user(&ann)] });
    assert_eq!(sealed_secret(&app, &ann).await, before);
    sign_in(&with_keys(&app, NEW).await, &bob).await.signed_in();
}

#[tokio::test]
async fn a_server_whose_keys_open_no_second_factor_does_not_start() {
    let app = TestApp::with(&[("MFA_ENCRYPTION_KEYS", OLD)]).await;
    let wrong = with_keys(&app, NEW).await;
    assert!(check_encryption_keys(&wrong.app).await.is_ok(), "no user has a second factor yet");
    app.with_mfa("ann@example.com").await;

    let refused = check_encryption_keys(&wrong.app).await;

    assert!(format!("{refused:?}").contains("MFA_ENCRYPTION_KEYS"), "{refused:?}");
    assert!(check_encryption_keys(&app.app).await.is_ok());
    wrong.with_mfa("bob@example.com").await;
    assert!(check_encryption_keys(&wrong.app).await.is_ok(), "bob can sign in, so it only warns");
}

/// The four steps of docs/operations.md, with two instances that are restarted one after the other.
#[tokio::test]
async fn a_change_of_the_key_in_four_steps_breaks_no_sign_in() {
    let start = TestApp::with(&[("MFA_ENCRYPTION_KEYS", OLD)]).await;
    let ann = start.with_mfa("ann@example.com").await;
    let steps = [OLD, &format!("{OLD},{NEW}"), &format!("{NEW},{OLD}"), NEW];
    let mut members = vec![ann];
    for (number, pair) in steps.windows(2).enumerate() {
        // In the middle of a step: one instance has begun it, the other has not.
        let instances = [with_keys(&start, pair[0]).await, with_keys(&start, pair[1]).await];
        for (place, instance) in instances.iter().enumerate() {
            members.push(instance.with_mfa(&format!("member-{number}-{place}@example.com")).await);
        }
        for instance in &instances {
            for member in &members {
                start.wait(Duration::from_secs(30));
                sign_in(instance, member).await.signed_in();
            }
        }
        if number == 1 {
            reseal(&instances[1].app).await.unwrap();
        }
    }
}
