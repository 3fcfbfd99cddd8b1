//! Fields with the same name in the response must be the same field, or must never meet (section 5.3.2).
//!
//! The rule of the specification compares every pair. Comparing all fields with the first gives the same result,
//! because what is compared is equality. So the work grows with the document and not with its square (S. Adameit,
//! "GraphQL Overlapping Fields Can Be Merged Fast", XING 2019).

use std::collections::{HashMap, HashSet};

use async_graphql::indexmap::IndexMap;
use async_graphql::parser::types::{BaseType, Field, Selection, SelectionSet, Type};

use super::Validator;
use super::schema_types::{NamedType, NamedTypeKind};
use crate::api::graphql::pipeline::document_fault::DocumentFault;

/// The most fields that are compared. Documents within `document_limits` need fewer, unless fragments on many types are
/// nested.
const MAX_COMPARISONS: usize = 100_000;

/// A field on a type, with fragments expanded.
#[derive(Clone, Copy)]
struct PlacedField<'d, 's> {
    field: &'d Field,
    parent: &'s NamedType,
    ty: &'s Type,
}

type Group<'d, 's> = Vec<PlacedField<'d, 's>>;

/// The first conflict, if there is one.
type MergeCheck = Result<(), DocumentFault>;

struct Merging<'d, 's, 'v> {
    validator: &'v Validator<'d, 's>,
    left: usize,
}

impl Validator<'_, '_> {
    pub(super) fn field_merging(&mut self) {
        let mut merging = Merging { validator: self, left: MAX_COMPARISONS };
        let operations = self.document.operations.iter();
        let found: Vec<DocumentFault> = operations
            .filter_map(|(_, operation)| {
                let root = merging.validator.root(operation.node.ty)?;
                let mut fields = Vec::new();
                merging.collect(&operation.node.selection_set.node, root, &mut fields, &mut HashSet::new());
                merging.same_shape(&fields).and_then(|()| merging.same_fields(&fields)).err()
            })
            .collect();
        for fault in found {
            self.fault(fault);
        }
    }
}

impl<'d, 's> Merging<'d, 's, '_> {
    fn collect(
        &self,
        set: &'d SelectionSet,
        parent: &'s NamedType,
        fields: &mut Group<'d, 's>,
        seen: &mut HashSet<&'d str>,
    ) {
        let schema = self.validator.schema;
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    let definition = schema.field(parent, &field.node.name.node);
                    fields.extend(definition.map(|known| PlacedField { field: &field.node, parent, ty: &known.ty }));
                }
                Selection::InlineFragment(fragment) => {
                    let condition = fragment.node.type_condition.as_ref();
                    let inner = condition.and_then(|condition| schema.find(&condition.node.on.node)).unwrap_or(parent);
                    self.collect(&fragment.node.selection_set.node, inner, fields, seen);
                }
                Selection::FragmentSpread(spread) => {
                    let name = spread.node.fragment_name.node.as_str();
                    if let Some((on, set)) = self.validator.fragment_set(name).filter(|_| seen.insert(name)) {
                        self.collect(set, schema.find(on).unwrap_or(parent), fields, seen);
                    }
                }
            }
        }
    }

    /// The selections below fields that are merged into one.
    fn below(&self, fields: &[PlacedField<'d, 's>]) -> Group<'d, 's> {
        let (mut below, mut seen) = (Vec::new(), HashSet::new());
        for placed in fields {
            if let Some(parent) = self.validator.schema.named(&placed.ty.base) {
                self.collect(&placed.field.selection_set.node, parent, &mut below, &mut seen);
            }
        }
        below
    }

    fn spend(&mut self, fields: &[PlacedField<'d, 's>]) -> MergeCheck {
        let Some(first) = fields.first() else { return Ok(()) };
        self.left = self.left.saturating_sub(fields.len());
        if self.left == 0 {
            return Err(DocumentFault::too_complex(
                first.field.name.pos,
                "The document has too many fields that might be merged",
            ));
        }
        Ok(())
    }

    /// `SameResponseShape`: clients find values of the same form under a name, whatever type the object has.
    fn same_shape(&mut self, fields: &[PlacedField<'d, 's>]) -> MergeCheck {
        self.spend(fields)?;
        for group in by_response_key(fields) {
            if let Some((first, others)) = group.split_first()
                && let Some(other) = others.iter().find(|other| !self.has_same_shape(first.ty, other.ty))
            {
                return Err(conflict(other, "return different types"));
            }
            let below = self.below(&group);
            self.same_shape(&below)?;
        }
        Ok(())
    }

    fn has_same_shape(&self, one: &Type, other: &Type) -> bool {
        if one.nullable != other.nullable {
            return false;
        }
        match (&one.base, &other.base) {
            (BaseType::List(one), BaseType::List(other)) => self.has_same_shape(one, other),
            (BaseType::Named(one), BaseType::Named(other)) => {
                let is_composite = |name: &str| self.validator.schema.find(name).is_some_and(NamedType::is_composite);
                one == other || (is_composite(one) && is_composite(other))
            }
            _ => false,
        }
    }

    /// `FieldsInSetCanMerge`: on the same object, the same name in the response means the same field.
    fn same_fields(&mut self, fields: &[PlacedField<'d, 's>]) -> MergeCheck {
        self.spend(fields)?;
        for group in by_response_key(fields) {
            for group in by_common_parent(group) {
                if let Some((first, others)) = group.split_first()
                    && let Some(other) = others.iter().find(|other| !is_same(first.field, other.field))
                {
                    return Err(conflict(other, "are different fields, or have different arguments"));
                }
                let below = self.below(&group);
                self.same_fields(&below)?;
            }
        }
        Ok(())
    }
}

fn by_response_key<'d, 's>(fields: &[PlacedField<'d, 's>]) -> Vec<Group<'d, 's>> {
    let mut groups: IndexMap<&str, Group<'d, 's>> = IndexMap::new();
    for placed in fields {
        groups.entry(placed.field.response_key().node.as_str()).or_default().push(*placed);
    }
    groups.into_values().collect()
}

/// Groups fields that can be on the same object. Different object types never are; an interface or a union may be any
/// object.
fn by_common_parent<'d, 's>(fields: Group<'d, 's>) -> Vec<Group<'d, 's>> {
    let (objects, others): (Group<'d, 's>, Group<'d, 's>) =
        fields.into_iter().partition(|placed| placed.parent.kind == NamedTypeKind::Object);
    let mut groups: HashMap<&str, Group<'d, 's>> = HashMap::new();
    for placed in objects {
        groups.entry(placed.parent.name.as_str()).or_insert_with(|| others.clone()).push(placed);
    }
    if groups.is_empty() { vec![others] } else { groups.into_values().collect() }
}

fn is_same(one: &Field, other: &Field) -> bool {
    let (ours, theirs) = (&one.arguments, &other.arguments);
    one.name.node == other.name.node
        && ours.len() == theirs.len()
        && ours.iter().all(|(name, value)| other.get_argument(&name.node).is_some_and(|same| same.node == value.node))
}

fn conflict(placed: &PlacedField<'_, '_>, why: &str) -> DocumentFault {
    let key = placed.field.response_key();
    DocumentFault::new(key.pos, format!("The fields called \"{}\" cannot be merged: they {why}", key.node))
}
