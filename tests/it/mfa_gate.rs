//! There is one gate, and no way in goes around the second factor.

use std::collections::BTreeSet;

use async_graphql_parser::parse_schema;
use async_graphql_parser::types::{TypeDefinition, TypeKind, TypeSystemDefinition};
use authgraph::api::graphql::schema::sdl;
use serde_json::json;

use crate::support::provider::{Person, TestProvider};
use crate::support::{Answer, MfaMember, PASSWORD, TestApp};

const ROOTS: [&str; 3] = ["Query", "Mutation", "Subscription"];
const TOKENS: [&str; 2] = ["accessToken", "refreshToken"];

/// A type of the schema with its fields, each as its name and the type it leads to.
struct Declared {
    name: String,
    fields: Vec<(String, String)>,
}

impl Declared {
    fn read(definition: TypeDefinition) -> Self {
        let fields = match definition.kind {
            TypeKind::Object(object) => object.fields,
            TypeKind::Interface(interface) => interface.fields,
            TypeKind::Union(union) => {
                let members = union.members.iter().map(|member| (String::new(), member.node.to_string()));
                return Self { name: definition.name.node.to_string(), fields: members.collect() };
            }
            TypeKind::Scalar | TypeKind::Enum(_) | TypeKind::InputObject(_) => Vec::new(),
        };
        let bare = |of: String| of.replace(['[', ']', '!'], "");
        let fields = fields.into_iter().map(|field| field.node);
        Self {
            name: definition.name.node.to_string(),
            fields: fields.map(|field| (field.name.node.to_string(), bare(field.ty.node.to_string()))).collect(),
        }
    }

    fn is_root(&self) -> bool {
        ROOTS.contains(&&*self.name)
    }
}

/// The fields at the root that can issue tokens: their type has one, or leads to a type that has one.
fn ways_to_tokens() -> BTreeSet<String> {
    let definitions = parse_schema(sdl()).unwrap().definitions.into_iter();
    let types: Vec<Declared> = definitions
        .filter_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) => Some(Declared::read(definition.node)),
            TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
        })
        .collect();
    let mut giving = BTreeSet::new();
    loop {
        let gives = |(field, of): &(String, String)| TOKENS.contains(&&**field) || giving.contains(of);
        let found = types.iter().filter(|of| !of.is_root() && of.fields.iter().any(gives));
        let found: BTreeSet<String> = found.map(|of| of.name.clone()).collect();
        if found == giving {
            break;
        }
        giving = found;
    }
    let at_root = types.iter().filter(|of| of.is_root()).flat_map(|of| &of.fields);
    at_root.filter(|(_, of)| giving.contains(of)).map(|(field, _)| field.clone()).collect()
}

async fn sessions(app: &TestApp) -> i64 {
    let (count,) = app.app.db.query("select count(*) from sessions").one().await.unwrap();
    count
}

/// Ann's account at a provider, which is linked.
fn at_provider() -> Person {
    Person::new("ann-1", "ann@example.com")
}

/// Tries one way in with everything but a code.
async fn try_without_a_code(app: &TestApp, one: &TestProvider, ann: &MfaMember, way: &str) {
    let waits = |waiting: &Answer| {
        assert_eq!(waiting.text_at(&format!("/{way}/__typename")), "MfaRequired");
        assert!(!waiting.text.contains("accessToken") && !waiting.text.contains("agr_"), "{}", waiting.text);
    };
    match way {
        "register" => assert_eq!(app.register("ann@example.com").await.code(), "EMAIL_TAKEN"),
        "login" => {
            waits(&app.first_step("ann@example.com").await.ok());
        }
        "verifyMfa" => {
            let challenge = app.challenge("ann@example.com").await;
            for code in ["", &app.wrong_code(&ann.authenticator), &challenge, PASSWORD] {
                assert_eq!(app.verify_mfa(&challenge, code).await.code(), "INVALID_MFA_CODE");
            }
        }
        "refresh" => {
            let challenge = app.challenge("ann@example.com").await;
            let body = challenge.strip_prefix("agc_").unwrap();
            for token in [challenge.clone(), format!("agr_{body}")] {
                let refused = app.refresh_with(json!({ "refreshToken": token })).await;
                assert_eq!(refused.code(), "UNAUTHENTICATED");
            }
        }
        "completeOAuth" => waits(&app.log_in_at(one, &at_provider()).await.ok()),
        "loginWithIdToken" => {
            let begun = app.start_id_token_login("one").await.ok();
            let (nonce, flow) =
                (begun.text_at("/startIdTokenLogin/nonce"), begun.text_at("/startIdTokenLogin/flowToken"));
            let id_token = one.id_token_for_app(nonce, &at_provider());
            waits(&app.login_with_id_token("one", flow, &id_token).await.ok());
        }
        other => panic!("{other} can give tokens: show here that it does not without the second factor"),
    }
}

#[tokio::test]
async fn no_way_in_goes_around_the_second_factor() {
    let (app, one) = TestApp::with_provider(&[]).await;
    let ann = app.with_mfa("ann@example.com").await;
    app.linked(&ann.session, &one, &at_provider()).await;
    let before = sessions(&app).await;
    let ways = ways_to_tokens();
    assert!(ways.len() >= 6, "{ways:?}");

    for way in ways {
        try_without_a_code(&app, &one, &ann, &way).await;
        assert_eq!(sessions(&app).await, before, "{way} opened a session");
    }
}

#[tokio::test]
async fn a_new_password_by_email_does_not_replace_the_second_factor() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    app.verify_email(&app.token_to("ann@example.com", "verify_email").await).await.ok();
    app.request_password_reset("ann@example.com").await.ok();
    let token = app.token_to("ann@example.com", "reset_password").await;
    app.reset_password(&token, "Another-Horse-8").await.ok();

    let waiting = app.login("ann@example.com", "Another-Horse-8").await;

    assert_eq!(waiting.text_at("/login/__typename"), "MfaRequired");
    assert_eq!(app.me(&ann.session).await.code(), "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_refresh_continues_the_session_that_had_the_second_factor() {
    let app = TestApp::start().await;
    let ann = app.with_mfa("ann@example.com").await;
    let code = app.next_code(&ann.authenticator);
    let signed_in = app.login_with_code("ann@example.com", &code).await.signed_in();

    let refreshed = app.refresh(&signed_in).await.ok();

    assert_eq!(refreshed.text_at("/refresh/session/id"), signed_in.session);
    assert_eq!(refreshed.at("/refresh/session/authMethods"), &json!(["PASSWORD", "TOTP"]));
}
