//! How a socket ends when its owner may no longer be there: at once, on every instance, with 4403.

use std::time::Duration;

use serde_json::json;

use crate::support::socket::Socket;
use crate::support::{PASSWORD, SignedIn, TestApp};

const TRAIL: &str = "subscription { auditEvents { id action } }";
const NESTED: &str = "subscription { securityEvents { \
     subject { auditEvents(first: 1) { edges { node { action actor { email } ipAddress } } } } } }";

/// A socket that follows everything, as "trail".
async fn following_trail(app: &TestApp, admin: &SignedIn) -> Socket {
    let mut socket = app.socket_of(admin).await;
    socket.subscribe("trail", TRAIL).await;
    socket.is_silent().await;
    socket
}

#[tokio::test]
async fn a_socket_ends_when_its_token_expires() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let (mut busy, mut idle) = (app.following(&ann).await, app.socket_of(&ann).await);
    app.wait(Duration::from_mins(14));
    busy.is_silent().await;

    app.wait(Duration::from_mins(1));

    assert_eq!((busy.closed().await, idle.closed().await), (4403, 4403));
}

#[tokio::test]
async fn a_refresh_does_not_prolong_a_socket_but_its_new_token_opens_another() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = app.following(&ann).await;
    app.wait(Duration::from_mins(10));
    let renewed = app.refresh(&ann).await.signed_in();

    app.wait(Duration::from_mins(5));

    assert_eq!(socket.closed().await, 4403);
    app.following(&renewed).await.is_silent().await;
}

#[tokio::test]
async fn a_socket_learns_that_its_session_was_ended_and_closes() {
    let app = TestApp::start().await;
    let stolen = app.signed_in("ann@example.com").await;
    let ann = app.login("ann@example.com", PASSWORD).await.signed_in();
    let (mut told, mut idle) = (app.following(&stolen).await, app.socket_of(&stolen).await);
    let mut own = app.following(&ann).await;

    app.revoke_session(&ann, &stolen.session).await.ok();

    assert_eq!(told.event("1").await["securityEvents"]["action"], "SESSION_REVOKED");
    assert_eq!((told.closed().await, idle.closed().await), (4403, 4403));
    assert_eq!(own.event("1").await["securityEvents"]["action"], "SESSION_REVOKED");
    own.is_silent().await;
}

#[tokio::test]
async fn every_way_out_closes_sockets_on_every_instance() {
    let app = TestApp::start().await;
    let other = app.another_instance().await;
    let admin = app.administrator("root@example.com").await;
    for way in ["logout", "all", "reset", "lock", "delete"] {
        let email = format!("{way}@example.com");
        let who = app.signed_in(&email).await;
        let mut sockets = [app.following(&who).await, other.following(&who).await, other.socket_of(&who).await];

        match way {
            "logout" => drop(app.logout(&who).await.ok()),
            "all" => drop(app.revoke_all(&who).await.ok()),
            "lock" => drop(app.lock_user(&admin, &who.user, json!(null)).await.ok()),
            "delete" => drop(app.delete_account(&who, &email).await.ok()),
            _ => {
                app.request_password_reset(&email).await.ok();
                let token = app.token_to(&email, "reset_password").await;
                app.reset_password(&token, "Correct-Horse-8").await.ok();
            }
        }

        for socket in &mut sockets {
            assert_eq!(socket.closed().await, 4403, "{way}");
        }
    }
}

#[tokio::test]
async fn an_ending_that_no_event_tells_is_found_at_the_next_look() {
    let app = TestApp::with(&[("SUBSCRIPTION_PING_INTERVAL", "1s")]).await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = app.socket_of(&ann).await;

    app.end_silently(&ann).await;

    assert_eq!(socket.closed().await, 4403);
}

#[tokio::test]
async fn an_administrator_follows_everybody() {
    let app = TestApp::start().await;
    let admin = app.admin("admin@example.com").await;
    let mut socket = following_trail(&app, &admin).await;

    app.register("ann@example.com").await.ok();

    assert_eq!(socket.event("trail").await["auditEvents"]["action"], "USER_REGISTERED");
}

#[tokio::test]
async fn a_former_administrator_sees_not_one_event_more() {
    let app = TestApp::start().await;
    let other = app.another_instance().await;
    let admin = app.admin("admin@example.com").await;
    let (mut near, mut far) = (following_trail(&app, &admin).await, following_trail(&other, &admin).await);

    app.demote(&admin).await;
    app.register("ann@example.com").await.ok();

    for socket in [&mut near, &mut far] {
        assert_eq!(socket.closes_without_event().await, 4403);
        let mut again = app.socket_of(&admin).await;
        again.subscribe("trail", TRAIL).await;
        assert_eq!(again.error("trail").await, "FORBIDDEN");
    }
}

#[tokio::test]
async fn a_former_administrator_is_told_and_follows_their_own_history_on_another_connection() {
    let app = TestApp::start().await;
    let admin = app.admin("admin@example.com").await;
    let (mut told, mut idle) = (app.following(&admin).await, app.socket_of(&admin).await);

    app.demote(&admin).await;

    assert_eq!(told.event("1").await["securityEvents"]["action"], "ROLE_CHANGED");
    assert_eq!((told.closed().await, idle.closed().await), (4403, 4403));
    let mut again = app.following(&admin).await;
    app.update_profile(&admin, json!({ "name": "Ann" })).await.ok();
    assert_eq!(again.event("1").await["securityEvents"]["action"], "PROFILE_UPDATED");
}

#[tokio::test]
async fn an_event_shows_a_former_administrator_nothing_that_is_for_administrators() {
    let app = TestApp::start().await;
    let other = app.another_instance().await;
    let (ann, bob) = (app.administrator("ann@example.com").await, app.administrator("bob@example.com").await);
    let mut sockets = [app.socket_of(&bob).await, other.socket_of(&bob).await];
    for socket in &mut sockets {
        socket.subscribe("1", NESTED).await;
        socket.is_silent().await;
    }

    app.update_user(&ann, &bob.user, json!({ "role": "USER" })).await.ok();

    for socket in &mut sockets {
        let (told, code) = socket.messages_until_closed().await;
        for event in told {
            let newest = event.pointer("/payload/data/securityEvents/subject/auditEvents/edges/0/node").unwrap();
            assert_eq!(newest, &json!({ "action": "ROLE_CHANGED", "actor": null, "ipAddress": null }));
        }
        assert_eq!(code, 4403);
    }
}

#[tokio::test]
async fn a_role_that_is_lost_without_an_event_is_noticed_before_the_next_one_is_told() {
    let app = TestApp::start().await;
    let admin = app.admin("admin@example.com").await;
    let mut socket = following_trail(&app, &admin).await;
    app.app.db.query("update users set role = 'USER'").execute().await.unwrap();

    app.register("ann@example.com").await.ok();

    assert_eq!(socket.closes_without_event().await, 4403);
}

#[tokio::test]
async fn the_event_that_ends_a_session_tells_nothing_beside_itself() {
    let app = TestApp::start().await;
    let stolen = app.signed_in("ann@example.com").await;
    let ann = app.login("ann@example.com", PASSWORD).await.signed_in();
    let mut socket = app.socket_of(&stolen).await;
    socket.subscribe("1", "subscription { securityEvents { action subject { email } } }").await;
    socket.is_silent().await;

    app.revoke_session(&ann, &stolen.session).await.ok();

    let told = socket.receive().await;
    assert_eq!(told["payload"]["data"], json!({ "securityEvents": { "action": "SESSION_REVOKED", "subject": null } }));
    assert_eq!(told["payload"]["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
}

#[tokio::test]
async fn nobody_hears_what_is_done_to_others() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = app.following(&ann).await;

    let bob = app.signed_in("bob@example.com").await;
    app.update_profile(&bob, json!({ "name": "Bob" })).await.ok();
    app.update_profile(&ann, json!({ "name": "Ann" })).await.ok();

    assert_eq!(socket.event("1").await["securityEvents"]["action"], "PROFILE_UPDATED");
    socket.is_silent().await;
}
