//! What administrators do to other people's accounts, and how soon it bites.

use std::time::Duration;

use authgraph::flows::erase_users::erase_users;
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::support::{PASSWORD, TestApp};

const HOUR: &str = "2030-03-01T13:00:00.000Z";

#[tokio::test]
async fn a_locked_user_is_out_at_once_and_on_every_instance() {
    let here = TestApp::start().await;
    let there = here.another_instance().await;
    let admin = here.administrator("root@example.com").await;
    let ann = here.signed_in("ann@example.com").await;

    let locked = here.lock_user(&admin, &ann.user, json!(HOUR)).await;

    assert_eq!(locked.text_at("/lockUser/user/status"), "LOCKED");
    assert_eq!(locked.at("/lockUser/user/lock"), &json!({ "cause": "ADMINISTRATOR", "until": HOUR }));
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
    authgraph::records::administration::lock(&mut tx, ann.user.parse().unwrap(), Some(until), now).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(app.me(&ann).await.code(), "UNAUTHENTICATED");
    assert_eq!(app.refresh(&ann).await.extension("sessionEndReason"), "ACCOUNT_LOCKED");
}

#[tokio::test]
async fn a_lock_with_an_end_ends_by_itself() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    app.lock_user(&admin, &ann.user, json!(HOUR)).await.ok();

    app.wait(Duration::from_hours(1));

    app.login("ann@example.com", PASSWORD).await.signed_in();
    let seen = app.user(&app.login("root@example.com", PASSWORD).await.signed_in(), &ann.user).await;
    assert_eq!((seen.text_at("/user/status"), seen.at("/user/lock")), ("ACTIVE", &json!(null)));
}

#[tokio::test]
async fn nothing_but_an_administrator_lifts_a_lock_without_an_end() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    let locked = app.lock_user(&admin, &ann.user, json!(null)).await.ok();
    assert_eq!(locked.at("/lockUser/user/lock"), &json!({ "cause": "ADMINISTRATOR", "until": null }));
    assert!(!locked.text.contains("9999"));

    app.request_password_reset("ann@example.com").await.ok();
    let token = app.token_to("ann@example.com", "reset_password").await;
    app.reset_password(&token, "Another-Horse-8").await.ok();
    app.guess_wrong("ann@example.com", 6).await;
    app.wait(Duration::from_hours(24 * 365));

    let refused = app.login("ann@example.com", "Another-Horse-8").await;
    assert_eq!((refused.code(), refused.extension("retryAfter")), ("ACCOUNT_LOCKED", &json!(null)));
    let admin = app.login("root@example.com", PASSWORD).await.signed_in();
    let unlocked = app.unlock_user(&admin, &ann.user).await.ok();
    assert_eq!(unlocked.at("/unlockUser/user/lock"), &json!(null));
    app.login("ann@example.com", "Another-Horse-8").await.signed_in();
}

#[tokio::test]
async fn a_sign_in_that_waits_for_its_second_factor_ends_with_the_lock() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.with_mfa("ann@example.com").await;
    let challenge = app.challenge("ann@example.com").await;

    app.lock_user(&admin, &ann.session.user, json!(null)).await.ok();

    assert_eq!(app.verify_mfa(&challenge, &app.next_code(&ann.authenticator)).await.code(), "INVALID_TOKEN");
}

#[tokio::test]
async fn an_administrator_lifts_the_lock_that_wrong_passwords_made() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    app.guess_wrong("ann@example.com", 5).await;

    app.unlock_user(&admin, &ann.user).await.ok();

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
    let before = app.audit_trail().await.len();

    app.update_user(&admin, &ann.user, json!({ "role": "ADMIN", "name": "Ann", "locale": "de" })).await.ok();
    app.mark_email_verified(&admin, &ann.user).await.ok();
    app.lock_user(&admin, &ann.user, json!(null)).await.ok();
    app.unlock_user(&admin, &ann.user).await.ok();

    let trail = app.audit_trail().await;
    let words = ["ROLE_CHANGED", "USER_UPDATED", "EMAIL_VERIFIED", "USER_LOCKED", "USER_UNLOCKED"];
    assert_eq!(trail[before..], words.map(|word| format!("{word} Success")));
    let events = authgraph::records::audit_log::list_latest(&app.app.db, 5).await.unwrap();
    assert_eq!(events[0].metadata.0, json!({ "changes": [{ "field": "role", "from": "USER", "to": "ADMIN" }] }));
    let locale = json!({ "field": "locale", "from": null, "to": "de" });
    let name = json!({ "field": "name", "from": null, "to": null });
    assert_eq!(events[1].metadata.0, json!({ "changes": [name, locale] }));
    assert_eq!(events[3].metadata.0["until"], json!(null));
    for event in events {
        assert_eq!(event.actor_id.unwrap().to_string(), admin.user);
        assert_eq!(event.subject_id.unwrap().to_string(), ann.user);
    }
}

#[tokio::test]
async fn what_changes_nothing_leaves_no_line() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.verified("ann@example.com").await;
    let before = app.audit_trail().await;

    app.update_user(&admin, &ann.user, json!({ "role": "USER", "name": null })).await.ok();
    app.update_user(&admin, &ann.user, json!({ "role": null })).await.ok();
    app.unlock_user(&admin, &ann.user).await.ok();
    app.mark_email_verified(&admin, &ann.user).await.ok();

    assert_eq!(app.audit_trail().await, before);
}

#[tokio::test]
async fn null_clears_name_and_language_and_leaves_the_role() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    app.update_user(&admin, &ann.user, json!({ "role": "ADMIN", "name": "Ann", "locale": "de" })).await.ok();

    let changed = app.update_user(&admin, &ann.user, json!({ "role": null, "name": null, "locale": null })).await.ok();

    let user = changed.at("/updateUser/user");
    assert_eq!((&user["role"], &user["name"], &user["locale"]), (&json!("ADMIN"), &json!(null), &json!(null)));
}

#[tokio::test]
async fn an_address_counts_as_verified_and_its_email_is_void() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    let token = app.token_to("ann@example.com", "verify_email").await;

    let changed = app.mark_email_verified(&admin, &ann.user).await;

    assert_eq!(changed.at("/markEmailVerified/user/emailVerified"), &json!(true));
    // For a minute a page that asks hears that the address is verified, which it is.
    app.wait(Duration::from_mins(1));
    assert_eq!(app.verify_email(&token).await.code(), "INVALID_TOKEN");
}

#[tokio::test]
async fn a_change_that_cannot_be_is_refused_as_a_whole() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;

    let named = app.update_user(&admin, &ann.user, json!({ "role": "ADMIN", "name": "a".repeat(81) })).await;
    assert_eq!(named.field_errors(), ["input.name TOO_LONG"]);
    assert_eq!(app.user(&admin, &ann.user).await.text_at("/user/role"), "USER");
    for past in ["2030-03-01T12:00:00Z", "2029-01-01T00:00:00Z"] {
        let refused = app.lock_user(&admin, &ann.user, json!(past)).await;
        assert_eq!(refused.field_errors(), ["input.until OUT_OF_RANGE"], "{past}");
    }
    assert_eq!(app.user(&admin, &ann.user).await.at("/user/lock"), &json!(null));
}

#[tokio::test]
async fn a_lock_until_the_last_moment_there_is_has_no_end() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;

    for late in ["9999-12-31T23:59:59Z", "9999-12-31T23:59:59-23:00"] {
        let locked = app.lock_user(&admin, &ann.user, json!(late)).await.ok();
        assert_eq!(locked.at("/lockUser/user/lock/until"), &json!(null), "{late}");
    }
    let events = authgraph::records::audit_log::list_latest(&app.app.db, 1).await.unwrap();
    assert_eq!(events[0].metadata.0["until"], json!(null));
}

#[tokio::test]
async fn locking_a_locked_account_changes_its_end() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;

    for until in [json!(null), json!(HOUR), json!("2030-03-01T12:30:00.000Z"), json!(null)] {
        let locked = app.lock_user(&admin, &ann.user, until.clone()).await.ok();
        assert_eq!(locked.at("/lockUser/user/lock"), &json!({ "cause": "ADMINISTRATOR", "until": until }));
    }
}

#[tokio::test]
async fn an_administrators_lock_over_one_by_wrong_passwords_is_not_lifted_by_a_reset() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    app.guess_wrong("ann@example.com", 5).await;
    assert_eq!(app.user(&admin, &ann.user).await.text_at("/user/lock/cause"), "WRONG_PASSWORDS");

    let locked = app.lock_user(&admin, &ann.user, json!(HOUR)).await.ok();
    app.request_password_reset("ann@example.com").await.ok();
    let token = app.token_to("ann@example.com", "reset_password").await;
    app.reset_password(&token, "Another-Horse-8").await.ok();

    assert_eq!(locked.text_at("/lockUser/user/lock/cause"), "ADMINISTRATOR");
    assert_eq!(app.me(&ann).await.code(), "UNAUTHENTICATED");
    assert_eq!(app.login("ann@example.com", "Another-Horse-8").await.code(), "ACCOUNT_LOCKED");
}

#[tokio::test]
async fn wrong_passwords_do_not_shorten_an_administrators_lock() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    app.lock_user(&admin, &ann.user, json!(HOUR)).await.ok();

    app.guess_wrong("ann@example.com", 6).await;

    let lock = app.user(&admin, &ann.user).await;
    assert_eq!(lock.at("/user/lock"), &json!({ "cause": "ADMINISTRATOR", "until": HOUR }));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_locks_at_once_one_end_remains_and_the_sessions_end_once() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    let ends: Vec<String> = (10..30).map(|minute| format!("2030-03-01T12:{minute}:00.000Z")).collect();

    let answers = app.at_once(ends.iter().map(|end| app.lock_user(&admin, &ann.user, json!(end)))).await;

    assert!(answers.iter().all(|answer| answer.errors().is_empty()), "{answers:?}");
    let lock = app.user(&admin, &ann.user).await;
    assert!(ends.iter().any(|end| end == lock.text_at("/user/lock/until")), "{}", lock.text);
    let events = authgraph::records::audit_log::list_latest(&app.app.db, 20).await.unwrap();
    let ended: i64 = events.iter().map(|event| event.metadata.0["endedSessions"].as_i64().unwrap()).sum();
    assert_eq!(ended, 1);
}

#[tokio::test]
async fn a_deleted_or_erased_account_is_neither_locked_nor_unlocked_nor_verified() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    app.delete_user(&admin, &ann.user).await.ok();
    for (reason, wait) in [("DELETED", Duration::ZERO), ("ERASED", Duration::from_hours(24 * 60))] {
        app.wait(wait);
        erase_users(&app.app, &CancellationToken::new()).await.unwrap();
        let admin = app.login("root@example.com", PASSWORD).await.signed_in();
        for answer in [
            app.lock_user(&admin, &ann.user, json!(null)).await,
            app.unlock_user(&admin, &ann.user).await,
            app.mark_email_verified(&admin, &ann.user).await,
            app.update_user(&admin, &ann.user, json!({ "name": "Eve" })).await,
        ] {
            assert_eq!((answer.code(), answer.extension("reason")), ("CONFLICT", &json!(reason)));
        }
        assert_eq!(app.user(&admin, &ann.user).await.text_at("/user/status"), reason);
    }
}

#[tokio::test]
async fn who_is_not_there_cannot_be_changed() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    for id in [&admin.session, "user_00000000000000000000000000", "nonsense", ""] {
        assert_eq!(app.update_user(&admin, id, json!({ "name": "Eve" })).await.code(), "NOT_FOUND", "{id}");
        assert_eq!(app.lock_user(&admin, id, json!(null)).await.code(), "NOT_FOUND", "{id}");
        assert_eq!(app.unlock_user(&admin, id).await.code(), "NOT_FOUND", "{id}");
        assert_eq!(app.mark_email_verified(&admin, id).await.code(), "NOT_FOUND", "{id}");
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
        app.update_user(&admin, &ann.user, json!({ "name": "Eve" })).await,
        app.lock_user(&admin, &ann.user, json!(null)).await,
        app.unlock_user(&admin, &ann.user).await,
        app.mark_email_verified(&admin, &ann.user).await,
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

    let own = app.ask("{ me { status lock { cause until } deletedAt } }").by(&ann).await.ok();
    let seen = app.user(&admin, &ann.user).await;

    assert_eq!((own.text_at("/me/status"), own.at("/me/lock")), ("LOCKED", &json!(null)));
    let lock = json!({ "cause": "WRONG_PASSWORDS", "until": "2030-03-01T12:15:00.000Z" });
    assert_eq!(seen.at("/user/lock"), &lock);
}
