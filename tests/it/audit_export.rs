//! Exports of the audit trail that follow each other hold every event once.

use std::time::Duration;

use authgraph::error::{Error, Refusal};
use authgraph::flows::erase_users::erase_users;
use authgraph::flows::export_audit::{Exported, export_audit};
use authgraph::flows::remove_unverified::remove_unverified;
use authgraph::records::audit_log::{self, NewAuditEvent};
use authgraph::records::users;
use authgraph::tools::db::Tx;
use authgraph::values::audit::AuditAction;
use authgraph::values::caller::Caller;
use authgraph::values::email_address::EmailAddress;
use authgraph::values::ids::UserId;
use authgraph::values::time::Time;
use tokio_util::sync::CancellationToken;

use crate::support::{PASSWORD, TestApp};

const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_hours(24);
/// What a request may take, and clocks may differ.
const SETTLING: Duration = Duration::from_secs(35);

/// The actions that an export holds, oldest first.
async fn export(app: &TestApp, since: Time, until: Option<Time>) -> Result<(Vec<String>, Exported), Error> {
    let mut actions = Vec::new();
    let write = |line: &str| {
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        actions.push(event["action"].as_str().unwrap().to_owned());
        Ok(())
    };
    let exported = export_audit(&app.app, (since, until), write).await?;
    Ok((actions, exported))
}

#[tokio::test]
async fn an_event_that_is_committed_behind_an_export_is_in_the_next_one() {
    for late in [0, 1, 29] {
        let app = TestApp::start().await;
        app.register("ann@example.com").await.ok();
        app.wait(10 * SECOND);
        let mut tx = app.app.db.begin().await.unwrap();
        let event = NewAuditEvent::success(AuditAction::Logout);
        audit_log::write(&mut tx, &Caller::operator("test"), event, app.app.clock.now()).await.unwrap();
        app.wait(late * SECOND);

        let (mut actions, first) = export(&app, Time::UNIX_EPOCH, None).await.unwrap();
        tx.commit().await.unwrap();
        app.wait(SETTLING + SECOND);
        actions.extend(export(&app, first.until, None).await.unwrap().0);

        assert_eq!(actions, ["USER_REGISTERED", "LOGIN", "LOGOUT"], "{late} seconds late");
    }
}

#[tokio::test]
async fn an_export_up_to_a_time_that_may_still_get_events_is_refused() {
    let app = TestApp::start().await;
    let now = app.app.clock.now();

    let refused = export(&app, Time::UNIX_EPOCH, Some(now - SETTLING + SECOND)).await.unwrap_err();

    let Error::Refused(Refusal::ValidationFailed { fields }) = refused else { panic!("{refused:?}") };
    assert_eq!((fields[0].path, fields[0].code), ("until", authgraph::error::FieldErrorCode::OutOfRange));
    assert!(export(&app, Time::UNIX_EPOCH, Some(now - SETTLING)).await.is_ok());
}

#[tokio::test]
async fn an_export_waits_as_long_as_a_request_may_take() {
    let app = TestApp::with(&[("REQUEST_TIMEOUT", "90s")]).await;
    let now = app.app.clock.now();

    assert!(export(&app, Time::UNIX_EPOCH, Some(now - 94 * SECOND)).await.is_err());
    assert_eq!(export(&app, Time::UNIX_EPOCH, None).await.unwrap().1.until, now - 95 * SECOND);
}

/// When the last account was erased.
async fn erased_at(app: &TestApp) -> Time {
    let events = audit_log::list_latest(&app.app.db, 1_000).await.unwrap();
    events.iter().filter(|event| event.action == AuditAction::UserErased).map(|event| event.at).max().unwrap()
}

/// Keeps others from a user's row.
async fn held(app: &TestApp, user: UserId) -> Tx {
    let mut tx = app.app.db.begin().await.unwrap();
    users::hold(&mut tx, user).await.unwrap();
    tx
}

/// Lets a day pass before the row is free again.
async fn a_day_passes(app: &TestApp, held: Tx) {
    app.until_one_waits("update users%").await;
    app.wait(DAY);
    held.commit().await.unwrap();
}

#[tokio::test]
async fn an_erasure_late_in_a_long_sweep_is_dated_when_it_was_done() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    app.delete_account(&ann, "ann@example.com").await.ok();
    app.wait(31 * DAY);

    let stopping = CancellationToken::new();
    let held = held(&app, ann.user.parse().unwrap()).await;
    let (erased, ()) = tokio::join!(erase_users(&app.app, &stopping), a_day_passes(&app, held));

    assert_eq!(erased.unwrap(), 1);
    assert_eq!(erased_at(&app).await, app.app.clock.now());
}

#[tokio::test]
async fn a_removal_late_in_a_long_sweep_is_dated_when_it_was_done() {
    let app = TestApp::with(&[("EMAIL_VERIFICATION", "required")]).await;
    app.register("typo@example.com").await.ok();
    app.wait(8 * DAY);

    let stopping = CancellationToken::new();
    let user = users::find_by_email(&app.app.db, &EmailAddress::parse("typo@example.com").unwrap()).await.unwrap();
    let held = held(&app, user.unwrap().id).await;
    let (removed, ()) = tokio::join!(remove_unverified(&app.app, &stopping), a_day_passes(&app, held));

    assert_eq!(removed.unwrap(), 1);
    assert_eq!(erased_at(&app).await, app.app.clock.now());
    assert_eq!(app.login("typo@example.com", PASSWORD).await.code(), "INVALID_CREDENTIALS");
}
