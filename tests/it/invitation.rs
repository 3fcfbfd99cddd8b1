//! Invitations: an administrator creates an account, and its user chooses the password.

use std::time::Duration;

use serde_json::json;

use crate::support::{PASSWORD, TestApp};

#[tokio::test]
async fn an_invitation_leads_to_a_password_and_a_verified_address() {
    let app = TestApp::with(&[("EMAIL_VERIFICATION", "required"), ("REGISTRATION_OPEN", "false")]).await;
    let admin = app.administrator("root@example.com").await;

    let created = app.create_user(&admin, json!({ "email": "Bob@Example.com", "role": "ADMIN", "name": "Bob" })).await;
    assert_eq!(created.at("/createUser/user/hasPassword"), &json!(false));
    assert_eq!(created.text_at("/createUser/user/status"), "INVITED");
    assert_eq!(app.login("bob@example.com", PASSWORD).await.code(), "INVALID_CREDENTIALS");
    let token = app.token_to("bob@example.com", "invitation").await;
    app.reset_password(&token, PASSWORD).await.ok();

    let bob = app.login("bob@example.com", PASSWORD).await.signed_in();
    app.ask("{ users { totalCount } }").by(&bob).await.ok();
    let me = app.me(&bob).await;
    assert_eq!((me.at("/me/emailVerified"), me.text_at("/me/status")), (&json!(true), "ACTIVE"));
    assert_eq!(app.mail_kinds_to("bob@example.com").await, ["invitation"]);
    assert_eq!(app.reset_password(&token, "Another-Horse-8").await.code(), "INVALID_TOKEN");
}

#[tokio::test]
async fn an_invitation_holds_for_seven_days_and_can_be_sent_again() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let created = app.create_user(&admin, json!({ "email": "bob@example.com" })).await.ok();
    let late = app.token_to("bob@example.com", "invitation").await;

    app.wait(Duration::from_hours(7 * 24));
    assert_eq!(app.reset_password(&late, PASSWORD).await.code(), "INVALID_TOKEN");
    let admin = app.login(&admin.email, PASSWORD).await.signed_in();
    app.send_user_password_reset(&admin, created.text_at("/createUser/user/id")).await.ok();

    assert_eq!(app.mail_kinds_to("bob@example.com").await, ["invitation", "invitation"]);
    let token = app.token_to("bob@example.com", "invitation").await;
    app.reset_password(&token, PASSWORD).await.ok();
}

#[tokio::test]
async fn a_stranger_who_asks_for_a_reset_does_not_void_an_invitation() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    app.create_user(&admin, json!({ "email": "bob@example.com" })).await.ok();
    let token = app.token_to("bob@example.com", "invitation").await;

    app.request_password_reset("bob@example.com").await.ok();
    app.deliver_mail().await;

    app.reset_password(&token, PASSWORD).await.ok();
}

#[tokio::test]
async fn a_user_is_invited_until_the_password_is_chosen_by_whatever_link() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let created = app.create_user(&admin, json!({ "email": "bob@example.com" })).await.ok();
    let id = created.text_at("/createUser/user/id");

    let verified = app.mark_email_verified(&admin, id).await.ok();
    assert_eq!(verified.text_at("/markEmailVerified/user/status"), "INVITED");
    app.lock_user(&admin, id, json!(null)).await.ok();
    assert_eq!(app.user(&admin, id).await.text_at("/user/status"), "LOCKED");
    app.unlock_user(&admin, id).await.ok();
    app.delete_user(&admin, id).await.ok();
    assert_eq!(app.user(&admin, id).await.text_at("/user/status"), "DELETED");
    app.restore_user(&admin, id).await.ok();
    assert_eq!(app.user(&admin, id).await.text_at("/user/status"), "INVITED");

    app.request_password_reset("bob@example.com").await.ok();
    let token = app.token_to("bob@example.com", "reset_password").await;
    app.reset_password(&token, PASSWORD).await.ok();
    assert_eq!(app.user(&admin, id).await.text_at("/user/status"), "ACTIVE");
}

#[tokio::test]
async fn who_signs_in_in_any_other_way_has_accepted_the_invitation() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    // As after a sign-in with a provider, which no flow offers yet.
    let id: authgraph::values::ids::UserId = ann.user.parse().unwrap();
    let invite = "update users set invited_at = created_at where id = $1";
    app.app.db.query(invite).bind(id).execute().await.unwrap();
    assert_eq!(app.user(&admin, &ann.user).await.text_at("/user/status"), "INVITED");

    app.login("ann@example.com", PASSWORD).await.signed_in();

    assert_eq!(app.user(&admin, &ann.user).await.text_at("/user/status"), "ACTIVE");
}

#[tokio::test]
async fn a_user_whose_password_was_taken_away_is_not_invited_anew() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let created = app.create_user(&admin, json!({ "email": "bob@example.com" })).await.ok();
    let id = created.text_at("/createUser/user/id");
    let token = app.token_to("bob@example.com", "invitation").await;
    app.reset_password(&token, PASSWORD).await.ok();
    app.app.db.query("update users set password_hash = null where name is null").execute().await.unwrap();

    app.send_user_password_reset(&app.admin("two@example.com").await, id).await.ok();

    assert_eq!(app.mail_kinds_to("bob@example.com").await, ["invitation", "reset_password"]);
}

#[tokio::test]
async fn an_invitation_dies_with_the_account() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let created = app.create_user(&admin, json!({ "email": "bob@example.com" })).await.ok();
    let token = app.token_to("bob@example.com", "invitation").await;

    app.delete_user(&admin, created.text_at("/createUser/user/id")).await.ok();

    assert_eq!(app.reset_password(&token, PASSWORD).await.code(), "INVALID_TOKEN");
}

#[tokio::test]
async fn a_taken_address_is_taken_for_administrators_too() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.verified("ann@example.com").await;
    let gone = app.signed_in("gone@example.com").await;
    app.delete_user(&admin, &gone.user).await.ok();
    app.request_email_change(&ann, "ann@new.example").await.ok();
    let token = app.token_to("ann@new.example", "confirm_email_change").await;
    app.confirm_email_change(&token).await.ok();

    for address in ["gone@example.com", "ann@example.com", "ann@new.example", "root@example.com"] {
        assert_eq!(app.create_user(&admin, json!({ "email": address })).await.code(), "EMAIL_TAKEN", "{address}");
    }
}

#[tokio::test]
async fn a_name_with_markup_stays_text_in_the_email() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let input = json!({ "email": "bob@example.com", "name": "<b>Bob</b>" });

    app.create_user(&admin, input).await.ok();

    let mails = app.mails_to("bob@example.com").await;
    assert!(!mails[0].html.contains("<b>Bob"), "{}", mails[0].html);
    assert!(mails[0].text.contains("accept-invitation?token="));
}

#[tokio::test]
async fn one_of_many_invitations_at_once_opens_the_account() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;

    let answers = app.at_once((0..20).map(|_| app.create_user(&admin, json!({ "email": "bob@example.com" })))).await;

    let opened = answers.iter().filter(|answer| answer.errors().is_empty()).count();
    assert_eq!(opened, 1);
    assert_eq!(app.mail_kinds_to("bob@example.com").await, ["invitation"]);
}
