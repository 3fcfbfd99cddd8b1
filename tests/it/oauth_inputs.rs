//! What clients may send about a sign-in with a provider: every field has its rule, and is refused before anything is asked or
//! used up.

use serde_json::{Value, json};

use crate::support::{Answer, PASSWORD, TestApp};

async fn refused(app: &TestApp, field: &str, input: Value) -> Answer {
    let ty = field[..1].to_uppercase() + &field[1..];
    app.ask(format!("mutation($input: {ty}Input!) {{ {field}(input: $input) {{ __typename }} }}")).input(input).await
}

/// An answer that breaks no rule, with these changes.
fn answer(changes: &Value) -> Value {
    let mut input = json!({ "flowToken": "agf_x", "code": "c", "state": "s" });
    input.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
    input
}

#[tokio::test]
async fn a_sign_in_begins_with_texts_of_bounded_length() {
    let app = TestApp::start().await;
    let input = json!({
        "provider": "p".repeat(65), "redirectUri": "u".repeat(2_001), "loginHint": "h".repeat(255),
    });

    let browser = refused(&app, "startOAuth", input).await;
    let native = refused(&app, "startIdTokenLogin", json!({ "provider": "p".repeat(65) })).await;

    assert_eq!(
        browser.field_errors(),
        ["input.provider TOO_LONG", "input.redirectUri TOO_LONG", "input.loginHint TOO_LONG"]
    );
    assert_eq!(native.field_errors(), ["input.provider TOO_LONG"]);
}

#[tokio::test]
async fn linking_and_confirming_belong_to_a_signed_in_user() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    app.logout(&ann).await.ok();
    for purpose in ["LINK", "REAUTHENTICATE"] {
        let browser = format!(
            "mutation {{ startOAuth(input: {{ provider: \"p\", redirectUri: \"u\", purpose: {purpose} }}) {{ url }} }}"
        );
        let native =
            format!("mutation {{ startIdTokenLogin(input: {{ provider: \"p\", purpose: {purpose} }}) {{ nonce }} }}");
        for document in [browser, native] {
            assert_eq!(app.ask(&document).await.code(), "UNAUTHENTICATED", "{document}");
            assert_eq!(app.ask(&document).by(&ann).await.code(), "UNAUTHENTICATED", "{document}");
        }
    }
}

#[tokio::test]
async fn an_answer_holds_a_code_or_an_error() {
    let app = TestApp::start().await;
    for (changes, fault) in [
        (json!({ "code": null }), "input.code REQUIRED"),
        (json!({ "code": "" }), "input.code REQUIRED"),
        (json!({ "error": "access_denied" }), "input.error INVALID"),
        (json!({ "code": "c".repeat(4_097) }), "input.code TOO_LONG"),
        (json!({ "code": null, "error": "e".repeat(201) }), "input.error TOO_LONG"),
        (json!({ "state": "s".repeat(513) }), "input.state TOO_LONG"),
        (json!({ "iss": "i".repeat(2_001) }), "input.iss TOO_LONG"),
        (json!({ "client": { "deviceName": "d".repeat(81) } }), "input.client.deviceName TOO_LONG"),
    ] {
        assert_eq!(refused(&app, "completeOAuth", answer(&changes)).await.field_errors(), [fault]);
    }
}

#[tokio::test]
async fn an_id_token_is_bounded_and_names_follow_the_rules_of_names() {
    let app = TestApp::start().await;
    let input = json!({
        "provider": "p".repeat(65), "flowToken": "agf_x", "idToken": "t".repeat(16 * 1024 + 1), "name": "Ann\u{202e}",
    });

    let answer = refused(&app, "loginWithIdToken", input).await;

    assert_eq!(answer.field_errors(), ["input.provider TOO_LONG", "input.idToken TOO_LONG", "input.name INVALID"]);
}

#[tokio::test]
async fn an_answer_inside_an_input_is_named_by_its_whole_path() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let oauth = answer(&json!({ "state": "s".repeat(513) }));
    let id_token = json!({ "flowToken": "agf_x", "idToken": "t".repeat(16 * 1024 + 1) });
    for (input, fault) in [
        (json!({}), "input.oauth REQUIRED"),
        (
            json!({ "oauth": answer(&json!({})), "idToken": { "flowToken": "agf_x", "idToken": "t" } }),
            "input.idToken INVALID",
        ),
        (json!({ "oauth": oauth }), "input.oauth.state TOO_LONG"),
        (json!({ "idToken": id_token }), "input.idToken.idToken TOO_LONG"),
    ] {
        let link = "mutation($input: LinkOAuthAccountInput!) { linkOAuthAccount(input: $input) { user { id } } }";
        assert_eq!(app.ask(link).input(input).by(&ann).await.field_errors(), [fault]);
    }
    let both = json!({ "password": PASSWORD, "oauth": oauth });
    let confirm = "mutation($input: ReauthenticateInput!) { reauthenticate(input: $input) { session { id } } }";
    assert_eq!(app.ask(confirm).input(both).by(&ann).await.field_errors(), ["input.oauth.state TOO_LONG"]);
}

#[tokio::test]
async fn a_cookie_is_promised_only_where_it_can_be_set() {
    let app = TestApp::start().await;
    let document = "mutation($input: CompleteOAuthInput!) { completeOAuth(input: $input) { __typename } }";
    let input = answer(&json!({ "client": { "tokenDelivery": "COOKIE" } }));
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = app.socket_of(&ann).await;

    let said = socket.run("1", document, json!({ "input": input })).await;

    assert_eq!(said["errors"][0]["extensions"]["fields"][0]["path"], "input.client.tokenDelivery", "{said}");
}

#[tokio::test]
async fn what_is_only_for_recent_proofs_needs_one() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    app.wait(std::time::Duration::from_mins(11));
    for mutation in [
        "linkOAuthAccount(input: {})",
        "unlinkOAuthAccount(input: { oauthAccountId: \"x\" })",
        "setPassword(input: { newPassword: \"x\" })",
    ] {
        let answer = app.ask(format!("mutation {{ {mutation} {{ user {{ id }} }} }}")).by(&ann).await;
        assert_eq!(answer.code(), "REAUTHENTICATION_REQUIRED", "{mutation}");
    }
}

#[tokio::test]
async fn one_operation_carries_one_answer() {
    let app = TestApp::start().await;
    let one = "completeOAuth(input: { flowToken: \"agf_x\", code: \"c\", state: \"s\" }) { __typename }";

    let twice = app.ask(format!("mutation {{ a: {one} b: {one} }}")).await;

    assert_eq!(twice.code(), "QUERY_TOO_COMPLEX");
}
