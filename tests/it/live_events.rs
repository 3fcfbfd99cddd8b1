//! The live feed: every event reaches every instance, and a client that comes back misses none.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use serde_json::json;
use url::Url;

use crate::support::database::setting;
use crate::support::socket::Socket;
use crate::support::{Proxy, SignedIn, TestApp};

/// A socket that follows everything, as "1", perhaps since an event.
async fn following_trail(app: &TestApp, admin: &SignedIn, after: Option<&str>) -> Socket {
    let mut socket = app.socket_of(admin).await;
    let after = after.map(|id| format!("(after: \"{id}\")")).unwrap_or_default();
    socket.subscribe("1", &format!("subscription {{ auditEvents{after} {{ id action }} }}")).await;
    socket
}

/// Listens until all of these have come; answers what came beside them.
async fn hear_all(socket: &mut Socket, field: &str, expected: impl IntoIterator<Item = String>) -> Vec<String> {
    let mut missing: HashSet<String> = expected.into_iter().collect();
    let mut others = Vec::new();
    while !missing.is_empty() {
        let id = socket.event("1").await[field]["id"].as_str().unwrap().to_owned();
        if !missing.remove(&id) {
            others.push(id);
        }
    }
    others
}

async fn new_ids(app: &TestApp, known: &[String]) -> Vec<String> {
    app.event_ids().await.into_iter().filter(|id| !known.contains(id)).collect()
}

#[tokio::test]
async fn an_event_on_one_instance_reaches_subscribers_of_the_other() {
    let app = TestApp::start().await;
    let other = app.another_instance().await;
    let admin = app.admin("admin@example.com").await;
    let mut socket = following_trail(&other, &admin, None).await;
    socket.is_silent().await;

    app.register("ann@example.com").await.ok();

    assert_eq!(socket.event("1").await["auditEvents"]["action"], "USER_REGISTERED");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_writers_on_two_instances_nothing_is_missed_and_nothing_comes_twice() {
    let app = TestApp::start().await;
    let other = app.another_instance().await;
    let admin = app.admin("admin@example.com").await;
    let known = app.event_ids().await;
    let mut sockets = [following_trail(&app, &admin, None).await, following_trail(&other, &admin, None).await];
    for socket in &mut sockets {
        socket.is_silent().await;
    }

    let near = (0..20).map(|n| app.register(&format!("near-{n}@example.com")));
    let far = (0..20).map(|n| other.register(&format!("far-{n}@example.com")));
    tokio::join!(app.at_once(near), other.at_once(far));

    let written = new_ids(&app, &known).await;
    assert!(written.len() >= 40);
    for socket in &mut sockets {
        assert!(hear_all(socket, "auditEvents", written.clone()).await.is_empty());
        socket.is_silent().await;
    }
}

#[tokio::test]
async fn an_event_is_not_lost_with_a_process_that_dies_before_it_tells() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = app.following(&ann).await;

    app.record_and_die(&ann, 1, "").await;

    assert_eq!(socket.event("1").await["securityEvents"]["action"], "SESSION_REFRESHED");
}

#[tokio::test]
async fn whoever_comes_back_hears_what_happened_meanwhile_then_what_happens() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = app.following(&ann).await;
    app.update_profile(&ann, json!({ "name": "Ann" })).await.ok();
    let last = socket.event("1").await["securityEvents"]["id"].as_str().unwrap().to_owned();
    drop(socket);
    let known = app.event_ids().await;
    app.wait(Duration::from_mins(5));
    app.update_profile(&ann, json!({ "name": "Anna" })).await.ok();
    app.update_profile(&ann, json!({ "name": "Anne" })).await.ok();

    let mut socket = app.socket_of(&ann).await;
    let document = format!("subscription {{ securityEvents(after: \"{last}\") {{ id }} }}");
    socket.subscribe("1", &document).await;
    hear_all(&mut socket, "securityEvents", new_ids(&app, &known).await).await;

    app.update_profile(&ann, json!({ "name": "Annie" })).await.ok();
    let newest = app.event_ids().await.pop();
    assert_eq!(socket.event("1").await["securityEvents"]["id"].as_str(), newest.as_deref());
}

#[tokio::test]
async fn an_event_that_was_committed_late_is_not_missed_by_a_client_that_comes_back() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let mut witness = app.following(&ann).await;
    app.wait(Duration::from_secs(20));
    app.update_profile(&ann, json!({ "name": "Ann" })).await.ok();
    let last = witness.event("1").await["securityEvents"]["id"].as_str().unwrap().to_owned();
    // A slow flow that began 20 seconds ago.
    let late = app.record_dated(&ann, Duration::from_secs(20)).await;
    assert_eq!(witness.event("1").await["securityEvents"]["id"], *late);

    let mut socket = app.socket_of(&ann).await;
    let document = format!("subscription {{ securityEvents(after: \"{last}\") {{ id }} }}");
    socket.subscribe("1", &document).await;

    hear_all(&mut socket, "securityEvents", [late]).await;
}

#[tokio::test]
async fn a_long_absence_is_told_page_by_page_while_new_events_come() {
    let app = TestApp::start().await;
    let (admin, ann) = (app.admin("admin@example.com").await, app.signed_in("ann@example.com").await);
    let first = app.event_ids().await.pop().unwrap();
    app.record_and_die(&ann, 650, "").await;
    let mut socket = following_trail(&app, &admin, Some(&first)).await;
    app.record_and_die(&ann, 50, "").await;

    let known = [first];
    let doubles = hear_all(&mut socket, "auditEvents", new_ids(&app, &known).await).await;

    assert!(doubles.iter().all(|id| known.contains(id)), "{doubles:?}");
}

#[tokio::test]
async fn a_subscription_does_not_go_on_from_an_unknown_or_hidden_event() {
    let app = TestApp::start().await;
    let (ann, bob) = (app.signed_in("ann@example.com").await, app.signed_in("bob@example.com").await);
    let mut of_bob = app.following(&bob).await;
    app.update_profile(&bob, json!({ "name": "Bob" })).await.ok();
    let bobs = of_bob.event("1").await["securityEvents"]["id"].as_str().unwrap().to_owned();
    let unknown = authgraph::values::ids::EventId::new().to_string();
    let mut socket = app.socket_of(&ann).await;

    for after in [&*bobs, &*unknown, "event_x", &ann.user, ""] {
        socket.subscribe("1", &format!("subscription {{ securityEvents(after: \"{after}\") {{ id }} }}")).await;
        assert_eq!(socket.error("1").await, "VALIDATION_FAILED", "{after}");
    }
}

#[tokio::test]
async fn a_filter_holds_for_what_was_and_for_what_happens() {
    let app = TestApp::start().await;
    let admin = app.admin("admin@example.com").await;
    let (ann, bob) = (app.signed_in("ann@example.com").await, app.signed_in("bob@example.com").await);
    let first = app.event_ids().await.remove(0);
    let rename = async |name: &str| {
        for who in [&bob, &ann] {
            app.update_profile(who, json!({ "name": name })).await.ok();
        }
    };
    rename("before").await;
    let mut socket = app.socket_of(&admin).await;
    let filter = format!("{{ actions: [PROFILE_UPDATED], subjectId: \"{}\" }}", ann.user);
    let document = format!(
        "subscription {{ auditEvents(after: \"{first}\", filter: {filter}) {{ action subject {{ email }} }} }}"
    );
    socket.subscribe("1", &document).await;
    socket.receive_until_silent().await;

    rename("behind").await;

    let event = socket.event("1").await;
    assert_eq!(event["auditEvents"], json!({ "action": "PROFILE_UPDATED", "subject": { "email": "ann@example.com" } }));
    socket.is_silent().await;
    socket.subscribe("2", "subscription { auditEvents(filter: { subjectId: \"x\" }) { id } }").await;
    assert_eq!(socket.error("2").await, "VALIDATION_FAILED");
}

#[tokio::test]
async fn nobody_learns_from_where_an_administrator_did_it() {
    let app = TestApp::start().await;
    let (admin, ann) = (app.admin("admin@example.com").await, app.signed_in("ann@example.com").await);
    let mut socket = app.socket_of(&ann).await;
    let fields = "action actor { id } ipAddress userAgent sessionId";
    socket.subscribe("1", &format!("subscription {{ securityEvents {{ {fields} }} }}")).await;
    socket.is_silent().await;

    app.record_by_admin(&admin, &ann).await;

    let expected =
        json!({ "action": "USER_UPDATED", "actor": null, "ipAddress": null, "userAgent": null, "sessionId": null });
    assert_eq!(socket.event("1").await["securityEvents"], expected);
}

#[tokio::test]
async fn the_feed_begins_anew_after_everybody_has_left() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    for round in 0..3 {
        let mut socket = app.following(&ann).await;
        app.update_profile(&ann, json!({ "name": format!("Ann {round}") })).await.ok();
        socket.event("1").await;
        drop(socket);
        // Longer than the feed takes to notice that it has no listener.
        tokio::time::sleep(Duration::from_millis(700)).await;
    }
}

#[tokio::test]
async fn without_redis_events_are_late_and_not_lost() {
    let Some(redis) = setting("TEST_REDIS_URL") else { return };
    let mut url = Url::parse(&redis).unwrap();
    let server = (url.host_str().unwrap().to_owned(), url.port().unwrap_or(6379));
    let proxy = Proxy::to(tokio::net::lookup_host(server).await.unwrap().next().unwrap()).await;
    url.set_host(Some("127.0.0.1")).unwrap();
    url.set_port(Some(proxy.address.port())).unwrap();
    let app = TestApp::with(&[("REDIS_URL", url.as_str())]).await;
    let other = app.another_instance().await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = other.following(&ann).await;

    proxy.cut();
    app.update_profile(&ann, json!({ "name": "Ann" })).await.ok();
    assert_eq!(socket.event("1").await["securityEvents"]["action"], "PROFILE_UPDATED");
    proxy.restore();

    app.update_profile(&ann, json!({ "name": "Anna" })).await.ok();
    assert_eq!(socket.event("1").await["securityEvents"]["action"], "PROFILE_UPDATED");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_redis_the_bell_is_quicker_than_the_look_at_the_table() {
    if setting("TEST_REDIS_URL").is_none() {
        return;
    }
    let app = TestApp::start().await;
    let other = app.another_instance().await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = other.following(&ann).await;
    let mut delays = Vec::new();

    for round in 0..8 {
        app.update_profile(&ann, json!({ "name": format!("Ann {round}") })).await.ok();
        let answered = Instant::now();
        socket.event("1").await;
        delays.push(answered.elapsed());
    }

    delays.sort_unstable();
    // Half a second apart, looks at the table would take a quarter of one on average.
    assert!(delays[4] < Duration::from_millis(150), "{delays:?}");
}
