//! One field that fails leaves its neighbours their outcome.

use serde_json::json;

use crate::support::{PASSWORD, TestApp};

#[tokio::test]
async fn a_refused_mutation_leaves_its_neighbour_alone() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let document = "mutation($wrong: UpdateProfileInput!, $right: UpdateProfileInput!) {
        wrong: updateProfile(input: $wrong) { user { name } }
        right: updateProfile(input: $right) { user { name } }
    }";
    let variables = json!({ "wrong": { "name": "x".repeat(81) }, "right": { "name": "Ann" } });

    let answer = app.ask(document).variables(variables).by(&ann).await;

    assert_eq!(answer.body["data"], json!({ "wrong": null, "right": { "user": { "name": "Ann" } } }));
    assert_eq!((answer.code(), &answer.errors()[0]["path"]), ("VALIDATION_FAILED", &json!(["wrong"])));
}

#[tokio::test]
async fn a_stranger_learns_the_rules_beside_a_null_me() {
    let app = TestApp::start().await;

    let answer = app.ask("{ me { id } authConfig { registrationOpen } }").await;

    assert_eq!(answer.body["data"], json!({ "me": null, "authConfig": { "registrationOpen": true } }));
    assert_eq!((answer.code(), &answer.errors()[0]["path"]), ("UNAUTHENTICATED", &json!(["me"])));
}

#[tokio::test]
async fn a_refused_list_below_me_nulls_itself_alone() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    let document = "{ me { email sessions(first: -1) { edges { cursor } } } authConfig { registrationOpen } }";
    let answer = app.ask(document).by(&ann).await;

    assert_eq!(
        answer.body["data"],
        json!({ "me": { "email": "ann@example.com", "sessions": null }, "authConfig": { "registrationOpen": true } })
    );
    assert_eq!(&answer.errors()[0]["path"], &json!(["me", "sessions"]));
}

#[tokio::test]
async fn every_error_carries_the_correlation_id_of_its_request() {
    let app = TestApp::with(&[("TRUSTED_PROXIES", "1")]).await;

    let answer = app.ask("{ a: me { id } b: me { id } }").header("x-request-id", "ticket-42").await;

    assert_eq!(answer.header("x-request-id"), "ticket-42");
    assert_eq!(answer.codes(), ["UNAUTHENTICATED", "UNAUTHENTICATED"]);
    assert!(answer.errors().iter().all(|error| error["extensions"]["correlationId"] == "ticket-42"));
}

#[tokio::test]
async fn the_trail_knows_the_correlation_id_too() {
    let app = TestApp::with(&[("TRUSTED_PROXIES", "1")]).await;

    app.login("ann@example.com", PASSWORD).header("x-request-id", "ticket-42").await;

    let events = authgraph::records::audit_log::list_latest(&app.app.db, 1).await.unwrap();
    assert_eq!(events[0].correlation_id, "ticket-42");
}
