//! What administrators do to accounts, and what nobody may do.

use std::time::Duration;

use authgraph::flows::create_admin::create_admin;
use authgraph::flows::erase_users::erase_users;
use authgraph::values::email_address::EmailAddress;
use authgraph::values::password::Password;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::{Asking, PASSWORD, SignedIn, TestApp};

const NEW_PASSWORD: &str = "Fresh-Harbour-42";
const DAY: Duration = Duration::from_hours(24);

/// A server with an administrator who has just signed in.
async fn office() -> (TestApp, SignedIn) {
    let app = TestApp::start().await;
    let root = administrator(&app, "root@example.com").await;
    (app, root)
}

async fn administrator(app: &TestApp, email: &str) -> SignedIn {
    let (address, password) = (EmailAddress::parse(email).unwrap(), Password::typed(PASSWORD.to_owned()));
    create_admin(&app.app, &address, &password).await.unwrap();
    app.login(email, PASSWORD).await.signed_in()
}

fn update(app: &TestApp, who: &SignedIn, whom: &SignedIn, change: &Value) -> Asking {
    let mut input = json!({ "userId": whom.user });
    input.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
    app.mutate("updateUser", input, "user { id name role status emailVerified }").by(who)
}

fn delete(app: &TestApp, who: &SignedIn, whom: &SignedIn) -> Asking {
    app.mutate("deleteUser", json!({ "userId": whom.user }), "user { status }").by(who)
}

fn restore(app: &TestApp, who: &SignedIn, whom: &SignedIn) -> Asking {
    app.mutate("restoreUser", json!({ "userId": whom.user }), "user { status }").by(who)
}

fn invite(app: &TestApp, who: &SignedIn, email: &str) -> Asking {
    let input = json!({ "email": email, "name": "Bob", "role": "ADMIN" });
    app.mutate("createUser", input, "user { id role hasPassword emailVerified }").by(who)
}

fn send_reset(app: &TestApp, who: &SignedIn, whom: &str) -> Asking {
    app.mutate("sendUserPasswordReset", json!({ "userId": whom }), "accepted").by(who)
}

fn reset_mfa(app: &TestApp, who: &SignedIn, whom: &SignedIn) -> Asking {
    app.mutate("resetUserMfa", json!({ "userId": whom.user }), "user { mfa { enabled } }").by(who)
}

const TOMORROW: &str = "2030-03-02T12:00:00Z";

#[tokio::test]
async fn whoever_is_invited_chooses_a_password_and_is_in() {
    let (app, root) = office().await;

    let invited = invite(&app, &root, "Bob@example.com").await.granted();

    assert_eq!(invited.text_at("/createUser/user/role"), "ADMIN");
    assert_eq!(invited.at("/createUser/user/hasPassword"), &json!(false));
    assert_eq!(app.login("bob@example.com", NEW_PASSWORD).await.code(), "INVALID_CREDENTIALS");
    let token = app.token_to("bob@example.com", "invitation").await;
    app.reset_password(&token, NEW_PASSWORD).await.granted();
    let bob = app.login("bob@example.com", NEW_PASSWORD).await.signed_in();
    assert_eq!(app.me(&bob).await.at("/me/emailVerified"), &json!(true));
    assert_eq!(app.letter_kinds_to("bob@example.com").await, ["invitation"]);
    assert_eq!(app.reset_password(&token, PASSWORD).await.code(), "INVALID_TOKEN");
}

#[tokio::test]
async fn an_invitation_can_be_accepted_for_seven_days() {
    let (app, root) = office().await;
    invite(&app, &root, "bob@example.com").await.granted();
    let token = app.token_to("bob@example.com", "invitation").await;

    app.wait(7 * DAY);

    assert_eq!(app.reset_password(&token, NEW_PASSWORD).await.code(), "INVALID_TOKEN");
}

#[tokio::test]
async fn a_second_invitation_replaces_the_first() {
    let (app, root) = office().await;
    let invited = invite(&app, &root, "bob@example.com").await.granted();
    let first = app.token_to("bob@example.com", "invitation").await;

    send_reset(&app, &root, invited.text_at("/createUser/user/id")).await.granted();

    assert_eq!(app.reset_password(&first, NEW_PASSWORD).await.code(), "INVALID_TOKEN");
    let second = app.token_to("bob@example.com", "invitation").await;
    app.reset_password(&second, NEW_PASSWORD).await.granted();
}

#[tokio::test]
async fn a_taken_address_cannot_be_invited_even_if_its_account_is_deleted() {
    let (app, root) = office().await;
    let ann = app.signed_in("ann@example.com").await;
    assert_eq!(invite(&app, &root, "ann@example.com").await.code(), "EMAIL_TAKEN");

    delete(&app, &root, &ann).await.granted();

    assert_eq!(invite(&app, &root, "ann@example.com").await.code(), "EMAIL_TAKEN");
}

#[tokio::test]
async fn an_administrator_changes_what_the_input_names_and_nothing_else() {
    let (app, root) = office().await;
    let ann = app.signed_in("ann@example.com").await;
    app.update_profile(&ann, json!({ "name": "Ann", "locale": "de" })).await.granted();

    let answer = update(&app, &root, &ann, &json!({ "name": null, "emailVerified": true, "role": "ADMIN" })).await;

    let user = answer.at("/updateUser/user");
    assert_eq!((&user["name"], &user["role"], &user["emailVerified"]), (&json!(null), &json!("ADMIN"), &json!(true)));
    let me = app.ask("{ me { locale role } }").by(&ann).await;
    assert_eq!((me.text_at("/me/locale"), me.text_at("/me/role")), ("de", "ADMIN"));
}

#[tokio::test]
async fn a_lock_by_an_administrator_ends_every_session_at_once_on_every_instance() {
    let (app, root) = office().await;
    let elsewhere = app.another_instance().await;
    let ann = app.signed_in("ann@example.com").await;
    elsewhere.me(&ann).await.granted();

    let locked = update(&app, &root, &ann, &json!({ "locked": true })).await;

    assert_eq!(locked.text_at("/updateUser/user/status"), "LOCKED");
    assert_eq!(elsewhere.me(&ann).await.code(), "UNAUTHENTICATED");
    assert_eq!(elsewhere.refresh(&ann).await.extension("reason"), &json!("ACCOUNT_LOCKED"));
    assert_eq!(app.login("ann@example.com", PASSWORD).await.code(), "ACCOUNT_LOCKED");
    assert_eq!(app.login("ann@example.com", "Wrong-Guess-99").await.code(), "INVALID_CREDENTIALS");
}

#[tokio::test]
async fn a_new_password_does_not_lift_the_lock_of_an_administrator() {
    let (app, root) = office().await;
    let ann = app.verified("ann@example.com").await;
    update(&app, &root, &ann, &json!({ "locked": true, "lockedUntil": TOMORROW })).await.granted();

    app.request_password_reset("ann@example.com").await.granted();
    let token = app.token_to("ann@example.com", "reset_password").await;
    app.reset_password(&token, NEW_PASSWORD).await.granted();

    assert_eq!(app.login("ann@example.com", NEW_PASSWORD).await.code(), "ACCOUNT_LOCKED");
    app.wait(DAY);
    app.login("ann@example.com", NEW_PASSWORD).await.signed_in();
}

#[tokio::test]
async fn wrong_passwords_do_not_shorten_the_lock_of_an_administrator() {
    let (app, root) = office().await;
    let ann = app.signed_in("ann@example.com").await;
    update(&app, &root, &ann, &json!({ "locked": true, "lockedUntil": TOMORROW })).await.granted();

    app.guess_wrong("ann@example.com", 6).await;
    app.wait(Duration::from_hours(1));

    assert_eq!(app.login("ann@example.com", PASSWORD).await.code(), "ACCOUNT_LOCKED");
}

#[tokio::test]
async fn unlocking_lifts_every_lock() {
    let (app, root) = office().await;
    let ann = app.signed_in("ann@example.com").await;
    app.guess_wrong("ann@example.com", 5).await;
    assert_eq!(app.login("ann@example.com", PASSWORD).await.code(), "ACCOUNT_LOCKED");

    update(&app, &root, &ann, &json!({ "locked": false })).await.granted();

    app.login("ann@example.com", PASSWORD).await.signed_in();
}

#[tokio::test]
async fn a_lock_that_is_over_already_is_refused() {
    let (app, root) = office().await;
    let ann = app.signed_in("ann@example.com").await;

    let refused = update(&app, &root, &ann, &json!({ "locked": true, "lockedUntil": "2030-03-01T12:00:00Z" })).await;

    assert_eq!(refused.broken_rules(), ["input.lockedUntil OUT_OF_RANGE"]);
}

#[tokio::test]
async fn a_demoted_administrator_is_refused_on_the_next_request_on_every_instance() {
    let (app, root) = office().await;
    let elsewhere = app.another_instance().await;
    let bob = administrator(&app, "bob@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    update(&elsewhere, &bob, &ann, &json!({ "name": "Ann" })).await.granted();

    update(&app, &root, &bob, &json!({ "role": "USER" })).await.granted();

    assert_eq!(update(&elsewhere, &bob, &ann, &json!({ "name": "Eve" })).await.code(), "FORBIDDEN");
    app.me(&bob).await.granted();
}

#[tokio::test]
async fn nobody_changes_their_own_role_or_locks_deletes_or_disarms_themselves() {
    let (app, root) = office().await;
    administrator(&app, "bob@example.com").await;

    for refused in [
        update(&app, &root, &root, &json!({ "role": "USER" })).await,
        update(&app, &root, &root, &json!({ "locked": true, "lockedUntil": TOMORROW })).await,
        delete(&app, &root, &root).await,
        reset_mfa(&app, &root, &root).await,
    ] {
        assert_eq!(refused.code(), "CONFLICT", "{}", refused.text);
    }
    update(&app, &root, &root, &json!({ "name": "Root", "role": "ADMIN" })).await.granted();
}

#[tokio::test]
async fn the_last_administrator_cannot_leave() {
    let (app, root) = office().await;
    let bob = administrator(&app, "bob@example.com").await;
    update(&app, &root, &bob, &json!({ "locked": true })).await.granted();

    assert_eq!(app.delete_account(&root, "root@example.com").await.code(), "CONFLICT");

    update(&app, &root, &bob, &json!({ "locked": false })).await.granted();
    app.delete_account(&root, "root@example.com").await.granted();
}

#[tokio::test]
async fn administrators_who_take_each_other_away_at_once_leave_one() {
    let (app, root) = office().await;
    let mut admins = vec![root];
    for number in 0..5 {
        admins.push(administrator(&app, &format!("admin{number}@example.com")).await);
    }
    let mut deeds = Vec::new();
    for (place, who) in admins.iter().enumerate() {
        for (other, whom) in admins.iter().enumerate().filter(|(other, _)| *other != place) {
            deeds.push(match (place + other) % 3 {
                0 => update(&app, who, whom, &json!({ "role": "USER" })),
                1 => update(&app, who, whom, &json!({ "locked": true })),
                _ => delete(&app, who, whom),
            });
        }
        deeds.push(app.delete_account(who, &who.email));
    }
    let answers = app.at_once(deeds).await;

    let refusals = ["CONFLICT", "FORBIDDEN", "UNAUTHENTICATED"];
    assert!(answers.iter().flat_map(|answer| answer.codes()).all(|code| refusals.contains(&code)));
    let mut left = 0;
    for who in &admins {
        let role = app.ask("{ me { role } }").by(who).await;
        left += usize::from(role.errors().is_empty() && role.text_at("/me/role") == "ADMIN");
    }
    assert_eq!(left, 1);
}

#[tokio::test]
async fn a_deleted_user_is_gone_for_everybody_and_can_be_restored() {
    let (app, root) = office().await;
    let ann = app.verified("ann@example.com").await;

    let deleted = delete(&app, &root, &ann).await;

    assert_eq!(deleted.text_at("/deleteUser/user/status"), "DELETED");
    assert_eq!(app.me(&ann).await.code(), "UNAUTHENTICATED");
    assert_eq!(app.refresh(&ann).await.extension("reason"), &json!("ACCOUNT_DELETED"));
    assert_eq!(app.login("ann@example.com", PASSWORD).await.code(), "INVALID_CREDENTIALS");
    app.request_password_reset("ann@example.com").await.granted();
    assert!(!app.letter_kinds_to("ann@example.com").await.contains(&"reset_password".to_owned()));
    assert_eq!(update(&app, &root, &ann, &json!({ "name": "Ann" })).await.code(), "CONFLICT");
    delete(&app, &root, &ann).await.granted();

    restore(&app, &root, &ann).await.granted();

    assert_eq!(app.me(&ann).await.code(), "UNAUTHENTICATED");
    app.login("ann@example.com", PASSWORD).await.signed_in();
    assert_eq!(restore(&app, &root, &ann).await.code(), "CONFLICT");
}

#[tokio::test]
async fn a_link_from_before_the_deletion_does_not_come_back_with_the_account() {
    let (app, root) = office().await;
    let ann = app.verified("ann@example.com").await;
    app.request_password_reset("ann@example.com").await.granted();
    let token = app.token_to("ann@example.com", "reset_password").await;

    delete(&app, &root, &ann).await.granted();
    restore(&app, &root, &ann).await.granted();

    assert_eq!(app.reset_password(&token, NEW_PASSWORD).await.code(), "INVALID_TOKEN");
}

#[tokio::test]
async fn personal_data_is_erased_for_good_after_the_retention() {
    let (app, root) = office().await;
    let ann = app.verified("ann@example.com").await;
    delete(&app, &root, &ann).await.granted();
    app.wait(30 * DAY);
    assert_eq!(erase_users(&app.app, &CancellationToken::new()).await.unwrap(), 0);
    app.wait(Duration::from_secs(1));

    assert_eq!(erase_users(&app.app, &CancellationToken::new()).await.unwrap(), 1);

    assert_eq!(erase_users(&app.app, &CancellationToken::new()).await.unwrap(), 0);
    let root = app.login("root@example.com", PASSWORD).await.signed_in();
    assert_eq!(restore(&app, &root, &ann).await.code(), "CONFLICT");
    assert_eq!(app.audit_trail().await.iter().filter(|event| *event == "USER_ERASED Success").count(), 1);
    let again = app.signed_in("ann@example.com").await;
    assert_ne!(again.user, ann.user);
}

#[tokio::test]
async fn without_a_retention_nobody_is_erased() {
    let app = TestApp::with(&[("USER_RETENTION", "0s")]).await;
    let root = administrator(&app, "root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    delete(&app, &root, &ann).await.granted();

    app.wait(3_000 * DAY);

    assert_eq!(erase_users(&app.app, &CancellationToken::new()).await.unwrap(), 0);
}

#[tokio::test]
async fn an_administrator_ends_all_sessions_of_somebody() {
    let (app, root) = office().await;
    let ann = app.signed_in("ann@example.com").await;
    app.login("ann@example.com", PASSWORD).await.signed_in();

    let input = json!({ "userId": ann.user });
    let answer = app.mutate("revokeUserSessions", input, "revokedCount").by(&root).await;

    assert_eq!(answer.at("/revokeUserSessions/revokedCount"), &json!(2));
    assert_eq!(app.me(&ann).await.code(), "UNAUTHENTICATED");
    assert_eq!(app.refresh(&ann).await.extension("reason"), &json!("REVOKED_BY_ADMIN"));
}

#[tokio::test]
async fn a_lost_second_factor_is_turned_off_and_its_owner_is_told() {
    let (app, root) = office().await;
    let ann = app.with_mfa("ann@example.com").await.session;

    let answer = reset_mfa(&app, &root, &ann).await;

    assert_eq!(answer.at("/resetUserMfa/user/mfa/enabled"), &json!(false));
    assert_eq!(reset_mfa(&app, &root, &ann).await.code(), "CONFLICT");
    app.login("ann@example.com", PASSWORD).await.signed_in();
    assert!(app.letter_kinds_to("ann@example.com").await.contains(&"mfa_reset".to_owned()));
}

#[tokio::test]
async fn a_sign_in_that_waited_for_a_second_factor_ends_when_that_is_reset() {
    let (app, root) = office().await;
    let ann = app.with_mfa("ann@example.com").await;
    let challenge = app.challenge("ann@example.com").await;

    reset_mfa(&app, &root, &ann.session).await.granted();

    let code = app.next_code(&ann.authenticator);
    assert_eq!(app.verify_mfa(&challenge, &code).await.code(), "INVALID_TOKEN");
}

#[tokio::test]
async fn every_deed_names_the_administrator_and_whom_it_was_done_to() {
    let (app, root) = office().await;
    let ann = app.signed_in("ann@example.com").await;

    update(&app, &root, &ann, &json!({ "role": "ADMIN", "name": "Ann", "locked": true, "lockedUntil": TOMORROW }))
        .await
        .granted();

    let trail = app.audit_trail().await;
    assert_eq!(trail[trail.len() - 3..], ["ROLE_CHANGED Success", "USER_LOCKED Success", "USER_UPDATED Success"]);
    let last = authgraph::records::audit_log::list_latest(&app.app.db, 1).await.unwrap().remove(0);
    assert_eq!(last.actor_id.unwrap().to_string(), root.user);
    assert_eq!(last.subject_id.unwrap().to_string(), ann.user);
}

#[tokio::test]
async fn an_id_of_nobody_is_not_found() {
    let (app, root) = office().await;
    let stranger = "user_01h2xcejqtf2nbrexx3vqjhp41";

    for field in ["deleteUser", "restoreUser", "resetUserMfa"] {
        for id in [stranger, "nonsense", root.session.as_str()] {
            let answer = app.mutate(field, json!({ "userId": id }), "user { id }").by(&root).await;
            assert_eq!(answer.code(), "NOT_FOUND", "{field} {id}");
        }
    }
}

#[tokio::test]
async fn deeds_that_cannot_be_undone_need_a_fresh_proof() {
    let (app, root) = office().await;
    let ann = app.signed_in("ann@example.com").await;
    app.wait(Duration::from_mins(10));

    assert_eq!(delete(&app, &root, &ann).await.code(), "REAUTHENTICATION_REQUIRED");
    assert_eq!(update(&app, &root, &ann, &json!({})).await.code(), "REAUTHENTICATION_REQUIRED");

    send_reset(&app, &root, &ann.user).await.granted();
}
