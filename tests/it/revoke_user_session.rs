//! An administrator ends one session of a user: a stolen device is signed out, and the others are not.

use std::time::Duration;

use serde_json::json;

use crate::support::{PASSWORD, SignedIn, TestApp};

/// Ann, signed in on two devices.
async fn ann_on_two_devices(app: &TestApp) -> (SignedIn, SignedIn) {
    (app.signed_in("ann@example.com").await, app.login("ann@example.com", PASSWORD).await.signed_in())
}

#[tokio::test]
async fn one_session_ends_and_the_others_go_on() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let (stolen, kept) = ann_on_two_devices(&app).await;

    let ended = app.revoke_user_session(&admin, &stolen.session).await.ok();

    let session = json!({ "id": stolen.session, "current": false, "status": "REVOKED", "endReason": "REVOKED_BY_ADMIN",
        "user": { "email": "ann@example.com" } });
    assert_eq!(ended.at("/revokeUserSession/session"), &session);
    assert_eq!(app.me(&stolen).await.code(), "UNAUTHENTICATED");
    assert_eq!(app.refresh(&stolen).await.extension("sessionEndReason"), "REVOKED_BY_ADMIN");
    app.me(&kept).await.ok();
}

#[tokio::test]
async fn a_session_that_has_ended_stays_as_it_is_and_is_not_told_again() {
    let app = TestApp::start().await;
    let (left, expired) = ann_on_two_devices(&app).await;
    app.logout(&left).await.ok();
    app.wait(Duration::from_hours(7 * 24));
    let admin = app.administrator("root@example.com").await;

    for (session, reason) in [(&left, "LOGOUT"), (&expired, "EXPIRED")] {
        let answer = app.revoke_user_session(&admin, &session.session).await.ok();
        assert_eq!(answer.text_at("/revokeUserSession/session/endReason"), reason);
    }

    assert!(!app.audit_trail().await.iter().any(|event| event.starts_with("SESSION_REVOKED")));
}

#[tokio::test]
async fn what_is_no_session_is_not_found() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;

    for id in [&*admin.user, "session_00000000000000000000000000", "nonsense", ""] {
        assert_eq!(app.revoke_user_session(&admin, id).await.code(), "NOT_FOUND", "{id}");
    }
}

#[tokio::test]
async fn the_account_of_the_session_must_not_be_deleted() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    app.delete_user(&admin, &ann.user).await.ok();

    assert_eq!(app.revoke_user_session(&admin, &ann.session).await.code(), "CONFLICT");
}

#[tokio::test]
async fn administrators_may_end_their_own_session() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;

    let ended = app.revoke_user_session(&admin, &admin.session).await.ok();

    assert_eq!(ended.at("/revokeUserSession/session/current"), &json!(true));
    assert_eq!(app.me(&admin).await.code(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn users_are_told_which_session_ended_and_not_who_ended_it() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let (stolen, kept) = ann_on_two_devices(&app).await;
    let fields = "action actor { email } session { id status } endedSessionIds endedSessionCount";
    let mut socket = app.socket_of(&kept).await;
    socket.subscribe("1", &format!("subscription {{ securityEvents {{ {fields} }} }}")).await;
    socket.is_silent().await;

    app.revoke_user_session(&admin, &stolen.session).await.ok();

    let mut expected = json!({ "action": "SESSION_REVOKED", "actor": null, "session": null,
        "endedSessionIds": [stolen.session], "endedSessionCount": 1 });
    assert_eq!(socket.event("1").await["securityEvents"], expected);
    let seen = app.ask(format!("{{ auditEvents(first: 1) {{ nodes {{ {fields} }} }} }}")).by(&admin).await.ok();
    expected["actor"] = json!({ "email": "root@example.com" });
    expected["session"] = json!({ "id": stolen.session, "status": "REVOKED" });
    assert_eq!(seen.at("/auditEvents/nodes/0"), &expected);
}
