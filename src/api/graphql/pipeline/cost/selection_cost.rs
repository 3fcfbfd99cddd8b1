//! How the costs of the parts of an operation add up.

use async_graphql::Positioned;
use async_graphql::parser::types::Directive;

use super::table::FieldCost;

/// The cost of a part of an operation.
#[derive(Clone, Copy, Default)]
pub(super) struct PartCost {
    pub(super) points: u32,
    pub(super) non_refundable: u32,
    pub(super) secrets: u32,
    pub(super) fields: u32,
    pub(super) schema_fields: u32,
    pub(super) introspects: bool,
    /// Whether `@skip` or `@include` may hide it. Then the fields that ran do not show what was read.
    pub(super) is_conditional: bool,
}

/// The cost of a selection set: once, and for each row of the connection around it.
#[derive(Clone, Copy, Default)]
pub(super) struct SelectionCost {
    pub(super) once: PartCost,
    pub(super) each_row: PartCost,
}

impl PartCost {
    pub(super) fn plus(self, other: Self) -> Self {
        Self {
            points: self.points.saturating_add(other.points),
            non_refundable: self.non_refundable.saturating_add(other.non_refundable),
            secrets: self.secrets.saturating_add(other.secrets),
            fields: self.fields.saturating_add(other.fields),
            schema_fields: self.schema_fields.saturating_add(other.schema_fields),
            introspects: self.introspects || other.introspects,
            is_conditional: self.is_conditional || other.is_conditional,
        }
    }

    /// Repeats the cost. Secrets are in the document and not in the rows, so they are not multiplied.
    pub(super) fn times(self, times: u32) -> Self {
        Self {
            points: self.points.saturating_mul(times),
            non_refundable: self.non_refundable.saturating_mul(times),
            fields: self.fields.saturating_mul(times),
            schema_fields: self.schema_fields.saturating_mul(times),
            ..self
        }
    }

    /// The same behind a field that runs in any case, or whose rows are paid for.
    pub(super) fn unconditional(self) -> Self {
        Self { is_conditional: false, ..self }
    }

    pub(super) fn for_field(cost: &FieldCost) -> Self {
        let secrets = u32::from(cost.takes_secret);
        Self { points: cost.points, secrets, fields: 1, ..Self::default() }
    }
}

impl SelectionCost {
    pub(super) fn once(once: PartCost) -> Self {
        Self { once, ..Self::default() }
    }

    pub(super) fn plus(self, other: Self) -> Self {
        Self { once: self.once.plus(other.once), each_row: self.each_row.plus(other.each_row) }
    }

    /// The same behind directives, which may hide rows.
    pub(super) fn behind(mut self, directives: &[Positioned<Directive>]) -> Self {
        self.each_row.is_conditional |= !directives.is_empty();
        self
    }

    /// Repeats the cost outside a connection.
    pub(super) fn times(self, times: u32) -> Self {
        Self::once(self.whole().times(times))
    }

    /// The total outside a connection.
    pub(super) fn whole(self) -> PartCost {
        self.once.plus(self.each_row)
    }

    /// Total for a page of `rows`. Every row costs at least 1 point because it is read. If a directive may hide the
    /// row, that point is not refunded.
    pub(super) fn with_rows(self, rows: u32) -> PartCost {
        let mut each_row = self.each_row;
        if each_row.points == 0 || each_row.is_conditional {
            each_row =
                PartCost { points: each_row.points.max(1), non_refundable: each_row.non_refundable.max(1), ..each_row };
        }
        self.once.plus(each_row.times(rows)).unconditional()
    }
}
