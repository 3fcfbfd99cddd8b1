//! The prices of all fields, read once from the directives of the schema.

use std::collections::{HashMap, HashSet};

use async_graphql::Value;
use async_graphql::registry::{MetaDirectiveInvocation, MetaField, MetaInputValue, MetaType, MetaTypeName, Registry};

use super::introspection_lists::{IntrospectionLists, USUAL_LIST_LENGTH};

/// The price of every field of the schema.
#[derive(Debug)]
pub struct CostTable {
    types: HashMap<String, HashMap<String, FieldCost>>,
    /// Points of an item of a list, by its type and the field that returns the list.
    items: HashMap<String, HashMap<String, u32>>,
    roots: [Option<String>; 3],
    largest_type: u32,
}

/// The price of one field, and how it multiplies what is below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldCost {
    /// Points of one execution; of one item, where the items of a list are paid for ([`Repetition::is_by_item`]).
    pub points: u32,
    /// How often the selection below is resolved.
    pub repetition: Repetition,
    /// Whether only administrators may resolve it.
    pub(super) is_for_admins: bool,
    /// Whether it takes a secret, which may be a guess.
    pub(super) takes_secret: bool,
    /// The type of its values.
    pub(super) return_type: String,
}

/// How often one execution of a field resolves the selection below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Repetition {
    /// Once.
    Once,
    /// For each item of a list of this usual length.
    Times(u32),
    /// It returns a connection, whose page has rows.
    Page,
    /// It is a list of a connection: for each row of the page.
    Row,
    /// For each of the ids in its argument `ids`.
    Ids,
}

impl CostTable {
    /// Reads the prices from the schema.
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        let roots = [Some(&registry.query_type), registry.mutation_type.as_ref(), registry.subscription_type.as_ref()];
        let lists = IntrospectionLists::new(registry);
        let mut items: HashMap<String, HashMap<String, u32>> = HashMap::new();
        let mut types = HashMap::new();
        for (name, of) in &registry.types {
            let Some(fields) = of.fields() else { continue };
            let costs = fields.values().map(|field| (field, FieldCost::new(registry, &lists, name, field)));
            let costs: Vec<_> = costs.collect();
            for (field, cost) in costs.iter().filter(|(_, cost)| cost.repetition.is_by_item()) {
                items.entry(cost.return_type.clone()).or_default().insert(field.name.clone(), cost.points);
            }
            types.insert(name.clone(), costs.into_iter().map(|(field, cost)| (field.name.clone(), cost)).collect());
        }
        Self { types, items, roots: roots.map(Option::<&String>::cloned), largest_type: lists.largest }
    }

    /// The price of a field, if the field exists.
    #[must_use]
    pub fn find(&self, of: &str, field: &str) -> Option<&FieldCost> {
        self.types.get(of)?.get(field)
    }

    /// Points of one execution of a field. The library executes each item of a list once more, as a field of the type of
    /// the list (`[UserEdge!]`).
    #[must_use]
    pub fn points(&self, of: &str, field: &str) -> u32 {
        if of.starts_with('[') {
            let fields = self.items.get(of.trim_matches(['[', ']', '!']));
            return fields.and_then(|fields| fields.get(field)).copied().unwrap_or_default();
        }
        self.find(of, field).filter(|cost| !cost.repetition.is_by_item()).map_or(0, |cost| cost.points)
    }

    /// How much longer than average the longest list of a type is: a client that names one type picks that.
    pub(super) const fn largest_type(&self) -> u32 {
        self.largest_type
    }

    pub(super) fn root(&self, number: usize) -> &str {
        self.roots.get(number).and_then(Option::as_deref).unwrap_or_default()
    }
}

impl FieldCost {
    fn new(registry: &Registry, lists: &IntrospectionLists, parent: &str, field: &MetaField) -> Self {
        let return_type = MetaTypeName::concrete_typename(&field.ty).to_owned();
        let usual = if parent.starts_with("__") { 0 } else { type_weight(registry, &return_type) };
        Self {
            points: stated_weight(&field.directive_invocations).unwrap_or(usual),
            repetition: Repetition::new(lists, parent, field, &return_type),
            is_for_admins: is_for_admins(field),
            takes_secret: takes_secret(registry, field),
            return_type,
        }
    }
}

impl Repetition {
    fn new(lists: &IntrospectionLists, parent: &str, field: &MetaField, return_type: &str) -> Self {
        let is_list = field.ty.starts_with('[');
        let has_pages = ["first", "last"].iter().all(|name| field.args.contains_key(*name));
        let has_ids = field.args.get("ids").is_some_and(|ids| ids.ty.starts_with('['));
        match (parent.ends_with("Connection"), is_list) {
            (true, true) => Self::Row,
            (false, true) if parent.starts_with("__") => Self::Times(lists.length(&field.name)),
            (false, true) if has_ids => Self::Ids,
            (false, true) => Self::Times(USUAL_LIST_LENGTH),
            (false, false) if return_type.ends_with("Connection") && has_pages => Self::Page,
            (_, false) => Self::Once,
        }
    }

    /// Whether each item of the list is paid for, and not the list.
    #[must_use]
    pub const fn is_by_item(self) -> bool {
        matches!(self, Self::Row | Self::Ids)
    }
}

/// Points of one value of a type: what the type states, otherwise 1 for objects and 0 for scalars and enums. An interface
/// or a union costs what its dearest object costs.
fn type_weight(registry: &Registry, name: &str) -> u32 {
    match registry.types.get(name) {
        Some(MetaType::Object { directive_invocations, .. }) => stated_weight(directive_invocations).unwrap_or(1),
        Some(MetaType::Interface { possible_types, .. } | MetaType::Union { possible_types, .. }) => {
            possible_types.iter().map(|object| type_weight(registry, object)).max().unwrap_or(1)
        }
        _ => 0,
    }
}

fn is_for_admins(field: &MetaField) -> bool {
    let access = field.directive_invocations.iter().find(|directive| directive.name == "access");
    matches!(access.and_then(|access| access.args.get("role")), Some(Value::Enum(role)) if role == "ADMIN")
}

/// The weight of `@cost`, if it is stated.
fn stated_weight(directives: &[MetaDirectiveInvocation]) -> Option<u32> {
    let cost = directives.iter().find(|directive| directive.name == "cost")?;
    match cost.args.get("weight")? {
        Value::String(weight) => weight.parse().ok(),
        _ => None,
    }
}

/// Whether an argument is, or contains at any depth, an input marked with `#[graphql(secret)]`.
fn takes_secret(registry: &Registry, field: &MetaField) -> bool {
    let mut open: Vec<&MetaInputValue> = field.args.values().collect();
    let mut seen = HashSet::new();
    while let Some(input) = open.pop() {
        if input.is_secret {
            return true;
        }
        let name = MetaTypeName::concrete_typename(&input.ty);
        if let Some(MetaType::InputObject { input_fields, .. }) = registry.types.get(name)
            && seen.insert(name)
        {
            open.extend(input_fields.values());
        }
    }
    false
}
