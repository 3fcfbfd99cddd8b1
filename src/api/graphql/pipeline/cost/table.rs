//! The costs of all fields, read once from the schema, where they stand beside their fields.

use std::collections::HashMap;

use async_graphql::Value;
use async_graphql::indexmap::IndexSet;
use async_graphql::registry::{MetaField, MetaType, MetaTypeName, Registry};

/// What every field of the schema costs.
#[derive(Debug)]
pub struct CostTable {
    types: HashMap<String, HashMap<String, FieldCost>>,
    roots: [Option<String>; 3],
    largest_type: u32,
}

/// What one field costs by itself, and how it weighs what is below it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FieldCost {
    /// Points of one execution.
    pub(super) points: u32,
    /// How often what is below is resolved.
    pub(super) times: Times,
    /// Whether only administrators get an answer.
    pub(super) is_for_admins: bool,
    /// Whether the field takes a secret, which may be a guess.
    pub(super) takes_secret: bool,
    /// The type below.
    pub(super) answers: String,
}

/// How often one execution of a field resolves what is below it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Times {
    /// So often: once, or for each item of a list of about this length.
    About(u32),
    /// A connection, whose page has rows.
    Page,
    /// The list in a connection: for each row of the page.
    Row,
}

/// How many items a list may have that nobody asks for by number.
const USUAL_LIST: u32 = 30;

impl CostTable {
    /// Reads the schema.
    #[must_use]
    pub fn of(registry: &Registry) -> Self {
        let roots = [Some(&registry.query_type), registry.mutation_type.as_ref(), registry.subscription_type.as_ref()];
        let lists = SchemaLists::of(registry);
        let fields = |of: &MetaType| {
            let fields = of.fields()?.values();
            Some(fields.map(|field| (field.name.clone(), FieldCost::of(registry, &lists, of.name(), field))).collect())
        };
        let types = registry.types.iter().filter_map(|(name, of)| Some((name.clone(), fields(of)?))).collect();
        Self { types, roots: roots.map(Option::<&String>::cloned), largest_type: lists.largest }
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

    /// How many times the average the longest list of a type is: whoever names one type picks that.
    pub(super) const fn largest_type(&self) -> u32 {
        self.largest_type
    }

    pub(super) fn root(&self, number: usize) -> &str {
        self.roots.get(number).and_then(Option::as_deref).unwrap_or_default()
    }
}

impl FieldCost {
    fn of(registry: &Registry, lists: &SchemaLists, parent: &str, field: &MetaField) -> Self {
        let answers = MetaTypeName::concrete_typename(&field.ty).to_owned();
        let is_leaf = registry.types.get(&answers).is_none_or(MetaType::is_leaf);
        let usual = u32::from(!is_leaf && !parent.ends_with("Connection") && !parent.starts_with("__"));
        Self {
            points: declared(field).unwrap_or(usual),
            times: Times::of(lists, parent, field, &answers),
            is_for_admins: is_for_admins(field),
            takes_secret: takes_secret(registry, field),
            answers,
        }
    }
}

impl Times {
    fn of(lists: &SchemaLists, parent: &str, field: &MetaField, answers: &str) -> Self {
        let is_list = field.ty.starts_with('[');
        let has_pages = ["first", "last"].iter().all(|name| field.args.contains_key(*name));
        match (parent.ends_with("Connection"), is_list) {
            (true, true) => Self::Row,
            (false, true) if parent.starts_with("__") => Self::About(lists.length(&field.name)),
            (false, true) => Self::About(USUAL_LIST),
            (false, false) if answers.ends_with("Connection") && has_pages => Self::Page,
            (_, false) => Self::About(1),
        }
    }
}

/// How long the lists are by which a schema tells of itself: on average, or at most where lists of one kind lead into each
/// other and so multiply.
struct SchemaLists {
    types: u32,
    fields: u32,
    arguments: u32,
    members: u32,
    values: u32,
    possible: u32,
    /// The longest list as a multiple of the average of its kind, rounded up.
    largest: u32,
}

impl SchemaLists {
    fn of(registry: &Registry) -> Self {
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
        let [fields, members, values] =
            [Lengths::of(fields.iter().map(|fields| fields.len())), Lengths::of(members), Lengths::of(values)];
        Self {
            types: length(registry.types.len()),
            fields: fields.average,
            arguments: Lengths::of(arguments).average,
            members: members.average,
            values: values.average,
            possible: length(possible.max().unwrap_or_default()),
            largest: [fields, members, values].iter().map(Lengths::spread).max().unwrap_or(1),
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
            _ => USUAL_LIST,
        }
    }
}

/// How long lists of one kind are.
struct Lengths {
    /// Rounded up.
    average: u32,
    most: u32,
}

impl Lengths {
    fn of(lengths: impl Iterator<Item = usize>) -> Self {
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
    let requires = field.directive_invocations.iter().find(|directive| directive.name == "requires");
    matches!(requires.and_then(|requires| requires.args.get("role")), Some(Value::Enum(role)) if role == "ADMIN")
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
