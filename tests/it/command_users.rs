//! `authgraph users` and `sessions`: what operators do to accounts without signing in.

use std::process::Output;

use authgraph::flows::verify_audit::{TrailVerdict, verify_audit};
use authgraph::records::audit_log::{self, AuditEvent};
use serde_json::{Value, json};

use crate::support::process::run;
use crate::support::{PASSWORD, TestApp};

fn command(app: &TestApp, arguments: &[&str]) -> Output {
    let settings = [("AUTHGRAPH_ENV", "development"), ("DATABASE_URL", &*app.world.database.url)];
    run(app.world.folder.path(), arguments, &settings)
}

fn stdout(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

async fn last_event(app: &TestApp) -> AuditEvent {
    assert!(matches!(verify_audit(&app.app, |_| {}).await.unwrap(), TrailVerdict::Whole { .. }));
    // The command has the clock of the machine, which is not that of the test.
    let mut events = audit_log::list_latest(&app.app.db, 100).await.unwrap();
    let position = events.iter().position(|event| event.user_agent.as_deref() == Some("authgraph command line"));
    events.remove(position.expect("an event of the operator"))
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_locks_and_unlocks_as_an_administrator_does() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    let locked = command(&app, &["users", "lock", "ann@example.com"]);

    assert_eq!(stdout(&locked), "ann@example.com is locked until it is unlocked. All sessions ended.\n");
    assert_eq!(app.login("ann@example.com", PASSWORD).await.code(), "ACCOUNT_LOCKED");
    assert_eq!(app.me(&ann).await.code(), "UNAUTHENTICATED");
    let event = last_event(&app).await;
    assert_eq!((event.action.as_str(), event.actor_id), ("USER_LOCKED", None));
    assert_eq!(event.subject_id.map(|id| id.to_string()), Some(ann.user.clone()));

    assert_eq!(stdout(&command(&app, &["users", "unlock", &ann.user])), "ann@example.com is not locked.\n");
    app.login("ann@example.com", PASSWORD).await.signed_in();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_ends_sessions() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    app.login("ann@example.com", PASSWORD).await.signed_in();

    let revoked = command(&app, &["sessions", "revoke", "ann@example.com"]);

    assert_eq!(stdout(&revoked), "2 sessions of ann@example.com ended.\n");
    assert_eq!(app.me(&ann).await.code(), "UNAUTHENTICATED");
    assert_eq!(last_event(&app).await.action.as_str(), "SESSIONS_REVOKED");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_does_not_lock_the_last_administrator() {
    let app = TestApp::start().await;
    app.admin("root@example.com").await;

    let refused = command(&app, &["users", "lock", "root@example.com"]);

    assert_eq!(refused.status.code(), Some(1));
    assert!(String::from_utf8(refused.stderr).unwrap().contains("One administrator who can sign in must be left"));
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_listed_and_shown_without_secrets() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    app.signed_in("bob@example.com").await;
    app.admin("root@example.com").await;

    let listed = stdout(&command(&app, &["users", "list", "--json", "--role", "user"]));
    let shown = stdout(&command(&app, &["users", "show", "ann@example.com", "--json"]));

    let emails: Vec<Value> =
        listed.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["email"].clone()).collect();
    assert_eq!(emails, ["bob@example.com", "ann@example.com"]);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!((&shown["id"], &shown["status"]), (&json!(ann.user), &json!("ACTIVE")));
    assert_eq!(shown.get("passwordHash"), None);
    assert!(stdout(&command(&app, &["users", "list", "--search", "bob"])).contains("bob@example.com"));
    assert!(stdout(&command(&app, &["users", "show", &ann.user])).contains("email           ann@example.com\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_account_is_a_failure() {
    let app = TestApp::start().await;

    for arguments in [["users", "show"], ["users", "lock"], ["users", "unlock"], ["sessions", "revoke"]] {
        let output = command(&app, &[&arguments[..], &["nobody@example.com"]].concat());
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
    }
}
