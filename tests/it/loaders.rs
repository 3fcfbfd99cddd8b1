//! A page costs a number of statements that does not grow with the page.

use authgraph::tools::db::statements_run;
use serde_json::{Value, json};

use crate::support::{Answer, PASSWORD, SignedIn, TestApp};

const PAGE: &str = "query($first: Int) { users(first: $first) { edges { node {
    email pendingEmail mfa { enabled backupCodesRemaining } oauthAccounts { provider { name } email }
    sessions(first: 2) { edges { node { id user { email } } } pageInfo { hasNextPage } }
    active: sessions(first: 1, status: ACTIVE) { edges { node { id } } }
    auditEvents(first: 2) { edges { node { action session { id status } actor { email } subject { email } } } } } } } }";

/// The page, and how many statements it took.
async fn page(app: &TestApp, admin: &SignedIn, first: usize) -> (Answer, u64) {
    let before = statements_run();
    let answer = app.ask(PAGE).variables(json!({ "first": first })).by(admin).await.ok();
    (answer, statements_run() - before)
}

async fn members(app: &TestApp, how_many: usize) {
    for number in 0..how_many {
        app.register(&format!("user{number:02}@example.com")).await.ok();
    }
}

// Counted by thread, so this must stay on one.
#[tokio::test(flavor = "current_thread")]
async fn fifty_users_with_all_that_is_theirs_are_as_many_statements_as_two() {
    let app = TestApp::with(&[("MAX_COMPLEXITY", "5000")]).await;
    let admin = app.administrator("root@example.com").await;
    members(&app, 50).await;
    page(&app, &admin, 1).await;

    let (few, for_few) = page(&app, &admin, 2).await;
    let (many, for_many) = page(&app, &admin, 50).await;

    assert_eq!(few.at("/users/edges").as_array().unwrap().len(), 2);
    assert_eq!(many.at("/users/edges").as_array().unwrap().len(), 50);
    // Who asks, the page, new addresses, second factors, accounts at providers, two slices of sessions, events, whom they
    // name, and their sessions.
    assert_eq!((for_few, for_many), (10, 10));
}

#[tokio::test]
async fn everybody_has_their_own_in_a_page() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.with_mfa("ann@example.com").await;
    let bob = app.signed_in("bob@example.com").await;
    app.wait(std::time::Duration::from_secs(1));
    let again = [
        app.login("bob@example.com", PASSWORD).await.signed_in(),
        app.login("bob@example.com", PASSWORD).await.signed_in(),
    ];
    link(&app, &bob, "google").await;

    let (page, _) = page(&app, &admin, 10).await;

    let of = |email: &str| {
        let edges = page.at("/users/edges").as_array().unwrap();
        edges.iter().map(|edge| &edge["node"]).find(|node| node["email"] == email).unwrap().clone()
    };
    let (a, b) = (of("ann@example.com"), of("bob@example.com"));
    for edge in b["auditEvents"]["edges"].as_array().unwrap() {
        let Value::Object(node) = &edge["node"] else { panic!("{edge}") };
        assert_eq!((&node["action"], &node["actor"]["email"]), (&json!("LOGIN"), &json!("bob@example.com")));
        let id = node["session"]["id"].as_str().unwrap();
        assert!(again.iter().any(|session| session.session == id), "{id}");
    }
    assert_eq!(
        (&a["mfa"], &b["mfa"]["enabled"]),
        (&json!({ "enabled": true, "backupCodesRemaining": 8 }), &json!(false))
    );
    assert_eq!(
        a["sessions"]["edges"],
        json!([{ "node": { "id": ann.session.session, "user": { "email": "ann@example.com" } } }])
    );
    assert_eq!(b["sessions"]["pageInfo"]["hasNextPage"], json!(true));
    let newest = b["sessions"]["edges"][0]["node"]["id"].as_str().unwrap();
    assert!(again.iter().any(|session| session.session == newest));
    assert_eq!(b["oauthAccounts"], json!([{ "provider": { "name": "google" }, "email": null }]));
    assert_eq!(a["oauthAccounts"], json!([]));
}

#[tokio::test]
async fn a_mutation_shows_what_the_one_before_it_changed() {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let ann = app.with_mfa("ann@example.com").await.session;
    let document = "mutation($id: ID!) {
        before: updateUser(input: { userId: $id, name: \"Ann\" }) { user { mfa { enabled } } }
        resetUserMfa(input: { userId: $id }) { user { mfa { enabled } } } }";

    let answer = app.ask(document).variables(json!({ "id": ann.user })).by(&admin).await.ok();

    assert_eq!(answer.at("/before/user/mfa/enabled"), &json!(true));
    assert_eq!(answer.at("/resetUserMfa/user/mfa/enabled"), &json!(false));
}

/// What a sign-in with a provider will write.
pub async fn link(app: &TestApp, who: &SignedIn, provider: &str) {
    let user: authgraph::values::ids::UserId = who.user.parse().unwrap();
    let text = "insert into oauth_accounts (id, user_id, provider, subject, linked_at) values ($1, $2, $3, $4, $5)";
    let query = app.app.db.query(text).bind(authgraph::values::ids::OAuthAccountId::new()).bind(user);
    query.bind(provider.to_owned()).bind(who.user.clone()).bind(app.app.clock.now()).execute().await.unwrap();
}
