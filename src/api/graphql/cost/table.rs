//! The costs of all fields, read once from the schema, where they stand beside their fields.

use std::collections::HashMap;

use async_graphql::Value;
use async_graphql::registry::{MetaField, MetaType, MetaTypeName, Registry};

/// What every field of the schema costs.
#[derive(Debug)]
pub struct CostTable {
    types: HashMap<String, HashMap<String, FieldCost>>,
    roots: [Option<String>; 3],
}

/// What one field costs by itself, and how it weighs what is below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FieldCost {
    /// Points of one execution.
    pub(super) points: u32,
    /// Whether what is below is paid for each node of a page.
    pub(super) is_connection: bool,
    /// Whether the field takes a secret, which may be a guess.
    pub(super) takes_secret: bool,
    /// The type below.
    pub(super) answers: String,
}

impl CostTable {
    /// Reads the schema.
    #[must_use]
    pub fn of(registry: &Registry) -> Self {
        let roots = [Some(&registry.query_type), registry.mutation_type.as_ref(), registry.subscription_type.as_ref()];
        let fields = |of: &MetaType| {
            let fields = of.fields()?.values();
            Some(fields.map(|field| (field.name.clone(), FieldCost::of(registry, of.name(), field))).collect())
        };
        let types = registry.types.iter().filter_map(|(name, of)| Some((name.clone(), fields(of)?))).collect();
        Self { types, roots: roots.map(Option::<&String>::cloned) }
    }

    /// What the field costs, if there is such a field.
    pub(super) fn find(&self, of: &str, field: &str) -> Option<&FieldCost> {
        self.types.get(of)?.get(field)
    }

    /// What one execution of a field costs by itself.
    #[must_use]
    pub fn points(&self, of: &str, field: &str) -> u32 {
        self.find(of, field).map_or(0, |cost| cost.points)
    }

    pub(super) fn root(&self, number: usize) -> &str {
        self.roots.get(number).and_then(Option::as_deref).unwrap_or_default()
    }
}

impl FieldCost {
    fn of(registry: &Registry, parent: &str, field: &MetaField) -> Self {
        let answers = MetaTypeName::concrete_typename(&field.ty).to_owned();
        let is_leaf = registry.types.get(&answers).is_none_or(MetaType::is_leaf);
        let is_connection =
            answers.ends_with("Connection") && ["first", "last"].iter().all(|a| field.args.contains_key(*a));
        let usual = u32::from(!is_leaf && !parent.ends_with("Connection"));
        Self {
            points: declared(field).unwrap_or(usual),
            is_connection,
            takes_secret: takes_secret(registry, field),
            answers,
        }
    }
}

fn declared(field: &MetaField) -> Option<u32> {
    let cost = field.directive_invocations.iter().find(|directive| directive.name == "cost")?;
    match cost.args.get("points")? {
        Value::Number(points) => u32::try_from(points.as_u64()?).ok(),
        _ => None,
    }
}

/// Whether one of the arguments is, or holds, what `#[graphql(secret)]` marks.
fn takes_secret(registry: &Registry, field: &MetaField) -> bool {
    field.args.values().any(|argument| {
        let members = match registry.types.get(MetaTypeName::concrete_typename(&argument.ty)) {
            Some(MetaType::InputObject { input_fields, .. }) => Some(input_fields),
            _ => None,
        };
        argument.is_secret || members.is_some_and(|members| members.values().any(|member| member.is_secret))
    })
}
