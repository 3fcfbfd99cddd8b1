//! Rewrites a valid document so that the library executes it as the specification says.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{
    Directive, DocumentOperations, ExecutableDocument, Field, OperationDefinition, OperationType, Selection,
    SelectionSet,
};
use async_graphql::{Name, Positioned, Variables};
use async_graphql_value::Value;

use super::chosen_operation::ChosenOperation;
use super::parser::Fragments;

/// Copies the operation and all fragments, without variables that have no value, and with one field at the root of a
/// subscription.
#[must_use]
pub fn for_execution(
    valid: &ExecutableDocument,
    operation: &ChosenOperation<'_>,
    variables: &Variables,
) -> ExecutableDocument {
    let mut definition = operation.positioned().clone();
    let mut fragments = valid.fragments.clone();
    if definition.node.ty == OperationType::Subscription {
        merge_root(&mut definition.node, &fragments);
    }
    drop_absent(&mut definition.node, &mut fragments, variables);
    let operations = match operation.name {
        Some(name) => DocumentOperations::Multiple(HashMap::from([(name.clone(), definition)])),
        None => DocumentOperations::Single(definition),
    };
    ExecutableDocument { operations, fragments }
}

/// Removes variables without a value. As an argument or a field of an input such a variable is absent, so that defaults
/// apply and nothing is cleared; in a list it is null (GraphQL, sections 3.10, 3.11 and 6.4.1). The library reads null
/// everywhere.
fn drop_absent(operation: &mut OperationDefinition, fragments: &mut Fragments, variables: &Variables) {
    let definitions = operation.variable_definitions.iter().map(|definition| &definition.node);
    // Coercion has checked that required variables have a value.
    let without_value =
        definitions.filter(|variable| variable.default_value.is_none() && !variables.contains_key(&variable.name.node));
    let absent: HashSet<Name> = without_value.map(|variable| variable.name.node.clone()).collect();
    if absent.is_empty() {
        return;
    }
    operation.variable_definitions.retain(|definition| !absent.contains(&definition.node.name.node));
    drop_from_directives(&mut operation.directives, &absent);
    drop_from_set(&mut operation.selection_set.node, &absent);
    for fragment in fragments.values_mut() {
        drop_from_directives(&mut fragment.node.directives, &absent);
        drop_from_set(&mut fragment.node.selection_set.node, &absent);
    }
}

fn drop_from_set(set: &mut SelectionSet, absent: &HashSet<Name>) {
    for selection in &mut set.items {
        drop_from_directives(selection.node.directives_mut(), absent);
        match &mut selection.node {
            Selection::Field(field) => {
                field.node.arguments.retain_mut(|(_, value)| remove_absent(&mut value.node, absent));
                drop_from_set(&mut field.node.selection_set.node, absent);
            }
            Selection::InlineFragment(fragment) => drop_from_set(&mut fragment.node.selection_set.node, absent),
            Selection::FragmentSpread(_) => {}
        }
    }
}

fn drop_from_directives(directives: &mut [Positioned<Directive>], absent: &HashSet<Name>) {
    for directive in directives {
        directive.node.arguments.retain_mut(|(_, value)| remove_absent(&mut value.node, absent));
    }
}

/// Removes absent variables from a value. Returns whether the value itself is present.
fn remove_absent(value: &mut Value, absent: &HashSet<Name>) -> bool {
    match value {
        Value::Variable(name) => return !absent.contains(name),
        Value::Object(fields) => fields.retain(|_, field| remove_absent(field, absent)),
        Value::List(items) => {
            for item in items {
                if !remove_absent(item, absent) {
                    *item = Value::Null;
                }
            }
        }
        _ => {}
    }
    true
}

/// The library runs each selection at the root of a subscription separately, and skips fragments. A valid document has
/// one field there, possibly in several parts: they are merged.
fn merge_root(operation: &mut OperationDefinition, fragments: &Fragments) {
    let mut parts = Vec::new();
    collect(&operation.selection_set.node, fragments, &mut HashSet::new(), &mut parts);
    let Some((first, others)) = parts.split_first() else { return };
    let mut field: Positioned<Field> = (*first).clone();
    let others = others.iter().flat_map(|part| part.node.selection_set.node.items.iter().cloned());
    field.node.selection_set.node.items.extend(others);
    let pos = field.pos;
    operation.selection_set.node.items = vec![Positioned::new(Selection::Field(field), pos)];
}

fn collect<'d>(
    set: &'d SelectionSet,
    fragments: &'d Fragments,
    seen: &mut HashSet<&'d str>,
    parts: &mut Vec<&'d Positioned<Field>>,
) {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => parts.push(field),
            Selection::InlineFragment(fragment) => {
                collect(&fragment.node.selection_set.node, fragments, seen, parts);
            }
            Selection::FragmentSpread(spread) => {
                let name = &spread.node.fragment_name.node;
                if let Some(fragment) = fragments.get(name).filter(|_| seen.insert(name)) {
                    collect(&fragment.node.selection_set.node, fragments, seen, parts);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use async_graphql::parser::types::{Type, TypeKind, TypeSystemDefinition};
    use async_graphql::parser::{parse_query, parse_schema};
    use async_graphql::value;

    use super::*;
    use crate::api::graphql::pipeline::validation::schema_types::{Input, NamedType, NamedTypeKind, SchemaTypes};
    use crate::api::graphql::schema;

    /// The fields at the root, as Rust writes them, without their places.
    fn runs(text: &str, variables: async_graphql::Value) -> Vec<String> {
        let parsed = parse_query(text).unwrap();
        let operation = ChosenOperation::choose(&parsed, None).unwrap();
        let document = for_execution(&parsed, &operation, &Variables::from_value(variables));
        let operation = ChosenOperation::choose(&document, None).unwrap();
        let fields = operation.definition().selection_set.node.items.iter().map(|item| match &item.node {
            Selection::Field(field) => {
                let arguments: Vec<_> =
                    field.node.arguments.iter().map(|(name, value)| format!("{}: {}", name.node, value.node)).collect();
                let below = field.node.selection_set.node.items.len();
                format!("{}({}) {below}", field.node.name.node, arguments.join(", "))
            }
            other => format!("{other:?}"),
        });
        fields.collect()
    }

    #[test]
    fn a_variable_without_a_value_is_absent() {
        let query =
            "query($a: Int, $b: Int = 1, $c: Int) { x(a: $a, b: $b, c: $c, d: {e: $a, f: {g: $c}}, h: [$a, $c]) }";

        assert_eq!(runs(query, value!({ "c": null })), ["x(b: $b, c: $c, d: {f: {g: $c}}, h: [null, $c]) 0"]);
        let whole = "x(a: $a, b: $b, c: $c, d: {e: $a, f: {g: $c}}, h: [$a, $c]) 0";
        assert_eq!(runs(query, value!({ "a": 1, "c": 2 })), [whole]);
    }

    #[test]
    fn fragments_are_left_out_of_no_step() {
        let query = "query($a: Int) { ...f } fragment f on Q { x(a: $a) ... { y(a: [$a]) } }";
        let parsed = parse_query(query).unwrap();
        let operation = ChosenOperation::choose(&parsed, None).unwrap();
        let document = for_execution(&parsed, &operation, &Variables::default());

        assert!(!format!("{:?}", document.fragments).contains("Variable"));
    }

    #[test]
    fn a_subscription_in_parts_is_one_field() {
        for text in [
            "subscription { a { b c } }",
            "subscription { a { b } a { c } }",
            "subscription { ...f ...f a { c } } fragment f on Subscription { a { b } }",
            "subscription { ... { ... on Subscription { a { b c } } } }",
        ] {
            assert_eq!(runs(text, value!({})), ["a() 2"], "{text}");
        }
    }

    /// The input objects of the schema, and what takes them: `mutation`, `login`, `input`, `LoginInput`.
    fn inputs(types: &SchemaTypes) -> Vec<(&'static str, String, String, &NamedType)> {
        let definitions = parse_schema(schema::sdl()).unwrap().definitions;
        let objects = definitions.into_iter().filter_map(|definition| match definition {
            TypeSystemDefinition::Type(ty) => Some(ty.node),
            _ => None,
        });
        let mut found = Vec::new();
        for (object, kind) in objects.filter_map(|ty| match ty.name.node.as_str() {
            "Query" => Some((ty, "query")),
            "Mutation" => Some((ty, "mutation")),
            _ => None,
        }) {
            let TypeKind::Object(object) = object.kind else { continue };
            for field in object.fields {
                for argument in field.node.arguments {
                    let input = types.named(&argument.node.ty.node.base).unwrap();
                    found.push((kind, field.node.name.node.to_string(), argument.node.name.node.to_string(), input));
                }
            }
        }
        found
    }

    /// Some value of a type, as it stands in a document.
    fn literal(types: &SchemaTypes, input: &Input) -> String {
        let ty = types.named(&input.ty.base).unwrap();
        match (ty.kind, ty.name.as_str()) {
            (NamedTypeKind::InputObject, _) => "{}".to_owned(),
            (_, "Int") => "1".to_owned(),
            _ => "\"x\"".to_owned(),
        }
    }

    #[test]
    fn every_input_of_the_schema_tells_absent_from_null() {
        let types = schema::types().unwrap();
        let mut walked = 0;
        for (kind, field, argument, input) in inputs(&types) {
            for optional in input.inputs.iter().filter(|field| !field.is_required()) {
                // Nullable with a default has three states (absent, null, value), which an `Option` cannot tell apart.
                assert!(!optional.ty.nullable || optional.default.is_none(), "{}.{}", input.name, optional.name);
                let required = input.inputs.iter().filter(|field| field.is_required());
                let members: Vec<_> =
                    required.map(|field| format!("{}: {}, ", field.name, literal(&types, field))).collect();
                let ty = Type { nullable: true, ..optional.ty.clone() };
                let text = format!(
                    "{kind}($v: {ty}) {{ {field}({argument}: {{{}{}: $v}}) }}",
                    members.concat(),
                    optional.name
                );
                let runs = |variables| runs(&text, variables).concat();
                assert!(!runs(value!({})).contains(&format!("{}:", optional.name)), "{text}");
                assert!(runs(value!({ "v": null })).contains(&format!("{}: $v", optional.name)), "{text}");
                walked += 1;
            }
        }
        assert!(walked > 20, "{walked}");
    }
}
