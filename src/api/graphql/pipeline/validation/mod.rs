//! Whether a document is valid against the schema: all rules of GraphQL (September 2025), section 5.
//!
//! The library's validation lacks rules and is switched off (docs/adr/0027). Documents have passed `document_limits`:
//! their size is bounded with all fragments expanded, and their fragments are known and end.

pub mod coercion;
mod merging;
mod operations;
mod schema_reader;
pub mod schema_types;
mod selections;
#[cfg(test)]
mod tests;
mod values;

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{BaseType, ExecutableDocument, OperationType, SelectionSet, Type};
use async_graphql::{Name, Pos};

use self::schema_types::{Input, NamedType, SchemaTypes};
use super::document_fault::DocumentFault;

/// The most faults that are reported for one document.
const MAX_FAULTS: usize = 20;

/// Finds everything that is wrong with a document; nothing if it is valid. The time is bounded by the size of the
/// document with all fragments expanded.
pub fn validate(
    schema: &SchemaTypes,
    document: &ExecutableDocument,
    mut faults: Vec<DocumentFault>,
) -> Vec<DocumentFault> {
    faults.truncate(MAX_FAULTS);
    let mut validator = Validator { schema, document, faults, fragments: HashMap::new() };
    validator.fragment_definitions();
    validator.operation_definitions();
    if validator.faults.is_empty() {
        // Merging needs valid fields.
        validator.field_merging();
    }
    // Fragments are in a hash map: restore the order of the document.
    validator.faults.sort_by_key(DocumentFault::pos);
    validator.faults
}

/// Each method is named after what it checks. `'d` is the document, `'s` the schema.
struct Validator<'d, 's> {
    schema: &'s SchemaTypes,
    document: &'d ExecutableDocument,
    faults: Vec<DocumentFault>,
    /// What each fragment uses.
    fragments: HashMap<&'d str, Uses<'d, 's>>,
}

/// What an operation or a fragment uses, without the fragments it spreads.
#[derive(Default)]
struct Uses<'d, 's> {
    variables: Vec<VariableUse<'d, 's>>,
    spreads: Vec<&'d Name>,
}

/// A variable that is used as a value.
struct VariableUse<'d, 's> {
    name: &'d Name,
    pos: Pos,
    /// `None` if the type is unknown, or is a scalar that takes anything.
    expected: Option<Expected<'s>>,
}

/// The type that is expected of a value.
#[derive(Clone, Copy)]
struct Expected<'s> {
    base: &'s BaseType,
    nullable: bool,
    has_default: bool,
    /// Whether it is a field of a `@oneOf` input object.
    is_one_of: bool,
}

impl<'s> Expected<'s> {
    const fn new(ty: &'s Type) -> Self {
        Self { base: &ty.base, nullable: ty.nullable, has_default: false, is_one_of: false }
    }

    const fn for_input(input: &'s Input) -> Self {
        Self { has_default: input.default.is_some(), ..Self::new(&input.ty) }
    }

    fn to_text(self) -> String {
        format!("{}{}", self.base, if self.nullable { "" } else { "!" })
    }
}

impl<'d, 's> Validator<'d, 's> {
    fn fault(&mut self, fault: DocumentFault) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(fault);
        }
    }

    fn root(&self, operation: OperationType) -> Option<&'s NamedType> {
        self.schema.root(operation)
    }

    /// The names of all fragments that a selection set spreads, directly or through others.
    fn reachable(&self, spreads: &[&'d Name]) -> HashSet<&'d str> {
        let mut reachable = HashSet::new();
        let mut open: Vec<&'d str> = spreads.iter().map(|name| name.as_str()).collect();
        while let Some(name) = open.pop() {
            if let Some(uses) = self.fragments.get(name).filter(|_| reachable.insert(name)) {
                open.extend(uses.spreads.iter().map(|name| name.as_str()));
            }
        }
        reachable
    }

    fn fragment_set(&self, name: &str) -> Option<(&'d Name, &'d SelectionSet)> {
        let fragment = &self.document.fragments.get(name)?.node;
        Some((&fragment.type_condition.node.on.node, &fragment.selection_set.node))
    }
}
