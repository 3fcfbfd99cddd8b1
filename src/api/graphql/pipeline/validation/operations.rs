//! Operations: variables (section 5.8), roots, and unused fragments (sections 5.2 and 5.5.1.4).

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{
    BaseType, DirectiveLocation, OperationDefinition, OperationType, Selection, SelectionSet, Type, VariableDefinition,
};
use async_graphql::{Pos, Positioned, Value};

use super::schema_types::named;
use super::values::ValuePosition;
use super::{Expected, MAX_FAULTS, Uses, Validator, VariableUse};
use crate::api::graphql::pipeline::document_fault::{DocumentFault, ValuePath};

impl<'d, 's> Validator<'d, 's> {
    pub(super) fn operation_definitions(&mut self) {
        let mut spread = HashSet::new();
        for (_, operation) in self.document.operations.iter() {
            let (pos, operation) = (operation.pos, &operation.node);
            let mut uses = Uses::default();
            let (root, location) = (self.root(operation.ty), location(operation.ty));
            if root.is_none() {
                self.fault(DocumentFault::new(pos, format!("The schema has no {}", operation.ty)));
            }
            self.variable_definitions(operation, &mut uses);
            self.directives(&operation.directives, location, &mut uses);
            self.selection_set(&operation.selection_set.node, root, &mut uses);
            if operation.ty == OperationType::Subscription {
                self.only_root_field(&operation.selection_set.node, pos);
            }
            let reachable = self.reachable(&uses.spreads);
            self.variable_uses(operation, &uses, &reachable);
            spread.extend(reachable);
        }
        for (name, fragment) in &self.document.fragments {
            if !spread.contains(name.as_str()) {
                self.fault(DocumentFault::new(fragment.pos, format!("The fragment \"{name}\" is not used")));
            }
        }
    }

    fn variable_definitions(&mut self, operation: &'d OperationDefinition, uses: &mut Uses<'d, 's>) {
        let mut seen: HashSet<&str> = HashSet::new();
        for variable in &operation.variable_definitions {
            let (pos, variable) = (variable.pos, &variable.node);
            let name = &variable.name.node;
            if !seen.insert(name) {
                self.fault(DocumentFault::new(pos, format!("Two variables have the name \"${name}\"")));
            }
            let ty = &variable.var_type;
            let named = named(&ty.node.base);
            match self.schema.find(named) {
                None => self.fault(DocumentFault::new(ty.pos, format!("Unknown type \"{named}\""))),
                Some(known) if !known.is_input() => {
                    let message = format!("The variable \"${name}\" cannot have the type \"{}\"", ty.node);
                    self.fault(DocumentFault::new(ty.pos, message));
                }
                Some(_) => self.default_value(variable),
            }
            self.directives(&variable.directives, DirectiveLocation::VariableDefinition, uses);
        }
    }

    fn default_value(&mut self, variable: &VariableDefinition) {
        let Some(default) = &variable.default_value else { return };
        let (path, ty) = (ValuePath::Root(&variable.name.node), &variable.var_type.node);
        let position = ValuePosition { path: &path, pos: default.pos };
        // A validator of its own: the types of the document do not live as long as those of the schema (`'s`).
        let mut validator = Validator {
            schema: self.schema,
            document: self.document,
            faults: std::mem::take(&mut self.faults),
            fragments: HashMap::new(),
        };
        let value = default.node.clone().into_value();
        validator.value(&value, Some(Expected::new(ty)), position, &mut Uses::default());
        self.faults = validator.faults;
    }

    /// A subscription has one field at its root, by its name in the response. It is not introspection, and is neither
    /// skipped nor included (section 5.2.4.1).
    fn only_root_field(&mut self, set: &'d SelectionSet, pos: Pos) {
        let mut keys = HashSet::new();
        let mut is_allowed = true;
        self.root_fields(set, &mut HashSet::new(), &mut |selection| {
            let is_conditional = |name: &str| matches!(name, "skip" | "include");
            is_allowed &= !selection.directives().iter().any(|directive| is_conditional(&directive.node.name.node));
            if let Selection::Field(field) = selection {
                keys.insert(field.node.response_key().node.as_str());
                is_allowed &= !field.node.name.node.starts_with("__");
            }
        });
        if keys.len() != 1 || !is_allowed {
            let message = "A subscription has exactly one field at its root, without @skip and @include";
            self.fault(DocumentFault::new(pos, message));
        }
    }

    fn root_fields(&self, set: &'d SelectionSet, seen: &mut HashSet<&'d str>, visit: &mut impl FnMut(&'d Selection)) {
        for selection in &set.items {
            visit(&selection.node);
            match &selection.node {
                Selection::Field(_) => {}
                Selection::InlineFragment(fragment) => {
                    self.root_fields(&fragment.node.selection_set.node, seen, visit);
                }
                Selection::FragmentSpread(spread) => {
                    let name = spread.node.fragment_name.node.as_str();
                    if let Some((_, set)) = self.fragment_set(name).filter(|_| seen.insert(name)) {
                        self.root_fields(set, seen, visit);
                    }
                }
            }
        }
    }

    /// Every used variable is defined and fits its position; every defined variable is used.
    fn variable_uses(&mut self, operation: &'d OperationDefinition, own: &Uses<'d, 's>, reachable: &HashSet<&'d str>) {
        let in_fragments = reachable.iter().filter_map(|name| self.fragments.get(name));
        let all = in_fragments.flat_map(|uses| &uses.variables).chain(&own.variables);
        let (mut used, mut faults) = (HashSet::new(), Vec::new());
        for usage in all {
            used.insert(usage.name.as_str());
            if faults.len() < MAX_FAULTS {
                faults.extend(wrong_use(operation, usage));
            }
        }
        for fault in faults {
            self.fault(fault);
        }
        for Positioned { pos, node: variable } in &operation.variable_definitions {
            if !used.contains(variable.name.node.as_str()) {
                self.fault(DocumentFault::new(*pos, format!("The variable \"${}\" is not used", variable.name.node)));
            }
        }
    }
}

const fn location(operation: OperationType) -> DirectiveLocation {
    match operation {
        OperationType::Query => DirectiveLocation::Query,
        OperationType::Mutation => DirectiveLocation::Mutation,
        OperationType::Subscription => DirectiveLocation::Subscription,
    }
}

fn wrong_use(operation: &OperationDefinition, usage: &VariableUse<'_, '_>) -> Option<DocumentFault> {
    let name = usage.name;
    let mut definitions = operation.variable_definitions.iter().map(|definition| &definition.node);
    let Some(definition) = definitions.find(|definition| definition.name.node == *name) else {
        return Some(DocumentFault::new(usage.pos, format!("The variable \"${name}\" is not defined")));
    };
    let expected = usage.expected?;
    if is_allowed(definition, expected) {
        return None;
    }
    let message = format!("The variable \"${name}\" of type \"{}\" does not fit here", definition.var_type.node);
    Some(
        DocumentFault::new(usage.pos, message)
            .with_schema_names(format!(", where \"{}\" is expected", expected.to_text())),
    )
}

/// `IsVariableUsageAllowed(variableDefinition, variableUsage)`, section 5.8.5.
fn is_allowed(variable: &VariableDefinition, expected: Expected<'_>) -> bool {
    let ty = &variable.var_type.node;
    if expected.is_one_of && ty.nullable {
        return false;
    }
    if expected.nullable || !ty.nullable {
        return is_compatible(ty, expected.base, expected.nullable);
    }
    let has_value = variable.default_value.as_ref().is_some_and(|default| default.node != Value::Null);
    (has_value || expected.has_default) && is_compatible(ty, expected.base, true)
}

/// `AreTypesCompatible(variableType, locationType)`.
fn is_compatible(variable: &Type, base: &BaseType, nullable: bool) -> bool {
    if variable.nullable && !nullable {
        return false;
    }
    match (&variable.base, base) {
        (BaseType::Named(variable), BaseType::Named(location)) => variable == location,
        (BaseType::List(variable), BaseType::List(location)) => {
            is_compatible(variable, &location.base, location.nullable)
        }
        _ => false,
    }
}
