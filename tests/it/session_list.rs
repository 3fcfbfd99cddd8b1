//! The lists below a user: what their refusal takes along, and how many items there are.

use authgraph::tools::db::statements_run;
use serde_json::json;

use crate::support::{Answer, PASSWORD, SignedIn, TestApp};

async fn counts(app: &TestApp, admin: &SignedIn, first: usize) -> (Answer, u64) {
    let document =
        "query($first: Int) { users(first: $first, orderBy: { field: EMAIL, direction: ASC }) { nodes { email
        sessions(first: 1) { totalCount nodes { id } } active: sessions(first: 0, status: ACTIVE) { totalCount } } } }";
    let before = statements_run();
    let answer = app.ask(document).variables(json!({ "first": first })).by(admin).await.ok();
    (answer, statements_run() - before)
}

#[tokio::test]
async fn a_stale_cursor_of_sessions_took_all_of_me_with_it() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    for list in ["sessions(after: \"zzz\")", "auditEvents(after: \"zzz\")", "auditEvents(filter: { actions: [] })"] {
        let answer = app.ask(format!("{{ me {{ email list: {list} {{ nodes {{ id }} }} }} }}")).by(&ann).await;

        assert_eq!((answer.code(), answer.at("/me/list")), ("VALIDATION_FAILED", &json!(null)), "{list}");
        assert_eq!(answer.text_at("/me/email"), "ann@example.com");
    }
}

#[tokio::test]
async fn sessions_are_counted_with_the_filter_of_their_list() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let other = app.login("ann@example.com", PASSWORD).await.signed_in();
    app.login("ann@example.com", PASSWORD).await.signed_in();
    app.logout(&other).await.ok();

    let answer = app
        .ask(
            "{ me { all: sessions(first: 1) { totalCount nodes { id } } active: sessions(status: ACTIVE) { totalCount }
                ended: sessions(status: REVOKED) { totalCount } expired: sessions(status: EXPIRED) { totalCount } } }",
        )
        .by(&ann)
        .await
        .ok();

    let count = |list: &str| answer.at(&format!("/me/{list}/totalCount")).as_i64().unwrap();
    assert_eq!([count("all"), count("active"), count("ended"), count("expired")], [3, 2, 1, 0]);
    assert_eq!(answer.at("/me/all/nodes").as_array().unwrap().len(), 1);
}

// Counted by thread, so this must stay on one.
#[tokio::test(flavor = "current_thread")]
async fn sessions_of_many_users_are_counted_together_and_not_mixed_up() {
    let app = TestApp::with(&[("MAX_COMPLEXITY", "5000")]).await;
    let admin = app.administrator("root@example.com").await;
    for number in 0..20 {
        app.register(&format!("ann{number:02}@example.com")).await.ok();
    }
    app.login("ann03@example.com", PASSWORD).await.signed_in();
    counts(&app, &admin, 1).await;

    let (_, for_few) = counts(&app, &admin, 2).await;
    let (many, for_many) = counts(&app, &admin, 20).await;

    assert_eq!(for_few, for_many);
    let nodes = many.at("/users/nodes").as_array().unwrap();
    for (number, node) in nodes.iter().enumerate() {
        let expected = if number == 3 { 2 } else { 1 };
        assert_eq!(node["sessions"]["totalCount"], expected, "{node}");
        assert_eq!(node["active"]["totalCount"], expected, "{node}");
    }
}

#[tokio::test]
async fn nodes_are_the_nodes_of_the_edges() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    app.login("root@example.com", PASSWORD).await.signed_in();
    let page = "edges { node { id } } nodes { id }";

    let document = format!(
        "{{ users {{ {page} }} auditEvents(last: 3) {{ {page} }} me {{ sessions {{ {page} }} auditEvents {{ {page} }} }} }}"
    );
    let answer = app.ask(document).by(&admin).await.ok();

    for list in ["/users", "/auditEvents", "/me/sessions", "/me/auditEvents"] {
        let edges = answer.at(&format!("{list}/edges")).as_array().unwrap();
        let of_edges: Vec<_> = edges.iter().map(|edge| &edge["node"]).collect();
        let nodes: Vec<_> = answer.at(&format!("{list}/nodes")).as_array().unwrap().iter().collect();
        assert!(!nodes.is_empty());
        assert_eq!(nodes, of_edges, "{list}");
    }
}
