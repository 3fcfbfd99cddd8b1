//! What validation asks of the schema, looked up by name.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    BaseType, DirectiveDefinition, DirectiveLocation, FieldDefinition, InputValueDefinition, OperationType,
    SchemaDefinition, Type, TypeDefinition, TypeKind, TypeSystemDefinition,
};
use async_graphql::{Name, Positioned, Value};

use crate::error::{OrFault, Result};

/// The types of introspection, the built-in scalars, and under `__Meta` the fields that stand beside those of the schema.
const BUILT_IN: &str = include_str!("introspection.graphql");
const META: &str = "__Meta";

/// Every type and directive of a schema.
pub struct SchemaTypes {
    types: HashMap<Name, NamedType>,
    directives: HashMap<Name, DirectiveType>,
    roots: [Option<Name>; 3],
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
    fields: HashMap<Name, OutputField>,
    /// The fields of an input object.
    pub inputs: Vec<Input>,
    /// Whether an input object takes exactly one of its fields.
    pub is_one_of: bool,
    values: HashSet<Name>,
    /// The objects that a composite type may turn out to be.
    possible: HashSet<Name>,
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
    /// Reads a schema as it is printed.
    ///
    /// # Errors
    /// When it is no schema.
    pub fn parse(sdl: &str) -> Result<Self> {
        let mut all = Self { types: HashMap::new(), directives: HashMap::new(), roots: [const { None }; 3] };
        for (text, is_built_in) in [(BUILT_IN, true), (sdl, false)] {
            for definition in parse_schema(text).or_fault("reading the schema")?.definitions {
                match definition {
                    TypeSystemDefinition::Schema(schema) => all.roots = roots(schema.node),
                    TypeSystemDefinition::Type(ty) => {
                        let ty = NamedType::new(ty.node, is_built_in);
                        all.types.insert(ty.name.clone(), ty);
                    }
                    TypeSystemDefinition::Directive(directive) => {
                        all.directives.insert(directive.node.name.node.clone(), DirectiveType::new(directive.node));
                    }
                }
            }
        }
        all.link_interfaces();
        Ok(all)
    }

    /// An interface does not say who implements it; the objects do.
    fn link_interfaces(&mut self) {
        let objects = self.types.values().filter(|ty| ty.kind == Kind::Object);
        // Until now the possible types of an object are its interfaces.
        let pairs: Vec<(Name, Name)> = objects
            .flat_map(|object| object.possible.iter().map(|interface| (interface.clone(), object.name.clone())))
            .collect();
        for ty in self.types.values_mut().filter(|ty| ty.kind == Kind::Object) {
            ty.possible = HashSet::from([ty.name.clone()]);
        }
        for (interface, object) in pairs {
            if let Some(interface) = self.types.get_mut(&interface) {
                interface.possible.insert(object);
            }
        }
    }

    /// A type by its name.
    pub fn find(&self, name: &str) -> Option<&NamedType> {
        self.types.get(name).filter(|_| name != META)
    }

    /// The named type at the heart of a type: `User` of `[User!]!`.
    pub fn named(&self, base: &BaseType) -> Option<&NamedType> {
        self.find(named(base))
    }

    /// A directive by its name.
    pub fn directive(&self, name: &str) -> Option<&DirectiveType> {
        self.directives.get(name)
    }

    /// The type at the root of operations of a kind.
    pub fn root(&self, operation: OperationType) -> Option<&NamedType> {
        self.find(self.roots.get(operation as usize)?.as_ref()?)
    }

    /// A field of a composite type, including those that every type has, and the query root alone.
    pub fn field<'s>(&'s self, parent: &'s NamedType, name: &str) -> Option<&'s OutputField> {
        let is_query_root = || self.root(OperationType::Query).is_some_and(|root| root.name == parent.name);
        if name == "__typename" || (matches!(name, "__schema" | "__type") && is_query_root()) {
            return self.types.get(META)?.fields.get(name);
        }
        parent.fields.get(name)
    }
}

/// The name at the heart of a type.
pub fn named(base: &BaseType) -> &Name {
    match base {
        BaseType::Named(name) => name,
        BaseType::List(item) => named(&item.base),
    }
}

impl NamedType {
    fn new(definition: TypeDefinition, is_built_in: bool) -> Self {
        let is_one_of = definition.directives.iter().any(|directive| directive.node.name.node == "oneOf");
        let kind = match &definition.kind {
            TypeKind::Scalar if is_built_in => Kind::BuiltInScalar,
            TypeKind::Scalar => Kind::CustomScalar,
            TypeKind::Enum(_) => Kind::Enum,
            TypeKind::Object(_) => Kind::Object,
            TypeKind::Interface(_) | TypeKind::Union(_) => Kind::Abstract,
            TypeKind::InputObject(_) => Kind::InputObject,
        };
        let name = definition.name.node;
        let (fields, possible) = (HashMap::new(), HashSet::new());
        let mut ty = Self { name, kind, fields, inputs: Vec::new(), is_one_of, values: HashSet::new(), possible };
        match definition.kind {
            TypeKind::Scalar => {}
            TypeKind::Object(object) => {
                ty.fields = output_fields(object.fields);
                ty.possible = names(object.implements);
            }
            TypeKind::Interface(interface) => ty.fields = output_fields(interface.fields),
            TypeKind::Union(union) => ty.possible = names(union.members),
            TypeKind::Enum(values) => {
                ty.values = values.values.into_iter().map(|value| value.node.value.node).collect()
            }
            TypeKind::InputObject(object) => ty.inputs = inputs(object.fields),
        }
        ty
    }

    /// Whether it has fields, or may turn out to be something that has.
    pub const fn is_composite(&self) -> bool {
        matches!(self.kind, Kind::Object | Kind::Abstract)
    }

    /// Whether a variable may have it.
    pub const fn is_input(&self) -> bool {
        !self.is_composite()
    }

    /// Whether an enumeration has this value.
    pub fn has_value(&self, name: &str) -> bool {
        self.values.contains(name)
    }

    /// Whether an object can be of both composite types.
    pub fn overlaps(&self, other: &Self) -> bool {
        !self.possible.is_disjoint(&other.possible)
    }
}

impl DirectiveType {
    fn new(definition: DirectiveDefinition) -> Self {
        Self {
            locations: definition.locations.into_iter().map(|location| location.node).collect(),
            arguments: inputs(definition.arguments),
        }
    }
}

impl Input {
    /// Whether it must be given.
    pub const fn is_required(&self) -> bool {
        !self.ty.nullable && self.default.is_none()
    }
}

fn roots(schema: SchemaDefinition) -> [Option<Name>; 3] {
    let mut roots = [const { None }; 3];
    for (operation, name) in [
        (OperationType::Query, schema.query),
        (OperationType::Mutation, schema.mutation),
        (OperationType::Subscription, schema.subscription),
    ] {
        if let Some(root) = roots.get_mut(operation as usize) {
            *root = name.map(|name| name.node);
        }
    }
    roots
}

fn names(names: Vec<Positioned<Name>>) -> HashSet<Name> {
    names.into_iter().map(|name| name.node).collect()
}

fn output_fields(fields: Vec<Positioned<FieldDefinition>>) -> HashMap<Name, OutputField> {
    let fields = fields.into_iter().map(|field| {
        let field = field.node;
        (field.name.node, OutputField { ty: field.ty.node, arguments: inputs(field.arguments) })
    });
    fields.collect()
}

fn inputs(definitions: Vec<Positioned<InputValueDefinition>>) -> Vec<Input> {
    let inputs = definitions.into_iter().map(|definition| {
        let definition = definition.node;
        let default = definition.default_value.map(|value| value.node);
        Input { name: definition.name.node, ty: definition.ty.node, default }
    });
    inputs.collect()
}
