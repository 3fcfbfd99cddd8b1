//! Who may resolve a field: what the schema says is what the server does.

use std::collections::BTreeSet;

use async_graphql_parser::Positioned;
use async_graphql_parser::parse_schema;
use async_graphql_parser::types::{
    BaseType, ConstDirective, FieldDefinition, InputValueDefinition, TypeDefinition, TypeKind, TypeSystemDefinition,
};
use authgraph::api::graphql::schema::sdl;
use serde_json::json;

use crate::support::{PASSWORD, TestApp};

/// What strangers may ask for. A field that is not here must say who may resolve it.
const PUBLIC: [&str; 19] = [
    "authConfig",
    "completeOAuth",
    "confirmEmailChange",
    "disownSession",
    "login",
    "loginWithIdToken",
    // Answers strangers nothing; tests/it/node.rs.
    "node",
    "nodes",
    "rateLimit",
    "refresh",
    "register",
    "requestPasswordReset",
    "resendVerificationEmail",
    "resetPassword",
    // Asks for a user if its purpose needs one; below.
    "startIdTokenLogin",
    "startOAuth",
    "undoEmailChange",
    "verifyEmail",
    "verifyMfa",
];

/// What strangers can be shown, of themselves: it stands behind a field of the list above. Every other type is only
/// reached through a field that says who may resolve it, so its own fields need no guard.
const SHOWN: &[&str] = &[
    "AuditChange",
    "AuditEvent",
    "AuditEventConnection",
    "AuditEventEdge",
    "AuthConfig",
    "ConfirmEmailChangePayload",
    "Device",
    "DisownSessionPayload",
    "EmailVerificationRequired",
    "IdTokenRequest",
    "LoginResult",
    "MfaRequired",
    "MfaStatus",
    "Node",
    "OAuthAccount",
    "OAuthProvider",
    "OAuthRedirect",
    "PageInfo",
    "PasswordPolicy",
    "PasswordRule",
    "RateLimit",
    "RequestPasswordResetPayload",
    "ResendVerificationEmailPayload",
    "ResetPasswordPayload",
    "Session",
    "SessionConnection",
    "SessionEdge",
    "SignedIn",
    "UndoEmailChangePayload",
    "User",
    "UserLock",
    "VerifyEmailPayload",
];

/// The schema's types, as their text declares them.
struct Declared(Vec<TypeDefinition>);

impl Declared {
    fn read() -> Self {
        let definitions = parse_schema(sdl()).unwrap().definitions.into_iter();
        Self(
            definitions
                .filter_map(|definition| match definition {
                    TypeSystemDefinition::Type(definition) => Some(definition.node),
                    TypeSystemDefinition::Schema(_) | TypeSystemDefinition::Directive(_) => None,
                })
                .collect(),
        )
    }

    fn find(&self, name: &str) -> Option<&TypeDefinition> {
        self.0.iter().find(|definition| definition.name.node == name)
    }

    /// The types that a field leads to, through types and their fields; scalars and words aside.
    fn lead_to(&self, field: &FieldDefinition, found: &mut BTreeSet<String>) {
        let name = name_of(&field.ty.node.base);
        let Some(definition) = self.find(&name) else { return };
        if matches!(definition.kind, TypeKind::Scalar | TypeKind::Enum(_)) || !found.insert(name.clone()) {
            return;
        }
        match &definition.kind {
            TypeKind::Object(object) => object.fields.iter().for_each(|field| self.lead_to(&field.node, found)),
            TypeKind::Union(union) => {
                for member in &union.members {
                    self.enter(&member.node, found);
                }
            }
            TypeKind::Interface(_) => {
                let implements = |definition: &&TypeDefinition| {
                    matches!(&definition.kind,
                    TypeKind::Object(object) if object.implements.iter().any(|of| of.node == name))
                };
                for member in self.0.iter().filter(implements) {
                    self.enter(&member.name.node, found);
                }
            }
            TypeKind::Scalar | TypeKind::Enum(_) | TypeKind::InputObject(_) => {}
        }
    }

    fn enter(&self, name: &str, found: &mut BTreeSet<String>) {
        if let Some(TypeKind::Object(object)) = self.find(name).map(|definition| &definition.kind)
            && found.insert(name.to_owned())
        {
            object.fields.iter().for_each(|field| self.lead_to(&field.node, found));
        }
    }

    /// The fields at the root of an operation.
    fn root_fields(&self, of: &str) -> Vec<&FieldDefinition> {
        let Some(TypeKind::Object(object)) = self.find(of).map(|found| &found.kind) else { panic!("no object {of}") };
        object.fields.iter().map(|field| &field.node).collect()
    }

    /// A call of the field with arguments that fit their types, and no sense.
    fn call(&self, field: &FieldDefinition) -> String {
        let arguments = self.values(&field.arguments);
        let arguments = if arguments.is_empty() { arguments } else { format!("({arguments})") };
        format!("{}{arguments} {{ __typename }}", field.name.node)
    }

    fn values(&self, wanted: &[Positioned<InputValueDefinition>]) -> String {
        let required = wanted.iter().map(|value| &value.node).filter(|value| !value.ty.node.nullable);
        required.map(|value| self.named_value(value)).collect()
    }

    fn named_value(&self, of: &InputValueDefinition) -> String {
        format!("{}: {} ", of.name.node, self.value(&of.ty.node.base))
    }

    fn value(&self, of: &BaseType) -> String {
        let BaseType::Named(name) = of else { return "[]".to_owned() };
        let found = self.find(name);
        let is_one_of = found.is_some_and(|found| has(&found.directives, "oneOf"));
        match found.map(|found| &found.kind) {
            Some(TypeKind::InputObject(input)) if is_one_of => {
                format!("{{ {} }}", self.named_value(&input.fields[0].node))
            }
            Some(TypeKind::InputObject(input)) => format!("{{ {} }}", self.values(&input.fields)),
            Some(TypeKind::Enum(of)) => of.values[0].node.value.node.to_string(),
            _ if name == "Int" => "1".to_owned(),
            _ if name == "Boolean" => "true".to_owned(),
            _ if name == "DateTime" => "\"2031-01-01T00:00:00.000Z\"".to_owned(),
            _ => "\"ann@example.com\"".to_owned(),
        }
    }
}

fn has(directives: &[Positioned<ConstDirective>], name: &str) -> bool {
    directives.iter().any(|directive| directive.node.name.node == name)
}

fn name_of(base: &BaseType) -> String {
    match base {
        BaseType::Named(name) => name.to_string(),
        BaseType::List(of) => name_of(&of.base),
    }
}

/// Whether the field is for administrators alone.
fn requires_admin(field: &FieldDefinition) -> bool {
    let directive = field.directives.iter().find(|directive| directive.node.name.node == "access");
    directive.is_some_and(|directive| {
        directive.node.arguments.iter().any(|(name, value)| name.node == "role" && value.node.to_string() == "ADMIN")
    })
}

fn requires(field: &FieldDefinition) -> bool {
    has(&field.directives, "access")
}

#[test]
fn every_field_is_guarded_or_on_the_public_list() {
    let schema = Declared::read();
    let fields: Vec<_> =
        ["Query", "Mutation", "Subscription"].into_iter().flat_map(|root| schema.root_fields(root)).collect();

    for field in &fields {
        let name = field.name.node.as_str();
        assert_ne!(requires(field), PUBLIC.contains(&name), "{name} must be guarded or public, and not both");
    }
    assert!(fields.len() > PUBLIC.len());
}

#[test]
fn what_strangers_can_be_shown_is_a_list_of_its_own() {
    let schema = Declared::read();
    let mut shown = BTreeSet::new();
    for field in ["Query", "Mutation"].into_iter().flat_map(|root| schema.root_fields(root)) {
        if !requires(field) {
            schema.lead_to(field, &mut shown);
        }
    }

    assert_eq!(shown, SHOWN.iter().map(|name| (*name).to_owned()).collect());
}

#[test]
fn every_guard_stands_at_a_root() {
    let schema = Declared::read();
    let inner =
        schema.0.iter().filter(|definition| !["Query", "Mutation", "Subscription"].contains(&&*definition.name.node));
    for definition in inner {
        let TypeKind::Object(object) = &definition.kind else { continue };
        for field in &object.fields {
            assert!(!requires(&field.node), "{}.{}: walk it in this file", definition.name.node, field.node.name.node);
        }
    }
}

#[tokio::test]
async fn every_field_for_administrators_refuses_everybody_else() {
    let (app, schema) = (TestApp::start().await, Declared::read());
    let ann = app.signed_in("ann@example.com").await;
    let mut walked = 0;
    for (operation, root) in [("query", "Query"), ("mutation", "Mutation")] {
        for field in schema.root_fields(root).into_iter().filter(|field| requires_admin(field)) {
            let answer = app.ask(format!("{operation} {{ {} }}", schema.call(field))).by(&ann).await;
            assert_eq!(answer.codes(), ["FORBIDDEN"], "{}: {}", field.name.node, answer.text);
            walked += 1;
        }
    }
    assert!(walked >= 9, "the fields of administrators were not found");
}

#[tokio::test]
async fn every_guarded_field_refuses_strangers() {
    let (app, schema) = (TestApp::start().await, Declared::read());
    for (operation, root) in [("query", "Query"), ("mutation", "Mutation")] {
        for field in schema.root_fields(root).into_iter().filter(|field| requires(field)) {
            let answer = app.ask(format!("{operation} {{ {} }}", schema.call(field))).await;
            assert_eq!(answer.codes(), ["UNAUTHENTICATED"], "{}: {}", field.name.node, answer.text);
        }
    }
}

#[tokio::test]
async fn every_guarded_field_refuses_the_token_of_an_ended_session() {
    let (app, schema) = (TestApp::start().await, Declared::read());
    let ann = app.signed_in("ann@example.com").await;
    app.logout(&ann).await.ok();

    for field in schema.root_fields("Mutation").into_iter().filter(|field| requires(field)) {
        let answer = app.ask(format!("mutation {{ {} }}", schema.call(field))).by(&ann).await;
        assert_eq!(answer.codes(), ["UNAUTHENTICATED"], "{}: {}", field.name.node, answer.text);
    }
}

#[tokio::test]
async fn a_mutation_behind_a_logout_in_the_same_document_is_refused() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    let document = r#"mutation {
        first: updateProfile(input: { name: "Ann" }) { user { name } }
        logout { sessionId }
        second: updateProfile(input: { name: "Eve" }) { user { name } }
    }"#;

    let answer = app.ask(document).by(&ann).await;

    assert_eq!(answer.text_at("/first/user/name"), "Ann");
    assert_eq!((answer.code(), answer.at("/second")), ("UNAUTHENTICATED", &json!(null)));
    let again = app.login("ann@example.com", PASSWORD).await.signed_in();
    assert_eq!(app.me(&again).await.text_at("/me/name"), "Ann");
}

#[tokio::test]
async fn a_proof_of_identity_opens_the_window_for_the_rest_of_the_document() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;
    app.wait(std::time::Duration::from_mins(10));
    let document = r#"mutation($password: String!) {
        early: requestEmailChange(input: { newEmail: "ann@new.example" }) { user { pendingEmail } }
        reauthenticate(input: { password: $password }) { session { id } }
        late: requestEmailChange(input: { newEmail: "ann@new.example" }) { user { pendingEmail } }
    }"#;

    let answer = app.ask(document).variables(json!({ "password": PASSWORD })).by(&ann).await;

    assert_eq!(answer.code(), "REAUTHENTICATION_REQUIRED");
    assert_eq!(answer.at("/early"), &json!(null));
    assert_eq!(answer.text_at("/late/user/pendingEmail"), "ann@new.example");
}

#[tokio::test]
async fn the_fields_of_me_need_no_guard_of_their_own() {
    let app = TestApp::start().await;
    let ann = app.signed_in("ann@example.com").await;

    let me = app.ask("{ me { id role hasPassword sessions { edges { node { user { email } } } } } }").by(&ann).await;

    assert_eq!(me.text_at("/me/sessions/edges/0/node/user/email"), "ann@example.com");
    assert_eq!((me.text_at("/me/role"), me.at("/me/hasPassword")), ("USER", &json!(true)));
}
