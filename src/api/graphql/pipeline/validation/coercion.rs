//! Whether the values that a request brings fit the variables of its operation (GraphQL, section 6.1.2).

use async_graphql::parser::types::{BaseType, OperationDefinition, Type};
use async_graphql::{Name, Value, Variables};
use async_graphql_value::Number;

use super::MOST_FAULTS;
use crate::api::graphql::pipeline::document_fault::{Fault, Path};
use super::schema_types::{Kind, NamedType, SchemaTypes};
use super::values::{Place, missing_field, not_one_of};
use async_graphql::indexmap::IndexMap;

/// Checks the variables of an operation. A number that JSON wrote as `1.0` becomes the integer it is. Lists and defaults are
/// left to the library, which fills them in where it reads them.
///
/// # Errors
/// What does not fit, all of it `BAD_USER_INPUT`.
pub fn coerce(
    schema: &SchemaTypes,
    operation: &OperationDefinition,
    variables: &mut Variables,
) -> Result<(), Vec<Fault>> {
    let mut coercion = Coercion { schema, faults: Vec::new() };
    for definition in &operation.variable_definitions {
        let variable = &definition.node;
        let (name, ty) = (&variable.name, &variable.var_type.node);
        let path = Path::Root(&name.node);
        match variables.get_mut(&name.node) {
            Some(value) if *value != Value::Null => coercion.value(value, ty, Place { path: &path, pos: name.pos }),
            Some(_) if ty.nullable => {}
            None if ty.nullable || variable.default_value.is_some() => {}
            _ => coercion.fault(Fault::of_value(name.pos, format!("The variable \"${}\" needs a value", name.node))),
        }
    }
    if coercion.faults.is_empty() { Ok(()) } else { Err(coercion.faults) }
}

struct Coercion<'s> {
    schema: &'s SchemaTypes,
    faults: Vec<Fault>,
}

impl Coercion<'_> {
    fn fault(&mut self, fault: Fault) {
        if self.faults.len() < MOST_FAULTS {
            self.faults.push(fault);
        }
    }

    fn value(&mut self, value: &mut Value, ty: &Type, place: Place<'_>) {
        match (&ty.base, value) {
            (_, Value::Null) if ty.nullable => {}
            (_, Value::Null) => self.wrong_value(ty, place),
            (BaseType::List(item), Value::List(values)) => {
                for (index, value) in values.iter_mut().enumerate() {
                    self.value(value, item, Place { path: &Path::Item(place.path, index), ..place });
                }
            }
            // One value where a list is expected is the list of it (section 3.11).
            (BaseType::List(item), value) => self.value(value, item, place),
            (BaseType::Named(name), value) => {
                let is_right = match self.schema.find(name) {
                    Some(input) if input.kind == Kind::InputObject => match value {
                        Value::Object(fields) => return self.object(fields, input, place),
                        _ => false,
                    },
                    known => known.is_some_and(|known| coerce_leaf(value, known)),
                };
                if !is_right {
                    self.wrong_value(ty, place);
                }
            }
        }
    }

    fn object(&mut self, fields: &mut IndexMap<Name, Value>, ty: &NamedType, place: Place<'_>) {
        let is_one = matches!(fields.values().collect::<Vec<_>>().as_slice(), [only] if **only != Value::Null);
        if ty.is_one_of && !is_one {
            self.fault(not_one_of(place));
        }
        for missing in ty.inputs.iter().filter(|input| input.is_required() && !fields.contains_key(&input.name)) {
            self.fault(missing_field(missing, place));
        }
        for (name, value) in fields {
            match ty.inputs.iter().find(|input| input.name == *name) {
                Some(input) => {
                    self.value(value, &input.ty, Place { path: &Path::Field(place.path, &input.name), ..place });
                }
                // The name may be anything, a secret in the wrong place too.
                None => self.fault(unknown_field(place)),
            }
        }
    }

    fn wrong_value(&mut self, ty: &Type, place: Place<'_>) {
        let message = format!("Invalid value for the variable \"${}\"", place.path.to_text());
        self.fault(Fault::of_value(place.pos, message).with(format!(", which has type \"{ty}\"")));
    }
}

fn unknown_field(place: Place<'_>) -> Fault {
    Fault::of_value(place.pos, format!("The value of \"{}\" has an unknown field", place.path.to_text()))
}

/// Whether a type without parts takes a value of JSON.
fn coerce_leaf(value: &mut Value, ty: &NamedType) -> bool {
    match (ty.kind, &*value) {
        (Kind::CustomScalar, _) => true,
        (Kind::Enum, Value::String(name)) => ty.has_value(name),
        (Kind::BuiltInScalar, Value::Number(number)) => match (ty.name.as_str(), integer(number)) {
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
        (Kind::BuiltInScalar, Value::String(_)) => matches!(ty.name.as_str(), "String" | "ID"),
        (Kind::BuiltInScalar, Value::Boolean(_)) => ty.name == "Boolean",
        _ => false,
    }
}

/// The whole number that this is, if it is one. Beyond 64 bits a number of JSON is only near one.
#[allow(clippy::cast_possible_truncation, reason = "the whole number lies in the range of the type")]
fn integer(number: &Number) -> Option<i128> {
    let whole = number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from));
    whole.or_else(|| number.as_f64().filter(|float| float.fract() == 0.0).map(|float| float as i128))
}
