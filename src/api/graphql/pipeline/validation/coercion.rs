//! Whether the values of a request fit the variables of its operation (GraphQL, section 6.1.2).

use async_graphql::parser::types::{BaseType, OperationDefinition, Type};
use async_graphql::{Name, Value, Variables};
use async_graphql_value::Number;

use super::MAX_FAULTS;
use super::schema_types::{NamedType, NamedTypeKind, SchemaTypes};
use super::values::{ValuePosition, missing_field, not_one_of};
use crate::api::graphql::pipeline::document_fault::{DocumentFault, ValuePath};
use crate::api::graphql::scalars;
use async_graphql::indexmap::IndexMap;

/// Checks the variables of an operation. A number that JSON wrote as `1.0` becomes an integer. Lists and defaults are
/// left to the library, which applies them when it reads them.
///
/// # Errors
/// All faults, as `BAD_USER_INPUT`.
pub fn coerce(
    schema: &SchemaTypes,
    operation: &OperationDefinition,
    variables: &mut Variables,
) -> Result<(), Vec<DocumentFault>> {
    let mut coercion = Coercion { schema, faults: Vec::new() };
    for definition in &operation.variable_definitions {
        let variable = &definition.node;
        let (name, ty) = (&variable.name, &variable.var_type.node);
        let path = ValuePath::Root(&name.node);
        match variables.get_mut(&name.node) {
            Some(value) if *value != Value::Null => {
                coercion.value(value, ty, ValuePosition { path: &path, pos: name.pos });
            }
            Some(_) if ty.nullable => {}
            None if ty.nullable || variable.default_value.is_some() => {}
            _ => coercion
                .fault(DocumentFault::bad_input(name.pos, format!("The variable \"${}\" needs a value", name.node))),
        }
    }
    if coercion.faults.is_empty() { Ok(()) } else { Err(coercion.faults) }
}

struct Coercion<'s> {
    schema: &'s SchemaTypes,
    faults: Vec<DocumentFault>,
}

impl Coercion<'_> {
    fn fault(&mut self, fault: DocumentFault) {
        if self.faults.len() < MAX_FAULTS {
            self.faults.push(fault);
        }
    }

    fn value(&mut self, value: &mut Value, ty: &Type, position: ValuePosition<'_>) {
        match (&ty.base, value) {
            (_, Value::Null) if ty.nullable => {}
            (_, Value::Null) => self.wrong_value(ty, position),
            (BaseType::List(item), Value::List(values)) => {
                for (index, value) in values.iter_mut().enumerate() {
                    self.value(value, item, ValuePosition { path: &ValuePath::Item(position.path, index), ..position });
                }
            }
            // Where a list is expected, one value is a list of one (section 3.11).
            (BaseType::List(item), value) => self.value(value, item, position),
            (BaseType::Named(name), value) => {
                let is_valid_value = match self.schema.find(name) {
                    Some(input) if input.kind == NamedTypeKind::InputObject => match value {
                        Value::Object(fields) => return self.object(fields, input, position),
                        _ => false,
                    },
                    known => known.is_some_and(|known| coerce_leaf(value, known)),
                };
                if !is_valid_value {
                    self.wrong_value(ty, position);
                }
            }
        }
    }

    fn object(&mut self, fields: &mut IndexMap<Name, Value>, ty: &NamedType, position: ValuePosition<'_>) {
        let is_one = matches!(fields.values().collect::<Vec<_>>().as_slice(), [only] if **only != Value::Null);
        if ty.is_one_of && !is_one {
            self.fault(not_one_of(position));
        }
        for missing in ty.inputs.iter().filter(|input| input.is_required() && !fields.contains_key(&input.name)) {
            self.fault(missing_field(missing, position));
        }
        for (name, value) in fields {
            match ty.inputs.iter().find(|input| input.name == *name) {
                Some(input) => {
                    self.value(
                        value,
                        &input.ty,
                        ValuePosition { path: &ValuePath::Field(position.path, &input.name), ..position },
                    );
                }
                // The message does not quote the name: it may be a misplaced secret.
                None => self.fault(unknown_field(position)),
            }
        }
    }

    fn wrong_value(&mut self, ty: &Type, position: ValuePosition<'_>) {
        let message = format!("Invalid value for the variable \"${}\"", position.path.to_text());
        self.fault(
            DocumentFault::bad_input(position.pos, message).with_schema_names(format!(", which has type \"{ty}\"")),
        );
    }
}

fn unknown_field(position: ValuePosition<'_>) -> DocumentFault {
    DocumentFault::bad_input(position.pos, format!("The value of \"{}\" has an unknown field", position.path.to_text()))
}

/// Whether a scalar or an enum takes a JSON value.
fn coerce_leaf(value: &mut Value, ty: &NamedType) -> bool {
    match (ty.kind, &*value) {
        (NamedTypeKind::CustomScalar, value) => scalars::accepts(&ty.name, value.clone()),
        (NamedTypeKind::Enum, Value::String(name)) => ty.has_value(name),
        (NamedTypeKind::BuiltInScalar, Value::Number(number)) => match (ty.name.as_str(), integer(number)) {
            ("Float", _) => true,
            ("Int", Some(whole)) => i32::try_from(whole).is_ok_and(|whole| {
                *value = Value::Number(whole.into());
                true
            }),
            ("ID", Some(whole)) => {
                *value = Value::String(whole.to_string());
                true
            }
            _ => false,
        },
        (NamedTypeKind::BuiltInScalar, Value::String(_)) => matches!(ty.name.as_str(), "String" | "ID"),
        (NamedTypeKind::BuiltInScalar, Value::Boolean(_)) => ty.name == "Boolean",
        _ => false,
    }
}

/// The whole number that this is, if it is one. Beyond 64 bits a JSON number is only near to one.
#[allow(clippy::cast_possible_truncation, reason = "the whole number lies in the range of the type")]
fn integer(number: &Number) -> Option<i128> {
    let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    whole.or_else(|| number.as_f64().filter(|float| float.fract() == 0.0).map(|float| float as i128))
}
