//! What the schema says by rule: every field obeys it, also one that is added tomorrow.

use std::collections::{BTreeMap, BTreeSet};

use async_graphql_parser::parse_schema;
use async_graphql_parser::types::{ConstDirective, FieldDefinition, TypeDefinition, TypeKind, TypeSystemDefinition};
use authgraph::api::graphql::schema::sdl;

/// Every object of the schema and its fields.
fn objects() -> Vec<(TypeDefinition, Vec<FieldDefinition>)> {
    let definitions = parse_schema(sdl()).unwrap().definitions.into_iter();
    definitions
        .filter_map(|definition| match definition {
            TypeSystemDefinition::Type(definition) => Some(definition.node),
            _ => None,
        })
        .filter_map(|definition| {
            let TypeKind::Object(object) = &definition.kind else { return None };
            let fields = object.fields.iter().map(|field| field.node.clone()).collect();
            Some((definition, fields))
        })
        .collect()
}

/// Every field of every object as `User.sessions`.
fn fields() -> Vec<(String, FieldDefinition)> {
    let named = |(of, fields): (TypeDefinition, Vec<FieldDefinition>)| {
        fields.into_iter().map(move |field| (format!("{}.{}", of.name.node, field.name.node), field))
    };
    objects().into_iter().flat_map(named).collect()
}

fn directive<'a>(field: &'a FieldDefinition, name: &str) -> Option<&'a ConstDirective> {
    field.directives.iter().map(|directive| &directive.node).find(|directive| directive.name.node == name)
}

/// The directive as the schema prints it, without its name.
fn printed(directive: &ConstDirective) -> String {
    let arguments = directive.arguments.iter().map(|(name, value)| format!("{}: {}", name.node, value.node));
    arguments.collect::<Vec<_>>().join(", ")
}

fn names_with(name: &str) -> BTreeSet<String> {
    fields().into_iter().filter(|(_, field)| directive(field, name).is_some()).map(|(name, _)| name).collect()
}

fn description(field: &FieldDefinition) -> &str {
    field.description.as_ref().map(|text| text.node.as_str()).unwrap_or_default()
}

#[test]
fn every_mutation_and_every_guarded_query_is_null_only_with_an_error() {
    let said = names_with("semanticNonNull");

    let mutations: BTreeSet<_> =
        fields().into_iter().map(|(name, _)| name).filter(|name| name.starts_with("Mutation.")).collect();
    assert!(mutations.len() > 20 && said.is_superset(&mutations));
    for query in
        ["Query.me", "Query.users", "Query.auditEvents", "Query.dashboard", "User.sessions", "User.auditEvents"]
    {
        assert!(said.contains(query), "{query}");
    }
    // Null means that there is none.
    for query in ["Query.user", "Query.node", "AuditEvent.actor"] {
        assert!(!said.contains(query), "{query}");
    }
}

#[test]
fn a_field_that_may_refuse_is_nullable_so_that_its_neighbours_survive() {
    for (name, field) in fields() {
        let may_refuse = ["access", "refuses"].iter().any(|name| directive(&field, name).is_some());
        let is_exception = name.starts_with("Subscription.");
        if name.starts_with("Mutation.") || may_refuse && !is_exception {
            assert!(field.ty.node.nullable, "{name} is not nullable: its refusal would null its neighbours");
        }
    }
}

#[test]
fn the_definitions_are_the_ones_of_their_specifications() {
    let text = sdl();
    for definition in [
        "directive @cost(weight: String!) on ARGUMENT_DEFINITION | ENUM | FIELD_DEFINITION | INPUT_FIELD_DEFINITION | \
         OBJECT | SCALAR",
        "directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!], \
         requireOneSlicingArgument: Boolean = true) on FIELD_DEFINITION",
        "directive @semanticNonNull(levels: [Int!]! = [0]) on FIELD_DEFINITION",
        "directive @access(role: Role!, recentAuth: Boolean! = false) on FIELD_DEFINITION",
        "directive @rateLimit(bucket: RateBucket!) on FIELD_DEFINITION",
        "directive @refuses(codes: [ErrorCode!]!) on FIELD_DEFINITION",
        "type PageInfo @cost(weight: \"0\") {",
    ] {
        assert!(text.lines().any(|line| line == definition), "{definition}");
    }
    assert!(!text.contains("recentAuth: false"), "a default is not printed");
    assert!(text.lines().all(|line| line == line.trim_end()));
}

#[test]
fn every_list_says_how_long_it_is() {
    let connection = "assumedSize: 20, slicingArguments: [\"first\", \"last\"], sizedFields: [\"edges\", \"nodes\"], \
                      requireOneSlicingArgument: false";
    let objects: BTreeSet<_> = objects().iter().map(|(of, _)| of.name.node.to_string()).collect();
    let mut walked = 0;
    for (name, field) in fields() {
        let ty = field.ty.node.to_string();
        let of = ty.trim_matches(['[', ']', '!']);
        let size = directive(&field, "listSize").map(printed);
        let in_connection = name.split('.').next().unwrap().ends_with("Connection");
        let expected = match (of.ends_with("Connection"), ty.starts_with('[') && objects.contains(of)) {
            (true, _) => Some(connection.to_owned()),
            (_, true) if !in_connection && !name.starts_with("ErrorExtensions.") => Some("assumedSize: 30".to_owned()),
            _ if name == "Query.nodes" => Some("assumedSize: 100".to_owned()),
            _ => None,
        };
        walked += usize::from(expected.is_some());
        assert_eq!(size, expected, "{name}");
    }
    assert!(walked >= 7, "the lists were not found");
}

#[test]
fn every_connection_has_nodes_beside_its_edges() {
    let mut walked = 0;
    for (of, fields) in objects().into_iter().filter(|(of, _)| of.name.node.ends_with("Connection")) {
        let item = of.name.node.trim_end_matches("Connection").to_owned();
        let ty =
            |name: &str| fields.iter().find(|field| field.name.node == name).map(|field| field.ty.node.to_string());
        assert_eq!(ty("edges"), Some(format!("[{item}Edge!]!")));
        assert_eq!(ty("nodes"), Some(format!("[{item}!]!")));
        walked += 1;
    }
    assert_eq!(walked, 3);
}

/// Introspection shows descriptions and no directives.
#[test]
fn descriptions_say_what_directives_say() {
    for (name, field) in fields() {
        let is_root = ["Query.", "Mutation.", "Subscription."].iter().any(|root| name.starts_with(root));
        let text = description(&field);
        let notes = text.rsplit("\n\n").next().unwrap();
        let says = |word: &str| notes.contains(word);
        if is_root || !field.directives.is_empty() {
            assert!(says("Costs ") || says("costs "), "{name}: {text}");
        }
        if let Some(access) = directive(&field, "access").map(printed) {
            let who = if access.contains("ADMIN") { "Requires an administrator" } else { "Requires a signed-in user" };
            assert!(says(who), "{name}: {text}");
            assert_eq!(says("`REAUTHENTICATION_WINDOW`"), access.contains("recentAuth: true"), "{name}: {text}");
        }
        if let Some(refuses) = directive(&field, "refuses") {
            let codes = refuses.get_argument("codes").unwrap().node.to_string();
            assert!(says(&format!("Errors: {}.", codes.trim_matches(['[', ']']))), "{name}: {text}");
        }
        if let Some(limit) = directive(&field, "rateLimit") {
            assert!(says(&format!("Rate limit: {}.", limit.get_argument("bucket").unwrap().node)), "{name}: {text}");
        }
    }
}

#[test]
fn descriptions_are_plain_sentences() {
    let said = |wanted: &str| {
        let (_, field) = fields().into_iter().find(|(name, _)| name == wanted).unwrap();
        description(&field).rsplit("\n\n").next().unwrap().to_owned()
    };
    for (field, notes) in [
        ("Query.me", "Requires a signed-in user. Costs 1 point."),
        ("Query.rateLimit", "Costs nothing."),
        ("Query.nodes", "Errors: VALIDATION_FAILED. Costs 1 point and the price of its selection for each id."),
        ("User.sessions", "Errors: VALIDATION_FAILED. Costs 1 point, and 1 or more for each item of the page."),
        ("Dashboard.days", "Costs 1 point, and 30 times the price of its selection."),
        (
            "Mutation.deleteUser",
            "Requires an administrator who signed in or called `reauthenticate` within `REAUTHENTICATION_WINDOW`. \
             Errors: NOT_FOUND, CONFLICT. Costs 5 points.",
        ),
    ] {
        assert_eq!(said(field), notes, "{field}");
    }
}

#[test]
fn every_mutation_has_a_payload_of_its_own_and_every_way_in_the_same_one() {
    let mut mutations: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, field) in fields() {
        if let Some(mutation) = name.strip_prefix("Mutation.") {
            mutations.entry(field.ty.node.to_string()).or_default().insert(mutation.to_owned());
        }
    }
    let ways_in = ["completeOAuth", "login", "loginWithIdToken", "register", "verifyMfa"];

    // A way in that is added later belongs into this list.
    assert_eq!(mutations.remove("LoginResult"), Some(ways_in.map(str::to_owned).into()));
    for (payload, of) in mutations {
        assert_eq!(of.len(), 1, "{payload} cannot grow for one of {of:?} alone");
    }
    let signs_in = |field: &FieldDefinition| field.ty.node.to_string().starts_with("SignedIn");
    let returning: Vec<_> = fields().into_iter().filter(|(_, field)| signs_in(field)).map(|(name, _)| name).collect();
    assert_eq!(returning, ["Mutation.refresh"], "what signs in returns LoginResult");
}

#[test]
fn every_input_that_names_an_object_says_which_kind() {
    let inputs = parse_schema(sdl()).unwrap().definitions.into_iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Type(of) => Some(of.node),
        _ => None,
    });
    let mut walked = 0;
    for input in inputs {
        let TypeKind::InputObject(object) = &input.kind else { continue };
        for field in &object.fields {
            let (name, ty) = (field.node.name.node.as_str(), field.node.ty.node.to_string());
            assert!(ty != "ID!" || name.ends_with("Id"), "{}.{name}: an id of what?", input.name.node);
            walked += usize::from(ty == "ID!");
        }
    }
    assert!(walked > 10, "the inputs were not found");
}

#[test]
fn every_input_names_its_mutation() {
    let inputs = parse_schema(sdl()).unwrap().definitions.into_iter().filter_map(|definition| match definition {
        TypeSystemDefinition::Type(of) if matches!(of.node.kind, TypeKind::InputObject(_)) => Some(of.node),
        _ => None,
    });
    let inputs: Vec<_> = inputs.collect();
    for (name, field) in fields().into_iter().filter(|(name, _)| name.starts_with("Mutation.")) {
        let named = format!("Input of `{}`.", field.name.node);
        for argument in &field.arguments {
            assert_eq!(argument.node.name.node, "input", "{name} takes one input");
            assert_eq!(argument.node.description.as_ref().map(|text| &*text.node), Some(&*named));
            let ty = argument.node.ty.node.to_string();
            let input = inputs.iter().find(|input| ty == format!("{}!", input.name.node)).unwrap();
            let described = input.description.as_ref().map(|text| text.node.as_str()).unwrap_or_default();
            assert!(described.starts_with(&named), "{ty}: {described}");
        }
    }
}
