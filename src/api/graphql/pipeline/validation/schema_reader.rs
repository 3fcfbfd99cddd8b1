//! Reads the types of a schema from its text.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::parse_schema;
use async_graphql::parser::types::{
    DirectiveDefinition, FieldDefinition, InputValueDefinition, OperationType, SchemaDefinition, TypeDefinition,
    TypeKind, TypeSystemDefinition,
};
use async_graphql::{Name, Positioned};

use super::schema_types::{DirectiveType, Input, NamedType, NamedTypeKind, OutputField, SchemaTypes};
use crate::error::{OrFault, Result};

/// The types of introspection, the built-in scalars, and under `__Meta` the fields that every type or the query root
/// has.
const BUILT_IN: &str = include_str!("introspection.graphql");

impl SchemaTypes {
    /// Reads a schema from its text (SDL).
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

    /// Links interfaces to their objects: the text only says which interfaces an object implements.
    fn link_interfaces(&mut self) {
        let objects = self.types.values().filter(|ty| ty.kind == NamedTypeKind::Object);
        // `NamedType::new` has stored the interfaces of an object as its possible types.
        let pairs: Vec<(Name, Name)> = objects
            .flat_map(|object| object.possible.iter().map(|interface| (interface.clone(), object.name.clone())))
            .collect();
        for ty in self.types.values_mut().filter(|ty| ty.kind == NamedTypeKind::Object) {
            ty.possible = HashSet::from([ty.name.clone()]);
        }
        for (interface, object) in pairs {
            if let Some(interface) = self.types.get_mut(&interface) {
                interface.possible.insert(object);
            }
        }
    }
}

impl NamedType {
    fn new(definition: TypeDefinition, is_built_in: bool) -> Self {
        let is_one_of = definition.directives.iter().any(|directive| directive.node.name.node == "oneOf");
        let kind = match &definition.kind {
            TypeKind::Scalar if is_built_in => NamedTypeKind::BuiltInScalar,
            TypeKind::Scalar => NamedTypeKind::CustomScalar,
            TypeKind::Enum(_) => NamedTypeKind::Enum,
            TypeKind::Object(_) => NamedTypeKind::Object,
            TypeKind::Interface(_) | TypeKind::Union(_) => NamedTypeKind::Abstract,
            TypeKind::InputObject(_) => NamedTypeKind::InputObject,
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
                ty.values = values.values.into_iter().map(|value| value.node.value.node).collect();
            }
            TypeKind::InputObject(object) => ty.inputs = inputs(object.fields),
        }
        ty
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
