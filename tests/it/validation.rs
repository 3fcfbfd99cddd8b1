//! Documents as the specification has them, whatever the library behind would make of them.

use serde_json::{Value, json};

use crate::support::{PASSWORD, TestApp};

async fn code(app: &TestApp, document: &str) -> String {
    let answer = app.ask(document).await;
    answer.errors().first().map_or("OK".to_owned(), |error| error["extensions"]["code"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_document_that_is_not_valid_does_not_run() {
    let app = TestApp::start().await;
    for document in [
        "{ me { __typename @skip(if: $x) } }",
        "query($n: String) { users(first: $n) { totalCount } }",
        "{ node(id: \"x\") { ... on User { x: name } ... on Session { x: status } } }",
        "query Q($a: Int @skip(if: true)) { users(first: $a) { totalCount } }",
        "mutation { updateProfile(input: { name: \"a\", name: \"b\" }) { __typename } }",
        "{ me { id } } query Q { me { id } }",
        "{ me { id } } fragment f on User { id }",
    ] {
        assert_eq!(code(&app, document).await, "GRAPHQL_VALIDATION_FAILED", "{document}");
    }
    for document in [
        "{ users(orderBy: { field: \"EMAIL\" }) { totalCount } }",
        "{ users(filter: { roles: [\"ADMIN\"] }) { totalCount } }",
    ] {
        assert_eq!(code(&app, document).await, "BAD_USER_INPUT", "{document}");
    }
    for document in ["{ node(id id: \"x\") { id } }", "{ node(id: \"\\uD83D\") { id } }", "\"a\" { me { id } }"] {
        assert_eq!(code(&app, document).await, "GRAPHQL_PARSE_FAILED", "{document}");
    }
}

#[tokio::test]
async fn escapes_and_block_strings_mean_what_they_say() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    for (literal, expected) in [
        (r#""A\uD83D\uDE00""#, "A😀"),
        (r#""A\u{1F600}""#, "A😀"),
        ("\"\"\"A \\\"\"\" B\"\"\"", "A \"\"\" B"),
        ("\"\"\"\n    A\n  \"\"\"", "A"),
    ] {
        let document = format!("mutation {{ updateProfile(input: {{ name: {literal} }}) {{ user {{ name }} }} }}");
        let answer = app.ask(document).by(&ann).await.ok();
        assert_eq!(answer.at("/updateProfile/user/name"), expected, "{literal}");
    }
}

#[tokio::test]
async fn a_password_in_a_block_string_is_the_password_that_logs_in() {
    let app = TestApp::start().await;
    let password = "Correct \"\"\" Horse 7";
    let literal = password.replace("\"\"\"", "\\\"\"\"");
    let input = format!("{{ email: \"ann@example.com\", password: \"\"\"{literal}\"\"\" }}");
    app.ask(format!("mutation {{ register(input: {input}) {{ __typename }} }}")).await.ok();

    app.login("ann@example.com", password).await.signed_in();
}

#[tokio::test]
async fn a_described_document_runs() {
    let app = TestApp::start().await;
    let document =
        "\"What is left\" query Left(\"whether\" $is: Boolean = true) { rateLimit @include(if: $is) { limit } }";

    app.ask(document).await.ok();
}

#[tokio::test]
async fn a_subscription_in_parts_is_one_subscription() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let mut socket = app.socket_of(&ann).await;
    let parts = "subscription { securityEvents { id } ...f } fragment f on Subscription { securityEvents { action } }";
    socket.subscribe("1", parts).await;
    socket.is_silent().await;

    app.update_profile(&ann, json!({ "name": "Ann" })).await.ok();

    let event = socket.event("1").await;
    assert_eq!(event["securityEvents"]["action"], "PROFILE_UPDATED");
    assert!(event["securityEvents"]["id"].is_string(), "{event}");
    socket.is_silent().await;
}

#[tokio::test]
async fn a_document_with_thousands_of_faults_is_told_about_twenty() {
    let app = TestApp::start().await;

    let answer = app.ask(format!("{{ me {{ {} }} }}", "nope ".repeat(1_900))).await;

    assert_eq!(answer.errors().len(), 20);
}

#[tokio::test]
async fn values_that_do_not_fit_their_variables_are_refused_before_anything_runs() {
    let app = TestApp::start().await;
    let document =
        "query($f: UserFilter, $n: Int) { __typename users(filter: $f, first: $n) @skip(if: true) { totalCount } }";
    for (variables, expected) in [
        (json!({ "n": 1, "f": { "roles": "ADMIN", "emailVerified": null } }), true),
        (json!({ "n": 1.0 }), true),
        (json!({ "n": 1.5 }), false),
        (json!({ "n": "1" }), false),
        (json!({ "n": 2_147_483_648_u32 }), false),
        (json!({ "f": [] }), false),
        (json!({ "f": { "roles": ["admin"] } }), false),
        (json!({ "f": { "nope": 1 } }), false),
        (json!({ "other": {} }), true),
    ] {
        let answer = app.ask(document).variables(variables.clone()).await;
        let code = answer.errors().first().map(|error| error["extensions"]["code"].clone());
        assert_eq!(code, if expected { None } else { Some(json!("BAD_USER_INPUT")) }, "{variables}");
        assert_eq!(answer.text.contains("\"data\""), expected, "{variables}");
    }
}

#[tokio::test]
async fn a_malformed_time_is_refused_with_its_path_before_anything_runs() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let document = "query($filter: UserFilter) { me { id } users(filter: $filter) { totalCount } }";
    let users = |from: Value| {
        let variables = json!({ "filter": { "createdAt": { "from": from } } });
        app.ask(document).variables(variables).by(&admin)
    };
    for from in [json!("yesterday"), json!("2026-11-21"), json!("2026-02-30T00:00:00Z"), json!(1), json!([])] {
        let refused = users(from.clone()).await;
        assert_eq!((refused.code(), refused.body.get("data")), ("BAD_USER_INPUT", None), "{from}");
        let expected = "Invalid value for the variable \"$filter.createdAt.from\", which has type \"DateTime\".";
        assert_eq!(refused.errors()[0]["message"], expected);
    }
    users(json!("2026-11-21T09:30:00.123456+01:00")).await.ok();
    users(json!(null)).await.ok();

    let literal = "{ me { id } users(filter: { createdAt: { from: \"hunter2\" } }) { totalCount } }";
    let refused = app.ask(literal).by(&admin).await;
    assert_eq!((refused.code(), refused.body.get("data")), ("BAD_USER_INPUT", None));
    let message = refused.errors()[0]["message"].as_str().unwrap();
    assert!(message.contains("\"filter.createdAt.from\"") && !message.contains("hunter2"), "{message}");
}

#[tokio::test]
async fn a_malformed_address_is_told_with_the_other_fields() {
    let app = TestApp::start().await;

    let refused = app.register_with(json!({ "email": "nonsense", "password": "short" })).await;

    assert!(refused.field_errors().contains(&"input.email INVALID".to_owned()), "{}", refused.text);
    assert!(refused.field_errors().contains(&"input.password TOO_SHORT".to_owned()), "{}", refused.text);
}

#[tokio::test]
async fn a_variable_left_out_leaves_a_profile_alone() {
    let app = TestApp::start().await;
    let member = json!({ "email": "ann@example.com", "password": PASSWORD, "name": "Keep", "locale": "de" });
    let ann = app.register_with(member).await.signed_in();
    let document =
        "mutation($n: String, $l: String) { updateProfile(input: { name: $n, locale: $l }) { user { name locale } } }";
    let change = |variables: Value| app.ask(document).variables(variables).by(&ann);

    let changed = change(json!({ "l": "fr" })).await.ok();
    assert_eq!(changed.at("/updateProfile/user"), &json!({ "name": "Keep", "locale": "fr" }));
    let cleared = change(json!({ "n": null })).await.ok();
    assert_eq!(cleared.at("/updateProfile/user"), &json!({ "name": null, "locale": "fr" }));
}

#[tokio::test]
async fn an_administrators_variable_left_out_leaves_an_account_alone() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let member = json!({ "email": "ann@example.com", "password": PASSWORD, "name": "Keep" });
    let ann = app.register_with(member).await.signed_in();
    let document = "mutation($id: ID!, $n: String, $l: String) {
        updateUser(input: { userId: $id, name: $n, locale: $l }) { user { name locale } } }";

    let changed = app.ask(document).variables(json!({ "id": ann.user, "l": "fr" })).by(&admin).await.ok();

    assert_eq!(changed.at("/updateUser/user"), &json!({ "name": "Keep", "locale": "fr" }));
}

#[tokio::test]
async fn a_variable_left_out_gives_the_default_of_the_schema() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let login = "mutation($p: String!, $d: TokenDelivery, $n: String) {
        login(input: { email: \"root@example.com\", password: $p, client: { tokenDelivery: $d, deviceName: $n } })
        { ... on SignedIn { refreshToken session { device { name } } } } }";
    let answer = app.ask(login).variables(json!({ "p": PASSWORD })).await.ok();
    assert!(answer.at("/login/refreshToken").is_string(), "{}", answer.text);
    let create = "mutation($r: Role) { createUser(input: { email: \"ben@example.com\", role: $r }) { user { role } } }";
    let answer = app.ask(create).by(&admin).await.ok();
    assert_eq!(answer.at("/createUser/user/role"), "USER");
    let days = "query($d: Int) { dashboard(days: $d) { days { date } } }";
    let answer = app.ask(days).by(&admin).await.ok();
    assert_eq!(answer.at("/dashboard/days").as_array().unwrap().len(), 7);
    assert_eq!(app.ask(days).variables(json!({ "d": null })).by(&admin).await.code(), "BAD_USER_INPUT");
}

#[tokio::test]
async fn a_hidden_schema_is_refused_and_not_left_out_of_the_answer() {
    let app = TestApp::with(&[("INTROSPECTION", "false")]).await;
    for document in
        ["{ __schema { types { name } } }", "{ ...f } fragment f on Query { __type(name: \"User\") { name } }"]
    {
        assert_eq!(code(&app, document).await, "GRAPHQL_VALIDATION_FAILED", "{document}");
    }
}
