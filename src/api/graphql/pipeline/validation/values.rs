//! Literals and variables in the place of a value: sections 5.6 (values), and what 5.8.5 must know of each use.

use async_graphql::parser::types::BaseType;
use async_graphql::{Name, Pos, Positioned};
use async_graphql_value::Value;

use crate::api::graphql::pipeline::document_fault::{Fault, Path};
use super::schema_types::{Input, Kind, NamedType};
use super::{Expected, Uses, Validator, VariableUse};
use async_graphql::indexmap::IndexMap;

/// A value of the document, and where it stands. The tree knows the places of arguments only.
#[derive(Clone, Copy)]
pub(super) struct Place<'p> {
    pub(super) path: &'p Path<'p>,
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
                self.fault(Fault::new(name.pos, message));
            }
            if seen.contains(&name.node.as_str()) {
                self.fault(Fault::new(name.pos, format!("The argument \"{}\" stands twice", name.node)));
            }
            seen.push(&name.node);
            let place = Place { path: &Path::Root(&name.node), pos: value.pos };
            self.value(&value.node, input.map(Expected::of_input), place, uses);
        }
        for missing in inputs.unwrap_or_default().iter().filter(|input| input.is_required()) {
            if !seen.contains(&missing.name.as_str()) {
                let message = format!("A required argument of \"{}\" is missing", of.node);
                let from_schema = format!(": \"{}\" of type \"{}\"", missing.name, missing.ty);
                self.fault(Fault::new(of.pos, message).with(from_schema));
            }
        }
    }

    /// A value in a place that expects a type; nothing is expected where the place itself is not known.
    pub(super) fn value<'d>(
        &mut self,
        value: &'d Value,
        expected: Option<Expected<'s>>,
        place: Place<'_>,
        uses: &mut Uses<'d, 's>,
    ) {
        match (value, expected) {
            (Value::Variable(name), _) => uses.variables.push(VariableUse { name, pos: place.pos, expected }),
            (Value::List(items), None) => {
                for item in items {
                    self.value(item, None, place, uses);
                }
            }
            (Value::Object(fields), None) => {
                for field in fields.values() {
                    self.value(field, None, place, uses);
                }
            }
            (Value::List(items), Some(expected)) => self.list(items, expected, place, uses),
            (Value::Object(fields), Some(expected)) => self.object(fields, expected, place, uses),
            (Value::Null, Some(expected)) if !expected.nullable => self.wrong_value(expected, place),
            (Value::Null, _) | (_, None) => {}
            (literal, Some(expected)) => {
                let is_right = self.schema.named(expected.base).is_some_and(|ty| is_literal_of(literal, ty));
                if !is_right {
                    self.wrong_value(expected, place);
                }
            }
        }
    }

    fn list<'d>(&mut self, items: &'d [Value], expected: Expected<'s>, place: Place<'_>, uses: &mut Uses<'d, 's>) {
        let item = match expected.base {
            BaseType::List(item) => Expected::of(item),
            BaseType::Named(_) if self.takes_anything(expected) => Expected { nullable: true, ..expected },
            BaseType::Named(_) => return self.wrong_value(expected, place),
        };
        for (index, value) in items.iter().enumerate() {
            let path = Path::Item(place.path, index);
            self.value(value, Some(item), Place { path: &path, ..place }, uses);
        }
    }

    /// One object where a list is expected is the list of it (section 3.11).
    fn object<'d>(
        &mut self,
        fields: &'d IndexMap<Name, Value>,
        expected: Expected<'s>,
        place: Place<'_>,
        uses: &mut Uses<'d, 's>,
    ) {
        let Some(ty) = self.schema.named(expected.base).filter(|ty| ty.kind == Kind::InputObject) else {
            if !self.takes_anything(expected) {
                self.wrong_value(expected, place);
            }
            for field in fields.values() {
                self.value(field, None, place, uses);
            }
            return;
        };
        for (name, value) in fields {
            let Some(input) = ty.inputs.iter().find(|input| input.name == *name) else {
                // The name may be anything, a secret in the wrong place too.
                let message = format!("The value of \"{}\" has an unknown field", place.path.to_text());
                self.fault(Fault::of_value(place.pos, message));
                continue;
            };
            let path = Path::Field(place.path, &input.name);
            let expected = Expected { is_one_of: ty.is_one_of, ..Expected::of_input(input) };
            self.value(value, Some(expected), Place { path: &path, ..place }, uses);
        }
        for missing in ty.inputs.iter().filter(|input| input.is_required() && !fields.contains_key(&input.name)) {
            self.fault(missing_field(missing, place));
        }
        let is_one =
            || matches!(fields.values().collect::<Vec<_>>().as_slice(), [only] if !matches!(only, Value::Null));
        if ty.is_one_of && !is_one() {
            self.fault(not_one_of(place));
        }
    }

    /// A scalar of our own says itself what it takes, when the field runs.
    fn takes_anything(&self, expected: Expected<'s>) -> bool {
        self.schema.named(expected.base).is_some_and(|ty| ty.kind == Kind::CustomScalar)
    }

    fn wrong_value(&mut self, expected: Expected<'s>, place: Place<'_>) {
        let message = format!("Invalid value for argument \"{}\"", place.path.to_text());
        self.fault(Fault::of_value(place.pos, message).with(format!(", which has type \"{}\"", expected.to_text())));
    }
}

/// The fault of an input object without a field that it must have.
pub(super) fn missing_field(missing: &Input, place: Place<'_>) -> Fault {
    let message = format!("The value of \"{}\" lacks a required field", place.path.to_text());
    Fault::of_value(place.pos, message).with(format!(": \"{}\" of type \"{}\"", missing.name, missing.ty))
}

/// The fault of a `@oneOf` input object with no field, or with several, or with null.
pub(super) fn not_one_of(place: Place<'_>) -> Fault {
    let message = format!("The value of \"{}\" must have exactly one field, which is not null", place.path.to_text());
    Fault::of_value(place.pos, message)
}

/// Whether a type without parts takes a literal (section 3.5, "Input Coercion" of each scalar, and 3.9).
fn is_literal_of(literal: &Value, ty: &NamedType) -> bool {
    match (ty.kind, literal) {
        (Kind::CustomScalar, _) => true,
        (Kind::Enum, Value::Enum(name)) => ty.has_value(name),
        (Kind::BuiltInScalar, literal) => match (ty.name.as_str(), literal) {
            ("Int", Value::Number(number)) => number.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
            ("Float", Value::Number(_)) | ("String" | "ID", Value::String(_)) | ("Boolean", Value::Boolean(_)) => true,
            ("ID", Value::Number(number)) => !number.is_f64(),
            _ => false,
        },
        _ => false,
    }
}
