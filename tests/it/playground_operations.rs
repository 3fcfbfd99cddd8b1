//! The collection of the playground: each file is valid, runs, and together they cover the schema.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use async_graphql_parser::parse_query;
use async_graphql_parser::types::{OperationType, Selection};
use serde_json::{Value, json};

use crate::support::socket::Socket;
use crate::support::{PASSWORD, SignedIn, TestApp};

/// A file of the collection.
struct CollectedOperation {
    path: PathBuf,
    document: String,
    variables: String,
    /// The code with which it is refused, where no example can succeed without an email or an authenticator.
    expected: Option<String>,
}

fn collection() -> Vec<CollectedOperation> {
    let groups = std::fs::read_dir("playground/operations").unwrap();
    let files = groups.flat_map(|group| std::fs::read_dir(group.unwrap().path()).unwrap());
    let mut paths: Vec<_> = files.map(|file| file.unwrap().path()).collect();
    paths.sort();
    paths.iter().map(|path| read(path)).collect()
}

fn read(path: &Path) -> CollectedOperation {
    let document = std::fs::read_to_string(path).unwrap();
    let noted =
        |word: &str| document.lines().find_map(|line| line.strip_prefix(&format!("# @{word} "))).map(str::to_owned);
    CollectedOperation {
        path: path.to_owned(),
        variables: noted("variables").unwrap_or_else(|| "null".to_owned()),
        expected: noted("expects"),
        document,
    }
}

impl CollectedOperation {
    fn kind(&self) -> OperationType {
        let parsed = parse_query(&self.document).unwrap();
        parsed.operations.iter().next().unwrap().1.node.ty
    }

    /// The fields of the root, as `query me`.
    fn roots(&self) -> Vec<String> {
        let parsed = parse_query(&self.document).unwrap();
        let (_, operation) = parsed.operations.iter().next().unwrap();
        let fields = operation.node.selection_set.node.items.iter().map(|selection| match &selection.node {
            Selection::Field(field) => format!("{} {}", operation.node.ty, field.node.name.node),
            _ => panic!("{}: a fragment at the root", self.path.display()),
        });
        fields.collect()
    }
}

/// An administrator in two sessions, and another user.
struct Cast {
    admin: SignedIn,
    second: SignedIn,
    user: SignedIn,
}

impl Cast {
    async fn enter(app: &TestApp, number: usize) -> Self {
        let email = format!("root{number}@example.com");
        let admin = app.administrator(&email).await;
        let second = app.login(&email, PASSWORD).await.signed_in();
        Self { admin, second, user: app.signed_in(&format!("ann{number}@example.com")).await }
    }

    /// What takes the place of `{{…}}` in variables.
    fn fill_in(&self, variables: &str) -> Value {
        let mut filled = variables.to_owned();
        for (name, value) in [
            ("ownUserId", self.admin.user.as_str()),
            ("ownEmail", &self.admin.email),
            ("ownSessionId", &self.admin.session),
            ("emailToDelete", &self.admin.email),
            ("password", PASSWORD),
            ("userId", &self.user.user),
            ("sessionId", &self.second.session),
            ("refreshToken", &self.second.refresh),
            ("code", "123456"),
            ("token", "ago_unknown"),
            ("challengeToken", "ago_unknown"),
            ("flowToken", "agf_unknown"),
            ("state", "unknown"),
            ("idToken", "unknown"),
            ("oauthAccountId", "oauth_01h455vb4pex5vsknk084sn02q"),
        ] {
            filled = filled.replace(&format!("{{{{{name}}}}}"), value);
        }
        assert!(!filled.contains("{{"), "a placeholder without a value: {filled}");
        serde_json::from_str(&filled).unwrap()
    }
}

#[test]
fn every_file_says_what_it_does_and_holds_one_operation() {
    for operation in collection() {
        let path = operation.path.display();
        assert!(
            operation.document.starts_with("# ") && !operation.document.starts_with("# @"),
            "{path}: no description"
        );
        let name = operation.path.file_stem().unwrap().to_str().unwrap();
        let parsed = parse_query(&operation.document).unwrap();
        let names: Vec<_> = parsed.operations.iter().map(|(name, _)| name.unwrap().to_lowercase()).collect();
        assert_eq!(names, [name.to_lowercase()], "{path}: the operation is named as the file is");
    }
}

#[tokio::test]
async fn the_collection_covers_every_field_of_the_roots() {
    let app = TestApp::start().await;
    let types = "{ __schema { queryType { ...T } mutationType { ...T } subscriptionType { ...T } } } fragment T on __Type { fields { name } }";
    let schema = app.ask(types).await.ok();
    let mut fields = BTreeSet::new();
    for kind in ["query", "mutation", "subscription"] {
        for field in schema.at(&format!("/__schema/{kind}Type/fields")).as_array().unwrap() {
            fields.insert(format!("{kind} {}", field["name"].as_str().unwrap()));
        }
    }

    let covered: BTreeSet<_> = collection().iter().flat_map(CollectedOperation::roots).collect();

    assert_eq!(covered, fields);
}

#[tokio::test]
async fn every_operation_of_the_collection_runs() {
    let app = TestApp::start().await;
    for (number, operation) in collection().iter().enumerate() {
        let cast = Cast::enter(&app, number).await;
        let variables = cast.fill_in(&operation.variables);
        let path = operation.path.display();

        if operation.kind() == OperationType::Subscription {
            follow(&app, &cast, operation, &variables).await;
            continue;
        }
        let answer = app.ask(&operation.document).variables(variables).by(&cast.admin).await;

        let codes: Vec<_> = operation.expected.iter().map(String::as_str).collect();
        assert_eq!(answer.codes(), codes, "{path}: {}", answer.text);
    }
}

/// Something happens that the subscription tells.
async fn follow(app: &TestApp, cast: &Cast, operation: &CollectedOperation, variables: &Value) {
    let mut socket = Socket::authenticated(app.address, &cast.admin.access).await;
    let payload = json!({ "query": operation.document, "variables": variables });
    socket.say(json!({ "id": "1", "type": "subscribe", "payload": payload })).await;
    // A query on the same socket: once it is answered, the subscription has begun.
    socket.subscribe("2", "{ __typename }").await;
    while socket.receive().await["type"] != "complete" {}

    app.update_profile(&cast.admin, json!({ "name": "Ada" })).await.ok();

    let next = socket.receive().await;
    assert_eq!((&next["type"], &next["id"]), (&json!("next"), &json!("1")), "{}: {next}", operation.path.display());
    assert!(next["payload"]["errors"].is_null(), "{}: {next}", operation.path.display());
}
