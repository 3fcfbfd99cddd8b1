//! What administrators do to other people's accounts, and how soon it bites.

use std::time::Duration;

use serde_json::json;

use crate::support::{PASSWORD, TestApp};

const HOUR: &str = "2030-03-01T13:00:00.000Z";

#[tokio::test]
async fn a_locked_user_is_out_at_once_and_on_every_instance() {
    let here = TestApp::start().await;
    let there = here.another_instance().await;
    let admin = here.administrator("root@example.com").await;
    let ann = here.signed_in("ann@example.com").await;

    let locked = here.update_user(&admin, &ann.user, json!({ "locked": true, "lockedUntil": HOUR })).await;

    assert_eq!(
        (locked.text_at("/updateUser/user/status"), locked.text_at("/updateUser/user/lockedUntil")),
        ("LOCKED", HOUR)
    );
    assert_eq!(there.me(&ann).await.code(), "UNAUTHENTICATED");
    assert_eq!(there.refresh(&ann).await.extension("sessionEndReason"), "ACCOUNT_LOCKED");
    let refused = there.login("ann@example.com", PASSWORD).await;
    assert_eq!((refused.code(), refused.retry_after()), ("ACCOUNT_LOCKED", 3_600));
    assert_eq!(there.login("ann@example.com", "Wrong-Guess-99").await.code(), "INVALID_CREDENTIALS");
}

#[tokio::test]
async fn a_session_that_the_lock_did_not_end_is_refused_all_the_same() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let (now, mut tx) = (app.app.clock.now(), app.app.db.begin().await.unwrap());
    let until = now + Duration::from_hours(1);
    authgraph::records::administration::lock(&mut tx, ann.user.parse().unwrap(), until, now).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(app.me(&ann).await.code(), "UNAUTHENTICATED");
    assert_eq!(app.refresh(&ann).await.extension("sessionEndReason"), "ACCOUNT_LOCKED");
}

#[tokio::test]
async fn a_lock_with_an_end_ends_by_itself() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    app.update_user(&admin, &ann.user, json!({ "locked": true, "lockedUntil": HOUR })).await.ok();

    app.wait(Duration::from_hours(1));

    app.login("ann@example.com", PASSWORD).await.signed_in();
}

#[tokio::test]
async fn nothing_but_an_administrator_lifts_a_lock_for_good() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    app.update_user(&admin, &ann.user, json!({ "locked": true })).await.ok();

    app.request_password_reset("ann@example.com").await.ok();
    let token = app.token_to("ann@example.com", "reset_password").await;
    app.reset_password(&token, "Another-Horse-8").await.ok();
    app.guess_wrong("ann@example.com", 6).await;
    app.wait(Duration::from_hours(24 * 365));

    let refused = app.login("ann@example.com", "Another-Horse-8").await;
    assert_eq!((refused.code(), refused.extension("retryAfter")), ("ACCOUNT_LOCKED", &json!(null)));
    let admin = app.login("root@example.com", PASSWORD).await.signed_in();
    app.update_user(&admin, &ann.user, json!({ "locked": false })).await.ok();
    app.login("ann@example.com", "Another-Horse-8").await.signed_in();
}

#[tokio::test]
async fn a_sign_in_that_waits_for_its_second_factor_ends_with_the_lock() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.with_mfa("ann@example.com").await;
    let challenge = app.challenge("ann@example.com").await;

    app.update_user(&admin, &ann.session.user, json!({ "locked": true })).await.ok();

    assert_eq!(app.verify_mfa(&challenge, &app.next_code(&ann.authenticator)).await.code(), "INVALID_TOKEN");
}

#[tokio::test]
async fn an_administrator_lifts_the_lock_that_wrong_passwords_made() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    app.guess_wrong("ann@example.com", 5).await;

    app.update_user(&admin, &ann.user, json!({ "locked": false })).await.ok();

    app.login("ann@example.com", PASSWORD).await.signed_in();
}

#[tokio::test]
async fn a_lock_by_wrong_passwords_is_still_lifted_by_a_reset() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    app.guess_wrong("ann@example.com", 5).await;

    app.request_password_reset("ann@example.com").await.ok();
    let token = app.token_to("ann@example.com", "reset_password").await;
    app.reset_password(&token, "Another-Horse-8").await.ok();

    app.login("ann@example.com", "Another-Horse-8").await.signed_in();
}

#[tokio::test]
async fn a_role_bites_on_the_next_request_on_every_instance() {
    let here = TestApp::start().await;
    let there = here.another_instance().await;
    let admin = here.administrator("root@example.com").await;
    let ann = here.signed_in("ann@example.com").await;
    let users = "{ users { edges { node { email } } } }";
    assert_eq!(there.ask(users).by(&ann).await.code(), "FORBIDDEN");

    here.update_user(&admin, &ann.user, json!({ "role": "ADMIN" })).await.ok();
    there.ask(users).by(&ann).await.ok();

    here.update_user(&admin, &ann.user, json!({ "role": "USER" })).await.ok();
    assert_eq!(there.ask(users).by(&ann).await.code(), "FORBIDDEN");
}

#[tokio::test]
async fn every_change_leaves_a_line_of_its_own_with_who_and_whom() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    let change = json!({ "role": "ADMIN", "locked": true, "emailVerified": true, "name": "Ann", "locale": "de" });
    let before = app.audit_trail().await.len();

    app.update_user(&admin, &ann.user, change).await.ok();

    let changed = ["ROLE_CHANGED Success", "USER_LOCKED Success", "EMAIL_VERIFIED Success", "USER_UPDATED Success"];
    assert_eq!(app.audit_trail().await[before..], changed);
    let events = authgraph::records::audit_log::list_latest(&app.app.db, 4).await.unwrap();
    assert_eq!(events[0].metadata.0, json!({ "changes": [{ "field": "role", "from": "USER", "to": "ADMIN" }] }));
    let locale = json!({ "field": "locale", "from": null, "to": "de" });
    let name = json!({ "field": "name", "from": null, "to": null });
    assert_eq!(events[3].metadata.0, json!({ "changes": [name, locale] }));
    for event in events {
        assert_eq!(event.actor_id.unwrap().to_string(), admin.user);
        assert_eq!(event.subject_id.unwrap().to_string(), ann.user);
    }
}

#[tokio::test]
async fn what_changes_nothing_leaves_no_line() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    let before = app.audit_trail().await;

    app.update_user(&admin, &ann.user, json!({ "role": "USER", "locked": false, "name": null })).await.ok();

    assert_eq!(app.audit_trail().await, before);
}

#[tokio::test]
async fn an_address_counts_as_verified_and_its_email_is_void() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    let token = app.token_to("ann@example.com", "verify_email").await;

    let changed = app.update_user(&admin, &ann.user, json!({ "emailVerified": true })).await;

    assert_eq!(changed.at("/updateUser/user/emailVerified"), &json!(true));
    // For a minute a page that asks hears that the address is verified, which it is.
    app.wait(Duration::from_mins(1));
    assert_eq!(app.verify_email(&token).await.code(), "INVALID_TOKEN");
}

#[tokio::test]
async fn a_change_that_cannot_be_is_refused_as_a_whole() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    for (change, rule) in [
        (json!({ "locked": true, "lockedUntil": "2030-03-01T12:00:00Z" }), "input.lockedUntil OUT_OF_RANGE"),
        (json!({ "locked": false, "lockedUntil": HOUR }), "input.lockedUntil INVALID"),
        (json!({ "lockedUntil": HOUR }), "input.lockedUntil INVALID"),
        (json!({ "emailVerified": false }), "input.emailVerified INVALID"),
        (json!({ "name": "a".repeat(81) }), "input.name TOO_LONG"),
    ] {
        assert_eq!(app.update_user(&admin, &ann.user, change).await.field_errors(), [rule]);
    }
    let late = json!({ "locked": true, "lockedUntil": "9999-12-31T23:59:59-23:00" });
    let locked = app.update_user(&admin, &ann.user, late).await;
    assert_eq!(locked.text_at("/updateUser/user/lockedUntil"), "9999-12-31T23:59:59.000Z");
}

#[tokio::test]
async fn who_is_not_there_cannot_be_changed() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    for id in [&admin.session, "user_00000000000000000000000000", "nonsense", ""] {
        assert_eq!(app.update_user(&admin, id, json!({ "name": "Eve" })).await.code(), "NOT_FOUND", "{id}");
        assert_eq!(app.delete_user(&admin, id).await.code(), "NOT_FOUND", "{id}");
        assert_eq!(app.restore_user(&admin, id).await.code(), "NOT_FOUND", "{id}");
        assert_eq!(app.revoke_user_sessions(&admin, id).await.code(), "NOT_FOUND", "{id}");
        assert_eq!(app.reset_user_mfa(&admin, id).await.code(), "NOT_FOUND", "{id}");
        assert_eq!(app.send_user_password_reset(&admin, id).await.code(), "NOT_FOUND", "{id}");
    }
}

#[tokio::test]
async fn a_deleted_user_is_a_stranger_to_everybody_but_administrators() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    app.request_password_reset("ann@example.com").await.ok();
    let reset = app.token_to("ann@example.com", "reset_password").await;
    let verify = app.token_to("ann@example.com", "verify_email").await;

    let deleted = app.delete_user(&admin, &ann.user).await.ok();

    assert_eq!(deleted.text_at("/deleteUser/user/status"), "DELETED");
    assert_eq!(app.me(&ann).await.code(), "UNAUTHENTICATED");
    assert_eq!(app.refresh(&ann).await.extension("sessionEndReason"), "ACCOUNT_DELETED");
    assert_eq!(app.reset_password(&reset, "Another-Horse-8").await.code(), "INVALID_TOKEN");
    assert_eq!(app.verify_email(&verify).await.code(), "INVALID_TOKEN");
    let (known, stranger) =
        (app.login("ann@example.com", PASSWORD).await, app.login("eve@example.com", PASSWORD).await);
    assert_eq!(known.anonymous_text(), stranger.anonymous_text());
    let mails = app.mails_to("ann@example.com").await.len();
    app.request_password_reset("ann@example.com").await.ok();
    app.resend_verification("ann@example.com").await.ok();
    assert_eq!(app.mails_to("ann@example.com").await.len(), mails);
    assert_eq!(app.user(&admin, &ann.user).await.text_at("/user/email"), "ann@example.com");
}

#[tokio::test]
async fn a_deletion_is_taken_back_but_not_its_sessions() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    app.delete_user(&admin, &ann.user).await.ok();
    assert_eq!(app.update_user(&admin, &ann.user, json!({ "name": "Eve" })).await.code(), "CONFLICT");

    let restored = app.restore_user(&admin, &ann.user).await.ok();

    assert_eq!(restored.text_at("/restoreUser/user/status"), "ACTIVE");
    assert_eq!(app.me(&ann).await.code(), "UNAUTHENTICATED");
    app.login("ann@example.com", PASSWORD).await.signed_in();
    assert_eq!(app.restore_user(&admin, &ann.user).await.code(), "CONFLICT");
}

#[tokio::test]
async fn whoever_deleted_themselves_can_be_restored_too() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    app.delete_account(&ann, "ann@example.com").await.ok();

    app.restore_user(&admin, &ann.user).await.ok();

    app.login("ann@example.com", PASSWORD).await.signed_in();
}

#[tokio::test]
async fn an_administrator_ends_the_sessions_of_a_user() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    app.login("ann@example.com", PASSWORD).await.ok();

    let ended = app.revoke_user_sessions(&admin, &ann.user).await;

    assert_eq!(ended.at("/revokeUserSessions/endedSessionCount"), &json!(2));
    assert_eq!(app.refresh(&ann).await.extension("sessionEndReason"), "REVOKED_BY_ADMIN");
    app.me(&admin).await.ok();
}

#[tokio::test]
async fn a_lost_second_factor_is_turned_off_and_its_user_told() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.with_mfa("ann@example.com").await;

    let reset = app.reset_user_mfa(&admin, &ann.session.user).await.ok();

    assert_eq!(reset.at("/resetUserMfa/user/mfa/enabled"), &json!(false));
    assert_eq!(app.me(&ann.session).await.code(), "UNAUTHENTICATED");
    app.login("ann@example.com", PASSWORD).await.signed_in();
    assert!(app.mail_kinds_to("ann@example.com").await.contains(&"mfa_reset".to_owned()));
    assert_eq!(app.reset_user_mfa(&admin, &ann.session.user).await.code(), "CONFLICT");
}

#[tokio::test]
async fn a_stolen_session_of_an_administrator_does_not_turn_off_their_own_second_factor() {
    let app = TestApp::start().await;
    let root = app.administrator("root@example.com").await;
    let eve = app.with_mfa("eve@example.com").await;
    app.update_user(&root, &eve.session.user, json!({ "role": "ADMIN" })).await.ok();

    assert_eq!(app.reset_user_mfa(&eve.session, &eve.session.user).await.code(), "CONFLICT");

    assert_eq!(app.mfa_status(&eve.session).await.at("/me/mfa/enabled"), &json!(true));
}

#[tokio::test]
async fn a_user_gets_an_email_for_a_new_password_and_no_flood_of_them() {
    let app = TestApp::with(&[("RATE_LIMIT_EMAIL", "3/1h")]).await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;

    for _ in 0..3 {
        app.send_user_password_reset(&admin, &ann.user).await.ok();
    }
    assert_eq!(app.send_user_password_reset(&admin, &ann.user).await.code(), "RATE_LIMITED");

    let token = app.token_to("ann@example.com", "reset_password").await;
    app.reset_password(&token, "Another-Horse-8").await.ok();
    app.login("ann@example.com", "Another-Horse-8").await.signed_in();
}

#[tokio::test]
async fn sensitive_actions_need_a_fresh_proof() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    app.wait(Duration::from_mins(10));

    for answer in [
        app.create_user(&admin, json!({ "email": "bob@example.com" })).await,
        app.update_user(&admin, &ann.user, json!({ "locked": true })).await,
        app.delete_user(&admin, &ann.user).await,
        app.restore_user(&admin, &ann.user).await,
        app.reset_user_mfa(&admin, &ann.user).await,
    ] {
        assert_eq!(answer.code(), "REAUTHENTICATION_REQUIRED");
    }
    app.revoke_user_sessions(&admin, &ann.user).await.ok();
}

#[tokio::test]
async fn only_administrators_see_locks_and_deletions() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    app.guess_wrong("ann@example.com", 5).await;

    let own = app.ask("{ me { status lockedUntil deletedAt } }").by(&ann).await.ok();
    let seen = app.user(&admin, &ann.user).await;

    assert_eq!((own.text_at("/me/status"), own.at("/me/lockedUntil")), ("LOCKED", &json!(null)));
    assert_eq!(seen.text_at("/user/lockedUntil"), "2030-03-01T12:15:00.000Z");
}
