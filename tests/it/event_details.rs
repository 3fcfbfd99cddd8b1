//! What an audit event tells beside who, what and when: its session, why it was refused, and what changed.

use std::time::Duration;

use authgraph::flows::verify_audit::{TrailVerdict, verify_audit};
use authgraph::records::audit_log;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::{Answer, PASSWORD, SignedIn, TestApp};

const SESSION: &str = "action sessionId session { id current status endReason user { email } }";
const CHANGES: &str = "action changes { field from to } metadata";

/// The newest events of an action that a user sees in their own history.
async fn own(app: &TestApp, who: &SignedIn, action: &str, fields: &str) -> Vec<Value> {
    let document =
        format!("{{ me {{ auditEvents(filter: {{ actions: [{action}] }}) {{ edges {{ node {{ {fields} }} }} }} }} }}");
    nodes(&app.ask(document).by(who).await.ok(), "/me/auditEvents/edges")
}

/// The newest events of an action that an administrator sees.
async fn all(app: &TestApp, admin: &SignedIn, action: &str, fields: &str) -> Vec<Value> {
    let document =
        format!("{{ auditEvents(filter: {{ actions: [{action}] }}) {{ edges {{ node {{ {fields} }} }} }} }}");
    nodes(&app.ask(document).by(admin).await.ok(), "/auditEvents/edges")
}

fn nodes(answer: &Answer, path: &str) -> Vec<Value> {
    answer.at(path).as_array().unwrap().iter().map(|edge| edge["node"].clone()).collect()
}

#[tokio::test]
async fn an_event_shows_its_session_as_it_is_now() {
    let app = TestApp::start().await;
    let here = app.signed_in("ann@example.com").await;
    let there = app.login("ann@example.com", PASSWORD).await.signed_in();
    app.revoke_session(&here, &there.session).await.ok();

    let events = own(&app, &here, "LOGIN", SESSION).await;

    let of = |who: &SignedIn| events.iter().find(|event| event["sessionId"] == who.session).unwrap()["session"].clone();
    let user = json!({ "email": "ann@example.com" });
    assert_eq!(
        of(&here),
        json!({ "id": here.session, "current": true, "status": "ACTIVE", "endReason": null, "user": user })
    );
    assert_eq!(
        of(&there),
        json!({ "id": there.session, "current": false, "status": "REVOKED", "endReason": "REVOKED_BY_USER", "user": user })
    );
}

#[tokio::test]
async fn a_session_that_is_no_longer_kept_is_null_and_its_id_stays() {
    let app = TestApp::start().await;
    let gone = app.signed_in("ann@example.com").await;
    app.logout(&gone).await.ok();
    app.wait(Duration::from_hours(400 * 24));
    authgraph::flows::sweep::sweep(&app.app, &CancellationToken::new()).await.unwrap();
    let ann = app.login("ann@example.com", PASSWORD).await.signed_in();

    let events = own(&app, &ann, "LOGOUT", SESSION).await;

    assert_eq!(events, [json!({ "action": "LOGOUT", "sessionId": gone.session, "session": null })]);
}

#[tokio::test]
async fn the_session_of_an_administrator_is_shown_to_administrators_alone() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    app.send_user_password_reset(&admin, &ann.user).await.ok();

    let (seen_by_ann, seen_by_admin) = (
        own(&app, &ann, "PASSWORD_RESET_REQUESTED", SESSION).await,
        all(&app, &admin, "PASSWORD_RESET_REQUESTED", SESSION).await,
    );

    assert_eq!((&seen_by_ann[0]["sessionId"], &seen_by_ann[0]["session"]), (&json!(null), &json!(null)));
    assert_eq!(seen_by_admin[0]["session"]["id"], json!(admin.session));
    assert_eq!(all(&app, &admin, "USER_REGISTERED, LOGIN", SESSION).await.len(), 3);
}

#[tokio::test]
async fn the_session_of_another_user_is_hidden_even_in_an_event_about_oneself() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.signed_in("ann@example.com").await, app.signed_in("bob@example.com").await);
    let event = audit_log::NewAuditEvent::success(authgraph::values::audit::AuditAction::SessionDisowned)
        .about(Some(ann.user.parse().unwrap()))
        .in_session(bob.session.parse().unwrap());
    let mut tx = app.app.db.begin().await.unwrap();
    let caller = authgraph::values::caller::Caller::operator("test");
    audit_log::write(&mut tx, &caller, event, app.app.clock.now()).await.unwrap();
    tx.commit().await.unwrap();

    assert_eq!(own(&app, &ann, "SESSION_DISOWNED", SESSION).await[0]["session"], json!(null));
}

#[tokio::test]
async fn a_live_list_of_sessions_can_follow_the_events() {
    let app = TestApp::start().await;
    let (here, there) =
        (app.signed_in("ann@example.com").await, app.login("ann@example.com", PASSWORD).await.signed_in());
    let mut socket = app.socket_of(&here).await;
    let fields = "action session { id status endReason } endedSessionIds endedSessionCount";
    socket.subscribe("1", &format!("subscription {{ securityEvents {{ {fields} }} }}")).await;
    socket.is_silent().await;

    app.revoke_session(&here, &there.session).await.ok();
    let ended = socket.event("1").await["securityEvents"].clone();
    let third = app.login("ann@example.com", PASSWORD).await.signed_in();
    let opened = socket.event("1").await["securityEvents"].clone();
    app.revoke_others(&here).await.ok();
    let others = socket.event("1").await["securityEvents"].clone();

    let session = json!({ "id": there.session, "status": "REVOKED", "endReason": "REVOKED_BY_USER" });
    assert_eq!((&ended["action"], &ended["session"]), (&json!("SESSION_REVOKED"), &session));
    let session = json!({ "id": third.session, "status": "ACTIVE", "endReason": null });
    assert_eq!((&opened["action"], &opened["session"]), (&json!("LOGIN"), &session));
    assert_eq!(ended["endedSessionIds"], json!([]));
    assert_eq!((&others["endedSessionIds"], &others["endedSessionCount"]), (&json!([third.session]), &json!(1)));
}

#[tokio::test]
async fn the_event_that_ends_the_session_shows_its_end() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = app.socket_of(&ann).await;
    socket.subscribe("1", "subscription { securityEvents { session { id current status endReason } } }").await;
    socket.is_silent().await;

    app.logout(&ann).await.ok();

    let session = json!({ "id": ann.session, "current": true, "status": "REVOKED", "endReason": "LOGOUT" });
    assert_eq!(socket.event("1").await["securityEvents"]["session"], session);
    assert_eq!(socket.closed().await, 4403);
}

#[tokio::test]
async fn the_event_that_ends_the_session_shows_nothing_else_of_its_user() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = app.socket_of(&ann).await;
    socket.subscribe("1", "subscription { securityEvents { action session { id user { email } } } }").await;
    socket.is_silent().await;

    app.logout(&ann).await.ok();

    let message = socket.receive().await;
    let payload = &message["payload"];
    assert_eq!(payload["data"]["securityEvents"], json!({ "action": "LOGOUT", "session": null }));
    assert_eq!(payload["errors"][0]["extensions"]["code"], json!("UNAUTHENTICATED"));
}

#[tokio::test]
async fn the_event_that_ends_the_session_tells_no_proofs_of_identity() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await.session;
    let mut socket = app.socket_of(&ann).await;
    let fields = "session { id recentAuthUntil reauthenticationMethods }";
    socket.subscribe("1", &format!("subscription {{ securityEvents {{ {fields} }} }}")).await;
    socket.is_silent().await;

    app.logout(&ann).await.ok();

    let session = json!({ "id": ann.session, "recentAuthUntil": null, "reauthenticationMethods": [] });
    assert_eq!(socket.event("1").await["securityEvents"]["session"], session);
}

#[tokio::test]
async fn a_session_that_another_one_ended_does_not_see_the_other_one() {
    let app = TestApp::start().await;
    let (here, there) =
        (app.signed_in("ann@example.com").await, app.login("ann@example.com", PASSWORD).await.signed_in());
    let mut socket = app.socket_of(&there).await;
    socket.subscribe("1", "subscription { securityEvents { action session { id ipAddress } } }").await;
    socket.is_silent().await;

    app.revoke_others(&here).await.ok();

    let message = socket.receive().await;
    assert_eq!(message["payload"]["data"]["securityEvents"], json!({ "action": "SESSIONS_REVOKED", "session": null }));
}

#[tokio::test]
async fn a_refusal_says_why_in_the_words_of_error_codes() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    app.register("ann@example.com").await;
    app.login("ann@example.com", "Wrong-Guess-99").await;
    app.refresh(&ann).await.ok();
    app.wait(Duration::from_mins(5));
    app.refresh(&ann).await;

    let actions = "REGISTRATION_REFUSED, LOGIN, REFRESH_TOKEN_REUSED";
    let events = all(&app, &admin, actions, "outcome reason").await;

    let refused: Vec<&Value> = events.iter().filter(|event| event["outcome"] == "FAILURE").collect();
    let reasons: Vec<&str> = refused.iter().map(|event| event["reason"].as_str().unwrap()).collect();
    assert_eq!(reasons, ["REFRESH_TOKEN_REUSED", "INVALID_CREDENTIALS", "EMAIL_TAKEN"]);
    assert!(events.iter().filter(|event| event["outcome"] == "SUCCESS").all(|event| event["reason"].is_null()));
}

#[tokio::test]
async fn a_reason_of_another_version_is_null_and_its_event_is_listed() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    for reason in ["TELEPORTED", "invalid_credentials"] {
        let event =
            audit_log::NewAuditEvent::failure(authgraph::values::audit::AuditAction::Login).with("reason", reason);
        let mut tx = app.app.db.begin().await.unwrap();
        let caller = authgraph::values::caller::Caller::operator("test");
        audit_log::write(&mut tx, &caller, event, app.app.clock.now()).await.unwrap();
        tx.commit().await.unwrap();
    }

    let events = all(&app, &admin, "LOGIN", "outcome reason").await;

    let refused: Vec<&Value> = events.iter().filter(|event| event["outcome"] == "FAILURE").collect();
    assert_eq!(refused, [&json!({ "outcome": "FAILURE", "reason": null }); 2]);
}

#[tokio::test]
async fn changes_tell_role_and_language_before_and_after_and_of_a_name_only_that_it_changed() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    app.update_profile(&ann, json!({ "name": "Ann Miller", "locale": "de" })).await.ok();
    app.update_user(&admin, &ann.user, json!({ "role": "ADMIN", "locale": null })).await.ok();

    let [profile, role, user] = [
        own(&app, &ann, "PROFILE_UPDATED", CHANGES).await,
        all(&app, &admin, "ROLE_CHANGED", CHANGES).await,
        all(&app, &admin, "USER_UPDATED", CHANGES).await,
    ]
    .map(|events| events[0]["changes"].clone());

    let change = |field: &str, from: Option<&str>, to: Option<&str>| json!({ "field": field, "from": from, "to": to });
    assert_eq!(profile, json!([change("name", None, None), change("locale", None, Some("de"))]));
    assert_eq!(role, json!([change("role", Some("USER"), Some("ADMIN"))]));
    assert_eq!(user, json!([change("locale", Some("de"), None)]));
    assert_eq!(own(&app, &ann, "LOGIN", CHANGES).await[0]["changes"], json!([]));
}

#[tokio::test]
async fn a_profile_that_stays_as_it_is_has_no_changes() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    app.update_profile(&ann, json!({})).await.ok();

    assert_eq!(own(&app, &ann, "PROFILE_UPDATED", CHANGES).await[0]["changes"], json!([]));
}

#[tokio::test]
async fn the_trail_holds_neither_names_nor_addresses() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.verified("ann@example.com").await;
    app.update_profile(&ann, json!({ "name": "Ann Miller" })).await.ok();
    app.update_user(&admin, &ann.user, json!({ "name": "Ann Smith" })).await.ok();
    app.request_email_change(&ann, "ann@new.example").await.ok();
    app.confirm_email_change(&app.token_to("ann@new.example", "confirm_email_change").await).await.ok();
    app.undo_email_change(&app.token_to("ann@example.com", "email_changed").await).await.ok();

    let events = audit_log::list_latest(&app.app.db, 1_000).await.unwrap();

    assert!(events.len() > 10);
    for event in &events {
        let text = event.metadata.to_string().to_lowercase();
        // Each has a letter or a sign that random ids never have.
        let found = ["ann@", "example", "miller", "smith"].into_iter().find(|word| text.contains(word));
        assert_eq!(found, None, "{text}");
    }
    let changed = all(&app, &admin, "EMAIL_CHANGED, EMAIL_CHANGE_UNDONE", "changes { field from to }").await;
    let only_that = json!({ "changes": [{ "field": "email", "from": null, "to": null }] });
    assert_eq!(changed, [only_that.clone(), only_that]);
}

#[tokio::test]
async fn changes_and_ids_of_sessions_are_part_of_the_chain() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    app.update_user(&admin, &ann.user, json!({ "role": "ADMIN", "name": "Ann", "locale": "de" })).await.ok();
    app.revoke_all(&ann).await.ok();
    assert!(matches!(verify_audit(&app.app, |_| {}).await.unwrap(), TrailVerdict::Whole { .. }));

    let sqlite = "update audit_events set metadata = replace(metadata, 'ADMIN', 'USER') where action = 'ROLE_CHANGED'";
    let postgres = "update audit_events set metadata = replace(metadata::text, 'ADMIN', 'USER')::jsonb where action = 'ROLE_CHANGED'";
    app.tamper(&[if app.world.database.is_sqlite() { sqlite } else { postgres }]).await;

    assert!(matches!(verify_audit(&app.app, |_| {}).await.unwrap(), TrailVerdict::Broken(_)));
}

#[tokio::test]
async fn outcomes_and_a_range_of_time_select_events() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    app.wait(Duration::from_secs(10));
    let from = app.app.clock.now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    app.login("ann@example.com", "Wrong-Guess-99").await;
    app.wait(Duration::from_secs(10));
    app.signed_in("ann@example.com").await;
    let before = app.app.clock.now().to_rfc3339_opts(chrono::SecondsFormat::Millis, true);
    let count = async |filter: String| {
        let document = format!("{{ auditEvents(filter: {{ {filter} }}) {{ edges {{ node {{ id }} }} }} }}");
        nodes(&app.ask(document).by(&admin).await.ok(), "/auditEvents/edges").len()
    };

    assert_eq!(count("outcomes: [FAILURE]".to_owned()).await, 1);
    assert_eq!(count("outcomes: [SUCCESS]".to_owned()).await, 4);
    assert_eq!(count("outcomes: [SUCCESS, FAILURE, FAILURE]".to_owned()).await, 5);
    assert_eq!(count(format!("at: {{ from: \"{from}\" }}")).await, 3);
    assert_eq!(count(format!("at: {{ before: \"{before}\" }}")).await, 3);
    assert_eq!(count(format!("at: {{ from: \"{from}\", before: \"{before}\" }}")).await, 1);
    assert_eq!(count("outcomes: null, at: null".to_owned()).await, 5);
}

#[tokio::test]
async fn an_empty_list_of_outcomes_and_a_range_that_ends_before_it_begins_are_refused() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let range = r#"{ from: "2026-11-22T00:00:00Z", before: "2026-11-21T00:00:00Z" }"#;
    let document = format!("{{ auditEvents(filter: {{ outcomes: [], at: {range} }}) {{ edges {{ cursor }} }} }}");

    let refused = app.ask(document).by(&admin).await;

    assert_eq!(refused.code(), "VALIDATION_FAILED");
    let fields = refused.extension("fields").as_array().unwrap();
    let paths: Vec<&str> = fields.iter().map(|fault| fault["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["filter.outcomes", "filter.at"]);
}
