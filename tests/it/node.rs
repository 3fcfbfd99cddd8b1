//! Objects by their ids: one's own, and for administrators anybody's.

use authgraph::tools::db::statements_run;
use serde_json::{Value, json};

use crate::loaders::link;
use crate::support::{GraphQLRequest, SignedIn, TestApp};

fn node(app: &TestApp, id: &str) -> GraphQLRequest {
    let document =
        "query($id: ID!) { node(id: $id) { __typename id ... on User { email } ... on Session { user { email } } } }";
    app.ask(document).variables(json!({ "id": id }))
}

fn nodes(app: &TestApp, ids: &[&str]) -> GraphQLRequest {
    let document = "query($ids: [ID!]!) { nodes(ids: $ids) { id ... on User { email } ... on Session { user { email } }
        ... on AuditEvent { action } } }";
    app.ask(document).variables(json!({ "ids": ids }))
}

/// Ids of the newest events that the user sees.
async fn events(app: &TestApp, who: &SignedIn, first: usize) -> Vec<String> {
    let document = format!("{{ me {{ auditEvents(first: {first}) {{ nodes {{ id }} }} }} }}");
    let answer = app.ask(document).by(who).await.ok();
    let nodes = answer.at("/me/auditEvents/nodes").as_array().unwrap();
    nodes.iter().map(|node| node["id"].as_str().unwrap().to_owned()).collect()
}

/// Points that an operation costs at most.
fn requested(answer: &crate::support::Answer) -> u64 {
    answer.body["extensions"]["cost"]["requested"].as_u64().unwrap()
}

async fn ann_and_bob(app: &TestApp) -> (SignedIn, SignedIn) {
    (app.signed_in("ann@example.com").await, app.signed_in("bob@example.com").await)
}

#[tokio::test]
async fn everybody_finds_their_own() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    let (user, session) = (node(&app, &ann.user).by(&ann).await, node(&app, &ann.session).by(&ann).await);

    assert_eq!((user.text_at("/node/__typename"), user.text_at("/node/email")), ("User", "ann@example.com"));
    assert_eq!(session.text_at("/node/id"), ann.session);
    assert_eq!(session.text_at("/node/user/email"), "ann@example.com");
}

#[tokio::test]
async fn the_node_of_another_user_is_as_unknown_as_none() {
    let app = TestApp::start().await;
    let (ann, bob) = ann_and_bob(&app).await;
    let unknown = node(&app, "user_00000000000000000000000000").by(&ann).await.ok();

    for id in [&bob.user, &bob.session, "event_00000000000000000000000000", "nonsense", ""] {
        assert_eq!(node(&app, id).by(&ann).await.text, unknown.text, "{id}");
    }
    assert_eq!(unknown.at("/node"), &Value::Null);
}

#[tokio::test]
async fn an_account_at_a_provider_is_found_by_its_user_and_by_administrators() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let (ann, bob) = ann_and_bob(&app).await;
    for (number, provider) in ["google", "github", "our-sso"].into_iter().enumerate() {
        app.wait(std::time::Duration::from_secs(1));
        link(&app, &ann, provider).await;
        let email = ["Ann@Gmail.example", "not an address", ""][number];
        let text = "update oauth_accounts set email = $1 where provider = $2";
        app.app.db.query(text).bind(email.to_owned()).bind(provider.to_owned()).execute().await.unwrap();
    }
    let accounts = "{ me { oauthAccounts { id email provider { name displayName kind } } } }";

    let own = app.ask(accounts).by(&ann).await.ok();

    let providers: Vec<_> = (0..3).map(|n| own.at(&format!("/me/oauthAccounts/{n}/provider")).clone()).collect();
    assert_eq!(
        providers,
        [
            json!({ "name": "google", "displayName": "Google", "kind": "GOOGLE" }),
            json!({ "name": "github", "displayName": "GitHub", "kind": "GITHUB" }),
            json!({ "name": "our-sso", "displayName": "our-sso", "kind": "OIDC" }),
        ]
    );
    assert_eq!(own.at("/me/oauthAccounts/0/email"), "ann@gmail.example");
    assert_eq!(own.at("/me/oauthAccounts/1/email"), &Value::Null);
    let id = own.text_at("/me/oauthAccounts/0/id");
    for who in [&ann, &admin] {
        let found = node(&app, id).by(who).await.ok();
        assert_eq!((found.text_at("/node/__typename"), found.text_at("/node/id")), ("OAuthAccount", id));
    }
    assert_eq!(node(&app, id).by(&bob).await.ok().at("/node"), &Value::Null);
    assert_eq!(node(&app, id).await.ok().at("/node"), &Value::Null);
}

#[tokio::test]
async fn a_stranger_finds_nothing() {
    let app = TestApp::start().await;
    let (ann, bob) = ann_and_bob(&app).await;
    app.logout(&bob).await.ok();

    for id in [&ann.user, &ann.session, &bob.user] {
        assert_eq!(node(&app, id).await.ok().at("/node"), &Value::Null);
        assert_eq!(node(&app, id).by(&bob).await.ok().at("/node"), &Value::Null);
        assert_eq!(node(&app, id).bearer("nonsense").await.ok().at("/node"), &Value::Null);
    }
}

#[tokio::test]
async fn administrators_find_everybodys() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let (ann, bob) = ann_and_bob(&app).await;
    app.delete_account(&ann, "ann@example.com").await.ok();

    for id in [&ann.user, &ann.session, &bob.user, &bob.session] {
        assert_eq!(node(&app, id).by(&admin).await.text_at("/node/id"), id);
    }
}

#[tokio::test]
async fn many_objects_come_in_the_order_of_their_ids() {
    let app = TestApp::start().await;
    let (ann, bob) = ann_and_bob(&app).await;
    let event = events(&app, &ann, 1).await.remove(0);
    let ids = [&ann.session, "nonsense", &bob.user, &event, &ann.user, &bob.session, &ann.session];

    let answer = nodes(&app, &ids).by(&ann).await.ok();

    let found: Vec<_> = answer.at("/nodes").as_array().unwrap().iter().map(|node| node["id"].as_str()).collect();
    let (session, user) = (Some(&*ann.session), Some(&*ann.user));
    assert_eq!(found, [session, None, None, Some(&*event), user, None, session]);
}

#[tokio::test]
async fn a_stranger_finds_as_many_nothings_as_ids() {
    let app = TestApp::start().await;
    let (ann, bob) = ann_and_bob(&app).await;
    app.logout(&bob).await.ok();

    for asking in [nodes(&app, &[&ann.user, &bob.user]), nodes(&app, &[&ann.user, &bob.user]).by(&bob)] {
        assert_eq!(asking.await.ok().at("/nodes"), &json!([null, null]));
    }
}

#[tokio::test]
async fn a_hundred_ids_are_allowed_and_no_more() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    nodes(&app, &[&*ann.user; 100]).by(&ann).await.ok();
    for refused in [nodes(&app, &[&*ann.user; 101]).by(&ann).await, nodes(&app, &["x"; 101]).await] {
        assert_eq!(refused.code(), "VALIDATION_FAILED");
        assert_eq!(refused.extension("fields")[0]["path"], "ids");
    }
}

// Counted by thread, so this must stay on one.
#[tokio::test(flavor = "current_thread")]
async fn many_ids_are_as_many_statements_as_few() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let mut ids = Vec::new();
    for number in 0..10 {
        let user = app.signed_in(&format!("ann{number}@example.com")).await;
        ids.extend(events(&app, &user, 2).await);
        ids.extend([user.user, user.session]);
    }
    let count = async |ids: &[String]| {
        let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
        let before = statements_run();
        let answer = nodes(&app, &ids).by(&admin).await.ok();
        assert!(answer.at("/nodes").as_array().unwrap().iter().all(Value::is_object), "{}", answer.text);
        statements_run() - before
    };
    let (few, many) = ids.split_at(4);
    count(few).await;

    assert_eq!(count(few).await, count(many).await);
}

#[tokio::test]
async fn ids_are_paid_for_one_by_one_however_they_are_written() {
    let app = TestApp::with(&[("RATE_LIMIT_BUDGET", "1000/1m")]).await;
    let ann = app.signed_in("ann@example.com").await;
    let select = "{ id ... on User { mfa { enabled } } }";
    for (head, ids, points) in [
        ("", "[\"a\", \"b\", \"c\"]", 6),
        ("", "[]", 0),
        ("", "\"a\"", 2),
        ("query($ids: [ID!]!)", "$ids", 8),
        ("query($id: ID!)", "[$id, $id]", 4),
        ("query($other: [ID!] = [\"a\", \"b\", \"c\"])", "$other", 6),
        ("query($single: [ID!] = \"a\")", "$single", 2),
        ("query($given: [ID!]!)", "$given", 2),
    ] {
        let variables = json!({ "ids": ["a", "b", "c", "d"], "id": "a", "given": "a" });
        let answer =
            app.ask(format!("{head} {{ nodes(ids: {ids}) {select} }}")).variables(variables).by(&ann).await.ok();
        assert_eq!(requested(&answer), points, "{head} {ids}");
    }
}

#[tokio::test]
async fn ids_that_name_nothing_are_paid_for_and_their_selection_is_not() {
    let app = TestApp::with(&[("RATE_LIMIT_BUDGET", "200/1m")]).await;
    let ann = app.signed_in("ann@example.com").await;
    app.wait(std::time::Duration::from_mins(1));
    let document = "query($ids: [ID!]!) { nodes(ids: $ids) { ... on User { mfa { enabled } } } }";

    let answer = app.ask(document).variables(json!({ "ids": [ann.user, "x", "y"] })).by(&ann).await.ok();

    let cost = &answer.body["extensions"]["cost"];
    assert_eq!((&cost["requested"], &cost["remaining"]), (&json!(6), &json!(200 - 3 - 1)));
}
