//! Accounts whose address was never verified are removed, and only those.

use std::time::Duration;

use authgraph::flows::remove_unverified::remove_unverified;
use tokio_util::sync::CancellationToken;

use crate::support::{PASSWORD, TestApp};

const DAY: Duration = Duration::from_hours(24);
const REQUIRED: (&str, &str) = ("EMAIL_VERIFICATION", "required");

async fn removed(app: &TestApp) -> u64 {
    remove_unverified(&app.app, &CancellationToken::new()).await.unwrap()
}

#[tokio::test]
async fn an_address_that_its_owner_never_verified_is_free_again_after_7_days() {
    let app = TestApp::with(&[REQUIRED]).await;
    app.register("typo@example.com").await.ok();
    app.wait(7 * DAY);
    assert_eq!(removed(&app).await, 0);

    app.wait(Duration::from_secs(1));

    assert_eq!(removed(&app).await, 1);
    app.register("typo@example.com").await.ok();
    assert_eq!(app.audit_trail().await.iter().filter(|event| *event == "USER_ERASED Success").count(), 1);
}

#[tokio::test]
async fn a_verified_account_an_invited_one_and_an_administrator_stay() {
    let app = TestApp::with(&[REQUIRED]).await;
    let root = app.admin("root@example.com").await;
    app.create_user(&root, serde_json::json!({ "email": "invited@example.com" })).await.ok();
    app.register("ann@example.com").await.ok();
    app.verify_email(&app.token_to("ann@example.com", "verify_email").await).await.ok();

    app.wait(400 * DAY);

    assert_eq!(removed(&app).await, 0);
}

#[tokio::test]
async fn members_from_before_verification_was_required_stay() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    app.wait(400 * DAY);

    let stricter = app.another_instance_with(&[REQUIRED]).await;

    assert_eq!(removed(&stricter).await, 0);
}

#[tokio::test]
async fn where_verification_is_not_required_nothing_is_removed_unless_a_setting_says_so() {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    app.wait(30 * DAY);
    assert_eq!(removed(&app).await, 0);

    let told_to = app.another_instance_with(&[("UNVERIFIED_USER_RETENTION", "30d")]).await;
    app.login("ann@example.com", PASSWORD).await.signed_in();
    app.wait(6 * DAY);
    assert_eq!(removed(&told_to).await, 0, "a member who is signed in");

    app.wait(30 * DAY);
    assert_eq!(removed(&told_to).await, 1);
}
