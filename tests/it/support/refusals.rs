//! Holds every answer of every test against `@refuses`: a field answers no code that the schema does not list for it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use async_graphql_parser::types::{ExecutableDocument, FieldDefinition, Selection, SelectionSet, TypeKind};
use async_graphql_parser::types::{TypeSystemDefinition, TypeSystemDefinition::Type};
use async_graphql_parser::{parse_query, parse_schema};
use authgraph::api::graphql::schema::sdl;

use super::answer::Answer;

/// What any field may answer, according to the description of `@refuses`.
const ANY: [&str; 4] = ["BAD_USER_INPUT", "RATE_LIMITED", "UNAVAILABLE", "INTERNAL"];
const GUARDED: [&str; 3] = ["UNAUTHENTICATED", "FORBIDDEN", "REAUTHENTICATION_REQUIRED"];
/// What ends a request while its fields run.
const WHOLE: [&str; 1] = ["QUERY_TOO_COMPLEX"];

/// The codes of each field, by its name: fields of the same name are taken together.
static LISTED: LazyLock<BTreeMap<String, BTreeSet<String>>> = LazyLock::new(|| {
    let mut listed: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for definition in parse_schema(sdl()).unwrap().definitions {
        for field in fields(&definition) {
            listed.entry(field.name.node.to_string()).or_default().extend(codes(field));
        }
    }
    listed
});

fn fields(definition: &TypeSystemDefinition) -> Vec<&FieldDefinition> {
    let Type(definition) = definition else { return vec![] };
    let TypeKind::Object(object) = &definition.node.kind else { return vec![] };
    object.fields.iter().map(|field| &field.node).collect()
}

fn codes(field: &FieldDefinition) -> Vec<String> {
    let mut codes = Vec::new();
    for directive in &field.directives {
        match directive.node.name.node.as_str() {
            "access" => codes.extend(GUARDED.map(str::to_owned)),
            "refuses" => {
                let listed = directive.node.get_argument("codes").unwrap().node.to_string();
                codes.extend(listed.trim_matches(['[', ']']).split(", ").map(str::to_owned));
            }
            _ => {}
        }
    }
    codes
}

/// Fails if an error of the answer has a code that its field does not list.
pub fn check(document: &str, answer: &Answer) {
    for error in answer.errors() {
        let key = error["path"].as_array().and_then(|path| path.iter().rev().find_map(|segment| segment.as_str()));
        let (Some(key), Some(code)) = (key, error["extensions"]["code"].as_str()) else { continue };
        let Ok(parsed) = parse_query(document) else { continue };
        let is_listed = |field: &String| LISTED.get(field).is_some_and(|codes| codes.contains(code));
        let names = names(&parsed, key);
        // Two requests may always write the same thing at the same time.
        let is_race = error["extensions"]["reason"] == "RACE";
        let is_known = is_race || ANY.contains(&code) || WHOLE.contains(&code) || names.iter().any(is_listed);
        assert!(is_known, "{names:?} answers {code}, which its @refuses does not list");
    }
}

/// The fields that the document puts under this key.
fn names(document: &ExecutableDocument, key: &str) -> BTreeSet<String> {
    let operations = document.operations.iter().map(|(_, operation)| &operation.node.selection_set.node);
    let fragments = document.fragments.values().map(|fragment| &fragment.node.selection_set.node);
    let mut names = BTreeSet::new();
    for set in operations.chain(fragments) {
        collect(set, key, &mut names);
    }
    names
}

fn collect(set: &SelectionSet, key: &str, names: &mut BTreeSet<String>) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => {
                if field.node.response_key().node == key {
                    names.insert(field.node.name.node.to_string());
                }
                collect(&field.node.selection_set.node, key, names);
            }
            Selection::InlineFragment(fragment) => collect(&fragment.node.selection_set.node, key, names),
            Selection::FragmentSpread(_) => {}
        }
    }
}
