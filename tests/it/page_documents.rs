//! Servers that run only trusted documents, and their own pages.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::support::TestApp;

const GENERATED: [&str; 6] = [
    "playground/src/client/generated/graphql.ts",
    "playground/src/shared/account/generated.ts",
    "playground/src/playground/generated.ts",
    "playground/src/console/generated.ts",
    "playground/src/demo/generated.ts",
    "playground/src/account/generated.ts",
];
const SWITCHES: [&str; 4] = ["PLAYGROUND", "CONSOLE", "DEMO", "ACCOUNT_PAGES"];

/// The documents of the build, and the pages that send them.
fn documents() -> BTreeMap<String, BTreeSet<String>> {
    serde_json::from_slice(&std::fs::read("playground/dist/documents.json").unwrap()).unwrap()
}

/// A server that runs only documents of its manifest, which has one, with only this page.
async fn enforcing(page: Option<&str>) -> (TestApp, tempfile::TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let manifest = folder.path().join("persisted-documents.json");
    std::fs::write(&manifest, json!({ "1": "{ __typename }" }).to_string()).unwrap();
    let mut settings =
        vec![("TRUSTED_DOCUMENTS", manifest.to_str().unwrap()), ("FRONTEND_URL", "http://localhost:3000")];
    settings.extend(SWITCHES.map(|switch| (switch, if Some(switch) == page { "true" } else { "false" })));
    (TestApp::with(&settings).await, folder)
}

/// Whether the document runs, or fails for what is in its variables.
async fn is_trusted(app: &TestApp, document: &str) -> bool {
    let answer = app.ask(document).await;
    !answer.text.contains("only trusted documents")
}

#[tokio::test]
async fn what_a_page_sends_is_trusted_where_the_page_is_enabled_and_nowhere_else() {
    for (switch, page) in SWITCHES.into_iter().zip(["playground", "console", "demo", "account"]) {
        let (app, _folder) = enforcing(Some(switch)).await;
        for (document, pages) in documents() {
            assert_eq!(is_trusted(&app, &document).await, pages.contains(page), "{switch}: {document}");
        }
        assert!(is_trusted(&app, "{ __typename }").await);
        assert!(
            !is_trusted(&app, "{ authConfig { registrationOpen } }").await,
            "{switch}: what people write themselves"
        );
    }
}

#[tokio::test]
async fn without_pages_nothing_of_them_is_trusted() {
    let (app, _folder) = enforcing(None).await;
    for document in documents().keys() {
        assert!(!is_trusted(&app, document).await, "{document}");
    }
    assert!(is_trusted(&app, "{ __typename }").await);
}

#[test]
fn the_build_lists_every_document_of_the_pages() {
    let listed: BTreeSet<_> = documents().into_keys().collect();
    let files = GENERATED.iter().filter_map(|path| std::fs::read_to_string(path).ok());
    // The fragments stand beside the operations: the first line tells one from another.
    let begins: BTreeSet<_> = files
        .flat_map(|file| {
            let texts = file
                .split("new DocumentText<")
                .skip(1)
                .filter_map(|rest| rest.split('`').nth(1)?.lines().next().map(str::to_owned));
            texts.collect::<Vec<_>>()
        })
        .collect();

    assert!(begins.len() > 15, "{begins:?}");
    for begin in &begins {
        assert!(listed.iter().any(|text| text.starts_with(begin)), "{begin}");
    }
    let others: Vec<_> = listed.iter().filter(|text| !begins.iter().any(|begin| text.starts_with(begin))).collect();
    assert_eq!(others.len(), 1, "and nothing else: {others:#?}");
    assert!(others[0].contains("query IntrospectionQuery"));
}
