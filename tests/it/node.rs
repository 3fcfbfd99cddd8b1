//! Any object by its id: one's own, and for administrators anybody's.

use serde_json::{Value, json};

use crate::support::{Asking, SignedIn, TestApp};

fn node(app: &TestApp, id: &str) -> Asking {
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
async fn somebody_elses_is_the_same_as_nobodys() {
    let app = TestApp::start().await;
    let (ann, bob) = ann_and_bob(&app).await;
    let nobody = node(&app, "user_00000000000000000000000000").by(&ann).await.granted();

    for id in [&bob.user, &bob.session, "event_00000000000000000000000000", "nonsense", ""] {
        assert_eq!(node(&app, id).by(&ann).await.text, nobody.text, "{id}");
    }
    assert_eq!(nobody.at("/node"), &Value::Null);
}

#[tokio::test]
async fn a_stranger_finds_nothing() {
    let app = TestApp::start().await;
    let (ann, bob) = ann_and_bob(&app).await;
    app.logout(&bob).await.granted();

    for id in [&ann.user, &ann.session, &bob.user] {
        assert_eq!(node(&app, id).await.granted().at("/node"), &Value::Null);
        assert_eq!(node(&app, id).by(&bob).await.granted().at("/node"), &Value::Null);
        assert_eq!(node(&app, id).bearer("nonsense").await.granted().at("/node"), &Value::Null);
    }
}

#[tokio::test]
async fn administrators_find_everybodys() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let (ann, bob) = ann_and_bob(&app).await;
    app.delete_account(&ann, "ann@example.com").await.granted();

    for id in [&ann.user, &ann.session, &bob.user, &bob.session] {
        assert_eq!(node(&app, id).by(&admin).await.text_at("/node/id"), id);
    }
}
