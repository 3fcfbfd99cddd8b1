//! What validation asks of the schema, looked up by name.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{BaseType, DirectiveLocation, OperationType, Type};
use async_graphql::{Name, Value};

/// The type whose fields stand beside those of the schema.
const META: &str = "__Meta";

/// Every type and directive of a schema.
pub struct SchemaTypes {
    pub(super) types: HashMap<Name, NamedType>,
    pub(super) directives: HashMap<Name, DirectiveType>,
    pub(super) roots: [Option<Name>; 3],
}

/// What kind of type it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One of the five that the specification defines.
    BuiltInScalar,
    /// One of our own.
    CustomScalar,
    /// An enumeration.
    Enum,
    /// An object.
    Object,
    /// An interface or a union.
    Abstract,
    /// An input object.
    InputObject,
}

/// A type that has a name.
pub struct NamedType {
    /// What it is called.
    pub name: Name,
    /// What kind it is.
    pub kind: Kind,
    pub(super) fields: HashMap<Name, OutputField>,
    /// The fields of an input object.
    pub inputs: Vec<Input>,
    /// Whether an input object takes exactly one of its fields.
    pub is_one_of: bool,
    pub(super) values: HashSet<Name>,
    /// The objects that a composite type may turn out to be.
    pub(super) possible: HashSet<Name>,
}

/// A field of an object or an interface.
pub struct OutputField {
    /// What it answers.
    pub ty: Type,
    /// What it takes.
    pub arguments: Vec<Input>,
}

/// An argument, or a field of an input object.
pub struct Input {
    /// What it is called.
    pub name: Name,
    /// What it takes.
    pub ty: Type,
    /// What it is where it is left out.
    pub default: Option<Value>,
}

/// A directive. None of ours may stand twice in a place; the library's parser says of each that it may.
pub struct DirectiveType {
    /// Where it may stand.
    pub locations: Vec<DirectiveLocation>,
    /// What it takes.
    pub arguments: Vec<Input>,
}

impl SchemaTypes {
    /// A type by its name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<&NamedType> {
        self.types.get(name).filter(|_| name != META)
    }

    /// The named type at the heart of a type: `User` of `[User!]!`.
    #[must_use]
    pub fn named(&self, base: &BaseType) -> Option<&NamedType> {
        self.find(named(base))
    }

    /// A directive by its name.
    #[must_use]
    pub fn directive(&self, name: &str) -> Option<&DirectiveType> {
        self.directives.get(name)
    }

    /// The type at the root of operations of a kind.
    #[must_use]
    pub fn root(&self, operation: OperationType) -> Option<&NamedType> {
        self.find(self.roots.get(operation as usize)?.as_ref()?)
    }

    /// A field of a composite type, including those that every type has, and the query root alone.
    #[must_use]
    pub fn field<'s>(&'s self, parent: &'s NamedType, name: &str) -> Option<&'s OutputField> {
        let is_query_root = || self.root(OperationType::Query).is_some_and(|root| root.name == parent.name);
        if name == "__typename" || (matches!(name, "__schema" | "__type") && is_query_root()) {
            return self.types.get(META)?.fields.get(name);
        }
        parent.fields.get(name)
    }
}

/// The name at the heart of a type.
#[must_use]
pub fn named(base: &BaseType) -> &Name {
    match base {
        BaseType::Named(name) => name,
        BaseType::List(item) => named(&item.base),
    }
}

impl NamedType {
    /// Whether it has fields, or may turn out to be something that has.
    #[must_use]
    pub const fn is_composite(&self) -> bool {
        matches!(self.kind, Kind::Object | Kind::Abstract)
    }

    /// Whether a variable may have it.
    #[must_use]
    pub const fn is_input(&self) -> bool {
        !self.is_composite()
    }

    /// Whether an enumeration has this value.
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
