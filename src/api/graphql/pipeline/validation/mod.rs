//! Whether a document is valid against the schema: every rule of GraphQL (September 2025), section 5.
//!
//! The library's validation lacks rules and is switched off (docs/adr/0027). Documents come here after `document_check` has
//! bounded them with every fragment written out, and has found that fragments are known and end.

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

use self::fault::Fault;
use self::schema_types::{Input, NamedType, SchemaTypes};

/// A document with more faults is told about the first ones only.
const MOST_FAULTS: usize = 20;

/// Everything that is wrong with a document; nothing where it is valid. The time it takes is bounded by the size of the
/// document with every fragment written out.
pub fn validate(schema: &SchemaTypes, document: &ExecutableDocument, mut faults: Vec<Fault>) -> Vec<Fault> {
    faults.truncate(MOST_FAULTS);
    let mut validator = Validator { schema, document, faults, fragments: HashMap::new() };
    validator.fragment_definitions();
    validator.operation_definitions();
    if validator.faults.is_empty() {
        // It needs to know every field.
        validator.field_merging();
    }
    // Fragments come in no order.
    validator.faults.sort_by_key(Fault::pos);
    validator.faults
}

/// The methods are named after what they check. `'d` is the document, `'s` the schema.
struct Validator<'d, 's> {
    schema: &'s SchemaTypes,
    document: &'d ExecutableDocument,
    faults: Vec<Fault>,
    /// What each fragment uses.
    fragments: HashMap<&'d str, Uses<'d, 's>>,
}

/// What an operation or a fragment uses, itself and not by the fragments that it spreads.
#[derive(Default)]
struct Uses<'d, 's> {
    variables: Vec<VariableUse<'d, 's>>,
    spreads: Vec<&'d Name>,
}

/// A variable in the place of a value.
struct VariableUse<'d, 's> {
    name: &'d Name,
    pos: Pos,
    /// Nothing where the type is not known, or is a scalar that takes anything.
    expected: Option<Expected<'s>>,
}

/// What a place for a value expects.
#[derive(Clone, Copy)]
struct Expected<'s> {
    base: &'s BaseType,
    nullable: bool,
    has_default: bool,
    /// Whether it is the only field of an input object that may be given.
    is_one_of: bool,
}

impl<'s> Expected<'s> {
    const fn of(ty: &'s Type) -> Self {
        Self { base: &ty.base, nullable: ty.nullable, has_default: false, is_one_of: false }
    }

    const fn of_input(input: &'s Input) -> Self {
        Self { has_default: input.default.is_some(), ..Self::of(&input.ty) }
    }

    fn to_text(self) -> String {
        format!("{}{}", self.base, if self.nullable { "" } else { "!" })
    }
}

impl<'d, 's> Validator<'d, 's> {
    fn fault(&mut self, fault: Fault) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(fault);
        }
    }

    fn root(&self, operation: OperationType) -> Option<&'s NamedType> {
        self.schema.root(operation)
    }

    /// The names of the fragments that a selection set spreads, and that these spread, each once.
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
