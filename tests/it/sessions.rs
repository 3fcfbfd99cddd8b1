//! One's own sessions: seeing them, ending them, and how an ending bites.

use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Answer, PASSWORD, SignedIn, TestApp};

const FIREFOX: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0";

async fn list(app: &TestApp, who: &SignedIn, arguments: &str) -> Answer {
    let document = format!(
        "{{ me {{ sessions{arguments} {{
            edges {{ cursor node {{ id current status endReason device {{ name browser os userAgent }} }} }}
            pageInfo {{ hasNextPage hasPreviousPage startCursor endCursor }} }} }} }}"
    );
    app.ask(document).by(who).await.ok()
}

fn ids(answer: &Answer) -> Vec<&str> {
    let edges = answer.at("/me/sessions/edges").as_array().unwrap();
    edges.iter().map(|edge| edge["node"]["id"].as_str().unwrap()).collect()
}

/// Ann on so many devices, the oldest first.
async fn ann_on_devices(app: &TestApp, devices: usize) -> Vec<SignedIn> {
    let mut sessions = vec![app.signed_in("ann@example.com").await];
    while sessions.len() < devices {
        app.wait(Duration::from_secs(1));
        sessions.push(app.login("ann@example.com", PASSWORD).await.signed_in());
    }
    sessions
}

#[tokio::test]
async fn a_session_tells_the_device_it_was_opened_on() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    let login = json!({ "email": "ann@example.com", "password": PASSWORD, "client": { "deviceName": "Work" } });

    let answer = app.login_with(login).header("user-agent", FIREFOX).await;

    let expected = json!({ "name": "Work", "browser": "Firefox 153", "os": "Linux", "userAgent": FIREFOX });
    assert_eq!(answer.at("/login/session/device"), &expected);
    assert_eq!(answer.text_at("/login/session/ipAddress"), "127.0.0.1");
    assert_eq!(answer.at("/login/session/authMethods"), &json!(["PASSWORD"]));
}

#[tokio::test]
async fn sessions_are_listed_newest_first_and_one_is_current() {
    let app = TestApp::start().await;
    let on = ann_on_devices(&app, 3).await;
    app.signed_in("bob@example.com").await;

    let listed = list(&app, &on[1], "").await;

    assert_eq!(ids(&listed), [&on[2].session, &on[1].session, &on[0].session]);
    let current = |edge: &Value| edge["node"]["current"] == json!(true);
    let edges = listed.at("/me/sessions/edges").as_array().unwrap();
    assert_eq!(edges.iter().map(current).collect::<Vec<_>>(), [false, true, false]);
}

#[tokio::test]
async fn pages_follow_each_other_in_both_directions() {
    let app = TestApp::start().await;
    let on = ann_on_devices(&app, 5).await;

    let first = list(&app, &on[0], "(first: 2)").await;
    let end = first.text_at("/me/sessions/pageInfo/endCursor");
    let second = list(&app, &on[0], &format!("(first: 2, after: \"{end}\")")).await;
    let start = second.text_at("/me/sessions/pageInfo/startCursor");
    let back = list(&app, &on[0], &format!("(last: 2, before: \"{start}\")")).await;

    assert_eq!(ids(&first), [&on[4].session, &on[3].session]);
    assert_eq!(ids(&second), [&on[2].session, &on[1].session]);
    assert_eq!(ids(&back), ids(&first));
    assert_eq!(second.at("/me/sessions/pageInfo/hasNextPage"), &json!(true));
    assert_eq!(ids(&list(&app, &on[0], "(last: 1)").await), [&on[0].session]);
}

#[tokio::test]
async fn sessions_of_the_same_moment_are_all_on_some_page() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    for _ in 0..4 {
        app.login("ann@example.com", PASSWORD).await.ok();
    }

    let mut seen = std::collections::BTreeSet::new();
    let mut after = String::new();
    for _ in 0..5 {
        let page = list(&app, &ann, &format!("(first: 1{after})")).await;
        seen.insert(ids(&page)[0].to_owned());
        after = format!(", after: \"{}\"", page.text_at("/me/sessions/pageInfo/endCursor"));
    }

    assert_eq!(seen.len(), 5);
}

#[tokio::test]
async fn a_page_that_cannot_be_is_refused() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    for arguments in
        ["first: -1", "first: 101", "first: 1, last: 1", "last: -5", "after: \"nonsense\"", "first: 2147483647"]
    {
        let answer = app.ask(format!("{{ me {{ sessions({arguments}) {{ edges {{ cursor }} }} }} }}")).by(&ann).await;
        assert_eq!(answer.code(), "VALIDATION_FAILED", "{arguments}");
    }
}

#[tokio::test]
async fn a_revoked_session_is_over_at_once() {
    let app = TestApp::start().await;
    let on = ann_on_devices(&app, 2).await;

    let revoked = app.revoke_session(&on[0], &on[1].session).await.ok();

    assert_eq!(revoked.text_at("/revokeSession/session/status"), "REVOKED");
    assert_eq!(revoked.text_at("/revokeSession/session/endReason"), "REVOKED_BY_USER");
    assert_eq!(app.me(&on[1]).await.code(), "UNAUTHENTICATED");
    assert_eq!(app.refresh(&on[1]).await.extension("sessionEndReason"), &json!("REVOKED_BY_USER"));
    app.me(&on[0]).await.ok();
}

#[tokio::test]
async fn a_revoked_session_is_over_on_every_instance() {
    let here = TestApp::start().await;
    let there = here.another_instance().await;
    let on = ann_on_devices(&here, 2).await;
    there.me(&on[1]).await.ok();

    here.revoke_session(&on[0], &on[1].session).await.ok();

    assert_eq!(there.me(&on[1]).await.code(), "UNAUTHENTICATED");
    assert_eq!(there.refresh(&on[1]).await.code(), "SESSION_ENDED");
}

#[tokio::test]
async fn ending_what_is_over_changes_nothing() {
    let app = TestApp::start().await;
    let on = ann_on_devices(&app, 2).await;
    app.logout(&on[1]).await.ok();

    let again = app.revoke_session(&on[0], &on[1].session).await.ok();

    assert_eq!(again.text_at("/revokeSession/session/endReason"), "LOGOUT");
    assert_eq!(app.audit_trail().await.last().unwrap(), "LOGOUT Success");
}

#[tokio::test]
async fn somebody_elses_session_is_not_there() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let bob = app.signed_in("bob@example.com").await;

    for id in [&bob.session, &ann.user, "session_00000000000000000000000000", "nonsense", ""] {
        assert_eq!(app.revoke_session(&ann, id).await.code(), "NOT_FOUND", "{id}");
    }
    app.me(&bob).await.ok();
}

#[tokio::test]
async fn the_others_end_and_this_one_stays() {
    let app = TestApp::start().await;
    let on = ann_on_devices(&app, 3).await;
    let bob = app.signed_in("bob@example.com").await;

    let revoked = app.revoke_others(&on[1]).await;

    assert_eq!(revoked.at("/revokeOtherSessions/endedSessionCount"), &json!(2));
    assert_eq!(app.me(&on[0]).await.code(), "UNAUTHENTICATED");
    assert_eq!(app.me(&on[2]).await.code(), "UNAUTHENTICATED");
    app.me(&on[1]).await.ok();
    app.me(&bob).await.ok();
}

#[tokio::test]
async fn all_end_and_this_one_too() {
    let app = TestApp::start().await;
    let on = ann_on_devices(&app, 3).await;

    let revoked = app.revoke_all(&on[1]).await;

    assert_eq!(revoked.at("/revokeAllSessions/endedSessionCount"), &json!(3));
    for who in &on {
        assert_eq!(app.me(who).await.code(), "UNAUTHENTICATED");
    }
}

#[tokio::test]
async fn a_logout_ends_this_session_alone() {
    let app = TestApp::start().await;
    let on = ann_on_devices(&app, 2).await;

    assert_eq!(app.logout(&on[0]).await.text_at("/logout/sessionId"), on[0].session);

    assert_eq!(app.me(&on[0]).await.code(), "UNAUTHENTICATED");
    assert_eq!(app.logout(&on[0]).await.code(), "UNAUTHENTICATED");
    assert_eq!(app.refresh(&on[0]).await.extension("sessionEndReason"), &json!("LOGOUT"));
    app.me(&on[1]).await.ok();
}

#[tokio::test]
async fn every_status_can_be_asked_for() {
    let app = TestApp::start().await;
    let expired = app.signed_in("ann@example.com").await;
    app.wait(Duration::from_hours(7 * 24));
    let revoked = app.login("ann@example.com", PASSWORD).await.signed_in();
    let compromised = app.login("ann@example.com", PASSWORD).await.signed_in();
    let active = app.login("ann@example.com", PASSWORD).await.signed_in();
    app.logout(&revoked).await.ok();
    app.refresh(&compromised).await.ok();
    app.refresh(&compromised).await;

    let expected = [
        ("EXPIRED", &expired, json!("EXPIRED")),
        ("REVOKED", &revoked, json!("LOGOUT")),
        ("COMPROMISED", &compromised, json!("TOKEN_REUSED")),
        ("ACTIVE", &active, Value::Null),
    ];
    for (status, session, reason) in expected {
        let listed = list(&app, &active, &format!("(status: {status})")).await;
        assert_eq!(ids(&listed), [&session.session], "{status}");
        assert_eq!(listed.text_at("/me/sessions/edges/0/node/status"), status);
        assert_eq!(listed.at("/me/sessions/edges/0/node/endReason"), &reason, "{status}");
    }
}

#[tokio::test]
async fn last_seen_is_kept_to_the_minute() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let last_seen = "{ me { sessions { edges { node { lastSeenAt } } } } }";

    app.wait(Duration::from_mins(5));
    app.ask(last_seen).by(&ann).await.ok();

    let seen = app.ask(last_seen).by(&ann).await;
    assert_eq!(seen.text_at("/me/sessions/edges/0/node/lastSeenAt"), "2030-03-01T12:05:00.000Z");
}

fn rename(app: &TestApp, who: &SignedIn, input: Value) -> crate::support::GraphQLRequest {
    app.mutate("updateSession", input, "session { id current device { name } }").by(who)
}

#[tokio::test]
async fn a_device_gets_another_name_keeps_it_and_loses_it() {
    let app = TestApp::start().await;
    let on = ann_on_devices(&app, 2).await;
    let id = &on[1].session;
    let name = async |input: Value| rename(&app, &on[0], input).await.ok().at("/updateSession/session").clone();
    let expected = |name: Value| json!({ "id": id, "current": false, "device": { "name": name } });

    assert_eq!(name(json!({ "sessionId": id, "deviceName": "  Phone " })).await, expected(json!("Phone")));
    assert_eq!(name(json!({ "sessionId": id })).await, expected(json!("Phone")));
    assert_eq!(name(json!({ "sessionId": id, "deviceName": "Phone" })).await, expected(json!("Phone")));
    assert_eq!(list(&app, &on[0], "").await.at("/me/sessions/edges/0/node/device/name"), &json!("Phone"));
    assert_eq!(name(json!({ "sessionId": id, "deviceName": null })).await, expected(json!(null)));
    assert_eq!(list(&app, &on[0], "").await.at("/me/sessions/edges/0/node/device/name"), &json!(null));

    // What changes nothing is no event, and the names stay out of the trail.
    let trail = app.audit_trail().await;
    assert_eq!(trail.iter().filter(|event| *event == "SESSION_UPDATED Success").count(), 2);
    let events = authgraph::records::audit_log::list_latest(&app.app.db, 1).await.unwrap();
    assert_eq!(events[0].session_id.map(|id| id.to_string()).as_ref(), Some(id));
    assert_eq!(events[0].metadata.0, json!({ "changes": [{ "field": "deviceName", "from": null, "to": null }] }));
}

#[tokio::test]
async fn only_an_active_session_of_ones_own_is_renamed() {
    let app = TestApp::start().await;
    let on = ann_on_devices(&app, 3).await;
    let bob = app.signed_in("bob@example.com").await;
    app.logout(&on[1]).await.ok();

    for id in [&bob.session, &on[1].session, &on[0].user, "session_00000000000000000000000000", "nonsense", ""] {
        let refused = rename(&app, &on[0], json!({ "sessionId": id, "deviceName": "Mine" })).await;
        assert_eq!(refused.code(), "NOT_FOUND", "{id}");
        assert_eq!(rename(&app, &on[0], json!({ "sessionId": id })).await.code(), "NOT_FOUND", "{id}");
    }
    let long = rename(&app, &on[0], json!({ "sessionId": on[0].session, "deviceName": "x".repeat(81) })).await;
    assert_eq!(long.field_errors(), ["input.deviceName TOO_LONG"]);
    app.wait(Duration::from_hours(7 * 24));
    let late = app.login("ann@example.com", PASSWORD).await.signed_in();
    let expired = rename(&app, &late, json!({ "sessionId": on[0].session, "deviceName": "Mine" })).await;
    assert_eq!(expired.code(), "NOT_FOUND");
    assert!(!app.audit_trail().await.contains(&"SESSION_UPDATED Success".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_sessions_that_rename_each_other_at_once_do_not_block() {
    let app = TestApp::start().await;
    let on = ann_on_devices(&app, 2).await;

    let renames = (0..20).map(|n| {
        let (by, of) = (&on[n % 2], &on[(n + 1) % 2]);
        rename(&app, by, json!({ "sessionId": of.session, "deviceName": format!("Name {n}") }))
    });
    let answers = app.at_once_patiently(renames).await;

    assert!(answers.iter().all(|answer| answer.errors().is_empty()), "{:?}", answers.iter().map(|a| &a.text).max());
}
