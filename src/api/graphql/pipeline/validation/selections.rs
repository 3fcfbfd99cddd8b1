//! Fields, fragments and directives (sections 5.3, 5.5 and 5.7).

use async_graphql::parser::types::{Directive, DirectiveLocation, Field, Selection, SelectionSet, TypeCondition};
use async_graphql::{Name, Pos, Positioned};

use super::schema_types::NamedType;
use super::{Uses, Validator};
use crate::api::graphql::pipeline::document_fault::DocumentFault;

impl<'d, 's> Validator<'d, 's> {
    /// Checks every fragment by itself, whether it is spread or not.
    pub(super) fn fragment_definitions(&mut self) {
        for (name, fragment) in &self.document.fragments {
            let mut uses = Uses::default();
            let fragment = &fragment.node;
            let parent = self.type_condition(&fragment.type_condition);
            self.directives(&fragment.directives, DirectiveLocation::FragmentDefinition, &mut uses);
            self.selection_set(&fragment.selection_set.node, parent, &mut uses);
            self.fragments.insert(name.as_str(), uses);
        }
    }

    /// The type that a fragment is on; `None` if no fragment can be on it.
    fn type_condition(&mut self, condition: &Positioned<TypeCondition>) -> Option<&'s NamedType> {
        let on = &condition.node.on;
        let ty = self.schema.find(&on.node);
        match ty {
            None => self.fault(DocumentFault::new(on.pos, format!("Unknown type \"{}\"", on.node))),
            Some(ty) if !ty.is_composite() => {
                let message = format!("No fragment can be on \"{}\", which has no fields", on.node);
                self.fault(DocumentFault::new(on.pos, message));
            }
            Some(_) => {}
        }
        ty.filter(|ty| ty.is_composite())
    }

    /// Fields and fragments of a type. Fields of an unknown type are not reported.
    pub(super) fn selection_set(
        &mut self,
        set: &'d SelectionSet,
        parent: Option<&'s NamedType>,
        uses: &mut Uses<'d, 's>,
    ) {
        for selection in &set.items {
            match &selection.node {
                Selection::Field(field) => {
                    self.directives(&field.node.directives, DirectiveLocation::Field, uses);
                    self.field(&field.node, parent, uses);
                }
                Selection::InlineFragment(fragment) => {
                    let fragment = &fragment.node;
                    self.directives(&fragment.directives, DirectiveLocation::InlineFragment, uses);
                    let inner = match &fragment.type_condition {
                        None => parent,
                        Some(condition) => {
                            let inner = self.type_condition(condition);
                            self.possible_spread(parent, inner, "A fragment", selection.pos);
                            inner
                        }
                    };
                    self.selection_set(&fragment.selection_set.node, inner, uses);
                }
                Selection::FragmentSpread(spread) => {
                    self.directives(&spread.node.directives, DirectiveLocation::FragmentSpread, uses);
                    let name = &spread.node.fragment_name;
                    self.spread(name, parent);
                    uses.spreads.push(&name.node);
                }
            }
        }
    }

    fn spread(&mut self, name: &Positioned<Name>, parent: Option<&'s NamedType>) {
        let Some((on, _)) = self.fragment_set(&name.node) else {
            return self.fault(DocumentFault::new(name.pos, format!("Unknown fragment \"{}\"", name.node)));
        };
        let inner = self.schema.find(on).filter(|ty| ty.is_composite());
        self.possible_spread(parent, inner, &format!("The fragment \"{}\"", name.node), name.pos);
    }

    /// Section 5.5.2.3.
    fn possible_spread(&mut self, outer: Option<&NamedType>, inner: Option<&NamedType>, what: &str, pos: Pos) {
        if let (Some(outer), Some(inner)) = (outer, inner)
            && !outer.overlaps(inner)
        {
            let fault = DocumentFault::new(pos, format!("{what} can never apply here"));
            self.fault(fault.with_schema_names(format!(": no \"{}\" is a \"{}\"", outer.name, inner.name)));
        }
    }

    fn field(&mut self, field: &'d Field, parent: Option<&'s NamedType>, uses: &mut Uses<'d, 's>) {
        let definition = parent.and_then(|parent| self.schema.field(parent, &field.name.node));
        if let (Some(parent), None) = (parent, definition) {
            let fault = DocumentFault::new(field.name.pos, format!("Unknown field \"{}\"", field.name.node));
            self.fault(fault.with_schema_names(format!(" on type \"{}\"", parent.name)));
        }
        self.arguments(&field.name, definition.map(|field| field.arguments.as_slice()), &field.arguments, uses);
        let ty = definition.and_then(|definition| self.schema.named(&definition.ty.base));
        let (name, set) = (&field.name, &field.selection_set.node);
        match ty {
            Some(ty) if ty.is_composite() && set.items.is_empty() => {
                let message = format!("The field \"{}\" needs a selection of its own fields", name.node);
                self.fault(DocumentFault::new(name.pos, message));
            }
            Some(ty) if !ty.is_composite() && !set.items.is_empty() => {
                self.fault(DocumentFault::new(
                    name.pos,
                    format!("The field \"{}\" has no fields of its own", name.node),
                ));
            }
            _ => {}
        }
        self.selection_set(set, ty.filter(|ty| ty.is_composite()), uses);
    }

    pub(super) fn directives(
        &mut self,
        directives: &'d [Positioned<Directive>],
        location: DirectiveLocation,
        uses: &mut Uses<'d, 's>,
    ) {
        let mut seen: Vec<&str> = Vec::new();
        for directive in directives {
            let name = &directive.node.name;
            let definition = self.schema.directive(&name.node);
            let problem = match definition {
                None => Some("is unknown"),
                Some(known) if !known.locations.contains(&location) => Some("cannot be used here"),
                Some(_) if seen.contains(&name.node.as_str()) => Some("is used twice here"),
                Some(_) => None,
            };
            if let Some(problem) = problem {
                self.fault(DocumentFault::new(directive.pos, format!("The directive \"@{}\" {problem}", name.node)));
            }
            seen.push(&name.node);
            let inputs = definition.map(|known| known.arguments.as_slice());
            self.arguments(name, inputs, &directive.node.arguments, uses);
        }
    }
}
