//! Changing one's display name and language.

use serde_json::{Value, json};

use crate::support::{PASSWORD, TestApp};

#[tokio::test]
async fn what_is_left_out_stays_and_null_clears() {
    let app = TestApp::start().await;
    let member = json!({ "email": "ann@example.com", "password": PASSWORD, "name": "Ann", "locale": "de" });
    let ann = app.register_with(member).await.signed_in();

    let renamed = app.update_profile(&ann, json!({ "name": " Anna " })).await;
    let cleared = app.update_profile(&ann, json!({ "locale": null })).await;

    assert_eq!(renamed.at("/updateProfile/user"), &json!({ "name": "Anna", "locale": "de" }));
    assert_eq!(cleared.at("/updateProfile/user"), &json!({ "name": "Anna", "locale": null }));
    assert_eq!(app.me(&ann).await.at("/me/locale"), &Value::Null);
}

#[tokio::test]
async fn an_empty_name_is_none() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    let answer = app.update_profile(&ann, json!({ "name": "  " })).await;

    assert_eq!(answer.at("/updateProfile/user/name"), &Value::Null);
}

#[tokio::test]
async fn every_fault_of_a_profile_is_told_at_once() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    let refused = app.update_profile(&ann, json!({ "name": "x".repeat(81), "locale": "?" })).await;

    assert_eq!(refused.field_errors(), ["input.name TOO_LONG", "input.locale INVALID"]);
}
