//! How long the lists of introspection are, counted in the schema itself.

use async_graphql::indexmap::IndexSet;
use async_graphql::registry::{MetaType, Registry};

/// Assumed length of a list without a size argument.
pub const USUAL_LIST_LENGTH: u32 = 30;

/// The lengths of the lists of introspection: the average, or the maximum where lists of one kind lead into each other
/// and so multiply.
pub(super) struct IntrospectionLists {
    types: u32,
    fields: u32,
    arguments: u32,
    members: u32,
    values: u32,
    possible: u32,
    /// The longest list as a multiple of the average of its kind, rounded up.
    pub(super) largest: u32,
}

impl IntrospectionLists {
    pub(super) fn new(registry: &Registry) -> Self {
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

    pub(super) fn length(&self, list: &str) -> u32 {
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
