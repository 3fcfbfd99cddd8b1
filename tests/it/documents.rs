//! Documents that requests name instead of bringing them: Apollo's persisted queries, and the manifest of a frontend.

use std::path::PathBuf;

use aws_lc_rs::digest;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

const RULES: &str = "{ authConfig { registrationOpen } }";
const OTHER: &str = "{ authConfig { emailVerificationRequired } }";

pub fn hash(document: &str) -> String {
    let hash = digest::digest(&digest::SHA256, document.as_bytes());
    hash.as_ref().iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"))
}

pub fn persisted(hash: &str) -> Value {
    json!({ "persistedQuery": { "version": 1, "sha256Hash": hash } })
}

async fn post(app: &TestApp, body: Value) -> Answer {
    let http = reqwest::Client::new().post(app.url("/graphql"));
    let accept = "application/graphql-response+json, application/json;q=0.9";
    Answer::read(http.header("accept", accept).json(&body).send().await.unwrap()).await
}

/// As Apollo's link asks: first the hash alone.
async fn by_hash(app: &TestApp, document: &str) -> Answer {
    post(app, json!({ "extensions": persisted(&hash(document)) })).await
}

async fn with_hash(app: &TestApp, document: &str) -> Answer {
    post(app, json!({ "query": document, "extensions": persisted(&hash(document)) })).await
}

/// A server with a manifest of one document.
async fn trusting(mode: &str) -> (TestApp, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path: PathBuf = folder.path().join("persisted-documents.json");
    std::fs::write(&path, json!({ (hash(RULES)): RULES, "relay-1": OTHER }).to_string()).unwrap();
    let settings = [("TRUSTED_DOCUMENTS", path.to_str().unwrap()), ("TRUSTED_DOCUMENTS_MODE", mode)];
    (TestApp::with(&settings).await, folder)
}

#[tokio::test]
async fn a_document_that_ran_is_found_by_its_hash_and_each_instance_learns_it_for_itself() {
    let app = TestApp::start().await;
    let unknown = by_hash(&app, RULES).await;
    assert_eq!((unknown.status.as_u16(), unknown.code()), (200, "PERSISTED_QUERY_NOT_FOUND"));
    assert_eq!(unknown.errors()[0]["message"], "PersistedQueryNotFound");

    with_hash(&app, RULES).await.ok();

    assert_eq!(by_hash(&app, RULES).await.ok().at("/authConfig/registrationOpen"), true);
    let other = app.another_instance().await;
    assert_eq!(by_hash(&other, RULES).await.code(), "PERSISTED_QUERY_NOT_FOUND");
    with_hash(&other, RULES).await.ok();
    by_hash(&other, RULES).await.ok();
}

#[tokio::test]
async fn a_get_may_name_its_document_too() {
    let app = TestApp::start().await;
    with_hash(&app, RULES).await.ok();
    let mut url = url::Url::parse(&app.url("/graphql")).unwrap();
    url.query_pairs_mut().append_pair("extensions", &persisted(&hash(RULES)).to_string());

    Answer::read(reqwest::get(url).await.unwrap()).await.ok();
}

#[tokio::test]
async fn what_is_not_valid_is_not_remembered() {
    let app = TestApp::start().await;
    for document in ["{ nope }", "{ authConfig", "{ a: __typename ...x } fragment x on Query { ...x }"] {
        assert!(!with_hash(&app, document).await.errors().is_empty());

        assert_eq!(by_hash(&app, document).await.code(), "PERSISTED_QUERY_NOT_FOUND", "{document}");
    }
}

#[tokio::test]
async fn a_document_is_kept_without_being_asked_for_unless_a_string_in_it_may_be_a_secret() {
    let app = TestApp::start().await;
    let with_string = "{ node(id: \"hunter2\") { id } }";
    app.ask(RULES).await.ok();
    app.ask(with_string).await;

    by_hash(&app, RULES).await.ok();
    assert_eq!(by_hash(&app, with_string).await.code(), "PERSISTED_QUERY_NOT_FOUND");

    with_hash(&app, with_string).await;
    by_hash(&app, with_string).await.ok();
}

#[tokio::test]
async fn nobody_plants_a_document_under_the_hash_of_another() {
    let app = TestApp::start().await;

    let planted = post(&app, json!({ "query": OTHER, "extensions": persisted(&hash(RULES)) })).await;

    assert_eq!((planted.status.as_u16(), planted.code()), (400, "BAD_REQUEST"));
    assert_eq!(by_hash(&app, RULES).await.code(), "PERSISTED_QUERY_NOT_FOUND");
}

#[tokio::test]
async fn hashes_that_are_none_are_refused() {
    let app = TestApp::start().await;
    let hash = hash(RULES);
    for extension in [
        json!({ "version": 2, "sha256Hash": hash }),
        json!({ "version": 1 }),
        json!({ "version": 1, "sha256Hash": "../secret" }),
        json!({ "version": 1, "sha256Hash": 7 }),
        json!("x"),
    ] {
        let answer = post(&app, json!({ "extensions": { "persistedQuery": extension } })).await;
        assert_eq!((answer.status.as_u16(), answer.code()), (400, "BAD_REQUEST"), "{extension}");
    }
}

/// A document as long as a stranger likes, half of it as a syntax tree.
fn long(n: usize) -> String {
    let fields = "minLength ".repeat(75);
    format!("{{ a{n}: __typename authConfig {{ passwordPolicy {{ {fields} }} }} }} # {}", "x".repeat(29_000))
}

#[tokio::test]
async fn a_flood_of_documents_leaves_those_that_are_in_use() {
    let app = TestApp::start().await;
    // The flood is there first, so that there is no room when the document in use comes.
    for n in 0..300 {
        with_hash(&app, &long(n)).await.ok();
    }
    let used = long(1_000);
    with_hash(&app, &used).await.ok();

    for n in 300..600 {
        with_hash(&app, &long(n)).await.ok();
        if n % 25 == 0 {
            by_hash(&app, &used).await.ok();
        }
    }
}

#[tokio::test]
async fn many_small_documents_of_strangers_leave_room_for_others() {
    let app = TestApp::start().await;
    for n in 0..1_100 {
        with_hash(&app, &format!("{{ a{n}: __typename }}")).await.ok();
    }

    with_hash(&app, RULES).await.ok();

    by_hash(&app, RULES).await.ok();
}

#[tokio::test]
async fn documents_take_no_more_memory_than_there_is_for_them() {
    let app = TestApp::start().await;
    for n in 0..350 {
        with_hash(&app, &long(n)).await.ok();
    }

    let mut found = 0;
    for n in 0..350 {
        found += usize::from(by_hash(&app, &long(n)).await.errors().is_empty());
    }

    assert!((1..=16 * 1024 * 1024 / 60_000).contains(&found), "{found}");
}

#[tokio::test]
async fn a_setting_turns_persisted_queries_off_and_clients_notice() {
    let app = TestApp::with(&[("PERSISTED_QUERIES", "false")]).await;

    with_hash(&app, RULES).await.ok();

    assert_eq!(by_hash(&app, RULES).await.errors()[0]["message"], "PersistedQueryNotSupported");
}

#[tokio::test]
async fn only_trusted_documents_run_where_they_are_enforced() {
    let (app, _folder) = trusting("enforce").await;

    by_hash(&app, RULES).await.ok();
    app.ask(OTHER).await.ok();
    for name in ["documentId", "id", "doc_id"] {
        post(&app, json!({ (name): "relay-1" })).await.ok();
    }
    post(&app, json!({ "documentId": format!("sha256:{}", hash(RULES)) })).await.ok();

    for document in ["{ __typename }", "{ authConfig  { registrationOpen } }"] {
        let refused = with_hash(&app, document).await;
        assert_eq!((refused.status.as_u16(), refused.code()), (400, "BAD_REQUEST"));
        assert_eq!(by_hash(&app, document).await.code(), "PERSISTED_QUERY_NOT_FOUND");
    }
}

#[tokio::test]
async fn where_trusted_documents_are_only_reported_others_run() {
    let (app, _folder) = trusting("report").await;

    app.ask("{ __typename }").await.ok();
    by_hash(&app, RULES).await.ok();
}
