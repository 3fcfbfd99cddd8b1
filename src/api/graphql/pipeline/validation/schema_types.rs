//! The types and directives of the schema, looked up by name.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{BaseType, DirectiveLocation, OperationType, Type};
use async_graphql::{Name, Value};

/// The type that holds `__typename`, `__schema` and `__type`.
const META: &str = "__Meta";

/// All types and directives of a schema.
pub struct SchemaTypes {
    pub(super) types: HashMap<Name, NamedType>,
    pub(super) directives: HashMap<Name, DirectiveType>,
    pub(super) roots: [Option<Name>; 3],
}

/// The kind of a named type.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedTypeKind {
    /// One of the five scalars of the specification.
    BuiltInScalar,
    /// A scalar of our own.
    CustomScalar,
    /// An enum.
    Enum,
    /// An object.
    Object,
    /// An interface or a union.
    Abstract,
    /// An input object.
    InputObject,
}

/// A type with a name.
pub struct NamedType {
    /// Its name.
    pub name: Name,
    /// Its kind.
    pub kind: NamedTypeKind,
    pub(super) fields: HashMap<Name, OutputField>,
    /// The fields of an input object.
    pub inputs: Vec<Input>,
    /// Whether an input object takes exactly one of its fields (`@oneOf`).
    pub is_one_of: bool,
    pub(super) values: HashSet<Name>,
    /// The object types that a composite type can have.
    pub(super) possible: HashSet<Name>,
}

/// A field of an object or an interface.
pub struct OutputField {
    /// Its type.
    pub ty: Type,
    /// Its arguments.
    pub arguments: Vec<Input>,
}

/// An argument, or a field of an input object.
pub struct Input {
    /// Its name.
    pub name: Name,
    /// Its type.
    pub ty: Type,
    /// Its default value.
    pub default: Option<Value>,
}

/// A directive. None of ours is repeatable, although the library's parser says so of each.
pub struct DirectiveType {
    /// Its locations.
    pub locations: Vec<DirectiveLocation>,
    /// Its arguments.
    pub arguments: Vec<Input>,
}

impl SchemaTypes {
    /// A type by its name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&NamedType> {
        self.types.get(name).filter(|_| name != META)
    }

    /// The named type inside a type: `User` in `[User!]!`.
    #[must_use]
    pub fn named(&self, base: &BaseType) -> Option<&NamedType> {
        self.find(named(base))
    }

    /// A directive by its name.
    #[must_use]
    pub fn directive(&self, name: &str) -> Option<&DirectiveType> {
        self.directives.get(name)
    }

    /// The root type of a kind of operation.
    #[must_use]
    pub fn root(&self, operation: OperationType) -> Option<&NamedType> {
        self.find(self.roots.get(operation as usize)?.as_ref()?)
    }

    /// A field of a composite type, including those that every type has and those of the query root only.
    #[must_use]
    pub fn field<'s>(&'s self, parent: &'s NamedType, name: &str) -> Option<&'s OutputField> {
        let is_query_root = || self.root(OperationType::Query).is_some_and(|root| root.name == parent.name);
        if name == "__typename" || (matches!(name, "__schema" | "__type") && is_query_root()) {
            return self.types.get(META)?.fields.get(name);
        }
        parent.fields.get(name)
    }
}

/// The name inside a type.
#[must_use]
pub fn named(base: &BaseType) -> &Name {
    match base {
        BaseType::Named(name) => name,
        BaseType::List(item) => named(&item.base),
    }
}

impl NamedType {
    /// Whether it is an object, an interface or a union.
    #[must_use]
    pub const fn is_composite(&self) -> bool {
        matches!(self.kind, NamedTypeKind::Object | NamedTypeKind::Abstract)
    }

    /// Whether a variable can have this type.
    #[must_use]
    pub const fn is_input(&self) -> bool {
        !self.is_composite()
    }

    /// Whether an enum has this value.
    #[must_use]
    pub fn has_value(&self, name: &str) -> bool {
        self.values.contains(name)
    }

    /// Whether an object can be of both composite types.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        !self.possible.is_disjoint(&other.possible)
    }
}

impl Input {
    /// Whether it must be given.
    #[must_use]
    pub const fn is_required(&self) -> bool {
        !self.ty.nullable && self.default.is_none()
    }
}
