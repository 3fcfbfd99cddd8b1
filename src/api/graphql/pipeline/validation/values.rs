//! Literals and variables as values (section 5.6), and how each variable is used (for section 5.8.5).

use async_graphql::parser::types::BaseType;
use async_graphql::{Name, Pos, Positioned};
use async_graphql_value::Value;

use super::schema_types::{Input, NamedType, NamedTypeKind};
use super::{Expected, Uses, Validator, VariableUse};
use crate::api::graphql::pipeline::document_fault::{DocumentFault, ValuePath};
use crate::api::graphql::scalars;
use async_graphql::indexmap::IndexMap;

/// The path of a value, and its position in the document. The tree has positions of arguments only.
#[derive(Clone, Copy)]
pub(super) struct ValuePosition<'p> {
    pub(super) path: &'p ValuePath<'p>,
    pub(super) pos: Pos,
}

impl<'s> Validator<'_, 's> {
    /// Arguments of a field or a directive (section 5.4).
    pub(super) fn arguments<'d>(
        &mut self,
        of: &Positioned<Name>,
        inputs: Option<&'s [Input]>,
        given: &'d [(Positioned<Name>, Positioned<Value>)],
        uses: &mut Uses<'d, 's>,
    ) {
        let mut seen: Vec<&str> = Vec::new();
        for (name, value) in given {
            let input = inputs.and_then(|inputs| inputs.iter().find(|input| input.name == name.node));
            if input.is_none() && inputs.is_some() {
                let message = format!("Unknown argument \"{}\" of \"{}\"", name.node, of.node);
                self.fault(DocumentFault::new(name.pos, message));
            }
            if seen.contains(&name.node.as_str()) {
                self.fault(DocumentFault::new(name.pos, format!("The argument \"{}\" is given twice", name.node)));
            }
            seen.push(&name.node);
            let position = ValuePosition { path: &ValuePath::Root(&name.node), pos: value.pos };
            self.value(&value.node, input.map(Expected::for_input), position, uses);
        }
        for missing in inputs.unwrap_or_default().iter().filter(|input| input.is_required()) {
            if !seen.contains(&missing.name.as_str()) {
                let message = format!("A required argument of \"{}\" is missing", of.node);
                let from_schema = format!(": \"{}\" of type \"{}\"", missing.name, missing.ty);
                self.fault(DocumentFault::new(of.pos, message).with_schema_names(from_schema));
            }
        }
    }

    /// A value of an expected type. `None` if the type is unknown: then only its variables are noted.
    pub(super) fn value<'d>(
        &mut self,
        value: &'d Value,
        expected: Option<Expected<'s>>,
        position: ValuePosition<'_>,
        uses: &mut Uses<'d, 's>,
    ) {
        match (value, expected) {
            (Value::Variable(name), _) => uses.variables.push(VariableUse { name, pos: position.pos, expected }),
            (Value::List(items), None) => {
                for item in items {
                    self.value(item, None, position, uses);
                }
            }
            (Value::Object(fields), None) => {
                for field in fields.values() {
                    self.value(field, None, position, uses);
                }
            }
            (Value::List(items), Some(expected)) => self.list(items, expected, position, uses),
            (Value::Object(fields), Some(expected)) => self.object(fields, expected, position, uses),
            (Value::Null, Some(expected)) if !expected.nullable => self.wrong_value(expected, position),
            (Value::Null, _) | (_, None) => {}
            (literal, Some(expected)) => {
                let is_valid_value = self.schema.named(expected.base).is_some_and(|ty| is_literal_of(literal, ty));
                if !is_valid_value {
                    self.wrong_value(expected, position);
                }
            }
        }
    }

    fn list<'d>(
        &mut self,
        items: &'d [Value],
        expected: Expected<'s>,
        position: ValuePosition<'_>,
        uses: &mut Uses<'d, 's>,
    ) {
        let item = match expected.base {
            BaseType::List(item) => Expected::new(item),
            BaseType::Named(_) if self.takes_anything(expected) => Expected { nullable: true, ..expected },
            BaseType::Named(_) => return self.wrong_value(expected, position),
        };
        for (index, value) in items.iter().enumerate() {
            let path = ValuePath::Item(position.path, index);
            self.value(value, Some(item), ValuePosition { path: &path, ..position }, uses);
        }
    }

    /// Where a list is expected, one object is a list of one (section 3.11).
    fn object<'d>(
        &mut self,
        fields: &'d IndexMap<Name, Value>,
        expected: Expected<'s>,
        position: ValuePosition<'_>,
        uses: &mut Uses<'d, 's>,
    ) {
        let Some(ty) = self.schema.named(expected.base).filter(|ty| ty.kind == NamedTypeKind::InputObject) else {
            if !self.takes_anything(expected) {
                self.wrong_value(expected, position);
            }
            for field in fields.values() {
                self.value(field, None, position, uses);
            }
            return;
        };
        for (name, value) in fields {
            let Some(input) = ty.inputs.iter().find(|input| input.name == *name) else {
                // The message does not quote the name: it may be a misplaced secret.
                let message = format!("The value of \"{}\" has an unknown field", position.path.to_text());
                self.fault(DocumentFault::bad_input(position.pos, message));
                continue;
            };
            let path = ValuePath::Field(position.path, &input.name);
            let expected = Expected { is_one_of: ty.is_one_of, ..Expected::for_input(input) };
            self.value(value, Some(expected), ValuePosition { path: &path, ..position }, uses);
        }
        for missing in ty.inputs.iter().filter(|input| input.is_required() && !fields.contains_key(&input.name)) {
            self.fault(missing_field(missing, position));
        }
        let is_one =
            || matches!(fields.values().collect::<Vec<_>>().as_slice(), [only] if !matches!(only, Value::Null));
        if ty.is_one_of && !is_one() {
            self.fault(not_one_of(position));
        }
    }

    /// Whether the type is a scalar of our own that takes lists and objects.
    fn takes_anything(&self, expected: Expected<'s>) -> bool {
        let named = self.schema.named(expected.base).filter(|ty| ty.kind == NamedTypeKind::CustomScalar);
        named.is_some_and(|ty| scalars::accepts_anything(&ty.name))
    }

    fn wrong_value(&mut self, expected: Expected<'s>, position: ValuePosition<'_>) {
        let message = format!("Invalid value for argument \"{}\"", position.path.to_text());
        self.fault(
            DocumentFault::bad_input(position.pos, message)
                .with_schema_names(format!(", which has type \"{}\"", expected.to_text())),
        );
    }
}

/// The fault of an input object without a required field.
pub(super) fn missing_field(missing: &Input, position: ValuePosition<'_>) -> DocumentFault {
    let message = format!("The value of \"{}\" lacks a required field", position.path.to_text());
    DocumentFault::bad_input(position.pos, message)
        .with_schema_names(format!(": \"{}\" of type \"{}\"", missing.name, missing.ty))
}

/// The fault of a `@oneOf` input object that has not exactly one field, or whose field is null.
pub(super) fn not_one_of(position: ValuePosition<'_>) -> DocumentFault {
    let message =
        format!("The value of \"{}\" must have exactly one field, which is not null", position.path.to_text());
    DocumentFault::bad_input(position.pos, message)
}

/// Whether a scalar or an enum takes a literal (section 3.5, "Input Coercion" of each scalar, and 3.9).
fn is_literal_of(literal: &Value, ty: &NamedType) -> bool {
    match (ty.kind, literal) {
        // A literal of a leaf has no variables, so it is a value.
        (NamedTypeKind::CustomScalar, literal) => {
            literal.clone().into_const().is_some_and(|value| scalars::accepts(&ty.name, value))
        }
        (NamedTypeKind::Enum, Value::Enum(name)) => ty.has_value(name),
        (NamedTypeKind::BuiltInScalar, literal) => match (ty.name.as_str(), literal) {
            ("Int", Value::Number(number)) => number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
            ("Float", Value::Number(_)) | ("String" | "ID", Value::String(_)) | ("Boolean", Value::Boolean(_)) => true,
            ("ID", Value::Number(number)) => !number.is_f64(),
            _ => false,
        },
        _ => false,
    }
}
