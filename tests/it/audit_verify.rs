//! Tampering with the audit trail is detected, and `authgraph audit` says where.

use std::time::Duration;

use authgraph::flows::maintenance::maintain;
use authgraph::flows::sweep::sweep;
use authgraph::flows::verify_audit::{BreakKind, ChainBreak, TrailVerdict, verify_audit};
use authgraph::records::audit_log::{self, AuditEvent};
use tokio_util::sync::CancellationToken;

use crate::support::process::run;
use crate::support::{PASSWORD, TestApp};

const DAY: Duration = Duration::from_hours(24);

/// Ten events in one chain: with one connection there is one writer.
async fn world() -> (TestApp, Vec<AuditEvent>) {
    let app = TestApp::with(&[("DATABASE_MAX_CONNECTIONS", "1")]).await;
    app.signed_in("ann@example.com").await;
    for _ in 0..8 {
        app.login("ann@example.com", PASSWORD).await.ok();
    }
    let events = audit_log::list_behind(&app.app.db, &[], 100).await.unwrap();
    assert_eq!(events.len(), 10);
    (app, events)
}

async fn verdict(app: &TestApp) -> TrailVerdict {
    verify_audit(&app.app, |_| {}).await.unwrap()
}

async fn events_of(app: &TestApp) -> u64 {
    match verdict(app).await {
        TrailVerdict::Whole { events, .. } => events,
        TrailVerdict::Broken(broken) => panic!("{broken}"),
    }
}

/// What was found: which link, which event of the ten, and what is wrong.
async fn found(app: &TestApp, events: &[AuditEvent]) -> (Option<i64>, Option<usize>, BreakKind) {
    let TrailVerdict::Broken(ChainBreak { event, place, wrong }) = verdict(app).await else {
        panic!("nothing was found")
    };
    let number = event.and_then(|id| events.iter().position(|event| event.id == id)).map(|index| index + 1);
    (place.map(|place| place.sequence), number, wrong)
}

#[tokio::test]
async fn a_trail_nobody_touched_is_whole() {
    let (app, _) = world().await;

    assert_eq!(events_of(&app).await, 10);
}

#[tokio::test]
async fn every_change_of_an_event_is_found() {
    let changes = [
        "metadata = '{\"method\": \"OAUTH\"}'",
        "outcome = 'FAILURE'",
        "action = 'LOGOUT'",
        "at = '2030-03-01T11:59:59+00:00'",
        "actor_id = null",
        "subject_id = session_id",
        "session_id = null",
        "address = '192.0.2.1'",
        "user_agent = null",
        "correlation_id = 'none'",
        "hash = (select hash from audit_events where sequence = 2)",
    ];
    for change in changes {
        let (app, events) = world().await;
        app.tamper(&[&format!("update audit_events set {change} where sequence = 5")]).await;

        assert_eq!(found(&app, &events).await, (Some(5), Some(5), BreakKind::Altered), "{change}");
    }
}

#[tokio::test]
async fn what_cannot_even_be_read_is_named_too() {
    for change in ["at = 'yesterday'", "id = x'00'", "metadata = 'no JSON'"] {
        let (app, events) = world().await;
        if !app.world.database.is_sqlite() {
            return; // PostgreSQL keeps its types.
        }
        app.tamper(&[&format!("update audit_events set {change} where sequence = 5")]).await;

        let (sequence, _, wrong) = found(&app, &events).await;
        assert_eq!((sequence, wrong), (Some(5), BreakKind::Altered), "{change}");
    }
}

#[tokio::test]
async fn a_removed_event_is_missed_wherever_it_was() {
    for (gone, sequence) in [("= 1", 1), ("= 5", 5), ("= 10", 10), ("> 3", 4), ("> 0", 1)] {
        let (app, events) = world().await;
        app.tamper(&[&format!("delete from audit_events where sequence {gone}")]).await;

        assert_eq!(found(&app, &events).await, (Some(sequence), None, BreakKind::Missing), "{gone}");
    }
}

#[tokio::test]
async fn swapped_events_are_found() {
    let (app, events) = world().await;
    app.tamper(&[
        "update audit_events set sequence = 99 where sequence = 5",
        "update audit_events set sequence = 5 where sequence = 6",
        "update audit_events set sequence = 6 where sequence = 99",
    ])
    .await;

    assert_eq!(found(&app, &events).await, (Some(5), Some(6), BreakKind::Altered));
}

/// Puts a copy of the fifth event somewhere.
fn forged(app: &TestApp, shard: &str, sequence: &str, at: &str) -> String {
    let id = if app.world.database.is_sqlite() { "randomblob(16)" } else { "gen_random_uuid()" };
    format!(
        "insert into audit_events (id, at, action, outcome, correlation_id, metadata, shard, sequence, hash)
         select {id}, {at}, 'LOGIN', 'SUCCESS', 'forged', '{{}}', {shard}, {sequence},
         case when {sequence} is null then null else hash end from audit_events where sequence = 5"
    )
}

#[tokio::test]
async fn an_event_that_was_slipped_in_is_found() {
    let (app, events) = world().await;
    app.tamper(&[&forged(&app, "shard", "11", "at")]).await;
    assert_eq!(found(&app, &events).await, (Some(11), None, BreakKind::Added));

    let (app, events) = world().await;
    app.tamper(&[&forged(&app, "1000", "1", "at")]).await;
    assert_eq!(found(&app, &events).await, (Some(1), None, BreakKind::Added));

    let (app, events) = world().await;
    app.tamper(&["delete from audit_events where sequence = 7", &forged(&app, "shard", "7", "at")]).await;
    assert_eq!(found(&app, &events).await, (Some(7), None, BreakKind::Altered));

    let (app, events) = world().await;
    app.tamper(&[&forged(&app, "null", "null", "'2030-02-01T00:00:00+00:00'")]).await;
    assert_eq!(found(&app, &events).await, (None, None, BreakKind::Unchained));
}

#[tokio::test]
async fn a_chain_that_was_shortened_at_both_ends_is_found_by_its_head() {
    let (app, events) = world().await;
    app.tamper(&[
        "delete from audit_events where sequence = 10",
        "update audit_chains set sequence = 9 where sequence = 10",
    ])
    .await;

    assert_eq!(found(&app, &events).await, (Some(9), Some(9), BreakKind::HeadDiffers));
}

#[tokio::test]
async fn events_of_the_version_before_are_chained_as_soon_as_the_books_are_kept() {
    let (app, _) = world().await;
    let unchained = "update audit_events set shard = null, sequence = null, hash = null where sequence > 6";
    app.tamper(&[unchained, "update audit_chains set sequence = 6, hash = (select hash from audit_events where sequence = 6) where sequence = 10"]).await;
    app.wait(Duration::from_hours(1));
    assert!(matches!(verdict(&app).await, TrailVerdict::Broken(ChainBreak { wrong: BreakKind::Unchained, .. })));

    let before = audit_log::heads(&app.app.db).await.unwrap();
    maintain(&app.app, &CancellationToken::new()).await.unwrap();

    assert_eq!(events_of(&app).await, 10);
    assert_eq!(audit_log::list_behind(&app.app.db, &before, 100).await.unwrap().len(), 4);
}

#[tokio::test]
async fn retention_removes_the_beginning_of_a_chain_and_the_rest_is_whole() {
    let app = TestApp::with(&[("AUDIT_RETENTION", "30d"), ("DATABASE_MAX_CONNECTIONS", "3")]).await;
    app.signed_in("ann@example.com").await;
    app.wait(20 * DAY);
    app.login("ann@example.com", PASSWORD).await.ok();
    app.wait(10 * DAY);

    sweep(&app.app, &CancellationToken::new()).await.unwrap();
    assert_eq!(events_of(&app).await, 3);

    app.wait(Duration::from_secs(1));
    sweep(&app.app, &CancellationToken::new()).await.unwrap();
    assert_eq!(events_of(&app).await, 2, "what is left, and what tells of the removal");
    app.login("ann@example.com", PASSWORD).await.ok();
    assert_eq!(events_of(&app).await, 3);

    app.wait(400 * DAY);
    sweep(&app.app, &CancellationToken::new()).await.unwrap();
    assert_eq!(events_of(&app).await, 1);
    app.tamper(&["update audit_chains set removed_sequence = removed_sequence - 1 where sequence > 0"]).await;
    assert!(matches!(verdict(&app).await, TrailVerdict::Broken(ChainBreak { wrong: BreakKind::Missing, .. })));
}

#[tokio::test]
async fn without_retention_events_stay_for_ever() {
    let app = TestApp::with(&[("AUDIT_RETENTION", "0s")]).await;
    app.signed_in("ann@example.com").await;

    app.wait(3_000 * DAY);
    sweep(&app.app, &CancellationToken::new()).await.unwrap();

    assert_eq!(events_of(&app).await, 2);
}

#[tokio::test]
async fn retention_says_in_the_trail_what_it_removed_from_it() {
    let app = TestApp::with(&[("AUDIT_RETENTION", "30d")]).await;
    app.signed_in("ann@example.com").await;
    let removed = events_of(&app).await;
    app.wait(31 * DAY);

    sweep(&app.app, &CancellationToken::new()).await.unwrap();

    let left = app.app.db.query("select action, metadata from audit_events");
    let left: Vec<(String, sqlx::types::Json<serde_json::Value>)> = left.all().await.unwrap();
    let [(action, metadata)] = &left[..] else { panic!("{left:?}") };
    assert_eq!((action.as_str(), &metadata["removed"]), ("AUDIT_EVENTS_REMOVED", &serde_json::json!(removed)));
    assert!(metadata["before"].as_str().unwrap().ends_with('Z'), "{metadata:?}");
}

#[tokio::test]
async fn the_door_of_retention_is_shut_behind_it() {
    let app = TestApp::with(&[("AUDIT_RETENTION", "30d")]).await;
    app.signed_in("ann@example.com").await;
    app.wait(31 * DAY);
    sweep(&app.app, &CancellationToken::new()).await.unwrap();
    app.login("ann@example.com", PASSWORD).await.ok();
    app.wait(31 * DAY);

    assert!(app.app.db.query("delete from audit_events").execute().await.is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_commands_say_what_there_is() {
    let (app, events) = world().await;
    let settings = [("AUTHGRAPH_ENV", "development"), ("DATABASE_URL", &*app.world.database.url)];
    let command = |arguments: &[&str]| run(app.world.folder.path(), &[&["audit"], arguments].concat(), &settings);

    let verified = command(&["verify"]);
    assert!(verified.status.success(), "{verified:?}");
    assert!(String::from_utf8(verified.stdout).unwrap().starts_with("The trail is intact: 10 events in "));

    assert!(command(&["rebuild-statistics"]).status.success());

    app.tamper(&["update audit_events set outcome = 'FAILURE' where sequence = 5"]).await;
    let broken = command(&["verify"]);
    assert_eq!(broken.status.code(), Some(4));
    let said = String::from_utf8(broken.stdout).unwrap();
    assert!(said.contains(&events[4].id.to_string()) && said.contains("link 5"), "{said}");

    // The command has a clock of its own, for which the tests are in the future.
    let refused = command(&["export", "--until", "2999-01-01"]);
    assert_eq!((refused.status.code(), refused.stdout.len()), (Some(1), 0), "{refused:?}");
    assert!(String::from_utf8(refused.stderr).unwrap().contains("until: Events before this time may still be written"));
    app.tamper(&["update audit_events set at = '2025-03-01T12:00:00+00:00'"]).await;
    let exported = command(&["export"]);
    assert!(
        String::from_utf8(exported.stderr).unwrap().contains("10 events. Continue the next export with --since 20")
    );
    let exported = String::from_utf8(exported.stdout).unwrap();
    let lines: Vec<serde_json::Value> = exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 10);
    assert_eq!(lines[0]["id"], events[0].id.to_string());
    assert_eq!(lines[0]["action"], "USER_REGISTERED");
    assert_eq!(lines[9]["at"], "2025-03-01T12:00:00.000000Z");
    assert_eq!(lines[9]["hash"].as_str().unwrap().len(), 64);
    assert!(command(&["export", "--until", "2025-03-01"]).stdout.is_empty());
}
