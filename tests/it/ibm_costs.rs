//! The price of an operation, calculated after the rules of "GraphQL Cost Directives" (IBM) from the text of the schema
//! alone, is the price that the server charges.

use std::collections::HashMap;

use async_graphql_parser::types::{
    ConstDirective, ExecutableDocument, Field, FieldDefinition, Selection, SelectionSet, TypeDefinition, TypeKind,
    TypeSystemDefinition,
};
use async_graphql_parser::{Positioned, parse_query, parse_schema};
use async_graphql_value::{ConstValue, Value as DocumentValue};
use authgraph::api::graphql::schema::sdl;
use serde_json::{Value, json};

use crate::support::{PASSWORD, SignedIn, TestApp};

const LARGE: &[(&str, &str)] = &[("MAX_COMPLEXITY", "20000"), ("RATE_LIMIT_BUDGET", "1000000/1m")];

struct Calculator<'a> {
    types: HashMap<String, TypeDefinition>,
    document: &'a ExecutableDocument,
    variables: &'a Value,
}

impl<'a> Calculator<'a> {
    fn new(document: &'a ExecutableDocument, variables: &'a Value) -> Self {
        let types = parse_schema(sdl()).unwrap().definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(of) => Some((of.node.name.node.to_string(), of.node)),
            _ => None,
        });
        Self { types: types.collect(), document, variables }
    }

    /// The rules. `sized` are the lists whose length the field above has decided (`sizedFields`).
    fn cost(&self, set: &SelectionSet, parent: &str, sized: &HashMap<String, f64>) -> f64 {
        let costs = set.items.iter().map(|selection| match &selection.node {
            Selection::Field(field) => {
                let Some(definition) = self.field(parent, &field.node.name.node) else { return 0.0 };
                let of = definition.ty.node.to_string().replace(['[', ']', '!'], "");
                let (mut length, mut below) =
                    (sized.get(&*field.node.name.node).copied().unwrap_or(1.0), HashMap::new());
                if let Some((size, fields)) = self.list_size(definition, &field.node) {
                    if fields.is_empty() {
                        length = size;
                    } else {
                        below = fields.into_iter().map(|name| (name, size)).collect();
                    }
                }
                let own = weight(&definition.directives).unwrap_or_else(|| length * self.type_weight(&of));
                own + length * self.cost(&field.node.selection_set.node, &of, &below)
            }
            Selection::InlineFragment(fragment) => {
                let on =
                    fragment.node.type_condition.as_ref().map_or(parent, |condition| condition.node.on.node.as_str());
                self.cost(&fragment.node.selection_set.node, on, sized)
            }
            Selection::FragmentSpread(spread) => {
                let fragment = &self.document.fragments[&spread.node.fragment_name.node].node;
                self.cost(&fragment.selection_set.node, &fragment.type_condition.node.on.node, sized)
            }
        });
        costs.sum()
    }

    fn operation(&self, root: &str) -> u64 {
        let (_, operation) = self.document.operations.iter().next().unwrap();
        let cost = self.cost(&operation.node.selection_set.node, root, &HashMap::new());
        format!("{cost}").parse().unwrap()
    }

    fn field(&self, of: &str, name: &str) -> Option<&FieldDefinition> {
        let fields = match &self.types.get(of)?.kind {
            TypeKind::Object(object) => &object.fields,
            TypeKind::Interface(interface) => &interface.fields,
            _ => return None,
        };
        fields.iter().map(|field| &field.node).find(|field| field.name.node == name)
    }

    /// The weight that a type states; otherwise 1 for composite types and 0 for scalars and enums.
    fn type_weight(&self, name: &str) -> f64 {
        let Some(of) = self.types.get(name) else { return 0.0 };
        let default = if matches!(of.kind, TypeKind::Scalar | TypeKind::Enum(_)) { 0.0 } else { 1.0 };
        weight(&of.directives).unwrap_or(default)
    }

    /// The length that `@listSize` gives, and the fields that it is the length of.
    fn list_size(&self, definition: &FieldDefinition, field: &Field) -> Option<(f64, Vec<String>)> {
        let directive = definition.directives.iter().find(|directive| directive.node.name.node == "listSize")?;
        let argument = |name: &str| directive.node.get_argument(name).map(|value| &value.node);
        let slices = argument("slicingArguments").map(strings).unwrap_or_default();
        let given = slices.iter().filter_map(|name| self.number(&field.get_argument(name)?.node));
        let assumed = argument("assumedSize").map(|size| size.to_string().parse().unwrap());
        let size = given.reduce(f64::max).or(assumed)?;
        Some((size, argument("sizedFields").map(strings).unwrap_or_default()))
    }

    fn number(&self, value: &DocumentValue) -> Option<f64> {
        match value {
            DocumentValue::Variable(name) => self.variables[name.as_str()].as_f64(),
            value => value.to_string().parse().ok(),
        }
    }
}

fn weight(directives: &[Positioned<ConstDirective>]) -> Option<f64> {
    let cost = directives.iter().find(|directive| directive.node.name.node == "cost")?;
    let ConstValue::String(weight) = &cost.node.get_argument("weight")?.node else { panic!("not a text") };
    Some(weight.parse().unwrap())
}

fn strings(value: &ConstValue) -> Vec<String> {
    let ConstValue::List(values) = value else { panic!("not a list: {value}") };
    values.iter().map(|value| value.to_string().trim_matches('"').to_owned()).collect()
}

/// What the calculation and the server say.
async fn prices(app: &TestApp, who: &SignedIn, document: &str, variables: Value) -> (u64, u64) {
    let parsed = parse_query(document).unwrap();
    let root = if document.starts_with("mutation") { "Mutation" } else { "Query" };
    let calculated = Calculator::new(&parsed, &variables).operation(root);
    let answer = app.ask(document).variables(variables).by(who).await;
    (calculated, answer.body["extensions"]["cost"]["requested"].as_u64().unwrap_or_else(|| panic!("{}", answer.text)))
}

const QUERIES: [(&str, u64); 23] = [
    ("{ __typename rateLimit { limit } }", 0),
    ("{ me { id email role } }", 1),
    ("{ authConfig { registrationOpen passwordPolicy { minLength } } }", 2),
    ("{ authConfig { oauthProviders { name kind } } }", 2),
    ("{ me { mfa { enabled } oauthAccounts { id } } }", 3),
    ("{ users { edges { node { id } } } }", 21),
    ("{ users(first: 100) { edges { cursor node { id } } pageInfo { hasNextPage } } }", 101),
    ("{ users(last: 7) { nodes { email } } }", 8),
    ("{ users(first: $size) { nodes { email } } }", 4),
    ("{ users(first: 0) { totalCount nodes { email } } }", 21),
    ("{ users(first: 10) { nodes { mfa { enabled } } edges { node { mfa { enabled } } } } }", 41),
    ("{ users(first: 10) { totalCount nodes { oauthAccounts { id } } } }", 41),
    ("{ users(first: 10) { nodes { sessions(first: 5) { nodes { device { name } } totalCount } } } }", 321),
    ("{ users(first: 4) { edges { node { auditEvents { nodes { actor { email } } } } } } }", 169),
    ("{ auditEvents(first: 50) { nodes { action actor { email } subject { email } } } }", 151),
    ("{ a: users(first: 2) { ...page } b: users(first: 3) { ...page } }", 9),
    ("{ ... on Query { ... { me { ...who } } } }", 2),
    ("{ dashboard { totals { users } days { date logins } } }", 22),
    ("{ settings { name value isSecret } }", 1),
    ("{ auditIntegrity { verifiedEventCount endCursor break { message event { actor { email } } } } }", 13),
    ("{ node(id: \"nothing\") { id ... on User { mfa { enabled } } } }", 2),
    ("{ user(id: \"nothing\") { sessions(last: 10) { edges { node { user { email } } } } } }", 22),
    ("{ me { first: sessions(first: 1) { totalCount nodes { id } } all: sessions { nodes { id } } } }", 44),
];

#[tokio::test]
async fn queries_cost_what_the_schema_says() {
    let app = TestApp::with(LARGE).await;
    let root = app.administrator("root@example.com").await;
    for (query, expected) in QUERIES {
        let mut document = query.replacen('{', if query.contains("$size") { "query($size: Int) {" } else { "{" }, 1);
        for fragment in [
            "fragment page on UserConnection { edges { node { id } } nodes { id } }",
            "fragment who on User { mfa { enabled } }",
        ] {
            if query.contains(&format!("...{}", fragment.split(' ').nth(1).unwrap())) {
                document.push_str(fragment);
            }
        }
        let expected = if query.contains("...page") { 1 + 2 * 2 + 1 + 3 * 2 } else { expected };
        assert_eq!(prices(&app, &root, &document, json!({ "size": 3 })).await, (expected, expected), "{query}");
    }
}

#[tokio::test]
async fn mutations_cost_what_the_schema_says() {
    let app = TestApp::with(LARGE).await;
    let root = app.administrator("root@example.com").await;
    let login = format!(
        "mutation {{ login(input: {{ email: \"root@example.com\", password: \"{PASSWORD}\" }}) {{
            __typename ... on SignedIn {{ user {{ name }} session {{ device {{ name }} }} }} }} }}"
    );
    let mutations = [
        ("mutation { updateProfile(input: { name: \"Root\" }) { user { name } } }", 6),
        (
            "mutation { a: updateProfile(input: {}) { user { mfa { enabled } } } b: updateProfile(input: {}) { __typename } }",
            12,
        ),
        ("mutation { updateProfile(input: {}) { user { sessions(first: 3) { edges { node { id } } } } } }", 10),
        (&login, 53),
        ("mutation { revokeOtherSessions { __typename } }", 5),
        ("mutation { deleteUser(input: { userId: \"nobody\" }) { user { id } } }", 6),
        ("mutation { unlinkOAuthAccount(input: { oauthAccountId: \"nobody\" }) { user { id } } }", 26),
        ("mutation { changePassword(input: { currentPassword: \"x\", newPassword: \"y\" }) { __typename } }", 120),
    ];
    for (mutation, expected) in mutations {
        assert_eq!(prices(&app, &root, mutation, json!({})).await, (expected, expected), "{mutation}");
    }
}

/// What the specification has no words for: its number, and the server's.
#[tokio::test]
async fn three_rules_of_the_server_are_not_in_the_specification() {
    let app = TestApp::with(LARGE).await;
    let root = app.administrator("root@example.com").await;
    let many = format!("{{ users(first: 100) {{ nodes {{ {} }} }} }}", "name ".repeat(50));
    for (document, by_specification, by_server) in [
        // Rows are read even if neither edges nor nodes are selected.
        ("{ users { totalCount } }", 21, 41),
        ("{ me { sessions(first: 5) { pageInfo { hasNextPage } } } }", 2, 7),
        // One point for every thousand fields.
        (&*many, 101, 106),
        // The length of a list argument: the specification knows numbers alone, so `assumedSize` is the most.
        ("{ nodes(ids: [\"a\", \"b\"]) { id } }", 100, 2),
        ("{ nodes(ids: \"a\") { id ... on Session { user { email } } } }", 200, 2),
    ] {
        assert_eq!(prices(&app, &root, document, json!({})).await, (by_specification, by_server), "{document}");
    }
}
