//! The size of a document with all fragments expanded, without expanding them.

use std::collections::HashMap;

use async_graphql::parser::types::{
    Directive, ExecutableDocument, Field, OperationDefinition, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, ServerError};

use crate::api::graphql::pipeline::error_masking::document_error;
use crate::api::graphql::pipeline::error_masking::too_complex;
use crate::error::ErrorCode;

/// What a part of a document asks for, with all fragments expanded. Counts saturate.
#[derive(Clone, Copy, Default)]
pub(super) struct DocumentSize {
    pub fields: u32,
    pub own_fields: u32,
    pub depth: u32,
    pub introspection_depth: u32,
    pub aliases: u32,
    pub alias_length: u32,
    pub directives: u32,
}

impl DocumentSize {
    fn for_directives(directives: &[Positioned<Directive>]) -> Self {
        Self { directives: count(directives), ..Self::default() }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            fields: self.fields.saturating_add(other.fields),
            own_fields: self.own_fields.saturating_add(other.own_fields),
            depth: self.depth.max(other.depth),
            introspection_depth: self.introspection_depth.max(other.introspection_depth),
            aliases: self.aliases.saturating_add(other.aliases),
            alias_length: self.alias_length.max(other.alias_length),
            directives: self.directives.saturating_add(other.directives),
        }
    }

    /// Each spread is work for the library, even of an empty fragment, so it counts as a field.
    fn inside_fragment(self) -> Self {
        Self { fields: self.fields.saturating_add(1), ..self }
    }

    fn inside_field(self, field: &Field) -> Self {
        let introspects = field.name.node.starts_with("__");
        let depth = self.depth.saturating_add(1);
        Self {
            fields: self.fields.saturating_add(1),
            own_fields: 1,
            depth: if introspects { 1 } else { depth },
            introspection_depth: if introspects { depth } else { self.introspection_depth },
            aliases: self.aliases.saturating_add(u32::from(field.alias.is_some())),
            alias_length: self.alias_length.max(field.alias.as_ref().map_or(0, |alias| length(&alias.node))),
            ..self
        }
    }
}

/// Adds up the size of a document, reading every fragment once.
pub(super) struct SizeEstimate<'a> {
    document: &'a ExecutableDocument,
    /// `None` while the fragment is being read.
    fragments: HashMap<&'a str, Option<DocumentSize>>,
}

impl<'a> SizeEstimate<'a> {
    /// The deepest nesting of selection sets and fragments; the recursion check of the library allows as many.
    const MAX_NESTING: u32 = 32;

    pub fn new(document: &'a ExecutableDocument) -> Self {
        Self { document, fragments: HashMap::new() }
    }

    pub fn operation_size(&mut self, operation: &'a OperationDefinition) -> Result<DocumentSize, ServerError> {
        let variables = operation
            .variable_definitions
            .iter()
            .map(|variable| DocumentSize::for_directives(&variable.node.directives));
        let own = variables.fold(DocumentSize::for_directives(&operation.directives), DocumentSize::plus);
        Ok(self.set_size(&operation.selection_set.node, 0)?.plus(own))
    }

    pub fn fragment_size(&mut self, name: &'a Name) -> Result<DocumentSize, ServerError> {
        self.fragment_size_at(name, 0)
    }

    fn set_size(&mut self, set: &'a SelectionSet, nesting: u32) -> Result<DocumentSize, ServerError> {
        if nesting > Self::MAX_NESTING {
            return Err(too_complex("levels of nesting", Self::MAX_NESTING + 1, Self::MAX_NESTING));
        }
        let mut total = DocumentSize::default();
        for selection in &set.items {
            let inner = match &selection.node {
                Selection::Field(field) => {
                    self.set_size(&field.node.selection_set.node, nesting + 1)?.inside_field(&field.node)
                }
                Selection::InlineFragment(fragment) => {
                    self.set_size(&fragment.node.selection_set.node, nesting + 1)?.inside_fragment()
                }
                Selection::FragmentSpread(spread) => {
                    self.fragment_size_at(&spread.node.fragment_name.node, nesting + 1)?.inside_fragment()
                }
            };
            total = total.plus(inner).plus(DocumentSize::for_directives(selection.node.directives()));
        }
        Ok(total)
    }

    fn fragment_size_at(&mut self, name: &'a Name, nesting: u32) -> Result<DocumentSize, ServerError> {
        match self.fragments.get(name.as_str()) {
            Some(Some(known)) => return Ok(*known),
            Some(None) => {
                let message = format!("The fragment \"{name}\" contains itself.");
                return Err(document_error(ErrorCode::GraphqlValidationFailed, message, vec![]));
            }
            None => {}
        }
        // Refused here already: later steps expand every spread.
        let Some(fragment) = self.document.fragments.get(name) else {
            let message = format!("Unknown fragment: \"{name}\".");
            return Err(document_error(ErrorCode::GraphqlValidationFailed, message, vec![]));
        };
        self.fragments.insert(name.as_str(), None);
        let size = self.set_size(&fragment.node.selection_set.node, nesting)?;
        let size = size.plus(DocumentSize::for_directives(&fragment.node.directives));
        self.fragments.insert(name.as_str(), Some(size));
        Ok(size)
    }
}

fn length(name: &Name) -> u32 {
    u32::try_from(name.len()).unwrap_or(u32::MAX)
}

pub(super) fn count<T>(items: &[T]) -> u32 {
    u32::try_from(items.len()).unwrap_or(u32::MAX)
}
