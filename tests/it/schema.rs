//! The schema as text: committed as it is served, and described to its last field.

use authgraph::api::graphql::schema::sdl;
use authgraph::flows::create_admin::create_admin;
use authgraph::values::email_address::EmailAddress;
use authgraph::values::password::Password;
use serde_json::{Value, json};

use crate::support::{PASSWORD, TestApp};

const INTROSPECTION: &str = "{ __schema { types { name description
    fields(includeDeprecated: true) { name description args { name description } }
    inputFields { name description } enumValues(includeDeprecated: true) { name description } } } }";

fn list<'a>(of: &'a Value, name: &str) -> &'a [Value] {
    of[name].as_array().map_or(&[], Vec::as_slice)
}

/// The places without a description, below one type.
fn undescribed(of: &Value) -> Vec<String> {
    let name = of["name"].as_str().unwrap().to_owned();
    let mut places = vec![(name.clone(), of)];
    for kind in ["fields", "inputFields", "enumValues"] {
        for member in list(of, kind) {
            let place = format!("{name}.{}", member["name"].as_str().unwrap());
            places.extend(
                list(member, "args").iter().map(|argument| (format!("{place}({})", argument["name"]), argument)),
            );
            places.push((place, member));
        }
    }
    let is_described =
        |(_, described): &(String, &Value)| described["description"].as_str().is_some_and(|text| !text.is_empty());
    places.into_iter().filter(|place| !is_described(place)).map(|(place, _)| place).collect()
}

#[test]
fn the_committed_schema_is_the_served_one() {
    let committed = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/schema.graphql")).unwrap();

    assert!(committed == sdl(), "schema.graphql is not what `cargo run -- schema` prints");
}

#[tokio::test]
async fn everything_in_the_schema_is_described() {
    let app = TestApp::start().await;

    let answer = app.ask(INTROSPECTION).await.ok();

    let types = answer.at("/__schema/types").as_array().unwrap();
    // The rest is GraphQL's own.
    let is_ours = |of: &&Value| !of["name"].as_str().is_some_and(|name| name.starts_with("__") || name == "ID");
    let ours = types.iter().filter(is_ours);
    let missing: Vec<String> = ours.flat_map(undescribed).collect();
    assert!(missing.is_empty(), "no description: {missing:#?}");
}

#[test]
fn every_setting_that_a_description_names_exists() {
    let (schema, settings) = (sdl(), include_str!("../../.env.example"));
    let is_code = |word: &str| schema.contains(&format!("\n  {word}\n"));
    let is_setting =
        |word: &&str| word.contains('_') && word.chars().all(|c| c.is_ascii_uppercase() || c == '_') && !is_code(word);

    let named: Vec<&str> = schema.split('`').filter(is_setting).collect();

    assert!(named.len() > 5, "{named:?}");
    for name in named {
        assert!(settings.contains(&format!("{name}=")), "the schema names the setting {name}");
    }
}

#[tokio::test]
async fn a_setting_closes_introspection() {
    let app = TestApp::with(&[("INTROSPECTION", "false")]).await;

    let closed = app.ask("{ __schema { types { name } } }").await;
    let hints = app.ask("{ mee { id } }").await;

    assert!(!closed.errors().is_empty() || closed.at("/__schema") == &json!(null), "{}", closed.text);
    assert!(!hints.text.contains("\\\"me\\\""), "{}", hints.text);
}

#[tokio::test]
async fn an_administrator_may_introspect_where_nobody_else_may() {
    let app = TestApp::with(&[("INTROSPECTION", "false")]).await;
    let (email, ann) = (EmailAddress::parse("root@example.com").unwrap(), app.signed_in("ann@example.com").await);
    create_admin(&app.app, &email, &Password::typed(PASSWORD.to_owned())).await.unwrap();
    let admin = app.login("root@example.com", PASSWORD).await.signed_in();

    let open = app.ask(INTROSPECTION).by(&admin).await.ok();
    assert!(list(open.at("/__schema"), "types").len() > 20);

    app.logout(&admin).await.ok();
    for who in [&ann, &admin] {
        let closed = app.ask(INTROSPECTION).by(who).await;
        assert!(!closed.errors().is_empty() || closed.at("/__schema") == &json!(null), "{}", closed.text);
        assert!(!closed.text.contains("LoginInput"));
    }
}

#[tokio::test]
async fn the_standard_introspection_query_is_within_the_limits() {
    let app = TestApp::start().await;

    let answer = app.ask(include_str!("support/introspection.graphql")).await.ok();

    assert!(list(answer.at("/__schema"), "types").len() > 20);
}

#[tokio::test]
async fn typos_teach_a_stranger_no_name() {
    let app = TestApp::with(&[("INTROSPECTION", "false")]).await;
    for (document, secret) in [
        ("{ mee { id } }", "\"me\""),
        ("{ authConfig { password } }", "AuthConfig"),
        ("{ authConfig }", "AuthConfig"),
        ("mutation { login(inputs: 1) { __typename } }", "LoginInput"),
        ("mutation { login { __typename } }", "LoginInput"),
        ("mutation { login(input: { mail: 1 }) { __typename } }", "email"),
        ("mutation { login(input: {}) { accessToken } }", "LoginResult"),
        ("{ ... on Nope { id } me { ... on Sessions { id } } }", "Session\""),
        ("query($a: LoginInpu) { me(a: $a) { id } }", "LoginInput"),
    ] {
        let answer = app.ask(document).await;
        assert!(!answer.errors().is_empty(), "{document}");
        let told = answer.text.replace("\\\"", "\"");
        assert!(!told.contains(secret) && !told.contains("Did you mean"), "{document}: {told}");
    }
}
