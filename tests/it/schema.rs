//! The schema as text: committed as it is served, and described to its last field.

use authgraph::api::graphql::schema::sdl;
use serde_json::{Value, json};

use crate::support::TestApp;

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
    // The input of a mutation is described where its type is.
    let is_described = |(place, described): &(String, &Value)| {
        described["description"].as_str().is_some_and(|text| !text.is_empty()) || place.ends_with("(\"input\")")
    };
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

    let answer = app.ask(INTROSPECTION).await.granted();

    let types = answer.at("/__schema/types").as_array().unwrap();
    // The rest is GraphQL's own.
    let is_ours = |of: &&Value| !of["name"].as_str().is_some_and(|name| name.starts_with("__") || name == "ID");
    let ours = types.iter().filter(is_ours);
    let missing: Vec<String> = ours.flat_map(undescribed).collect();
    assert!(missing.is_empty(), "no description: {missing:#?}");
}

#[tokio::test]
async fn a_setting_closes_introspection() {
    let app = TestApp::with(&[("INTROSPECTION", "false")]).await;

    let closed = app.ask("{ __schema { types { name } } }").await;
    let hints = app.ask("{ mee { id } }").await;

    assert!(!closed.errors().is_empty() || closed.at("/__schema") == &json!(null), "{}", closed.text);
    assert!(!hints.text.contains("\\\"me\\\""), "{}", hints.text);
}

#[test]
fn every_mutation_takes_one_input_and_answers_null_where_it_refuses() {
    let text = sdl();
    let mutation = text.split_once("\ntype Mutation {").unwrap().1.split_once("\n}").unwrap().0;
    let fields =
        mutation.lines().filter(|line| line.starts_with('\t') && line.contains(": ") && !line.contains("\"\"\""));

    for field in fields.filter(|line| line.trim_start().starts_with(char::is_lowercase) && line.contains(" @")) {
        let (signature, _) = field.split_once(" @").unwrap();
        assert!(!signature.ends_with('!'), "{signature} is not nullable: its refusal would null its neighbours");
    }
}
