//! Any object by its id: one's own, and for administrators anybody's.

use serde_json::{Value, json};

use crate::loaders::link;
use crate::support::{GraphQLRequest, SignedIn, TestApp};

fn node(app: &TestApp, id: &str) -> GraphQLRequest {
    let document =
        "query($id: ID!) { node(id: $id) { __typename id ... on User { email } ... on Session { user { email } } } }";
    app.ask(document).variables(json!({ "id": id }))
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
