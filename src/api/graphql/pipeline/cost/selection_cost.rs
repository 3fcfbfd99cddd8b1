//! How the costs of parts of an operation add up.

use async_graphql::Positioned;
use async_graphql::parser::types::Directive;

use super::table::FieldCost;

/// What a part of an operation asks for.
#[derive(Clone, Copy, Default)]
pub(super) struct Part {
    pub(super) points: u32,
    pub(super) kept: u32,
    pub(super) secrets: u32,
    pub(super) fields: u32,
    pub(super) schema_fields: u32,
    pub(super) introspects: bool,
    /// Whether `@skip` or `@include` may leave it out, so that nobody sees at the end by its fields what was read.
    pub(super) is_conditional: bool,
}

/// What a selection set asks for: once, and for each row of the connection it belongs to.
#[derive(Clone, Copy, Default)]
pub(super) struct Cost {
    pub(super) once: Part,
    pub(super) each_row: Part,
}

impl Part {
    pub(super) fn beside(self, other: Self) -> Self {
        Self {
            points: self.points.saturating_add(other.points),
            kept: self.kept.saturating_add(other.kept),
            secrets: self.secrets.saturating_add(other.secrets),
            fields: self.fields.saturating_add(other.fields),
            schema_fields: self.schema_fields.saturating_add(other.schema_fields),
            introspects: self.introspects || other.introspects,
            is_conditional: self.is_conditional || other.is_conditional,
        }
    }

    /// So often. Secrets stand in the document and not in the rows.
    pub(super) fn times(self, times: u32) -> Self {
        Self {
            points: self.points.saturating_mul(times),
            kept: self.kept.saturating_mul(times),
            fields: self.fields.saturating_mul(times),
            schema_fields: self.schema_fields.saturating_mul(times),
            ..self
        }
    }

    /// The same, behind a field that runs in any case, or whose rows have been paid for.
    pub(super) fn unconditional(self) -> Self {
        Self { is_conditional: false, ..self }
    }

    pub(super) fn of_field(cost: &FieldCost) -> Self {
        let secrets = u32::from(cost.takes_secret);
        Self { points: cost.points, secrets, fields: 1, ..Self::default() }
    }
}

impl Cost {
    pub(super) fn once(once: Part) -> Self {
        Self { once, ..Self::default() }
    }

    pub(super) fn beside(self, other: Self) -> Self {
        Self { once: self.once.beside(other.once), each_row: self.each_row.beside(other.each_row) }
    }

    /// The same where it stands behind directives.
    pub(super) fn behind(mut self, directives: &[Positioned<Directive>]) -> Self {
        self.each_row.is_conditional |= !directives.is_empty();
        self
    }

    /// So often, where there is no connection around.
    pub(super) fn times(self, times: u32) -> Self {
        Self::once(self.whole().times(times))
    }

    /// All of it, where there is no connection around.
    pub(super) fn whole(self) -> Part {
        self.once.beside(self.each_row)
    }

    /// All of it, in a connection with so many rows on its page. Its rows are read and cost a point each, whatever of them
    /// is told; where that may be nothing, the point is kept.
    pub(super) fn with_rows(self, rows: u32) -> Part {
        let mut each_row = self.each_row;
        if each_row.points == 0 || each_row.is_conditional {
            each_row = Part { points: each_row.points.max(1), kept: each_row.kept.max(1), ..each_row };
        }
        self.once.beside(each_row.times(rows)).unconditional()
    }
}
