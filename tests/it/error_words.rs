//! What the schema publishes of errors is what the server sends: every key of `extensions` is a field of
//! `ErrorExtensions` and has its type, and every code, reason and field code is said by some answer.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use async_graphql_parser::parse_schema;
use async_graphql_parser::types::{BaseType, FieldDefinition, Type, TypeKind, TypeSystemDefinition};
use authgraph::api::graphql::schema::sdl;
use authgraph::flows::erase_users::erase_users;
use authgraph::values::ids::{EventId, UserId};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::documents::{hash, persisted};
use crate::support::provider::{Callback, Person, Trouble};
use crate::support::{Answer, PASSWORD, TestApp};

const SLOW: &[(&str, &str)] = &[
    ("ARGON2_MEMORY_KIB", "8192"),
    ("ARGON2_ITERATIONS", "2"),
    ("HASH_THREADS", "1"),
    ("MAX_CONCURRENT_OPERATIONS", "1"),
    ("OPERATION_QUEUE_TIMEOUT", "1ms"),
];

/// The published types.
struct Published(Vec<(String, TypeKind)>);

impl Published {
    fn read() -> Self {
        let definitions = parse_schema(sdl()).unwrap().definitions.into_iter();
        let types = definitions.filter_map(|definition| match definition {
            TypeSystemDefinition::Type(ty) => Some((ty.node.name.node.to_string(), ty.node.kind)),
            TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
        });
        Self(types.collect())
    }

    fn find(&self, name: &str) -> Option<&TypeKind> {
        self.0.iter().find(|(known, _)| known == name).map(|(_, kind)| kind)
    }

    fn fields(&self, name: &str) -> Vec<&FieldDefinition> {
        let Some(TypeKind::Object(object)) = self.find(name) else { panic!("no object {name}") };
        object.fields.iter().map(|field| &field.node).collect()
    }

    fn values(&self, name: &str) -> BTreeSet<String> {
        let Some(TypeKind::Enum(values)) = self.find(name) else { panic!("no enum {name}") };
        values.values.iter().map(|value| value.node.value.node.to_string()).collect()
    }

    /// Whether the object has all fields that are not null, no others, and values of their types.
    fn is_object(&self, value: &Value, name: &str) -> Result<(), String> {
        let fields = self.fields(name);
        let members = value.as_object().ok_or(format!("{value} is no {name}"))?;
        for field in &fields {
            if !field.ty.node.nullable && !members.contains_key(field.name.node.as_str()) {
                return Err(format!("{name}.{} is missing in {value}", field.name.node));
            }
        }
        for (key, value) in members {
            let field = fields.iter().find(|field| field.name.node == *key);
            let field = field.ok_or(format!("{name} has no field {key}"))?;
            self.is_value(value, &field.ty.node).map_err(|why| format!("{name}.{key}: {why}"))?;
        }
        Ok(())
    }

    fn is_value(&self, value: &Value, ty: &Type) -> Result<(), String> {
        // A key without a value is left out: null is of no type.
        let wrong = || Err(format!("{value} is no {ty}"));
        let name = match (&ty.base, value) {
            (BaseType::List(item), Value::Array(items)) => {
                return items.iter().try_for_each(|value| self.is_value(value, item));
            }
            (BaseType::List(_), _) => return wrong(),
            (BaseType::Named(name), _) => name.as_str(),
        };
        let fits = match (self.find(name), name) {
            (Some(TypeKind::Object(_)), _) => return self.is_object(value, name),
            (Some(TypeKind::Enum(_)), _) => value.as_str().is_some_and(|word| self.values(name).contains(word)),
            (None, "Int") => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
            (None, "String") => value.is_string(),
            _ => false,
        };
        if fits { Ok(()) } else { wrong() }
    }

    /// The words of a key in these answers, every error of which must be as published.
    #[track_caller]
    fn said(&self, key: &str, answers: &[Answer]) -> BTreeSet<String> {
        let mut said = BTreeSet::new();
        for answer in answers {
            assert!(!answer.errors().is_empty(), "not refused: {}", answer.text);
            for error in answer.errors() {
                if let Err(why) = self.is_object(&error["extensions"], "ErrorExtensions") {
                    panic!("{why}, in {error}");
                }
                said.extend(error["extensions"][key].as_str().map(str::to_owned));
            }
        }
        said
    }
}

async fn get(app: &TestApp, name: &str, value: &str) -> Answer {
    let mut url = url::Url::parse(&app.url("/graphql")).unwrap();
    url.query_pairs_mut().append_pair(name, value);
    Answer::read(reqwest::get(url).await.unwrap()).await
}

/// Refusals of people who sign in.
async fn refused_logins() -> Vec<Answer> {
    let app = TestApp::start().await;
    let ann = app.verified("ann@example.com").await;
    let member = app.with_mfa("mfa@example.com").await;
    let challenge = app.challenge("mfa@example.com").await;
    let ended = app.login("ann@example.com", PASSWORD).await.signed_in();
    app.logout(&ended).await.ok();
    let stolen = app.login("ann@example.com", PASSWORD).await.signed_in();
    app.refresh(&stolen).await.ok();
    let mut answers = vec![
        app.ask("{ me { id } }").await,
        app.login("eve@example.com", PASSWORD).await,
        app.verify_mfa(&challenge, &app.wrong_code(&member.authenticator)).await,
        app.verify_email("nonsense").await,
        app.refresh(&ended).await,
        app.refresh(&stolen).await,
        app.ask("{ users { totalCount } }").by(&ann).await,
        app.register("ann@example.com").await,
        app.register_with(json!({ "email": "x", "password": "x" })).await,
    ];
    app.guess_wrong("ann@example.com", 5).await;
    answers.push(app.login("ann@example.com", PASSWORD).await);
    app.wait(Duration::from_mins(11));
    answers.push(app.request_email_change(&member.session, "new@example.com").await);
    answers
}

/// Refusals of requests that are wrong.
async fn refused_requests() -> Vec<Answer> {
    let app = TestApp::start().await;
    let admin = app.administrator("root@example.com").await;
    let twice = "verifyEmail(input: { token: \"x\" }) { email }";
    vec![
        app.ask("{").await,
        app.ask("{ nope }").await,
        app.ask("query($n: Int!) { users(first: $n) { totalCount } }").await,
        app.ask(format!("mutation {{ a: {twice} b: {twice} }}")).await,
        get(&app, "query", "mutation { logout { sessionId } }").await,
        get(&app, "extensions", &persisted(&hash("{ unknown }")).to_string()).await,
        app.update_user(&admin, &UserId::new().to_string(), json!({ "name": "Eve" })).await,
        app.delete_user(&admin, &admin.user).await,
    ]
}

/// Refusals of a server in trouble.
async fn refused_by_trouble() -> Vec<Answer> {
    let limited = TestApp::with(&[("RATE_LIMIT_REQUESTS", "1/1m")]).await;
    limited.ask("{ __typename }").await.ok();
    let broken = TestApp::start().await;
    broken.app.db.query("drop table audit_events").execute().await.unwrap();
    let away = TestApp::start().await;
    away.app.db.close().await;
    let busy = TestApp::with(SLOW).await;
    let answers = busy.at_once((0..12).map(|_| busy.login("ann@example.com", PASSWORD))).await;
    let mut answers: Vec<_> = answers.into_iter().filter(|answer| answer.codes() == ["OVERLOADED"]).collect();
    answers.push(limited.ask("{ __typename }").await);
    answers.push(broken.login("ann@example.com", PASSWORD).await);
    answers.push(away.login("ann@example.com", PASSWORD).await);
    answers
}

#[tokio::test(flavor = "multi_thread")]
async fn every_code_is_said_and_every_key_is_published() {
    let published = Published::read();
    let mut answers = [refused_logins().await, refused_requests().await, refused_by_trouble().await].concat();
    answers.extend(refused_providers().await);

    let said = published.said("code", &answers);

    assert_eq!(said, published.values("ErrorCode"));
}

/// Refusals by the state of one's own account.
async fn own_conflicts() -> Vec<Answer> {
    let closed = TestApp::with(&[("REGISTRATION_OPEN", "false")]).await;
    let app = TestApp::start().await;
    let ann = app.verified("ann@example.com").await;
    let member = app.with_mfa("mfa@example.com").await;
    let root = app.administrator("root@example.com").await;
    let mut answers = vec![
        closed.register("ann@example.com").await,
        app.ask("{ users { totalCount } }").by(&ann).await,
        app.delete_account(&root, "root@example.com").await,
        app.start_enrollment(&member.session).await,
        app.disable_mfa(&ann, Some(PASSWORD), "123456").await,
        app.confirm_enrollment(&ann, "123456").await,
    ];
    app.request_email_change(&ann, "ann@new.example").await.ok();
    let token = app.token_to("ann@new.example", "confirm_email_change").await;
    app.confirm_email_change(&token).await.ok();
    answers.push(app.delete_account(&ann, "ann@new.example").await);
    // As users of an identity provider will have it.
    app.app.db.query("update users set password_hash = null").execute().await.unwrap();
    answers.push(app.reauthenticate(&ann, PASSWORD).await);
    answers
}

/// Refusals of actions on the accounts of others.
async fn conflicts_of_administrators() -> Vec<Answer> {
    let app = TestApp::start().await;
    let root = app.administrator("root@example.com").await;
    let (ann, bob) = (app.signed_in("ann@example.com").await, app.signed_in("bob@example.com").await);
    let rename = json!({ "name": "Eve" });
    let mut answers = vec![app.delete_user(&root, &root.user).await, app.restore_user(&root, &bob.user).await];
    app.delete_user(&root, &ann.user).await.ok();
    answers.push(app.update_user(&root, &ann.user, rename.clone()).await);
    app.wait(Duration::from_hours(31 * 24));
    erase_users(&app.app, &CancellationToken::new()).await.unwrap();
    let root = app.login("root@example.com", PASSWORD).await.signed_in();
    for acted in [
        app.restore_user(&root, &ann.user).await,
        app.update_user(&root, &ann.user, rename).await,
        app.revoke_user_sessions(&root, &ann.user).await,
        app.reset_user_mfa(&root, &ann.user).await,
    ] {
        assert_eq!((acted.code(), acted.extension("reason")), ("CONFLICT", &json!("ERASED")));
        answers.push(acted);
    }
    answers
}

/// A refusal because another request was quicker: here, everything that only one can have is taken.
async fn lost_race() -> Answer {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    app.app.db.query("create unique index one_session on sessions (user_id)").execute().await.unwrap();
    app.login("ann@example.com", PASSWORD).await
}

/// Refusals of sign-ins with a provider.
async fn refused_providers() -> Vec<Answer> {
    let (app, one) = TestApp::with_provider(&[]).await;
    let ann = Person::new("ann-1", "ann@example.com");
    let session = app.passwordless(&one, &ann).await;
    let links = app.ask("{ me { oauthAccounts { id } } }").by(&session).await.ok();
    let other = app.start_oauth_by(&session, "one", "REAUTHENTICATE").await;
    let somebody = one.sign_in(&other.url, &Person::new("bob-1", "bob@example.com"));
    let mut answers = vec![
        app.log_in_at(&one, &Person::new("eve-1", "eve@example.com").unverified()).await,
        app.unlink_oauth(&session, links.text_at("/me/oauthAccounts/0/id")).await,
        app.reauthenticate_by(&session, &other, &somebody).await,
        app.linking(&app.signed_in("bob@example.com").await, &one, &ann).await.await,
    ];
    for error in ["access_denied", "server_error"] {
        let started = app.start_oauth("one").await;
        answers.push(app.complete_oauth(&started, &one.deny(&started.url, error)).await);
    }
    let bends: [fn(&mut Callback); 3] = [
        |callback| callback.state.push('x'),
        |callback| callback.iss = None,
        |callback| callback.code = Some("x".to_owned()),
    ];
    for bend in bends {
        let started = app.start_oauth("one").await;
        let mut callback = one.sign_in(&started.url, &ann);
        bend(&mut callback);
        answers.push(app.complete_oauth(&started, &callback).await);
    }
    one.lie(json!({ "aud": "other" }));
    answers.push(app.log_in_at(&one, &ann).await);
    for trouble in [Trouble::Html, Trouble::Status(503)] {
        one.trouble("/token", trouble);
        answers.push(app.log_in_at(&one, &ann).await);
    }
    app.set_password(&session, "Another-Horse-8").await.ok();
    answers.push(app.set_password(&session, "Another-Horse-9").await);
    answers
}

async fn spent_tokens() -> Vec<Answer> {
    let app = TestApp::start().await;
    app.signed_in("ann@example.com").await;
    let used = app.token_to("ann@example.com", "verify_email").await;
    app.verify_email(&used).await.ok();
    app.wait(Duration::from_mins(1));
    app.request_password_reset("ann@example.com").await.ok();
    let late = app.token_to("ann@example.com", "reset_password").await;
    app.wait(Duration::from_hours(1));
    vec![
        app.verify_email(&used).await,
        app.reset_password(&late, "Another-Horse-8").await,
        app.verify_email("nonsense").await,
    ]
}

#[tokio::test]
async fn every_reason_is_said() {
    let published = Published::read();
    let mut answers = [own_conflicts().await, conflicts_of_administrators().await, spent_tokens().await].concat();
    answers.extend(refused_providers().await);
    answers.push(lost_race().await);

    let said = published.said("reason", &answers);

    assert_eq!(said, published.values("ErrorReason"));
    let with_reason = ["CONFLICT", "FORBIDDEN", "INVALID_TOKEN", "OAUTH_FAILED", "UNAVAILABLE"];
    assert!(answers.iter().all(|answer| with_reason.contains(&answer.code())));
}

/// `UNAVAILABLE`, or UNAVAILABLE as the lints of descriptions want it.
fn words(text: &str) -> BTreeSet<String> {
    let words = text.split(|c: char| !c.is_ascii_uppercase() && c != '_');
    words.filter(|word| word.len() > 1).map(str::to_owned).collect()
}

#[test]
fn the_description_of_the_reason_names_every_code_that_has_one() {
    let published = Published::read();
    let Some(TypeKind::Enum(reasons)) = published.find("ErrorReason") else { panic!("no enum ErrorReason") };
    let codes = reasons.values.iter().flat_map(|reason| {
        let text = &reason.node.description.as_ref().unwrap().node;
        words(text.split_once(':').unwrap().0)
    });

    let fields = published.fields("ErrorExtensions");
    let described = fields.iter().find(|field| field.name.node == "reason").unwrap().description.as_ref().unwrap();

    assert_eq!(words(&described.node), codes.collect());
}

#[tokio::test]
async fn every_code_of_a_field_is_said() {
    let published = Published::read();
    let app = TestApp::start().await;
    let member = app.with_mfa("annabel@example.com").await;
    let ann = &member.session;
    let password = async |password: &str| {
        app.register_with(json!({ "email": "benjamin@example.com", "password": password })).await
    };
    let unknown = format!("subscription {{ securityEvents(after: \"{}\") {{ id }} }}", EventId::new());
    let answers = [
        password("a").await,
        password("A").await,
        password(&"aB3$".repeat(33)).await,
        password("Password123!").await,
        password("Benjamin-2026-x").await,
        app.register_with(json!({ "email": "x", "password": PASSWORD })).await,
        app.delete_account(ann, "other@example.com").await,
        app.ask("{ me { sessions(first: 1000) { edges { cursor } } } }").by(ann).await,
        app.reauthenticate(ann, PASSWORD).await,
        app.ask(unknown).by(ann).header("accept", "text/event-stream, application/json").await,
    ];

    published.said("code", &answers);

    let fields = answers.iter().flat_map(|answer| answer.errors()[0]["extensions"]["fields"].as_array().unwrap());
    let said: BTreeSet<String> = fields.map(|field| field["code"].as_str().unwrap().to_owned()).collect();
    assert_eq!(said, published.values("FieldErrorCode"));
}

#[test]
fn the_fragment_of_the_handbook_is_of_fields_that_exist() {
    let (handbook, published) = (include_str!("../../docs/clients.md"), Published::read());
    let (_, fragment) = handbook.split_once("fragment Refusal on ErrorExtensions {").unwrap();
    let (selected, _) = fragment.split_once("\n}").unwrap();
    let (of_error, of_field) = (published.fields("ErrorExtensions"), published.fields("FieldError"));
    let exists = |name: &&str| of_error.iter().chain(&of_field).any(|field| field.name.node == *name);
    let mut names = selected.split(|c: char| !c.is_alphanumeric()).filter(|name| !name.is_empty());

    assert!(names.clone().count() > 7);
    assert_eq!(names.find(|name| !exists(name)), None);
}

/// Keys that no test has met are found in the source.
#[test]
fn every_key_that_the_source_sets_is_published() {
    let published = Published::read();
    let known: BTreeSet<String> =
        published.fields("ErrorExtensions").iter().map(|field| field.name.node.to_string()).collect();
    let mut set = BTreeSet::new();
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src/api")];
    while let Some(path) = open.pop() {
        if path.is_dir() {
            open.extend(std::fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()));
        } else if path.extension().is_some_and(|kind| kind == "rs") {
            let text = std::fs::read_to_string(path).unwrap();
            let calls = text.split(".set(\"").skip(1).filter_map(|rest| rest.split('"').next());
            set.extend(calls.map(str::to_owned));
        }
    }

    assert!(set.contains("retryAfter") && set.contains("sessionEndReason"), "{set:?}");
    assert!(set.is_subset(&known), "{:?} are no fields of ErrorExtensions", set.difference(&known));
}
