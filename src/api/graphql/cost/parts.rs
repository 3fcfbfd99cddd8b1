//! How the costs of parts of an operation add up.

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
    /// Whether rows of the connection around it are read.
    pub(super) reads_rows: bool,
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
            reads_rows: self.reads_rows || other.reads_rows,
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

    /// So often, where there is no connection around.
    pub(super) fn times(self, times: u32) -> Self {
        Self::once(self.whole().times(times))
    }

    /// All of it, where there is no connection around.
    pub(super) fn whole(self) -> Part {
        self.once.beside(self.each_row)
    }

    /// All of it, in a connection with so many rows on its page. A row that is read costs a point, whatever of it is told.
    pub(super) fn with_rows(self, rows: u32) -> Part {
        let mut each_row = self.each_row;
        if self.once.reads_rows && each_row.points == 0 {
            each_row = Part { points: 1, kept: 1, ..each_row };
        }
        Part { reads_rows: false, ..self.once.beside(each_row.times(rows)) }
    }
}
