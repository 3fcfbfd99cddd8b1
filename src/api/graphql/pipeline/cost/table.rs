//! The prices of all fields, read once from the directives of the schema.

use std::collections::{HashMap, HashSet};

use async_graphql::Value;
use async_graphql::indexmap::IndexSet;
use async_graphql::registry::{MetaField, MetaInputValue, MetaType, MetaTypeName, Registry};

/// The price of every field of the schema.
#[derive(Debug)]
pub struct CostTable {
    types: HashMap<String, HashMap<String, FieldCost>>,
    roots: [Option<String>; 3],
    largest_type: u32,
}

/// The price of one field, and how it multiplies what is below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FieldCost {
    /// Points of one execution.
    pub(super) points: u32,
    /// How often the selection below is resolved.
    pub(super) repetition: Repetition,
    /// Whether only administrators may resolve it.
    pub(super) is_for_admins: bool,
    /// Whether it takes a secret, which may be a guess.
    pub(super) takes_secret: bool,
    /// The type of its values.
    pub(super) return_type: String,
}

/// How often one execution of a field resolves the selection below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Repetition {
    /// A fixed number: once, or for each item of a list of this usual length.
    Times(u32),
    /// It returns a connection, whose page has rows.
    Page,
    /// It is the list of a connection: for each row of the page.
    Row,
}

/// Assumed length of a list without a size argument.
const USUAL_LIST_LENGTH: u32 = 30;

impl CostTable {
    /// Reads the prices from the schema.
    #[must_use]
    pub fn new(registry: &Registry) -> Self {
        let roots = [Some(&registry.query_type), registry.mutation_type.as_ref(), registry.subscription_type.as_ref()];
        let lists = IntrospectionLists::new(registry);
        let fields = |of: &MetaType| {
            let fields = of.fields()?.values();
            Some(fields.map(|field| (field.name.clone(), FieldCost::new(registry, &lists, of.name(), field))).collect())
        };
        let types = registry.types.iter().filter_map(|(name, of)| Some((name.clone(), fields(of)?))).collect();
        Self { types, roots: roots.map(Option::<&String>::cloned), largest_type: lists.largest }
    }

    /// The price of a field, if the field exists.
    pub(super) fn find(&self, of: &str, field: &str) -> Option<&FieldCost> {
        self.types.get(of)?.get(field)
    }

    /// Points of one execution of a field.
    #[must_use]
    pub fn points(&self, of: &str, field: &str) -> u32 {
        self.find(of, field).map_or(0, |cost| cost.points)
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
        let is_leaf = registry.types.get(&return_type).is_none_or(MetaType::is_leaf);
        let usual = u32::from(!is_leaf && !parent.ends_with("Connection") && !parent.starts_with("__"));
        Self {
            points: declared(field).unwrap_or(usual),
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
        match (parent.ends_with("Connection"), is_list) {
            (true, true) => Self::Row,
            (false, true) if parent.starts_with("__") => Self::Times(lists.length(&field.name)),
            (false, true) => Self::Times(USUAL_LIST_LENGTH),
            (false, false) if return_type.ends_with("Connection") && has_pages => Self::Page,
            (_, false) => Self::Times(1),
        }
    }
}

/// The lengths of the lists of introspection: the average, or the maximum where lists of one kind lead into each other
/// and so multiply.
struct IntrospectionLists {
    types: u32,
    fields: u32,
    arguments: u32,
    members: u32,
    values: u32,
    possible: u32,
    /// The longest list as a multiple of the average of its kind, rounded up.
    largest: u32,
}

impl IntrospectionLists {
    fn new(registry: &Registry) -> Self {
        let types = || registry.types.values();
        let fields: Vec<_> = types().filter_map(MetaType::fields).collect();
        let arguments = fields.iter().flat_map(|fields| fields.values()).map(|field| field.args.len());
        let members = types().filter_map(|of| match of {
            MetaType::InputObject { input_fields, .. } => Some(input_fields.len()),
            _ => None,
        });
        let values = types().filter_map(|of| match of {
            MetaType::Enum { enum_values, .. } => Some(enum_values.len()),
            _ => None,
        });
        let possible = types().filter_map(MetaType::possible_types).map(IndexSet::len);
        let [fields, members, values] = [
            ListLengths::new(fields.iter().map(|fields| fields.len())),
            ListLengths::new(members),
            ListLengths::new(values),
        ];
        Self {
            types: length(registry.types.len()),
            fields: fields.average,
            arguments: ListLengths::new(arguments).average,
            members: members.average,
            values: values.average,
            possible: length(possible.max().unwrap_or_default()),
            largest: [fields, members, values].iter().map(ListLengths::spread).max().unwrap_or(1),
        }
    }

    fn length(&self, list: &str) -> u32 {
        match list {
            "types" => self.types,
            "fields" => self.fields,
            "args" => self.arguments,
            "inputFields" => self.members,
            "enumValues" => self.values,
            "possibleTypes" | "interfaces" => self.possible,
            _ => USUAL_LIST_LENGTH,
        }
    }
}

/// The lengths of lists of one kind.
struct ListLengths {
    /// Rounded up.
    average: u32,
    most: u32,
}

impl ListLengths {
    fn new(lengths: impl Iterator<Item = usize>) -> Self {
        let (count, sum, most) = lengths.fold((0, 0, 0), |(count, sum, most): (usize, usize, usize), length| {
            (count + 1, sum + length, most.max(length))
        });
        Self { average: length(sum.div_ceil(count.max(1))), most: length(most) }
    }

    const fn spread(&self) -> u32 {
        self.most.div_ceil(self.average)
    }
}

fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap_or(u32::MAX).max(1)
}

fn is_for_admins(field: &MetaField) -> bool {
    let access = field.directive_invocations.iter().find(|directive| directive.name == "access");
    matches!(access.and_then(|access| access.args.get("role")), Some(Value::Enum(role)) if role == "ADMIN")
}

fn declared(field: &MetaField) -> Option<u32> {
    let cost = field.directive_invocations.iter().find(|directive| directive.name == "cost")?;
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
