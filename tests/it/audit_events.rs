//! Reading the audit trail: who may see what of it, and that every filter finds what it says.

use std::net::IpAddr;
use std::time::Duration;

use authgraph::records::audit_log::{self, AuditEvent, NewAuditEvent};
use authgraph::records::audit_search::{self, EventFilter, EventSlice};
use authgraph::values::audit::{AuditAction, AuditOutcome};
use authgraph::values::caller::Caller;
use authgraph::values::ids::{SessionId, UserId};
use authgraph::values::paging::{ListScope, Page, SortedBy};
use authgraph::values::user_filter::TimeRange;
use serde_json::{Value, json};

use crate::support::{Answer, PASSWORD, START, SignedIn, TestApp};

const EVENT: &str =
    "id at action outcome actor { email } subject { email } sessionId ipAddress userAgent correlationId metadata";

async fn list(app: &TestApp, who: &SignedIn, arguments: &str) -> Answer {
    let page = "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";
    app.ask(format!("{{ auditEvents{arguments} {{ edges {{ cursor node {{ {EVENT} }} }} {page} }} }}")).by(who).await
}

async fn own(app: &TestApp, who: &SignedIn, arguments: &str) -> Answer {
    app.ask(format!("{{ me {{ auditEvents{arguments} {{ edges {{ node {{ {EVENT} }} }} }} }} }}")).by(who).await
}

fn nodes<'a>(answer: &'a Answer, path: &str) -> Vec<&'a Value> {
    answer.at(path).as_array().unwrap().iter().map(|edge| &edge["node"]).collect()
}

fn actions(answer: &Answer) -> Vec<&str> {
    nodes(answer, "/auditEvents/edges").into_iter().map(|node| node["action"].as_str().unwrap()).collect()
}

fn caller(address: &str) -> Caller {
    Caller {
        address: address.parse::<IpAddr>().unwrap(),
        user_agent: "an agent".to_owned(),
        correlation_id: "a correlation".to_owned(),
    }
}

/// An event of an administrator about a user, from the administrator's own address.
async fn lock(app: &TestApp, admin: &SignedIn, subject: &SignedIn) {
    let event = NewAuditEvent::success(AuditAction::UserLocked)
        .by_admin(admin.user.parse().unwrap(), subject.user.parse().unwrap())
        .in_session(admin.session.parse().unwrap());
    let mut tx = app.app.db.begin().await.unwrap();
    audit_log::write(&mut tx, &caller("192.0.2.77"), event, app.app.clock.now()).await.unwrap();
    tx.commit().await.unwrap();
}

#[tokio::test]
async fn an_administrator_sees_everything_newest_first() {
    let app = TestApp::start().await;
    let admin = app.administrator("admin@example.com").await;
    app.wait(Duration::from_secs(1));
    let ann = app.signed_in("ann@example.com").await;
    app.wait(Duration::from_secs(1));
    app.login("ann@example.com", "Wrong-Guess-99").await;

    let listed = list(&app, &admin, "").await.ok();

    assert_eq!(actions(&listed), ["LOGIN", "LOGIN", "USER_REGISTERED", "LOGIN", "ADMIN_CREATED"]);
    let nodes = nodes(&listed, "/auditEvents/edges");
    assert_eq!(nodes[0]["outcome"], "FAILURE");
    assert_eq!((&nodes[0]["actor"], &nodes[0]["subject"]["email"]), (&json!(null), &json!("ann@example.com")));
    assert_eq!(nodes[1]["actor"]["email"], "ann@example.com");
    assert_eq!(nodes[1]["sessionId"], json!(ann.session));
    assert_eq!(nodes[1]["ipAddress"], "127.0.0.1");
    assert_eq!(nodes[1]["metadata"], json!({ "method": "PASSWORD", "registration": true }));
    assert!(nodes[1]["id"].as_str().unwrap().starts_with("event_"));
}

#[tokio::test]
async fn pages_follow_each_other_in_both_directions() {
    let app = TestApp::start().await;
    let admin = app.administrator("admin@example.com").await;
    for _ in 0..5 {
        app.login("admin@example.com", PASSWORD).await.ok();
    }
    let all = list(&app, &admin, "").await.ok();
    let all: Vec<&Value> = nodes(&all, "/auditEvents/edges");
    assert_eq!(all.len(), 7);

    for filter in ["", ", filter: { actions: [LOGIN, ADMIN_CREATED, LOGIN] }"] {
        let first = list(&app, &admin, &format!("(first: 3{filter})")).await.ok();
        let end = first.text_at("/auditEvents/pageInfo/endCursor");
        let second = list(&app, &admin, &format!("(first: 3, after: \"{end}\"{filter})")).await.ok();
        let start = second.text_at("/auditEvents/pageInfo/startCursor");
        let back = list(&app, &admin, &format!("(last: 3, before: \"{start}\"{filter})")).await.ok();
        let last = list(&app, &admin, &format!("(last: 1{filter})")).await.ok();

        assert_eq!(nodes(&first, "/auditEvents/edges"), all[..3]);
        assert_eq!(nodes(&second, "/auditEvents/edges"), all[3..6]);
        assert_eq!(nodes(&back, "/auditEvents/edges"), all[..3]);
        assert_eq!(nodes(&last, "/auditEvents/edges"), all[6..]);
        assert_eq!(second.at("/auditEvents/pageInfo/hasNextPage"), &json!(true));
        assert_eq!(last.at("/auditEvents/pageInfo/hasPreviousPage"), &json!(true));
    }
}

#[tokio::test]
async fn the_trail_is_for_administrators() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    assert_eq!(list(&app, &ann, "").await.code(), "FORBIDDEN");
    assert_eq!(app.ask("{ dashboard { totals { users } } }").by(&ann).await.code(), "FORBIDDEN");
}

#[tokio::test]
async fn a_user_sees_what_was_done_to_them_and_not_from_where_an_administrator_did_it() {
    let app = TestApp::start().await;
    let admin = app.administrator("admin@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    app.wait(Duration::from_secs(1));
    lock(&app, &admin, &ann).await;

    let history = own(&app, &ann, "").await.ok();
    let history = nodes(&history, "/me/auditEvents/edges");

    assert_eq!(history.len(), 3);
    let locked = history[0];
    assert_eq!(locked["action"], "USER_LOCKED");
    assert_eq!(locked["subject"]["email"], "ann@example.com");
    for hidden in ["actor", "sessionId", "ipAddress", "userAgent"] {
        assert_eq!(locked[hidden], json!(null), "{hidden}");
    }
    assert_eq!(
        (&history[1]["actor"]["email"], &history[1]["ipAddress"]),
        (&json!("ann@example.com"), &json!("127.0.0.1"))
    );
}

#[tokio::test]
async fn a_user_cannot_find_out_by_filtering_what_is_hidden() {
    let app = TestApp::start().await;
    let admin = app.administrator("admin@example.com").await;
    let ann = app.signed_in("ann@example.com").await;
    lock(&app, &admin, &ann).await;
    let (actor, session) = (format!("actorId: \"{}\"", admin.user), format!("sessionId: \"{}\"", admin.session));

    for probe in [&*actor, &*session, "ipAddress: \"192.0.2.77\""] {
        let found = own(&app, &ann, &format!("(filter: {{ {probe} }})")).await.ok();
        assert_eq!(found.at("/me/auditEvents/edges"), &json!([]), "{probe}");
        let found = list(&app, &admin, &format!("(filter: {{ {probe}, actions: [USER_LOCKED] }})")).await.ok();
        assert_eq!(actions(&found), ["USER_LOCKED"], "{probe}");
    }
    let others = format!("(filter: {{ subjectId: \"{}\" }})", admin.user);
    assert_eq!(own(&app, &ann, &others).await.ok().at("/me/auditEvents/edges"), &json!([]));
    let address = own(&app, &ann, "(filter: { ipAddress: \"127.0.0.1\" })").await.ok();
    assert_eq!(nodes(&address, "/me/auditEvents/edges").len(), 2);
}

#[tokio::test]
async fn an_event_outlives_the_user_it_is_about() {
    let app = TestApp::start().await;
    let admin = app.administrator("admin@example.com").await;
    app.signed_in("ann@example.com").await;
    app.app.db.query("delete from users where email = 'ann@example.com'").execute().await.unwrap();

    let listed = list(&app, &admin, "(first: 1)").await.ok();

    let event = nodes(&listed, "/auditEvents/edges")[0];
    assert_eq!((&event["actor"], &event["subject"], &event["action"]), (&json!(null), &json!(null), &json!("LOGIN")));
}

#[tokio::test]
async fn a_word_of_a_newer_server_does_not_hide_the_others() {
    let app = TestApp::start().await;
    let admin = app.administrator("admin@example.com").await;
    app.tamper(&["update audit_events set action = 'TELEPORTED' where action = 'LOGIN'"]).await;

    assert_eq!(actions(&list(&app, &admin, "").await.ok()), ["UNKNOWN", "ADMIN_CREATED"]);
}

#[tokio::test]
async fn what_cannot_be_looked_for_is_refused_all_at_once() {
    let app = TestApp::start().await;
    let admin = app.administrator("admin@example.com").await;
    let filter = format!(
        "(filter: {{ actorId: \"{}\", sessionId: \"x\", ipAddress: \"localhost\", actions: [UNKNOWN], outcomes: [UNKNOWN] }})",
        admin.session
    );

    let refused = list(&app, &admin, &filter).await;

    assert_eq!(refused.code(), "VALIDATION_FAILED");
    let paths: Vec<&str> =
        refused.extension("fields").as_array().unwrap().iter().map(|fault| fault["path"].as_str().unwrap()).collect();
    assert_eq!(paths, ["filter.actions", "filter.outcomes", "filter.actorId", "filter.sessionId", "filter.ipAddress"]);
}

#[tokio::test]
async fn an_address_is_found_in_every_spelling_and_no_action_is_refused() {
    let app = TestApp::start().await;
    let admin = app.administrator("admin@example.com").await;
    for spelt in ["127.0.0.1", "::ffff:127.0.0.1", "0:0:0:0:0:ffff:7f00:1", " 127.0.0.1 "] {
        let found = list(&app, &admin, &format!("(filter: {{ ipAddress: \"{spelt}\", actions: [LOGIN] }})")).await.ok();
        assert_eq!(actions(&found), ["LOGIN"], "{spelt}");
    }
    assert_eq!(list(&app, &admin, "(filter: { actions: [] })").await.field_errors(), ["filter.actions INVALID"]);
}

#[tokio::test]
async fn the_dashboard_has_every_day_oldest_first() {
    let app = TestApp::start().await;
    app.administrator("admin@example.com").await;
    app.login("admin@example.com", "Wrong-Guess-99").await;
    app.wait(Duration::from_hours(48));
    let admin = app.login("admin@example.com", PASSWORD).await.signed_in();

    let fields = "totals { users verified locked withMfa activeSessions } days { date registrations logins failedLogins activeUsers }";
    let dashboard = app.ask(format!("{{ dashboard(days: 4) {{ {fields} }} }}")).by(&admin).await.ok();

    let day = |date: &str, registrations: i32, logins: i32, failed: i32, active: i32| json!({ "date": date, "registrations": registrations, "logins": logins, "failedLogins": failed, "activeUsers": active });
    let days = [
        day("2030-02-28", 0, 0, 0, 0),
        day("2030-03-01", 0, 1, 1, 1),
        day("2030-03-02", 0, 0, 0, 0),
        day("2030-03-03", 0, 1, 0, 1),
    ];
    assert_eq!(dashboard.at("/dashboard/days"), &json!(days));
    let totals = json!({ "users": 1, "verified": 1, "locked": 0, "withMfa": 0, "activeSessions": 2 });
    assert_eq!(dashboard.at("/dashboard/totals"), &totals);
    for days in [0, -1, 367, i32::MAX] {
        let refused = app.ask(format!("{{ dashboard(days: {days}) {{ totals {{ users }} }} }}")).by(&admin).await;
        assert_eq!(refused.code(), "VALIDATION_FAILED", "{days}");
    }
    let whole = app.ask("{ dashboard(days: 366) { days { date } } }").by(&admin).await.ok();
    assert_eq!(whole.at("/dashboard/days").as_array().unwrap().len(), 366);
}

/// A throw of a die that falls the same way every time.
struct Die(u64);

impl Die {
    fn throw(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.throw(from.len())]
    }

    fn maybe<T: Copy>(&mut self, from: &[T]) -> Option<T> {
        (self.throw(3) == 0).then(|| self.pick(from))
    }
}

const ACTIONS: [AuditAction; 3] = [AuditAction::Login, AuditAction::Logout, AuditAction::UserLocked];
const ADDRESSES: [&str; 3] = ["192.0.2.1", "2001:db8::1", "192.0.2.2"];

struct Cast {
    users: [UserId; 3],
    sessions: [SessionId; 3],
}

async fn write_events(app: &TestApp, die: &mut Die, cast: &Cast) -> Vec<AuditEvent> {
    let mut tx = app.app.db.begin().await.unwrap();
    for _ in 0..200 {
        let (action, one, other) = (die.pick(&ACTIONS), die.pick(&cast.users), die.pick(&cast.users));
        let event = if die.throw(2) == 0 { NewAuditEvent::success(action) } else { NewAuditEvent::failure(action) };
        let event = match die.throw(4) {
            0 => event,
            1 => event.by(one),
            2 => event.about(Some(one)),
            _ => event.by_admin(one, other),
        };
        let event = if die.throw(2) == 0 { event.in_session(die.pick(&cast.sessions)) } else { event };
        let at = START + Duration::from_secs(die.throw(30) as u64);
        audit_log::write(&mut tx, &caller(die.pick(&ADDRESSES)), event, at).await.unwrap();
    }
    tx.commit().await.unwrap();
    audit_log::list_latest(&app.app.db, 1_000).await.unwrap()
}

fn any_filter(die: &mut Die, cast: &Cast) -> EventFilter {
    let actions = (0..die.throw(3)).map(|_| die.pick(&ACTIONS)).collect();
    let filter = EventFilter {
        actions,
        outcomes: (0..die.throw(3)).map(|_| die.pick(AuditOutcome::ALL)).collect(),
        actor: die.maybe(&cast.users),
        subject: die.maybe(&cast.users),
        session: die.maybe(&cast.sessions),
        address: die.maybe(&ADDRESSES).map(str::to_owned),
        at: TimeRange {
            from: die.maybe(&[START, START + Duration::from_secs(10)]),
            before: die.maybe(&[START + Duration::from_secs(20), START + Duration::from_secs(11)]),
        },
        own_only: false,
    };
    if die.throw(4) == 0 { filter.seen_by_subject(die.pick(&cast.users)) } else { filter }
}

#[tokio::test]
async fn the_database_and_the_live_feed_agree_on_every_filter() {
    let app = TestApp::start().await;
    let mut die = Die(7);
    let cast =
        Cast { users: std::array::from_fn(|_| UserId::new()), sessions: std::array::from_fn(|_| SessionId::new()) };
    let events = write_events(&app, &mut die, &cast).await;
    let mut found_in_all = 0;

    for _ in 0..300 {
        let filter = any_filter(&mut die, &cast);
        let page =
            Page { scope: ListScope::new("events", &(), SortedBy::Time), size: 1_000, from: None, backwards: true };
        let slice = EventSlice { filter: filter.clone(), page };
        let found = audit_search::list(&app.app.db, &slice).await.unwrap();
        let matching: Vec<AuditEvent> = events.iter().filter(|event| filter.matches(event)).cloned().collect();
        assert_eq!(found, matching, "{filter:?}");
        found_in_all += found.len();
    }
    assert!(found_in_all > 1_000, "{found_in_all}");
}

#[tokio::test]
async fn an_event_is_found_by_its_id_by_those_who_may_see_it() {
    let app = TestApp::start().await;
    let admin = app.administrator("admin@example.com").await;
    let (ann, bob) = (app.signed_in("ann@example.com").await, app.signed_in("bob@example.com").await);
    lock(&app, &admin, &ann).await;
    let id = list(&app, &admin, "(filter: { actions: [USER_LOCKED] })").await.ok();
    let id = nodes(&id, "/auditEvents/edges")[0]["id"].as_str().unwrap().to_owned();
    let node = |who: &SignedIn| {
        app.ask(format!("{{ node(id: \"{id}\") {{ ... on AuditEvent {{ {EVENT} }} }} }}")).by(who).into_future()
    };

    let (full, own, nothing) = (node(&admin).await, node(&ann).await, node(&bob).await);

    assert_eq!(
        (full.text_at("/node/ipAddress"), full.text_at("/node/actor/email")),
        ("192.0.2.77", "admin@example.com")
    );
    assert_eq!(
        (own.text_at("/node/action"), own.at("/node/ipAddress"), own.at("/node/actor")),
        ("USER_LOCKED", &json!(null), &json!(null))
    );
    assert_eq!(nothing.ok().at("/node"), &json!(null));
}

#[tokio::test]
async fn a_cursor_of_another_filter_is_refused() {
    let app = TestApp::start().await;
    let admin = app.administrator("admin@example.com").await;
    let all = list(&app, &admin, "(first: 1)").await.ok();
    let cursor = all.text_at("/auditEvents/pageInfo/endCursor");

    let refused = list(&app, &admin, &format!("(after: \"{cursor}\", filter: {{ actions: [LOGIN] }})")).await;

    assert_eq!(refused.code(), "VALIDATION_FAILED");
}
