//! `auditIntegrity`: administrators verify the audit trail part by part.

use std::time::Duration;

use authgraph::flows::seed::{SeedSize, seed};
use authgraph::flows::sweep::sweep;
use authgraph::flows::verify_audit::{BreakKind, ChainBreak, PART, PartEnding, verify_part};
use authgraph::values::audit_cursor::AuditCursor;
use authgraph::values::password::Password;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::support::{GraphQLRequest, PASSWORD, SignedIn, TestApp};

const DAY: Duration = Duration::from_hours(24);

/// Ten events in one chain: with one connection there is one writer.
async fn ten_events(more: &[(&str, &str)]) -> (TestApp, SignedIn) {
    let app = TestApp::with(&[&[("DATABASE_MAX_CONNECTIONS", "1")], more].concat()).await;
    let admin = app.administrator("root@example.com").await;
    for _ in 0..8 {
        app.login("root@example.com", PASSWORD).await.ok();
    }
    (app, admin)
}

fn integrity(app: &TestApp, who: &SignedIn, after: Option<&str>) -> GraphQLRequest {
    let document = "query($after: String) { auditIntegrity(after: $after) {
        verifiedEventCount endCursor break { message event { id action actor { email } } } } }";
    app.ask(document).variables(json!({ "after": after })).by(who)
}

/// Verifies in parts of three events. The sizes of the parts, and the break at their end.
async fn in_small_parts(app: &TestApp) -> (Vec<u64>, Option<ChainBreak>) {
    let (mut sizes, mut after): (Vec<u64>, Option<AuditCursor>) = (Vec::new(), None);
    loop {
        let part = verify_part(&app.app, after.as_ref(), 3).await.unwrap();
        sizes.push(part.events);
        match part.ending {
            // As a client keeps it.
            PartEnding::Continues(cursor) => after = Some(AuditCursor::parse(&cursor.to_text()).unwrap()),
            PartEnding::Whole { .. } => return (sizes, None),
            PartEnding::Broken(broken) => return (sizes, Some(broken)),
        }
        assert!(sizes.len() < 20, "{sizes:?}");
    }
}

async fn found(app: &TestApp) -> Option<(Option<i64>, BreakKind)> {
    let (_, broken) = in_small_parts(app).await;
    broken.map(|found| (found.place.map(|place| place.sequence), found.wrong))
}

#[tokio::test]
async fn a_whole_trail_has_no_break_and_no_next_part() {
    let (app, admin) = ten_events(&[]).await;

    let answer = integrity(&app, &admin, None).await.ok();

    let whole = json!({ "verifiedEventCount": 10, "endCursor": null, "break": null });
    assert_eq!(answer.at("/auditIntegrity"), &whole);
}

#[tokio::test]
async fn a_verification_is_no_event_of_the_trail() {
    let (app, admin) = ten_events(&[]).await;

    integrity(&app, &admin, None).await.ok();
    integrity(&app, &admin, Some("nothing")).await;

    assert_eq!(app.audit_trail().await.len(), 10);
}

#[tokio::test]
async fn a_break_names_the_event_as_it_is_stored_now() {
    let (app, admin) = ten_events(&[]).await;
    app.tamper(&["update audit_events set outcome = 'FAILURE' where sequence = 5"]).await;

    let answer = integrity(&app, &admin, None).await.ok();

    assert_eq!(answer.at("/auditIntegrity/endCursor"), &Value::Null);
    assert_eq!(answer.at("/auditIntegrity/verifiedEventCount"), &json!(4));
    assert_eq!(answer.text_at("/auditIntegrity/break/event/actor/email"), "root@example.com");
    let (message, id) =
        (answer.text_at("/auditIntegrity/break/message"), answer.text_at("/auditIntegrity/break/event/id"));
    assert!(
        message.contains("link 5") && message.contains(id) && message.contains("is not what was written"),
        "{message}"
    );
}

#[tokio::test]
async fn an_event_that_is_gone_has_no_fields_and_one_with_an_unknown_action_is_shown() {
    for (change, action) in [
        ("delete from audit_events where sequence = 5", Value::Null),
        ("update audit_events set action = '?' where sequence = 5", "UNKNOWN".into()),
    ] {
        let (app, admin) = ten_events(&[]).await;
        app.tamper(&[change]).await;

        let answer = integrity(&app, &admin, None).await.ok();

        let event = answer.at("/auditIntegrity/break/event");
        assert_eq!(event.get("action").unwrap_or(&Value::Null), &action, "{change}");
        assert!(answer.text_at("/auditIntegrity/break/message").contains("link 5"), "{change}");
    }
}

#[tokio::test]
async fn parts_cover_the_trail_without_a_gap() {
    let (app, _) = ten_events(&[]).await;

    assert_eq!(in_small_parts(&app).await, (vec![3, 3, 3, 1], None));
}

#[tokio::test]
async fn what_was_tampered_with_is_found_in_any_part() {
    for sequence in 1..=10 {
        let (app, _) = ten_events(&[]).await;
        app.tamper(&[&format!("update audit_events set user_agent = 'x' where sequence = {sequence}")]).await;
        assert_eq!(found(&app).await, Some((Some(sequence), BreakKind::Altered)));

        app.tamper(&[&format!("delete from audit_events where sequence = {sequence}")]).await;
        assert_eq!(found(&app).await, Some((Some(sequence), BreakKind::Missing)));
    }
}

#[tokio::test]
async fn the_last_part_finds_what_is_outside_of_every_chain() {
    let (app, _) = ten_events(&[]).await;
    app.tamper(&["update audit_events set shard = 1000 where sequence = 10",
        "update audit_chains set sequence = 9, hash = (select hash from audit_events where sequence = 9) where sequence = 10"]).await;
    assert_eq!(found(&app).await, Some((Some(10), BreakKind::Added)));

    app.tamper(&["update audit_events set shard = null, sequence = null, hash = null where sequence = 10"]).await;
    app.wait(Duration::from_hours(1));
    assert_eq!(found(&app).await, Some((None, BreakKind::Unchained)));
}

#[tokio::test]
async fn a_verification_survives_retention_and_new_events_between_its_parts() {
    let (app, _) = ten_events(&[("AUDIT_RETENTION", "30d"), ("DATABASE_MAX_CONNECTIONS", "3")]).await;
    let PartEnding::Continues(cursor) = verify_part(&app.app, None, 3).await.unwrap().ending else { panic!("no part") };
    app.wait(31 * DAY);
    app.login("root@example.com", PASSWORD).await.ok();
    sweep(&app.app, &CancellationToken::new()).await.unwrap();

    let rest = verify_part(&app.app, Some(&cursor), 100).await.unwrap();

    // The new login, and the event that says what retention removed. On PostgreSQL they may be in chains verified before.
    assert!(rest.events == 2 || rest.events < 2 && !app.world.database.is_sqlite(), "{rest:?}");
    assert!(matches!(rest.ending, PartEnding::Whole { .. }), "{rest:?}");
}

#[tokio::test]
async fn a_cursor_that_was_made_up_is_refused_or_gives_a_wrong_answer_to_its_author_alone() {
    let (app, admin) = ten_events(&[]).await;
    let PartEnding::Continues(cursor) = verify_part(&app.app, None, 3).await.unwrap().ending else { panic!("no part") };
    for text in ["", "nothing", "\0", &format!("{}=", cursor.to_text()), &"A".repeat(5_000)] {
        let refused = integrity(&app, &admin, Some(text)).await;
        assert_eq!((refused.code(), refused.field_errors()), ("VALIDATION_FAILED", vec!["after INVALID".to_owned()]));
    }

    let mut forged = cursor.clone();
    forged.place.sequence = 7;
    let answer = integrity(&app, &admin, Some(&forged.to_text())).await.ok();
    assert!(answer.text_at("/auditIntegrity/break/message").contains("link 8"));
    for (shard, sequence) in [(cursor.place.shard, i64::MAX), (i32::MAX, 0), (i32::MAX, i64::MAX)] {
        forged.place.shard = shard;
        forged.place.sequence = sequence;
        let answer = integrity(&app, &admin, Some(&forged.to_text())).await.ok();
        assert_eq!(answer.at("/auditIntegrity/verifiedEventCount"), &json!(0), "{}", answer.text);
    }
    assert_eq!(integrity(&app, &admin, None).await.ok().at("/auditIntegrity/break"), &Value::Null);
}

/// A million events are 100 parts, which the budget of a minute has to pay for (`RATE_LIMIT_BUDGET`).
#[tokio::test]
async fn a_call_verifies_ten_thousand_events_and_a_million_fit_into_the_budget_of_a_minute() {
    let app = TestApp::with(&[("RATE_LIMIT_BUDGET", "2000/1m")]).await;
    let admin = app.administrator("root@example.com").await;
    let password = Password::typed(PASSWORD.to_owned());
    let size = SeedSize { users: 10, events: PART + 500 };
    seed(&app.app, size, &password, true, |_| {}).await.unwrap();

    let first = integrity(&app, &admin, None).await.ok();
    let rest = integrity(&app, &admin, Some(first.text_at("/auditIntegrity/endCursor"))).await.ok();

    let count = |answer: &crate::support::Answer| answer.at("/auditIntegrity/verifiedEventCount").as_u64().unwrap();
    // Each chain that begins behind the limit has one more.
    assert!((PART..=PART + 63).contains(&count(&first)), "{}", first.text);
    assert!((400..=600).contains(&count(&rest)), "{}", rest.text);
    assert_eq!((rest.at("/auditIntegrity/endCursor"), rest.at("/auditIntegrity/break")), (&Value::Null, &Value::Null));
    let cost = first.body["extensions"]["cost"]["requested"].as_u64().unwrap();
    assert!(cost * (1_000_000 / PART) <= 2_000, "{}", first.text);
}
